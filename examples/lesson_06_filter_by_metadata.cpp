// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 6: filters.
//
// A filter is a value built from fields; `select` asks it about every chunk once, and a search then tests one bit as it goes, so it
// still gives its k hits. Front matter of a Markdown file becomes such fields by itself.

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/index/bm25.hpp>
#include <graft/load/folder.hpp>
#include <graft/metadata/filter.hpp>
#include <graft/metadata/filter_text.hpp>
#include <graft/retrieve/narrow.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <cstdio>

using namespace graft;

int main() {
    const corpus      docs   = load_folder("examples/handbook").value();
    const chunk_store chunks = split_documents(docs, markdown{}).value();
    bm25              words;
    ingest(index_into(words))(chunks).value();

    const auto find = narrow(chunks) | search(words, 3);
    const auto show = [&](const char* how, const filter& only) {
        query q      = "days of leave and travel, a year";
        q.only       = &only;
        const auto f = find(q).value();
        std::printf("%s: %zu chunks allowed\n", how, matching(only, chunks).size());
        for (const hit& h : f.hits) std::printf("  %s\n", chunks.document_of(h.id)->name.c_str());
    };
    show("everything", filter{});
    show("the people team, since 2023", where("team") == "people" && where("year") >= 2023);
    show("not the people team", !(where("team") == "people"));
    show("from text", parse_filter("team == finance || year < 2022").value());

    const auto wrong = parse_filter("team = people");
    std::printf("a mistake names its byte: %s\n", describe(wrong.error()).c_str());
}
