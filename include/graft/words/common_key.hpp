// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/unicode/lower.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// A word in the table of common words: 32 bits of the hash of its lower case, its typographic apostrophes as plain ones.
[[nodiscard]] inline std::uint32_t common_key(std::string_view word) noexcept {
    char        lowered[64];
    std::size_t n = 0;
    for (std::size_t i = 0; i < word.size() && n + 4 <= sizeof lowered;) {
        const unicode::decoded d = unicode::decode(word, i);
        const char32_t         c = lower(d.scalar);
        n += unicode::encode(c == 0x2019 ? U'\'' : c, lowered + n);
        i += d.length;
    }
    return static_cast<std::uint32_t>(hash64({lowered, n}));
}

} // namespace graft::inline GRAFT_ABI::detail
