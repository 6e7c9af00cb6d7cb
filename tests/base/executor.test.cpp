// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/executor.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

static_assert(executor<sequential> && executor<threads>);

TEST_CASE("every task runs exactly once, whatever the width") {
    for (std::size_t width : {0u, 1u, 2u, 5u, 40u})
        for (std::size_t n : {0u, 1u, 3u, 1000u}) {
            std::vector<std::atomic<int>> ran(n);
            threads(width).run(n, [&](std::size_t i) { ++ran[i]; });
            for (const auto& r : ran) CHECK(r == 1);
        }
    std::atomic<int> both{0};
    threads(~std::size_t{0}).run(2, [&](std::size_t) { ++both; }); // no more than there is work for
    CHECK(both == 2);
    int sum = 0;
    sequential{}.run(5, [&](std::size_t i) { sum = sum * 10 + static_cast<int>(i); });
    CHECK(sum == 1234);
}
