// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What 0.1 wrote is read by every later version, or refused by a sentence. tests/data/index_0_1 was written by 0.1 and is never
// written again: `index` by the bookcase of `ask` over examples/handbook, `parts` with hashed(16 dims, 64 buckets) and the flat
// index of its rows, `handbook.adapter` by save_file.

#include "../../examples/support/bookcase.hpp"

#include <graft/adapt/query_adapter.hpp>
#include <graft/embed/adapted.hpp>
#include <graft/embed/hashed.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/index/flat.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/retrieve/threshold.hpp>
#include <graft/store/file.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

using namespace tool;
namespace fs = std::filesystem;

namespace {

const fs::path golden = fs::path(__FILE__).parent_path().parent_path() / "data" / "index_0_1";

std::string asked(const bookcase& books, const std::string& question) {
    const auto ask = hybrid(*books.embed | search(books.nearest), search(books.words)) | rerank(books.store) |
                     threshold{} | prompt_from(books.store, {.sources = 6}) | extractive{};
    const auto  a = ask(question).value();
    std::string out(a.text);
    for (const citation& c : a.citations)
        out += "|" + std::string(c.name) + ":" + std::to_string(c.begin) + "-" + std::to_string(c.end);
    return out;
}

/// A folder of its own with the documents that the golden index was made of.
struct scratch {
    fs::path at = fs::temp_directory_path() / ("graft-index-0-1-" + std::to_string(getpid()));
    explicit scratch(const corpus& docs) {
        fs::remove_all(at);
        fs::create_directories(at / "handbook");
        for (const document& d : docs) std::ofstream(at / "handbook" / d.name, std::ios::binary) << d.text;
    }
    ~scratch() { fs::remove_all(at); }
};

} // namespace

TEST_CASE("an index of 0.1 opens, searches and answers") {
    const auto books = bookcase::open(open_snapshot(posix_files{}, golden / "index").value()).value();
    CHECK(books.folder == "handbook");
    CHECK(books.docs.size() == 5);
    CHECK(books.store.size() == 8);
    CHECK(books.words.size() == 8);
    CHECK(books.nearest.size() == 8);
    CHECK(books.embed->dims() == 7);
    CHECK(asked(books, "How many days of paid leave do I have?") ==
          "Every employee has thirty days of paid leave a year. [1] Unused leave moves to March. [1]"
          "|leave.md:41-93|leave.md:94-122");
    CHECK(asked(books, "Who won the cup final?") == no_relevant_source);
}

TEST_CASE("an index of 0.1 is brought up to its folder, saved in the formats of today, and opened again") {
    quietly       quiet;
    auto          books = bookcase::open(open_snapshot(posix_files{}, golden / "index").value()).value();
    const scratch here(books.docs);
    books.folder    = (here.at / "handbook").string();
    const auto seen = books.refresh(sequential{}, quiet).value();
    CHECK(seen.added == 0);
    CHECK(seen.removed == 0);
    CHECK(seen.reused == 8);
    fs::copy(golden / "index", here.at / "index");
    {
        auto store = open_store(posix_files{}, (here.at / "index").string()).value();
        CHECK(books.save(store).value() == 2);
    }
    const auto again = bookcase::open(open_snapshot(posix_files{}, (here.at / "index").string()).value()).value();
    CHECK(again.embed->fingerprint() == books.embed->fingerprint());
    for (const char* q : {"How many days of paid leave do I have?", "May I work from home?", "Who won the cup final?"})
        CHECK(asked(again, q) == asked(books, q));
}

TEST_CASE("the other parts and the adapter of 0.1 open too") {
    const auto books   = bookcase::open(open_snapshot(posix_files{}, golden / "index").value()).value();
    const auto parts   = open_snapshot(posix_files{}, golden / "parts").value();
    const auto hashing = parts.read<hashed>("hashed").value();
    const auto exact   = parts.read<flat<cosine>>("flat").value();
    CHECK(hashing.dims() == 16);
    CHECK(exact.size() == 8);
    CHECK(exact.made_by() == hashing.fingerprint());
    context    w;
    const auto found = (hashing | search(exact))("paid leave", w).value();
    REQUIRE(!found.hits.empty());
    CHECK(books.store.document_of(found.hits[0].id)->name == "leave.md");

    auto adapter = load_file<query_adapter>(posix_files{}, golden / "handbook.adapter").value();
    CHECK(adapter.base == books.embed->fingerprint());
    CHECK(adapter.seed == 7);
    CHECK(adapter.update.B.row(0)[0] == .5f);
    const auto tuned = adapted<lsa>::make(*books.embed, std::move(adapter)).value();
    w.reset();
    CHECK(!(tuned | search(books.nearest))("paid leave", w).value().hits.empty());
}
