// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/json/json_text.hpp>
#include <graft/store/io.hpp>
#include <graft/weights/safetensors.hpp>
#include <graft/weights/safetensors_writer.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

// What all folders of PEFT's share: adapter_config.json says what the adapter is, adapter_model.safetensors has its numbers. Part of graft::json.

namespace detail {

template <readable_files F>
[[nodiscard]] result<json_document> load_peft_config(const F& fs, const std::string& folder) {
    return load_json(fs, path_of(folder, "adapter_config.json"));
}
template <readable_files F>
[[nodiscard]] auto load_peft_numbers(const F& fs, const std::string& folder) {
    return load_safetensors(fs, path_of(folder, "adapter_model.safetensors"));
}
/// Writes a folder of PEFT's, which must exist.
///
/// Takes    `base`, what the model is called; `said`, what the configuration says besides, as members of a JSON object
/// Costs    two files, each replaced as a whole, the numbers first: who reads between the two may find the numbers of one beside the words of another.
/// Fails    `bad_utf8` for the name of the base; as `save_safetensors`, `replace_file`
template <file_system F>
[[nodiscard]] result<void> save_peft_folder(const F& fs, const std::string& folder, std::span<const tensor> all,
                                            std::string_view base, std::string_view said) {
    if (unicode::first_invalid(base) != std::string_view::npos) return error{fault::bad_utf8, unit::none, 0, folder};
    const std::pair<std::string, std::string> metadata[] = {{"format", "pt"}}; // what transformers asks for
    if (auto ok = save_safetensors(fs, path_of(folder, "adapter_model.safetensors"), all, metadata); !ok) return ok;
    std::string text = "{\n  \"base_model_name_or_path\": ";
    append_json_text(text, base);
    text.append(",\n  \"inference_mode\": true,\n  ").append(said).append("\n}\n");
    const std::span<const std::byte> pieces[] = {std::as_bytes(std::span(text))};
    return replace_file(fs, path_of(folder, "adapter_config.json"), pieces);
}

} // namespace detail

/// What kind of adapter a PEFT folder holds, as it says it: `LORA`, `PREFIX_TUNING`, `PROMPT_TUNING`, …
///
/// Fails    as `load_json`; `absent` where it says nothing
template <readable_files F>
[[nodiscard]] result<std::string> load_peft_kind(const F& fs, const std::string& folder) {
    const auto config = detail::load_peft_config(fs, folder);
    if (!config) return config.error();
    const auto kind = config->at("peft_type").text();
    if (!kind) return kind.error();
    return std::string(*kind);
}

} // namespace graft::inline GRAFT_ABI
