// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/reading/unit_worth.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// The units of a body, the worthiest first.
std::vector<std::pair<double, std::string>> ranked(std::string_view asked, std::string_view body,
                                                   std::string_view prefix = "") {
    context                                     w;
    detail::unit_worth                          worth(asked, {}, {}, analyzer{}, w);
    std::vector<std::pair<double, std::string>> out;
    worth.read(chunk{.end = body.size(), .text = {prefix, body}}, w, [&](const detail::weighed_unit& u) {
        CHECK(u.worth <= 2.1);
        if (u.reached && (u.whole || u.named)) out.emplace_back(u.worth, u.text);
    });
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    return out;
}
std::string best(std::string_view asked, std::string_view body, std::string_view prefix = "") {
    const auto all = ranked(asked, body, prefix);
    return all.empty() ? "" : all.front().second;
}

} // namespace

TEST_CASE("a heading, a bold line or a question lends its words to what stands below it") {
    CHECK(best("How does parking work?",
               "# House\n\nThe door is red.\n\n## Parking\n\nBadge holders use the north gate.") ==
          "Badge holders use the north gate.");
    CHECK(best("How do I reset my password?",
               "**How do I reset my password?**\nClick the link below the form.\n\n"
               "**How do I cancel my subscription?**\nOpen the billing page.") == "Click the link below the form.");
    CHECK(best("Where are my invoices?",
               "Q: Where are my invoices?\nA: They are listed under the menu.\n\nQ: Who am I?\nA: You.") ==
          "They are listed under the menu.");
    CHECK(best("parking", "Badge holders use the north gate. The door is red.", "House > Parking\n") ==
          "Badge holders use the north gate.");
}

TEST_CASE("a row answers by its cells and the names of its columns") {
    const std::string_view table =
        "The opening hours:\n\n| Day | Hours |\n|---|---|\n| Monday | 9-17 |\n| Sunday | closed |\n";
    CHECK(best("What are the opening hours on Sunday?", table) == "Day: Sunday; Hours: closed");
    CHECK(best("What are the opening hours on Monday?", table) == "Day: Monday; Hours: 9-17");
}

TEST_CASE("asked what something is, the sentence that says so comes first") {
    const std::string_view text =
        "We talked about the quorum for an hour. The quorum was met in May. A quorum is the least number of "
        "members who must be present. Quorum objects are strange. In short, a motion is a proposal.";
    CHECK(best("What is a quorum?", text) == "A quorum is the least number of members who must be present.");
    CHECK(best("What does quorum mean?", text) == "A quorum is the least number of members who must be present.");
    CHECK(best("What is a motion?", text) == "In short, a motion is a proposal.");
    CHECK(best("Was ist ein Quorum?", "Das Quorum fehlte gestern. Ein Quorum ist die kleinste Zahl der Anwesenden.") ==
          "Ein Quorum ist die kleinste Zahl der Anwesenden.");
    CHECK(best("What is escrow?",
               "The escrow team sits on floor two.\n\n## Escrow\n\nMoney that a third party holds until both "
               "sides have done their part.") ==
          "Money that a third party holds until both sides have done their part.");
}

TEST_CASE("asked for several, the items of the list that is asked for come first") {
    const auto all =
        ranked("What are the ownership rules?", "## Ownership Rules\n\nFirst, let's look at the ownership rules.\n\n"
                                                "- Each value has an owner.\n- There is one owner at a time.\n");
    REQUIRE(all.size() >= 2);
    CHECK(all[0].second == "Each value has an owner.");
    CHECK(all[1].second == "There is one owner at a time.");
}

TEST_CASE("nothing shared, nothing reached; no words asked, nothing read") {
    CHECK(best("zebra", "Cats sleep. Dogs bark.").empty());
    CHECK(best("", "Cats sleep.").empty());
    CHECK(best("?!", "Cats sleep.").empty());
    CHECK(best("cats", "").empty());
}

TEST_CASE("the form of a question is told in many languages") {
    for (const char* q :
         {"What is ownership?", "what's a trait", "Was ist ein Lehen?", "Qu'est-ce que le parking ?", "¿Qué es esto?",
          "Что такое мьютекс?", "什么是锁？", "Mutex nedir?", "互斥锁是什么？", "Define escrow", "WHAT IS HSTS?"})
        CHECK_MESSAGE(detail::what_is_asked(q) == detail::asked_for::definition, q);
    for (const char* q :
         {"Which types implement Copy?", "What are the rules?", "Welche Arten gibt es?", "Quels sont les types ?"})
        CHECK_MESSAGE(detail::what_is_asked(q) == detail::asked_for::several, q);
    for (const char* q : {"How do I install it?", "Where is the lamp?", "", "?", "whatever is", "Wann ist es?"})
        CHECK_MESSAGE(detail::what_is_asked(q) == detail::asked_for::anything, q);
}
