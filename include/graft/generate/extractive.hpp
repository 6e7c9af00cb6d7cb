// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/reading/unit_worth.hpp>
#include <graft/schema/language_model.hpp>
#include <graft/words/analysis.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Writes a text that is quoted: a bracket that looks like a citation mark gets a backslash.
inline void write_quoted(arena_text& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '[' && opens_mark(text, i)) out.push_back('\\');
        out.push_back(text[i]);
    }
}

} // namespace detail

/// Answers by quoting: the sentences, items and rows of the sources that best cover the question, each with its citation mark.
///
/// What a sentence, an item of a list or a row of a table is worth, `unit_worth` says; it is multiplied by how far the source's score
/// reaches up to the best's, from a fifth of it on, and .002 a word are taken off.
/// Headings, code, comments, pictures, link-only lines and fragments are not quoted. A row of a table reads `column: cell; column:
/// cell`, an item stands for itself; a lead-in that is quoted brings its list, and a list whose heading is asked for comes whole.
/// What is quoted reads as text (`write_readable`); a bracket that looks like a citation mark gets a backslash. No sentence comes twice.
/// Gives    one to `sentences` quotes, more where a list is asked for: the best, then the others in the order of the prompt; with the exact
///          bytes of each. Or `refusal` when nothing shares a word with the question. No model, no file, no network.
/// Costs    one analysis of the sources.
/// Fails    `other_analyser` where the question's words came from an index with another analyser.
template <class Analyzer = analyzer>
struct basic_extractive {
    std::size_t      sentences = 3;
    bool             reading   = false; ///< all in reading order: the best need not come first
    Analyzer         analyse   = {};    ///< of the words: the one of the index that gave the prompt its terms
    std::string_view refusal   = no_relevant_source;
    std::size_t      items     = 12; ///< of one list, at most

    /// In the unit of prompts.
    [[nodiscard]] std::size_t count(std::string_view text) const noexcept { return count_words{}.count(text); }

    [[nodiscard]] result<completion> complete(const prompt& p, const completion_options& with, context& c) const {
        if (p.asked.analyser != 0 && p.asked.analyser != analyse.fingerprint())
            return error{fault::other_analyser, unit::none, 0, "extractive"};
        const auto  chosen = choose(p, collect(p, c), c);
        std::size_t n      = chosen.size();

        arena_text    out(c, 256);
        auto          quotes = c.take<quoted_span>(n);
        finish_reason why    = finish_reason::end;
        for (std::size_t i = 0; i < n; ++i) {
            const quote&      q      = chosen[i];
            const std::size_t before = out.size();
            if (before > 0) out.push_back(' ');
            const std::size_t from = out.size();
            detail::write_quoted(out, q.text);
            quotes[i] = {p.sources[q.source].mark, q.begin, q.end, from, out.size()};
            out.append(" [");
            detail::append_number(out, p.sources[q.source].mark);
            out.push_back(']');
            if (i > 0 && count(out.text()) > with.max_tokens) {
                why = finish_reason::length;
                n   = i;
                while (out.size() > before) out.pop_back();
                break;
            }
            if (!c.emit(text_delta{out.text().substr(before)})) {
                why = finish_reason::stopped;
                n   = i + 1;
                break;
            }
        }
        if (n == 0) {
            (void)c.emit(text_delta{refusal});
            return completion{refusal, finish_reason::refused, {p.tokens, count(refusal)}, {}};
        }
        return completion{out.text(), why, {p.tokens, count(out.text())}, quotes.first(n)};
    }

private:
    static constexpr double beside = -1e9; // the worth of what is only quoted as part of its list
    struct quote {
        double           worth = 0, share = 0;
        std::size_t      order = 0, source = 0, begin = 0, end = 0; // bytes of the source's body
        std::string_view text          = {};
        std::uint64_t    text_hash     = 0;
        std::uint32_t    list          = 0;
        bool             brings_list   = false; // a lead-in: the items behind it belong to it
        bool             of_asked_list = false; // the question names its list, not the item
    };
    static bool worthier(const quote& a, const quote& b) noexcept {
        return a.worth != b.worth ? a.worth > b.worth : a.order < b.order;
    }
    static bool earlier(const quote& a, const quote& b) noexcept { return a.order < b.order; }

    /// The best, then those that are worth more than .35 of it, in the order of the prompt; or the whole list that it brings.
    [[nodiscard]] std::span<const quote> choose(const prompt& p, std::span<quote> found, context& w) const {
        auto        chosen = w.take_raw<quote>(std::min(found.size(), sentences + items));
        std::size_t n      = 0;
        const auto  take   = [&](const quote& q) {
            for (const quote& other : chosen.first(n))
                if (other.text_hash == q.text_hash || overlaps(p, other, q)) return false;
            chosen[n++] = q;
            return true;
        };
        std::sort(found.begin(), found.end(), worthier);
        if (found.empty() || sentences == 0 || found.front().worth <= beside) return {};
        const quote best = found.front();
        (void)take(best);
        if (best.brings_list || best.of_asked_list) {
            std::sort(found.begin(), found.end(), earlier);
            for (const quote& q : found)
                if (q.source == best.source && q.list == best.list && n <= items && n < chosen.size()) (void)take(q);
            if (n > 1) {
                std::sort(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(n), earlier);
                return chosen.first(n);
            }
            std::sort(found.begin(), found.end(), worthier);
        }
        for (const quote& q : found) {
            if (n >= sentences || q.worth <= beside || (best.worth > 0 && q.worth < .35 * best.worth)) break;
            (void)take(q);
        }
        std::sort(chosen.begin() + (reading ? 0 : 1), chosen.begin() + static_cast<std::ptrdiff_t>(n), earlier);
        return chosen.first(n);
    }

    /// Every unit that shares a word with the question, by itself or through what stands above it.
    [[nodiscard]] std::span<quote> collect(const prompt& p, context& w) const {
        arena_list<quote>  all(w, 64);
        detail::unit_worth worth(p.asked.text, p.asked.terms, p.asked.respelled, analyse, w);
        float              best = 0;
        for (const source& s : p.sources) best = std::max(best, s.score);
        std::size_t order = 0;
        for (std::size_t i = 0; i < p.sources.size(); ++i) {
            const double trust = best > 0 ? .2 + .8 * std::max(0., static_cast<double>(p.sources[i].score / best)) : 1.;
            std::size_t  lead  = ~std::size_t{0}; // the quote that ends with a colon just before
            worth.read(p.sources[i].from, w, [&](const detail::weighed_unit& u) {
                ++order;
                if (lead < all.size() && u.list != 0) {
                    all[lead].brings_list = true;
                    all[lead].list        = u.list;
                    all[lead].worth /= .7; // it is no promise without its list
                    // Asked for several, the sentence before it that holds the question brings the list too.
                    if (worth.form() == detail::asked_for::several && lead > 0 && all[lead - 1].source == i &&
                        all[lead - 1].order + 1 == all[lead].order && all[lead - 1].share >= .6) {
                        all[lead - 1].brings_list = true;
                        all[lead - 1].list        = u.list;
                    }
                }
                lead = ~std::size_t{0};
                if (!u.reached || (!u.whole && u.list == 0)) return;
                if (u.what == detail::passage_unit::role::lead) lead = all.size();
                const bool fit = u.whole || u.named;
                all.push_back({fit ? u.worth * trust - .002 * static_cast<double>(u.words) : beside, u.share, order, i,
                               u.begin, u.end, u.text, spelling(u.text), u.list, false, u.named});
            });
        }
        return all.items();
    }

    /// A hash of the words as read.
    [[nodiscard]] static std::uint64_t spelling(std::string_view text) noexcept { return hash64(text); }
    /// The same bytes of a document, through two chunks that overlap.
    [[nodiscard]] static bool overlaps(const prompt& p, const quote& a, const quote& b) noexcept {
        const chunk &x = p.sources[a.source].from, &y = p.sources[b.source].from;
        return x.document == y.document && x.begin + a.begin < y.begin + b.end && y.begin + b.begin < x.begin + a.end;
    }
};
/// `basic_extractive` that counts words.
using extractive = basic_extractive<>;

namespace flow {
using graft::extractive;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
