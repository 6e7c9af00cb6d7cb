// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Sorts items by a hash: first by its leading bits, then each group by itself, on the executor of the context.
///
/// Takes    `hash(item)`, which gives 64 bits that are spread evenly; those that are not are sorted as well, on one thread.
/// Gives    the items by rising hash, equal ones in any order.
/// Costs    as much memory again. Stop and deadline are asked every few thousand items.
/// Fails    stopped, timed_out; the items are in no order then.
template <class T, class Hash>
[[nodiscard]] result<void> hash_sort(std::vector<T>& items, const Hash& hash, context& c) {
    constexpr std::size_t group = 4096, often = 1 << 14; // items of a group, about; between two questions
    int                   bits = 0;
    while (bits < 16 && (items.size() >> bits) > group) ++bits;
    if (bits == 0) {
        std::sort(items.begin(), items.end(), [&](const T& a, const T& b) { return hash(a) < hash(b); });
        return done;
    }
    const auto               of = [&](const T& item) { return static_cast<std::size_t>(hash(item) >> (64 - bits)); };
    std::vector<std::size_t> begins((std::size_t{1} << bits) + 1);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i % often == 0)
            if (auto ok = c.alive(); !ok) return ok;
        ++begins[of(items[i]) + 1];
    }
    for (std::size_t g = 1; g < begins.size(); ++g) begins[g] += begins[g - 1];
    std::vector<T>           sorted(items.size());
    std::vector<std::size_t> next(begins.begin(), begins.end() - 1);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i % often == 0)
            if (auto ok = c.alive(); !ok) return ok;
        sorted[next[of(items[i])]++] = items[i];
    }
    auto ok = each_block(c, begins.size() - 1, 1, [&](std::size_t g, std::size_t, context&) {
        std::sort(sorted.begin() + static_cast<std::ptrdiff_t>(begins[g]),
                  sorted.begin() + static_cast<std::ptrdiff_t>(begins[g + 1]),
                  [&](const T& a, const T& b) { return hash(a) < hash(b); });
    });
    if (ok) items.swap(sorted);
    return ok;
}

} // namespace graft::inline GRAFT_ABI::detail
