// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace graft::inline GRAFT_ABI {

// exp, log, sine and cosine whose bits do not depend on the C library: fused multiply-adds of fixed polynomials, nothing else.

/// e^x. Error below 2 ulp; 0 below -708, infinity above 709, NaN for NaN.
///
/// Source   Cody and Waite's two-part reduction by ln 2; Taylor polynomial of degree 13 on |r| <= ln 2 / 2.
[[nodiscard]] inline double exp_exact(double x) noexcept {
    if (!(x > -708)) return x != x ? x : 0;
    if (x > 709) return std::bit_cast<double>(std::uint64_t{0x7ff0000000000000u});
    const double k = std::nearbyint(x * 1.4426950408889634);
    const double r = std::fma(-k, 1.9082149292705877e-10, std::fma(-k, 0.6931471803691238, x));
    double       p = 1.0 / 6227020800;
    for (double c : {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                     1.0 / 120, 1.0 / 24, 1.0 / 6, .5, 1.0, 1.0})
        p = std::fma(p, r, c);
    return p * std::bit_cast<double>(static_cast<std::uint64_t>(static_cast<std::int64_t>(k) + 1023) << 52);
}

/// The natural logarithm of a normal x > 0. Error below 2 ulp away from 1, 2e-16 absolute near it.
///
/// Source   x = 2^k m with m in [sqrt(1/2), sqrt(2));  log m = 2 artanh((m - 1) / (m + 1)), by its series.
[[nodiscard]] inline double log_exact(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    auto       k    = static_cast<std::int64_t>(bits >> 52) - 1023;
    double     m    = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
    if (m > 1.4142135623730951) m *= .5, ++k;
    const double s = (m - 1) / (m + 1), z = s * s;
    double       p = 1.0 / 21;
    for (double c : {1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3})
        p = std::fma(p, z, c);
    const double log_m = 2 * std::fma(s * z, p, s);
    return std::fma(static_cast<double>(k), 0.6931471805599453, log_m);
}

/// Both at once, since both need the same reduction.
struct sine_cosine {
    double sin = 0, cos = 1;
};

/// sin x and cos x for |x| up to 1e6. Error below 3e-16 absolute, and 1e-16 |x| more from 1e5 on.
///
/// Source   reduction by pi / 2 in three parts; Taylor polynomials of degree 17 and 16 on |r| <= pi / 4.
[[nodiscard]] inline sine_cosine sine_cosine_exact(double x) noexcept {
    const double k = std::nearbyint(x * 0.63661977236758134);
    const double r =
        std::fma(-k, 2.0222662487959506e-21, std::fma(-k, 6.077100506303966e-11, std::fma(-k, 1.5707963267341256, x)));
    const double z = r * r;
    double       s = 1.0 / 355687428096000, c = 1.0 / 20922789888000;
    for (double a :
         {-1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6})
        s = std::fma(s, z, a);
    for (double a : {-1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -.5, 1.0})
        c = std::fma(c, z, a);
    s               = std::fma(s * z, r, r);
    const auto turn = static_cast<std::int64_t>(k) & 3;
    if (turn == 0) return {s, c};
    if (turn == 1) return {c, -s};
    if (turn == 2) return {-s, -c};
    return {-c, s};
}

} // namespace graft::inline GRAFT_ABI
