// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI::unicode {

/// What the bytes of a file were before they became UTF-8. The numbers are stable: files keep them.
enum class encoding : std::uint8_t { utf8 = 0, utf16_le = 1, utf16_be = 2, utf32_le = 3, utf32_be = 4 };

/// The encoding that a byte-order mark names; UTF-8 where there is none.
[[nodiscard]] constexpr encoding encoding_of(std::string_view bytes) noexcept {
    if (bytes.starts_with(std::string_view("\xFF\xFE\0\0", 4))) return encoding::utf32_le;
    if (bytes.starts_with(std::string_view("\0\0\xFE\xFF", 4))) return encoding::utf32_be;
    if (bytes.starts_with("\xFF\xFE")) return encoding::utf16_le;
    if (bytes.starts_with("\xFE\xFF")) return encoding::utf16_be;
    return encoding::utf8;
}

/// The bytes of one unit: 1, 2 or 4.
[[nodiscard]] constexpr std::size_t unit_of(encoding e) noexcept {
    return e == encoding::utf8 ? 1 : e == encoding::utf16_le || e == encoding::utf16_be ? 2 : 4;
}

} // namespace graft::inline GRAFT_ABI::unicode

namespace graft::inline GRAFT_ABI::detail {

/// The unit at byte `at`, all of whose bytes are there.
[[nodiscard]] constexpr char32_t unit_at(std::string_view bytes, std::size_t at, unicode::encoding e) noexcept {
    const bool  little = e == unicode::encoding::utf16_le || e == unicode::encoding::utf32_le;
    std::size_t n      = unicode::unit_of(e);
    char32_t    unit   = 0;
    for (std::size_t i = 0; i < n; ++i)
        unit |= static_cast<char32_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * (little ? i : n - 1 - i);
    return unit;
}

} // namespace graft::inline GRAFT_ABI::detail

namespace graft::inline GRAFT_ABI::unicode {

/// UTF-16 or UTF-32 as UTF-8, its byte-order mark included (`document::body` lies behind it, as it does in UTF-8).
///
/// Gives    U+FFFD, and a patch, for each unit that is no character: half of a surrogate pair, a number above U+10FFFF, the
///          bytes at the end that are no whole unit. A patch counts bytes of the original, 1 to 4.
/// Costs    one pass; at most one and a half times the memory of UTF-16.
[[nodiscard]] inline repaired to_utf8(std::string_view bytes, encoding from) {
    repaired          out;
    const std::size_t unit = unit_of(from);
    if (unit == 1) return repair(bytes);
    out.text.reserve(bytes.size() / unit + bytes.size() / 8);
    for (std::size_t at = 0; at < bytes.size();) {
        std::size_t length = std::min(unit, bytes.size() - at);
        char32_t    c      = length == unit ? detail::unit_at(bytes, at, from) : 0xD800;
        if (unit == 2 && c >= 0xD800 && c < 0xDC00 && bytes.size() - at >= 4) {
            const char32_t low = detail::unit_at(bytes, at + 2, from);
            if (low >= 0xDC00 && low < 0xE000) {
                c      = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                length = 4;
            }
        }
        if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) out.patches.push_back({out.text.size(), at, length});
        append_utf8(out.text, c); // what is no character becomes U+FFFD
        at += length;
    }
    return out;
}

} // namespace graft::inline GRAFT_ABI::unicode

namespace graft::inline GRAFT_ABI::detail {

inline constexpr std::size_t unit_stride = std::size_t{1} << 16;

/// The units of UTF-16 or UTF-32 that valid UTF-8 takes there.
[[nodiscard]] inline std::size_t units_in(std::string_view text, unicode::encoding e) noexcept {
    std::size_t n = unicode::count_scalars(text);
    if (unicode::unit_of(e) == 2) // a pair for what takes four bytes in UTF-8
        n += static_cast<std::size_t>(
            std::count_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xF0; }));
    return n;
}

} // namespace graft::inline GRAFT_ABI::detail

namespace graft::inline GRAFT_ABI::unicode {

/// How many units stand before every 65,536th byte of a text, for `origin`; nothing for UTF-8.
[[nodiscard]] inline std::vector<std::size_t> unit_steps(std::string_view text, encoding from) {
    std::vector<std::size_t> steps;
    if (from == encoding::utf8) return steps;
    for (std::size_t at = 0, before = 0; at < text.size(); at += detail::unit_stride) {
        steps.push_back(before);
        before += detail::units_in(text.substr(at, detail::unit_stride), from);
    }
    return steps;
}

/// The bytes of a file in `from` that bytes [begin, end) of its text came from. A character that is cut counts whole.
///
/// Takes    the text as `to_utf8` made it, its `unit_steps`, and the bytes that the file has.
/// Costs    a look at up to 128 KiB of the text.
[[nodiscard]] inline byte_span origin(std::string_view text, encoding from, std::span<const std::size_t> steps,
                                      std::uint64_t size, byte_span of) noexcept {
    const auto place = [&](std::size_t at) {
        std::size_t step = at / detail::unit_stride;
        if (step >= steps.size()) step = steps.empty() ? 0 : steps.size() - 1;
        const std::size_t begin = step * detail::unit_stride;
        return ((steps.empty() ? 0 : steps[step]) + detail::units_in(text.substr(begin, at - begin), from)) *
               unit_of(from);
    };
    std::size_t begin = std::min(of.begin, text.size()), end = std::min(std::max(of.begin, of.end), text.size());
    const bool  empty = begin == end;
    while (!is_boundary(text, begin)) --begin;
    while (!is_boundary(text, end)) ++end;
    if (empty) end = begin;
    const auto limit = static_cast<std::size_t>(size); // a unit that was cut there counts in the text as a whole one
    return {std::min(place(begin), limit), std::min(place(end), limit)};
}

/// What bytes are that are not UTF-8 and have no mark.
enum class content : std::uint8_t { binary, other_encoding };

/// Tells text in another encoding from what is no text.
///
/// Gives    `other_encoding` for UTF-16 without a mark (every unit of its beginning is an ordinary character, one in eight at
///          least ASCII), and for bytes without a NUL of which at most one in a hundred is a control character.
/// Costs    looks at the first 64 KiB.
[[nodiscard]] inline content look_at(std::string_view bytes) noexcept {
    const std::string_view head    = bytes.substr(0, 1 << 16);
    const auto             control = [](char32_t c) { // but those that stand in texts, shifts of ISO 2022 included
        return (c < 0x20 && !(c >= 8 && c <= 15) && c != 0x1A && c != 0x1B) || c == 0x7F;
    };
    if (head.find('\0') == std::string_view::npos) {
        const auto n =
            std::count_if(head.begin(), head.end(), [&](char c) { return control(static_cast<unsigned char>(c)); });
        return static_cast<std::size_t>(n) <= head.size() / 100 ? content::other_encoding : content::binary;
    }
    for (const encoding e : {encoding::utf16_le, encoding::utf16_be}) {
        const std::size_t n     = head.size() / 2;
        std::size_t       ascii = 0, at = 0;
        for (; at < n; ++at) {
            const char32_t c = detail::unit_at(head, 2 * at, e);
            if (control(c) || (c >= 0x80 && c < 0xA0) || (c >= 0xE000 && c < 0xF900) || c >= 0xFFFE) break;
            ascii += c < 0x80 ? 1 : 0;
        }
        if (at == n && n >= 4 && bytes.size() % 2 == 0 && 8 * ascii >= n) return content::other_encoding;
    }
    return content::binary;
}

} // namespace graft::inline GRAFT_ABI::unicode
