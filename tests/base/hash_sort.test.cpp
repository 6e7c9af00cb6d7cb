// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/hash.hpp>
#include <graft/base/hash_sort.hpp>
#include <graft/base/progress_steps.hpp>
#include <graft/base/random.hpp>

#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <vector>

using namespace graft;
using test::trap;

TEST_CASE("hash_sort gives what std::sort gives, for hashes and for keys that are none, on every executor") {
    for (const std::size_t n : {0u, 1u, 4096u, 8193u, 100'000u})
        for (const int kind : {0, 1, 2}) {
            std::vector<std::uint64_t> items(n);
            for (std::size_t i = 0; i < n; ++i)
                items[i] = kind == 0 ? mix64(7, i) : kind == 1 ? (n - i) % 1000 : mix64(9, i % 50);
            auto sorted = items;
            std::sort(sorted.begin(), sorted.end());
            test::on_every_executor(trap::act::nothing, 0, [&](const trap&, context& c, std::size_t) {
                auto mine = items;
                REQUIRE(detail::hash_sort(mine, std::identity{}, c));
                CHECK(mine == sorted);
            });
        }
    context          c;
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    std::vector<std::uint64_t> items(100'000, 1);
    CHECK(detail::hash_sort(items, std::identity{}, c).error().what == fault::stopped);
}
