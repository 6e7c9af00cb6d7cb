// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/gguf_vocabulary.hpp>
#include <graft/weights/gguf_metadata.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The tokenizer that the head of a GGUF file describes (keys that begin with `tokenizer.ggml`).
///
/// Fails    `absent`, `bad_format`: the subject names file and key; as `read_gguf_vocabulary`
[[nodiscard]] inline result<tokenizer> read_gguf_tokenizer(const gguf_metadata& head) {
    const std::string    at = "tokenizer.ggml.";
    gguf_vocabulary      v;
    std::optional<error> failed;
    const auto           take = [&](const char* key, bool needed, const auto& read, auto& to) {
        if (failed || (!needed && head.find(at + key) == nullptr)) return;
        auto got = read(at + key);
        if (got) to = std::move(*got);
        else failed = got.error();
    };
    const auto text  = [&](const std::string& key) { return head.text(key); };
    const auto texts = [&](const std::string& key) { return head.texts(key); };
    const auto truth = [&](const std::string& key) { return head.boolean(key); };
    const auto id    = [&](const std::string& key) { return head.number<std::uint32_t>(key); };

    std::vector<float>         scores;
    std::vector<std::int32_t>  types;
    std::span<const std::byte> map;
    take("model", true, text, v.model);
    take("pre", false, text, v.pre);
    take("tokens", true, texts, v.tokens);
    take("merges", false, texts, v.merges);
    take("scores", false, [&](const std::string& key) { return head.numbers<float>(key); }, scores);
    take("token_type", false, [&](const std::string& key) { return head.numbers<std::int32_t>(key); }, types);
    take("precompiled_charsmap", false, [&](const std::string& key) { return head.bytes(key); }, map);
    take("bos_token_id", false, id, v.bos);
    take("eos_token_id", false, id, v.eos);
    take("unknown_token_id", false, id, v.unknown);
    take("padding_token_id", false, id, v.pad);
    take("seperator_token_id", false, id, v.separator); // so it is spelled
    take("cls_token_id", false, id, v.cls);
    take("mask_token_id", false, id, v.mask);
    take("add_bos_token", false, truth, v.add_bos);
    take("add_eos_token", false, truth, v.add_eos);
    take("add_space_prefix", false, truth, v.add_space_prefix);
    take("remove_extra_whitespaces", false, truth, v.remove_extra_whitespaces);
    if (failed) return *failed;
    v.scores = scores, v.types = types;
    v.charsmap = {reinterpret_cast<const char*>(map.data()), map.size()};
    return read_gguf_vocabulary(v);
}

} // namespace graft::inline GRAFT_ABI
