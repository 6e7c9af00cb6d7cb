// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 2: search by words.
//
// An index learns through a sink: `into(words)` files what reaches it, `tee` commits all its sinks or none. `search(words)` is a stage
// that takes a question and gives what was found, best first, with the question and its support (score / highest possible score).

#include <graft/chunk/cut.hpp>
#include <graft/chunk/markdown.hpp>
#include <graft/core/tee.hpp>
#include <graft/index/bm25.hpp>
#include <graft/retrieve/reread.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/text/folder.hpp>

#include <cstdio>

using namespace graft;

int main() {
    const corpus   docs  = load_folder("examples/handbook").value();
    const passages shelf = cut(docs, markdown{}).value();
    bm25           words;
    tee(into(words))(shelf).value();

    const auto find = search(words, 3) | reread(shelf) | top(2);
    workspace  w; // an arena: after the first question of a size nothing is allocated
    for (const char* asked : {"How many days of paid leave?", "Which hotels may I book?", "quantum chromodynamics"}) {
        w.reset();
        const found f = find(asked, w).value();
        std::printf("%s  (support %.2f)\n", asked, static_cast<double>(f.support));
        for (const hit& h : f.hits) {
            const chunk c = shelf.find(h.id).value();
            std::printf("  %.3f  %s\n", static_cast<double>(h.score), shelf.document_by(c.document)->name.c_str());
        }
    }
}
