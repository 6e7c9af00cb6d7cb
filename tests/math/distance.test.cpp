// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/math/distance.hpp>

#include <doctest/doctest.h>

using namespace graft;

static_assert(metric<cosine> && metric<inner_product> && metric<squared_distance> && !metric<int>);

TEST_CASE("higher is better by every metric") {
    const float         q[3] = {1, 2, 2}, rows[12] = {1, 2, 2, -1, -2, -2, 0, 0, 0, 2, 4, 4};
    const std::uint32_t which[2] = {3, 0};
    float               s[4], some[2];
    const kernels&      by = best_kernels();

    inner_product::scores(by, q, rows, 4, 3, s);
    CHECK(s[0] == 9);
    CHECK(s[1] == -9);
    CHECK(s[2] == 0);
    CHECK(s[3] == 18);
    inner_product::scores_of(by, q, rows, which, 2, 3, some);
    CHECK(some[0] == 18);
    CHECK(some[1] == 9);
    cosine::scores(by, q, rows, 4, 3, s); // rows are scaled by who stores them
    CHECK(s[0] == 9);
    cosine::scores_of(by, q, rows, which, 2, 3, some);
    CHECK(some[0] == 18);
    squared_distance::scores(by, q, rows, 4, 3, s);
    CHECK(s[0] == 0);
    CHECK(s[1] == -36);
    CHECK(s[2] == -9);
    CHECK(s[3] == -9);
    squared_distance::scores_of(by, q, rows, which, 2, 3, some);
    CHECK(some[0] == -9);
    CHECK(some[1] == 0);
}
