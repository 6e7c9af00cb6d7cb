// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/core/hash.hpp>
#include <graft/prompt/budget.hpp>
#include <graft/text/analysis.hpp>
#include <graft/text/blocks.hpp>
#include <graft/text/sentence.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline v0_1 {

/// Answers by quoting: the sentences of the sources that best cover the question, each with its citation mark.
///
/// A sentence is worth the share of the question's words that it holds, weighed by how much each says, and .4 of the share
/// that only the sentence before it holds (it may name what "he" or "it" is), times its source's score over the best
/// source's, less .002 a word of its length. Headings, code and tables are not quoted, nor is a sentence twice. White space
/// inside a quote becomes one space; a bracket that looks like a citation mark gets a backslash.
/// Gives    one to `sentences` quotes: the best, then the others in the order of the prompt; or `refusal` when no sentence
///          holds a word of the question. No model, no file, no network.
/// Takes    the question's words from the prompt, where an index knew them; else every word of the question counts the same.
/// Costs    one analysis of the sources.
/// Fails    never.
template <class Analyzer = analyzer>
struct basic_extractive {
    std::size_t      sentences = 3;
    bool             reading   = false; ///< all in reading order: the best need not come first
    Analyzer         analyse   = {};    ///< of the words: the one of the index that gave the prompt its terms
    std::string_view refusal   = no_relevant_source;

    template <class Piece>
    [[nodiscard]] result<std::string_view> generate(const prompt& p, Piece& piece, workspace& w) const {
        const auto terms = question_terms(p, w);
        auto       found = collect(p, terms, w);
        std::sort(found.begin(), found.end(), [](const quote& a, const quote& b) {
            return a.worth != b.worth ? a.worth > b.worth : a.order < b.order;
        });
        std::size_t n = 0;
        for (quote& q : found) {
            if (n == sentences) break;
            q.text_hash     = spelling(p.sources[q.source].from.text.body.substr(q.begin, q.end - q.begin));
            const auto said = [&](const quote& other) {
                return other.text_hash == q.text_hash || overlaps(p, other, q);
            };
            if (std::any_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(n), said)) continue;
            found[n++] = q;
        }
        found = found.first(n);
        if (n > 1)
            std::sort(found.begin() + (reading ? 0 : 1), found.end(),
                      [](const quote& a, const quote& b) { return a.order < b.order; });

        arena_text out(w, 256);
        for (const quote& q : found) {
            const std::size_t before = out.size();
            if (before > 0) out.push_back(' ');
            write_quote(out, p.sources[q.source].from.text.body.substr(q.begin, q.end - q.begin));
            out.append(" [");
            detail::append_number(out, p.sources[q.source].mark);
            out.push_back(']');
            if (!piece(out.text().substr(before))) break;
        }
        if (n > 0) return out.text();
        (void)piece(refusal);
        return refusal;
    }

private:
    struct quote {
        double        worth = 0;
        std::size_t   order = 0, source = 0, begin = 0, end = 0; // bytes of the source's body
        std::uint64_t text_hash = 0;
    };
    struct weighed {
        std::uint64_t term  = 0;
        double        share = 0; // of all weight
        std::size_t   seen  = 0; // the last sentence that held it, from 1
    };

    /// The question's distinct words by hash; their shares sum to 1.
    [[nodiscard]] std::span<weighed> question_terms(const prompt& p, workspace& w) const {
        arena_list<weighed> all(w, p.terms.size() + 16);
        for (const term_weight& t : p.terms)
            if (t.weight > 0) all.push_back({t.term, static_cast<double>(t.weight), 0});
        if (all.empty()) analyse(p.asked.text, [&](const token& t) { all.push_back({t.term, 1, 0}); });
        auto terms = all.items();
        std::sort(terms.begin(), terms.end(), [](const weighed& a, const weighed& b) { return a.term < b.term; });
        const auto end = std::unique(terms.begin(), terms.end(),
                                     [](const weighed& a, const weighed& b) { return a.term == b.term; });
        terms          = terms.first(static_cast<std::size_t>(end - terms.begin()));
        double sum     = 0;
        for (const weighed& t : terms) sum += t.share;
        for (weighed& t : terms) t.share /= sum;
        return terms;
    }

    /// Every sentence that holds a word of the question.
    [[nodiscard]] std::span<quote> collect(const prompt& p, std::span<weighed> terms, workspace& w) const {
        arena_list<quote> all(w, 64);
        std::uint64_t     some[4] = {}; // which low bytes occur among the terms: most words are ruled out by one bit
        for (const weighed& t : terms) some[t.term >> 6 & 3] |= std::uint64_t{1} << (t.term & 63);
        float best = 0;
        for (const source& s : p.sources) best = std::max(best, s.score);
        std::size_t order = 0;
        for (std::size_t i = 0; i < p.sources.size(); ++i) {
            const std::string_view body = p.sources[i].from.text.body;
            const double           trust =
                best > 0 ? std::max(0., static_cast<double>(p.sources[i].score) / static_cast<double>(best)) : 1.;
            double before = 0; // the share of the sentence before
            ++order; // no sentence has this number: the last one of another source is not before the first of this
            each_quotable(body, [&](std::size_t begin, std::size_t end) {
                const std::string_view text = body.substr(begin, end - begin);
                ++order;
                double share = 0, shared = 0;
                analyse(text, [&](const token& t) {
                    if ((some[t.term >> 6 & 3] >> (t.term & 63) & 1) == 0) return;
                    const auto at = std::lower_bound(terms.begin(), terms.end(), t.term,
                                                     [](const weighed& a, std::uint64_t x) { return a.term < x; });
                    if (at == terms.end() || at->term != t.term || at->seen == order) return;
                    if (at->seen + 1 == order) shared += at->share;
                    at->seen = order;
                    share += at->share;
                });
                const double worth = share + .4 * (std::exchange(before, share) - shared);
                if (share > 0)
                    all.push_back(
                        {worth * trust - .002 * static_cast<double>(prompt_words{}.count(text)), order, i, begin, end});
            });
        }
        return all.items();
    }

    /// Calls f(begin, end) for each sentence of prose, without the white space and list marks around it.
    template <class F>
    static void each_quotable(std::string_view body, F&& f) {
        each_block(body, 0, body.size(), [&](const block& b) {
            const detail::line_of first = detail::read_line(body, b.begin, b.end);
            if (b.kind == block_kind::heading || b.kind == block_kind::table || detail::fence_of(body, first) > 0 ||
                body.substr(first.first, 4) == "<!--" || body.substr(first.first, 1) == "|")
                return; // what is only indented is quoted: in plain text it is no code. `|`: rows cut off from their table's head
            // The items of a list are apart: a sentence does not go on behind the next mark.
            for (std::size_t from = b.begin; from < b.end;) {
                std::size_t to = b.end;
                if (b.kind == block_kind::list)
                    for (to = from; to < b.end;) {
                        to = detail::read_line(body, to, b.end).end;
                        if (to < b.end && detail::item_column(body, detail::read_line(body, to, b.end)) > 0) break;
                    }
                each_sentence(body.substr(from, to - from), [&](std::size_t begin, std::size_t end) {
                    begin = skip_marks(body, from + begin, from + end);
                    end   = from + end;
                    while (end > begin && static_cast<unsigned char>(body[end - 1]) <= ' ') --end;
                    if (begin < end) f(begin, end);
                });
                from = to;
            }
        });
    }
    /// Past white space and the marks of lists and quotations.
    [[nodiscard]] static std::size_t skip_marks(std::string_view body, std::size_t at, std::size_t end) noexcept {
        for (;;) {
            while (at < end && static_cast<unsigned char>(body[at]) <= ' ') ++at;
            if (at == end) return at;
            const bool mark = body[at] == '>' || ((body[at] == '-' || body[at] == '*' || body[at] == '+') &&
                                                  at + 1 < end && body[at + 1] == ' ');
            if (!mark) return at;
            ++at;
        }
    }

    /// A hash of the words as spelled, whatever stands between them.
    [[nodiscard]] static std::uint64_t spelling(std::string_view text) noexcept {
        std::uint64_t h = 0;
        for (std::size_t at = 0; at < text.size();) {
            while (at < text.size() && static_cast<unsigned char>(text[at]) <= ' ') ++at;
            const std::size_t from = at;
            while (at < text.size() && static_cast<unsigned char>(text[at]) > ' ') ++at;
            if (at > from) h = mix64(h, hash64(text.substr(from, at - from)));
        }
        return h;
    }
    /// The same bytes of a document, through two chunks that overlap.
    [[nodiscard]] static bool overlaps(const prompt& p, const quote& a, const quote& b) noexcept {
        const chunk &x = p.sources[a.source].from, &y = p.sources[b.source].from;
        return x.document == y.document && x.begin + a.begin < y.begin + b.end && y.begin + b.begin < x.begin + a.end;
    }
    static void write_quote(arena_text& out, std::string_view text) {
        bool gap = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (static_cast<unsigned char>(text[i]) <= ' ') {
                gap = true;
                continue;
            }
            if (gap && out.size() > 0) out.push_back(' ');
            gap = false;
            if (text[i] == '[' && detail::opens_mark(text, i) && !escaped(text, i)) out.push_back('\\');
            out.push_back(text[i]);
        }
    }
    [[nodiscard]] static bool escaped(std::string_view text, std::size_t at) noexcept {
        std::size_t n = 0;
        while (n < at && text[at - 1 - n] == '\\') ++n;
        return n % 2 == 1;
    }
};
using extractive = basic_extractive<>;

} // namespace graft::inline v0_1
