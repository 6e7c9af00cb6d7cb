// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/words/stop_words.hpp>

#include <algorithm>
#include <graft/unicode/ascii.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

// What the letters around a word, and their case, say of it: the rules of `analyzer` that look at the text instead of the folded
// spelling.

namespace graft::inline GRAFT_ABI::detail {

/// The byte at `i`, 0 outside the text.
[[nodiscard]] constexpr char byte_of(std::string_view text, std::size_t i) noexcept {
    return i < text.size() ? text[i] : '\0';
}

/// Units that may stand behind a number without a space; those of one letter are in `unit_at`.
inline constexpr std::string_view units[] = {
    "am",  "atm", "bar",  "bit",  "bits", "bpm",  "cal", "cl",  "cm",   "cpu",  "db",   "dbm", "dl",  "dpi", "em",
    "eur", "fps", "ft",   "gb",   "gbit", "gbps", "ghz", "gib", "gpu",  "gw",   "gwh",  "ha",  "hpa", "hr",  "hrs",
    "hz",  "in",  "kb",   "kbit", "kbps", "kcal", "kg",  "khz", "kib",  "kj",   "km",   "kmh", "kn",  "kpa", "kph",
    "kv",  "kw",  "kwh",  "lb",   "lbs",  "ma",   "mah", "mb",  "mbar", "mbit", "mbps", "mcg", "mg",  "mhz", "mi",
    "mib", "min", "mins", "ml",   "mm",   "mpa",  "mph", "ms",  "mv",   "mw",   "mwh",  "nm",  "ns",  "oz",  "pa",
    "pb",  "pib", "pm",   "ppm",  "psi",  "pt",   "px",  "rem", "rpm",  "sec",  "secs", "tb",  "tib", "twh", "ug",
    "um",  "us",  "usd",  "vdc",  "vac",  "wh",   "yd",  "yr",  "yrs",
};

/// Where the unit begins in a word that is a number and a unit (10km, 2.5GHz), 0 where the word is none: a unit of `units`, or
/// m, s, h, l, w, v behind any number and g behind two digits. 3d, 5G, 4k, 1st and 4f2a stay whole.
///
/// Takes    the word in lower case.
[[nodiscard]] constexpr std::size_t unit_at(std::string_view word) noexcept {
    std::size_t at = 0;
    while (at < word.size() && (ascii_digit(word[at]) || word[at] == '.')) ++at;
    const std::string_view unit = word.substr(at);
    if (at == 0 || unit.empty() || unit.size() > 4) return 0;
    if (unit.size() > 1) return std::find(std::begin(units), std::end(units), unit) != std::end(units) ? at : 0;
    const bool any = std::string_view("mshlwv").find(unit[0]) != std::string_view::npos;
    return any || (unit[0] == 'g' && at > 1) ? at : 0;
}

/// Whether a version number begins behind the letter v at `i`: digits, a point, a digit.
[[nodiscard]] constexpr bool version_behind(std::string_view text, std::size_t i) noexcept {
    if (!ascii_digit(byte_of(text, ++i))) return false;
    while (ascii_digit(byte_of(text, i))) ++i;
    return byte_of(text, i) == '.' && ascii_digit(byte_of(text, i + 1));
}

/// The length of the sign that makes a word of its own of the letter before `i`: ++ as in C++, # as in C#, + behind a capital
/// (a grade, a blood group); 0 where there is none.
[[nodiscard]] constexpr std::size_t sign_at(std::string_view text, std::size_t i) noexcept {
    const char first = byte_of(text, i), second = byte_of(text, i + 1), third = byte_of(text, i + 2);
    const auto letter = [](char c) {
        return ascii_upper(c) || ascii_lower(c) || static_cast<unsigned char>(c) >= 0x80;
    };
    if (first == '+' && second == '+') return letter(third) || third == '+' ? 0 : 2;
    if (first == '#') return letter(second) || ascii_digit(second) || second == '#' ? 0 : 1;
    return first == '+' && ascii_upper(text[i - 1]) && !letter(second) && !ascii_digit(second) ? 1 : 0;
}

/// Past the last letter of an abbreviation with points that begins at `i`: of capitals (U.S., U.S.A.), or a.m. and p.m.; `i`
/// where there is none.
[[nodiscard]] constexpr std::size_t pointed_end(std::string_view text, std::size_t i) noexcept {
    if ((text[i] == 'a' || text[i] == 'p') && byte_of(text, i + 1) == '.' && byte_of(text, i + 2) == 'm')
        return ascii_alnum(byte_of(text, i + 3)) ? i : i + 3;
    std::size_t end = i;
    for (std::size_t at = i; ascii_upper(byte_of(text, at)) && byte_of(text, at + 1) == '.'; at += 2) {
        if (static_cast<unsigned char>(byte_of(text, at + 2)) >= 0x80) return i;
        end = at + 1;
    }
    if (end > i && ascii_upper(byte_of(text, end + 1)) && !ascii_alnum(byte_of(text, end + 2)))
        end += 2; // U.S without the last
    if (byte_of(text, end) == '.' && ascii_alnum(byte_of(text, end + 1))) return i;
    return end > i + 1 ? end : i;
}

/// Whether the digit at [begin, end), a word by itself, stands among numbers, as in a table of figures, where it says nothing:
/// two of its neighbours are numbers, on either side or both.
[[nodiscard]] constexpr bool among_numbers(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    const auto blank   = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    const auto figure  = [](char c) { return ascii_digit(c) || c == '.'; };
    int        numbers = 0;
    for (; numbers < 2; ++numbers) {
        std::size_t at = begin;
        while (at > 0 && blank(text[at - 1])) --at;
        if (at == begin || at == 0 || !ascii_digit(text[at - 1])) break;
        while (at > 0 && figure(text[at - 1])) --at;
        begin = at;
    }
    for (; numbers < 2; ++numbers) {
        std::size_t at = end;
        while (blank(byte_of(text, at))) ++at;
        if (at == end || !ascii_digit(byte_of(text, at))) break;
        while (figure(byte_of(text, at))) ++at;
        end = at;
    }
    return numbers == 2;
}

/// Whether the capital at [begin, end) is the initial of a name (J. Smith; Smith, J. R. in 1970): a point follows it, and
/// another initial or a word and a comma stands before it, or a capital follows the point. A sentence ends there if the next
/// one begins with a stop word, or if the word before is in small letters and no stop word (vitamin C. Oranges).
[[nodiscard]] constexpr bool is_initial(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    if (byte_of(text, end) != '.' || byte_of(text, end + 1) != ' ') return false;
    if (begin > 3 && text[begin - 1] == ' ' && text[begin - 2] == '.' && ascii_upper(text[begin - 3]) &&
        text[begin - 4] == ' ')
        return true;
    if (begin > 3 && text[begin - 1] == ' ' && text[begin - 2] == ',' && ascii_lower(text[begin - 3])) return true;
    if (!unicode::classify(unicode::decode(text, end + 2).scalar).is_upper()) return false;
    std::size_t to = end + 2;
    char        next[8];
    std::size_t size = 0;
    for (; size < 8 && ascii_alnum(byte_of(text, to)); ++to) next[size++] = static_cast<char>(text[to] | 0x20);
    if (size > 1 && size < 8 && is_stop_word({next, size})) return false;
    if (begin < 2 || text[begin - 1] != ' ') return true;
    std::size_t from = begin - 1;
    while (from > 0 && ascii_lower(text[from - 1])) --from;
    const std::string_view before = text.substr(from, begin - 1 - from);
    const bool             whole  = from == 0 || !ascii_alnum(text[from - 1]);
    return before.empty() || !whole || is_stop_word(before);
}

/// Whether the letter at `begin`, a word by itself, is a label (vitamin C, plan B) and no article or pronoun: a capital, no
/// apostrophe behind it. I is none. A, E, O, U, Y and what is not ASCII are words of many languages: a mark or the end must
/// follow them, or a word stand before them on their line and no capital follow.
[[nodiscard]] constexpr bool is_label(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    const char c = text[begin];
    if (end < text.size() && unicode::fold(unicode::decode(text, end).scalar) == U'\'') return false;
    if (static_cast<unsigned char>(c) < 0x80) {
        if (!ascii_upper(c) || c == 'I' || is_initial(text, begin, end)) return false;
        if (std::string_view("AEOUY").find(c) == std::string_view::npos) return true;
    } else if (!unicode::classify(unicode::decode(text, begin).scalar).is_upper()) {
        return false;
    }
    std::size_t next = end;
    while (byte_of(text, next) == ' ') ++next;
    const char behind = byte_of(text, next);
    if (next == text.size() || std::string_view("|/):,;]\"?!\r\n").find(behind) != std::string_view::npos) return true;
    if (begin < 2 || text[begin - 1] != ' ') return false;
    const char before = text[begin - 2];
    if (!ascii_alnum(before) && static_cast<unsigned char>(before) < 0x80) return false;
    return byte_of(text, end) != ' ' || !unicode::classify(unicode::decode(text, end + 1).scalar).is_upper();
}

/// Whether a small letter by itself may stand for a label in a question: a consonant behind a word or at the head, where there are no
/// capitals, as people type.
[[nodiscard]] constexpr bool is_small_label(std::string_view text, std::size_t begin) noexcept {
    if (std::string_view("bcdfghjklmnpqrstvwxz").find(text[begin]) == std::string_view::npos) return false;
    if (begin == 0 && byte_of(text, 1) != ' ') return false;
    if (begin > 0 && (begin < 2 || text[begin - 1] != ' ' || !ascii_alnum(text[begin - 2]))) return false;
    return std::find_if(text.begin(), text.end(), [](char c) { return ascii_upper(c); }) == text.end();
}

/// Whether the stop word at [begin, end) is a name: two capitals or more, behind no number, on a line that has small letters
/// too, or no letters besides. A section path (a > b) counts as lines.
[[nodiscard]] constexpr bool is_name(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    constexpr std::size_t reach = 64;
    if (end - begin < 2) return false;
    for (std::size_t i = begin; i < end; ++i)
        if (!ascii_upper(byte_of(text, i))) return false;
    if (begin > 0 && ascii_digit(text[begin - 1])) return false;
    if (begin > 1 && text[begin - 1] == ' ' && ascii_digit(text[begin - 2])) return false;
    bool       letters = false, small = false;
    const auto look = [&](char c) {
        if (c == '\n' || c == '>') return false;
        letters = letters || ascii_upper(c) || static_cast<unsigned char>(c) >= 0x80;
        small   = ascii_lower(c);
        return !small;
    };
    for (std::size_t i = begin; i > 0 && begin - i < reach && look(text[i - 1]);) --i;
    if (small) return true;
    for (std::size_t i = end; i < text.size() && i - end < reach && look(text[i]);) ++i;
    return small || !letters;
}

/// Whether a stop word in capitals is surely a name: of two letters, or WHO. The others are as often a word with stress (do
/// NOT).
[[nodiscard]] constexpr bool is_sure_name(std::string_view capitals) noexcept {
    return capitals.size() == 2 || capitals == "WHO";
}

/// Where the next part of a compound at [begin, end) of ASCII letters and digits begins, behind `from`: openValve is open,
/// Valve; XMLHttp is XML, Http; a plural (URLs) is one.
[[nodiscard]] constexpr std::size_t next_part(std::string_view text, std::size_t begin, std::size_t from,
                                              std::size_t end) noexcept {
    for (std::size_t i = from + (from == begin ? 2 : 1); i < end; ++i) {
        if (!ascii_upper(text[i])) continue;
        const bool small = i + 1 < end && ascii_lower(text[i + 1]);
        if (ascii_lower(text[i - 1]) || (ascii_digit(text[i - 1]) && small)) return i;
        if (ascii_upper(text[i - 1]) && small && !(text[i + 1] == 's' && i + 2 == end)) return i;
    }
    return end;
}

/// Whether a word has two parts of two letters or more.
[[nodiscard]] constexpr bool has_parts(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    int n = 0;
    for (std::size_t at = begin; at < end && n < 2;) {
        const std::size_t next = next_part(text, begin, at, end);
        n += next - at > 1 ? 1 : 0;
        at = next;
    }
    return n > 1;
}

/// The length of the mark at `i` that joins two words into a compound, _ or a hyphen (U+2010 and U+2011 too); 0 for none.
[[nodiscard]] constexpr std::size_t joiner_at(std::string_view text, std::size_t i) noexcept {
    const char c = byte_of(text, i);
    if (c == '_' || c == '-') return 1;
    const bool hyphen = c == '\xE2' && byte_of(text, i + 1) == '\x80' &&
                        (byte_of(text, i + 2) == '\x90' || byte_of(text, i + 2) == '\x91');
    return hyphen ? 3 : 0;
}

/// The longest run of letters and digits, in bytes of the text, that is a word.
inline constexpr std::size_t longest_letter_run = 128;

/// The end of what begins at `i` and is encoded bytes, not words: a run of more than `longest_letter_run` bytes of the alphabets of
/// base64 without white space, with capitals, small letters and digits in it. `i` where it is none; `*seen` is then the end of
/// the run.
[[nodiscard]] constexpr std::size_t encoded_end(std::string_view text, std::size_t i, std::size_t& seen) noexcept {
    bool        upper = false, lower = false, digit = false;
    std::size_t at = i;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (ascii_upper(c)) upper = true;
        else if (ascii_lower(c)) lower = true;
        else if (ascii_digit(c)) digit = true;
        else if (c != '+' && c != '/' && c != '-' && c != '_' && c != '=') break;
    }
    seen = at;
    return at - i > longest_letter_run && upper && lower && digit ? at : i;
}

/// The end of a data: URI whose scheme ends at `i`, on the colon; `i` where none begins.
[[nodiscard]] constexpr std::size_t data_end(std::string_view text, std::size_t i) noexcept {
    std::size_t at = i + 1;
    for (; at < text.size() && at - i < 80; ++at) {
        const char c = text[at];
        if (c == ',' && at > i + 3) {
            while (at < text.size() && static_cast<unsigned char>(text[at]) > ' ' &&
                   std::string_view(")\"'<>`]}").find(text[at]) == std::string_view::npos)
                ++at;
            return at;
        }
        if (!ascii_alnum(c) && std::string_view("/+.-;=_").find(c) == std::string_view::npos) return i;
    }
    return i;
}

} // namespace graft::inline GRAFT_ABI::detail
