// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/cross_encoder_folder.hpp>
#include <graft/index/bm25.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/rerank_by_model.hpp>
#include <graft/store/posix.hpp>

#include "support/ids.hpp"
#include "support/shared.hpp"
#include "support/toys.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;

namespace {

/// Knows what each text is worth: the number that it ends with. Move-only, as a model is.
struct told {
    float factor = 1;
    told(told&&) = default;
    told(float f = 1) : factor(f) {}

    result<void> score(std::string_view question, std::span<const text_view> passages, std::span<float> scores,
                       context&) const {
        if (question == "fail") return error{fault::timed_out};
        for (std::size_t i = 0; i < passages.size(); ++i) {
            const std::string text(passages[i].body);
            scores[i] = factor * std::strtof(text.c_str() + text.rfind(' '), nullptr);
        }
        return done;
    }
};
/// A reranker of five lines, which can be copied.
struct shortest {
    result<void> score(std::string_view, std::span<const text_view> passages, std::span<float> scores, context&) const {
        for (std::size_t i = 0; i < passages.size(); ++i) scores[i] = -static_cast<float>(passages[i].body.size());
        return done;
    }
};

std::vector<chunk_id> ids(std::span<const hit> hits) {
    std::vector<chunk_id> out;
    for (const hit& h : hits) out.push_back(h.id);
    return out;
}

} // namespace

static_assert(reranker<told> && reranker<shortest> && !reranker<toys::letters>);

TEST_CASE("a model orders the hits that it reads, the others follow in their order") {
    const toys::store store("a 3\nb 1\nc 9\nd 9\ne 50\nf 60\n");
    const hit         hits[] = {{1_c, 10.f}, {2_c, 9.f}, {4_c, 8.f}, {3_c, 7.f}, {6_c, 6.f}, {5_c, 5.f}};
    const told        model;
    context           c;
    const retrieved   f = rerank(model, store, {.k = 4})(retrieved{"q", hits}, c).value();
    CHECK(ids(f.hits) == std::vector{3_c, 4_c, 1_c, 2_c, 6_c, 5_c}); // equal scores by id
    CHECK(f.hits[0].score == 9);                                     // the model's own
    CHECK(f.hits[3].score == 1);
    for (std::size_t i = 1; i < f.hits.size(); ++i) CHECK(!better(f.hits[i], f.hits[i - 1]));
    CHECK(f.hits[4].score < f.hits[3].score);
    CHECK(f.hits[5].score < f.hits[4].score);
    CHECK(f.asked.text == "q");
    CHECK(f.asked.support < 0); // nobody said one
    CHECK(ids(rerank(model, store)(retrieved{"q", hits}, c).value().hits) == std::vector{6_c, 5_c, 3_c, 4_c, 1_c, 2_c});
    CHECK(rerank(model, store)(retrieved{"q", {}}, c).value().hits.empty());
    CHECK(ids(rerank(model, store, {.k = 0})(retrieved{"q", hits}, c).value().hits) == ids(hits));

    const told      huge(-1e30f); // steps below a large number are steps all the same
    const retrieved g = rerank(huge, store, {.k = 2})(retrieved{"q", hits}, c).value();
    for (std::size_t i = 1; i < g.hits.size(); ++i) CHECK(g.hits[i].score < g.hits[i - 1].score);
}

TEST_CASE("a blend is the weighted mean of both, each stretched to [0, 1]") {
    const toys::store store("a 3\nb 1\nc 9\nd 5\n");
    const hit         hits[] = {{1_c, 10.f}, {2_c, 9.f}, {4_c, 8.f}, {3_c, 2.f}};
    const told        model;
    context           c;
    for (const float blend : {0.f, .25f, .5f, .9f}) {
        const retrieved f = rerank(model, store, {.blend = blend})(retrieved{"q", hits}, c).value();
        REQUIRE(f.hits.size() == 4);
        for (const hit& h : f.hits) {
            const double said[] = {3, 1, 9, 5}, searched[] = {10, 9, 2, 8};
            const auto   i    = static_cast<std::size_t>(to_underlying(h.id)) - 1;
            const double by   = static_cast<double>(blend);
            const double want = by * (said[i] - 1) / 8 + (1 - by) * (searched[i] - 2) / 8;
            CHECK(std::abs(static_cast<double>(h.score) - want) < 1e-6);
        }
        CHECK(std::is_sorted(f.hits.begin(), f.hits.end(), better));
    }
    CHECK(ids(rerank(model, store, {.blend = 0})(retrieved{"q", hits}, c).value().hits) == ids(hits));
    const hit same[] = {{2_c, 1.f}, {1_c, 1.f}};
    CHECK(ids(rerank(model, store, {.blend = .5f})(retrieved{"q", same}, c).value().hits) == std::vector{1_c, 2_c});
}

TEST_CASE("what cannot be reranked is an error") {
    const toys::store store("a 3\nb nan\n");
    const told        model;
    context           c;
    const hit         lost[] = {{9_c, 1}}, good[] = {{1_c, 1}}, bad[] = {{2_c, 1}};
    CHECK(rerank(model, store)(retrieved{"q", lost}, c).error().what == fault::unknown_id);
    CHECK(rerank(model, store)(retrieved{"fail", good}, c).error().what == fault::timed_out);
    CHECK(rerank(model, store)(retrieved{"q", bad}, c).error().what == fault::not_finite);
    const hit nan[] = {{1_c, std::numeric_limits<float>::quiet_NaN()}};
    CHECK(rerank(model, store)(retrieved{"q", nan}, c).error().what == fault::not_finite);
    for (const float blend : {-.1f, 1.1f, std::numeric_limits<float>::quiet_NaN()})
        CHECK(rerank(model, store, {.blend = blend})(retrieved{"q", good}, c).error().what == fault::bad_argument);
}

TEST_CASE("a reranker of a user's stands in a pipeline, copied where it can be") {
    const toys::store store("the otter swims in the river\nan otter\notters and an otter\nrain\n");
    bm25              words;
    ingest(index_into(words))(store).value();
    const auto find = search(words) | rerank(shortest{}, store) | top(2);
    const auto f    = find("otter").value();
    CHECK(ids(f.hits) == std::vector{2_c, 3_c});
    static_assert(runs<decltype(rerank(shortest{}, store)), retrieved>);
    static_assert(feeds<decltype(search(words)), decltype(rerank(shortest{}, store))>);
    const auto both = search(words) | rerank(store) | rerank(shortest{}, store, {.blend = .5f}) | top(2);
    CHECK(both("otter").value().asked.support >= 0); // by words first, which says the support
}

TEST_CASE("a cross-encoder stands in a pipeline, and gives there what it gives alone") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/cross_encoder");
    context           c;
    const auto        judge = load_cross_encoder(posix_files{}, folder.string(), c).value();
    const toys::store store("the quick brown fox\na red dog\nsick days this year\nthe fox had a red dog\nred\n");
    bm25              words;
    ingest(index_into(words))(store).value();
    const auto find = search(words) | rerank(judge, store) | top(4);
    const auto f    = find("red fox", c).value();
    REQUIRE(f.hits.size() == 4);
    for (const hit& h : f.hits) {
        float           alone = 0;
        const text_view one[] = {store.find(h.id)->text};
        REQUIRE(judge.score("red fox", one, {&alone, 1}, c));
        CHECK(alone == h.score);
    }
    CHECK(std::is_sorted(f.hits.begin(), f.hits.end(), better));
}
