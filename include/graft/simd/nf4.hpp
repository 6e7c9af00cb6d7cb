// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace graft::inline GRAFT_ABI {

// NF4: numbers as one of sixteen levels, where those of a normal distribution lie, times a scale that a block of them shares.

/// The levels of NF4, by their codes.
///
/// Source   Dettmers et al. 2023, arXiv 2305.14314; the numbers are those that bitsandbytes stores.
inline constexpr std::array<float, 16> nf4_levels = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

/// What a code of 8 bits stands for where scales are codes themselves: 0, 1, and on both sides of 0 seven decades, the upper ones in finer steps.
///
/// Source   Dettmers 2015, arXiv 1511.04561; the bits are those of bitsandbytes' signed map.
[[nodiscard]] constexpr std::array<float, 256> nf4_scale_map() noexcept {
    constexpr std::array<float, 7> decades = {1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1.f};
    std::array<float, 256>         map     = {};
    std::size_t                    at      = 127; // of 0; the positive ones follow
    for (std::size_t d = 0; d < decades.size(); ++d) {
        // Midpoints of 2^d equal steps from .1 to 1, whose ends are floats, counted from the nearer end.
        const std::size_t steps = std::size_t{1} << d;
        const float       step  = (1.f - .1f) / static_cast<float>(steps);
        const auto        end   = [&](std::size_t i) {
            const bool   low = i < (steps + 1) / 2;
            const double off = static_cast<double>(step) * static_cast<double>(low ? i : steps - i);
            return static_cast<float>(low ? static_cast<double>(.1f) + off : 1. - off); // exact but for this rounding
        };
        for (std::size_t i = 0; i < steps; ++i) {
            const float middle = (end(i) + end(i + 1)) / 2;
            map[++at]          = decades[d] * middle;
            map[254 - at]      = -map[at];
        }
    }
    map[255] = 1;
    return map;
}

namespace detail {

/// The least number that a block is divided by.
inline constexpr float nf4_floor = 1e-38f;

/// How many of the points half way between two neighbours lie below x: its nearest, of two that are as near the lower.
template <std::size_t N>
[[nodiscard]] constexpr std::size_t nearest_of(const std::array<float, N>& sorted, float x) noexcept {
    std::size_t first = 0;
    for (std::size_t n = N - 1; n > 0;) {
        const std::size_t half = n / 2, at = first + half;
        if ((sorted[at] + sorted[at + 1]) / 2 < x) first = at + 1, n -= half + 1;
        else n = half;
    }
    return first;
}

/// The points half way between two levels: what lies above one of them, and not above the next, is nearest to the level between the two.
[[nodiscard]] constexpr std::array<float, 15> nf4_middles() noexcept {
    std::array<float, 15> middles = {};
    for (std::size_t m = 0; m < middles.size(); ++m) middles[m] = (nf4_levels[m] + nf4_levels[m + 1]) / 2;
    return middles;
}
inline constexpr std::array<float, 15> nf4_middle_points = nf4_middles(); // made once, as `nf4_code` takes them

/// The code of the level nearest to x: how many middle points lie below it, found by halves.
[[nodiscard]] inline std::size_t nf4_code(float x) noexcept {
    const float* const m    = nf4_middle_points.data();
    std::size_t        code = 8 * static_cast<std::size_t>(x > m[7]);
    code += 4 * static_cast<std::size_t>(x > m[code + 3]);
    code += 2 * static_cast<std::size_t>(x > m[code + 1]);
    return code + static_cast<std::size_t>(x > m[code]);
}

/// The scale of a block, and its numbers' codes, one to a byte.
///
/// Takes    finite numbers and the largest of their sizes; whether the block is whole: a shorter one, the last, has another rounding and never the
///          scale 0
[[nodiscard]] inline float encode_nf4(std::span<const float> x, float most, bool whole, unsigned char* codes) noexcept {
    const float by = std::max(most, nf4_floor), inverse = 1.f / by;
    for (std::size_t i = 0; i < x.size(); ++i) // what passes 1 by its rounding is above the last point all the same
        codes[i] = static_cast<unsigned char>(nf4_code(whole ? x[i] * inverse : x[i] / by));
    return whole ? most : by;
}

/// The two levels of each byte.
[[nodiscard]] constexpr std::array<float, 512> nf4_pairs() noexcept {
    std::array<float, 512> pairs = {};
    for (std::size_t b = 0; b < 256; ++b) pairs[2 * b] = nf4_levels[b >> 4], pairs[2 * b + 1] = nf4_levels[b & 15];
    return pairs;
}
alignas(64) inline constexpr std::array<float, 512> nf4_pair_levels = nf4_pairs();

} // namespace detail

} // namespace graft::inline GRAFT_ABI
