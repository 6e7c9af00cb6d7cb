// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/block_kernels_scalar.hpp>
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
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 halves_at(const void* at) noexcept {
    return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(at)));
}

/// 32 numbers of 16 bits, as two registers pack those of 32, become bytes in order.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void store_bytes(__m256i lower, __m256i upper,
                                                                             std::int8_t* to) noexcept {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm256_permutevar8x32_epi32(_mm256_packs_epi16(lower, upper), order));
}

template <code_bits bits>
[[gnu::target("avx2,fma,f16c")]] inline void encode_row(const float* x, std::size_t blocks, const encoded_rows& to,
                                                        std::size_t i) noexcept {
    const __m256i size = _mm256_set1_epi32(0x7fffffff), half = _mm256_set1_epi16(128);
    for (std::size_t b = 0; b < blocks; ++b, x += block_numbers) {
        __m256  v[4];
        __m256i most = _mm256_setzero_si256();
        for (int t = 0; t < 4; ++t)
            v[t] = _mm256_loadu_ps(x + 8 * t),
            most = _mm256_max_epi32(most, _mm256_and_si256(_mm256_castps_si256(v[t]), size));
        __m128i top                  = _mm_max_epi32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
        top                          = _mm_max_epi32(top, _mm_shuffle_epi32(top, 0x4e));
        top                          = _mm_max_epi32(top, _mm_shuffle_epi32(top, 0xb1));
        const scalar::block_scale s  = scalar::scale_of(static_cast<std::uint32_t>(_mm_cvtsi128_si32(top)), bits);
        const __m256              by = _mm256_set1_ps(s.by);
        __m256i                   code[4];
        for (int t = 0; t < 4; ++t) // 0 by what is no number would be one
            code[t] = s.by > 0 ? _mm256_cvtps_epi32(v[t] * by) : _mm256_setzero_si256();
        const __m256i sums = _mm256_add_epi32(_mm256_add_epi32(code[0], code[1]), _mm256_add_epi32(code[2], code[3]));
        __m128i       sum  = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        sum                = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        sum                = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
        to.note(to.at(i, b, blocks), s.scale, _mm_cvtsi128_si32(sum));
        __m256i      c0 = _mm256_packs_epi32(code[0], code[1]), c1 = _mm256_packs_epi32(code[2], code[3]);
        std::int8_t* at = to.codes_at(i, b, blocks);
        if constexpr (bits == code_bits::sixteen) {
            const __m256i h0 = _mm256_srai_epi16(_mm256_add_epi16(c0, half), 8),
                          h1 = _mm256_srai_epi16(_mm256_add_epi16(c1, half), 8);
            store_bytes(h0, h1, at);
            at += to.together * block_numbers;
            c0 = _mm256_sub_epi16(c0, _mm256_slli_epi16(h0, 8)), c1 = _mm256_sub_epi16(c1, _mm256_slli_epi16(h1, 8));
        }
        store_bytes(c0, c1, at);
    }
}
/// `block_kernels::encode`.
inline void encode_block_row(const float* x, std::size_t blocks, const encoded_rows& to, std::size_t i) noexcept {
    to.bits == code_bits::eight ? encode_row<code_bits::eight>(x, blocks, to, i)
                                : encode_row<code_bits::sixteen>(x, blocks, to, i);
}

// A lane is a row of W: `halves` of 8 rows, the first of them `from`. Eight sums of two products of 15 and 128 fit into 16 bits: 30,720. The
// high bytes of codes come first, and their sum is moved up before the low ones are added.

template <std::size_t rows, std::size_t halves, std::size_t planes>
[[gnu::target("avx2,fma,f16c")]] inline void nibble_rows(const encoded_rows& x, const std::uint8_t* panel,
                                                         std::size_t from, std::size_t blocks, float* y,
                                                         std::size_t y_row) noexcept {
    const __m256i low_half = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    __m256        acc[rows][halves];
#    pragma GCC   unroll 8
    for (std::size_t i = 0; i < rows; ++i)
#    pragma GCC unroll 2
        for (std::size_t h = 0; h < halves; ++h) acc[i][h] = _mm256_loadu_ps(y + i * y_row + 8 * (from + h));
    const std::int8_t* codes = x.codes;
    for (std::size_t at = 0; at < blocks * x.together; at += x.together, panel += block_kernels::nibble_bytes) {
        __m256i whole[rows][halves];
#    pragma GCC unroll 2
        for (std::size_t plane = 0; plane < planes; ++plane, codes += x.together * block_numbers) {
            __m256i sum[rows][halves];
#    pragma GCC unroll 4
            for (std::size_t g = 0; g < 4; ++g)
#    pragma GCC unroll 2
                for (std::size_t h = 0; h < halves; ++h) {
                    const __m256i both =
                        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel + 64 + 64 * g + 32 * (from + h)));
                    const __m256i w0 = _mm256_and_si256(both, low_half),
                                  w1 = _mm256_and_si256(_mm256_srli_epi16(both, 4), low_half);
#    pragma GCC unroll 8
                    for (std::size_t i = 0; i < rows; ++i) {
                        const std::int8_t* const q = codes + i * block_numbers + 4 * g;
                        const __m256i            s =
                            _mm256_add_epi16(_mm256_maddubs_epi16(w0, four(q)), _mm256_maddubs_epi16(w1, four(q + 16)));
                        sum[i][h] = g == 0 ? s : _mm256_add_epi16(sum[i][h], s);
                    }
                }
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < rows; ++i)
#    pragma GCC unroll 2
                for (std::size_t h = 0; h < halves; ++h) {
                    const __m256i s = _mm256_madd_epi16(sum[i][h], ones);
                    whole[i][h]     = plane == 0 ? s : _mm256_add_epi32(_mm256_slli_epi32(whole[i][h], 8), s);
                }
        }
#    pragma GCC unroll 2
        for (std::size_t h = 0; h < halves; ++h) {
            const __m256 d = halves_at(panel + 16 * (from + h)), m = halves_at(panel + 32 + 16 * (from + h));
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < rows; ++i) {
                acc[i][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[i][h]), d * _mm256_broadcast_ss(x.scale + at + i),
                                            acc[i][h]);
                acc[i][h] = _mm256_fmadd_ps(m, _mm256_broadcast_ss(x.sum + at + i), acc[i][h]);
            }
        }
    }
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < rows; ++i)
#    pragma GCC unroll 2
        for (std::size_t h = 0; h < halves; ++h) _mm256_storeu_ps(y + i * y_row + 8 * (from + h), acc[i][h]);
}

/// The same of bytes, whose halves are multiplied apart: as bytes, two products would pass 16 bits.
template <std::size_t rows, std::size_t halves, std::size_t planes>
[[gnu::target("avx2,fma,f16c")]] inline void byte_rows(const encoded_rows& x, const std::uint8_t* panel,
                                                       std::size_t from, std::size_t blocks, float* y,
                                                       std::size_t y_row) noexcept {
    const __m256i low_half = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    __m256        acc[rows][halves];
#    pragma GCC   unroll 8
    for (std::size_t i = 0; i < rows; ++i)
#    pragma GCC unroll 2
        for (std::size_t h = 0; h < halves; ++h) acc[i][h] = _mm256_loadu_ps(y + i * y_row + 8 * (from + h));
    const std::int8_t* block = x.codes;
    for (std::size_t at = 0; at < blocks * x.together;
         at += x.together, panel += block_kernels::byte_bytes, block += planes * x.together * block_numbers)
#    pragma GCC unroll 2
        for (std::size_t h = 0; h < halves; ++h) {
            __m256i whole[rows];
#    pragma GCC unroll 2
            for (std::size_t plane = 0; plane < planes; ++plane) {
                const std::int8_t* const codes = block + plane * x.together * block_numbers;
                __m256i                  low[rows], high[rows];
#    pragma GCC unroll 8
                for (std::size_t g = 0; g < 8; ++g) {
                    const __m256i both =
                        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel + 32 + 64 * g + 32 * (from + h)));
                    const __m256i w0 = _mm256_and_si256(both, low_half),
                                  w1 = _mm256_and_si256(_mm256_srli_epi16(both, 4), low_half);
#    pragma GCC unroll 8
                    for (std::size_t i = 0; i < rows; ++i) {
                        const __m256i q  = four(codes + i * block_numbers + 4 * g);
                        const __m256i s0 = _mm256_maddubs_epi16(w0, q), s1 = _mm256_maddubs_epi16(w1, q);
                        low[i]  = g == 0 ? s0 : _mm256_add_epi16(low[i], s0);
                        high[i] = g == 0 ? s1 : _mm256_add_epi16(high[i], s1);
                    }
                }
#    pragma GCC unroll 8
                for (std::size_t i = 0; i < rows; ++i) {
                    const __m256i s = _mm256_add_epi32(_mm256_slli_epi32(_mm256_madd_epi16(high[i], ones), 4),
                                                       _mm256_madd_epi16(low[i], ones));
                    whole[i]        = plane == 0 ? s : _mm256_add_epi32(_mm256_slli_epi32(whole[i], 8), s);
                }
            }
            const __m256 d = halves_at(panel + 16 * (from + h));
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < rows; ++i)
                acc[i][h] =
                    _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_add_epi32(whole[i], _mm256_set1_epi32(x.start[at + i]))),
                                    d * _mm256_broadcast_ss(x.scale + at + i), acc[i][h]);
        }
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < rows; ++i)
#    pragma GCC unroll 2
        for (std::size_t h = 0; h < halves; ++h) _mm256_storeu_ps(y + i * y_row + 8 * (from + h), acc[i][h]);
}

template <std::size_t n>
using count = std::integral_constant<std::size_t, n>;
/// All rows, group by group: by(rows, halves, planes, half, x, y).
template <class By>
void all_rows(const By& by, const encoded_rows& x, std::size_t rows, std::size_t blocks, float* y,
              std::size_t y_row) noexcept {
    const auto planes_known = [&](auto planes) {
        for (std::size_t g = 0; g < rows; g += x.together) {
            const std::size_t end = g + x.together < rows ? g + x.together : rows;
            std::size_t       i   = g;
            for (; i + 4 <= end; i += 4)
                for (std::size_t half : {0u, 1u})
                    by(count<4>{}, count<1>{}, planes, half, x.from(i, blocks), y + i * y_row);
            for (; i < end; ++i) by(count<1>{}, count<2>{}, planes, 0, x.from(i, blocks), y + i * y_row);
        }
    };
    x.bits == code_bits::eight ? planes_known(count<1>{}) : planes_known(count<2>{});
}
/// `block_kernels::nibbles`.
inline void nibble_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                            float* y, std::size_t y_row) noexcept {
    all_rows([&](auto n, auto halves, auto planes, std::size_t half, const encoded_rows& q,
                 float* to) { nibble_rows<n(), halves(), planes()>(q, panel, half, blocks, to, y_row); },
             x, rows, blocks, y, y_row);
}
/// `block_kernels::bytes`.
inline void byte_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                          float* y, std::size_t y_row) noexcept {
    all_rows([&](auto n, auto halves, auto planes, std::size_t half, const encoded_rows& q,
                 float* to) { byte_rows<n(), halves(), planes()>(q, panel, half, blocks, to, y_row); },
             x, rows, blocks, y, y_row);
}

/// `block_kernels::nf4`.
[[gnu::target("avx2,fma,f16c")]] inline void decode_nf4(const std::byte* codes, std::size_t first, float scale,
                                                        float* to, std::size_t n) noexcept {
    if (first % 2 != 0 && n > 0) scalar::decode_nf4(codes, first++, scale, to++, 1), --n;
    const __m256 by = _mm256_set1_ps(scale), lower = by * _mm256_loadu_ps(nf4_levels.data()),
                 upper    = by * _mm256_loadu_ps(nf4_levels.data() + 8);
    const __m128i    half = _mm_set1_epi8(15);
    const std::byte* from = codes + first / 2;
    for (; n >= 16; n -= 16, first += 16, from += 8, to += 16) {
        const __m128i both = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
        const __m128i sixteen =
            _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(both, 4), half), _mm_and_si128(both, half));
        const __m256i which[2] = {_mm256_cvtepu8_epi32(sixteen), _mm256_cvtepu8_epi32(_mm_srli_si128(sixteen, 8))};
        for (int h = 0; h < 2; ++h) // the fourth bit of a code, as a sign, chooses between the halves
            _mm256_storeu_ps(to + 8 * h, _mm256_blendv_ps(_mm256_permutevar8x32_ps(lower, which[h]),
                                                          _mm256_permutevar8x32_ps(upper, which[h]),
                                                          _mm256_castsi256_ps(_mm256_slli_epi32(which[h], 28))));
    }
    scalar::decode_nf4(codes, first, scale, to, n);
}

/// The kernels of this machine.
inline constexpr block_kernels block_table = {"avx2", encode_block_row, nibble_products, byte_products, decode_nf4};

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2

#endif
