// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_report.hpp>
#include <graft/models/llama_lora.hpp>

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

// In no umbrella, as lora_svd.hpp.

/// What updates do to the weights of a Llama, in the order of the set.
///
/// Costs    a pass over the weights beside which they stand.
/// Fails    as `lora_effects`; a place that the model has not gets a share of 0
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<std::vector<lora_effect>> lora_effects(const llama<Scalar, Weight>& m, const lora_set<Scalar>& set,
                                                            context& c) {
    using layer        = typename llama<Scalar, Weight>::layer;
    const auto norm_of = [&](std::string_view name, context& w) {
        double sum = 0;
        for (std::size_t l = 0; l < m.layers.size(); ++l)
            for (const auto& at : detail::llama_matrices<layer>) {
                if (detail::llama_place(l, at.name) != name) continue;
                const auto& weight = at.weight(m.layers[l]);
                const auto  row    = w.take_raw<Scalar>(weight.in());
                for (std::size_t r = 0; r < weight.out(); ++r) {
                    detail::copy_row(weight.W, r, row);
                    for (const Scalar x : row) sum += static_cast<double>(x) * static_cast<double>(x);
                }
            }
        return std::sqrt(sum);
    };
    return lora_effects(set, norm_of, c);
}

} // namespace graft::inline GRAFT_ABI
