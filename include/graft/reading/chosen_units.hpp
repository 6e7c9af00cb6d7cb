// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/reading/unit_worth.hpp>
#include <graft/schema/query.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// A sentence, an item or a row that answers a question, and where it stands.
struct chosen_unit {
    double           worth = 0, share = 0;
    std::size_t      order   = 0;        ///< among all units of all passages
    std::size_t      passage = 0;        ///< which of the passages
    std::size_t      begin = 0, end = 0; ///< bytes of the passage's body
    std::string_view text          = {}; ///< as a reader sees it
    std::string_view table         = {}; ///< of a row: the head row, as it is written
    std::uint64_t    text_hash     = 0;
    std::uint32_t    list          = 0;
    bool             brings_list   = false; ///< a lead-in: the items behind it belong to it
    bool             of_asked_list = false; ///< the question names its list, not the item
};

/// Chooses the sentences, items and rows of passages that best cover a question.
///
/// What one is worth, `unit_worth` says; it is multiplied by how far its passage's score reaches up to the best's, from a fifth of it on, and
/// .002 a word are taken off. The best stands first, then in reading order those that are worth more than .35 of it. A lead-in that is the best
/// brings its list, and a list whose heading is asked for comes whole. None comes twice, not even through passages that overlap.
/// Borrows  what it is given
/// Costs    one analysis of the passages
template <class Analyser>
class unit_choice {
    static constexpr double beside = -1e9; // the worth of what only comes as part of its list

    const query&             asked_;
    std::span<const passage> of_;
    const Analyser&          analyse_;
    std::size_t              most_, items_;

    static bool worthier(const chosen_unit& a, const chosen_unit& b) noexcept {
        return a.worth != b.worth ? a.worth > b.worth : a.order < b.order;
    }
    static bool earlier(const chosen_unit& a, const chosen_unit& b) noexcept { return a.order < b.order; }

    /// The same bytes of a document, through two chunks that overlap.
    [[nodiscard]] bool overlap(const chosen_unit& a, const chosen_unit& b) const noexcept {
        const chunk &x = of_[a.passage].from, &y = of_[b.passage].from;
        return x.document == y.document && x.begin + a.begin < y.begin + b.end && y.begin + b.begin < x.begin + a.end;
    }

    /// Every unit that shares a word with the question, by itself or through what stands above it.
    [[nodiscard]] std::span<chosen_unit> collect(context& w) const {
        arena_list<chosen_unit> all(w, 64);
        unit_worth              worth(asked_.text, asked_.terms, asked_.respelled, analyse_, w);
        float                   best = 0;
        for (const passage& s : of_) best = std::max(best, s.score);
        std::size_t order = 0;
        for (std::size_t i = 0; i < of_.size(); ++i) {
            const double trust = best > 0 ? .2 + .8 * std::max(0., static_cast<double>(of_[i].score / best)) : 1.;
            std::size_t  lead  = ~std::size_t{0}; // the unit that ends with a colon just before
            worth.read(of_[i].from, w, [&](const weighed_unit& u) {
                ++order;
                if (lead < all.size() && u.list != 0) {
                    all[lead].brings_list = true;
                    all[lead].list        = u.list;
                    all[lead].worth /= .7; // it is no promise without its list
                    // Asked for several, the sentence before it that holds the question brings the list too.
                    if (worth.form() == asked_for::several && lead > 0 && all[lead - 1].passage == i &&
                        all[lead - 1].order + 1 == all[lead].order && all[lead - 1].share >= .6) {
                        all[lead - 1].brings_list = true;
                        all[lead - 1].list        = u.list;
                    }
                }
                lead = ~std::size_t{0};
                if (!u.reached || (!u.whole && u.list == 0)) return;
                if (u.what == passage_unit::role::lead) lead = all.size();
                const bool fit = u.whole || u.named;
                all.push_back({fit ? u.worth * trust - .002 * static_cast<double>(u.words) : beside, u.share, order, i,
                               u.begin, u.end, u.text, u.table, hash64(u.text), u.list, false, u.named});
            });
        }
        return all.items();
    }

public:
    /// Takes    at most so many units, or so many items of one list
    unit_choice(const query& asked, std::span<const passage> of, const Analyser& analyse, std::size_t most,
                std::size_t items) noexcept
        : asked_(asked), of_(of), analyse_(analyse), most_(most), items_(items) {}

    /// Gives    the best first, the others as they are read, or, with `reading`, all as they are read.
    [[nodiscard]] std::span<const chosen_unit> operator()(bool reading, context& w) const {
        const std::span<chosen_unit> found  = collect(w);
        auto                         chosen = w.take_raw<chosen_unit>(std::min(found.size(), most_ + items_));
        std::size_t                  n      = 0;
        const auto                   take   = [&](const chosen_unit& q) {
            for (const chosen_unit& other : chosen.first(n))
                if (other.text_hash == q.text_hash || overlap(other, q)) return false;
            chosen[n++] = q;
            return true;
        };
        std::sort(found.begin(), found.end(), worthier);
        if (found.empty() || most_ == 0 || found.front().worth <= beside) return {};
        const chosen_unit best = found.front();
        (void)take(best);
        if (best.brings_list || best.of_asked_list) {
            std::sort(found.begin(), found.end(), earlier);
            for (const chosen_unit& q : found)
                if (q.passage == best.passage && q.list == best.list && n <= items_ && n < chosen.size()) (void)take(q);
            if (n > 1) {
                std::sort(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(n), earlier);
                return chosen.first(n);
            }
            std::sort(found.begin(), found.end(), worthier);
        }
        for (const chosen_unit& q : found) {
            if (n >= most_ || q.worth <= beside || (best.worth > 0 && q.worth < .35 * best.worth)) break;
            (void)take(q);
        }
        std::sort(chosen.begin() + (reading ? 0 : 1), chosen.begin() + static_cast<std::ptrdiff_t>(n), earlier);
        return chosen.first(n);
    }
};

} // namespace graft::inline GRAFT_ABI::detail
