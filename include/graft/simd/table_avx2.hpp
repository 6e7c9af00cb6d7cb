// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/chains_avx2.hpp>
#include <graft/simd/kernel_table.hpp>
#include <graft/simd/kernels_avx2.hpp>
#include <graft/simd/tile_avx2.hpp>

#if GRAFT_X86

// The table of AVX2: the loops of the three files above, those that are needed.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2 {

template <class Code>
inline constexpr row_kernels<Code> rows_of{
    {each<lanes<Code, false>, float, Code>, some<lanes<Code, false>, float, Code>},
    each<lanes<Code, true>, float, Code>,
    some<lanes<Code, true>, float, Code>};

template <unsigned needs>
inline constexpr kernels table = [] {
    kernels k{.name = "avx2", .exact = true, .axpy = axpy, .pack = pack};
    if constexpr ((needs & need::rows) != 0) k.f32 = rows_of<float>;
    if constexpr ((needs & need::quantized_rows) != 0) {
        k.bf16       = rows_of<bf16_code>;
        k.f16        = rows_of<f16_code>;
        k.i8         = {each<lanes<i8_code, false>>, some<lanes<i8_code, false>>};
        k.bf16_pairs = {each<bf16_lanes>, some<bf16_lanes>};
        k.i8_pairs   = {each<i8_lanes>, some<i8_lanes>};
        k.bits       = {each<bit_lanes>, some<bit_lanes>};
    }
    if constexpr ((needs & need::chains) != 0) k.chains = f32_chains;
    if constexpr ((needs & need::coded_chains) != 0) {
        k.bf16_chains = chains<bf16_words, std::uint32_t>;
        k.i8_chains   = chains<i8_words, std::uint32_t>;
    }
    if constexpr ((needs & need::f32_tile) != 0) k.f32_above = above<f32_words>;
    if constexpr ((needs & need::bf16_tile) != 0) k.bf16_above = above<bf16_words>;
    if constexpr ((needs & need::f16_tile) != 0) k.f16_above = above<f16_words>;
    if constexpr ((needs & need::i8_tile) != 0) k.i8_above = above<i8_words>;
    if constexpr ((needs & need::bits_tile) != 0) k.bits_above = above<bit_words>;
    return k;
}();

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2

#endif
