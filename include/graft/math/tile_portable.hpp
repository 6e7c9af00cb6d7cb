// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/math/kernels_portable.hpp>
#include <graft/math/tile_scalar.hpp>

namespace graft::inline v0_1::portable {

template <class Arch>
inline constexpr kernels table = [] {
    kernels k      = scalar::table;
    k.name         = "portable";
    k.exact        = fused;
    k.f32          = {{dots<Arch>, dots_of<Arch>}, distances<Arch>, distances_of<Arch>};
    k.axpy         = axpy<Arch>;
    k.chains       = chains<Arch>;
    return k;
}();

} // namespace graft::inline v0_1::portable
