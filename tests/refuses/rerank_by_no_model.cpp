// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What reads passages beside a question must be able to score them.
// says: a_reranker<(toys::)?letters>::needs__result_void_score_of_question_passages_scores_context_const

#include <graft/retrieve/rerank_by_model.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"

using namespace graft;

/// Scores all alike.
struct judge {
    result<void> score(std::string_view, std::span<const text_view>, std::span<float>, context&) const { return done; }
};

int main() {
    toys::store   store("ab\n");
    toys::letters embed(4);
    toys::lines   words;
    judge         model;
    (void)embed, (void)model;
#ifdef REFUSED
    auto it = search(words) | rerank(embed, store) | top(4);
#else
    auto it = search(words) | rerank(model, store) | top(4);
#endif
    (void)it;
}
