// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// An embedder says which one it is: a fingerprint that changes when its vectors would.
// says: an_embedder<mine>::needs__uint64_t_fingerprint_const

#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"

using namespace graft;

/// Owns what cannot be copied, as a model does.
struct mine {
    mine()       = default;
    mine(mine&&) = default;
    std::size_t  dims() const { return 4; }
    result<void> encode(std::span<const text_view>, matrix_view<float>, context&) const { return done; }
#ifndef REFUSED
    std::uint64_t fingerprint() const { return 1; }
#endif
};

int main() {
    mine          embed;
    toys::vectors nearest;
    auto          it = embed | search(nearest);
    (void)it;
}
