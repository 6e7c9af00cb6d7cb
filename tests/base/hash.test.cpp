// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/hash.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

using namespace graft;

TEST_CASE("hash64: the same in a constant and at run time, and every byte and the seed count") {
    constexpr std::uint64_t constant = hash64("the quick brown fox jumps", 9);
    std::string             text     = "the quick brown fox jumps";
    CHECK(hash64(text, 9) == constant);
    std::set<std::uint64_t> seen = {constant, hash64(text, 12345)};
    for (std::size_t i = 0; i < text.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            std::string other = text;
            other[i]          = static_cast<char>(other[i] ^ (1 << bit));
            seen.insert(hash64(other, 9));
        }
    for (std::size_t n = 0; n < text.size(); ++n) seen.insert(hash64(std::string_view(text).substr(0, n), 9));
    CHECK(seen.size() == 2 + 8 * text.size() + text.size());
}

TEST_CASE("hash64: a seed never cancels against a byte") {
    // A seed that was only xored with bytes 8 … 15 gave the same hash for (seed 8) and (seed 9, one bit of byte 8 flipped).
    const std::string text = "twenty-four bytes of text";
    for (std::uint64_t other = 0; other < 256; ++other)
        for (std::size_t at = 8; at < 16; ++at) {
            std::string changed = text;
            changed[at]         = static_cast<char>(changed[at] ^ static_cast<char>(other));
            for (unsigned shift = 0; shift < 64; shift += 8)
                if (other != 0) CHECK(hash64(text, 8) != hash64(changed, 8 ^ (other << shift)));
        }
}

TEST_CASE("hash64: the values are pinned; files hold them") {
    CHECK(hash64("") == 14514857421369312585u);
    CHECK(hash64("ownership") == 11329764461672731748u);
    CHECK(hash64("a text of more than sixteen bytes", 7) == 17990962925131213157u);
}
