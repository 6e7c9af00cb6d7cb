// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/generate/chat.hpp>
#include <graft/models/gguf_tokenizer.hpp>
#include <graft/models/model_folder.hpp>
#include <graft/store/posix.hpp>
#include <graft/tokenize/sentencepiece_model.hpp>
#include <graft/tokenize/tiktoken.hpp>
#include <graft/weights/gguf.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tool {

/// A tokenizer, and how its model wants the turns of a conversation written.
struct model_words {
    graft::tokenizer   words;
    graft::chat_format chat = graft::chat_format::none;
};

/// A tokenizer from whatever a path names: a folder of transformers, or with one GGUF file in it, or a file by the end of its name.
///
/// Fails    `unsupported` for another end, and for a `.tiktoken` whose name says no encoding that is known; as its reader, with the path
inline graft::result<model_words> open_tokenizer(const std::string& path) {
    using namespace graft;
    const posix_files fs;
    std::error_code   ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        auto        words = load_folder_tokenizer(fs, path);
        std::string gguf;
        for (const auto& entry : std::filesystem::directory_iterator(path, ignored))
            if (entry.path().extension() == ".gguf") gguf = gguf.empty() ? entry.path().string() : "-";
        if (!words && !gguf.empty() && gguf != "-") return open_tokenizer(gguf);
        if (!words) return words.error();
        const auto config = detail::optional_json(fs, path_of(path, "tokenizer_config.json"));
        if (!config) return config.error();
        const auto chat = *config ? (*config)->at("chat_template").text() : result<std::string_view>("");
        return model_words{std::move(*words), recognise_chat_format(chat ? *chat : std::string_view())};
    }
    if (path.ends_with(".gguf")) {
        const auto file = load_gguf(fs, path, {.map = true});
        if (!file) return file.error();
        auto words = read_gguf_tokenizer(file->head);
        if (!words) return words.error();
        const auto chat = file->head.text_or("tokenizer.chat_template", "");
        return model_words{std::move(*words), recognise_chat_format(chat ? *chat : std::string_view())};
    }
    const auto file = read_file(fs, path);
    if (!file) return file.error();
    const std::string_view bytes(reinterpret_cast<const char*>(file->all().data()), file->size());
    const auto             named = [&](result<tokenizer> made) -> result<model_words> {
        if (made) return model_words{std::move(*made)};
        auto why = made.error();
        if (why.subject.find(path) == std::string::npos) why.subject = path + ": " + why.subject;
        return why;
    };
    if (path.ends_with(".json")) return named(read_tokenizer_json(bytes, path));
    if (path.ends_with(".model")) return named(read_sentencepiece(bytes));
    if (path.ends_with(".txt")) return named(read_vocab_txt(bytes));
    if (path.ends_with(".tiktoken")) {
        const std::string        name = std::filesystem::path(path).filename().string();
        const bool               new_ = name.starts_with("cl100k");
        std::vector<added_token> special;
        if (new_)
            special = {{"<|endoftext|>", 100257},
                       {"<|fim_prefix|>", 100258},
                       {"<|fim_middle|>", 100259},
                       {"<|fim_suffix|>", 100260},
                       {"<|endofprompt|>", 100276}};
        else if (name.starts_with("r50k") || name.starts_with("p50k") || name.starts_with("gpt2"))
            special = {{"<|endoftext|>", 50256}};
        if (!special.empty())
            return named(read_tiktoken(bytes, new_ ? split_rule::cl100k : split_rule::gpt2, std::move(special)));
    }
    return error{fault::unsupported, unit::none, 0, path};
}

} // namespace tool
