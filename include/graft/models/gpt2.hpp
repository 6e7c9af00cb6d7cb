// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/linalg/any_weights.hpp>
#include <graft/models/decoder_batch.hpp>
#include <graft/models/decoder_model.hpp>
#include <graft/nn/embedding.hpp>
#include <graft/nn/feed_forward.hpp>
#include <graft/nn/linear.hpp>
#include <graft/nn/norm.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The sizes of a GPT-2.
struct gpt2_config {
    std::size_t vocabulary = 0;
    std::size_t width      = 0; ///< of the residual stream: whole heads
    std::size_t layers     = 0;
    std::size_t heads      = 0;
    std::size_t inner      = 0; ///< of the feed-forward layers
    std::size_t positions  = 0; ///< tokens that a text may have
    double      norm_eps   = 1e-5;
    activation  f          = activation::gelu_tanh;
    bool        tied       = true; ///< the head is the table of tokens

    /// Whether the sizes fit each other and can be meant.
    [[nodiscard]] constexpr bool valid() const noexcept {
        constexpr std::size_t most = std::size_t{1} << 24;
        const auto            in   = [](std::size_t n) { return n > 0 && n <= most; };
        return in(vocabulary) && in(width) && layers > 0 && layers <= 4096 && in(heads) && width % heads == 0 &&
               width / heads <= 512 && in(inner) && in(positions) && norm_eps > 0 && norm_eps < 1;
    }
};

/// GPT-2: positions that were learned, norms with a mean, and queries, keys and values out of one matrix.
///
/// `Weight` is how the linear layers hold their numbers, as with `llama`.
/// Thread   const: any number of readers, each with caches of its own.
/// Source   Radford et al. 2019, Language models are unsupervised multitask learners; norms before each half of a layer.
template <std::floating_point Scalar,
          class Weight = std::conditional_t<std::is_same_v<Scalar, float>, any_weights, matrix<Scalar>>>
struct gpt2 {
    using scalar       = Scalar;
    using layer_weight = linear<Scalar, Weight>;

    struct layer {
        layer_norm<Scalar>                 attention_norm;
        layer_weight                       qkv; ///< [3 · width, width]
        layer_weight                       o;
        layer_norm<Scalar>                 feed_norm;
        feed_forward<Scalar, layer_weight> feed;
    };

    gpt2_config                 config;
    std::optional<layer_weight> tokens; ///< the table of tokens, [vocabulary, width]; nothing where the head is it
    embedding_table<Scalar>     positions;
    std::vector<layer>          layers;
    layer_norm<Scalar>          last_norm;
    layer_weight                head; ///< [vocabulary, width]

    [[nodiscard]] kv_cache<Scalar> make_cache() const {
        return {config.layers, config.heads, config.width / config.heads};
    }

    /// Reads on, with all that `llama::forward` promises.
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
        const std::size_t rows = batch.positions().size(), width = config.width;
        const auto        room = [&](std::size_t dims) { return detail::take_matrix<Scalar>(c, rows, dims); };
        const auto        x = room(width), h = room(width), qkv = room(3 * width), y = room(width), f = room(width);
        const attention<Scalar> attend{config.heads, config.heads, width / config.heads, true,
                                       1 / std::sqrt(static_cast<Scalar>(width / config.heads))};
        batch.embed(tokens ? *tokens : head, x);
        positions.forward(batch.positions(), x, true);
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const layer& of = layers[l];
            if (auto ok = of.attention_norm.forward(x, h, nullptr, c); !ok) return ok;
            if (auto ok = of.qkv.forward(h, qkv, c); !ok) return ok;
            if (auto ok = batch.attend(attend, l, {qkv}, {qkv, width}, {qkv, 2 * width}, {y}, c); !ok) return ok;
            if (auto ok = of.o.forward(y, f, c); !ok) return ok;
            if (auto ok = of.feed_norm.forward_sum(x, f, h, nullptr, c); !ok) return ok;
            if (auto ok = of.feed.forward(h, f, {}, nullptr, c); !ok) return ok;
            for (std::size_t i = 0; i < rows; ++i)
                detail::row_functions<Scalar>().add(f.row(i).data(), x.row(i).data(), width);
        }
        const auto asked  = batch.asked(which, x, c);
        const auto normed = detail::take_matrix<Scalar>(c, asked.rows, width);
        if (auto ok = last_norm.forward(asked, normed, nullptr, c); !ok) return ok;
        return head.forward(normed, logits, c);
    }
};
static_assert(decoder_model<gpt2<float>> && decoder_model<gpt2<double>>);

} // namespace graft::inline GRAFT_ABI
