// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/core/hash.hpp>
#include <graft/generate/definition.hpp>
#include <graft/generate/quotable.hpp>
#include <graft/prompt/budget.hpp>
#include <graft/text/analysis.hpp>
#include <graft/text/asked_words.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline v0_1 {

/// Answers by quoting: the sentences, items and rows of the sources that best cover the question, each with its citation mark.
///
/// A unit is worth the share of the question's words that it holds (`asked_words`, weighed by the index's idf where it is known), and
/// what its surroundings lend: .4 of the words that only the sentence before has (it may name what "he" or "it" is), .6 of
/// those of the heading, bold line or lead-in above it, less the further below it stands, .95 of those of a question just before it, .25
/// of those of the title. A question in the text is never an answer: it lends its words to what follows. Asked *What is X?*, a
/// sentence that says what X is gains .35 (`asks_definition`). The sum is multiplied by how far the source's score reaches up to the best's.
/// Headings, code, comments, pictures, link-only lines and fragments are not quoted. A row of a table reads `column: cell; column:
/// cell`, an item stands for itself; a lead-in that is quoted brings its list, and a list whose heading is asked for comes whole.
/// What is quoted reads as text (`write_readable`); a bracket that looks like a citation mark gets a backslash. No sentence comes twice.
/// Gives    one to `sentences` quotes, more where a list is asked for: the best, then the others in the order of the prompt; with the exact
///          bytes of each. Or `refusal` when nothing shares a word with the question. No model, no file, no network.
/// Costs    one analysis of the sources.
/// Fails    never.
template <class Analyzer = analyzer>
struct basic_extractive {
    std::size_t      sentences = 3;
    bool             reading   = false; ///< all in reading order: the best need not come first
    Analyzer         analyse   = {};    ///< of the words: the one of the index that gave the prompt its terms
    std::string_view refusal   = no_relevant_source;
    std::size_t      items     = 12; ///< of one list, at most

    template <class Piece>
    [[nodiscard]] result<quoted_text> generate(const prompt& p, Piece& piece, workspace& w) const {
        auto found = collect(p, w);
        std::sort(found.begin(), found.end(), [](const quote& a, const quote& b) {
            return a.worth != b.worth ? a.worth > b.worth : a.order < b.order;
        });
        auto        chosen = w.take_raw<quote>(std::min(found.size(), sentences + items));
        std::size_t n      = 0;
        const auto  said   = [&](const quote& q) {
            return std::any_of(
                chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(n),
                [&](const quote& other) { return other.text_hash == q.text_hash || overlaps(p, other, q); });
        };
        for (quote& q : found) {
            if (n >= sentences || n == chosen.size() || q.worth < .35 * found.front().worth) break;
            if (said(q)) continue;
            chosen[n++] = q;
            if (n == 1 && (q.brings_list || q.of_asked_list)) {
                // The whole list, in its order, and nothing else.
                std::sort(found.begin() + 1, found.end(),
                          [](const quote& a, const quote& b) { return a.order < b.order; });
                std::size_t more = 0;
                for (const quote& other : found.subspan(1))
                    if (other.source == q.source && other.list == q.list && more < items && n < chosen.size() &&
                        !said(other))
                        chosen[n++] = other, ++more;
                if (more > 0) break;
                std::sort(found.begin(), found.end(), [](const quote& a, const quote& b) {
                    return a.worth != b.worth ? a.worth > b.worth : a.order < b.order;
                });
            }
        }
        chosen             = chosen.first(n);
        const bool in_list = n > 1 && (chosen[0].brings_list || chosen[0].of_asked_list);
        if (n > 1)
            std::sort(chosen.begin() + (reading || in_list ? 0 : 1), chosen.end(),
                      [](const quote& a, const quote& b) { return a.order < b.order; });

        arena_text out(w, 256);
        auto       quotes = w.take<quoted_span>(n);
        for (std::size_t i = 0; i < n; ++i) {
            const quote&      q      = chosen[i];
            const std::size_t before = out.size();
            if (before > 0) out.push_back(' ');
            const std::size_t from = out.size();
            write_escaped(out, q.text);
            quotes[i] = {p.sources[q.source].mark, q.begin, q.end, from, out.size()};
            out.append(" [");
            detail::append_number(out, p.sources[q.source].mark);
            out.push_back(']');
            if (!piece(out.text().substr(before))) {
                n = i + 1;
                break;
            }
        }
        if (n > 0) return quoted_text{out.text(), quotes.first(n)};
        (void)piece(refusal);
        return quoted_text{refusal, {}};
    }

private:
    struct quote {
        double           worth = 0;
        std::size_t      order = 0, source = 0, begin = 0, end = 0; // bytes of the source's body
        std::string_view text          = {};
        std::uint64_t    text_hash     = 0;
        std::uint32_t    list          = 0;
        bool             brings_list   = false; // a lead-in: the items behind it belong to it
        bool             of_asked_list = false; // the question names its list, not the item
    };
    /// What stands around a unit, by word of the question: how far it is held there.
    struct lent {
        std::span<float> by;
        float            factor = 0;
    };

    /// Weights of the question's words: what they say in general, and among the chunks where an index knows them.
    [[nodiscard]] std::span<double> weigh(const asked_words& asked, const prompt& p, workspace& w) const {
        auto  weights = w.take<double>(asked.words().size());
        float most    = 0;
        for (const term_weight& t : p.terms) most = std::max(most, t.weight);
        for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<double>(asked.words()[i].weight);
        if (!(most > 0)) return weights;
        std::size_t at = 0; // both run through the question
        analyse(p.asked.text, [&](const token& t) {
            while (at < weights.size() && asked.words()[at].end <= t.begin) ++at;
            if (at == weights.size() || asked.words()[at].begin > t.begin) return;
            for (const term_weight& known : p.terms)
                if (known.term == t.term) {
                    weights[at] *= .4 + .6 * static_cast<double>(known.weight / most);
                    break;
                }
        });
        return weights;
    }

    /// Every unit that shares a word with the question, by itself or through what stands above it.
    [[nodiscard]] std::span<quote> collect(const prompt& p, workspace& w) const {
        const asked_words asked(p.asked.text, w);
        const std::size_t words   = asked.words().size();
        const auto        weights = weigh(asked, p, w);
        double            total   = 0;
        for (const double x : weights) total += x;
        arena_list<quote> all(w, 64);
        if (!(total > 0)) return all.items();
        float best = 0;
        for (const source& s : p.sources) best = std::max(best, s.score);
        const bool defines = asks_definition(p.asked.text);
        auto       seen    = asked.begin(w);
        const auto hold    = [&](std::string_view text, std::span<float> into) {
            asked.clear(seen);
            asked.look(text, seen);
            for (std::size_t i = 0; i < words; ++i) into[i] = asked.held(seen, i);
        };
        const auto share = [&](std::span<const float> held) {
            double sum = 0;
            for (std::size_t i = 0; i < words; ++i) sum += weights[i] * static_cast<double>(held[i]);
            return sum / total;
        };
        const auto  room = [&] { return w.take<float>(words); };
        const auto  own = room(), before = room(), title = room(), head = room(), heading = room(), lead = room();
        std::size_t order = 0;
        for (std::size_t i = 0; i < p.sources.size(); ++i) {
            const chunk& c     = p.sources[i].from;
            const double trust = best > 0 ? .5 + .5 * std::max(0., static_cast<double>(p.sources[i].score / best)) : 1.;
            // The innermost heading stands last in the prefix.
            const std::string_view prefix = c.text.prefix;
            const std::size_t      parted = prefix.rfind(" > ");
            hold(prefix, title);
            hold(parted == prefix.npos ? prefix : prefix.substr(parted + 3), heading);
            float         above = .45f, led = 0; // how much heading and lead-in still lend
            std::uint32_t led_list = 0;
            std::fill(before.begin(), before.end(), 0.f);
            std::fill(lead.begin(), lead.end(), 0.f);
            double      heading_share = share(heading), lead_share = 0;
            std::size_t lead_at = ~std::size_t{0};
            order += 2;
            each_unit(c, w, [&](const passage_unit& u) {
                using role = passage_unit::role;
                ++order;
                hold(u.text, own);
                if (u.what == role::heading || u.what == role::question) {
                    const double held = share(own);
                    // A question that is not the one asked leaves the heading in force.
                    if (u.what == role::heading || held >= .3) {
                        std::copy(own.begin(), own.end(), heading.begin());
                        heading_share = held;
                        above         = u.what == role::question ? .95f : .6f;
                        led           = 0;
                        std::fill(before.begin(), before.end(), 0.f);
                    } else above = std::min(above, .2f), std::copy(own.begin(), own.end(), before.begin());
                    return;
                }
                const bool listed = u.list != 0;
                if (u.what == role::row) hold(u.head, head);
                if (led > 0 && !(listed && (led_list == 0 || led_list == u.list))) led = 0;
                if (led > 0) led_list = u.list;
                double sum = 0, alone = 0;
                for (std::size_t k = 0; k < words; ++k) {
                    float most = std::max({.4f * before[k], .25f * title[k], above * heading[k], led * lead[k]});
                    if (u.what == role::row && own[k] < 1) most = std::max(most, .6f * head[k]);
                    alone += weights[k] * static_cast<double>(own[k]);
                    sum += weights[k] * static_cast<double>(std::max(own[k], most));
                }
                alone /= total;
                double worth = sum / total;
                if (u.what == role::row) { // the names of the columns are in its text, and no row's own
                    hold(u.head, head);
                }
                if (defines && u.what != role::row) worth += says_what_it_is(asked, weights, u.text, seen) ? .35 : 0.;
                if (u.what == role::lead) worth *= .7;
                const bool reached =
                    alone > 0 || (heading_share >= .25 && above >= .3f) || (led > 0 && lead_share >= .25);
                if (u.whole && reached)
                    all.push_back({worth * trust - .002 * static_cast<double>(u.words), order, i, u.begin, u.end,
                                   u.text, spelling(u.text), u.list, false,
                                   listed && alone + .15 < worth && (led > 0 ? lead_share : heading_share) >= .4});
                else if (listed && u.words > 0 && reached)
                    all.push_back({-1, order, i, u.begin, u.end, u.text, spelling(u.text), u.list, false, false});
                // A lead-in in front of a list: the list becomes its own.
                if (listed && lead_at < all.size() && led > 0 && all[lead_at].source == i) {
                    all[lead_at].brings_list = true;
                    all[lead_at].list        = u.list;
                    all[lead_at].worth       = std::max(all[lead_at].worth, all[lead_at].worth / .7);
                    lead_at                  = ~std::size_t{0};
                }
                std::copy(own.begin(), own.end(), before.begin());
                if (u.what == role::lead) {
                    std::copy(own.begin(), own.end(), lead.begin());
                    for (std::size_t k = 0; k < words; ++k) lead[k] = std::max(lead[k], .6f * heading[k]);
                    lead_share = share(lead);
                    led        = .6f;
                    led_list   = 0;
                    lead_at    = u.whole && reached ? all.size() - 1 : ~std::size_t{0};
                }
                if (!listed) above = above > .9f ? .55f : std::max(.2f, .8f * above);
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
    static void write_escaped(arena_text& out, std::string_view text) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '[' && detail::opens_mark(text, i)) out.push_back('\\');
            out.push_back(text[i]);
        }
    }
};
using extractive = basic_extractive<>;

} // namespace graft::inline v0_1
