// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/math/kernels_avx512.hpp>
#include <graft/math/tile_scalar.hpp>

#if GRAFT_X86

namespace graft::inline v0_1::avx512 {

inline constexpr kernels table = [] {
    kernels k      = scalar::table;
    k.name         = "avx512";
    k.exact        = true;
    k.f32          = {{dots, dots_of}, distances, distances_of};
    k.axpy         = axpy;
    k.chains       = chains;
    return k;
}();
inline constexpr kernels vnni_table = [] {
    kernels k      = scalar::table;
    k.name         = "avx512_vnni";
    k.exact        = true;
    k.f32          = {{dots, dots_of}, distances, distances_of};
    k.axpy         = axpy;
    k.chains       = chains;
    return k;
}();
inline constexpr kernels bf16_table = [] {
    kernels k      = scalar::table;
    k.name         = "avx512_bf16";
    k.exact        = true;
    k.f32          = {{dots, dots_of}, distances, distances_of};
    k.axpy         = axpy;
    k.chains       = chains;
    return k;
}();

} // namespace graft::inline v0_1::avx512

#endif
