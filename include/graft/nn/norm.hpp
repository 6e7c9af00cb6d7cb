// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/row_functions.hpp>

namespace graft::inline GRAFT_ABI {

/// What the backward pass of a norm needs of each row beside its input.
template <std::floating_point Scalar>
struct norm_saved {
    std::span<Scalar> centre = {}; ///< the mean; nothing for a root mean square
    std::span<Scalar> gain   = {}; ///< one over the spread
};

/// Rows of mean 0 and variance 1, then weighed:  y = w (x - mean) / sqrt(variance + eps) + b.
///
/// Source   Ba et al. 2016, arXiv 1607.06450, eq. 4.
template <std::floating_point Scalar>
struct layer_norm {
    matrix<Scalar> w;            ///< [1, dims]
    matrix<Scalar> b;            ///< [1, dims]
    Scalar         eps = 1e-12f; ///< inside the root

    using saved = norm_saved<Scalar>;
    struct grads {
        matrix<Scalar> w, b;
    };
    [[nodiscard]] std::size_t dims() const noexcept { return w.dims(); }
    [[nodiscard]] grads       zero_grads() const { return {matrix<Scalar>(1, dims()), matrix<Scalar>(1, dims())}; }

    /// Takes    x, y [n, dims], which may be one; `keep`, which is filled with memory of the context, or null.
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> x, matrix_view<Scalar> y, saved* keep,
                                       context& c) const {
        if (keep != nullptr) *keep = {c.take_raw<Scalar>(x.rows), c.take_raw<Scalar>(x.rows)};
        return detail::each_rows(c, x.rows, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) row(x.row(i), y.row(i), keep, i);
        });
    }
    /// The same of x + r, whose sum goes to x: a residual and its norm in one pass.
    [[nodiscard]] result<void> forward_sum(matrix_view<Scalar> x, matrix_view<const Scalar> r, matrix_view<Scalar> y,
                                           saved* keep, context& c) const {
        if (keep != nullptr) *keep = {c.take_raw<Scalar>(x.rows), c.take_raw<Scalar>(x.rows)};
        return detail::each_rows(c, x.rows, [&](std::size_t first, std::size_t last) {
            const auto& by = detail::row_functions<Scalar>();
            for (std::size_t i = first; i < last; ++i) {
                by.add(r.row(i).data(), x.row(i).data(), dims());
                row(x.row(i), y.row(i), keep, i);
            }
        });
    }
    /// Adds the gradient of x into `dx`, and those of w and b into `g` where it is not null.
    ///
    /// Takes    the x of the forward pass, what it saved, dy, dx [n, dims]
    /// Source   with g = w dy and x̂ = (x - mean) ρ:  dx = ρ (g - mean g - x̂ mean(g x̂))
    [[nodiscard]] result<void> backward(matrix_view<const Scalar> x, const saved& s, matrix_view<const Scalar> dy,
                                        matrix_view<Scalar> dx, grads* g, context& c) const {
        const auto n  = dims();
        auto       ok = each_block(c, x.rows, 16, [&](std::size_t first, std::size_t last, context& own) {
            const auto& by  = detail::row_functions<Scalar>();
            const auto  hat = own.take_raw<Scalar>(n).data(), wdy = own.take_raw<Scalar>(n).data();
            const auto  size = static_cast<Scalar>(n);
            const auto  ones = own.take_raw<Scalar>(n).data();
            std::fill_n(ones, n, Scalar{1});
            for (std::size_t i = first; i < last; ++i) {
                by.normed(x.row(i).data(), s.centre[i], s.gain[i], ones, nullptr, hat, n);
                by.multiply(dy.row(i).data(), w.data(), wdy, n);
                const Scalar mean = by.sum(wdy, n) / size, along = by.dot(wdy, hat, n) / size;
                by.normed(wdy, mean, Scalar{1}, ones, nullptr, wdy, n);
                by.blend(s.gain[i], wdy, -along, hat, wdy, n);
                by.add(wdy, dx.row(i).data(), n);
            }
        });
        if (!ok || g == nullptr) return ok;
        const auto&        by = detail::row_functions<Scalar>();
        const arena::scope mine(c);
        const auto         hat = c.take_raw<Scalar>(n).data();
        for (std::size_t i = 0; i < x.rows; ++i) { // in order: a sum over rows is one chain
            by.normed(x.row(i).data(), s.centre[i], s.gain[i], dy.row(i).data(), nullptr, hat, n);
            by.add(hat, g->w.data(), n);
            by.add(dy.row(i).data(), g->b.data(), n);
        }
        return done;
    }

private:
    void row(std::span<const Scalar> x, std::span<Scalar> y, saved* keep, std::size_t i) const {
        const auto&  by   = detail::row_functions<Scalar>();
        const auto   size = static_cast<Scalar>(x.size());
        const Scalar mean = by.sum(x.data(), x.size()) / size;
        const Scalar gain = 1 / std::sqrt(by.spread(x.data(), mean, x.size()) / size + eps);
        if (keep != nullptr) keep->centre[i] = mean, keep->gain[i] = gain;
        by.normed(x.data(), mean, gain, w.data(), b.data(), y.data(), x.size());
    }
};

/// Rows of mean square 1, then weighed:  y = w x / sqrt(mean x² + eps).
///
/// Source   Zhang and Sennrich 2019, arXiv 1910.07467, eq. 4.
template <std::floating_point Scalar>
struct rms_norm {
    matrix<Scalar> w;           ///< [1, dims]
    Scalar         eps = 1e-5f; ///< inside the root

    using saved = norm_saved<Scalar>;
    [[nodiscard]] std::size_t dims() const noexcept { return w.dims(); }

    /// Takes    x, y [n, dims], which may be one; `keep`, which is filled with memory of the context, or null.
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> x, matrix_view<Scalar> y, saved* keep,
                                       context& c) const {
        if (keep != nullptr) *keep = {{}, c.take_raw<Scalar>(x.rows)};
        return detail::each_rows(c, x.rows, [&](std::size_t first, std::size_t last) {
            const auto& by = detail::row_functions<Scalar>();
            for (std::size_t i = first; i < last; ++i) {
                const Scalar* at   = x.row(i).data();
                const Scalar  gain = 1 / std::sqrt(by.dot(at, at, dims()) / static_cast<Scalar>(dims()) + eps);
                if (keep != nullptr) keep->gain[i] = gain;
                by.normed(at, Scalar{0}, gain, w.data(), nullptr, y.row(i).data(), dims());
            }
        });
    }
    /// Adds the gradient of x into `dx`, and that of w into `dw` unless it is empty.
    ///
    /// Takes    the x of the forward pass, what it saved, dy, dx [n, dims], dw [dims]
    /// Source   with g = w dy:  dx = ρ (g - x ρ² mean(x g))
    [[nodiscard]] result<void> backward(matrix_view<const Scalar> x, const saved& s, matrix_view<const Scalar> dy,
                                        matrix_view<Scalar> dx, std::span<Scalar> dw, context& c) const {
        const auto n  = dims();
        auto       ok = each_block(c, x.rows, 16, [&](std::size_t first, std::size_t last, context& own) {
            const auto& by  = detail::row_functions<Scalar>();
            const auto  wdy = own.take_raw<Scalar>(n).data();
            for (std::size_t i = first; i < last; ++i) {
                const Scalar* at = x.row(i).data();
                by.multiply(dy.row(i).data(), w.data(), wdy, n);
                const Scalar along = by.dot(wdy, at, n) / static_cast<Scalar>(n) * s.gain[i] * s.gain[i];
                by.blend(s.gain[i], wdy, -along, at, wdy, n);
                by.add(wdy, dx.row(i).data(), n);
            }
        });
        if (!ok || dw.empty()) return ok;
        const auto&        by = detail::row_functions<Scalar>();
        const arena::scope mine(c);
        const auto         part = c.take_raw<Scalar>(n).data();
        for (std::size_t i = 0; i < x.rows; ++i) {
            by.normed(x.row(i).data(), Scalar{0}, s.gain[i], dy.row(i).data(), nullptr, part, n);
            by.add(part, dw.data(), n);
        }
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
