// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace graft;

TEST_CASE("philox gives the published vectors") { // kat_vectors of the paper's library, philox4x32 10 rounds
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
          std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream can be entered anywhere, and purposes do not touch") {
    counter_random             a(42, 1), b(42, 1), c(42, 2);
    std::vector<std::uint32_t> first(100);
    for (auto& x : first) x = a.bits32();
    for (std::uint64_t at : {0u, 1u, 3u, 4u, 57u, 99u}) {
        b.seek(at);
        CHECK(b.bits32() == first[at]);
    }
    int equal = 0;
    for (auto x : first) equal += x == c.bits32();
    CHECK(equal == 0);
}

TEST_CASE("below and unit are uniform, in range") {
    counter_random   r(7);
    std::vector<int> seen(10);
    for (int i = 0; i < 100000; ++i) ++seen[r.below(10)];
    for (int n : seen) CHECK(std::abs(n - 10000) < 500); // five standard deviations
    double sum = 0, sum64 = 0;
    for (int i = 0; i < 100000; ++i) {
        const float  u = r.unit();
        const double v = r.unit64();
        REQUIRE((u >= 0 && u < 1 && v >= 0 && v < 1));
        sum += u;
        sum64 += v;
    }
    CHECK(sum / 100000 == doctest::Approx(.5).epsilon(.01));
    CHECK(sum64 / 100000 == doctest::Approx(.5).epsilon(.01));
    CHECK(r.below(1) == 0);
    CHECK(r.below(~std::uint64_t{0}) < ~std::uint64_t{0});
}

TEST_CASE("shuffle is a permutation, fair, and the same for the same seed") {
    std::vector<int> a(50), b(50);
    std::iota(a.begin(), a.end(), 0);
    b = a;
    counter_random(3, 9).shuffle(std::span(a));
    counter_random(3, 9).shuffle(std::span(b));
    CHECK(a == b);
    CHECK(!std::is_sorted(a.begin(), a.end()));
    std::sort(a.begin(), a.end());
    for (int i = 0; i < 50; ++i) CHECK(a[static_cast<std::size_t>(i)] == i);
    counter_random r(11);
    int            where[3] = {};
    for (int i = 0; i < 30000; ++i) {
        int three[] = {0, 1, 2};
        r.shuffle(std::span(three));
        where[std::find(three, three + 3, 0) - three]++;
    }
    for (int n : where) CHECK(std::abs(n - 10000) < 500);
}
