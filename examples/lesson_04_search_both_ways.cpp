// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 4: hybrid search.
//
// `hybrid(dense, lexical)` asks both and merges by a weighted mean of min-max scores. The weight is a property of the embedder
// (LSA .2, hashing .1, a trained encoder .5); `weighted_sum{.dense = …}` sets another, `rrf{}` merges by rank.

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/hnsw.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <cstdio>

using namespace graft::flow; // the words of pipelines: hybrid, index_into, ingest, pipe, rrf, search

int main() {
    const graft::corpus        docs   = graft::load_folder("examples/handbook").value();
    const graft::chunk_store   chunks = graft::split_documents(docs, graft::markdown{}).value();
    const graft::lsa           embed  = graft::lsa::fit(chunks, {.dims = 6}).value();
    graft::hnsw<graft::cosine> nearest{embed.dims()};
    graft::bm25                words;
    ingest(embed | index_into(nearest), index_into(words))(chunks).value(); // both learn, or none

    const auto show = [&](const char* how, const auto& find) {
        std::printf("%s\n", how);
        const auto f = pipe(find, top(3))("may I stay in a hotel at night").value();
        for (const graft::hit& h : f.hits)
            std::printf("  %.3f  %s\n", static_cast<double>(h.score), chunks.document_of(h.id)->name.c_str());
    };
    const auto dense   = embed | search(nearest);
    const auto lexical = search(words);
    show("vectors", dense);
    show("words", lexical);
    show("both, the embedder's own weight", hybrid(dense, lexical));
    show("both, half and half", hybrid(dense, lexical, weighted_sum{.dense = .5f}));
    show("both, by rank", hybrid(dense, lexical, rrf{}));
}
