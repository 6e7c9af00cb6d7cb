// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Which rows of an older file are learned again beside new ones, so that what they taught is not forgotten: drawn by the seed, none twice, ascending.
///
/// Takes    `fresh`, how many rows are new; `pool`, how many old ones there are; the share of old ones among all
/// Gives    `round(share / (1 - share) * fresh)` rows, or all of the pool where it has fewer
/// Fails    `bad_argument` for a share outside [0, 1), `too_large` for 2^32 rows
[[nodiscard]] inline result<std::vector<std::uint32_t>> rehearsed(std::size_t fresh, std::size_t pool, double share,
                                                                  std::uint64_t seed = 0) {
    if (!(share >= 0 && share < 1)) return error{fault::bad_argument, unit::none, 0, "share"};
    if (pool > 0xFFFFFFFFu) return error{fault::too_large, unit::row, pool, "pool"};
    const double               wanted = std::round(share / (1 - share) * static_cast<double>(fresh));
    const auto                 n      = wanted < static_cast<double>(pool) ? static_cast<std::size_t>(wanted) : pool;
    std::vector<std::uint32_t> rows(pool);
    std::iota(rows.begin(), rows.end(), 0u);
    counter_random(seed, 0x726568656172).shuffle(std::span<std::uint32_t>(rows)); // "rehear"
    rows.resize(n);
    std::sort(rows.begin(), rows.end());
    return rows;
}

} // namespace graft::inline GRAFT_ABI
