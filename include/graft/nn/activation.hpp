// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/row_functions.hpp>

#include <cstdint>

namespace graft::inline GRAFT_ABI {

/// The functions that stand between two linear layers.
enum class activation : std::uint8_t {
    gelu,      ///< x Φ(x), the exact form: `gelu`
    gelu_tanh, ///< its approximation: `gelu_new`, `gelu_pytorch_tanh`
    silu,      ///< x / (1 + e^-x): `silu`, `swish`
    relu,      ///< max(x, 0)
    tanh,
    sigmoid,
    identity,
};

namespace detail {

/// y = f(x), n numbers in one go.
template <std::floating_point Scalar>
void activate(activation f, const Scalar* x, Scalar* y, std::size_t n) {
    const auto& by = row_functions<Scalar>();
    switch (f) {
    case activation::gelu: return by.gelu(x, y, n);
    case activation::gelu_tanh: return by.gelu_tanh(x, y, n);
    case activation::silu: return by.silu(x, y, n);
    case activation::tanh: return by.tanh(x, y, n);
    case activation::sigmoid: return by.sigmoid(x, y, n);
    case activation::relu:
        for (std::size_t i = 0; i < n; ++i) y[i] = x[i] > 0 ? x[i] : 0;
        return;
    case activation::identity:
        if (y != x) std::copy_n(x, n, y);
        return;
    }
}
/// dx = dy f'(x).
template <std::floating_point Scalar>
void activate_back(activation f, const Scalar* x, const Scalar* dy, Scalar* dx, std::size_t n) {
    const auto& by = row_functions<Scalar>();
    switch (f) {
    case activation::gelu: return by.gelu_slope(x, dy, dx, n);
    case activation::gelu_tanh: return by.gelu_tanh_slope(x, dy, dx, n);
    case activation::silu: return by.silu_slope(x, dy, dx, n);
    case activation::relu:
        for (std::size_t i = 0; i < n; ++i) dx[i] = x[i] > 0 ? dy[i] : 0;
        return;
    case activation::tanh:
        for (std::size_t i = 0; i < n; ++i) {
            Scalar y;
            by.tanh(x + i, &y, 1);
            dx[i] = dy[i] * std::fma(-y, y, Scalar{1});
        }
        return;
    case activation::sigmoid:
        for (std::size_t i = 0; i < n; ++i) {
            Scalar y;
            by.sigmoid(x + i, &y, 1);
            dx[i] = dy[i] * y * (1 - y);
        }
        return;
    case activation::identity: std::copy_n(dy, n, dx); return;
    }
}

} // namespace detail

/// y = f(x), element by element.
///
/// Takes    x, y [n, dims], which may be one
/// Fails    stopped, timed_out
template <std::floating_point Scalar>
[[nodiscard]] result<void> activate(activation f, matrix_view<const Scalar> x, matrix_view<Scalar> y, context& c) {
    return detail::each_rows(c, x.rows, [&](std::size_t first, std::size_t last) {
        detail::activate(f, x.data + first * x.dims, y.data + first * x.dims, (last - first) * x.dims);
    });
}
/// dx = dy f'(x). Overwrites dx, which may be dy.
template <std::floating_point Scalar>
[[nodiscard]] result<void> activate_back(activation f, matrix_view<const Scalar> x, matrix_view<const Scalar> dy,
                                         matrix_view<Scalar> dx, context& c) {
    return detail::each_rows(c, x.rows, [&](std::size_t first, std::size_t last) {
        const std::size_t at = first * x.dims;
        detail::activate_back(f, x.data + at, dy.data + at, dx.data + at, (last - first) * x.dims);
    });
}

/// y = f(gate) · up, the middle of a gated feed-forward layer.
///
/// Source   Shazeer 2020, arXiv 2002.05202
template <std::floating_point Scalar>
[[nodiscard]] result<void> activate_gated(activation f, matrix_view<const Scalar> gate, matrix_view<const Scalar> up,
                                          matrix_view<Scalar> y, context& c) {
    return each_block(c, gate.rows, 16, [&](std::size_t first, std::size_t last, context& own) {
        const std::size_t n    = gate.dims;
        const auto        part = own.take_raw<Scalar>(n).data();
        for (std::size_t i = first; i < last; ++i) {
            detail::activate(f, gate.row(i).data(), part, n);
            detail::row_functions<Scalar>().multiply(part, up.row(i).data(), y.row(i).data(), n);
        }
    });
}
/// dgate = dy · up f'(gate) and dup = dy · f(gate). Overwrites both; neither may be dy.
template <std::floating_point Scalar>
[[nodiscard]] result<void> activate_gated_back(activation f, matrix_view<const Scalar> gate,
                                               matrix_view<const Scalar> up, matrix_view<const Scalar> dy,
                                               matrix_view<Scalar> dgate, matrix_view<Scalar> dup, context& c) {
    return each_block(c, gate.rows, 16, [&](std::size_t first, std::size_t last, context& own) {
        const std::size_t n    = gate.dims;
        const auto        part = own.take_raw<Scalar>(n).data();
        const auto&       by   = detail::row_functions<Scalar>();
        for (std::size_t i = first; i < last; ++i) {
            by.multiply(dy.row(i).data(), up.row(i).data(), part, n);
            detail::activate_back(f, gate.row(i).data(), part, dgate.row(i).data(), n);
            detail::activate(f, gate.row(i).data(), part, n);
            by.multiply(dy.row(i).data(), part, dup.row(i).data(), n);
        }
    });
}

} // namespace graft::inline GRAFT_ABI
