// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 3: search by vectors, with no model file.
//
// `lsa` learns from the chunk store itself which words go together: latent semantic analysis, a truncated SVD. A text of unknown words
// becomes a zero row, which finds nothing and is no error. The index remembers which embedder made it and refuses another.

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/index/hnsw.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <cstdio>

using namespace graft::flow; // the words of pipelines: index_into, ingest, search

int main() {
    const graft::corpus        docs   = graft::load_folder("examples/handbook").value();
    const graft::chunk_store   chunks = graft::split_documents(docs, graft::markdown{}).value();
    const graft::lsa           embed  = graft::lsa::fit(chunks, {.dims = 6}).value();
    graft::hnsw<graft::cosine> nearest{embed.dims()};
    ingest(embed | index_into(nearest))(chunks).value();

    const auto find = embed | search(nearest, 2);
    for (const char* asked : {"unpaid leave for a father", "is the doctor open", "zzz"}) {
        const auto f = find(asked).value(); // without a context the result owns its memory
        std::printf("%s\n", asked);
        for (const graft::hit& h : f.hits) {
            const graft::chunk c = chunks.find(h.id).value();
            std::printf("  %.2f  %s: %.*s", static_cast<double>(h.score), chunks.document_by(c.document)->name.c_str(),
                        static_cast<int>(c.text.prefix.size()), c.text.prefix.data());
        }
    }

    // Too many directions for so little text is a typed error, and says how many there could be.
    const auto refused = graft::lsa::fit(chunks, {.dims = 500, .clamp = false});
    std::printf("500 dims: %s, at most %llu\n", name(refused.error().what).data(),
                static_cast<unsigned long long>(refused.error().where));
}
