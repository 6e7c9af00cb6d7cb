// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/reading/units.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace graft;

namespace {

using role = detail::passage_unit::role;

struct unit_seen {
    role        what;
    std::string text;
    bool        whole;
    std::string bytes;
    bool        operator==(const unit_seen&) const = default;
};
std::vector<unit_seen> units_of(std::string_view body, text_form form = text_form::unknown) {
    context                w;
    std::vector<unit_seen> out;
    detail::each_unit(
        chunk{.end = body.size(), .text = {"", body}, .form = form}, w, [&](const detail::passage_unit& u) {
            out.push_back({u.what, std::string(u.text), u.whole, std::string(body.substr(u.begin, u.end - u.begin))});
        });
    return out;
}
std::string only(role what, std::string_view body) {
    std::string out;
    for (const unit_seen& u : units_of(body))
        if (u.what == what) out += (out.empty() ? "" : " | ") + u.text;
    return out;
}

} // namespace

TEST_CASE("sentences, items and rows are units; headings and questions name what follows") {
    const std::string_view text =
        "# Leave\n\nEvery employee has *thirty* days. Unused leave moves:\n\n- to March\n- or it is paid.\n\n"
        "**How do I ask?**\nBy mail.\n\n| Day | Open |\n|---|---|\n| Friday | 9 to 17 |\n| | |\n";
    const auto u = units_of(text);
    REQUIRE(u.size() == 8);
    CHECK(u[0] == unit_seen{role::heading, "Leave", false, "Leave"});
    CHECK(u[1] == unit_seen{role::prose, "Every employee has thirty days.", true, "Every employee has *thirty* days."});
    CHECK(u[2] == unit_seen{role::lead, "Unused leave moves:", false, "Unused leave moves:"});
    CHECK(u[3] == unit_seen{role::item, "to March", false, "to March"});
    CHECK(u[4] == unit_seen{role::item, "or it is paid.", true, "or it is paid."});
    CHECK(u[5].what == role::question);
    CHECK(u[6] == unit_seen{role::prose, "By mail.", true, "By mail."});
    CHECK(u[7] == unit_seen{role::row, "Day: Friday; Open: 9 to 17", true, "| Friday | 9 to 17 |"});
}

TEST_CASE(
    "what is no sentence is none: code, comments, scripts, pictures, anchors, links alone, definitions of links") {
    CHECK(units_of("```\ncode = 1\n```\n\n    indented\n\n<!-- a comment. -->\n\n<script>\nvar "
                   "a;\n</script>\n\n![alt](x.png)\n\n"
                   "<a id=\"top\"></a>\n\n[All of it](x.md)\n\n[ref]: http://x.y\n\n***\n")
              .empty());
    CHECK(only(role::prose, "- ```sh\n  make all\n  ```\n\n> ```\n> rm -rf\n> ```\n\nThen reboot the host.") ==
          "Then reboot the host.");
    CHECK(only(role::prose, "> The housing is\n> never opened.\n") == "The housing is never opened.");
    CHECK(only(role::prose, "<details>\n<summary>Who runs it?</summary>\n\nThe network team.\n\n</details>") ==
          "The network team.");
}

TEST_CASE("a question is told in any script, an answer's label is left out") {
    CHECK(only(role::question, "Where is it? There.") == "Where is it?");
    CHECK(only(role::question, "它在哪里？在那里。") == "它在哪里？");
    CHECK(only(role::prose, "Q: Where are they?\nA: They are listed.") == "They are listed.");
    CHECK(only(role::prose, "A: The first letter.") == "A: The first letter."); // nothing was asked
}

TEST_CASE("plain text has no headings, rows or marks") {
    const auto u = units_of("# One *two* three four.\n\n| a | b |\n", text_form::plain);
    REQUIRE(u.size() == 2);
    CHECK(u[0].text == "# One *two* three four.");
    CHECK(u[0].what == role::prose);
    CHECK(u[1].text == "| a | b |");
}

TEST_CASE("units lie in the chunk, in order, and never overlap; their bytes are those of the text") {
    std::mt19937      dice(5);
    const char* const parts[] = {"# H",       "word ",
                                 "Is it? ",   "It is. ",
                                 "- item ",   "\n",
                                 "\n\n",      "> ",
                                 "| a | b |", "|---|---|",
                                 "```",       "**bold**",
                                 "<p>",       "</p>",
                                 "<!--",      "-->",
                                 "1. ",       "  ",
                                 "[x](y)",    "三。",
                                 "\xff",      "Term\n: meaning\n",
                                 ":",         "\\"};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (std::size_t n = dice() % 40; n > 0; --n) text += parts[dice() % std::size(parts)];
        context     w;
        std::size_t last = 0, heading = ~std::size_t{0};
        CAPTURE(text);
        detail::each_unit(chunk{.end = text.size(), .text = {"", text}}, w, [&](const detail::passage_unit& u) {
            // A heading that is a sentence is read twice.
            REQUIRE((u.begin >= last || u.begin >= heading));
            REQUIRE(u.begin < u.end);
            REQUIRE(u.end <= text.size());
            REQUIRE(!u.text.empty());
            last = std::max(last, u.end);
            if (u.what == role::heading || u.what == role::question) heading = u.begin;
        });
    }
}
