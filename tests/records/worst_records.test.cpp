// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/records/worst_records.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

using namespace graft;

namespace {

/// Whether a is to be dropped before b, in words: the rule again, as numbers.
double badness(const record_worth& w) {
    if (w.flaw) return 4e6;
    if (w.repeats) return 3e6;
    return w.difficulty > 1 ? 1e6 + w.difficulty : 1 - w.difficulty;
}

} // namespace

TEST_CASE("records stand from the worst to the best, and each has a reason") {
    const std::vector<record_worth> all = {
        {{}, false, .8},  {{}, false, 1.2}, {{}, true, .9}, {{}, false, .1}, {record_flaw::echo, true, .5},
        {{}, false, 1.5}, {{}, false, 1}};
    CHECK(worst_first(all).value() == std::vector<std::uint32_t>{4, 2, 5, 1, 3, 0, 6});
    CHECK(standing_of(all[4]) == record_standing::flawed);
    CHECK(standing_of(all[2]) == record_standing::repeated);
    CHECK(standing_of(all[5]) == record_standing::unrelated);
    CHECK(standing_of(all[6]) == record_standing::teaching);
    for (int s = 0; s < 4; ++s) CHECK(name(static_cast<record_standing>(s)) != "unknown");
}

TEST_CASE("the worst share is what a plain search for the worst finds, again and again") {
    counter_random r(3);
    for (const std::size_t n : {1u, 2u, 9u, 10u, 30u, 57u}) {
        std::vector<record_worth> all(n);
        for (record_worth& w : all) {
            w.difficulty = std::floor(r.unit64() * 16) / 10; // with ties
            w.repeats    = r.below(6) == 0;
            if (r.below(9) == 0) w.flaw = record_flaw::symbols;
        }
        for (const double share : {0., .1, .2, .3, .5, .99}) {
            const auto              dropped = worst_share(all, share).value();
            std::set<std::uint32_t> left;
            for (std::uint32_t i = 0; i < n; ++i) left.insert(i);
            CHECK(static_cast<double>(dropped.size()) <= share * static_cast<double>(n) + 1e-6);
            CHECK(static_cast<double>(dropped.size()) > share * static_cast<double>(n) - 1);
            for (const std::uint32_t d : dropped) {
                std::uint32_t worst = *left.begin();
                for (const std::uint32_t i : left)
                    if (badness(all[i]) > badness(all[worst])) worst = i;
                CHECK(d == worst);
                left.erase(worst);
            }
        }
    }
    CHECK(worst_share({}, .5).value().empty());
    CHECK(worst_share(std::vector<record_worth>(30), .1).value() == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("shares and difficulties that are none are refused") {
    const std::vector<record_worth> one(1);
    for (const double share : {-.1, 1., std::nan("")})
        CHECK(worst_share(one, share).error().what == fault::bad_argument);
    CHECK(worst_first(std::vector<record_worth>{{}, {{}, false, std::nan("")}}).error().what == fault::not_finite);
    CHECK(worst_first(std::vector<record_worth>{{}, {{}, false, std::nan("")}}).error().where == 1);
    CHECK(
        worst_share(std::vector<record_worth>{{{}, false, std::numeric_limits<double>::infinity()}}, .1).error().what ==
        fault::not_finite);
    CHECK(worst_first(std::vector<record_worth>{{{}, false, -1}}).error().what == fault::bad_argument);
}
