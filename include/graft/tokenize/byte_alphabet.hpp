// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/utf8.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// The letters that GPT-2's files write bytes with: printable ones as themselves, the 68 others from U+0100 on.
struct byte_alphabet {
    std::array<char32_t, 256> letter = {};
    std::array<int, 0x144>    byte   = {}; // of a letter; -1: none

    constexpr byte_alphabet() noexcept {
        byte.fill(-1);
        char32_t next = 0x100;
        for (unsigned b = 0; b < 256; ++b) {
            const bool itself = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            letter[b]         = itself ? b : next++;
            byte[letter[b]]   = static_cast<int>(b);
        }
    }
};
inline constexpr byte_alphabet byte_letters{};

/// The bytes that such a text stands for. Gives whether it is one, all of it.
[[nodiscard]] inline bool append_bytes_of(std::string_view letters, std::string& out) {
    const std::size_t was = out.size();
    for (std::size_t at = 0; at < letters.size();) {
        const unicode::decoded d    = unicode::decode(letters, at);
        const int              byte = d.valid && d.scalar < byte_letters.byte.size() ? byte_letters.byte[d.scalar] : -1;
        if (byte < 0) return out.resize(was), false;
        out.push_back(static_cast<char>(byte));
        at += d.length;
    }
    return true;
}

} // namespace graft::inline GRAFT_ABI::detail
