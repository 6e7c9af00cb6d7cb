// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/random.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How several updates of a place become one. Only `cat` is the weighted sum of what they do; the others add A and B each by itself, so
/// that B₁ A₂ comes along, which nobody tuned. For the best sum of a given rank there is `compress_loras`.
///
/// Source   the kinds of PEFT's weighted adapters; Yadav et al. 2023, arXiv 2306.01708 (TIES); Yu et al. 2023, arXiv 2311.03099 (DARE)
enum class combine_by : std::uint8_t {
    cat,             ///< exact; the rank is the sum of the ranks
    linear,          ///< factors are added, each by the root of its weight
    magnitude_prune, ///< of each factor the largest numbers stay, then as `linear`
    dare_linear,     ///< of each factor numbers are drawn that stay, divided by the density, then as `linear`
    ties,      ///< the largest numbers stay; at each place of the factor those of the sign that prevails are averaged
    dare_ties, ///< the same of numbers that are drawn
};

/// How updates become one.
struct combine_loras_params {
    combine_by by      = combine_by::cat;
    double     density = .5; ///< of ties, dare and magnitude_prune: the share of numbers that stay, above 0, at most 1
    bool       count   = false; ///< of ties: the sign that more updates have prevails, not that of their sum
    std::uint64_t seed = 0;     ///< of dare
};

/// A set of updates, and how much of it is meant: 1 all, below 0 the other way.
///
/// Borrows  the set.
template <std::floating_point Scalar>
struct weighted_loras {
    const lora_set<Scalar>* set    = nullptr;
    double                  weight = 1;
};

namespace detail {

/// One of the updates that stand at a place.
template <class Scalar>
struct lora_share {
    const lora<Scalar>* update;
    double              weight;
    std::size_t         set; ///< its number among the sets
};
/// A layer, or the table, of a model, and all that several sets have beside it: at least one update, all of one size.
template <class Scalar>
struct shared_place {
    std::string                     name;
    bool                            table;
    std::vector<lora_share<Scalar>> shares; ///< in the order of the sets

    /// Whether there is nothing to combine: one update, and it is meant as it is.
    [[nodiscard]] bool itself() const noexcept { return shares.size() == 1 && shares[0].weight == 1; }
    /// The scale of what is made of them: that of the first, or 1 where that is not above 0 and factors would have no root of their part.
    [[nodiscard]] Scalar scale() const noexcept {
        return shares[0].update->scale > 0 ? shares[0].update->scale : Scalar{1};
    }
    /// By what B A of a share is multiplied to be its part of the sum over `scale()`.
    [[nodiscard]] double part(const lora_share<Scalar>& one) const noexcept {
        return one.weight * (static_cast<double>(one.update->scale) / static_cast<double>(scale()));
    }
    [[nodiscard]] std::size_t ranks() const noexcept {
        std::size_t sum = 0;
        for (const auto& one : shares) sum += one.update->rank();
        return sum;
    }
    /// Of updates with magnitudes (DoRA) there is no sum: each row has one length.
    [[nodiscard]] result<void> plain() const {
        for (const auto& one : shares)
            if (!one.update->m.flat().empty())
                return error{fault::unsupported, unit::none, one.set, name + ": magnitudes"};
        return done;
    }
    [[nodiscard]] error refuse(fault what, std::size_t where = 0) const { return {what, unit::none, where, name}; }
};

/// The places of several sets, in the order in which they are met first.
template <class Scalar>
[[nodiscard]] result<std::vector<shared_place<Scalar>>> shared_places(std::span<const weighted_loras<Scalar>> sets) {
    std::vector<shared_place<Scalar>> all;
    if (sets.empty()) return error{fault::no_input, unit::none, 0, "adapters"};
    for (std::size_t s = 0; s < sets.size(); ++s) {
        GRAFT_ASSERT(sets[s].set != nullptr, "a set of updates");
        if (!is_finite(sets[s].weight)) return error{fault::not_finite, unit::none, s, "weight"};
        for (const auto& e : sets[s].set->entries) {
            const lora<Scalar>& l = e.update;
            if (!l.fits(l.in(), l.out())) return error{fault::wrong_shape, unit::none, s, e.name};
            if (!l.finite()) return error{fault::not_finite, unit::none, s, e.name};
            auto at = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == e.name; });
            if (at == all.end()) at = all.insert(all.end(), {e.name, e.table, {}});
            else if (at->shares.back().set == s) return at->refuse(fault::duplicate_id, s);
            else if (at->table != e.table || at->shares[0].update->in() != l.in() ||
                     at->shares[0].update->out() != l.out())
                return at->refuse(fault::wrong_shape, s);
            at->shares.push_back({&l, sets[s].weight, s});
        }
    }
    return all;
}

/// Of the numbers the `density` of largest magnitude, of equals the first.
template <class Scalar>
void keep_largest(std::span<Scalar> x, double density) {
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto kept = static_cast<std::ptrdiff_t>(density * static_cast<double>(x.size()));
    const auto more = [&](std::size_t a, std::size_t b) {
        const Scalar p = std::fabs(x[a]), q = std::fabs(x[b]);
        return p != q ? p > q : a < b;
    };
    if (static_cast<std::size_t>(kept) < x.size())
        std::nth_element(order.begin(), order.begin() + kept, order.end(), more);
    std::for_each(order.begin() + kept, order.end(), [&](std::size_t i) { x[i] = 0; });
}
template <class Scalar>
void keep_drawn(std::span<Scalar> x, double density, counter_random draw) {
    for (Scalar& v : x) v = draw.unit64() < density ? static_cast<Scalar>(static_cast<double>(v) / density) : Scalar{0};
}

/// The sum of factors by their weights, or their mean where they agree with the sign that prevails.
template <class Scalar>
void add_factors(const std::vector<matrix<Scalar>>& from, const std::vector<double>& by,
                 const combine_loras_params& how, std::span<Scalar> to) {
    const bool elect = how.by == combine_by::ties || how.by == combine_by::dare_ties;
    for (std::size_t e = 0; e < to.size(); ++e) {
        double prevails = 0, sum = 0;
        for (std::size_t i = 0; elect && i < from.size(); ++i) {
            const auto x = static_cast<double>(from[i].data()[e]);
            prevails += how.count ? static_cast<double>((x > 0) - (x < 0)) : x;
        }
        std::size_t agree = 0;
        for (std::size_t i = 0; i < from.size(); ++i) {
            const auto x = static_cast<double>(from[i].data()[e]);
            if (elect && (x == 0 || (x > 0) != (prevails >= 0))) continue;
            sum = std::fma(by[i], x, sum), ++agree;
        }
        to[e] = static_cast<Scalar>(elect && agree > 1 ? sum / static_cast<double>(agree) : sum);
    }
}

template <class Scalar>
[[nodiscard]] result<lora<Scalar>> concatenated(const shared_place<Scalar>& at) {
    const std::size_t rank = at.ranks(), in = at.shares[0].update->in(), out = at.shares[0].update->out();
    if (rank > std::min(in, out)) return at.refuse(fault::rank_too_high, rank);
    lora<Scalar> made{matrix<Scalar>(rank, in), matrix<Scalar>(out, rank), at.scale()};
    std::size_t  first = 0;
    for (const auto& one : at.shares) {
        const auto&  l  = *one.update;
        const double by = at.part(one);
        for (std::size_t k = 0; k < l.rank(); ++k)
            for (std::size_t i = 0; i < in; ++i)
                made.A.row(first + k)[i] = static_cast<Scalar>(by * static_cast<double>(l.A.row(k)[i]));
        for (std::size_t r = 0; r < out; ++r) std::copy_n(l.B.row(r).data(), l.rank(), made.B.row(r).data() + first);
        first += l.rank();
    }
    return made;
}

template <class Scalar>
[[nodiscard]] result<lora<Scalar>> added_by_factors(const shared_place<Scalar>& at, const combine_loras_params& how) {
    const lora<Scalar>& first = *at.shares[0].update;
    lora<Scalar> made{matrix<Scalar>(first.rank(), first.in()), matrix<Scalar>(first.out(), first.rank()), at.scale()};
    for (const bool side : {false, true}) {
        std::vector<matrix<Scalar>> parts;
        std::vector<double>         by;
        for (const auto& one : at.shares) {
            if (one.update->rank() != first.rank()) return at.refuse(fault::wrong_shape, one.set);
            const double part = at.part(one), root = std::sqrt(std::fabs(part));
            by.push_back(side ? root : std::copysign(root, part)); // the sign goes once into the product
            auto&      m     = parts.emplace_back(side ? one.update->B : one.update->A);
            const auto drawn = [&] { return counter_random(mix64(how.seed, hash64(at.name)), 2 * one.set + side); };
            switch (how.by) {
            case combine_by::ties:
            case combine_by::magnitude_prune: keep_largest<Scalar>(m.flat(), how.density); break;
            case combine_by::dare_ties:
            case combine_by::dare_linear: keep_drawn<Scalar>(m.flat(), how.density, drawn()); break;
            default: break;
            }
        }
        add_factors<Scalar>(parts, by, how, side ? made.B.flat() : made.A.flat());
    }
    return made;
}

} // namespace detail

/// One set of updates out of several, each by its weight. A place that only some of them have is combined from those.
///
///     const weighted_loras<float> both[] = {{&tone, .7}, {&facts, .3}};
///     const auto one = combine_loras<float>(both, {.by = combine_by::ties}, c);
///
/// Gives    places in the order in which the sets have them, and the dropout of the first set. A place that one set alone has, with weight 1, stays
///          itself to the bit, magnitudes (DoRA) too, where nothing is pruned. Of the others the scale is that of the first where it is above 0.
///          The same bits for any number of threads.
/// Costs    a pass over all numbers; those that are pruned a selection more.
/// Fails    `no_input` without sets; `bad_argument` for a density outside of (0, 1]; `not_finite` for a weight or an update that is, or a sum that would
///          be; `duplicate_id` for a place that a set has twice; `wrong_shape` for updates that differ in size, of all kinds but `cat` also in
///          rank; `unsupported` for magnitudes that do not stay; `rank_too_high` where the ranks of `cat` add up to more than the place has: the
///          subject is the place, its number the set. stopped, timed_out
template <std::floating_point Scalar>
[[nodiscard]] result<lora_set<Scalar>> combine_loras(std::span<const weighted_loras<Scalar>> sets,
                                                     const combine_loras_params& how, context& c) {
    if (!(how.density > 0 && how.density <= 1)) return error{fault::bad_argument, unit::none, 0, "density"};
    const auto places = detail::shared_places(sets);
    if (!places) return places.error();
    const bool       prunes = how.by != combine_by::cat && how.by != combine_by::linear && how.density < 1;
    lora_set<Scalar> made{.entries = {}, .dropout = sets[0].set->dropout};
    made.entries.resize(places->size());
    auto ok = each_block(c, places->size(), 1, [&](std::size_t i, std::size_t, context&) -> result<void> {
        const auto& at = (*places)[i];
        auto&       to = made.entries[i];
        to.name = at.name, to.table = at.table;
        if (at.itself() && !prunes) return to.update = *at.shares[0].update, result<void>(done);
        if (auto plain = at.plain(); !plain) return plain;
        auto one = how.by == combine_by::cat ? detail::concatenated(at) : detail::added_by_factors(at, how);
        if (!one) return one.error();
        if (!one->finite()) return at.refuse(fault::not_finite);
        to.update = std::move(*one);
        return done;
    });
    if (!ok) return ok.error();
    return made;
}

} // namespace graft::inline GRAFT_ABI
