// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/element.hpp>

#if GRAFT_X86

#    include <cstddef>
#    include <cstdint>
#    include <immintrin.h>
#    include <type_traits>

// Rows against an f32 query for AVX-512 F, BW and VL, compiled function by function whatever the flags of the host;
// call them only where the processor has it. One register holds 16 lanes, so a row's sum is two registers, and the
// definition of kernels_scalar.hpp falls out of the layout: equal to the bit. Four rows a call share each load of the
// query (eight chains, enough for a latency of four at two multiply-adds a cycle); tails are masked loads, which read
// as +0. Tolerance of the test: none.
//
// Some intrinsics stand in their zero-masked form with all ones, or as operators of vectors: the plain ones begin with
// an undefined register, of which g++ 12 warns.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx512 {

using uints [[gnu::vector_size(64)]] = std::uint32_t;

inline constexpr __mmask16 all = 0xffff;

[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512 pinned(__m512 v) noexcept {
    asm("" : "+v"(v));
    return v;
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512 plus(__m512 a, __m512 b) noexcept {
    return pinned(_mm512_add_ps(a, b));
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512i plus(__m512i a, __m512i b) noexcept {
    return _mm512_add_epi32(a, b);
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline uints plus(uints a, uints b) noexcept { return a + b; }

/// The lowest n bits; all of them where n is more than there are.
template <class Mask>
[[gnu::always_inline]] inline Mask first(std::size_t n) noexcept {
    return static_cast<Mask>(n >= 8 * sizeof(Mask) ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1);
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m256i lower_half(__m512i v) noexcept {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3);
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m256i upper_half(__m512i v) noexcept {
    return __builtin_shufflevector(v, v, 4, 5, 6, 7);
}

/// The 16 lanes of a register, or of each of four, by one tree: l with l + 8, 4, 2, 1.
template <class V>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline auto fold(V v) noexcept {
    auto eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                 __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    asm("" : "+x"(eight));
    auto four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    asm("" : "+x"(four));
    auto two = four + __builtin_shufflevector(four, four, 2, 3, 0, 1);
    asm("" : "+x"(two));
    return two[0] + two[1];
}
template <class V>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline auto fold(V a, V b, V c, V d) noexcept {
    const V ab   = plus(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                        __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
    const V cd   = plus(__builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                        __builtin_shufflevector(c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
    const V four = plus(__builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
                        __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31));
    const V two = plus(four, __builtin_shufflevector(four, four, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
    const V one = plus(two, __builtin_shufflevector(two, two, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
    return __builtin_shufflevector(one, one, 0, 4, 8, 12);
}
template <std::size_t R>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void fold(const __m512 (&s)[R], float* out) noexcept {
    if constexpr (R == 1) *out = fold(s[0]);
    else _mm_storeu_ps(out, fold(s[0], s[1], s[2], s[3]));
}
template <std::size_t R, class Sum>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void fold(const __m512i (&s)[R], Sum* out) noexcept {
    if constexpr (R == 1) *out = static_cast<Sum>(fold(reinterpret_cast<uints>(s[0])));
    else
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                         reinterpret_cast<__m128i>(fold(reinterpret_cast<uints>(s[0]), reinterpret_cast<uints>(s[1]),
                                                        reinterpret_cast<uints>(s[2]), reinterpret_cast<uints>(s[3]))));
}

/// Four rows at a time and then one by one, with the `sums` of K: all, or where `which` is not null those that it
/// names. What lies beyond the first cache is read as one stream, which processors foresee better than four: 14 instead
/// of 25 ns a row of 768 floats. Codes that must be widened gain nothing from that.
template <class K, class Query, class Code, class Sum>
[[gnu::target("avx512bw,avx512vl"), gnu::noinline]] inline void score(const Query* q, const Code* rows,
                                                                      const std::uint32_t* which, std::size_t n,
                                                                      std::size_t dims, Sum* out) noexcept {
    constexpr bool    widens = std::is_same_v<Query, float> && !std::is_same_v<Code, float>;
    const std::size_t bytes  = dims * sizeof(Code);
    const bool        stream = !widens && which == nullptr && bytes > 256 && n * bytes > 40 * 1024;
    const K           k(q, dims);
    std::size_t       i = 0;
    for (; !stream && i + 4 <= n; i += 4) {
        const Code* r[4];
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < 4; ++b) r[b] = rows + (which == nullptr ? i + b : which[i + b]) * dims;
        // Processors do not foresee masked loads, of which short rows consist: 12 words from DRAM take a ninth of the
        // time.
        if (which == nullptr && bytes <= 256)
            for (std::size_t byte = 4096; byte < 4096 + 4 * bytes; byte += 64)
                __builtin_prefetch(reinterpret_cast<const char*>(r[0]) + byte);
        k.sums(q, r, dims, out + i);
    }
    for (; i < n; ++i) {
        const Code* const r[1] = {rows + (which == nullptr ? i : which[i]) * dims};
        k.sums(q, r, dims, out + i);
    }
}
template <class K, class Query, class Code, class Sum>
void each(const Query* q, const Code* rows, std::size_t n, std::size_t dims, Sum* out) noexcept {
    score<K>(q, rows, nullptr, n, dims, out);
}
template <class K, class Query, class Code, class Sum>
void some(const Query* q, const Code* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
          Sum* out) noexcept {
    score<K>(q, rows, which, n, dims, out);
}

// Loads of 32 elements as two registers of floats, +0 outside the mask.

[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void load(const float* p, __m512 (&x)[2]) noexcept {
    x[0] = _mm512_loadu_ps(p), x[1] = _mm512_loadu_ps(p + 16);
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void load(const float* p, __mmask32 m,
                                                                          __m512 (&x)[2]) noexcept {
    x[0] = _mm512_maskz_loadu_ps(static_cast<__mmask16>(m), p);
    x[1] = _mm512_maskz_loadu_ps(static_cast<__mmask16>(m >> 16), p + 16);
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512 widened(__m256i f16) noexcept {
    return _mm512_maskz_cvtph_ps(all, f16);
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void load(const f16_code* p, __m512 (&x)[2]) noexcept {
    x[0] = widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    x[1] = widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 16)));
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void load(const f16_code* p, __mmask32 m,
                                                                          __m512 (&x)[2]) noexcept {
    const __m512i codes = _mm512_maskz_loadu_epi16(m, p);
    x[0] = widened(lower_half(codes)), x[1] = widened(upper_half(codes));
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512 widened(__m128i i8) noexcept {
    const __m512i biased = _mm512_maskz_cvtepu8_epi32(all, i8);
    return _mm512_maskz_cvtepi32_ps(all, _mm512_sub_epi32(biased, _mm512_set1_epi32(128)));
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void load(const i8_code* p, __m512 (&x)[2]) noexcept {
    x[0] = widened(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    x[1] = widened(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16)));
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void load(const i8_code* p, __mmask32 m,
                                                                          __m512 (&x)[2]) noexcept {
    const __m256i codes = _mm256_mask_loadu_epi8(_mm256_set1_epi8(-128), m, p);
    x[0] = widened(_mm256_castsi256_si128(codes)), x[1] = widened(_mm256_extracti128_si256(codes, 1));
}
// bf16 unpacks fastest inside the quarters of a register: x[0] gets elements 0-3, 8-11, 16-19, 24-27, x[1] the others.
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void unpack(__m512i codes, __m512 (&x)[2]) noexcept {
    x[0] = _mm512_castsi512_ps(_mm512_unpacklo_epi16(_mm512_setzero_si512(), codes));
    x[1] = _mm512_castsi512_ps(_mm512_unpackhi_epi16(_mm512_setzero_si512(), codes));
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void load(const bf16_code* p, __m512 (&x)[2]) noexcept {
    unpack(_mm512_loadu_si512(p), x);
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void load(const bf16_code* p, __mmask32 m,
                                                                          __m512 (&x)[2]) noexcept {
    unpack(_mm512_maskz_loadu_epi16(m, p), x);
}

/// The order in which two registers hold the lanes: how a query is put into it, which lanes a last block of up to 16
/// and of up to 32 elements steps, and the sum of l and l + 16 in the order of lanes.
template <class Code>
struct order {
    static constexpr __mmask16 end[2][2] = {{all, 0}, {all, all}};

    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void   query(__m512 (&)[2]) noexcept {}
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static __m512 total(__m512 a, __m512 b) noexcept {
        return plus(a, b);
    }
};
template <>
struct order<bf16_code> {
    static constexpr __mmask16 end[2][2] = {{0x00ff, 0x00ff}, {all, all}};

    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void query(__m512 (&x)[2]) noexcept {
        const __m512 a = x[0], b = x[1];
        x[0] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
        x[1] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    }
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static __m512 total(__m512 a, __m512 b) noexcept {
        return plus(__builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23),
                    __builtin_shufflevector(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31));
    }
};

/// The 32 lanes of rows against an f32 query.
template <class Code, bool squared_difference>
class lane_sums {
    __mmask32 last_;   ///< the elements of a last block
    __mmask16 end_[2]; ///< and the lanes that it steps

public:
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] lane_sums(const float*, std::size_t dims) noexcept
        : last_(first<__mmask32>(dims % 32)),
          end_{order<Code>::end[dims % 32 > 16][0], order<Code>::end[dims % 32 > 16][1]} {}

    template <std::size_t R>
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] void sums(const float* q, const Code* const (&r)[R],
                                                                       std::size_t dims, float* out) const noexcept {
        __m512 s[R][2], x[2], y[2], total[R];
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < R; ++b) s[b][0] = s[b][1] = pinned(_mm512_setzero_ps());
        std::size_t i = 0;
        for (; i + 32 <= dims; i += 32) {
            load(q + i, x), order<Code>::query(x);
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) {
                load(r[b] + i, y);
#    pragma GCC unroll 2
                for (std::size_t l = 0; l < 2; ++l) {
                    const __m512 d = squared_difference ? _mm512_sub_ps(x[l], y[l]) : x[l];
                    s[b][l]        = _mm512_fmadd_ps(d, squared_difference ? d : y[l], s[b][l]);
                }
            }
        }
        if (i < dims) {
            load(q + i, last_, x), order<Code>::query(x);
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) {
                load(r[b] + i, last_, y);
#    pragma GCC unroll 2
                for (std::size_t l = 0; l < 2; ++l) {
                    const __m512 d = squared_difference ? _mm512_sub_ps(x[l], y[l]) : x[l];
                    s[b][l]        = _mm512_mask3_fmadd_ps(d, squared_difference ? d : y[l], s[b][l], end_[l]);
                }
            }
        }
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < R; ++b) total[b] = order<Code>::total(s[b][0], s[b][1]);
        fold(total, out);
    }
};

[[gnu::target("avx512bw,avx512vl")]] inline void axpy(float a, const float* x, float* y, std::size_t n) noexcept {
    const __m512 f = _mm512_set1_ps(a);
    std::size_t  i = 0;
    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(y + i, _mm512_fmadd_ps(f, _mm512_loadu_ps(x + i), _mm512_loadu_ps(y + i)));
    if (i == n) return;
    const auto m = first<__mmask16>(n - i);
    _mm512_mask_storeu_ps(y + i, m,
                          _mm512_fmadd_ps(f, _mm512_maskz_loadu_ps(m, x + i), _mm512_maskz_loadu_ps(m, y + i)));
}

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx512

#endif
