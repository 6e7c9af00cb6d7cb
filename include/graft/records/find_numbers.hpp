// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/check_digits.hpp>
#include <graft/records/finding.hpp>
#include <graft/records/scan_text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

// Numbers of accounts, cards and people. Each function is asked at a place where `starts_number` holds.
namespace graft::inline GRAFT_ABI::detail::scanning {

/// How long an IBAN of a country is, 0 where there are none.
///
/// Source   the IBAN registry of SWIFT.
[[nodiscard]] constexpr std::size_t iban_length(char a, char b) noexcept {
    constexpr std::string_view all = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28E"
                                     "E20EG29ES24FI18FK18FO18FR27GB22"
                                     "GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20L"
                                     "U20LV21LY25MC27MD24ME22MK19MN20"
                                     "MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19S"
                                     "K24SM27SO23ST25SV28TL23TN24TR26"
                                     "UA29VA22VG24XK20YE30";
    for (std::size_t i = 0; i < all.size(); i += 4)
        if (all[i] == a && all[i + 1] == b)
            return check_digits::digit(all[i + 2]) * 10 + check_digits::digit(all[i + 3]);
    return 0;
}

[[nodiscard]] inline std::optional<finding> find_iban(std::string_view text, std::size_t i) noexcept {
    const char a = upper(at(text, i)), b = upper(at(text, i + 1));
    if (!ascii_letter(a) || !ascii_letter(b)) return std::nullopt;
    const std::size_t length = iban_length(a, b);
    if (length == 0) return std::nullopt;
    const joined all = read(text, i, length, is_alnum);
    if (all.size != length || in_word(at(text, all.end)) || !ascii_digit(all.chars[2]) || !ascii_digit(all.chars[3]))
        return std::nullopt;
    if (!check_digits::iban(all.all())) return std::nullopt;
    return finding{sensitive::iban, i, all.end};
}

/// Twelve to nineteen digits of an issuer's range, alone or in groups of three or more.
[[nodiscard]] inline std::optional<finding> find_card(std::string_view text, std::size_t i) noexcept {
    const joined most = read(text, i, 19, is_digit);
    for (std::size_t n = std::min<std::size_t>(most.size, 19); n >= 13; --n) {
        const joined all = n == most.size ? most : read(text, i, n, is_digit);
        if (!ends_number(text, all.end)) continue;
        if (all.count > 1 && *std::min_element(all.groups, all.groups + all.count) < 3) continue;
        const auto digits = all.all();
        unsigned   head   = 0; // the first four
        for (std::size_t k = 0; k < 4; ++k) head = head * 10 + check_digits::digit(digits[k]);
        const bool known =
            (head / 1000 == 4 && (n == 13 || n == 16 || n == 19)) ||                            // Visa
            (((head >= 5100 && head < 5600) || (head >= 2221 && head <= 2720)) && n == 16) ||   // Mastercard
            ((head / 100 == 34 || head / 100 == 37) && n == 15) ||                              // American Express
            ((head == 6011 || head / 100 == 65 || (head >= 6440 && head < 6500)) && n >= 16) || // Discover
            (head >= 3528 && head <= 3589 && n >= 16) ||                                        // JCB
            (((head >= 3000 && head < 3060) || head / 100 == 36 || head / 100 == 38 || head / 100 == 39) &&
             (n == 14 || n == 16)) ||        // Diners
            (head / 100 == 62 && n >= 16) || // UnionPay
            ((head == 5018 || head == 5020 || head == 5038 || head == 6304 || head == 6759 || head == 6761 ||
              head == 6763) &&
             n >= 13); // Maestro
        if (known && check_digits::luhn(digits)) return finding{sensitive::card, i, all.end};
    }
    return std::nullopt;
}

/// Three, two and four digits; without anything between only behind a word that says what they are.
[[nodiscard]] inline std::optional<finding> find_us_ssn(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 9, is_digit, '.');
    if (all.size != 9 || !ends_number(text, all.end)) return std::nullopt;
    constexpr std::string_view words[] = {"ssn", "social security", "soc sec", "social"};
    if (!all.grouped(3, 2, 4) && !(all.count == 1 && cued(text, i, words, 40))) return std::nullopt;
    const auto d = all.all();
    if (d[0] == '9' || d.substr(0, 3) == "000" || d.substr(0, 3) == "666" || d.substr(3, 2) == "00" ||
        d.substr(5) == "0000")
        return std::nullopt;
    return finding{sensitive::us_ssn, i, all.end};
}

/// Two letters, six digits, a letter from A to D.
[[nodiscard]] inline std::optional<finding> find_uk_nino(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 9, is_alnum, '.');
    if (all.size != 9 || in_word(at(text, all.end))) return std::nullopt;
    const auto                 n    = all.all();
    constexpr std::string_view none = "DFIQUV";
    if (!ascii_letter(n[0]) || !ascii_letter(n[1]) || none.find(n[0]) != none.npos || none.find(n[1]) != none.npos ||
        n[1] == 'O')
        return std::nullopt;
    if (!std::all_of(n.begin() + 2, n.begin() + 8, ascii_digit<char>) || n[8] < 'A' || n[8] > 'D') return std::nullopt;
    for (const std::string_view barred : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
        if (n.starts_with(barred)) return std::nullopt;
    if (all.count > 1 && !all.grouped(2, 2, 2, 2, 1) && !all.grouped(2, 6, 1) && !all.grouped(8, 1) &&
        !all.grouped(2, 7) && !all.grouped(2, 2, 2, 3))
        return std::nullopt;
    return finding{sensitive::uk_nino, i, all.end};
}

[[nodiscard]] inline std::optional<finding> find_de_tax_id(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 11, is_digit, '/');
    if (all.size != 11 || !ends_number(text, all.end) || !(all.count == 1 || all.grouped(2, 3, 3, 3)))
        return std::nullopt;
    if (!check_digits::de_tax_id(all.all())) return std::nullopt;
    return finding{sensitive::de_tax_id, i, all.end};
}

[[nodiscard]] inline std::optional<finding> find_fr_nir(std::string_view text, std::size_t i) noexcept {
    const joined all =
        read(text, i, 15, [](char c) { return ascii_digit(c) || lower(c) == 'a' || lower(c) == 'b'; }, '.');
    if (all.size != 15 || !ends_number(text, all.end)) return std::nullopt;
    if (!std::all_of(all.chars + 7, all.chars + 15, ascii_digit<char>) || !ascii_digit(all.chars[5]))
        return std::nullopt;
    // The other sexes are numbers for a time; they are believed in their own groups alone.
    const bool own = all.grouped(1, 2, 2, 2, 3, 3, 2);
    if (!own && ((all.count > 2 || (all.chars[0] != '1' && all.chars[0] != '2')))) return std::nullopt;
    if (!check_digits::fr_nir(all.all())) return std::nullopt;
    return finding{sensitive::fr_nir, i, all.end};
}

/// Eight digits, or X, Y, Z and seven, and a letter; dots between thousands.
[[nodiscard]] inline std::optional<finding> find_es_dni(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 9, is_alnum, '.');
    if (all.size != 9 || in_word(at(text, all.end))) return std::nullopt;
    const auto n = all.all();
    if (!(ascii_digit(n[0]) || (n[0] >= 'X' && n[0] <= 'Z')) || !ascii_letter(n[8])) return std::nullopt;
    if (!std::all_of(n.begin() + 1, n.begin() + 8, ascii_digit<char>) || !check_digits::es_dni(n)) return std::nullopt;
    if (ascii_digit(n[0])) {
        if (!(all.count == 1 || all.grouped(8, 1) || all.grouped(2, 3, 3, 1) || all.grouped(2, 3, 4)))
            return std::nullopt;
    } else if (!(all.count == 1 || all.grouped(1, 7, 1) || all.grouped(1, 8) || all.grouped(8, 1) ||
                 all.grouped(1, 1, 3, 3, 1)))
        return std::nullopt;
    if (all.count == 1 && ascii_lower(text[all.end - 1]) && ascii_digit(n[0])) return std::nullopt; // a piece of a hash
    return finding{sensitive::es_dni, i, all.end};
}

[[nodiscard]] inline std::optional<finding> find_it_fiscal(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 16, is_alnum);
    if (all.size != 16 || in_word(at(text, all.end))) return std::nullopt;
    const auto n = all.all();
    // Digits of twins are written as letters: L M N P Q R S T U V.
    const auto number = [](char c) {
        return ascii_digit(c) || std::string_view("LMNPQRSTUV").find(c) != std::string_view::npos;
    };
    constexpr std::string_view form = "aaaaaadda"
                                      "dda"
                                      "ddda";
    for (std::size_t k = 0; k < 16; ++k)
        if (form[k] == 'a' ? !ascii_letter(n[k]) : !number(n[k])) return std::nullopt;
    if (std::string_view("ABCDEHLMPRST").find(n[8]) == std::string_view::npos || !check_digits::it_fiscal(n))
        return std::nullopt;
    if (std::none_of(n.begin(), n.end(), ascii_digit<char>)) return std::nullopt;
    if (all.count > 1 && !all.grouped(6, 5, 5) && !all.grouped(3, 3, 5, 5) && !all.grouped(3, 3, 5, 4, 1) &&
        !all.grouped(6, 5, 4, 1))
        return std::nullopt;
    return finding{sensitive::it_fiscal, i, all.end};
}

[[nodiscard]] inline std::optional<finding> find_ch_ahv(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 13, is_digit, '.');
    if (all.size != 13 || !all.all().starts_with("756") || !ends_number(text, all.end)) return std::nullopt;
    if (!(all.count == 1 || all.grouped(3, 4, 4, 2)) || !check_digits::ean13(all.all())) return std::nullopt;
    return finding{sensitive::ch_ahv, i, all.end};
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
