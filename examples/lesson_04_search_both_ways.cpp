// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 4: hybrid search.
//
// `hybrid(dense, lexical)` asks both and merges by a weighted mean of min-max scores. The weight is a property of the embedder
// (LSA .2, hashing .1, a trained encoder .5); `convex{.dense = …}` sets another, `rrf{}` merges by rank.

#include <graft/chunk/cut.hpp>
#include <graft/chunk/markdown.hpp>
#include <graft/core/tee.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/hnsw.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/text/folder.hpp>

#include <cstdio>

using namespace graft;

int main() {
    const corpus   docs  = load_folder("examples/handbook").value();
    const passages shelf = cut(docs, markdown{}).value();
    const lsa      embed = lsa::fit(shelf, {.dims = 6}).value();
    hnsw<cosine>   nearest{embed.dims()};
    bm25           words;
    tee(embed | into(nearest), into(words))(shelf).value(); // both learn, or none

    const auto show = [&](const char* how, const auto& find) {
        std::printf("%s\n", how);
        const auto f = pipe(find, top(3))("may I stay in a hotel at night").value();
        for (const hit& h : f.hits)
            std::printf("  %.3f  %s\n", static_cast<double>(h.score), shelf.document_of(h.id)->name.c_str());
    };
    const auto dense   = embed | search(nearest);
    const auto lexical = search(words);
    show("vectors", dense);
    show("words", lexical);
    show("both, the embedder's own weight", hybrid(dense, lexical));
    show("both, half and half", hybrid(dense, lexical, convex{.dense = .5f}));
    show("both, by rank", hybrid(dense, lexical, rrf{}));
}
