// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/random.hpp>
#include <graft/records/near_duplicates.hpp>
#include <graft/records/tuning_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Which records train and which judge, ascending.
struct record_split {
    std::vector<std::uint32_t> train    = {};
    std::vector<std::uint32_t> held_out = {};
};

/// Holds a share of the records back, so that no two that are nearly the same, or of one `group`, stand on different sides.
///
/// What hangs together is drawn as one, by the seed and by what its least record says: neither the order of the records nor their ids matter, and
/// a record that is added moves none that it does not resemble.
///
/// Takes    the clusters of `find_duplicates` over the same records
/// Gives    at least one record on each side, where there are two that do not hang together and the share is neither 0 nor 1
/// Fails    `bad_argument` for a share outside [0, 1], `wrong_shape` for clusters of other records
[[nodiscard]] inline result<record_split> split_records(std::span<const tuning_record> all, const duplicates& same,
                                                        double share, std::uint64_t seed = 0) {
    if (!(share >= 0 && share <= 1)) return error{fault::bad_argument, unit::none, 0, "share"};
    if (same.cluster.size() != all.size()) return error{fault::wrong_shape, unit::row, all.size(), "clusters"};
    detail::joined_sets                       sets(all.size());
    std::map<std::string_view, std::uint32_t> groups;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (same.cluster[i] >= all.size()) return error{fault::wrong_shape, unit::row, i, "clusters"};
        sets.join(i, same.cluster[i]);
        if (all[i].group.empty()) continue;
        sets.join(i, groups.emplace(all[i].group, i).first->second);
    }
    std::map<std::uint32_t, digest256> least;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        const digest256 sum       = all[i].digest();
        const auto [at, is_first] = least.emplace(sets.root(i), sum);
        if (!is_first) at->second = std::min(at->second, sum);
    }
    std::map<std::uint32_t, double> drawn;
    for (const auto& [root, sum] : least) {
        std::uint64_t purpose = 0x73706c6974; // "split"
        for (const std::uint8_t b : sum.bytes) purpose = mix64(purpose, b);
        drawn[root] = counter_random(seed, purpose).unit64();
    }
    if (drawn.size() > 1 && share > 0 && share < 1) { // one at least, on each side
        const auto by   = [](const auto& a, const auto& b) { return a.second < b.second; };
        const auto low  = std::min_element(drawn.begin(), drawn.end(), by);
        const auto high = std::max_element(drawn.begin(), drawn.end(), by);
        low->second = -1, high->second = 2;
    }
    record_split out;
    for (std::uint32_t i = 0; i < all.size(); ++i)
        (drawn[sets.root(i)] < share ? out.held_out : out.train).push_back(i);
    return out;
}

} // namespace graft::inline GRAFT_ABI
