// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/stage.hpp>
#include <graft/reading/unit_worth.hpp>
#include <graft/retrieve/support.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/retrieved.hpp>
#include <graft/words/analysis.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// How much `rerank` reads.
struct rerank_params {
    std::size_t   hits    = 16;  ///< that are read; the others follow in their order
    float         trust   = .5f; ///< weight of a hit's score, relative to the best one's, beside its best sentence
    support_model support = {};
};

/// The stage that reads the first hits beside the question: it puts those first whose best sentence, item or row answers best
/// (`unit_worth`), and says how probable it is that the answer is among them (`support_model`). Made by `rerank`.
///
/// An index weighs words; this sees sentences, headings, lists and definitions. It serves every search: words, vectors or both, in
/// any language. `threshold` behind it decides what is shown. The support of a question says whether the passages speak of
/// what is asked, not whether the answer drawn from them is right; what is meant is a question that is as likely to have an
/// answer here as not. A support that an earlier stage set stays, as a re-ranker that knows better may set it.
/// Gives    what it was given, with `support` set; 0 where nothing was found. The scores of the hits that were read are the
///          worth of their best unit and `trust` times their share of the best score; those of the others lie below.
/// Borrows  the chunk store.
/// Costs    one pass and one analysis of each chunk that is read.
/// Fails    when the chunk store lacks a hit.
template <finds_chunks Store, class Analyser = analyzer>
struct reranking {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "rerank";

    const Store*  store;
    rerank_params with;
    Analyser      analyse;

    [[nodiscard]] result<retrieved> operator()(retrieved f, context& w) const {
        support_evidence e;
        auto             read = order(f, e, w);
        if (!read) return read.error();
        if (f.asked.support < 0) f.asked.support = f.hits.empty() ? 0.f : static_cast<float>(with.support(e));
        f.hits = *read;
        return f;
    }

    /// What the model of support is asked about a question.
    [[nodiscard]] result<support_evidence> evidence(const retrieved& f, context& w) const {
        support_evidence e;
        if (auto read = order(f, e, w); !read) return read.error();
        return e;
    }

private:
    [[nodiscard]] result<std::span<const hit>> order(const retrieved& f, support_evidence& e, context& w) const {
        detail::unit_worth worth(f.asked.text, f.asked.terms, f.asked.respelled, analyse, w);
        const std::size_t  n    = std::min(with.hits, f.hits.size());
        auto               hits = w.take<hit>(f.hits.size());
        e.content               = worth.asked().content();
        e.lexical               = static_cast<double>(f.asked.lexical);
        e.nearest               = static_cast<double>(f.asked.nearest);
        if constexpr (requires { store->size(); }) e.chunks = static_cast<double>(store->size());
        const double top = n > 0 && f.hits[0].score > 0 ? static_cast<double>(f.hits[0].score) : 1.;
        for (std::size_t i = 0; i < n; ++i) {
            const auto c = store->find(f.hits[i].id);
            if (!c) return c.error();
            double best = 0;
            worth.read(*c, w, [&](const detail::weighed_unit& u) {
                if ((u.whole || u.named) && u.reached) best = std::max(best, u.worth);
            });
            if (i < 5) e.share = std::max(e.share, worth.share_of(*c));
            e.unit  = std::max(e.unit, std::min(best, 1.));
            hits[i] = {f.hits[i].id,
                       static_cast<float>(best + static_cast<double>(with.trust) *
                                                     std::max(0., static_cast<double>(f.hits[i].score) / top))};
        }
        std::sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(n), better);
        const float last = n > 0 ? hits[n - 1].score : 1;
        for (std::size_t i = n; i < hits.size(); ++i) // below, in their order
            hits[i] = {f.hits[i].id, last * static_cast<float>(n) / static_cast<float>(i + 1)};
        return std::span<const hit>(hits);
    }
};

/// Reads the first hits beside the question: `hybrid(…) | rerank(store) | threshold{} | top(6) | …`.
template <finds_chunks Store, class Analyser = analyzer>
[[nodiscard]] constexpr auto rerank(const Store& store, rerank_params with = {}, Analyser analyse = {}) {
    return reranking<Store, Analyser>{&store, with, std::move(analyse)};
}
template <finds_chunks Store, class Analyser = analyzer,
          class Why = typename a_temporary<Store>::would_dangle__give_it_a_name>
void rerank(const Store&&, rerank_params = {}, Analyser = {}) = delete;

namespace flow {
using graft::rerank;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
