// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/stage.hpp>
#include <graft/reading/chosen_units.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/retrieved.hpp>
#include <graft/words/analysis.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// How much `compress` leaves.
struct compress_params {
    std::size_t hits      = 6;  ///< that are read: the best
    std::size_t sentences = 3;  ///< at most, of all of them
    std::size_t items     = 12; ///< of a list that answers as a whole
};

/// The stage that leaves of what was found the sentences, items and rows that best cover the question: contextual compression, as LangChain
/// calls it, by words alone. Made by `compress`.
///
///     auto ask = kb.retrieve() | threshold{} | compress(kb.chunks()) | prompt_from(kb.chunks(), plain_prompt(), model) | attributed(model);
///
/// A small model finds an answer in three sentences that it misses in three pages, and reads them in a fraction of the time. Which they are,
/// `detail::unit_choice` says, as for `extractive`. Sentences that follow each other stay one passage, and so does a list.
/// Code is left out, as there: for questions whose answer is code, leave the passages whole.
/// Gives    passages, best first, scored by what their best sentence is worth; each is a span of its chunk and has that chunk's id and prefix.
///          Hits of which nothing is left are gone. Where no sentence shares a word with the question, and where what was found is
///          refused, the passages stay whole. `tokens` is 0: nobody counted.
/// Borrows  the chunk store.
/// Costs    one analysis of each chunk.
/// Fails    when the chunk store lacks a hit; `other_analyser` where the question's words came from an index with another analyser.
template <finds_chunks Store, class Analyser = analyzer>
struct compressing {
    using stage_concept                    = stage_tag;
    using inputs                           = types<retrieved, passages>;
    static constexpr std::string_view name = "compress";

    const Store*    store;
    compress_params with;
    Analyser        analyse;

    [[nodiscard]] result<passages> operator()(const retrieved& f, context& w) const {
        const auto items = read_hits(*store, f.hits, with.hits, w);
        if (!items) return items.error();
        return (*this)(passages{f, *items}, w);
    }
    [[nodiscard]] result<passages> operator()(const passages& e, context& w) const {
        const query& asked = e.of.asked;
        if (asked.analyser != 0 && asked.analyser != analyse.fingerprint())
            return error{fault::other_analyser, unit::none, 0, "compress"};
        if (e.of.refused) return e;
        const auto read   = e.items.first(std::min(with.hits, e.items.size()));
        const auto chosen = detail::unit_choice(asked, read, analyse, with.sentences, with.items)(true, w);
        if (chosen.empty()) return passages{e.of, read};

        auto        items = w.take<passage>(chosen.size());
        auto        hits  = w.take<hit>(e.of.hits.size());
        std::size_t n = 0, left = 0;
        for (std::size_t i = 0; i < chosen.size();) {
            const chunk& whole = read[chosen[i].passage].from;
            std::size_t  last  = i;
            double       worth = chosen[i].worth;
            while (last + 1 < chosen.size() && goes_on(whole.text.body, chosen[last], chosen[last + 1]))
                worth = std::max(worth, chosen[++last].worth);
            items[n++] = {part_of(whole, begin_of(whole.text.body, chosen[i]), chosen[last].end, chosen[i].table),
                          static_cast<float>(worth)};
            i          = last + 1;
        }
        items = items.first(n);
        std::sort(items.begin(), items.end(), [](const passage& a, const passage& b) {
            if (a.score != b.score) return a.score > b.score;
            return a.from.document != b.from.document ? a.from.document < b.from.document : a.from.begin < b.from.begin;
        });
        for (const hit& h : e.of.hits)
            if (std::any_of(items.begin(), items.end(), [&](const passage& p) { return p.from.id == h.id; }))
                hits[left++] = h;
        passages out{e.of, items};
        out.of.hits = hits.first(left);
        return out;
    }

private:
    /// Whether b is read right behind a: the next sentence, or the next of the same list.
    [[nodiscard]] static bool goes_on(std::string_view body, const detail::chosen_unit& a,
                                      const detail::chosen_unit& b) noexcept {
        if (a.passage != b.passage) return false;
        if (a.list != 0 && a.list == b.list) return true;
        const std::string_view between = body.substr(a.end, b.begin - a.end);
        return std::all_of(between.begin(), between.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
    }
    /// The first byte of a unit, or that of the mark of its item.
    [[nodiscard]] static std::size_t begin_of(std::string_view body, const detail::chosen_unit& u) noexcept {
        if (u.list == 0) return u.begin;
        std::size_t at = u.begin;
        while (at > 0 && body[at - 1] != '\n') {
            const char c = body[at - 1];
            if (u.begin - at == 8 || static_cast<unsigned char>(c) >= 0x80 || (c >= 'A' && c <= 'Z') ||
                (c >= 'a' && c <= 'z'))
                return u.begin; // more than a mark
            --at;
        }
        return at;
    }
    /// Bytes [begin, end) of a passage's body.
    [[nodiscard]] static chunk part_of(chunk c, std::size_t begin, std::size_t end, std::string_view table) noexcept {
        c.end       = c.begin + end;
        c.begin     = c.begin + begin;
        c.text.body = c.text.body.substr(begin, end - begin);
        c.tokens    = 0;
        c.leaves    = leaves_within(c.leaves, c.begin, c.end);
        c.head      = table;
        return c;
    }
};

/// Leaves the best sentences of what was found: `… | threshold{} | compress(chunks) | prompt_from(chunks, plain_prompt(), model) | …`.
template <finds_chunks Store, class Analyser = analyzer>
[[nodiscard]] constexpr auto compress(const Store& store, compress_params with = {}, Analyser analyse = {}) {
    return compressing<Store, Analyser>{&store, with, std::move(analyse)};
}
template <finds_chunks Store, class Analyser = analyzer,
          class Why = typename a_temporary<Store>::would_dangle__give_it_a_name>
void compress(const Store&&, compress_params = {}, Analyser = {}) = delete;

namespace flow {
using graft::compress;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
