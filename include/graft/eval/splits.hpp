// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Which items to learn from, and which to judge by: rows, ascending, each in one of the two.
struct split {
    std::vector<std::size_t> train;
    std::vector<std::size_t> test;
};

namespace detail::splitting {

inline constexpr std::uint64_t folds_purpose = 0x666f6c6473; // "folds"

// Row → number of its group, groups numbered as they first appear.
inline std::vector<std::size_t> group_numbers(std::span<const std::uint64_t> groups, std::vector<std::size_t>& sizes) {
    std::vector<std::size_t> order(groups.size()), number(groups.size()), firsts;
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return groups[a] < groups[b]; });
    std::vector<std::size_t> leader(groups.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        leader[order[i]] = i > 0 && groups[order[i]] == groups[order[i - 1]] ? leader[order[i - 1]] : order[i];
    for (std::size_t i = 0; i < leader.size(); ++i)
        if (leader[i] == i) {
            number[i] = sizes.size();
            sizes.push_back(1);
        } else {
            number[i] = number[leader[i]];
            ++sizes[number[i]];
        }
    return number;
}

inline std::vector<std::size_t> shuffled(std::size_t n, std::uint64_t seed) {
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    counter_random(seed, folds_purpose).shuffle(std::span<std::size_t>(order));
    return order;
}

} // namespace detail::splitting

/// Puts items into `k` folds whose sizes differ by at most one: the fold of each item. The same for a seed everywhere.
///
/// Fails    `bad_argument` for k = 0, `no_input` for fewer items than folds.
[[nodiscard]] inline result<std::vector<std::uint32_t>> folds(std::size_t items, std::uint32_t k,
                                                              std::uint64_t seed = 0) {
    if (k == 0) return error{fault::bad_argument, unit::none, 0, "folds"};
    if (items < k) return error{fault::no_input, unit::row, items, "folds"};
    std::vector<std::uint32_t> out(items);
    const auto                 order = detail::splitting::shuffled(items, seed);
    for (std::size_t i = 0; i < items; ++i) out[order[i]] = static_cast<std::uint32_t>(i % k);
    return out;
}

/// The same with groups that stay together: item i belongs to `groups[i]`, an article or an author, whatever the number
/// says. Groups are shuffled, then the greatest go first, each to the fold that has the fewest items.
///
/// Fails    `bad_argument` for k = 0, `no_input` for fewer groups than folds.
[[nodiscard]] inline result<std::vector<std::uint32_t>> folds(std::span<const std::uint64_t> groups, std::uint32_t k,
                                                              std::uint64_t seed = 0) {
    if (k == 0) return error{fault::bad_argument, unit::none, 0, "folds"};
    std::vector<std::size_t> sizes;
    const auto               number = detail::splitting::group_numbers(groups, sizes);
    if (sizes.size() < k) return error{fault::no_input, unit::row, sizes.size(), "folds"};
    auto order = detail::splitting::shuffled(sizes.size(), seed);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return sizes[a] > sizes[b]; });
    std::vector<std::size_t>   full(k, 0);
    std::vector<std::uint32_t> fold(sizes.size()), out(groups.size());
    for (const std::size_t g : order) {
        fold[g] = static_cast<std::uint32_t>(std::min_element(full.begin(), full.end()) - full.begin());
        full[fold[g]] += sizes[g];
    }
    for (std::size_t i = 0; i < groups.size(); ++i) out[i] = fold[number[i]];
    return out;
}

/// One fold to judge by, the others to learn from.
[[nodiscard]] inline split leave_out(std::span<const std::uint32_t> folds, std::uint32_t fold) {
    split s;
    for (std::size_t i = 0; i < folds.size(); ++i) (folds[i] == fold ? s.test : s.train).push_back(i);
    return s;
}

/// Keeps a share of the items back to judge by: at least one, and at least one to learn from.
///
/// Fails    `bad_argument` for a share outside (0, 1), `no_input` for fewer than two items.
[[nodiscard]] inline result<split> hold_out(std::size_t items, double share, std::uint64_t seed = 0) {
    if (!(share > 0 && share < 1)) return error{fault::bad_argument, unit::none, 0, "hold_out"};
    if (items < 2) return error{fault::no_input, unit::row, items, "hold_out"};
    const auto n =
        std::clamp<std::size_t>(static_cast<std::size_t>(share * static_cast<double>(items) + .5), 1, items - 1);
    const auto order = detail::splitting::shuffled(items, seed);
    split      s{{order.begin() + static_cast<std::ptrdiff_t>(n), order.end()},
                 {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n)}};
    std::sort(s.train.begin(), s.train.end());
    std::sort(s.test.begin(), s.test.end());
    return s;
}

/// The same with groups that stay together: groups in a shuffled order go to the judges as long as that brings their number
/// of items nearer to the share.
///
/// Fails    `bad_argument` for a share outside (0, 1), `no_input` for fewer than two groups.
[[nodiscard]] inline result<split> hold_out(std::span<const std::uint64_t> groups, double share,
                                            std::uint64_t seed = 0) {
    if (!(share > 0 && share < 1)) return error{fault::bad_argument, unit::none, 0, "hold_out"};
    std::vector<std::size_t> sizes;
    const auto               number = detail::splitting::group_numbers(groups, sizes);
    if (sizes.size() < 2) return error{fault::no_input, unit::row, sizes.size(), "hold_out"};
    const double      wanted = share * static_cast<double>(groups.size());
    std::vector<bool> out(sizes.size(), false);
    std::size_t       have = 0, taken = 0;
    for (const std::size_t g : detail::splitting::shuffled(sizes.size(), seed)) {
        if (taken + 1 == sizes.size()) break;
        const double before = wanted - static_cast<double>(have), after = static_cast<double>(have + sizes[g]) - wanted;
        if (taken > 0 && after > before) continue;
        out[g] = true;
        have += sizes[g];
        ++taken;
    }
    split s;
    for (std::size_t i = 0; i < groups.size(); ++i) (out[number[i]] ? s.test : s.train).push_back(i);
    return s;
}

} // namespace graft::inline GRAFT_ABI
