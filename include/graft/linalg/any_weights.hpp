// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/linalg/bf16_weights.hpp>
#include <graft/linalg/block_weights.hpp>
#include <graft/linalg/int8_weights.hpp>
#include <graft/linalg/nf4_weights.hpp>
#include <graft/linalg/packed.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <variant>

namespace graft::inline GRAFT_ABI {

/// A weight matrix W [out, in] of a model whose file decides how its numbers are held: packed floats, bf16,
/// int8, blocks of 4 or 8 bits, or NF4.
class any_weights {
    std::variant<packed_weights, bf16_weights, int8_weights, block_weights, nf4_weights> held_;

public:
    any_weights() = default;
    any_weights(packed_weights w) noexcept : held_(std::move(w)) {}
    any_weights(bf16_weights w) noexcept : held_(std::move(w)) {}
    any_weights(int8_weights w) noexcept : held_(std::move(w)) {}
    any_weights(block_weights w) noexcept : held_(std::move(w)) {}
    any_weights(nf4_weights w) noexcept : held_(std::move(w)) {}

    [[nodiscard]] std::size_t out() const noexcept {
        return std::visit([](const auto& w) { return w.out(); }, held_);
    }
    [[nodiscard]] std::size_t in() const noexcept {
        return std::visit([](const auto& w) { return w.in(); }, held_);
    }
    /// Whether the numbers are floats, whose products round nothing but their sums.
    [[nodiscard]] bool floats() const noexcept { return held_.index() == 0; }
    /// Row i of W in floats; `to` [in].
    void row(std::size_t i, std::span<float> to) const noexcept {
        std::visit([&](const auto& w) { w.row(i, to); }, held_);
    }
    template <class F>
    decltype(auto) visit(F&& f) const {
        return std::visit(std::forward<F>(f), held_);
    }
};

/// Y = X Wᵀ: `product` of what the weights are.
[[nodiscard]] inline result<void> product(matrix_view<const float> x, const any_weights& w, matrix_view<float> y,
                                          const product_start& start, context& c) {
    return w.visit([&](const auto& held) { return product(x, held, y, start, c); });
}

/// dX = dY W: `product_back` of what the weights are.
[[nodiscard]] inline result<void> product_back(matrix_view<const float> dy, const any_weights& w, matrix_view<float> dx,
                                               const product_start& start, context& c) {
    return w.visit([&](const auto& held) { return product_back(dy, held, dx, start, c); });
}

} // namespace graft::inline GRAFT_ABI
