// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A reranker takes what was retrieved, and stands behind a search.
// says: stage_gives<.*embedded<.*query>.*>::but_the_next_takes<.*retrieved>

#include <graft/retrieve/rerank_by_model.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"

using namespace graft;

/// Scores all alike; owns what cannot be copied, as a model does.
struct judge {
    judge()        = default;
    judge(judge&&) = default;
    result<void> score(std::string_view, std::span<const text_view>, std::span<float>, context&) const { return done; }
};

int main() {
    toys::store   store("ab\n");
    toys::letters embed(4);
    toys::vectors nearest;
    judge         model;
    (void)nearest;
#ifdef REFUSED
    auto it = embed | rerank(model, store);
#else
    auto it = embed | search(nearest) | rerank(model, store);
#endif
    (void)it;
}
