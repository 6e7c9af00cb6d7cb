// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/random.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/chunk/window.hpp>
#include <graft/markup/leaves.hpp>
#include <graft/retrieve/expand.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;

namespace {

/// Documents of digits, cut into spans that may overlap or leave gaps.
struct toy_shelf {
    std::vector<std::string> texts;
    std::vector<chunk>       all; // id = place

    void add(std::size_t document, std::size_t begin, std::size_t end) {
        const std::string_view t = texts[document];
        all.push_back(
            {chunk_id{all.size()}, document_id{document}, begin, end, {"section", t.substr(begin, end - begin)}, 1});
    }
    result<chunk> find(chunk_id id) const {
        if (to_underlying(id) >= all.size()) return error{fault::unknown_id, unit::id, to_underlying(id)};
        return all[to_underlying(id)];
    }
    result<chunk> neighbour(chunk_id id, int step) const {
        const auto  at = static_cast<std::int64_t>(id) + step;
        const error none{fault::unknown_id, unit::id, to_underlying(id)};
        if (at < 0 || at >= static_cast<std::int64_t>(all.size())) return none;
        const chunk& c = all[static_cast<std::size_t>(at)];
        if (c.document != all[to_underlying(id)].document) return none;
        return c;
    }
    std::string_view text_of(document_id document) const { return texts[to_underlying(document)]; }
};
static_assert(knows_neighbours<toy_shelf>);

toy_shelf tiled() {
    toy_shelf s{{"0123456789abcdefghij", "ABCDEFGHIJ"}, {}};
    for (std::size_t i = 0; i < 5; ++i) s.add(0, 4 * i, 4 * i + 4);
    s.add(1, 0, 5);
    s.add(1, 5, 10);
    return s;
}

} // namespace

TEST_CASE("a hit is widened by its neighbours and stops at the ends of its document") {
    const auto s = tiled();
    context    w;
    const hit  one[] = {{2_c, .5f}};
    const auto e     = expand(s, 1)(retrieved{"q", one}, w).value();
    REQUIRE(e.items.size() == 1);
    CHECK(e.items[0].from.text.body == "456789abcdef");
    CHECK(e.items[0].from.id == 2_c);
    CHECK(e.items[0].from.tokens == 0);
    CHECK(e.items[0].score == .5f);
    CHECK(e.of.asked.text == "q");
    const hit last[] = {{5_c, 1}};
    CHECK(expand(s, 3)(retrieved{"q", last}, w)->items[0].from.text.body == "ABCDEFGHIJ");
    const hit first[] = {{0_c, 1}};
    CHECK(expand(s, 1)(retrieved{"q", first}, w)->items[0].from.text.body == "01234567");
    CHECK(expand(s, 9)(retrieved{"q", first}, w)->items[0].from.text.body == s.texts[0]);
}

TEST_CASE("spans that overlap or touch become one with the best score and the best hit's id") {
    const auto s = tiled();
    context    w;
    const hit  hits[] = {{5_c, .9f}, {3_c, .8f}, {0_c, .7f}, {1_c, .6f}, {6_c, .1f}};
    const auto e      = expand(s, 0)(retrieved{"q", hits}, w).value();
    REQUIRE(e.items.size() == 3);
    CHECK(e.items[0].from.text.body == "ABCDEFGHIJ");
    CHECK(e.items[0].from.id == 5_c);
    CHECK(e.items[0].score == .9f);
    CHECK(e.items[1].from.text.body == "cdef");
    CHECK(e.items[1].from.tokens == 1); // a single chunk keeps its count
    CHECK(e.items[2].from.text.body == "01234567");
    CHECK(e.items[2].from.id == 0_c);
    const auto all = expand(s, 1)(retrieved{"q", hits}, w).value();
    REQUIRE(all.items.size() == 2);
    CHECK(all.items[1].from.text.body == s.texts[0]);
    CHECK(all.items[1].from.id == 3_c);
}

TEST_CASE("nothing found widens to nothing; an unknown hit is an error") {
    const auto s = tiled();
    context    w;
    CHECK(expand(s, 2)(retrieved{"q"}, w)->items.empty());
    const hit bad[] = {{99_c, 1}};
    CHECK(expand(s, 2)(retrieved{"q", bad}, w).error().what == fault::unknown_id);
}

TEST_CASE("on random stores passages are disjoint, exact and cover each hit with its neighbours") {
    counter_random r(3, 9);
    context        w;
    for (int round = 0; round < 400; ++round) {
        w.reset();
        toy_shelf s{{std::string(200, 'x'), std::string(90, 'y'), std::string(30, 'z')}, {}};
        for (auto& t : s.texts)
            for (char& c : t) c = static_cast<char>('a' + r.below(26));
        for (std::size_t d = 0; d < 3; ++d)
            for (std::size_t at = 0; at + 5 < s.texts[d].size(); at += 3 + r.below(12))
                s.add(d, at, std::min(s.texts[d].size(), at + 2 + r.below(9)));
        std::vector<hit> hits;
        for (const chunk& c : s.all)
            if (r.below(3) == 0) hits.push_back({c.id, r.unit()});
        std::sort(hits.begin(), hits.end(), better);
        const auto n = static_cast<int>(r.below(3));
        const auto e = expand(s, static_cast<unsigned>(n))(retrieved{"q", hits}, w).value();
        for (std::size_t i = 0; i < e.items.size(); ++i) {
            const chunk& c = e.items[i].from;
            REQUIRE(c.text.body ==
                    std::string_view(s.texts[to_underlying(c.document)]).substr(c.begin, c.end - c.begin));
            if (i > 0) REQUIRE(e.items[i - 1].score >= e.items[i].score);
            for (std::size_t j = 0; j < i; ++j) {
                const chunk& o = e.items[j].from;
                REQUIRE((o.document != c.document || o.end < c.begin || c.end < o.begin));
            }
        }
        for (const hit& h : hits)
            for (int step = -n; step <= n; ++step) {
                const auto c = s.neighbour(h.id, step);
                if (!c) continue;
                bool inside = false;
                for (const passage& x : e.items)
                    inside = inside || (x.from.document == c->document && x.from.begin <= c->begin &&
                                        c->end <= x.from.end && x.score >= h.score);
                // a gap in the document's chunking belongs to the widened span; overlap can only extend it
                REQUIRE(inside);
            }
    }
}

TEST_CASE("what is widened keeps its leaves, and the head of the table it begins in") {
    document d;
    d.name = "prices.md";
    d.kind = text_format::markdown;
    d.text = "# Prices\n\n| item | price |\n|------|-------|\n";
    for (int i = 0; i < 30; ++i) d.text += "| thing " + std::to_string(i) + " | " + std::to_string(3 * i) + " EUR |\n";
    d.text += "\n```\ncode words here that go on\n```\n\nThe end of it all is near.\n";
    corpus docs;
    docs.add(std::move(d)).value();
    const chunk_store store = split_documents(docs, window{.size = 6}).value();
    context           w;
    std::size_t       heads = 0;
    for (const chunk& c : store.all())
        for (const unsigned n : {0u, 1u, 3u}) {
            const hit   one[] = {{c.id, 1}};
            const chunk wide  = expand(store, n)(retrieved{"q", one}, w).value().items[0].from;
            const auto  own   = leaves_within(store.leaves_of(c.document), wide.begin, wide.end);
            REQUIRE(wide.form == text_form::markdown);
            REQUIRE(wide.leaves.data() == own.data());
            REQUIRE(wide.leaves.size() == own.size());
            bool good = true;
            each_leaf_of(wide, [&](const chunk_leaf& x) {
                if (x.kind != leaf_kind::table_row) return;
                good = good && x.head == "| item | price |";
                heads += n > 0 && !wide.head.empty() ? 1u : 0u;
            });
            REQUIRE(good);
        }
    CHECK(heads > 50);
    // A chunk store that says nothing of leaves: nobody knows what the wider span begins in.
    toy_shelf s = tiled();
    for (chunk& c : s.all) c.form = text_form::markdown;
    const hit one[] = {{2_c, 1}};
    CHECK(expand(s, 0)(retrieved{"q", one}, w).value().items[0].from.form == text_form::markdown);
    CHECK(expand(s, 1)(retrieved{"q", one}, w).value().items[0].from.form == text_form::unknown);
}
