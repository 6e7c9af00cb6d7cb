// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How often labels were right.
struct classification_scores {
    double accuracy = 0; ///< share of the items whose label is right
    double macro_f1 =
        0; ///< mean over the labels of 2 hits / (given + expected); a label that is neither given nor expected does not count
};

/// Fails    `no_input` without items, `wrong_shape` for lists of different lengths, `unknown_id` (row) for a label that is not below `labels`
/// Source   F1 as scikit-learn has it, macro-averaged
[[nodiscard]] inline result<classification_scores>
score_labels(std::span<const std::uint32_t> expected, std::span<const std::uint32_t> given, std::size_t labels) {
    if (expected.size() != given.size()) return error{fault::wrong_shape, unit::row, given.size(), "labels"};
    if (expected.empty()) return error{fault::no_input, unit::none, 0, "labels"};
    std::vector<std::size_t> hits(labels), stands(labels); // given or expected
    std::size_t              right = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (expected[i] >= labels || given[i] >= labels) return error{fault::unknown_id, unit::row, i, "label"};
        ++stands[expected[i]], ++stands[given[i]];
        if (expected[i] == given[i]) ++hits[given[i]], ++right;
    }
    double      sum = 0;
    std::size_t met = 0;
    for (std::size_t l = 0; l < labels; ++l) {
        if (stands[l] == 0) continue;
        ++met;
        sum += 2 * static_cast<double>(hits[l]) / static_cast<double>(stands[l]);
    }
    return classification_scores{static_cast<double>(right) / static_cast<double>(expected.size()),
                                 sum / static_cast<double>(met)};
}

} // namespace graft::inline GRAFT_ABI
