// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/check_digits.hpp>
#include <graft/records/scan_text.hpp>
#include <graft/records/sensitive.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

// Numbers of accounts, cards and people. Each function is asked at a place where `starts_number` holds.
namespace graft::inline GRAFT_ABI::detail::scanning {

/// What stands behind the two letters and two check digits of a country's IBANs: runs of so many digits (n), capitals (a) or either (c); empty where there are
/// none.
///
/// Source   the IBAN registry of SWIFT.
[[nodiscard]] constexpr std::string_view iban_layout(char a, char b) noexcept {
    constexpr std::string_view all =
        "AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c "
        "CH5n12c CR18n CY8n16c CZ20n DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n "
        "FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n GR7n16c GT4c20c HN4a20n HR17n HU24n IE4a14n IL19n "
        "IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c "
        "LV4a13c LY21n MC10n11c2n MD2c18c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a NI4a20n "
        "NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c "
        "SC4a20n3a SD14n SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c "
        "VA18n VG4a16n XK16n YE4a4n18c ";
    for (std::size_t i = 0, end = 0; i < all.size(); i = end + 1) {
        end = all.find(' ', i);
        if (all[i] == a && all[i + 1] == b) return all.substr(i + 2, end - i - 2);
    }
    return {};
}
/// Whether characters in capitals are of a layout; none where they are more or fewer.
[[nodiscard]] constexpr bool laid_out(std::string_view chars, std::string_view layout) noexcept {
    std::size_t at = 0, run = 0;
    for (const char of : layout) {
        if (ascii_digit(of)) {
            run = run * 10 + check_digits::digit(of);
            continue;
        }
        for (; run > 0; --run, ++at)
            if (at >= chars.size() || !(of == 'n'   ? ascii_digit(chars[at])
                                        : of == 'a' ? ascii_letter(chars[at])
                                                    : ascii_alnum(chars[at])))
                return false;
    }
    return at == chars.size();
}
[[nodiscard]] constexpr std::size_t laid_out_size(std::string_view layout) noexcept {
    std::size_t all = 0, run = 0;
    for (const char of : layout)
        if (ascii_digit(of)) run = run * 10 + check_digits::digit(of);
        else all += run, run = 0;
    return all;
}

/// In one piece or in groups of four, in capitals or in small letters alone; in other groups behind the word.
[[nodiscard]] inline std::optional<sensitive_span> find_iban(std::string_view text, std::size_t i) noexcept {
    if (!ascii_letter(at(text, i)) || !ascii_letter(at(text, i + 1)) || !ascii_digit(at(text, i + 2)) ||
        !ascii_digit(at(text, i + 3)))
        return std::nullopt;
    const std::string_view layout = iban_layout(ascii_uppered(text[i]), ascii_uppered(text[i + 1]));
    if (layout.empty()) return std::nullopt;
    const std::size_t length = 4 + laid_out_size(layout);
    const joined      all    = read(text, i, length, is_alnum);
    if (all.size != length || in_word(at(text, all.end)) || (all.capitals && all.smalls)) return std::nullopt;
    const bool fours = all.even() && std::all_of(all.groups, all.groups + all.count - 1, [](auto n) { return n == 4; });
    constexpr std::string_view words[] = {"iban"};
    if (all.count > 1 && !(fours && all.groups[all.count - 1] <= 4) && !cued(text, i, words)) return std::nullopt;
    if (!laid_out(all.all().substr(4), layout) || !check_digits::iban(all.all())) return std::nullopt;
    return sensitive_span{sensitive::iban, i, all.end};
}

/// Thirteen to nineteen digits of an issuer's range, alone or in groups as cards have them; in others of three or more behind a word.
[[nodiscard]] inline std::optional<sensitive_span> find_card(std::string_view text, std::size_t i) noexcept {
    constexpr std::string_view card_words[] = {"card",  "visa",  "mastercard", "amex",        "maestro",
                                               "karte", "carte", "tarjeta",    "cart\u00E3o", "carta"};
    const joined               most         = read(text, i, 19, is_digit);
    for (std::size_t n = std::min<std::size_t>(most.size, 19); n >= 13; --n) {
        const joined all = n == most.size ? most : read(text, i, n, is_digit);
        if (!ends_number(text, all.end)) continue;
        const bool printed = all.even() && (all.count == 1 || all.grouped(4, 4, 4, 4) || all.grouped(4, 6, 5) ||
                                            all.grouped(4, 6, 4) || all.grouped(4, 4, 4, 4, 3) || all.grouped(6, 13) ||
                                            all.grouped(4, 4, 4, 2) || all.grouped(4, 4, 4, 1));
        if (!printed && (*std::min_element(all.groups, all.groups + all.count) < 3 || !cued(text, i, card_words)))
            continue;
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
        if (known && check_digits::luhn(digits)) return sensitive_span{sensitive::card, i, all.end};
    }
    return std::nullopt;
}

/// Three, two and four digits with hyphens; with anything else between, or nothing, only behind a word that says what they are.
[[nodiscard]] inline std::optional<sensitive_span> find_us_ssn(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 9, is_digit, '.');
    if (all.size != 9 || !ends_number(text, all.end) || !(all.count == 1 || all.grouped(3, 2, 4))) return std::nullopt;
    constexpr std::string_view words[]  = {"ssn", "social security", "soc sec", "social"};
    const bool                 hyphened = all.joint == '-' && stands_alone(text, i, all.end);
    if (!hyphened && !cued(text, i, words, 40)) return std::nullopt;
    const auto d = all.all();
    if (d[0] == '9' || d.substr(0, 3) == "000" || d.substr(0, 3) == "666" || d.substr(3, 2) == "00" ||
        d.substr(5) == "0000")
        return std::nullopt;
    return sensitive_span{sensitive::us_ssn, i, all.end};
}

/// Two letters, six digits, a letter from A to D: in capitals, in one piece or as the cards have it; otherwise behind a word.
[[nodiscard]] inline std::optional<sensitive_span> find_uk_nino(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 9, is_alnum, '.');
    if (all.size != 9 || !stands_alone(text, i, all.end)) return std::nullopt;
    const auto                 n    = all.all();
    constexpr std::string_view none = "DFIQUV";
    if (!ascii_letter(n[0]) || !ascii_letter(n[1]) || none.find(n[0]) != none.npos || none.find(n[1]) != none.npos ||
        n[1] == 'O')
        return std::nullopt;
    if (!std::all_of(n.begin() + 2, n.begin() + 8, ascii_digit<char>) || n[8] < 'A' || n[8] > 'D') return std::nullopt;
    for (const std::string_view barred : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
        if (n.starts_with(barred)) return std::nullopt;
    const bool usual = !all.smalls && all.even() && all.joint != '.' &&
                       (all.count == 1 || all.grouped(2, 2, 2, 2, 1) || all.grouped(2, 6, 1));
    constexpr std::string_view words[] = {"nino", "national insurance", "ni number", "ni no", "insurance number"};
    if (!usual && !cued(text, i, words, 32)) return std::nullopt;
    return sensitive_span{sensitive::uk_nino, i, all.end};
}

[[nodiscard]] inline std::optional<sensitive_span> find_de_tax_id(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 11, is_digit, '/');
    if (all.size != 11 || !ends_number(text, all.end) || !(all.count == 1 || (all.grouped(2, 3, 3, 3) && all.even())))
        return std::nullopt;
    if (!check_digits::de_tax_id(all.all())) return std::nullopt;
    return sensitive_span{sensitive::de_tax_id, i, all.end};
}

[[nodiscard]] inline std::optional<sensitive_span> find_fr_nir(std::string_view text, std::size_t i) noexcept {
    const joined all = read(
        text, i, 15, [](char c) { return ascii_digit(c) || ascii_lowered(c) == 'a' || ascii_lowered(c) == 'b'; }, '.');
    if (all.size != 15 || !ends_number(text, all.end)) return std::nullopt;
    if (!std::all_of(all.chars + 7, all.chars + 15, ascii_digit<char>) || !ascii_digit(all.chars[5]))
        return std::nullopt;
    // The other sexes are numbers for a time; they are believed in their own groups alone.
    const bool own = all.grouped(1, 2, 2, 2, 3, 3, 2);
    if (!own && ((all.count > 2 || (all.chars[0] != '1' && all.chars[0] != '2')))) return std::nullopt;
    if (!check_digits::fr_nir(all.all())) return std::nullopt;
    return sensitive_span{sensitive::fr_nir, i, all.end};
}

/// Eight digits, or X, Y, Z and seven, and a letter; dots between thousands. In small letters, with a space before the letter, or where the digits are a
/// date, behind a word only.
[[nodiscard]] inline std::optional<sensitive_span> find_es_dni(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 9, is_alnum, '.');
    if (all.size != 9 || !stands_alone(text, i, all.end)) return std::nullopt;
    const auto n = all.all();
    if (!(ascii_digit(n[0]) || (n[0] >= 'X' && n[0] <= 'Z')) || !ascii_letter(n[8])) return std::nullopt;
    if (!std::all_of(n.begin() + 1, n.begin() + 8, ascii_digit<char>) || !check_digits::es_dni(n)) return std::nullopt;
    const bool written =
        all.count == 1 || (ascii_digit(n[0]) ? all.grouped(8, 1) || all.grouped(2, 3, 3, 1) || all.grouped(2, 3, 4)
                                             : all.grouped(1, 7, 1) || all.grouped(1, 8) || all.grouped(8, 1) ||
                                                   all.grouped(1, 1, 3, 3, 1));
    if (!written) return std::nullopt;
    const auto two   = [&](std::size_t k) { return check_digits::digit(n[k]) * 10 + check_digits::digit(n[k + 1]); };
    const bool dated = (n[0] == '1' || n[0] == '2') && (n[1] == '9' || n[1] == '0') && two(4) - 1 < 12 &&
                       two(6) - 1 < 31 && all.count < 3;
    constexpr std::string_view words[] = {"dni", "nif", "nie", "documento", "identidad", "identificaci\u00F3n"};
    if ((all.smalls || dated || all.joint == ' ') && !cued(text, i, words, 32)) return std::nullopt;
    return sensitive_span{sensitive::es_dni, i, all.end};
}

[[nodiscard]] inline std::optional<sensitive_span> find_it_fiscal(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 16, is_alnum);
    if (all.size != 16 || !stands_alone(text, i, all.end) || (all.capitals && all.smalls) || !all.even())
        return std::nullopt;
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
    return sensitive_span{sensitive::it_fiscal, i, all.end};
}

[[nodiscard]] inline std::optional<sensitive_span> find_ch_ahv(std::string_view text, std::size_t i) noexcept {
    const joined all = read(text, i, 13, is_digit, '.');
    if (all.size != 13 || !all.all().starts_with("756") || !ends_number(text, all.end)) return std::nullopt;
    if (!(all.count == 1 || (all.grouped(3, 4, 4, 2) && all.even())) || !check_digits::ean13(all.all()))
        return std::nullopt;
    return sensitive_span{sensitive::ch_ahv, i, all.end};
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
