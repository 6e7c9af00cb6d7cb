// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

// What the scanners for numbers, tokens and addresses share.
namespace graft::inline GRAFT_ABI::detail::scanning {

[[nodiscard]] constexpr char at(std::string_view text, std::size_t i) noexcept {
    return i < text.size() ? text[i] : '\0';
}
[[nodiscard]] constexpr char before(std::string_view text, std::size_t i) noexcept {
    return i > 0 ? text[i - 1] : '\0';
}
[[nodiscard]] constexpr bool in_word(char c) noexcept { return ascii_alnum(c) || c == '_'; }
[[nodiscard]] constexpr char upper(char c) noexcept { return ascii_lower(c) ? static_cast<char>(c - 32) : c; }
[[nodiscard]] constexpr char lower(char c) noexcept { return ascii_upper(c) ? static_cast<char>(c + 32) : c; }

/// The bytes of a space or hyphen of any width at `i`, 0 where there is none: what stands between groups of digits.
[[nodiscard]] constexpr std::size_t gap(std::string_view text, std::size_t i) noexcept {
    const char c = at(text, i);
    if (c == ' ' || c == '-' || c == '\t') return 1;
    const auto rest = text.substr(std::min(i, text.size()), 3);
    if (rest.starts_with("\xC2\xA0")) return 2; // no-break space
    if (!rest.starts_with("\xE2\x80") || rest.size() < 3) return 0;
    const auto last = static_cast<unsigned char>(rest[2]);
    // U+2002 to U+200A, hyphens and dashes U+2010 to U+2014, U+202F
    return (last >= 0x82 && last <= 0x8A) || (last >= 0x90 && last <= 0x94) || last == 0xAF ? 3 : 0;
}

/// Whether a number may begin at `i`: it does not go on something that stands before.
[[nodiscard]] constexpr bool starts_number(std::string_view text, std::size_t i) noexcept {
    const char last = before(text, i);
    if (in_word(last)) return false;
    const bool joint = last == '.' || last == ',' || last == '-' || last == '/' || last == ':';
    return !joint || i < 2 || !ascii_digit(text[i - 2]);
}
/// Whether a number may end before `i`.
[[nodiscard]] constexpr bool ends_number(std::string_view text, std::size_t i) noexcept {
    const char next = at(text, i);
    if (in_word(next) || next == '%' || next == '@') return false;
    const bool joint = next == '.' || next == ',' || next == '-' || next == '/' || next == ':';
    return !joint || !ascii_digit(at(text, i + 1));
}

/// Characters that belong together, without what stands between them.
struct joined {
    char        chars[40]  = {};
    std::size_t size       = 0;
    std::size_t end        = 0;
    std::size_t groups[40] = {}; ///< characters of each group
    std::size_t count      = 0;  ///< groups

    [[nodiscard]] std::string_view all() const noexcept { return {chars, size}; }
    /// Whether the groups have these sizes.
    template <class... N>
    [[nodiscard]] bool grouped(N... sizes) const noexcept {
        const std::size_t want[] = {static_cast<std::size_t>(sizes)...};
        return count == sizeof...(N) && std::equal(want, want + sizeof...(N), groups);
    }
};

/// Reads `n` characters of those that `is` takes, in capitals, with at most one gap (or one of `also`) between two.
///
/// Gives    fewer characters where the text has no more
template <class Is>
[[nodiscard]] joined read(std::string_view text, std::size_t i, std::size_t n, const Is& is,
                          char also = '\0') noexcept {
    joined out;
    out.count = 1;
    for (out.end = i; out.size < n && i < text.size();) {
        if (is(text[i])) {
            out.chars[out.size++] = upper(text[i++]);
            ++out.groups[out.count - 1];
            out.end = i;
            continue;
        }
        const std::size_t wide = also != '\0' && text[i] == also ? 1 : gap(text, i);
        if (wide == 0 || out.size == 0 || !is(at(text, i + wide))) break;
        i += wide;
        ++out.count;
    }
    return out;
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return ascii_digit(c); }
[[nodiscard]] constexpr bool is_alnum(char c) noexcept { return ascii_alnum(c); }

/// Whether one of some words (in lower case, of ASCII or longer bytes as they are) stands in the `reach` bytes before `i`, in the same line and with no digit
/// behind it.
template <class Words>
[[nodiscard]] bool cued(std::string_view text, std::size_t i, const Words& words, std::size_t reach = 24) noexcept {
    char              low[64];
    const std::size_t from = i > reach ? i - reach : 0;
    std::size_t       n    = 0;
    for (std::size_t k = from; k < i; ++k) {
        if (text[k] == '\n' || ascii_digit(text[k])) n = 0;
        else low[n++] = lower(text[k]);
    }
    const std::string_view before_it(low, n);
    for (const std::string_view word : words)
        for (std::size_t k = before_it.find(word); k != std::string_view::npos; k = before_it.find(word, k + 1))
            if (!ascii_letter(k > 0 ? before_it[k - 1] : ' ') && !ascii_letter(at(before_it, k + word.size())))
                return true;
    return false;
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
