// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace graft::inline GRAFT_ABI {

/// What losses of triplets take: an anchor, a positive and a negative a row, [n, dims] each, and where their gradients go, which are overwritten.
template <std::floating_point Scalar>
struct triplet_rows {
    matrix_view<const Scalar> anchor, positive, negative;
    matrix_view<Scalar>       danchor, dpositive, dnegative;
};

/// Triplet loss:  the mean of  max(0, |a - p| - |a - n| + margin), in Euclid's distance.
///
/// Gives    the loss, in double. Where two vectors are one, their distance has no gradient.
/// Source   Schroff et al. 2015, arXiv 1503.03832; plain distances and margin 5 as in sentence-transformers' TripletLoss
template <std::floating_point Scalar>
[[nodiscard]] double triplet_loss(const triplet_rows<Scalar>& rows, double margin) {
    const std::size_t n = rows.anchor.rows, dims = rows.anchor.dims;
    double            loss = 0;
    const auto        far  = [&](std::span<const Scalar> x, std::span<const Scalar> y) {
        double sum = 0;
        for (std::size_t d = 0; d < dims; ++d) {
            const double off = static_cast<double>(x[d]) - static_cast<double>(y[d]);
            sum              = std::fma(off, off, sum);
        }
        return std::sqrt(sum);
    };
    for (std::size_t i = 0; i < n; ++i) {
        const auto   a = rows.anchor.row(i), p = rows.positive.row(i), m = rows.negative.row(i);
        const double near = far(a, p), away = far(a, m), off = near - away + margin;
        const bool   counts = !(off <= 0); // a NaN does
        if (counts) loss += off;
        const double share = counts ? 1 / static_cast<double>(n) : 0;
        const double g = near > 0 ? share / near : 0, h = away > 0 ? share / away : 0;
        for (std::size_t d = 0; d < dims; ++d) {
            const double to          = g * (static_cast<double>(a[d]) - static_cast<double>(p[d]));
            const double from        = h * (static_cast<double>(a[d]) - static_cast<double>(m[d]));
            rows.danchor.row(i)[d]   = static_cast<Scalar>(to - from);
            rows.dpositive.row(i)[d] = static_cast<Scalar>(-to);
            rows.dnegative.row(i)[d] = static_cast<Scalar>(from);
        }
    }
    return loss / static_cast<double>(n);
}

/// Margin MSE:  the mean of  (a · p - a · n - label)², where a label is by how much a teacher holds p for better than n.
///
/// Takes    a label a row
/// Gives    the loss, in double
/// Source   Hofstätter et al. 2020, arXiv 2010.02666; dot products as in sentence-transformers' MarginMSELoss
template <std::floating_point Scalar>
[[nodiscard]] double margin_mse(const triplet_rows<Scalar>& rows, std::span<const Scalar> labels) {
    const std::size_t n = rows.anchor.rows, dims = rows.anchor.dims;
    GRAFT_ASSERT(labels.size() == n, "a label a row");
    double loss = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto a = rows.anchor.row(i), p = rows.positive.row(i), m = rows.negative.row(i);
        double     better = 0, worse = 0;
        for (std::size_t d = 0; d < dims; ++d) {
            better = std::fma(static_cast<double>(a[d]), static_cast<double>(p[d]), better);
            worse  = std::fma(static_cast<double>(a[d]), static_cast<double>(m[d]), worse);
        }
        const double off = better - worse - static_cast<double>(labels[i]), g = 2 * off / static_cast<double>(n);
        loss = std::fma(off, off, loss);
        for (std::size_t d = 0; d < dims; ++d) {
            const double at          = static_cast<double>(a[d]);
            rows.danchor.row(i)[d]   = static_cast<Scalar>(g * (static_cast<double>(p[d]) - static_cast<double>(m[d])));
            rows.dpositive.row(i)[d] = static_cast<Scalar>(g * at);
            rows.dnegative.row(i)[d] = static_cast<Scalar>(-g * at);
        }
    }
    return loss / static_cast<double>(n);
}

} // namespace graft::inline GRAFT_ABI
