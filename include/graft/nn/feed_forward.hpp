// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/activation.hpp>
#include <graft/nn/linear.hpp>

#include <optional>

namespace graft::inline GRAFT_ABI {

/// Two linear layers with a function between them:  y = down(f(up(x))).
template <std::floating_point Scalar, class Layer = frozen_linear<Scalar>>
struct feed_forward {
    Layer      up, down;
    activation f = activation::gelu;

    /// Updates beside its layers, where there are some.
    struct updates {
        placed_lora<Scalar> up = {}, down = {};
    };
    struct grads {
        typename lora<Scalar>::grads *up = nullptr, *down = nullptr;
    };
    struct saved {
        matrix_view<Scalar>   inner = {}; ///< up(x)
        typename Layer::saved up = {}, down = {};
    };

    /// Takes    x, y [n, dims], two of them; `keep`, filled with memory of the context, or null
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> x, matrix_view<Scalar> y, const updates& beside,
                                       saved* keep, context& c) const {
        std::optional<arena::scope> mine;
        if (keep == nullptr) mine.emplace(c);
        const auto inner = detail::take_matrix<Scalar>(c, x.rows, up.out());
        if (keep != nullptr) keep->inner = inner;
        if (auto ok = up.forward(x, inner, beside.up, keep == nullptr ? nullptr : &keep->up, c); !ok) return ok;
        if (!beside.down && !mine) mine.emplace(c); // only an update looks at what it takes again
        const auto outer = keep == nullptr ? inner : detail::take_matrix<Scalar>(c, x.rows, up.out());
        if (auto ok = activate<Scalar>(f, inner, outer, c); !ok) return ok;
        return down.forward(outer, y, beside.down, keep == nullptr ? nullptr : &keep->down, c);
    }
    /// Adds into dx, and into the gradients of the updates that there are.
    [[nodiscard]] result<void> backward(const saved& s, matrix_view<const Scalar> dy, matrix_view<Scalar> dx,
                                        const updates& beside, const grads& g, context& c) const {
        const arena::scope mine(c);
        const auto         dinner = detail::take_matrix<Scalar>(c, dy.rows, up.out());
        std::fill_n(dinner.data, dinner.rows * dinner.dims, Scalar{0});
        if (auto ok = down.backward(s.down, dy, dinner, beside.down, g.down, c); !ok) return ok;
        if (auto ok = activate_back<Scalar>(f, s.inner, dinner, dinner, c); !ok) return ok;
        return up.backward(s.up, dinner, dx, beside.up, g.up, c);
    }
};

/// Three linear layers, two of them side by side:  y = down(f(gate(x)) · up(x)).
///
/// Source   Shazeer 2020, arXiv 2002.05202
template <std::floating_point Scalar, class Layer = frozen_linear<Scalar>>
struct gated_feed_forward {
    Layer      gate, up, down;
    activation f = activation::silu;

    /// Updates beside its layers, where there are some.
    struct updates {
        placed_lora<Scalar> gate = {}, up = {}, down = {};
    };
    struct grads {
        typename lora<Scalar>::grads *gate = nullptr, *up = nullptr, *down = nullptr;
    };
    struct saved {
        matrix_view<Scalar>   gate_out = {}, up_out = {};
        typename Layer::saved gate = {}, up = {}, down = {};
    };

    /// Takes    x, y [n, dims], two of them; `keep`, filled with memory of the context, or null; y may be empty where something is kept: then only what the
    ///          backward pass needs is made
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> x, matrix_view<Scalar> y, const updates& beside,
                                       saved* keep, context& c) const {
        std::optional<arena::scope> mine;
        if (keep == nullptr) mine.emplace(c);
        const auto room  = [&] { return detail::take_matrix<Scalar>(c, x.rows, up.out()); };
        const auto gates = room(), ups = room();
        if (keep != nullptr) keep->gate_out = gates, keep->up_out = ups;
        if (auto ok = gate.forward(x, gates, beside.gate, keep == nullptr ? nullptr : &keep->gate, c); !ok) return ok;
        if (auto ok = up.forward(x, ups, beside.up, keep == nullptr ? nullptr : &keep->up, c); !ok) return ok;
        if (y.empty() && !beside.down) return done;
        if (!beside.down && !mine) mine.emplace(c); // only an update looks at what it takes again
        const auto inner = keep == nullptr ? gates : room();
        if (auto ok = activate_gated<Scalar>(f, gates, ups, inner, c); !ok) return ok;
        const auto to = y.empty() ? detail::take_matrix<Scalar>(c, x.rows, down.out()) : y;
        return down.forward(inner, to, beside.down, keep == nullptr ? nullptr : &keep->down, c);
    }
    /// Gradients of its own numbers, shaped as it is, and what it took, which they need again.
    struct own_grads {
        gated_feed_forward<Scalar, linear<Scalar>>* to = nullptr;
        matrix_view<const Scalar>                   x  = {};
    };
    /// Adds into dx, and into the gradients of the updates that there are, and of its own numbers where those move.
    [[nodiscard]] result<void> backward(const saved& s, matrix_view<const Scalar> dy, matrix_view<Scalar> dx,
                                        const updates& beside, const grads& g, context& c,
                                        const own_grads& own = {}) const {
        const arena::scope mine(c);
        const auto         room   = [&] { return detail::take_matrix<Scalar>(c, dy.rows, up.out()); };
        const auto         dinner = room(), dgate = room(), dup = room();
        std::fill_n(dinner.data, dinner.rows * dinner.dims, Scalar{0});
        if (auto ok = down.backward(s.down, dy, dinner, beside.down, g.down, c); !ok) return ok;
        if (own.to != nullptr) { // what down took is made again, where its gradient will lie
            if (auto ok = activate_gated<Scalar>(f, s.gate_out, s.up_out, dup, c); !ok) return ok;
            if (auto ok = own.to->down.add_gradients(dup, dy, c); !ok) return ok;
        }
        if (auto ok = activate_gated_back<Scalar>(f, s.gate_out, s.up_out, dinner, dgate, dup, c); !ok) return ok;
        if (own.to != nullptr) {
            if (auto ok = own.to->gate.add_gradients(own.x, dgate, c); !ok) return ok;
            if (auto ok = own.to->up.add_gradients(own.x, dup, c); !ok) return ok;
        }
        if (auto ok = gate.backward(s.gate, dgate, dx, beside.gate, g.gate, c); !ok) return ok;
        return up.backward(s.up, dup, dx, beside.up, g.up, c);
    }
};

} // namespace graft::inline GRAFT_ABI
