// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What 0.1 wrote is read by every later version, or refused by a sentence. tests/data/index_0_1 was written by 0.1 and is never
// written again: `index` by `ask` over examples/handbook, `parts` with hashed(16 dims, 64 buckets) and the flat
// index of its rows, `handbook.adapter` by save_file.

#include <graft/adapt/query_adapter.hpp>
#include <graft/embed/adapted.hpp>
#include <graft/embed/hashed.hpp>
#include <graft/knowledge/knowledge_base.hpp>
#include <graft/store/file.hpp>

#include <graft/index/flat.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

using namespace graft;
namespace fs = std::filesystem;

namespace {

const fs::path golden = fs::path(__FILE__).parent_path().parent_path() / "data" / "index_0_1";

knowledge_base<> as_saved(const fs::path& index) { return knowledge_base<>::read(index, {.refresh = false}).value(); }
std::string      asked(const knowledge_base<>& books, const std::string& question) {
    const auto  a = books.ask(question).value();
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
    const auto books = as_saved(golden / "index");
    CHECK(books.folder() == "handbook");
    CHECK(books.size() == 5);
    CHECK(books.chunks().size() == 8);
    CHECK(books.words().size() == 8);
    CHECK(books.vectors().size() == 8);
    CHECK(books.embedder()->dims() == 7);
    CHECK(asked(books, "How many days of paid leave do I have?") ==
          "Every employee has thirty days of paid leave a year. [1] Unused leave moves to March. [1]"
          "|leave.md:41-93|leave.md:94-122");
    CHECK(asked(books, "Who won the cup final?") == no_relevant_source);
}

TEST_CASE("an index of 0.1 is brought up to its folder, saved in the formats of today, and opened again") {
    auto          books = as_saved(golden / "index");
    const scratch here(books.documents());
    fs::copy(golden / "index", here.at / "index");
    {
        auto kept = knowledge_base<>::open((here.at / "index").string(), {.refresh = false}).value();
        kept.follow((here.at / "handbook").string());
        CHECK(kept.refresh().value() == knowledge_changes{.reused = 8, .documents = true});
        books = std::move(kept);
    }
    CHECK(open_snapshot(posix_files{}, (here.at / "index").string()).value().generation() == 2);
    const auto again = as_saved(here.at / "index");
    CHECK(again.folder() == (here.at / "handbook").string());
    CHECK(again.embedder()->fingerprint() == books.embedder()->fingerprint());
    for (const char* q : {"How many days of paid leave do I have?", "May I work from home?", "Who won the cup final?"})
        CHECK(asked(again, q) == asked(books, q));
}

TEST_CASE("the other parts and the adapter of 0.1 open too") {
    const auto books   = as_saved(golden / "index");
    const auto parts   = open_snapshot(posix_files{}, golden / "parts").value();
    const auto hashing = parts.read<hashed>("hashed").value();
    const auto exact   = parts.read<flat<cosine>>("flat").value();
    CHECK(hashing.dims() == 16);
    CHECK(exact.size() == 8);
    CHECK(exact.made_by() == hashing.fingerprint());
    context    w;
    const auto found = (hashing | search(exact))("paid leave", w).value();
    REQUIRE(!found.hits.empty());
    CHECK(books.chunks().document_of(found.hits[0].id)->name == "leave.md");

    auto adapter = load_file<query_adapter>(posix_files{}, golden / "handbook.adapter").value();
    CHECK(adapter.base == books.embedder()->fingerprint());
    CHECK(adapter.seed == 7);
    CHECK(adapter.update.B.row(0)[0] == .5f);
    const auto tuned = adapted<lsa>::make(*books.embedder(), std::move(adapter)).value();
    w.reset();
    CHECK(!(tuned | search(books.vectors()))("paid leave", w).value().hits.empty());
}
