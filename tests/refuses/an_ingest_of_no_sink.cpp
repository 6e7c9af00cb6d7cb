// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// ingest takes sinks: stages with a draft.
// says: constraints? not satisfied|no matching function

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
    auto it = ingest(embed | search(nearest));
#else
    auto it = ingest(embed | index_into(nearest));
#endif
    (void)it;
}
