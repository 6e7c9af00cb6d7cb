// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace test {

/// SHA-1 of bytes, which references are made with.
///
/// Source   FIPS 180-4 §6.1.
[[nodiscard]] constexpr std::array<std::uint8_t, 20> sha1(std::string_view text) noexcept {
    std::uint32_t                h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    std::array<std::uint8_t, 64> block{};
    const auto                   turn = [](std::uint32_t x, int n) { return x << n | x >> (32 - n); };
    const auto                   take = [&] {
        std::uint32_t w[80] = {};
        for (std::size_t t = 0; t < 16; ++t)
            w[t] = std::uint32_t{block[4 * t]} << 24 | std::uint32_t{block[4 * t + 1]} << 16 |
                   std::uint32_t{block[4 * t + 2]} << 8 | std::uint32_t{block[4 * t + 3]};
        for (std::size_t t = 16; t < 80; ++t) w[t] = turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        std::uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        const auto    rounds = [&](std::size_t from, std::uint32_t k, auto&& mix) {
            for (std::size_t t = from; t < from + 20; ++t) {
                const std::uint32_t next = turn(a, 5) + mix() + e + k + w[t];
                e = d, d = c, c = turn(b, 30), b = a, a = next;
            }
        };
        rounds(0, 0x5a827999, [&] { return (b & c) | (~b & d); });
        rounds(20, 0x6ed9eba1, [&] { return b ^ c ^ d; });
        rounds(40, 0x8f1bbcdc, [&] { return (b & c) | (b & d) | (c & d); });
        rounds(60, 0xca62c1d6, [&] { return b ^ c ^ d; });
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    };
    std::size_t at = 0;
    for (; text.size() - at >= 64; at += 64) {
        for (std::size_t i = 0; i < 64; ++i) block[i] = static_cast<std::uint8_t>(text[at + i]);
        take();
    }
    const std::size_t rest = text.size() - at;
    block                  = {};
    for (std::size_t i = 0; i < rest; ++i) block[i] = static_cast<std::uint8_t>(text[at + i]);
    block[rest] = 0x80;
    if (rest >= 56) {
        take();
        block = {};
    }
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    for (std::size_t i = 0; i < 8; ++i) block[63 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
    take();
    std::array<std::uint8_t, 20> out{};
    for (std::size_t i = 0; i < 20; ++i) out[i] = static_cast<std::uint8_t>(h[i / 4] >> (24 - 8 * (i % 4)));
    return out;
}

} // namespace test
