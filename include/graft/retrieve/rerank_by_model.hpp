// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/flow/stage.hpp>
#include <graft/flow/stage_of.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/reranker.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// How much a model reads of what a search gave, and how much it is trusted.
struct rerank_by_model_params {
    std::size_t k = 50; ///< hits that are read; the others follow in their order
    float       blend =
        1; ///< weight of the model beside the search, 0 to 1; both are stretched to [0, 1] over the hits that are read
};

/// The stage that lets a model read the first hits beside the question, and orders them by what it says. Made by `rerank`.
///
/// A model that was trained on questions like yours alone decides best; one from elsewhere may do harm, which a `blend` of .5 takes back
/// in part. Measure it. What the question's `support` was stays: a score is no probability that an answer is there.
/// Gives    what it was given. With a `blend` of 1 the scores of the hits that were read are the model's own. Those of the others lie
///          below, a step each.
/// Borrows  the chunk store, and the model, if it cannot be copied.
/// Costs    what the model takes for `k` pairs.
/// Fails    when the chunk store lacks a hit; `bad_argument` for a `blend` outside of 0 to 1; `not_finite` (row) for a score of search or model;
///          as the model
template <reranker Model, finds_chunks Store>
struct reranking_by_model {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "rerank";

    stored<Model>          model;
    const Store*           store;
    rerank_by_model_params with;

    [[nodiscard]] result<retrieved> operator()(retrieved f, context& c) const {
        if (!(with.blend >= 0 && with.blend <= 1)) return error{fault::bad_argument, unit::none, 0, "rerank: blend"};
        const std::size_t n = std::min(with.k, f.hits.size());
        if (n == 0) return f;
        const auto hits  = c.template take_raw<hit>(f.hits.size());
        const auto texts = c.template take_raw<text_view>(n);
        for (std::size_t i = 0; i < n; ++i) {
            const auto found = store->find(f.hits[i].id);
            if (!found) return found.error();
            texts[i] = found->text;
        }
        const auto scores = c.template take<float>(n);
        if (auto ok = model->score(f.asked.text, std::span<const text_view>(texts), scores, c); !ok) return ok.error();
        for (std::size_t i = 0; i < n; ++i)
            if (!is_finite(scores[i]) || !is_finite(f.hits[i].score))
                return error{fault::not_finite, unit::row, i, "rerank"};
        blended(f.hits.first(n), scores, hits);
        std::sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(n), better);
        for (std::size_t i = n; i < hits.size(); ++i) { // below, in their order
            const float last = hits[i - 1].score, below = std::nextafter(last, -std::numeric_limits<float>::infinity());
            hits[i] = {f.hits[i].id, std::min(last - 1, below)};
        }
        f.hits = hits;
        return f;
    }

private:
    void blended(std::span<const hit> from, std::span<const float> scores, std::span<hit> to) const {
        for (std::size_t i = 0; i < from.size(); ++i) to[i] = {from[i].id, scores[i]};
        if (with.blend == 1) return;
        const detail::min_max model_range(to.first(from.size())), search_range(from);
        const double          blend = static_cast<double>(with.blend);
        for (std::size_t i = 0; i < from.size(); ++i)
            to[i].score = static_cast<float>(blend * model_range(i, static_cast<double>(scores[i])) +
                                             (1 - blend) * search_range(i, static_cast<double>(from[i].score)));
    }
};

/// Lets a model read the first hits beside the question: `search(words) | rerank(model, store, {.k = 50}) | top(6) | …`. Any `reranker`
/// will do: a `cross_encoder`, or one of your own.
template <reranker Model, finds_chunks Store>
[[nodiscard]] constexpr auto rerank(const Model& model, const Store& store, rerank_by_model_params with = {}) {
    return reranking_by_model<Model, Store>{stored<Model>{model}, &store, with};
}
template <reranker Model, finds_chunks Store, class Why = typename a_temporary<Store>::would_dangle__give_it_a_name>
void rerank(const Model&, const Store&&, rerank_by_model_params = {}) = delete;
template <reranker Model, finds_chunks Store, class Why = typename a_temporary<Model>::would_dangle__give_it_a_name>
    requires(!std::copy_constructible<Model>)
void rerank(const Model&&, const Store&, rerank_by_model_params = {}) = delete;
/// What stands where a model should is none.
template <class Model, finds_chunks Store,
          class Why = typename a_reranker<Model>::needs__result_void_score_of_question_passages_scores_context_const>
    requires(!reranker<Model> && !finds_chunks<Model>)
void rerank(const Model&, const Store&, rerank_by_model_params = {}) = delete;

namespace flow {
using graft::rerank;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
