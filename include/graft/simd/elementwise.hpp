// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/elementwise_table.hpp>

#include <string_view>

#if !GRAFT_KERNELS_COMPILED
#    include <graft/simd/elementwise_avx2.hpp>
#    include <graft/simd/elementwise_portable.hpp>
#    include <graft/simd/kernels_chosen.hpp>
#endif

namespace graft::inline GRAFT_ABI {

namespace detail {

/// `elementwise_named`, as `graft::kernels` has compiled it.
[[nodiscard]] const elementwise_kernels* compiled_elementwise_named(std::string_view name) noexcept;

#if !GRAFT_KERNELS_COMPILED
[[nodiscard]] inline const elementwise_kernels* chosen_elementwise_named(std::string_view name) noexcept {
#    if GRAFT_X86
    if ((name == "best" || name == "avx2") && this_machine() >= machine::avx2) return &avx2::elementwise_table;
#    endif
    if (name == "best" || name == "portable") return &portable::elementwise_table<xsimd::default_arch>;
    return name == "scalar" ? &scalar::elementwise_table<> : nullptr;
}
#endif

} // namespace detail

/// The functions of that name, or nullptr where this processor cannot run them: "best", "scalar" (the truth), "portable", "avx2".
/// AVX-512 has none of its own: these functions are a twentieth of a layer's time.
template <bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] const elementwise_kernels* elementwise_named(std::string_view name) noexcept {
#if GRAFT_KERNELS_COMPILED
    return detail::compiled_elementwise_named(name);
#else
    return detail::chosen_elementwise_named(name);
#endif
}

/// The fastest that this processor runs.
template <bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] const elementwise_kernels& best_elementwise() noexcept {
    return *elementwise_named<compiled>("best");
}

} // namespace graft::inline GRAFT_ABI
