// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>
#include <graft/base/result.hpp>
#include <graft/records/near_duplicates.hpp>
#include <graft/records/tuning_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Which records train and which judge, ascending.
struct record_split {
    std::vector<std::uint32_t> train    = {};
    std::vector<std::uint32_t> held_out = {};
};

/// Finds records that say nearly the same: their turns but the system's.
///
/// Fails    as `find_duplicates` of texts
[[nodiscard]] inline result<duplicate_clusters> find_duplicates(std::span<const tuning_record> all,
                                                                const duplicate_params& p, context& c) {
    std::vector<std::string> texts;
    texts.reserve(all.size());
    for (const tuning_record& r : all) texts.push_back(r.exchange());
    return find_duplicates(std::vector<std::string_view>(texts.begin(), texts.end()), p, c);
}
/// The same in a context of its own.
[[nodiscard]] inline result<duplicate_clusters> find_duplicates(std::span<const tuning_record> all,
                                                                const duplicate_params&        p = {}) {
    context c;
    return find_duplicates(all, p, c);
}

/// A hash of what each record teaches, of which a split is drawn.
[[nodiscard]] inline std::vector<std::uint64_t> record_hashes(std::span<const tuning_record> all) {
    std::vector<std::uint64_t> hash(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const digest256 sum = all[i].digest();
        for (std::size_t b = 0; b < 8; ++b) hash[i] = hash[i] << 8 | sum.bytes[b];
    }
    return hash;
}

/// Clusters of records: those of their texts, and what is of one `group` joined besides.
///
/// Takes    what `find_duplicates` says of the same records
/// Gives    for each record the lowest of its cluster
/// Fails    `wrong_shape` for clusters of other records
[[nodiscard]] inline result<std::vector<std::uint32_t>> record_clusters(std::span<const tuning_record> all,
                                                                        const duplicate_clusters&      same) {
    if (same.cluster.size() != all.size()) return error{fault::wrong_shape, unit::row, all.size(), "clusters"};
    detail::joined_sets                       sets(all.size());
    std::map<std::string_view, std::uint32_t> groups;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (same.cluster[i] >= all.size()) return error{fault::wrong_shape, unit::row, i, "clusters"};
        sets.join(i, same.cluster[i]);
        if (!all[i].group.empty()) sets.join(i, groups.emplace(all[i].group, i).first->second);
    }
    std::vector<std::uint32_t> out(all.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) out[i] = sets.root(i);
    return out;
}

/// Holds a share of rows back, a cluster as a whole. Each is drawn by the seed and by the least hash of its rows: their order does not matter, and a
/// row that is added moves none of another cluster.
///
/// Of few clusters the share that is drawn may be far from the one asked for. Where all would fall on one side, the nearest cluster goes to the other: only then
/// may a row that is added move it back.
///
/// Takes    a cluster and a hash of the content for each row
/// Gives    at least one row on each side, where there are two clusters and the share is neither 0 nor 1
/// Fails    `bad_argument` for a share outside [0, 1], `wrong_shape` where there are more clusters than hashes, or fewer
[[nodiscard]] inline result<record_split> split_clusters(std::span<const std::uint32_t> cluster,
                                                         std::span<const std::uint64_t> hash, double share,
                                                         std::uint64_t seed = 0) {
    if (!(share >= 0 && share <= 1)) return error{fault::bad_argument, unit::none, 0, "share"};
    if (cluster.size() != hash.size()) return error{fault::wrong_shape, unit::row, hash.size(), "clusters"};
    std::map<std::uint32_t, std::uint64_t> least;
    for (std::size_t i = 0; i < hash.size(); ++i) {
        const auto [at, is_first] = least.emplace(cluster[i], hash[i]);
        if (!is_first) at->second = std::min(at->second, hash[i]);
    }
    std::map<std::uint32_t, double> drawn;
    for (const auto& [of, content] : least) drawn[of] = counter_random(seed, content).unit64();
    if (drawn.size() > 1 && share > 0 && share < 1) {
        const auto by = [](const auto& a, const auto& b) { return a.second < b.second; };
        const auto [low, high] =
            std::minmax_element(drawn.begin(), drawn.end(), by); // of equal ones the first and the last
        low->second = -1, high->second = 2;
    }
    record_split out;
    for (std::uint32_t i = 0; i < hash.size(); ++i) (drawn[cluster[i]] < share ? out.held_out : out.train).push_back(i);
    return out;
}

/// Holds a share of records back, so that no two that are nearly the same, or of one `group`, stand on different sides. Neither their order nor their ids
/// matter.
///
/// Fails    as `record_clusters` and `split_clusters`
[[nodiscard]] inline result<record_split> split_records(std::span<const tuning_record> all,
                                                        const duplicate_clusters& same, double share,
                                                        std::uint64_t seed = 0) {
    const auto clusters = record_clusters(all, same);
    if (!clusters) return clusters.error();
    return split_clusters(*clusters, record_hashes(all), share, seed);
}

} // namespace graft::inline GRAFT_ABI
