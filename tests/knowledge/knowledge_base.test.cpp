// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "support/shared.hpp"

#include "knowledge/support.hpp"

#include <atomic>
#include <bit>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace graft;
using test::all_answers;
using test::all_of;
using test::disk_in_memory;
using test::lines_base;
using test::words_base;

namespace {

disk_in_memory handbook() {
    disk_in_memory disk;
    test::put_handbook(disk.documents);
    return disk;
}
words_base::params from(const disk_in_memory& disk) { return {.folder = "docs", .disk = disk}; }

document note(std::string name, std::string text) { return {.name = std::move(name), .text = std::move(text)}; }

} // namespace

TEST_CASE("a folder becomes a knowledge base that answers with citations, and is stored") {
    const auto disk = handbook();
    const auto kb   = words_base::open("kb", from(disk)).value();
    CHECK(kb.size() == 4);
    CHECK(kb.chunks().size() == 5);
    CHECK(kb.report().empty());
    CHECK(kb.embedder() != nullptr);
    CHECK(kb.vectors().size() == 5);
    CHECK(kb.words().size() == 5);
    const auto a = kb.ask("How many days of paid leave are there?").value();
    CHECK(a.answerable);
    CHECK(a.text == "Every employee has thirty days of paid leave a year. [1]");
    REQUIRE(a.citations.size() == 1);
    CHECK(a.citations[0].name == "leave.md");
    CHECK(a.citations[0].verified);
    CHECK_FALSE(kb.ask("Who won the cup final?").value().answerable);
    CHECK(look_at_index(disk.index, "kb", "words") == index_state::there);
}

TEST_CASE("what is opened again answers the same to the bit, and reads no file that did not change") {
    const auto  disk = handbook();
    std::string before;
    {
        auto kb = words_base::open("kb", from(disk)).value();
        kb.add({note("ticket 1", "The projector on floor two is broken.")}).value();
        before = all_answers(kb);
    }
    disk.documents.reads().clear();
    const auto state = disk.index.calls();
    {
        const auto kb = words_base::open("kb", from(disk)).value();
        CHECK(all_answers(kb) == before);
        CHECK(kb.folder() == "docs");
        CHECK(kb.size() == 5);
    }
    CHECK(disk.documents.reads().empty());
    CHECK(state < disk.index.calls());
    disk.documents.put("sick.md", "# Illness\n\nA note from a doctor is due on day nine.\n");
    const auto kb = words_base::open("kb", {.disk = disk}).value(); // the folder is known
    CHECK(disk.documents.reads() == std::vector<std::string>{"docs/sick.md"});
    CHECK(kb.ask("When is a note from a doctor due?").value().text == "A note from a doctor is due on day nine. [1]");
    CHECK(kb.ask("Is the projector broken?").value().citations.front().name == "ticket 1");
}

TEST_CASE("one that is read has no lock, and its changes are in memory alone") {
    const auto disk   = handbook();
    const auto writer = words_base::open("kb", from(disk)).value();
    CHECK(words_base::open("kb", from(disk)).error().what == fault::busy);
    auto reader = words_base::read("kb", from(disk)).value();
    CHECK(all_answers(reader) == all_answers(writer));
    reader.add({note("x", "The garage opens at seven.")}).value();
    CHECK(reader.size() == 5);
    CHECK(words_base::read("kb", from(disk)).value().size() == 4);
    CHECK(words_base::read("nothing", from(disk)).error().what == fault::not_found);
}

TEST_CASE("a refresh takes in what is new, forgets what is gone, keeps what stayed, and equals a base made anew") {
    const auto disk = handbook();
    auto       kb   = words_base::open("kb", from(disk)).value();
    CHECK_FALSE(kb.refresh().value().any());
    const chunk_id kept = kb.chunks().all()[0].id;
    disk.documents.put("parking.md", "# Parking\n\nThe garage opens at seven.\n");
    disk.documents.erase("travel/trains.txt");
    const auto seen = kb.refresh().value();
    CHECK(seen == knowledge_changes{.added = 1, .removed = 1, .reused = 4, .documents = true});
    CHECK(kb.chunks().all()[0].id == kept);
    CHECK(kb.ask("When does the garage open?").value().text == "The garage opens at seven. [1]");
    for (const citation& x : kb.ask("Which class are trains booked in?").value().citations)
        CHECK(x.name != "travel/trains.txt");
    const auto anew = words_base::make(from(disk)).value();
    CHECK(anew.words().size() == kb.words().size());
    byte_writer a, b;
    const auto  texts = [](const words_base& x, byte_writer& to) {
        for (const chunk& c : x.chunks().all()) to.text(c.text.body);
    };
    texts(kb, a), texts(anew, b);
    CHECK(std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), b.bytes().end()));
    // Three more chunks beside five are more than half: the embedder is fitted anew.
    disk.documents.put("a.md", "The lift is out of order.\n");
    disk.documents.put("b.md", "The canteen serves soup.\n");
    CHECK(kb.refresh().value().refitted);
    CHECK(kb.embedder()->dims() > 0);
}

TEST_CASE(
    "records are added, replaced and removed by their names, beside the files, and stay when these are read again") {
    const auto disk = handbook();
    auto       kb   = words_base::open("kb", from(disk)).value();
    CHECK(kb.add({note("n1", "The garage opens at seven."), note("n2", "The canteen serves soup.")}).value().added ==
          2);
    const auto id = kb.documents().find("n1")->id;
    CHECK(kb.ask("When does the garage open?").value().citations.front().name == "n1");

    CHECK(kb.add({note("n3", "x"), note("n1", "The garage opens at nine.")}).error().what == fault::duplicate_id);
    CHECK(kb.add({note("leave.md", "mine")}).error().what == fault::duplicate_id);
    CHECK(kb.replace({note("n3", "x"), note("leave.md", "mine")}).error().what == fault::bad_argument);
    CHECK(kb.add({note("bad", "\xff\xff")}).error().what == fault::bad_utf8);
    CHECK(kb.add({note("", "no name")}).error().what == fault::bad_argument);
    CHECK(kb.size() == 6);

    kb.replace({note("n1", "The garage opens at nine."), note("n3", "The lift is out of order.")}).value();
    CHECK(kb.documents().find("n1")->id == id);
    CHECK(kb.ask("When does the garage open?").value().text == "The garage opens at nine. [1]");
    CHECK(kb.size() == 7);

    CHECK(kb.replace({note("n1", "x"), note("n1", "y")}).error().what == fault::duplicate_id);
    CHECK(kb.add({note("n9", "x"), note("n9", "y")}).error().what == fault::duplicate_id);
    CHECK(kb.documents().find("n1")->text == "The garage opens at nine.");
    CHECK(kb.remove({"n2", "leave.md"}).error().what == fault::bad_argument);
    CHECK(kb.remove({"n2", "nobody"}).error().what == fault::not_found);
    CHECK(kb.remove({"n2", "n2"}).value().removed == 1);
    CHECK(kb.documents().find("n2") == nullptr);

    disk.documents.put("new.md", "The roof is closed in winter.\n");
    disk.documents.put("n3", "A file with the name of a record.\n");
    CHECK(kb.refresh().value().added == 1);
    CHECK(kb.documents().find("n3")->text == "The lift is out of order.");
    REQUIRE(kb.report().size() == 1);
    CHECK(kb.report()[0].what == fault::duplicate_id);
    CHECK(kb.report()[0].subject == "n3");
    const std::string now = all_answers(kb);
    kb                    = words_base::make().value(); // gives the lock back
    CHECK(kb.size() == 0);
    kb = words_base::open("kb", from(disk)).value();
    CHECK(all_answers(kb) == now);
    CHECK(kb.remove({"n1", "n3"}).value().removed == 2);
    CHECK(kb.refresh().value().added == 1); // nothing hides the file any more
    CHECK(kb.report().empty());
    // An id that was given is never given again.
    kb.add({note("n4", "The bell rings at noon.")}).value();
    CHECK(kb.documents().find("n4")->id > document_id{to_underlying(id) + 3});
}

TEST_CASE("records alone need no folder, and the last of them may go") {
    const disk_in_memory disk;
    {
        auto kb = words_base::open("kb", {.disk = disk}).value();
        CHECK(kb.size() == 0);
        CHECK_FALSE(kb.ask("Anything?").value().answerable);
        kb.add({note("a", "The garage opens at seven."), note("b", "The canteen serves soup.")}).value();
    }
    auto kb = words_base::open("kb", {.disk = disk}).value();
    CHECK(kb.ask("When does the garage open?").value().answerable);
    kb.remove({"a", "b"}).value();
    CHECK(kb.size() == 0);
    CHECK_FALSE(kb.ask("When does the garage open?").value().answerable);
}

TEST_CASE("nothing is lost by a folder that is gone or empty, and nothing is made of one") {
    const auto disk = handbook();
    {
        auto kb = words_base::open("kb", from(disk)).value();
        disk.documents.close(fault::not_found);
        CHECK(kb.refresh().error().what == fault::not_found);
        CHECK(kb.size() == 4);
        disk.documents.close(fault::not_text);
        for (const char* name : {"leave.md", "travel/hotels.md", "travel/trains.txt", "sick.md"})
            disk.documents.erase(name);
        CHECK(kb.refresh().error().what == fault::no_input);
        CHECK(kb.size() == 4);
    }
    CHECK(words_base::open("kb", from(disk)).error().what == fault::no_input);
    auto as_saved    = from(disk);
    as_saved.refresh = false;
    CHECK(words_base::open("kb", as_saved).value().size() == 4);
    CHECK(words_base::open("other", from(disk)).error().what == fault::no_input);
    CHECK(look_at_index(disk.index, "other", "words") == index_state::none);
    auto empty                = from(disk);
    empty.files.empty_is_fine = true;
    CHECK(words_base::open("other", empty).value().size() == 0);
}

TEST_CASE("documents of one word, of none, and of very many make no trouble") {
    disk_in_memory disk;
    disk.documents.put("one.txt", "soup");
    CHECK(words_base::open("one", from(disk)).value().ask("soup").value().sources.size() == 1);
    disk.documents.put("none.txt", "");
    disk.documents.put("signs.txt", "--- !!! ...\n");
    CHECK(words_base::open("three", from(disk)).value().size() == 3);
    disk_in_memory signs;
    signs.documents.put("signs.txt", "--- !!! ...\n");
    const auto kb = words_base::open("kb", from(signs)).value();
    CHECK(kb.embedder() == nullptr); // there is nothing to fit it on
    CHECK_FALSE(kb.ask("!!!").value().answerable);
    std::string much;
    for (int i = 0; i < 4000; ++i)
        much += "Room " + std::to_string(i) + " is on floor " + std::to_string(i / 100) + ".\n";
    disk.documents.put("rooms.txt", much);
    auto       small = from(disk);
    const auto whole = words_base::make(small).value();
    CHECK(whole.ask("Where is room 1234?").value().text.starts_with("Room 1234 is on floor 12."));
    small.files.largest = 1000;
    const auto without  = words_base::make(small).value();
    CHECK(without.size() == 3);
    REQUIRE(without.report().size() == 1);
    CHECK(without.report()[0].what == fault::too_large);
}

TEST_CASE("what is no text is reported, what is broken is repaired, and a file that vanishes while it is read was "
          "never there") {
    const auto disk = handbook();
    disk.documents.put("broken.txt",
                       "The caf\xe9 on the corner is closed on Mondays, and so is the canteen behind it.\n");
    disk.documents.put("picture.png", std::string("\x89PNG\r\n\x1a\n\0\0\0", 11));
    disk.documents.put("vanishing.txt", "Now you see it.\n");
    disk.documents.before_read([&](const std::string& path) {
        if (path == "docs/vanishing.txt") disk.documents.erase("vanishing.txt");
    });
    auto kb = words_base::open("kb", from(disk)).value();
    CHECK(kb.size() == 5);
    REQUIRE(kb.report().size() == 3);
    CHECK(kb.report()[0].what == fault::bad_utf8);
    CHECK(kb.report()[0].subject == "broken.txt");
    CHECK(kb.report()[1].what == fault::not_text);
    CHECK(kb.report()[2].what == fault::not_found);
    CHECK(kb.ask("When is the canteen closed?").value().citations.front().name == "broken.txt");
    disk.documents.erase("picture.png");
    kb.refresh().value();
    CHECK(kb.report().size() == 1);
}

TEST_CASE("a filter holds for every branch of the search, and knows names, paths, types and times") {
    const auto disk = handbook();
    disk.documents.put("own.md", "---\nname: mine\npath: elsewhere\n---\nLeave is a word of this document too.\n");
    auto kb = words_base::make(from(disk)).value();
    kb.add({{.name = "n1", .text = "Paid leave is paid by the day.", .fields = {{"team", std::string("people")}}}})
        .value();
    context    c;
    const auto found = [&](const filter& only) {
        query q = "How many days of paid leave are there?";
        q.only  = &only;
        c.reset();
        std::string names;
        const auto  got = kb.retrieve()(q, c).value();
        for (const document& d : kb.documents())
            for (const hit& h : got.hits)
                if (kb.chunks().document_of(h.id)->name == d.name) {
                    names += d.name + " ";
                    break;
                }
        return names;
    };
    const std::string everything = found(filter{});
    CHECK(everything == "leave.md own.md sick.md travel/hotels.md travel/trains.txt n1 ");
    CHECK(found(where("path") == "leave.md") == "leave.md ");
    CHECK(found(where("path").starts_with("travel/")) == "travel/hotels.md travel/trains.txt ");
    CHECK(found(where("name") == "hotels.md") == "travel/hotels.md ");
    CHECK(found(where("type") == "plain") == "travel/trains.txt n1 ");
    CHECK(found(where("modified") >= "2024-01-01T00:00:02Z" && where("modified") < "2024-01-01T00:00:04Z") ==
          "travel/hotels.md travel/trains.txt ");
    CHECK(found(!where("modified").exists()) == "n1 ");
    CHECK(found(where("team") == "people") == "leave.md sick.md n1 ");
    CHECK(found(where("name") == "mine") == "own.md "); // its own metadata come first
    CHECK(found(where("name") == "own.md").empty());
    CHECK(found(where("path") == "own.md").empty());
    CHECK(found(where("nothing") == 1).empty());

    // Where one branch alone is filtered, the other brings back what is left out; before all of them, nothing does.
    const filter only   = where("path") == "leave.md";
    const id_set these  = matching(only, kb.fields(), c);
    const auto   now    = kb.pin();
    const auto   is_out = [&](std::span<const hit> hits) {
        return std::any_of(hits.begin(), hits.end(), [&](const hit& h) { return !these(h.id); });
    };
    const auto half  = hybrid(*now->embedder() | search(now->vectors(), 200, these), search(now->words()));
    const auto other = hybrid(*now->embedder() | search(now->vectors()), search(now->words(), 200, these));
    CHECK(is_out(half("paid leave", c).value().hits));
    CHECK(is_out(other("paid leave", c).value().hits));
    query q = "paid leave";
    q.only  = &only;
    CHECK_FALSE(is_out(kb.retrieve()(q, c).value().hits));
    const auto a = kb.ask(q, c).value();
    CHECK(a.answerable);
    for (const source& s : a.sources) CHECK(s.name == "leave.md");
    // A search that nobody narrowed does not pass a filter over.
    CHECK(search(now->words())(q, c).error().what == fault::bad_argument);
}

TEST_CASE("a chunker and an embedder of one's own do what the built-in ones do") {
    const auto disk = handbook();
    {
        auto kb = lines_base::open("kb", {.folder = "docs", .disk = disk}).value();
        CHECK(kb.embedder()->fingerprint() == 26);
        CHECK(kb.chunks().all()[0].text.body == "# Leave\n");
        CHECK(kb.vectors().made_by() == 26);
        CHECK(kb.ask("How many days of paid leave are there?").value().answerable);
        kb.add({note("n", "soup\nbread\n")}).value();
        disk.documents.erase("sick.md");
        CHECK(kb.refresh().value().refitted == false);
    }
    std::size_t embedded = 0;
    const auto  with     = [&](std::uint64_t print) {
        lines_base::params how{.folder = "docs", .disk = disk};
        how.embedder.print        = print;
        how.embedder.at_each_text = [&] { ++embedded; };
        return how;
    };
    CHECK(lines_base::open("kb", with(26)).value().size() == 4);
    CHECK(embedded == 0); // nobody embeds what is embedded
    // Another embedder: everything is embedded anew, or refused where nothing is to be changed.
    auto as_saved    = with(27);
    as_saved.refresh = false;
    CHECK(lines_base::open("kb", as_saved).error().what == fault::other_embedder);
    {
        const auto kb = lines_base::open("kb", with(27)).value();
        CHECK(embedded == kb.chunks().size());
        CHECK(kb.vectors().made_by() == 27);
        CHECK(kb.vectors().size() > 0);
    }
    embedded = 0;
    CHECK(lines_base::open("kb", with(27)).value().vectors().made_by() == 27);
    CHECK(embedded == 0);
}

TEST_CASE("an index that was made with one kind of embedder is opened with another, and cut anew by another chunker") {
    using fitted    = words_base;
    using ready     = knowledge_base<markdown, test::letter_counts, hnsw<cosine>, bm25, disk_in_memory>;
    const auto disk = handbook();
    CHECK(fitted::open("kb", from(disk)).value().vectors().made_by() != 26);
    CHECK(ready::open("kb", {.folder = "docs", .disk = disk}).value().vectors().made_by() == 26);
    const auto again = fitted::open("kb", from(disk)).value();
    REQUIRE(again.embedder() != nullptr);
    CHECK(again.vectors().made_by() == again.embedder()->fingerprint());
    CHECK(again.vectors().size() == 5);

    const auto other = handbook();
    CHECK(fitted::open("kb", from(other)).value().chunks().size() == 5);
    auto small    = from(other);
    small.chunker = {.size = 12};
    CHECK(fitted::open("kb", small).value().chunks().size() > 5);
}

TEST_CASE("a stop leaves everything as it was, wherever it comes") {
    const auto       disk = handbook();
    std::size_t      seen = 0, at = 0;
    std::stop_source source;
    const auto       count = [&] {
        if (++seen == at) source.request_stop();
    };
    lines_base::params how{.folder = "docs", .disk = disk};
    how.chunker.at_each_document = count;
    how.embedder.at_each_text    = count;
    auto              kb         = lines_base::open("kb", std::move(how)).value();
    const std::string before     = all_answers(kb);
    const auto        held       = kb.pin();
    std::size_t       stopped = 0, went = 0;
    for (std::size_t n = 1; went == 0 && n < 100; ++n) {
        disk.documents.put("new.md", "The garage opens at seven.\nThe canteen serves soup.\n");
        disk.documents.erase("travel/trains.txt");
        source = {}, seen = 0, at = n;
        context c;
        c.stop             = source.get_token();
        const auto went_on = kb.refresh(c);
        if (went_on) {
            ++went;
            CHECK(at > seen); // it never came
            continue;
        }
        ++stopped;
        CHECK(went_on.error().what == fault::stopped);
        CHECK(kb.pin() == held);
        at = 0;
        CHECK(all_answers(kb) == before);
        CHECK(lines_base::read("kb", {.refresh = false, .disk = disk}).value().size() == 4);
    }
    CHECK(went == 1);
    CHECK(stopped > 5);
    CHECK(kb.documents().find("new.md") != nullptr);
}

TEST_CASE("an embedder that throws changes nothing, and the next change finds no lock") {
    const auto         disk = handbook();
    bool               bad  = false;
    lines_base::params how{.folder = "docs", .disk = disk};
    how.embedder.at_each_text = [&] {
        if (bad) throw std::runtime_error("no power");
    };
    auto       kb   = lines_base::open("kb", std::move(how)).value();
    const auto held = kb.pin();
    bad             = true;
    CHECK_THROWS_WITH((void)kb.add({note("n", "soup")}), "no power");
    CHECK(kb.pin() == held);
    bad = false;
    CHECK(kb.add({note("n", "soup")}).value().added == 1);
}

TEST_CASE("whichever write fails, memory and disk hold one whole generation") {
    std::size_t failed = 0;
    for (const bool sticky : {false, true})
        for (const auto how : {test::mishap::io_error, test::mishap::no_space, test::mishap::short_write}) {
            bool went = false;
            for (std::size_t n = 0; !went && n < 200; ++n) {
                disk_in_memory disk;
                std::string    before, after;
                {
                    auto kb = lines_base::open("kb", {.disk = disk}).value();
                    kb.add({note("a", "The garage opens at seven.")}).value();
                    before = all_answers(kb);
                    disk.index.arm(n, how, sticky);
                    const auto added = kb.add({note("b", "The canteen serves soup.")});
                    went             = added.has_value() && !disk.index.hit();
                    disk.index.disarm();
                    CHECK(kb.size() == (added ? 2u : 1u));
                    CHECK((all_answers(kb) == before) == !added.has_value());
                    failed += added ? 0u : 1u;
                }
                const auto again = lines_base::open("kb", {.disk = disk}).value();
                CHECK((again.size() == 1 || again.size() == 2));
                if (again.size() == 1) CHECK(all_answers(again) == before);
            }
            CHECK(went);
        }
    CHECK(failed > 30);
}

TEST_CASE("damage of the newest generation is named, and the one before can be opened") {
    disk_in_memory     disk;
    test::memory_files raw;
    disk.index = test::faulty_files<test::memory_files>(raw);
    {
        auto kb = words_base::open("kb", {.disk = disk}).value();
        kb.add({note("a", "The garage opens at seven.")}).value();
        kb.add({note("b", "The canteen serves soup.")}).value();
    }
    const auto at    = std::find_if(raw.it().names.rbegin(), raw.it().names.rend(),
                                    [](const auto& x) { return x.first.find("passages") != std::string::npos; });
    auto&      bytes = raw.it().inodes[at->second];
    bytes[bytes.size() / 2] ^= std::byte{1};
    const auto refused = words_base::open("kb", {.disk = disk});
    CHECK(is_damage(refused.error().what));
    CHECK(refused.error().subject == at->first);
    const auto kb = words_base::open("kb", {.generation = generation_policy::newest_good, .disk = disk}).value();
    CHECK(kb.size() == 1);
    REQUIRE(kb.damaged().size() == 1);
    CHECK(kb.damaged()[0].why.subject == at->first);
}

TEST_CASE("a folder with other files, or with parts and no manifest, is not touched") {
    disk_in_memory     disk = handbook();
    test::memory_files raw;
    disk.index = test::faulty_files<test::memory_files>(raw);
    auto file  = raw.create("mine/letter.txt").value();
    CHECK(words_base::open("mine", from(disk)).error().what == fault::foreign);
    CHECK(words_base::make(from(disk)).value().keep_in("mine").error().what == fault::foreign);
    {
        auto kb = words_base::open("kb", from(disk)).value();
        (void)kb.add({note("n", "soup")}).value();
    }
    for (auto it = raw.it().names.begin(); it != raw.it().names.end();)
        it = it->first.find("manifest") != std::string::npos ? raw.it().names.erase(it) : std::next(it);
    const auto state = raw.it().names.size();
    CHECK(words_base::open("kb", from(disk)).error().what == fault::missing_part);
    CHECK(raw.it().names.size() == state);
    CHECK(raw.it().names.size() > 5);
}

TEST_CASE("one that was made in memory can be kept") {
    const auto disk = handbook();
    auto       kb   = words_base::make(from(disk)).value();
    REQUIRE(kb.keep_in("kb"));
    kb.add({note("n", "The garage opens at seven.")}).value();
    CHECK(words_base::read("kb", from(disk)).value().size() == 5);
    CHECK(words_base::make(from(disk)).value().keep_in("kb").error().what == fault::busy);
}

TEST_CASE("an index as version 0.1 of ask lays it out is opened, and is laid out so again") {
    const auto disk = handbook();
    {
        const corpus      docs   = load_folder("docs", {}, nullptr, disk.documents).value();
        const chunk_store chunks = split_documents(docs, markdown{}).value();
        const lsa         embed  = lsa::fit(chunks, {.dims = 256}).value();
        hnsw<cosine>      nearest(embed.dims());
        bm25              words;
        (void)ingest(embed | index_into(nearest), index_into(words))(chunks).value();
        auto store = open_store(disk.index, "kb").value();
        auto next  = store.begin();
        next.put("origin", knowledge_parts<lsa, hnsw<cosine>, bm25>::origin{"docs", chunks.size(), 0});
        next.put("text", docs).put("passages", chunks).put("embedder", embed, embed.fingerprint());
        next.put("vectors", nearest, embed.fingerprint()).put("words", words);
        (void)next.commit().value();
    }
    const auto in = [](const disk_in_memory& of) {
        std::vector<std::string> all;
        for (const folder_entry& e : of.index.list("kb").value()) all.push_back(e.name);
        return all;
    };
    const auto names = in(disk);
    disk.documents.reads().clear();
    {
        const auto old = words_base::open("kb", {.disk = disk}).value();
        CHECK(disk.documents.reads().empty());
        CHECK(all_answers(old) == all_answers(words_base::make(from(disk)).value()));
    }
    CHECK(in(disk) == names); // nothing to save
    const auto anew = handbook();
    (void)words_base::open("kb", from(anew)).value();
    CHECK(in(anew) == names);
}

TEST_CASE("a pipeline of its parts goes on with what it was made from") {
    const auto disk = handbook();
    auto       kb   = words_base::make(from(disk)).value();
    const auto now  = kb.pin();
    const auto mine =
        now->retrieve() | threshold{} | top(4) | prompt_from(now->chunks(), {.budget = 800}) | extractive{};
    const auto find = kb.retrieve(); // holds a pin of its own
    context    c;
    const auto answered = kb.ask("How many days of paid leave are there?", c).value();
    disk.documents.put("leave.md", "# Leave\n\nEvery employee has forty days of paid leave a year.\n");
    disk.documents.erase("sick.md");
    kb.refresh().value();
    CHECK(kb.ask("How many days of paid leave are there?").value().text.starts_with("Every employee has forty"));
    CHECK(mine("How many days of paid leave are there?").value().text ==
          "Every employee has thirty days of paid leave a year. [1]");
    CHECK(find("a note from a doctor").value().hits.size() == 5);
    CHECK(answered.citations.front().quote.find("thirty") != std::string_view::npos); // borrows the context alone
    CHECK(answered.citations.front().name == "leave.md");
    CHECK(all_of(any_flow<query, answer>(kb.pin()->ask())("hotel").value()) == all_of(kb.ask("hotel").value()));
}

TEST_CASE("many questions at once are answered as one by one") {
    const auto disk = handbook();
    const auto kb   = words_base::make(from(disk)).value();
    const auto all  = kb.each(test::questions(), context(threads(2)));
    REQUIRE(all.size() == test::questions().size());
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all_of(*all[i]) == all_of(kb.ask(test::questions()[i]).value()));
    CHECK(kb.each(std::vector<query>{"hotel"}).size() == 1);
}

TEST_CASE("readers are answered from one generation while a writer changes it") {
    const disk_in_memory disk;
    auto                 kb   = words_base::open("kb", {.disk = disk}).value();
    const auto           pair = [](int n) {
        const std::string code = "code" + std::to_string(1000 + n);
        return std::vector<document>{note("door", "The word of the vault door is " + code + "."),
                                     note("key", "The word of the vault key is " + code + ".")};
    };
    kb.add(pair(0)).value();
    std::atomic<bool>        over{false};
    std::atomic<std::size_t> asked{0}, torn{0};
    std::vector<std::thread> readers;
    for (int r = 0; r < 3; ++r)
        readers.emplace_back([&] {
            context c;
            while (!over) {
                c.reset();
                const auto a = kb.ask("What is the word of the vault door and of the vault key?", c);
                if (!a || a->citations.size() < 2) {
                    ++torn;
                    continue;
                }
                const auto code = [](std::string_view quote) { return quote.substr(quote.find("code"), 8); };
                for (const citation& x : a->citations)
                    if (!x.verified || code(x.quote) != code(a->citations[0].quote)) ++torn;
                (void)kb.size();
                (void)kb.report();
                ++asked;
            }
        });
    for (int n = 1; n < 40 || asked < 40; ++n) {
        REQUIRE(kb.replace(pair(n)));
        if (n % 10 == 0) {
            REQUIRE(kb.add({note("other", "The canteen serves soup.")}));
            REQUIRE(kb.remove({"other"}));
        }
    }
    over = true;
    for (std::thread& r : readers) r.join();
    CHECK(torn == 0);
    CHECK(asked >= 40);
}
