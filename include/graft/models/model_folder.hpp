// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/models/bert.hpp>
#include <graft/store/io.hpp>
#include <graft/tokenize/tokenizer_json.hpp>
#include <graft/tokenize/vocab_txt.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

// What the JSON files of a model's folder say, as transformers and sentence-transformers write them: part of graft::json.

namespace detail {

/// A JSON file that a folder may lack.
template <readable_files F>
[[nodiscard]] result<std::optional<json_document>> optional_json(const F& fs, const std::string& path) {
    if (const auto is = fs.look(path); !is) {
        if (is.error().what == fault::not_found) return std::optional<json_document>();
        return is.error();
    }
    auto read = load_json(fs, path);
    if (!read) return read.error();
    return std::optional<json_document>(std::move(*read));
}

/// The function that a config names, as transformers and as PyTorch's modules call it.
[[nodiscard]] inline result<activation> activation_of(const json_value& where, std::string_view name) {
    constexpr std::pair<std::string_view, activation> known[] = {
        {"gelu", activation::gelu},
        {"gelu_new", activation::gelu_tanh},
        {"gelu_pytorch_tanh", activation::gelu_tanh},
        {"silu", activation::silu},
        {"swish", activation::silu},
        {"relu", activation::relu},
        {"tanh", activation::tanh},
        {"torch.nn.modules.activation.GELU", activation::gelu},
        {"torch.nn.modules.activation.SiLU", activation::silu},
        {"torch.nn.modules.activation.ReLU", activation::relu},
        {"torch.nn.modules.activation.Tanh", activation::tanh},
        {"torch.nn.modules.activation.Sigmoid", activation::sigmoid},
        {"torch.nn.modules.linear.Identity", activation::identity},
    };
    for (const auto& [text, f] : known)
        if (text == name) return f;
    return where.refuse(fault::unsupported);
}

} // namespace detail

/// The modules of a folder of sentence-transformers, in their order.
struct model_modules {
    struct module {
        std::string kind;   ///< `Transformer`, `Pooling`, `StaticEmbedding`, …: the last word of its type
        std::string folder; ///< where its files lie
    };
    std::optional<json_document> file  = {}; ///< modules.json, where there is one
    std::vector<module>          items = {};

    [[nodiscard]] bool given() const noexcept { return file.has_value(); }
    /// An error that names a module which the reader does not take.
    [[nodiscard]] error refuse(std::size_t i) const { return file->root()[i].at("type").refuse(fault::unsupported); }
};

/// Reads modules.json; a folder may lack it.
///
/// Fails    `malformed` for a path that leads out of the folder; `absent`, `bad_format`
template <readable_files F>
[[nodiscard]] result<model_modules> load_modules(const F& fs, const std::string& folder) {
    model_modules out;
    auto          read = detail::optional_json(fs, path_of(folder, "modules.json"));
    if (!read) return read.error();
    if (!*read) return out;
    out.file        = std::move(*read);
    const auto list = out.file->root().array();
    if (!list) return list.error();
    for (const json_value one : *list) {
        const auto type = one.at("type").text(), path = one.at("path").text();
        if (!type) return type.error();
        if (!path) return path.error();
        if (path->find("..") != std::string_view::npos || path->starts_with('/'))
            return one.at("path").refuse(fault::malformed);
        out.items.push_back({std::string(type->substr(type->rfind('.') + 1)),
                             path->empty() || *path == "." ? folder : path_of(folder, *path)});
    }
    return out;
}

/// The sizes of a BERT, from its config.json.
///
/// Fails    `absent`, `bad_format`; `unsupported` for another architecture, activation or kind of positions; each names the key.
[[nodiscard]] inline result<bert_config> read_bert_config(const json_document& file) {
    const auto type = file.at("model_type").text();
    if (!type) return type.error();
    if (*type != "bert") return file.at("model_type").refuse(fault::unsupported);
    const auto positions = file.at("position_embedding_type").text_or("absolute");
    if (!positions) return positions.error();
    if (*positions != "absolute") return file.at("position_embedding_type").refuse(fault::unsupported);
    const auto decodes = file.at("is_decoder").boolean_or(false);
    if (!decodes) return decodes.error();
    if (*decodes) return file.at("is_decoder").refuse(fault::unsupported);

    bert_config                                k;
    const std::pair<const char*, std::size_t*> sizes[] = {
        {"vocab_size", &k.vocabulary},     {"hidden_size", &k.dims},        {"num_hidden_layers", &k.layers},
        {"num_attention_heads", &k.heads}, {"intermediate_size", &k.inner}, {"max_position_embeddings", &k.positions},
        {"type_vocab_size", &k.types}};
    for (const auto& [key, to] : sizes) {
        const auto n = file.at(key).number<std::uint32_t>();
        if (!n) return n.error();
        *to = *n;
    }
    if (k.heads == 0 || k.dims % k.heads != 0) return file.at("num_attention_heads").refuse(fault::malformed);
    const auto eps = file.at("layer_norm_eps").number_or(1e-12);
    if (!eps) return eps.error();
    k.eps            = *eps;
    const auto named = file.at("hidden_act").text_or("gelu");
    if (!named) return named.error();
    const auto f = detail::activation_of(file.at("hidden_act"), *named);
    if (!f) return f.error();
    k.f                = *f;
    const auto classes = file.at("id2label").given() ? file.at("id2label").size() : 0;
    const auto labels  = file.at("num_labels").number_or(static_cast<std::uint32_t>(classes));
    if (!labels) return labels.error();
    k.labels = *labels;
    return k;
}

/// The tokenizer of a folder: tokenizer.json, or vocab.txt, read as tokenizer_config.json says.
///
/// Fails    `absent` where there is neither; as their readers
template <readable_files F>
[[nodiscard]] result<tokenizer> load_folder_tokenizer(const F& fs, const std::string& folder) {
    auto whole = detail::optional_json(fs, path_of(folder, "tokenizer.json"));
    if (!whole) return whole.error();
    if (*whole) return read_tokenizer_json(**whole);
    auto bytes = read_file(fs, path_of(folder, "vocab.txt"));
    if (!bytes && bytes.error().what == fault::not_found)
        return error{fault::absent, unit::none, 0, path_of(folder, "tokenizer.json")};
    if (!bytes) return bytes.error();
    auto config = detail::optional_json(fs, path_of(folder, "tokenizer_config.json"));
    if (!config) return config.error();
    bert_cleaning how;
    if (*config) {
        const auto lower = (*config)->at("do_lower_case").boolean_or(true);
        if (!lower) return lower.error();
        const auto strip = (*config)->at("strip_accents").boolean_or(*lower);
        if (!strip) return strip.error();
        how.lower = *lower, how.strip_accents = *strip;
    }
    const auto all = bytes->all();
    return read_vocab_txt({reinterpret_cast<const char*>(all.data()), all.size()}, how);
}

/// How many tokens a text may have: what sentence_bert_config.json says, else the least of what tokenizer_config.json and the positions
/// allow. What tokenizer.json holds of truncation and padding is never taken: files of all-MiniLM say 128 there.
template <readable_files F>
[[nodiscard]] result<std::size_t> load_max_tokens(const F& fs, const std::string& folder, std::size_t positions) {
    const auto limits = detail::optional_json(fs, path_of(folder, "sentence_bert_config.json"));
    if (!limits) return limits.error();
    if (*limits && (*limits)->at("max_seq_length").given()) {
        const auto n = (*limits)->at("max_seq_length").template number<std::uint32_t>();
        if (!n) return n.error();
        return std::min<std::size_t>(*n, positions);
    }
    const auto config = detail::optional_json(fs, path_of(folder, "tokenizer_config.json"));
    if (!config) return config.error();
    if (!*config) return positions;
    // files without a limit write 1e30
    const auto n = (*config)->at("model_max_length").number_or(static_cast<double>(positions));
    if (!n) return n.error();
    return *n < static_cast<double>(positions) && *n >= 0 ? static_cast<std::size_t>(*n) : positions;
}

} // namespace graft::inline GRAFT_ABI
