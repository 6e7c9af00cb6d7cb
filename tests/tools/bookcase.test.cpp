// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What `ask` keeps in its index, from folder to generation and back: the parts of graft put together as a program does it.

#include "../../examples/support/bookcase.hpp"

#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/retrieve/threshold.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

using namespace tool;
namespace fs = std::filesystem;

namespace {

/// A folder of 40 small documents and an index beside it, in a place of its own.
struct room {
    fs::path at   = fs::temp_directory_path() / ("graft-bookcase-" + std::to_string(getpid()));
    fs::path docs = at / "docs", index = at / "index";

    room() {
        fs::remove_all(at);
        fs::create_directories(docs);
        for (int i = 0; i < 40; ++i) write(i, "");
    }
    ~room() { fs::remove_all(at); }

    void write(int i, const std::string& more) const {
        static const char* animals[] = {"badger", "heron", "lynx", "otter", "raven", "stoat", "trout", "viper"};
        static const char* places[]  = {"forest", "river", "meadow", "cliff", "marsh"};
        std::ofstream(docs / ("d" + std::to_string(i) + ".md"))
            << "# Note " << i << "\n\nThe " << animals[i % 8] << " lives in the " << places[i % 5] << " numbered "
            << 100 + i << ". Visitors see it at dawn.\n\n## Food\n\nIt eats berries and insects of the "
            << places[i % 5] << ". " << more << "\n";
    }
    bookcase built(std::size_t width = 1) {
        context c{threads(width)};
        return bookcase::build(docs, c).value();
    }
    void save(const bookcase& books) const {
        auto store = open_store(posix_files{}, index).value();
        (void)books.save(store).value();
    }
    bookcase reopened() const {
        auto store = open_store(posix_files{}, index).value();
        return bookcase::open(store).value();
    }
};

error failed(const std::string& folder) {
    context c;
    return bookcase::build(folder, c).error();
}
auto refreshed(bookcase& books) {
    context c;
    return books.refresh(c);
}
auto pipeline_over(const bookcase& books, std::size_t k = 6) {
    return hybrid(*books.embed | search(books.nearest), search(books.words)) | rerank(books.chunks) | threshold{} |
           prompt_from(books.chunks, {.sources = k}) | extractive{};
}
std::string asked(const bookcase& books, const std::string& question) {
    const auto  a = pipeline_over(books)(question).value();
    std::string out(a.text);
    for (const citation& c : a.citations)
        out += "\n" + std::string(c.name) + " " + std::to_string(c.begin) + " " + std::to_string(c.end) +
               (c.verified ? " v" : "");
    return out;
}

} // namespace

TEST_CASE("bookcase: what was saved answers as it did, to the byte, and a second save writes nothing new") {
    room       r;
    const auto books = r.built();
    r.save(books);
    const auto again = r.reopened();
    for (const char* q :
         {"Where does the otter live?", "What is eaten in the marsh numbered 104?", "Who won the cup?", ""})
        CHECK(asked(again, q) == asked(books, q));
    CHECK(asked(books, "Which animal lives in the meadow numbered 102?").find("d2.md") != std::string::npos);

    auto       store = open_store(posix_files{}, r.index).value();
    const auto files = static_cast<std::size_t>(std::distance(fs::directory_iterator(r.index), {}));
    (void)again.save(store).value();
    CHECK(static_cast<std::size_t>(std::distance(fs::directory_iterator(r.index), {})) <= files + 1);
}

TEST_CASE("bookcase: the same folder gives the same files, on 1, 2 and 4 threads") {
    room                                                          r;
    std::vector<std::vector<std::pair<std::string, std::string>>> seen;
    for (std::size_t width : {1u, 2u, 4u, 1u}) {
        fs::remove_all(r.index);
        r.save(r.built(width));
        auto& files = seen.emplace_back();
        for (const auto& f : fs::directory_iterator(r.index)) {
            std::ifstream in(f.path(), std::ios::binary);
            files.emplace_back(f.path().filename(), std::string(std::istreambuf_iterator<char>(in), {}));
        }
        std::sort(files.begin(), files.end());
        CHECK(files == seen.front());
    }
}

TEST_CASE("bookcase: a refresh embeds what is new, forgets what is gone from both indices, keeps ids of what stayed or "
          "moved") {
    room r;
    r.save(r.built());
    auto books = r.reopened();
    CHECK(!refreshed(books).value().any());
    const chunk_id stays = books.chunks.of(books.docs.find(std::string_view("d5.md"))->id)[0].id;
    const chunk_id goes  = books.chunks.of(books.docs.find(std::string_view("d7.md"))->id)[0].id;
    const chunk_id moves = books.chunks.of(books.docs.find(std::string_view("d9.md"))->id)[0].id;
    fs::remove(r.docs / "d7.md");
    fs::rename(r.docs / "d9.md", r.docs / "renamed.md");
    std::ofstream(r.docs / "new.md") << "# Whale\n\nThe whale lives in the deep ocean and sings.\n";
    r.write(3, "A wholly new sentence about mushrooms.");

    const auto seen = refreshed(books).value();
    CHECK(!seen.refitted);
    CHECK(seen.added == 2);   // the whale, and the section of d3.md that changed
    CHECK(seen.removed == 3); // two chunks of d7.md, the old section of d3.md
    CHECK(seen.moved == 2);
    CHECK(books.chunks.find(stays).has_value());
    CHECK(books.chunks.find(moves).value().id == moves);
    CHECK(books.chunks.document_of(moves)->name == "renamed.md");
    CHECK(books.chunks.find(goes).error().what == fault::unknown_id);
    CHECK(asked(books, "Where does the whale sing?").find("new.md") != std::string::npos);
    CHECK(asked(books, "a new sentence about mushrooms").find("d3.md") != std::string::npos);

    // no path to what is gone, in either index, and every hit of both is on the chunk store
    CHECK(books.words.size() == books.chunks.size());
    CHECK(books.nearest.size() == books.chunks.size());
    context w;
    for (const char* q :
         {"otter raven badger lynx stoat", "berries and insects of the marsh forest river meadow cliff"}) {
        w.reset();
        for (const hit& h : search(books.words, 1000)(query(q), w).value().hits)
            CHECK(books.chunks.find(h.id).has_value());
        for (const hit& h : (*books.embed | search(books.nearest, 1000))(q, w).value().hits)
            CHECK(books.chunks.find(h.id).has_value());
    }
    r.save(books);
    const auto again = r.reopened();
    for (const char* q : {"Where does the whale sing?", "Which animal lives in the meadow numbered 102?"})
        CHECK(asked(again, q) == asked(books, q));

    // the lexical index after changes is the one of a fresh build, score for score
    const auto fresh = r.built();
    context    v;
    const auto a = search(books.words, 50)(query("badger of the forest at dawn"), w).value();
    const auto b = search(fresh.words, 50)(query("badger of the forest at dawn"), v).value();
    REQUIRE(a.hits.size() == b.hits.size());
    for (std::size_t i = 0; i < a.hits.size(); ++i) CHECK(a.hits[i].score == b.hits[i].score);
}

TEST_CASE("bookcase: a shelf that was cut another way is cut anew, though no document changed") {
    room r;
    auto books = r.built();
    auto other = update(books.chunks, books.docs, markdown{.size = 12}).value();
    REQUIRE(!other.added.empty());
    REQUIRE(ingest(*books.embed | index_into(books.nearest), index_into(books.words))(other.view()).has_value());
    books.chunks    = std::move(other.after);
    const auto seen = books.refresh(sequential{}, r.quiet).value();
    CHECK(seen.any());
    CHECK(seen.added > 0);
    CHECK(books.chunks.recipe() == recipe_of(markdown{}, {}));
    CHECK(books.chunks.size() == r.built().chunks.size());
    CHECK(books.words.size() == books.chunks.size());
    CHECK(books.nearest.size() == books.chunks.size());
    CHECK(!books.refresh(sequential{}, r.quiet).value().any());
}

TEST_CASE("bookcase: metadata that changed, and text of the same size with its time put back, are seen and saved") {
    room r;
    std::ofstream(r.docs / "m.md") << "---\nteam: aaa\n---\nThe code is 1111 for the gate.\n";
    auto books = r.built();
    std::ofstream(r.docs / "m.md") << "---\nteam: bbb\n---\nThe code is 1111 for the gate.\n";
    auto seen = refreshed(books).value();
    CHECK(seen.any());
    CHECK(seen.added + seen.removed == 0);
    CHECK(books.docs.find(std::string_view("m.md"))->fields.text("team") == "bbb");
    const auto time = fs::last_write_time(r.docs / "m.md");
    std::ofstream(r.docs / "m.md") << "---\nteam: bbb\n---\nThe code is 2222 for the gate.\n";
    fs::last_write_time(r.docs / "m.md", time);
    CHECK(refreshed(books).value().any());
    CHECK(asked(books, "What is the code for the gate?").find("2222") != std::string::npos);
}

TEST_CASE("bookcase: an emptied folder, and one without documents, changes nothing, and can be filled again") {
    room r;
    auto books = r.built();
    r.save(books);
    const auto before = asked(books, "otter numbered 103");
    for (const auto& f : fs::directory_iterator(r.docs)) fs::remove(f.path());
    const auto still_there = [&] {
        CHECK(refreshed(books).error().what == fault::no_input);
        CHECK(books.docs.size() == 40);
        CHECK(books.words.size() == books.chunks.size());
        CHECK(books.nearest.size() == books.chunks.size());
        CHECK(asked(books, "otter numbered 103") == before);
    };
    still_there();
    std::ofstream(r.docs / "picture.png") << std::string("\x89PNG\0", 5);
    still_there();
    fs::remove_all(r.docs);
    CHECK(refreshed(books).error().what == fault::not_found);
    fs::create_directories(r.docs);
    r.write(3, "");
    CHECK(refreshed(books).value().removed == 78);
    CHECK(asked(books, "otter numbered 103").find("d3.md") != std::string::npos);
}

TEST_CASE("bookcase: once much has changed the embedder is fitted anew") {
    room r;
    auto books = r.built();
    for (int i = 40; i < 90; ++i) r.write(i, "");
    CHECK(refreshed(books).value().refitted);
    CHECK(books.nearest.made_by() == books.embed->fingerprint());
    CHECK(books.nearest.size() == books.chunks.size());
}

TEST_CASE("bookcase: a damaged, foreign or newer file is a typed error, and the generation before still opens") {
    room r;
    auto books = r.built();
    r.save(books);
    r.write(1, "Something else.");
    (void)refreshed(books).value();
    r.save(books);
    const auto            before = asked(r.reopened(), "Where does the otter live?");
    std::vector<fs::path> newest;
    for (const auto& f : fs::directory_iterator(r.index))
        if (f.path().string().find("0000000000000002") != std::string::npos) newest.push_back(f.path());
    REQUIRE(newest.size() >= 4);
    for (const auto& file : newest) {
        std::ifstream     in(file, std::ios::binary);
        const std::string whole(std::istreambuf_iterator<char>(in), {});
        in.close();
        const auto put = [&](const std::string& bytes) {
            std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
        };
        auto flipped              = whole;
        flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 16);
        for (const std::string& bad :
             {flipped, whole.substr(0, whole.size() / 2), std::string("something else entirely"), std::string()}) {
            put(bad);
            const auto refused = open_store(posix_files{}, r.index);
            REQUIRE(!refused);
            CHECK(is_damage(refused.error().what));
            CHECK(!refused.error().subject.empty());
            auto older = open_store(posix_files{}, r.index, generation_policy::newest_good);
            REQUIRE(older.has_value());
            CHECK(older->generation() == 1);
            CHECK(older->now().damaged().size() == 1);
            CHECK(bookcase::open(*older).has_value());
        }
        put(whole);
    }
    CHECK(asked(r.reopened(), "Where does the otter live?") == before);
}

TEST_CASE("bookcase: a full disk while saving is a typed error and the generation before stays") {
    room r;
    auto books = r.built();
    r.save(books);
    r.write(1, "Something else.");
    (void)refreshed(books).value();
    const auto old = std::signal(SIGXFSZ, SIG_IGN);
    rlimit     was{};
    getrlimit(RLIMIT_FSIZE, &was);
    const rlimit small{4096, was.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    {
        auto       store = open_store(posix_files{}, r.index).value();
        const auto saved = books.save(store);
        setrlimit(RLIMIT_FSIZE, &was);
        std::signal(SIGXFSZ, old);
        REQUIRE(!saved);
        CHECK((saved.error().what == fault::disk_full || saved.error().what == fault::write_failed));
    }
    auto store = open_store(posix_files{}, r.index).value();
    CHECK(store.generation() == 1);
    CHECK(bookcase::open(store).has_value());
    CHECK(books.save(store).value() >= 2); // and the next try succeeds
}

TEST_CASE("bookcase: folders and questions at the edges have defined answers") {
    room r;
    CHECK(failed(r.at / "nowhere").what == fault::not_found);
    fs::create_directories(r.at / "empty");
    CHECK(failed(r.at / "empty").what == fault::no_input);
    {
        fs::create_directories(r.at / "wordless");
        std::ofstream(r.at / "wordless" / "a.txt") << "...\n!!!\n";
        const auto books = bookcase::build(r.at / "wordless", context{}).value();
        CHECK(!books.embed);
        context w;
        CHECK(search(books.words)(query("anything"), w).value().hits.empty());
    }
    {
        fs::create_directories(r.at / "one");
        std::ofstream(r.at / "one" / "a.txt") << "A single short text about herons.";
        std::ofstream(r.at / "one" / "empty.txt");
        std::ofstream(r.at / "one" / "binary.bin") << std::string("\0\1\2herons", 9);
        const auto books = bookcase::build(r.at / "one", context{}).value();
        REQUIRE(books.embed);
        CHECK(asked(books, "herons").find("a.txt") != std::string::npos);
        CHECK(books.docs.reports().size() == 1);
        CHECK(books.docs.reports()[0].what == fault::not_text);
    }
    const auto  books = r.built();
    std::string huge;
    while (huge.size() < 1'000'000) huge += "Where does the otter of the river live? ";
    context w;
    for (const std::string& q : {std::string(), std::string("zzz qqq xyzzy"), std::string("\xff\xfe\xfd"),
                                 std::string(3, '\0'), huge.substr(0, 100'000)}) {
        w.reset();
        const auto a = (hybrid(*books.embed | search(books.nearest), search(books.words)) | rerank(books.chunks) |
                        threshold{} | prompt_from(books.chunks, {.budget = 1'000'000}) | extractive{})(q, w);
        REQUIRE(a.has_value());
        CHECK(a->answerable == (q.size() == 100'000));
    }
    w.reset();
    CHECK((hybrid(*books.embed | search(books.nearest), search(books.words)) | top(3))(huge, w).value().hits.size() ==
          3);
    // a question that alone passes the budget is refused, not cut
    w.reset();
    CHECK(pipeline_over(books)(huge, w).error().what == fault::too_large);
    CHECK(search(books.words, 0)(query("otter"), w).value().hits.empty());
    CHECK((*books.embed | search(books.nearest, 0))("otter", w).value().hits.empty());
    CHECK((*books.embed | search(books.nearest, 100000))("otter", w).value().hits.size() <= books.chunks.size());
    CHECK(!pipeline_over(books, 0)("Where does the otter live?", w).value().answerable);
}
