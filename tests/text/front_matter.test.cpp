// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/core/random.hpp>
#include <graft/text/front_matter.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace graft;

TEST_CASE("front matter becomes typed fields") {
    const std::string  text = "---\n"
                              "# a comment\n"
                              "title: \"A \\\"quoted\\\" title \\u00e9\" # why\n"
                              "single: 'it''s: fine # no comment'\n"
                              "draft: true\nfinal: False\n"
                              "year: 2026\nminus: -7\nratio: 0.25\nbig: 6.02e23\nplus: +3\n"
                              "zip: 01234\ndate: 2026-08-22\nversion: 1.2.3\nhuge: 99999999999999999999\n"
                              "url: https://example.org/#part\n"
                              "tags: [a, \"b, c\", 3, true, 1.5] # five\n"
                              "none: []\n"
                              "items:\n  - one\n  - 'two'\n  - 3\n"
                              "flat:\n- x\n- y\n"
                              "nested:\n  key: value\n  other: 1\n"
                              "block: |\n  line one\n  line two\n"
                              "broken: [a, b\n"
                              "empty:\n"
                              "\"quoted key\": 1\n"
                              "twice: 1\ntwice: 2\n"
                              "---\n\nBody\n";
    const front_matter it   = read_front_matter(text);
    CHECK(text.substr(it.body) == "\nBody\n");
    const auto is = [&](std::string_view key, const field_value& value) {
        CAPTURE(std::string(key));
        const field_value* found = it.fields.find(key);
        REQUIRE(found != nullptr);
        CHECK((*found == value));
    };
    const auto words = [](const char* s) { return field_value(std::string(s)); };
    is("title", words("A \"quoted\" title é"));
    is("single", words("it's: fine # no comment"));
    is("draft", true);
    is("final", false);
    is("year", std::int64_t{2026});
    is("minus", std::int64_t{-7});
    is("plus", std::int64_t{3});
    is("ratio", .25);
    is("big", 6.02e23);
    is("huge", 1e20);
    is("zip", words("01234"));
    is("date", words("2026-08-22"));
    is("version", words("1.2.3"));
    is("url", words("https://example.org/#part"));
    is("tags", value_list{std::string("a"), std::string("b, c"), std::int64_t{3}, true, 1.5});
    is("none", value_list{});
    is("items", value_list{std::string("one"), std::string("two"), std::int64_t{3}});
    is("flat", value_list{std::string("x"), std::string("y")});
    is("nested", words("key: value\n  other: 1"));
    is("block", words("line one\n  line two"));
    is("broken", words("[a, b"));
    is("empty", words(""));
    is("quoted key", std::int64_t{1});
    is("twice", std::int64_t{2});
    CHECK(it.fields.size() == 24);
}

TEST_CASE("what only looks like front matter is body") {
    for (const std::string_view text :
         {"", "---", "---\n", "---\nno end: 1\n", "text\n---\na: 1\n---\n", "---\n\nA rule above.\n\n---\n",
          " ---\na: 1\n---\n", "----\na: 1\n----\n", "---\njust words\n---\n", "+++\nno toml\n+++\n"}) {
        CAPTURE(std::string(text));
        const front_matter it = read_front_matter(text);
        CHECK(it.body == 0);
        CHECK(it.fields.empty());
    }
    CHECK(read_front_matter("---\n---\nBody").body == 8); // empty
    CHECK(read_front_matter("---\r\na: 1\r\n---\r\nBody").body == 16);
    CHECK(read_front_matter("---\na: 1\n...\nBody").body == 13);
    CHECK(read_front_matter("---\na: 1\n---").body == 12);
    const front_matter marked = read_front_matter("\xEF\xBB\xBF---\na: 1\n---\nBody");
    CHECK(marked.body == 16);
    CHECK(marked.fields.size() == 1);
    CHECK(read_front_matter("\xEF\xBB\xBF"
                            "Body")
              .body == 3);
}

TEST_CASE("TOML between plus signs") {
    const front_matter it = read_front_matter("+++\ntitle = \"T\"\nyear = 2026\n[extra]\ntags = ['a', 'b']\n+++\nBody");
    CHECK(*it.fields.find("title") == field_value(std::string("T")));
    CHECK(*it.fields.find("year") == field_value(std::int64_t{2026}));
    CHECK(*it.fields.find("extra.tags") == field_value(value_list{std::string("a"), std::string("b")}));
    CHECK(it.body == 58);
}

TEST_CASE("any bytes between the lines are read without harm") {
    constexpr std::string_view parts[] = {"a: ", "\"",    "'", "[",   "]",  ",", "\n",  "- ",   "  ", "#",
                                          ": ",  "\\u12", "|", "---", "1e", "-", "key", "\r\n", "..."};
    counter_random             random(1);
    for (int round = 0; round < 20000; ++round) {
        std::string text = random.below(2) == 0 ? "---\nk: v\n" : "+++\nk = 1\n";
        for (std::uint64_t n = random.below(30); n > 0; --n) text += parts[random.below(std::size(parts))];
        text += random.below(2) == 0 ? "\n---\nbody" : "\n+++\nbody";
        const front_matter it = read_front_matter(text);
        REQUIRE(it.body <= text.size());
        byte_writer w;
        it.fields.save(w);
        byte_reader r(w.bytes());
        REQUIRE(metadata::load(r).value() == it.fields);
    }
}
