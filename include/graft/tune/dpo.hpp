// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/elementary.hpp>

#include <algorithm>
#include <cmath>

namespace graft::inline GRAFT_ABI {

/// The logarithms of the probabilities of two answers to one prompt, each the sum over its tokens.
struct pair_log_probs {
    double chosen = 0, rejected = 0;

    bool operator==(const pair_log_probs&) const = default;
};

/// What `dpo_loss` says of a pair.
struct dpo_judgement {
    double loss   = 0; ///< in nats
    double margin = 0; ///< how much more reward the chosen answer has; above 0: the pair is ranked as it should be
    /// The gradient of the loss for the policy's log-probabilities: down for the chosen answer, up by as much for the rejected one.
    pair_log_probs gradient = {};
};

/// Direct preference optimisation, the loss of a pair:  - log σ(m),  m = β (log π(chosen) / π₀(chosen) - log π(rejected) / π₀(rejected)).
///
/// An answer's reward is β log π / π₀, so m is the margin between two. Where the policy π is the reference π₀ the margin is 0 and the loss log 2, exactly.
///
/// Takes    log-probabilities of both answers by both; `beta`, how dearly the policy pays for leaving the reference
/// Gives    relative precision at any margin; non-finite numbers for those that are
/// Source   Rafailov et al. 2023, arXiv 2305.18290, eq. 7
[[nodiscard]] inline dpo_judgement dpo_loss(const pair_log_probs& policy, const pair_log_probs& reference,
                                            double beta) noexcept {
    const double m     = beta * ((policy.chosen - reference.chosen) - (policy.rejected - reference.rejected));
    const double small = exp_exact(-std::abs(m)), whole = 1 + small;
    const double rest  = whole > 1 ? log_exact(whole) * (small / (whole - 1)) : small; // log(1 + small)
    const double wrong = (m >= 0 ? small : 1) / whole;                                 // σ(-m)
    return {rest + std::max(-m, 0.), m, {-beta * wrong, beta * wrong}};
}

} // namespace graft::inline GRAFT_ABI
