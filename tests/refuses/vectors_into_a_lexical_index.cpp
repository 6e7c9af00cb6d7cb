// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A lexical index files chunks, not vectors.
// says: stage_gives<.*embedded<.*but_the_next_takes<

#include <graft/core/tee.hpp>
#include <graft/retrieve/search.hpp>

#include "support/toys.hpp"

using namespace graft;

int main() {
    toys::shelf   shelf("ab\n");
    toys::letters embed(4);
    toys::vectors nearest;
    toys::lines   words;
    (void)shelf, (void)embed, (void)nearest, (void)words;
#ifdef REFUSED
    auto it = embed | into(words);
#else
    auto it = embed | into(nearest);
#endif
    (void)it;
}
