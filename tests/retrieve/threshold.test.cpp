// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/retrieve/threshold.hpp>

#include "support/asking.hpp"
#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <vector>

using namespace graft;
using test::operator""_c;

TEST_CASE("too little support refuses and keeps everything else, the hits included") {
    const hit         hits[]  = {{1_c, 2}, {2_c, 1}};
    const term_weight terms[] = {{5, 1}};
    const auto        with    = [&](float support) {
        return retrieved{test::asking("q", {.support = support, .dense_weight = .2f, .terms = terms}), hits};
    };
    for (float s : {0.f, .05f, .3499f, .35f, .5f, 1.f}) {
        const retrieved f = threshold{}(with(s)).value();
        CHECK(f.refused == (s < .35f));
        CHECK(f.hits.size() == 2);
        CHECK(f.asked.support == s);
        CHECK(f.asked.text == "q");
        CHECK(f.asked.terms.size() == 1);
        CHECK(f.asked.dense_weight == .2f);
    }
    CHECK(threshold{.min_support = .5f}(with(.4f)).value().refused);
    CHECK_FALSE(threshold{.min_support = 0}(with(0)).value().refused);
    static_assert(runs<threshold, retrieved> && !runs<threshold, passages>);
}

TEST_CASE("a threshold without a support is an error, not a pass") {
    CHECK(threshold{}(retrieved{.asked = "q"}).error().what == fault::bad_argument);
    CHECK(threshold{.min_support = 0}(retrieved{.asked = "q"}).has_value());
}

TEST_CASE("the price of a wrong answer is a threshold") {
    CHECK(threshold::at_cost(0).min_support == 0);
    CHECK(threshold::at_cost(1).min_support == .5f);
    CHECK(threshold::at_cost(7. / 13).min_support == doctest::Approx(.35));
    CHECK(threshold::at_cost(99).min_support == doctest::Approx(.99));
}

TEST_CASE("a fitted threshold costs no more than any other") {
    std::mt19937 dice(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<judged_support> judged;
        const std::size_t           n = 2 + dice() % 30;
        for (std::size_t i = 0; i < n; ++i)
            judged.push_back({static_cast<float>(dice() % 20) / 20, i == 0 || (i > 1 && dice() % 2 == 0)});
        const double wrong = static_cast<double>(1 + dice() % 9) / 3;
        const auto   cost  = [&](float bar) {
            double sum = 0;
            for (const judged_support& j : judged) {
                if (j.answerable && j.support < bar) sum += 1;
                if (!j.answerable && j.support >= bar) sum += wrong;
            }
            return sum;
        };
        const float bar = threshold::fit(judged, wrong).value().min_support;
        for (int step = 0; step <= 42; ++step) CHECK(cost(bar) <= cost(static_cast<float>(step) / 40) + 1e-9);
    }
}

TEST_CASE("a threshold is not fitted on nothing") {
    const judged_support one[] = {{.4f, true}};
    const judged_support bad[] = {{.4f, true}, {std::numeric_limits<float>::quiet_NaN(), false}};
    CHECK(threshold::fit({}).error().what == fault::no_input);
    CHECK(threshold::fit(one).error().what == fault::no_input);
    CHECK(threshold::fit(bad).error().what == fault::not_finite);
    CHECK(threshold::fit(bad, -1).error().what == fault::bad_argument);
}
