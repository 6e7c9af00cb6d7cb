// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/base/progress_steps.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>
#include <graft/linalg/sparse.hpp>
#include <graft/linalg/symmetric_eigen.hpp>
#include <graft/simd/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The strongest directions of a matrix.
struct truncated_svd {
    std::vector<double> values; ///< singular values, falling; 0 where the arithmetic cannot tell one from noise
    matrix<float>       right;  ///< [columns, rank]: column j is right singular vector j, zeros where value j is 0
};

/// How a truncated SVD is looked for.
struct svd_params {
    std::size_t   rank       = 256; ///< k, directions
    std::size_t   oversample = 16;  ///< p, directions that are carried along and dropped
    std::size_t   iterations = 4;   ///< q, multiplications by A Aᵀ; at least 1
    std::uint64_t seed       = 0;
};

namespace detail {

// As in symmetric_eigen: separate multiplications and additions in one order.
#if !defined(__clang__)
#    pragma GCC push_options
#    pragma GCC optimize("no-fast-math", "fp-contract=off")
#endif

inline constexpr std::size_t gram_rows = 1024, gram_step = 64; // rows a partial sum, rows a chain

/// c += YᵀY, lower tiles only, in double, for rows of `dims` floats; c is [wide, wide] with wide = dims rounded up to a
/// multiple of 4. `panels` is room for gram_step · wide doubles.
///
/// A product of two floats is exact in double, so the rounding is that of the additions: 1e-16, not 6e-8. Orthonormalising
/// through this matrix squares the condition number of Y, and only so there is room for it.
inline result<void> add_gram(const float* rows, std::size_t n, std::size_t dims, double* panels, double* c,
                             const context& w) {
#if defined(__clang__)
#    pragma clang fp contract(off)
#endif
    const std::size_t wide = (dims + 3) / 4 * 4;
    for (std::size_t first = 0; first < n; first += gram_step) {
        const std::size_t steps = std::min(gram_step, n - first);
        for (std::size_t column = 0; column < wide; ++column)
            for (std::size_t k = 0; k < steps; ++k)
                panels[column / 4 * 4 * gram_step + 4 * k + column % 4] =
                    column < dims ? static_cast<double>(rows[(first + k) * dims + column]) : 0.;
        for (std::size_t i = 0; i < wide; i += 4) {
            if (auto ok = w.alive(); !ok) return ok;
            for (std::size_t j = 0; j <= i; j += 4) {
                // a 4 x 4 tile in eight registers of two; two more for the row of j, one for an element of i
                const double* x = panels + i * gram_step;
                const double* y = panels + j * gram_step;
                double2       a0{}, a1{}, b0{}, b1{}, c0{}, c1{}, d0{}, d1{};
                for (std::size_t k = 0; k < steps; ++k, x += 4, y += 4) {
                    const double2 left{y[0], y[1]}, right{y[2], y[3]};
                    a0 += double2{x[0], x[0]} * left, a1 += double2{x[0], x[0]} * right;
                    b0 += double2{x[1], x[1]} * left, b1 += double2{x[1], x[1]} * right;
                    c0 += double2{x[2], x[2]} * left, c1 += double2{x[2], x[2]} * right;
                    d0 += double2{x[3], x[3]} * left, d1 += double2{x[3], x[3]} * right;
                }
                const double2 tile[4][2] = {{a0, a1}, {b0, b1}, {c0, c1}, {d0, d1}};
                for (std::size_t r = 0; r < 4; ++r)
                    for (std::size_t s = 0; s < 4; ++s) c[(i + r) * wide + j + s] += tile[r][s / 2][s % 2];
            }
        }
    }
    return done;
}

/// R⁻¹ for the Cholesky factor RᵀR of a Gram matrix whose lower triangle is given (and spoilt), as floats, row-major and upper
/// triangular. A column that depends on those before it, to a millionth of its length, gets zeros.
inline result<matrix<float>> cholesky_inverse(matrix_view<double> g, const context& w) {
#if defined(__clang__)
#    pragma clang fp contract(off)
#endif
    const std::size_t n = g.rows;
    matrix<double>    inverse(n, n); // of L = Rᵀ
    for (std::size_t i = 0; i < n; ++i) {
        if (auto ok = w.alive(); !ok) return ok.error();
        double* const row  = g.data + i * n;
        const double  size = row[i];
        double        left = size;
        for (std::size_t j = 0; j < i; ++j) {
            const double* other = g.data + j * n;
            double        sum   = row[j];
            for (std::size_t k = 0; k < j; ++k) sum -= row[k] * other[k];
            row[j] = other[j] > 0 ? sum / other[j] : 0;
            left -= row[j] * row[j];
        }
        if (!(left > 1e-12 * size)) {
            std::fill_n(row, i + 1, 0.);
            continue;
        }
        row[i]          = std::sqrt(left);
        double* const x = inverse.data() + i * n;
        for (std::size_t k = 0; k < i; ++k) {
            const double* other = inverse.data() + k * n;
            for (std::size_t j = 0; j <= k; ++j) x[j] -= row[k] * other[j];
        }
        for (std::size_t j = 0; j < i; ++j) x[j] /= row[i];
        x[i] = 1 / row[i];
    }
    matrix<float> out(n, n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) out.data()[j * n + i] = static_cast<float>(inverse.data()[i * n + j]);
    return out;
}

#if !defined(__clang__)
#    pragma GCC pop_options
#endif

/// YᵀY, lower triangle. Blocks of rows are summed each by one thread, then in their order.
inline result<matrix<double>> gram(matrix_view<const float> y, context& c) {
    const std::size_t wide = (y.dims + 3) / 4 * 4;
    matrix<double>    total(y.dims, y.dims);
    auto              ok = in_order(
        c, y.rows, gram_rows,
        [&](std::size_t first, std::size_t last, context& w) -> result<std::span<const double>> {
            const auto sum    = w.take<double>(wide * wide);
            const auto panels = w.take_raw<double>(gram_step * wide);
            if (auto made = add_gram(y.data + first * y.dims, last - first, y.dims, panels.data(), sum.data(), w);
                !made)
                return made.error();
            return std::span<const double>(sum);
        },
        [&](std::span<const double> sum) {
            for (std::size_t r = 0; r < y.dims; ++r)
                for (std::size_t column = 0; column <= r; ++column)
                    total.data()[r * y.dims + column] += sum[r * wide + column];
        });
    if (!ok) return ok.error();
    return total;
}

} // namespace detail

/// The `rank` largest singular values of a sparse matrix and their right singular vectors. Of our own and not Eigen's because `lsa`
/// promises equal bytes on every host.
///
/// Takes    finite elements; rank at most min(rows, columns).
/// Gives    the same bits for any number of threads. Vectors are orthonormal to 1e-5; a direction weaker than 1e-4 of the
///          strongest is left out as a column of zeros. With more `iterations` values and subspace converge, at a rate of
///          (σ[rank + oversample] / σ[i])² each.
/// Costs    2 · iterations + 1 passes of (elements · dims) multiplications, dims = rank + oversample; memory for
///          (2 · the smaller side + the larger one + columns) · dims floats.
/// Fails    bad_argument (rank or iterations 0), rank_too_high with the largest rank in `where`; stopped, timed_out.
/// Source   Halko, Martinsson, Tropp, "Finding structure with randomness", SIAM Review 53, 2011, alg. 4.4 and 5.1.
[[nodiscard]] inline result<truncated_svd> decompose(const sparse_matrix& a, svd_params p, const kernels& with,
                                                     context& c) {
    if (p.rank == 0 || p.iterations == 0) return error{fault::bad_argument, unit::none, 0, "svd"};
    const std::size_t most = std::min(a.rows(), a.width);
    if (p.rank > most) return error{fault::rank_too_high, unit::none, most, "svd"};

    // The basis Q lives on the smaller side, where orthonormalising is cheap; `in` brings it over to the other, `out` back.
    const auto t = transposed(a, c);
    if (!t) return t.error();
    const bool           tall = a.width < a.rows();
    const sparse_matrix &in = tall ? a : *t, &out = tall ? *t : a;
    const std::size_t    dims = p.oversample < most - p.rank ? p.rank + p.oversample : most;
    matrix<float>        q(most, dims), y(most, dims), b(in.rows(), dims);
    for (std::size_t r = 0; r < most; ++r) {
        counter_random draw(p.seed, 0x737664);
        draw.seek(r * ((dims + 3) / 4 * 4));
        for (float& x : q.row(r)) x = 2 * draw.unit() - 1;
    }
    progress_steps told(c, 3 * p.iterations + 5); // a pass over the elements, or over the basis: one each
    const auto     times = [&](const auto& left, const matrix<float>& right, matrix<float>& to) {
        told.next(1);
        return multiply(left, right.view(), to.view(), with, c);
    };
    const auto orthonormalise = [&]() -> result<void> { // y into q
        told.next(1);
        auto g = detail::gram(y.view(), c);
        if (!g) return g.error();
        const auto inverse = detail::cholesky_inverse(g->view(), c);
        if (!inverse) return inverse.error();
        told.next(0);
        return multiply(y.view(), inverse->view(), q.view(), with, c);
    };
    for (std::size_t i = 0; i < p.iterations; ++i) {
        if (auto ok = times(in, q, b); !ok) return ok.error();
        if (auto ok = times(out, b, y); !ok) return ok.error();
        if (auto ok = orthonormalise(); !ok) return ok.error();
    }
    std::swap(q, y); // once more: the first pass may have lost half of the digits
    if (auto ok = orthonormalise(); !ok) return ok.error();
    if (auto ok = times(in, q, b); !ok) return ok.error();

    // B = U S Wᵀ from BᵀB = W S² Wᵀ, which is small.
    told.next(1);
    auto g = detail::gram(b.view(), c);
    if (!g) return g.error();
    told.next(1);
    auto pairs = symmetric_eigen(g->view(), c);
    if (!pairs) return pairs.error();
    truncated_svd found{std::vector<double>(p.rank), matrix<float>(a.width, p.rank)};
    matrix<float> turn(dims, p.rank);
    for (std::size_t i = 0; i < p.rank; ++i) {
        const double square = pairs->values[i];
        if (!(square > 1e-8 * pairs->values[0])) break;
        found.values[i]    = std::sqrt(square);
        const double scale = tall ? 1 : 1 / found.values[i];
        for (std::size_t j = 0; j < dims; ++j)
            turn.data()[j * p.rank + i] = static_cast<float>(scale * pairs->vectors.data()[i * dims + j]);
    }
    if (auto ok = times((tall ? q : b).view(), turn, found.right); !ok) return ok.error();
    told.all();
    return found;
}
/// The same with the best kernels of this machine.
[[nodiscard]] inline result<truncated_svd> decompose(const sparse_matrix& a, svd_params p, context& c) {
    return decompose(a, p, best_kernels<need::chains>(), c);
}
/// The same with the best kernels of this machine, in a context of its own.
[[nodiscard]] inline result<truncated_svd> decompose(const sparse_matrix& a, svd_params p, context&& c = {}) {
    return decompose(a, p, best_kernels<need::chains>(), c);
}

} // namespace graft::inline GRAFT_ABI
