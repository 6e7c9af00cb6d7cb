// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/core/roles.hpp>
#include <graft/prompt/budget.hpp>
#include <graft/prompt/citations.hpp>

#include <string_view>

namespace graft::inline v0_1 {

/// The stage that a generator becomes: prompt → answer, its citations read and checked.
///
/// Without sources the generator is not called: the answer is `refusal`, and not answerable. An answer that is the
/// refusal, or empty, is not answerable either.
/// Borrows  the prompt's texts, the workspace, the generator, `refusal`.
/// Fails    when the generator does.
template <generator G>
struct answering {
    using stage_concept                    = stage_tag;
    using inputs                           = types<prompt>;
    static constexpr std::string_view name = "answer";

    held<G>          writer;
    std::string_view refusal = no_relevant_source;

    [[nodiscard]] result<answer> operator()(const prompt& p, workspace& w) const { return (*this)(p, keep_going{}, w); }

    /// The same with a listener: it gets each piece as it is written, and stops the generator by giving false.
    template <class Piece>
        requires generator<G, Piece>
    [[nodiscard]] result<answer> operator()(const prompt& p, Piece piece, workspace& w) const {
        answer out{
            .text = refusal, .asked = p.asked, .sources = p.audit, .prompt_tokens = p.tokens, .support = p.support};
        if (p.sources.empty()) {
            (void)piece(out.text);
            return out;
        }
        const auto text = writer->generate(p, piece, w);
        if (!text) return text.error();
        out.text       = *text;
        out.answerable = !text->empty() && *text != refusal;
        if (out.answerable) out.citations = read_citations(*text, p.sources, w).citations;
        return out;
    }
};

} // namespace graft::inline v0_1
