// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/prompt/citations.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/schema/roles.hpp>

#include <string_view>

namespace graft::inline GRAFT_ABI {

/// The stage that a generator becomes: prompt → answer, with its citations.
///
/// A generator that says what it quoted (`quoted_text`) is taken at its word: `cite_quotes`. Otherwise the marks of the text are
/// read and checked: `read_citations`.
/// Without sources the generator is not called: the answer is `refusal`, and not answerable. An answer that is the
/// refusal, or empty, is not answerable either.
/// Borrows  the prompt's texts, the workspace, the generator, `refusal`.
/// Fails    when the generator does.
template <generator G>
struct answering {
    using stage_concept                    = stage_tag;
    using inputs                           = types<prompt>;
    static constexpr std::string_view name = "answer";

    stored<G>        writer;
    std::string_view refusal = no_relevant_source;

    [[nodiscard]] result<answer> operator()(const prompt& p, context& w) const { return (*this)(p, keep_going{}, w); }

    /// The same with a listener: it gets each piece as it is written, and stops the generator by giving false.
    template <class Piece>
        requires generator<G, Piece>
    [[nodiscard]] result<answer> operator()(const prompt& p, Piece piece, context& w) const {
        answer out{.text          = refusal,
                   .asked         = p.asked,
                   .sources       = p.audit,
                   .prompt_tokens = p.tokens,
                   .support       = p.support,
                   .respelled     = p.respelled};
        if (p.sources.empty()) {
            (void)piece(out.text);
            return out;
        }
        const auto written = writer->generate(p, piece, w);
        if (!written) return written.error();
        const quoted_text said = as_quoted(*written);
        out.text               = said.text;
        out.answerable         = !said.text.empty() && said.text != refusal;
        if (out.answerable)
            out.citations = said.quotes.empty() ? read_citations(said.text, p.sources, w).citations
                                                : cite_quotes(said, p.sources, w);
        return out;
    }

private:
    [[nodiscard]] static quoted_text as_quoted(std::string_view text) noexcept { return {text, {}}; }
    [[nodiscard]] static quoted_text as_quoted(const quoted_text& text) noexcept { return text; }
};

} // namespace graft::inline GRAFT_ABI
