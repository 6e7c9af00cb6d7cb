// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// Philox4x32-10: 128 random bits that depend on a counter and a key alone.
///
/// Source   Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                            std::array<std::uint32_t, 2> key) noexcept {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0], b = std::uint64_t{0xCD9E8D57u} * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return counter;
}

/// A stream of random numbers: the same for a (seed, purpose) pair on every platform, and any place in it can be
/// reached at once. Nothing in graft draws from a shared generator: each use names its own purpose.
class counter_random {
    std::uint64_t                seed_, purpose_, next_ = 0; // next_ counts 32-bit draws
    std::array<std::uint32_t, 4> block_{};

public:
    explicit constexpr counter_random(std::uint64_t seed, std::uint64_t purpose = 0) noexcept
        : seed_(seed), purpose_(purpose) {}

    /// Goes to draw number `at`.
    constexpr void seek(std::uint64_t at) noexcept {
        next_ = at;
        if (at % 4 != 0) refill();
    }

    constexpr std::uint32_t bits32() noexcept {
        if (next_ % 4 == 0) refill();
        return block_[next_++ % 4];
    }
    constexpr std::uint64_t bits64() noexcept {
        const std::uint64_t high = bits32();
        return high << 32 | bits32();
    }
    /// Uniform in [0, 1), a multiple of 2^-24.
    constexpr float unit() noexcept { return static_cast<float>(bits32() >> 8) * 0x1p-24f; }
    /// Uniform in [0, 1), a multiple of 2^-53.
    constexpr double unit64() noexcept { return static_cast<double>(bits64() >> 11) * 0x1p-53; }
    /// Uniform in [0, n), without bias; n > 0.
    constexpr std::uint64_t below(std::uint64_t n) noexcept {
        GRAFT_ASSERT(n > 0, "below(0) has no answer");
        for (const std::uint64_t limit = n * (~std::uint64_t{0} / n);;)
            if (const std::uint64_t x = bits64(); x < limit) return x % n;
    }
    /// Fisher and Yates.
    template <class T, std::size_t N>
    constexpr void shuffle(std::span<T, N> items) noexcept {
        for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
    }

private:
    constexpr void refill() noexcept {
        const std::uint64_t at = next_ / 4;
        block_                 = philox({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at >> 32),
                                         static_cast<std::uint32_t>(purpose_), static_cast<std::uint32_t>(purpose_ >> 32)},
                                        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
    }
};

} // namespace graft::inline GRAFT_ABI
