// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/core/matrix.hpp>
#include <graft/math/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace graft::inline v0_1 {

// Matrix products whose bits depend on their inputs alone: not on blocks, kernels (of the exact ones) or the thread that
// runs them. No product crosses a thread; give each thread rows of C (`middle`) and the bits stay.
//
// A Bᵀ sums by the 32 lanes of a dot product; A B and Aᵀ B add one product after the other in the order of k, from +0. Those
// are different sums: compare like with like. C is overwritten and must not overlap A or B.

namespace detail {

inline constexpr std::size_t product_block = 1 << 16; // floats of B that stay in cache (256 KiB) while A passes by

} // namespace detail

/// C = A Bᵀ: every row of A against every row of B, bit-equal to `dot`.
///
/// Takes    A [n, k], B [m, k], C [n, m]
inline void multiply_abt(matrix_view<const float> a, matrix_view<const float> b, matrix_view<float> c,
                         const kernels& by = best_kernels()) noexcept {
    GRAFT_ASSERT(a.dims == b.dims && c.rows == a.rows && c.dims == b.rows, "A [n, k], B [m, k], C [n, m]");
    const std::size_t block =
        std::max<std::size_t>(4, detail::product_block / std::max<std::size_t>(1, b.dims) / 4 * 4);
    for (std::size_t j = 0; j < b.rows; j += block)
        by.tile(a.data, a.rows, b.data + j * b.dims, std::min(block, b.rows - j), a.dims, c.data + j, c.dims);
}

/// C = A B.
///
/// Takes    A [n, k], B [k, m], C [n, m]
inline void multiply_ab(matrix_view<const float> a, matrix_view<const float> b, matrix_view<float> c,
                        const kernels& by = best_kernels()) noexcept {
    GRAFT_ASSERT(a.dims == b.rows && c.rows == a.rows && c.dims == b.dims, "A [n, k], B [k, m], C [n, m]");
    std::fill_n(c.data, c.rows * c.dims, 0.f);
    for (std::size_t t = 0; t < b.rows; t += 256)
        by.chains(a.data + t, a.dims, 1, b.data + t * b.dims, b.dims, c.data, c.dims, a.rows,
                  std::min<std::size_t>(256, b.rows - t), b.dims);
}

/// C = Aᵀ B.
///
/// Takes    A [k, n], B [k, m], C [n, m]
inline void multiply_atb(matrix_view<const float> a, matrix_view<const float> b, matrix_view<float> c,
                         const kernels& by = best_kernels()) noexcept {
    GRAFT_ASSERT(a.rows == b.rows && c.rows == a.dims && c.dims == b.dims, "A [k, n], B [k, m], C [n, m]");
    std::fill_n(c.data, c.rows * c.dims, 0.f);
    for (std::size_t t = 0; t < b.rows; t += 256)
        by.chains(a.data + t * a.dims, 1, a.dims, b.data + t * b.dims, b.dims, c.data, c.dims, a.dims,
                  std::min<std::size_t>(256, b.rows - t), b.dims);
}

// The same in double, each output one chain of fused steps: for gradient checks, not for speed.

inline void multiply_abt(matrix_view<const double> a, matrix_view<const double> b, matrix_view<double> c) noexcept {
    GRAFT_ASSERT(a.dims == b.dims && c.rows == a.rows && c.dims == b.rows, "A [n, k], B [m, k], C [n, m]");
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t j = 0; j < b.rows; ++j) {
            double sum = 0;
            for (std::size_t t = 0; t < a.dims; ++t)
                sum = std::fma(a.data[i * a.dims + t], b.data[j * b.dims + t], sum);
            c.data[i * c.dims + j] = sum;
        }
}
inline void multiply_ab(matrix_view<const double> a, matrix_view<const double> b, matrix_view<double> c) noexcept {
    GRAFT_ASSERT(a.dims == b.rows && c.rows == a.rows && c.dims == b.dims, "A [n, k], B [k, m], C [n, m]");
    std::fill_n(c.data, c.rows * c.dims, 0.);
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t t = 0; t < b.rows; ++t)
            for (std::size_t j = 0; j < b.dims; ++j)
                c.data[i * c.dims + j] =
                    std::fma(a.data[i * a.dims + t], b.data[t * b.dims + j], c.data[i * c.dims + j]);
}
inline void multiply_atb(matrix_view<const double> a, matrix_view<const double> b, matrix_view<double> c) noexcept {
    GRAFT_ASSERT(a.rows == b.rows && c.rows == a.dims && c.dims == b.dims, "A [k, n], B [k, m], C [n, m]");
    std::fill_n(c.data, c.rows * c.dims, 0.);
    for (std::size_t t = 0; t < a.rows; ++t)
        for (std::size_t i = 0; i < a.dims; ++i)
            for (std::size_t j = 0; j < b.dims; ++j)
                c.data[i * c.dims + j] =
                    std::fma(a.data[t * a.dims + i], b.data[t * b.dims + j], c.data[i * c.dims + j]);
}

} // namespace graft::inline v0_1
