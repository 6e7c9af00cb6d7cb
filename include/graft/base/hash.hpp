// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace graft::inline GRAFT_ABI {

namespace detail {
__extension__ using wide_word = unsigned __int128;
}

/// A 64-bit hash of bytes: the same on every machine, for tables, keys and fingerprints. Not cryptographic.
///
/// Source   the multiply-and-fold step of wyhash (public domain), 16 bytes a step, byte order little-endian.
[[nodiscard]] constexpr std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0) noexcept {
    constexpr std::uint64_t p0 = 0xa0761d6478bd642fu, p1 = 0xe7037ed1a0b428dbu, p2 = 0x8ebc6af09c88c6e3u;
    constexpr auto          fold = [](std::uint64_t a, std::uint64_t b) {
        const auto wide = static_cast<detail::wide_word>(a) * b;
        return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
    };
    const auto load = [&](std::size_t at, std::size_t n) {
        std::uint64_t x = 0;
        if (n == 8 && !__builtin_is_constant_evaluated()) {
            std::memcpy(&x, bytes.data() + at, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
            x = __builtin_bswap64(x);
#endif
            return x;
        }
        for (std::size_t i = 0; i < n; ++i)
            x |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
        return x;
    };
    std::uint64_t h  = fold(seed ^ p0, p1); // folded, so that a seed does not cancel against a byte
    std::size_t   at = 0, left = bytes.size();
    for (; left > 16; at += 16, left -= 16) h = fold(load(at, 8) ^ p1, load(at + 8, 8) ^ h);
    const std::uint64_t a = load(at, left < 8 ? left : 8), b = left > 8 ? load(at + 8, left - 8) : 0;
    return fold(p2 ^ bytes.size(), fold(a ^ p1, b ^ h));
}

/// Mixes one number into a hash.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t h, std::uint64_t x) noexcept {
    x ^= h + 0x9e3779b97f4a7c15u + (x << 6) + (x >> 2);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

} // namespace graft::inline GRAFT_ABI
