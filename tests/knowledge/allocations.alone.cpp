// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A question in a warm context allocates nothing, asked of a knowledge base too: with its pin, its filter and its copy.

#include "support/counted_new.hpp"

#include <graft/knowledge/knowledge_base.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

TEST_CASE("a question to a knowledge base allocates nothing once its context is warm, with a filter or without") {
    std::vector<document> some;
    for (int d = 0; d < 60; ++d) {
        document one{.name = "d" + std::to_string(d) + ".md",
                     .text = "# Part " + std::to_string(d) + "\n\nThe hotel of part " + std::to_string(d) +
                             " costs ninety euros a night. Leave is paid.\n\nSend receipts within a month.\n",
                     .kind = text_format::markdown};
        one.fields.set("even", d % 2 == 0);
        some.push_back(std::move(one));
    }
    auto kb = knowledge_base<>::make().value();
    kb.add(std::move(some)).value();

    const filter even = where("even") == true && where("type") == "markdown" && where("path").starts_with("d");
    const auto   mine = kb.retrieve() | threshold{} | top(4) | prompt_from(kb.chunks(), {.budget = 800}) | extractive{};
    const char* questions[] = {"What does the hotel of part 7 cost a night?", "When are receipts sent?", "zzz qqq", ""};
    context     c;
    std::size_t answered = 0;
    const auto  round    = [&] {
        for (const char* text : questions)
            for (const filter* only : {static_cast<const filter*>(nullptr), &even}) {
                query q = text;
                q.only  = only;
                c.reset();
                answered += kb.ask(q, c).value().answerable;
                c.reset();
                answered += mine(q, c).value().answerable;
            }
    };
    round(), round();
    CHECK(answered >= 16);
    const std::size_t before = test::allocations;
    for (int i = 0; i < 20; ++i) round();
    CHECK(test::allocations == before);
    CHECK(answered >= 160);
}

TEST_CASE("the counter counts") {
    const std::size_t before = test::allocations;
    const auto        some   = std::make_unique<std::vector<int>>(1000);
    CHECK(some->size() == 1000);
    CHECK(test::allocations >= before + 2);
}
