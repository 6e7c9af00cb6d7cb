// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <xsimd/xsimd.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

// Kernels for every machine that xsimd knows, as wide as the flags of the host allow: NEON on ARM, SSE2 on a plain x86-64
// build. The 32 lanes of the definition are 32 / W batches of W floats, so one row keeps eight SSE or NEON registers busy
// and no more than one row is scored at a time.
//
// Where xsimd's fma is fused (`fused` below) the sums are those of the definition to the bit. On SSE2 without FMA it is a
// multiplication and an addition, so the last bits differ: such a host is outside the promise, and the table says so. So is one built with -ffast-math.
//
// Everything is a template over the architecture, so that files compiled with different flags do not share a symbol.

namespace graft::inline v0_1::portable {

/// Whether a step is one rounding.
#if (defined(__FMA__) || defined(__AVX512F__) || defined(__aarch64__)) && !defined(__FAST_MATH__)
inline constexpr bool fused = true;
#else
inline constexpr bool fused = false;
#endif

template <bool squared_difference, class Arch>
[[nodiscard]] inline float sum(const float* q, const float* row, std::size_t dims) noexcept {
    using vec               = xsimd::batch<float, Arch>;
    constexpr std::size_t W = vec::size, half = 16 / W; // batches an accumulator
    static_assert(16 % W == 0, "a batch divides an accumulator");
    const auto step = [](const vec& x, const vec& y, const vec& s) {
        if constexpr (squared_difference) {
            const vec d = x - y;
            return xsimd::fma(d, d, s);
        } else {
            return xsimd::fma(x, y, s);
        }
    };
    vec s[2 * half];
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 2 * half; ++j) s[j] = vec(0.f);
    std::size_t i = 0;
    for (; i + 32 <= dims; i += 32)
#pragma GCC unroll 8
        for (std::size_t j = 0; j < 2 * half; ++j)
            s[j] = step(vec::load_unaligned(q + i + j * W), vec::load_unaligned(row + i + j * W), s[j]);
#pragma GCC unroll 2
    for (std::size_t acc = 0; acc < 2 && i < dims; ++acc, i += 16) {
        float             x[16] = {}, y[16] = {}; // the tail, padded with +0
        const std::size_t left = dims - i < 16 ? dims - i : 16;
        std::memcpy(x, q + i, left * sizeof(float));
        std::memcpy(y, row + i, left * sizeof(float));
#pragma GCC unroll 4
        for (std::size_t j = 0; j < half; ++j)
            s[acc * half + j] = step(vec::load_unaligned(x + j * W), vec::load_unaligned(y + j * W), s[acc * half + j]);
    }
#pragma GCC unroll 4
    for (std::size_t h = half; h > 0; h /= 2) // 16 lanes at a time down to one batch
#pragma GCC unroll 4
        for (std::size_t j = 0; j < h; ++j) s[j] = s[j] + s[j + h];
    float lane[W];
    s[0].store_unaligned(lane);
    for (std::size_t h = W / 2; h > 0; h /= 2)
        for (std::size_t l = 0; l < h; ++l) lane[l] = lane[l] + lane[l + h];
    return lane[0];
}

template <class Arch>
void dots(const float* q, const float* rows, std::size_t n, std::size_t dims, float* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = sum<false, Arch>(q, rows + i * dims, dims);
}
template <class Arch>
void distances(const float* q, const float* rows, std::size_t n, std::size_t dims, float* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = sum<true, Arch>(q, rows + i * dims, dims);
}
template <class Arch>
void dots_of(const float* q, const float* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
             float* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = sum<false, Arch>(q, rows + which[i] * dims, dims);
}
template <class Arch>
void distances_of(const float* q, const float* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                  float* out) noexcept {
    for (std::size_t i = 0; i < n; ++i) out[i] = sum<true, Arch>(q, rows + which[i] * dims, dims);
}
/// `columns` batches of one row of C, all of k.
template <std::size_t columns, class Arch>
inline void chain(const float* a, std::size_t a_step, const float* b, std::size_t b_row, float* c,
                  std::size_t k) noexcept {
    using vec = xsimd::batch<float, Arch>;
    vec s[columns];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < columns; ++j) s[j] = vec::load_unaligned(c + j * vec::size);
    for (std::size_t t = 0; t < k; ++t) {
        const vec x(a[t * a_step]);
#pragma GCC unroll 4
        for (std::size_t j = 0; j < columns; ++j)
            s[j] = xsimd::fma(x, vec::load_unaligned(b + t * b_row + j * vec::size), s[j]);
    }
#pragma GCC unroll 4
    for (std::size_t j = 0; j < columns; ++j) s[j].store_unaligned(c + j * vec::size);
}
template <class Arch>
void chains(const float* a, std::size_t a_row, std::size_t a_step, const float* b, std::size_t b_row, float* c,
            std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    using vec               = xsimd::batch<float, Arch>;
    constexpr std::size_t W = vec::size;
    for (std::size_t i = 0; i < n; ++i, a += a_row, c += c_row) {
        std::size_t j = 0;
        for (; j + 4 * W <= m; j += 4 * W) chain<4, Arch>(a, a_step, b + j, b_row, c + j, k);
        for (; j + W <= m; j += W) chain<1, Arch>(a, a_step, b + j, b_row, c + j, k);
        if (j == m) continue;
        float s[W] = {}; // the last columns, a padded batch
        std::memcpy(s, c + j, (m - j) * sizeof(float));
        for (std::size_t t = 0; t < k; ++t) {
            float x[W] = {};
            std::memcpy(x, b + t * b_row + j, (m - j) * sizeof(float));
            chain<1, Arch>(a + t * a_step, 0, x, 0, s, 1);
        }
        std::memcpy(c + j, s, (m - j) * sizeof(float));
    }
}
template <class Arch>
void axpy(float a, const float* x, float* y, std::size_t n) noexcept {
    chains<Arch>(&a, 0, 0, x, 0, y, 0, 1, 1, n);
}

} // namespace graft::inline v0_1::portable
