// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/embed/cross_encoder.hpp>
#include <graft/models/bert_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What is wanted otherwise than a folder says.
struct cross_encoder_params {
    std::optional<activation> f            = {};    ///< of the scores
    std::size_t               max_tokens   = 0;     ///< of a pair; 0: as the folder says
    std::size_t               batch_tokens = 512;   ///< that run together
    bool                      map          = false; ///< map the weights while they are read: see `open_weights`
    read_weights              weights      = {};    ///< how they are held
    std::string               adapter      = {};    ///< a PEFT folder whose updates stand beside it
};

namespace detail {

/// The function that a folder puts on the scores: version 6 says it in a file of its own, 4 and 5 in config.json, those before there too,
/// under another name. Where nothing says it, one label is a probability, and several are left as they are.
template <readable_files F>
[[nodiscard]] result<activation> load_score_function(const F& fs, const std::string& folder, const std::string& model,
                                                     std::size_t labels) {
    const auto own = optional_json(fs, path_of(folder, "config_sentence_transformers.json"));
    if (!own) return own.error();
    const auto config = load_json(fs, path_of(model, "config.json"));
    if (!config) return config.error();
    json_value where = config->at("sbert_ce_default_activation_function");
    if (const auto newer = config->at("sentence_transformers").at("activation_fn"); newer.given()) where = newer;
    if (*own && (*own)->at("activation_fn").given()) where = (*own)->at("activation_fn");
    if (!where.given()) return labels == 1 ? activation::sigmoid : activation::identity;
    const auto named = where.text();
    if (!named) return named.error();
    return activation_of(where, *named);
}

} // namespace detail

/// A cross-encoder from a folder: of sentence-transformers, any version, or of transformers alone (BertForSequenceClassification).
///
/// Takes    a context whose threads pack the weights
/// Costs    a copy of the weights, packed.
/// Fails    what a folder lacks, holds of another kind, or contradicts is named with file and key or tensor: `absent`, `unsupported`, `malformed`,
///          `wrong_shape`, `not_finite`, `unexpected`; as the readers of its files; as `cross_encoder::of`; of an adapter as `load_peft_lora`
template <readable_files F>
[[nodiscard]] result<cross_encoder> load_cross_encoder(const F& fs, const std::string& folder, context& c,
                                                       const cross_encoder_params& with = {}) {
    const auto modules = load_modules(fs, folder);
    if (!modules) return modules.error();
    for (std::size_t i = 0; i < modules->items.size(); ++i)
        if (i > 0 || modules->items[i].kind != "Transformer") return modules->refuse(i);
    const std::string at = modules->items.empty() ? folder : modules->items[0].folder;

    auto whole = load_bert_folder(fs, at, {.pooler = true, .classifier = true}, {.map = with.map}, with.weights, c);
    if (!whole) return whole.error();
    const auto f =
        with.f ? result<activation>(*with.f) : detail::load_score_function(fs, folder, at, whole->model.config.labels);
    if (!f) return f.error();
    auto made = cross_encoder::of({std::move(whole->words), std::move(whole->model), *f,
                                   with.max_tokens > 0 ? with.max_tokens : whole->max_tokens, with.batch_tokens,
                                   whole->weights});
    if (!made) {
        auto why    = made.error();
        why.subject = folder + ": " + why.subject;
        return why;
    }
    if (with.adapter.empty()) return made;
    auto set = detail::peft_lora_of(fs, with.adapter, made->model());
    if (!set) return set.error();
    if (auto ok = made->adapt(std::move(*set), c); !ok) return ok.error();
    return made;
}

#if GRAFT_JSON_COMPILED
extern template result<cross_encoder> load_cross_encoder(const posix_files&, const std::string&, context&,
                                                         const cross_encoder_params&);
#endif

} // namespace graft::inline GRAFT_ABI
