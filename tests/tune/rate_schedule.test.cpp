// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/rate_schedule.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace graft;

TEST_CASE("rates rise from 0, and fall or stay") {
    const rate_schedule linear{rate_shape::linear, 5}, cosine{rate_shape::cosine, 0}, constant{rate_shape::constant, 2};
    CHECK(linear.at(0, 50) == 0);
    CHECK(linear.at(1, 50) == doctest::Approx(.2));
    CHECK(linear.at(5, 50) == 1);
    CHECK(linear.at(27, 50) == doctest::Approx(23. / 45));
    CHECK(linear.at(50, 50) == 0);
    CHECK(cosine.at(0, 10) == doctest::Approx(1));
    CHECK(cosine.at(5, 10) == doctest::Approx(.5));
    CHECK(cosine.at(9, 10) == doctest::Approx(.5 * (1 + std::cos(.9 * 3.14159265358979))));
    CHECK(constant.at(1, 10) == .5);
    CHECK(constant.at(99, 10) == 1);
    CHECK(rate_schedule{rate_shape::linear, 5}.at(7, 4) == 0); // a run shorter than its rise
}
