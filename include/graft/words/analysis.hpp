// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/words/stop_words.hpp>
#include <graft/words/word_scanner.hpp>

#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Finds the words of a text in any script, in the form in which an index compares them.
///
/// Gives    tokens in text order. A word is a run of letters, digits and marks, without regard to case, diacritics and spelling
///          variants (`fold`, `expansion`). Everything else separates: hyphens, underscores, points, so `std::vec` is std, vec.
///          Apostrophes stay before s, t, d, m, re, ve, ll (don't) and separate elsewhere (l'homme is homme). Words in ASCII
///          are stemmed, whatever the language.
///
///          Numbers keep together: 3.14 and 1,000 (as 1000) are one word each. A unit is a word of its own, so 10km is 10, km
///          (`detail::unit_at`, and any letters that are not ASCII); 3d, 1st, H2O, 4f2a stay whole. The v of v2.3.1 is left
///          out.
///
///          One letter or digit is a word where it carries meaning. A digit does, but not where two neighbours are numbers, as
///          in a table of figures. A capital does: vitamin C, R. Not I, an initial (J. Smith) or one before an apostrophe; and
///          A, E, O, U, Y and capitals that are not ASCII only before a mark or the end (type: A), or behind a word and before
///          no capital (vitamin A is), since they are words of many languages at the head of a sentence. C++, C#, B+ are words
///          of their own; U.S. is us, p.m. is pm.
///
///          A stop word in capitals is a name, spelled in capitals (IT, WHO), if there are small letters near it on its line or
///          no other letters at all: HOW TO DO IT has none. But for WHO, one of three letters or more is `token_kind::maybe`:
///          it may be a word with stress.
///
///          A compound is its parts, then itself written together (`token_kind::whole`): openValve is open, valv, openvalv, and
///          so is open_valve. Parts end before a capital behind a small letter, and before the last capital of several where
///          small ones follow (XMLHttp; not URLs); a lone first letter goes with the second (OAuthToken); there must be two of
///          two letters. Two words that one hyphen joins count if they are short: one of 3 bytes or less and 16 together, or 4
///          and 10 (Wi-Fi, COVID-19, non-existent, but not leading-edge). Who compares questions with texts takes a compound
///          that the text writes otherwise by its other form: see `basic_bm25`.
///
///          Where no spaces stand between words (`script::ideographic`, `script::unspaced`), and inside the words of Hangul,
///          each two neighbouring characters are a token, and a lone one is one by itself; a character takes its marks with it;
///          such tokens overlap. Soft hyphens and joiners are not seen. Bytes that are not UTF-8 separate.
///
///          What is no text has no words: a data: URI, more than 128 bytes of letters and digits in one run, more than 128
///          bytes of a base64 alphabet with capitals, small letters and digits. Words are cut at `longest_word` bytes, on a
///          character.
/// Costs    no allocation.
struct analyzer {
    bool stems = true; ///< English words become their stems (`stem_english`)
    bool stops = true; ///< the words of `stop_words` are left out, with or without 's

    /// Changes when the same text would give other tokens.
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        std::uint64_t h = hash64("graft analyser 2", unicode::tables::version);
        for (const std::string_view word : stop_words) h = mix64(h, hash64(word));
        return mix64(h, (stems ? 1u : 0u) | (stops ? 2u : 0u));
    }

    /// Calls f(const token&) for each token.
    template <class F>
    void operator()(std::string_view text, F&& f) const {
        detail::word_scanner words(text, stems, stops);
        for (token t; words.next(t);) f(static_cast<const token&>(t));
    }

    /// The same for what a user asks: besides, a consonant by itself is a word where there are no capitals, as people type (vitamin
    /// c), of kind `token_kind::maybe`.
    template <class F>
    void asked(std::string_view question, F&& f) const {
        detail::word_scanner words(question, stems, stops, true);
        for (token t; words.next(t);) f(static_cast<const token&>(t));
    }

    bool operator==(const analyzer&) const = default;
};

} // namespace graft::inline GRAFT_ABI
