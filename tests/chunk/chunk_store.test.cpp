// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "chunk/support.hpp"
#include "support/ids.hpp"
#include "support/shared.hpp"

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/sentences.hpp>
#include <graft/chunk/window.hpp>
#include <graft/flow/copy.hpp>
#include <graft/markup/leaves.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;
using test::operator""_d;

static_assert(chunk_source<chunk_store> && lists_chunks<chunk_store> && knows_neighbours<chunk_store> &&
              knows_fields<chunk_store, metadata>);

namespace {

/// The chunker of the documentation.
struct lines {
    void operator()(chunk_writer& out) const {
        for (std::size_t at = out.begin(), next; at < out.end(); at = next) {
            next = std::min(out.text().find('\n', at), out.end() - 1) + 1;
            out.emit(at, next);
        }
    }
};
/// One that is held to a limit, and may refuse.
struct fixed {
    std::size_t              size  = 10;
    test::toy_pieces         count = {};
    std::vector<std::size_t> ends  = {};

    result<void> operator()(chunk_writer& out) const {
        std::size_t at = out.begin();
        for (const std::size_t end : ends) {
            out.emit(at, end);
            at = end;
        }
        return done;
    }
};

const char* const handbook =
    "# Handbook\n\nWelcome to all of you.\n\n## Leave\n\nYou have thirty days. Ask your lead.\n\n"
    "### Sick leave\n\nTell us by nine.\n\n## Travel\n\nBook early.\n";

corpus two() {
    corpus   docs;
    document d;
    d.name   = "a/handbook.md";
    d.text   = std::string("---\nlang: en\n---\n") + handbook;
    d.kind   = text_format::markdown;
    d.body   = 17;
    d.fields = {{"lang", std::string("en")}, {"year", std::int64_t{2026}}};
    docs.add(std::move(d)).value();
    document e;
    e.name = "b.txt";
    e.text = "Plain text. Nothing else.\n";
    docs.add(std::move(e)).value();
    return docs;
}

std::vector<std::byte> saved(const chunk_store& p) {
    byte_writer w;
    p.save(w);
    return w.take();
}

} // namespace

TEST_CASE("passages give chunks, labels, neighbours, sections and metadata by id") {
    const corpus      docs  = two();
    const chunk_store store = split_documents(docs, markdown{.size = 16}).value();
    REQUIRE(store.size() >= 5);
    CHECK(std::is_sorted(store.all().begin(), store.all().end(),
                         [](const chunk& x, const chunk& y) { return x.id < y.id; }));
    for (const chunk& c : store.all()) {
        const chunk found = store.find(c.id).value();
        CHECK(found.text.body.data() == docs.find(c.document)->text.data() + c.begin); // no copy
        CHECK(store.text_of(c.document).substr(c.begin, c.end - c.begin) == c.text.body);
        CHECK(store.document_of(c.id) == docs.find(c.document));
    }
    const chunk* sick = nullptr;
    for (const chunk& c : store.all())
        if (c.text.body.find("Tell us") != std::string_view::npos) sick = &c;
    REQUIRE(sick != nullptr);
    CHECK(sick->text.body.starts_with("### Sick leave"));
    CHECK(store.section(sick->id) == std::vector<std::string_view>{"Handbook", "Leave", "Sick leave"});
    CHECK(sick->text.prefix == "Handbook > Leave > Sick leave\n");
    CHECK(store.label(*sick).name == "a/handbook.md");
    CHECK(store.label(*sick).title == "Handbook");
    CHECK(store.label(store.all().back()).title == "b"); // the stem, which is no prefix
    CHECK(store.all().back().text.prefix.empty());
    CHECK(*store.fields_of(sick->id).find("year") == field_value(std::int64_t{2026}));
    CHECK(store.fields_of(store.all().back().id).empty());

    const chunk next = store.neighbour(sick->id, 1).value();
    CHECK(next.begin == sick->end);
    CHECK(store.neighbour(next.id, -1).value().id == sick->id);
    CHECK(store.neighbour(next.id, 1).error().what == fault::unknown_id); // the next one is another document's
    CHECK(store.neighbour(store.all().front().id, -1).error().what == fault::unknown_id);
    CHECK(store.find(99_c).error() == error{fault::unknown_id, unit::id, 99, "passages"});
    CHECK(store.fields_of(99_c).empty());
    CHECK(store.section(99_c).empty());
}

TEST_CASE("a prefix is shortened from its outermost part") {
    const corpus docs   = two();
    const auto   prefix = [&](std::size_t size, prefix_kind kind) {
        const chunk_store store = split_documents(docs, basic_markdown<count_bytes>{.size = size}, {kind}).value();
        for (const chunk& c : store.all())
            if (c.text.body.starts_with("### Sick")) return std::string(c.text.prefix);
        return std::string("?");
    };
    CHECK(prefix(100, prefix_kind::path) == "Handbook > Leave > Sick leave\n");
    CHECK(prefix(58, prefix_kind::path) == "Leave > Sick leave\n");
    CHECK(prefix(30, prefix_kind::path) == "Sick leave\n");
    CHECK(prefix(20, prefix_kind::path).empty());
    CHECK(prefix(58, prefix_kind::title) == "Handbook\n");
    CHECK(prefix(58, prefix_kind::none).empty());
}

TEST_CASE("a picture in base64 is many chunks, and none is longer than its words may be") {
    std::string text = "# Fire\n\nThe assembly point is behind the mill.\n\n![plan](data:image/png;base64,";
    text += std::string(400'000, 'A') + ")\n\nThe plan hangs beside every lift.\n";
    for (const text_format kind : {text_format::plain, text_format::markdown}) {
        const chunk_store store = split_documents(test::corpus_of({text}, kind), markdown{.size = 64}).value();
        CHECK(store.size() > 90);
        CHECK(store.size() < 400);
        for (const chunk& c : store.all()) {
            CHECK(c.text.body.size() <= 64 * longest_run + 64);
            CHECK(c.tokens <= 64);
        }
    }
}

TEST_CASE("headings without measure cost linear time and space") {
    // A heading of 300,000 lines, with sections below it.
    std::string giant;
    for (int i = 0; i < 300'000; ++i) giant += "heading line\n";
    giant += "===\n\n";
    for (int i = 0; i < 2000; ++i) giant += "## Part " + std::to_string(i) + "\n\nSome words of it.\n\n";
    corpus docs;
    docs.add({.name = "giant.md", .text = giant, .kind = text_format::markdown}).value();
    CHECK(docs[0].title.size() <= detail::longest_heading);
    CHECK(docs[0].title.starts_with("heading line heading line"));
    const chunk_store store = split_documents(docs, markdown{}).value();
    std::size_t       sum = 0, below = 0;
    for (const chunk& c : store.all()) {
        CHECK(c.text.prefix.size() <= longest_prefix);
        sum += c.text.prefix.size();
        for (const std::string_view part : store.section(c.id)) CHECK(part.size() <= detail::longest_heading);
        below += c.text.prefix.ends_with("> Part 1999\n") || c.text.prefix == "Part 1999\n" ? 1u : 0u;
    }
    CHECK(below == 1);
    CHECK(sum < 3'000'000);

    // 100,000 headings, six deep, below long ones.
    std::string many;
    for (int level = 1; level < 6; ++level)
        many += std::string(std::size_t(level), '#') + " " + std::string(2000, 'x') + "\n\n";
    for (int i = 0; i < 100'000; ++i) many += "###### H" + std::to_string(i) + "\n\nw\n\n";
    const chunk_store deep = split_documents(test::corpus_of({many}, text_format::markdown), markdown{}).value();
    CHECK(deep.size() >= 100'000);
    for (const chunk& c : deep.all()) REQUIRE(c.text.prefix.size() <= longest_prefix);
}

TEST_CASE("a chunker of one's own is checked") {
    const corpus      docs  = two();
    const chunk_store store = split_documents(docs, lines{}, {prefix_kind::none}).value();
    std::string       all;
    for (const chunk& c : store.of(1_d)) {
        all += c.text.body;
        CHECK(c.text.body.ends_with('\n'));
        CHECK(c.tokens == count_words{}.count(c.text.body));
    }
    CHECK(all == handbook);

    corpus one;
    one.add({.name = "x", .text = "aa \u00FC cc dd ee ff gg hh"}).value();
    const auto why = [&](std::vector<std::size_t> ends, std::size_t size = 10) {
        const auto made = split_documents(one, fixed{.size = size, .ends = std::move(ends)});
        return made ? error{fault::stopped} : made.error();
    };
    CHECK(why({2, 6, 23}).what == fault::stopped);                         // nothing is wrong
    CHECK(why({4}) == error{fault::bad_argument, unit::byte, 0, "x"});     // in the middle of ü
    CHECK(why({3, 3}) == error{fault::bad_argument, unit::byte, 3, "x"});  // empty
    CHECK(why({6, 4}) == error{fault::bad_argument, unit::byte, 6, "x"});  // backwards
    CHECK(why({6, 99}) == error{fault::bad_argument, unit::byte, 6, "x"}); // beyond the end
    CHECK(why({2, 23}, 8) ==
          error{fault::too_large, unit::byte, 2, "x"}); // over the limit: 8 tokens, 2 of them special
}

TEST_CASE("an update keeps what did not change, and its ids") {
    corpus            docs = two();
    const sentences   how{.size = 12};
    const chunk_store before = split_documents(docs, how).value();

    // Nothing changed.
    auto same = update(before, docs, how).value();
    CHECK(same.added.empty());
    CHECK(same.removed.empty());
    CHECK(same.reused == before.size());
    CHECK(saved(same.after) == saved(before));

    // One sentence more in one document, another document renamed, a third one new.
    corpus   later;
    document a = docs[0], b = docs[1], c;
    a.text.insert(a.text.find("Ask your lead."), "Nobody counts them at all you know. ");
    b.name = "moved.txt";
    c.name = "c.txt";
    c.text = "A new file.";
    later.reserve_ids(docs.next_id());
    later.add(std::move(a)).value();
    later.add(std::move(b)).value();
    const auto new_id = later.add(std::move(c)).value();
    CHECK(new_id == 3_d);
    auto u = update(before, later, how).value();
    CHECK(u.moved == before.of(2_d).size());
    CHECK(u.added.size() + u.reused + u.moved == u.after.size());
    CHECK(u.removed.size() + u.reused + u.moved == before.size());
    CHECK(u.reused >= 2);
    CHECK(!u.removed.empty());
    for (const chunk& x : u.added) {
        CHECK(x.id >= before.next_id());
        CHECK(u.after.find(x.id).value().text.body.data() == x.text.body.data());
    }
    for (const chunk_id id : u.removed) CHECK(!u.after.find(id));
    for (const chunk& x : u.after.all())
        if (const auto old = before.find(x.id)) {
            CHECK(old->text.body == x.text.body);
            CHECK(old->text.prefix == x.text.prefix);
        }
    CHECK(u.view().added.size() == u.added.size());
    // But for the ids it is what cut gives.
    const chunk_store fresh = split_documents(later, how).value();
    REQUIRE(fresh.size() == u.after.size());
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        CHECK(fresh.all()[i].begin == u.after.all()[i].begin);
        CHECK(fresh.all()[i].tokens == u.after.all()[i].tokens);
        CHECK(fresh.all()[i].text.prefix == u.after.all()[i].text.prefix);
    }

    // Back again: ids that are gone are not given again.
    const auto back = update(u.after, docs, how).value();
    for (const chunk& x : back.added) CHECK(x.id >= u.after.next_id());

    // Another recipe cuts again, and still keeps what is the same by content.
    const auto other = update(before, docs, sentences{.size = 400}).value();
    CHECK(other.after.recipe() != before.recipe());
    CHECK(other.reused == 1); // b.txt in one piece
}

TEST_CASE("equal chunks of a document keep their ids in order") {
    corpus docs;
    docs.add({.name = "x", .text = "Same.\nSame.\nSame.\nEnd.\n"}).value();
    const chunk_store before = split_documents(docs, lines{}).value();
    corpus            later;
    document          d = docs[0];
    d.text              = "Start.\nSame.\nSame.\nEnd.\n";
    later.add(std::move(d)).value();
    const auto u = update(before, later, lines{}).value();
    CHECK(u.reused == 3);
    CHECK(u.after.all()[1].id == 1_c);
    CHECK(u.after.all()[2].id == 2_c);
    CHECK(u.after.all()[3].id == 4_c);
    CHECK(u.removed == std::vector<chunk_id>{3_c});
}

TEST_CASE("documents stay alive as long as a chunk store needs them") {
    chunk_store store;
    {
        const corpus docs = two();
        store             = split_documents(docs, sentences{.size = 12}).value();
    }
    const chunk_store moved = std::move(store);
    std::string       all;
    for (const chunk& c : moved.of(2_d)) all += c.text.body;
    CHECK(all == "Plain text. Nothing else.\n");
}

TEST_CASE("a saved chunk store is the same, and damage is a typed error") {
    const corpus      docs  = two();
    const chunk_store store = split_documents(docs, markdown{.size = 16}).value();
    const auto        bytes = saved(store);
    byte_reader       reader(bytes, "passages");
    const chunk_store again = chunk_store::load(reader, docs).value();
    CHECK(reader.finish());
    CHECK(saved(again) == bytes);
    REQUIRE(again.size() == store.size());
    for (std::size_t i = 0; i < store.size(); ++i) {
        CHECK(again.all()[i].text.prefix == store.all()[i].text.prefix);
        CHECK(again.all()[i].text.body.data() == store.all()[i].text.body.data());
        CHECK(again.section(again.all()[i].id) == store.section(store.all()[i].id));
    }
    for (std::size_t n = 0; n < bytes.size(); ++n) { // cut short at every byte
        byte_reader r(std::span<const std::byte>(bytes).first(n), "passages");
        const auto  p = chunk_store::load(r, docs);
        REQUIRE(!p);
    }
    std::size_t refused = 0;
    for (std::size_t n = 0; n < bytes.size() * 8;
         ++n) { // every bit turned: an error, or a chunk store whose spans are good
        auto damaged = bytes;
        damaged[n / 8] ^= std::byte{1} << (n % 8);
        byte_reader r(damaged, "passages");
        const auto  p = chunk_store::load(r, docs);
        if (!p) {
            ++refused;
            continue;
        }
        for (const chunk& c : p->all()) {
            const std::string& text = docs.find(c.document)->text;
            REQUIRE((c.end <= text.size() && unicode::is_boundary(text, c.begin) && unicode::is_boundary(text, c.end)));
            REQUIRE(unicode::first_invalid(c.text.prefix) == std::string_view::npos);
            REQUIRE(p->section(c.id).size() <= 6);
        }
    }
    CHECK(refused > bytes.size() * 3);
    // Another text under the same id.
    corpus   other;
    document d = docs[0];
    d.text += "More.";
    other.add(std::move(d)).value();
    byte_reader r(bytes, "passages");
    CHECK(chunk_store::load(r, other).error().what == fault::missing_part);
}

TEST_CASE("a chunk knows the leaves it touches, and the head of the table it begins in") {
    const auto holds = [](const chunk_store& store, const corpus& docs) {
        std::size_t heads = 0;
        for (const document& d : docs) {
            const detail::structure own = detail::structure_of(d);
            const auto              all = store.leaves_of(d.id);
            CHECK(std::equal(all.begin(), all.end(), own.leaves.begin(), own.leaves.end()));
            if (d.kind == text_format::plain) CHECK(own.leaves.empty());
            for (const chunk& c : store.of(d.id)) {
                CHECK(c.form == (d.kind == text_format::plain ? text_form::plain : text_form::markdown));
                std::vector<leaf> touched;
                std::string_view  head;
                for (const leaf& x : own.leaves) {
                    if (x.begin < c.end && (x.end > c.begin || x.begin >= c.begin)) touched.push_back(x);
                    else if (touched.empty() && x.kind == leaf_kind::table_head)
                        head = std::string_view(d.text).substr(x.begin, x.end - x.begin);
                }
                REQUIRE(std::equal(c.leaves.begin(), c.leaves.end(), touched.begin(), touched.end()));
                const bool inside = !touched.empty() && touched[0].kind == leaf_kind::table_row;
                if (inside) CHECK(c.head == head);
                else if (touched.empty() || touched[0].kind != leaf_kind::table_head) CHECK(c.head.empty());
                heads += inside ? 1u : 0u;
            }
        }
        return heads;
    };
    std::string text = "# Prices\n\nAll of them:\n| item | price |\n|------|-------|\n";
    for (int i = 0; i < 60; ++i) text += "| thing " + std::to_string(i) + " | " + std::to_string(3 * i) + " EUR |\n";
    text += "\n```sh\n";
    for (int i = 0; i < 60; ++i) text += "run --step " + std::to_string(i) + "\n";
    text += "```\n\n<!--\nhidden words\n\nmore of them\n-->\n\n> The end\n> of it.\n\n#\n";
    std::vector<std::string> texts = test::hostile_texts(4, 2000);
    texts.push_back(text);
    const corpus docs = test::corpus_of(std::move(texts), text_format::markdown);
    CHECK(holds(split_documents(docs, markdown{.size = 24}).value(), docs) > 5);
    CHECK(holds(split_documents(docs, window{.size = 7, .overlap = 3}).value(), docs) > 20);
    CHECK(holds(split_documents(test::corpus_of({text}, text_format::plain), markdown{.size = 24}).value(),
                test::corpus_of({text}, text_format::plain)) == 0);

    // After saving and loading, a change, and a copy of a chunk, it is the same.
    const chunk_store store = split_documents(docs, markdown{.size = 24}).value();
    const auto        bytes = saved(store);
    byte_reader       reader(bytes, "passages");
    const chunk_store again = chunk_store::load(reader, docs).value();
    CHECK(saved(again) == bytes);
    holds(again, docs);
    corpus   later;
    document d = docs[docs.size() - 1];
    d.text.insert(d.text.find("All of"), "Some words more. ");
    later.reserve_ids(docs.next_id());
    later.add(std::move(d)).value();
    later.share(docs.owner(docs[7].id)).value();
    const auto u = update(again, later, markdown{.size = 24}).value();
    CHECK(u.reused > 10);
    CHECK(holds(u.after, later) > 5);

    context w;
    for (const chunk& c : u.after.all()) {
        const chunk kept = copy(c, w);
        CHECK(std::equal(kept.leaves.begin(), kept.leaves.end(), c.leaves.begin(), c.leaves.end()));
        CHECK(kept.head == c.head);
        if (!c.leaves.empty()) CHECK(kept.leaves.data() != c.leaves.data());
    }

    // No word of code, of a comment or of a mark is prose, wherever a chunk begins.
    std::string       prose, rows;
    const chunk_store small =
        split_documents(test::corpus_of({text}, text_format::markdown), window{.size = 5}).value();
    for (const chunk& c : small.all())
        each_leaf_of(c, [&](const chunk_leaf& x) {
            if (x.kind == leaf_kind::paragraph)
                detail::each_line_of(c.text.body, x, [&](std::size_t begin, std::size_t end) {
                    prose += std::string(c.text.body.substr(begin, end - begin)) + " ";
                });
            if (x.kind == leaf_kind::table_row) CHECK(x.head == "| item | price |");
        });
    CHECK(prose == "All of them: The end of it. ");
}

TEST_CASE("a chunk store of another format is a typed error") {
    const corpus docs  = two();
    auto         bytes = saved(split_documents(docs, markdown{.size = 16}).value());
    const auto   why   = [&] {
        byte_reader r(bytes, "passages");
        return chunk_store::load(r, docs).error().what;
    };
    bytes[8] = std::byte{4};
    CHECK(why() == fault::newer_format);
    bytes[8]  = std::byte{3};
    bytes[20] = std::byte{'q'}; // the noun
    CHECK(why() == fault::foreign);
    bytes[0] = std::byte{1}; // the mark
    CHECK(why() == fault::foreign);
    bytes.erase(bytes.begin(), bytes.begin() + 28); // as version 1 began
    CHECK(why() == fault::older_format);
    bytes.resize(5);
    CHECK(why() == fault::truncated);
}

TEST_CASE("nothing to cut is an empty chunk store") {
    corpus docs;
    CHECK(split_documents(docs, sentences{}).value().empty());
    docs.add({.name = "empty"}).value();
    docs.add({.name = "head", .text = "---\na: 1\n---\n", .body = 13}).value();
    const chunk_store store = split_documents(docs, sentences{}).value();
    CHECK(store.empty());
    CHECK(store.document_by(1_d) != nullptr);
    CHECK(store.of(1_d).empty());
}
