// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/bert_reader.hpp>
#include <graft/models/model_folder.hpp>
#include <graft/weights/safetensors.hpp>
#include <graft/weights/tensor_hash.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What a folder of transformers with a BERT in it holds.
struct bert_folder {
    tokenizer     words;
    bert<float>   model;
    std::size_t   max_tokens = 0; ///< of a text, as its files say
    std::uint64_t weights    = 0; ///< a hash of the numbers, and of how they are held where they are rounded
};

/// A BERT and its tokenizer from a folder of transformers. A classifier without `id2label` has two labels, as transformers takes it.
///
/// Fails    as `read_bert_config`, `load_folder_tokenizer`, `load_safetensors`, `read_bert`, `load_max_tokens`
template <readable_files F>
[[nodiscard]] result<bert_folder> load_bert_folder(const F& fs, const std::string& folder, const bert_heads& heads,
                                                   const open_weights& how, const read_weights& held, context& c) {
    const auto file = load_json(fs, path_of(folder, "config.json"));
    if (!file) return file.error();
    auto config = read_bert_config(*file);
    if (!config) return config.error();
    if (heads.classifier && config->labels == 0) config->labels = 2;
    auto words = load_folder_tokenizer(fs, folder);
    if (!words) return words.error();
    const auto numbers = load_safetensors(fs, folder, how);
    if (!numbers) return numbers.error();
    auto model = read_bert<float>(*numbers, *config, heads, held, c);
    if (!model) return model.error();
    const auto most = load_max_tokens(fs, folder, config->positions);
    if (!most) return most.error();
    std::uint64_t hash = detail::hash_of(*numbers);
    if (held.as != weights_as::filed && held.as != weights_as::floats)
        hash = mix64(hash, static_cast<std::uint64_t>(held.as));
    return bert_folder{std::move(*words), std::move(*model), *most, hash};
}

} // namespace graft::inline GRAFT_ABI
