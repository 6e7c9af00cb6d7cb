// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// tee takes sinks: stages with a draft.
// says: constraints? not satisfied|no matching function

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
    auto it = tee(embed | search(nearest));
#else
    auto it = tee(embed | into(nearest));
#endif
    (void)it;
}
