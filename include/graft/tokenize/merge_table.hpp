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

    [[nodiscard]] std::uint64_t place(token_id a, token_id b) const noexcept {
        const std::uint64_t x = (std::uint64_t{a} << 32 | b) * 0x9e3779b97f4a7c15u;
        return (x ^ x >> 29) & mask_;
    }

public:
    static constexpr std::uint32_t never = 0xFFFFFFFFu;

    merge_table() = default;
    /// Of equal pairs the last counts, as in the reference library.
    explicit merge_table(std::span<const merge> merges)
        : slots_(std::bit_ceil(2 * merges.size() + 2)), mask_(slots_.size() - 1) {
        for (const merge& m : merges) {
            std::uint64_t at = place(m.left, m.right);
            while (slots_[at].left != no_token && !(slots_[at].left == m.left && slots_[at].right == m.right))
                at = (at + 1) & mask_;
            slots_[at] = m;
        }
    }
    /// What two tokens become, or nothing: then the rank is `never`.
    [[nodiscard]] merge find(token_id left, token_id right) const noexcept {
        for (std::uint64_t at = place(left, right);; at = (at + 1) & mask_) {
            const merge& m = slots_[at];
            if (m.left == no_token) return {left, right, no_token, never};
            if (m.left == left && m.right == right) return m;
        }
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(merge); }
};

} // namespace graft::inline GRAFT_ABI::detail
