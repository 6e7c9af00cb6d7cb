// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/generate/decoder_gguf.hpp>
#include <graft/json/json.hpp>
#include <graft/models/gpt2_folder.hpp>
#include <graft/models/llama_folder.hpp>
#include <graft/models/model_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/models/peft_prompt.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Reads the parts of a decoder from a folder of transformers.
template <readable_files F>
class decoder_folder {
    const F&                   fs_;
    const std::string&         folder_;
    const load_decoder_params& how_;
    context&                   c_;

    [[nodiscard]] result<any_decoder_model> model() const {
        const auto config = load_json(fs_, path_of(folder_, "config.json"));
        if (!config) return config.error();
        const auto kind = config->at("model_type").text();
        if (!kind) return kind.error();
        const auto file = load_safetensors(fs_, folder_, {.map = how_.map});
        if (!file) return file.error();
        if (*kind == "gpt2") {
            const auto sizes = read_gpt2_config(config->root());
            if (!sizes) return sizes.error();
            auto m = read_gpt2(*file, *sizes, gpt2_names_of_transformers, how_.weights, c_);
            if (!m) return m.error();
            return any_decoder_model(std::move(*m));
        }
        const auto sizes = read_llama_config(config->root());
        if (!sizes) return sizes.error();
        auto m = read_llama(*file, *sizes, llama_names_of_transformers, how_.weights, c_);
        if (!m) return m.error();
        return any_decoder_model(std::move(*m));
    }
    /// What generation_config.json says, or config.json: a number or several.
    [[nodiscard]] result<std::vector<token_id>> ends() const {
        std::vector<token_id> all;
        for (const char* name : {"generation_config.json", "config.json"}) {
            const auto file = optional_json(fs_, path_of(folder_, name));
            if (!file) return file.error();
            if (!*file || !(*file)->at("eos_token_id").given()) continue;
            const json_value eos = (*file)->at("eos_token_id");
            if (const auto list = eos.array())
                for (const json_value one : *list) {
                    const auto id = one.template number<token_id>();
                    if (!id) return id.error();
                    all.push_back(*id);
                }
            else {
                const auto id = eos.template number<token_id>();
                if (!id) return id.error();
                all.push_back(*id);
            }
            break;
        }
        return all;
    }
    /// The template that the files bring: a text of tokenizer_config.json, the one named default of several, or a file of its own.
    [[nodiscard]] result<chat_format> chat() const {
        const auto config = optional_json(fs_, path_of(folder_, "tokenizer_config.json"));
        if (!config) return config.error();
        if (*config && (*config)->at("chat_template").given()) {
            const json_value how = (*config)->at("chat_template");
            if (const auto text = how.text()) return recognise_chat_format(*text);
            const auto several = how.array();
            if (!several) return how.refuse(fault::bad_format);
            for (const json_value one : *several) {
                const auto name = one.at("name").text(), text = one.at("template").text();
                if (!name) return name.error();
                if (!text) return text.error();
                if (*name == "default") return recognise_chat_format(*text);
            }
            return chat_format::none;
        }
        const std::string path = path_of(folder_, "chat_template.jinja");
        const auto        file = read_file(fs_, path);
        if (!file && file.error().what == fault::not_found) return chat_format::none;
        if (!file) return file.error();
        const auto bytes = file->all();
        return recognise_chat_format({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }

public:
    decoder_folder(const F& fs, const std::string& folder, const load_decoder_params& how, context& c)
        : fs_(fs), folder_(folder), how_(how), c_(c) {}

    [[nodiscard]] result<decoder> read() const {
        decoder_params with   = how_.with;
        const auto     format = how_.chat ? result<chat_format>(*how_.chat) : chat();
        if (!format) return format.error();
        with.chat = *format;
        auto last = ends();
        if (!last) return last.error();
        with.ends.insert(with.ends.end(), last->begin(), last->end());
        auto words = load_folder_tokenizer(fs_, folder_);
        if (!words) return words.error();
        auto made = model();
        if (!made) return made.error();
        auto all = decoder::of(std::move(*made), std::move(*words), std::move(with));
        if (all) return all;
        error why   = all.error();
        why.subject = folder_ + ": " + why.subject;
        return why;
    }
};

} // namespace detail

/// A decoder from whatever a path names: a GGUF file, a folder of transformers (config.json, tokenizer.json, safetensors), or a folder
/// with one GGUF file in it. With `adapter` the updates of a PEFT folder stand beside it, or its prefix or soft prompt before every text.
///
/// Takes    a context whose threads pack the weights
/// Fails    as the readers of its parts, naming file, key or tensor; `absent`: the folder holds neither; `unexpected`: several GGUF files; of an adapter
///          as `load_peft_lora`, `load_peft_prefix`, `load_peft_soft_prompt`, `prefix_of`; `unsupported` beside a GPT-2
template <readable_files F>
[[nodiscard]] result<decoder> load_decoder(const F& fs, const std::string& path, const load_decoder_params& how,
                                           context& c) {
    load_decoder_params bare = how;
    bare.adapter.clear();
    auto base = [&]() -> result<decoder> {
        const auto is = fs.look(path);
        if (!is) return is.error();
        if (is->kind != entry_kind::folder) return load_gguf_decoder(fs, path, bare, c);
        const auto names = fs.names(path);
        if (!names) return names.error();
        const auto has = [&](std::string_view name) {
            return std::find(names->begin(), names->end(), name) != names->end();
        };
        if (has("config.json")) return detail::decoder_folder<F>(fs, path, how, c).read();
        const std::string* one = nullptr;
        for (const std::string& name : *names) {
            if (!name.ends_with(".gguf")) continue;
            if (one != nullptr) return error{fault::unexpected, unit::none, 0, path_of(path, name)};
            one = &name;
        }
        if (one == nullptr) return error{fault::absent, unit::none, 0, path_of(path, "config.json")};
        return load_gguf_decoder(fs, path_of(path, *one), bare, c);
    }();
    if (!base || how.adapter.empty()) return base;
    const auto* m = base->model().template get_if<llama<float>>();
    if (m == nullptr) return error{fault::unsupported, unit::none, 0, how.adapter + ": beside this architecture"};
    const auto kind = load_peft_kind(fs, how.adapter);
    if (!kind) return kind.error();
    if (*kind == "PREFIX_TUNING" || *kind == "PROMPT_TUNING") {
        auto before = [&]() -> result<prefix<float>> {
            if (*kind == "PREFIX_TUNING") return load_peft_prefix(fs, how.adapter, *m);
            const auto prompt = load_peft_soft_prompt(fs, how.adapter, *m);
            if (!prompt) return prompt.error();
            return prefix_of(*m, *prompt, c);
        }();
        if (!before) return before.error();
        if (auto ok = base->adapt(std::move(*before)); !ok) return ok.error();
        return base;
    }
    auto set = detail::peft_lora_of(fs, how.adapter, *m);
    if (!set) return set.error();
    if (auto ok = base->adapt(std::move(*set), c); !ok) return ok.error();
    return base;
}

#if GRAFT_JSON_COMPILED
extern template result<decoder> load_decoder(const posix_files&, const std::string&, const load_decoder_params&,
                                             context&);
#endif

} // namespace graft::inline GRAFT_ABI
