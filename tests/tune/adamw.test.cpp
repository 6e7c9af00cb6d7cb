// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/adamw.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace graft;

TEST_CASE("a run of steps is the paper's algorithm, written out") {
    const adamw_params  p{.rate = 5e-3, .decay = .1};
    adamw<double>       opt(3);
    std::vector<double> w{1, -2, .5}, m(3), v(3), oracle = w;
    counter_random      r(1);
    for (int t = 1; t <= 50; ++t) {
        std::vector<double> g(3);
        for (double& x : g) x = r.unit64() - .5;
        REQUIRE(opt.step(w, g, p).has_value());
        for (std::size_t i = 0; i < 3; ++i) {
            m[i]            = .9 * m[i] + .1 * g[i];
            v[i]            = .999 * v[i] + .001 * g[i] * g[i];
            const double mh = m[i] / (1 - std::pow(.9, t)), vh = v[i] / (1 - std::pow(.999, t));
            oracle[i] -= p.rate * p.decay * oracle[i];
            oracle[i] -= p.rate * mh / (std::sqrt(vh) + 1e-8);
            CHECK(w[i] == doctest::Approx(oracle[i]).epsilon(1e-12));
        }
    }
}

TEST_CASE("the first step moves by the rate, against the gradient, whatever its size") {
    adamw<float>       opt(2);
    std::vector<float> w{0, 0}, g{1e-4f, -1e6f};
    REQUIRE(opt.step(w, g, {.rate = .1}).has_value());
    CHECK(w[0] == doctest::Approx(-.1).epsilon(1e-3));
    CHECK(w[1] == doctest::Approx(.1).epsilon(1e-3));
}

TEST_CASE("a gradient that is not finite changes nothing") {
    adamw<float>       opt(2);
    std::vector<float> w{1, 2}, good{.5f, .5f};
    REQUIRE(opt.step(w, good, {}).has_value());
    const auto               before = w;
    const std::vector<float> m(opt.mean().begin(), opt.mean().end());
    for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        const float g[] = {0, bad};
        CHECK(opt.step(w, g, {}).error().what == fault::not_finite);
        CHECK(w == before);
        CHECK(std::equal(m.begin(), m.end(), opt.mean().begin()));
    }
    const std::vector<float> vast{1e22f, 0}; // its square is not finite
    CHECK(opt.step(w, vast, {}).error().what == fault::not_finite);
    CHECK(w == before);
    CHECK(opt.step(std::span(w).first(1), good, {}).error().what == fault::wrong_shape);
    for (const adamw_params p : {adamw_params{.rate = std::nan("")},
                                 {.rate = -1},
                                 {.beta1 = 1},
                                 {.beta2 = -.1},
                                 {.floor = 0},
                                 {.decay = -1},
                                 {.rate = 1e20, .decay = 1e20},
                                 {.rate = 1e37, .decay = 0}})
        CHECK(opt.step(w, good, p).error().what == fault::bad_argument);
    CHECK(w == before);
}
