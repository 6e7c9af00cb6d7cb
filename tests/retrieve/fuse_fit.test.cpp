// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/retrieve/fuse_fit.hpp>

#include "support/ids.hpp"
#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace graft;
using test::operator""_c;

TEST_CASE("fit finds the peak, and the held-out mean comes from weights chosen without the fold") {
    const auto peak = [](std::size_t q, float dense) {
        const double off = static_cast<double>(dense) - .3;
        return 1 - off * off + (q % 2 == 0 ? .1 : -.1) * off;
    };
    const auto r = fuse::fit(40, peak).value();
    CHECK(r.dense == doctest::Approx(.3));
    CHECK(r.held_out.size() == 50);
    CHECK(r.mean == doctest::Approx(1).epsilon(.01));
    double mean = 0;
    for (double x : r.held_out) mean += x / 50;
    CHECK(mean == doctest::Approx(r.mean)); // folds of equal size

    // What one question alone likes does not help that question when it is held out.
    const auto selfish = [](std::size_t q, float dense) {
        return q == 0 ? static_cast<double>(dense > .97f) * 100 : 1 - static_cast<double>(dense);
    };
    const auto s = fuse::fit(4, selfish, {.folds = 4, .repeats = 1}).value();
    CHECK(s.dense == 1);
    CHECK(s.held_out.size() == 4);
    CHECK(s.mean == doctest::Approx(0)); // question 0 is scored at 0, the others at 1
}

TEST_CASE("a weight that wins by noise alone is not believed, one that wins for good is") {
    // Every question likes some other weight a little; weights above .5 cost all of them a lot.
    const auto score = [](std::size_t q, float dense) {
        return (dense > .51f ? 0. : 1.) +
               .1 * counter_random(q, static_cast<std::uint64_t>(dense * 100 + .5f)).unit64();
    };
    const auto r = fuse::fit(60, score).value();
    CHECK(r.dense <= .5f);
    CHECK(r.mean > 1);
    const auto better_at_one = [&](std::size_t q, float dense) { return score(q, dense) + (dense > .99f ? 1.2 : 0.); };
    CHECK(fuse::fit(60, better_at_one).value().dense == 1);
}

TEST_CASE("fit is the same twice and follows its seed") {
    const auto noisy = [](std::size_t q, float dense) {
        return counter_random(q, static_cast<std::uint64_t>(dense * 100)).unit64();
    };
    const auto a = fuse::fit(30, noisy).value(), b = fuse::fit(30, noisy).value(),
               c = fuse::fit(30, noisy, {.seed = 1}).value();
    CHECK(a.held_out == b.held_out);
    CHECK(a.dense == c.dense);
    CHECK(a.held_out != c.held_out);
}

TEST_CASE("fit on judged lists scores as convex and nDCG do") {
    counter_random                      r(5, 1);
    constexpr std::size_t               n = 24;
    std::vector<std::vector<hit>>       dense(n), words(n);
    std::vector<std::vector<judgement>> gains(n);
    std::vector<fuse::judged>           all;
    for (std::size_t q = 0; q < n; ++q) {
        for (std::uint64_t number = 0; number < 30; ++number) {
            const chunk_id id{number};
            const int      grade = r.below(6) == 0 ? static_cast<int>(1 + r.below(3)) : 0;
            const auto     gain  = static_cast<float>(grade);
            if (grade > 0) gains[q].push_back({id, grade});
            dense[q].push_back({id, gain * .2f + r.unit()});
            words[q].push_back({id, gain * .4f + r.unit()});
        }
        std::sort(dense[q].begin(), dense[q].end(), better);
        std::sort(words[q].begin(), words[q].end(), better);
        all.push_back({dense[q], words[q], gains[q]});
    }
    all.push_back({dense[0], words[0], {}}); // nothing relevant: left out
    const auto               by_lists = fuse::fit(all).value();
    context                  w;
    std::vector<std::size_t> used;
    for (std::size_t q = 0; q < n; ++q)
        if (!gains[q].empty()) used.push_back(q);
    const auto by_call = fuse::fit(used.size(), [&](std::size_t i, float d) {
                             w.reset();
                             const std::size_t          q          = used[i];
                             const std::span<const hit> lists[2]   = {dense[q], words[q]};
                             const float                weights[2] = {d, 1 - d};
                             const auto                 hits       = weighted_sum{}.fuse(lists, weights, 10, w).value();
                             double                     got = 0, best = 0;
                             std::vector<int>           ideal;
                             for (const auto& j : gains[q]) ideal.push_back(j.grade);
                             std::sort(ideal.rbegin(), ideal.rend());
                             for (std::size_t k = 0; k < std::min<std::size_t>(10, ideal.size()); ++k)
                                 best += ideal[k] / std::log2(2. + static_cast<double>(k));
                             for (std::size_t k = 0; k < hits.size(); ++k)
                                 for (const auto& j : gains[q])
                                     if (j.id == hits[k].id) got += j.grade / std::log2(2. + static_cast<double>(k));
                             return got / best;
                         }).value();
    CHECK(by_lists.dense == by_call.dense);
    CHECK(by_lists.mean == doctest::Approx(by_call.mean).epsilon(1e-12));
    CHECK(by_lists.dense > 0);
    CHECK(by_lists.dense < 1);
}

TEST_CASE("fit refuses what it cannot learn from") {
    const auto flat = [](std::size_t, float) { return 1.; };
    CHECK(fuse::fit(0, flat).error().what == fault::no_input);
    CHECK(fuse::fit(1, flat).error().what == fault::no_input);
    CHECK(fuse::fit(std::span<const fuse::judged>{}).error().what == fault::no_input);
    CHECK(fuse::fit(4, flat, {.steps = 0}).error().what == fault::bad_argument);
    CHECK(fuse::fit(4, flat, {.folds = 1}).error().what == fault::bad_argument);
    CHECK(fuse::fit(4, flat, {.repeats = 0}).error().what == fault::bad_argument);
    CHECK(fuse::fit(4, [](std::size_t, float) { return std::numeric_limits<double>::quiet_NaN(); }).error().what ==
          fault::not_finite);
    CHECK(fuse::fit(2, flat).value().held_out.size() == 20); // two folds of one
    CHECK(fuse::fit(2, flat).value().dense == .5f);          // nothing to choose by: the middle

    const float                     nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<hit>          bad = {{1_c, nan}};
    const std::vector<judgement>    g   = {{1_c, 1}};
    const std::vector<fuse::judged> js(3, fuse::judged{bad, bad, g});
    CHECK(fuse::fit(js).error().what == fault::not_finite);
}

TEST_CASE("fit runs in the caller's context: the same by any number of threads, stopped, thrown out of, watched") {
    const auto noisy = [](std::size_t q, float dense) {
        const double off = static_cast<double>(dense) - static_cast<double>(q % 7) / 6;
        return 1 - off * off;
    };
    const auto alone = fuse::fit(200, noisy).value();
    test::on_every_executor(test::trap::act::nothing, 0, [&](const test::trap&, context& c, std::size_t) {
        test::watched_progress watch;
        c.progress      = watch;
        const auto here = fuse::fit(200, noisy, {}, c).value();
        CHECK(watch.whole());
        CHECK(here.dense == alone.dense);
        CHECK(here.mean == alone.mean);
        CHECK(here.held_out == alone.held_out);
    });
    test::on_every_executor(test::trap::act::throws, 70, [&](const test::trap& t, context& c, std::size_t) {
        CHECK_THROWS_AS((void)fuse::fit(
                            200, [&](std::size_t q, float dense) { return (void)t.step(q), noisy(q, dense); }, {}, c),
                        test::sprung);
    });
    test::on_every_executor(test::trap::act::stops, 70, [&](const test::trap& t, context& c, std::size_t width) {
        const auto r =
            fuse::fit(2000, [&](std::size_t q, float dense) { return (void)t.step(q), noisy(q, dense); }, {}, c);
        CHECK(r.error().what == fault::stopped);
        CHECK(t.late() <= 21 * width); // the grid of those that were in hand
    });
    context late;
    late.deadline = context::clock::now();
    CHECK(fuse::fit(20, noisy, {}, late).error().what == fault::timed_out);
}
