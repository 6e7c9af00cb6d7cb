// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/block_kernels_table.hpp>

#include <string_view>

#if !GRAFT_KERNELS_COMPILED
#    include <graft/simd/block_kernels_avx512.hpp>
#    include <graft/simd/block_kernels_scalar.hpp>
#    include <graft/simd/kernels_chosen.hpp>
#endif

namespace graft::inline GRAFT_ABI {

namespace detail {

/// `block_kernels_named`, as `graft::kernels` has compiled it.
[[nodiscard]] const block_kernels* compiled_block_kernels_named(std::string_view name) noexcept;

#if !GRAFT_KERNELS_COMPILED
[[nodiscard]] inline const block_kernels* chosen_block_kernels_named(std::string_view name) noexcept {
#    if GRAFT_X86
    if ((name == "best" || name == "avx512_vnni") && this_machine() >= machine::avx512_vnni)
        return &avx512::block_table;
    if ((name == "best" || name == "avx2") && this_machine() >= machine::avx2) return &avx2::block_table;
#    endif
    return name == "best" || name == "scalar" ? &scalar::block_table<> : nullptr;
}
#endif

} // namespace detail

/// The kernels of that name, or nullptr where this processor cannot run them: "best", "scalar" (the truth), "avx2",
/// "avx512_vnni".
template <bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] const block_kernels* block_kernels_named(std::string_view name) noexcept {
#if GRAFT_KERNELS_COMPILED
    return detail::compiled_block_kernels_named(name);
#else
    return detail::chosen_block_kernels_named(name);
#endif
}
/// The fastest that this processor runs.
template <bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] const block_kernels& best_block_kernels() noexcept {
    return *block_kernels_named<compiled>("best");
}

} // namespace graft::inline GRAFT_ABI
