// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A lambda is a stage, and is held to what it takes.
// says: stage_gives<.*found>::but_the_next_takes<.*prompt>

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
    auto it = search(words) | [](const prompt& p) { return p; };
#else
    auto it = search(words) | [](const found& f) { return f; };
#endif
    (void)it;
}
