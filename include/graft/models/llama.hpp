// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/linalg/any_weights.hpp>
#include <graft/models/decoder_batch.hpp>
#include <graft/models/decoder_model.hpp>
#include <graft/models/kv_cache.hpp>
#include <graft/nn/attention.hpp>
#include <graft/nn/feed_forward.hpp>
#include <graft/nn/linear.hpp>
#include <graft/nn/norm.hpp>
#include <graft/nn/rotary.hpp>

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
};

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

    struct layer {
        rms_norm<Scalar>                         attention_norm;
        layer_weight                             q, k, v, o;
        rms_norm<Scalar>                         feed_norm;
        gated_feed_forward<Scalar, layer_weight> feed;
    };

    llama_config                config;
    std::optional<layer_weight> tokens; ///< the table of tokens, [vocabulary, width]; nothing where the head is it
    std::vector<layer>          layers;
    rms_norm<Scalar>            last_norm;
    layer_weight                head; ///< [vocabulary, width]
    rotary<Scalar>              turn;

    [[nodiscard]] kv_cache<Scalar> make_cache() const { return {config.layers, config.kv_heads, config.dims}; }

    /// Reads on: the tokens of each input behind those of its cache. A row's numbers depend on its own text alone, not on what is
    /// beside it, on how the text was cut, or on threads.
    ///
    /// Takes    ids below the vocabulary; inputs with tokens, each with a cache of its own, and room in the positions; logits [inputs,
    ///          vocabulary] with `last`, [all ids, vocabulary] with `all`
    /// Costs    no heap in a warm context but for what caches grow.
    /// Fails    `bad_argument` (row: the place of an id that is none), `too_large` where a text passes `positions`; stopped, timed_out: the
    ///          caches are as they were.
    [[nodiscard]] result<void> forward(std::span<const decoder_input<Scalar>> inputs, logits_of which,
                                       matrix_view<Scalar> logits, context& c) const {
        return detail::read_on(config, inputs, which, logits, c, [&](const detail::decoder_batch<Scalar>& batch) {
            return read(batch, which, logits, c);
        });
    }

private:
    [[nodiscard]] result<void> read(const detail::decoder_batch<Scalar>& batch, logits_of which,
                                    matrix_view<Scalar> logits, context& c) const {
        const auto        positions = batch.positions();
        const std::size_t rows      = positions.size();
        const auto        room      = [&](std::size_t dims) { return detail::take_matrix<Scalar>(c, rows, dims); };
        const std::size_t all = config.heads * config.dims, kv = config.kv_heads * config.dims;
        const auto        x = room(config.width), h = room(config.width), q = room(all), k = room(kv), v = room(kv),
                   y = room(all), f = room(config.width);
        const attention<Scalar> attend{config.heads, config.kv_heads, config.dims, true,
                                       1 / std::sqrt(static_cast<Scalar>(config.dims))};
        batch.embed(tokens ? tokens->W : head.W, x);
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const layer& of = layers[l];
            if (auto ok = of.attention_norm.forward(x, h, nullptr, c); !ok) return ok;
            if (auto ok = of.q.forward(h, q, c); !ok) return ok;
            if (auto ok = of.k.forward(h, k, c); !ok) return ok;
            if (auto ok = of.v.forward(h, v, c); !ok) return ok;
            if (auto ok = turn.forward(q, config.heads, positions, c); !ok) return ok;
            if (auto ok = turn.forward(k, config.kv_heads, positions, c); !ok) return ok;
            if (auto ok = batch.attend(attend, l, {q}, {k}, {v}, {y}, c); !ok) return ok;
            if (auto ok = of.o.forward(y, x, c, true); !ok) return ok;
            if (auto ok = of.feed_norm.forward(x, h, nullptr, c); !ok) return ok;
            if (auto ok = of.feed.forward(h, f, {}, nullptr, c); !ok) return ok;
            for (std::size_t i = 0; i < rows; ++i)
                detail::row_functions<Scalar>().add(f.row(i).data(), x.row(i).data(), config.width);
        }
        const auto asked  = batch.asked(which, x, c);
        const auto normed = detail::take_matrix<Scalar>(c, asked.rows, config.width);
        if (auto ok = last_norm.forward(asked, normed, nullptr, c); !ok) return ok;
        return head.forward(normed, logits, c);
    }
};
static_assert(decoder_model<llama<float>> && decoder_model<llama<double>>);

} // namespace graft::inline GRAFT_ABI
