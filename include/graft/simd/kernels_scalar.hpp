// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/element.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

// The truth: what every sum of graft's is, written once without vectors. Slow (one call of fma an element on a baseline
// x86-64), so it is there to be compared with, not to be used.
//
// A sum over a row of n elements has 32 lanes, two accumulators of 16. Element i belongs to lane i % 32. Every step is one
// fused multiply-add in float. The row ends as if padded with +0 up to a multiple of 16. Then the lanes fold by halves: l
// with l + 16 (the two accumulators), l + 8, 4, 2, 1.
//
// Immune to -O0, -ffp-contract, -mfma and -ffast-math: values pass through `pinned`, which no algebra crosses, and where
// the target has no fused instruction fmaf is called through a pointer that the compiler cannot see through.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::scalar {

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

/// g++ 12 for processors with VNNI makes a wrong sum of products of bytes unless it is kept from it.
[[nodiscard]] inline std::uint32_t pinned(std::uint32_t x) noexcept {
    asm("" : "+r"(x));
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

/// A row against an f32 query; codes are widened exactly.
template <bool squared_difference, class Code>
[[nodiscard]] inline float sum(const float* q, const Code* row, std::size_t dims) noexcept {
    float lane[32];
    for (float& x : lane) x = pinned(0.f);
    for (std::size_t i = 0; i < (dims + 15) / 16 * 16; ++i) {
        float x = i < dims ? q[i] : 0.f, y = i < dims ? widen(row[i]) : 0.f;
        if constexpr (squared_difference) x = y = pinned(x - y);
        lane[i % 32] = pinned(fused(x, y, lane[i % 32]));
    }
    for (std::size_t half = 16; half > 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l) lane[l] = pinned(lane[l] + lane[l + half]);
    return lane[0];
}

/// bf16 with bf16: the same lanes over words of two, the upper element first. An odd end is padded with 0.
[[nodiscard]] inline float pair_sum(const bf16_code* q, const bf16_code* row, std::size_t dims) noexcept {
    float lane[32];
    for (float& x : lane) x = pinned(0.f);
    const std::size_t words = (dims + 1) / 2;
    for (std::size_t w = 0; w < (words + 15) / 16 * 16; ++w)
        for (const std::size_t i : {2 * w + 1, 2 * w}) {
            const float x = i < dims ? widen(q[i]) : 0.f, y = i < dims ? widen(row[i]) : 0.f;
            lane[w % 32] = pinned(fused(x, y, lane[w % 32]));
        }
    for (std::size_t half = 16; half > 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l) lane[l] = pinned(lane[l] + lane[l + half]);
    return lane[0];
}

[[nodiscard]] inline std::int32_t int_sum(const std::int8_t* q, const i8_code* row, std::size_t dims) noexcept {
    std::uint32_t sum = 0; // may wrap on the way
    for (std::size_t i = 0; i < dims; ++i)
        sum = pinned(sum + static_cast<std::uint32_t>(q[i] * (static_cast<int>(row[i]) - 128)));
    return static_cast<std::int32_t>(sum);
}

[[nodiscard]] inline std::uint32_t bit_sum(const std::uint32_t* q, const std::uint32_t* row,
                                           std::size_t words) noexcept {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < words; ++i) sum += static_cast<std::uint32_t>(std::popcount(q[i] ^ row[i]));
    return sum;
}

// One of the sums above for every row, or for those that are named.

template <auto one, class Query, class Code, class Sum>
void each(const Query* q, const Code* rows, std::size_t n, std::size_t dims, Sum* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = one(q, rows + i * dims, dims);
}
template <auto one, class Query, class Code, class Sum>
void some(const Query* q, const Code* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
          Sum* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = one(q, rows + which[i] * dims, dims);
}

inline void axpy(float a, const float* x, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) y[i] = pinned(fused(a, x[i], y[i]));
}

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::scalar
