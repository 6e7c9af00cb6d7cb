// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/read_llama.hpp>
#include <graft/tokenize/gguf_vocabulary.hpp>
#include <graft/weights/llama2c.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The sizes of a checkpoint of llama2.c; what it does not say is as run.c has it.
[[nodiscard]] inline llama_config llama_config_of(const llama2c_checkpoint& file) noexcept {
    llama_config c;
    c.vocabulary = file.vocabulary, c.width = file.width, c.layers = file.layers, c.heads = file.heads,
    c.kv_heads = file.kv_heads, c.dims = file.width / file.heads, c.inner = file.inner, c.positions = file.positions;
    c.rotary_base = 10'000, c.layout = rotary_layout::pairs, c.norm_eps = 1e-5;
    c.tied = file.weights.find("output.weight") == nullptr;
    return c;
}

/// Makes a decoder of a checkpoint of llama2.c.
///
/// Fails    as `read_llama` with tensors.
[[nodiscard]] inline result<llama<float>> read_llama(const llama2c_checkpoint& file, const read_weights& how,
                                                     context& c) {
    return read_llama(file.weights, llama_config_of(file), llama_names_of_gguf, how, c);
}

/// The tokenizer that llama2.c makes of its vocabulary: SentencePiece's byte pairs, the beginning of a text in front.
///
/// Takes    `size`, the vocabulary of the checkpoint beside it
/// Fails    `wrong_shape` where the file has another number of tokens; `malformed` for one that has no bytes in their place
[[nodiscard]] inline result<tokenizer> read_llama2c_tokenizer(const llama2c_vocabulary& v, std::size_t size) {
    constexpr std::size_t first = 3, bytes = 256; // behind the unknown token, the beginning and the end
    if (v.tokens.size() != size || size < first + bytes)
        return error{fault::wrong_shape, unit::none, v.tokens.size(), "tokens of the vocabulary"};
    std::vector<std::string> texts(size);
    for (std::size_t i = 0; i < size; ++i)
        for (const char c : v.tokens[i])
            if (c == ' ' && i >= first) texts[i] += "\u2581";
            else texts[i] += c;
    std::vector<std::int32_t> types(size, 1);
    types[0] = 2, types[1] = types[2] = 3;
    for (std::size_t i = 0; i < bytes; ++i) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        const char                 name[] = {'<', '0', 'x', digits[i / 16], digits[i % 16], '>'};
        if (texts[first + i] != std::string_view(name, sizeof name))
            return error{fault::malformed, unit::id, first + i, "a token for each byte"};
        types[first + i] = 6;
    }
    const std::vector<std::string_view> tokens(texts.begin(), texts.end());
    gguf_vocabulary                     as;
    as.model = "llama", as.tokens = tokens, as.scores = v.scores, as.types = types;
    as.unknown = 0, as.bos = 1, as.eos = 2, as.add_bos = true, as.add_space_prefix = true;
    return read_gguf_vocabulary(as);
}

} // namespace graft::inline GRAFT_ABI
