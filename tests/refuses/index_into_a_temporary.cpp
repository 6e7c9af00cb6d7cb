// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// An index must be named: the sink borrows it.
// says: a_temporary<(toys::)?lines>::would_dangle__give_it_a_name

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
    auto it = index_into(toys::lines{});
#else
    auto it = index_into(words);
#endif
    (void)it;
}
