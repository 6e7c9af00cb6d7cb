// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/dpo.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>

using namespace graft;

TEST_CASE("the loss of a pair and its gradient are those of long double, from one end to the other") {
    for (const double beta : {.01, .1, .5, 1., 7.})
        for (const double chosen : {-1e4, -310., -40., -3., -1e-7, 0.})
            for (const double rejected : {-1e4, -299., -41., -2.5, 0.})
                for (const double base : {-1e4, -300., -2., 0.}) {
                    const pair_log_probs policy{chosen, rejected}, reference{base, base / 2};
                    const auto           got = dpo_loss(policy, reference, beta);
                    const long double    m   = static_cast<long double>(beta) *
                                          ((static_cast<long double>(chosen) - static_cast<long double>(base)) -
                                           (static_cast<long double>(rejected) - static_cast<long double>(base / 2)));
                    const long double loss = std::log1p(std::exp(-std::abs(m))) + (m < 0 ? -m : 0);
                    const long double down = -static_cast<long double>(beta) / (1 + std::exp(m));
                    CHECK(std::isfinite(got.loss));
                    CHECK(got.margin == doctest::Approx(static_cast<double>(m)).epsilon(1e-15));
                    // The margin is rounded before it is an exponent; below e^-708 a double has nothing.
                    const long double far = (1 + std::abs(m)) * 4e-16L, least = 1e-307L;
                    CHECK(std::abs(static_cast<long double>(got.loss) - loss) <= far * loss + least);
                    CHECK(std::abs(static_cast<long double>(got.gradient.chosen) - down) <= far * -down + least);
                    CHECK(got.gradient.rejected == -got.gradient.chosen);
                }
}

TEST_CASE("a policy that is its reference loses log 2, and gains by half of beta") {
    for (const double beta : {.1, .3, 2.}) {
        const auto got = dpo_loss({-17.25, -3.5}, {-17.25, -3.5}, beta);
        CHECK(got.loss == std::numbers::ln2);
        CHECK(got.margin == 0);
        CHECK(got.gradient.chosen == -beta / 2);
    }
}

TEST_CASE("log-probabilities that are none are seen in what is given") {
    const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(dpo_loss({-inf, -1}, {-1, -1}, .1).loss == inf);
    CHECK(std::isnan(dpo_loss({nan, -1}, {-1, -1}, .1).loss));
    CHECK(std::isnan(dpo_loss({-inf, -inf}, {-1, -1}, .1).loss));
}
