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

/// Whether two texts are equal but for the size of ASCII letters.
///
/// Takes    the second in small letters
[[nodiscard]] constexpr bool same_letters(std::string_view a, std::string_view small) noexcept {
    if (a.size() != small.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (ascii_lowered(a[i]) != small[i]) return false;
    return true;
}

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

/// Whether the gap at `i` is a hyphen or a dash.
[[nodiscard]] constexpr bool hyphen(std::string_view text, std::size_t i) noexcept {
    return at(text, i) == '-' ||
           (at(text, i) == '\xE2' && (static_cast<unsigned char>(at(text, i + 2)) & 0xF0u) == 0x90);
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
/// Whether letters and digits from `begin` to `end` stand alone: no word, mailbox or longer code goes on there, nor ends in them.
[[nodiscard]] constexpr bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    const char last = before(text, begin), next = at(text, end);
    if (in_word(last) || (last == '-' && begin >= 2 && in_word(text[begin - 2]))) return false;
    return !in_word(next) && next != '@' && !(next == '-' && in_word(at(text, end + 1)));
}

/// Characters that belong together, without what stands between them.
struct joined {
    char        chars[40]  = {};
    std::size_t size       = 0;
    std::size_t end        = 0;
    std::size_t groups[40] = {}; ///< characters of each group
    std::size_t count      = 0;  ///< groups
    char joint    = '\0'; ///< what stands between them: a space, a hyphen, `also`; `*` where it is not always the same
    bool capitals = false, smalls = false; ///< whether letters of the text are such

    [[nodiscard]] std::string_view all() const noexcept { return {chars, size}; }
    /// Whether the groups have these sizes.
    template <class... N>
    [[nodiscard]] bool grouped(N... sizes) const noexcept {
        const std::size_t want[] = {static_cast<std::size_t>(sizes)...};
        return count == sizeof...(N) && std::equal(want, want + sizeof...(N), groups);
    }
    /// Whether they stand in one piece, or with the same between all.
    [[nodiscard]] bool even() const noexcept { return joint != '*'; }
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
            out.capitals = out.capitals || ascii_upper(text[i]), out.smalls = out.smalls || ascii_lower(text[i]);
            out.chars[out.size++] = ascii_uppered(text[i++]);
            ++out.groups[out.count - 1];
            out.end = i;
            continue;
        }
        const bool        other = also != '\0' && text[i] == also;
        const std::size_t wide  = other ? 1 : gap(text, i);
        if (wide == 0 || out.size == 0 || !is(at(text, i + wide))) break;
        const char joint = other ? also : hyphen(text, i) ? '-' : ' ';
        out.joint        = out.count == 1 || out.joint == joint ? joint : '*';
        i += wide;
        ++out.count;
    }
    return out;
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return ascii_digit(c); }
[[nodiscard]] constexpr bool is_alnum(char c) noexcept { return ascii_alnum(c); }

/// What stands in the `reach` bytes before `i`, in small letters: in the same line, and behind the last digit or closing bracket.
class words_before {
    char        room_[64];
    std::size_t size_ = 0;

public:
    words_before(std::string_view text, std::size_t i, std::size_t reach) noexcept {
        for (std::size_t k = i > reach ? i - reach : 0; k < i; ++k)
            if (text[k] == '\n' || text[k] == ']' || ascii_digit(text[k])) size_ = 0;
            else room_[size_++] = ascii_lowered(text[k]);
    }
    [[nodiscard]] std::string_view all() const noexcept { return {room_, size_}; }
};

/// Whether one of some words (in small letters) stands in the `reach` bytes before `i`, of 64 at most.
template <class Words>
[[nodiscard]] bool cued(std::string_view text, std::size_t i, const Words& words, std::size_t reach = 24) noexcept {
    const words_before     held(text, i, reach);
    const std::string_view said = held.all();
    for (const std::string_view word : words)
        for (std::size_t k = said.find(word); k != std::string_view::npos; k = said.find(word, k + 1))
            if (!ascii_letter(k > 0 ? said[k - 1] : ' ') && !ascii_letter(at(said, k + word.size()))) return true;
    return false;
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
