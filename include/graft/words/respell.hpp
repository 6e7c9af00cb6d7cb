// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/words/analysis.hpp>
#include <graft/words/stem.hpp>
#include <graft/words/stop_words.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI::detail {

/// The fewest letters of a word that is taken for a misspelt one.
inline constexpr std::size_t shortest_respelled = 5;

/// What may stand behind the stem of an English word, a doubled letter aside.
inline constexpr std::string_view english_endings[] = {
    "able", "ably",    "al",    "ally",    "als",     "ance",   "ances", "ancy",  "ant",   "ants", "ary",   "ate",
    "ated", "ates",    "ating", "ation",   "ational", "ations", "ative", "ator",  "ators", "ed",   "ence",  "ences",
    "ency", "ent",     "ents",  "er",      "ers",     "es",     "est",   "ful",   "fully", "ible", "ibly",  "ic",
    "ical", "ically",  "ics",   "ied",     "ier",     "ies",    "iest",  "ily",   "ing",   "ings", "ion",   "ional",
    "ions", "isation", "ise",   "ised",    "ises",    "ising",  "ism",   "isms",  "ist",   "ists", "ities", "ity",
    "ive",  "ively",   "ives",  "ization", "ize",     "ized",   "izes",  "izing", "less",  "ly",   "ment",  "ments",
    "ness", "or",      "ors",   "ous",     "ously",   "s",      "y",     "e",     "d",
};

/// Whether a word looks as if it were inflected from its stem, so that a typo is not mended into something that nobody writes.
[[nodiscard]] constexpr bool is_inflected(std::string_view word, std::string_view stem) noexcept {
    std::size_t same = 0;
    while (same < stem.size() && same < word.size() && word[same] == stem[same]) ++same;
    std::string_view ending = word.substr(same);
    if (ending.empty()) return true;
    const auto known = [](std::string_view e) {
        return std::find(std::begin(english_endings), std::end(english_endings), e) != std::end(english_endings);
    };
    return known(ending) || (same > 0 && ending.size() > 2 && ending[0] == word[same - 1] && known(ending.substr(1)));
}

/// Whether two words differ by at most one byte left out, put in or changed, or two neighbours exchanged.
[[nodiscard]] constexpr bool within_one_edit(std::string_view a, std::string_view b) noexcept {
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() - a.size() > 1) return false;
    std::size_t same = 0;
    while (same < a.size() && a[same] == b[same]) ++same;
    a.remove_prefix(same);
    b.remove_prefix(same);
    if (a.size() < b.size()) return a == b.substr(1);
    if (a.size() < 2 || a.substr(1) == b.substr(1)) return true;
    return a[0] == b[1] && a[1] == b[0] && a.substr(2) == b.substr(2);
}

/// A word that is taken apart into letters, and its neighbours by one edit.
class edited_word {
    static constexpr std::size_t most = 40; // letters; a longer word is not respelled

    const analyzer&  rules_;
    std::size_t      n_            = 0;
    std::size_t      at_[most + 1] = {}; // where letter i begins
    char             word_[longest_word + 8];
    char             next_[longest_word + 8];
    char             stem_[8 + longest_word + 16] = {}, own_stem_[8 + longest_word + 16] = {};
    std::string_view own_; // the stem of the word
    char32_t         alphabet_[300];
    std::size_t      letters_ = 0;

    [[nodiscard]] static bool spells(char32_t scalar) noexcept {
        const unicode::scalar_class c = unicode::classify(scalar);
        return (c.is_letter() || c.is_kept_mark()) && c.script_kind() == unicode::script::spaced;
    }
    [[nodiscard]] std::string_view letter(std::size_t i) const noexcept {
        return {word_ + at_[i], at_[i + 1] - at_[i]};
    }

    /// The stem of a word, in `room` where it is another.
    [[nodiscard]] std::string_view stem(std::string_view word, char (&room)[8 + longest_word + 16]) const noexcept {
        if (!rules_.stems || !english_word::may_change(word.back())) return word;
        for (const char c : word)
            if (static_cast<unsigned char>(c) >= 0x80) return word;
        std::memcpy(room + 8, word.data(), word.size());
        return {room + 8, english_word(room + 8, static_cast<unsigned>(word.size())).stem()};
    }
    /// The letters that may be put in: those of the blocks of Unicode that the word is of.
    void find_alphabet() noexcept {
        char32_t    blocks[4];
        std::size_t known = 0;
        for (std::size_t i = 0; i < n_; ++i) {
            const char32_t block = unicode::decode({word_, at_[n_]}, at_[i]).scalar >> 7;
            if (known == std::size(blocks) || std::find(blocks, blocks + known, block) != blocks + known) continue;
            blocks[known++] = block;
            for (char32_t c = block << 7; c < (block + 1) << 7 && letters_ < std::size(alphabet_); ++c)
                if (spells(c) && unicode::fold(c) == c && unicode::expansion(c).empty()) alphabet_[letters_++] = c;
        }
    }
    /// The first `keep` bytes of the word, then `in`, then what stands from byte `from` on.
    template <class Has, class F>
    void give(std::size_t keep, std::string_view in, std::size_t from, const Has& has, F& f) noexcept {
        const std::size_t rest = at_[n_] - from, size = keep + in.size() + rest;
        if (size > longest_word) return;
        std::memcpy(next_, word_, keep);
        std::copy(in.begin(), in.end(), next_ + keep);
        std::memcpy(next_ + keep + in.size(), word_ + from, rest);
        const std::string_view next(next_, size), term = stem(next, stem_);
        const std::uint64_t    hash = hash64(term);
        if (has(hash) && is_inflected(next, term)) f(hash, next, within_one_edit(own_, term));
    }

public:
    explicit edited_word(const analyzer& rules) noexcept : rules_(rules) {}

    /// Whether the word may be respelled: one word of letters alone, not too short and not too long.
    [[nodiscard]] bool read(std::string_view text) noexcept {
        word_scanner scan(text, false, false);
        token        t;
        if (!scan.next(t) || t.kind != token_kind::word || t.begin != 0 || t.end != text.size()) return false;
        const std::size_t size =
            t.word.size() - (t.word.size() > 2 && t.word.substr(t.word.size() - 2) == "'s" ? 2 : 0);
        std::memcpy(word_, t.word.data(), size);
        const std::string_view word(word_, size);
        std::size_t            marks = 0;
        for (std::size_t i = 0; i < word.size();) {
            const unicode::decoded step = unicode::decode(word, i);
            if (n_ == most || !spells(step.scalar)) return false;
            marks += unicode::classify(step.scalar).is_kept_mark() ? 1u : 0u;
            at_[n_++] = i;
            i += step.length;
        }
        at_[n_] = word.size();
        return n_ - marks >= shortest_respelled && word.size() < longest_word;
    }
    template <class Has, class F>
    void each(const Has& has, F& f) noexcept {
        find_alphabet();
        own_ = stem({word_, at_[n_]}, own_stem_);
        char pair[8];
        for (std::size_t i = 0; i < n_; ++i) give(at_[i], {}, at_[i + 1], has, f);
        for (std::size_t i = 0; i + 1 < n_; ++i) {
            const std::string_view a = letter(i), b = letter(i + 1);
            if (a == b) continue;
            std::memcpy(pair, b.data(), b.size());
            std::memcpy(pair + b.size(), a.data(), a.size());
            give(at_[i], {pair, a.size() + b.size()}, at_[i + 2 < n_ ? i + 2 : n_], has, f);
        }
        for (std::size_t k = 0; k < letters_; ++k) {
            char                   bytes[4];
            const std::string_view c(bytes, unicode::encode(alphabet_[k], bytes));
            for (std::size_t i = 0; i <= n_; ++i) {
                give(at_[i], c, at_[i], has, f);
                if (i < n_ && letter(i) != c) give(at_[i], c, at_[i + 1], has, f);
            }
        }
    }
    /// Whether two neighbours were put the wrong way round in a stop word: thier, whcih.
    [[nodiscard]] bool is_stop_word_turned() noexcept {
        if (!rules_.stops || at_[n_] != n_) return false;
        bool found = false;
        for (std::size_t i = 0; i + 1 < n_ && !found; ++i) {
            std::swap(word_[i], word_[i + 1]);
            found = is_stop_word({word_, n_});
            std::swap(word_[i], word_[i + 1]);
        }
        return found;
    }
};

/// Calls f(term, spelled, near) for each word that has(term) knows and that is one typo away from `text`: a letter left out,
/// put in, taken for another, or two neighbours exchanged. `term` is what the analyser makes of it, `spelled` the word without
/// its stem, valid until f returns; some come twice.
///
/// `near`: the stems are one typo apart too, so the typo made no other ending.
///
/// Gives    false where nothing is called because `text` is not to be respelled: it is not one word of at least
///          `shortest_respelled` letters (and vowel signs) of a script with spaces, and of nothing else: E4711 is not E4712.
/// Takes    has(term), whether a word is known. Letters of the blocks of Unicode that the word has letters of; in folded form.
/// Costs    no allocation; some 30 ns a neighbour, (2 n + 1) · alphabet of them: about 500 for a word of nine Latin letters.
template <class Has, class F>
bool each_respelling(const analyzer& rules, std::string_view text, const Has& has, F&& f) noexcept {
    edited_word word(rules);
    if (!word.read(text)) return false;
    word.each(has, f);
    return true;
}

/// Whether a word is a stop word of which two neighbouring letters are exchanged.
[[nodiscard]] inline bool is_turned_stop_word(const analyzer& rules, std::string_view text) noexcept {
    edited_word word(rules);
    return word.read(text) && word.is_stop_word_turned();
}

} // namespace graft::inline GRAFT_ABI::detail
