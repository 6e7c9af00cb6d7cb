// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/lora_report.hpp>
#include <graft/base/pool.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace graft;

TEST_CASE("what an update does: its size, its share, how many directions do the work") {
    lora_set<float> set;
    // 2 · (3 e1 e2ᵀ + 1 e2 e3ᵀ): directions of 6 and 2.
    lora<float> l{matrix<float>(2, 5), matrix<float>(4, 2), -2};
    l.A.row(0)[1] = 3, l.A.row(1)[2] = 1, l.B.row(0)[0] = 1, l.B.row(1)[1] = 1;
    set.entries.push_back({"plain", l});
    set.entries.push_back({"born", lora<float>::make(6, 5, {.rank = 3}).value()});
    set.entries.push_back({"unknown", l});
    pool workers(2);
    for (const bool threads : {false, true}) {
        context c;
        if (threads) c.executor = workers;
        const auto all =
            lora_effects(
                set, [](const auto& e, context&) { return place_norms{e.name == "unknown" ? 0. : 100.}; }, c)
                .value();
        REQUIRE(all.size() == 3);
        CHECK(all[0].name == "plain");
        CHECK(all[0].rank == 2);
        CHECK(all[0].norm == doctest::Approx(std::sqrt(40.)));
        CHECK(all[0].share == doctest::Approx(std::sqrt(40.) / 100));
        CHECK(all[0].first == doctest::Approx(6 / std::sqrt(40.)));
        CHECK(all[0].effective_rank == doctest::Approx(std::exp(-.75 * std::log(.75) - .25 * std::log(.25))));
        CHECK(all[1].norm == 0);
        CHECK(all[1].first == 0);
        CHECK(all[1].effective_rank == 0);
        CHECK(all[2].share == 0);
        CHECK(all[2].norm == all[0].norm);
    }
    // With magnitudes the directions are those of B A, and the size what is known of the whole change.
    set.entries[0].update.m = matrix<float>(1, 4);
    for (const double change : {0., 7.}) {
        context    c;
        const auto all = lora_effects(set, [&](const auto&, context&) { return place_norms{100, change}; }, c).value();
        CHECK(all[0].norm == doctest::Approx(change > 0 ? change : std::sqrt(40.)));
        CHECK(all[0].share == doctest::Approx(all[0].norm / 100));
        CHECK(all[0].first == doctest::Approx(6 / std::sqrt(40.)));
        CHECK(all[0].effective_rank > 1);
    }
    set.entries[1].update.A.row(0)[0] = std::numeric_limits<float>::quiet_NaN();
    context    c;
    const auto bad = lora_effects(set, [](const auto&, context&) { return place_norms{1}; }, c);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().what == fault::not_finite);
    CHECK(bad.error().subject == "born");
}
