// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// The one stop list of graft: words so common in English that they tell no passage from another, and those that make a sentence
/// a question and say nothing about its subject. 59 words, in alphabetical order.
///
/// Source   the 33 words of Lucene's default English list, the question words, and the auxiliary verbs but "may",
///          which is a month.
inline constexpr std::string_view stop_words[] = {
    "a",    "am",    "an",    "and",   "are",  "as",    "at",    "be",   "been", "being", "but",   "by",
    "can",  "could", "did",   "do",    "does", "for",   "had",   "has",  "have", "how",   "if",    "in",
    "into", "is",    "it",    "might", "must", "no",    "not",   "of",   "on",   "or",    "shall", "should",
    "such", "that",  "the",   "their", "then", "there", "these", "they", "this", "to",    "was",   "were",
    "what", "when",  "where", "which", "who",  "whom",  "whose", "why",  "will", "with",  "would",
};

namespace detail {

/// A table without collisions: the multiplier was found by trying.
struct stop_table {
    static constexpr std::uint64_t multiplier = 0x1391f9b9dbc799b1u;
    static constexpr unsigned      shift      = 56;

    std::uint64_t keys[256]  = {};
    bool          collisions = false;

    /// At most 8 bytes as a number, the first one lowest.
    static constexpr std::uint64_t key(std::string_view word) noexcept {
        std::uint64_t x = 0;
        for (std::size_t i = 0; i < word.size(); ++i)
            x |= std::uint64_t{static_cast<unsigned char>(word[i])} << (8 * i);
        return x;
    }
    constexpr stop_table() noexcept {
        for (const std::string_view word : stop_words) {
            std::uint64_t& slot = keys[key(word) * multiplier >> shift];
            collisions          = collisions || slot != 0;
            slot                = key(word);
        }
    }
    [[nodiscard]] constexpr bool has(std::uint64_t key) const noexcept {
        return key != 0 && keys[key * multiplier >> shift] == key;
    }
};

inline constexpr stop_table stop_keys{};
static_assert(!stop_keys.collisions);

} // namespace detail

/// Whether a word in lower case is on the list.
[[nodiscard]] constexpr bool is_stop_word(std::string_view word) noexcept {
    // A NUL at the end would not show in the key.
    return !word.empty() && word.size() <= 8 && word.back() != '\0' &&
           detail::stop_keys.has(detail::stop_table::key(word));
}

} // namespace graft::inline GRAFT_ABI
