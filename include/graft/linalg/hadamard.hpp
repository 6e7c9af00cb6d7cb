// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// A random rotation that needs no memory: rounds of random signs and a fast Hadamard transform.
///
/// Vectors have a multiple of 64 elements. Where that is no power of two, the first 2^k and the last 2^k are
/// transformed in turn, and the halves of all are mixed after each round: at 960 elements the two blocks share only 64.
///
/// Gives    lengths and dots within 1e-5 of |x| |y|, and the same bits for a seed on every machine: plain sums in one
///          order, and products that no compiler can fuse with them.
/// Costs    n log n: 384 elements take 1 to 2 µs.
/// Source   Ailon and Chazelle, "The fast Johnson-Lindenstrauss transform and approximate nearest neighbors", SIAM
///          Journal on Computing 39, 2009; the mixing of halves is that of the RaBitQ library.
struct hadamard_rotation {
    std::uint64_t seed = 0; ///< of the signs

    bool operator==(const hadamard_rotation&) const = default;

    /// The length of a vector of `dims` elements once it ends in zeros.
    [[nodiscard]] static constexpr std::size_t padded(std::size_t dims) noexcept { return (dims + 63) / 64 * 64; }

    /// In place; x [a multiple of 64].
    void rotate(std::span<float> x) const noexcept {
        for (std::size_t round = 0; round < rounds(x); ++round) {
            flip(block(x, round), round);
            transform(block(x, round));
            mix(x);
        }
        shrink(x);
    }
    /// The inverse.
    void rotate_back(std::span<float> x) const noexcept {
        for (std::size_t round = rounds(x); round-- > 0;) {
            mix(x);
            transform(block(x, round));
            flip(block(x, round), round);
        }
        shrink(x);
    }

private:
    [[nodiscard]] static bool        one_block(std::span<float> x) noexcept { return std::has_single_bit(x.size()); }
    [[nodiscard]] static std::size_t rounds(std::span<float> x) noexcept { return one_block(x) ? 3 : 4; }
    [[nodiscard]] static std::span<float> block(std::span<float> x, std::size_t round) noexcept {
        const std::size_t n = std::bit_floor(x.size());
        return round % 2 == 0 ? x.first(n) : x.last(n);
    }

    /// Random signs, and a division by the transform's growth. A sign is turned as a bit, which keeps the product apart
    /// from the sums that follow.
    void flip(std::span<float> x, std::size_t round) const noexcept {
        const float    factor = static_cast<float>(1 / std::sqrt(static_cast<double>(x.size())));
        counter_random signs(seed, 0x68616461'6d617264u + round); // "hadamard"
        for (std::size_t i = 0; i < x.size(); i += 32) {
            const std::uint32_t word = signs.bits32();
            for (std::size_t l = 0; l < 32; ++l)
                x[i + l] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x[i + l] * factor) ^ (word >> l << 31));
        }
    }
    // Four floats wherever they lie.
    using four [[gnu::vector_size(16), gnu::aligned(4), gnu::may_alias]] = float;
    template <class T>
    [[nodiscard]] static T& at(float* x) noexcept {
        return *reinterpret_cast<T*>(x);
    }

    static void transform(std::span<float> x) noexcept {
        two_levels<float>(x, 1);
        std::size_t step = 4;
        for (; 4 * step <= x.size(); step *= 4) two_levels<four>(x, step);
        if (step < x.size()) halves(x);
    }
    template <class T>
    static void two_levels(std::span<float> x, std::size_t step) noexcept {
        for (std::size_t i = 0; i < x.size(); i += 4 * step)
            for (float *p = &x[i], *end = p + step; p != end; p += sizeof(T) / sizeof(float)) {
                T &     w = at<T>(p), &y = at<T>(p + step), &z = at<T>(p + 2 * step), &v = at<T>(p + 3 * step);
                const T a = w + y, b = w - y, c = z + v, d = z - v;
                w = a + c, y = b + d, z = a - c, v = b - d;
            }
    }
    static void halves(std::span<float> x) noexcept {
        const std::size_t half = x.size() / 2;
        for (float *p = x.data(), *end = p + half; p != end; p += 4) {
            four &     w = at<four>(p), &y = at<four>(p + half);
            const four a = w, b = y;
            w = a + b, y = a - b;
        }
    }
    /// Grows the vector by sqrt(2), four times in all, which `shrink` takes back.
    static void mix(std::span<float> x) noexcept {
        if (!one_block(x)) halves(x);
    }
    static void shrink(std::span<float> x) noexcept {
        if (one_block(x)) return;
        for (float& v : x) v *= .25f;
    }
};

} // namespace graft::inline GRAFT_ABI
