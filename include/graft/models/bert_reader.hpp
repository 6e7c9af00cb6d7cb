// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/bert.hpp>
#include <graft/models/read_layers.hpp>

#include <string>

namespace graft::inline GRAFT_ABI {

/// Which heads of a BERT are read; those that are not may be in the file all the same.
struct bert_heads {
    bool pooler     = false; ///< needed where `classifier` is
    bool classifier = false; ///< `config.labels` rows
};

/// A BERT out of the tensors of its file, with `bert` and a dot before their names or without, norms as weight and bias or as gamma and beta.
///
/// Takes    a configuration that is valid; `how` the weights of products are held, of floats
/// Costs    a copy of all that is read, packed for the register tile: the tensors may go afterwards.
/// Fails    `absent`, `unexpected`, `wrong_shape`, `not_finite` (row), `unsupported`, each naming file and tensor; `malformed` for sizes that cannot be;
///          stopped, timed_out
template <std::floating_point Scalar>
[[nodiscard]] result<bert<Scalar>> read_bert(const tensors& file, const bert_config& config, const bert_heads& heads,
                                             const read_weights& how, context& c) {
    const auto& k = config;
    if (k.dims == 0 || k.heads == 0 || k.dims % k.heads != 0 || k.inner == 0 || k.vocabulary == 0 || k.positions == 0 ||
        k.types == 0 || (heads.classifier && k.labels == 0))
        return file.refuse(fault::malformed, "config.json");
    const std::string            in = file.find("bert.embeddings.word_embeddings.weight") != nullptr ? "bert." : "";
    take_tensors                 take(file);
    detail::layer_reader<Scalar> read(take, how, c);
    bert<Scalar>                 m;
    m.config    = k;
    m.words     = read.table(in + "embeddings.word_embeddings.weight", k.vocabulary, k.dims);
    m.positions = read.table(in + "embeddings.position_embeddings.weight", k.positions, k.dims);
    m.types     = read.table(in + "embeddings.token_type_embeddings.weight", k.types, k.dims);
    m.norm      = read.norm(in + "embeddings.LayerNorm", k.dims, k.eps);
    m.layers.reserve(k.layers);
    for (std::size_t i = 0; i < k.layers && read.ready(); ++i) {
        const std::string  at = in + "encoder.layer." + std::to_string(i) + ".";
        bert_layer<Scalar> l;
        l.query          = read.linear(at + "attention.self.query", k.dims, k.dims);
        l.key            = read.linear(at + "attention.self.key", k.dims, k.dims);
        l.value          = read.linear(at + "attention.self.value", k.dims, k.dims);
        l.out            = read.linear(at + "attention.output.dense", k.dims, k.dims);
        l.attention_norm = read.norm(at + "attention.output.LayerNorm", k.dims, k.eps);
        l.inner.up       = read.linear(at + "intermediate.dense", k.inner, k.dims);
        l.inner.down     = read.linear(at + "output.dense", k.dims, k.inner);
        l.inner.f        = k.f;
        l.inner_norm     = read.norm(at + "output.LayerNorm", k.dims, k.eps);
        l.heads          = k.heads;
        m.layers.push_back(std::move(l));
    }
    if (heads.pooler || heads.classifier) m.pooler = read.linear(in + "pooler.dense", k.dims, k.dims);
    if (heads.classifier) m.classifier = read.linear("classifier", k.labels, k.dims);
    for (const char* unused : {"embeddings.position_ids", "pooler."})
        take.ignore(in + unused); // a buffer, and a head that may not be asked for
    take.ignore("cls.");          // the head of the first training
    if (auto all = read.finish(); !all) return all.error();
    return m;
}

} // namespace graft::inline GRAFT_ABI
