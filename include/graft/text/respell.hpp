// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/core/hash.hpp>
#include <graft/text/analysis.hpp>
#include <graft/text/stem.hpp>
#include <graft/text/stop_words.hpp>
#include <graft/text/unicode.hpp>
#include <graft/text/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace graft::inline v0_1 {

/// The fewest letters of a word that is taken for a misspelt one.
inline constexpr std::size_t shortest_respelled = 5;

namespace detail {

/// A word that is taken apart into letters, and its neighbours by one edit.
class edited_word {
    static constexpr std::size_t most = 40; // letters; a longer word is not respelled

    const analyzer& rules_;
    std::size_t     n_            = 0;
    std::size_t     at_[most + 1] = {}; // where letter i begins
    char            word_[longest_word + 8];
    char            next_[longest_word + 8];
    char            stem_[8 + longest_word + 16] = {};
    char32_t        alphabet_[300];
    std::size_t     letters_ = 0;

    [[nodiscard]] static bool spells(char32_t scalar) noexcept {
        const unicode_class c = classify(scalar);
        return (c.is_letter() || c.is_kept_mark()) && c.script_kind() == script::spaced;
    }
    [[nodiscard]] std::string_view letter(std::size_t i) const noexcept {
        return {word_ + at_[i], at_[i + 1] - at_[i]};
    }

    /// The letters that may be put in: those of the blocks of Unicode that the word is of.
    void find_alphabet() noexcept {
        char32_t    blocks[4];
        std::size_t known = 0;
        for (std::size_t i = 0; i < n_; ++i) {
            const char32_t block = decode({word_, at_[n_]}, at_[i]).scalar >> 7;
            if (known == std::size(blocks) || std::find(blocks, blocks + known, block) != blocks + known) continue;
            blocks[known++] = block;
            for (char32_t c = block << 7; c < (block + 1) << 7 && letters_ < std::size(alphabet_); ++c)
                if (spells(c) && fold(c) == c && expansion(c).empty()) alphabet_[letters_++] = c;
        }
    }
    /// The first `keep` bytes of the word, then `in`, then what stands from byte `from` on.
    template <class F>
    void give(std::size_t keep, std::string_view in, std::size_t from, F&& f) noexcept {
        const std::size_t rest = at_[n_] - from, size = keep + in.size() + rest;
        if (size > longest_word) return;
        std::memcpy(next_, word_, keep);
        std::memcpy(next_ + keep, in.data(), in.size());
        std::memcpy(next_ + keep + in.size(), word_ + from, rest);
        std::string_view term(next_, size);
        if (rules_.stems && english_word::may_change(next_[size - 1])) {
            const bool plain = std::find_if(term.begin(), term.end(),
                                            [](char c) { return static_cast<unsigned char>(c) >= 0x80; }) == term.end();
            if (plain) {
                std::memcpy(stem_ + 8, next_, size);
                term = {stem_ + 8, english_word(stem_ + 8, static_cast<unsigned>(size)).stem()};
            }
        }
        f(hash64(term), std::string_view(next_, size));
    }

public:
    explicit edited_word(const analyzer& rules) noexcept : rules_(rules) {}

    /// Whether the word may be respelled: one word of letters alone, not too short and not too long.
    [[nodiscard]] bool read(std::string_view text) noexcept {
        word_scanner scan(text, false, false);
        token        t;
        if (!scan.next(t) || t.kind != token_kind::word || t.begin != 0 || t.end != text.size()) return false;
        std::memcpy(word_, t.word.data(), t.word.size());
        const std::string_view word(word_, t.word.size());
        std::size_t            marks = 0;
        for (std::size_t i = 0; i < word.size();) {
            const decoded step = decode(word, i);
            if (n_ == most || !spells(step.scalar)) return false;
            marks += classify(step.scalar).is_kept_mark() ? 1 : 0;
            at_[n_++] = i;
            i += step.length;
        }
        at_[n_] = word.size();
        return n_ - marks >= shortest_respelled && word.size() < longest_word;
    }
    template <class F>
    void each(F&& f) noexcept {
        find_alphabet();
        char pair[8];
        for (std::size_t i = 0; i < n_; ++i) give(at_[i], {}, at_[i + 1], f);
        for (std::size_t i = 0; i + 1 < n_; ++i) {
            const std::string_view a = letter(i), b = letter(i + 1);
            if (a == b) continue;
            std::memcpy(pair, b.data(), b.size());
            std::memcpy(pair + b.size(), a.data(), a.size());
            give(at_[i], {pair, a.size() + b.size()}, at_[i + 2 < n_ ? i + 2 : n_], f);
        }
        for (std::size_t k = 0; k < letters_; ++k) {
            char                   bytes[4];
            const std::string_view c(bytes, encode(alphabet_[k], bytes));
            for (std::size_t i = 0; i <= n_; ++i) {
                give(at_[i], c, at_[i], f);
                if (i < n_ && letter(i) != c) give(at_[i], c, at_[i + 1], f);
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

} // namespace detail

/// Calls f(term, spelled) for each word that is one typo away from `text`: a letter left out, put in, taken for another, or two
/// neighbours exchanged. `term` is what the analyser makes of it, `spelled` the word without its stem, valid until f returns; some
/// come twice.
///
/// Gives    false where nothing is called because `text` is not to be respelled: it is not one word of at least
///          `shortest_respelled` letters (and vowel signs) of a script with spaces, and of nothing else: E4711 is not E4712.
/// Takes    letters of the blocks of Unicode that the word has letters of; in folded form.
/// Costs    no allocation; some 30 ns a call, (2 n + 1) · alphabet calls: about 500 for a word of nine Latin letters.
template <class F>
bool each_respelling(const analyzer& rules, std::string_view text, F&& f) noexcept {
    detail::edited_word word(rules);
    if (!word.read(text)) return false;
    word.each(f);
    return true;
}

/// Whether a word is a stop word of which two neighbouring letters are exchanged.
[[nodiscard]] inline bool is_turned_stop_word(const analyzer& rules, std::string_view text) noexcept {
    detail::edited_word word(rules);
    return word.read(text) && word.is_stop_word_turned();
}

} // namespace graft::inline v0_1
