// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/words/common_key.hpp>
#include <graft/words/common_words_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// Whether a word is a stop word of some language: an article, a question word, an auxiliary, something that stands in texts about
/// anything. Unlike `is_stop_word`, which an index asks and which knows English alone, this serves to weigh a question's words.
///
/// Takes    a word as it stands in a text, with its accents (French où is not ou), whatever its case; in a script without
///          spaces a word of one to six characters.
/// Gives    true for a word of another kind once in 200,000 times: the table holds 32 bits of each hash.
/// Source   stopwords-iso, 58 languages, and question words of ours.
[[nodiscard]] inline bool is_common_word(std::string_view word) noexcept {
    return std::binary_search(std::begin(common_word_hashes), std::end(common_word_hashes), common_key(word));
}

/// How much a word says about the subject of a text, from 0 to 1, whatever the collection: little where it is common in its
/// language or short, 1 for a long one that is not.
///
/// Takes    a word as for `is_common_word`, its length in characters, and whether it is a number.
[[nodiscard]] inline float weight_of_word(std::string_view word, std::size_t characters, bool number) noexcept {
    constexpr float common[] = {.1f, .1f, .1f, .1f, .15f, .15f, .25f, .35f};
    constexpr float other[]  = {.3f, .3f, .4f, .7f, .9f, 1, 1, 1};
    if (number) return 1;
    const std::size_t at = std::min<std::size_t>(characters, 7);
    return is_common_word(word) ? common[at] : other[at];
}

} // namespace graft::inline GRAFT_ABI::detail
