// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/flow/pipe.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/index/bm25.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/retrieve/compress.hpp>
#include <graft/retrieve/expand.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/asking.hpp"
#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;
using test::operator""_c;

namespace {

/// Pages of Markdown, cut into chunks, and an index over their words.
struct library {
    corpus      docs;
    chunk_store store;
    bm25        words;

    explicit library(const std::vector<std::string>& pages, std::size_t size = 200) {
        for (std::size_t i = 0; i < pages.size(); ++i)
            (void)docs
                .add({.name = "page" + std::to_string(i) + ".md", .text = pages[i], .kind = text_format::markdown})
                .value();
        store = split_documents(docs, markdown{.size = size}).value();
        (void)ingest(index_into(words))(store).value();
    }
    [[nodiscard]] retrieved found(std::string_view asked, context& w) const {
        return search(words)(test::asking(asked), w).value();
    }
    [[nodiscard]] std::vector<std::string> left(std::string_view asked, compress_params with = {}) const {
        context                  w;
        const passages           p = compress(store, with)(found(asked, w), w).value();
        std::vector<std::string> out;
        for (const passage& x : p.items) out.emplace_back(x.from.text.body);
        return out;
    }
};

const char* const leave =
    "# Leave\n\nWe like hills. Every employee has thirty days of paid leave a year. It is asked for "
    "in May.\n\nThe canteen is open at noon. Soup is served first.\n";

} // namespace

TEST_CASE("of what was found the sentences that answer are left, and nothing else") {
    const library l({leave, "# Animals\n\nOtters eat fish. Beavers sleep a lot.\n"});
    const auto    got = l.left("How many days of paid leave does an employee have?");
    REQUIRE(got.size() == 1);
    CHECK(got[0] == "Every employee has thirty days of paid leave a year.");
    CHECK(l.left("What do otters eat?") == std::vector<std::string>{"Otters eat fish."});
}

TEST_CASE("sentences that follow each other stay one passage") {
    const library l(
        {"# Rules\n\nA quorum is the least number of members. The quorum of the board is five members. Rain.\n"});
    const auto got = l.left("What is the quorum of members of the board?");
    REQUIRE(got.size() == 1);
    CHECK(got[0] == "A quorum is the least number of members. The quorum of the board is five members.");
}

TEST_CASE("a list that answers comes whole, with its marks; a row knows the names of its columns") {
    const library l(
        {"# Kit\n\nBring with you to the river:\n\n- a rope\n- a lamp for the night\n- two dry socks\n\nThen "
         "walk.\n",
         "# Prices\n\n| room | price |\n|---|---|\n| single room | 40 euro |\n| double room | 70 euro |\n"});
    const auto list = l.left("What should I bring to the river?");
    REQUIRE(list.size() == 1);
    CHECK(list[0] == "Bring with you to the river:\n\n- a rope\n- a lamp for the night\n- two dry socks");
    context        w;
    const passages p = compress(l.store, {.sentences = 1})(l.found("What does a double room cost?", w), w).value();
    REQUIRE(p.items.size() == 1);
    CHECK(p.items[0].from.text.body == "| double room | 70 euro |");
    CHECK(p.items[0].from.head == "| room | price |");
    const prompt           asked = prompt_from(l.store)(p, w).value();
    const std::string_view shown = render(asked, nonce_of(asked), w);
    CHECK(shown.find("| room | price |\n") < shown.find("| double room | 70 euro |"));
    CHECK(shown.find("single room") == std::string_view::npos);
    CHECK(extractive{}.complete(asked, {}, w).value().text.find("room: double room; price: 70 euro") == 0);
}

TEST_CASE(
    "passages are spans of their chunks, best first, apart, and those that extractive quotes from the same chunks") {
    const char*              words[] = {"leave",   "days",  "hotel",  "night", "manager",
                                        "receipt", "phone", "office", "month", "doctor"};
    counter_random           r(3);
    std::vector<std::string> pages;
    for (int d = 0; d < 12; ++d) {
        std::string text = "# Part " + std::to_string(d) + "\n\n";
        for (int s = 0; s < 15; ++s) {
            text += s % 5 == 4 ? "- The" : "The";
            for (int i = 0; i < 8; ++i) text += std::string(" ") + words[r.below(10)];
            text += s % 5 == 4 || s % 4 == 3 ? ".\n\n" : ". ";
        }
        pages.push_back(text);
    }
    const library l(pages, 60);
    for (int round = 0; round < 60; ++round) {
        std::string asked = "What of";
        for (int i = 0; i < 4; ++i) asked += std::string(" ") + words[r.below(10)];
        CAPTURE(asked);
        context               w;
        const compress_params with{.hits = 1 + r.below(8), .sentences = 1 + r.below(4)};
        const retrieved       f = l.found(asked, w);
        const passages        p = compress(l.store, with)(f, w).value();
        REQUIRE(!p.items.empty());
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < p.items.size(); ++i) {
            const chunk& c     = p.items[i].from;
            const chunk  whole = l.store.find(c.id).value();
            REQUIRE(c.begin >= whole.begin);
            REQUIRE(c.end <= whole.end);
            REQUIRE(c.text.body == l.store.text_of(c.document).substr(c.begin, c.end - c.begin));
            CHECK(c.text.prefix == whole.text.prefix);
            CHECK(std::any_of(p.of.hits.begin(), p.of.hits.end(), [&](const hit& h) { return h.id == c.id; }));
            if (i > 0) CHECK(p.items[i - 1].score >= p.items[i].score);
            for (std::size_t j = 0; j < i; ++j) {
                const chunk& o = p.items[j].from;
                CHECK((o.document != c.document || o.end <= c.begin || c.end <= o.begin));
            }
            bytes += c.text.body.size();
        }
        // The oracle reads the same chunks whole.
        auto trimmed    = f;
        trimmed.hits    = f.hits.first(std::min(with.hits, f.hits.size()));
        const auto all  = prompt_from(l.store, {.budget = 100'000, .sources = with.hits})(trimmed, w).value();
        const auto says = extractive{.sentences = with.sentences}.complete(all, {}, w).value();
        REQUIRE(!says.quotes.empty());
        std::size_t quoted = 0;
        for (const quoted_span& q : says.quotes) {
            const chunk& from = all.sources[q.mark - 1].from;
            quoted += q.end - q.begin;
            CHECK(std::any_of(p.items.begin(), p.items.end(), [&](const passage& x) {
                return x.from.document == from.document && x.from.begin <= from.begin + q.begin &&
                       from.begin + q.end <= x.from.end;
            }));
        }
        CHECK(bytes >= quoted);
        CHECK(bytes <= quoted + 4 * says.quotes.size()); // blanks between, and marks of items
    }
}

TEST_CASE("what shares no word with the question, and what was refused, stays whole") {
    const library l({leave});
    context       w;
    const hit     one[] = {{l.store.all()[0].id, .5f}};
    const auto    none  = compress(l.store)(retrieved{test::asking("Wo schlafen Biber?"), one}, w).value();
    REQUIRE(none.items.size() == 1);
    CHECK(none.items[0].from.text.body == l.store.all()[0].text.body);
    auto refused    = retrieved{test::asking("days of leave"), one};
    refused.refused = true;
    const auto held = compress(l.store)(refused, w).value();
    CHECK(held.of.refused);
    REQUIRE(held.items.size() == 1);
    CHECK(held.items[0].from.text.body == l.store.all()[0].text.body);
    CHECK(compress(l.store, {.sentences = 0})(retrieved{test::asking("days of leave"), one}, w).value().items.size() ==
          1);
    CHECK(compress(l.store)(retrieved{test::asking("days of leave"), {}}, w).value().items.empty());
    CHECK(compress(l.store)(retrieved{test::asking(""), one}, w).value().items.size() == 1);
}

TEST_CASE("passages that were widened are read as they are; hits and passages alike are read as far as asked") {
    const library l({leave}, 12);
    context       w;
    const auto    f    = l.found("days of paid leave", w);
    const auto    wide = compress(l.store, {.sentences = 1})(expand(l.store, 3)(f, w).value(), w).value();
    REQUIRE(!wide.items.empty());
    CHECK(wide.items[0].from.text.body == "Every employee has thirty days of paid leave a year.");
    const library many({"# A\n\nThe boat is red.\n", "# B\n\nThe boat is blue.\n", "# C\n\nThe boat is green.\n"});
    CHECK(many.left("boat colour", {.hits = 2}).size() == 2);
    CHECK(many.left("boat colour", {.hits = 9, .sentences = 9}).size() == 3);
}

TEST_CASE("what is missing or strange is an error") {
    const library l({leave});
    context       w;
    const hit     gone[] = {{999_c, 1}};
    CHECK(compress(l.store)(retrieved{test::asking("leave"), gone}, w).error().what == fault::unknown_id);
    auto foreign           = retrieved{test::asking("leave"), {}};
    foreign.asked.analyser = 12345;
    CHECK(compress(l.store)(foreign, w).error().what == fault::other_analyser);
}
