// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/parallel.hpp>
#include <graft/base/progress_steps.hpp>

#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace graft;

TEST_CASE("the progress of several loops is one that never falls, names no number twice, and ends at the total") {
    std::vector<std::pair<std::size_t, std::size_t>> told;
    const auto hear = [&](std::size_t now, std::size_t of) { told.emplace_back(now, of); };
    context    c;
    c.progress       = hear;
    const auto loop  = [&](std::size_t n) { REQUIRE(each_block(c, n, 1, [](std::size_t, std::size_t, context&) {})); };
    const auto inner = [&] { // steps within a step
        progress_steps two(c, 2);
        two.next(1);
        loop(3);
        two.next(1);
        loop(3);
        two.all();
    };
    {
        progress_steps steps(c, 10);
        steps.next(4);
        loop(4);
        steps.next(0);
        loop(5); // not told
        steps.next(4);
        inner();
        steps.next(2);
        steps.all();
        steps.all();
    }
    using pairs = std::vector<std::pair<std::size_t, std::size_t>>;
    CHECK(told == pairs{{1, 10}, {2, 10}, {3, 10}, {4, 10}, {6, 10}, {8, 10}, {10, 10}});
    told.clear();
    loop(1); // the context has its own progress back
    CHECK(told == pairs{{1, 1}});
}

TEST_CASE("steps that go beyond the total stay there, and nobody need watch") {
    context                c;
    test::watched_progress seen;
    {
        progress_steps silent(c, 3);
        silent.next(9);
        CHECK_FALSE(static_cast<bool>(c.progress));
        silent.all();
    }
    c.progress = seen;
    progress_steps steps(c, 3);
    steps.next(9);
    c.progress(1, 1);
    steps.next(9);
    c.progress(1, 1);
    steps.all();
    CHECK(seen.whole());
    CHECK(seen.last == 3);
}
