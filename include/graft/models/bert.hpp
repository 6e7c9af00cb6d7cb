// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/bert_layer.hpp>
#include <graft/models/packed_tokens.hpp>
#include <graft/nn/embedding.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The sizes of a BERT, as config.json names them.
struct bert_config {
    std::size_t vocabulary = 0;                ///< `vocab_size`
    std::size_t dims       = 0;                ///< `hidden_size`
    std::size_t layers     = 0;                ///< `num_hidden_layers`
    std::size_t heads      = 0;                ///< `num_attention_heads`
    std::size_t inner      = 0;                ///< `intermediate_size`
    std::size_t positions  = 0;                ///< `max_position_embeddings`
    std::size_t types      = 2;                ///< `type_vocab_size`
    double      eps        = 1e-12;            ///< `layer_norm_eps`
    activation  f          = activation::gelu; ///< `hidden_act`
    std::size_t labels     = 0;                ///< of a classifier; 0: none
};

/// BERT, the encoder: each token of a sequence becomes a row that has seen all others.
///
///     context c;
///     matrix<float> rows(tokens.ids.size(), model.config.dims);
///     model.forward(tokens, rows.view(), {}, nullptr, c).value();
///
/// Plain data; move-only, since it owns much. A row depends on its own sequence alone, to the bit.
///
/// Costs    of 6 layers of 384 numbers: 21 million operations a token, and 9,216 a token and token of its sequence.
/// Source   Devlin et al. 2018, arXiv 1810.04805; norms behind the residuals, positions that were learned.
template <std::floating_point Scalar>
struct bert {
    bert_config                          config;
    embedding_table<Scalar>              words, positions, types;
    layer_norm<Scalar>                   norm;
    std::vector<bert_layer<Scalar>>      layers;
    std::optional<frozen_linear<Scalar>> pooler     = {}; ///< of the first row, under a tanh
    std::optional<frozen_linear<Scalar>> classifier = {}; ///< of what the pooler gives

    using layer = bert_layer<Scalar>;
    /// Updates beside the layers, the lowest first; fewer than there are layers: none beside the others.
    using updates = std::span<const typename layer::updates>;
    using grads   = std::span<const typename layer::grads>;

    /// What the backward pass needs: the rows before the first norm, and before each layer.
    struct saved {
        matrix_view<Scalar>                sum  = {};
        norm_saved<Scalar>                 norm = {};
        std::vector<typename layer::saved> layers;
    };
    /// Gradients of what stands below the layers; null: not wanted.
    struct embedding_grads {
        matrix_view<Scalar>                words = {}, positions = {}, types = {};
        typename layer_norm<Scalar>::grads norm;
    };

    /// Takes    tokens below `vocabulary`, in sequences of at most `positions`; y [tokens, dims]; `keep`, or null for inference
    /// Fails    `unknown_id` (row) for an id or type beyond the tables, `too_large` (row: the sequence) for one that is too long; stopped,
    ///          timed_out
    [[nodiscard]] result<void> forward(const packed_tokens& in, matrix_view<Scalar> y, updates beside, saved* keep,
                                       context& c) const;
    /// Adds the gradients of the updates, and of what stands below the layers where that is wanted.
    ///
    /// Takes    what `forward` took and saved, dy [tokens, dims], which is overwritten
    /// Costs    without `below` it ends at the lowest layer that has an update.
    [[nodiscard]] result<void> backward(const packed_tokens& in, const saved& s, matrix_view<Scalar> dy, updates beside,
                                        grads g, embedding_grads* below, context& c) const {
        const arena::scope mine(c);
        std::size_t        lowest = below != nullptr ? 0 : layers.size();
        for (std::size_t i = std::min(beside.size(), layers.size()); i-- > 0 && below == nullptr;)
            if (beside[i].any()) lowest = i;
        auto dx = detail::take_matrix<Scalar>(c, dy.rows, dy.dims);
        for (std::size_t i = layers.size(); i-- > lowest;) {
            std::fill_n(dx.data, dx.rows * dx.dims, Scalar{0});
            const auto of = i < beside.size() ? beside[i] : typename layer::updates{};
            const auto to = i < g.size() ? g[i] : typename layer::grads{};
            if (auto ok = layers[i].backward(s.layers[i], dy, dx, in.ends, of, to, c); !ok) return ok;
            std::swap(dx, dy);
        }
        if (below == nullptr) return done;
        std::fill_n(dx.data, dx.rows * dx.dims, Scalar{0});
        if (auto ok = norm.backward(s.sum, s.norm, dy, dx, &below->norm, c); !ok) return ok;
        const auto& by = detail::row_functions<Scalar>();
        words.backward(in.ids, dx, below->words);
        for (std::size_t n = 0, begin = 0; n < in.ends.size(); begin = in.ends[n++])
            for (std::size_t i = begin; i < in.ends[n]; ++i) {
                by.add(dx.row(i).data(), below->positions.row(i - begin).data(), config.dims);
                by.add(dx.row(i).data(), below->types.row(in.types.empty() ? 0 : in.types[i]).data(), config.dims);
            }
        return done;
    }

    /// y row s = tanh(pooler(first row of sequence s)). Takes the rows that `forward` gave, y [sequences, dims].
    [[nodiscard]] result<void> pooled(matrix_view<const Scalar> rows, std::span<const std::size_t> ends,
                                      matrix_view<Scalar> y, context& c) const {
        GRAFT_ASSERT(pooler.has_value(), "a model with a pooler");
        const arena::scope mine(c);
        const auto         first = detail::take_matrix<Scalar>(c, ends.size(), config.dims);
        pool_tokens<Scalar>(pooling::cls, rows, ends, first);
        if (auto ok = pooler->forward(first, y, c); !ok) return ok;
        return activate<Scalar>(activation::tanh, y, y, c);
    }

private:
    [[nodiscard]] result<void> check(const packed_tokens& in) const {
        for (std::size_t i = 0; i < in.ids.size(); ++i)
            if (in.ids[i] >= words.size()) return error{fault::unknown_id, unit::row, i, "token"};
        for (std::size_t i = 0; i < in.types.size(); ++i)
            if (in.types[i] >= types.size()) return error{fault::unknown_id, unit::row, i, "token type"};
        for (std::size_t s = 0, begin = 0; s < in.ends.size(); begin = in.ends[s++])
            if (in.ends[s] - begin > positions.size()) return error{fault::too_large, unit::row, s, "tokens"};
        return done;
    }
    /// Word and type, then position: the order of the reference.
    void embed(const packed_tokens& in, matrix_view<Scalar> y) const {
        const auto& by = detail::row_functions<Scalar>();
        words.forward(in.ids, y);
        for (std::size_t s = 0, begin = 0; s < in.ends.size(); begin = in.ends[s++])
            for (std::size_t i = begin; i < in.ends[s]; ++i) {
                by.add(types.rows.row(in.types.empty() ? 0 : in.types[i]).data(), y.row(i).data(), y.dims);
                by.add(positions.rows.row(i - begin).data(), y.row(i).data(), y.dims);
            }
    }
};

template <std::floating_point Scalar>
result<void> bert<Scalar>::forward(const packed_tokens& in, matrix_view<Scalar> y, updates beside, saved* keep,
                                   context& c) const {
    if (auto ok = check(in); !ok) return ok;
    GRAFT_ASSERT(y.rows == in.ids.size() && y.dims == config.dims, "a row for each token");
    std::optional<arena::scope> mine;
    if (keep == nullptr) mine.emplace(c);
    if (keep != nullptr) keep->layers.assign(layers.size(), {}); // the last one of old goes before memory is taken
    const auto sum = keep != nullptr ? detail::take_matrix<Scalar>(c, y.rows, y.dims) : y;
    embed(in, sum);
    auto x = keep != nullptr ? detail::take_matrix<Scalar>(c, y.rows, y.dims) : y;
    if (auto ok = norm.forward(sum, x, keep != nullptr ? &keep->norm : nullptr, c); !ok) return ok;
    if (keep != nullptr) keep->sum = sum;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const bool last = i + 1 == layers.size();
        const auto to   = keep != nullptr && !last ? detail::take_matrix<Scalar>(c, y.rows, y.dims) : y;
        const auto of   = i < beside.size() ? beside[i] : typename layer::updates{};
        if (auto ok = layers[i].forward(x, to, in.ends, of, keep != nullptr ? &keep->layers[i] : nullptr, c); !ok)
            return ok;
        x = to;
    }
    if (layers.empty() && keep != nullptr) std::copy_n(x.data, x.rows * x.dims, y.data);
    return done;
}

#if GRAFT_KERNELS_COMPILED
extern template result<void> bert<float>::forward(const packed_tokens&, matrix_view<float>, updates, saved*,
                                                  context&) const;
#endif

} // namespace graft::inline GRAFT_ABI
