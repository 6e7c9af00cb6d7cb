// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/block_kernels_table.hpp>
#include <graft/simd/kernels_avx2.hpp>

#if GRAFT_X86

#    include <cstring>
#    include <immintrin.h>

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2 {

[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256i four(const void* at) noexcept {
    std::int32_t x;
    std::memcpy(&x, at, 4);
    return _mm256_set1_epi32(x);
}
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 halves(const void* at) noexcept {
    return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(at)));
}

[[gnu::target("avx2,fma,f16c")]] inline void encode_block_row(const float* x, std::size_t blocks,
                                                              const encoded_rows& to, std::size_t i) noexcept {
    const std::size_t in   = blocks * block_numbers;
    const __m256      sign = _mm256_set1_ps(-0.f);
    for (std::size_t b = 0; b < blocks; ++b) {
        const float* from = x + b * block_numbers;
        __m256       v[4], most = _mm256_setzero_ps();
        for (int t = 0; t < 4; ++t)
            v[t] = _mm256_loadu_ps(from + 8 * t), most = _mm256_max_ps(most, _mm256_andnot_ps(sign, v[t]));
        __m128 top           = _mm_max_ps(_mm256_castps256_ps128(most), _mm256_extractf128_ps(most, 1));
        top                  = _mm_max_ps(top, _mm_movehl_ps(top, top));
        top                  = _mm_max_ss(top, _mm_movehdup_ps(top));
        const float  largest = _mm_cvtss_f32(top), by = largest > 0 ? 32512.f / largest : 0.f;
        const __m256 factor = _mm256_set1_ps(by), end = _mm256_set1_ps(32512.f);
        __m256i      codes[4], sum                    = _mm256_setzero_si256();
        for (int t = 0; t < 4; ++t) {
            const __m256 scaled = _mm256_min_ps(_mm256_max_ps(v[t] * factor, -end), end);
            codes[t]            = _mm256_cvtps_epi32(scaled);
            sum                 = _mm256_add_epi32(sum, codes[t]);
        }
        const std::size_t at = i * in + b * block_numbers;
        for (int t = 0; t < 4; t += 2) { // two eights of 32 bits become sixteen of 16, in order
            const __m256i c16  = _mm256_permute4x64_epi64(_mm256_packs_epi32(codes[t], codes[t + 1]), 0xd8);
            const __m256i high = _mm256_srai_epi16(_mm256_add_epi16(c16, _mm256_set1_epi16(128)), 8);
            const __m256i low  = _mm256_sub_epi16(c16, _mm256_slli_epi16(high, 8));
            const __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(high, low), 0xd8);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to.codes + at + 8 * t), c16);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to.high + at + 8 * t), _mm256_castsi256_si128(both));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to.low + at + 8 * t), _mm256_extracti128_si256(both, 1));
        }
        __m128i s                = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        s                        = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
        s                        = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
        const float scale        = largest / 32512.f;
        to.scale[i * blocks + b] = scale;
        to.sum[i * blocks + b]   = scale * static_cast<float>(_mm_cvtsi128_si32(s));
    }
}

// A lane is a row of W. Eight sums of two products of 15 and 128 fit into 16 bits: 30,720.
template <std::size_t rows>
[[gnu::target("avx2,fma,f16c")]] inline void nibble_rows(const encoded_rows& x, std::size_t first,
                                                         const std::uint8_t* panel, std::size_t blocks, float* y,
                                                         std::size_t y_row) noexcept {
    const __m256i     low_half = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    const std::size_t in = blocks * block_numbers;
    __m256            acc[rows];
    for (std::size_t i = 0; i < rows; ++i) acc[i] = _mm256_loadu_ps(y + i * y_row);
    for (std::size_t b = 0; b < blocks; ++b, panel += block_kernels::nibble_bytes) {
        __m256i high[rows], low[rows];
#    pragma GCC unroll 4
        for (std::size_t g = 0; g < 4; ++g) {
            const __m256i both = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel + 32 + 32 * g));
            const __m256i w0   = _mm256_and_si256(both, low_half),
                          w1   = _mm256_and_si256(_mm256_srli_epi16(both, 4), low_half);
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < rows; ++i) {
                const std::size_t at = (first + i) * in + b * block_numbers + 4 * g;
                const __m256i     h  = _mm256_add_epi16(_mm256_maddubs_epi16(w0, four(x.high + at)),
                                                        _mm256_maddubs_epi16(w1, four(x.high + at + 16)));
                const __m256i     l  = _mm256_add_epi16(_mm256_maddubs_epi16(w0, four(x.low + at)),
                                                        _mm256_maddubs_epi16(w1, four(x.low + at + 16)));
                high[i]              = g == 0 ? h : _mm256_add_epi16(high[i], h);
                low[i]               = g == 0 ? l : _mm256_add_epi16(low[i], l);
            }
        }
        const __m256 d = halves(panel), m = halves(panel + 16);
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < rows; ++i) {
            const __m256i     sum = _mm256_add_epi32(_mm256_slli_epi32(_mm256_madd_epi16(high[i], ones), 8),
                                                     _mm256_madd_epi16(low[i], ones));
            const std::size_t at  = (first + i) * blocks + b;
            acc[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), d * _mm256_broadcast_ss(x.scale + at), acc[i]);
            acc[i] = _mm256_fmadd_ps(m, _mm256_broadcast_ss(x.sum + at), acc[i]);
        }
    }
    for (std::size_t i = 0; i < rows; ++i) _mm256_storeu_ps(y + i * y_row, acc[i]);
}
template <std::size_t rows>
[[gnu::target("avx2,fma,f16c")]] inline void byte_rows(const encoded_rows& x, std::size_t first,
                                                       const std::uint8_t* panel, std::size_t blocks, float* y,
                                                       std::size_t y_row) noexcept {
    const std::size_t in = blocks * block_numbers;
    __m256            acc[rows];
    for (std::size_t i = 0; i < rows; ++i) acc[i] = _mm256_loadu_ps(y + i * y_row);
    for (std::size_t b = 0; b < blocks; ++b, panel += block_kernels::byte_bytes) {
        __m256i sum[rows];
#    pragma GCC unroll 16
        for (std::size_t g = 0; g < 16; ++g) {
            const __m256i w =
                _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(panel + 16 + 16 * g)));
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < rows; ++i) {
                const __m256i p = _mm256_madd_epi16(w, four(x.codes + (first + i) * in + b * block_numbers + 2 * g));
                sum[i]          = g == 0 ? p : _mm256_add_epi32(sum[i], p);
            }
        }
        const __m256 d = halves(panel);
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < rows; ++i)
            acc[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[i]),
                                     d * _mm256_broadcast_ss(x.scale + (first + i) * blocks + b), acc[i]);
    }
    for (std::size_t i = 0; i < rows; ++i) _mm256_storeu_ps(y + i * y_row, acc[i]);
}

inline void nibble_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                            float* y, std::size_t y_row) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= rows; i += 4) nibble_rows<4>(x, i, panel, blocks, y + i * y_row, y_row);
    for (; i + 2 <= rows; i += 2) nibble_rows<2>(x, i, panel, blocks, y + i * y_row, y_row);
    if (i < rows) nibble_rows<1>(x, i, panel, blocks, y + i * y_row, y_row);
}
inline void byte_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                          float* y, std::size_t y_row) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= rows; i += 4) byte_rows<4>(x, i, panel, blocks, y + i * y_row, y_row);
    for (; i < rows; ++i) byte_rows<1>(x, i, panel, blocks, y + i * y_row, y_row);
}

inline constexpr block_kernels block_table = {"avx2", encode_block_row, nibble_products, byte_products};

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2

#endif
