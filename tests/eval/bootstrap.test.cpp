// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/eval/bootstrap.hpp>

#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace graft;

TEST_CASE("bootstrap: the interval of a mean is near the one of the normal distribution") {
    counter_random      random(1);
    std::vector<double> x(400);
    double              mean = 0, square = 0;
    for (double& v : x) mean += v = random.unit64() + random.unit64();
    mean /= 400;
    for (const double v : x) square += (v - mean) * (v - mean);
    const double error = std::sqrt(square / 400 / 400);
    const auto   i     = bootstrap(x);
    REQUIRE(i);
    CHECK(i->mean == doctest::Approx(mean));
    CHECK(i->low == doctest::Approx(mean - 1.96 * error).epsilon(.005));
    CHECK(i->high == doctest::Approx(mean + 1.96 * error).epsilon(.005));
    CHECK(i->p < .001);
    const auto narrow = bootstrap(x, {.level = .5});
    REQUIRE(narrow);
    CHECK(narrow->low > i->low);
    CHECK(narrow->high < i->high);
    CHECK(bootstrap(x)->low == i->low);
    CHECK(bootstrap(x, {.seed = 1})->low != i->low);
}

TEST_CASE("bootstrap: one number says nothing of others") {
    const double before[] = {1}, after[] = {3}, weight[] = {4};
    for (const auto& one : {bootstrap(before).value(), bootstrap_ratio(before, weight).value(),
                            paired_bootstrap(before, after).value()}) {
        CHECK(one.low == -std::numeric_limits<double>::infinity());
        CHECK(one.high == std::numeric_limits<double>::infinity());
        CHECK(one.p == 1);
    }
    CHECK(paired_bootstrap(before, after)->mean == 2);
}

TEST_CASE("bootstrap: a true mean of 0 is covered about as often as promised") {
    counter_random random(2);
    int            covered = 0, significant = 0;
    for (int round = 0; round < 300; ++round) {
        std::vector<double> before(40), after(40);
        for (std::size_t i = 0; i < 40; ++i) {
            const double hard = random.unit64(); // questions differ much; only the difference counts
            before[i]         = hard + .1 * random.unit64();
            after[i]          = hard + .1 * random.unit64();
        }
        const auto i = paired_bootstrap(before, after, {.samples = 400, .seed = static_cast<std::uint64_t>(round)});
        REQUIRE(i);
        covered += i->low <= 0 && i->high >= 0 ? 1 : 0;
        significant += i->p < .05 ? 1 : 0;
    }
    CHECK(covered > 270);
    CHECK(covered < 297);
    CHECK(significant > 3);
    CHECK(significant < 30);
}

TEST_CASE("bootstrap: a mean over parts of questions weighs each question by them, and covers the true one") {
    const std::vector<double> losses = {2, 30, 1}, tokens = {1, 10, 2}, ones = {1, 1, 1};
    const auto                i = bootstrap_ratio(losses, tokens);
    REQUIRE(i);
    CHECK(i->mean == 33. / 13);
    CHECK(i->low == .5); // three times the third
    CHECK(i->high == 3);
    CHECK(bootstrap_ratio(losses, ones)->low == bootstrap(losses)->low);
    CHECK(bootstrap_ratio(losses, ones)->p == bootstrap(losses)->p);
    counter_random random(5);
    int            covered = 0;
    for (int round = 0; round < 200; ++round) {
        std::vector<double> sums(50), counts(50);
        for (std::size_t t = 0; t < 50; ++t) {
            counts[t] = 1 + static_cast<double>(random.below(20));
            for (double k = 0; k < counts[t]; ++k) sums[t] += random.unit64();
        }
        const auto of = bootstrap_ratio(sums, counts, {.samples = 300, .seed = static_cast<std::uint64_t>(round)});
        covered += of->low <= .5 && of->high >= .5 ? 1 : 0;
    }
    CHECK(covered > 176);
    CHECK(covered < 199);
    CHECK(bootstrap_ratio(losses, std::span(tokens).first(2)).error().what == fault::wrong_shape);
    const std::vector<double> none = {1, 0, 2}, nan = {1, 2, std::numeric_limits<double>::quiet_NaN()};
    CHECK(bootstrap_ratio(losses, none).error() == error{fault::bad_argument, unit::row, 1, "weight"});
    CHECK(bootstrap_ratio(losses, nan).error() == error{fault::not_finite, unit::row, 2, "bootstrap"});
}

TEST_CASE("bootstrap: pairs, edges and refusals") {
    const std::vector<double> before = {.1, .5, .9, .3}, after = {.2, .6, 1., .4}, one = {.5};
    const auto                gain = paired_bootstrap(before, after);
    REQUIRE(gain);
    CHECK(gain->mean == doctest::Approx(.1));
    CHECK(gain->low == doctest::Approx(.1)); // every question gains the same
    CHECK(gain->high == doctest::Approx(.1));
    const auto single = bootstrap(one);
    REQUIRE(single);
    CHECK(single->mean == .5);
    const auto same = paired_bootstrap(before, before);
    REQUIRE(same);
    CHECK(same->mean == 0);
    CHECK(same->p == 1);
    CHECK(bootstrap({}).error().what == fault::no_input);
    CHECK(paired_bootstrap(before, one).error().what == fault::wrong_shape);
    CHECK(bootstrap(before, {.samples = 10}).error().what == fault::bad_argument);
    for (const double level : {0., 1., -1., 2.})
        CHECK(bootstrap(before, {.level = level}).error().what == fault::bad_argument);
    const std::vector<double> nan = {1, std::numeric_limits<double>::quiet_NaN()},
                              inf = {std::numeric_limits<double>::infinity()};
    CHECK(bootstrap(nan).error() == error{fault::not_finite, unit::row, 1, "bootstrap"});
    CHECK(bootstrap(inf).error().what == fault::not_finite);
}

TEST_CASE("a bootstrap can be stopped at any time, timed out, and watched") {
    const std::vector<double> x{1, 2, 3, 4};
    test::watched_progress    seen;
    context                   c;
    c.progress = seen;
    CHECK(bootstrap(x, {.samples = 1000}, c)->mean == 2.5);
    CHECK(seen.whole());
    CHECK(seen.total == 1000);
    std::stop_source stop;
    c.stop           = stop.get_token();
    const auto after = [&](std::size_t now, std::size_t) {
        if (now >= 500) stop.request_stop();
    };
    c.progress = after;
    CHECK(bootstrap(x, {.samples = 1000}, c).error().what == fault::stopped);
    context late;
    late.deadline = context::clock::now();
    CHECK(bootstrap(x, {}, late).error().what == fault::timed_out);
    CHECK(paired_bootstrap(x, x, {}, late).error().what == fault::timed_out);
}
