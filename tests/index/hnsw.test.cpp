// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/index/flat.hpp>
#include <graft/index/hnsw.hpp>

#include "index/vectors.hpp"
#include "support/ids.hpp"
#include "support/shared.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;
using test::cloud;

namespace {

/// Small enough to build often, with a graph from the second row on.
constexpr hnsw_params small{.links = 8, .build_beam = 60, .search_beam = 64, .exact_below = 2};

template <class Hits>
std::vector<hit> listed(const Hits& hits) {
    REQUIRE(hits.has_value());
    return {hits->begin(), hits->end()};
}

/// How many of the true hits were found, among how many.
template <class Index, class Exact, class Keep>
std::pair<std::size_t, std::size_t> recall(const Index& index, const Exact& exact, matrix_view<const float> queries,
                                           std::size_t k, const Keep& keep, std::size_t beam) {
    context     w;
    std::size_t found = 0, all = 0;
    for (std::size_t i = 0; i < queries.rows; ++i) {
        w.reset();
        const auto truth = listed(exact.search(queries.row(i), k, keep, w));
        const auto hits  = listed(index.search(queries.row(i), k, keep, w, beam));
        CHECK(hits.size() == truth.size()); // min(k, matches), whatever the filter
        CHECK(std::is_sorted(hits.begin(), hits.end(), better));
        for (const hit& h : hits) {
            CHECK(keep(h.id));
            found += static_cast<std::size_t>(std::count(truth.begin(), truth.end(), h)); // id and score
        }
        all += truth.size();
    }
    return {found, all};
}

} // namespace

TEST_CASE("levels thin out by M and depend on seed and id alone") {
    std::size_t at[4] = {};
    for (std::uint64_t n = 0; n < 100'000; ++n) {
        const chunk_id    id{n};
        const std::size_t level = detail::level_of(1, id, 16);
        for (std::size_t l = 0; l < 4; ++l) at[l] += level >= l ? 1u : 0u;
        if (n < 100) CHECK(detail::level_of(1, id, 16) == level);
    }
    CHECK(at[0] == 100'000);
    CHECK(at[1] == doctest::Approx(6250).epsilon(.05));
    CHECK(at[2] == doctest::Approx(390).epsilon(.2));
    CHECK(at[3] > 0);
    CHECK(detail::level_of(1, chunk_id{5}, 2) != detail::level_of(99, chunk_id{5}, 2));
}

TEST_CASE("recall on the sentence vectors of a judged collection") {
    NEEDS_SHARED(docs, "fixtures/minilm_vectors/npl.docs.f16");
    NEEDS_SHARED(queries, "fixtures/minilm_vectors/npl.queries.f16");
    const auto            rows = test::half_rows(docs, 384), asked = test::half_rows(queries, 384);
    constexpr std::size_t n = 4000; // of 11,429: the build is what takes time
    REQUIRE(rows.rows() >= n);
    std::vector<chunk_id>    ids;
    std::vector<vector_view> views;
    for (std::size_t i = 0; i < n; ++i) ids.push_back(chunk_id{i + 1}), views.push_back(rows.row(i));
    flat<cosine> exact(384);
    hnsw<cosine> index(384, {.exact_below = 1000});
    const auto   learn = [&](auto& to) {
        auto d = to.begin();
        REQUIRE(d.add(ids, views));
        REQUIRE(d.prepare());
        to.commit(std::move(d));
    };
    learn(exact), learn(index);
    const auto [found, all] = recall(index, exact, asked.view(), 10, keep_all{}, 128);
    MESSAGE("recall@10 at beam 128: " << found << " of " << all);
    CHECK(static_cast<double>(found) >= .99 * static_cast<double>(all));
    { // narrow enough a beam that half of the rows is walked to, not scanned
        const auto keep            = [](chunk_id id) { return mix64(1, to_underlying(id)) % 2 == 0; };
        const auto [plain, of]     = recall(index, exact, asked.view(), 10, keep_all{}, 24);
        const auto [passed, of_it] = recall(index, exact, asked.view(), 10, keep, 24);
        MESSAGE("beam 24: " << plain << " of " << of << ", half allowed: " << passed << " of " << of_it);
        CHECK(static_cast<double>(passed) >= .98 * static_cast<double>(plain));
    }
    for (const std::uint64_t one_in : {2u, 10u, 100u, 1000u, 100'000u}) {
        const auto keep            = [&](chunk_id id) { return mix64(1, to_underlying(id)) % one_in == 0; };
        const auto [passed, of_it] = recall(index, exact, asked.view().middle(0, 40), 10, keep, 0);
        MESSAGE("one in " << one_in << " allowed: " << passed << " of " << of_it);
        CHECK(static_cast<double>(passed) >= .99 * static_cast<double>(of_it));
    }
}

TEST_CASE_TEMPLATE("a graph finds nearly all, and no more than there is", Metric, cosine, inner_product,
                   squared_distance) {
    const cloud  c(2500, 24, 1);
    flat<Metric> exact(24);
    hnsw<Metric> index(24, small);
    test::learn(exact, c), test::learn(index, c);
    const auto queries = c.rows.view().middle(0, 60);
    auto [found, all]  = recall(index, exact, queries, 10, keep_all{}, 128);
    CHECK(static_cast<double>(found) >= .97 * static_cast<double>(all));
    std::tie(found, all) = recall(index, exact, queries, 2500, keep_all{}, 0); // everything: a scan
    CHECK(found == all);
    for (const std::uint64_t one_in : {2u, 10u, 100u, 1000u}) {
        const auto keep      = [&](chunk_id id) { return mix64(3, to_underlying(id)) % one_in == 0; };
        std::tie(found, all) = recall(index, exact, queries, 10, keep, 0);
        CHECK(static_cast<double>(found) >= .97 * static_cast<double>(all));
    }
    // a filter that passes only a far corner, which no walk from the query meets, and the sample says it is wide open
    const auto         q = c.query(0);
    context            w;
    const auto         order = listed(exact.search(q, 2500, w));
    std::set<chunk_id> last;
    for (std::size_t i = order.size() - 40; i < order.size(); ++i) last.insert(order[i].id);
    const auto corner = [&](chunk_id id) { return last.contains(id); };
    CHECK(listed(index.search(q, 40, corner, w)) == listed(exact.search(q, 40, corner, w)));
    CHECK(index.search(q, 10, [](chunk_id) { return false; }, w)->empty());
    CHECK(index.search(q, 0, w)->empty());
}

TEST_CASE("below exact_below it is a flat index") {
    const cloud  c(500, 10, 2);
    flat<cosine> exact(10);
    hnsw<cosine> index(10);
    test::learn(exact, c), test::learn(index, c);
    context    w;
    const auto odd = [](chunk_id id) { return to_underlying(id) % 2 == 1; };
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(listed(index.search(c.query(i), 20, w)) == listed(exact.search(c.query(i), 20, w)));
        CHECK(listed(index.search(c.query(i), 20, odd, w)) == listed(exact.search(c.query(i), 20, odd, w)));
    }
}

TEST_CASE("the same rows make the same bytes, in whatever order they come and by whatever kernels") {
    const cloud  c(600, 16, 3);
    hnsw<cosine> first(16, small), second(16, small), slow(16, small, scalar_kernels());
    test::learn(first, c);
    {
        auto           views = c.views();
        auto           ids   = c.ids;
        counter_random r(1), same(1);
        r.shuffle(std::span(views)), same.shuffle(std::span(ids));
        auto d = second.begin();
        for (std::size_t i = 0; i < ids.size(); i += 64) { // and in blocks
            const std::size_t n = std::min<std::size_t>(64, ids.size() - i);
            REQUIRE(d.add(std::span(ids).subspan(i, n), std::span(views).subspan(i, n)));
        }
        REQUIRE(d.prepare());
        second.commit(std::move(d));
    }
    CHECK(test::saved(first) == test::saved(second));
    if (best_kernels().exact) {
        test::learn(slow, c);
        CHECK(test::saved(first) == test::saved(slow));
    }
    hnsw<cosine> seeded(16, {.links = 8, .build_beam = 60, .exact_below = 2, .seed = 5});
    test::learn(seeded, c);
    CHECK(test::saved(first) != test::saved(seeded));
}

TEST_CASE("every row is reachable, even among hundreds that are equal") {
    // graphs lose rows where many are alike: ask for each row with a beam that sees all
    for (const std::size_t copies : {1u, 150u}) {
        const std::size_t n = 600;
        cloud             c(n, 6, 4);
        for (std::size_t i = 0; i < n; ++i) { // `copies` equal rows each
            const auto from = c.rows.row(i / copies * copies);
            std::copy(from.begin(), from.end(), c.rows.row(i).begin());
        }
        hnsw<cosine> index(6, {.links = 4, .build_beam = 10, .search_beam = 8, .exact_below = 2});
        test::learn(index, c);
        byte_writer out;
        index.save(out);
        byte_reader in(out.bytes());
        (void)in.header("hnsw", hnsw<cosine>::format), (void)in.text();
        for (int i = 0; i < 8; ++i) (void)in.u64();
        const auto rows = detail::row_table::load<cosine>(in, 6);
        REQUIRE(rows);
        (void)in.array<std::uint64_t>();
        REQUIRE(in.u8() == 1);
        const auto g = detail::graph::load(in, n);
        REQUIRE(g);
        std::vector<bool>          seen(n);
        std::vector<std::uint32_t> queue{g->entry};
        seen[g->entry] = true;
        for (std::size_t i = 0; i < queue.size(); ++i)
            for (const std::uint32_t to : g->of(queue[i], 0))
                if (to != detail::graph::none && !seen[to]) seen[to] = true, queue.push_back(to);
        CHECK(queue.size() == n);
        for (std::uint32_t row = 0; row < n; ++row) CHECK(g->levels[row] == detail::level_of(100, rows->ids[row], 4));
    }
}

TEST_CASE("connect mends a graph that fell apart") {
    const cloud       c(64, 4, 8);
    detail::graph     g;
    const std::size_t n = 64;
    g.shape(2, std::vector<std::uint8_t>(n, 0));
    for (std::uint32_t i = 0; i < n; ++i) // sixteen rings of four, all lists full
        for (std::uint32_t j = 0; j < 4; ++j) g.base.row(i)[j] = i / 4 * 4 + (i + 1 + j % 3) % 4;
    matrix<float> rows(n, 16);
    for (std::size_t i = 0; i < n; ++i) std::copy_n(c.rows.row(i).data(), 4, rows.row(i).data());
    context w;
    REQUIRE(detail::connect<squared_distance>(g, rows, best_kernels(), w));
    std::set<std::uint32_t> met;
    detail::walk<squared_distance>(g, rows, best_kernels(), rows.row(5).data(), n, w,
                                   [&](std::uint32_t row, float) { CHECK(met.insert(row).second); }); // each once
    CHECK(met.size() == n);
}

TEST_CASE("removed rows are never found, segments merge, and the rest stays findable") {
    const cloud  c(3000, 12, 5);
    hnsw<cosine> index(12, small);
    flat<cosine> exact(12);
    std::size_t  most = 0;
    const auto   both = [&](auto&& change) {
        const auto one = [&](auto& to) {
            auto d = to.begin();
            change(d);
            REQUIRE(d.prepare());
            to.commit(std::move(d));
        };
        one(index), one(exact);
        REQUIRE(index.size() == exact.size());
        most = std::max(most, index.segments());
    };
    const auto views = c.views();
    for (std::size_t at = 0; at < 3000; at += 150)
        both([&](auto& d) {
            std::vector<chunk_id> gone; // a tenth of what is there by now
            for (std::size_t i = 0; i < at; ++i)
                if (mix64(at, i) % 10 == 0) gone.push_back(c.ids[i]);
            REQUIRE(d.remove(gone));
            REQUIRE(d.add(std::span(c.ids).subspan(at, 150), std::span(views).subspan(at, 150)));
        });
    CHECK(most > 2);
    CHECK(most <= 8);
    context w;
    CHECK(listed(index.search(c.query(1), 3000, w)) == listed(exact.search(c.query(1), 3000, w)));
    const auto [found, all] = recall(index, exact, c.rows.view().middle(0, 50), 10, keep_all{}, 0);
    CHECK(static_cast<double>(found) >= .97 * static_cast<double>(all));
    for (std::size_t i = 0; i < 3000; i += 7) CHECK(index.contains(c.ids[i]) == exact.contains(c.ids[i]));

    std::vector<chunk_id> most_ids;
    for (const chunk_id id : c.ids)
        if (to_underlying(id) % 20 != 3) most_ids.push_back(id);
    both([&](auto& d) { REQUIRE(d.remove(most_ids)); });
    CHECK(index.segments() == 1); // what is left of them was merged
    CHECK(listed(index.search(c.query(2), 200, w)) == listed(exact.search(c.query(2), 200, w)));
    both([&](auto& d) { REQUIRE(d.remove(c.ids)); });
    CHECK(index.size() == 0);
    CHECK(index.segments() == 0);
    CHECK(index.search(c.query(2), 5, w)->empty());
    both([&](auto& d) { REQUIRE(d.add(c.ids, views)); }); // and all of them come back
    CHECK(index.size() == 3000);
}

TEST_CASE("an id that is removed and added again has its new row") {
    const cloud  c(300, 8, 7);
    hnsw<cosine> index(8, small);
    test::learn(index, c);
    auto              d   = index.begin();
    const chunk_id    id  = c.ids[10];
    const vector_view row = c.rows.row(200);
    CHECK(*d.remove({&id, 1}) == 1);
    CHECK(d.add({&id, 1}, {&row, 1}).has_value());
    CHECK(*d.remove({&id, 1}) == 1); // the new one
    CHECK(*d.remove({&id, 1}) == 0);
    CHECK(d.add({&id, 1}, {&row, 1}).has_value());
    REQUIRE(d.prepare());
    const auto pinned = index.pin();
    index.commit(std::move(d));
    CHECK(index.size() == 300);
    context    w;
    const auto hits = listed(index.search(row, 2, w));
    CHECK(hits[0].score == hits[1].score);
    CHECK(std::any_of(hits.begin(), hits.end(), [&](const hit& h) { return h.id == id; }));
    CHECK(*index.row_of(id)->data() == *index.row_of(c.ids[200])->data());
    CHECK(*pinned.row_of(id)->data() != *index.row_of(id)->data());
}

TEST_CASE("hostile rows, queries and parameters are refused") {
    hnsw<cosine>             index(2, small);
    const float              nan = std::bit_cast<float>(0x7fc00000u);
    const std::vector<float> bad{nan, 1}, zero{0, 0}, good{1, 2}, longer{1, 2, 3};
    const chunk_id           id  = 1_c;
    auto                     d   = index.begin();
    const auto               add = [&](const std::vector<float>& row) {
        const vector_view view = row;
        return d.add({&id, 1}, {&view, 1});
    };
    CHECK(add(bad).error() == error{fault::not_finite, unit::row, 0, "rows"});
    CHECK(add(zero).error().what == fault::bad_argument);
    CHECK(add(longer).error().what == fault::wrong_shape);
    CHECK(add(good).has_value());
    CHECK(add(good).error() == error{fault::duplicate_id, unit::id, 1, "ids"});
    CHECK(d.made_by(3).has_value());
    REQUIRE(d.prepare());
    index.commit(std::move(d));
    CHECK(index.begin().made_by(4).error().what == fault::other_embedder);
    context w;
    CHECK(index.search(bad, 1, w).error().what == fault::not_finite);
    CHECK(index.search(longer, 1, w).error().what == fault::wrong_shape);
    CHECK(index.search(zero, 1, w)->empty());
    CHECK(index.search(good, 9, w)->size() == 1);
    for (const hnsw_params& p : {hnsw_params{.links = 1}, hnsw_params{.links = 20'000}, hnsw_params{.build_beam = 0},
                                 hnsw_params{.search_beam = 0}})
        CHECK(hnsw<cosine>(2, p).begin().prepare().error().what == fault::bad_argument);
}

TEST_CASE("with a warm context a search asks for no memory") {
    const cloud  c(2000, 16, 9);
    hnsw<cosine> index(16, small);
    test::learn(index, c);
    context    w;
    const auto half = [](chunk_id id) { return to_underlying(id) % 2 == 0; };
    for (int i = 0; i < 2; ++i) {
        (void)index.search(c.query(0), 20, half, w);
        w.reset();
    }
    const std::size_t held = w.capacity();
    for (std::size_t i = 0; i < 20; ++i) {
        (void)index.search(c.query(i), 20, w);
        w.reset();
    }
    CHECK(w.capacity() == held);
}

TEST_CASE("saved and loaded it is the same, and a broken file is an error or a searchable index") {
    const cloud  c(400, 6, 10);
    hnsw<cosine> index(6, {.links = 4, .build_beam = 20, .search_beam = 10, .exact_below = 100});
    test::learn(index, c);
    auto d = index.begin();
    REQUIRE(d.made_by(7));
    REQUIRE(d.remove(std::span(c.ids).first(40)));
    const vector_view row = c.rows.row(0);
    REQUIRE(d.add(std::span(c.ids).first(1), {&row, 1}));
    REQUIRE(d.prepare());
    index.commit(std::move(d));
    CHECK(index.segments() == 2); // one with a graph and removed rows, one without
    const auto  bytes = test::saved(index);
    byte_reader in(bytes);
    auto        back = hnsw<cosine>::load(in);
    REQUIRE(back);
    CHECK(in.finish().has_value());
    CHECK(back->made_by() == 7);
    CHECK(back->size() == 361);
    CHECK(back->params() == index.params());
    CHECK(test::saved(*back) == bytes);
    context w;
    for (std::size_t i = 0; i < 20; ++i)
        CHECK(listed(back->search(c.query(i), 10, w)) == listed(index.search(c.query(i), 10, w)));
    byte_reader other(bytes);
    CHECK(hnsw<squared_distance>::load(other).error().what == fault::foreign);
    byte_reader kind(bytes);
    CHECK(flat<cosine>::load(kind).error().what == fault::foreign);
    const auto tries = test::survives<hnsw<cosine>>(bytes, c.query(0));
    MESSAGE(tries.refused << " of " << tries.all << " broken files were refused");
    CHECK(tries.refused > 0);
}
