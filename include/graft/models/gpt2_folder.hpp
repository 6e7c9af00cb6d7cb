// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/models/read_gpt2.hpp>

#include <cstdint>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What a config.json of transformers says of a GPT-2.
///
/// Fails    `unsupported` for another family, another activation, scales of attention that no GPT-2 has, cross-attention; `bad_format`, `absent`,
///          `bad_argument`: the subject names the key.
[[nodiscard]] inline result<gpt2_config> read_gpt2_config(json_value config) {
    const auto kind = config.at("model_type").text();
    if (!kind) return kind.error();
    if (*kind != "gpt2") return config.at("model_type").refuse(fault::unsupported);
    const auto act = config.at("activation_function").text_or("gelu_new");
    if (!act) return act.error();
    gpt2_config out;
    if (*act == "gelu_new" || *act == "gelu_pytorch_tanh") out.f = activation::gelu_tanh;
    else if (*act == "gelu") out.f = activation::gelu;
    else if (*act == "relu") out.f = activation::relu;
    else return config.at("activation_function").refuse(fault::unsupported);
    for (const auto& [key, usual] : {std::pair{"scale_attn_weights", true},
                                     {"scale_attn_by_inverse_layer_idx", false},
                                     {"add_cross_attention", false}}) {
        const auto is = config.at(key).boolean_or(usual);
        if (!is) return is.error();
        if (*is != usual) return config.at(key).refuse(fault::unsupported);
    }
    const std::pair<const char*, std::size_t*> sizes[] = {{"vocab_size", &out.vocabulary},
                                                          {"n_embd", &out.width},
                                                          {"n_layer", &out.layers},
                                                          {"n_head", &out.heads},
                                                          {"n_positions", &out.positions}};
    for (const auto& [key, to] : sizes) {
        const auto n = config.at(key).number<std::uint32_t>();
        if (!n) return n.error();
        *to = *n;
    }
    const auto inner = config.at("n_inner").number_or<std::size_t>(4 * out.width);
    if (!inner) return inner.error();
    const auto eps = config.at("layer_norm_epsilon").number_or(1e-5);
    if (!eps) return eps.error();
    const auto tied = config.at("tie_word_embeddings").boolean_or(true);
    if (!tied) return tied.error();
    out.inner = *inner, out.norm_eps = *eps, out.tied = *tied;
    if (!out.valid()) return config.refuse(fault::bad_argument);
    return out;
}

} // namespace graft::inline GRAFT_ABI
