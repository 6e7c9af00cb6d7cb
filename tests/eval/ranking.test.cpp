// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/eval/ranking.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

using namespace graft;
using test::operator""_c;

namespace {

double log2_of(double x) { return std::log(x) / std::log(2.); }

} // namespace

TEST_CASE("ranking: worked by hand") {
    // Found: relevant, unjudged, not relevant, very relevant; one more relevant was not found.
    const std::vector<int> grades = {1, unjudged, 0, 2}, judged = {2, 1, 1, 0, 0};
    const ranked           r{grades, judged};
    using doctest::Approx;
    CHECK(r.relevant() == 3);
    CHECK(r.nonrelevant() == 2);
    CHECK(precision(r, 4) == .5);
    CHECK(precision(r, 10) == .2); // by k, however few were found
    CHECK(recall(r, 1) == Approx(1 / 3.));
    CHECK(recall(r) == Approx(2 / 3.));
    CHECK(relative_precision(r, 2) == .5);
    CHECK(relative_precision(r, 100) == Approx(2 / 3.));
    CHECK(success(r, 1) == 1);
    CHECK(reciprocal_rank(r) == 1);
    CHECK(average_precision(r) == Approx((1 + 2 / 4.) / 3));
    CHECK(average_precision(r, 3) == Approx(1 / 3.));
    CHECK(r_precision(r) == Approx(1 / 3.));
    CHECK(bpref(r) == Approx((1 + (1 - 1 / 2.)) / 3));
    CHECK(interpolated_precision(r, 0) == 1);
    CHECK(interpolated_precision(r, .67) == .5);
    CHECK(interpolated_precision(r, 1) == 0);
    const double best = 2 / log2_of(2) + 1 / log2_of(3) + 1 / log2_of(4);
    CHECK(ndcg(r) == Approx((1 / log2_of(2) + 2 / log2_of(5)) / best));
    CHECK(ndcg(r, 1) == Approx(1 / 2.));
    CHECK(ndcg(r, 2) == Approx(1 / (2 / log2_of(2) + 1 / log2_of(3))));
    CHECK(rank_biased_precision(r, .5) == Approx(.5 + .0625));
    CHECK(rank_biased_residual(r, .5) == Approx(.25 + .0625));
    CHECK(discounted_gain(r, true) == Approx((1 / log2_of(2) + 1 / log2_of(4)) / 3));

    // From grade 2 on only one is relevant; nDCG goes by grades all the same.
    const ranked strict{grades, judged, 2};
    CHECK(strict.relevant() == 1);
    CHECK(reciprocal_rank(strict) == .25);
    CHECK(ndcg(strict) == ndcg(r));
}

TEST_CASE("ranking: graded sums, level by level") {
    // Ideal gains 3 2 1 | 0; found 2 0 3.
    const std::vector<int> grades = {2, 0, 3, 0, 0}, judged = {3, 2, 1, 0};
    const ranked           r{grades, judged};
    using doctest::Approx;
    const double d2 = log2_of(3), d3 = log2_of(4);
    const double at1 = 2 / 3., at2 = 2 / (3 + 2 / d2), at3 = (2 + 3 / d3) / (3 + 2 / d2 + 1 / d3);
    CHECK(r_ndcg(r) == Approx((at1 + at2 + at3 + at3) / 4));     // three steps down, and the end
    CHECK(ndcg_at_relevant(r) == Approx((at1 + at3 + at3) / 3)); // the one that was not found counts as at the end
    // Ideal gains so far 3, 5, 6; found 2, 2, 5: it lags by 1, 3, 1.
    CHECK(discounted_gain(r) == Approx((2 / log2_of(3) + 3 / log2_of(3)) / 6));
}

TEST_CASE("ranking: nothing found, nothing relevant, nothing judged") {
    const std::vector<int> none, some = {1, 0}, bad = {0, 0}, blank = {unjudged, unjudged};
    for (const ranked& r : {ranked{none, none}, ranked{none, some}, ranked{bad, none}, ranked{bad, bad},
                            ranked{blank, some}, ranked{blank, bad}, ranked{blank, none}}) {
        for (const double x : {precision(r, 5), precision(r, 0), recall(r), recall(r, 3), relative_precision(r, 3),
                               success(r, 3), reciprocal_rank(r), average_precision(r), r_precision(r),
                               interpolated_precision(r, .5), bpref(r), ndcg(r), ndcg(r, 0), r_ndcg(r),
                               ndcg_at_relevant(r), inferred_ap(r), discounted_gain(r), rank_biased_precision(r)})
            CHECK(x == 0);
    }
    CHECK(rank_biased_residual({none, some}) == 1);
}

TEST_CASE("ranking: bounds, and the best ranking has them all") {
    counter_random random(1);
    for (int round = 0; round < 500; ++round) {
        std::vector<int> judged(1 + random.below(20)), grades;
        for (int& g : judged) g = static_cast<int>(random.below(4));
        judged.front() = 3;
        std::sort(judged.begin(), judged.end(), std::greater<>());
        grades = judged;
        const ranked best{grades, judged};
        for (const double x : {average_precision(best), bpref(best), ndcg(best), ndcg(best, 5), r_ndcg(best),
                               ndcg_at_relevant(best), r_precision(best), reciprocal_rank(best), discounted_gain(best)})
            CHECK(x == doctest::Approx(1));
        random.shuffle(std::span<int>(grades));
        for (std::uint64_t n = random.below(5); n-- > 0;) grades.insert(grades.begin(), unjudged);
        grades.resize(random.below(grades.size() + 1));
        const ranked r{grades, judged};
        for (const double x :
             {average_precision(r), bpref(r), ndcg(r), ndcg(r, 3), r_ndcg(r), ndcg_at_relevant(r), r_precision(r),
              inferred_ap(r), discounted_gain(r), interpolated_precision(r, .3), rank_biased_precision(r)})
            CHECK((x >= 0 && x <= 1 + 1e-12));
        CHECK(average_precision(r) <= recall(r) + 1e-12);
        CHECK(rank_biased_precision(r) + rank_biased_residual(r) <= 1 + 1e-12);
    }
}

TEST_CASE("ranking: hits are judged by id, and one that comes again is credited once") {
    context                      w;
    const std::vector<judgement> known = {{7_c, 1}, {3_c, 2}, {9_c, 0}};
    const std::vector<hit>       hits  = {{3_c, 5.f}, {4_c, 4.f}, {3_c, 3.f}, {7_c, 2.f}, {9_c, 1.f}};
    const ranked                 r     = judge(hits, known, w);
    CHECK(std::vector<int>(r.grades.begin(), r.grades.end()) == std::vector<int>{2, unjudged, 0, 1, 0});
    CHECK(std::vector<int>(r.judged.begin(), r.judged.end()) == std::vector<int>{2, 1, 0});
    const std::vector<hit> twice(50, hit{3_c, 1.f});
    CHECK(ndcg(judge(twice, known, w)) < 1);
    CHECK(recall(judge(twice, known, w)) == .5);
    CHECK(ndcg(judge({}, known, w)) == 0);
}
