// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_table.hpp>
#include <graft/base/context.hpp>
#include <graft/linalg/any_weights.hpp>
#include <graft/models/decoder_batch.hpp>
#include <graft/models/decoder_model.hpp>
#include <graft/models/kv_cache.hpp>
#include <graft/models/llama_layer.hpp>
#include <graft/models/packed_tokens.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The sizes of a decoder of the Llama family.
struct llama_config {
    std::size_t    vocabulary  = 0;
    std::size_t    width       = 0; ///< of the residual stream
    std::size_t    layers      = 0;
    std::size_t    heads       = 0;
    std::size_t    kv_heads    = 0; ///< divides heads
    std::size_t    dims        = 0; ///< of a head
    std::size_t    inner       = 0; ///< of the feed-forward layers
    std::size_t    positions   = 0; ///< tokens that a text may have
    double         rotary_base = 10'000;
    rotary_scaling scaling     = {};
    rotary_layout  layout      = rotary_layout::halves; ///< in which order the rows of q and k lie
    double         norm_eps    = 1e-5;
    bool           tied        = false; ///< the head is the table of tokens

    /// Whether the sizes fit each other and can be meant.
    [[nodiscard]] constexpr bool valid() const noexcept {
        constexpr std::size_t most = std::size_t{1} << 24;
        const auto            in   = [](std::size_t n) { return n > 0 && n <= most; };
        return in(vocabulary) && in(width) && layers > 0 && layers <= 4096 && in(heads) && kv_heads > 0 &&
               heads % kv_heads == 0 && dims > 0 && dims <= 512 && dims % 2 == 0 && in(inner) && in(positions) &&
               rotary_base > 1 && norm_eps > 0 && norm_eps < 1;
    }
    bool operator==(const llama_config&) const = default;
};

namespace detail {

template <std::floating_point Scalar>
[[nodiscard]] strided_rows<const Scalar> as_rows(matrix_view<Scalar> m) noexcept {
    return strided_rows<const Scalar>(matrix_view<const Scalar>(m));
}

} // namespace detail

/// A decoder of the Llama family: Llama, SmolLM2, TinyLlama, Mistral without a window, Qwen2 (with a bias at q, k and v).
///
/// `Weight` is how the linear layers hold their numbers: what their file decides, or what takes the same products.
/// Thread   const: any number of readers, each with caches of its own.
/// Source   Touvron et al. 2023, arXiv 2302.13971; Yang et al. 2024, arXiv 2407.10671
template <std::floating_point Scalar,
          class Weight = std::conditional_t<std::is_same_v<Scalar, float>, any_weights, matrix<Scalar>>>
struct llama {
    using scalar       = Scalar;
    using layer_weight = linear<Scalar, Weight>;

    using layer = llama_layer<Scalar, Weight>;
    /// Updates beside the layers, the lowest first; fewer than there are layers: none beside the others.
    using updates = std::span<const typename layer::updates>;
    using grads   = std::span<const typename layer::grads>;
    /// Gradients of its own numbers have its shape.
    using own_grads = llama<Scalar, matrix<Scalar>>;

    /// What the backward pass needs: each layer's, and what the last norm took and saved.
    struct saved {
        std::vector<typename layer::saved> layers    = {};
        matrix_view<Scalar>                last      = {};
        norm_saved<Scalar>                 last_norm = {};
        std::span<const std::uint32_t>     positions = {};
        /// To be set before the forward pass: of each layer only what it takes is kept, and the backward pass runs the layer again when its turn comes.
        /// The same bits, in the memory of [layers, tokens, width] and one layer.
        ///
        /// Source   Chen et al. 2016, arXiv 1604.06174, with a segment a layer
        bool inputs_only = false;
    };

    llama_config                config;
    std::optional<layer_weight> tokens; ///< the table of tokens, [vocabulary, width]; nothing where the head is it
    std::vector<layer>          layers;
    rms_norm<Scalar>            last_norm;
    layer_weight                head; ///< [vocabulary, width]
    rotary<Scalar>              turn;

    [[nodiscard]] kv_cache<Scalar> make_cache() const { return {config.layers, config.kv_heads, config.dims}; }
    /// How many numbers it is made of.
    [[nodiscard]] std::size_t parameters() const noexcept {
        const auto  of = [](const layer_weight& w) { return w.out() * w.in() + w.b.flat().size(); };
        std::size_t n  = (tokens ? of(*tokens) : 0) + of(head) + last_norm.dims();
        for (const layer& l : layers)
            n += l.attention_norm.dims() + of(l.q) + of(l.k) + of(l.v) + of(l.o) + l.feed_norm.dims() +
                 of(l.feed.gate) + of(l.feed.up) + of(l.feed.down);
        return n;
    }

    /// Reads on: the tokens of each input behind those of its cache. A row's numbers depend on its own text alone, not on what is
    /// beside it, on how the text was cut, or on threads.
    ///
    /// Takes    ids below the vocabulary; inputs with tokens, each with a cache of its own, and room in the positions; logits [inputs,
    ///          vocabulary] with `last`, [all ids, vocabulary] with `all`; updates, the same for all that a cache holds
    /// Costs    no heap in a warm context but for what caches grow.
    /// Fails    `bad_argument` (row: the place of an id that is none), `too_large` where a text passes `positions`; stopped, timed_out: the
    ///          caches are as they were.
    [[nodiscard]] result<void> forward(std::span<const decoder_input<Scalar>> inputs, logits_of which,
                                       matrix_view<Scalar> logits, context& c, updates beside = {}) const {
        return detail::read_on(config, inputs, which, logits, c, [&](const detail::decoder_batch<Scalar>& batch) {
            return read(batch, which, logits, beside, c);
        });
    }

    /// Whole texts at once, without caches, as training reads them: y [tokens, width], the rows that the head takes.
    ///
    /// Takes    texts of at most `positions` tokens; `keep`, filled with memory of the context, or null
    /// Fails    `unknown_id` (row), `too_large` (row: the text); stopped, timed_out
    [[nodiscard]] result<void> forward(const packed_tokens& in, matrix_view<Scalar> y, updates beside, saved* keep,
                                       context& c) const;
    /// Adds the gradients of the updates.
    ///
    /// Takes    what `forward` took and saved; dy [tokens, width], which is overwritten; `own`, to which the gradients of all numbers of the model are added
    ///          but those of the head as a head (`head_loss`), where they move, or null
    /// Costs    ends at the lowest layer that has an update, or at the table of tokens with `own`.
    [[nodiscard]] result<void> backward(const packed_tokens& in, const saved& s, matrix_view<Scalar> dy, updates beside,
                                        grads g, context& c, own_grads* own = nullptr) const;

    // What passes over whole texts are made of.

    /// How rows of whole texts look at each other: at those before them in their text.
    struct whole_texts {
        attention<Scalar>            by;
        std::span<const std::size_t> ends;
        context&                     c;

        [[nodiscard]] result<void> operator()(std::size_t, matrix_view<Scalar> q, matrix_view<Scalar> k,
                                              matrix_view<Scalar> v, matrix_view<Scalar> seen,
                                              typename attention<Scalar>::saved* sums) const {
            return by.forward(detail::as_rows(q), detail::as_rows(k), detail::as_rows(v), ends, {seen}, sums, c);
        }
        /// Backwards.
        [[nodiscard]] result<void> operator()(std::size_t, const typename layer::saved& kept, matrix_view<Scalar> dseen,
                                              matrix_view<Scalar> dq, matrix_view<Scalar> dk,
                                              matrix_view<Scalar> dv) const {
            return by.backward(detail::as_rows(kept.q), detail::as_rows(kept.k), detail::as_rows(kept.v), ends,
                               detail::as_rows(kept.seen), kept.attended, detail::as_rows(dseen), {dq}, {dk}, {dv}, c);
        }
    };
    [[nodiscard]] whole_texts within(std::span<const std::size_t> ends, context& c) const { return {heads(), ends, c}; }
    /// Where each row of whole texts stands.
    ///
    /// Takes    `before`: positions that are taken before each text, of which the last `rows` are rows of its own
    /// Fails    `too_large` (row: the text)
    [[nodiscard]] result<std::span<const std::uint32_t>> places_of(const packed_tokens& in, std::size_t before,
                                                                   std::size_t rows, context& c) const {
        for (std::size_t s = 0, begin = 0; s < in.ends.size(); begin = in.ends[s++])
            if (in.ends[s] - begin + before > config.positions) return error{fault::too_large, unit::row, s, "tokens"};
        const auto places = c.take_raw<std::uint32_t>(in.ids.size() + in.ends.size() * rows);
        for (std::size_t s = 0, begin = 0, at = 0; s < in.ends.size(); begin = in.ends[s++])
            for (std::size_t i = before - rows; i < before + in.ends[s] - begin; ++i)
                places[at++] = static_cast<std::uint32_t>(i);
        return std::span<const std::uint32_t>(places);
    }

    [[nodiscard]] static const lora<Scalar>* beside_tokens(updates beside) noexcept {
        return beside.empty() ? nullptr : beside[0].tokens;
    }
    [[nodiscard]] attention<Scalar> heads() const {
        return {config.heads, config.kv_heads, config.dims, true, 1 / std::sqrt(static_cast<Scalar>(config.dims))};
    }
    /// The table of tokens, which may be the head.
    [[nodiscard]] const layer_weight& table() const noexcept { return tokens ? *tokens : head; }
    [[nodiscard]] layer_weight&       table() noexcept { return tokens ? *tokens : head; }
    /// x row i = what the table of tokens says of ids[i].
    ///
    /// Fails    `unknown_id` (row)
    [[nodiscard]] result<void> embed(std::span<const std::uint32_t> ids, matrix_view<Scalar> x) const {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (ids[i] >= config.vocabulary) return error{fault::unknown_id, unit::row, i, "token"};
            table().row(ids[i], x.row(i));
        }
        return done;
    }
    /// Rows through all layers and the last norm.
    ///
    /// Takes    x [rows, width], overwritten unless it is kept; where each row stands in its text, which `keep` borrows; `attend(layer, q, k, v, y,
    ///          saved or null)`, which lets the queries look at the keys
    template <class Attend>
    [[nodiscard]] result<void> through(matrix_view<Scalar> x, std::span<const std::uint32_t> positions,
                                       const Attend& attend, matrix_view<Scalar> y, updates beside, saved* keep,
                                       context& c) const;
    /// The same backwards, down to a layer.
    ///
    /// Gives    the gradient of what that layer took, in dy or in memory of the context
    /// Takes    `attend(layer, saved, dy, dq, dk, dv)`, which adds the gradients of what the queries did with the keys, and that of `through`, by which
    ///          layers run again
    template <class Attend>
    [[nodiscard]] result<matrix_view<Scalar>> back_through(const saved& s, matrix_view<Scalar> dy, std::size_t lowest,
                                                           const Attend& attend, updates beside, grads g, context& c,
                                                           own_grads* own = nullptr) const;

private:
    [[nodiscard]] result<void> read(const detail::decoder_batch<Scalar>& batch, logits_of which,
                                    matrix_view<Scalar> logits, updates beside, context& c) const {
        const typename layer::places at{heads(), turn, batch.positions()};
        const auto                   x = detail::take_matrix<Scalar>(c, at.positions.size(), config.width);
        batch.embed(table(), x);
        if (const auto* update = beside_tokens(beside); update != nullptr) batch.embed(*update, x, c);
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const auto attend = [&](matrix_view<Scalar> q, matrix_view<Scalar> k, matrix_view<Scalar> v,
                                    matrix_view<Scalar> seen, typename attention<Scalar>::saved*) {
                return batch.attend(at.heads, l, {q}, {k}, {v}, {seen}, c);
            };
            const auto of = l < beside.size() ? beside[l] : typename layer::updates{};
            if (auto ok = layers[l].forward(x, x, at, attend, of, nullptr, c); !ok) return ok;
        }
        const auto asked  = batch.asked(which, x, c);
        const auto normed = detail::take_matrix<Scalar>(c, asked.rows, config.width);
        if (auto ok = last_norm.forward(asked, normed, nullptr, c); !ok) return ok;
        return head.forward(normed, logits, c);
    }
};

template <std::floating_point Scalar, class Weight>
template <class Attend>
result<void> llama<Scalar, Weight>::through(matrix_view<Scalar> x, std::span<const std::uint32_t> positions,
                                            const Attend& attend, matrix_view<Scalar> y, updates beside, saved* keep,
                                            context& c) const {
    if (keep != nullptr) keep->layers.assign(layers.size(), {});
    const typename layer::places at{heads(), turn, positions};
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const auto look = [&](matrix_view<Scalar> q, matrix_view<Scalar> k, matrix_view<Scalar> v,
                              matrix_view<Scalar>                seen,
                              typename attention<Scalar>::saved* sums) { return attend(l, q, k, v, seen, sums); };
        const auto to   = keep != nullptr ? detail::take_matrix<Scalar>(c, x.rows, config.width) : x;
        const auto of   = l < beside.size() ? beside[l] : typename layer::updates{};
        const bool all  = keep != nullptr && !keep->inputs_only;
        if (auto ok = layers[l].forward(x, to, at, look, of, all ? &keep->layers[l] : nullptr, c); !ok) return ok;
        if (keep != nullptr) keep->layers[l].x = x;
        x = to;
    }
    if (keep != nullptr) keep->last = x, keep->positions = positions;
    return last_norm.forward(x, y, keep != nullptr ? &keep->last_norm : nullptr, c);
}

template <std::floating_point Scalar, class Weight>
template <class Attend>
result<matrix_view<Scalar>>
llama<Scalar, Weight>::back_through(const saved& s, matrix_view<Scalar> dy, std::size_t lowest, const Attend& attend,
                                    updates beside, grads g, context& c, own_grads* own) const {
    auto dx = detail::take_matrix<Scalar>(c, dy.rows, dy.dims);
    std::fill_n(dx.data, dx.rows * dx.dims, Scalar{0});
    const auto of_norm = own != nullptr ? own->last_norm.w.flat() : std::span<Scalar>{};
    if (auto ok = last_norm.backward(s.last, s.last_norm, dy, dx, of_norm, c); !ok) return ok.error();
    const typename layer::places at{heads(), turn, s.positions};
    for (std::size_t l = layers.size(); l-- > lowest;) {
        std::swap(dx, dy);
        std::fill_n(dx.data, dx.rows * dx.dims, Scalar{0});
        const arena::scope    mine(c);
        typename layer::saved again;
        const auto            of = l < beside.size() ? beside[l] : typename layer::updates{};
        if (s.inputs_only) {
            const auto read = [&](matrix_view<Scalar> q, matrix_view<Scalar> k, matrix_view<Scalar> v,
                                  matrix_view<Scalar>                seen,
                                  typename attention<Scalar>::saved* sums) { return attend(l, q, k, v, seen, sums); };
            if (auto ok = layers[l].forward(s.layers[l].x, {}, at, read, of, &again, c); !ok) return ok.error();
        }
        const auto look = [&](const typename layer::saved& kept, matrix_view<Scalar> dseen, matrix_view<Scalar> dq,
                              matrix_view<Scalar> dk,
                              matrix_view<Scalar> dv) { return attend(l, kept, dseen, dq, dk, dv); };
        const auto to   = l < g.size() ? g[l] : typename layer::grads{};
        if (auto ok = layers[l].backward(s.inputs_only ? again : s.layers[l], dy, dx, at, look, of, to, c,
                                         own != nullptr ? &own->layers[l] : nullptr);
            !ok)
            return ok.error();
    }
    return dx;
}

template <std::floating_point Scalar, class Weight>
result<void> llama<Scalar, Weight>::forward(const packed_tokens& in, matrix_view<Scalar> y, updates beside, saved* keep,
                                            context& c) const {
    GRAFT_ASSERT(y.rows == in.ids.size() && y.dims == config.width, "a row for each token");
    GRAFT_ASSERT(in.ends.empty() ? in.ids.empty() : in.ends.back() == in.ids.size(), "texts that hold all tokens");
    std::optional<arena::scope> mine;
    if (keep == nullptr) mine.emplace(c);
    const auto positions = places_of(in, 0, 0, c);
    if (!positions) return positions.error();
    const auto x = detail::take_matrix<Scalar>(c, in.ids.size(), config.width);
    if (auto ok = embed(in.ids, x); !ok) return ok;
    if (const auto* update = beside_tokens(beside); update != nullptr) add_looked_up(*update, in.ids, x, c);
    return through(x, *positions, within(in.ends, c), y, beside, keep, c);
}

template <std::floating_point Scalar, class Weight>
result<void> llama<Scalar, Weight>::backward(const packed_tokens& in, const saved& s, matrix_view<Scalar> dy,
                                             updates beside, grads g, context& c, own_grads* own) const {
    const arena::scope mine(c);
    std::size_t        lowest = own != nullptr ? 0 : layers.size();
    for (std::size_t l = std::min(beside.size(), layers.size()); l-- > 0;)
        if (beside[l].any()) lowest = l;
    if (lowest == layers.size() && own == nullptr) return done;
    const auto dx = back_through(s, dy, lowest, within(in.ends, c), beside, g, c, own);
    if (!dx) return dx.error();
    for (std::size_t i = 0; i < in.ids.size() && own != nullptr; ++i) // in order
        detail::row_functions<Scalar>().add(dx->row(i).data(), own->table().W.row(in.ids[i]).data(), dx->dims);
    if (const auto* update = beside_tokens(beside); update != nullptr && !g.empty() && g[0].tokens != nullptr)
        looked_up_gradients(*update, in.ids, matrix_view<const Scalar>(*dx), *g[0].tokens, c);
    return done;
}

static_assert(decoder_model<llama<float>> && decoder_model<llama<double>>);

} // namespace graft::inline GRAFT_ABI
