// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// The characters that end sentences, and those around them.

namespace graft::inline GRAFT_ABI {

namespace detail {

struct stop_bytes {
    bool of[256] = {};
    constexpr stop_bytes() noexcept {
        for (const unsigned c : {0x0Au, 0x21u, 0x2Eu, 0x3Fu, 0x5Bu, 0x60u, // line feed ! . ? [ `
                                 0xD6u, 0xD8u, 0xDBu, 0xE0u, 0xE1u, 0xE2u, 0xE3u, 0xEFu})
            of[c] = true;
    }
};
inline constexpr stop_bytes stops_of{};

/// Eight ASCII bytes, the high bit of each that equals `c`.
[[nodiscard]] constexpr std::uint64_t equal_bytes(std::uint64_t x, char c) noexcept {
    return ~((x ^ (each_byte * static_cast<unsigned char>(c))) + each_byte * 0x7F) & high_bits;
}

[[nodiscard]] inline bool stops_at(std::string_view text, std::size_t at) noexcept {
    return stops_of.of[static_cast<unsigned char>(text[at])];
}

/// Which byte of a word in memory is the first that is not 0.
[[nodiscard]] inline std::size_t first_byte(std::uint64_t x) noexcept {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return static_cast<std::size_t>(__builtin_clzll(x)) / 8;
#else
    return static_cast<std::size_t>(__builtin_ctzll(x)) / 8;
#endif
}

/// The first byte from `i` on that may end a sentence, or open a code span or a link: sixteen at a time over ASCII.
[[nodiscard]] inline std::size_t skip_plain(std::string_view text, std::size_t i, std::size_t end) noexcept {
    using lanes  = signed char __attribute__((vector_size(16)));
    using halves = std::uint64_t __attribute__((vector_size(16)));
    for (; end - i >= 16; i += 16) {
        lanes x;
        std::memcpy(&x, text.data() + i, 16);
        const auto any = reinterpret_cast<halves>((x == '\n') | (x == '!') | (x == '.') | (x == '?') | (x == '[') |
                                                  (x == '`') | (x < 0));
        if ((any[0] | any[1]) == 0) continue;
        std::size_t k = i + (any[0] != 0 ? first_byte(any[0]) : 8 + first_byte(any[1]));
        for (; k < i + 16; ++k)
            if (stops_at(text, k)) return k;
    }
    while (i < end && !stops_at(text, i)) ++i;
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
[[nodiscard]] inline std::size_t closer_at(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unsigned a = byte_at(text, at, end), b = byte_at(text, at + 1, end), c = byte_at(text, at + 2, end);
    switch (a) {
    case '"':
    case '\'':
    case ')':
    case ']':
    case '}':
    case '*':
    case '_':
    case '`': return 1;
    case 0xC2: return b == 0xBB ? 2 : 0; // »
    case 0xE2:
        if (b != 0x80) return 0;
        if (c == 0x99 || c == 0x9D || c == 0xBA) return 3;                          // ’ ” ›
        return (c == 0x9C || c == 0x98) && space_at(text, at + 3, end) > 0 ? 3 : 0; // „Komm!“
    case 0xE3: return b == 0x80 && c % 2 == 1 && c >= 0x89 && c <= 0x91 ? 3 : 0;    // 〉》」』】
    case 0xEF: return b == 0xBC && c == 0x89 ? 3 : 0;                               // ）
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
    const char32_t c     = unicode::decode(text, at).scalar;
    const bool     cased = (c >= 0xB5 && c < 0x530) || (c >= 0x561 && c <= 0x587) || (c >= 0x1E00 && c < 0x2000);
    return cased && unicode::is_letter(c) && !unicode::is_upper(c);
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
