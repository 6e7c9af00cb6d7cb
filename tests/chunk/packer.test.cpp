// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "chunk/support.hpp"

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/recursive.hpp>
#include <graft/chunk/sentences.hpp>
#include <graft/chunk/window.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

// What each ready chunker promises besides the invariants: where it cuts, and what it keeps whole.

using namespace graft;

namespace {

template <class Chunker>
std::vector<std::string> bodies(const std::string& text, text_format kind, const Chunker& how) {
    const chunk_store        store = split_documents(test::corpus_of({text}, kind), how, {prefix_kind::none}).value();
    std::vector<std::string> out;
    for (const chunk& c : store.all()) out.emplace_back(c.text.body);
    return out;
}

std::string prose(std::uint64_t seed, std::size_t sentences_wanted) {
    counter_random random(seed);
    std::string    text;
    for (std::size_t s = 0; s < sentences_wanted; ++s) {
        text += "Start";
        for (std::uint64_t n = 2 + random.below(12); n > 0; --n) text += " w" + std::to_string(random.below(10000));
        text += ". ";
    }
    return text;
}

} // namespace

TEST_CASE("window cuts between words and fills its chunks") {
    const std::string text = prose(1, 400);
    const auto        all  = bodies(text, text_format::plain, window{.size = 50});
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i].back() == ' ');
        if (i + 1 < all.size()) CHECK(count_words{}.count(all[i]) >= 31); // five eighths
    }
    // A word longer than a chunk is cut between characters: two bytes each here.
    for (const std::string& body : bodies(std::string("ü") + std::string(10, 'a') + "üüüüüü", text_format::plain,
                                          basic_window<count_bytes>{.size = 5}))
        CHECK(unicode::first_invalid(body) == std::string_view::npos);
}

TEST_CASE("sentences are whole where they fit, and overlap in whole sentences") {
    const std::string     text = prose(2, 300);
    std::set<std::size_t> ends{0};
    each_sentence(text, [&](std::size_t, std::size_t end) { ends.insert(end); });
    const corpus      docs  = test::corpus_of({text}, text_format::plain);
    const chunk_store plain = split_documents(docs, sentences{.size = 60}).value();
    for (const chunk& c : plain.all()) CHECK(ends.contains(c.end));
    const chunk_store twice    = split_documents(docs, sentences{.size = 60, .overlap = 20}).value();
    std::size_t       repeated = 0;
    for (std::size_t i = 1; i < twice.size(); ++i) {
        CHECK(ends.contains(twice.all()[i].begin));
        repeated += twice.all()[i - 1].end - twice.all()[i].begin;
    }
    CHECK(repeated > text.size() / 10);
    CHECK(twice.size() > plain.size());

    // A sentence longer than a chunk is cut at clauses.
    const auto parts = bodies("One two three, four five six; seven eight nine: ten eleven twelve, end.",
                              text_format::plain, sentences{.size = 4});
    for (const std::string& part : parts)
        CHECK((part.ends_with(", ") || part.ends_with("; ") || part.ends_with(": ") || part.ends_with(".")));
}

TEST_CASE("recursive prefers paragraphs to lines, lines to sentences") {
    std::string           text;
    std::set<std::size_t> ends;
    counter_random        random(3);
    for (int p = 0; p < 200; ++p) {
        text += prose(static_cast<std::uint64_t>(p), 1 + random.below(3)) + "\n\n";
        ends.insert(text.size());
    }
    std::size_t at_paragraphs = 0, all = 0;
    const auto  store = split_documents(test::corpus_of({text}, text_format::plain), recursive{.size = 80}).value();
    for (const chunk& c : store.all()) {
        ++all;
        at_paragraphs += ends.contains(c.end) ? 1u : 0u;
    }
    CHECK(at_paragraphs == all);
    // Too long for a chunk: lines.
    const auto lines =
        bodies("a b c d e\nf g h i j\nk l m n o\np q r s t\n", text_format::plain, recursive{.size = 10});
    for (const std::string& line : lines) CHECK(line.back() == '\n');
}

TEST_CASE("markdown begins a chunk at each heading and keeps code, tables and items whole where they fit") {
    const std::string code  = "```rust\nfn main() {\n    let x = 5;\n\n    # not a heading\n}\n```\n\n";
    const std::string table = "| a | b |\n|---|---|\n| one two three | four |\n| five | six |\n\n";
    std::string       text;
    for (int s = 0; s < 30; ++s) {
        text += (s % 3 == 0 ? "# " : "## ") + std::string("Heading ") + std::to_string(s) + "\n\n";
        if (s % 3 == 0) continue; // no words of its own: the next heading goes on
        text += prose(static_cast<std::uint64_t>(s), 4) + "\n\n" + code + prose(static_cast<std::uint64_t>(s + 50), 5) +
                "\n\n" + table;
    }
    const corpus      docs  = test::corpus_of({text}, text_format::markdown);
    const chunk_store store = split_documents(docs, markdown{.size = 60}).value();
    std::size_t       codes = 0, tables = 0, first = 0;
    for (const chunk& c : store.all()) {
        const std::string_view body = c.text.body;
        // Both or neither end of a fence.
        CHECK((body.find("```rust") == std::string_view::npos) == (body.find("}\n```\n") == std::string_view::npos));
        codes += body.find(code) != std::string_view::npos ? 1u : 0u;
        tables += body.find(table) != std::string_view::npos ? 1u : 0u;
        first += body.starts_with("#") ? 1u : 0u;
        const std::size_t heading = body.find("\n## ", 1);
        if (heading != std::string_view::npos) CHECK(body.starts_with("# ")); // only behind a heading without words
        CHECK(body.find("\n# Heading") == std::string_view::npos);
        // The section is that of the last heading at or before the first byte.
        const std::size_t before = text.rfind("Heading ", text.find('\n', c.begin));
        CHECK(store.section(c.id).back() == text.substr(before, text.find('\n', before) - before));
    }
    CHECK(codes == 20);
    CHECK(tables == 20);
    CHECK(first == 20);

    // A block of code that no chunk could hold is cut at lines, a list at items.
    std::string big = "```\n";
    for (int i = 0; i < 40; ++i) big += "line of code " + std::to_string(i) + "\n";
    for (const std::string& body : bodies(big + "```\n", text_format::markdown, markdown{.size = 20}))
        CHECK(body.back() == '\n');
    std::string list;
    for (int i = 0; i < 40; ++i) list += "- item with some words\n  and a second line " + std::to_string(i) + "\n";
    for (const std::string& body : bodies(list, text_format::markdown, markdown{.size = 30}))
        CHECK(body.starts_with("- "));
}

TEST_CASE("a question and a line that ends in a colon stay with what stands below them") {
    std::string text, table;
    for (int i = 0; i < 60; ++i) {
        const auto n = static_cast<std::uint64_t>(i);
        text += "**How do I do " + std::to_string(i) + "?**\n\n" + prose(n, 1 + n % 2) + "\n\n";
        text += "You need:\n\n- one thing\n- another\n\n" + prose(n + 100, 1) + "\n\nPrices are:\n" +
                (i % 2 == 0 ? "\n" : "") + "| a | b |\n|---|---|\n| 1 | 2 |\n\n**Bold**\n\n```\ncode\n```\n\n";
    }
    for (const std::size_t size : {40u, 64u, 120u}) {
        for (const std::string& body : bodies(text, text_format::markdown, markdown{.size = size})) {
            CAPTURE(body);
            const std::size_t end = body.find_last_not_of('\n');
            CHECK(body[end] != '?');
            CHECK(body[end] != ':');
            CHECK(!std::string_view(body).substr(0, end + 1).ends_with("**"));
        }
    }
    // What is too long for that is cut all the same, and what has nothing below it is not lost.
    for (const std::string& body :
         bodies("Is it long?\n\n" + prose(1, 40) + "\n\nAnd then:\n\n# Heading\n\nWhat else?\n", text_format::markdown,
                markdown{.size = 16}))
        CHECK(count_words{}.count(body) <= 16);
    CHECK(bodies("Is it long?\n", text_format::markdown, markdown{}).size() == 1);
    CHECK(bodies("A:\n\n# B\n\nC?\n", text_format::markdown, markdown{}).size() == 2);
}

TEST_CASE("headings in code, quotations and comments make no section") {
    const std::string text =
        "# One\n\na\n\n```\n# no\n```\n\n> # no\n\n<!--\n# no\n-->\n\nTwo\n---\n\nb\n\n### Three ###\n\nc\n";
    const corpus docs = test::corpus_of({text}, text_format::markdown);
    const auto   out  = detail::outline_of(docs[0]);
    REQUIRE(out.size() == 3);
    CHECK(detail::section_path(out, 3, text) == std::vector<std::string_view>{"One", "Two", "Three"});
    CHECK(out[1].level == 2);
    CHECK(out[2].parent == 2);
    CHECK(detail::section_at(out, 0) == 1);
    CHECK(detail::section_at(out, out[1].begin - 1) == 1);
    CHECK(detail::section_at(out, out[1].begin) == 2);
    CHECK(detail::section_at(out, text.size()) == 3);
    CHECK(detail::outline_of(test::corpus_of({text}, text_format::plain)[0]).empty());
}
