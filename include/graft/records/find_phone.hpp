// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/scan_text.hpp>
#include <graft/records/sensitive.hpp>

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
        char        joint = '\0';                 ///< what stands before: one of `-./ ()`
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
        if (wide > 0) joint = shut ? ')' : hyphen(text, next) ? '-' : ' ', next += wide;
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

/// Whether the first `n` groups are one of what numbers also count: a date, a range of years, a page and the next, an American postcode with its four, a
/// decimal, thousands.
[[nodiscard]] inline bool counted(const dialled& d, std::size_t n) noexcept {
    const auto value = [&](std::size_t k) {
        unsigned x = 0;
        for (std::size_t i = 0; i < d.groups[k].size; ++i)
            x = x * 10 + static_cast<unsigned>(d.digits[d.groups[k].begin + i] - '0');
        return x;
    };
    const auto year = [&](std::size_t k) { return d.groups[k].size == 4 && value(k) >= 1000 && value(k) < 2100; };
    const auto of   = [&](std::size_t k, unsigned most) {
        return d.groups[k].size <= 2 && value(k) >= 1 && value(k) <= most;
    };
    if (n == 1) { // 20240511
        const std::size_t at = d.groups[0].begin;
        const auto two = [&](std::size_t k) { return (d.digits[at + k] - '0') * 10 + d.digits[at + k + 1] - '0'; };
        return d.groups[0].size == 8 && (two(0) == 19 || two(0) == 20) && two(4) >= 1 && two(4) <= 12 && two(6) >= 1 &&
               two(6) <= 31;
    }
    if (n >= 3 && d.groups[1].joint == d.groups[2].joint) {
        if (year(2) && ((of(0, 31) && of(1, 12)) || (of(0, 12) && of(1, 31)))) return true;
        if (year(0) && of(1, 12) && of(2, 31)) return true;
    }
    const std::size_t k = d.bracketed && n > 2 ? 1 : 0; // behind the number of an item
    if (year(k) && year(k + 1) && value(k) <= value(k + 1) && d.groups[k + 1].joint != ' ') return true;
    if (n == 2 && d.grouped(0, 2, 5, 4) && d.groups[1].joint == '-' && d.digits[0] != '9') return true;
    bool dots = d.groups[1].joint == '.', others = false, threes = d.groups[0].size <= 3;
    for (std::size_t g = 2; g < n; ++g) (d.groups[g].joint == '.' ? dots : others) = true;
    for (std::size_t g = 1; g < n; ++g) threes = threes && d.groups[g].size == 3;
    return dots && (others || n == 2 || (threes && d.digits[0] != '0') || (d.groups[0].size == 1 && n < 4));
}

/// Whether the first `n` groups are a number as one is written within a country.
[[nodiscard]] inline bool national(const dialled& d, std::size_t n) noexcept {
    const auto        digits = d.all(n);
    const std::size_t size   = digits.size();
    for (std::size_t k = 1; k < n; ++k)
        if (d.groups[k].joint == '(' && (k > 1 || d.groups[0].size > 1)) return false;
    if (digits.find_first_not_of("01") == std::string_view::npos || counted(d, n)) return false;
    const auto nanp = [&](std::size_t from) { // area and exchange begin with 2 to 9
        const std::size_t a = d.groups[from].begin;
        if (!d.grouped(from, n, 3, 3, 4) || d.digits[a] < '2' || d.digits[a + 3] < '2') return false;
        const char first = d.groups[from + 1].joint, last = d.groups[from + 2].joint;
        return first == last || first == ')' || (last == '-' && (first == ' ' || first == '/'));
    };
    if (nanp(0) || (d.groups[0].size == 1 && digits[0] == '1' && n == 4 && nanp(1))) return true;
    if (digits[0] == '0' && size > 1 && digits[1] != '0' && n > 1 && size >= 9 && size <= 12 && d.groups[0].size >= 2) {
        bool pairs = true, odd = false; // bytes in a row are no number, nor is a list of single digits
        for (std::size_t k = 0; k < n; ++k) {
            pairs = pairs && d.groups[k].size == 2;
            odd   = odd || (d.groups[k].size == 1 && !(k + 1 == n && d.groups[k].joint == '-'));
        }
        if (!odd && (!pairs || (n == 5 && d.count == 5))) return true;
    }
    if (digits[0] == '8' && d.groups[0].size == 1 && size == 11 &&
        std::string_view("3489").find(digits[1]) != std::string_view::npos && // Russia
        (d.grouped(1, n, 3, 3, 2, 2) || d.grouped(1, n, 4, 2, 2, 2) ||
         (d.groups[1].joint == '(' && (d.grouped(1, n, 3, 3, 4) || d.grouped(1, n, 3, 7)))))
        return true;
    if (d.grouped(0, n, 3, 4, 4) && digits[0] == '1' && digits[1] >= '3') return true; // China
    if (d.bracketed && (d.grouped(0, n, 2, 5, 4) || d.grouped(0, n, 2, 4, 4)) && digits[0] >= '1')
        return true;                                                     // Brazil
    return n == 1 && size == 11 && digits[0] == '0' && digits[1] != '0'; // Britain, in one piece
}

/// Whether a word for a telephone stands before `i`, with nothing between but what leads to a number: `Tel.:`, `call me on`, `phoneNumber="`.
[[nodiscard]] inline bool called(std::string_view text, std::size_t i) noexcept {
    // Words in small letters; of a script with two cases also as they begin a sentence.
    constexpr std::string_view words[] = {
        "tel",       "telephone",   "phone",         "phones",      "call",       "mobile",
        "cell",      "fax",         "whatsapp",      "sms",         "text me",    "text us",
        "dial",      "ring me",     "ring us",       "handy",       "telefon",    "mobil",
        "gsm",       "hotline",     "reach me",      "reach us",    "contact no", "contact number",
        "appelez",   "telefono",    "telefone",      "cel",         "celular",    "cellulare",
        "móvil",     "telefoon",    "mobiel",        "téléphone",   "tél",        "teléfono",
        "rufnummer", "handynummer", "telefonnummer", "mobilnummer", "faxnummer",  "phonenumber",
        "telnr",     "telefonnr",   "durchwahl",     "тел",         "Тел",        "ТЕЛ",
        "елефон",    "моб",         "Моб",           "обильный",    "τηλ",        "Τηλ",
        "ηλέφωνο",   "هاتف",        "الهاتف",        "جوال",        "الجوال",     "تلفون",
        "موبايل",    "טלפון",       "נייד",          "电话",        "電話",       "手机",
        "手機",      "热线",        "携帯",          "전화",        "휴대폰",     "연락처",
        "โทร",       "फोन",         "फ़ोन",           "☎",           "📞",         "📱"};
    constexpr std::string_view between[] = {
        "number", "numbers", "no",     "nr",     "num",    "nos",  "is",   "are",  "me",   "us",   "him",  "her",
        "them",   "on",      "at",     "to",     "the",    "my",   "our",  "your", "line", "home", "work", "office",
        "direct", "ist",     "lautet", "unter",  "mich",   "uns",  "an",   "au",   "le",   "al",   "el",   "es",
        "est",    "numéro",  "número", "numero", "nummer", "号码", "號碼", "番号", "번호", "号",   "是",   "为",
        "は",     "номер",   "по",     "رقم",    "n",      "º",    "°",    "№"};
    const words_before held(text, i, 48);
    std::string_view   said      = held.all();
    const auto         ends_with = [&](std::string_view word) {
        if (!said.ends_with(word)) return false;
        if (said.size() == word.size()) return true;
        std::size_t k = said.size() - word.size() - 1; // the character before
        while (k > 0 && (static_cast<unsigned char>(said[k]) & 0xC0u) == 0x80) --k;
        const auto last = static_cast<unsigned char>(said[k]), first = static_cast<unsigned char>(word[0]);
        if (first < 0x80) return !ascii_letter(said[k]) || word.size() >= 7; // `Servicetelefon`
        // Of scripts without spaces, and those whose capitals begin otherwise.
        return first >= 0xE0 || last < 0x80 || last >= 0xE0 || word == "елефон" || word == "обильный" ||
               word == "ηλέφωνο";
    };
    const auto drop = [&](std::string_view tail) {
        if (said.ends_with(tail)) return said.remove_suffix(tail.size()), true;
        return false;
    };
    for (;;) {
        while (!said.empty() && ((static_cast<unsigned char>(said.back()) < 0x80 && !ascii_letter(said.back()) &&
                                  std::string_view(",;!?").find(said.back()) == std::string_view::npos &&
                                  (said.remove_suffix(1), true)) ||
                                 drop("：") || drop("\xC2\xA0") || drop("（") || drop("“") || drop("「") || drop("–")));
        if (std::any_of(std::begin(words), std::end(words), ends_with)) return true;
        const auto* const lead = std::find_if(std::begin(between), std::end(between), ends_with);
        if (lead == std::end(between)) return false;
        said.remove_suffix(lead->size());
    }
}

/// A telephone number at a digit, a `+` or a bracket.
[[nodiscard]] inline std::optional<sensitive_span> find_phone(std::string_view text, std::size_t i) noexcept {
    const char last = before(text, i);
    const auto head = text.substr(0, i);
    if (last == '$' || last == '#' || last == '/' || head.ends_with("£") || head.ends_with("€")) return std::nullopt;
    const dialled d = read_dialled(text, i);
    if (d.size < 7 || d.count == 0) return std::nullopt;
    const bool cue = called(text, i);
    if (last == '=' && !d.plus && !cue) return std::nullopt;
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
        bool       good   = false;
        if (d.plus) good = international(digits, n > 1);
        else if (digits.starts_with("00") && digits.size() > 4)
            good = (n > 1 || cue) && international(digits.substr(2), false);
        else if (digits.starts_with("011") && digits.size() > 11 && d.groups[0].size == 3)
            good = international(digits.substr(3), false);
        good = good || (!d.plus && (national(d, n) ||
                                    (cue && digits.size() >= 7 && digits.size() <= 12 && n <= 6 && !counted(d, n))));
        if (good) return sensitive_span{sensitive::phone, i, end};
    }
    return std::nullopt;
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
