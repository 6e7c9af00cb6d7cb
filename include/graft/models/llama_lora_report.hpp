// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_report.hpp>
#include <graft/models/llama_lora.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

// In no umbrella, as lora_svd.hpp.

/// What updates do to the weights of a Llama, in the order of the set: with magnitudes (DoRA) `norm` is that of the whole change.
///
/// Costs    a pass over the weights beside which they stand.
/// Fails    as `lora_effects`; a place that the model has not gets a share of 0
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<std::vector<lora_effect>> lora_effects(const llama<Scalar, Weight>& m, const lora_set<Scalar>& set,
                                                            context& c) {
    using weight        = typename llama<Scalar, Weight>::layer_weight;
    using layer         = typename llama<Scalar, Weight>::layer;
    const auto norms_of = [&](const auto& e, context& w) -> place_norms {
        const weight* at = e.table && e.name == detail::llama_tokens ? &m.table() : nullptr;
        for (std::size_t l = 0; l < m.layers.size() && !e.table; ++l)
            for (const auto& of : detail::llama_matrices<layer>)
                if (detail::llama_place(l, of.name) == e.name) at = &of.weight(m.layers[l]);
        if (at == nullptr) return {};
        const bool lengths = !e.update.m.flat().empty() && e.update.fits(at->in(), at->out());
        double     weights = 0, change = 0; // squares
        const auto was = detail::take_matrix<Scalar>(w, 1, at->in()), now = detail::take_matrix<Scalar>(w, 1, at->in());
        for (std::size_t r = 0; r < at->out(); ++r) {
            at->row(r, was.row(0));
            weights += squared_norm(std::span<const Scalar>(was.row(0)));
            if (!lengths) continue;
            const arena::scope mine(w);
            std::ranges::copy(was.row(0), now.data);
            e.update.add_rows(r, now, w);
            lora<Scalar>::give_length(now.row(0), e.update.m.data()[r]);
            detail::add_scaled(Scalar{-1}, was, now);
            change += squared_norm(std::span<const Scalar>(now.row(0)));
        }
        return {std::sqrt(weights), std::sqrt(change)};
    };
    return lora_effects(set, norms_of, c);
}

} // namespace graft::inline GRAFT_ABI
