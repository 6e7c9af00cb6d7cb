// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/schema/chunk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// The chunks that a search may give: one look at one bit each.
///
/// Borrows  the arena that it was made in.
class id_set {
    std::span<const std::uint64_t> bits_ = {}; // of ids from base_ on
    std::span<const chunk_id>      ids_  = {}; // instead, where ids lie too far apart for bits
    std::uint64_t                  base_ = 0;
    std::size_t                    size_ = 0;

public:
    /// Nothing is allowed.
    id_set() = default;

    /// These ids.
    ///
    /// Takes    ids in any order; one that is there twice counts once. They are sorted in their place.
    [[nodiscard]] static id_set of(std::span<chunk_id> ids, arena& to) {
        std::sort(ids.begin(), ids.end());
        ids = ids.first(static_cast<std::size_t>(std::unique(ids.begin(), ids.end()) - ids.begin()));
        id_set made;
        made.size_ = ids.size();
        if (ids.empty()) return made;
        const std::uint64_t first = to_underlying(ids.front()), width = to_underlying(ids.back()) - first;
        if (width / 64 > 64 + ids.size()) {
            made.ids_ = to.keep(std::span<const chunk_id>(ids));
            return made;
        }
        made.base_ = first;
        auto bits  = to.take<std::uint64_t>(static_cast<std::size_t>(width / 64 + 1));
        for (const chunk_id id : ids) {
            const std::uint64_t at = to_underlying(id) - first;
            bits[static_cast<std::size_t>(at / 64)] |= std::uint64_t{1} << at % 64;
        }
        made.bits_ = bits;
        return made;
    }

    [[nodiscard]] bool operator()(chunk_id id) const noexcept {
        if (bits_.empty()) return std::binary_search(ids_.begin(), ids_.end(), id);
        const std::uint64_t at = to_underlying(id) - base_; // below the base it wraps round and is too large
        return at / 64 < bits_.size() && (bits_[static_cast<std::size_t>(at / 64)] >> at % 64 & 1) != 0;
    }
    /// How many are allowed.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    template <class F>
    constexpr void each_view(F&& f) {
        f(bits_, ids_);
    }
};

} // namespace graft::inline GRAFT_ABI
