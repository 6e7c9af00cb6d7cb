// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A query in a warm context allocates nothing: the whole path, from the question to the answer with citations, counted.

#include <graft/rag.hpp>

#include <graft/adapt/query_adapter.hpp>
#include <graft/metadata/filter.hpp>

#include "support/counted_new.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

namespace {

corpus some_documents() {
    corpus         docs;
    counter_random r(5);
    const char*    words[] = {"leave",  "days",   "hotel", "night",  "manager", "receipt", "phone",
                              "screen", "office", "month", "doctor", "train",   "euro",    "meal",
                              "desk",   "parent", "year",  "travel", "home",    "note",    "laptop"};
    for (int d = 0; d < 60; ++d) {
        std::string text = "# Part " + std::to_string(d) + "\n\n";
        for (int s = 0; s < 12; ++s) {
            text += "The";
            for (int i = 0; i < 9; ++i) text += std::string(" ") + words[r.below(21)];
            text += s % 4 == 3 ? ".\n\n" : ". ";
        }
        document one{.name = "d" + std::to_string(d) + ".md", .text = text, .kind = text_format::markdown};
        one.fields.set("even", d % 2 == 0);
        docs.add(std::move(one)).value();
    }
    return docs;
}

/// Asks every question twice to warm the context, then counts.
template <class Ask>
std::size_t counted(const Ask& ask) {
    const char* questions[] = {"How many days of leave has a parent?",
                               "hotel night euro",
                               "Who is the manager of the travel office?",
                               "zzz qqq",
                               "",
                               "receipt receipt receipt month, laptop and a phone on the desk"};
    context     w;
    std::size_t answered = 0;
    for (int warm = 0; warm < 2; ++warm)
        for (const char* q : questions) w.reset(), answered += ask(q, w).value().answerable;
    CHECK(answered >= 6);
    const std::size_t before = test::allocations;
    for (int round = 0; round < 20; ++round)
        for (const char* q : questions) w.reset(), (void)ask(q, w).value();
    return test::allocations - before;
}

} // namespace

TEST_CASE("a query allocates nothing once its context is warm: hybrid, filtered, adapted, with neighbours") {
    const corpus      docs  = some_documents();
    const chunk_store store = split_documents(docs, markdown{.size = 60}).value();
    const lsa         embed = lsa::fit(store, {.dims = 16}).value();
    hnsw<cosine>      nearest{embed.dims()}, walked{embed.dims(), {.exact_below = 10}};
    bm25              words;
    (void)ingest(embed | index_into(nearest), embed | index_into(walked), index_into(words))(store).value();

    CHECK(counted(hybrid(embed | search(nearest), search(words)) | rerank(store) | threshold{} | top(6) |
                  prompt_from(store) | extractive{}) == 0);
    CHECK(counted(hybrid(embed | search(walked), search(words)) | rerank(store) | threshold{} | prompt_from(store) |
                  extractive{}) == 0);
    CHECK(counted(search(words) | rerank(store) | threshold{} | expand(store, 1) | prompt_from(store, {.budget = 300}) |
                  extractive{}) == 0);
    CHECK(counted(search(words) | rerank(store) | threshold{} | compress(store) | prompt_from(store) | extractive{}) ==
          0);
    const auto even = matching(where("even") == true, store);
    CHECK(counted(hybrid(embed | search(nearest, 50, id_set(even)), search(words, 50, id_set(even)), rrf{}) |
                  rerank(store) | threshold{} | prompt_from(store) | extractive{}) == 0);

    // A filter a question, for both branches; chosen at run time; and told as it is made.
    const filter only = where("even") == true;
    const auto   ask  = narrow(store) | hybrid(embed | search(nearest), search(words)) | rerank(store) | threshold{} |
                     prompt_from(store) | extractive{};
    const auto filtered = pipe(
        [&](const query& q) {
            query mine = q;
            mine.only  = &only;
            return mine;
        },
        ask);
    CHECK(counted(filtered) == 0);
    const any_flow<query, answer> any(ask);
    CHECK(counted(any) == 0);
    std::size_t pieces = 0;
    auto        hear   = [&](const text_delta&) { ++pieces; };
    CHECK(counted([&](const char* q, context& c) {
              c.listener = listen_to<text_delta>(hear);
              return ask(q, c);
          }) == 0);
    CHECK(pieces > 100);

    query_adapter turn{lora<float>::make(16, 16, {.rank = 4}).value(), embed.fingerprint(), 0, 0};
    for (float& b : turn.update.B.flat()) b = .01f;
    const auto turned = adapted<lsa>::make(embed, std::move(turn)).value();
    CHECK(counted(hybrid(turned | search(nearest), search(words)) | rerank(store) | threshold{} | prompt_from(store) |
                  extractive{}) == 0);
}

TEST_CASE("the counter counts") {
    const std::size_t before = test::allocations;
    const auto        some   = std::make_unique<std::vector<int>>(1000);
    CHECK(test::allocations >= before + 2);
}
