// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 7: save, reopen, change.
//
// A store is a folder of generations: a commit writes checksummed files and one manifest, by rename, so it is all or nothing, and the
// generation before stays. A change is a plan first: `update` says which chunks are new, gone, reused; then all sinks learn it.

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/index/bm25.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/store/posix.hpp>
#include <graft/store/store.hpp>

#include <cstdio>
#include <filesystem>

using namespace graft;

int main() {
    const auto folder = (std::filesystem::temp_directory_path() / "graft-lesson-7").string();
    std::filesystem::remove_all(folder);
    {
        const corpus      docs   = load_folder("examples/handbook").value();
        const chunk_store chunks = split_documents(docs, markdown{}).value();
        bm25              words;
        ingest(index_into(words))(chunks).value();
        auto store = open_store(posix_files{}, folder).value();
        auto next  = store.begin();
        next.put("text", docs).put("passages", chunks).put("words", words);
        std::printf("saved generation %llu with %zu chunks\n", static_cast<unsigned long long>(next.commit().value()),
                    chunks.size());
    }
    auto store  = open_store(posix_files{}, folder).value(); // every checksum is verified here
    auto docs   = store.read<corpus>("text").value();
    auto chunks = store.read<chunk_store>("passages", docs).value();
    auto words  = store.read<bm25>("words").value();

    corpus now; // the handbook of tomorrow: one document is new, one is gone, the others are shared
    for (const auto& d : docs.documents())
        if (d->name != "remote.md") now.share(d).value();
    now.add({.name = "parking.md", .text = "# Parking\n\nThe garage opens at seven. A place costs ten euros a week.\n"})
        .value();

    const chunk_changes plan = update(chunks, now, markdown{}).value();
    std::printf("plan: %zu added, %zu removed, %zu reused\n", plan.added.size(), plan.removed.size(), plan.reused);
    ingest(index_into(words))(plan.view()).value();
    auto next = store.begin();
    next.put("text", now).put("passages", plan.after).put("words", words);
    std::printf("saved generation %llu\n", static_cast<unsigned long long>(next.commit().value()));

    const auto find = search(words, 1) | top(1);
    for (const char* asked : {"What does parking cost?", "Which days may be worked at home?"}) {
        const auto f = find(asked).value();
        std::printf("%s  %s\n", asked, f.hits.empty() ? "nothing" : plan.after.document_of(f.hits[0].id)->name.c_str());
    }
    std::filesystem::remove_all(folder);
}
