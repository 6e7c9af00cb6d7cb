// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/core/hash.hpp>
#include <graft/text/stop_words.hpp>
#include <graft/text/unicode.hpp>
#include <graft/text/word_scanner.hpp>

#include <cstdint>
#include <string_view>

namespace graft::inline v0_1 {

/// Finds the words of a text in any script, in the form in which an index compares them.
///
/// Gives    tokens in text order. A word is a run of letters, digits and marks, without regard to case, diacritics and
///          spelling variants (`fold`, `expansion`); a word of one letter or digit is left out. Everything else
///          separates: hyphens, underscores, points, so `std::vec_deque` is std, vec, deque; `HashMap` is one word.
///          Numbers keep together: 3.14 and 1,000 (as 1000) are one word each. Apostrophes stay before s, t, d, m, re,
///          ve, ll (don't) and separate elsewhere (l'homme is homme). Words in ASCII are stemmed, whatever the language.
///          Where no spaces stand between words (`script::ideographic`, `script::unspaced`), and inside the words of
///          Hangul, each two neighbouring characters are a token, and a lone one is one by itself; a character takes
///          its marks with it; such tokens overlap. Soft hyphens and joiners are not seen. Bytes that are not UTF-8
///          separate.
/// Costs    no allocation. Words are cut at `longest_word` bytes, on a character.
struct analyzer {
    bool stems = true; ///< English words become their stems (`stem_english`)
    bool stops = true; ///< the words of `stop_words` are left out, with or without 's

    /// Changes when the same text would give other tokens.
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        std::uint64_t h = hash64("graft analyser 1", unicode_tables::version);
        for (const std::string_view word : stop_words) h = mix64(h, hash64(word));
        return mix64(h, (stems ? 1u : 0u) | (stops ? 2u : 0u));
    }

    /// Calls f(const token&) for each token.
    template <class F>
    void operator()(std::string_view text, F&& f) const {
        detail::word_scanner words(text, stems, stops);
        for (token t; words.next(t);) f(static_cast<const token&>(t));
    }

    bool operator==(const analyzer&) const = default;
};

} // namespace graft::inline v0_1
