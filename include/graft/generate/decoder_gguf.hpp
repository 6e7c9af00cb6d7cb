// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/generate/decoder.hpp>
#include <graft/models/any_decoder_model.hpp>
#include <graft/models/gguf_tokenizer.hpp>
#include <graft/models/gpt2_gguf.hpp>
#include <graft/models/llama_gguf.hpp>
#include <graft/store/posix.hpp>

#include <optional>
#include <string>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// A decoder of whatever architecture its files say: the Llama family or GPT-2.
using decoder = basic_decoder<any_decoder_model>;

/// How a decoder is made of files.
struct load_decoder_params {
    read_weights               weights = {};
    std::optional<chat_format> chat    = {}; ///< nothing: the one whose template the files bring
    bool           map  = true; ///< read the file in place while it is packed: it must not shrink in that time
    decoder_params with = {};   ///< its `chat` is not read
    std::string    adapter =
        {}; ///< a PEFT folder, whose updates stand beside the model; `load_gguf_decoder`, which reads no JSON, refuses one
};

/// A decoder from a GGUF file: weights, tokenizer and chat format.
///
/// Takes    a context whose threads pack the weights
/// Costs    the weights as the model needs them; the file is not needed any longer.
/// Fails    as the readers of its parts; the subject names the file
template <readable_files F>
[[nodiscard]] result<decoder> load_gguf_decoder(const F& fs, const std::string& path, const load_decoder_params& how,
                                                context& c) {
    if (!how.adapter.empty()) return error{fault::unsupported, unit::none, 0, how.adapter}; // JSON: `load_decoder`
    const auto file = load_gguf(fs, path, {.map = how.map});
    if (!file) return file.error();
    const auto named = [&](error e) {
        if (e.subject.find(path) == std::string::npos) e.subject = path + (e.subject.empty() ? "" : ": ") + e.subject;
        return e;
    };
    auto words = read_gguf_tokenizer(file->head);
    if (!words) return named(words.error());
    const auto chat = file->head.text_or("tokenizer.chat_template", "");
    if (!chat) return chat.error();
    const auto kind = file->head.text("general.architecture");
    if (!kind) return kind.error();
    auto model = [&]() -> result<any_decoder_model> {
        if (*kind == "gpt2") {
            auto m = read_gpt2(*file, how.weights, c);
            if (!m) return m.error();
            return any_decoder_model(std::move(*m));
        }
        auto m = read_llama(*file, how.weights, c); // refuses what it is not
        if (!m) return m.error();
        return any_decoder_model(std::move(*m));
    }();
    if (!model) return model.error();
    decoder_params with = how.with;
    with.chat           = how.chat.value_or(recognise_chat_format(*chat));
    auto made           = decoder::of(std::move(*model), std::move(*words), with);
    if (!made) return named(made.error());
    return made;
}

#if GRAFT_KERNELS_COMPILED
extern template class basic_decoder<any_decoder_model>;
extern template result<decoder> load_gguf_decoder(const posix_files&, const std::string&, const load_decoder_params&,
                                                  context&);
#endif

} // namespace graft::inline GRAFT_ABI
