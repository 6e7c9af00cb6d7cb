// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/stage_of.hpp>
#include <graft/prompt/citations.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/schema/language_model.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The stage that a language model becomes: prompt → answer, with its citations.
///
/// A model that says what it quoted is taken at its word: `cite_quotes`. Otherwise the marks of the text are read and checked:
/// `read_citations`. Without sources the model is not asked: the answer is `refusal`, and not answerable. An answer that is the
/// refusal, or empty, is not answerable either.
/// Tells    the listener of the context each `text_delta` as the model makes it, each mark as it is `cited`, whatever else the model tells, and the `answer`; false from
///          it stops the model.
/// Borrows  the prompt's texts, the context, the model, `refusal`.
/// Fails    when the model does.
template <language_model M>
struct answering {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "answer";

    stored<M>          model;
    completion_options with    = {};
    std::string_view   refusal = no_relevant_source;

    [[nodiscard]] result<answer> operator()(const prompt& p, context& c) const {
        answer out = unanswered(p);
        if (p.sources.empty()) (void)c.emit(text_delta{out.text});
        else {
            const auto made = completed(p, c);
            if (!made) return made.error();
            take(*made, p, out, c);
        }
        (void)c.emit(out);
        return out;
    }

    /// Many prompts at once, of a model that can write several texts side by side: `complete_each(prompts, options, c)` gives a result each.
    /// Nothing is told.
    [[nodiscard]] std::vector<result<answer>> run_each(std::span<const prompt> in, context& c) const
        requires requires(const M& m, const std::span<const prompt>& all, const completion_options& how,
                          context& in_c) {
            { m.complete_each(all, how, in_c) } -> std::same_as<std::vector<result<completion>>>;
        }
    {
        std::vector<result<answer>> out;
        std::vector<prompt>         asked;
        for (const prompt& p : in) {
            out.emplace_back(unanswered(p));
            if (!p.sources.empty()) asked.push_back(p);
        }
        const auto made = model->complete_each(std::span<const prompt>(asked), with, c);
        for (std::size_t i = 0, next = 0; i < in.size(); ++i) {
            if (in[i].sources.empty()) continue;
            const result<completion>& one = made[next++];
            if (one) take(*one, in[i], *out[i], c);
            else out[i] = one.error();
        }
        return out;
    }

private:
    [[nodiscard]] answer unanswered(const prompt& p) const {
        return {.text          = refusal,
                .asked         = p.asked,
                .sources       = p.audit,
                .prompt_tokens = p.tokens,
                .finish        = finish_reason::refused};
    }
    void take(const completion& made, const prompt& p, answer& out, context& c) const {
        out.text       = made.text;
        out.finish     = made.finish;
        out.usage      = made.usage;
        out.answerable = !out.text.empty() && out.text != refusal;
        if (out.answerable)
            out.citations = made.quotes.empty() ? read_citations(out.text, p.sources, c).citations
                                                : cite_quotes(made, p.sources, c);
    }

    /// Stands between the model and the listener of the context while the model writes, and reads the marks that pass.
    struct ear {
        context&                in;
        std::span<const source> sources;
        listener_ref            outer = in.listener;
        detail::mark_reader     marks{static_cast<std::uint32_t>(sources.size())};

        ear(context& c, std::span<const source> from) : in(c), sources(from) {
            if (outer) in.listener = listener_ref::between<text_delta>(*this);
        }
        ear(const ear&)            = delete;
        ear& operator=(const ear&) = delete;
        ~ear() { in.listener = outer; }

        bool operator()(const text_delta& piece) {
            bool go_on = outer.emit(piece);
            marks.feed(piece.text, [&](const detail::mark_at& m) {
                go_on = outer.emit(cited{m.mark, sources[m.mark - 1], m.end}) && go_on;
            });
            return go_on;
        }
    };
    [[nodiscard]] result<completion> completed(const prompt& p, context& c) const {
        const ear listening(c, p.sources);
        return model->complete(p, with, c);
    }
};

/// A language model becomes `answering`.
template <language_model M>
struct stage_of<M> {
    using type = answering<M>;
};

} // namespace graft::inline GRAFT_ABI
