// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/index/bm25.hpp>
#include <graft/index/flat.hpp>
#include <graft/index/hnsw.hpp>
#include <graft/schema/ingest.hpp>

#include "index/vectors.hpp"
#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

// Builds in the caller's context: what goes wrong or is stopped on the way changes nothing.

using namespace graft;
using test::trap;

namespace {

/// One of each index, with something in it.
struct shelf {
    flat<cosine> exact{8};
    hnsw<cosine> near{8, {.links = 4, .build_beam = 12, .exact_below = 16}};
    bm25         words;

    /// Ids are beyond those that are there.
    auto take(const test::numbered& more, const trap& t, context& c) {
        std::vector<chunk> fresh(more.all().begin(), more.all().end());
        for (chunk& it : fresh) it.id = chunk_id{to_underlying(it.id) + size()};
        const test::trapped_embedder embed(t);
        return ingest(embed | index_into(exact), embed | index_into(near), index_into(words))(change{fresh, {}}, c);
    }
    shelf() {
        const trap           none(trap::act::nothing, 0);
        const test::numbered first(40);
        context              c;
        take(first, none, c).value();
    }
    std::size_t            size() const { return exact.size(); }
    std::vector<std::byte> bytes() const {
        byte_writer out;
        exact.save(out), near.save(out), words.save(out);
        return out.take();
    }
};

const test::numbered& many() {
    static const test::numbered all(100'000);
    return all;
}

/// Prepares the same draft while it is stopped wherever its progress stands, and once to its end.
template <class Index, class Fill>
void stops_anywhere(const Index& index, const Fill& fill) {
    const auto             before = test::saved(index);
    auto                   d      = index.begin();
    test::watched_progress seen;
    context                c(threads(2));
    fill(d);
    c.progress = seen;
    REQUIRE(d.prepare(c));
    CHECK(seen.whole());
    const std::size_t calls = seen.calls;
    REQUIRE(calls > 1);
    auto e = index.begin();
    fill(e);
    for (std::size_t at = 1; at < calls; ++at) {
        std::stop_source stop;
        std::size_t      now  = 0;
        const auto       ends = [&](std::size_t, std::size_t) {
            if (++now == at) stop.request_stop();
        };
        context s;
        s.progress = ends;
        s.stop     = stop.get_token();
        if (const auto ok = e.prepare(s)) CHECK(now + 3 >= calls); // what is told last is told behind the last question
        else CHECK(ok.error().what == fault::stopped);
        CHECK(now <= at + 1);
    }
    context late;
    late.deadline = context::clock::now();
    CHECK(e.prepare(late).error().what == fault::timed_out);
    CHECK(test::saved(index) == before);
    REQUIRE(e.prepare()); // the draft has lost nothing
    Index a = index.pin(), b = index.pin();
    a.commit(std::move(d));
    b.commit(std::move(e));
    CHECK(test::saved(a) == test::saved(b));
}

} // namespace

TEST_CASE("an embedder that throws or fails at a chunk gives the same on every executor, and no index has changed") {
    shelf                s;
    const auto           before = s.bytes();
    const test::numbered more(5000);
    for (const std::size_t at : {0u, 1023u, 1024u, 4321u}) {
        test::on_every_executor(trap::act::throws, at, [&](const trap& t, context& c, std::size_t) {
            std::size_t caught = 99'999;
            try {
                (void)s.take(more, t, c);
            } catch (const test::sprung& x) {
                caught = x.at;
            }
            CHECK(caught == at);
            CHECK(s.bytes() == before);
        });
        test::on_every_executor(trap::act::fails, at, [&](const trap& t, context& c, std::size_t) {
            CHECK(s.take(more, t, c).error() == error{fault::unreadable, unit::row, at, "trap"});
            CHECK(s.bytes() == before);
        });
    }
}

TEST_CASE("a stop while 100,000 chunks are indexed ends it after the blocks in hand, and no index has changed") {
    shelf      s;
    const auto before = s.bytes();
    test::on_every_executor(trap::act::stops, 3000, [&](const trap& t, context& c, std::size_t width) {
        CHECK(s.take(many(), t, c).error().what == fault::stopped);
        CHECK(t.late() <= 2 * 1024 * width); // two sinks embed
        CHECK(s.bytes() == before);
    });
    const trap none(trap::act::nothing, 0);
    context    late;
    late.deadline = context::clock::now();
    CHECK(s.take(many(), none, late).error().what == fault::timed_out);
    CHECK(s.bytes() == before);
}

TEST_CASE("an analyser that throws in a draft of bm25 comes out, and nothing has changed") {
    using words = basic_bm25<test::trapped_words>;
    const test::numbered more(3000);
    test::on_every_executor(trap::act::throws, 2500, [&](const trap& t, context& c, std::size_t) {
        words x({}, test::trapped_words(t));
        CHECK_THROWS_AS((void)ingest(index_into(x))(more, c), test::sprung);
        CHECK(x.size() == 0);
    });
}

TEST_CASE("a draft that is stopped wherever its progress stands can be prepared again, and the index is what it was") {
    const test::cloud base(1500, 24, 3), more(4000, 24, 4);
    const auto        fill = [&](auto& d) {
        std::vector<chunk_id> ids(more.ids);
        for (chunk_id& id : ids) id = chunk_id{to_underlying(id) + 1'000'000};
        REQUIRE(d.add(ids, more.views()));
        REQUIRE(d.remove(std::span(base.ids).first(100)));
    };
    flat<cosine> exact(24);
    test::learn(exact, base);
    stops_anywhere(exact, fill);
    hnsw<cosine> near(24, {.links = 4, .build_beam = 16, .exact_below = 100});
    test::learn(near, base);
    stops_anywhere(near, fill);

    const test::numbered texts(9000, 12);
    const auto           add = [&](auto& d, std::uint64_t first) {
        std::vector<chunk_id>  ids;
        std::vector<text_view> all;
        for (const chunk& c : texts.all()) ids.push_back(chunk_id{to_underlying(c.id) + first}), all.push_back(c.text);
        REQUIRE(d.add(ids, all));
    };
    bm25 words;
    auto d = words.begin();
    add(d, 0);
    REQUIRE(d.prepare());
    words.commit(std::move(d));
    stops_anywhere(words, [&](auto& next) { add(next, 100'000); });
}

TEST_CASE("a predicate that throws comes out of a batch of queries the same on every executor") {
    const test::cloud c(9000, 16, 5);
    flat<cosine>      index(16);
    test::learn(index, c);
    matrix<float> queries(30, 16);
    for (std::size_t i = 0; i < queries.rows(); ++i) std::copy_n(c.query(i).data(), 16, queries.row(i).data());
    const auto bad  = [](chunk_id id) -> bool { throw test::sprung{to_underlying(id) % 1}; };
    const auto even = [](chunk_id id) { return to_underlying(id) % 2 == 0; };
    context    plain;
    const auto truth = index.each(queries.view(), 7, even, plain).value();
    test::on_every_executor(trap::act::nothing, 0, [&](const trap&, context& w, std::size_t) {
        CHECK_THROWS_AS((void)index.each(queries.view(), 7, bad, w), test::sprung);
        CHECK_THROWS_AS((void)index.search(queries.row(0), 7, bad, w), test::sprung);
        const auto same = index.each(queries.view(), 7, even, w).value(); // the context still serves
        for (std::size_t i = 0; i < queries.rows(); ++i) {
            CHECK(std::vector(same.of[i].begin(), same.of[i].end()) ==
                  std::vector(truth.of[i].begin(), truth.of[i].end()));
            const auto alone = index.search(queries.row(i), 7, even, w).value(); // on several threads, too
            CHECK(std::vector(alone.begin(), alone.end()) == std::vector(truth.of[i].begin(), truth.of[i].end()));
        }
    });
}

TEST_CASE("a long batch tells its progress in queries, and a stop ends it") {
    const test::cloud c(700, 8, 6);
    flat<cosine>      index(8);
    test::learn(index, c);
    matrix<float> queries(3000, 8);
    for (std::size_t i = 0; i < queries.rows(); ++i) std::copy_n(c.query(i).data(), 8, queries.row(i).data());
    test::on_every_executor(trap::act::nothing, 0, [&](const trap&, context& w, std::size_t) {
        test::watched_progress seen;
        w.progress = seen;
        REQUIRE(index.each(queries.view(), 3, w));
        CHECK(seen.whole());
        CHECK(seen.total == 3000);
        std::stop_source stop;
        std::size_t      told = 0;
        const auto       ends = [&](std::size_t, std::size_t) { ++told, stop.request_stop(); };
        w.progress            = ends;
        w.stop                = stop.get_token();
        CHECK(index.each(queries.view(), 3, w).error().what == fault::stopped);
        CHECK(told == 1);
    });
}
