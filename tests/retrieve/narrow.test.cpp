// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/docs/corpus.hpp>
#include <graft/embed/hashed.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/flat.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/narrow.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

namespace {

/// Thirty documents on one matter, of three years.
struct library {
    corpus       docs;
    chunk_store  chunks;
    hashed       embed{{.dims = 64}};
    flat<cosine> near{64};
    bm25         words;

    library() {
        for (int i = 0; i < 30; ++i) {
            document d{.name = "d" + std::to_string(i) + ".md",
                       .text = "# Leave " + std::to_string(i) + "\n\nPaid leave is asked for in writing, " +
                               std::to_string(i) + " days before.\n",
                       .kind = text_format::markdown};
            d.fields.set("year", std::int64_t{2020 + i % 3});
            docs.add(std::move(d)).value();
        }
        chunks = split_documents(docs, markdown{}).value();
        ingest(embed | index_into(near), index_into(words))(chunks).value();
    }
    bool of_year(chunk_id id, std::int64_t year) const {
        const auto* v = chunks.fields_of(id).find("year");
        return v != nullptr && *v == field_value(year);
    }
};

} // namespace

TEST_CASE("a filter of the question holds for every branch, and each question has its own") {
    const library      l;
    const auto         ask  = narrow(l.chunks) | hybrid(l.embed | search(l.near), search(l.words));
    const filter       of[] = {where("year") == 2020, where("year") == 2021, where("year") == 2022};
    std::vector<query> asked;
    for (int i = 0; i < 9; ++i) {
        query q = "paid leave in writing";
        q.only  = i % 4 == 3 ? nullptr : &of[i % 3];
        asked.push_back(q);
    }
    context    c;
    const auto many = ask.each(asked, context{threads(2)});
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto one = ask(asked[i], c).value();
        REQUIRE(many[i]);
        CHECK(std::equal(one.hits.begin(), one.hits.end(), many[i]->hits.begin(), many[i]->hits.end()));
        CHECK(one.hits.size() == (asked[i].only == nullptr ? 30u : 10u));
        if (asked[i].only != nullptr)
            for (const hit& h : one.hits) CHECK(l.of_year(h.id, 2020 + static_cast<std::int64_t>(i % 3)));
    }
}

TEST_CASE("a filter that nobody turned into ids is an error in either search, alone and in a batch, never overlooked") {
    const library l;
    const filter  only = where("year") == 2020;
    query         q    = "leave";
    q.only             = &only;
    context c;
    CHECK(search(l.words)(q, c).error().what == fault::bad_argument);
    const auto dense = l.embed | search(l.near);
    CHECK(dense(q, c).error().what == fault::bad_argument);
    const std::vector<query> both{"leave", q};
    const auto               many = dense.each(both);
    CHECK(many[0].has_value());
    CHECK(many[1].error().what == fault::bad_argument);
}

TEST_CASE(
    "a filter that keeps nothing finds nothing; one that keeps all changes nothing; the search's own still holds") {
    const library l;
    const filter  none = !filter{}, all;
    query         q    = "leave";
    context       c;
    const auto    ask   = narrow(l.chunks) | search(l.words);
    const auto    plain = ask(q, c).value();
    q.only              = &none;
    CHECK(ask(q, c)->hits.empty());
    q.only = &all;
    CHECK(std::equal(plain.hits.begin(), plain.hits.end(), ask(q, c)->hits.begin()));
    const filter year = where("year") == 2021;
    q.only            = &year;
    const auto odd    = [](chunk_id id) { return to_underlying(id) % 2 == 1; };
    const auto half   = pipe(narrow(l.chunks), search(l.words, 200, odd))(q, c).value();
    CHECK(!half.hits.empty());
    for (const hit& h : half.hits) CHECK((odd(h.id) && l.of_year(h.id, 2021)));
}
