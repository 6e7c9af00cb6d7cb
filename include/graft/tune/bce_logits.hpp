// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/elementary.hpp>
#include <graft/base/matrix.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Binary cross-entropy of logits:  - y log σ(z) - (1 - y) log(1 - σ(z)), where a label y may be anything from 0 to 1.
///
/// Takes    `count`, by which the sum is divided: the logits of a batch of which these may be a part; `positive`, how much more the share of y
///          weighs than that of 1 - y (as many as there are negatives to a positive); dz, overwritten, or empty
/// Gives    the part of the mean that these are, in double
/// Source   sentence-transformers' BinaryCrossEntropyLoss
template <std::floating_point Scalar>
[[nodiscard]] double bce_logits(std::span<const Scalar> z, std::span<const Scalar> labels, double count,
                                double positive, std::span<Scalar> dz) {
    GRAFT_ASSERT(labels.size() == z.size() && (dz.empty() || dz.size() == z.size()), "a label a logit");
    double loss = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
        const auto   x = static_cast<double>(z[i]), y = static_cast<double>(labels[i]);
        const double small = exp_exact(-std::abs(x));                        // of the two, below 1
        const double below = log_exact(1 + small) + std::max(-x, 0.);        // - log σ(x)
        const double rest  = x >= 0 ? small / (1 + small) : 1 / (1 + small); // 1 - σ(x)
        const double share = 1 + (positive - 1) * y;
        loss += (1 - y) * x + share * below;
        if (!dz.empty()) dz[i] = static_cast<Scalar>(((1 - y) - share * rest) / count);
    }
    return loss / count;
}

} // namespace graft::inline GRAFT_ABI
