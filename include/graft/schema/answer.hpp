// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/completion.hpp>
#include <graft/schema/prompt.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// A claim that a source says something: bytes [begin, end) of a document, and whether that was checked.
///
/// `verified` promises that the claim's words, in their order and with their signs, stand in that span (or were copied from it), and that
/// no word of the claim beside them, nor of the sentence around the span, is known to turn their meaning: negation, exception, condition,
/// doubt, quantity, comparison, a cut number, name or date (`detail::claim_words::find_in` has the rules and the languages). It compares
/// words and understands nothing: what other sentences say ("This is wrong."), headings, what was cut off with the chunk's ends,
/// irony, what "he" or "it" means, capitals, and whether the source is right are not looked at. False means only that the words
/// alone do not show it.
struct citation {
    std::uint32_t    mark     = 0;
    document_id      document = {};
    std::uint64_t    begin    = 0;
    std::uint64_t    end      = 0;
    std::string_view name     = {};    ///< the document's path
    std::string_view quote    = {};    ///< the bytes of that span
    bool             verified = false; ///< the answer's words stand in that span, and nothing turns them

    template <class F>
    constexpr void each_view(F&& f) {
        f(name, quote);
    }
};

/// What the user gets.
struct answer {
    std::string_view          text          = {};
    std::span<const citation> citations     = {};
    bool                      answerable    = false; ///< false: no relevant source, and `text` says so
    query                     asked         = {};
    std::span<const source>   sources       = {}; ///< as `prompt::audit`
    std::size_t               prompt_tokens = 0;  ///< of the rendered prompt, by the budget's counter
    finish_reason             finish        = finish_reason::end;
    token_usage               usage         = {}; ///< by the model's own counter

    template <class F>
    constexpr void each_view(F&& f) {
        f(text, citations, asked, sources);
    }
};

// What a listener in the context may hear while an answer is made: `c.listener = listen_to<text_delta, cited, answer>(f)`.

/// The next piece of the answer's text. The pieces concatenate to `answer::text`.
struct text_delta {
    std::string_view text = {};
};

/// A citation mark that has been read to its end.
struct cited {
    std::uint32_t mark = 0;
    const source& from;         ///< the source that it names
    std::size_t   text_end = 0; ///< bytes of the answer, past the mark
};

} // namespace graft::inline GRAFT_ABI
