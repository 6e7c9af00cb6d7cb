// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/index/distance.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

static_assert(metric<cosine> && metric<inner_product> && metric<squared_distance> && !metric<int>);

TEST_CASE("higher is better by every metric, in every table") {
    const float         q[3] = {1, 2, 2}, rows[12] = {1, 2, 2, -1, -2, -2, 0, 0, 0, 2, 4, 4};
    const std::uint32_t which[2] = {3, 0};
    for (const char* name : {"scalar", "portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16"}) {
        const kernels* by = kernels_named(name);
        if (by == nullptr) continue;
        CAPTURE(name);
        const auto scores = [&](auto metric) {
            std::vector<float> s(4);
            metric.scores(*by, q, rows, 4, 3, s.data());
            return s;
        };
        const auto scores_of = [&](auto metric) {
            std::vector<float> s(2);
            metric.scores_of(*by, q, rows, which, 2, 3, s.data());
            return s;
        };
        CHECK(scores(inner_product{}) == std::vector<float>{9, -9, 0, 18});
        CHECK(scores_of(inner_product{}) == std::vector<float>{18, 9});
        CHECK(scores(cosine{}) == std::vector<float>{9, -9, 0, 18}); // rows are scaled by who stores them
        CHECK(scores_of(cosine{}) == std::vector<float>{18, 9});
        CHECK(scores(squared_distance{}) == std::vector<float>{0, -36, -9, -9});
        CHECK(scores_of(squared_distance{}) == std::vector<float>{-9, 0});
    }
}

TEST_CASE("metrics have names of their own, and say what they do to a row") {
    CHECK(cosine::name != inner_product::name);
    CHECK(cosine::name != squared_distance::name);
    CHECK(inner_product::name != squared_distance::name);
    CHECK((cosine::unit_rows && !cosine::zero_fits)); // a zero row has no direction
    CHECK((!inner_product::unit_rows && !inner_product::zero_fits));
    CHECK((!squared_distance::unit_rows && squared_distance::zero_fits));
}
