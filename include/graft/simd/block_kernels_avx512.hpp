// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/block_kernels_avx2.hpp>
#include <graft/simd/kernels_avx512.hpp>
#include <graft/simd/tile.hpp>

#if GRAFT_X86

// Blocks of weights for AVX-512 with VNNI: a lane is a row of W, a VPDPBUSD four numbers of sixteen rows against four of one
// activation, which it broadcasts from memory.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx512 {

/// sum += four unsigned bytes of each row times the four at q.
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void add_four(__m512i& sum, __m512i row,
                                                                              const std::int8_t* q) noexcept {
    using fours [[gnu::may_alias]] = std::int32_t;
    asm("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(row), "m"(*reinterpret_cast<const fours*>(q)));
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512 sixteen_halves(const void* at) noexcept {
    return widened(_mm256_loadu_si256(static_cast<const __m256i*>(at)));
}

/// The lowest bytes of 32 numbers.
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void store_bytes(__m512i lower, __m512i upper,
                                                                                 std::int8_t* to) noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtepi32_epi8(all, lower));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16), _mm512_maskz_cvtepi32_epi8(all, upper));
}

template <code_bits bits>
[[gnu::target("avx512bw,avx512vl")]] inline void encode_row(const float* x, std::size_t blocks, const encoded_rows& to,
                                                            std::size_t i) noexcept {
    const __m512i size = _mm512_set1_epi32(0x7fffffff);
    for (std::size_t b = 0; b < blocks; ++b, x += block_numbers) {
        const __m512  v0 = _mm512_loadu_ps(x), v1 = _mm512_loadu_ps(x + 16);
        const __m512i most           = _mm512_maskz_max_epi32(all, _mm512_and_si512(_mm512_castps_si512(v0), size),
                                                              _mm512_and_si512(_mm512_castps_si512(v1), size));
        const __m256i some           = _mm256_max_epi32(lower_half(most), upper_half(most));
        __m128i       top            = _mm_max_epi32(_mm256_castsi256_si128(some), _mm256_extracti128_si256(some, 1));
        top                          = _mm_max_epi32(top, _mm_shuffle_epi32(top, 0x4e));
        top                          = _mm_max_epi32(top, _mm_shuffle_epi32(top, 0xb1));
        const scalar::block_scale s  = scalar::scale_of(static_cast<std::uint32_t>(_mm_cvtsi128_si32(top)), bits);
        const __m512              by = _mm512_set1_ps(s.by);
        const __mmask16           m  = s.by > 0 ? all : __mmask16{0}; // 0 by what is no number would be one
        __m512i                   c0 = _mm512_maskz_cvtps_epi32(m, v0 * by), c1 = _mm512_maskz_cvtps_epi32(m, v1 * by);
        const __m512i             both = _mm512_add_epi32(c0, c1);
        const __m256i             sums = _mm256_add_epi32(lower_half(both), upper_half(both));
        __m128i                   sum  = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        sum                            = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        sum                            = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
        to.note(to.at(i, b, blocks), s.scale, _mm_cvtsi128_si32(sum));
        std::int8_t* at = to.codes_at(i, b, blocks);
        if constexpr (bits == code_bits::sixteen) {
            const __m512i half = _mm512_set1_epi32(128);
            store_bytes(_mm512_maskz_srai_epi32(all, _mm512_add_epi32(c0, half), 8),
                        _mm512_maskz_srai_epi32(all, _mm512_add_epi32(c1, half), 8), at);
            at += to.together * block_numbers; // of the low byte the last eight bits are left, whatever stands above
        }
        store_bytes(c0, c1, at);
    }
}
/// `block_kernels::encode`.
inline void encode_block_row(const float* x, std::size_t blocks, const encoded_rows& to, std::size_t i) noexcept {
    to.bits == code_bits::eight ? encode_row<code_bits::eight>(x, blocks, to, i)
                                : encode_row<code_bits::sixteen>(x, blocks, to, i);
}

template <std::size_t rows, std::size_t planes, bool fetch>
[[gnu::target("avx512bw,avx512vl")]] inline void nibble_rows(const encoded_rows& x, const std::uint8_t* panel,
                                                             std::size_t blocks, float* y, std::size_t y_row) noexcept {
    const __m512i low_half = _mm512_set1_epi8(15);
    __m512        acc[rows];
#    pragma GCC   unroll 8
    for (std::size_t i = 0; i < rows; ++i) acc[i] = _mm512_loadu_ps(y + i * y_row);
    const std::int8_t* codes = x.codes;
    for (std::size_t at = 0; at < blocks * x.together; at += x.together, panel += block_kernels::nibble_bytes) {
        __m512i sum[rows];
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < rows; ++i) sum[i] = _mm512_setzero_si512();
        if constexpr (fetch)
            for (std::size_t line = 0; line < block_kernels::nibble_bytes; line += 64)
                __builtin_prefetch(panel + panel_ahead + line);
#    pragma GCC unroll 2
        for (std::size_t plane = 0; plane < planes; ++plane, codes += x.together * block_numbers) {
            if (plane > 0)
#    pragma GCC unroll 8
                for (std::size_t i = 0; i < rows; ++i) sum[i] = _mm512_maskz_slli_epi32(all, sum[i], 8);
#    pragma GCC unroll 4
            for (std::size_t g = 0; g < 4; ++g) {
                const __m512i both = _mm512_loadu_si512(panel + 64 + 64 * g);
                const __m512i w0   = _mm512_and_si512(both, low_half),
                              w1   = _mm512_and_si512(_mm512_maskz_srli_epi16(~__mmask32{0}, both, 4), low_half);
#    pragma GCC unroll 8
                for (std::size_t i = 0; i < rows; ++i) {
                    const std::int8_t* const q = codes + i * block_numbers + 4 * g;
                    add_four(sum[i], w0, q);
                    add_four(sum[i], w1, q + 16);
                }
            }
        }
        const __m512 d = sixteen_halves(panel), m = sixteen_halves(panel + 32);
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < rows; ++i) {
            acc[i] =
                _mm512_fmadd_ps(_mm512_maskz_cvtepi32_ps(all, sum[i]), d * _mm512_set1_ps(x.scale[at + i]), acc[i]);
            acc[i] = _mm512_fmadd_ps(m, _mm512_set1_ps(x.sum[at + i]), acc[i]);
        }
    }
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < rows; ++i) _mm512_storeu_ps(y + i * y_row, acc[i]);
}
template <std::size_t rows, std::size_t planes, bool fetch>
[[gnu::target("avx512bw,avx512vl")]] inline void byte_rows(const encoded_rows& x, const std::uint8_t* panel,
                                                           std::size_t blocks, float* y, std::size_t y_row) noexcept {
    __m512      acc[rows];
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < rows; ++i) acc[i] = _mm512_loadu_ps(y + i * y_row);
    const std::int8_t* codes = x.codes;
    for (std::size_t at = 0; at < blocks * x.together; at += x.together, panel += block_kernels::byte_bytes) {
        __m512i sum[rows];
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < rows; ++i)
            sum[i] = planes == 1 ? _mm512_set1_epi32(x.start[at + i]) : _mm512_setzero_si512();
        if constexpr (fetch)
            for (std::size_t line = 0; line < block_kernels::byte_bytes; line += 64)
                __builtin_prefetch(panel + panel_ahead + line);
#    pragma GCC unroll 2
        for (std::size_t plane = 0; plane < planes; ++plane, codes += x.together * block_numbers) {
            if (plane > 0)
#    pragma GCC unroll 8
                for (std::size_t i = 0; i < rows; ++i)
                    sum[i] =
                        _mm512_add_epi32(_mm512_maskz_slli_epi32(all, sum[i], 8), _mm512_set1_epi32(x.start[at + i]));
#    pragma GCC unroll 8
            for (std::size_t g = 0; g < 8; ++g) {
                const __m512i w = _mm512_loadu_si512(panel + 32 + 64 * g);
#    pragma GCC unroll 8
                for (std::size_t i = 0; i < rows; ++i) add_four(sum[i], w, codes + i * block_numbers + 4 * g);
            }
        }
        const __m512 d = sixteen_halves(panel);
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < rows; ++i)
            acc[i] =
                _mm512_fmadd_ps(_mm512_maskz_cvtepi32_ps(all, sum[i]), d * _mm512_set1_ps(x.scale[at + i]), acc[i]);
    }
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < rows; ++i) _mm512_storeu_ps(y + i * y_row, acc[i]);
}

/// All rows, group by group: by(rows, planes, fetch, x, y). The first call brings the panel for the others.
template <class By>
void all_rows(const By& by, const encoded_rows& x, std::size_t rows, std::size_t blocks, float* y,
              std::size_t y_row) noexcept {
    const auto planes_known = [&](auto planes) {
        bool brought = false;
        for (std::size_t g = 0; g < rows; g += x.together) {
            const std::size_t end  = g + x.together < rows ? g + x.together : rows;
            std::size_t       i    = g;
            const auto        some = [&](auto n) {
                for (; i + n() <= end; i += n(), brought = true)
                    if (brought) by(n, planes, std::false_type{}, x.from(i, blocks), y + i * y_row);
                    else by(n, planes, std::true_type{}, x.from(i, blocks), y + i * y_row);
            };
            some(avx2::count<8>{}), some(avx2::count<4>{}), some(avx2::count<2>{}), some(avx2::count<1>{});
        }
    };
    x.bits == code_bits::eight ? planes_known(avx2::count<1>{}) : planes_known(avx2::count<2>{});
}
/// `block_kernels::nibbles`.
inline void nibble_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                            float* y, std::size_t y_row) noexcept {
    all_rows([&](auto n, auto planes, auto fetch, const encoded_rows& q,
                 float* to) { nibble_rows<n(), planes(), fetch()>(q, panel, blocks, to, y_row); },
             x, rows, blocks, y, y_row);
}
/// `block_kernels::bytes`.
inline void byte_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                          float* y, std::size_t y_row) noexcept {
    all_rows([&](auto n, auto planes, auto fetch, const encoded_rows& q,
                 float* to) { byte_rows<n(), planes(), fetch()>(q, panel, blocks, to, y_row); },
             x, rows, blocks, y, y_row);
}

/// `block_kernels::nf4`.
[[gnu::target("avx512bw,avx512vl")]] inline void decode_nf4(const std::byte* codes, std::size_t first, float scale,
                                                            float* to, std::size_t n) noexcept {
    if (first % 2 != 0 && n > 0) scalar::decode_nf4(codes, first++, scale, to++, 1), --n;
    const __m512     levels = _mm512_set1_ps(scale) * _mm512_loadu_ps(nf4_levels.data());
    const __m128i    half   = _mm_set1_epi8(15);
    const std::byte* from   = codes + first / 2;
    for (; n >= 16; n -= 16, first += 16, from += 8, to += 16) {
        const __m128i both = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
        const __m128i sixteen =
            _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(both, 4), half), _mm_and_si128(both, half));
        _mm512_storeu_ps(to, _mm512_maskz_permutexvar_ps(all, _mm512_maskz_cvtepu8_epi32(all, sixteen), levels));
    }
    scalar::decode_nf4(codes, first, scale, to, n);
}

/// The kernels of this machine.
inline constexpr block_kernels block_table = {"avx512_vnni", encode_block_row, nibble_products, byte_products,
                                              decode_nf4};

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx512

#endif
