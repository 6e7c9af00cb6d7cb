// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tune/info_nce.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Rows of length 1, and the lengths that they had.
template <std::floating_point Scalar>
[[nodiscard]] matrix_view<const Scalar> unit_rows(matrix_view<const Scalar> x, std::span<Scalar> lengths, context& w) {
    const matrix_view<Scalar> u{w.take_raw<Scalar>(x.rows * x.dims).data(), x.rows, x.dims};
    for (std::size_t i = 0; i < x.rows; ++i) {
        lengths[i] = norm(std::span<const Scalar>(x.row(i)));
        for (std::size_t d = 0; d < x.dims; ++d) u.row(i)[d] = x.row(i)[d] / lengths[i];
    }
    return u;
}
/// dx = (du - u (u · du)) / |x|, in place.
template <std::floating_point Scalar>
void unit_rows_back(matrix_view<const Scalar> u, std::span<const Scalar> lengths, matrix_view<Scalar> du) {
    for (std::size_t i = 0; i < u.rows; ++i) {
        double along = 0;
        for (std::size_t d = 0; d < u.dims; ++d)
            along = std::fma(static_cast<double>(u.row(i)[d]), static_cast<double>(du.row(i)[d]), along);
        const auto back = static_cast<Scalar>(along);
        for (std::size_t d = 0; d < u.dims; ++d) du.row(i)[d] = std::fma(-back, u.row(i)[d], du.row(i)[d]) / lengths[i];
    }
}

} // namespace detail

/// Multiple negatives ranking loss:  the mean of  - log softmax(scale · cos(a_i, p_j))[target_i]  over the candidates that anchor i may see. Both sides move.
///
/// What is in a batch is a negative of all that it does not answer; hard negatives stand behind the positives as further candidates.
/// With `symmetric` it is the mean of that and of the way back: each target finds its anchor among all of them.
///
/// Takes    anchors [n, dims] and candidates [m, dims], no row of them zero; one `contrastive_row` an anchor; da, dp of their shapes, overwritten
/// Gives    the loss, in double
/// Costs    one product of n · m · dims for the cosines, two for the gradients; `symmetric` twice that.
/// Source   Henderson et al. 2017, arXiv 1705.00652; scale 20 as in sentence-transformers' MultipleNegativesRankingLoss.
template <std::floating_point Scalar>
[[nodiscard]] double multiple_negatives(matrix_view<const Scalar> anchors, matrix_view<const Scalar> candidates,
                                        std::span<const contrastive_row> batch, Scalar scale, bool symmetric,
                                        matrix_view<Scalar> da, matrix_view<Scalar> dp, context& c) {
    GRAFT_ASSERT(batch.size() == anchors.rows && da.rows == anchors.rows && dp.rows == candidates.rows,
                 "a contrast and a gradient for each anchor");
    const arena::scope mine(c);
    const std::size_t  n = anchors.rows, dims = anchors.dims;
    const auto         room = [&](std::size_t rows) {
        return matrix_view<Scalar>{c.take_raw<Scalar>(rows * dims).data(), rows, dims};
    };
    const auto   share   = static_cast<Scalar>((symmetric ? .5 : 1.) / static_cast<double>(n));
    const auto   lengths = c.take_raw<Scalar>(candidates.rows);
    const auto   units   = detail::unit_rows(candidates, lengths, c);
    const double ahead   = info_nce<Scalar>(anchors, units, batch, scale, share, da, c, dp);
    detail::unit_rows_back<Scalar>(units, lengths, dp);
    if (!symmetric) return ahead / static_cast<double>(n);

    // The way back: row i is the target of anchor i, and does not see anchors whose target it is as well, or that may not see it.
    const auto targets = room(n), dtargets = room(n), danchors = room(n);
    const auto back         = c.take_raw<contrastive_row>(n);
    const auto hidden       = c.take_raw<std::uint32_t>(n * n);
    const auto own          = c.take_raw<Scalar>(n);
    const auto unit_anchors = detail::unit_rows(anchors, own, c);
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t target = batch[i].target;
        std::copy_n(candidates.row(target).data(), dims, targets.row(i).data());
        std::size_t count = 0;
        for (std::size_t j = 0; j < n; ++j)
            if (j != i && (batch[j].target == target ||
                           std::binary_search(batch[j].hidden.begin(), batch[j].hidden.end(), target)))
                hidden[i * n + count++] = static_cast<std::uint32_t>(j);
        back[i] = {static_cast<std::uint32_t>(i), std::span<const std::uint32_t>(hidden).subspan(i * n, count)};
    }
    const double behind = info_nce<Scalar>(targets, unit_anchors, back, scale, share, dtargets, c, danchors);
    detail::unit_rows_back<Scalar>(unit_anchors, own, danchors);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t d = 0; d < dims; ++d) {
            da.row(i)[d] += danchors.row(i)[d];
            dp.row(batch[i].target)[d] += dtargets.row(i)[d];
        }
    return (ahead + behind) / (2 * static_cast<double>(n));
}

} // namespace graft::inline GRAFT_ABI
