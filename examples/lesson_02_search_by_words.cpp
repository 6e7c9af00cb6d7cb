// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 2: search by words.
//
// An index learns through a sink: `index_into(words)` files what reaches it, `ingest` commits all its sinks or none. `search(words)` is a stage
// that takes a question and gives what was found, best first, with the question and its support (score / highest possible score).

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/index/bm25.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <cstdio>

using namespace graft::flow; // the words of pipelines: index_into, ingest, rerank, search, top

int main() {
    const graft::corpus      docs   = graft::load_folder("examples/handbook").value();
    const graft::chunk_store chunks = graft::split_documents(docs, graft::markdown{}).value();
    graft::bm25              words;
    ingest(index_into(words))(chunks).value();

    const auto     find = search(words, 3) | rerank(chunks) | top(2);
    graft::context w; // an arena: after the first question of a size nothing is allocated
    for (const char* asked : {"How many days of paid leave?", "Which hotels may I book?", "quantum chromodynamics"}) {
        w.reset();
        const graft::retrieved f = find(asked, w).value();
        std::printf("%s  (support %.2f)\n", asked, static_cast<double>(f.asked.support));
        for (const graft::hit& h : f.hits) {
            const graft::chunk c = chunks.find(h.id).value();
            std::printf("  %.3f  %s\n", static_cast<double>(h.score), chunks.document_by(c.document)->name.c_str());
        }
    }
}
