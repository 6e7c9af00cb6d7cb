// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

// The truth: what every sum of graft's is, written once without vectors. Slow (one call of fma an element on a baseline
// x86-64), so it is there to be compared with, not to be used.
//
// A sum over a row of n elements has 32 lanes, two accumulators of 16. Element i belongs to lane i % 32. Every step is one
// fused multiply-add in float. The row ends as if padded with +0 up to a multiple of 16. Then the lanes fold by halves: l
// with l + 16 (the two accumulators), l + 8, 4, 2, 1.
//
// Immune to -O0, -ffp-contract, -mfma and -ffast-math: values pass through `pinned`, which no algebra crosses, and where
// the target has no fused instruction fmaf is called through a pointer that the compiler cannot see through.

namespace graft::inline v0_1::scalar {

/// The value, which the optimiser must take as it is.
[[nodiscard]] inline float pinned(float x) noexcept {
#if defined(__x86_64__)
    asm("" : "+x"(x));
#elif defined(__aarch64__)
    asm("" : "+w"(x));
#else
    asm("" : "+m"(x));
#endif
    return x;
}
[[nodiscard]] inline double pinned(double x) noexcept {
#if defined(__x86_64__)
    asm("" : "+x"(x));
#elif defined(__aarch64__)
    asm("" : "+w"(x));
#else
    asm("" : "+m"(x));
#endif
    return x;
}

/// x y + z with one rounding, whatever the flags.
[[nodiscard]] inline float fused(float x, float y, float z) noexcept {
#if defined(__FMA__) || defined(__aarch64__)
    return __builtin_fmaf(x, y, z);
#else
    float (*f)(float, float, float) = &::fmaf;
    asm("" : "+r"(f));
    return f(x, y, z);
#endif
}

template <bool squared_difference>
[[nodiscard]] inline float sum(const float* q, const float* row, std::size_t dims) noexcept {
    float lane[32];
    for (float& x : lane) x = pinned(0.f);
    for (std::size_t i = 0; i < (dims + 15) / 16 * 16; ++i) {
        float x = i < dims ? q[i] : 0.f, y = i < dims ? row[i] : 0.f;
        if constexpr (squared_difference) x = y = pinned(x - y);
        lane[i % 32] = pinned(fused(x, y, lane[i % 32]));
    }
    for (std::size_t half = 16; half > 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l) lane[l] = pinned(lane[l] + lane[l + half]);
    return lane[0];
}

inline void dots(const float* q, const float* rows, std::size_t n, std::size_t dims, float* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = sum<false>(q, rows + i * dims, dims);
}
inline void distances(const float* q, const float* rows, std::size_t n, std::size_t dims, float* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = sum<true>(q, rows + i * dims, dims);
}
inline void dots_of(const float* q, const float* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                    float* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = sum<false>(q, rows + which[i] * dims, dims);
}
inline void distances_of(const float* q, const float* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                         float* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = sum<true>(q, rows + which[i] * dims, dims);
}
inline void tile(const float* a, std::size_t n, const float* b, std::size_t m, std::size_t dims, float* c,
                 std::size_t c_row) noexcept {
    for (std::size_t i = 0; i < n; ++i) dots(a + i * dims, b, m, dims, c + i * c_row);
}
inline void axpy(float a, const float* x, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) y[i] = pinned(fused(a, x[i], y[i]));
}
inline void chains(const float* a, std::size_t a_row, std::size_t a_step, const float* b, std::size_t b_row, float* c,
                   std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t t = 0; t < k; ++t) axpy(a[i * a_row + t * a_step], b + t * b_row, c + i * c_row, m);
}

} // namespace graft::inline v0_1::scalar
