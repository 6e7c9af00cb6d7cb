// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/function_ref.hpp>
#include <graft/config.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Sorts places by what stands there, equals by place. One loop for all types: what `std::sort` generates of records that hold strings
/// is what a unit compiles longest.
[[gnu::cold]] inline void sort_places(std::span<std::size_t>                       places,
                                      function_ref<bool(std::size_t, std::size_t)> before) {
    std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
        if (before(a, b)) return true;
        return a < b && !before(b, a);
    });
}

} // namespace detail

/// Sorts records that are dear to move and few: names, fields, errors. Equal ones stay in their order.
///
/// Costs    nothing but a look where they are in order; else an indirect call a comparison, a number a record, and two moves each.
template <class T, class Less>
void sort_records(std::vector<T>& records, const Less& less) {
    if (std::is_sorted(records.begin(), records.end(), less)) return;
    std::vector<std::size_t> from(records.size());
    std::iota(from.begin(), from.end(), std::size_t{0});
    detail::sort_places(from, [&](std::size_t a, std::size_t b) { return less(records[a], records[b]); });
    for (std::size_t i = 0; i < from.size(); ++i) // along each circle of places
        for (std::size_t at = i; from[at] != at;) {
            const std::size_t next = std::exchange(from[at], at);
            if (from[next] != next) std::swap(records[at], records[next]);
            at = next;
        }
}

} // namespace graft::inline GRAFT_ABI
