// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/sha256.hpp>
#include <graft/records/min_hash.hpp>
#include <graft/records/shingles.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// When two texts are one.
struct duplicate_params {
    double         threshold = .8; ///< of the Jaccard of their shingles, verified
    shingle_params shingle   = {};
    /// b: a pair is looked at where one band of both is equal, which a pair of Jaccard s is with 1 - (1 - s^r)^b
    std::size_t   bands = 32;
    std::size_t   rows  = 4; ///< r: slots of a band
    std::uint64_t seed  = 1; ///< of the permutations
};

/// Two texts that say nearly the same, `a` < `b`.
struct duplicate_pair {
    std::uint32_t a = 0, b = 0;
    double        jaccard = 0; ///< 1 also for texts that are equal once they are `comparable_text`

    bool operator==(const duplicate_pair&) const = default;
};

/// Which texts repeat which.
struct duplicate_clusters {
    std::vector<std::uint32_t> cluster =
        {}; ///< of each text: the lowest text of its cluster, its own number where it is alone
    std::vector<duplicate_pair> pairs =
        {}; ///< what holds the clusters together: each text but the first of one has at least one; by `b`, then `a`
    std::size_t exact    = 0; ///< texts that repeat one before them to the letter, once `comparable_text`
    std::size_t verified = 0; ///< pairs of which the Jaccard was taken, each once

    /// Texts that are not the first of their cluster.
    [[nodiscard]] std::size_t repeats() const noexcept {
        std::size_t n = 0;
        for (std::size_t i = 0; i < cluster.size(); ++i) n += cluster[i] != i;
        return n;
    }
};

namespace detail {

/// Sets that grow together; the root is the lowest.
class joined_sets {
    std::vector<std::uint32_t> up_;

public:
    explicit joined_sets(std::size_t n) : up_(n) {
        for (std::size_t i = 0; i < n; ++i) up_[i] = static_cast<std::uint32_t>(i);
    }
    [[nodiscard]] std::uint32_t root(std::uint32_t i) noexcept {
        while (up_[i] != i) i = up_[i] = up_[up_[i]];
        return i;
    }
    void join(std::uint32_t a, std::uint32_t b) noexcept {
        a = root(a), b = root(b);
        up_[std::max(a, b)] = std::min(a, b);
    }
};

} // namespace detail

/// Finds texts that say nearly the same: equal ones by SHA-256, others by MinHash in bands, each candidate verified. A cluster is what hangs together:
/// its ends may differ by more than the threshold.
///
/// Gives    the same for every number of threads; clusters do not depend on the order in which candidates are met
/// Costs    a hash and `bands` × `rows` steps a shingle, in parallel; 8 bytes a shingle. Of a pair whose texts already hang together, or met in a band before, no
///          Jaccard is taken; a band that many different texts share is quadratic in them.
/// Fails    `bad_argument` for no bands, no rows, no shingles, a threshold outside (0, 1]; `too_large` for 2^32 texts; stopped, timed_out
[[nodiscard]] inline result<duplicate_clusters> find_duplicates(std::span<const std::string_view> texts,
                                                                const duplicate_params& p, context& c) {
    if (p.bands == 0 || p.rows == 0 || p.shingle.size == 0 || !(p.threshold > 0 && p.threshold <= 1))
        return error{fault::bad_argument, unit::none, 0, "duplicate_params"};
    const std::size_t n = texts.size();
    if (n >= 0xFFFFFFFFu) return error{fault::too_large, unit::row, n, "texts"};
    const min_hash                          hash = min_hash::make(p.bands * p.rows, p.seed);
    std::vector<digest256>                  sums(n);
    std::vector<std::vector<std::uint64_t>> sets(n);
    std::vector<std::uint64_t>              keys(n * p.bands); // of bands
    auto ok = each_block(c, n, 16, [&](std::size_t begin, std::size_t end, context&) {
        std::vector<std::uint32_t> slots(hash.slots());
        for (std::size_t i = begin; i < end; ++i) {
            const std::string plain = comparable_text(texts[i]);
            sums[i]                 = sha256(plain);
            sets[i]                 = shingles(plain, p.shingle);
            hash.sign(sets[i], slots);
            for (std::size_t b = 0; b < p.bands; ++b) {
                std::uint64_t key = b;
                for (std::size_t r = 0; r < p.rows; ++r) key = mix64(key, slots[b * p.rows + r]);
                keys[i * p.bands + b] = key;
            }
        }
    });
    if (!ok) return ok.error();

    duplicate_clusters                 out;
    detail::joined_sets                all(n);
    std::map<digest256, std::uint32_t> firsts;
    std::vector<std::uint32_t>         different;
    for (std::uint32_t i = 0; i < n; ++i) {
        const auto [first, is_new] = firsts.emplace(sums[i], i);
        if (is_new) different.push_back(i);
        else all.join(first->second, i), out.pairs.push_back({first->second, i, 1}), ++out.exact;
    }
    const auto met_before = [&](std::uint32_t x, std::uint32_t y, std::size_t b) {
        for (std::size_t k = 0; k < b; ++k)
            if (keys[x * p.bands + k] == keys[y * p.bands + k]) return true;
        return false;
    };
    std::vector<std::pair<std::uint64_t, std::uint32_t>> band(different.size());
    for (std::size_t b = 0; b < p.bands; ++b) {
        if (auto alive = c.alive(); !alive) return alive.error();
        for (std::size_t k = 0; k < different.size(); ++k) band[k] = {keys[different[k] * p.bands + b], different[k]};
        std::sort(band.begin(), band.end());
        for (std::size_t from = 0, to = 0; from < band.size(); from = to) {
            while (to < band.size() && band[to].first == band[from].first) ++to;
            for (std::size_t j = from + 1; j < to; ++j) {
                if (j % 256 == 0)
                    if (auto alive = c.alive(); !alive) return alive.error();
                for (std::size_t i = from; i < j; ++i) {
                    const std::uint32_t x = band[i].second, y = band[j].second;
                    if (all.root(x) == all.root(y) || met_before(x, y, b)) continue;
                    ++out.verified;
                    const double same = jaccard(sets[x], sets[y]);
                    if (same >= p.threshold) all.join(x, y), out.pairs.push_back({x, y, same});
                }
            }
        }
    }
    std::sort(out.pairs.begin(), out.pairs.end(),
              [](const auto& s, const auto& t) { return std::pair(s.b, s.a) < std::pair(t.b, t.a); });
    out.cluster.resize(n);
    for (std::uint32_t i = 0; i < n; ++i) out.cluster[i] = all.root(i);
    return out;
}
/// The same in a context of its own.
[[nodiscard]] inline result<duplicate_clusters> find_duplicates(std::span<const std::string_view> texts,
                                                                const duplicate_params&           p = {}) {
    context c;
    return find_duplicates(texts, p, c);
}

} // namespace graft::inline GRAFT_ABI
