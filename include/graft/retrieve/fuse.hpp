// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/finite.hpp>
#include <graft/flow/pipe.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Weights that sum to `sum`, as doubles; equal ones where none are given.
[[nodiscard]] inline result<std::span<const double>> weigh(std::size_t lists, std::span<const float> given, double sum,
                                                           context& w) {
    auto out = w.take_raw<double>(lists);
    if (given.empty()) {
        std::fill(out.begin(), out.end(), lists == 0 ? 0. : sum / static_cast<double>(lists));
        return std::span<const double>(out);
    }
    if (given.size() != lists) return error{fault::wrong_shape, unit::none, 0, "fusion weights"};
    double all = 0;
    for (std::size_t i = 0; i < lists; ++i) {
        if (!is_finite(given[i]) || given[i] < 0) return error{fault::bad_argument, unit::row, i, "fusion weights"};
        all += static_cast<double>(given[i]);
    }
    if (!(all > 0)) return error{fault::bad_argument, unit::none, 0, "fusion weights"};
    for (std::size_t i = 0; i < lists; ++i) out[i] = static_cast<double>(given[i]) / all * sum;
    return std::span<const double>(out);
}

/// Sums the shares of every id over the lists. A hash table of row numbers: one probe a candidate, no list is searched.
class share_table {
    struct row {
        chunk_id      id;
        double        sum;
        std::uint32_t list; // the last list that added, from 1: an id twice in one list counts once
    };
    arena_list<row>          rows_;
    std::span<std::uint32_t> slots_; // row number + 1, 0: free
    std::uint32_t            list_ = 0;

public:
    share_table(std::size_t candidates, context& w)
        : rows_(w, candidates), slots_(w.take<std::uint32_t>(std::bit_ceil(2 * candidates + 2))) {}

    void next_list() noexcept { ++list_; }
    void add(chunk_id id, double share) {
        std::size_t at =
            static_cast<std::size_t>((to_underlying(id) * 0x9e3779b97f4a7c15u) >> 32) & (slots_.size() - 1);
        for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
            row& r = rows_[slots_[at] - 1];
            if (r.id != id) continue;
            if (r.list != list_) r.sum += share;
            r.list = list_;
            return;
        }
        rows_.push_back({id, share, list_});
        slots_[at] = static_cast<std::uint32_t>(rows_.size());
    }
    /// The best k, best first.
    [[nodiscard]] std::span<const hit> best(std::size_t k, context& w) {
        auto hits = w.take_raw<hit>(rows_.size());
        for (std::size_t i = 0; i < hits.size(); ++i) hits[i] = {rows_[i].id, static_cast<float>(rows_[i].sum)};
        k              = std::min(k, hits.size());
        const auto kth = hits.begin() + static_cast<std::ptrdiff_t>(k);
        if (k < hits.size()) std::nth_element(hits.begin(), kth, hits.end(), better);
        std::sort(hits.begin(), kth, better);
        return hits.first(k);
    }
};

/// Fuses by a sum of shares: `scale(list)` gives a callable (position, score) → share for one list.
template <class Scale>
[[nodiscard]] result<std::span<const hit>> fuse_shares(std::span<const std::span<const hit>> lists,
                                                       std::span<const float> weights, double weight_sum, std::size_t k,
                                                       context& w, const Scale& scale) {
    const auto weight = weigh(lists.size(), weights, weight_sum, w);
    if (!weight) return weight.error();
    std::size_t candidates = 0;
    for (std::size_t l = 0; l < lists.size(); ++l) {
        for (std::size_t i = 0; i < lists[l].size(); ++i)
            if (!is_finite(lists[l][i].score)) return error{fault::not_finite, unit::row, i, "hits to fuse"};
        candidates += lists[l].size();
    }
    share_table table(candidates, w);
    for (std::size_t l = 0; l < lists.size(); ++l) {
        table.next_list();
        const auto share = scale(lists[l]);
        for (std::size_t i = 0; i < lists[l].size(); ++i)
            table.add(lists[l][i].id, (*weight)[l] * share(i, static_cast<double>(lists[l][i].score)));
    }
    return table.best(k, w);
}

/// Scores of a list to [0, 1]: the least to 0, the best to 1; all to 1 where they do not differ.
struct min_max {
    double low = 0, range = 0;

    explicit min_max(std::span<const hit> list) noexcept {
        if (list.empty()) return;
        float least = list[0].score, most = list[0].score;
        for (const hit& h : list) least = std::min(least, h.score), most = std::max(most, h.score);
        low   = static_cast<double>(least);
        range = static_cast<double>(most) - low;
    }
    [[nodiscard]] double operator()(std::size_t, double score) const noexcept {
        return range > 0 ? (score - low) / range : 1.;
    }
};

} // namespace detail

/// Merges ranked lists into one. A fuser
///  1. takes lists, best first, and a weight a list that counts relative to the others (none: all equal);
///  2. gives each id once, the best `k` of them, equal scores by id; an id twice in one list counts at its first place;
///  3. may have a member `dense`, the share of the dense list in a hybrid search; < 0: ask the embedder.
template <class F>
concept fuser = requires(const F& f, std::span<const std::span<const hit>> lists, std::span<const float> weights,
                         std::size_t k, context& w) {
    { f.fuse(lists, weights, k, w) } -> std::same_as<result<std::span<const hit>>>;
};

/// A weighted mean of scores, each list stretched to [0, 1] over its own candidates (min-max).
///
/// A candidate that a list lacks gets 0 from it. A list of one candidate, or of equal scores, gives 1.
/// Gives    scores in [0, 1]: 1 is the best of every list at once.
/// Costs    one hash probe a candidate, a sort of what is given.
/// Fails    `fault::not_finite` for a score, `fault::bad_argument` for a weight that is negative or not finite, or weights
///          that sum to 0; `fault::wrong_shape` when there is not one weight a list.
struct weighted_sum {
    float dense = -1; ///< share of the dense list in a hybrid search, 0 to 1; < 0: what the embedder says of itself

    [[nodiscard]] result<std::span<const hit>> fuse(std::span<const std::span<const hit>> lists,
                                                    std::span<const float> weights, std::size_t k, context& w) const {
        return detail::fuse_shares(lists, weights, 1, k, w, [](std::span<const hit> l) { return detail::min_max(l); });
    }
};

/// Reciprocal rank fusion: the sum of weight / (k + rank) over the lists, ranks from 1, scores ignored.
///
/// With equal weights each weight is 1. With a weak embedder it loses to the words alone: see `weighted_sum`.
/// Fails    as `weighted_sum`; `fault::bad_argument` when k is negative or not finite.
/// Source   Cormack, Clarke, Büttcher, SIGIR 2009.
struct rrf {
    float k     = 60;
    float dense = .5f; ///< share of the dense list in a hybrid search; < 0: what the embedder says of itself

    [[nodiscard]] result<std::span<const hit>> fuse(std::span<const std::span<const hit>> lists,
                                                    std::span<const float> weights, std::size_t most,
                                                    context& w) const {
        if (!is_finite(k) || k < 0) return error{fault::bad_argument, unit::none, 0, "rrf k"};
        return detail::fuse_shares(lists, weights, static_cast<double>(lists.size()), most, w, [this](auto) {
            return [this](std::size_t i, double) { return 1 / (static_cast<double>(k) + static_cast<double>(i + 1)); };
        });
    }
};

/// Distribution-based score fusion: the sum of scores, each list stretched so that mean - 3 sd is 0 and mean + 3 sd is 1.
///
/// The deviation is the population's. Not clipped. A candidate that a list lacks gets 0 from it; equal scores give 0.5.
/// With equal weights each weight is 1.
/// Fails    as `weighted_sum`.
struct dbsf {
    float dense = .5f; ///< share of the dense list in a hybrid search; < 0: what the embedder says of itself

    [[nodiscard]] result<std::span<const hit>> fuse(std::span<const std::span<const hit>> lists,
                                                    std::span<const float> weights, std::size_t k, context& w) const {
        return detail::fuse_shares(lists, weights, static_cast<double>(lists.size()), k, w, [](std::span<const hit> l) {
            const auto n    = static_cast<double>(std::max<std::size_t>(1, l.size()));
            double     mean = 0, spread = 0;
            for (const hit& h : l) mean += static_cast<double>(h.score);
            mean /= n;
            for (const hit& h : l) {
                const double off = static_cast<double>(h.score) - mean;
                spread           = std::fma(off, off, spread);
            }
            const double sd = std::sqrt(spread / n);
            return [=](std::size_t, double score) { return sd > 0 ? (score - mean) / (6 * sd) + .5 : .5; };
        });
    }
};

/// Several searches for one question, fused. Made by `hybrid`.
///
/// Each branch has a share of the fusion: dense ones what the fuser says (`dense`, or else the embedder), lexical ones the
/// rest, each kind in equal parts. Where a fuser says nothing and every branch is dense, their own weights count.
/// Gives    every candidate of any branch, best first, with the highest support that is known, the dense weight, and the
///          question's words as the last lexical branch knows them.
/// Fails    when a branch does.
template <fuser F, class... Branches>
struct hybrid_of : pipeline<hybrid_of<F, Branches...>, types<query>> {
    static constexpr std::string_view name = "hybrid";
    static constexpr std::size_t      n    = sizeof...(Branches);

    F                       fusion;
    std::tuple<Branches...> branches;
    constexpr explicit hybrid_of(F how, Branches... b) : fusion(std::move(how)), branches(std::move(b)...) {}

    [[nodiscard]] result<retrieved> run(const query& q, context& c) const {
        return std::apply(
            [&](const auto&... b) {
                const result<retrieved>  lists[n] = {call(b, q, c)...}; // braces: in this order
                const result<retrieved>* each[n];
                for (std::size_t i = 0; i < n; ++i) each[i] = &lists[i];
                return fused(q, each, c);
            },
            branches);
    }

    /// Each branch runs its batch; element i is bit-equal to one by one.
    [[nodiscard]] std::vector<result<retrieved>> run_each(std::span<const query> q, context& c) const {
        return std::apply(
            [&](const auto&... b) {
                const std::vector<result<retrieved>> lists[n] = {detail::call_each(b, q, c)...};
                std::vector<result<retrieved>>       out;
                out.reserve(q.size());
                for (std::size_t i = 0; i < q.size(); ++i) {
                    const result<retrieved>* each[n];
                    for (std::size_t l = 0; l < n; ++l) each[l] = &lists[l][i];
                    out.push_back(fused(q[i], each, c));
                }
                return out;
            },
            branches);
    }

    template <class G>
    [[nodiscard]] auto mapped(const G& g) const {
        return std::apply([&](const auto&... b) { return hybrid_of<F, decltype(g(b))...>(fusion, g(b)...); }, branches);
    }

private:
    result<retrieved> fused(const query& q, const result<retrieved>* const (&each)[n], context& c) const {
        std::span<const hit> lists[n];
        float                own[n];
        query                known = q;
        std::size_t          most  = 0;
        for (std::size_t i = 0; i < n; ++i) {
            if (!*each[i]) return each[i]->error();
            const retrieved& f = **each[i];
            lists[i]           = f.hits;
            own[i]             = f.asked.dense_weight;
            most += f.hits.size();
            known = known.with(f.asked);
        }
        share(own);
        auto hits = fusion.fuse(lists, own, most, c);
        if (!hits) return hits.error();
        return retrieved{.asked = known, .hits = *hits};
    }

    /// Turns what each branch says of its weight (< 0: lexical) into its share.
    void share(float (&of)[n]) const noexcept {
        float asked = -1;
        if constexpr (requires {
                          { fusion.dense } -> std::convertible_to<float>;
                      })
            asked = fusion.dense;
        std::size_t dense = 0;
        float       sum = 0, first = -1;
        for (const float w : of)
            if (w >= 0) sum += w, first = first < 0 ? w : first, ++dense;
        if (asked < 0 && dense == n && sum > 0) return;
        // Nobody says that it is dense: the first branch is.
        const bool        unsaid = dense == 0 || (asked >= 0 && dense == n);
        const float       all    = asked >= 0 ? asked : first >= 0 ? first : .5f;
        const std::size_t denses = unsaid ? 1 : dense;
        for (std::size_t i = 0; i < n; ++i) {
            const bool is = unsaid ? i == 0 : of[i] >= 0;
            if (n == denses) of[i] = 1;
            else of[i] = is ? all / static_cast<float>(denses) : (1 - all) / static_cast<float>(n - denses);
        }
    }
};

/// Asks branches (stages query → retrieved) and fuses what they give: `hybrid(embed | search(near), search(words))`. A fuser may
/// stand behind them; without one, `weighted_sum`.
template <class... Branches>
    requires(sizeof...(Branches) > 1) &&
            (... && (runs<Branches, query> && std::same_as<output_t<Branches, query>, retrieved>))
[[nodiscard]] constexpr auto hybrid(Branches... branches) {
    return hybrid_of<weighted_sum, Branches...>(weighted_sum{}, std::move(branches)...);
}

namespace detail {

template <class T>
concept branch = runs<T, query> && std::same_as<output_t<T, query>, retrieved>;

template <std::size_t... I, class... Parts>
[[nodiscard]] constexpr auto hybrid_with(std::index_sequence<I...>, std::tuple<Parts...> parts) {
    using fusing = std::tuple_element_t<sizeof...(I), std::tuple<Parts...>>;
    return hybrid_of<fusing, std::tuple_element_t<I, std::tuple<Parts...>>...>(std::get<sizeof...(I)>(std::move(parts)),
                                                                               std::get<I>(std::move(parts))...);
}

} // namespace detail

/// Two searches or more for one question, fused in the way named last: `hybrid(a, b, rrf{})`.
template <class A, class B, class... More>
    requires(sizeof...(More) > 0) && fuser<std::tuple_element_t<sizeof...(More) - 1, std::tuple<More...>>> &&
            detail::branch<A> && detail::branch<B>
[[nodiscard]] constexpr auto hybrid(A a, B b, More... more) {
    return detail::hybrid_with(std::make_index_sequence<sizeof...(More) + 1>{},
                               std::tuple<A, B, More...>(std::move(a), std::move(b), std::move(more)...));
}

namespace flow {
using graft::dbsf;
using graft::hybrid;
using graft::rrf;
using graft::weighted_sum;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
