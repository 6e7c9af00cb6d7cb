// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora.hpp>
#include <graft/linalg/any_weights.hpp>
#include <graft/nn/row_functions.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace graft::inline GRAFT_ABI {

namespace detail {

template <class Scalar>
void begin_rows(matrix_view<Scalar> y, std::span<const Scalar> bias, bool add) noexcept {
    for (std::size_t r = 0; r < y.rows && !add; ++r)
        if (bias.empty()) std::fill_n(y.row(r).data(), y.dims, Scalar{0});
        else std::copy_n(bias.data(), y.dims, y.row(r).data());
}

// Y = X Wᵀ + bias, or Y += X Wᵀ, for weights that lie row by row: what `product` does for packed ones, with the same bits. Each number is one chain
// of fused steps over k that begins with the bias, or with what Y holds.

inline void weigh(matrix_view<const float> x, const matrix<float>& w, matrix_view<float> y, std::span<const float> bias,
                  bool add) noexcept {
    const kernels& by = best_kernels<need::chains>();
    begin_rows(y, bias, add);
    by_panels(by.chains, x.data, x.dims, 1, y, w.dims(),
              [&](std::size_t t, std::size_t depth, std::size_t j, std::size_t columns, float* panel) {
                  by.pack(w.data() + j * w.dims() + t, w.dims(), columns, depth, panel);
              });
}
inline void weigh(matrix_view<const double> x, const matrix<double>& w, matrix_view<double> y,
                  std::span<const double> bias, bool add) noexcept {
    begin_rows(y, bias, add);
    for (std::size_t i = 0; i < x.rows; ++i)
        for (std::size_t j = 0; j < w.rows(); ++j)
            for (std::size_t t = 0; t < x.dims; ++t) y.row(i)[j] = std::fma(x.row(i)[t], w.row(j)[t], y.row(i)[j]);
}

// The same, and the two products of its gradients, on the executor of a context: Y = X Wᵀ + bias, dX += dY W, dW += dYᵀ X. Each number of a gradient is
// one chain that begins with what it holds: how rows are cut into several calls moves no bit.

[[nodiscard]] inline result<void> weigh(matrix_view<const float> x, const matrix<float>& w, matrix_view<float> y,
                                        std::span<const float> bias, bool add, context& c) {
    const kernels& by = best_kernels<need::chains>();
    return multiply_shared(by, {x.data, x.dims, 1}, x.dims, across_rows{w.view(), by}, y, c,
                           {bias.empty() ? nullptr : bias.data(), add});
}
[[nodiscard]] inline result<void> weigh_back(matrix_view<const float> dy, const matrix<float>& w, matrix_view<float> dx,
                                             context& c) {
    return multiply_shared(best_kernels<need::chains>(), {dy.data, dy.dims, 1}, dy.dims, along_rows{w.view()}, dx, c,
                           {nullptr, true});
}
[[nodiscard]] inline result<void> weight_gradient(matrix_view<const float> x, matrix_view<const float> dy,
                                                  matrix_view<float> dw, context& c) {
    return multiply_shared(best_kernels<need::chains>(), {dy.data, 1, dy.dims}, dy.rows, along_rows{x}, dw, c,
                           {nullptr, true});
}
[[nodiscard]] inline result<void> weigh(matrix_view<const double> x, const matrix<double>& w, matrix_view<double> y,
                                        std::span<const double> bias, bool add, context&) {
    return weigh(x, w, y, bias, add), result<void>(done);
}
[[nodiscard]] inline result<void> weigh_back(matrix_view<const double> dy, const matrix<double>& w,
                                             matrix_view<double> dx, context&) {
    for (std::size_t i = 0; i < dy.rows; ++i)
        for (std::size_t o = 0; o < dy.dims; ++o)
            for (std::size_t t = 0; t < dx.dims; ++t) dx.row(i)[t] = std::fma(dy.row(i)[o], w.row(o)[t], dx.row(i)[t]);
    return done;
}
[[nodiscard]] inline result<void> weight_gradient(matrix_view<const double> x, matrix_view<const double> dy,
                                                  matrix_view<double> dw, context&) {
    for (std::size_t i = 0; i < x.rows; ++i)
        for (std::size_t o = 0; o < dw.rows; ++o)
            for (std::size_t t = 0; t < dw.dims; ++t) dw.row(o)[t] = std::fma(dy.row(i)[o], x.row(i)[t], dw.row(o)[t]);
    return done;
}

} // namespace detail

/// Adds the gradients of a layer that does move: dW += dyᵀ x and db += the sum of dy's rows, where db is not empty. Each number is one chain over
/// the rows, in order, so that rows which come in several calls give the same bits.
///
/// Takes    x [n, in], dy [n, out], dW [out, in], db [out]
/// Fails    stopped, timed_out
template <std::floating_point Scalar>
[[nodiscard]] result<void> linear_gradients(matrix_view<const Scalar> x, matrix_view<const Scalar> dy,
                                            matrix_view<Scalar> dW, std::span<Scalar> db, context& c) {
    for (std::size_t r = 0; r < dy.rows && !db.empty(); ++r)
        detail::row_functions<Scalar>().add(dy.row(r).data(), db.data(), db.size());
    return detail::weight_gradient(x, dy, dW, c);
}

/// A linear layer:  y = W x + b, a row of x at a time. An update beside it is chosen when it is compiled,
/// `with_lora<linear<float>>`, or at each call, by a `placed_lora`.
///
/// `Weight` is a matrix, or what `product` and `product_back` take: `packed_weights`, which gives the same bits, or `any_weights` for models.
template <std::floating_point Scalar, class Weight = matrix<Scalar>>
struct linear {
    using scalar = Scalar;
    Weight         W; ///< [out, in]
    matrix<Scalar> b; ///< [1, out], or empty

    /// What the backward pass needs of the forward pass where there is an update; without one it needs nothing.
    struct saved {
        matrix_view<const Scalar>    x    = {};
        typename lora<Scalar>::saved kept = {};
    };
    static constexpr bool plain = std::is_same_v<Weight, matrix<Scalar>>;

    [[nodiscard]] std::size_t in() const noexcept {
        if constexpr (plain) return W.dims();
        else return W.in();
    }
    [[nodiscard]] std::size_t out() const noexcept {
        if constexpr (plain) return W.rows();
        else return W.out();
    }

    /// y = W x + b, or y += W x. Takes x [n, in], y [n, out].
    ///
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> x, matrix_view<Scalar> y, context& c,
                                       bool add = false) const {
        if constexpr (plain) return detail::weigh(x, W, y, b.flat(), add, c);
        else return product(x, W, y, product_start{b.flat(), add}, c);
    }
    /// dx += dy W. Takes dy [n, out], dx [n, in].
    [[nodiscard]] result<void> backward(matrix_view<const Scalar> dy, matrix_view<Scalar> dx, context& c) const {
        if constexpr (plain) return detail::weigh_back(dy, W, dx, c);
        else return product_back(dy, W, dx, product_start{{}, true}, c);
    }

    /// The same with an update beside it, where there is one.
    ///
    /// Takes    `keep`, filled with memory of the context, or null; `add`: y += instead of y =
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> x, matrix_view<Scalar> y,
                                       const placed_lora<Scalar>& beside, saved* keep, context& c,
                                       bool add = false) const {
        if (beside && !beside.update->m.flat().empty()) return forward_to_length(x, y, beside, keep, c, add);
        if (auto ok = forward(x, y, c, add); !ok || !beside) return ok;
        if (keep != nullptr) {
            *keep = {x, beside.update->forward(x, y, c, beside.mask)};
        } else {
            const arena::scope mine(c);
            (void)beside.update->forward(x, y, c, beside.mask);
        }
        return done;
    }
    /// Adds into dx, unless it is empty, and into the gradients of the update, where there is one.
    [[nodiscard]] result<void> backward(const saved& s, matrix_view<const Scalar> dy, matrix_view<Scalar> dx,
                                        const placed_lora<Scalar>& beside, typename lora<Scalar>::grads* g,
                                        context& c) const {
        if (beside && !beside.update->m.flat().empty()) return backward_to_length(s, dy, dx, beside, g, c);
        if (!dx.empty())
            if (auto ok = backward(dy, dx, c); !ok) return ok;
        if (!beside || (g == nullptr && dx.empty())) return done;
        const arena::scope mine(c);
        beside.update->backward(s.x, s.kept, dy, g, dx, c, beside.mask);
        return done;
    }

    /// Row i of W in floats.
    void row(std::size_t i, std::span<Scalar> to) const noexcept {
        if constexpr (plain) std::copy_n(W.row(i).data(), to.size(), to.data());
        else W.row(i, to);
    }
    /// Measures the rows of W + scale · B A for an update with magnitudes: to be done again when A, B or scale have changed, or beside another W.
    ///
    /// Costs    (rank + 1) · in · out operations; the lengths are those of W as it is held, in whatever form.
    /// Fails    `not_finite` (row) for a length that is no number, and then it has those that it had; stopped, timed_out
    [[nodiscard]] result<void> measure(lora<Scalar>& u, context& c) const {
        GRAFT_ASSERT(u.fits(in(), out()), "an update of this layer");
        matrix<Scalar> norms(1, out());
        auto ok = each_block(c, out(), 16, [&](std::size_t first, std::size_t last, context& w) -> result<void> {
            const auto whole = detail::take_matrix<Scalar>(w, last - first, in());
            for (std::size_t r = first; r < last; ++r) row(r, whole.row(r - first));
            u.add_rows(first, whole, w);
            for (std::size_t r = first; r < last; ++r) {
                const double is = std::sqrt(squared_norm(std::span<const Scalar>(whole.row(r - first))));
                if (!(is <= static_cast<double>(std::numeric_limits<Scalar>::max())))
                    return error{fault::not_finite, unit::row, r, "length"};
                norms.data()[r] = static_cast<Scalar>(is);
            }
            return done;
        });
        if (!ok) return ok;
        u.norms = std::move(norms);
        return done;
    }

    /// As the gradient of a layer, which has its shape: grows by what rows of that say of it.
    ///
    /// Fails    as `linear_gradients`
    [[nodiscard]] result<void> add_gradients(matrix_view<const Scalar> x, matrix_view<const Scalar> dy, context& c)
        requires plain
    {
        return linear_gradients<Scalar>(x, dy, W.view(), b.flat(), c);
    }

    /// On one thread, without a context.
    void forward(matrix_view<const Scalar> x, matrix_view<Scalar> y) const
        requires plain
    {
        detail::weigh(x, W, y, b.flat(), false);
    }
    void backward(matrix_view<const Scalar> dy, matrix_view<Scalar> dx) const
        requires plain
    {
        matrix<Scalar> part(dx.rows, dx.dims);
        multiply_ab(dy, W.view(), part.view());
        detail::add_scaled(Scalar{1}, part.view(), dx);
    }

private:
    // DoRA: y = gain · (W x + scale · B (A x)) + b, where gain = m / norms, and norms are no function of A and B in the backward pass. A mask is of what
    // A sees alone. PEFT's dropout beside magnitudes is another: y = W x + (gain - 1) · W x' + gain · scale · B (A x') + b with the masked x', a second
    // product with W. Both have the same mean, and are one without dropout.

    [[nodiscard]] static std::span<const Scalar> gains(const lora<Scalar>& u, context& c) {
        GRAFT_ASSERT(u.m.flat().size() == u.out() && u.norms.flat().size() == u.out(), "magnitudes that were measured");
        const auto all = c.take_raw<Scalar>(u.out());
        for (std::size_t r = 0; r < all.size(); ++r) all[r] = u.gain(r);
        return all;
    }
    [[nodiscard]] result<void> forward_to_length(matrix_view<const Scalar> x, matrix_view<Scalar> y,
                                                 const placed_lora<Scalar>& beside, saved* keep, context& c,
                                                 bool add) const {
        std::optional<arena::scope> mine;
        if (keep == nullptr) mine.emplace(c);
        const auto whole = detail::take_matrix<Scalar>(c, x.rows, out());
        if constexpr (plain) {
            if (auto ok = detail::weigh(x, W, whole, {}, false, c); !ok) return ok;
        } else if (auto ok = product(x, W, whole, product_start{{}, false}, c); !ok) return ok;
        const auto kept = beside.update->forward(x, whole, c, beside.mask);
        if (keep != nullptr) *keep = {x, {kept.Ax, whole}};
        const arena::scope scratch(c);
        const auto         gain = gains(*beside.update, c);
        return each_block(c, x.rows, 16, [&](std::size_t first, std::size_t last, context& w) {
            const auto& by  = detail::row_functions<Scalar>();
            const auto  one = w.template take_raw<Scalar>(out());
            for (std::size_t i = first; i < last; ++i) {
                Scalar* const to = add ? one.data() : y.row(i).data();
                by.multiply(whole.row(i).data(), gain.data(), to, out());
                if (!b.flat().empty()) by.add(b.data(), to, out());
                if (add) by.add(to, y.row(i).data(), out());
            }
        });
    }
    [[nodiscard]] result<void> backward_to_length(const saved& s, matrix_view<const Scalar> dy, matrix_view<Scalar> dx,
                                                  const placed_lora<Scalar>& beside, typename lora<Scalar>::grads* g,
                                                  context& c) const {
        if (g == nullptr && dx.empty()) return done;
        const arena::scope  mine(c);
        const lora<Scalar>& u    = *beside.update;
        const auto          gain = gains(u, c);
        const auto          dw   = detail::take_matrix<Scalar>(c, dy.rows, out());
        const auto&         by   = detail::row_functions<Scalar>();
        auto                ok   = each_block(c, out(), 256, [&](std::size_t first, std::size_t last, context& w) {
            const std::size_t n   = last - first;
            const auto        sum = w.template take<Scalar>(n), one = w.template take_raw<Scalar>(n);
            for (std::size_t i = 0; i < dy.rows; ++i) {
                const Scalar* const d = dy.row(i).data() + first;
                by.multiply(d, gain.data() + first, dw.row(i).data() + first, n);
                if (g == nullptr) continue;
                by.multiply(d, s.kept.whole.row(i).data() + first, one.data(), n);
                by.add(one.data(), sum.data(), n);
            }
            for (std::size_t r = first; r < last && g != nullptr; ++r)
                if (u.norms.data()[r] > 0) g->m.data()[r] += sum[r - first] / u.norms.data()[r];
        });
        if (!ok) return ok;
        if (!dx.empty())
            if (ok = backward(dw, dx, c); !ok) return ok;
        u.backward(s.x, s.kept, dw, g, dx, c, beside.mask);
        return done;
    }
};

/// A linear layer as models hold it: as their files or their hosts say in float, a plain matrix in double.
template <std::floating_point Scalar>
using frozen_linear = linear<Scalar, std::conditional_t<std::is_same_v<Scalar, float>, any_weights, matrix<Scalar>>>;

/// A layer of its own that gives what the grafted one gives: the base is copied, so unmerging is going back to it.
///
/// Fails    `not_finite`, if a merged weight would be.
template <std::floating_point Scalar>
[[nodiscard]] result<linear<Scalar>> merged(const with_lora<linear<Scalar>>& g) {
    linear<Scalar> whole = g.base;
    if (auto ok = g.update.merge_into(whole.W.view()); !ok) return ok.error();
    return whole;
}

/// The same over the identity: W = 1 + scale · B A.
template <std::floating_point Scalar>
[[nodiscard]] result<linear<Scalar>> merged(const with_lora<identity<Scalar>>& g) {
    linear<Scalar> whole{matrix<Scalar>(g.out(), g.in()), {}};
    for (std::size_t i = 0; i < g.in(); ++i) whole.W.row(i)[i] = 1;
    if (auto ok = g.update.merge_into(whole.W.view()); !ok) return ok.error();
    return whole;
}

} // namespace graft::inline GRAFT_ABI
