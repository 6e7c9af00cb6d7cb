// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/models/read_llama.hpp>

#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What a config.json of transformers says of a decoder of the Llama family: keys of version 5, and those before.
///
/// Fails    `unsupported` for another family, another activation, another kind of rotary scaling, a window; `bad_format`, `absent`,
///          `bad_argument`: the subject names the key.
[[nodiscard]] inline result<llama_config> read_llama_config(json_value config) {
    const auto kind = config.at("model_type").text();
    if (!kind) return kind.error();
    if (*kind != "llama" && *kind != "qwen2" && *kind != "mistral")
        return config.at("model_type").refuse(fault::unsupported);
    if (const auto act = config.at("hidden_act").text_or("silu"); !act) return act.error();
    else if (*act != "silu" && *act != "swish") return config.at("hidden_act").refuse(fault::unsupported);
    if (config.at("sliding_window").given()) { // Qwen2's files give one and say that it is not used
        const auto used = config.at("use_sliding_window").boolean_or(*kind == "mistral");
        if (!used) return used.error();
        if (*used) return config.at("sliding_window").refuse(fault::unsupported);
    }
    llama_config         out;
    std::optional<error> failed;
    const auto           read = [&](auto& to, json_value at, auto otherwise, bool needed) {
        using T      = std::remove_reference_t<decltype(to)>;
        const auto n = needed ? at.number<T>() : at.number_or<T>(static_cast<T>(otherwise));
        if (n) to = *n;
        else if (!failed) failed = n.error();
    };
    read(out.vocabulary, config.at("vocab_size"), 0, true);
    read(out.width, config.at("hidden_size"), 0, true);
    read(out.layers, config.at("num_hidden_layers"), 0, true);
    read(out.heads, config.at("num_attention_heads"), 0, true);
    read(out.kv_heads, config.at("num_key_value_heads"), out.heads, false);
    read(out.inner, config.at("intermediate_size"), 0, true);
    read(out.positions, config.at("max_position_embeddings"), 0, true);
    read(out.norm_eps, config.at("rms_norm_eps"), 1e-6, false);
    read(out.dims, config.at("head_dim"), out.heads > 0 ? out.width / out.heads : 0, false);
    const auto tied = config.at("tie_word_embeddings").boolean_or(false);
    if (!tied) return tied.error();
    out.tied = *tied;

    const json_value five = config.at("rope_parameters"), four = config.at("rope_scaling"),
                     scaled = five.given() ? five : four;
    read(out.rotary_base, five.given() ? five.at("rope_theta") : config.at("rope_theta"), 10'000, false);
    if (scaled.given()) {
        const json_value name = scaled.at("rope_type").given() ? scaled.at("rope_type") : scaled.at("type");
        const auto       type = name.text_or("default");
        if (!type) return type.error();
        if (*type == "llama3") {
            read(out.scaling.factor, scaled.at("factor"), 0, true);
            read(out.scaling.low_frequencies, scaled.at("low_freq_factor"), 0, true);
            read(out.scaling.high_frequencies, scaled.at("high_freq_factor"), 0, true);
            read(out.scaling.trained, scaled.at("original_max_position_embeddings"), 0, true);
        } else if (*type != "default") return name.refuse(fault::unsupported);
    }
    if (failed) return *failed;
    if (!out.valid()) return config.refuse(fault::bad_argument);
    return out;
}

} // namespace graft::inline GRAFT_ABI
