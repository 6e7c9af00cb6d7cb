// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/scalar_tables.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// What a tokenizer asks of a scalar value. The general category is that of Unicode 16; the other three bits are as old as the tables of
/// the reference library, which a conforming tokenizer must copy: see tests/tools/make_tokenize_tables.py.
class scalar_class {
    std::uint8_t bits_ = 0;

    [[nodiscard]] constexpr unsigned category() const noexcept { return bits_ & 31u; }
    [[nodiscard]] constexpr bool     among(unsigned first, unsigned last) const noexcept {
        return category() - first <= last - first;
    }

public:
    constexpr scalar_class() noexcept = default;
    constexpr explicit scalar_class(std::uint8_t bits) noexcept : bits_(bits) {}

    // The numbers are the places in CATEGORIES of the script.
    [[nodiscard]] constexpr bool is_letter() const noexcept { return among(5, 9); }         ///< L*
    [[nodiscard]] constexpr bool is_lower_kind() const noexcept { return among(5, 7); }     ///< Ll Lm Lo
    [[nodiscard]] constexpr bool is_upper_kind() const noexcept { return among(6, 9); }     ///< Lm Lo Lt Lu
    [[nodiscard]] constexpr bool is_mark() const noexcept { return among(10, 12); }         ///< M*
    [[nodiscard]] constexpr bool is_spacing_mark() const noexcept { return among(10, 10); } ///< Mc
    [[nodiscard]] constexpr bool is_number() const noexcept { return among(13, 15); }       ///< N*
    [[nodiscard]] constexpr bool is_punctuation() const noexcept { return among(16, 22); }  ///< P*
    [[nodiscard]] constexpr bool is_connector() const noexcept { return among(16, 16); }    ///< Pc
    [[nodiscard]] constexpr bool is_symbol() const noexcept { return among(23, 26); }       ///< S*

    /// What BERT cuts off as punctuation: ASCII symbols too, and no mark that is younger than Unicode 8.
    [[nodiscard]] constexpr bool isolates() const noexcept { return (bits_ & 32u) != 0; }
    /// What BERT drops with the accents: Mn of Unicode 8.
    [[nodiscard]] constexpr bool is_accent() const noexcept { return (bits_ & 64u) != 0; }
    /// What BERT's cleaning drops: controls, formats, private ones, U+FFFD.
    [[nodiscard]] constexpr bool is_dropped() const noexcept { return (bits_ & 128u) != 0; }
};

[[nodiscard]] constexpr scalar_class class_of(char32_t c) noexcept {
    namespace t = tokenize_tables;
    if (c < t::class_end) {
        const unsigned low = c & ((1u << t::class_shift) - 1), block = t::class_block[c >> t::class_shift];
        return scalar_class(t::class_of[block << t::class_shift | low]);
    }
    for (const auto& run : t::high_classes)
        if (c >= run.first && c <= run.last) return scalar_class(run.bits);
    return scalar_class();
}

/// `decode`, with characters of one byte, of two, and most of three told at once.
[[nodiscard]] inline unicode::decoded scalar_at(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[at + i]); };
    const auto left = at < text.size() ? text.size() - at : 0;
    if (left > 0 && byte(0) < 0x80) return {byte(0), 1, true};
    if (left > 1 && byte(0) >= 0xC2 && byte(0) < 0xE0 && (byte(1) & 0xC0u) == 0x80)
        return {(byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu), 2, true};
    if (left > 2 && byte(0) > 0xE0 && byte(0) < 0xED && (byte(1) & 0xC0u) == 0x80 && (byte(2) & 0xC0u) == 0x80)
        return {(byte(0) & 0xFu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu), 3, true};
    return unicode::decode(text, at);
}

/// The White_Space property.
[[nodiscard]] constexpr bool white_space(char32_t c) noexcept {
    if (c <= 0x20) return c == 0x20 || (c >= 9 && c <= 13);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

/// `\w` of the expressions that added tokens are matched with.
[[nodiscard]] constexpr bool word_scalar(char32_t c) noexcept {
    const scalar_class k = class_of(c);
    return k.is_letter() || k.is_mark() || k.is_number() || k.is_connector() || c == 0x200C || c == 0x200D;
}

/// A mark that goes where accents are stripped without BERT's cleaning: M* of another Unicode.
[[nodiscard]] constexpr bool stripped_mark(char32_t c) noexcept {
    for (const auto& run : tokenize_tables::odd_marks)
        if (c >= run.first && c <= run.last) return !class_of(c).is_mark();
    return class_of(c).is_mark();
}

/// What a table maps `c` to; empty where it is mapped to itself.
[[nodiscard]] constexpr std::span<const char32_t> mapped(char32_t c, char32_t end, unsigned shift,
                                                         const std::uint8_t* block, const std::uint16_t* of,
                                                         const char32_t* pool) noexcept {
    if (c >= end) return {};
    const std::size_t at = of[std::size_t{block[c >> shift]} << shift | (c & ((1u << shift) - 1))];
    if (at == 0) return {};
    return {pool + at + 1, std::size_t{pool[at]}};
}

inline constexpr char32_t hangul_first = 0xAC00, hangul_last = 0xD7A3;

/// The full canonical decomposition, without that of Hangul syllables; empty where there is none.
[[nodiscard]] constexpr std::span<const char32_t> canonical(char32_t c) noexcept {
    namespace t = tokenize_tables;
    return mapped(c, t::nfd_end, t::nfd_shift, t::nfd_block, t::nfd_of, t::nfd_pool);
}

/// The full compatibility decomposition, without that of Hangul syllables; empty where there is none.
[[nodiscard]] constexpr std::span<const char32_t> compatible(char32_t c) noexcept {
    namespace t = tokenize_tables;
    return mapped(c, t::nfkd_end, t::nfkd_shift, t::nfkd_block, t::nfkd_of, t::nfkd_pool);
}

/// The lower case, letter by letter (a final sigma is no other); empty where it is the letter itself.
[[nodiscard]] constexpr std::span<const char32_t> lower_case(char32_t c) noexcept {
    namespace t = tokenize_tables;
    return mapped(c, t::lower_end, t::lower_shift, t::lower_block, t::lower_of, t::lower_pool);
}

/// The canonical combining class, 0 for what stays where it is.
[[nodiscard]] constexpr unsigned combining_class(char32_t c) noexcept {
    namespace t = tokenize_tables;
    if (c < 0x300 || c >= t::class_end) return 0;
    const unsigned low = c & ((1u << t::order_shift) - 1);
    return t::order_of[std::size_t{t::order_block[c >> t::order_shift]} << t::order_shift | low];
}

/// The scalar value that two others compose to, 0 where they do not.
[[nodiscard]] constexpr char32_t composed(char32_t a, char32_t b) noexcept {
    if (a >= 0x1100 && a < 0x1113 && b >= 0x1161 && b < 0x1176)
        return hangul_first + ((a - 0x1100) * 21 + (b - 0x1161)) * 28;
    if (a >= hangul_first && a <= hangul_last && (a - hangul_first) % 28 == 0 && b > 0x11A7 && b < 0x11C3)
        return a + (b - 0x11A7);
    const auto& all = tokenize_tables::compositions;
    const auto* it  = std::lower_bound(std::begin(all), std::end(all), b, [a](const auto& x, char32_t second) {
        return x.first < a || (x.first == a && x.second < second);
    });
    return it != std::end(all) && it->first == a && it->second == b ? it->whole : 0;
}

} // namespace graft::inline GRAFT_ABI::detail
