// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/flow/pipe.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>

#include "support/asking.hpp"
#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;
using test::operator""_d;

namespace {

struct text_source {
    std::string_view body;
    float            score    = 1;
    document_id      document = {};
    std::uint64_t    begin    = 0;
};

prompt prompt_of(std::string_view asked, const std::vector<text_source>& from, context& w,
                 std::span<const term_weight> terms = {}) {
    auto rows = w.take<source>(from.size());
    for (std::size_t i = 0; i < from.size(); ++i)
        rows[i] = {.mark  = static_cast<std::uint32_t>(i + 1),
                   .from  = {.id       = chunk_id{i},
                             .document = from[i].document != 0_d ? from[i].document : document_id{i + 1},
                             .begin    = from[i].begin,
                             .end      = from[i].begin + from[i].body.size(),
                             .text     = {"", from[i].body}},
                   .name  = "doc.md",
                   .score = from[i].score};
    return {
        .asked = test::asking(asked, {.support = .5f, .terms = terms}), .sources = rows, .audit = rows, .tokens = 9};
}
std::string quote(std::string_view asked, const std::vector<text_source>& from, extractive how = {},
                  std::span<const term_weight> terms = {}) {
    context w;
    return std::string(how.complete(prompt_of(asked, from, w, terms), {}, w).value().text);
}
term_weight weight_of(std::string_view word, float weight) {
    term_weight t;
    analyzer{}(word, [&](const token& k) { t = {k.term, weight}; });
    return t;
}

} // namespace

TEST_CASE("the sentences that hold the question's words are quoted, each with its mark, the best first") {
    const std::vector<text_source> s = {{"Cats sleep. Staff have thirty days of leave. Pay is monthly."},
                                        {"Leave is asked for in May. Dogs bark."}};
    CHECK(quote("How many days of leave do staff have?", s) ==
          "Staff have thirty days of leave. [1]"); // the other is worth less than .35 of it
    CHECK(quote("How many days of leave do staff have?", s, {.sentences = 1}) ==
          "Staff have thirty days of leave. [1]");
    CHECK(quote("Is leave asked for in May?", s) ==
          "Leave is asked for in May. [2] Staff have thirty days of leave. [1]");
    CHECK(quote("Is leave asked for in May?", s, {.reading = true}) ==
          "Staff have thirty days of leave. [1] Leave is asked for in May. [2]");
    CHECK(quote("barking dogs", s) == "Dogs bark. [2]");
    static_assert(language_model<extractive>);
}

TEST_CASE("a row of a table is not quoted, though its head is in another chunk") {
    CHECK(quote("token overlap", {{"| token | CH | default, overlap 0 | |\n| word | HS | overlap 0 | |\n"}}) ==
          no_relevant_source);
    CHECK(quote("token overlap", {{"| token | 0 |\n\nThe overlap of a token is small.\n"}}) ==
          "The overlap of a token is small. [1]");
}

TEST_CASE("no sentence with a word of the question: it says so") {
    CHECK(quote("zebra", {{"Cats sleep."}}) == no_relevant_source);
    CHECK(quote("the of and", {{"The end of it and all."}}) == no_relevant_source);
    CHECK(quote("", {{"Cats sleep."}}) == no_relevant_source);
    CHECK(quote("cats", {}) == no_relevant_source);
    CHECK(quote("cats", {{""}}) == no_relevant_source);
    CHECK(quote("cats", {{"Cats sleep."}}, {.sentences = 0}) == no_relevant_source);
    CHECK(quote("zebra", {{"Cats sleep."}}, {.refusal = "Nein."}) == "Nein.");
}

TEST_CASE("known words weigh by what they say, and sources by their score") {
    const std::vector<text_source> s      = {{"The copper word copper. The zinc thing."}};
    const term_weight              rare[] = {weight_of("copper", 1), weight_of("zinc", 5)};
    const term_weight              flat[] = {weight_of("copper", 5), weight_of("zinc", 1)};
    CHECK(quote("copper zinc", s, {.sentences = 1}, rare) == "The zinc thing. [1]");
    CHECK(quote("copper zinc", s, {.sentences = 1}, flat) == "The copper word copper. [1]");
    CHECK(quote("thirty days", {{"Thirty men.", .2f}, {"Days pass.", 1}}, {.sentences = 1}) == "Days pass. [2]");
    CHECK(quote("copper zinc", {{"Copper men.", -2}, {"Zinc goes.", -1}}, {.sentences = 1}) ==
          "Copper men. [1]"); // scores that mean nothing
    // equal worth but for the length: the shorter
    CHECK(quote("leave", {{"Leave is given to all those who have asked for it in good time. Leave is given."}},
                {.sentences = 1}) == "Leave is given. [1]");
}

TEST_CASE("what the sentence before holds counts too, within a source") {
    const text_source s[] = {{"Ada Lovelace was a mathematician. She was born in London, far away."},
                             {"Someone was born in a town."}};
    CHECK(quote("Where was Lovelace the mathematician born?", {s[0], s[1]}, {.sentences = 2}) ==
          "Ada Lovelace was a mathematician. [1] She was born in London, far away. [1]");
    CHECK(quote("Where was Lovelace the mathematician born?",
                {{"Ada Lovelace was a mathematician."}, {"She was born in London, far away."}, s[1]},
                {.sentences = 2}) == "Ada Lovelace was a mathematician. [1] Someone was born in a town. [3]");
}

TEST_CASE("headings, code, tables and comments are not quoted; list items stand alone, without their marks") {
    const std::string_view text =
        "# Leave days\n\nLeave\n=====\n\n```\nleave = days\n```\n\n| leave | days |\n|---|---|\n| leave | 30 |\n\n"
        "<!-- leave days -->\n\n* Leave starts\n  in May\n* Days are long\n\n> Days of leave, said he\n";
    CHECK(quote("leave days", {{text}}, {.reading = true}) ==
          "Leave starts in May [1] Days are long [1] Days of leave, said he [1]");
    CHECK(quote("leave days", {{"# Leave days\n"}}) == no_relevant_source);
    CHECK(quote("leave", {{"    Leave in an indented text.\n"}}) ==
          no_relevant_source); // Markdown's code, for all we know
}

TEST_CASE("a sentence is quoted once, whether repeated or seen through chunks that overlap") {
    CHECK(quote("leave", {{"Leave is paid. Leave\nis  paid. Leave is long."}}) ==
          "Leave is paid. [1] Leave is long. [1]");
    const std::string_view text = "Leave is granted. Leave is paid. Leave is long.";
    CHECK(quote("leave", {{text.substr(0, 32), 1, 5_d, 0}, {text.substr(18), 1, 5_d, 18}}) ==
          "Leave is granted. [1] Leave is paid. [1] Leave is long. [2]");
    CHECK(quote("leave", {{text.substr(0, 32), 1, 5_d, 0}, {text.substr(24), 1, 5_d, 24}}) ==
          "Leave is granted. [1] Leave is paid. [1] Leave is long. [2]");
}

TEST_CASE("marks of a document do not become marks of the answer, and every citation is verified in its place") {
    const std::string_view text = "Leave [2] is an index of\n  a[0], see \\[1] and [3, 4]. Nothing else.";
    context                w;
    const auto             p = prompt_of("leave index", {{text, 1, 7_d, 100}, {"Other."}}, w);
    const auto             a = answering<extractive>{{extractive{}}}(p, w).value();
    CHECK(a.text == "Leave \\[2] is an index of a\\[0], see \\[1] and \\[3, 4]. [1]");
    REQUIRE(a.citations.size() == 1);
    CHECK(a.citations[0].mark == 1);
    CHECK(a.citations[0].verified);
    CHECK(a.citations[0].begin == 100);
    CHECK(a.citations[0].document == 7_d);
    CHECK(a.citations[0].quote == "Leave [2] is an index of\n  a[0], see \\[1] and [3, 4].");
}

TEST_CASE("whatever the sources hold, quotes are verified, at most `sentences`, and pieces concatenate") {
    counter_random    r(6, 1);
    const char* const parts[] = {"Leave",  "days",     "of",       "staff.", "The",     "[1]",  "e.g.",   "30.5",
                                 "Dr. No", "said:",    "“yes”",    "* item", "\n",      "\n\n", "- ",     "# Head",
                                 "```",    "über",     "三十天。", "a[2]",   "\\",      "!",    "?\" He", "|",
                                 "x_y",    "**bold**", "`code`",   "1.",     "\xE2\x80"};
    context           w;
    std::size_t       citations = 0;
    for (int round = 0; round < 3000; ++round) {
        w.reset();
        std::vector<std::string> texts(1 + r.below(4));
        std::vector<text_source> from;
        for (auto& t : texts) {
            for (std::size_t n = r.below(40); n > 0; --n)
                t += std::string(parts[r.below(std::size(parts))]) + (r.below(8) == 0 ? "" : " ");
            from.push_back({t, r.unit()});
        }
        const auto                  p = prompt_of("how many days of leave have staff? bold code item 三十天", from, w);
        std::string                 heard;
        const answering<extractive> ask{{extractive{.sentences = 1 + r.below(4)}}};
        auto                        hear = [&](const text_delta& t) { heard += t.text; };
        w.listener                       = listen_to<text_delta>(hear);
        const auto a                     = ask(p, w).value();
        REQUIRE(heard == a.text);
        REQUIRE(a.citations.size() <= ask.model.it.sentences + ask.model.it.items);
        REQUIRE(a.answerable == !a.citations.empty());
        for (const citation& c : a.citations) {
            ++citations;
            CAPTURE(a.text);
            CAPTURE(c.quote);
            REQUIRE(c.verified);
            REQUIRE(c.quote == from[c.mark - 1].body.substr(c.begin, c.end - c.begin));
        }
    }
    CHECK(citations > 3000);
}

TEST_CASE("a listener stops the generator") {
    context     w;
    std::size_t calls = 0;
    auto        once  = [&](const text_delta&) { return ++calls, false; };
    w.listener        = listen_to<text_delta>(once);
    const auto said =
        extractive{}.complete(prompt_of("leave", {{"Leave is paid. Leave is long. Leave is good."}}, w), {}, w).value();
    CHECK(said.text == "Leave is paid. [1]");
    CHECK(said.finish == finish_reason::stopped);
    CHECK(said.quotes.size() == 1);
    CHECK(calls == 1);
}

TEST_CASE("a limit of tokens ends the answer behind a whole quote, the first always whole") {
    context    w;
    const auto p   = prompt_of("leave", {{"Leave is paid. Leave is long. Leave is good."}}, w);
    const auto all = extractive{}.complete(p, {}, w).value();
    CHECK(all.finish == finish_reason::end);
    CHECK(all.usage.prompt == 9);
    CHECK(all.usage.completion == extractive{}.count(all.text));
    const auto two = extractive{}.complete(p, {.max_tokens = extractive{}.count(all.text) - 1}, w).value();
    CHECK(two.finish == finish_reason::length);
    CHECK(two.quotes.size() == all.quotes.size() - 1);
    CHECK(all.text.starts_with(two.text));
    CHECK(two.text.back() == ']');
    CHECK(extractive{}.complete(p, {.max_tokens = 0}, w)->text == "Leave is paid. [1]");
}

TEST_CASE("words that another analyser made are refused, not silently missed") {
    context w;
    prompt  p        = prompt_of("leave", {{"Leave is paid."}}, w);
    p.asked.analyser = analyzer{}.fingerprint();
    CHECK(extractive{}.complete(p, {}, w).has_value());
    p.asked.analyser = analyzer{.stems = false}.fingerprint();
    CHECK(extractive{}.complete(p, {}, w).error().what == fault::other_analyser);
    CHECK(basic_extractive<analyzer>{.analyse = {.stems = false}}.complete(p, {}, w).has_value());
}

TEST_CASE("a million characters of question are only slow") {
    std::string asked;
    for (int i = 0; i < 100'000; ++i) asked += "word" + std::to_string(i) + " ";
    CHECK(quote(asked, {{"Word77 is here. Nothing there."}}) == "Word77 is here. [1]");
}
