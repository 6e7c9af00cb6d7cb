// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A question is rewritten before it is searched, not after.
// says: stage_gives<.*retrieved>::but_the_next_takes<.*query>

#include <graft/retrieve/rewrite.hpp>
#include <graft/retrieve/search.hpp>

#include "support/toys.hpp"

using namespace graft;

/// Says nothing.
struct writer {
    std::size_t        count(std::string_view) const { return 0; }
    result<completion> complete(const prompt&, const completion_options&, context&) const { return completion{}; }
};

int main() {
    toys::lines words;
#ifdef REFUSED
    auto it = search(words) | rewrite(writer());
#else
    auto it = rewrite(writer()) | search(words);
#endif
    (void)it;
}
