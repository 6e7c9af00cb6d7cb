// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/sentences/sentence_marks.hpp>

#if !GRAFT_KERNELS_COMPILED
#    include <graft/sentences/full_stop.hpp>
#endif

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// `find_sentence_end`, as `graft::kernels` has compiled it.
[[nodiscard]] std::size_t compiled_sentence_end(std::string_view text, std::size_t at, std::size_t end) noexcept;

#if !GRAFT_KERNELS_COMPILED

/// Whether a line whose first visible byte is at `at` begins something new: a heading, an item, a row, a fence.
[[nodiscard]] inline bool opens_line(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unsigned a = byte_at(text, at, end), b = byte_at(text, at + 1, end), c = byte_at(text, at + 2, end);
    if (a == '|') return true;
    if (a == '-' || a == '*' || a == '+') return b == ' ' || b == '\t';
    if (a == '`' || a == '~') return b == a && c == a;
    if (a == 0xE2) return b == 0x80 && c == 0xA2; // •
    if (a == '#') {
        std::size_t n = 1;
        while (n < 7 && byte_at(text, at + n, end) == '#') ++n;
        const unsigned after = byte_at(text, at + n, end);
        return n < 7 && (after == ' ' || after == '\t');
    }
    if (!ascii_digit(a)) return false;
    std::size_t n = 1;
    while (n < 3 && ascii_digit(byte_at(text, at + n, end))) ++n;
    const unsigned mark = byte_at(text, at + n, end);
    return (mark == '.' || mark == ')') && byte_at(text, at + n + 1, end) == ' ';
}

/// Whether the line [line, feed) ends its sentence by itself: a heading, a row, a fence, a line of = or -.
[[nodiscard]] inline bool closes_line(std::string_view text, std::size_t line, std::size_t feed) noexcept {
    while (line < feed && (text[line] == ' ' || text[line] == '\t')) ++line;
    const unsigned a = byte_at(text, line, feed);
    if (a == '|') return true;
    if (a == '#' || a == '`' || a == '~') return opens_line(text, line, feed);
    if (a != '=' && a != '-') return false;
    std::size_t n = line;
    while (n < feed && byte_at(text, n, feed) == a) ++n;
    while (n < feed && (text[n] == ' ' || text[n] == '\r')) ++n;
    return n == feed && byte_at(text, line + 1, feed) == a;
}

/// Whether the number that opens the line at `next` is the rest of the line [line, feed): am / 15. März.
[[nodiscard]] inline bool wrapped_ordinal(std::string_view text, std::size_t line, std::size_t feed, std::size_t next,
                                          std::size_t end) noexcept {
    if (!ascii_digit(byte_at(text, next, end)) || feed == 0 || text[feed - 1] == ':' || opens_line(text, line, end))
        return false;
    const short_word number = word_from(text, next, end);
    if (number.digits > 2 || byte_at(text, number.end, end) != '.') return false;
    const short_word behind = word_from(text, number.end + 2, end);
    return among(month_names, behind.view()) || among(ordinal_nouns, behind.view());
}

inline constexpr std::size_t longest_span = 1000; // of code or a link: what is longer is none

/// Whether the line feeds in [from, to) leave it one paragraph; gives where its last line begins, npos where they do not.
[[nodiscard]] inline std::size_t last_line(std::string_view text, std::size_t from, std::size_t to, std::size_t line,
                                           std::size_t end) noexcept {
    for (;;) {
        const std::size_t feed = text.substr(0, to).find('\n', from);
        if (feed == std::string_view::npos) return line;
        line = feed + 1;
        while (line < end && (text[line] == ' ' || text[line] == '\t' || text[line] == '\r')) ++line;
        if (line >= to || text[line] == '\n' || opens_line(text, line, end)) return std::string_view::npos;
        from = line;
    }
}

/// Past the code span that begins with the backticks at `at`, or past these where they begin none.
///
/// A span stays in its paragraph. One of a single backtick holds no blank at its ends: so two words in old quotes (`so')
/// are none, nor is what stands between two spans when reading began within the first.
[[nodiscard]] inline std::size_t skip_code(std::string_view text, std::size_t at, std::size_t end,
                                           std::size_t& line) noexcept {
    const auto ticks = [&](std::size_t i, std::size_t to) {
        while (i < to && text[i] == '`') ++i;
        return i;
    };
    const std::size_t open = ticks(at, end), size = open - at;
    if (size > 2 && at == line) return open; // a fence
    const std::size_t to = end - open < longest_span ? end : open + longest_span;
    for (std::size_t k = open; k < to;) {
        const auto* found = static_cast<const char*>(std::memchr(text.data() + k, '`', to - k));
        if (found == nullptr) return open;
        const std::size_t close = static_cast<std::size_t>(found - text.data());
        k                       = ticks(close, to);
        if (k - close != size) continue;
        if (size == 1 && (space_at(text, open, end) > 0 || text[close - 1] == ' ' || text[close - 1] == '\n'))
            return open;
        if (size == 2 && text.substr(open, close - open).find("''") != std::string_view::npos) return open;
        const std::size_t last = last_line(text, open, close, line, end);
        if (last == std::string_view::npos) return open;
        line = last;
        return k;
    }
    return open;
}

/// The end of the target of a link, `(…)` or `[…]`, that begins at `at`; 0 where there is none.
[[nodiscard]] inline std::size_t target_end(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unsigned open = byte_at(text, at, end);
    if (open != '(' && open != '[') return 0;
    const std::size_t to    = end - at < longest_span ? end : at + longest_span;
    const auto*       found = static_cast<const char*>(std::memchr(text.data() + at, open == '(' ? ')' : ']', to - at));
    if (found == nullptr) return 0;
    const std::size_t close = static_cast<std::size_t>(found - text.data());
    return std::memchr(text.data() + at, '\n', close - at) == nullptr ? close + 1 : 0;
}

/// Past the link that begins with the bracket at `at`, but not past a mark at the very end of its words; past the bracket
/// where it begins none.
[[nodiscard]] inline std::size_t skip_link(std::string_view text, std::size_t at, std::size_t end,
                                           std::size_t& line) noexcept {
    const std::size_t to    = end - at < longest_span ? end : at + longest_span;
    std::size_t       close = at + 1;
    while (close < to && text[close] != '[' && text[close] != ']') ++close;
    if (close == to || text[close] == '[') return at + 1;
    const std::size_t past = target_end(text, close + 1, end);
    if (past == 0) return at + 1;
    const std::size_t last = last_line(text, at, close, line, end);
    if (last == std::string_view::npos) return at + 1;
    line            = last;
    const char mark = text[close - 1];
    return mark == '.' || mark == '!' || mark == '?' ? close - 1 : past;
}

/// Whether the mark at `at` belongs to a name: Yahoo! Inc.
[[nodiscard]] inline bool shouted_name(std::string_view text, std::size_t begin, std::size_t at, std::size_t next,
                                       std::size_t end) noexcept {
    const short_word before = word_before(text, begin, at, false);
    if (!before.capital || (text[at] != '!' && text[at] != '?')) return false;
    if (among(firms, word_from(text, next, end).view())) return true;
    return text[at] == '!' && among(shouted_names, before.view()) && !first_word_at(text, next, end, true);
}

/// The end of the sentence that begins at `at`, the white space behind it included.
[[nodiscard]] inline std::size_t find_sentence_end(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const std::size_t begin = at;
    std::size_t       i     = skip_space(text, at, end);
    std::size_t       line  = i; // where the present line began
    if (i == begin)              // in the middle of a line: its head says what it is
        while (line > 0 && begin - line < 256 && text[line - 1] != '\n') --line;
    for (;;) {
        i = skip_plain(text, i, end);
        if (i >= end) return end;
        if (text[i] == '\n') {
            std::size_t next = i + 1;
            while (next < end && (text[next] == ' ' || text[next] == '\t' || text[next] == '\r')) ++next;
            if (next >= end) return end;
            if (text[next] == '\n' || closes_line(text, line, i) ||
                (opens_line(text, next, end) && !wrapped_ordinal(text, line, i, next, end)))
                return skip_space(text, i, end);
            line = next;
            i    = next;
            continue;
        }
        if (text[i] == '`') {
            i = skip_code(text, i, end, line);
            continue;
        }
        if (text[i] == '[') {
            i = skip_link(text, i, end, line);
            continue;
        }
        if (text[i] == '!' && i > begin && text[i - 1] == '<') { // a comment
            const std::size_t close = text.substr(0, std::min(end, i + longest_span)).find("-->", i);
            i                       = close == std::string_view::npos ? i + 1 : close + 3;
            continue;
        }
        const terminator first = terminator_at(text, i, end);
        if (first.length == 0) {
            if (byte_at(text, i, end) == 0xE2 && byte_at(text, i + 1, end) == 0x80 && byte_at(text, i + 2, end) == 0xA9)
                return skip_space(text, i, end); // the paragraph separator
            ++i;
            continue;
        }
        std::size_t after  = i + first.length;
        bool        strong = !first.dot, alone = first.alone;
        while (true) {
            const terminator more = terminator_at(text, after, end);
            if (more.length == 0) break;
            strong = strong || !more.dot;
            alone  = more.alone;
            after += more.length;
        }
        const bool single = !strong && after == i + 1;
        while (const std::size_t n = closer_at(text, after, end)) {
            const bool bracket = text[after] == ']';
            after += n;
            if (const std::size_t past = bracket ? target_end(text, after, end) : 0)
                after = past; // [Is it so?](target)
        }
        std::size_t next = skip_space(text, after, end);
        if (byte_at(text, next, end) == 0xC2 && byte_at(text, next + 1, end) == 0xBB &&
            space_at(text, next + 2, end) > 0) {
            after = next + 2; // « Oui ! » dit-il
            next  = skip_space(text, after, end);
        }
        if (next >= end) return end;
        if (next == after && !alone) {
            i = after;
            continue;
        }
        const std::size_t word = skip_openers(text, next, end);
        bool              ends = alone;
        if (!ends) {
            ends = !lower_at(text, word, end);
            if (ends && strong) ends = !shouted_name(text, begin, i, word, end);
            else if (ends && single) ends = dot_ends(text, begin, i, word, end);
        }
        // A blank line, or a line that opens something, ends it in any case.
        if (!ends)
            for (std::size_t k = after, feeds = 0; k < next && !ends; ++k) {
                if (text[k] != '\n') continue;
                ends = ++feeds == 2 || closes_line(text, line, k);
                line = k + 1;
            }
        if (!ends && line > i) ends = opens_line(text, next, end);
        if (ends) return next;
        i = next;
    }
}

#endif

/// The end of the sentence that begins at `at`, the white space behind it included.
[[nodiscard]] inline std::size_t next_sentence(std::string_view text, std::size_t at, std::size_t end) noexcept {
#if GRAFT_KERNELS_COMPILED
    return compiled_sentence_end(text, at, end);
#else
    return find_sentence_end(text, at, end);
#endif
}

} // namespace detail

/// Calls f(begin, end) for each sentence, in order. Sentences tile the text: the white space behind one belongs to it, that
/// at the beginning of the text to the first.
///
/// Gives    a sentence ends at . ! ? … with white space behind it, at the full stops of other scripts (。 ！ ？ । ؟ ። ។),
///          closing quotes and brackets included; at a blank line; and where a line opens or is a heading, a list item, a table
///          row or a fence. It does not end where a word in lower case follows; within numbers, names of files and addresses,
///          code spans and links; behind initials (J. R. R., А. С., के.), and behind the abbreviations of some thirty languages
///          (Mr. z. B. p. ej. т. е. f.eks. bkz. …) where what follows allows it; behind an ordinal where the word before or
///          behind says that the language writes it with a full stop (am 15. März, im 19. Jahrhundert, Der 1. FC).
///
/// No list knows all abbreviations. Where a full stop can be read both ways (Acme Inc. Bob …), the sentence goes on unless the
/// next word is one that often begins sentences. A number otherwise ends its sentence.
///
/// Costs    one pass, linear in any text; a code span or a link is looked for in 1000 bytes; nothing is allocated.
/// Source   rules of our own in the order of Unicode Annex 29, chapter 5; a test reports how far both agree.
template <class F>
void each_sentence(std::string_view text, F&& f) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = detail::next_sentence(text, at, text.size());
        f(at, end);
        at = end;
    }
}

} // namespace graft::inline GRAFT_ABI
