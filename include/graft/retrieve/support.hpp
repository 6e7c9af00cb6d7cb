// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/core/roles.hpp>
#include <graft/text/asked_words.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace graft::inline v0_1 {

/// What speaks for an answer being among the hits of a question.
struct support_evidence {
    double share =
        0; ///< of the question's weight that one hit holds, title and headings included: the largest (`asked_words`)
    double content = 0;  ///< the weight of the question's words that say something
    double lexical = -1; ///< best lexical score / its upper bound; < 0: not known
    double chunks  = 0;  ///< that were searched; 0: not known
};

/// How evidence becomes a probability: a logistic regression.
///
/// The share of the question that one passage holds decides alone in a small folder. The lexical score knows how rare each word
/// is among the chunks, which says nothing where there are five and much where there are a thousand: it counts with
/// n / (n + half) of its weight, and not at all where it is `neutral`.
/// Source   fitted on own and foreign questions of XQuAD en and de, articles 1 to 24, as folders and as single paragraphs, and of
///          half of SQuAD with the article in and out of the collection; benchmarks/README.md has the figures elsewhere.
struct support_model {
    double constant = -8.75;
    double share    = 19.1;
    double content  = .93; ///< of log(1 + content)
    double lexical  = 40;
    double neutral  = .35;
    double half     = 500; ///< chunks

    /// The probability, 0 to 1, that the hits answer the question, where as many questions can be answered as cannot.
    [[nodiscard]] double operator()(const support_evidence& e) const noexcept {
        double z = constant + share * e.share + content * std::log1p(e.content);
        if (e.lexical >= 0 && e.chunks > 0) z += lexical * (e.lexical - neutral) * e.chunks / (e.chunks + half);
        return 1 / (1 + std::exp(-z));
    }
};

/// The stage that says how probable it is that the answer is among the hits. Made by `support`.
///
/// It reads the first hits beside the question, so it serves every search: words, vectors or both, in any language. `threshold`
/// behind it decides what is shown. What is meant is a question that is as likely to have an answer here as not; the figure says
/// whether the passages speak of what is asked, not whether the answer drawn from them is right.
/// Gives    what it was given, with `support` set; 0 where nothing was found. A support that an earlier stage set, as a re-ranker
///          that knows better may, stays.
/// Borrows  the shelf.
/// Costs    one analysis of the first `hits` chunks.
/// Fails    when the shelf lacks a hit.
template <passage_source Shelf>
struct supporting {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "support";

    const Shelf*  shelf;
    std::size_t   hits;
    support_model model;

    [[nodiscard]] result<found> operator()(found f, workspace& w) const {
        if (f.support >= 0) return f;
        const auto e = evidence(f, w);
        if (!e) return e.error();
        f.support = f.hits.empty() ? 0.f : static_cast<float>(model(*e));
        return f;
    }

    /// What the model is asked.
    [[nodiscard]] result<support_evidence> evidence(const found& f, workspace& w) const {
        const asked_words asked(f.asked.text, w);
        support_evidence  e{.content = asked.content(), .lexical = static_cast<double>(f.lexical)};
        if constexpr (requires { shelf->size(); }) e.chunks = static_cast<double>(shelf->size());
        auto seen = asked.begin(w);
        for (const hit& h : f.hits.first(std::min(hits, f.hits.size()))) {
            const auto c = shelf->find(h.id);
            if (!c) return c.error();
            asked.clear(seen);
            asked.look(c->text.prefix, seen);
            asked.look(c->text.body, seen);
            e.share = std::max(e.share, asked.share(seen));
        }
        return e;
    }
};

/// Says how well the hits support an answer: `hybrid(…) | support(shelf) | threshold{} | …`.
template <passage_source Shelf>
[[nodiscard]] constexpr auto support(const Shelf& shelf, support_model model = {}, std::size_t hits = 8) {
    return supporting<Shelf>{&shelf, hits, model};
}
template <passage_source Shelf, class Why = typename a_temporary<Shelf>::would_dangle__give_it_a_name>
void support(const Shelf&&, support_model = {}, std::size_t = 0) = delete;

} // namespace graft::inline v0_1
