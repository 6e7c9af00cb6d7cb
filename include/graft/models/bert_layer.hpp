// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/attention.hpp>
#include <graft/nn/feed_forward.hpp>
#include <graft/nn/norm.hpp>
#include <graft/nn/pooling.hpp>

#include <optional>
#include <span>

namespace graft::inline GRAFT_ABI {

/// One layer of BERT:  h = norm(x + out(attention(x))),  y = norm(h + feed-forward(h)).
template <std::floating_point Scalar>
struct bert_layer {
    frozen_linear<Scalar> query, key, value, out; ///< [dims, dims]
    layer_norm<Scalar>    attention_norm;
    feed_forward<Scalar>  inner;
    layer_norm<Scalar>    inner_norm;
    std::size_t           heads = 1;

    /// Updates beside its matrices; null: none.
    struct updates {
        const lora<Scalar>*query = nullptr, *key = nullptr, *value = nullptr, *out = nullptr, *up = nullptr,
              *down = nullptr;

        [[nodiscard]] bool any() const noexcept {
            return query != nullptr || key != nullptr || value != nullptr || out != nullptr || up != nullptr ||
                   down != nullptr;
        }
    };
    struct grads {
        typename lora<Scalar>::grads *query = nullptr, *key = nullptr, *value = nullptr, *out = nullptr, *up = nullptr,
                                     *down = nullptr;
    };
    /// Ten rows of `dims` a token, four of them as wide as the feed-forward layer.
    struct saved {
        matrix_view<const Scalar>             x = {};
        matrix_view<Scalar>                   q = {}, k = {}, v = {}, seen = {}, sum = {}, h = {}, inner_sum = {};
        typename attention<Scalar>::saved     attended       = {};
        norm_saved<Scalar>                    attention_norm = {}, inner_norm = {};
        typename feed_forward<Scalar>::saved  inner = {};
        typename frozen_linear<Scalar>::saved query = {}, key = {}, value = {}, out = {};
    };

    /// Takes    x, y [tokens, dims], which may be one where nothing is saved; `keep`, filled with memory of the context, or null
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> x, matrix_view<Scalar> y,
                                       std::span<const std::size_t> ends, const updates& beside, saved* keep,
                                       context& c) const {
        std::optional<arena::scope> mine;
        if (keep == nullptr) mine.emplace(c);
        const auto room = [&] { return detail::take_matrix<Scalar>(c, x.rows, x.dims); };
        saved      here;
        saved&     s    = keep != nullptr ? *keep : here;
        const auto kept = [&](auto& what) { return keep != nullptr ? &what : nullptr; };
        s.x = x, s.q = room(), s.k = room(), s.v = room(), s.seen = room();
        s.sum       = keep != nullptr ? room() : s.q; // q, k and v are read before these are written
        s.h         = keep != nullptr ? room() : s.k;
        s.inner_sum = keep != nullptr ? room() : s.q;
        if (auto ok = query.forward(x, s.q, beside.query, kept(s.query), c); !ok) return ok;
        if (auto ok = key.forward(x, s.k, beside.key, kept(s.key), c); !ok) return ok;
        if (auto ok = value.forward(x, s.v, beside.value, kept(s.value), c); !ok) return ok;
        if (auto ok = attend().forward(of(s.q), of(s.k), of(s.v), ends, s.seen, kept(s.attended), c); !ok) return ok;
        if (auto ok = out.forward(s.seen, s.sum, beside.out, kept(s.out), c); !ok) return ok;
        if (auto ok = attention_norm.forward_sum(s.sum, x, s.h, kept(s.attention_norm), c); !ok) return ok;
        if (auto ok = inner.forward(s.h, s.inner_sum, {beside.up, beside.down}, kept(s.inner), c); !ok) return ok;
        return inner_norm.forward_sum(s.inner_sum, s.h, y, kept(s.inner_norm), c);
    }

    /// Adds the gradient of x into dx, and those of the updates that there are.
    [[nodiscard]] result<void> backward(const saved& s, matrix_view<const Scalar> dy, matrix_view<Scalar> dx,
                                        std::span<const std::size_t> ends, const updates& beside, const grads& g,
                                        context& c) const {
        const arena::scope mine(c);
        const auto         zero = [&] {
            const auto m = detail::take_matrix<Scalar>(c, dy.rows, dy.dims);
            std::fill_n(m.data, m.rows * m.dims, Scalar{0});
            return m;
        };
        const auto dinner = zero(), dsum = zero(), dseen = zero(), dq = zero(), dk = zero(), dv = zero();
        if (auto ok = inner_norm.backward(s.inner_sum, s.inner_norm, dy, dinner, nullptr, c); !ok) return ok;
        const auto dh = zero();
        std::copy_n(dinner.data, dinner.rows * dinner.dims, dh.data); // the residual
        if (auto ok = inner.backward(s.inner, dinner, dh, {beside.up, beside.down}, {g.up, g.down}, c); !ok) return ok;
        if (auto ok = attention_norm.backward(s.sum, s.attention_norm, dh, dsum, nullptr, c); !ok) return ok;
        detail::add_scaled(Scalar{1}, dsum, dx);
        if (auto ok = out.backward(s.out, dsum, dseen, beside.out, g.out, c); !ok) return ok;
        if (auto ok =
                attend().backward(of(s.q), of(s.k), of(s.v), ends, of(s.seen), s.attended, of(dseen), dq, dk, dv, c);
            !ok)
            return ok;
        if (auto ok = query.backward(s.query, dq, dx, beside.query, g.query, c); !ok) return ok;
        if (auto ok = key.backward(s.key, dk, dx, beside.key, g.key, c); !ok) return ok;
        return value.backward(s.value, dv, dx, beside.value, g.value, c);
    }

private:
    [[nodiscard]] attention<Scalar> attend() const {
        const std::size_t dims = query.out() / heads;
        return {heads, heads, dims, false, static_cast<Scalar>(1 / std::sqrt(static_cast<double>(dims)))};
    }
    [[nodiscard]] static strided_rows<const Scalar> of(matrix_view<Scalar> m) { return {m}; }
};

} // namespace graft::inline GRAFT_ABI
