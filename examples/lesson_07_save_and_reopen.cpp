// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 7: save, reopen, change.
//
// A knowledge base that is opened in a folder of its own is stored there, as generations: a commit writes checksummed files and one
// manifest, by rename, so it is all or nothing, and the generation before stays. Opened again, or refreshed, it reads the files that
// changed, and embeds the chunks that are new. Whoever asks meanwhile is answered from the generation before.

#include <graft/knowledge/knowledge_base.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace graft::flow; // the words of pipelines: search, top
namespace fs = std::filesystem;

int main() {
    const fs::path room = fs::temp_directory_path() / "graft-lesson-7", docs = room / "docs", index = room / "index";
    fs::remove_all(room);
    fs::create_directories(room);
    fs::copy("examples/handbook", docs);
    {
        const auto kb = graft::knowledge_base<>::open(index, {.folder = docs}).value();
        std::printf("saved generation %llu with %zu chunks\n", static_cast<unsigned long long>(kb.stored()),
                    kb.chunks().size());
    }
    auto kb = graft::knowledge_base<>::open(index).value(); // every checksum is verified here; no file is read again

    // The handbook of tomorrow: one document is new, one is gone.
    fs::remove(docs / "remote.md");
    std::ofstream(docs / "parking.md") << "# Parking\n\nThe garage opens at seven. A place costs ten euros a week.\n";
    const auto seen = kb.refresh().value();
    std::printf("plan: %zu added, %zu removed, %zu reused\n", seen.added, seen.removed, seen.reused);
    std::printf("saved generation %llu\n", static_cast<unsigned long long>(kb.stored()));

    const auto find = search(kb.words(), 1) | top(1);
    for (const char* asked : {"What does parking cost?", "Which days may be worked at home?"}) {
        const auto f = find(asked).value();
        std::printf("%s  %s\n", asked,
                    f.hits.empty() ? "nothing" : kb.chunks().document_of(f.hits[0].id)->name.c_str());
    }
    fs::remove_all(room);
}
