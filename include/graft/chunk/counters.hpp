// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/token_counter.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/words/count_words.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

// A token counter is a `token_counter` (core/roles.hpp): `count(text)`. It may also bring
//   static constexpr bool additive = true;   count(ab) = count(a) + count(b) wherever b begins a word or line, or stands next
//                                            to a character of a script without spaces; elsewhere at most that;
//   std::size_t special() const;             tokens that are added to every chunk, such as [CLS] and [SEP];
//   std::uint64_t fingerprint() const;       changes when its counts would; without one, nothing is reused unread.
// An additive counter sees every byte about once. Another one is asked again for each whole chunk, prefix and body
// together, and the chunk shrinks while it is over.

/// A counter that says so: `static constexpr bool additive = true`, the count of two texts is the sum of theirs.
template <class C>
concept additive_counter = token_counter<C> && requires { requires C::additive; };

/// The tokens a counter adds to every chunk.
template <token_counter C>
[[nodiscard]] constexpr std::size_t special_tokens(const C& c) {
    if constexpr (requires {
                      { c.special() } -> std::convertible_to<std::size_t>;
                  })
        return c.special();
    else return 0;
}

/// A token is a byte.
struct count_bytes {
    static constexpr bool                        additive = true;
    [[nodiscard]] static constexpr std::uint64_t fingerprint() noexcept { return 1; }
    [[nodiscard]] constexpr std::size_t          count(std::string_view text) const noexcept { return text.size(); }
};

/// A token is a Unicode scalar value.
struct count_characters {
    static constexpr bool                        additive = true;
    [[nodiscard]] static constexpr std::uint64_t fingerprint() noexcept { return 2; }
    [[nodiscard]] constexpr std::size_t          count(std::string_view text) const noexcept {
        return unicode::count_scalars(text);
    }
};

} // namespace graft::inline GRAFT_ABI
