// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora.hpp>
#include <graft/nn/row_functions.hpp>

#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// How the rows of a sequence become one, as sentence-transformers names it.
enum class pooling : std::uint8_t {
    cls,           ///< the first
    max,           ///< the largest of each number
    mean,          ///< Σ h / n
    mean_sqrt_len, ///< Σ h / sqrt n
    weighted_mean, ///< Σ t h / Σ t, t = 1 … n
    last,          ///< the last
};

namespace detail {

/// What row t of n counts in a pooled sum.
template <std::floating_point Scalar>
[[nodiscard]] Scalar pooling_weight(pooling how, std::size_t t, std::size_t n) noexcept {
    const auto size = static_cast<double>(n), at = static_cast<double>(t);
    switch (how) {
    case pooling::cls: return t == 0 ? 1 : 0;
    case pooling::last: return t + 1 == n ? 1 : 0;
    case pooling::mean: return static_cast<Scalar>(1 / size);
    case pooling::mean_sqrt_len: return static_cast<Scalar>(1 / std::sqrt(size));
    case pooling::weighted_mean: return static_cast<Scalar>(2 * (at + 1) / (size * (size + 1)));
    case pooling::max: break;
    }
    return 0;
}

} // namespace detail

/// y row s = the rows of sequence s put together.
///
/// Takes    x [tokens, dims]; ends: where the sequences end, none of them empty; y: a row of dims for each, or some columns of one
template <std::floating_point Scalar>
void pool_tokens(pooling how, matrix_view<const Scalar> x, std::span<const std::size_t> ends, strided_rows<Scalar> y) {
    const auto& by = detail::row_functions<Scalar>();
    for (std::size_t s = 0, begin = 0; s < ends.size(); begin = ends[s++]) {
        GRAFT_ASSERT(ends[s] > begin, "a sequence without a token has no row to pool");
        const std::size_t n  = ends[s] - begin;
        Scalar* const     to = y.row(s);
        if (how == pooling::cls || how == pooling::last) {
            std::copy_n(x.row(how == pooling::cls ? begin : ends[s] - 1).data(), x.dims, to);
            continue;
        }
        if (how == pooling::max) {
            std::copy_n(x.row(begin).data(), x.dims, to);
            for (std::size_t t = begin + 1; t < ends[s]; ++t)
                for (std::size_t i = 0; i < x.dims; ++i) to[i] = std::max(to[i], x.row(t)[i]);
            continue;
        }
        std::fill_n(to, x.dims, Scalar{0});
        if (how != pooling::weighted_mean) { // one sum, divided at its end
            for (std::size_t t = begin; t < ends[s]; ++t) by.add(x.row(t).data(), to, x.dims);
            by.scaled(detail::pooling_weight<Scalar>(how, 0, n), to, to, x.dims);
            continue;
        }
        for (std::size_t t = 0; t < n; ++t) {
            const Scalar w = detail::pooling_weight<Scalar>(how, t, n);
            detail::add_scaled(w, matrix_view<const Scalar>{x.row(begin + t).data(), 1, x.dims},
                               matrix_view<Scalar>{to, 1, x.dims});
        }
    }
}
/// Adds the gradient of x into dx. Of several largest the first takes it all.
template <std::floating_point Scalar>
void pool_tokens_back(pooling how, matrix_view<const Scalar> x, std::span<const std::size_t> ends,
                      strided_rows<const Scalar> dy, matrix_view<Scalar> dx) {
    for (std::size_t s = 0, begin = 0; s < ends.size(); begin = ends[s++]) {
        const std::size_t n    = ends[s] - begin;
        const Scalar*     from = dy.row(s);
        if (how == pooling::max) {
            for (std::size_t i = 0; i < x.dims; ++i) {
                std::size_t best = begin;
                for (std::size_t t = begin + 1; t < ends[s]; ++t)
                    if (x.row(t)[i] > x.row(best)[i]) best = t;
                dx.row(best)[i] += from[i];
            }
            continue;
        }
        for (std::size_t t = 0; t < n; ++t)
            if (const Scalar w = detail::pooling_weight<Scalar>(how, t, n); w != 0)
                detail::add_scaled(w, matrix_view<const Scalar>{from, 1, x.dims},
                                   matrix_view<Scalar>{dx.row(begin + t).data(), 1, x.dims});
    }
}

/// Rows of length 1:  y = x / max(|x|, 1e-12). A zero row stays one.
///
/// Takes    x, y [n, dims], which may be one
template <std::floating_point Scalar>
void normalise_rows(matrix_view<const Scalar> x, matrix_view<Scalar> y) {
    const auto& by = detail::row_functions<Scalar>();
    for (std::size_t i = 0; i < x.rows; ++i) {
        const Scalar size = std::sqrt(by.dot(x.row(i).data(), x.row(i).data(), x.dims));
        by.scaled(1 / std::max(size, static_cast<Scalar>(1e-12)), x.row(i).data(), y.row(i).data(), x.dims);
    }
}
/// Adds the gradient of x into dx.
///
/// Takes    x and y of the forward pass, dy, dx [n, dims]
/// Source   dx = (dy - y (y · dy)) / |x|
template <std::floating_point Scalar>
void normalise_rows_back(matrix_view<const Scalar> x, matrix_view<const Scalar> y, matrix_view<const Scalar> dy,
                         matrix_view<Scalar> dx, arena& a) {
    const auto&        by = detail::row_functions<Scalar>();
    const arena::scope mine(a);
    const auto         part = a.take_raw<Scalar>(x.dims).data();
    for (std::size_t i = 0; i < x.rows; ++i) {
        const Scalar size  = std::sqrt(by.dot(x.row(i).data(), x.row(i).data(), x.dims));
        const Scalar along = by.dot(y.row(i).data(), dy.row(i).data(), x.dims);
        by.blend(1 / std::max(size, static_cast<Scalar>(1e-12)), dy.row(i).data(), -along, y.row(i).data(), part,
                 x.dims);
        by.add(part, dx.row(i).data(), x.dims);
    }
}

} // namespace graft::inline GRAFT_ABI
