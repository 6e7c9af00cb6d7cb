// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/models/merge_loras.hpp>
#include <graft/models/unfrozen_llama.hpp>
#include <graft/store/io.hpp>
#include <graft/weights/safetensors.hpp>
#include <graft/weights/safetensors_writer.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

// A model's folder with a merged adapter in it. Part of graft::json.

namespace detail {

/// What a config.json calls its numbers, replaced: readers of transformers round all weights to what it says.
[[nodiscard]] inline std::string with_dtype(std::string config, weight_format as) {
    const std::string_view is = as == weight_format::f32   ? "float32"
                                : as == weight_format::f16 ? "float16"
                                                           : "bfloat16";
    for (const std::string_view key : {"\"dtype\"", "\"torch_dtype\""})
        for (std::size_t at = 0; (at = config.find(key, at)) != std::string::npos;) {
            at += key.size();
            const std::size_t open = config.find_first_not_of(" \t\r\n:", at);
            if (open == std::string::npos || config[open] != '"') continue;
            const std::size_t      end = config.find('"', open + 1);
            const std::string_view was = std::string_view(config).substr(open + 1, end - open - 1);
            if (was == "float32" || was == "float16" || was == "bfloat16" || was == "float64")
                config.replace(open + 1, end - open - 1, is);
        }
    return config;
}

/// Whether two folders are one, by the config.json of both.
template <file_system F>
[[nodiscard]] bool holds_same_model(const F& fs, const std::string& a, const std::string& b) {
    const auto here = fs.look(path_of(a, "config.json")), there = fs.look(path_of(b, "config.json"));
    return here && there && here->stamp == there->stamp && here->mtime == there->mtime;
}

/// Copies what stands beside the weights and says how a model reads and writes text; what is not there is left out.
template <file_system F>
[[nodiscard]] result<void> copy_text_files(const F& fs, const std::string& from, const std::string& to) {
    for (const char* name :
         {"generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
          "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "chat_template.jinja"}) {
        const auto file = read_file(fs, path_of(from, name));
        if (!file && file.error().what == fault::not_found) continue;
        if (!file) return file.error();
        const std::span<const std::byte> pieces[] = {file->all()};
        if (auto ok = replace_file(fs, path_of(to, name), pieces); !ok) return ok;
    }
    return done;
}

/// Writes a model's folder: the tensors, and what stands beside those of the base; config.json last.
template <file_system F>
[[nodiscard]] result<void> save_beside(const F& fs, const std::string& base, const std::string& folder,
                                       std::span<const tensor> all, std::optional<weight_format> as) {
    if (auto ok = copy_text_files(fs, base, folder); !ok) return ok;
    const std::pair<std::string, std::string> metadata[] = {{"format", "pt"}}; // what transformers asks for
    if (auto ok = save_safetensors(fs, path_of(folder, "model.safetensors"), all, metadata); !ok) return ok;
    const auto file = read_file(fs, path_of(base, "config.json"));
    if (!file) return file.error();
    std::string text(reinterpret_cast<const char*>(file->all().data()), file->size());
    if (as) text = with_dtype(std::move(text), *as);
    const std::span<const std::byte> pieces[] = {std::as_bytes(std::span(text))};
    return replace_file(fs, path_of(folder, "config.json"), pieces);
}

} // namespace detail

/// Writes a folder of transformers with updates merged into its weights, which graft and transformers read as any other: model.safetensors, and the
/// files beside it that say what the model is and how it reads text.
///
/// Takes    `base`, the folder of the model; `folder`, another one, which must exist; what of `how` says how a file lies is read from its config.json
/// Gives    what became of each update. Of BF16 and F16 weights little is left of a small update: F32 keeps it, or an adapter that stays apart.
/// Costs    each file is replaced as a whole, the numbers last but for config.json: a folder without it is no model.
/// Fails    `bad_argument` where both folders are one, so that the base is kept; as `load_safetensors`, `merge_loras`, `save_safetensors`,
///          `load_json`, `replace_file`
template <file_system F>
[[nodiscard]] result<std::vector<merged_place>>
save_merged_folder(const F& fs, const std::string& base, const lora_set<float>& set, const std::string& folder,
                   merge_loras_params how, context& c) {
    const auto json = load_json(fs, path_of(base, "config.json"));
    if (!json) return json.error();
    const auto kind = json->at("model_type").text_or("");
    if (!kind) return kind.error();
    how.turned = *kind == "gpt2";
    if (detail::holds_same_model(fs, base, folder)) return error{fault::bad_argument, unit::none, 0, folder};
    const auto weights = load_safetensors(fs, base);
    if (!weights) return weights.error();
    auto merged = merge_loras(*weights, set, how, c);
    if (!merged) return merged.error();
    if (auto ok = detail::save_beside(fs, base, folder, std::span<const tensor>(merged->list), how.as); !ok)
        return ok.error();
    return std::move(merged->places);
}

/// Writes a folder of transformers as the base's with the numbers of another model of its shape: what full tuning gives (`fit_weights`).
///
/// Takes    `base`, the folder of the model; `folder`, another one, which must exist; `as`: F32, which keeps every bit, F16 or BF16
/// Costs    as `save_merged_folder`
/// Fails    `bad_argument` where both folders are one, so that the base is kept; `unsupported` for a model that was read of a GGUF file
///          (`save_unfrozen_gguf`); as `load_safetensors`, `with_weights`, `save_safetensors`, `replace_file`
template <file_system F>
[[nodiscard]] result<void> save_unfrozen_folder(const F& fs, const std::string& base, const unfrozen_llama<float>& m,
                                                const std::string& folder, weight_format as, context& c) {
    if (detail::holds_same_model(fs, base, folder)) return error{fault::bad_argument, unit::none, 0, folder};
    if (m.config.layout != rotary_layout::halves)
        return error{fault::unsupported, unit::none, 0, base + ": the order of rows of GGUF"};
    const auto file = load_safetensors(fs, base);
    if (!file) return file.error();
    const auto made = with_weights(*file, m, llama_names_of_transformers, {.as = as}, c);
    if (!made) return made.error();
    return detail::save_beside(fs, base, folder, std::span<const tensor>(made->list), as);
}

} // namespace graft::inline GRAFT_ABI
