// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What an embedder gives is no question any more.
// says: stage_gives<.*embedded<.*but_the_next_takes<.*query>

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
    auto it = embed | search(words);
#else
    auto it = embed | search(nearest);
#endif
    (void)it;
}
