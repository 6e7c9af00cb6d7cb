// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/rehearsal.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

using namespace graft;

TEST_CASE("a share of what is learned is of before, drawn by the seed, none of it twice") {
    for (const double share : {0., .05, .1, .3, .5, .9})
        for (const std::size_t fresh : {0u, 1u, 9u, 60u, 1000u}) {
            const auto rows   = rehearsed(fresh, 5000, share, 3).value();
            const auto all    = static_cast<double>(rows.size() + fresh);
            const auto wanted = std::min(5000., share / (1 - share) * static_cast<double>(fresh));
            CHECK(std::abs(static_cast<double>(rows.size()) - wanted) <= .5);
            if (fresh == 1000 && share < .5) CHECK(std::abs(static_cast<double>(rows.size()) / all - share) < .001);
            CHECK(std::set<std::uint32_t>(rows.begin(), rows.end()).size() == rows.size());
            CHECK(std::is_sorted(rows.begin(), rows.end()));
            if (!rows.empty()) CHECK(rows.back() < 5000);
        }
    CHECK(rehearsed(60, 5000, .3, 1).value() == rehearsed(60, 5000, .3, 1).value());
    CHECK(rehearsed(60, 5000, .3, 1).value() != rehearsed(60, 5000, .3, 2).value());
    CHECK(rehearsed(100, 4, .5).value() == std::vector<std::uint32_t>{0, 1, 2, 3});
    CHECK(rehearsed(100, 0, .5).value().empty());
    for (const double share : {-.1, 1., std::nan("")})
        CHECK(rehearsed(1, 1, share).error().what == fault::bad_argument);
    // Each row is drawn as often as any other.
    std::size_t low = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed)
        for (const auto r : rehearsed(10, 100, .5, seed).value()) low += r < 50;
    CHECK(low > 1800);
    CHECK(low < 2200);
}
