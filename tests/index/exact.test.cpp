// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/index/exact.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

using namespace graft;
using detail::shortlist;

TEST_CASE("a shortlist holds every row that could be among the k best, however it is split") {
    counter_random r(1);
    for (const std::size_t k : {1u, 2u, 10u, 300u})
        for (const std::size_t n : {0u, 1u, 9u, 10u, 11u, 500u, 20000u}) {
            context            w;
            shortlist          whole(k, w), left(k, w), right(k, w);
            std::vector<float> lower(n), upper(n);
            for (std::size_t i = 0; i < n; ++i) {
                const float score = static_cast<float>(r.below(200)) * .01f; // many ties
                lower[i]          = score - .05f * r.unit();
                upper[i]          = score + .05f * r.unit();
                whole.push(static_cast<std::uint32_t>(i), upper[i], lower[i]);
                (i % 3 == 0 ? left : right).push(static_cast<std::uint32_t>(i), upper[i], lower[i]);
            }
            left.merge(right);
            auto                    sorted = lower;
            const float             floor  = n < k ? -1e30f
                                                   : (std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(k - 1),
                                                                       sorted.end(), std::greater<>{}),
                                         sorted[k - 1]);
            std::set<std::uint32_t> truth;
            for (std::size_t i = 0; i < n; ++i)
                if (upper[i] >= floor) truth.insert(static_cast<std::uint32_t>(i));
            for (shortlist* s : {&whole, &left}) {
                const auto              all = s->take();
                std::set<std::uint32_t> got;
                for (const auto& e : all) got.insert(e.row);
                CHECK(got.size() == all.size());
                CHECK(got == truth);
            }
        }
}

TEST_CASE("a shortlist stays small while it is filled") {
    context   w;
    shortlist s(10, w);
    for (std::uint32_t i = 0; i < 1'000'000; ++i) { // every row better than all before: each is pushed
        const float score = static_cast<float>(i);
        s.push(i, score, score);
    }
    CHECK(s.take().size() == 10);
    CHECK(w.capacity() < 64 << 10);
}
