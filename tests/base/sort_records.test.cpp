// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/base/sort_records.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace graft;

TEST_CASE("records are sorted as by a stable sort, whatever their number and however many are equal") {
    counter_random r(1);
    for (const std::size_t keys : {1u, 2u, 7u, 1000u})
        for (std::size_t n = 0; n < 200; n += n < 20 ? 1 : 17) {
            std::vector<std::pair<std::string, std::size_t>> records;
            for (std::size_t i = 0; i < n; ++i)
                records.emplace_back("a key that is too long for small strings " + std::to_string(r.bits32() % keys),
                                     i);
            const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
            auto       as   = records;
            std::stable_sort(as.begin(), as.end(), less);
            sort_records(records, less);
            CHECK(records == as);
            sort_records(records, less);
            CHECK(records == as);
            sort_records(records, [](const auto& a, const auto& b) { return a.second > b.second; });
            for (std::size_t i = 0; i < n; ++i) CHECK(records[i].second == n - 1 - i);
        }
}

TEST_CASE("records are moved, not copied") {
    std::vector<std::unique_ptr<int>> records;
    for (const int x : {5, 3, 9, 1, 3}) records.push_back(std::make_unique<int>(x));
    sort_records(records, [](const auto& a, const auto& b) { return *a < *b; });
    std::vector<int> order;
    for (const auto& one : records) order.push_back(*one);
    CHECK(order == std::vector<int>{1, 3, 3, 5, 9});
}
