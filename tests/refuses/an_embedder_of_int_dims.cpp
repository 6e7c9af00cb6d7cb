// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// The dims of an embedder are a size.
// says: an_embedder<mine>::needs__size_t_dims_const

#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"

using namespace graft;

/// Owns what cannot be copied, as a model does.
struct mine {
    mine()       = default;
    mine(mine&&) = default;
#ifdef REFUSED
    int dims() const { return 4; }
#else
    std::size_t dims() const { return 4; }
#endif
    std::uint64_t fingerprint() const { return 1; }
    result<void>  encode(std::span<const text_view>, matrix_view<float>, context&) const { return done; }
};

int main() {
    mine          embed;
    toys::vectors nearest;
    auto          it = pipe(embed, search(nearest));
    (void)it;
}
