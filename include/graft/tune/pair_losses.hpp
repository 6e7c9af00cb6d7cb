// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/elementary.hpp>
#include <graft/base/matrix.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The cosine of two vectors, and what its gradient needs.
template <std::floating_point Scalar>
struct row_cosine {
    double value = 0, a = 0, b = 0; ///< the lengths

    row_cosine(std::span<const Scalar> x, std::span<const Scalar> y) {
        double dot = 0, xx = 0, yy = 0;
        for (std::size_t d = 0; d < x.size(); ++d) {
            const auto u = static_cast<double>(x[d]), v = static_cast<double>(y[d]);
            dot = std::fma(u, v, dot), xx = std::fma(u, u, xx), yy = std::fma(v, v, yy);
        }
        a = std::sqrt(xx), b = std::sqrt(yy), value = dot / (a * b);
    }
    /// dx = g · d cosine / d x, and dy.
    void back(double g, std::span<const Scalar> x, std::span<const Scalar> y, std::span<Scalar> dx,
              std::span<Scalar> dy) const {
        for (std::size_t d = 0; d < x.size(); ++d) {
            const double u = static_cast<double>(x[d]) / a, v = static_cast<double>(y[d]) / b;
            dx[d] = static_cast<Scalar>(g * (v - value * u) / a);
            dy[d] = static_cast<Scalar>(g * (u - value * v) / b);
        }
    }
};

} // namespace detail

// Losses of pairs of vectors that a label says how near they are: their values in double, and the gradients of both sides.
// Each takes a, b [n, dims], no row zero; a label a pair; da, db [n, dims], overwritten.

/// Mean squared error of cosine and label:  Σ (cos(a_i, b_i) - label_i)² / n.
///
/// Gives    the loss
/// Source   Reimers and Gurevych 2019, arXiv 1908.10084: CosineSimilarityLoss
template <std::floating_point Scalar>
[[nodiscard]] double cosine_mse(matrix_view<const Scalar> a, matrix_view<const Scalar> b,
                                std::span<const Scalar> labels, matrix_view<Scalar> da, matrix_view<Scalar> db) {
    GRAFT_ASSERT(a.rows == b.rows && labels.size() == a.rows, "two rows and a label a pair");
    const auto n    = static_cast<double>(a.rows);
    double     loss = 0;
    for (std::size_t i = 0; i < a.rows; ++i) {
        const detail::row_cosine<Scalar> cos(a.row(i), b.row(i));
        const double                     off = cos.value - static_cast<double>(labels[i]);
        loss                                 = std::fma(off, off, loss);
        cos.back(2 * off / n, a.row(i), b.row(i), da.row(i), db.row(i));
    }
    return loss / n;
}

/// CoSENT:  log(1 + Σ exp(scale · (cos_i - cos_j)))  over the pairs i, j with label_i < label_j. Only the order of the labels counts.
///
/// Gives    the loss; 0, and no gradient, where all labels are equal
/// Costs    n² exponentials.
/// Source   Su 2022, "CoSENT"; scale 20 as in sentence-transformers' CoSENTLoss
template <std::floating_point Scalar>
[[nodiscard]] double cosent(matrix_view<const Scalar> a, matrix_view<const Scalar> b, std::span<const Scalar> labels,
                            double scale, matrix_view<Scalar> da, matrix_view<Scalar> db) {
    GRAFT_ASSERT(a.rows == b.rows && labels.size() == a.rows, "two rows and a label a pair");
    const std::size_t                       n = a.rows;
    std::vector<detail::row_cosine<Scalar>> cos;
    std::vector<double>                     g(n);
    cos.reserve(n);
    for (std::size_t i = 0; i < n; ++i) cos.emplace_back(a.row(i), b.row(i));
    const auto apart = [&](std::size_t i, std::size_t j) { return scale * (cos[i].value - cos[j].value); };
    double     most  = 0; // of the exponents, the 1 among them
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            if (labels[i] < labels[j]) most = std::max(most, apart(i, j));
    double sum = exp_exact(-most);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            if (labels[i] < labels[j]) {
                const double e = exp_exact(apart(i, j) - most);
                sum += e, g[i] += e, g[j] -= e;
            }
    for (std::size_t i = 0; i < n; ++i) cos[i].back(scale * g[i] / sum, a.row(i), b.row(i), da.row(i), db.row(i));
    return log_exact(sum) + most;
}

} // namespace graft::inline GRAFT_ABI
