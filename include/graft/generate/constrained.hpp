// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/generate/automaton.hpp>
#include <graft/generate/decoder.hpp>
#include <graft/generate/token_masks.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// Says to `constrained` that a text may hold the citation marks of its prompt's sources and no others.
struct cites_sources {};

/// A decoder that can write only what an automaton allows, token by token: one of some texts, what a `pattern` matches, or any text
/// whose marks exist.
///
///     const constrained<decoder> sure(model, pattern("yes|no|unknown").value());
///     const constrained<decoder> cites(model, cites_sources{});
///     auto ask = search(chunks, index) | prompt_from(chunks, {}, model) | cites;
///
/// What it writes is a beginning of such a text where the limit of tokens, a stop text or the listener ends it before.
/// Borrows  the decoder
/// Costs    the texts of the vocabulary, sorted: a megabyte and some 30 ms for 50,000 tokens, once. A walk over them for each state that an answer
///          reaches first.
/// Thread   const: any number of callers, each with a context.
template <class Decoder>
class constrained {
    const Decoder*           of_;
    std::optional<automaton> language_; // nothing: the marks of the sources
    sorted_tokens            tokens_;

    [[nodiscard]] static sorted_tokens sorted(const tokenizer& words) {
        arena a;
        return {words.size(), [&](std::uint32_t id) {
                    const arena::scope scratch(a);
                    return words.is_special(id) ? std::string() : std::string(words.written(id, a));
                }};
    }

public:
    constrained(const Decoder& of, automaton language)
        : of_(&of), language_(std::move(language)), tokens_(sorted(of.words())) {}
    constrained(const Decoder& of, cites_sources) : of_(&of), tokens_(sorted(of.words())) {}
    constrained(const Decoder&&, automaton)        = delete;
    constrained(const Decoder&&, cites_sources)    = delete;
    constrained(constrained&&) noexcept            = default;
    constrained& operator=(constrained&&) noexcept = default;

    [[nodiscard]] std::size_t count(std::string_view text) const { return of_->count(text); }

    /// As the decoder does, within the language. Fails also with `absent` where no token goes on: the vocabulary cannot spell what must follow.
    [[nodiscard]] result<completion> complete(const prompt& p, const completion_options& with, context& c) const {
        return within(of_->prompt_tokens(p.messages, c), static_cast<std::uint32_t>(p.sources.size()), with, c);
    }
    /// From tokens; a text without sources has no marks.
    [[nodiscard]] result<completion> go_on(result<std::span<const token_id>> from, const completion_options& with,
                                           context& c) const {
        return within(std::move(from), 0, with, c);
    }

private:
    [[nodiscard]] result<completion> within(result<std::span<const token_id>> from, std::uint32_t sources,
                                            const completion_options& with, context& c) const {
        const auto write = [&](const automaton& language) {
            detail::token_language allowed(language, tokens_, c);
            return of_->go_on(std::move(from), with, c, &allowed);
        };
        return language_ ? write(*language_) : write(citing(sources));
    }
};

} // namespace graft::inline GRAFT_ABI
