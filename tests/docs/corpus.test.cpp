// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/docs/corpus.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace graft;
using test::operator""_d;

namespace {

corpus three() {
    corpus docs;
    docs.add({.name = "a.md", .text = "# Heading *one*\n\ntext", .kind = text_format::markdown}).value();
    document d{.name = "b", .title = "Given", .text = "Stra\uFFFDe and \uFFFD more"};
    d.patches = {{4, 4, 1}, {13, 11, 2}};
    d.fields  = {{"tags", value_list{std::string("x"), true}}, {"n", 1.5}, {"k", std::int64_t{-4}}, {"b", false}};
    docs.add(std::move(d)).value();
    docs.add({.id = 9_d, .name = "c/d.txt", .text = "x"}).value();
    return docs;
}

std::vector<std::byte> saved(const corpus& docs) {
    byte_writer w;
    docs.save(w);
    return w.take();
}

} // namespace

TEST_CASE("a corpus names what it takes in") {
    corpus docs = three();
    CHECK(docs.size() == 3);
    CHECK(docs[0].id == 1_d);
    CHECK(docs[0].title == "Heading *one*");
    CHECK(docs[0].titled);
    CHECK(docs[1].title == "Given");
    CHECK(docs[1].titled);
    CHECK(docs[2].title == "d");
    CHECK(!docs[2].titled);
    CHECK(docs[2].id == 9_d);
    CHECK(docs.next_id() == 10_d);
    CHECK(docs.find(9_d) == &docs[2]);
    CHECK(docs.find("b") == &docs[1]);
    CHECK(docs.find("B") == nullptr);
    CHECK(docs.find(2'000'000_d) == nullptr);
    CHECK(docs[0].digest == sha256(docs[0].text));
    std::size_t n = 0;
    for (const document& d : docs) CHECK(&d == &docs[n++]);
    CHECK(n == 3);

    CHECK(docs.add({.name = "b"}).error() == error{fault::duplicate_id, unit::none, 0, "b"});
    CHECK(docs.add({.id = 9_d, .name = "new"}).error().what == fault::duplicate_id);
    CHECK(docs.add({}).error().what == fault::bad_argument);
    CHECK(docs.add({.name = "body", .text = "ab", .body = 3}).error().what == fault::bad_argument);
    CHECK(docs.add({.name = "cut", .text = "ü", .body = 1}).error() ==
          error{fault::bad_argument, unit::byte, 1, "cut"});
    CHECK(docs.add({.name = "bad", .text = "ab\xFF"}).error() == error{fault::bad_utf8, unit::byte, 2, "bad"});
    CHECK(docs.size() == 3);
    CHECK(docs.share(nullptr).error().what == fault::bad_argument);
    CHECK(docs.share(docs.documents()[0]).error().what == fault::duplicate_id);

    const document* where = &docs[1];
    const corpus    moved = std::move(docs);
    CHECK(moved.find("b") == where);
}

TEST_CASE("a saved corpus is the corpus, and damage is a typed error") {
    const corpus docs  = three();
    const auto   bytes = saved(docs);
    byte_reader  r(bytes, "text");
    const corpus again = corpus::load(r).value();
    CHECK(r.finish());
    CHECK(saved(again) == bytes);
    CHECK(again.find(9_d)->name == "c/d.txt");
    CHECK(again[1].fields == docs[1].fields);
    CHECK(again[1].origin(13, 16) == byte_span{11, 13});
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        byte_reader cut(std::span<const std::byte>(bytes).first(n), "text");
        REQUIRE(!corpus::load(cut));
    }
    for (std::size_t n = 0; n < bytes.size() * 8; ++n) {
        auto damaged = bytes;
        damaged[n / 8] ^= std::byte{1} << (n % 8);
        byte_reader turned(damaged, "text");
        const auto  it = corpus::load(turned);
        if (!it) continue;
        for (const document& d : *it) {
            REQUIRE(unicode::first_invalid(d.text) == std::string_view::npos);
            REQUIRE(d.body <= d.text.size());
            REQUIRE(d.id < it->next_id());
            for (const unicode::patch& p : d.patches) REQUIRE(d.text.substr(p.at, 3) == "\uFFFD");
        }
    }
}

TEST_CASE("metadata keeps types and order") {
    metadata m{{"z", true}, {"a", std::int64_t{1}}};
    m.set("m", std::string("text"));
    m.set("a", 2.0);
    REQUIRE(m.size() == 3);
    CHECK(m.fields()[0].key == "a");
    CHECK(m.fields()[2].key == "z");
    CHECK(*m.find("a") == field_value(2.0));
    CHECK(m.find("b") == nullptr);
    CHECK(m.text("m") == "text");
    CHECK(!m.text("a"));
}
