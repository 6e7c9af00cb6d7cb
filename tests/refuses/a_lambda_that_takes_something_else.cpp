// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A lambda is a stage, and is held to what it takes.
// says: stage_gives<.*retrieved>::but_the_next_takes<.*prompt>

#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/schema/prompt.hpp>

#include "support/toys.hpp"

using namespace graft;

int main() {
    toys::store   store("ab\n");
    toys::letters embed(4);
    toys::vectors nearest;
    toys::lines   words;
    (void)store, (void)embed, (void)nearest, (void)words;
#ifdef REFUSED
    auto it = search(words) | [](const prompt& p) { return p; };
#else
    auto it = search(words) | [](const retrieved& f) { return f; };
#endif
    (void)it;
}
