// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/kernels_scalar.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Whether no element is NaN or infinite. Looks at exponent bits, so it works under -ffast-math too.
[[nodiscard]] inline bool all_finite(std::span<const float> x) noexcept {
    std::uint32_t bad = 0;
    for (const float v : x)
        bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(v) & 0x7f800000u) == 0x7f800000u);
    return bad == 0;
}
/// The same for `double`.
[[nodiscard]] inline bool all_finite(std::span<const double> x) noexcept {
    constexpr std::uint64_t exponent = 0x7ff0000000000000u;
    std::uint64_t           bad      = 0;
    for (const double v : x)
        bad |= static_cast<std::uint64_t>((std::bit_cast<std::uint64_t>(v) & exponent) == exponent);
    return bad == 0;
}

/// Whether every element is +0 or -0.
[[nodiscard]] inline bool all_zero(std::span<const float> x) noexcept {
    std::uint32_t bits = 0;
    for (const float v : x) bits |= std::bit_cast<std::uint32_t>(v);
    return bits << 1 == 0;
}

/// The sum of squares in double: eight lanes, each product exact, so no float input overflows or vanishes.
[[nodiscard]] inline double squared_norm(std::span<const float> x) noexcept {
    double            lane[8] = {};
    const std::size_t whole   = x.size() / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8)
        for (std::size_t l = 0; l < 8; ++l) lane[l] += static_cast<double>(x[i + l]) * static_cast<double>(x[i + l]);
    for (std::size_t i = whole; i < x.size(); ++i) lane[i % 8] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    for (std::size_t half = 4; half > 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l) lane[l] = scalar::pinned(lane[l] + lane[l + half]);
    return lane[0];
}
/// The same for doubles, one rounding a product; may overflow.
[[nodiscard]] inline double squared_norm(std::span<const double> x) noexcept {
    double sum = 0;
    for (const double v : x) sum = std::fma(v, v, sum);
    return sum;
}

/// The Euclidean length.
[[nodiscard]] inline float norm(std::span<const float> x) noexcept {
    return static_cast<float>(std::sqrt(squared_norm(x)));
}
/// The Euclidean length, in `double`.
[[nodiscard]] inline double norm(std::span<const double> x) noexcept { return std::sqrt(squared_norm(x)); }

/// Scales a row to length 1, whatever its size was.
///
/// Gives    false, and leaves the row, where it is zero or not finite.
inline bool normalise(std::span<float> x) noexcept {
    const double sum = squared_norm(x);
    if (sum == 0 || !all_finite(std::span<const double>(&sum, 1))) return false;
    const double scale = 1 / std::sqrt(sum);
    for (float& v : x) v = static_cast<float>(v * scale);
    return true;
}
/// The same for `double`.
inline bool normalise(std::span<double> x) noexcept {
    const double sum = squared_norm(x);
    if (sum == 0 || !all_finite(std::span<const double>(&sum, 1))) return false;
    const double scale = 1 / std::sqrt(sum);
    for (double& v : x) v *= scale;
    return true;
}

} // namespace graft::inline GRAFT_ABI
