// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/ascii.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// The sums by which numbers of the world prove that they were not typed at random. Each takes the characters alone, without separators.
namespace graft::inline GRAFT_ABI::detail::check_digits {

[[nodiscard]] constexpr unsigned digit(char c) noexcept { return static_cast<unsigned>(c - '0'); }

/// Payment cards: Luhn's sum is a multiple of ten (ISO/IEC 7812-1).
[[nodiscard]] constexpr bool luhn(std::string_view digits) noexcept {
    unsigned sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const unsigned d = digit(digits[digits.size() - 1 - i]) << (i % 2);
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

/// IBAN: the number with its first four characters at the end, letters as 10 to 35, is 1 modulo 97 (ISO 13616).
[[nodiscard]] constexpr bool iban(std::string_view upper) noexcept {
    unsigned rest = 0;
    for (std::size_t i = 0; i < upper.size(); ++i) {
        const char c = upper[(i + 4) % upper.size()];
        rest = ascii_digit(c) ? (rest * 10 + digit(c)) % 97 : (rest * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
    }
    return rest == 1;
}

/// Germany's tax id: ISO 7064 mod 11, 10 over eleven digits; the first is not 0, and of the first ten one stands twice or three times, not three in a row, the
/// others at most once.
[[nodiscard]] constexpr bool de_tax_id(std::string_view digits) noexcept {
    if (digits[0] == '0') return false;
    std::array<int, 10> seen{};
    unsigned            product = 10;
    for (std::size_t i = 0; i < 10; ++i) {
        ++seen[digit(digits[i])];
        if (i >= 2 && digits[i] == digits[i - 1] && digits[i] == digits[i - 2]) return false;
        unsigned sum = (digit(digits[i]) + product) % 10;
        product      = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    int twice = 0, thrice = 0;
    for (const int n : seen) twice += n == 2, thrice += n == 3;
    for (const int n : seen)
        if (n > 3) return false;
    return twice + thrice == 1 && (11 - product) % 10 == digit(digits[10]);
}

/// France's NIR: sex, year, month, department (2A and 2B as 19 and 18), commune, order, and 97 minus the rest by 97.
[[nodiscard]] constexpr bool fr_nir(std::string_view number) noexcept {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < 13; ++i) {
        char c = number[i];
        if (i == 5 && number[5] == '2' && !ascii_digit(number[6])) c = '1';
        if (i == 6 && !ascii_digit(c)) {
            if (number[5] != '2' || (c != 'A' && c != 'B')) return false;
            c = c == 'A' ? '9' : '8';
        }
        if (!ascii_digit(c)) return false;
        n = n * 10 + digit(c);
    }
    if (number[0] == '0' || number[0] == '5' || number[0] == '6' || number[0] == '9') return false;
    const unsigned month = digit(number[3]) * 10 + digit(number[4]);
    if (month == 0 || (month > 12 && month < 20) || (month > 42 && month < 50)) return false;
    return 97 - n % 97 == digit(number[13]) * 10 + digit(number[14]);
}

/// Spain's DNI and NIE: eight digits (X, Y, Z as 0, 1, 2) and the letter of their rest by 23.
[[nodiscard]] constexpr bool es_dni(std::string_view upper) noexcept {
    unsigned n = 0;
    for (std::size_t i = 0; i < 8; ++i)
        n = n * 10 + (upper[i] >= 'X' ? static_cast<unsigned>(upper[i] - 'X') : digit(upper[i]));
    return std::string_view("TRWAGMYFPDXBNJZSQVHLCKE")[n % 23] == upper[8];
}

/// Italy's codice fiscale: the letter behind fifteen characters, of which those at odd places (from 1) count by a table.
[[nodiscard]] constexpr bool it_fiscal(std::string_view upper) noexcept {
    constexpr std::array<unsigned, 26> odd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                              20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    unsigned                           sum = 0;
    for (std::size_t i = 0; i < 15; ++i) {
        const unsigned value = ascii_digit(upper[i]) ? digit(upper[i]) : static_cast<unsigned>(upper[i] - 'A');
        sum += i % 2 == 0 ? odd[value] : value;
    }
    return sum % 26 == static_cast<unsigned>(upper[15] - 'A');
}

/// EAN-13, which Switzerland's AHV numbers carry.
[[nodiscard]] constexpr bool ean13(std::string_view digits) noexcept {
    unsigned sum = 0;
    for (std::size_t i = 0; i < 13; ++i) sum += digit(digits[i]) * (i % 2 == 0 ? 1 : 3);
    return sum % 10 == 0;
}

} // namespace graft::inline GRAFT_ABI::detail::check_digits
