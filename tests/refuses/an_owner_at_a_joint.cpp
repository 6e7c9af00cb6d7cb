// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What passes a joint must be a view: an owner would die before the next stage reads it.
// says: which_owns_memory_and_would_die_before_the_next_stage

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
    auto it = pipe([](const question&) { return std::string("x"); }, search(words));
#else
    auto it =
        pipe([](const question&, workspace& w) { return question(w.keep(std::string_view("x"))); }, search(words));
#endif
    (void)it;
}
