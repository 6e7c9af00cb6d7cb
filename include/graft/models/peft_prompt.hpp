// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/prefix.hpp>
#include <graft/adapt/soft_prompt.hpp>
#include <graft/base/finite.hpp>
#include <graft/models/llama.hpp>
#include <graft/models/llama_prompt.hpp>
#include <graft/models/peft_folder.hpp>
#include <graft/simd/norm.hpp>
#include <graft/store/io.hpp>
#include <graft/weights/take_tensors.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

// Prefixes and soft prompts as PEFT's folders hold them: adapter_config.json and adapter_model.safetensors. Part of graft::json.

/// Keys whose numbers lie as transformers has them become those of a model's own order, or with `back` the other way, as `turn_lora_rows`.
template <std::floating_point Scalar>
void turn_prefix_keys(const llama_config& k, prefix<Scalar>& p, bool back = false) {
    if (k.layout == rotary_layout::halves) return;
    for (std::size_t i = 0; i < p.tokens(); ++i)
        for (std::size_t l = 0; l < p.layers; ++l)
            detail::pair_rows(matrix_view<Scalar>{p.keys(l, i).data(), p.width(), 1}, k.dims, back);
}

namespace detail {

/// What a folder's configuration says of virtual tokens, and that it says nothing which graft does not do.
///
/// Gives    how many there are
template <class Sizes>
[[nodiscard]] result<std::size_t> read_peft_prompt_config(const json_document& file, std::string_view wanted,
                                                          const Sizes& sizes) {
    const auto kind = file.at("peft_type").text();
    if (!kind) return kind.error();
    if (*kind != wanted) return file.at("peft_type").refuse(fault::unsupported);
    const auto task = file.at("task_type").text_or("CAUSAL_LM");
    if (!task) return task.error();
    if (*task != "CAUSAL_LM") return file.at("task_type").refuse(fault::unsupported);
    if (file.at("modules_to_save").given()) return file.at("modules_to_save").refuse(fault::unsupported);
    const auto tokens = file.at("num_virtual_tokens").number<std::size_t>();
    if (!tokens) return tokens.error();
    if (*tokens == 0) return file.at("num_virtual_tokens").refuse(fault::bad_argument);
    for (const auto& [key, is] : sizes) {
        if (!file.at(key).given()) continue;
        const auto said = file.at(key).template number<std::size_t>();
        if (!said) return said.error();
        if (*said != is) return file.at(key).refuse(fault::wrong_shape);
    }
    return *tokens;
}
template <readable_files F, class Sizes>
[[nodiscard]] result<matrix<float>> load_peft_rows(const F& fs, const std::string& folder, std::string_view kind,
                                                   const Sizes& sizes, std::size_t dims) {
    const auto config = load_peft_config(fs, folder);
    if (!config) return config.error();
    const auto tokens = read_peft_prompt_config(*config, kind, sizes);
    if (!tokens) return tokens.error();
    const auto file = load_peft_numbers(fs, folder);
    if (!file) return file.error();
    take_tensors take(*file);
    const tensor all = take("prompt_embeddings", {*tokens, dims});
    if (auto ok = take.finish(); !ok) return ok.error();
    matrix<float> rows(*tokens, dims);
    (void)all.decode(rows.flat());
    return rows;
}
template <file_system F>
[[nodiscard]] result<void> save_peft_rows(const F& fs, const std::string& folder, const matrix<float>& rows,
                                          std::string_view base, const std::string& said) {
    if (rows.flat().empty()) return error{fault::no_input, unit::none, 0, folder};
    for (std::size_t i = 0; i < rows.rows(); ++i)
        if (!all_finite(rows.row(i))) return error{fault::not_finite, unit::row, i, folder};
    const tensor all[] = {
        {"prompt_embeddings", weight_format::f32, {rows.rows(), rows.dims()}, std::as_bytes(rows.flat())}};
    return save_peft_folder(fs, folder, all, base,
                            "\"task_type\": \"CAUSAL_LM\",\n  \"num_transformer_submodules\": 1,\n  "
                            "\"num_virtual_tokens\": " +
                                std::to_string(rows.rows()) + said);
}
[[nodiscard]] inline std::string said_sizes(std::size_t layers, std::size_t heads, std::size_t dims) {
    return ",\n  \"num_layers\": " + std::to_string(layers) + ",\n  \"num_attention_heads\": " + std::to_string(heads) +
           ",\n  \"token_dim\": " + std::to_string(dims);
}

} // namespace detail

/// The prefix of a PEFT folder before a Llama, whatever file the model came from. One that a network made is read as it was saved: without it.
///
/// Fails    `unsupported` for another kind of adapter or task, or saved modules; `wrong_shape` where sizes are not the model's, naming key or tensor;
///          `not_finite`; as `load_json`, `load_safetensors`
template <readable_files F, class Weight>
[[nodiscard]] result<prefix<float>> load_peft_prefix(const F& fs, const std::string& folder,
                                                     const llama<float, Weight>& m) {
    const auto&                               k       = m.config;
    const std::size_t                         width   = k.kv_heads * k.dims;
    const std::pair<const char*, std::size_t> sizes[] = {
        {"num_layers", k.layers}, {"token_dim", width}, {"num_transformer_submodules", 1}};
    auto rows = detail::load_peft_rows(fs, folder, "PREFIX_TUNING", sizes, k.layers * 2 * width);
    if (!rows) return rows.error();
    prefix<float> made{k.layers, std::move(*rows)};
    turn_prefix_keys(k, made);
    return made;
}
/// The soft prompt of a PEFT folder.
///
/// Fails    as `load_peft_prefix`
template <readable_files F, class Weight>
[[nodiscard]] result<soft_prompt<float>> load_peft_soft_prompt(const F& fs, const std::string& folder,
                                                               const llama<float, Weight>& m) {
    const std::pair<const char*, std::size_t> sizes[] = {
        {"num_layers", m.config.layers}, {"token_dim", m.config.width}, {"num_transformer_submodules", 1}};
    auto rows = detail::load_peft_rows(fs, folder, "PROMPT_TUNING", sizes, m.config.width);
    if (!rows) return rows.error();
    return soft_prompt<float>{std::move(*rows)};
}
/// Writes a prefix as a PEFT folder, which must exist, for the model as transformers has it.
///
/// Takes    `base`, what the model is called: PEFT looks for it there
/// Fails    `wrong_shape` for a prefix of another model; `no_input` for none; `not_finite` (row); `bad_utf8` for the name of the base; as `save_safetensors`,
///          `replace_file`
template <file_system F, class Weight>
[[nodiscard]] result<void> save_peft_prefix(const F& fs, const std::string& folder, const llama<float, Weight>& m,
                                            prefix<float> p, std::string_view base = {}) {
    if (!detail::fits(m, p)) return error{fault::wrong_shape, unit::none, 0, "prefix"};
    turn_prefix_keys(m.config, p, true);
    return detail::save_peft_rows(fs, folder, p.rows, base,
                                  ",\n  \"peft_type\": \"PREFIX_TUNING\",\n  \"prefix_projection\": false,\n  "
                                  "\"encoder_hidden_size\": " +
                                      std::to_string(p.width()) +
                                      detail::said_sizes(m.config.layers, m.config.kv_heads, p.width()));
}
/// Writes a soft prompt as a PEFT folder, which must exist.
///
/// Fails    as `save_peft_prefix`
template <file_system F, class Weight>
[[nodiscard]] result<void> save_peft_soft_prompt(const F& fs, const std::string& folder, const llama<float, Weight>& m,
                                                 const soft_prompt<float>& p, std::string_view base = {}) {
    if (!detail::fits(m, p)) return error{fault::wrong_shape, unit::none, 0, "soft prompt"};
    return detail::save_peft_rows(fs, folder, p.rows, base,
                                  ",\n  \"peft_type\": \"PROMPT_TUNING\",\n  \"prompt_tuning_init\": \"RANDOM\",\n  "
                                  "\"prompt_tuning_init_text\": null,\n  \"tokenizer_name_or_path\": null" +
                                      detail::said_sizes(m.config.layers, m.config.heads, m.config.width));
}

} // namespace graft::inline GRAFT_ABI
