// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#if GRAFT_X86
#    include <cpuid.h>
#endif

namespace graft::inline GRAFT_ABI {

/// 256 bits that name a content.
struct digest256 {
    std::array<std::uint8_t, 32> bytes{};

    auto operator<=>(const digest256&) const = default;
};

/// 64 lower-case hexadecimal digits.
[[nodiscard]] inline std::string hex(const digest256& of) {
    std::string text;
    text.reserve(64);
    for (const std::uint8_t b : of.bytes) {
        text += "0123456789abcdef"[b >> 4];
        text += "0123456789abcdef"[b & 15];
    }
    return text;
}

namespace detail {

using sha_state = std::array<std::uint32_t, 8>;

alignas(16) inline constexpr std::array<std::uint32_t, 64> sha_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// Takes `blocks` blocks of 64 bytes into the state, as FIPS 180-4 §6.2.2 spells it.
inline void sha_portable(sha_state& state, const std::byte* at, std::size_t blocks) noexcept {
    const auto turn = [](std::uint32_t x, int n) { return x >> n | x << (32 - n); };
    for (; blocks > 0; --blocks, at += 64) {
        std::array<std::uint32_t, 64> w;
        for (std::size_t t = 0; t < 16; ++t)
            w[t] = std::to_integer<std::uint32_t>(at[4 * t]) << 24 |
                   std::to_integer<std::uint32_t>(at[4 * t + 1]) << 16 |
                   std::to_integer<std::uint32_t>(at[4 * t + 2]) << 8 | std::to_integer<std::uint32_t>(at[4 * t + 3]);
        for (std::size_t t = 16; t < 64; ++t)
            w[t] = w[t - 16] + (turn(w[t - 15], 7) ^ turn(w[t - 15], 18) ^ w[t - 15] >> 3) + w[t - 7] +
                   (turn(w[t - 2], 17) ^ turn(w[t - 2], 19) ^ w[t - 2] >> 10);
        auto [a, b, c, d, e, f, g, h] = state;
        for (std::size_t t = 0; t < 64; ++t) {
            const std::uint32_t t1 =
                h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + sha_constants[t] + w[t];
            const std::uint32_t t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            h                      = g;
            g                      = f;
            f                      = e;
            e                      = d + t1;
            d                      = c;
            c                      = b;
            b                      = a;
            a                      = t1 + t2;
        }
        const sha_state add{a, b, c, d, e, f, g, h};
        for (std::size_t i = 0; i < 8; ++i) state[i] += add[i];
    }
}

#if GRAFT_X86
using sha_words = std::int32_t __attribute__((vector_size(16)));

/// The same with the SHA instructions: two rounds an instruction, four words of the schedule at a time. They wrap by
/// definition, so the words are added as unsigned ones.
__attribute__((target("sha,ssse3,sse4.1"))) inline void sha_extension(sha_state& state, const std::byte* at,
                                                                      std::size_t blocks) noexcept {
    using unsigned_words = std::uint32_t __attribute__((vector_size(16)));
    using octets         = unsigned char __attribute__((vector_size(16)));
    const auto plus      = [](sha_words x, sha_words y) __attribute__((target("sha,ssse3,sse4.1"), always_inline)) {
        return reinterpret_cast<sha_words>(reinterpret_cast<unsigned_words>(x) + reinterpret_cast<unsigned_words>(y));
    };
    unsigned_words first  = {state[5], state[4], state[1], state[0]};
    unsigned_words second = {state[7], state[6], state[3], state[2]};
    sha_words      abef = reinterpret_cast<sha_words>(first), cdgh = reinterpret_cast<sha_words>(second);
    for (; blocks > 0; --blocks, at += 64) {
        const sha_words abef_before = abef, cdgh_before = cdgh;
        sha_words       w[4];
        for (std::size_t i = 0; i < 4; ++i) {
            octets raw;
            std::memcpy(&raw, at + 16 * i, 16);
            raw  = __builtin_shufflevector(raw, raw, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
            w[i] = reinterpret_cast<sha_words>(raw);
        }
#    pragma GCC unroll 16
        for (std::size_t t = 0; t < 16; ++t) {
            sha_words k;
            std::memcpy(&k, sha_constants.data() + 4 * t, 16);
            const sha_words mix = plus(w[t % 4], k);
            cdgh                = __builtin_ia32_sha256rnds2(cdgh, abef, mix);
            abef                = __builtin_ia32_sha256rnds2(abef, cdgh, __builtin_shufflevector(mix, mix, 2, 3, 2, 3));
            if (t >= 12) continue;
            const sha_words w1 = w[(t + 1) % 4], w2 = w[(t + 2) % 4], w3 = w[(t + 3) % 4];
            const sha_words nine = __builtin_shufflevector(w2, w3, 1, 2, 3, 4);
            w[t % 4]             = __builtin_ia32_sha256msg2(plus(__builtin_ia32_sha256msg1(w[t % 4], w1), nine), w3);
        }
        abef = plus(abef, abef_before);
        cdgh = plus(cdgh, cdgh_before);
    }
    first  = reinterpret_cast<unsigned_words>(abef);
    second = reinterpret_cast<unsigned_words>(cdgh);
    state  = {first[3], first[2], second[3], second[2], first[1], first[0], second[1], second[0]};
}

inline bool has_sha() noexcept {
    static const bool has = [] {
        unsigned a = 0, b = 0, c = 0, d = 0;
        if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c >> 9 & 1) == 0 || (c >> 19 & 1) == 0) return false;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
    }();
    return has;
}
#endif

inline void sha_blocks(sha_state& state, const std::byte* at, std::size_t blocks) noexcept {
#if GRAFT_X86
    if (has_sha()) return sha_extension(state, at, blocks);
#endif
    sha_portable(state, at, blocks);
}

} // namespace detail

/// SHA-256 of bytes that come in pieces.
///
/// Costs    about 2 GB/s with the SHA instructions (chosen at run time), 0.3 GB/s without.
/// Source   FIPS 180-4.
class sha256_sum {
    detail::sha_state         state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::byte, 64> rest_{};
    std::uint64_t             length_ = 0;

public:
    void add(std::span<const std::byte> bytes) noexcept {
        const std::size_t held = length_ % 64;
        length_ += bytes.size();
        if (held != 0) {
            const std::size_t n = bytes.size() < 64 - held ? bytes.size() : 64 - held;
            if (n != 0) std::memcpy(rest_.data() + held, bytes.data(), n);
            bytes = bytes.subspan(n);
            if (held + n < 64) return;
            detail::sha_blocks(state_, rest_.data(), 1);
        }
        detail::sha_blocks(state_, bytes.data(), bytes.size() / 64);
        const std::size_t tail = bytes.size() % 64;
        if (tail != 0) std::memcpy(rest_.data(), bytes.data() + (bytes.size() - tail), tail);
    }
    void add(std::string_view text) noexcept { add(std::as_bytes(std::span(text))); }

    /// The digest of all that was added; the sum may go on.
    [[nodiscard]] digest256 digest() const noexcept {
        detail::sha_state          state = state_;
        std::array<std::byte, 128> last{};
        const std::size_t          held = length_ % 64, size = held < 56 ? 64 : 128;
        std::memcpy(last.data(), rest_.data(), held);
        last[held] = std::byte{0x80};
        for (std::size_t i = 0; i < 8; ++i) last[size - 1 - i] = static_cast<std::byte>((length_ * 8) >> (8 * i));
        detail::sha_blocks(state, last.data(), size / 64);
        digest256 out;
        for (std::size_t i = 0; i < 32; ++i)
            out.bytes[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
        return out;
    }
};

/// SHA-256 of bytes.
[[nodiscard]] inline digest256 sha256(std::span<const std::byte> bytes) noexcept {
    sha256_sum sum;
    sum.add(bytes);
    return sum.digest();
}
/// SHA-256 of the bytes of a text.
[[nodiscard]] inline digest256 sha256(std::string_view text) noexcept { return sha256(std::as_bytes(std::span(text))); }

} // namespace graft::inline GRAFT_ABI
