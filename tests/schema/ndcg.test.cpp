// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/schema/ndcg.hpp>

#include <graft/base/random.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace graft;
using test::operator""_c;

TEST_CASE("nDCG: ranks beyond the cut do not count, the ideal is cut alike") {
    context                      w;
    const std::vector<hit>       hits  = {{1_c, 3}, {2_c, 2}, {3_c, 1}};
    const std::vector<judgement> gains = {{3_c, 2}, {1_c, 1}, {9_c, 0}};
    CHECK(ndcg(judge(hits, gains, w), 1) == doctest::Approx(.5));
    CHECK(ndcg(judge(hits, gains, w), 10) == doctest::Approx((1 + 2 / std::log2(4.)) / (2 + 1 / std::log2(3.))));
    CHECK(ndcg(judge(hits, {}, w), 10) == 0);
}

TEST_CASE("nDCG: the logarithm of the library is that of the platform to the last places, at every rank") {
    for (std::size_t rank = 0; rank < 100'000; ++rank) {
        const double ours = detail::ranking::discount(rank), theirs = std::log2(static_cast<double>(rank + 2));
        REQUIRE(std::fabs(ours - theirs) <= 4e-16 * theirs);
    }
}

TEST_CASE("nDCG: the bits are what they were") { // a fit chooses by them
    const std::vector<int> grades = {0, 2, 1, 0, 3, unjudged, 1}, judged = {3, 2, 1, 1, 1, 0, 0};
    CHECK(ndcg({grades, judged}) == 0x1.2ac4b0b133c3bp-1);
    CHECK(ndcg({grades, judged}, 3) == 0x1.7adfb5e1b4341p-2);
}

TEST_CASE("nDCG: between 0 and 1, 1 for the best order, and no worse for a better exchange") {
    counter_random r(41);
    for (int round = 0; round < 200; ++round) {
        std::vector<int> judged;
        for (std::uint64_t n = 1 + r.below(30); n-- > 0;) judged.push_back(static_cast<int>(r.below(4)));
        std::vector<int> order = judged;
        r.shuffle(std::span(order));
        std::sort(judged.begin(), judged.end(), std::greater<>());
        for (const std::size_t k : {std::size_t{1}, std::size_t{10}, all_ranks}) {
            const double before = ndcg({order, judged}, k);
            CHECK((before >= 0 && before <= 1 + 1e-12));
            if (judged.front() > 0) CHECK(ndcg({judged, judged}, k) == 1);
            auto       better_order = order;
            const auto a = r.below(order.size()), b = r.below(order.size());
            if (a < b && order[a] < order[b]) std::swap(better_order[a], better_order[b]);
            CHECK(ndcg({better_order, judged}, k) >= before - 1e-15);
        }
    }
}
