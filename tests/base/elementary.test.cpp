// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/elementary.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace graft;

namespace {
double ulps(double a, double b) { return std::abs(a - b) / (std::nextafter(std::abs(b), 1e308) - std::abs(b)); }
} // namespace

TEST_CASE("exp is within two ulp of the C library, and exact where it must be") {
    counter_random r(1);
    for (int i = 0; i < 200000; ++i) {
        const double x = (r.unit64() - .5) * (i % 2 == 0 ? 1415 : 4);
        REQUIRE(ulps(exp_exact(x), std::exp(x)) <= 2);
    }
    CHECK(exp_exact(0) == 1);
    CHECK(exp_exact(-1000) == 0);
    CHECK(exp_exact(-std::numeric_limits<double>::infinity()) == 0);
    CHECK(exp_exact(1000) == std::numeric_limits<double>::infinity());
    CHECK(std::isnan(exp_exact(std::nan(""))));
}

TEST_CASE("log is within two ulp of the C library away from one") {
    counter_random r(2);
    for (int i = 0; i < 200000; ++i) {
        const double x = std::ldexp(r.unit64() + .5, static_cast<int>(r.below(600)) - 300);
        if (std::abs(x - 1) > .3) REQUIRE(ulps(log_exact(x), std::log(x)) <= 2);
        else REQUIRE(std::abs(log_exact(x) - std::log(x)) < 3e-16);
    }
    CHECK(log_exact(1) == 0);
}

TEST_CASE("the bits are pinned: they may change only with the polynomial") {
    CHECK(std::bit_cast<std::uint64_t>(exp_exact(1)) == 0x4005bf0a8b145769u);
    std::uint64_t sum = 0;
    for (int i = -500; i <= 500; ++i) {
        sum = sum * 31 + std::bit_cast<std::uint64_t>(exp_exact(i * 1.2345678));
        sum = sum * 31 + std::bit_cast<std::uint64_t>(log_exact((i + 501) * 0.7654321));
    }
    CHECK(sum == 8391252846920127436u);
}

TEST_CASE("sine and cosine are those of the C library") {
    counter_random r(3);
    for (int i = 0; i < 200000; ++i) {
        const double reach = i % 3 == 0 ? 1 : i % 3 == 1 ? 100 : 1e5, x = (2 * r.unit64() - 1) * reach;
        const auto   at = sine_cosine_exact(x);
        REQUIRE(std::abs(at.sin - std::sin(x)) < 3e-16);
        REQUIRE(std::abs(at.cos - std::cos(x)) < 3e-16);
    }
    CHECK(sine_cosine_exact(0).sin == 0);
    CHECK(sine_cosine_exact(0).cos == 1);
    CHECK(sine_cosine_exact(-3).sin == -sine_cosine_exact(3).sin);
}
