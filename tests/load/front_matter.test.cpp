// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/random.hpp>
#include <graft/load/front_matter.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

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
    is("nested.key", words("value"));
    is("nested.other", std::int64_t{1});
    is("block", words("line one\nline two"));
    is("empty", words(""));
    is("quoted key", std::int64_t{1});
    is("twice", std::int64_t{2});
    CHECK(it.fields.size() == 24);
    CHECK(it.unread == 0);
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
    CHECK(read_front_matter("---\na: {}\n---\nBody").body == 14);
    CHECK(read_front_matter("+++\n[a]\n+++\nBody").body == 12);
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

TEST_CASE("a thematic break is no front matter, whatever stands up to the next one") {
    for (const std::string_view text : {
             "---\n\nNote: the key lies in drawer seven.\n\nBring it.\n\n---\n\nNoon.\n",
             "---\n \t\nkey: value\n---\n",
             "---\n# Act one\n\nAnna: hello there, the vault is open.\n\nBen: good day.\n\n---\n\nThe end.\n",
             "---\n# Act one\n\nAnna: hello there.\n---\n",
             "---\nNote: the key lies in drawer seven.\n\n---\n",
             "---\nNote: this is said,\nand this goes on at the margin.\n---\n",
             "---\ntitle: x\nplain words\n---\n",
             "---\n# Only a heading\n---\n",
             "---\n- an item\n- another: one\n---\n",
             "---\n> quoted: words\n---\n",
             "---\n| a: | b |\n---\n",
             "---\n**Note**: words\n---\n",
             "---\n[x]: http://example.org\n---\n",
             "---\n  indented: code\n---\n",
             "---\nHe said: \"hello\nworld and more.\n---\n",
             "---\nHis list: [one,\ntwo and no end.\n---\n",
             "+++\nplus: signs\n+++\n",
             "+++\na = 1\nwords at the margin\n+++\n",
         }) {
        for (const bool windows : {false, true}) {
            std::string file;
            for (const char c : text) file += windows && c == '\n' ? "\r\n" : std::string(1, c);
            CAPTURE(file);
            const front_matter it = read_front_matter(file);
            CHECK(it.body == 0);
            CHECK(it.fields.empty());
            CHECK(it.unread == 0);
        }
    }
    // And these are front matter for all that.
    for (const std::string_view text : {
             "---\ntitle: My page\n\n---\n",
             "---\n# a comment\n\ntitle: My page\n---\n",
             "---\nTitle: A page of words\nTags: [a]\n\n---\n",
             "---\nTitle: A page of words\nAuthor: Some One\n---\n",
             "---\ntitle: My page\n\n# in between\n\ndraft: true\n---\n",
             "+++\n\na = 1\n\n+++\n",
         }) {
        CAPTURE(std::string(text));
        const front_matter it = read_front_matter(text);
        CHECK(it.body == text.size());
        CHECK(!it.fields.empty());
    }
}

namespace {

/// The text, and the text with the line ends of Windows.
std::vector<std::string> both_ends(std::string_view text) {
    std::string other;
    for (const char c : text) other += c == '\n' ? "\r\n" : std::string(1, c);
    return {std::string(text), other};
}

field_value words(const char* s) { return std::string(s); }
field_value list(auto... s) { return value_list{scalar_value(std::string(s))...}; }

/// Holds fields against what they should be, and counts.
struct fields_of {
    const front_matter& it;
    std::size_t         seen = 0;

    void is(std::string_view key, const field_value& value) {
        CAPTURE(std::string(key));
        const field_value* found = it.fields.find(key);
        REQUIRE(found != nullptr);
        const auto* text = std::get_if<std::string>(found);
        CAPTURE((text != nullptr ? *text : std::string()));
        CHECK((*found == value));
        ++seen;
    }
};

} // namespace

TEST_CASE("values take several lines, in YAML") {
    for (const std::string& text : both_ends(
             "---\n"
             "dc:title: Namespaced\n"
             "a:b: c: d\n"
             "\"quoted: key\" : 1\n"
             "'it''s': 2\n"
             "flow: [\n  draft,   # why\n  \"in,side\",\n  'x]',\n]\n"
             "hanging: [a,\n         b\n]\n"
             "under:\n  [\n    one two,\n    three\n      four,\n  ]\n"
             "at_margin: [1,\n2]\n"
             "folded: >\n  one\n  two\n\n  three\n    four\n  five\n\n"
             "strip: >-\n  only this\n"
             "literal: |\n  # not a comment\n    deeper\n\n  key: [no list\n"
             "double: \"one\n  two\n\n  three \\\n  four\"\n"
             "single: 'one\n  two'\n"
             "bare: one\n  two\n\n  three\n"
             "below:\n  one line\n"
             "below_quoted:\n  \"a: b\"\n"
             "nested:\n  deep:\n    key: v\n    list: [1, 2]\n    items:\n    - a\n    - b\n  beside: true\n"
             "map: {a: 1, b: {c: 'x'}, d: [y], e: http://example.org/}\n"
             "items:\n  - one\n    two\n  - \"quoted\n    too\"\n  # comment\n  - 3\n\n  - >\n    folded\n    item\n"
             "people:\n  - name: A\n    age: 3\n  - name: B\n"
             "lists:\n  - - a\n  - [b]\n"
             "tagged: !!str 12\n"
             "anchored: &x y\n"
             "wiki: [[Page]]\n"
             "smile: \"\\ud83d\\ude00\\x41\\u00e9\\U0001F600\\q\"\n"
             "last: 1\n"
             "---\nBody")) {
        const front_matter it = read_front_matter(text);
        CHECK(text.substr(it.body) == "Body");
        CHECK(it.unread == 0);
        fields_of f{it};
        f.is("dc:title", words("Namespaced"));
        f.is("a:b", words("c: d"));
        f.is("quoted: key", std::int64_t{1});
        f.is("it's", std::int64_t{2});
        f.is("flow", list("draft", "in,side", "x]"));
        f.is("hanging", list("a", "b"));
        f.is("under", list("one two", "three four"));
        f.is("at_margin", value_list{std::int64_t{1}, std::int64_t{2}});
        f.is("folded", words("one two\nthree\n  four\nfive"));
        f.is("strip", words("only this"));
        f.is("literal", words("# not a comment\n  deeper\n\nkey: [no list"));
        f.is("double", words("one two\nthree four"));
        f.is("single", words("one two"));
        f.is("bare", words("one two\nthree"));
        f.is("below", words("one line"));
        f.is("below_quoted", words("a: b"));
        f.is("nested.deep.key", words("v"));
        f.is("nested.deep.list", value_list{std::int64_t{1}, std::int64_t{2}});
        f.is("nested.deep.items", list("a", "b"));
        f.is("nested.beside", true);
        f.is("map.a", std::int64_t{1});
        f.is("map.b.c", words("x"));
        f.is("map.d", list("y"));
        f.is("map.e", words("http://example.org/"));
        f.is("items", value_list{std::string("one two"), std::string("quoted too"), std::int64_t{3},
                                 std::string("folded item")});
        CHECK(it.fields.text("people")->starts_with("- name: A"));
        CHECK(it.fields.text("people")->ends_with("- name: B"));
        CHECK(it.fields.text("lists")->ends_with("- [b]"));
        f.is("tagged", words("12"));
        f.is("anchored", words("y"));
        f.is("wiki", words("[[Page]]"));
        f.is("smile", words("\xF0\x9F\x98\x80"
                            "A\u00e9\xF0\x9F\x98\x80q"));
        f.is("last", std::int64_t{1});
        CHECK(it.fields.size() == f.seen + 2);
    }
}

TEST_CASE("TOML between plus signs") {
    const front_matter it = read_front_matter("+++\ntitle = \"T\"\nyear = 2026\n[extra]\ntags = ['a', 'b']\n+++\nBody");
    CHECK(*it.fields.find("title") == field_value(std::string("T")));
    CHECK(*it.fields.find("year") == field_value(std::int64_t{2026}));
    CHECK(*it.fields.find("extra.tags") == field_value(value_list{std::string("a"), std::string("b")}));
    CHECK(it.body == 58);
}

TEST_CASE("values take several lines, in TOML") {
    for (const std::string& text : both_ends("+++\n# comment\n"
                                             "basic = \"a \\\"b\\\" \\u00e9 # no comment\" # comment\n"
                                             "literal = 'C:\\new'\n"
                                             "long = \"\"\"\none\n  two \\\n    three \"\"quoted\"\" \"\"\"\n"
                                             "raw = '''\nkey = [\n\\n'''\n"
                                             "list = [\n  \"draft\", # why\n  'x]',\n]\n"
                                             "numbers = [ 1_000, 0xff, -0.5, 1e3, 0b101 ]\n"
                                             "yes = true\nday = 1979-05-27T07:32:00Z\n"
                                             "site.\"google.com\" . x = 1\n"
                                             "point = { x = 1, y.z = \"two\", list = [1] }\n"
                                             "nested = [[1, 2], [3]]\n"
                                             "none = []\n"
                                             "[table] # comment\nkey = 1\n  indented = 2\n"
                                             "[ a . 'b c' ]\nkey = 'v'\n"
                                             "[[many]]\nname = 'A'\n[[many]]\nname = 'B'\n"
                                             "+++\nBody")) {
        const front_matter it = read_front_matter(text);
        CHECK(text.substr(it.body) == "Body");
        CHECK(it.unread == 0);
        fields_of f{it};
        f.is("basic", words("a \"b\" é # no comment"));
        f.is("literal", words("C:\\new"));
        f.is("long", words("one\n  two three \"\"quoted\"\" "));
        f.is("raw", words("key = [\n\\n"));
        f.is("list", list("draft", "x]"));
        f.is("numbers", value_list{std::int64_t{1000}, std::int64_t{255}, -.5, 1e3, std::int64_t{5}});
        f.is("yes", true);
        f.is("day", words("1979-05-27T07:32:00Z"));
        f.is("site.google.com.x", std::int64_t{1});
        f.is("point.x", std::int64_t{1});
        f.is("point.y.z", words("two"));
        f.is("point.list", value_list{std::int64_t{1}});
        f.is("nested", words("[[1, 2], [3]]"));
        f.is("none", value_list{});
        f.is("table.key", std::int64_t{1});
        f.is("table.indented", std::int64_t{2});
        f.is("a.b c.key", words("v"));
        f.is("many.name", words("B"));
        CHECK(it.fields.size() == f.seen);
    }
}

TEST_CASE("what cannot be read is named by its line, the rest is read, and no text is lost") {
    const struct {
        const char*   text;
        std::uint64_t line;
    } cases[] = {
        {"---\ntitle: T\ntags: [a, b\nyear: 7\n---\nBody", 3},
        {"---\ntitle: T\ntags: {a: 1\nyear: 7\n---\nBody", 3},
        {"---\ntitle: T\nname: \"open\nyear: 7\n---\nBody", 3},
        {"---\ntitle: T\n\nname: 'x' y\nyear: 7\n---\nBody", 4},
        {"---\ntitle: T\nlist: [a] b\nyear: 7\n---\nBody", 3},
        {"---\ntitle: T\nmap:\n    a: 1\n  b: 2\nyear: 7\n---\nBody", 5},
        {"---\ntitle: T\n- item\nyear: 7\n---\nBody", 3},
        {"---\r\ntitle: T\r\ntags: [a,,b]\r\nyear: 7\r\n---\r\nBody", 3},
        {"---\ntitle: T\nitems:\n  - [a\n  - b\nyear: 7\n---\nBody", 4},
        {"\xEF\xBB\xBF---\ntitle: T\ntags: [a\nyear: 7\n---\nBody", 3},
        {"+++\ntitle = 'T'\ntags = [1, 2\nyear = 7\n+++\nBody", 3},
        {"+++\ntitle = 'T'\nname = \"open\nyear = 7\n+++\nBody", 3},
        {"+++\ntitle = 'T'\nname =\nyear = 7\n+++\nBody", 3},
        {"+++\ntitle = 'T'\nname = 'x' y\nyear = 7\n+++\nBody", 3},
        {"+++\ntitle = 'T'\nlong = \"\"\"\nyear = 7\n+++\nBody", 3},
    };
    for (const auto& c : cases) {
        const std::string_view text = c.text;
        CAPTURE(std::string(text));
        const front_matter it = read_front_matter(text);
        CHECK(it.unread == c.line);
        CHECK(it.body == (text.starts_with("\xEF") ? 3 : 0));
        CHECK(it.fields.text("title") == "T");
        REQUIRE(it.fields.find("year") != nullptr);
        CHECK(*it.fields.find("year") == field_value(std::int64_t{7}));
    }
    CHECK(read_front_matter("---\ntags: [a, b\n---\n").fields.text("tags") == "[a, b");
    CHECK(read_front_matter("+++\na = 1\n[table\nb = 2\n+++\n").unread == 3);
}

TEST_CASE("a hundred thousand keys, however they are written, cost what their bytes cost") {
    const auto repeated = [](auto line) {
        std::string all;
        for (int i = 100'000; i > 0; --i) all += line(i); // keys against their order
        return all;
    };
    const auto keys = repeated([](int i) { return "k" + std::to_string(1'000'000 + i) + ": v\n"; });
    CHECK(read_front_matter("---\n" + keys + "---\n").fields.size() == 100'000);
    const auto toml = repeated([](int i) { return "k" + std::to_string(1'000'000 + i) + " = 1\n"; });
    CHECK(read_front_matter("+++\n" + toml + "+++\n").fields.size() == 100'000);
    for (const char* line : {"a: [x\n", "a: \"x\n", "a: 'x\n", "a: {x: [\n", "a:\n  - [\n", "a:\n", "a: >\n", "\n",
                             "# c\n", "a: &x\n", "- x\n", "a:\n - b: c\n"})
        CHECK(read_front_matter("---\nk: v\n" + repeated([&](int) { return line; }) + "---\n").body <= 2'000'000);
    for (const char* line : {"a = [\n", "a = \"\"\"\n", "a = '\n", "[a\n", "[[a]]\n", "a = {b = [\n"})
        CHECK(read_front_matter("+++\nk = 1\n" + repeated([&](int) { return line; }) + "+++\n").body <= 2'000'000);
    // Depth, in lines and in brackets, and a long key above many.
    std::string deep = "---\n";
    for (std::size_t i = 0; i < 2000; ++i) deep += std::string(i, ' ') + "k:\n";
    CHECK(read_front_matter(deep + "---\n").fields.size() == 1);
    for (const char* bracket : {"[", "{a: "}) {
        std::string text = "---\nk: ";
        for (int i = 0; i < 100'000; ++i) text += bracket;
        CHECK(read_front_matter(text + "\n---\n").unread == 2);
    }
    const std::string  below = repeated([](int i) { return "  a" + std::to_string(i) + ": b\n"; });
    const front_matter wide  = read_front_matter("---\n" + std::string(1000, 'k') + ":\n" + below + "---\n");
    CHECK(wide.fields.size() == 1);
}

TEST_CASE("any bytes between the lines are read without harm") {
    constexpr std::string_view parts[] = {"a: ", "\"",   "'",   "[",     "]",    ",",      "\n",   "- ",
                                          "  ",  "#",    ": ",  "\\u12", "|",    "---",    "1e",   "-",
                                          "key", "\r\n", "...", ">",     "{",    "}",      "a = ", "\"\"\"",
                                          "'''", "\\\n", "!x ", "&y ",   "\n  ", "\n  - ", "?"};
    counter_random             random(1);
    for (int round = 0; round < 20000; ++round) {
        std::string text = random.below(2) == 0 ? "---\nk: v\n" : "+++\nk = 1\n";
        for (std::uint64_t n = random.below(30); n > 0; --n) text += parts[random.below(std::size(parts))];
        text += random.below(2) == 0 ? "\n---\nbody" : "\n+++\nbody";
        const front_matter it = read_front_matter(text);
        REQUIRE(it.body <= text.size());
        REQUIRE((it.unread == 0 || it.body == 0));
        byte_writer w;
        it.fields.save(w);
        byte_reader r(w.bytes());
        REQUIRE(metadata::load(r).value() == it.fields);
    }
}
