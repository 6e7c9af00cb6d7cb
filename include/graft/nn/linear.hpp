// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora.hpp>

namespace graft::inline GRAFT_ABI {

/// A linear layer whose weights do not move:  y = W x + b, a row of x at a time. With an update beside it: `with_lora<linear<float>>`.
template <std::floating_point Scalar>
struct linear {
    using scalar = Scalar;
    matrix<Scalar> W; ///< [out, in]
    matrix<Scalar> b; ///< [1, out], or empty

    [[nodiscard]] std::size_t in() const noexcept { return W.dims(); }
    [[nodiscard]] std::size_t out() const noexcept { return W.rows(); }

    /// Takes x [n, in], y [n, out].
    void forward(matrix_view<const Scalar> x, matrix_view<Scalar> y) const {
        multiply_abt(x, W.view(), y);
        if (b.flat().empty()) return;
        for (std::size_t r = 0; r < y.rows; ++r)
            for (std::size_t i = 0; i < y.dims; ++i) y.row(r)[i] += b.flat()[i];
    }
    /// dx += dy W. Takes dy [n, out], dx [n, in].
    void backward(matrix_view<const Scalar> dy, matrix_view<Scalar> dx) const {
        matrix<Scalar> part(dx.rows, dx.dims);
        multiply_ab(dy, W.view(), part.view());
        detail::add_scaled(Scalar{1}, part.view(), dx);
    }
};

/// A layer of its own that gives what the grafted one gives: the base is copied, so unmerging is going back to it.
///
/// Fails    `not_finite`, if a merged weight would be.
template <std::floating_point Scalar>
[[nodiscard]] result<linear<Scalar>> merged(const with_lora<linear<Scalar>>& g) {
    linear<Scalar> whole = g.base;
    if (auto ok = g.update.merge_into(whole.W.view()); !ok) return ok.error();
    return whole;
}

/// The same over the identity: W = 1 + scale · B A.
template <std::floating_point Scalar>
[[nodiscard]] result<linear<Scalar>> merged(const with_lora<identity<Scalar>>& g) {
    linear<Scalar> whole{matrix<Scalar>(g.out(), g.in()), {}};
    for (std::size_t i = 0; i < g.in(); ++i) whole.W.row(i)[i] = 1;
    if (auto ok = g.update.merge_into(whole.W.view()); !ok) return ok.error();
    return whole;
}

} // namespace graft::inline GRAFT_ABI
