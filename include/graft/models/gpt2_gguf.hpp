// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/read_gpt2.hpp>
#include <graft/weights/gguf.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What a GGUF file says of a GPT-2.
///
/// Fails    `unsupported` for another architecture; `absent`, `bad_format`, `bad_argument`: the subject names file and key.
[[nodiscard]] inline result<gpt2_config> read_gpt2_config(const gguf_file& file) {
    const auto kind = file.head.text("general.architecture");
    if (!kind) return kind.error();
    if (*kind != "gpt2") return file.head.refuse_key(fault::unsupported, "general.architecture");
    gpt2_config                                out;
    const std::pair<const char*, std::size_t*> sizes[] = {{"gpt2.embedding_length", &out.width},
                                                          {"gpt2.block_count", &out.layers},
                                                          {"gpt2.attention.head_count", &out.heads},
                                                          {"gpt2.feed_forward_length", &out.inner},
                                                          {"gpt2.context_length", &out.positions}};
    for (const auto& [key, to] : sizes) {
        const auto n = file.head.template number<std::size_t>(key);
        if (!n) return n.error();
        *to = *n;
    }
    const auto eps = file.head.template number<double>("gpt2.attention.layer_norm_epsilon");
    if (!eps) return eps.error();
    out.norm_eps         = *eps;
    const tensor* tokens = file.weights.find("token_embd.weight");
    if (tokens == nullptr) return file.weights.refuse(fault::absent, "token_embd.weight");
    out.vocabulary = tokens->rows();
    out.tied       = file.weights.find("output.weight") == nullptr;
    if (!out.valid()) return file.head.refuse_key(fault::bad_argument, "gpt2.embedding_length");
    return out;
}

/// Makes a GPT-2 of a GGUF file, whose blocks stay blocks where `how` says so.
///
/// Fails    as `read_gpt2_config`, and as `read_gpt2` with tensors.
[[nodiscard]] inline result<gpt2<float>> read_gpt2(const gguf_file& file, const read_weights& how, context& c) {
    const auto config = read_gpt2_config(file);
    if (!config) return config.error();
    return read_gpt2(file.weights, *config, gpt2_names_of_gguf, how, c);
}

} // namespace graft::inline GRAFT_ABI
