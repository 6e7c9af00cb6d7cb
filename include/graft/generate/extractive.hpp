// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/reading/chosen_units.hpp>
#include <graft/schema/language_model.hpp>
#include <graft/schema/retrieved.hpp>
#include <graft/words/analysis.hpp>

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
/// Which they are, `unit_choice` says. Headings, code, comments, pictures, link-only lines and fragments are not quoted. A row of a table reads
/// `column: cell; column: cell`, an item stands for itself; a lead-in that is quoted brings its list, and a list whose heading is asked for
/// comes whole. What is quoted reads as text (`write_readable`); a bracket that looks like a citation mark gets a backslash. No sentence comes twice.
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
        auto read = c.take_raw<passage>(p.sources.size());
        for (std::size_t i = 0; i < read.size(); ++i) read[i] = {p.sources[i].from, p.sources[i].score};
        const auto  chosen = detail::unit_choice(p.asked, read, analyse, sentences, items)(reading, c);
        std::size_t n      = chosen.size();

        arena_text    out(c, 256);
        auto          quotes = c.take<quoted_span>(n);
        finish_reason why    = finish_reason::end;
        for (std::size_t i = 0; i < n; ++i) {
            const detail::chosen_unit& q      = chosen[i];
            const std::size_t          before = out.size();
            if (before > 0) out.push_back(' ');
            const std::size_t from = out.size();
            detail::write_quoted(out, q.text);
            quotes[i] = {p.sources[q.passage].mark, q.begin, q.end, from, out.size()};
            out.append(" [");
            detail::append_number(out, p.sources[q.passage].mark);
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
};
/// `basic_extractive` that counts words.
using extractive = basic_extractive<>;

namespace flow {
using graft::extractive;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
