// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Pipelines are const when they run, so a stage that changes itself is refused.
// says: but_the_next_takes<.*nothing_its_call_operator_is_not_const>

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
    auto it = search(words) | [n = 0](const retrieved& f) mutable {
        ++n;
        return f;
    };
#else
    auto it = search(words) | [](const auto& f) { return f; };
#endif
    (void)it;
}
