// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What passes a joint must be a view: an owner would die before the next stage reads it.
// says: which_owns_memory_and_would_die_before_the_next_stage

#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"

using namespace graft;

int main() {
    toys::store   store("ab\n");
    toys::letters embed(4);
    toys::vectors nearest;
    toys::lines   words;
    (void)store, (void)embed, (void)nearest, (void)words;
#ifdef REFUSED
    auto it = pipe([](const query&) { return std::string("x"); }, search(words));
#else
    auto it = pipe([](const query&, context& w) { return query(w.keep(std::string_view("x"))); }, search(words));
#endif
    (void)it;
}
