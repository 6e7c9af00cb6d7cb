// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// pipe refuses as | does.
// says: stage_gives<.*retrieved>::but_the_next_takes<.*query>

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
    auto it = pipe(top(6), search(words));
#else
    auto it = pipe(search(words), top(6));
#endif
    (void)it;
}
