// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A model that owns much must be named: the stage borrows it.
// says: a_temporary<writer>::would_dangle__give_it_a_name

#include <graft/retrieve/rewrite.hpp>
#include <graft/retrieve/search.hpp>

#include "support/toys.hpp"

using namespace graft;

/// Says nothing; owns what cannot be copied, as a model does.
struct writer {
    writer()         = default;
    writer(writer&&) = default;
    std::size_t        count(std::string_view) const { return 0; }
    result<completion> complete(const prompt&, const completion_options&, context&) const { return completion{}; }
};

int main() {
    toys::lines words;
    writer      model;
    (void)model;
#ifdef REFUSED
    auto it = rewrite(writer()) | search(words);
#else
    auto it = rewrite(model) | search(words);
#endif
    (void)it;
}
