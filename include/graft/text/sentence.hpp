// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/text/unicode.hpp>
#include <graft/text/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace graft::inline v0_1 {

namespace detail {

enum class stop : std::uint8_t { none, dot, strong, feed, lead };

struct stop_bytes {
    stop of[256] = {};
    constexpr stop_bytes() noexcept {
        of[static_cast<unsigned char>('.')]  = stop::dot;
        of[static_cast<unsigned char>('!')]  = stop::strong;
        of[static_cast<unsigned char>('?')]  = stop::strong;
        of[static_cast<unsigned char>('\n')] = stop::feed;
        for (const unsigned lead : {0xD6u, 0xD8u, 0xDBu, 0xE0u, 0xE1u, 0xE2u, 0xE3u, 0xEFu}) of[lead] = stop::lead;
    }
};
inline constexpr stop_bytes stops_of{};

/// Eight ASCII bytes, the high bit of each that equals `c`.
[[nodiscard]] constexpr std::uint64_t equal_bytes(std::uint64_t x, char c) noexcept {
    return ~((x ^ (each_byte * static_cast<unsigned char>(c))) + each_byte * 0x7F) & high_bits;
}

/// The first byte from `i` on that may end a sentence: eight at a time over ASCII.
[[nodiscard]] inline std::size_t skip_plain(std::string_view text, std::size_t i, std::size_t end) noexcept {
    for (; end - i >= 8; i += 8) {
        const std::uint64_t x = load8(text.data() + i);
        if ((x & high_bits) == 0) {
            const std::uint64_t found =
                equal_bytes(x, '.') | equal_bytes(x, '\n') | equal_bytes(x, '!') | equal_bytes(x, '?');
            if (found != 0) return i + static_cast<std::size_t>(__builtin_ctzll(found)) / 8;
        } else {
            for (std::size_t k = i; k < i + 8; ++k)
                if (stops_of.of[static_cast<unsigned char>(text[k])] != stop::none) return k;
        }
    }
    while (i < end && stops_of.of[static_cast<unsigned char>(text[i])] == stop::none) ++i;
    return i;
}

[[nodiscard]] inline unsigned byte_at(std::string_view text, std::size_t at, std::size_t end) noexcept {
    return at < end ? static_cast<unsigned char>(text[at]) : 0u;
}

/// The length of the white space character at `at`, 0 for none.
[[nodiscard]] inline std::size_t space_at(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unsigned a = byte_at(text, at, end);
    if (a < 0x80) return a == ' ' || (a >= '\t' && a <= '\r') ? 1 : 0;
    if (a == 0xC2) {
        const unsigned b = byte_at(text, at + 1, end);
        return b == 0x85 || b == 0xA0 ? 2 : 0;
    }
    if (a < 0xE1 || a > 0xE3) return 0;
    const unsigned b = byte_at(text, at + 1, end), c = byte_at(text, at + 2, end);
    if (a == 0xE1) return b == 0x9A && c == 0x80 ? 3 : 0;
    if (a == 0xE3) return b == 0x80 && c == 0x80 ? 3 : 0;
    return (b == 0x80 && ((c >= 0x80 && c <= 0x8A) || c == 0xA8 || c == 0xA9 || c == 0xAF)) || (b == 0x81 && c == 0x9F)
               ? 3
               : 0;
}

[[nodiscard]] inline std::size_t skip_space(std::string_view text, std::size_t at, std::size_t end) noexcept {
    while (const std::size_t n = space_at(text, at, end)) at += n;
    return at;
}

/// A character that may end a sentence.
struct terminator {
    std::size_t length = 0;     ///< 0: none
    bool        dot    = false; ///< `.` or an ellipsis, which may mean something else
    bool        alone  = false; ///< ends a sentence without white space behind it
};

[[nodiscard]] inline terminator terminator_at(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unsigned a = byte_at(text, at, end), b = byte_at(text, at + 1, end), c = byte_at(text, at + 2, end);
    switch (a) {
    case '.': return {1, true, false};
    case '!':
    case '?': return {1, false, false};
    case 0xD6: return b == 0x89 ? terminator{2, false, false} : terminator{}; // Armenian full stop
    case 0xD8: return b == 0x9F ? terminator{2, false, false} : terminator{}; // Arabic question mark
    case 0xDB: return b == 0x94 ? terminator{2, false, false} : terminator{}; // Urdu full stop
    case 0xE0: return b == 0xA5 && (c == 0xA4 || c == 0xA5) ? terminator{3, false, true} : terminator{}; // danda
    case 0xE1:
        if (b == 0x81 && c == 0x8B) return {3, false, true};                             // Burmese section
        if (b == 0x8D && (c == 0xA2 || c == 0xA7 || c == 0xA8)) return {3, false, true}; // Ethiopic
        if (b == 0x9F && (c == 0x94 || c == 0x95)) return {3, false, true};              // Khmer
        return {};
    case 0xE2:
        if (b == 0x80 && c == 0xA6) return {3, true, false};                                             // …
        if ((b == 0x80 && c == 0xBC) || (b == 0x81 && c >= 0x87 && c <= 0x89)) return {3, false, false}; // ‼ ⁇ ⁈ ⁉
        return {};
    case 0xE3: return b == 0x80 && c == 0x82 ? terminator{3, false, true} : terminator{}; // 。
    case 0xEF:
        if (b == 0xBC && (c == 0x81 || c == 0x8E || c == 0x9F)) return {3, false, true}; // ！．？
        return b == 0xBD && c == 0xA1 ? terminator{3, false, true} : terminator{};       // half-width 。
    default: return {};
    }
}

/// The length of a closing quote or bracket, or of a mark of emphasis, that still belongs to the sentence.
[[nodiscard]] inline std::size_t closer_at(std::string_view text, std::size_t at, std::size_t end,
                                           bool& quote) noexcept {
    const unsigned a = byte_at(text, at, end), b = byte_at(text, at + 1, end), c = byte_at(text, at + 2, end);
    switch (a) {
    case '"':
    case '\'': quote = true; return 1;
    case ')':
    case ']':
    case '}':
    case '*':
    case '_':
    case '`': return 1;
    case 0xC2: quote = quote || b == 0xBB; return b == 0xBB ? 2 : 0; // »
    case 0xE2:
        if (b != 0x80 || (c != 0x99 && c != 0x9D && c != 0xBA)) return 0; // ’ ” ›
        quote = true;
        return 3;
    case 0xE3: {
        const bool closes = b == 0x80 && (c == 0x89 || c == 0x8B || c == 0x8D || c == 0x8F || c == 0x91); // 〉》」』】
        quote             = quote || closes;
        return closes ? 3 : 0;
    }
    case 0xEF: return b == 0xBC && c == 0x89 ? 3 : 0; // ）
    default: return 0;
    }
}

/// Steps over what opens a quotation, a bracket or an emphasis.
[[nodiscard]] inline std::size_t skip_openers(std::string_view text, std::size_t at, std::size_t end) noexcept {
    for (;;) {
        const unsigned a = byte_at(text, at, end), b = byte_at(text, at + 1, end), c = byte_at(text, at + 2, end);
        if (a == '"' || a == '\'' || a == '(' || a == '[' || a == '{' || a == '*' || a == '_' || a == '`') ++at;
        else if (a == 0xC2 && b == 0xAB) at += 2;
        else if (a == 0xE2 && b == 0x80 && (c == 0x98 || c == 0x9C || c == 0x9E || c == 0xB9)) at += 3;
        else return at;
    }
}

[[nodiscard]] inline bool lower_at(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unsigned a = byte_at(text, at, end);
    if (a < 0x80) return a >= 'a' && a <= 'z';
    const char32_t c     = decode(text, at).scalar;
    const bool     cased = (c >= 0xB5 && c < 0x530) || (c >= 0x561 && c <= 0x587) || (c >= 0x1E00 && c < 0x2000);
    return cased && is_letter(c) && !is_upper(c);
}

template <std::size_t N>
[[nodiscard]] constexpr bool among(const std::string_view (&list)[N], std::string_view word) noexcept {
    for (const std::string_view w : list)
        if (w == word) return true;
    return false;
}

// Behind these a sentence always goes on.
inline constexpr std::string_view never_last[] = {
    "mr",  "mrs",    "ms", "dr",   "prof", "st",  "messrs", "mme", "mlle", "rev",  "hon", "gen",
    "col", "capt",   "lt", "sgt",  "maj",  "adm", "cmdr",   "gov", "sen",  "pres", "e.g", "i.e",
    "eg",  "ie",     "vs", "cf",   "viz",  "fig", "figs",   "eq",  "eqs",  "chap", "vol", "nos",
    "pp",  "approx", "ca", "resp", "incl", "tab", "z.b",    "d.h", "bzw",
};
// Behind these, and behind single letters, it ends where a word follows that often begins one.
inline constexpr std::string_view often_inside[] = {
    "etc", "inc",  "ltd", "co",  "corp", "jr",   "sr",  "bros", "al",   "est",   "dept", "univ",
    "ave", "blvd", "rd",  "jan", "feb",  "mar",  "apr", "jun",  "jul",  "aug",   "sep",  "sept",
    "oct", "nov",  "dec", "mon", "tue",  "tues", "wed", "thu",  "thur", "thurs", "fri",  "rep",
    "ed",  "eds",  "op",  "sec", "ch",   "art",  "mt",  "ft",   "ext",  "tel",
};
inline constexpr std::string_view often_first[] = {
    "the",   "this",  "that", "these",   "those", "it",  "he",   "she", "they", "we", "you",   "in",    "on",
    "at",    "but",   "and",  "however", "a",     "an",  "when", "if",  "for",  "as", "there", "after", "his",
    "her",   "its",   "our",  "their",   "what",  "who", "how",  "why", "to",   "by", "from",  "with",  "although",
    "while", "since", "some", "many",    "all",   "no",  "not",  "so",  "then", "i",
};

/// A few letters in lower case.
class short_word {
    char        bytes_[16] = {};
    std::size_t size_      = 0;

public:
    bool add(char c) noexcept {
        if (size_ == sizeof bytes_) return false;
        bytes_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return true;
    }
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_, size_}; }
};

[[nodiscard]] inline bool ascii_letter(unsigned c) noexcept { return (c | 32u) >= 'a' && (c | 32u) <= 'z'; }
[[nodiscard]] inline bool ascii_digit(unsigned c) noexcept { return c >= '0' && c <= '9'; }

/// Whether the single full stop at `dot` ends the sentence that began at `begin`; the next one would begin at `next`, which
/// is no lower case letter.
[[nodiscard]] inline bool dot_ends(std::string_view text, std::size_t begin, std::size_t dot, std::size_t next,
                                   std::size_t end) noexcept {
    std::size_t from  = dot;
    bool        inner = false, letters = true;
    while (from > begin && dot - from < 12) {
        const unsigned c = byte_at(text, from - 1, end);
        if (!ascii_letter(c) && !ascii_digit(c) && c != '.') {
            if (c >= 0x80) letters = false; // part of a word of another alphabet: no abbreviation that we know
            break;
        }
        inner   = inner || c == '.';
        letters = letters && !ascii_digit(c);
        --from;
    }
    if (from == dot || dot - from >= 12) return true;
    short_word word;
    for (std::size_t i = from; i < dot; ++i) word.add(text[i]);
    if (!letters) {
        // A number that opens the sentence, alone on it: `12. Of the …`.
        const bool number = word.view().find_first_not_of("0123456789") == std::string_view::npos;
        return !(number && dot - from <= 3 && skip_space(text, begin, end) == from);
    }
    if (among(never_last, word.view())) return false;
    if (word.view() == "no" || word.view() == "art" || word.view() == "sec" || word.view() == "p") {
        if (ascii_digit(byte_at(text, next, end))) return false;
    }
    if (word.view().size() > 1 && !inner && !among(often_inside, word.view())) return true;
    short_word first;
    for (std::size_t i = next; i < end && ascii_letter(byte_at(text, i, end)); ++i)
        if (!first.add(text[i])) break;
    return among(often_first, first.view());
}

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

/// The end of the sentence that begins at `at`, the white space behind it included.
[[nodiscard]] inline std::size_t next_sentence(std::string_view text, std::size_t at, std::size_t end) noexcept {
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
            if (text[next] == '\n' || opens_line(text, next, end) || closes_line(text, line, i))
                return skip_space(text, i, end);
            line = next;
            i    = next;
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
        bool        strong = !first.dot, alone = first.alone, quote = false;
        while (true) {
            const terminator more = terminator_at(text, after, end);
            if (more.length == 0) break;
            strong = strong || !more.dot;
            alone  = more.alone;
            after += more.length;
        }
        const bool single = !strong && after == i + 1;
        while (const std::size_t n = closer_at(text, after, end, quote)) after += n;
        const std::size_t next = skip_space(text, after, end);
        if (next >= end) return end;
        if (next == after && !alone) {
            i = after;
            continue;
        }
        const std::size_t word = skip_openers(text, next, end);
        bool              ends = alone;
        if (!ends) {
            const bool lower = lower_at(text, word, end);
            ends             = strong ? !(quote && lower) : !lower && (!single || dot_ends(text, begin, i, word, end));
        }
        // A blank line, or a line that opens something, ends it in any case.
        if (!ends)
            for (std::size_t k = after, feeds = 0; k < next && !ends; ++k) {
                if (text[k] != '\n') continue;
                line = k + 1;
                ends = ++feeds == 2;
            }
        if (!ends && line > i) ends = opens_line(text, next, end);
        if (ends) return next;
        i = next;
    }
}

} // namespace detail

/// Calls f(begin, end) for each sentence, in order. Sentences tile the text: the white space behind one belongs to it, that
/// at the beginning of the text to the first.
///
/// Gives    a sentence ends at . ! ? … with white space behind it, at the full stops of other scripts (。 ！ ？ । ؟ ። ។),
///          closing quotes and brackets included; at a blank line; and where a line opens or is a heading, a list item, a table
///          row or a fence. It does not end inside numbers, names of files and addresses, behind known abbreviations
///          (English, some German) and initials, or where a lower case word follows a full stop.
/// Costs    one pass; nothing is allocated.
/// Source   rules of our own in the order of Unicode Annex 29, chapter 5; a test reports how far both agree.
template <class F>
void each_sentence(std::string_view text, F&& f) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = detail::next_sentence(text, at, text.size());
        f(at, end);
        at = end;
    }
}

} // namespace graft::inline v0_1
