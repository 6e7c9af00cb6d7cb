// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/index/flat.hpp>
#include <graft/math/dot.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

using namespace graft;
using test::cloud;

namespace {

/// The definition of an exact search, in double.
template <metric Metric, class Keep>
std::vector<hit> brute(const cloud& c, vector_view q, std::size_t k, const Keep& keep) {
    std::vector<hit> all;
    for (std::size_t i = 0; i < c.ids.size(); ++i) {
        if (!keep(c.ids[i])) continue;
        std::vector<float> row(c.rows.row(i).begin(), c.rows.row(i).end()), query(q.begin(), q.end());
        if (Metric::unit_rows) normalise(std::span<float>(row)), normalise(std::span<float>(query));
        float s = 0;
        Metric::scores(scalar_kernels(), query.data(), row.data(), 1, row.size(), &s);
        all.push_back({c.ids[i], s});
    }
    std::sort(all.begin(), all.end(), better);
    all.resize(std::min(k, all.size()));
    return all;
}

template <class Hits>
std::vector<hit> owned(const Hits& hits) {
    REQUIRE(hits.has_value());
    return {hits->begin(), hits->end()};
}

} // namespace

TEST_CASE_TEMPLATE("flat gives what the definition gives, bit for bit", Metric, cosine, inner_product,
                   squared_distance) {
    workspace w;
    for (const std::size_t dims : {1u, 7u, 16u, 65u}) {
        const cloud  c(700, dims, dims);
        flat<Metric> index(dims);
        test::learn(index, c);
        REQUIRE(index.size() == 700);
        const auto third = [](chunk_id id) { return id % 3 == 0; };
        for (std::size_t i = 0; i < 5; ++i) {
            const auto q = c.query(i);
            for (const std::size_t k : {1u, 10u, 699u, 5000u}) {
                w.reset();
                if (best_kernels().exact) {
                    CHECK(owned(index.search(q, k, w)) == brute<Metric>(c, q, k, keep_all{}));
                    CHECK(owned(index.search(q, k, third, w)) == brute<Metric>(c, q, k, third));
                }
                CHECK(index.search(q, k, [](chunk_id) { return false; }, w)->empty());
                CHECK(index.search(q, 0, w)->empty());
            }
        }
    }
}

TEST_CASE("any exact kernels give the same index and the same hits") {
    const cloud            c(300, 50, 1);
    workspace              w;
    std::vector<hit>       first;
    std::vector<std::byte> bytes;
    for (const char* name : {"scalar", "avx2", "avx512"}) {
        const kernels* by = kernels_named(name);
        if (by == nullptr) continue;
        flat<cosine> index(50, *by);
        test::learn(index, c);
        const auto hits = owned(index.search(c.query(0), 20, w));
        if (first.empty()) first = hits, bytes = test::saved(index);
        CHECK(hits == first);
        CHECK(test::saved(index) == bytes);
    }
}

TEST_CASE("equal rows come in the order of their ids") {
    flat<cosine>             index(4);
    const std::vector<float> row{1, 2, 3, 4};
    auto                     d = index.begin();
    for (const chunk_id id : {9u, 3u, 7u, 1u, 5u}) {
        const vector_view view = row;
        REQUIRE(d.add({&id, 1}, {&view, 1}));
    }
    REQUIRE(d.seal());
    index.adopt(std::move(d));
    workspace  w;
    const auto hits = owned(index.search(row, 3, w));
    REQUIRE(hits.size() == 3);
    CHECK(hits[0].id == 1);
    CHECK(hits[1].id == 3);
    CHECK(hits[2].id == 5);
    CHECK(hits[0].score == doctest::Approx(1));
}

TEST_CASE("the door refuses what cannot be stored, and the draft stays as it was") {
    flat<cosine> index(3);
    const float  nan = std::bit_cast<float>(0x7fc00000u), inf = std::numeric_limits<float>::infinity();
    const std::vector<std::vector<float>> good{{1, 0, 0}, {0, 1, 0}};
    const std::vector<chunk_id>           ids{1, 2, 3};
    auto                                  d   = index.begin();
    const auto                            add = [&](std::vector<float> third, std::size_t n = 3) {
        const std::vector<vector_view> rows{good[0], good[1], third};
        return d.add(ids, std::span(rows).first(n));
    };
    CHECK(add({1, nan, 0}).error() == error{fault::not_finite, unit::row, 2, "rows"});
    CHECK(add({1, 0, -inf}).error().what == fault::not_finite);
    CHECK(add({1, 0}).error() == error{fault::wrong_shape, unit::row, 2, "rows"});
    CHECK(add({}).error().what == fault::wrong_shape);
    CHECK(add({0, -0.f, 0}).error() == error{fault::bad_argument, unit::row, 2, "zero row"});
    CHECK(add({0, 0, 1}, 2).error().what == fault::wrong_shape); // fewer rows than ids
    const std::vector<chunk_id>    twice{4, 5, 4};
    const std::vector<vector_view> rows{good[0], good[1], good[0]};
    CHECK(d.add(twice, rows).error() == error{fault::duplicate_id, unit::id, 4, "ids"});
    CHECK(add({0, 0, 1}).has_value()); // all of that left no trace
    CHECK(add({0, 0, 1}).error() == error{fault::duplicate_id, unit::id, 1, "ids"});
    REQUIRE(d.seal());
    index.adopt(std::move(d));
    CHECK(index.size() == 3);
    auto again = index.begin();
    CHECK(again.add(ids, rows).error().what == fault::duplicate_id);

    workspace                w;
    const std::vector<float> bad{1, nan, 1}, tiny{1e-45f, 0, 0}, zero(3, 0.f);
    CHECK(index.search(bad, 3, w).error() == error{fault::not_finite, unit::none, 0, "query"});
    CHECK(index.search(vector_view(bad).first(2), 3, w).error().what == fault::wrong_shape);
    CHECK(index.search(bad, 0, w).error().what == fault::not_finite); // even where nothing is asked
    CHECK(index.search(zero, 3, w)->empty());
    CHECK(index.search(tiny, 1, w)->front() == hit{1, 1}); // small is not zero

    flat<inner_product> far(1);
    auto                e   = far.begin();
    const float         big = 2e18f, ok = 1e18f;
    const vector_view   a{&big, 1}, b{&ok, 1};
    const chunk_id      one = 1;
    CHECK(e.add({&one, 1}, {&a, 1}).error().what == fault::too_large);
    CHECK(e.add({&one, 1}, {&b, 1}).has_value());
    REQUIRE(e.seal());
    far.adopt(std::move(e));
    CHECK(all_finite(std::vector<float>{far.search(b, 1, w)->front().score}));

    flat<squared_distance> near(2);
    auto                   f = near.begin();
    const vector_view      origin{zero.data(), 2};
    CHECK(f.add({&one, 1}, {&origin, 1}).has_value()); // a point like any other
    REQUIRE(f.seal());
    near.adopt(std::move(f));
    CHECK(near.search(origin, 1, w)->front() == hit{1, 0});
}

TEST_CASE("a draft that is dropped never happened, and a pin keeps its generation") {
    const cloud  c(50, 8, 2);
    flat<cosine> index(8);
    test::learn(index, c);
    const auto before = test::saved(index);
    {
        auto d = index.begin();
        REQUIRE(d.made_by(77));
        CHECK(*d.remove(std::vector<chunk_id>{c.ids[3], c.ids[4], 999999, c.ids[3]}) == 2);
        REQUIRE(d.seal());
    }
    CHECK(test::saved(index) == before);
    const auto pinned = index.pin();
    auto       d      = index.begin();
    REQUIRE(d.remove(c.ids));
    REQUIRE(d.seal());
    CHECK(index.size() == 50); // not before adopt
    index.adopt(std::move(d));
    CHECK(index.size() == 0);
    CHECK(test::saved(pinned) == before);
    workspace w;
    CHECK(index.search(c.query(0), 5, w)->empty());
    CHECK(pinned.search(c.query(0), 5, w)->size() == 5);
}

TEST_CASE("change by change equals the rest learnt at once") {
    const cloud              c(400, 12, 3);
    counter_random           r(4);
    flat<cosine>             index(12);
    std::vector<std::size_t> in, out(c.ids.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
    for (int round = 0; round < 40; ++round) {
        auto                     d = index.begin();
        std::vector<chunk_id>    ids;
        std::vector<vector_view> rows;
        for (std::uint64_t i = r.below(30); i > 0 && !in.empty(); --i) {
            const std::size_t at = r.below(in.size());
            ids.push_back(c.ids[in[at]]);
            out.push_back(in[at]);
            in.erase(in.begin() + static_cast<std::ptrdiff_t>(at));
        }
        REQUIRE(d.remove(ids));
        ids.clear();
        for (std::uint64_t i = r.below(40); i > 0 && !out.empty(); --i) { // some that were just removed come back
            const std::size_t at = r.below(out.size());
            ids.push_back(c.ids[out[at]]), rows.push_back(c.rows.row(out[at]));
            in.push_back(out[at]);
            out.erase(out.begin() + static_cast<std::ptrdiff_t>(at));
        }
        REQUIRE(d.add(ids, rows));
        REQUIRE(d.seal());
        index.adopt(std::move(d));
        REQUIRE(index.size() == in.size());
    }
    workspace  w;
    const auto live = [&](chunk_id id) {
        return std::any_of(in.begin(), in.end(), [&](std::size_t i) { return c.ids[i] == id; });
    };
    for (std::size_t i = 0; i < 5; ++i)
        if (best_kernels().exact)
            CHECK(owned(index.search(c.query(i), 20, w)) == brute<cosine>(c, c.query(i), 20, live));
    for (const chunk_id id : c.ids) CHECK(index.contains(id) == live(id));
    CHECK(index.row_of(c.ids[in[0]])->size() == 12);
    CHECK(norm(*index.row_of(c.ids[in[0]])) == doctest::Approx(1));
    CHECK(index.row_of(123456789).error().what == fault::unknown_id);
}

TEST_CASE("rows of two embedders do not mix") {
    flat<cosine> index(2);
    auto         d = index.begin();
    CHECK(d.made_by(5).has_value());
    CHECK(d.made_by(5).has_value());
    CHECK(d.made_by(6).error().what == fault::other_embedder);
    REQUIRE(d.seal());
    CHECK(index.made_by() == 0);
    index.adopt(std::move(d));
    CHECK(index.made_by() == 5);
    CHECK(index.begin().made_by(6).error().what == fault::other_embedder);
}

TEST_CASE("with a warm workspace a search asks for no memory, and a stop is heeded") {
    const cloud  c(2000, 20, 5);
    flat<cosine> index(20);
    test::learn(index, c);
    workspace w;
    (void)index.search(c.query(0), 100, w);
    w.reset();
    (void)index.search(c.query(0), 100, w);
    w.reset();
    const std::size_t held = w.capacity();
    for (std::size_t i = 0; i < 20; ++i) {
        (void)index.search(c.query(i % 5), 100, [](chunk_id id) { return id % 2 == 0; }, w);
        w.reset();
    }
    CHECK(w.capacity() == held);
    std::stop_source stop;
    w.stop = stop.get_token();
    stop.request_stop();
    CHECK(index.search(c.query(0), 5, w).error().what == fault::stopped);
}

TEST_CASE("saved and loaded it is the same, and a foreign or broken file is an error") {
    const cloud  c(60, 9, 6);
    flat<cosine> index(9);
    {
        auto d = index.begin();
        REQUIRE(d.made_by(99));
        REQUIRE(d.add(c.ids, c.views()));
        REQUIRE(d.seal());
        index.adopt(std::move(d));
    }
    const auto  bytes = test::saved(index);
    byte_reader in(bytes, "vectors");
    auto        back = flat<cosine>::load(in);
    REQUIRE(back);
    CHECK(in.finish().has_value());
    CHECK(back->made_by() == 99);
    CHECK(test::saved(*back) == bytes);
    workspace w;
    CHECK(owned(back->search(c.query(0), 7, w)) == owned(index.search(c.query(0), 7, w)));

    byte_reader other(bytes);
    CHECK(flat<inner_product>::load(other).error().what == fault::foreign);
    const auto tries = test::survives<flat<cosine>>(bytes, c.query(0));
    CHECK(tries.refused > 0);
    MESSAGE(tries.refused << " of " << tries.all << " broken files were refused");
}
