// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/elementary.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/linalg/product.hpp>
#include <graft/simd/elementwise.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>

namespace graft::inline GRAFT_ABI {

/// Rows of one width that lie `stride` numbers apart: a matrix, or some columns of one.
///
/// Borrows  the memory behind `data`.
template <class T>
struct strided_rows {
    T*          data   = nullptr;
    std::size_t rows   = 0;
    std::size_t stride = 0;

    strided_rows() = default;
    strided_rows(T* at, std::size_t n, std::size_t apart) noexcept : data(at), rows(n), stride(apart) {}
    /// Columns from `first` on.
    template <class U>
        requires std::convertible_to<U (*)[], T (*)[]>
    strided_rows(matrix_view<U> m, std::size_t first = 0) noexcept
        : data(m.data + first), rows(m.rows), stride(m.dims) {}

    [[nodiscard]] T* row(std::size_t i) const noexcept { return data + i * stride; }
};

namespace detail {

/// `elementwise_kernels` in double, by the C library: for the checks of gradients, not for speed, and without a promise of bits.
struct double_rows {
    template <class F>
    static void each(const double* x, double* y, std::size_t n, F f) {
        for (std::size_t i = 0; i < n; ++i) y[i] = f(x[i]);
    }
    static double below(double x) noexcept { return .5 * std::erfc(-x * .70710678118654752440); }
    static double logistic(double x) noexcept { return 1 / (1 + std::exp(-x)); }
    static double inner(double x) noexcept { return 1.5957691216057307 * (x + .044715 * x * x * x); }

    static void exp(const double* x, double* y, std::size_t n) {
        each(x, y, n, [](double v) { return std::exp(v); });
    }
    static void tanh(const double* x, double* y, std::size_t n) {
        each(x, y, n, [](double v) { return std::tanh(v); });
    }
    static void sigmoid(const double* x, double* y, std::size_t n) { each(x, y, n, logistic); }
    static void silu(const double* x, double* y, std::size_t n) {
        each(x, y, n, [](double v) { return v * logistic(v); });
    }
    static void gelu(const double* x, double* y, std::size_t n) {
        each(x, y, n, [](double v) { return v * below(v); });
    }
    static void gelu_tanh(const double* x, double* y, std::size_t n) {
        each(x, y, n, [](double v) { return v * logistic(inner(v)); });
    }
    static void silu_slope(const double* x, const double* dy, double* dx, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            const double s = logistic(x[i]);
            dx[i]          = dy[i] * s * (1 + x[i] * (1 - s));
        }
    }
    static void gelu_slope(const double* x, const double* dy, double* dx, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i)
            dx[i] = dy[i] * (below(x[i]) + x[i] * .39894228040143267794 * std::exp(-.5 * x[i] * x[i]));
    }
    static void gelu_tanh_slope(const double* x, const double* dy, double* dx, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            const double s = logistic(inner(x[i])), d = 1.5957691216057307 * (1 + 3 * .044715 * x[i] * x[i]);
            dx[i] = dy[i] * s * (1 + x[i] * (1 - s) * d);
        }
    }
    static double sum(const double* x, std::size_t n) {
        double s = 0;
        for (std::size_t i = 0; i < n; ++i) s += x[i];
        return s;
    }
    static double largest(const double* x, std::size_t n) { return *std::max_element(x, x + n); }
    static double spread(const double* x, double centre, std::size_t n) {
        double s = 0;
        for (std::size_t i = 0; i < n; ++i) s += (x[i] - centre) * (x[i] - centre);
        return s;
    }
    static double dot(const double* x, const double* y, std::size_t n) {
        double s = 0;
        for (std::size_t i = 0; i < n; ++i) s += x[i] * y[i];
        return s;
    }
    static double exp_sum(const double* x, double scale, double shift, double* y, std::size_t n) {
        double s = 0;
        for (std::size_t i = 0; i < n; ++i) s += y[i] = std::exp(scale * x[i] - shift);
        return s;
    }
    static void add(const double* x, double* y, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) y[i] += x[i];
    }
    static void scaled(double a, const double* x, double* y, std::size_t n) {
        each(x, y, n, [a](double v) { return a * v; });
    }
    static void multiply(const double* x, const double* z, double* y, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) y[i] = x[i] * z[i];
    }
    static void blend(double a, const double* x, double b, const double* z, double* y, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) y[i] = a * (x[i] + b * z[i]);
    }
    static void normed(const double* x, double shift, double gain, const double* w, const double* b, double* y,
                       std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) y[i] = (x[i] - shift) * gain * w[i] + (b == nullptr ? 0 : b[i]);
    }
    static void rotate(double* x, double* y, const double* cos, const double* sin, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            const double a = x[i], b = y[i];
            x[i] = a * cos[i] - b * sin[i];
            y[i] = b * cos[i] + a * sin[i];
        }
    }
};

/// The element functions of a type: kernels for float, plain loops for double.
template <std::floating_point Scalar>
[[nodiscard]] decltype(auto) row_functions() noexcept {
    if constexpr (std::is_same_v<Scalar, float>) return best_elementwise();
    else return double_rows{};
}

// c[i, j] += Σ over t < k of a[i * a_row + t * a_step] b[t * b_row + j], one chain each: as `kernels::chains`.

inline void chain_sums(const float* a, std::size_t a_row, std::size_t a_step, const float* b, std::size_t b_row,
                       float* c, std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    best_kernels<need::chains>().chains(a, a_row, a_step, b, b_row, c, c_row, n, k, m);
}
inline void chain_sums(const double* a, std::size_t a_row, std::size_t a_step, const double* b, std::size_t b_row,
                       double* c, std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t t = 0; t < k; ++t)
            for (std::size_t j = 0; j < m; ++j)
                c[i * c_row + j] = std::fma(a[i * a_row + t * a_step], b[t * b_row + j], c[i * c_row + j]);
}

/// Up to 48 rows, turned: number t of row r to panel[48 t + r], zeros for the rows that are not there.
inline void pack_panel(const float* rows, std::size_t stride, std::size_t n, std::size_t dims, float* panel) noexcept {
    best_kernels<need::chains>().pack(rows, stride, n, dims, panel);
}
inline void pack_panel(const double* rows, std::size_t stride, std::size_t n, std::size_t dims,
                       double* panel) noexcept {
    for (std::size_t t = 0; t < dims; ++t)
        for (std::size_t r = 0; r < panel_rows; ++r) panel[t * panel_rows + r] = r < n ? rows[r * stride + t] : 0;
}

/// f(first, last) for blocks of rows, on the executor of the context.
template <class F>
[[nodiscard]] result<void> each_rows(context& c, std::size_t rows, F&& f) {
    return each_block(c, rows, 16, [&](std::size_t first, std::size_t last, context&) { f(first, last); });
}

/// Memory for a matrix whose numbers are yet to be written.
template <class Scalar>
[[nodiscard]] matrix_view<Scalar> take_matrix(arena& a, std::size_t rows, std::size_t dims) {
    return {a.take_raw<Scalar>(rows * dims).data(), rows, dims};
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
