// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/kernel_table.hpp>
#include <graft/simd/tile_avx2.hpp>
#include <graft/simd/tile_avx512.hpp>
#include <graft/simd/tile_portable.hpp>
#include <graft/simd/tile_scalar.hpp>

#include <initializer_list>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// The truth, for comparisons: slow.
[[nodiscard]] inline const kernels& scalar_kernels() noexcept { return scalar::table; }

/// xsimd's kernels, as wide as the flags of the host allow. `exact` where those include a fused multiply-add.
[[nodiscard]] inline const kernels& portable_kernels() noexcept { return portable::table<xsimd::default_arch>; }

/// The kernels of that name, or nullptr where there are none or this processor cannot run them: "best", "scalar", "portable",
/// "avx2" (with FMA and F16C), "avx512" (F, BW, DQ, VL), "avx512_vnni" (and VNNI, VPOPCNTDQ), "avx512_bf16" (and BF16).
[[nodiscard]] inline const kernels* kernels_named(std::string_view name) noexcept;

/// The fastest kernels that this processor runs.
///
/// Costs    a few bit tests: nothing is stored, nothing locked.
[[nodiscard]] inline const kernels& best_kernels() noexcept {
    for (const std::string_view name : {std::string_view("avx512_bf16"), std::string_view("avx512_vnni"),
                                        std::string_view("avx512"), std::string_view("avx2")})
        if (const kernels* found = kernels_named(name)) return *found;
    return portable_kernels();
}

inline const kernels* kernels_named(std::string_view name) noexcept {
#if GRAFT_X86
    // every processor with AVX2 has F16C, which clang 14 cannot ask for
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool f    = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    const bool vnni = f && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq");
    const bool bf16 = vnni && __builtin_cpu_supports("avx512bf16");
    if (name == "avx2") return avx2 ? &avx2::table : nullptr;
    if (name == "avx512") return f ? &avx512::table : nullptr;
    if (name == "avx512_vnni") return vnni ? &avx512::vnni_table : nullptr;
    if (name == "avx512_bf16") return bf16 ? &avx512::bf16_table : nullptr;
#endif
    if (name == "scalar") return &scalar_kernels();
    if (name == "portable") return &portable_kernels();
    return name == "best" ? &best_kernels() : nullptr;
}

namespace simd {

/// The name of the kernels that run where none are named.
[[nodiscard]] inline std::string_view active() noexcept { return best_kernels().name; }

} // namespace simd

} // namespace graft::inline GRAFT_ABI
