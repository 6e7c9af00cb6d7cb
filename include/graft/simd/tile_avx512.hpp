// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/kernels_avx512_pairs.hpp>
#include <graft/simd/tile_scalar.hpp>

#if GRAFT_X86

// The register tile for AVX-512: Q queries x 48 rows in 3 Q accumulators, 24 of the 32 registers at Q = 8. A word of 16
// rows is one load, a query's word one broadcast: 11 loads for 24 multiply-adds (or VPDPBUSD, VDPBF16PS), which is 94
// to 98 % of their peak. Those are assembly, which no optimiser reorders and whose accumulators no compiler spills.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx512 {

// What one word adds to the sums. `most` is the largest Q whose accumulators stay in registers beside what a step
// needs.

/// Floats: one fused step.
struct multiply_add {
    using sum = __m512;

    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void step(__m512& s, __m512i row,
                                                                              __m512i q) noexcept {
        asm("vfmadd231ps %2, %1, %0" : "+v"(s) : "v"(row), "v"(q));
    }
};
template <class By, std::size_t Q, std::size_t J>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void
step(typename By::sum (&s)[Q][J], const __m512i (&row)[J], const std::uint32_t* q, std::size_t stride) noexcept {
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < Q; ++i) {
        int word;
        __builtin_memcpy(&word, q + i * stride, 4); // may be a float
        const __m512i x = _mm512_set1_epi32(word);
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j) By::step(s[i][j], row[j], x);
    }
}

/// Words of which `By` takes one at a time.
template <class By, std::size_t most_queries, std::size_t query_planes = 1>
struct words_by {
    using sum                            = typename By::sum;
    static constexpr std::size_t per_row = 1, planes = query_planes, most = most_queries;

    template <std::size_t Q, std::size_t J>
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void
    add(sum (&s)[Q][J], const __m512i (&row)[J], const std::uint32_t* q, std::size_t stride) noexcept {
        step<By>(s, row, q, stride);
    }
};
/// Two f16 a word, widened one after the other.
struct f16_words {
    using sum                            = __m512;
    static constexpr std::size_t per_row = 2, planes = 1, most = 8;

    template <std::size_t Q, std::size_t J>
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void
    add(__m512 (&s)[Q][J], const __m512i (&row)[J], const std::uint32_t* q, std::size_t stride) noexcept {
        const __m512i apart = _mm512_set_epi16(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1, //
                                               30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
        __m512i       halves[J], floats[J];
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j) halves[j] = _mm512_permutexvar_epi16(apart, row[j]);
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j) floats[j] = _mm512_castps_si512(widened(upper_half(halves[j])));
        step<multiply_add>(s, floats, q + 1, stride);
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j) floats[j] = _mm512_castps_si512(widened(lower_half(halves[j])));
        step<multiply_add>(s, floats, q, stride);
    }
};

/// All of k, from the sums as they stand. With `fetch` 192 bytes at `ahead` are fetched for every word.
template <class W, bool fetch, std::size_t Q, std::size_t J>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline void
walk(typename W::sum (&s)[Q][J], const std::uint32_t* a, std::size_t a_row, std::size_t a_step, const std::uint32_t* b,
     std::size_t b_row, const __mmask16 (&m)[J], std::size_t k, const void* ahead, std::size_t ahead_step) noexcept {
    const char* line = static_cast<const char*>(ahead);
    for (std::size_t t = 0; t < k; ++t, a += a_step, b += b_row, line += ahead_step) {
        __m512i row[J];
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j) {
            row[j] = _mm512_maskz_loadu_epi32(m[j], b + 16 * j);
            if constexpr (fetch) __builtin_prefetch(line + 64 * j);
        }
        W::add(s, row, a, a_row);
    }
}

/// Q rows of C x up to 16 J columns. Words `ahead` bytes further are fetched, where that is not 0.
template <class W, std::size_t Q, std::size_t J>
[[gnu::target("avx512bw,avx512vl"), gnu::noinline]] inline void
chain(const std::uint32_t* a, std::size_t a_row, std::size_t a_step, const std::uint32_t* b, std::size_t b_row,
      std::uint32_t* c, std::size_t c_row, std::size_t k, std::size_t columns, std::size_t ahead) noexcept {
    __mmask16       m[J];
    typename W::sum s[Q][J];
#    pragma GCC     unroll 3
    for (std::size_t j = 0; j < J; ++j) m[j] = first<__mmask16>(columns > 16 * j ? columns - 16 * j : 0);
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j)
            s[i][j] = reinterpret_cast<typename W::sum>(_mm512_maskz_loadu_epi32(m[j], c + i * c_row + 16 * j));
    if (ahead == 0) walk<W, false>(s, a, a_row, a_step, b, b_row, m, k, nullptr, 0);
    else walk<W, true>(s, a, a_row, a_step, b, b_row, m, k, reinterpret_cast<const char*>(b) + ahead, 4 * b_row);
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j)
            _mm512_mask_storeu_epi32(c + i * c_row + 16 * j, m[j], reinterpret_cast<__m512i>(s[i][j]));
}
/// All rows of C x up to 16 J columns.
template <class W, std::size_t J>
void chain_rows(const std::uint32_t* a, std::size_t a_row, std::size_t a_step, const std::uint32_t* b,
                std::size_t b_row, std::uint32_t* c, std::size_t c_row, std::size_t n, std::size_t k,
                std::size_t columns) noexcept {
    std::size_t ahead = b_row == 16 * J ? panel_ahead : 0; // of a panel; the first rows bring it for the others
    const auto  some  = [&](auto rows) {
        constexpr std::size_t Q = decltype(rows)::value;
        for (; n >= Q; n -= Q, a += Q * a_row, c += Q * c_row, ahead = 0)
            chain<W, Q, J>(a, a_row, a_step, b, b_row, c, c_row, k, columns, ahead);
    };
    if constexpr (W::most == 8) some(std::integral_constant<std::size_t, 8>{});
    some(std::integral_constant<std::size_t, 4>{});
    some(std::integral_constant<std::size_t, 2>{});
    some(std::integral_constant<std::size_t, 1>{});
}
template <class W, class Word, class Sum>
void chains(const Word* a, std::size_t a_row, std::size_t a_step, const Word* b, std::size_t b_row, Sum* c,
            std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    const auto* from = reinterpret_cast<const std::uint32_t*>(a);
    const auto* by   = reinterpret_cast<const std::uint32_t*>(b);
    auto*       to   = reinterpret_cast<std::uint32_t*>(c);
    std::size_t j    = 0;
    for (; m - j > 32; j += m - j < 48 ? m - j : 48)
        chain_rows<W, 3>(from, a_row, a_step, by + j, b_row, to + j, c_row, n, k, m - j < 48 ? m - j : 48);
    for (; j < m; j += 16)
        chain_rows<W, 1>(from, a_row, a_step, by + j, b_row, to + j, c_row, n, k, m - j < 16 ? m - j : 16);
}

[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512 rounded(__m512 s, const std::int32_t*,
                                                                               std::size_t) noexcept {
    return s;
}
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512 rounded(__m512i s, const std::int32_t* start,
                                                                               std::size_t query) noexcept {
    return _mm512_maskz_cvtepi32_ps(all, _mm512_add_epi32(s, _mm512_set1_epi32(start[query])));
}
/// Of upper [queries, 48] what reaches the floors, behind the pairs that were found.
[[gnu::target("avx512bw,avx512vl"), gnu::noinline]] inline std::size_t append(const float* upper, const float* floor,
                                                                              std::size_t at, std::size_t queries,
                                                                              std::size_t found,
                                                                              tile_found* out) noexcept {
    for (std::size_t i = at; i < at + queries; ++i)
        for (std::size_t j = 0; j < panel_rows; j += 16, upper += 16) {
            unsigned passed = _mm512_cmp_ps_mask(_mm512_loadu_ps(upper), _mm512_set1_ps(floor[i]), _CMP_GE_OQ);
            for (; passed != 0; passed &= passed - 1) {
                const auto r = static_cast<unsigned>(__builtin_ctz(passed));
                out[found++] = {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j) + r, upper[r]};
            }
        }
    return found;
}
/// Q queries from number `at` against a panel; their pairs behind those that were found.
template <class W, std::size_t Q>
[[gnu::target("avx512bw,avx512vl"), gnu::noinline]] inline std::size_t
tile(const tile_query& q, std::size_t at, const tile_rows& rows, std::size_t lines, std::size_t words,
     std::size_t found, tile_found* out) noexcept {
    constexpr __mmask16        m[3]  = {all, all, all};
    const void* const          ahead = lines == 0 ? rows.words : rows.ahead;
    const std::uint32_t* const a     = q.words + at * q.stride;
    typename W::sum            s[Q][3];
#    pragma GCC                unroll 8
    for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < 3; ++j) s[i][j] = typename W::sum{};
    if constexpr (W::planes == 1) {
        walk<W, true>(s, a, q.stride, W::per_row, rows.words, panel_rows, m, words, ahead, 64 * lines);
    } else {
        // The bits that differ, from the highest plane and doubled between two; all others are equal.
        for (std::size_t plane = W::planes; plane-- > 0; lines = 0) {
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
                for (std::size_t j = 0; j < 3; ++j) s[i][j] = _mm512_add_epi32(s[i][j], s[i][j]);
            walk<W, true>(s, a + plane * words, q.stride, 1, rows.words, panel_rows, m, words, ahead, 64 * lines);
        }
        const __m512i bits = _mm512_set1_epi32(static_cast<int>(32 * words * ((1u << W::planes) - 1)));
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
            for (std::size_t j = 0; j < 3; ++j) s[i][j] = _mm512_sub_epi32(bits, s[i][j]);
    }
    __m512      x[Q][3];
    __mmask16   any = 0;
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < 3; ++j) x[i][j] = rounded(s[i][j], q.start, at + i);
    if (rows.offset != nullptr)
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
            for (std::size_t j = 0; j < 3; ++j)
                x[i][j] =
                    _mm512_fmadd_ps(_mm512_set1_ps(q.shift[at + i]), _mm512_loadu_ps(rows.offset + 16 * j), x[i][j]);
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < 3; ++j) {
            x[i][j] = pinned(_mm512_mul_ps(pinned(x[i][j]), _mm512_loadu_ps(rows.scale + 16 * j)));
            x[i][j] = _mm512_fmadd_ps(_mm512_set1_ps(q.gain[at + i]), _mm512_loadu_ps(rows.error + 16 * j), x[i][j]);
            any =
                static_cast<__mmask16>(any | _mm512_cmp_ps_mask(x[i][j], _mm512_set1_ps(q.floor[at + i]), _CMP_GE_OQ));
        }
    if (__builtin_expect(any == 0, 1)) return found;
    alignas(64) float upper[Q * panel_rows];
#    pragma GCC       unroll 8
    for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < 3; ++j) _mm512_store_ps(upper + i * panel_rows + 16 * j, x[i][j]);
    return append(upper, q.floor, at, Q, found, out);
}
template <class W>
std::size_t above(const tile_query& q, std::size_t queries, const tile_rows& rows, std::size_t words,
                  tile_found* out) noexcept {
    std::size_t found = 0, at = 0, lines = rows.lines;
    if constexpr (W::most == 8)
        if (queries == 8) return tile<W, 8>(q, 0, rows, lines, words, 0, out);
    for (; at + 4 <= queries; at += 4, lines = 0) found = tile<W, 4>(q, at, rows, lines, words, found, out);
    for (; at + 2 <= queries; at += 2, lines = 0) found = tile<W, 2>(q, at, rows, lines, words, found, out);
    return at < queries ? tile<W, 1>(q, at, rows, lines, words, found, out) : found;
}

// A block of 16 rows x 16 words turns in four stages: words, pairs of words, and twice quarters of a register.

template <class V>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline V low_words(V a, V b) noexcept {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
}
template <class V>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline V high_words(V a, V b) noexcept {
    return __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
}
template <class V>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline V low_pairs(V a, V b) noexcept {
    return __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
}
template <class V>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline V high_pairs(V a, V b) noexcept {
    return __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
}
template <class V>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline V even_quarters(V a, V b) noexcept {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
}
template <class V>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline V odd_quarters(V a, V b) noexcept {
    return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}
[[gnu::target("avx512bw,avx512vl")]] inline void pack(const void* rows, std::size_t row, std::size_t n,
                                                      std::size_t words, void* panel) noexcept {
    const auto* const from = static_cast<const std::uint32_t*>(rows);
    auto* const       to   = static_cast<std::uint32_t*>(panel);
    for (std::size_t g = 0; g < panel_rows; g += 16)
        for (std::size_t t = 0; t < words; t += 16) {
            const std::size_t last = words - t < 16 ? words - t : 16;
            const auto        m    = first<std::uint64_t>(last);
            uints             r[16], u[16];
#    pragma GCC unroll 16
            for (std::size_t i = 0; i < 16; ++i)
                r[i] = g + i < n ? reinterpret_cast<uints>(load(from + (g + i) * row + t, m)) : uints{};
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < 16; i += 2)
                u[i] = low_words(r[i], r[i + 1]), u[i + 1] = high_words(r[i], r[i + 1]);
#    pragma GCC unroll 4
            for (std::size_t i = 0; i < 16; i += 4) {
                r[i] = low_pairs(u[i], u[i + 2]), r[i + 1] = high_pairs(u[i], u[i + 2]);
                r[i + 2] = low_pairs(u[i + 1], u[i + 3]), r[i + 3] = high_pairs(u[i + 1], u[i + 3]);
            }
#    pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i) {
                u[i] = even_quarters(r[i], r[i + 4]), u[i + 4] = odd_quarters(r[i], r[i + 4]);
                u[i + 8] = even_quarters(r[i + 8], r[i + 12]), u[i + 12] = odd_quarters(r[i + 8], r[i + 12]);
            }
#    pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i) {
                r[i] = even_quarters(u[i], u[i + 8]), r[i + 4] = even_quarters(u[i + 4], u[i + 12]);
                r[i + 8] = odd_quarters(u[i], u[i + 8]), r[i + 12] = odd_quarters(u[i + 4], u[i + 12]);
            }
#    pragma GCC unroll 16
            for (std::size_t i = 0; i < 16; ++i)
                if (i < last) _mm512_store_si512(to + (t + i) * panel_rows + g, reinterpret_cast<__m512i>(r[i]));
        }
}

using f32_words = words_by<multiply_add, 8>;

template <class Code>
inline constexpr row_kernels<Code> rows_of{
    {each<lane_sums<Code, false>, float, Code>, some<lane_sums<Code, false>, float, Code>},
    each<lane_sums<Code, true>, float, Code>,
    some<lane_sums<Code, true>, float, Code>};

/// The loops that the instructions of newer processors make faster: one table for each set of them.
template <unsigned needs, class Dpbf16, std::size_t bf16_queries, class Vnni, class Popcnt, std::size_t int_queries>
constexpr kernels table_of(std::string_view name) noexcept {
    kernels k = {};
    k.name    = name;
    k.exact   = true;
    k.axpy    = axpy;
    k.pack    = pack;
    if constexpr ((needs & need::rows) != 0) k.f32 = rows_of<float>;
    if constexpr ((needs & need::quantized_rows) != 0) {
        k.bf16       = rows_of<bf16_code>;
        k.f16        = rows_of<f16_code>;
        k.i8         = {each<lane_sums<i8_code, false>>, some<lane_sums<i8_code, false>>};
        k.bf16_pairs = {each<pair_sums<Dpbf16, bf16_code, 2>>, some<pair_sums<Dpbf16, bf16_code, 2>>};
        k.i8_pairs   = {each<pair_sums<Vnni, i8_code, 2>>, some<pair_sums<Vnni, i8_code, 2>>};
        k.bits       = {each<pair_sums<Popcnt, std::uint32_t, 1>>, some<pair_sums<Popcnt, std::uint32_t, 1>>};
    }
    if constexpr ((needs & need::chains) != 0) k.chains = chains<f32_words>;
    if constexpr ((needs & need::coded_chains) != 0) {
        k.bf16_chains = chains<words_by<Dpbf16, bf16_queries>>;
        k.i8_chains   = chains<words_by<Vnni, int_queries>>;
    }
    if constexpr ((needs & need::f32_tile) != 0) k.f32_above = above<f32_words>;
    if constexpr ((needs & need::bf16_tile) != 0) k.bf16_above = above<words_by<Dpbf16, bf16_queries>>;
    if constexpr ((needs & need::f16_tile) != 0) k.f16_above = above<f16_words>;
    if constexpr ((needs & need::i8_tile) != 0) k.i8_above = above<words_by<Vnni, int_queries>>;
    if constexpr ((needs & need::bits_tile) != 0) k.bits_above = above<words_by<Popcnt, int_queries, bit_planes>>;
    return k;
}
/// With F, BW and VL.
template <unsigned needs>
inline constexpr kernels table = table_of<needs, no_dpbf16, 4, no_vnni, no_popcnt, 4>("avx512");
/// And with VNNI and VPOPCNTDQ.
template <unsigned needs>
inline constexpr kernels vnni_table = table_of<needs, no_dpbf16, 4, vnni, popcnt, 8>("avx512_vnni");
/// And with BF16.
template <unsigned needs>
inline constexpr kernels bf16_table = table_of<needs, dpbf16, 8, vnni, popcnt, 8>("avx512_bf16");

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx512

#endif
