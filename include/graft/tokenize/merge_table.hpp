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

/// Two tokens that become a third.
struct merge {
    token_id left, right, whole;
};

/// Which neighbours join, and how early: the place of their merge in the list.
class merge_table {
    struct slot {
        token_id      left = no_token, right = no_token;
        std::uint32_t rank = 0;
    };
    std::vector<slot>     slots_ = std::vector<slot>(1);
    std::vector<token_id> whole_ = {};
    std::uint64_t         mask_  = 0;

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
        whole_.reserve(merges.size());
        for (const merge& m : merges) {
            std::uint64_t at = place(m.left, m.right);
            while (slots_[at].left != no_token && !(slots_[at].left == m.left && slots_[at].right == m.right))
                at = (at + 1) & mask_;
            slots_[at] = {m.left, m.right, static_cast<std::uint32_t>(whole_.size())};
            whole_.push_back(m.whole);
        }
    }
    /// The rank of a pair, `never` where it does not join.
    [[nodiscard]] std::uint32_t rank(token_id left, token_id right) const noexcept {
        for (std::uint64_t at = place(left, right);; at = (at + 1) & mask_) {
            const slot& s = slots_[at];
            if (s.left == left && s.right == right) return s.left == no_token ? never : s.rank;
            if (s.left == no_token) return never;
        }
    }
    [[nodiscard]] token_id    whole(std::uint32_t rank) const noexcept { return whole_[rank]; }
    [[nodiscard]] bool        empty() const noexcept { return whole_.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return slots_.capacity() * sizeof(slot) + whole_.capacity() * sizeof(token_id);
    }
};

} // namespace graft::inline GRAFT_ABI::detail
