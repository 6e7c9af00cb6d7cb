// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A chunk is looked up by its own id, not by that of its document.
// says (g++): cannot convert .*document_id.* to .*chunk_id
// says (clang++): cannot initialize a parameter of type .*chunk_id.* with an lvalue of type .*document_id

#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"

using namespace graft;

int main() {
    toys::store store("ab\n");
    const chunk c = store.all()[0];
#ifdef REFUSED
    auto it = store.find(c.document);
#else
    auto it = store.find(c.id);
#endif
    (void)it;
}
