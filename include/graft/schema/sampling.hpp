// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <cstdint>

namespace graft::inline GRAFT_ABI {

/// How a token is drawn. The settings work in the order of this list, as in transformers: what a later one sees, the
/// earlier ones have left.
///
/// Source   Keskar et al., "CTRL", 2019 (penalty); Fan et al., 2018 (top k); Holtzman et al., 2020 (top p); Nguyen et al.,
///          2024 (min p).
struct sampling_params {
    float         repetition_penalty = 1; ///< θ: z / θ, or z θ where z < 0, for each token that the text holds
    float         temperature        = 0; ///< T: z / T; 0: always the likeliest token, and the rest is not read
    std::uint32_t top_k              = 0; ///< the k likeliest stay, and those that equal the k-th; 0: all
    float         top_p              = 1; ///< the likeliest stay until they hold p of the mass
    float         min_p              = 0; ///< those stay that hold at least min_p times what the likeliest holds

    bool operator==(const sampling_params&) const = default;

    /// Whether every number is in its range.
    [[nodiscard]] constexpr bool valid() const noexcept {
        return repetition_penalty > 0 && repetition_penalty < 1e6f && temperature >= 0 && temperature < 1e6f &&
               top_p > 0 && top_p <= 1 && min_p >= 0 && min_p <= 1;
    }
};

} // namespace graft::inline GRAFT_ABI
