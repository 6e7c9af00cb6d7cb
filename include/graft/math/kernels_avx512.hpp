// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#if GRAFT_X86

#    include <cstddef>
#    include <cstdint>
#    include <immintrin.h>

// Kernels for AVX-512 F, compiled function by function whatever the flags of the host; call them only where the processor
// has it. One register holds 16 lanes, so a row's sum is two registers, and the definition of kernels_scalar.hpp falls out
// of the layout: equal to the bit. Four rows a call share each load of the query (eight chains, enough for a latency of
// four at two multiply-adds a cycle); tails are masked loads, which read as +0.
// The test compares all lengths from 0 to 1,100; tolerance: none.

namespace graft::inline v0_1::avx512 {

[[gnu::target("avx512f"), gnu::always_inline]] inline __m512 pinned(__m512 v) noexcept {
    asm("" : "+v"(v));
    return v;
}
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512 plus(__m512 a, __m512 b) noexcept {
    return pinned(_mm512_add_ps(a, b));
}
[[gnu::target("avx512f"), gnu::always_inline]] inline __mmask16 first(std::size_t n) noexcept {
    return static_cast<__mmask16>(n >= 16 ? 0xffffu : (1u << n) - 1u);
}
template <bool squared_difference>
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512 step(__m512 x, __m512 y, __m512 s) noexcept {
    if constexpr (squared_difference) x = y = _mm512_sub_ps(x, y);
    return _mm512_fmadd_ps(x, y, s);
}

/// The lanes of four accumulators, each by the same tree: l with l + 8, 4, 2, 1.
[[gnu::target("avx512f"), gnu::always_inline]] inline __m128 fold(__m512 a, __m512 b, __m512 c, __m512 d) noexcept {
    const __m512 ab = plus(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                           __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
    const __m512 cd = plus(__builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                           __builtin_shufflevector(c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
    const __m512 four =
        plus(__builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
             __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31));
    const __m512 two =
        plus(four, __builtin_shufflevector(four, four, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
    const __m512 one =
        plus(two, __builtin_shufflevector(two, two, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
    return __builtin_shufflevector(one, one, 0, 4, 8, 12);
}

/// The same tree for one accumulator.
[[gnu::target("avx512f"), gnu::always_inline]] inline float fold(__m512 v) noexcept {
    __m256 eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                   __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    asm("" : "+x"(eight));
    __m128 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    asm("" : "+x"(four));
    __m128 two = four + __builtin_shufflevector(four, four, 2, 3, 0, 1);
    asm("" : "+x"(two));
    return two[0] + two[1];
}

/// Q queries against R rows (R is 1 or 4): `out[i * out_row + j]`.
template <std::size_t Q, std::size_t R, bool squared_difference>
[[gnu::target("avx512f"), gnu::always_inline]] inline void sums(const float* q, std::size_t q_row,
                                                                const float* const* r, std::size_t dims, float* out,
                                                                std::size_t out_row) noexcept {
    __m512      s[Q][R][2];
#    pragma GCC unroll 4
    for (std::size_t a = 0; a < Q; ++a)
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < R; ++b) s[a][b][0] = s[a][b][1] = pinned(_mm512_setzero_ps());
    std::size_t i = 0;
    for (; i + 32 <= dims; i += 32)
#    pragma GCC unroll 2
        for (std::size_t l = 0; l < 2; ++l) {
            __m512 x[Q];
#    pragma GCC unroll 4
            for (std::size_t a = 0; a < Q; ++a) x[a] = _mm512_loadu_ps(q + a * q_row + i + 16 * l);
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) {
                const __m512 y = _mm512_loadu_ps(r[b] + i + 16 * l);
#    pragma GCC unroll 4
                for (std::size_t a = 0; a < Q; ++a) s[a][b][l] = step<squared_difference>(x[a], y, s[a][b][l]);
            }
        }
#    pragma GCC unroll 2
    for (std::size_t l = 0; l < 2; ++l, i += 16)
        if (i < dims) {
            const __mmask16 m = first(dims - i);
            __m512          x[Q];
#    pragma GCC unroll 4
            for (std::size_t a = 0; a < Q; ++a) x[a] = _mm512_maskz_loadu_ps(m, q + a * q_row + i);
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) {
                const __m512 y = _mm512_maskz_loadu_ps(m, r[b] + i);
#    pragma GCC unroll 4
                for (std::size_t a = 0; a < Q; ++a) s[a][b][l] = step<squared_difference>(x[a], y, s[a][b][l]);
            }
        }
#    pragma GCC unroll 4
    for (std::size_t a = 0; a < Q; ++a) {
        const std::size_t at = a * out_row;
        if constexpr (R == 4) {
            _mm_storeu_ps(out + at, fold(plus(s[a][0][0], s[a][0][1]), plus(s[a][1][0], s[a][1][1]),
                                         plus(s[a][2][0], s[a][2][1]), plus(s[a][3][0], s[a][3][1])));
        } else {
            out[at] = fold(plus(s[a][0][0], s[a][0][1]));
        }
    }
}

template <bool squared_difference>
[[gnu::target("avx512f")]] inline void each(const float* q, const float* rows, std::size_t n, std::size_t dims,
                                            float* out) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4, rows += 4 * dims) {
        const float* const r[4] = {rows, rows + dims, rows + 2 * dims, rows + 3 * dims};
        sums<1, 4, squared_difference>(q, 0, r, dims, out + i, 0);
    }
    for (; i < n; ++i, rows += dims) sums<1, 1, squared_difference>(q, 0, &rows, dims, out + i, 0);
}
template <bool squared_difference>
[[gnu::target("avx512f")]] inline void some(const float* q, const float* rows, const std::uint32_t* which,
                                            std::size_t n, std::size_t dims, float* out) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const float* const r[4] = {rows + which[i] * dims, rows + which[i + 1] * dims, rows + which[i + 2] * dims,
                                   rows + which[i + 3] * dims};
        sums<1, 4, squared_difference>(q, 0, r, dims, out + i, 0);
    }
    for (; i < n; ++i) {
        const float* const r = rows + which[i] * dims;
        sums<1, 1, squared_difference>(q, 0, &r, dims, out + i, 0);
    }
}

inline void dots(const float* q, const float* rows, std::size_t n, std::size_t dims, float* out) noexcept {
    each<false>(q, rows, n, dims, out);
}
inline void distances(const float* q, const float* rows, std::size_t n, std::size_t dims, float* out) noexcept {
    each<true>(q, rows, n, dims, out);
}
inline void dots_of(const float* q, const float* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                    float* out) noexcept {
    some<false>(q, rows, which, n, dims, out);
}
inline void distances_of(const float* q, const float* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                         float* out) noexcept {
    some<true>(q, rows, which, n, dims, out);
}

[[gnu::target("avx512f")]] inline void axpy(float a, const float* x, float* y, std::size_t n) noexcept {
    const __m512 f = _mm512_set1_ps(a);
    std::size_t  i = 0;
    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(y + i, _mm512_fmadd_ps(f, _mm512_loadu_ps(x + i), _mm512_loadu_ps(y + i)));
    if (i == n) return;
    const __mmask16 m = first(n - i);
    _mm512_mask_storeu_ps(y + i, m,
                          _mm512_fmadd_ps(f, _mm512_maskz_loadu_ps(m, x + i), _mm512_maskz_loadu_ps(m, y + i)));
}

/// R rows x up to 48 columns of C, all of k: 3 R accumulators that begin as C.
template <std::size_t R>
[[gnu::target("avx512f"), gnu::always_inline]] inline void
chain(const float* a, std::size_t a_row, std::size_t a_step, const float* b, std::size_t b_row, float* c,
      std::size_t c_row, std::size_t k, std::size_t columns) noexcept {
    const __mmask16 m[3] = {first(columns), first(columns > 16 ? columns - 16 : 0),
                            first(columns > 32 ? columns - 32 : 0)};
    __m512          s[R][3];
#    pragma GCC     unroll 8
    for (std::size_t i = 0; i < R; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < 3; ++j) s[i][j] = _mm512_maskz_loadu_ps(m[j], c + i * c_row + 16 * j);
    for (std::size_t t = 0; t < k; ++t, a += a_step, b += b_row) {
        const __m512 y[3] = {_mm512_maskz_loadu_ps(m[0], b), _mm512_maskz_loadu_ps(m[1], b + 16),
                             _mm512_maskz_loadu_ps(m[2], b + 32)};
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < R; ++i) {
            const __m512 x = _mm512_set1_ps(a[i * a_row]);
#    pragma GCC unroll 3
            for (std::size_t j = 0; j < 3; ++j) s[i][j] = _mm512_fmadd_ps(x, y[j], s[i][j]);
        }
    }
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < R; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < 3; ++j) _mm512_mask_storeu_ps(c + i * c_row + 16 * j, m[j], s[i][j]);
}
[[gnu::target("avx512f")]] inline void chains(const float* a, std::size_t a_row, std::size_t a_step, const float* b,
                                              std::size_t b_row, float* c, std::size_t c_row, std::size_t n,
                                              std::size_t k, std::size_t m) noexcept {
    for (std::size_t j = 0; j < m; j += 48) {
        const std::size_t columns = m - j < 48 ? m - j : 48;
        std::size_t       i       = 0;
        for (; i + 8 <= n; i += 8)
            chain<8>(a + i * a_row, a_row, a_step, b + j, b_row, c + i * c_row + j, c_row, k, columns);
        for (; i < n; ++i) chain<1>(a + i * a_row, a_row, a_step, b + j, b_row, c + i * c_row + j, c_row, k, columns);
    }
}

} // namespace graft::inline v0_1::avx512

#endif
