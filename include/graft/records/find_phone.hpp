// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/finding.hpp>
#include <graft/records/scan_text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

// Telephone numbers have no check digit: what tells them is how they are written.
namespace graft::inline GRAFT_ABI::detail::scanning {

/// A number as it was dialled: digits in groups.
struct dialled {
    struct group {
        std::size_t begin = 0, size = 0, end = 0; ///< first digit, digits, and the byte behind them or their bracket
        char        joint = '\0';                 ///< what stands before: the last of `-./ (` there
    };
    std::array<char, 24>  digits{};
    std::array<group, 12> groups{};
    std::size_t           size = 0, count = 0;
    bool                  plus      = false;
    bool                  bracketed = false; ///< the first group

    [[nodiscard]] std::string_view all(std::size_t n) const noexcept {
        return {digits.data(), groups[n - 1].begin + groups[n - 1].size};
    }
    template <class... N>
    [[nodiscard]] bool grouped(std::size_t from, std::size_t to, N... sizes) const noexcept {
        const std::size_t want[] = {static_cast<std::size_t>(sizes)...};
        if (to - from != sizeof...(N)) return false;
        for (std::size_t k = from; k < to; ++k)
            if (groups[k].size != want[k - from]) return false;
        return true;
    }
};

/// Reads groups of digits with one space, hyphen, dot or slash between, or brackets around one of the first; `(0)` is skipped.
///
/// Gives    no group where the bracket at `i` is one of the sentence, around all of the number
[[nodiscard]] inline dialled read_dialled(std::string_view text, std::size_t i) noexcept {
    dialled    out;
    const bool first = at(text, i) == '(';
    bool       open = first, closed = !first; // a bracket now; the first one before the last group
    if (first) ++i;
    if (at(text, i) == '+') out.plus = true, ++i;
    char joint = '\0';
    while (out.count < out.groups.size()) {
        auto& g = out.groups[out.count];
        g       = {out.size, 0, i, joint};
        while (ascii_digit(at(text, i)) && out.size < out.digits.size()) out.digits[out.size++] = text[i++], ++g.size;
        if (g.size == 0) break;
        g.end           = i;
        const bool shut = open && at(text, i) == ')';
        if (shut) g.end = ++i, open = false;
        out.bracketed = out.bracketed || (shut && first && out.count == 0);
        ++out.count;
        std::size_t       next = i; // to the next group
        const std::size_t wide = gap(text, next);
        joint                  = shut ? ')' : '\0';
        if (wide > 0) joint = text[next] == '-' || wide == 3 ? '-' : ' ', next += wide;
        else if (at(text, next) == '.' || at(text, next) == '/') joint = text[next++];
        if (joint == '/' && at(text, next) == ' ') ++next;
        else if (joint == ' ' && (at(text, next) == '/' || at(text, next) == '-') && at(text, next + 1) == ' ')
            joint = '/', next += 2;
        if (!open && at(text, next) == '(' && out.count <= 2) {
            if (text.substr(next).starts_with("(0)")) {
                next += 3, joint = ' ';
                next += gap(text, next);
            } else open = true, joint = '(', ++next;
        }
        if (joint == '\0' || !ascii_digit(at(text, next))) break;
        closed = closed || !open;
        i      = next;
    }
    if (!closed) out.count = 0;
    return out;
}

/// The calling codes of the world, by their first digits: how many digits one has, 0 where there is none.
///
/// Source   ITU-T E.164, list of assigned codes.
[[nodiscard]] constexpr std::size_t calling_code(std::string_view digits) noexcept {
    if (digits.size() < 3) return 0;
    if (digits[0] == '1' || digits[0] == '7') return 1;
    constexpr std::string_view two =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 "
        "84 86 90 91 92 93 94 95 98 ";
    for (std::size_t k = 0; k < two.size(); k += 3)
        if (digits.substr(0, 2) == two.substr(k, 2)) return 2;
    constexpr std::string_view three = "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99 ";
    for (std::size_t k = 0; k < three.size(); k += 3)
        if (digits.substr(0, 2) == three.substr(k, 2)) return 3;
    return 0;
}

/// Whether the first `n` groups are a number with its country: `digits` without `+` or `00`.
[[nodiscard]] inline bool international(std::string_view digits, bool spaced) noexcept {
    const std::size_t code = calling_code(digits);
    if (code == 0 || digits.size() > 15 || digits.size() < (spaced ? 9u : 10u)) return false;
    const char first = digits[code];
    if (digits[0] == '1') return digits.size() == 11 && first >= '2' && digits[4] >= '2';
    return first != '0' || digits.starts_with("39") || digits.starts_with("225") || digits.starts_with("242") ||
           digits.starts_with("378");
}

/// Whether groups look like a date: two, two and four digits of this age or the last.
[[nodiscard]] inline bool dated(const dialled& d) noexcept {
    if (d.count < 3 || !d.grouped(0, 3, 2, 2, 4) || d.groups[1].joint != d.groups[2].joint) return false;
    const char century = d.digits[4];
    return (century == '1' || century == '2') && (d.digits[5] == '9' || d.digits[5] == '0');
}

/// Whether the first `n` groups are a number as one is written within a country.
[[nodiscard]] inline bool national(const dialled& d, std::size_t n, bool cue) noexcept {
    const auto        digits = d.all(n);
    const std::size_t size   = digits.size();
    const auto        nanp   = [&](std::size_t from) { // area and exchange begin with 2 to 9
        const std::size_t a = d.groups[from].begin;
        return d.grouped(from, n, 3, 3, 4) && d.digits[a] >= '2' && d.digits[a + 3] >= '2';
    };
    if (nanp(0) || (d.groups[0].size == 1 && digits[0] == '1' && n == 4 && nanp(1))) return true;
    if (digits[0] == '0' && size > 1 && digits[1] != '0' && n > 1 && size >= 9 && size <= 12 && d.groups[0].size >= 2 &&
        !dated(d)) {
        bool pairs = true, odd = false; // bytes in a row are no number, nor is a list of single digits
        for (std::size_t k = 0; k < n; ++k) {
            pairs = pairs && d.groups[k].size == 2;
            odd   = odd || (d.groups[k].size == 1 && !(k + 1 == n && d.groups[k].joint == '-'));
        }
        if (!odd && (!pairs || (n == 5 && d.count == 5))) return true;
    }
    if (d.grouped(0, n, 3, 4, 4) && digits[0] == '1' && digits[1] >= '3') return true; // China
    if (d.bracketed && (d.grouped(0, n, 2, 5, 4) || d.grouped(0, n, 2, 4, 4)) && digits[0] >= '1')
        return true;                                                               // Brazil
    if (n == 1 && size == 11 && digits[0] == '0' && digits[1] != '0') return true; // Britain, in one piece
    return cue && size >= 7 && size <= 12 && n <= 6;
}

/// A telephone number at a digit, a `+` or a bracket.
[[nodiscard]] inline std::optional<finding> find_phone(std::string_view text, std::size_t i) noexcept {
    const char last = before(text, i);
    if (last == '$' || last == '#' || last == '=' || last == '/' || last == '\xA3' || last == '\xAC')
        return std::nullopt; // also £, €
    const dialled d = read_dialled(text, i);
    if (d.size < 7 || d.count == 0) return std::nullopt;
    constexpr std::string_view words[] = {"tel",
                                          "telephone",
                                          "phone",
                                          "phones",
                                          "call",
                                          "mobile",
                                          "cell",
                                          "fax",
                                          "whatsapp",
                                          "sms",
                                          "text me",
                                          "text",
                                          "dial",
                                          "ring",
                                          "handy",
                                          "telefon",
                                          "mobil",
                                          "gsm",
                                          "signal",
                                          "reach me",
                                          "phone no",
                                          "hotline",
                                          "contact",
                                          "kontakt",
                                          "appelez",
                                          "telefono",
                                          "cel",
                                          "m\xC3\xB3vil",
                                          "t\xC3\xA9l", // tél
                                          "t\xC3\xA9l\xC3\xA9phone",
                                          "tel\xC3\xA9\x66ono",       // téléphone, teléfono
                                          "\xD1\x82\xD0\xB5\xD0\xBB", // тел
                                          "\xE7\x94\xB5\xE8\xAF\x9D",
                                          "\xE9\x9B\xBB\xE8\xA9\xB1", // 电话, 電話
                                          "\xE2\x98\x8E"};            // a telephone
    const bool                 cue     = cued(text, i, words);
    if (last == '-' && i >= 2 && in_word(text[i - 2]) && !cue) return std::nullopt; // the end of an address of a page
    // A pair of digits before says that these are more of a list.
    const bool listed = i >= 3 && text[i - 1] == ' ' && ascii_digit(text[i - 2]) && ascii_digit(text[i - 3]) &&
                        !ascii_digit(before(text, i - 3));
    if (listed && std::all_of(d.groups.begin(), d.groups.begin() + d.count, [](const auto& g) { return g.size == 2; }))
        return std::nullopt;
    for (std::size_t n = d.count; n > 0; --n) {
        const std::size_t end = d.groups[n - 1].end;
        if (!ends_number(text, end)) continue;
        if (n > 1 && d.groups[n - 1].size == 1 && d.groups[n - 1].joint != '-') continue;
        const auto digits = d.all(n);
        const bool spaced = n > 1;
        bool       good   = false;
        if (d.plus) good = international(digits, spaced);
        else if (digits.starts_with("00") && digits.size() > 4)
            good = (spaced || cue) && international(digits.substr(2), false);
        else if (digits.starts_with("011") && digits.size() > 11 && d.groups[0].size == 3)
            good = international(digits.substr(3), false);
        if (good || (!d.plus && national(d, n, cue))) return finding{sensitive::phone, i, end};
    }
    return std::nullopt;
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
