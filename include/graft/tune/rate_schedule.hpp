// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/elementary.hpp>

#include <cstddef>
#include <cstdint>

namespace graft::inline GRAFT_ABI {

/// How the learning rate goes after it has risen.
enum class rate_shape : std::uint8_t { constant, linear, cosine };

/// The share of the learning rate that a step has: it rises from 0 over `warmup` steps, then stays, or falls to 0 at the end.
///
/// Source   the schedulers of transformers: the first step of a rise has rate 0.
struct rate_schedule {
    rate_shape  shape  = rate_shape::linear;
    std::size_t warmup = 0; ///< steps

    /// Takes    the steps before this one, the steps of the run
    [[nodiscard]] double at(std::size_t before, std::size_t steps) const noexcept {
        if (before < warmup) return static_cast<double>(before) / static_cast<double>(warmup);
        if (shape == rate_shape::constant) return 1;
        if (before >= steps) return 0;
        const double left =
            static_cast<double>(steps - before) / static_cast<double>(steps > warmup ? steps - warmup : std::size_t{1});
        if (shape == rate_shape::linear) return left;
        return .5 * (1 - sine_cosine_exact(3.14159265358979323846 * left).cos);
    }
};

} // namespace graft::inline GRAFT_ABI
