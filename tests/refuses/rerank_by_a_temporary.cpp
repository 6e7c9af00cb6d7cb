// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A model that owns much must be named: the stage borrows it.
// says: a_temporary<judge>::would_dangle__give_it_a_name

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
    toys::store store("ab\n");
    toys::lines words;
    judge       model;
    (void)model;
#ifdef REFUSED
    auto it = search(words) | rerank(judge(), store);
#else
    auto it = search(words) | rerank(model, store);
#endif
    (void)it;
}
