// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/index/bm25.hpp>
#include <graft/index/flat.hpp>
#include <graft/index/hnsw.hpp>

#include "index/vectors.hpp"
#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace graft;

namespace {

/// One thread commits generation after generation; others search what they pinned. Run under -fsanitize=thread.
///
/// Takes    `change(draft, g)`, which adds generation g's only; `sound(pin)`, whether what one sees is one whole generation.
template <class Index, class Change, class Sound>
void serves_while_it_learns(Index& index, const Change& change, const Sound& sound) {
    std::atomic<bool>        over{false};
    std::atomic<std::size_t> wrong{0}, asked{0};
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 3; ++i)
            readers.emplace_back([&] {
                context w;
                while (!over) {
                    w.reset();
                    const Index now = index.pin();
                    wrong += sound(now, w) ? 0u : 1u;
                    ++asked;
                }
            });
        for (std::size_t g = 1; g <= 20 || asked < 50; ++g) {
            auto d = index.begin();
            change(d, g);
            REQUIRE(d.prepare());
            index.commit(std::move(d));
        }
        over = true;
    }
    CHECK(wrong == 0);
}

} // namespace

TEST_CASE("an index serves those who pinned it while another thread commits: each sees one generation") {
    // Generation g holds the rows or chunks g·10 … g·10 + 9 and no other.
    const auto ids_of = [](std::size_t g) {
        std::vector<chunk_id> ids(10);
        for (std::size_t i = 0; i < 10; ++i) ids[i] = chunk_id{10 * g + i};
        return ids;
    };
    const auto one_generation = [](std::span<const hit> hits) {
        if (hits.empty()) return true;
        const auto g = to_underlying(hits.front().id) / 10;
        return hits.size() == 10 &&
               std::all_of(hits.begin(), hits.end(), [&](const hit& h) { return to_underlying(h.id) / 10 == g; });
    };
    matrix<float> rows(10, 4);
    for (std::size_t i = 0; i < 10; ++i) rows.row(i)[i % 4] = 1, rows.row(i)[3] += .5f;
    const auto dense = [&](auto& d, std::size_t g) {
        std::vector<vector_view> views;
        for (std::size_t i = 0; i < 10; ++i) views.push_back(rows.row(i));
        REQUIRE(d.remove(ids_of(g - 1)));
        REQUIRE(d.add(ids_of(g), views));
    };
    const auto near = [&](const auto& now, context& w) {
        const auto hits = now.search(rows.row(0), 20, w);
        return hits && one_generation(*hits);
    };
    flat<cosine> exact(4);
    serves_while_it_learns(exact, dense, near);
    hnsw<cosine> graph(4, {.links = 2, .build_beam = 4, .exact_below = 2});
    serves_while_it_learns(graph, dense, near);
    bm25 words;
    serves_while_it_learns(
        words,
        [&](auto& d, std::size_t g) {
            const std::vector<text_view> texts(10, text_view{"", "amber river"});
            REQUIRE(d.remove(ids_of(g - 1)));
            REQUIRE(d.add(ids_of(g), texts));
        },
        [&](const bm25& now, context& w) {
            const auto hits = now.search("river", 20, w);
            return hits && one_generation(*hits) && now.evidence("river", w).terms.size() <= 1;
        });
}

TEST_CASE("a pin of bm25 keeps its generation, its parameters and its evidence") {
    bm25       index({.k1 = 2});
    const auto add = [&](chunk_id id, std::string_view text) {
        auto            d = index.begin();
        const text_view view{"", text};
        REQUIRE(d.add({&id, 1}, {&view, 1}));
        REQUIRE(d.prepare());
        index.commit(std::move(d));
    };
    add(chunk_id{1}, "amber river");
    const bm25 then   = index.pin();
    const auto before = test::saved(then);
    add(chunk_id{2}, "silver river");
    CHECK(then.size() == 1);
    CHECK(index.size() == 2);
    CHECK(then.params().k1 == 2);
    CHECK(test::saved(then) == before);
    context w;
    CHECK(then.search("silver", 5, w)->empty());
    CHECK(index.search("silver", 5, w)->size() == 1);
    CHECK(test::saved(index.pin()) == test::saved(index));
}
