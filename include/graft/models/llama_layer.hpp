// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/attention.hpp>
#include <graft/nn/feed_forward.hpp>
#include <graft/nn/linear.hpp>
#include <graft/nn/norm.hpp>
#include <graft/nn/rotary.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>

namespace graft::inline GRAFT_ABI {

/// One layer of Llama:  h = x + o(attention(norm(x))),  y = h + feed-forward(norm(h)).
template <std::floating_point Scalar, class Weight>
struct llama_layer {
    using layer_weight = linear<Scalar, Weight>;
    using inner        = gated_feed_forward<Scalar, layer_weight>;
    /// Gradients of its own numbers have its shape.
    using own_grads = llama_layer<Scalar, matrix<Scalar>>;

    rms_norm<Scalar> attention_norm;
    layer_weight     q, k, v, o;
    rms_norm<Scalar> feed_norm;
    inner            feed;

    /// Updates beside its matrices, where there are some.
    struct updates {
        placed_lora<Scalar> q = {}, k = {}, v = {}, o = {}, gate = {}, up = {}, down = {};
        const lora<Scalar>* tokens = nullptr; ///< of the lowest layer: beside the table of tokens, whose rows it takes

        [[nodiscard]] bool any() const noexcept { return q || k || v || o || gate || up || down || tokens != nullptr; }
    };
    struct grads {
        typename lora<Scalar>::grads *q = nullptr, *k = nullptr, *v = nullptr, *o = nullptr, *gate = nullptr,
                                     *up = nullptr, *down = nullptr, *tokens = nullptr;
    };
    /// What the backward pass needs; all but the feed-forward layer's is as wide as the rows or the heads.
    struct saved {
        matrix_view<const Scalar>         x = {};
        matrix_view<Scalar>               q = {}, k = {}, v = {}, seen = {}, h = {};
        norm_saved<Scalar>                attention_norm = {}, feed_norm = {};
        typename attention<Scalar>::saved attended = {};
        typename inner::saved             feed     = {};
        typename layer_weight::saved      at_q = {}, at_k = {}, at_v = {}, at_o = {};
    };
    /// What all layers share: how heads are cut, how they turn, and where the rows stand in their texts.
    struct places {
        attention<Scalar>              heads;
        const rotary<Scalar>&          turn;
        std::span<const std::uint32_t> positions;
    };

    /// Takes    x, y [tokens, width], which may be one where nothing is saved; y may be empty where all is: then only what the backward pass needs is made;
    ///          `attend(q, k, v, y, log sums or null)`, which lets the queries look at the keys; `keep`, filled with memory of the context, or null
    /// Fails    stopped, timed_out
    template <class Attend>
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> x, matrix_view<Scalar> y, const places& at,
                                       const Attend& attend, const updates& beside, saved* keep, context& c) const {
        GRAFT_ASSERT(keep == nullptr || x.data != y.data, "a place of its own for what is saved");
        std::optional<arena::scope> mine;
        if (keep == nullptr) mine.emplace(c);
        const auto room = [&](std::size_t dims) { return detail::take_matrix<Scalar>(c, x.rows, dims); };
        saved      here;
        saved&     s      = keep != nullptr ? *keep : here;
        const auto kept   = [&](auto& what) { return keep != nullptr ? &what : nullptr; };
        const auto normed = room(x.dims);
        s.x = x, s.q = room(q.out()), s.k = room(k.out()), s.v = room(v.out()), s.seen = room(q.out());
        s.h = keep != nullptr ? room(x.dims) : y;
        if (auto ok = attention_norm.forward(x, normed, kept(s.attention_norm), c); !ok) return ok;
        if (auto ok = q.forward(normed, s.q, beside.q, kept(s.at_q), c); !ok) return ok;
        if (auto ok = k.forward(normed, s.k, beside.k, kept(s.at_k), c); !ok) return ok;
        if (auto ok = v.forward(normed, s.v, beside.v, kept(s.at_v), c); !ok) return ok;
        if (auto ok = at.turn.forward(s.q, at.heads.heads, at.positions, c); !ok) return ok;
        if (auto ok = at.turn.forward(s.k, at.heads.kv_heads, at.positions, c); !ok) return ok;
        if (auto ok = attend(s.q, s.k, s.v, s.seen, kept(s.attended)); !ok) return ok;
        if (s.h.data != x.data) std::copy_n(x.data, x.rows * x.dims, s.h.data);
        if (auto ok = o.forward(s.seen, s.h, beside.o, kept(s.at_o), c, true); !ok) return ok;
        const auto again = keep != nullptr ? room(x.dims) : normed,
                   fed   = s.h.data != y.data ? y : room(x.dims); // y = fed + h, in whichever order
        if (auto ok = feed_norm.forward(s.h, again, kept(s.feed_norm), c); !ok) return ok;
        if (auto ok = feed.forward(again, fed, {beside.gate, beside.up, beside.down}, kept(s.feed), c); !ok) return ok;
        if (y.empty()) return done;
        const auto other = s.h.data != y.data ? s.h : fed;
        for (std::size_t i = 0; i < x.rows; ++i)
            detail::row_functions<Scalar>().add(other.row(i).data(), y.row(i).data(), y.dims);
        return done;
    }

    /// Adds the gradient of x into dx, and those of the updates that there are. Whole texts, each by itself.
    ///
    /// Takes    what `forward` took and saved; `attend(s, dy, dq, dk, dv)`, which adds the gradients of what the queries did with the keys; `own`, to which
    ///          those of the layer's own numbers are added, where they move, or null
    /// Costs    what its matrices took is made again for `own`: nothing more is saved
    template <class Attend>
    [[nodiscard]] result<void> backward(const saved& s, matrix_view<const Scalar> dy, matrix_view<Scalar> dx,
                                        const places& at, const Attend& attend, const updates& beside, const grads& g,
                                        context& c, own_grads* own = nullptr) const {
        const arena::scope mine(c);
        const auto         learn = [&](auto of, matrix_view<const Scalar> took, matrix_view<const Scalar> d) {
            return own != nullptr ? (own->*of).add_gradients(took, d, c) : result<void>(done);
        };
        const auto of_norm = [&](auto of) { return own != nullptr ? (own->*of).w.flat() : std::span<Scalar>{}; };
        const auto took    = own != nullptr ? detail::take_matrix<Scalar>(c, dy.rows, dy.dims) : matrix_view<Scalar>{};
        const auto zero    = [&](std::size_t dims) {
            const auto m = detail::take_matrix<Scalar>(c, dy.rows, dims);
            std::fill_n(m.data, m.rows * m.dims, Scalar{0});
            return m;
        };
        const auto dnormed = zero(dy.dims), dh = zero(dy.dims);
        std::copy_n(dy.data, dy.rows * dy.dims, dh.data); // the residual
        if (own != nullptr)
            if (auto ok = feed_norm.forward(s.h, took, nullptr, c); !ok) return ok;
        if (auto ok = feed.backward(s.feed, dy, dnormed, {beside.gate, beside.up, beside.down}, {g.gate, g.up, g.down},
                                    c, {own != nullptr ? &own->feed : nullptr, took});
            !ok)
            return ok;
        if (auto ok = feed_norm.backward(s.h, s.feed_norm, dnormed, dh, of_norm(&own_grads::feed_norm), c); !ok)
            return ok;
        detail::add_scaled(Scalar{1}, dh, dx); // the other
        const auto dseen = zero(q.out()), dq = zero(q.out()), dk = zero(k.out()), dv = zero(v.out());
        if (auto ok = o.backward(s.at_o, dh, dseen, beside.o, g.o, c); !ok) return ok;
        if (auto ok = learn(&own_grads::o, s.seen, dh); !ok) return ok;
        if (auto ok = attend(s, dseen, dq, dk, dv); !ok) return ok;
        if (auto ok = at.turn.backward({dq}, at.heads.heads, at.positions, c); !ok) return ok;
        if (auto ok = at.turn.backward({dk}, at.heads.kv_heads, at.positions, c); !ok) return ok;
        std::fill_n(dnormed.data, dnormed.rows * dnormed.dims, Scalar{0});
        if (auto ok = q.backward(s.at_q, dq, dnormed, beside.q, g.q, c); !ok) return ok;
        if (auto ok = k.backward(s.at_k, dk, dnormed, beside.k, g.k, c); !ok) return ok;
        if (auto ok = v.backward(s.at_v, dv, dnormed, beside.v, g.v, c); !ok) return ok;
        if (own != nullptr) {
            if (auto ok = attention_norm.forward(s.x, took, nullptr, c); !ok) return ok;
            if (auto ok = learn(&own_grads::q, took, dq); !ok) return ok;
            if (auto ok = learn(&own_grads::k, took, dk); !ok) return ok;
            if (auto ok = learn(&own_grads::v, took, dv); !ok) return ok;
        }
        return attention_norm.backward(s.x, s.attention_norm, dnormed, dx, of_norm(&own_grads::attention_norm), c);
    }
};

} // namespace graft::inline GRAFT_ABI
