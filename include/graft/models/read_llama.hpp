// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/llama.hpp>
#include <graft/models/read_weights.hpp>
#include <graft/weights/take_tensors.hpp>

#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What the tensors of a decoder are called.
struct llama_names {
    std::string_view prefix;                                ///< of all names
    std::string_view tokens, last_norm, head;               ///< head: where it is not the table of tokens
    std::string_view layer;                                 ///< before the number of a layer
    std::string_view attention_norm, q, k, v, o, feed_norm; ///< behind it, without `.weight`
    std::string_view gate, up, down;
    std::string_view ignored = {}; ///< begins the names of what a file may hold besides
};
/// Those of transformers' folders.
inline constexpr llama_names llama_names_of_transformers{"",
                                                         "model.embed_tokens",
                                                         "model.norm",
                                                         "lm_head",
                                                         "model.layers.",
                                                         "input_layernorm",
                                                         "self_attn.q_proj",
                                                         "self_attn.k_proj",
                                                         "self_attn.v_proj",
                                                         "self_attn.o_proj",
                                                         "post_attention_layernorm",
                                                         "mlp.gate_proj",
                                                         "mlp.up_proj",
                                                         "mlp.down_proj",
                                                         "rotary_emb."};
/// Those of GGUF files.
inline constexpr llama_names llama_names_of_gguf{"",          "token_embd", "output_norm", "output",   "blk.",
                                                 "attn_norm", "attn_q",     "attn_k",      "attn_v",   "attn_output",
                                                 "ffn_norm",  "ffn_gate",   "ffn_up",      "ffn_down", "rope_freqs"};

/// Makes a decoder of the tensors of a file.
///
/// Takes    a configuration that is valid; the names; `how` the weights are held
/// Fails    `bad_argument` for a configuration that cannot be; as `take_tensors` does, naming file and tensor; stopped, timed_out
[[nodiscard]] inline result<llama<float>> read_llama(const tensors& from, const llama_config& config,
                                                     const llama_names& names, const read_weights& how, context& c) {
    if (!config.valid()) return from.refuse(fault::bad_argument, "configuration");
    take_tensors         take(from, std::string(names.prefix));
    std::optional<error> failed;
    const auto           weight = [&](const std::string& name, std::size_t out, std::size_t in,
                            const read_weights& held) -> any_weights {
        const auto   coded = take.nf4(name + ".weight", {out, in});
        const tensor t     = coded ? tensor{} : take(name + ".weight", {out, in});
        if (!take.ok() || failed) return {};
        auto made = coded ? detail::read_weight(*coded, held, c) : detail::read_weight(t, held, c);
        if (made) return std::move(*made);
        failed = from.refuse(made.error().what, name + ".weight", made.error().of, made.error().where);
        return {};
    };
    const auto norm = [&](const std::string& name) {
        return rms_norm<float>{detail::read_row(take(name + ".weight", {config.width})),
                               static_cast<float>(config.norm_eps)};
    };
    const auto layer = [&](const std::string& name, std::size_t out, std::size_t in) {
        return llama<float>::layer_weight{weight(name, out, in, how),
                                          detail::read_row(take.optional(name + ".bias", {out}))};
    };

    llama<float>      m{.config = config, .tokens = {}, .layers = {}, .last_norm = {}, .head = {}, .turn = {}};
    const std::size_t all = config.heads * config.dims, kv = config.kv_heads * config.dims;
    const std::string tokens(names.tokens), head(names.head);
    const auto        table = detail::as_table(how);
    const bool        tied  = !take.has(head + ".weight");
    if (tied && !config.tied && names.tokens == llama_names_of_transformers.tokens)
        return from.refuse(fault::absent, head + ".weight");
    if (config.tied || tied) {
        m.head = {weight(tokens, config.vocabulary, config.width, table), {}};
        if (!tied) take.ignore(head); // a copy
    } else {
        m.tokens.emplace(llama<float>::layer_weight{weight(tokens, config.vocabulary, config.width, table), {}});
        m.head = {weight(head, config.vocabulary, config.width, table), {}};
    }
    m.last_norm = norm(std::string(names.last_norm));
    for (std::size_t l = 0; l < config.layers && take.ok() && !failed; ++l) {
        const std::string at = std::string(names.layer) + std::to_string(l) + ".";
        const auto        in = [&](std::string_view name) { return at + std::string(name); };
        if (!names.ignored.empty()) take.ignore(in("self_attn.rotary_emb"));
        m.layers.push_back({.attention_norm = norm(in(names.attention_norm)),
                            .q              = layer(in(names.q), all, config.width),
                            .k              = layer(in(names.k), kv, config.width),
                            .v              = layer(in(names.v), kv, config.width),
                            .o              = layer(in(names.o), config.width, all),
                            .feed_norm      = norm(in(names.feed_norm)),
                            .feed           = {layer(in(names.gate), config.inner, config.width),
                                               layer(in(names.up), config.inner, config.width),
                                               layer(in(names.down), config.width, config.inner)}});
    }
    if (!names.ignored.empty()) take.ignore(names.ignored);
    if (failed) return *failed;
    if (auto ok = take.finish(); !ok) return ok.error();
    m.turn = rotary<float>(config.dims, config.positions, config.rotary_base, config.layout, config.scaling);
    return m;
}

} // namespace graft::inline GRAFT_ABI
