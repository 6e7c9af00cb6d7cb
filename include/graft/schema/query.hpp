// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/copy.hpp>
#include <graft/schema/id_set.hpp>
#include <graft/schema/message.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

class filter;

/// A word of the question as an index knows it: the hash of its stem, and how much it says among the chunks (> 0).
struct term_weight {
    std::uint64_t term   = 0;
    float         weight = 0;
};

/// A word of the question that no chunk holds, and the word that an index took instead: one letter is another, too many,
/// missing, or two are exchanged. What was found is about `word`: say so to who asked.
struct respelling {
    std::uint64_t    asked = 0;  ///< hash of the word of the question
    std::uint64_t    used  = 0;  ///< hash of the word that was looked for
    std::string_view word  = {}; ///< that word, folded

    template <class F>
    constexpr void each_view(F&& f) {
        f(word);
    }
};

/// The question, from the caller to the answer: what is asked, and what the stages have learned of it. Anything that is text
/// converts to it.
///
///     query q = "How much paid leave do I get?";
///     q.only  = &handbook;                     // a filter, which `narrow(chunks)` turns into ids
///
/// Every flow value carries it whole, so that a stage adds what it knows and passes the rest on unread.
struct query {
    std::string_view         text     = {};
    std::string_view         original = {};      ///< as it was asked, where `text` is a rewriting of it; else empty
    std::span<const message> history  = {};      ///< the conversation before it, the oldest turn first
    const filter*            only     = nullptr; ///< chunks of documents with such metadata; null: of all. See `narrow`
    bool                     narrowed = false;   ///< `only` was resolved: `among` holds
    id_set                   among    = {};      ///< the chunks that a search may give, where `narrowed`

    float lexical      = -1; ///< best lexical score / its upper bound, in [0, 1]; < 0: not known
    float support      = -1; ///< how probable it is that the answer is among the hits; < 0: nobody asked
    float nearest      = -2; ///< best score of a search by vectors, a cosine where the index has them; < -1: not known
    float dense_weight = -1; ///< what the embedder says of its own weight in a fusion; < 0: lexical

    std::uint64_t                analyser  = 0;  ///< fingerprint of the analyser that made `terms`; 0: nobody did
    std::span<const term_weight> terms     = {}; ///< its words, where an index knows them
    std::span<const respelling>  respelled = {}; ///< words that were taken for others

    query() = default;
    template <class T>
        requires std::convertible_to<const T&, std::string_view>
    constexpr query(const T& words) : text(words) {}

    /// The same question with what another branch of a search learned of it: the highest figures; the words of the branch
    /// that has some, of `other` where both have.
    [[nodiscard]] query with(const query& other) const noexcept {
        query q        = *this;
        q.lexical      = std::max(lexical, other.lexical);
        q.support      = std::max(support, other.support);
        q.nearest      = std::max(nearest, other.nearest);
        q.dense_weight = std::max(dense_weight, other.dense_weight);
        if (!other.terms.empty() || terms.empty()) q.terms = other.terms, q.analyser = other.analyser;
        if (!other.respelled.empty()) q.respelled = other.respelled;
        return q;
    }

    /// All but the filter, which stays where it is.
    template <class F>
    constexpr void each_view(F&& f) {
        f(text, original, history, among, terms, respelled);
    }
};

} // namespace graft::inline GRAFT_ABI
