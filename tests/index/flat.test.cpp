// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/codes/binary_rows.hpp>
#include <graft/codes/prefix_rows.hpp>
#include <graft/index/flat.hpp>
#include <graft/simd/dot.hpp>

#include "index/vectors.hpp"
#include "support/ids.hpp"
#include "support/shared.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stop_token>
#include <string>
#include <type_traits>
#include <vector>

using namespace graft;
using test::operator""_c;
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
std::vector<hit> listed(const Hits& hits) {
    REQUIRE(hits.has_value());
    return {hits->begin(), hits->end()};
}

} // namespace

TEST_CASE_TEMPLATE("flat gives what the definition gives, bit for bit", Metric, cosine, inner_product,
                   squared_distance) {
    context w;
    for (const std::size_t dims : {1u, 7u, 16u, 65u}) {
        const cloud  c(700, dims, dims);
        flat<Metric> index(dims);
        test::learn(index, c);
        REQUIRE(index.size() == 700);
        const auto third = [](chunk_id id) { return to_underlying(id) % 3 == 0; };
        for (std::size_t i = 0; i < 5; ++i) {
            const auto q = c.query(i);
            for (const std::size_t k : {1u, 10u, 699u, 5000u}) {
                w.reset();
                if (best_kernels().exact) {
                    CHECK(listed(index.search(q, k, w)) == brute<Metric>(c, q, k, keep_all{}));
                    CHECK(listed(index.search(q, k, third, w)) == brute<Metric>(c, q, k, third));
                }
                CHECK(index.search(q, k, [](chunk_id) { return false; }, w)->empty());
                CHECK(index.search(q, 0, w)->empty());
            }
        }
    }
}

TEST_CASE("any exact kernels give the same index and the same hits") {
    const cloud            c(300, 50, 1);
    context                w;
    std::vector<hit>       first;
    std::vector<std::byte> bytes;
    for (const char* name : {"scalar", "avx2", "avx512"}) {
        const kernels* by = kernels_named(name);
        if (by == nullptr) continue;
        flat<cosine> index(50, {}, *by);
        test::learn(index, c);
        const auto hits = listed(index.search(c.query(0), 20, w));
        if (first.empty()) first = hits, bytes = test::saved(index);
        CHECK(hits == first);
        CHECK(test::saved(index) == bytes);
    }
}

TEST_CASE("equal rows come in the order of their ids") {
    flat<cosine>             index(4);
    const std::vector<float> row{1, 2, 3, 4};
    auto                     d = index.begin();
    for (const chunk_id id : {9_c, 3_c, 7_c, 1_c, 5_c}) {
        const vector_view view = row;
        REQUIRE(d.add({&id, 1}, {&view, 1}));
    }
    REQUIRE(d.prepare());
    index.commit(std::move(d));
    context    w;
    const auto hits = listed(index.search(row, 3, w));
    REQUIRE(hits.size() == 3);
    CHECK(hits[0].id == 1_c);
    CHECK(hits[1].id == 3_c);
    CHECK(hits[2].id == 5_c);
    CHECK(hits[0].score == doctest::Approx(1));
}

TEST_CASE("the door refuses what cannot be stored, and the draft stays as it was") {
    flat<cosine> index(3);
    const float  nan = std::bit_cast<float>(0x7fc00000u), inf = std::numeric_limits<float>::infinity();
    const std::vector<std::vector<float>> good{{1, 0, 0}, {0, 1, 0}};
    const std::vector<chunk_id>           ids{1_c, 2_c, 3_c};
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
    const std::vector<chunk_id>    twice{4_c, 5_c, 4_c};
    const std::vector<vector_view> rows{good[0], good[1], good[0]};
    CHECK(d.add(twice, rows).error() == error{fault::duplicate_id, unit::id, 4, "ids"});
    CHECK(add({0, 0, 1}).has_value()); // all of that left no trace
    CHECK(add({0, 0, 1}).error() == error{fault::duplicate_id, unit::id, 1, "ids"});
    REQUIRE(d.prepare());
    index.commit(std::move(d));
    CHECK(index.size() == 3);
    auto again = index.begin();
    CHECK(again.add(ids, rows).error().what == fault::duplicate_id);

    context                  w;
    const std::vector<float> bad{1, nan, 1}, tiny{1e-45f, 0, 0}, zero(3, 0.f);
    CHECK(index.search(bad, 3, w).error() == error{fault::not_finite, unit::none, 0, "query"});
    CHECK(index.search(vector_view(bad).first(2), 3, w).error().what == fault::wrong_shape);
    CHECK(index.search(bad, 0, w).error().what == fault::not_finite); // even where nothing is asked
    CHECK(index.search(zero, 3, w)->empty());
    CHECK(index.search(tiny, 1, w)->front() == hit{1_c, 1}); // small is not zero

    flat<inner_product> far(1);
    auto                e   = far.begin();
    const float         big = 2e18f, ok = 1e18f;
    const vector_view   a{&big, 1}, b{&ok, 1};
    const chunk_id      one = 1_c;
    CHECK(e.add({&one, 1}, {&a, 1}).error().what == fault::too_large);
    CHECK(e.add({&one, 1}, {&b, 1}).has_value());
    REQUIRE(e.prepare());
    far.commit(std::move(e));
    CHECK(all_finite(std::vector<float>{far.search(b, 1, w)->front().score}));

    flat<squared_distance> near(2);
    auto                   f = near.begin();
    const vector_view      origin{zero.data(), 2};
    CHECK(f.add({&one, 1}, {&origin, 1}).has_value()); // a point like any other
    REQUIRE(f.prepare());
    near.commit(std::move(f));
    CHECK(near.search(origin, 1, w)->front() == hit{1_c, 0});
}

TEST_CASE("a draft that is dropped never happened, and a pin keeps its generation") {
    const cloud  c(50, 8, 2);
    flat<cosine> index(8);
    test::learn(index, c);
    const auto before = test::saved(index);
    {
        auto d = index.begin();
        REQUIRE(d.made_by(77));
        CHECK(*d.remove(std::vector<chunk_id>{c.ids[3], c.ids[4], 999999_c, c.ids[3]}) == 2);
        REQUIRE(d.prepare());
    }
    CHECK(test::saved(index) == before);
    const auto pinned = index.pin();
    auto       d      = index.begin();
    REQUIRE(d.remove(c.ids));
    REQUIRE(d.prepare());
    CHECK(index.size() == 50); // not before commit
    index.commit(std::move(d));
    CHECK(index.size() == 0);
    CHECK(test::saved(pinned) == before);
    context w;
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
        REQUIRE(d.prepare());
        index.commit(std::move(d));
        REQUIRE(index.size() == in.size());
    }
    context    w;
    const auto live = [&](chunk_id id) {
        return std::any_of(in.begin(), in.end(), [&](std::size_t i) { return c.ids[i] == id; });
    };
    for (std::size_t i = 0; i < 5; ++i)
        if (best_kernels().exact)
            CHECK(listed(index.search(c.query(i), 20, w)) == brute<cosine>(c, c.query(i), 20, live));
    for (const chunk_id id : c.ids) CHECK(index.contains(id) == live(id));
    CHECK(index.row_of(c.ids[in[0]])->size() == 12);
    CHECK(norm(*index.row_of(c.ids[in[0]])) == doctest::Approx(1));
    CHECK(index.row_of(123456789_c).error().what == fault::unknown_id);
}

TEST_CASE("rows of two embedders do not mix") {
    flat<cosine> index(2);
    auto         d = index.begin();
    CHECK(d.made_by(5).has_value());
    CHECK(d.made_by(5).has_value());
    CHECK(d.made_by(6).error().what == fault::other_embedder);
    REQUIRE(d.prepare());
    CHECK(index.made_by() == 0);
    index.commit(std::move(d));
    CHECK(index.made_by() == 5);
    CHECK(index.begin().made_by(6).error().what == fault::other_embedder);
}

TEST_CASE("with a warm context a search asks for no memory, and a stop is heeded") {
    const cloud  c(2000, 20, 5);
    flat<cosine> index(20);
    test::learn(index, c);
    context w;
    (void)index.search(c.query(0), 100, w);
    w.reset();
    (void)index.search(c.query(0), 100, w);
    w.reset();
    const std::size_t held = w.capacity();
    for (std::size_t i = 0; i < 20; ++i) {
        (void)index.search(c.query(i % 5), 100, [](chunk_id id) { return to_underlying(id) % 2 == 0; }, w);
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
        REQUIRE(d.prepare());
        index.commit(std::move(d));
    }
    const auto  bytes = test::saved(index);
    byte_reader in(bytes, "vectors");
    auto        back = flat<cosine>::load(in);
    REQUIRE(back);
    CHECK(in.finish().has_value());
    CHECK(back->made_by() == 99);
    CHECK(test::saved(*back) == bytes);
    context w;
    CHECK(listed(back->search(c.query(0), 7, w)) == listed(index.search(c.query(0), 7, w)));

    byte_reader other(bytes);
    CHECK(flat<inner_product>::load(other).error().what == fault::foreign);
    const auto tries = test::survives<flat<cosine>>(bytes, c.query(0));
    CHECK(tries.refused > 0);
    MESSAGE(tries.refused << " of " << tries.all << " broken files were refused");
}

namespace {

/// Rows that make it hard: what a test of a proof must be run on.
cloud hard(const std::string& kind, std::size_t n, std::size_t dims) {
    cloud          c(n, dims, dims);
    counter_random r(77);
    for (std::size_t i = 0; i < n; ++i) {
        const auto row = c.rows.row(i);
        if (kind == "copies") std::copy_n(c.rows.row(i % 5).data(), dims, row.data());
        if (kind == "neighbours") // differences far below a step of i8 or bf16
            for (std::size_t j = 0; j < dims; ++j) row[j] = c.rows.row(0)[j] * (1 + 1e-5f * (r.unit() - .5f));
        if (kind == "lengths") // 35 powers of ten
            for (float& x : row) x *= std::pow(10.f, static_cast<float>(i % 36) - 20);
        if (kind == "tiny")
            for (float& x : row) x *= 1e-30f;
        if (kind == "huge")
            for (float& x : row) x *= 1e16f;
        if (kind == "signs") // every format holds them exactly, so that only the query's code errs
            for (float& x : row) x = x > 0 ? 1.f : -1.f;
        if (kind == "far") // small distances between long rows
            for (float& x : row) x = 1000 + .05f * x;
        if (kind == "spikes") row[i % dims] += 1000; // one element takes a whole scale of i8
    }
    return c;
}

template <metric Metric, row_format F>
void proves(const std::string& kind, std::size_t n, std::size_t dims, std::size_t& unproved) {
    CAPTURE(kind);
    CAPTURE(std::string(Metric::name));
    CAPTURE(std::string(F::name));
    const cloud     c = hard(kind, n, dims);
    flat<Metric, F> index(dims), guesses(dims, {.rescore = 1});
    test::learn(index, c);
    test::learn(guesses, c);
    const auto     third = [](chunk_id id) { return to_underlying(id) % 3 == 0; };
    counter_random r(dims);
    matrix<float>  queries(11, dims);
    for (std::size_t i = 0; i < queries.rows(); ++i) std::copy_n(c.query(i).data(), dims, queries.row(i).data());
    if (kind == "signs")
        for (float& x : queries.flat()) x *= r.unit();
    for (float& x : queries.row(10)) x = 0; // near nothing, or a point like any other
    context w, three(threads(3));
    for (const std::size_t k : {1u, 10u, 60u}) {
        w.reset();
        three.reset();
        const auto all = index.each(queries.view(), k, w), some = index.each(queries.view(), k, third, w),
                   both = index.each(queries.view(), k, three), fast = guesses.each(queries.view(), k, w);
        REQUIRE(all.has_value());
        REQUIRE(some.has_value());
        REQUIRE(both.has_value());
        REQUIRE(fast.has_value());
        CHECK(all->rescored <= queries.rows() * n);
        for (std::size_t i = 0; i < queries.rows(); ++i) {
            const auto q     = queries.row(i);
            const auto truth = !Metric::zero_fits && i == 10 ? std::vector<hit>{} : brute<Metric>(c, q, k, keep_all{});
            const auto of    = [](const result<hit_lists>& l, std::size_t at) {
                return std::vector<hit>(l->of[at].begin(), l->of[at].end());
            };
            CHECK(of(all, i) == truth);
            CHECK(of(both, i) == truth);
            CHECK(listed(index.search(q, k, w)) == truth); // alone as in a batch
            CHECK(listed(guesses.search(q, k, w)) == of(fast, i));
            CHECK(of(some, i) == (truth.empty() ? truth : brute<Metric>(c, q, k, third)));
            unproved += of(fast, i) != truth;
        }
    }
}

} // namespace

TEST_CASE_TEMPLATE("every bounded format proves the answer of the f32 rows, on rows that make it hard", F, f32_rows,
                   bf16_rows, f16_rows, int8_rows) {
    if (!best_kernels().exact) return;
    std::size_t unproved = 0;
    for (const char* kind : {"plain", "copies", "neighbours", "lengths", "tiny", "huge", "signs", "far", "spikes"})
        for (const std::size_t dims : {1u, 19u, 96u}) {
            proves<cosine, F>(kind, 1000, dims, unproved);
            proves<inner_product, F>(kind, 1000, dims, unproved);
            proves<squared_distance, F>(kind, 1000, dims, unproved);
        }
    MESSAGE(std::string(F::name) << ": " << unproved << " answers were wrong without a proof");
    if (!std::is_same_v<F, f32_rows>) CHECK(unproved > 0); // the rows are hard enough to tell
}

TEST_CASE("all kernels prove the same answer, and few rows are scored again") {
    const cloud   c(6000, 100, 9);
    matrix<float> queries(20, 100);
    for (std::size_t i = 0; i < queries.rows(); ++i) std::copy_n(c.query(i).data(), 100, queries.row(i).data());
    std::vector<std::vector<hit>> first;
    for (const char* name : {"scalar", "portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16"}) {
        const kernels* by = kernels_named(name);
        if (by == nullptr || !by->exact) continue;
        const auto check = [&](const auto& params) {
            using F = std::remove_cvref_t<decltype(params.format)>;
            flat<cosine, F> index(100, params, *by);
            test::learn(index, c);
            context    w;
            const auto lists = index.each(queries.view(), 10, w);
            REQUIRE(lists.has_value());
            CHECK(lists->rescored >= 200);
            CHECK(lists->rescored < 20 * 600); // a tenth of the rows
            std::vector<std::vector<hit>> all;
            for (const auto& l : lists->of) all.emplace_back(l.begin(), l.end());
            if (first.empty()) first = all;
            CHECK(all == first);
        };
        check(basic_flat_params<f32_rows>{});
        check(basic_flat_params<bf16_rows>{.pages = page_advice::none});
        check(basic_flat_params<f16_rows>{});
        check(basic_flat_params<int8_rows>{});
        check(basic_flat_params<int8_rows>{.format = {.scale = .01f}}); // one scale, and many values beyond it
        check(basic_flat_params<prefix_rows<bf16_rows>>{.format = {.dims = 99}}); // all but one of the dimensions
    }
}

TEST_CASE("a batch of any size gives what single queries give, and fails as a whole") {
    const cloud  c(500, 24, 6);
    flat<cosine> index(24);
    test::learn(index, c);
    context w, two(threads(2));
    for (const std::size_t n : {0u, 1u, 7u, 8u, 9u, 16u, 17u, 33u, 1025u}) {
        w.reset();
        two.reset();
        matrix<float> queries(n, 24);
        for (std::size_t i = 0; i < n; ++i) std::copy_n(c.query(i).data(), 24, queries.row(i).data());
        const auto lists = index.each(queries.view(), 5, two);
        REQUIRE(lists.has_value());
        REQUIRE(lists->of.size() == n);
        for (std::size_t i = 0; i < n; i += 1 + n / 40)
            CHECK(std::vector<hit>(lists->of[i].begin(), lists->of[i].end()) == listed(index.search(c.query(i), 5, w)));
    }
    matrix<float> bad(3, 24), narrow(3, 23);
    for (float& x : bad.flat()) x = 1;
    bad.row(1)[5] = std::bit_cast<float>(0x7f800000u);
    CHECK(index.each(bad.view(), 5, w).error() == error{fault::not_finite, unit::row, 1, "query"});
    CHECK(index.each(narrow.view(), 5, w).error() == error{fault::wrong_shape, unit::none, 23, "query"});
    std::stop_source stop;
    stop.request_stop();
    w.stop        = stop.get_token();
    two.stop      = stop.get_token();
    bad.row(1)[5] = 1;
    CHECK(index.each(bad.view(), 5, two).error().what == fault::stopped);
    CHECK(flat<cosine>(24).each(bad.view(), 5, w)->of.size() == 3); // nothing to search, nothing to stop
}

TEST_CASE("a filter is asked only of rows that could be among the best") {
    const cloud  c(5000, 32, 8);
    flat<cosine> index(32);
    test::learn(index, c);
    context     w;
    std::size_t asked = 0;
    const auto  keep  = [&](chunk_id) { return ++asked, true; };
    REQUIRE(index.search(c.query(1), 10, keep, w).has_value());
    CHECK(asked >= 10);
    CHECK(asked < 1000);
}

TEST_CASE("65,536 dimensions, more neighbours than rows, and an empty index") {
    const cloud c(60, flat<cosine>::most_dims, 4, 3);
    context     w;
    const auto  check = [&]<class Metric, class F>(Metric, F) {
        flat<Metric, F> index(flat<cosine>::most_dims);
        CHECK(index.search(c.query(0), 3, w)->empty());
        test::learn(index, c);
        CHECK(listed(index.search(c.query(1), 3, w)) == brute<Metric>(c, c.query(1), 3, keep_all{}));
        CHECK(index.search(c.query(1), ~std::size_t{0}, w)->size() == 60);
    };
    if (!best_kernels().exact) return;
    check(cosine{}, f32_rows{});
    check(inner_product{}, bf16_rows{});
    check(squared_distance{}, f16_rows{});
    check(cosine{}, int8_rows{});
    check(squared_distance{}, int8_rows{});
}

TEST_CASE("sentence vectors: bounded formats prove the answer from few rows, 1-bit rows come close") {
    NEEDS_SHARED(folder, "fixtures/minilm_vectors");
    const auto rows    = test::half_rows(folder / "npl.docs.f16", 384),
               queries = test::half_rows(folder / "npl.queries.f16", 384);
    REQUIRE(rows.rows() == 11429);
    REQUIRE(queries.rows() == 93);
    std::vector<chunk_id>    ids;
    std::vector<vector_view> views;
    for (std::size_t i = 0; i < rows.rows(); ++i) ids.push_back(chunk_id{i + 1}), views.push_back(rows.row(i));
    std::vector<hit> truth;
    const auto       run = [&](const auto& params, double share) {
        using F = std::remove_cvref_t<decltype(params.format)>;
        flat<cosine, F> index(384, params);
        auto            d = index.begin();
        REQUIRE(d.add(ids, views));
        REQUIRE(d.prepare());
        index.commit(std::move(d));
        context    w;
        const auto lists = index.each(queries.view(), 10, w);
        REQUIRE(lists.has_value());
        std::vector<hit> hits;
        for (const auto& l : lists->of) hits.insert(hits.end(), l.begin(), l.end());
        if (truth.empty()) truth = hits;
        std::size_t same = 0;
        for (std::size_t i = 0; i < truth.size(); ++i) { // of the same query
            const auto list = std::span(hits).subspan(i / 10 * 10, 10);
            same += static_cast<std::size_t>(std::count(list.begin(), list.end(), truth[i]));
        }
        const double recall = static_cast<double>(same) / static_cast<double>(truth.size()),
                     scored = static_cast<double>(lists->rescored) / 93;
        MESSAGE(std::string(F::name) << ": recall@10 " << recall << ", " << scored
                                           << " rows scored again for a question");
        if (F::bounded) CHECK(hits == truth);
        CHECK(recall >= (F::bounded ? 1. : .99));
        CHECK(scored <= share * 11429);
    };
    run(basic_flat_params<f32_rows>{}, .001);
    run(basic_flat_params<bf16_rows>{}, .002);
    run(basic_flat_params<f16_rows>{}, .001);
    run(basic_flat_params<int8_rows>{}, .01);
    run(basic_flat_params<binary_rows>{}, .015);
}

TEST_CASE("a format without bounds proves nothing, however it comes, and a huge rescore means every row") {
    const cloud               c(2000, 64, 11);
    flat<cosine, binary_rows> index(64, {.rescore = 0});
    test::learn(index, c);
    const auto  bytes = test::saved(index);
    byte_reader in(bytes, "bits");
    const auto  again = flat<cosine, binary_rows>::load(in, {.rescore = 0});
    REQUIRE(again.has_value());
    matrix<float> one(1, 64);
    std::copy_n(c.query(1).data(), 64, one.row(0).data());
    context w;
    CHECK(index.each(one.view(), 10, w)->rescored == again->each(one.view(), 10, w)->rescored);
    CHECK(listed(index.search(c.query(1), 10, w)) == listed(again->search(c.query(1), 10, w)));
    flat<cosine, binary_rows> all(64, {.rescore = ~std::size_t{0} / 2 + 1});
    test::learn(all, c);
    if (best_kernels().exact)
        CHECK(listed(all.search(c.query(1), 2, w)) == brute<cosine>(c, c.query(1), 2, keep_all{}));
}
