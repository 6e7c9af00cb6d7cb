// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/retrieve/rerank.hpp>

#include "support/asking.hpp"
#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;

namespace {

/// Chunk i + 1 is text i.
struct page_shelf {
    std::vector<std::string> texts;
    std::size_t              size() const { return texts.size(); }
    result<chunk>            find(chunk_id id) const {
        const std::uint64_t n = to_underlying(id);
        if (n == 0 || n > texts.size()) return error{fault::unknown_id, unit::id, n, "shelf"};
        return chunk{.id = id, .document = document_id{n}, .end = texts[n - 1].size(), .text = {"", texts[n - 1]}};
    }
    graft::source_name label(const chunk&) const { return {}; }
};

retrieved ask(const page_shelf& store, std::string_view asked, std::span<const hit> hits, context& w,
              float lexical = -1, rerank_params with = {}) {
    return rerank(store, with)(retrieved{test::asking(asked, {.lexical = lexical}), hits}, w).value();
}

} // namespace

TEST_CASE("the hit with the best sentence comes first, every hit stays, and scores fall") {
    const page_shelf store{
        {"Quorum objects are strange.", "We met in May.", "A quorum is the least number of members.", "Rain."}};
    const std::vector<hit> hits = {{1_c, 1.f}, {2_c, .9f}, {3_c, .8f}, {4_c, .1f}};
    context                w;
    const retrieved        f = ask(store, "What is a quorum?", hits, w);
    REQUIRE(f.hits.size() == 4);
    CHECK(f.hits[0].id == 3_c);
    for (std::size_t i = 1; i < f.hits.size(); ++i) CHECK(f.hits[i - 1].score >= f.hits[i].score);
    const retrieved two = ask(store, "What is a quorum?", hits, w, -1, {.hits = 2});
    CHECK(two.hits[0].id == 1_c);
    CHECK(two.hits[2].id == 3_c); // unread, in its place
    CHECK(two.hits[3].id == 4_c);
}

TEST_CASE("support is high where the answer is, low where it is not, whatever lies beside it") {
    context w;
    for (const std::size_t others : {0u, 3u, 100u}) {
        page_shelf       store{{"Every employee has thirty days of paid leave a year."}};
        std::vector<hit> hits = {{1_c, 1.f}};
        for (std::size_t i = 0; i < others; ++i) {
            store.texts.push_back("Note " + std::to_string(i) + " is about the weather in the hills.");
            hits.push_back({chunk_id{i + 2}, .1f});
        }
        CHECK(ask(store, "How much paid leave do I get?", hits, w).asked.support > .9f);
        CHECK(ask(store, "Who painted the ceiling of the chapel?", hits, w).asked.support < .1f);
        CHECK(ask(store, "Wie viele Otter leben im Fluss?", hits, w).asked.support < .1f);
    }
}

TEST_CASE("support is a probability, 0 without hits, and an earlier one stays") {
    const page_shelf store{{"text"}};
    context          w;
    CHECK(ask(store, "text", {}, w).asked.support == 0);
    const hit one[] = {{1_c, 1}};
    CHECK(rerank(store)(retrieved{test::asking("nothing", {.support = .7f}), one}, w).value().asked.support == .7f);
    const support_model m;
    std::mt19937        dice(2);
    const auto          unit = [&] { return static_cast<double>(dice() % 1001) / 1000; };
    for (int i = 0; i < 2000; ++i) {
        support_evidence e{unit(), unit(), 5 * unit(), unit(), 10'000 * unit()};
        const double     p = m(e);
        CHECK(p >= 0);
        CHECK(p <= 1);
        auto more = e;
        more.share += .01;
        CHECK(m(more) >= p);
        more = e, more.unit += .01;
        CHECK(m(more) >= p);
        more = e, more.lexical += .01;
        CHECK(m(more) >= p);
        // in a small folder the lexical score says little
        support_evidence low = e, high = e;
        low.chunks = high.chunks = 3;
        low.lexical = 0, high.lexical = 1;
        CHECK(std::abs(m(low) - m(high)) < .02);
    }
}

TEST_CASE("a hit that the chunk store lacks is an error; scores that mean nothing are no harm") {
    const page_shelf store{{"Cats sleep.", "Dogs bark."}};
    context          w;
    const hit        lost[] = {{9_c, 1}};
    CHECK(rerank(store)(retrieved{.asked = "cats", .hits = lost}, w).error().what == fault::unknown_id);
    const hit below[] = {{1_c, -1}, {2_c, -2}};
    CHECK(ask(store, "barking dogs", below, w).hits[0].id == 2_c);
    static_assert(runs<decltype(rerank(store)), retrieved>);
}
