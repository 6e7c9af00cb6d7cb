// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A knowledge base over a folder of a real disk, from documents to generation and back.

#include <graft/knowledge/knowledge_base.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

using namespace graft;
namespace fs = std::filesystem;

namespace {

/// A folder of 40 small documents and an index beside it, in a place of its own.
struct room {
    fs::path at   = fs::temp_directory_path() / ("graft-knowledge-" + std::to_string(getpid()));
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
    knowledge_base<> built() const { return knowledge_base<>::make({.folder = docs}).value(); }
    knowledge_base<> stored(std::size_t width = 1) const {
        return knowledge_base<>::open(index, {.folder = docs}, context(threads(width))).value();
    }
    /// As it was saved.
    result<knowledge_base<>> saved(generation_policy policy = generation_policy::newest) const {
        return knowledge_base<>::open(index, {.generation = policy, .refresh = false});
    }
};

error failed(const std::string& folder) { return knowledge_base<>::make({.folder = folder}).error(); }
auto  pipeline_over(const knowledge_base<>& books, std::size_t k = 6) {
    return books.retrieve() | threshold{} | prompt_from(books.chunks(), {.sources = k}) | extractive{};
}
std::string asked(const knowledge_base<>& books, const std::string& question) {
    const auto  a = books.ask(question).value();
    std::string out(a.text);
    for (const citation& c : a.citations)
        out += "\n" + std::string(c.name) + " " + std::to_string(c.begin) + " " + std::to_string(c.end) +
               (c.verified ? " v" : "");
    return out;
}

} // namespace

TEST_CASE("what was saved answers as it did, to the byte, and a second save writes nothing new") {
    room        r;
    std::string before, where;
    const auto  files       = [&] { return std::distance(fs::directory_iterator(r.index), {}); };
    const char* questions[] = {"Where does the otter live?", "What is eaten in the marsh numbered 104?",
                               "Who won the cup?", ""};
    {
        const auto books = r.stored();
        for (const char* q : questions) before += asked(books, q);
        where = asked(books, "Which animal lives in the meadow numbered 102?");
    }
    CHECK(where.find("d2.md") != std::string::npos);
    const auto  n     = files();
    auto        again = r.stored();
    std::string after;
    for (const char* q : questions) after += asked(again, q);
    CHECK(after == before);
    CHECK(!again.refresh().value().any());
    CHECK(files() == n);
}

TEST_CASE("the same folder gives the same files, on 1, 2 and 4 threads") {
    room                                                          r;
    std::vector<std::vector<std::pair<std::string, std::string>>> seen;
    for (std::size_t width : {1u, 2u, 4u, 1u}) {
        fs::remove_all(r.index);
        (void)r.stored(width);
        auto& files = seen.emplace_back();
        for (const auto& f : fs::directory_iterator(r.index)) {
            std::ifstream in(f.path(), std::ios::binary);
            files.emplace_back(f.path().filename(), std::string(std::istreambuf_iterator<char>(in), {}));
        }
        std::sort(files.begin(), files.end());
        CHECK(files == seen.front());
    }
}

TEST_CASE("a refresh embeds what is new, forgets what is gone from both indices, keeps ids of what stayed or "
          "moved") {
    room r;
    auto books = r.stored();
    CHECK(!books.refresh().value().any());
    const chunk_id stays = books.chunks().of(books.documents().find(std::string_view("d5.md"))->id)[0].id;
    const chunk_id goes  = books.chunks().of(books.documents().find(std::string_view("d7.md"))->id)[0].id;
    const chunk_id moves = books.chunks().of(books.documents().find(std::string_view("d9.md"))->id)[0].id;
    fs::remove(r.docs / "d7.md");
    fs::rename(r.docs / "d9.md", r.docs / "renamed.md");
    std::ofstream(r.docs / "new.md") << "# Whale\n\nThe whale lives in the deep ocean and sings.\n";
    r.write(3, "A wholly new sentence about mushrooms.");

    const auto seen = books.refresh().value();
    CHECK(!seen.refitted);
    CHECK(seen.added == 2);   // the whale, and the section of d3.md that changed
    CHECK(seen.removed == 3); // two chunks of d7.md, the old section of d3.md
    CHECK(seen.moved == 2);
    CHECK(books.chunks().find(stays).has_value());
    CHECK(books.chunks().find(moves).value().id == moves);
    CHECK(books.chunks().document_of(moves)->name == "renamed.md");
    CHECK(books.chunks().find(goes).error().what == fault::unknown_id);
    CHECK(asked(books, "Where does the whale sing?").find("new.md") != std::string::npos);
    CHECK(asked(books, "a new sentence about mushrooms").find("d3.md") != std::string::npos);

    // no path to what is gone, in either index, and every hit of both is on the chunk store
    CHECK(books.words().size() == books.chunks().size());
    CHECK(books.vectors().size() == books.chunks().size());
    context w;
    for (const char* q :
         {"otter raven badger lynx stoat", "berries and insects of the marsh forest river meadow cliff"}) {
        w.reset();
        for (const hit& h : search(books.words(), 1000)(query(q), w).value().hits)
            CHECK(books.chunks().find(h.id).has_value());
        for (const hit& h : (*books.embedder() | search(books.vectors(), 1000))(q, w).value().hits)
            CHECK(books.chunks().find(h.id).has_value());
    }
    std::string now;
    for (const char* q : {"Where does the whale sing?", "Which animal lives in the meadow numbered 102?"})
        now += asked(books, q);

    // the lexical index after changes is the one of a fresh build, score for score
    const auto fresh = r.built();
    context    v;
    const auto a = search(books.words(), 50)(query("badger of the forest at dawn"), w).value();
    const auto b = search(fresh.words(), 50)(query("badger of the forest at dawn"), v).value();
    REQUIRE(a.hits.size() == b.hits.size());
    for (std::size_t i = 0; i < a.hits.size(); ++i) CHECK(a.hits[i].score == b.hits[i].score);

    books             = r.built(); // gives the index back
    const auto  again = r.saved().value();
    std::string then;
    for (const char* q : {"Where does the whale sing?", "Which animal lives in the meadow numbered 102?"})
        then += asked(again, q);
    CHECK(then == now);
}

TEST_CASE("a chunk store that was cut another way is cut anew, though no document changed") {
    room r;
    (void)knowledge_base<>::open(r.index, {.folder = r.docs, .chunker = {.size = 12}}).value();
    auto books = r.saved().value();
    CHECK(books.chunks().size() > r.built().chunks().size());
    const auto seen = books.refresh().value();
    CHECK(seen.any());
    CHECK(seen.added > 0);
    CHECK(books.chunks().recipe() == recipe_of(markdown{}, {}));
    CHECK(books.chunks().size() == r.built().chunks().size());
    CHECK(books.words().size() == books.chunks().size());
    CHECK(books.vectors().size() == books.chunks().size());
    CHECK(!books.refresh().value().any());
}

TEST_CASE("metadata that changed, and text of the same size with its time put back, are seen and saved") {
    room r;
    std::ofstream(r.docs / "m.md") << "---\nteam: aaa\n---\nThe code is 1111 for the gate.\n";
    auto books = r.built();
    std::ofstream(r.docs / "m.md") << "---\nteam: bbb\n---\nThe code is 1111 for the gate.\n";
    auto seen = books.refresh().value();
    CHECK(seen.any());
    CHECK(seen.added + seen.removed == 0);
    CHECK(books.documents().find(std::string_view("m.md"))->fields.text("team") == "bbb");
    const auto time = fs::last_write_time(r.docs / "m.md");
    std::ofstream(r.docs / "m.md") << "---\nteam: bbb\n---\nThe code is 2222 for the gate.\n";
    fs::last_write_time(r.docs / "m.md", time);
    CHECK(books.refresh().value().any());
    CHECK(asked(books, "What is the code for the gate?").find("2222") != std::string::npos);
}

TEST_CASE("an emptied folder, and one without documents, changes nothing, and can be filled again") {
    room       r;
    auto       books  = r.stored();
    const auto before = asked(books, "otter numbered 103");
    for (const auto& f : fs::directory_iterator(r.docs)) fs::remove(f.path());
    const auto still_there = [&] {
        CHECK(books.refresh().error().what == fault::no_input);
        CHECK(books.size() == 40);
        CHECK(books.words().size() == books.chunks().size());
        CHECK(books.vectors().size() == books.chunks().size());
        CHECK(asked(books, "otter numbered 103") == before);
    };
    still_there();
    std::ofstream(r.docs / "picture.png") << std::string("\x89PNG\0", 5);
    still_there();
    fs::remove_all(r.docs);
    CHECK(books.refresh().error().what == fault::not_found);
    fs::create_directories(r.docs);
    r.write(3, "");
    CHECK(books.refresh().value().removed == 78);
    CHECK(asked(books, "otter numbered 103").find("d3.md") != std::string::npos);
}

TEST_CASE("once much has changed the embedder is fitted anew") {
    room r;
    auto books = r.built();
    for (int i = 40; i < 90; ++i) r.write(i, "");
    CHECK(books.refresh().value().refitted);
    CHECK(books.vectors().made_by() == books.embedder()->fingerprint());
    CHECK(books.vectors().size() == books.chunks().size());
}

TEST_CASE("a damaged, foreign or newer file is a typed error, and the generation before still opens") {
    room r;
    {
        auto books = r.stored();
        r.write(1, "Something else.");
        (void)books.refresh().value();
    }
    const auto            before = asked(r.saved().value(), "Where does the otter live?");
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
            const auto refused = r.saved();
            REQUIRE(!refused);
            CHECK(is_damage(refused.error().what));
            CHECK(!refused.error().subject.empty());
            CHECK(open_store(posix_files{}, r.index, generation_policy::newest_good).value().generation() == 1);
            const auto older = r.saved(generation_policy::newest_good);
            REQUIRE(older.has_value());
            CHECK(older->damaged().size() == 1);
        }
        put(whole);
    }
    CHECK(asked(r.saved().value(), "Where does the otter live?") == before);
}

TEST_CASE("a full disk while saving is a typed error and the generation before stays") {
    room       r;
    auto       books  = r.stored();
    const auto before = asked(books, "Where does the otter live?");
    r.write(1, "Something else.");
    const auto old = std::signal(SIGXFSZ, SIG_IGN);
    rlimit     was{};
    getrlimit(RLIMIT_FSIZE, &was);
    const rlimit small{4096, was.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const auto saved = books.refresh();
    setrlimit(RLIMIT_FSIZE, &was);
    std::signal(SIGXFSZ, old);
    REQUIRE(!saved);
    CHECK((saved.error().what == fault::disk_full || saved.error().what == fault::write_failed));
    CHECK(asked(books, "Where does the otter live?") == before);
    CHECK(open_snapshot(posix_files{}, r.index).value().generation() == 1);
    CHECK(knowledge_base<>::read(r.index, {.refresh = false}).has_value());
    CHECK(books.refresh().value().any()); // and the next try succeeds
    CHECK(open_snapshot(posix_files{}, r.index).value().generation() >= 2);
}

TEST_CASE("folders and questions at the edges have defined answers") {
    room r;
    CHECK(failed(r.at / "nowhere").what == fault::not_found);
    fs::create_directories(r.at / "empty");
    CHECK(failed(r.at / "empty").what == fault::no_input);
    {
        fs::create_directories(r.at / "wordless");
        std::ofstream(r.at / "wordless" / "a.txt") << "...\n!!!\n";
        const auto books = knowledge_base<>::make({.folder = r.at / "wordless"}).value();
        CHECK(books.embedder() == nullptr);
        context w;
        CHECK(search(books.words())(query("anything"), w).value().hits.empty());
    }
    {
        fs::create_directories(r.at / "one");
        std::ofstream(r.at / "one" / "a.txt") << "A single short text about herons.";
        std::ofstream(r.at / "one" / "empty.txt");
        std::ofstream(r.at / "one" / "binary.bin") << std::string("\0\1\2herons", 9);
        const auto books = knowledge_base<>::make({.folder = r.at / "one"}).value();
        REQUIRE(books.embedder() != nullptr);
        CHECK(asked(books, "herons").find("a.txt") != std::string::npos);
        CHECK(books.report().size() == 1);
        CHECK(books.report()[0].what == fault::not_text);
    }
    const auto  books = r.built();
    std::string huge;
    while (huge.size() < 1'000'000) huge += "Where does the otter of the river live? ";
    context w;
    for (const std::string& q : {std::string(), std::string("zzz qqq xyzzy"), std::string("\xff\xfe\xfd"),
                                 std::string(3, '\0'), huge.substr(0, 100'000)}) {
        w.reset();
        const auto a =
            (hybrid(*books.embedder() | search(books.vectors()), search(books.words())) | rerank(books.chunks()) |
             threshold{} | prompt_from(books.chunks(), {.budget = 1'000'000}) | extractive{})(q, w);
        REQUIRE(a.has_value());
        CHECK(a->answerable == (q.size() == 100'000));
    }
    w.reset();
    CHECK((hybrid(*books.embedder() | search(books.vectors()), search(books.words())) | top(3))(huge, w)
              .value()
              .hits.size() == 3);
    // a question that alone passes the budget is refused, not cut
    w.reset();
    CHECK(pipeline_over(books)(huge, w).error().what == fault::too_large);
    CHECK(search(books.words(), 0)(query("otter"), w).value().hits.empty());
    CHECK((*books.embedder() | search(books.vectors(), 0))("otter", w).value().hits.empty());
    CHECK((*books.embedder() | search(books.vectors(), 100000))("otter", w).value().hits.size() <=
          books.chunks().size());
    CHECK(!pipeline_over(books, 0)("Where does the otter live?", w).value().answerable);
}
