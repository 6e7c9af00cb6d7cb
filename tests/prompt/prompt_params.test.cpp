// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/prompt/prompt_from.hpp>
#include <graft/prompt/prompt_params.hpp>

#include "support/ids.hpp"
#include "support/toy_shelf.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;
using test::operator""_d;
using test::ids;
using test::list;
using test::toy_shelf;

TEST_CASE("a plain prompt is an instruction, headings, texts and the question, by who says them") {
    const toy_shelf store{{{7_c, 1_d, 0, 12, {"One > Leave", "Thirty days."}, 0},
                           {8_c, 2_d, 0, 12, {"Two", "# Two\n\ntext"}, 0},
                           {9_c, 2_d, 20, 24, {"", "bare"}, 0},
                           {10_c, 2_d, 30, 34, {"", "more"}, 0}}};
    const hit       hits[] = {{7_c, .9f}, {8_c, .5f}, {9_c, .4f}, {10_c, .3f}};
    const segment   said{"Hi.", false, 0};
    const message   before[] = {{speaker::user, {&said, 1}}, {speaker::assistant, {&said, 1}}};
    context         w;
    query           q = "How many?";
    q.history         = before;
    const auto p      = prompt_from(store, plain_prompt(100))(retrieved{q, hits}, w).value();
    const auto text   = [](const message& m) {
        std::string all;
        for (const segment& s : m.segments) all += s.text;
        return all;
    };
    REQUIRE(p.messages.size() == 4);
    CHECK(text(p.messages[0]) == "You answer questions from the given text in one short sentence.");
    CHECK(text(p.messages[1]) == "Hi.");
    CHECK(text(p.messages[2]) == "Hi.");
    CHECK(text(p.messages[3]) ==
          "bare\n\n# Two\n\ntext\n\nOne > Leave\nThirty days.\n\nQuestion: How many?"); // the best last
    CHECK(p.sources.size() == 3);
    CHECK(parse(render(p, w), nonce_of(p), w)->size() == p.segments.size());
}

TEST_CASE("the ends order puts the best first, the second best last") {
    toy_shelf                      store;
    std::vector<hit>               hits;
    const std::vector<std::string> texts(8, "text");
    for (std::size_t id = 1; id <= 7; ++id) {
        store.all.push_back({chunk_id{id}, document_id{id}, 0, 4, {"", texts[id]}, 0});
        hits.push_back({chunk_id{id}, 1.f - .1f * static_cast<float>(id)});
    }
    context    w;
    const auto order = [&](std::size_t n, source_order o = source_order::ends) {
        return ids(
            prompt_from(store, {.sources = 9, .order = o})(retrieved{"q", std::span<const hit>(hits).first(n)}, w)
                ->sources);
    };
    CHECK(order(1) == list{1_c});
    CHECK(order(2) == list{1_c, 2_c});
    CHECK(order(3) == list{1_c, 3_c, 2_c});
    CHECK(order(4) == list{1_c, 3_c, 4_c, 2_c});
    CHECK(order(5) == list{1_c, 3_c, 5_c, 4_c, 2_c});
    CHECK(order(6) == list{1_c, 3_c, 5_c, 6_c, 4_c, 2_c});
    CHECK(order(7) == list{1_c, 3_c, 5_c, 7_c, 6_c, 4_c, 2_c});
    CHECK(order(5, source_order::best_first) == list{1_c, 2_c, 3_c, 4_c, 5_c});
    CHECK(order(5, source_order::best_last) == list{5_c, 4_c, 3_c, 2_c, 1_c});
}

TEST_CASE("a plain prompt says headings once where they stay, and a source that begins in a table shows the head row") {
    const toy_shelf store{{{7_c, 1_d, 0, 5, {"One > Leave", "First"}, 0},
                           {8_c, 1_d, 6, 12, {"One > Leave", "Second"}, 0},
                           {9_c, 2_d, 0, 5, {"One > Leave", "Third"}, 0},
                           {10_c, 2_d, 9, 18, {"Pay", "| a | 1 |"}, 0, text_form::unknown, {}, "| who | what |"}}};
    const hit       hits[] = {{10_c, .9f}, {9_c, .8f}, {8_c, .7f}, {7_c, .6f}};
    context         w;
    prompt_params   with = plain_prompt();
    with.sources         = 4;
    std::string all;
    const auto  p = prompt_from(store, with)(retrieved{"q", hits}, w).value();
    for (const segment& s : p.messages.back().segments) all += s.text;
    CHECK(all == "One > Leave\nFirst\n\nSecond\n\nOne > Leave\nThird\n\nPay\n| who | what |\n| a | 1 |\n\nQuestion: q");
    std::string labelled;
    const auto  full = prompt_from(store)(retrieved{"q", hits}, w).value();
    for (const segment& s : full.segments) labelled += s.text;
    CHECK(labelled.find("section: Pay)\n| who | what |\n| a | 1 |") != labelled.npos);
}
