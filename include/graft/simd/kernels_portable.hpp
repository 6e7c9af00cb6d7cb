// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/element.hpp>

#include <xsimd/xsimd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

// Kernels for every machine that xsimd knows, as wide as the flags of the host allow: NEON on ARM, SSE2 on a plain
// x86-64 build. The 32 lanes of the definition are 32 / W batches of W floats, so one row keeps eight SSE or NEON
// registers busy and no more than one row is scored at a time. Codes are widened 32 at a time into a small buffer.
//
// Where a step is one rounding (`fused` below) the sums are those of the definition to the bit. On SSE2 without FMA it
// is a multiplication and an addition, so the last bits differ: such a host is outside the promise, and the table says
// so. So is one built with -ffast-math. Integer sums are the same everywhere.
//
// Everything is a template over the architecture or always inline, so that files compiled with different flags do not
// share a symbol.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::portable {

/// Whether a step is one rounding.
#if (defined(__FMA__) || defined(__AVX512F__) || defined(__aarch64__)) && !defined(__FAST_MATH__)
inline constexpr bool fused = true;
#else
inline constexpr bool fused = false;
#endif

template <class Arch>
using floats = xsimd::batch<float, Arch>;

/// Vectors of the compiler's own, of the size of a batch: xsimd's casts and shifts (8.1) and sums (14.1) are calls of functions on NEON.
template <class Arch>
struct integers {
    using ints [[gnu::vector_size(sizeof(floats<Arch>))]]   = std::int32_t;
    using words [[gnu::vector_size(sizeof(floats<Arch>))]]  = std::uint32_t;
    using values [[gnu::vector_size(sizeof(floats<Arch>))]] = float;
};
template <class Arch>
using ints = typename integers<Arch>::ints;
template <class Arch>
using words = typename integers<Arch>::words;

/// A vector of what lies at p, whatever type it was stored as.
template <class Vector>
[[nodiscard, gnu::always_inline]] inline Vector read(const void* p) noexcept {
    if constexpr (requires { typename Vector::register_type; }) {
        return Vector(read<typename Vector::register_type>(p));
    } else {
        Vector x;
        std::memcpy(&x, p, sizeof x);
        return x;
    }
}
template <class Arch>
[[nodiscard]] inline floats<Arch> as_floats(ints<Arch> x) noexcept {
    return read<floats<Arch>>(&x);
}
template <class Arch>
[[nodiscard]] inline floats<Arch> to_floats(ints<Arch> x) noexcept {
    const auto y = __builtin_convertvector(x, typename integers<Arch>::values);
    return read<floats<Arch>>(&y);
}
template <class Arch>
[[nodiscard]] inline ints<Arch> to_ints(floats<Arch> x) noexcept {
    return __builtin_convertvector(read<typename integers<Arch>::values>(&x), ints<Arch>);
}
/// x y + z. xsimd 8.1 has no fma for AVX-512, so it is named here.
template <class Arch>
[[nodiscard]] inline floats<Arch> multiply_add(const floats<Arch>& x, const floats<Arch>& y,
                                               const floats<Arch>& z) noexcept {
#if defined(__AVX512F__)
    if constexpr (floats<Arch>::size == 16) return floats<Arch>(_mm512_fmadd_ps(x, y, z));
    else
#endif
        return xsimd::fma(x, y, z);
}

/// x / y, rounded once. xsimd 8.1 divides floats on NEON by a reciprocal, which misses the last bits.
template <class Arch>
[[nodiscard]] inline floats<Arch> divide(const floats<Arch>& x, const floats<Arch>& y) noexcept {
    using values    = typename integers<Arch>::values;
    const values xy = read<values>(&x) / read<values>(&y);
    return read<floats<Arch>>(&xy);
}

/// As `widen`, for loops that compilers vectorise: of the two forms of a half a mask chooses, not a branch.
template <class Arch, class Code>
[[nodiscard, gnu::always_inline]] inline float number(Code x) noexcept {
    if constexpr (!std::is_same_v<Code, f16_code>) {
        return widen(x);
    } else {
#if defined(__aarch64__)
        return static_cast<float>(std::bit_cast<__fp16>(x));
#else
        const auto          bits = static_cast<std::uint32_t>(x), size = bits & 0x7fffu;
        const std::uint32_t tiny = size < 0x400u ? ~0u : 0u;
        const float         low  = static_cast<float>(static_cast<std::int32_t>(size)) * 0x1p-24f;
        return std::bit_cast<float>((tiny & std::bit_cast<std::uint32_t>(low)) |
                                    (~tiny & ((size << 13) + (112u << 23))) | (bits & 0x8000u) << 16);
#endif
    }
}

/// The 32 lanes of a sum.
template <class Arch>
struct lanes {
    static constexpr std::size_t W = floats<Arch>::size, batches = 32 / W;
    static_assert(16 % W == 0, "a batch divides an accumulator");

    floats<Arch> s[batches];

    lanes() noexcept {
#pragma GCC unroll 8
        for (auto& x : s) x = floats<Arch>(0.f);
    }
    /// l with l + 16, 8, 4, 2, 1.
    [[nodiscard]] float fold() noexcept {
#pragma GCC unroll 4
        for (std::size_t h = batches / 2; h > 0; h /= 2)
#pragma GCC unroll 4
            for (std::size_t j = 0; j < h; ++j) s[j] = s[j] + s[j + h];
        float lane[W];
        s[0].store_unaligned(lane);
        for (std::size_t h = W / 2; h > 0; h /= 2)
            for (std::size_t l = 0; l < h; ++l) lane[l] = lane[l] + lane[l + h];
        return lane[0];
    }
};

/// A row against an f32 query.
template <bool squared_difference, class Arch, class Code>
[[nodiscard]] inline float sum(const float* q, const Code* row, std::size_t dims) noexcept {
    using vec = floats<Arch>;
    lanes<Arch> to;
    const auto  add = [&to](const float* x, const float* y, std::size_t n) {
#pragma GCC unroll 8
        for (std::size_t j = 0; j < to.batches; ++j)
            if (j * vec::size < n) {
                const vec a = read<vec>(x + j * vec::size), b = read<vec>(y + j * vec::size);
                if constexpr (squared_difference) {
                    const vec d = a - b;
                    to.s[j]     = multiply_add<Arch>(d, d, to.s[j]);
                } else {
                    to.s[j] = multiply_add<Arch>(a, b, to.s[j]);
                }
            }
    };
    alignas(64) float y[32];
    std::size_t       i = 0;
    for (; i + 32 <= dims; i += 32)
        if constexpr (std::is_same_v<Code, float>) {
            add(q + i, row + i, 32);
        } else {
            for (std::size_t j = 0; j < 32; ++j) y[j] = number<Arch>(row[i + j]);
            add(q + i, y, 32);
        }
    if (i < dims) { // the tail, padded with +0
        float x[32] = {};
        std::memcpy(x, q + i, (dims - i) * sizeof(float));
        for (std::size_t j = 0; j < 32; ++j) y[j] = i + j < dims ? number<Arch>(row[i + j]) : 0.f;
        add(x, y, dims - i > 16 ? 32 : 16);
    }
    return to.fold();
}

/// The elements of words of two bf16.
template <class Arch>
[[nodiscard]] inline floats<Arch> upper_bf16(ints<Arch> x) noexcept {
    return as_floats<Arch>(x & -0x10000);
}
template <class Arch>
[[nodiscard]] inline floats<Arch> lower_bf16(ints<Arch> x) noexcept {
    return as_floats<Arch>(x << 16);
}

/// bf16 with bf16: of a word first the upper element, then the lower.
template <class Arch>
[[nodiscard]] inline float pair_sum(const bf16_code* q, const bf16_code* row, std::size_t dims) noexcept {
    lanes<Arch> to;
    const auto  add = [&to](const bf16_code* x, const bf16_code* y, std::size_t n) {
#pragma GCC unroll 8
        for (std::size_t j = 0; j < to.batches; ++j)
            if (j * to.W < n) {
                const auto a = read<ints<Arch>>(x + 2 * j * to.W), b = read<ints<Arch>>(y + 2 * j * to.W);
                to.s[j] = multiply_add<Arch>(upper_bf16<Arch>(a), upper_bf16<Arch>(b), to.s[j]);
                to.s[j] = multiply_add<Arch>(lower_bf16<Arch>(a), lower_bf16<Arch>(b), to.s[j]);
            }
    };
    std::size_t i = 0;
    for (; i + 64 <= dims; i += 64) add(q + i, row + i, 32);
    if (i < dims) {
        bf16_code x[64] = {}, y[64] = {};
        std::memcpy(x, q + i, (dims - i) * sizeof(bf16_code));
        std::memcpy(y, row + i, (dims - i) * sizeof(bf16_code));
        add(x, y, dims - i > 32 ? 32 : 16);
    }
    return to.fold();
}

/// 64 elements at a time, so that a compiler knows the count and vectorises at -O2. Rows become 16-bit first: where the
/// flags allow vpdpbusd or usdot g++ 12 makes them of an int8 times (a uint8 - 128), and they take that as unsigned.
template <class Arch>
[[nodiscard]] inline std::int32_t int_sum(const std::int8_t* q, const i8_code* row, std::size_t dims) noexcept {
    std::uint32_t sum = 0; // may wrap on the way
    const auto    add = [&sum](const std::int8_t* x, const i8_code* row64) {
        std::int16_t y[64];
        for (std::size_t j = 0; j < 64; ++j) y[j] = static_cast<std::int16_t>(static_cast<int>(row64[j]) - 128);
        std::int32_t s = 0;
        for (std::size_t j = 0; j < 64; ++j) s += x[j] * y[j];
        sum += static_cast<std::uint32_t>(s);
    };
    std::size_t i = 0;
    for (; i + 64 <= dims; i += 64) add(q + i, row + i);
    if (i < dims) {
        std::int8_t x[64] = {};
        i8_code     y[64] = {};
        std::memcpy(x, q + i, dims - i);
        std::memcpy(y, row + i, dims - i);
        add(x, y);
    }
    return static_cast<std::int32_t>(sum);
}

/// The number of ones in each byte.
template <class Arch>
[[nodiscard]] inline words<Arch> ones(words<Arch> x) noexcept {
#if defined(__aarch64__)
    if constexpr (sizeof x == sizeof(uint8x16_t)) {
        const uint8x16_t counts = vcntq_u8(read<uint8x16_t>(&x));
        return read<words<Arch>>(&counts);
    }
#endif
    x = x - (x >> 1 & 0x55555555u);
    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
    return (x + (x >> 4)) & 0x0f0f0f0fu;
}
/// The sum of the four bytes of each word.
template <class Arch>
[[nodiscard]] inline words<Arch> across(words<Arch> x) noexcept {
    x = (x & 0x00ff00ffu) + (x >> 8 & 0x00ff00ffu);
    return (x & 0xffffu) + (x >> 16);
}

template <class Arch>
[[nodiscard]] inline std::uint32_t bit_sum(const std::uint32_t* q, const std::uint32_t* row, std::size_t n) noexcept {
    using vec               = words<Arch>;
    constexpr std::size_t W = floats<Arch>::size;
    vec                   s = {};
    std::size_t           i = 0;
    for (; i + W <= n; i += W) s += across<Arch>(ones<Arch>(read<vec>(q + i) ^ read<vec>(row + i)));
    if (i < n) {
        std::uint32_t x[W] = {}, y[W] = {};
        std::memcpy(x, q + i, (n - i) * sizeof(std::uint32_t));
        std::memcpy(y, row + i, (n - i) * sizeof(std::uint32_t));
        s += across<Arch>(ones<Arch>(read<vec>(x) ^ read<vec>(y)));
    }
    std::uint32_t sum = 0;
    for (std::size_t l = 0; l < W; ++l) sum += s[l];
    return sum;
}

template <class Arch>
void axpy(float a, const float* x, float* y, std::size_t n) noexcept {
    using vec               = floats<Arch>;
    constexpr std::size_t W = vec::size;
    const vec             f(a);
    std::size_t           i = 0;
    for (; i + W <= n; i += W) multiply_add<Arch>(f, read<vec>(x + i), read<vec>(y + i)).store_unaligned(y + i);
    if (i == n) return;
    float u[W] = {}, v[W] = {};
    std::memcpy(u, x + i, (n - i) * sizeof(float));
    std::memcpy(v, y + i, (n - i) * sizeof(float));
    multiply_add<Arch>(f, read<vec>(u), read<vec>(v)).store_unaligned(v);
    std::memcpy(y + i, v, (n - i) * sizeof(float));
}

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::portable
