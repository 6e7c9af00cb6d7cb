// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 10: a stage of your own.
//
// Anything that can be called while const with one flow value is a stage: no base class, no tag. It may borrow its input, the context
// and itself. A lambda will do. `traced` wraps a pipeline and tells what every stage took.

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/flow/trace.hpp>
#include <graft/index/bm25.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace mine { // your namespace

/// One hit a document: the best.
struct one_a_document {
    static constexpr std::string_view name = "one_a_document"; // what a trace calls it

    const graft::chunk_store* chunks;

    graft::retrieved operator()(graft::retrieved f, graft::context& w) const {
        graft::arena_list<graft::hit> kept(w);
        for (const graft::hit& h : f.hits) {
            bool seen = false;
            for (const graft::hit& k : kept.items())
                seen = seen || chunks->document_of(k.id) == chunks->document_of(h.id);
            if (!seen) kept.push_back(h);
        }
        f.hits = kept.items();
        return f;
    }
};

} // namespace mine

using namespace graft::flow; // the words of pipelines: index_into, ingest, search, top, traced

int main() {
    const graft::corpus      docs   = graft::load_folder("examples/handbook").value();
    const graft::chunk_store chunks = graft::split_documents(docs, graft::markdown{}).value();
    graft::bm25              words;
    ingest(index_into(words))(chunks).value();

    const auto find  = search(words, 10) | mine::one_a_document{&chunks} | top(3);
    const auto count = search(words, 10) | [](const graft::retrieved& f) { return f.hits.size(); };
    std::printf("%zu chunks match, in these documents:\n", count("a year of unpaid leave, or thirty euros").value());
    const auto f = find("a year of unpaid leave, or thirty euros").value();
    for (const graft::hit& h : f.hits) std::printf("  %s\n", chunks.document_of(h.id)->name.c_str());

    auto tell = [](const graft::trace_event& e) {
        std::printf("%s: %s\n", std::string(e.stage).c_str(), e.ok ? "ok" : "failed");
    };
    graft::context w;
    (void)traced(find, tell)("leave", w);
}
