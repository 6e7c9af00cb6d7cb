// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/utf8.hpp>

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace tool {

/// Characters that show nothing and change how what stands beside them is shown or read: direction embeddings, overrides and
/// isolates, line and paragraph separators, invisible operators, byte-order marks, annotation marks and tags. The joiners and
/// the marks of a single direction stay: scripts need them.
inline bool misleads(char32_t c) {
    return (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0x180E ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c < 0xE0080);
}

/// The text as one line that no terminal takes for a command, and that no name turns round: control characters and those that
/// mislead become blanks, those of C1 and what is not UTF-8 become U+FFFD. Those in `keep` stay: "\n\t" for text of several lines. For names and quotes; results in a format of
/// their own are written as they are.
inline std::string printable(std::string_view text, std::string_view keep = {}) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const graft::unicode::decoded c = graft::unicode::decode(text, at);
        if (c.scalar < 0x20 && keep.find(static_cast<char>(c.scalar)) != keep.npos) out += static_cast<char>(c.scalar);
        else if (c.scalar < 0x20 || c.scalar == 0x7F || misleads(c.scalar)) out += ' ';
        else
            graft::unicode::append_utf8(out,
                                        c.scalar >= 0x80 && c.scalar < 0xA0 ? graft::unicode::replacement : c.scalar);
        at += c.length;
    }
    return out;
}

/// A number in the shortest form that reads back the same in its own type: `0.1` of 0.1f, `1e-05`, `7`.
template <class T>
std::string shortest(T x) {
    char       room[40];
    const auto end = std::to_chars(room, room + sizeof room, x).ptr;
    return {room, static_cast<std::size_t>(end - room)};
}

} // namespace tool
