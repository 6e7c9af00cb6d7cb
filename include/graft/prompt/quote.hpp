// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/schema/chunk.hpp>
#include <graft/unicode/lower.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// A text as quotes are compared, and where each of its signs stands in the original.
struct folded_text {
    /// Bytes [begin, end) of the original that a sign was.
    struct place {
        std::uint32_t begin = 0, end = 0;
    };
    std::span<const char32_t> signs = {};
    std::span<const place>    at    = {}; ///< of each sign
    std::size_t               begin = 0;  ///< the part that is meant: [begin, end) of `signs`
    std::size_t               end   = 0;

    [[nodiscard]] bool        empty() const noexcept { return begin == end; }
    [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
    /// Without the punctuation and white space around it.
    [[nodiscard]] folded_text trimmed() const noexcept {
        folded_text t = *this;
        while (t.begin < t.end && !unicode::classify(signs[t.begin]).in_words()) ++t.begin;
        while (t.begin < t.end && !unicode::classify(signs[t.end - 1]).in_words()) --t.end;
        return t;
    }
};

/// A letter or digit of a script that puts spaces between words.
[[nodiscard]] constexpr bool spaced(char32_t c) noexcept {
    const unicode::scalar_class k = unicode::classify(c);
    return k.in_words() && k.script_kind() == unicode::script::spaced;
}
/// A digit, or a Chinese numeral.
[[nodiscard]] constexpr bool numeral(char32_t c) noexcept {
    if (c < 0x80) return c >= '0' && c <= '9';
    return unicode::classify(c).is_digit() ||
           (c > 0x3000 &&
            std::u32string_view(U"〇零一二两兩三四五六七八九十百千万萬亿億").find(c) != std::u32string_view::npos);
}
/// Whether a sign is punctuation that says nothing of the word beside it, as `%`, `#`, `+`, `/`, `?` do.
[[nodiscard]] constexpr bool punctuation(char32_t c) noexcept {
    constexpr auto mask = [](std::string_view signs) { // of the 64 signs from 0 or from 64
        std::uint64_t bits = 0;
        for (const char one : signs) bits |= std::uint64_t{1} << (one & 63);
        return bits;
    };
    constexpr std::uint64_t low = mask(" .,;:'\"()!-"), high = mask("[]{}|");
    if (c < 0x80) return ((c < 0x40 ? low : high) >> (c & 63) & 1) != 0;
    if (c < 0x2000) return c == U'«' || c == U'»' || c == U'¡';
    return (c < 0x3100 || c > 0xFF00) &&
           std::u32string_view(U"…„‚‹›。、「」『』《》〈〉【】〔〕・，；：！（）").find(c) != std::u32string_view::npos;
}
/// Whether a cut before sign `at` goes through a word, a number like 1,000 or 3.5, a name like C++, sql! or a.b, a compound
/// like thirty-one, or parts a number from its sign.
[[nodiscard]] inline bool splits_word(std::span<const char32_t> text, std::size_t at) noexcept {
    if (at == 0 || at >= text.size()) return false;
    const auto     sign = [&](std::size_t i) { return i < text.size() ? text[i] : U' '; }; // before the first: also ' '
    const char32_t before = text[at - 1], behind = text[at];
    if (before == ' ' || behind == ' ') return false;
    const bool word_before = spaced(before), word_behind = spaced(behind);
    if ((word_before && word_behind) || (numeral(before) && numeral(behind))) return true;
    if (word_before == word_behind)
        return !word_before && !punctuation(before) && !punctuation(behind) && !unicode::classify(before).in_words() &&
               !unicode::classify(behind).in_words();
    // A sign at a word, and the sign at its other side.
    const char32_t c = word_before ? behind : before, word = word_before ? before : behind;
    const char32_t other = word_before ? sign(at + 1) : sign(at - 2);
    switch (c) {
    case '\'': return spaced(other);
    case ',': return unicode::classify(word).is_digit() && unicode::classify(other).is_digit();
    case '.': return word_before ? spaced(other) : other != '.'; // .NET
    case ':': return spaced(other) || other == ':';
    case '!': return !word_before || !(other == ' ' || punctuation(other)) || other == '(' || other == '[';
    case '(':
    case '[':
    case '{': return word_before; // f(x), employee(s)
    case '-': return true;
    case '?':
    case U'？':
    case U'؟': return false;
    default: return !punctuation(c) && !unicode::classify(c).in_words();
    }
}

/// Whether the asterisks or underscores [begin, end) mark emphasis: they touch a word on one side alone. `5 * 3`, `5*3`, `a_b` and
/// `rm *` keep theirs.
[[nodiscard]] inline bool emphasis(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    std::size_t before = begin, behind = end; // what they touch, code marks aside
    while (before > 0 && text[before - 1] == '`') --before;
    while (behind < text.size() && text[behind] == '`') ++behind;
    const bool gap_before = before == 0 || static_cast<unsigned char>(text[before - 1]) <= ' ';
    const bool gap_behind = behind == text.size() || static_cast<unsigned char>(text[behind]) <= ' ';
    if (gap_before && gap_behind) return false;
    const bool bare = before == begin && behind == end;
    while (before > 1 && (static_cast<unsigned char>(text[before - 1]) & 0xC0) == 0x80) --before;
    const bool word_before = !gap_before && spaced(unicode::decode(text, before - 1).scalar);
    const bool word_behind = !gap_behind && spaced(unicode::decode(text, behind).scalar);
    if (word_before || word_behind) return word_before != word_behind;
    return bare; // `rm *`. keeps it
}

/// Folds a text for comparison: runs of white space to one space, lower case, typographic quotes and dashes to ASCII;
/// backticks, `*` and `_` of emphasis, `>` of quotations, backslashes before punctuation and line ends, and invisible characters are
/// left out. Accents count.
///
/// An em dash that touches words gets spaces beside it: it joins no compound.
/// Takes    at most 4 GiB.
/// Borrows  the context.
[[nodiscard]] inline folded_text fold_quote(std::string_view text, context& w) {
    auto        signs = w.take_raw<char32_t>(text.size());
    auto        at    = w.take_raw<folded_text::place>(text.size());
    std::size_t n     = 0;
    bool        code = false, line = true; // in a code span; before the first visible sign of a line
    const auto  put = [&](char32_t c, std::size_t from, std::size_t to) {
        if (c == ' ' && n > 0 && signs[n - 1] == ' ') return;
        signs[n] = lower(c);
        at[n++]  = {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to)};
    };
    for (std::size_t i = 0, next = 0; i < text.size(); i = next) {
        char32_t c = static_cast<unsigned char>(text[i]);
        next       = i + 1;
        if (c >= 0x80) {
            const unicode::decoded d      = unicode::decode(text, i);
            c                             = d.scalar;
            next                          = i + d.length;
            const unicode::scalar_class k = unicode::classify(c);
            if (k.is_format()) continue;
            if (k.is_space()) c = ' ';
            else if (c == 0x2018 || c == 0x2019) c = '\'';
            else if (c == 0x201C || c == 0x201D) c = '"';
            else if (c >= 0x2010 && c <= 0x2013) c = '-';
            else if (c == 0x2014 || c == 0x2015) { // three bytes, so there is room for three signs
                put(' ', i, next);
                put('-', i, next);
                c = ' ';
            }
        } else if (c < ' ') { // white space is as a quote is written
            if (c == '\n') {
                if (line) code = false; // a blank line
                line = true;
            }
            put(' ', i, next);
            continue;
        } else if (c == '>' && line &&
                   (next == text.size() || static_cast<unsigned char>(text[next]) <= ' ' || text[next] == '>')) {
            put(' ', i, next);
            continue;
        } else if (c == '`') {
            while (next < text.size() && text[next] == '`') ++next;
            if (next - i < 3) code = !code; // else a fence
            continue;
        } else if (c == '*' || (c == '_' && !code)) {
            while (next < text.size() && text[next] == text[i]) ++next;
            if (emphasis(text, i, next)) continue;
            for (std::size_t k = i; k < next; ++k) put(c, k, k + 1);
            line = false;
            continue;
        } else if (c == '\\' && next < text.size()) {
            const auto e = static_cast<unsigned char>(text[next]);
            if (e == '\n' || e == '\r') continue;
            if (e > ' ' && e < 0x7F && !unicode::classify(e).in_words()) {
                ++next;
                put(e, i, next);
                continue;
            }
        }
        line = line && c == ' ';
        put(c, i, next);
    }
    return {signs.first(n), at.first(n), 0, n};
}

/// Where a quote stands in a source: bytes [begin, end) of the source's text.
struct quote_place {
    bool        found = false;
    std::size_t begin = 0;
    std::size_t end   = 0;
};

/// Looks for a quote, whole words only. With `share` < 1 one contiguous run of at least that share of its signs is enough,
/// if what the source lacks at either end holds no digit.
///
/// Takes    a trimmed quote, and `share` above 1/2.
/// Gives    the first of the places with the longest run, without white space at its ends; punctuation around a whole quote that
///          matches too belongs to it. What stands around the place is not looked at: see `claim_source`.
/// Costs    linear, but for texts that repeat themselves.
[[nodiscard]] inline quote_place find_quote(const folded_text& quote, const folded_text& in,
                                            double share = .85) noexcept {
    using text             = std::u32string_view;
    const std::size_t size = quote.size();
    if (size == 0 || in.empty()) return {};
    const text q(quote.signs.data() + quote.begin, size), s(in.signs.data(), in.signs.size());
    const auto need   = std::clamp<std::size_t>(static_cast<std::size_t>(share * static_cast<double>(size) + .999999),
                                                size / 2 + 1, size);
    const auto digits = [](text t) {
        return std::any_of(t.begin(), t.end(), [](char32_t c) { return unicode::classify(c).is_digit(); });
    };

    // Every run of `need` signs holds the middle [size - need, need), so only places of the middle can grow into one.
    const text  middle = q.substr(size - need, 2 * need - size);
    std::size_t best = 0, from = 0;
    for (std::size_t at = s.find(middle); at != s.npos && best < size; at = s.find(middle, at + 1)) {
        std::size_t       a = size - need, b = need; // the run in the quote; in the source it is `shift` further on
        const std::size_t shift = at - a;            // may wrap: only sums are used
        while (a > 0 && a + shift > 0 && q[a - 1] == s[a + shift - 1]) --a;
        while (b < size && b + shift < s.size() && q[b] == s[b + shift]) ++b;
        while (a < b && (splits_word(in.signs, a + shift) || splits_word(quote.signs, quote.begin + a))) ++a;
        while (a < b && (splits_word(in.signs, b + shift) || splits_word(quote.signs, quote.begin + b))) --b;
        if (b - a < need || b - a <= best || digits(q.substr(0, a)) || digits(q.substr(b))) continue;
        best = b - a;
        from = a + shift;
    }
    if (best == 0) return {};
    std::size_t to = from + best;
    while (from < to && s[from] == ' ') ++from;
    while (from < to && s[to - 1] == ' ') --to;
    if (best == size) {
        const auto around = [&](std::size_t i, std::size_t j) {
            return quote.signs[i] != ' ' && quote.signs[i] == in.signs[j];
        };
        for (std::size_t i = quote.begin; i > 0 && from > 0 && around(i - 1, from - 1); --i) --from;
        for (std::size_t i = quote.end; i < quote.signs.size() && to < s.size() && around(i, to); ++i) ++to;
    }
    return {true, in.at[from].begin, in.at[to - 1].end};
}

} // namespace graft::inline GRAFT_ABI::detail
