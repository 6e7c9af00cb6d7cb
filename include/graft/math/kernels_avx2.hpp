// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#if GRAFT_X86

#    include <cstddef>
#    include <cstdint>
#    include <immintrin.h>

// Kernels for AVX2 with FMA, compiled function by function whatever the flags of the host; call them only where the
// processor has both. Four registers of eight hold the 32 lanes of the definition in kernels_scalar.hpp: equal to the bit.
// Sixteen registers have room for the sums of two rows beside the query, so two rows a call share its loads.
// Tails are masked loads, which read as +0. The test compares all lengths from 0 to 1,100; tolerance: none.

namespace graft::inline v0_1::avx2 {

[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256 pinned(__m256 v) noexcept {
    asm("" : "+x"(v));
    return v;
}
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m128 pinned(__m128 v) noexcept {
    asm("" : "+x"(v));
    return v;
}
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256 plus(__m256 a, __m256 b) noexcept {
    return pinned(_mm256_add_ps(a, b));
}
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m128 plus(__m128 a, __m128 b) noexcept {
    return pinned(_mm_add_ps(a, b));
}
/// The lanes below n.
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256i first(std::size_t n) noexcept {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < 8 ? static_cast<int>(n) : 8),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
template <bool squared_difference>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256 step(__m256 x, __m256 y, __m256 s) noexcept {
    if constexpr (squared_difference) x = y = _mm256_sub_ps(x, y);
    return _mm256_fmadd_ps(x, y, s);
}
/// Four registers of one row: l with l + 16, 8, 4, 2, 1.
[[gnu::target("avx2,fma"), gnu::always_inline]] inline float fold(const __m256 (&s)[4]) noexcept {
    const __m256 v = plus(plus(s[0], s[2]), plus(s[1], s[3]));
    __m128       x = plus(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x              = plus(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(plus(x, _mm_movehdup_ps(x)));
}

template <std::size_t R, bool squared_difference>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline void sums(const float* q, const float* const* r,
                                                                 std::size_t dims, float* out) noexcept {
    __m256      s[R][4];
#    pragma GCC unroll 4
    for (std::size_t b = 0; b < R; ++b)
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l) s[b][l] = pinned(_mm256_setzero_ps());
    std::size_t i = 0;
    for (; i + 32 <= dims; i += 32)
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l) {
            const __m256 x = _mm256_loadu_ps(q + i + 8 * l);
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b)
                s[b][l] = step<squared_difference>(x, _mm256_loadu_ps(r[b] + i + 8 * l), s[b][l]);
        }
    const std::size_t padded = (dims + 15) / 16 * 16;
#    pragma GCC       unroll 4
    for (std::size_t l = 0; l < 4; ++l, i += 8)
        if (i < padded) {
            const __m256i m = first(i < dims ? dims - i : 0);
            const __m256  x = _mm256_maskload_ps(q + i, m);
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b)
                s[b][l] = step<squared_difference>(x, _mm256_maskload_ps(r[b] + i, m), s[b][l]);
        }
#    pragma GCC unroll 4
    for (std::size_t b = 0; b < R; ++b) out[b] = fold(s[b]);
}

template <bool squared_difference>
[[gnu::target("avx2,fma")]] inline void each(const float* q, const float* rows, std::size_t n, std::size_t dims,
                                             float* out) noexcept {
    std::size_t i = 0;
    for (; i + 2 <= n; i += 2, rows += 2 * dims) {
        const float* const r[2] = {rows, rows + dims};
        sums<2, squared_difference>(q, r, dims, out + i);
    }
    if (i < n) sums<1, squared_difference>(q, &rows, dims, out + i);
}
template <bool squared_difference>
[[gnu::target("avx2,fma")]] inline void some(const float* q, const float* rows, const std::uint32_t* which,
                                             std::size_t n, std::size_t dims, float* out) noexcept {
    std::size_t i = 0;
    for (; i + 2 <= n; i += 2) {
        const float* const r[2] = {rows + which[i] * dims, rows + which[i + 1] * dims};
        sums<2, squared_difference>(q, r, dims, out + i);
    }
    if (i == n) return;
    const float* const r = rows + which[i] * dims;
    sums<1, squared_difference>(q, &r, dims, out + i);
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
[[gnu::target("avx2,fma")]] inline void axpy(float a, const float* x, float* y, std::size_t n) noexcept {
    const __m256 f = _mm256_set1_ps(a);
    std::size_t  i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, _mm256_fmadd_ps(f, _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
    if (i == n) return;
    const __m256i m = first(n - i);
    _mm256_maskstore_ps(y + i, m, _mm256_fmadd_ps(f, _mm256_maskload_ps(x + i, m), _mm256_maskload_ps(y + i, m)));
}

/// R rows x three registers of C (24 columns), all of k.
template <std::size_t R>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline void chain(const float* a, std::size_t a_row, std::size_t a_step,
                                                                  const float* b, std::size_t b_row, float* c,
                                                                  std::size_t c_row, std::size_t k) noexcept {
    __m256      s[R][3];
#    pragma GCC unroll 4
    for (std::size_t i = 0; i < R; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < 3; ++j) s[i][j] = _mm256_loadu_ps(c + i * c_row + 8 * j);
    for (std::size_t t = 0; t < k; ++t, a += a_step, b += b_row) {
        const __m256 y[3] = {_mm256_loadu_ps(b), _mm256_loadu_ps(b + 8), _mm256_loadu_ps(b + 16)};
#    pragma GCC unroll 4
        for (std::size_t i = 0; i < R; ++i) {
            const __m256 x = _mm256_set1_ps(a[i * a_row]);
#    pragma GCC unroll 3
            for (std::size_t j = 0; j < 3; ++j) s[i][j] = _mm256_fmadd_ps(x, y[j], s[i][j]);
        }
    }
#    pragma GCC unroll 4
    for (std::size_t i = 0; i < R; ++i)
#    pragma GCC unroll 3
        for (std::size_t j = 0; j < 3; ++j) _mm256_storeu_ps(c + i * c_row + 8 * j, s[i][j]);
}
/// One row x up to eight columns.
[[gnu::target("avx2,fma"), gnu::always_inline]] inline void chain_end(const float* a, std::size_t a_step,
                                                                      const float* b, std::size_t b_row, float* c,
                                                                      std::size_t k, std::size_t columns) noexcept {
    const __m256i m = first(columns);
    __m256        s = _mm256_maskload_ps(c, m);
    for (std::size_t t = 0; t < k; ++t, a += a_step, b += b_row)
        s = _mm256_fmadd_ps(_mm256_set1_ps(*a), _mm256_maskload_ps(b, m), s);
    _mm256_maskstore_ps(c, m, s);
}
[[gnu::target("avx2,fma")]] inline void chains(const float* a, std::size_t a_row, std::size_t a_step, const float* b,
                                               std::size_t b_row, float* c, std::size_t c_row, std::size_t n,
                                               std::size_t k, std::size_t m) noexcept {
    std::size_t j = 0;
    for (; j + 24 <= m; j += 24) {
        std::size_t i = 0;
        for (; i + 4 <= n; i += 4) chain<4>(a + i * a_row, a_row, a_step, b + j, b_row, c + i * c_row + j, c_row, k);
        for (; i < n; ++i) chain<1>(a + i * a_row, a_row, a_step, b + j, b_row, c + i * c_row + j, c_row, k);
    }
    for (; j < m; j += 8)
        for (std::size_t i = 0; i < n; ++i) chain_end(a + i * a_row, a_step, b + j, b_row, c + i * c_row + j, k, m - j);
}

} // namespace graft::inline v0_1::avx2

#endif
