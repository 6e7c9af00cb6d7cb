// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/kernel_table.hpp>

#include <string_view>

#if !GRAFT_KERNELS_COMPILED
#    include <graft/simd/kernels_chosen.hpp>
#endif

namespace graft::inline GRAFT_ABI {

namespace detail {
/// `kernels_named`, as `graft::kernels` has compiled it.
[[nodiscard]] const kernels* compiled_kernels_named(std::string_view name) noexcept;
/// The best kernels with the loops of one of these `usual` needs.
template <unsigned needs>
[[nodiscard]] const kernels& compiled_best_kernels() noexcept;

/// The needs for which `graft::kernels` has a table of its own, so that a linker that drops what nobody refers to leaves the loops of
/// the others out. Others than these get all.
[[nodiscard]] constexpr unsigned usual(unsigned needs) noexcept {
    using namespace need;
    if (needs == 0) return rows; // its name is asked for
    for (const unsigned one : {rows, chains, coded_chains, rows | f32_tile, rows | bf16_tile, rows | f16_tile,
                               rows | i8_tile, rows | bits_tile})
        if (needs == one) return one;
    return all;
}
} // namespace detail

// One function for units that find their kernels compiled, another for those that compile them: the second argument keeps
// their names apart, so that both may stand in one program.

/// The fastest kernels that this processor runs, with the loops that are needed, and maybe others.
///
/// Costs    a few bit tests: nothing is stored, nothing locked.
template <unsigned needs = need::all, bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] const kernels& best_kernels() noexcept {
#if GRAFT_KERNELS_COMPILED
    return detail::compiled_best_kernels<detail::usual(needs)>();
#else
    return detail::chosen_kernels<needs>();
#endif
}

/// The kernels of that name, or nullptr where there are none or this processor cannot run them: "best", "scalar", "portable",
/// "avx2" (with FMA and F16C), "avx512" (F, BW, DQ, VL), "avx512_vnni" (and VNNI, VPOPCNTDQ), "avx512_bf16" (and BF16).
template <bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] const kernels* kernels_named(std::string_view name) noexcept {
#if GRAFT_KERNELS_COMPILED
    return detail::compiled_kernels_named(name);
#else
    return detail::chosen_kernels_named(name);
#endif
}

/// The truth, for comparisons: slow.
template <bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] const kernels& scalar_kernels() noexcept {
    return *kernels_named<compiled>("scalar");
}

/// xsimd's kernels, as wide as the flags of the host allow (with `graft::kernels` those of its own build). `exact` where those
/// include a fused multiply-add.
template <bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] const kernels& portable_kernels() noexcept {
    return *kernels_named<compiled>("portable");
}

namespace simd {

/// The name of the kernels that run where none are named.
template <bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] std::string_view active() noexcept {
    return best_kernels<0, compiled>().name;
}

} // namespace simd

} // namespace graft::inline GRAFT_ABI
