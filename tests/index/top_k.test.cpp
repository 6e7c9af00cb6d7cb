// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/index/top_k.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

using namespace graft;
using test::operator""_c;

TEST_CASE("top_k equals a full sort, whatever the order of the stream") {
    counter_random r(1);
    context        w;
    for (int round = 0; round < 300; ++round) {
        w.reset();
        const std::size_t n = r.below(400), k = r.below(60);
        std::vector<hit>  all(n);
        for (std::size_t i = 0; i < n; ++i) // few different scores: ties everywhere
            all[i] = {chunk_id{i * 7 % 1009}, static_cast<float>(r.below(9)) - 4};
        r.shuffle(std::span(all));
        top_k best(k, w);
        for (const hit& h : all) {
            if (h.score < best.threshold()) continue; // as a scan does
            best.push(h);
        }
        std::sort(all.begin(), all.end(), better);
        all.resize(std::min(k, n));
        const auto got = best.take();
        CHECK(std::vector<hit>(got.begin(), got.end()) == all);
    }
}

TEST_CASE("threshold never lets go of what belongs, and rises") {
    context w;
    top_k   best(3, w);
    CHECK(best.threshold() == -std::numeric_limits<float>::max());
    for (std::uint64_t id = 0; id < 100; ++id) best.push({chunk_id{id}, static_cast<float>(id)});
    CHECK(best.threshold() <= 97);
    CHECK(best.threshold() >= 90);
    CHECK(best.take().front() == hit{99_c, 99});
    best.push({1000_c, 98.5f}); // a later push after a take
    const auto got = best.take();
    CHECK(got.size() == 3);
    CHECK(got[1] == hit{1000_c, 98.5f});
}

TEST_CASE("k of nothing, of one and of more than there is") {
    context w;
    top_k   none(0, w), one(1, w), many(std::size_t{1} << 60, w);
    for (std::uint64_t id = 0; id < 5000; ++id)
        for (top_k* t : {&none, &one, &many}) t->push({chunk_id{id}, static_cast<float>(id % 10)});
    CHECK(none.take().empty());
    REQUIRE(one.take().size() == 1);
    CHECK(one.take()[0] == hit{9_c, 9});
    const auto all = many.take();
    REQUIRE(all.size() == 5000);
    CHECK(std::is_sorted(all.begin(), all.end(), better));
}

TEST_CASE("the lowest float is a score like any other") {
    context     w;
    top_k       best(2, w);
    const float low = -std::numeric_limits<float>::max();
    best.push({5_c, low}), best.push({4_c, low}), best.push({6_c, low}), best.push({3_c, low});
    const auto got = best.take();
    REQUIRE(got.size() == 2);
    CHECK(got[0].id == 3_c);
    CHECK(got[1].id == 4_c);
}
