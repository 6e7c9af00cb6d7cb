// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Encoding does not change an embedder.
// says: an_embedder<mine>::needs__result_void_encode_of_texts_rows_context_const

#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"

using namespace graft;

/// Owns what cannot be copied, as a model does.
struct mine {
    mine()       = default;
    mine(mine&&) = default;
    std::size_t   dims() const { return 4; }
    std::uint64_t fingerprint() const { return 1; }
#ifdef REFUSED
    result<void> encode(std::span<const text_view>, matrix_view<float>, context&) { return done; }
#else
    result<void> encode(std::span<const text_view>, matrix_view<float>, context&) const { return done; }
#endif
};

int main() {
    mine          embed;
    toys::vectors nearest;
    auto          it = embed | index_into(nearest);
    (void)it;
}
