// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// An embedder that owns much must be named: the pipeline borrows it.
// says: a_temporary<(toys::)?letters>::would_dangle__give_it_a_name

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
    auto it = toys::letters(4) | search(nearest);
#else
    auto it = embed | search(nearest);
#endif
    (void)it;
}
