// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/elementary.hpp>
#include <graft/linalg/product.hpp>
#include <graft/simd/norm.hpp>

#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// One row of an InfoNCE batch: a question's vector should be nearest to column `target` among the columns that it may see.
struct contrastive_row {
    std::uint32_t                  target = 0; ///< its positive, a row of `chunk_store`
    std::span<const std::uint32_t> hidden =
        {}; ///< columns left out of its softmax, ascending: other positives, repeats
};

/// InfoNCE over cosines, value and gradient in one pass:  - log softmax(scale · cos(q_i, p_j))[target_i].
///
/// Takes    questions [n, dims], none of them zero; passages [m, dims], unit rows; one `contrastive_row` a question;
///          dq [n, dims], overwritten with the gradient of (sum of the losses · weight); dp [m, dims], overwritten with that
///          of the unit rows, or empty.
/// Gives    the sum of the losses, unweighted, in double. Each row of dq depends on its own question alone.
/// Source   van den Oord et al. 2018, arXiv 1807.03748, eq. 4; scale 20 as in sentence-transformers' MultipleNegativesRankingLoss.
template <std::floating_point Scalar>
[[nodiscard]] double info_nce(matrix_view<const Scalar> questions, matrix_view<const Scalar> passages,
                              std::span<const contrastive_row> batch, Scalar scale, Scalar weight,
                              matrix_view<Scalar> dq, context& w, matrix_view<Scalar> dp = {}) {
    GRAFT_ASSERT(batch.size() == questions.rows && dq.rows == questions.rows && dq.dims == questions.dims,
                 "questions [n, dims], a contrast each, dq [n, dims]");
    const std::size_t         n = questions.rows, m = passages.rows, dims = questions.dims;
    const matrix_view<Scalar> unit_rows{w.take_raw<Scalar>(n * dims).data(), n, dims};
    const matrix_view<Scalar> cosines{w.take_raw<Scalar>(n * m).data(), n, m};
    const auto                norms = w.take_raw<Scalar>(n);
    for (std::size_t i = 0; i < n; ++i) {
        norms[i] = norm(std::span<const Scalar>(questions.row(i)));
        for (std::size_t d = 0; d < dims; ++d) unit_rows.row(i)[d] = questions.row(i)[d] / norms[i];
    }
    multiply_abt(unit_rows, passages, cosines);

    // Softmax in double over what each row may see; `cosines` becomes d loss / d cosine.
    const auto share = w.take_raw<double>(m);
    const auto pull  = w.take_raw<Scalar>(n); // sum over j of gradient · cosine: what normalisation takes back
    double     loss  = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto row  = cosines.row(i);
        const auto seen = [&, next = batch[i].hidden.begin()](std::size_t j) mutable {
            while (next != batch[i].hidden.end() && *next < j) ++next;
            return next == batch[i].hidden.end() || *next != j;
        };
        double most    = static_cast<double>(scale * row[batch[i].target]);
        auto   visible = seen;
        for (std::size_t j = 0; j < m; ++j)
            if (visible(j)) most = std::max(most, static_cast<double>(scale * row[j]));
        double sum  = 0;
        auto   look = seen;
        for (std::size_t j = 0; j < m; ++j) {
            share[j] = look(j) ? exp_exact(static_cast<double>(scale * row[j]) - most) : 0;
            sum += share[j];
        }
        loss += log_exact(sum) + most - static_cast<double>(scale * row[batch[i].target]);
        double back = 0;
        for (std::size_t j = 0; j < m; ++j) {
            const double g = (share[j] / sum - (j == batch[i].target ? 1 : 0)) * static_cast<double>(scale * weight);
            back           = std::fma(g, static_cast<double>(row[j]), back);
            row[j]         = static_cast<Scalar>(g);
        }
        pull[i] = static_cast<Scalar>(back);
    }
    if (!dp.empty()) multiply_atb(cosines, unit_rows, dp);
    multiply_ab(cosines, passages, dq);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t d = 0; d < dims; ++d)
            dq.row(i)[d] = std::fma(-pull[i], unit_rows.row(i)[d], dq.row(i)[d]) / norms[i];
    return loss;
}

} // namespace graft::inline GRAFT_ABI
