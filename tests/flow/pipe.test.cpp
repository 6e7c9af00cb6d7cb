// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/flow/pipe.hpp>

#include "support/ids.hpp"
#include "support/toys.hpp"

#include <doctest/doctest.h>

using namespace graft;
using test::operator""_c;

namespace {

struct fixture {
    toys::store   store{"a cab\nbad dad\nadd\nzzz\n"};
    toys::letters embed{5};
    toys::vectors nearest;
    toys::lines   words;

    fixture() { REQUIRE(ingest(embed | index_into(nearest), index_into(words))(store).has_value()); }
};

bool same(std::span<const hit> a, std::span<const hit> b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

retrieved first_of(const retrieved& f) { return {f.asked, f.hits.first(std::min<std::size_t>(1, f.hits.size()))}; }

} // namespace

TEST_CASE_FIXTURE(fixture, "a pipeline gives what its stages give, one after the other") {
    const auto ask = embed | search(nearest) | top(2);
    context    w;
    const auto f = ask("dd", w).value();
    CHECK(f.asked.text == "dd");
    REQUIRE(f.hits.size() == 2);
    CHECK(f.hits[0] == hit{2_c, 6}); // "bad dad": three d, twice
    CHECK(f.hits[1] == hit{3_c, 4});
    CHECK(f.asked.dense_weight == .5f);
}

TEST_CASE_FIXTURE(fixture, "stages are structs, lambdas and functions; pipe needs no tag, | needs one on either side") {
    const auto one = pipe([](const query& q) { return q; }, [](const query& q) { return q.text.size(); });
    context    w;
    CHECK(one("four", w).value() == 4);
    CHECK(one("four").value() == 4);
    const auto two = search(words) | first_of | [](const retrieved& f) { return f.hits.size(); };
    CHECK(two("d").value() == 1);
    const auto three = search(words) | [](const auto& f) { return f.hits.size(); };
    CHECK(three("d").value() == 2);
}

TEST_CASE("a stage may take an owner: it is passed on, not copied") {
    const auto        ask = pipe([](const std::string& s) { return query(s); }, [](const query& q) { return q; });
    const std::string mine(100, 'x');
    context           w;
    CHECK(ask(mine, w).value().text.data() == mine.data());
}

TEST_CASE_FIXTURE(fixture, "without a context the result owns its memory") {
    const auto ask  = embed | search(nearest);
    const auto mine = ask("dd").value();
    context    w;
    for (int i = 0; i < 3; ++i) (void)ask("aaaaaaa", w);
    CHECK(mine.asked.text == "dd");
    CHECK(same(mine.hits, ask("dd", w).value().hits));
}

TEST_CASE_FIXTURE(fixture, "each is equal to one by one on any executor, and a fault stays with its own item") {
    const auto fussy = search(words) | [](const retrieved& f) -> result<retrieved> {
        if (f.asked.text == "zzz") return error{fault::no_input};
        return f;
    };
    std::vector<query> asked;
    for (int i = 0; i < 200; ++i) asked.push_back(i % 7 == 3 ? "zzz" : i % 2 == 0 ? "d" : "a");
    context w;
    for (std::size_t width : {1u, 2u, 4u}) {
        const auto many = fussy.each(asked, context(threads(width)));
        REQUIRE(many.size() == asked.size());
        for (std::size_t i = 0; i < many.size(); ++i) {
            w.reset();
            const auto one = fussy(asked[i], w);
            REQUIRE(one.has_value() == many[i].has_value());
            if (one) CHECK(same(one->hits, many[i]->hits));
            else CHECK(many[i].error().what == fault::no_input);
        }
    }
    const auto dense = embed | search(nearest) | top(3);
    const auto many  = dense.each(asked);
    for (std::size_t i = 0; i < many.size(); ++i) {
        w.reset();
        CHECK(same(many[i]->hits, dense(asked[i], w)->hits));
    }
}

TEST_CASE_FIXTURE(fixture, "the first fault ends the run and keeps its place") {
    int        ran   = 0;
    const auto fails = pipe([](const query&) -> result<query> { return error{fault::bad_format, unit::line, 3, "x"}; },
                            [&](const query& q) { return ++ran, q.text.size(); });
    const auto r     = fails("hello");
    REQUIRE(!r);
    CHECK(r.error() == error{fault::bad_format, unit::line, 3, "x"});
    CHECK(ran == 0);
}

TEST_CASE_FIXTURE(fixture, "a joint refuses to go on after a stop or a deadline") {
    const auto ask = embed | search(nearest);
    context    w;
    w.deadline = context::clock::now() - std::chrono::seconds(1);
    CHECK(ask("d", w).error().what == fault::timed_out);
    std::stop_source s;
    s.request_stop();
    w.stop = s.get_token();
    CHECK(ask("d", w).error().what == fault::stopped);
}

TEST_CASE_FIXTURE(fixture, "an index made by another embedder refuses the question") {
    toys::letters other{4};
    const auto    ask = other | search(nearest);
    CHECK(ask("d").error().what == fault::other_embedder);
}

TEST_CASE("a stage that can be copied is held by value, one that cannot by address") {
    struct small {
        std::size_t   dims() const { return 1; }
        std::uint64_t fingerprint() const { return 1; }
        result<void>  encode(std::span<const text_view>, matrix_view<float>, context&) const { return done; }
    };
    static_assert(embedder<small> && embedder<toys::letters>);
    static_assert(sizeof(embedding<toys::letters>) == sizeof(void*));
    static_assert(feeds<embedding<small>, searching<toys::vectors, keep_all>>);
    static_assert(!feeds<embedding<small>, searching<toys::lines, keep_all>>);
    static_assert(indexes<toys::vectors, vector_view> && indexes<toys::lines, text_view>);
    static_assert(searcher<toys::vectors, vector_view> && !searcher<toys::vectors, std::string_view>);
}
