// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/math/kernels_avx2.hpp>
#include <graft/math/tile_scalar.hpp>

#if GRAFT_X86

namespace graft::inline v0_1::avx2 {

inline constexpr kernels table = [] {
    kernels k      = scalar::table;
    k.name         = "avx2";
    k.exact        = true;
    k.f32          = {{dots, dots_of}, distances, distances_of};
    k.axpy         = axpy;
    k.chains       = chains;
    return k;
}();

} // namespace graft::inline v0_1::avx2

#endif
