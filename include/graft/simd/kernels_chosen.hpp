// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/kernel_table.hpp>
#include <graft/simd/table_avx2.hpp>
#include <graft/simd/tile_avx512.hpp>
#include <graft/simd/tile_portable.hpp>
#include <graft/simd/tile_scalar.hpp>

#include <string_view>

// The kernels themselves, and which of them this processor runs. Units that link `graft::kernels` do not include this file.

namespace graft::inline GRAFT_ABI::detail {

/// The widest instructions that this processor has, in the order in which they were added.
enum class machine { portable, avx2, avx512, avx512_vnni, avx512_bf16 };

[[nodiscard]] inline machine this_machine() noexcept {
#if GRAFT_X86
    // every processor with AVX2 has F16C, which clang 14 cannot ask for
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return machine::portable;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return machine::avx2;
    if (!__builtin_cpu_supports("avx512vnni") || !__builtin_cpu_supports("avx512vpopcntdq")) return machine::avx512;
    return __builtin_cpu_supports("avx512bf16") ? machine::avx512_bf16 : machine::avx512_vnni;
#else
    return machine::portable;
#endif
}

/// The kernels of a machine, which must be at most this one.
template <unsigned needs>
[[nodiscard]] const kernels& kernels_of(machine m) noexcept {
#if GRAFT_X86
    if (m == machine::avx512_bf16) return avx512::bf16_table<needs>;
    if (m == machine::avx512_vnni) return avx512::vnni_table<needs>;
    if (m == machine::avx512) return avx512::table<needs>;
    if (m == machine::avx2) return avx2::table<needs>;
#endif
    return portable::table<xsimd::default_arch, needs>;
}

template <unsigned needs>
[[nodiscard]] const kernels& chosen_kernels() noexcept {
    return kernels_of<needs>(this_machine());
}

[[nodiscard]] inline const kernels* chosen_kernels_named(std::string_view name) noexcept {
    const machine here = this_machine();
    for (machine m : {machine::portable, machine::avx2, machine::avx512, machine::avx512_vnni, machine::avx512_bf16})
        if (m <= here && kernels_of<need::all>(m).name == name) return &kernels_of<need::all>(m);
    if (name == "scalar") return &scalar::table;
    return name == "best" ? &kernels_of<need::all>(here) : nullptr;
}

} // namespace graft::inline GRAFT_ABI::detail
