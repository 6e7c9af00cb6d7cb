// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/read_llama.hpp>
#include <graft/weights/gguf.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What a GGUF file says of a decoder of the Llama family: `llama` (rows of q and k in pairs) and `qwen2`.
///
/// Fails    `unsupported` for another architecture or a scaled rotary; `absent`, `bad_format`, `bad_argument`: the subject names file and key.
[[nodiscard]] inline result<llama_config> read_llama_config(const gguf_file& file) {
    const auto kind = file.head.text("general.architecture");
    if (!kind) return kind.error();
    if (*kind != "llama" && *kind != "qwen2") return file.head.refuse_key(fault::unsupported, "general.architecture");
    const std::string    at = std::string(*kind) + ".";
    llama_config         out;
    std::optional<error> failed;
    const auto           read = [&](auto& to, const char* key, auto otherwise, bool needed) {
        using T      = std::remove_reference_t<decltype(to)>;
        const auto n = needed ? file.head.template number<T>(at + key)
                                        : file.head.template number_or<T>(at + key, static_cast<T>(otherwise));
        if (n) to = *n;
        else if (!failed) failed = n.error();
    };
    read(out.width, "embedding_length", 0, true);
    read(out.layers, "block_count", 0, true);
    read(out.heads, "attention.head_count", 0, true);
    read(out.kv_heads, "attention.head_count_kv", out.heads, false);
    read(out.dims, "attention.key_length", out.heads > 0 ? out.width / out.heads : 0, false);
    read(out.inner, "feed_forward_length", 0, true);
    read(out.positions, "context_length", 0, true);
    read(out.norm_eps, "attention.layer_norm_rms_epsilon", 0, true);
    read(out.rotary_base, "rope.freq_base", 10'000, false);
    double factor = 1;
    read(factor, "rope.scaling.factor", 1, false);
    if (failed) return *failed;
    const auto scaled = file.head.text_or(at + "rope.scaling.type", "none");
    if (!scaled) return scaled.error();
    if ((*scaled != "none" && factor != 1) || file.weights.find("rope_freqs.weight") != nullptr)
        return file.head.refuse_key(fault::unsupported, at + "rope.scaling.type");
    const tensor* tokens = file.weights.find("token_embd.weight");
    if (tokens == nullptr) return file.weights.refuse(fault::absent, "token_embd.weight");
    out.vocabulary = tokens->rows();
    out.tied       = file.weights.find("output.weight") == nullptr;
    out.layout     = *kind == "llama" ? rotary_layout::pairs : rotary_layout::halves;
    if (!out.valid()) return file.head.refuse_key(fault::bad_argument, at + "embedding_length");
    return out;
}

/// Makes a decoder of a GGUF file, whose blocks stay blocks where `how` says so.
///
/// Fails    as `read_llama_config`, and as `read_llama` with tensors.
[[nodiscard]] inline result<llama<float>> read_llama(const gguf_file& file, const read_weights& how, context& c) {
    const auto config = read_llama_config(file);
    if (!config) return config.error();
    return read_llama(file.weights, *config, llama_names_of_gguf, how, c);
}

} // namespace graft::inline GRAFT_ABI
