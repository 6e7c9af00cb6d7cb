// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_dropout.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>
#include <graft/linalg/product.hpp>
#include <graft/simd/norm.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// y += a x over all numbers of two matrices of one shape, each product and sum rounded once.
inline void add_scaled(float a, matrix_view<const float> x, matrix_view<float> y) noexcept {
    GRAFT_ASSERT(x.rows == y.rows && x.dims == y.dims, "two matrices of one shape");
    best_kernels<0>().axpy(a, x.data, y.data, x.rows * x.dims);
}
inline void add_scaled(double a, matrix_view<const double> x, matrix_view<double> y) noexcept {
    GRAFT_ASSERT(x.rows == y.rows && x.dims == y.dims, "two matrices of one shape");
    for (std::size_t i = 0; i < x.rows * x.dims; ++i) y.data[i] = std::fma(a, x.data[i], y.data[i]);
}

} // namespace detail

/// How a low-rank update begins.
struct lora_params {
    std::size_t   rank       = 8;     ///< r: rows of A, columns of B; at most min(in, out)
    double        alpha      = 8;     ///< the paper's alpha; the scale is alpha / rank
    bool          stabilised = false; ///< scale = alpha / sqrt(rank) instead (Kalajdzievski 2023, rsLoRA)
    std::uint64_t seed       = 0;     ///< of the uniform start of A
};

/// A low-rank update beside a frozen map from `in` to `out` numbers:  y += scale · B (A x), a row of x at a time.
///
/// Plain data: read, write and combine A and B as you like.
/// Costs    2 · rank · (in + out) operations a row forward, three times that with the backward pass.
/// Source   Hu et al. 2021, arXiv 2106.09685, eq. 3; start of A as in PEFT (Kaiming uniform, a = sqrt 5). Magnitudes: Liu et al. 2024, arXiv 2402.09353.
template <std::floating_point Scalar>
struct lora {
    matrix<Scalar> A;        ///< [rank, in]; uniform in ±1/sqrt(in) at birth
    matrix<Scalar> B;        ///< [out, rank]; zero at birth, so that tuning starts from the base
    Scalar         scale{1}; ///< alpha / rank, or alpha / sqrt(rank)
    /// DoRA: the lengths that the rows of W + scale · B A get, [1, out]; empty without. `linear` reads them, and who knows W: `forward` here adds B A alone.
    matrix<Scalar> m = {};
    matrix<Scalar> norms =
        {}; ///< those that the rows had when they were measured (`linear::measure`), [1, out]; empty: never

    /// What differs from step to step: the shapes of A and B.
    struct grads {
        matrix<Scalar> A;
        matrix<Scalar> B;
        matrix<Scalar> m = {}; ///< of the magnitudes, where there are some
    };
    /// What the backward pass needs of the forward pass: A x, [n, rank]; with magnitudes also W x + scale · B (A x), [n, out].
    struct saved {
        matrix_view<const Scalar> Ax = {}, whole = {};
    };

    /// Fails    `rank_too_high` unless 0 < rank <= min(in, out); `not_finite` for an alpha that is.
    [[nodiscard]] static result<lora> make(std::size_t in, std::size_t out, const lora_params& p) {
        if (p.rank == 0 || p.rank > std::min(in, out))
            return error{fault::rank_too_high, unit::none, p.rank, "lora rank"};
        const auto rank  = static_cast<double>(p.rank);
        const auto scale = static_cast<Scalar>(p.alpha / (p.stabilised ? std::sqrt(rank) : rank));
        if (!all_finite(std::span<const Scalar>(&scale, 1)))
            return error{fault::not_finite, unit::none, 0, "lora alpha"};
        lora           made{matrix<Scalar>(p.rank, in), matrix<Scalar>(out, p.rank), scale, {}, {}};
        const auto     bound = 1 / std::sqrt(static_cast<double>(in));
        counter_random draw(p.seed, 0x6c6f7261 /* "lora" */);
        for (Scalar& a : made.A.flat()) a = static_cast<Scalar>((2 * draw.unit64() - 1) * bound);
        return made;
    }

    [[nodiscard]] std::size_t in() const noexcept { return A.dims(); }
    [[nodiscard]] std::size_t out() const noexcept { return B.rows(); }
    [[nodiscard]] std::size_t rank() const noexcept { return A.rows(); }
    /// Whether it can stand beside a map from `from` to `to` numbers: A and B of one rank and those sizes, magnitudes of all rows or of none.
    [[nodiscard]] bool fits(std::size_t from, std::size_t to) const noexcept {
        return in() == from && out() == to && rank() > 0 && B.dims() == rank() &&
               (m.flat().empty() || m.flat().size() == to);
    }
    /// Whether the rows were measured, or nothing asks for their lengths.
    [[nodiscard]] bool measured() const noexcept { return m.flat().empty() || norms.flat().size() == m.flat().size(); }
    /// Whether no number of it is NaN or infinite.
    [[nodiscard]] bool finite() const noexcept {
        return is_finite(scale) && all_finite(A.flat()) && all_finite(B.flat()) && all_finite(m.flat()) &&
               all_finite(norms.flat());
    }
    [[nodiscard]] grads zero_grads() const {
        return {matrix<Scalar>(rank(), in()), matrix<Scalar>(out(), rank()), matrix<Scalar>(m.rows(), m.dims())};
    }
    /// By how much DoRA lengthens row r of W + scale · B A; a row that is 0 stays so.
    [[nodiscard]] Scalar gain(std::size_t r) const noexcept {
        return norms.data()[r] > 0 ? m.data()[r] / norms.data()[r] : Scalar{0};
    }

    /// Whether B is zero, as at birth. B is yours to write, so no flag could know.
    ///
    /// Costs    ends at the first number that is not 0: one look once it is tuned.
    [[nodiscard]] bool untouched() const noexcept {
        return std::all_of(B.flat().begin(), B.flat().end(), [](Scalar b) { return b == 0; });
    }

    /// y += scale · B (A x). Takes x [n, in] and y [n, out]; what it saves lives in the context. While B is zero, y keeps
    /// its bits. With a mask A sees of x what the mask shows.
    saved forward(matrix_view<const Scalar> x, matrix_view<Scalar> y, context& w, const dropout_mask& mask = {}) const {
        const matrix_view<Scalar> Ax{w.take_raw<Scalar>(x.rows * rank()).data(), x.rows, rank()};
        const arena::scope        mine(w);
        multiply_abt(seen(x, mask, w), A.view(), Ax);
        if (untouched()) return {Ax, {}}; // adding +0 would turn -0 into +0
        const matrix_view<Scalar> BAx{w.take_raw<Scalar>(x.rows * out()).data(), x.rows, out()};
        multiply_abt(Ax, B.view(), BAx);
        detail::add_scaled(scale, BAx, y);
        return {Ax, {}};
    }

    /// Adds the gradients of A and B into `g` where it is not null, and that of x into `dx` where it is not empty.
    ///
    /// Takes    x [n, in] and what `forward` saved for it, with the same mask, dy [n, out], dx [n, in] or empty.
    /// Source   dB = scale · dyᵀ (A x);  dA = scale · (dy B)ᵀ x;  dx = scale · (dy B) A.
    void backward(matrix_view<const Scalar> x, const saved& s, matrix_view<const Scalar> dy, grads& g,
                  matrix_view<Scalar> dx, context& w, const dropout_mask& mask = {}) const {
        backward(x, s, dy, &g, dx, w, mask);
    }
    void backward(matrix_view<const Scalar> x, const saved& s, matrix_view<const Scalar> dy, grads* g,
                  matrix_view<Scalar> dx, context& w, const dropout_mask& mask = {}) const {
        const auto room = [&](std::size_t rows, std::size_t dims) {
            return matrix_view<Scalar>{w.take_raw<Scalar>(rows * dims).data(), rows, dims};
        };
        const auto dyB = room(x.rows, rank());
        multiply_ab(dy, B.view(), dyB);
        if (g != nullptr) {
            const auto dB = room(out(), rank()), dA = room(rank(), in());
            multiply_atb(dy, s.Ax, dB);
            multiply_atb(dyB, seen(x, mask, w), dA);
            detail::add_scaled(scale, dB, g->B.view());
            detail::add_scaled(scale, dA, g->A.view());
        }
        if (dx.empty()) return;
        const auto part = room(x.rows, in());
        multiply_ab(dyB, A.view(), part);
        if (mask.bits.empty()) return detail::add_scaled(scale, part, dx);
        dropout_mask{mask.bits, mask.scale * static_cast<double>(scale)}.apply(matrix_view<const Scalar>(part), dx,
                                                                               true);
    }

    /// Adds rows of scale · B A, from row `first` on, to as many of W.
    ///
    /// Takes    rows [n, in]. Each has the same bits however many are asked for.
    /// Gives    those of B A, in memory of the arena
    matrix_view<const Scalar> add_rows(std::size_t first, matrix_view<Scalar> rows, arena& a) const {
        const matrix_view<Scalar> more{a.take_raw<Scalar>(rows.rows * rows.dims).data(), rows.rows, rows.dims};
        multiply_ab(B.view().middle(first, rows.rows), A.view(), more);
        detail::add_scaled(scale, more, rows);
        return more;
    }
    /// Stretches a row to the length that a magnitude says; one that is 0 stays so.
    static void give_length(std::span<Scalar> row, Scalar length) noexcept {
        const double is = std::sqrt(squared_norm(std::span<const Scalar>(row)));
        const auto   by = is > 0 ? static_cast<Scalar>(static_cast<double>(length) / is) : Scalar{0};
        for (Scalar& x : row) x *= by;
    }

    /// W += scale · B A, and with magnitudes each row is then given its length, for a W [out, in] that is yours to change: merge into a copy, and keep the base to unmerge exactly.
    ///
    /// Fails    `wrong_shape`; `not_finite` (unit row) if a sum would be, and then W is as it was.
    [[nodiscard]] result<void> merge_into(matrix_view<Scalar> W) const {
        if (!fits(W.dims, W.rows)) return error{fault::wrong_shape, unit::none, 0, "merge"};
        matrix<Scalar> whole(matrix_view<const Scalar>{W.data, W.rows, W.dims});
        arena          scratch;
        add_rows(0, whole.view(), scratch);
        for (std::size_t r = 0; r < out() && !m.flat().empty(); ++r) give_length(whole.row(r), m.data()[r]);
        for (std::size_t r = 0; r < out(); ++r)
            if (!all_finite(std::span<const Scalar>(whole.row(r))))
                return error{fault::not_finite, unit::row, r, "merge"};
        std::copy_n(whole.data(), out() * in(), W.data);
        return done;
    }

private:
    /// What A sees of x: x itself, or a copy in the context.
    [[nodiscard]] static matrix_view<const Scalar> seen(matrix_view<const Scalar> x, const dropout_mask& mask,
                                                        context& w) {
        if (mask.bits.empty()) return x;
        const matrix_view<Scalar> some{w.take_raw<Scalar>(x.rows * x.dims).data(), x.rows, x.dims};
        mask.apply(x, some);
        return some;
    }
};

/// An update as a layer takes it in a pass: what stands beside it, and what of its input that sees.
///
/// Borrows  the update and the bits of the mask.
template <std::floating_point Scalar>
struct placed_lora {
    const lora<Scalar>* update = nullptr; ///< null: none
    dropout_mask        mask   = {};      ///< of the rows of the pass; empty: it sees all

    placed_lora() = default;
    placed_lora(const lora<Scalar>* beside, const dropout_mask& seen = {}) noexcept : update(beside), mask(seen) {}

    [[nodiscard]] explicit operator bool() const noexcept { return update != nullptr; }
};

/// The map that changes nothing: a base for an update that stands alone.
template <std::floating_point Scalar>
struct identity {
    using scalar      = Scalar;
    std::size_t width = 0;

    [[nodiscard]] std::size_t in() const noexcept { return width; }
    [[nodiscard]] std::size_t out() const noexcept { return width; }
    void                      forward(matrix_view<const Scalar> x, matrix_view<Scalar> y) const {
        GRAFT_ASSERT(x.dims == width && y.rows == x.rows && y.dims == width, "x and y [n, width]");
        std::copy_n(x.data, x.rows * x.dims, y.data);
    }
    /// dx += dy.
    void backward(matrix_view<const Scalar> dy, matrix_view<Scalar> dx) const { detail::add_scaled(Scalar{1}, dy, dx); }
};

/// A frozen base with a low-rank update beside it:  y = base(x) + scale · B (A x). Over `identity` it is
/// y = x + scale · B (A x); over `linear` (nn/linear.hpp) it is LoRA as the paper has it.
template <class Base>
struct with_lora {
    using scalar = typename Base::scalar;
    Base         base;
    lora<scalar> update;

    using grads = typename lora<scalar>::grads;
    using saved = typename lora<scalar>::saved;

    [[nodiscard]] std::size_t in() const noexcept { return base.in(); }
    [[nodiscard]] std::size_t out() const noexcept { return base.out(); }

    /// y = base(x) + scale · B (A x). Takes x [n, in], y [n, out].
    saved forward(matrix_view<const scalar> x, matrix_view<scalar> y, context& w) const {
        GRAFT_ASSERT(update.m.flat().empty(), "magnitudes need the weights of a layer: see linear");
        base.forward(x, y);
        return update.forward(x, y, w);
    }
    /// Adds into `g`, and into `dx` unless it is empty. The base is frozen: it has no gradient.
    void backward(matrix_view<const scalar> x, const saved& s, matrix_view<const scalar> dy, grads& g,
                  matrix_view<scalar> dx, context& w) const {
        if (!dx.empty()) base.backward(dy, dx);
        update.backward(x, s, dy, g, dx, w);
    }
};

} // namespace graft::inline GRAFT_ABI
