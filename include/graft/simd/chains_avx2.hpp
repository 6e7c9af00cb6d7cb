// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/tile_avx2.hpp>

#if GRAFT_X86

#    include <cstddef>

// The chains of floats for AVX2, six rows x 16 columns at a time: 12 sums, two registers of columns and one word of a row. Columns that
// lie in a panel use one cache line of three, so 16 of them stay in the first cache over 384 words while all rows pass; the rows' next
// sums are fetched meanwhile, and beside the last rows the columns that come next. Few rows take wider strips, to have as many sums.
// The sums are those of tile_scalar.hpp to the bit; tolerance of the test: none.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2 {

inline constexpr std::size_t chain_depth = 384; ///< words of k that 16 columns have room for in the first cache

/// A word of a row with J registers of columns, in assembler for the reason that `three` gives.
template <std::size_t J>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void word(const float* a, const __m256i (&y)[J],
                                                                      __m256i (&s)[J]) noexcept {
    if constexpr (J == 3) {
        three(reinterpret_cast<const std::uint32_t*>(a), y, s);
    } else {
        __m256i x;
        asm("{vbroadcastss %3, %2|vbroadcastss %2, %3}\n\t"
            "{vfmadd231ps %4, %2, %0|vfmadd231ps %0, %2, %4}\n\t"
            "{vfmadd231ps %5, %2, %1|vfmadd231ps %1, %2, %5}"
            : "+x"(s[0]), "+x"(s[1]), "=&x"(x)
            : "m"(*a), "x"(y[0]), "x"(y[1]));
    }
}
/// What a strip reads and writes, and how many bytes behind its columns those lie that are wanted next: one line, or all three of a panel's row.
struct strip_work {
    const float* a;
    std::size_t  a_row, a_step;
    const float* b;
    std::size_t  b_row;
    float*       c;
    std::size_t  c_row, k, ahead;
    bool         all_lines = false;
};
/// R rows x J registers of columns, over all of k.
template <std::size_t R, std::size_t J>
[[gnu::target("avx2,fma,f16c"), gnu::noinline]] inline void strip(const strip_work& w) noexcept {
    __m256i     s[R][J];
#    pragma GCC unroll 6
    for (std::size_t i = 0; i < R; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j) s[i][j] = bytes(w.c + i * w.c_row + 8 * j);
    const float *     a = w.a, *half = w.a + 3 * w.a_row, *b = w.b; // two pointers reach six rows by their addressing
    const std::size_t a_row = w.a_row, a_step = w.a_step, b_row = w.b_row, ahead = w.ahead;
    const bool        all_lines = w.all_lines;
    const auto        one       = [&]() __attribute__((always_inline, target("avx2,fma,f16c"))) {
        const char* const next = reinterpret_cast<const char*>(b) + ahead;
        __builtin_prefetch(next);
        if (all_lines) __builtin_prefetch(next + 64), __builtin_prefetch(next + 128);
        __m256i y[J];
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j) y[j] = bytes(b + 8 * j);
        word<J>(a, y, s[0]);
        if constexpr (R > 1) word<J>(a + a_row, y, s[1]);
        if constexpr (R > 2) word<J>(a + 2 * a_row, y, s[2]);
        if constexpr (R > 3) word<J>(half, y, s[3]);
        if constexpr (R > 4) word<J>(half + a_row, y, s[4]);
        if constexpr (R > 5) word<J>(half + 2 * a_row, y, s[5]);
        a += a_step, half += a_step, b += b_row;
    };
    std::size_t t = w.k;
    for (; t >= 4; t -= 4) one(), one(), one(), one();
    for (; t > 0; --t) one();
#    pragma GCC unroll 6
    for (std::size_t i = 0; i < R; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < J; ++j)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(w.c + i * w.c_row + 8 * j), s[i][j]);
}
/// All rows x J registers of columns, in groups that differ by one row at most. The first group fetches all lines, or the last one the
/// line that `ahead` says.
template <std::size_t J>
inline void strips(strip_work w, std::size_t rows, std::size_t ahead, bool all_lines) noexcept {
    constexpr std::size_t most   = J == 2 ? 6 : 4;
    const std::size_t     groups = (rows + most - 1) / most, each = rows / groups, larger = rows % groups;
    const float* const    c = w.c;
    for (std::size_t g = 0; g < groups; ++g) {
        const std::size_t n    = each + (g < larger ? 1 : 0);
        const bool        last = g + 1 == groups;
        // the sums of the next group, or of the next columns' first
        const float* const next = last ? c + 8 * J : w.c + n * w.c_row;
        for (std::size_t i = 0; i < (last ? groups > 1 ? most : 0 : each); ++i) {
            __builtin_prefetch(next + i * w.c_row, 1);
            __builtin_prefetch(next + i * w.c_row + 8 * J - 1, 1);
        }
        w.ahead     = (all_lines ? g == 0 : last) ? ahead : 0;
        w.all_lines = all_lines && g == 0;
        if constexpr (J == 2) {
            if (n == 6) strip<6, 2>(w);
            if (n == 5) strip<5, 2>(w);
            if (n == 2) strip<2, 2>(w);
            if (n == 1) strip<1, 2>(w);
        }
        if (n == 4) strip<4, J>(w);
        if (n == 3) strip<3, J>(w);
        w.a += n * w.a_row, w.c += n * w.c_row;
    }
}
/// Up to 48 columns, all rows, a depth that fits.
inline void chain_columns(const strip_work& all, std::size_t rows, std::size_t columns) noexcept {
    strip_work  w    = all;
    const bool  full = columns == panel_rows, packed = full && w.b_row == panel_rows;
    std::size_t left = columns;
    const auto  pass = [&](auto step, std::size_t n) noexcept {
        constexpr std::size_t J = decltype(step)::value;
        // In a panel the next columns lie beside these, and behind the last ones those of the next panel. Few rows are done with a word
        // sooner than memory brings the next: the first columns fetch for all, from far ahead.
        const bool  few = packed && n <= 8, all_lines = few && left == columns;
        std::size_t ahead = 0;
        if (all_lines) ahead = panel_ahead;
        else if (packed && !few) ahead = left > 8 * J ? 32 * J : 4 * (w.k * panel_rows + 8 * J - panel_rows);
        strips<J>(w, n, ahead, all_lines);
        w.b += 8 * J, w.c += 8 * J, left -= 8 * J;
    };
    if (full && (rows == 3 || rows == 4 || rows == 7 || rows == 8))
        while (left > 0) pass(std::integral_constant<std::size_t, 3>{}, rows);
    while (left >= 16) pass(std::integral_constant<std::size_t, 2>{}, rows);
    if (left > 0)
        narrow<f32_words>({reinterpret_cast<const std::uint32_t*>(w.a), w.a_row, w.a_step,
                           reinterpret_cast<const std::uint32_t*>(w.b), w.b_row, w.c, w.c_row, w.k},
                          rows, left);
}
/// `kernels::chains`.
inline void f32_chains(const float* a, std::size_t a_row, std::size_t a_step, const float* b, std::size_t b_row,
                       float* c, std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    if (n == 0) return;
    for (std::size_t j = 0; j < m; j += panel_rows) {
        const std::size_t columns = m - j < panel_rows ? m - j : panel_rows;
        if (n <= 2 && columns == panel_rows) { // 48 columns at once: one stream, with as many sums
            const tile_work<float> w{reinterpret_cast<const std::uint32_t*>(a),
                                     a_row,
                                     a_step,
                                     reinterpret_cast<const std::uint32_t*>(b) + j,
                                     b_row,
                                     c + j,
                                     c_row,
                                     k};
            if (n == 1) tile<f32_words, 1, 6, false>(w, 8);
            else tile<f32_words, 2, 6, false>(w, 8);
            continue;
        }
        for (std::size_t t = 0; t < k; t += chain_depth)
            chain_columns({a + t * a_step, a_row, a_step, b + t * b_row + j, b_row, c + j, c_row,
                           k - t < chain_depth ? k - t : chain_depth, 0},
                          n, columns);
    }
}

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2

#endif
