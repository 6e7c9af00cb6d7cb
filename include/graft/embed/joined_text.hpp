// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/schema/chunk.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// A text without the white space at its ends.
[[nodiscard]] inline std::string_view trimmed_text(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto first = unicode::decode(text, 0);
        if (!unicode::is_space(first.scalar)) break;
        text.remove_prefix(first.length);
    }
    while (!text.empty()) {
        const std::size_t at = unicode::boundary_before(text, text.size() - 1);
        if (!unicode::is_space(unicode::decode(text, at).scalar)) break;
        text.remove_suffix(text.size() - at);
    }
    return text;
}

/// A text as a model reads it: behind a prompt, the prefix before the body with a blank between.
///
/// Borrows  the text where there is only a body, else the arena.
[[nodiscard]] inline std::string_view joined_text(std::string_view prompt, const text_view& text, arena& a) {
    if (prompt.empty() && text.prefix.empty()) return text.body;
    const bool        gap  = !text.prefix.empty() && !text.body.empty();
    const std::size_t size = prompt.size() + text.prefix.size() + (gap ? 1 : 0) + text.body.size();
    const auto        room = a.take_raw<char>(size);
    char*             at   = std::copy(prompt.begin(), prompt.end(), room.data());
    at                     = std::copy(text.prefix.begin(), text.prefix.end(), at);
    if (gap) *at++ = ' ';
    std::copy(text.body.begin(), text.body.end(), at);
    return {room.data(), size};
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
