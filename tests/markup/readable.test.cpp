// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/markup/readable.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace graft;

namespace {

std::string read(std::string_view text, unsigned quotes = 0, detail::readable* seen = nullptr) {
    context                w;
    arena_text             out(w, 64);
    const detail::readable r = detail::write_readable(out, text, 0, text.size(), quotes);
    if (seen != nullptr) *seen = r;
    return std::string(out.text());
}

} // namespace

TEST_CASE("what a reader sees of Markdown") {
    struct row {
        const char *text, *seen;
    };
    const row rows[] = {
        {"*Ownership* is a **set of _rules_**.", "Ownership is a set of rules."},
        {"a_b_c and 2*3*4 and 2 * 3", "a_b_c and 2*3*4 and 2 * 3"},
        {"`*not*` and ``a ` b``", "`*not*` and ``a ` b``"},
        {"[text](http://x.y/?a=(b) \"title\") end", "text end"},
        {"[text][ref]<!-- ignore --> [^1]", "text"},
        {"![a picture](x.png) words", "words"},
        {"[![badge](b.svg)](http://x.y) words", "words"},
        {"<a id=\"x\"></a>A <b>tag</b>, a < b", "A tag, a < b"},
        {"one<br>two", "one two"},
        {"<http://x.y/z> is where", "http://x.y/z is where"},
        {"\\*plain\\* \\[1\\]", "*plain* [1]"},
        {"&lt;T&gt; &amp; &#65;&#x42; &unknown;", "<T> & AB &unknown;"},
        {"{{#include x.md}} {{< note text=\"seen\" >}} {% raw %}", "seen"},
        {"many   spaces\n\tand\r\nlines", "many spaces and lines"},
        {"[open and (never closed", "[open and (never closed"},
        {"__init__ and **bold", "init and **bold"},
        {"[a [nested](x) b](y)", "a nested b"},
    };
    for (const row& r : rows) {
        CAPTURE(r.text);
        CHECK(read(r.text) == r.seen);
    }
    CHECK(read("> not here\n> but here", 1) == "> not here but here");
    CHECK(read("one\n> > two\n> three", 2) == "one two three");
}

TEST_CASE("words, those of links, and bold type are counted") {
    detail::readable seen;
    (void)read("see [the plan](x) and http://a.b/c", 0, &seen);
    CHECK(seen.words == 5);
    CHECK(seen.linked == 3);
    (void)read("**How do I?**", 0, &seen);
    CHECK(seen.bold);
    (void)read("**How** do **I?**", 0, &seen);
    CHECK_FALSE(seen.bold);
    (void)read("三つの言葉", 0, &seen);
    CHECK(seen.words == 5);
}

TEST_CASE("encoded bytes are no words") {
    const std::string run(5000, 'k');
    CHECK(read("a " + run + " b").size() < 300);
    CHECK(read("[plan](https://x.y/" + run + ") hangs here") == "plan hangs here");
    CHECK(read("![k](data:image/png;base64," + run + ") here") == "here");
}

TEST_CASE("plain text is only folded") {
    context    w;
    arena_text out(w, 64);
    (void)detail::write_readable_plain(out, "2 * 3\n  [a](b) &amp;", 0, 20);
    CHECK(out.text() == "2 * 3 [a](b) &amp;");
}

TEST_CASE("any bytes are read in linear time, and never grow by more than an entity") {
    std::mt19937      dice(11);
    const char* const parts[] = {"[",  "](",   ")",   "*",    "**", "_", "`",  "``",   "<",      "a href=\"",
                                 ">",  "<!--", "-->", "![",   "]",  "&", "&#", ";",    "{{",     "}}",
                                 "\\", "\n",   "> ",  "word", " ",  "ü", "三", "\xff", "http://"};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (std::size_t n = dice() % 60; n > 0; --n) text += parts[dice() % std::size(parts)];
        CHECK(read(text, static_cast<unsigned>(dice() % 3)).size() <= text.size() + 1);
    }
    for (const char* part : parts) {
        std::string text;
        while (text.size() < 300'000) text += part;
        CHECK(read(text).size() <= text.size());
    }
}
