// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The least of many permutations of a set of shingles: two sets have a slot in common with the probability of their `jaccard`.
///
/// Source   Broder, "On the resemblance and containment of documents", 1997; the permutations x -> a x + b mod 2^32 (a odd) of a hash of 32 bits, mixed
///          by MurmurHash3's finaliser, are those of datasketch's `affine32`: with its numbers and SHA-1 for `hash64` the slots are its slots.
struct min_hash {
    std::vector<std::uint32_t> a = {}; ///< multipliers, all odd
    std::vector<std::uint32_t> b = {}; ///< offsets, as many

    /// Permutations by a seed.
    [[nodiscard]] static min_hash make(std::size_t slots, std::uint64_t seed = 1) {
        min_hash       made;
        counter_random draw(seed, 0x6d696e68617368); // "minhash"
        for (std::size_t i = 0; i < slots; ++i) made.a.push_back(draw.bits32() | 1u), made.b.push_back(draw.bits32());
        return made;
    }
    [[nodiscard]] std::size_t slots() const noexcept { return a.size(); }

    /// A slot a permutation; all 2^32 - 1 for an empty set.
    ///
    /// Takes    the set as `shingles` gives it, of which 32 bits count; `into` with room for all slots
    void sign(std::span<const std::uint64_t> set, std::span<std::uint32_t> into) const noexcept {
        std::fill(into.begin(), into.end(), std::numeric_limits<std::uint32_t>::max());
        for (const std::uint64_t shingle : set) {
            auto x = static_cast<std::uint32_t>(shingle);
            x      = (x ^ x >> 16) * 0x85ebca6bu;
            x      = (x ^ x >> 13) * 0xc2b2ae35u;
            x ^= x >> 16;
            for (std::size_t i = 0; i < into.size(); ++i) into[i] = std::min(into[i], a[i] * x + b[i]);
        }
    }
};

} // namespace graft::inline GRAFT_ABI
