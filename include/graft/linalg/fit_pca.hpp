// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/linalg/eigen.hpp>
#include <graft/linalg/pca.hpp>
#include <graft/linalg/truncated_svd.hpp>

#include <Eigen/Eigenvalues>

#include <cmath>

namespace graft::inline GRAFT_ABI {

/// How many components `fit_pca` keeps.
struct pca_params {
    std::size_t dims = 64; ///< at most the vectors' own, and less than there are vectors
};

/// The principal components of vectors, by the eigenvectors of their covariance.
///
///     auto small = fit_pca(rows, {.dims = 64}, c).value();
///
/// This header is in no umbrella: Eigen's decomposition takes seconds to compile. Fit once, `save`, and load with pca.hpp alone.
///
/// Takes    rows [n, dims] of finite numbers, n > 1.
/// Gives    the same bytes for any number of threads. The decomposition is Eigen's, so they may differ in the last bits from one
///          compiler, its flags or processor to another; what is saved is the same everywhere. In each component the number
///          of largest magnitude is positive.
/// Costs    n · in² operations in double on the executor of the context, then some 10 in³ on this thread, which asks no
///          stop: 10 ms at 384 dimensions, a second at 1,536. Memory for the rows once more and 4 in² doubles.
/// Fails    `bad_argument` for 0 components, `no_input` for less than two vectors, `rank_too_high` with the most components that
///          there are, `not_finite` with the row; stopped, timed_out.
[[nodiscard]] inline result<pca> fit_pca(matrix_view<const float> rows, const pca_params& p, context& c) {
    if (p.dims == 0) return error{fault::bad_argument, unit::none, 0, "pca"};
    if (rows.rows < 2 || rows.dims == 0) return error{fault::no_input, unit::row, rows.rows, "pca"};
    const std::size_t dims = rows.dims, most = std::min(dims, rows.rows - 1);
    if (p.dims > most) return error{fault::rank_too_high, unit::none, most, "pca"};
    std::vector<double> sum(dims);
    for (std::size_t r = 0; r < rows.rows; ++r) {
        if (r % 1024 == 0)
            if (auto ok = c.alive(); !ok) return ok.error();
        if (!all_finite(rows.row(r))) return error{fault::not_finite, unit::row, r, "pca"};
        for (std::size_t i = 0; i < dims; ++i) sum[i] += static_cast<double>(rows.row(r)[i]);
    }
    // Centred before the products: the difference of large sums would lose what vectors far from 0 have in small.
    const auto n = static_cast<double>(rows.rows);
    pca        made{matrix<float>(1, dims), matrix<float>(p.dims, dims), std::vector<double>(p.dims), 0};
    for (std::size_t i = 0; i < dims; ++i) made.mean.flat()[i] = static_cast<float>(sum[i] / n);
    matrix<float> centred(rows.rows, dims);
    if (auto ok = each_block(c, rows.rows, 1024,
                             [&](std::size_t first, std::size_t last, context&) {
                                 for (std::size_t r = first; r < last; ++r)
                                     for (std::size_t i = 0; i < dims; ++i)
                                         centred.row(r)[i] = rows.row(r)[i] - made.mean.flat()[i];
                             });
        !ok)
        return ok.error();
    auto products = detail::gram(centred.view(), c); // the lower triangle
    if (!products) return products.error();
    auto covariance = as_eigen(products->view());
    for (std::size_t i = 0; i < dims; ++i) { // what rounding the mean to float left
        const double left = sum[i] / n - static_cast<double>(made.mean.flat()[i]);
        for (std::size_t j = 0; j <= i; ++j)
            products->row(i)[j] -= n * left * (sum[j] / n - static_cast<double>(made.mean.flat()[j]));
    }
    covariance /= n - 1;
    made.total = std::max(0., covariance.trace());
    if (auto ok = c.alive(); !ok) return ok.error();

    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> found(covariance);
    if (found.info() != Eigen::Success) return error{fault::too_large, unit::none, dims, "pca"};
    for (std::size_t k = 0; k < p.dims; ++k) {
        const auto at      = static_cast<Eigen::Index>(dims - 1 - k); // Eigen's rise
        const auto vector  = found.eigenvectors().col(at);
        const auto row     = made.components.row(k);
        double     longest = 0;
        for (const double x : vector)
            if (std::fabs(x) > std::fabs(longest)) longest = x;
        for (std::size_t i = 0; i < dims; ++i)
            row[i] = static_cast<float>(longest < 0 ? -vector[static_cast<Eigen::Index>(i)]
                                                    : vector[static_cast<Eigen::Index>(i)]);
        made.variances[k] = std::max(0., found.eigenvalues()[at]);
    }
    return made;
}
[[nodiscard]] inline result<pca> fit_pca(matrix_view<const float> rows, const pca_params& p = {}, context&& c = {}) {
    return fit_pca(rows, p, c);
}

} // namespace graft::inline GRAFT_ABI
