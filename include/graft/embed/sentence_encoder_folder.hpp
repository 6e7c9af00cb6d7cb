// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/embed/sentence_encoder.hpp>
#include <graft/models/bert_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What is wanted otherwise than a folder says.
struct sentence_encoder_params {
    std::optional<std::string> query_prompt    = {};    ///< before a question
    std::optional<std::string> passage_prompt  = {};    ///< before all else
    std::size_t                max_tokens      = 0;     ///< of a text; 0: as the folder says
    std::size_t                dims            = 0;     ///< only the first numbers of a vector (Matryoshka); 0: all
    std::size_t                batch_tokens    = 512;   ///< that run together
    bool                       map             = false; ///< map the weights while they are read: see `open_weights`
    read_weights               weights         = {};    ///< how they are held: rounded ones give other vectors
    std::string                adapter         = {};    ///< a PEFT folder whose updates stand beside it
    bool                       questions_alone = false; ///< whether questions alone have the adapter
};

namespace detail {

/// Fills the parts of a sentence encoder from the modules of its folder.
template <readable_files F>
class sentence_folder {
    using parts = sentence_encoder_parts;
    const F&                 fs_;
    const std::string&       folder_;
    context&                 c_;
    bool                     map_;
    read_weights             held_;
    std::vector<pooling>     pooled_;
    bool                     pool_prompt_ = true;
    std::vector<parts::step> steps_;
    std::uint64_t            weights_ = 0;

    [[nodiscard]] result<void> pooling_module(const std::string& at) {
        const auto file = load_json(fs_, path_of(at, "config.json"));
        if (!file) return file.error();
        constexpr std::pair<std::string_view, pooling> names[] = {
            {"cls", pooling::cls},
            {"max", pooling::max},
            {"mean", pooling::mean},
            {"mean_sqrt_len_tokens", pooling::mean_sqrt_len},
            {"weightedmean", pooling::weighted_mean},
            {"lasttoken", pooling::last},
        };
        pooled_.clear();
        const auto add = [&](const json_value& name) -> result<void> {
            const auto text = name.text();
            if (!text) return text.error();
            for (const auto& [known, how] : names)
                if (known == *text) return pooled_.push_back(how), result<void>(done);
            return name.refuse(fault::unsupported);
        };
        const json_value mode = file->at("pooling_mode"); // of version 6: a name, or several
        if (mode.kind() == json_kind::array) {
            for (const json_value name : *mode.array())
                if (auto ok = add(name); !ok) return ok;
        } else if (mode.given()) {
            if (auto ok = add(mode); !ok) return ok;
        } else {
            constexpr std::pair<const char*, pooling> flags[] = {
                {"pooling_mode_cls_token", pooling::cls},
                {"pooling_mode_max_tokens", pooling::max},
                {"pooling_mode_mean_tokens", pooling::mean},
                {"pooling_mode_mean_sqrt_len_tokens", pooling::mean_sqrt_len},
                {"pooling_mode_weightedmean_tokens", pooling::weighted_mean},
                {"pooling_mode_lasttoken", pooling::last},
            };
            for (const auto& [key, how] : flags) {
                const auto on = file->at(key).boolean_or(false);
                if (!on) return on.error();
                if (*on) pooled_.push_back(how);
            }
        }
        if (pooled_.empty()) return file->at("pooling_mode").refuse(fault::absent);
        const auto counts = file->at("include_prompt").boolean_or(true);
        if (!counts) return counts.error();
        pool_prompt_ = *counts;
        return done;
    }

    [[nodiscard]] result<void> dense_module(const std::string& at) {
        const auto file = load_json(fs_, path_of(at, "config.json"));
        if (!file) return file.error();
        const auto in  = file->at("in_features").template number<std::uint32_t>(),
                   out = file->at("out_features").template number<std::uint32_t>();
        if (!in) return in.error();
        if (!out) return out.error();
        const auto biased = file->at("bias").boolean_or(true);
        if (!biased) return biased.error();
        const auto named = file->at("activation_function").text_or("torch.nn.modules.activation.Tanh");
        if (!named) return named.error();
        const auto f = activation_of(file->at("activation_function"), *named);
        if (!f) return f.error();
        const auto file_of = load_safetensors(fs_, path_of(at, "model.safetensors"), {.map = map_});
        if (!file_of) return file_of.error();
        take_tensors        take(*file_of);
        layer_reader<float> read(take, {}, c_);
        parts::step         s{linear<float>{}, *f};
        s.layer->W = read.rows("linear.weight", {*out, *in});
        if (*biased) s.layer->b = read.rows("linear.bias", {*out});
        if (auto all = read.finish(); !all) return all;
        weights_ = mix64(weights_, hash_of(*file_of));
        steps_.push_back(std::move(s));
        return done;
    }

    /// What the file says of prompts: one for questions, one for what is searched, one for whatever has no name.
    [[nodiscard]] result<void> prompts(parts& p) const {
        const auto file = optional_json(fs_, path_of(folder_, "config_sentence_transformers.json"));
        if (!file) return file.error();
        if (!*file) return done;
        const json_value all  = (*file)->at("prompts");
        const auto       find = [&](std::initializer_list<std::string_view> names, std::string& to) -> result<void> {
            for (const std::string_view name : names) {
                if (name.empty() || !all.at(name).given()) continue;
                const auto text = all.at(name).text();
                if (!text) return text.error();
                to = *text;
                return done;
            }
            return done;
        };
        const auto otherwise = (*file)->at("default_prompt_name").text_or("");
        if (!otherwise) return otherwise.error();
        if (auto ok = find({"query", *otherwise}, p.query_prompt); !ok) return ok;
        return find({"document", "passage", "corpus", *otherwise}, p.passage_prompt);
    }

public:
    sentence_folder(const F& fs, const std::string& folder, context& c, bool map, const read_weights& held)
        : fs_(fs), folder_(folder), c_(c), map_(map), held_(held) {}

    [[nodiscard]] result<sentence_encoder_parts> read() {
        std::string at      = folder_; // of the transformer
        const auto  modules = load_modules(fs_, folder_);
        if (!modules) return modules.error();
        for (std::size_t i = 0; i < modules->items.size(); ++i) {
            const auto&  one = modules->items[i];
            result<void> ok  = done;
            if ((i == 0) != (one.kind == "Transformer")) return modules->refuse(i);
            if (i == 0) at = one.folder;
            else if (one.kind == "Pooling") ok = pooling_module(one.folder);
            else if (one.kind == "Dense") ok = dense_module(one.folder);
            else if (one.kind == "Normalize") steps_.push_back({});
            else return modules->refuse(i);
            if (!ok) return ok.error();
        }
        if (!modules->given())
            pooled_ = {pooling::mean}; // a plain folder of transformers: as sentence-transformers takes it
        if (pooled_.empty()) return error{fault::absent, unit::none, 0, modules->file->name() + ": Pooling"};

        auto whole = load_bert_folder(fs_, at, {}, {.map = map_}, held_, c_);
        if (!whole) return whole.error();
        parts p{std::move(whole->words), std::move(whole->model)};
        p.pooled      = std::move(pooled_);
        p.pool_prompt = pool_prompt_;
        p.steps       = std::move(steps_);
        p.max_tokens  = whole->max_tokens;
        p.weights     = mix64(weights_, whole->weights);
        if (auto ok = prompts(p); !ok) return ok.error();
        return p;
    }
};

} // namespace detail

/// A sentence encoder from a folder: of sentence-transformers, versions 2 to 6, or of transformers alone (the mean of all tokens then).
///
/// Takes    a context whose threads pack the weights
/// Costs    a copy of the weights, packed; of all-MiniLM-L6-v2 some 90 MB.
/// Fails    what a folder lacks, holds of another kind, or contradicts is named with file and key or tensor: `absent`, `unsupported`, `malformed`,
///          `wrong_shape`, `not_finite`, `unexpected`; as the readers of its files; as `sentence_encoder::of`; of an adapter as `load_peft_lora`
template <readable_files F>
[[nodiscard]] result<sentence_encoder> load_sentence_encoder(const F& fs, const std::string& folder, context& c,
                                                             const sentence_encoder_params& with = {}) {
    auto parts = detail::sentence_folder<F>(fs, folder, c, with.map, with.weights).read();
    if (!parts) return parts.error();
    if (with.query_prompt) parts->query_prompt = *with.query_prompt;
    if (with.passage_prompt) parts->passage_prompt = *with.passage_prompt;
    if (with.max_tokens > 0) parts->max_tokens = with.max_tokens;
    parts->dims         = with.dims;
    parts->batch_tokens = with.batch_tokens;
    auto made           = sentence_encoder::of(std::move(*parts));
    if (!made) {
        auto why    = made.error();
        why.subject = folder + ": " + why.subject;
        return why;
    }
    if (with.adapter.empty()) return made;
    auto set = detail::peft_lora_of(fs, with.adapter, made->model());
    if (!set) return set.error();
    if (auto ok = made->adapt(std::move(*set), with.questions_alone, c); !ok) return ok.error();
    return made;
}

#if GRAFT_JSON_COMPILED
extern template result<sentence_encoder> load_sentence_encoder(const posix_files&, const std::string&, context&,
                                                               const sentence_encoder_params&);
#endif

} // namespace graft::inline GRAFT_ABI
