// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/retrieve/threshold.hpp>

#include <doctest/doctest.h>

using namespace graft;

TEST_CASE("known support below the threshold empties the hits and keeps the rest; unknown support passes") {
    const hit         hits[]  = {{1, 2}, {2, 1}};
    const term_weight terms[] = {{5, 1}};
    const auto        with    = [&](float support) { return found{"q", hits, support, .2f, terms}; };
    const threshold   t{};
    for (float s : {0.f, .05f, .2199f}) {
        const found f = t(with(s));
        CHECK(f.hits.empty());
        CHECK(f.support == s);
        CHECK(f.asked.text == "q");
        CHECK(f.terms.size() == 1);
        CHECK(f.dense_weight == .2f);
    }
    for (float s : {.25f, .5f, 1.f, -1.f}) CHECK(t(with(s)).hits.size() == 2);
    CHECK(threshold{.support = .5f}(with(.4f)).hits.empty());
    CHECK(threshold{.support = 0}(with(0)).hits.size() == 2);
    static_assert(runs<threshold, found> && !runs<threshold, excerpts>);
}
