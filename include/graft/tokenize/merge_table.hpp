// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/tokenize/vocabulary.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Two tokens that become a third; the lower the rank, the earlier.
struct merge {
    token_id      left = no_token, right = no_token, whole = no_token;
    std::uint32_t rank = 0;
};

/// Which neighbours join, how early, and to what.
class merge_table {
    std::vector<merge> slots_ = std::vector<merge>(1);
    std::uint64_t      mask_  = 0;
    // Four bits a slot, which stay in a cache: they tell most pairs that do not join.
    std::vector<std::uint64_t> seen_ = std::vector<std::uint64_t>(1);

    [[nodiscard]] static std::uint64_t mixed(token_id a, token_id b) noexcept {
        const std::uint64_t x = (std::uint64_t{a} << 32 | b) * 0x9e3779b97f4a7c15u;
        return x ^ x >> 29;
    }
    [[nodiscard]] std::uint64_t bit(std::uint64_t h) const noexcept { return h >> 20 & (4 * mask_ + 3); }

public:
    static constexpr std::uint32_t never = 0xFFFFFFFFu;

    merge_table() = default;
    /// Of equal pairs the last counts, as in the reference library.
    explicit merge_table(std::span<const merge> merges)
        : slots_(std::bit_ceil(2 * merges.size() + 2)), mask_(slots_.size() - 1), seen_(slots_.size() / 16 + 1) {
        for (const merge& m : merges) {
            const std::uint64_t h  = mixed(m.left, m.right);
            std::uint64_t       at = h & mask_;
            seen_[bit(h) / 64] |= std::uint64_t{1} << bit(h) % 64;
            while (slots_[at].left != no_token && !(slots_[at].left == m.left && slots_[at].right == m.right))
                at = (at + 1) & mask_;
            slots_[at] = m;
        }
    }
    /// What two tokens become, or nothing: then the rank is `never`.
    [[nodiscard]] merge find(token_id left, token_id right) const noexcept {
        const std::uint64_t h = mixed(left, right);
        if ((seen_[bit(h) / 64] >> bit(h) % 64 & 1u) == 0) return {left, right, no_token, never};
        for (std::uint64_t at = h & mask_;; at = (at + 1) & mask_) {
            const merge& m = slots_[at];
            if (m.left == no_token) return {left, right, no_token, never};
            if (m.left == left && m.right == right) return m;
        }
    }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return slots_.capacity() * sizeof(merge) + seen_.capacity() * sizeof(std::uint64_t);
    }
};

} // namespace graft::inline GRAFT_ABI::detail
