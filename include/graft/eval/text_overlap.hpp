// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstdint>

namespace graft::inline GRAFT_ABI {

/// What two texts share, and how much each has: precision, recall and F are made of it, and those of many texts of its sums.
struct text_overlap {
    std::uint64_t shared    = 0; ///< of what the candidate has and the reference has too
    std::uint64_t candidate = 0; ///< what the candidate has
    std::uint64_t reference = 0; ///< what the reference has

    /// 0 where the candidate has nothing
    [[nodiscard]] constexpr double precision() const noexcept { return share_of(candidate); }
    /// 0 where the reference has nothing
    [[nodiscard]] constexpr double recall() const noexcept { return share_of(reference); }
    /// Their harmonic mean; 0 where both are 0
    [[nodiscard]] constexpr double f1() const noexcept {
        const double p = precision(), r = recall();
        return p + r > 0 ? 2 * p * r / (p + r) : 0;
    }

    constexpr text_overlap& operator+=(const text_overlap& o) noexcept {
        shared += o.shared, candidate += o.candidate, reference += o.reference;
        return *this;
    }
    bool operator==(const text_overlap&) const = default;

private:
    [[nodiscard]] constexpr double share_of(std::uint64_t all) const noexcept {
        return all == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(all);
    }
};

} // namespace graft::inline GRAFT_ABI
