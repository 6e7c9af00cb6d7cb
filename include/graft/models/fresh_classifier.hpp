// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/base/random.hpp>
#include <graft/json/json_text.hpp>
#include <graft/models/merged_folder.hpp>
#include <graft/models/model_folder.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

// A classifier's folder out of an encoder's. Part of graft::json.

namespace detail {

/// config.json of a classifying BERT of such sizes.
[[nodiscard]] inline std::string classifier_config(const bert_config& k, std::string_view f, std::uint64_t padding) {
    std::string text = "{\n  \"architectures\": [\"BertForSequenceClassification\"],\n  \"model_type\": \"bert\"";
    const auto  put  = [&](const char* key, std::uint64_t n) {
        text.append(",\n  \"").append(key).append("\": ").append(std::to_string(n));
    };
    put("vocab_size", k.vocabulary), put("hidden_size", k.dims), put("num_hidden_layers", k.layers);
    put("num_attention_heads", k.heads), put("intermediate_size", k.inner);
    put("max_position_embeddings", k.positions), put("type_vocab_size", k.types), put("pad_token_id", padding);
    char       eps[32];
    const auto end = std::to_chars(eps, eps + sizeof eps, k.eps).ptr;
    text.append(",\n  \"layer_norm_eps\": ").append(eps, end).append(",\n  \"hidden_act\": ");
    append_json_text(text, f);
    for (const bool names_first : {true, false}) {
        text += names_first ? ",\n  \"label2id\": {" : ",\n  \"id2label\": {";
        for (std::size_t i = 0; i < k.labels; ++i) {
            const std::string n = std::to_string(i), name = "\"LABEL_" + n + "\"";
            text.append(i > 0 ? ", " : "").append(names_first ? name + ": " + n : "\"" + n + "\": " + name);
        }
        text += '}';
    }
    return text + "\n}\n";
}

} // namespace detail

/// Writes a folder of transformers with a BERT's encoder under a new head that has learned nothing, as transformers makes of a bare encoder that is
/// opened for classification: what `load_cross_encoder` reads and tuning begins with.
///
/// Takes    `base`, a folder of transformers, or of sentence-transformers, whose prompts and modules behind the encoder are left; `folder`, another one,
///          which must exist; how many scores the head gives, and the seed of its weights, uniform of the variance .02²
/// Gives    the pooler of the file, where it has one, else one that changes nothing but by its tanh.
/// Costs    a copy of the model. config.json is written last: a folder without it is no model.
/// Fails    `bad_argument` for no label, and where both folders are one, so that the base is kept; `unexpected` where the file has a classifier, `absent` and `wrong_shape` for its table of words; as `load_modules`, `read_bert_config`, `load_safetensors`,
///          `save_safetensors`, `replace_file`
template <file_system F>
[[nodiscard]] result<void> save_fresh_classifier(const F& fs, const std::string& base, const std::string& folder,
                                                 std::size_t labels, std::uint64_t seed) {
    if (labels == 0) return error{fault::bad_argument, unit::none, 0, "labels"};
    const auto modules = load_modules(fs, base);
    if (!modules) return modules.error();
    const std::string at = modules->items.empty() ? base : modules->items[0].folder;
    if (detail::holds_same_model(fs, at, folder)) return error{fault::bad_argument, unit::none, 0, folder};
    const auto json = load_json(fs, path_of(at, "config.json"));
    if (!json) return json.error();
    auto config = read_bert_config(*json);
    if (!config) return config.error();
    config->labels     = labels;
    const auto f       = json->at("hidden_act").text_or("gelu");
    const auto padding = json->at("pad_token_id").number_or(std::uint32_t{0});
    if (!f) return f.error();
    if (!padding) return padding.error();
    const auto weights = load_safetensors(fs, at);
    if (!weights) return weights.error();

    std::deque<std::string> names; // which the tensors borrow, as the numbers
    std::vector<tensor>     all;
    bool                    pooled = false;
    for (tensor t : weights->list()) {
        const std::string_view bare = t.name.substr(t.name.starts_with("bert.") ? 5 : 0);
        if (bare.starts_with("classifier.")) return weights->refuse(fault::unexpected, t.name);
        if (bare == "embeddings.position_ids" ||
            !(bare.starts_with("embeddings.") || bare.starts_with("encoder.") || bare.starts_with("pooler.")))
            continue; // heads of other tasks
        pooled = pooled || bare == "pooler.dense.weight";
        t.name = names.emplace_back("bert." + std::string(bare));
        all.push_back(t);
    }
    const std::size_t dims  = config->dims;
    const auto        words = std::find_if(all.begin(), all.end(),
                                           [](const tensor& t) { return t.name == "bert.embeddings.word_embeddings.weight"; });
    if (words == all.end()) return weights->refuse(fault::absent, "embeddings.word_embeddings.weight");
    if (words->columns() != dims) return weights->refuse(fault::wrong_shape, words->name);
    matrix<float> identity(dims, dims), zero(1, dims), head(labels, dims), bias(1, labels);
    for (std::size_t i = 0; i < dims; ++i) identity.row(i)[i] = 1;
    counter_random draw(seed, 0x68656164 /* "head" */);
    for (float& x : head.flat()) x = static_cast<float>((2 * draw.unit64() - 1) * (.02 * 1.7320508075688772));
    const auto add = [&](const char* name, const matrix<float>& m, bool vector) {
        all.push_back({name, weight_format::f32, vector ? tensor_shape{m.dims()} : tensor_shape{m.rows(), m.dims()},
                       std::as_bytes(m.flat())});
    };
    if (!pooled) add("bert.pooler.dense.weight", identity, false), add("bert.pooler.dense.bias", zero, true);
    add("classifier.weight", head, false), add("classifier.bias", bias, true);

    if (auto ok = detail::copy_text_files(fs, at, folder); !ok) return ok;
    const std::pair<std::string, std::string> metadata[] = {{"format", "pt"}}; // what transformers asks for
    if (auto ok = save_safetensors(fs, path_of(folder, "model.safetensors"), all, metadata); !ok) return ok;
    const std::string                text     = detail::classifier_config(*config, *f, *padding);
    const std::span<const std::byte> pieces[] = {std::as_bytes(std::span(text))};
    return replace_file(fs, path_of(folder, "config.json"), pieces);
}

} // namespace graft::inline GRAFT_ABI
