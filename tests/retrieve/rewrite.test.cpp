// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/flow/copy.hpp>
#include <graft/flow/pipe.hpp>
#include <graft/retrieve/rewrite.hpp>
#include <graft/schema/retrieved.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

/// Says what it is told to, whatever it is asked, and keeps what that was. Move-only, as a model is.
struct parrot {
    std::string                      says;
    finish_reason                    ends  = finish_reason::end;
    mutable std::vector<std::string> heard = {}; // "0:text" a turn, of the last prompt

    explicit parrot(std::string text, finish_reason why = finish_reason::end) : says(std::move(text)), ends(why) {}
    parrot(parrot&&) = default;

    std::size_t        count(std::string_view text) const { return text.size(); }
    result<completion> complete(const prompt& p, const completion_options&, context& c) const {
        heard.clear();
        for (const message& m : p.messages) {
            heard.push_back(std::to_string(static_cast<int>(m.from)) + ":");
            for (const segment& s : m.segments) heard.back() += s.text;
        }
        if (says == "fail") return error{fault::timed_out, unit::none, 0, "parrot"};
        (void)c.emit(text_delta{says});
        return completion{.text = says, .finish = ends};
    }
    std::vector<result<completion>> complete_each(std::span<const prompt> all, const completion_options& how,
                                                  context& c) const {
        std::vector<result<completion>> out;
        for (const prompt& p : all) out.push_back(complete(p, how, c));
        return out;
    }
};
static_assert(language_model<parrot>);
/// One that can be copied, and cannot write several texts.
struct simple {
    std::size_t        count(std::string_view) const { return 0; }
    result<completion> complete(const prompt&, const completion_options&, context&) const {
        return completion{.text = "Where is Rome?"};
    }
};

struct ear {
    std::vector<rewrite_verdict> verdicts = {};
    std::size_t                  deltas   = 0;
    void                         operator()(const query_rewritten& r) { verdicts.push_back(r.verdict); }
    void                         operator()(const text_delta&) { ++deltas; }
};

rewrite_verdict verdict(std::string_view asked, std::string_view written, rewrite_params with = {},
                        finish_reason why = finish_reason::end) {
    const parrot model{std::string(written), why};
    context      c;
    ear          hears;
    c.listener      = listen_to<query_rewritten, text_delta>(hears);
    const query q   = asked;
    const auto  got = rewrite(model, with)(q, c).value();
    REQUIRE(hears.verdicts.size() == 1);
    CHECK(hears.deltas == 0);
    CHECK((got.original == asked) == (hears.verdicts[0] == rewrite_verdict::rewritten));
    if (hears.verdicts[0] != rewrite_verdict::rewritten) CHECK(got.text == asked);
    return hears.verdicts[0];
}

} // namespace

TEST_CASE("a question is said again, and what it was stays with it") {
    const parrot        model("  Where is Normandy?\nIt is in France.");
    const filter* const none = nullptr;
    context             c;
    query               q = "Where is Norse no wait Normandy?";
    q.lexical = .5f, q.narrowed = true, q.only = none;
    const term_weight old{7, 1};
    q.terms        = {&old, 1};
    const auto got = rewrite(model)(q, c).value();
    CHECK(got.text == "Where is Normandy?");
    CHECK(got.original == q.text);
    CHECK(got.narrowed);
    CHECK(got.lexical < 0);
    CHECK(got.terms.empty());
    REQUIRE(model.heard.size() == 2);
    CHECK(model.heard[0] == "0:" + std::string(rewriting_instruction));
    CHECK(model.heard[1] == "1:Where is Norse no wait Normandy?");
    // Of two rewritings the first question is the original.
    const auto twice = pipe(rewrite(model), rewrite(simple{}, {.checked = false}))(q, c).value();
    CHECK(twice.text == "Where is Rome?");
    CHECK(twice.original == q.text);
    const auto kept = copy(twice, c);
    CHECK(kept.original == q.text);
    CHECK(kept.original.data() != q.text.data());
}

TEST_CASE("it stands before a search, and turns before the question are told") {
    const parrot  model("When is a note from a doctor due?");
    const segment said{"A note from a doctor is needed.", true, 0};
    const message before{speaker::assistant, {&said, 1}};
    query         q = "And when is it due?";
    q.history       = {&before, 1};
    context    c;
    const auto ask = rewrite(model, {.instruction = {}}) | [](const query& of) { return retrieved{.asked = of}; };
    const auto got = ask(q, c).value();
    CHECK(got.asked.text == "When is a note from a doctor due?");
    CHECK(got.asked.original == "And when is it due?");
    CHECK(got.asked.history.size() == 1);
    REQUIRE(model.heard.size() == 2);
    CHECK(model.heard[0] == "2:A note from a doctor is needed.");
    CHECK(model.heard[1] == "1:And when is it due?");
}

TEST_CASE("a rewriting that cannot be trusted is not asked") {
    using enum rewrite_verdict;
    const std::string_view asked = "How many, no, when was the Norse leader Rollo born in 911?";
    CHECK(verdict(asked, "When was Rollo born in 911?") == rewritten);
    CHECK(verdict(asked, asked) == unchanged);
    CHECK(verdict(asked, "") == empty);
    CHECK(verdict(asked, " \n ") == empty);
    CHECK(verdict(asked, "When was Rollo born in 911?", {}, finish_reason::length) == unfinished);
    CHECK(verdict(asked, "When was Rollo born in 911?", {}, finish_reason::refused) == unfinished);
    CHECK(verdict(asked, std::string(130, 'x')) == longer); // 58 characters, 1.5 times and 32 more: 119
    CHECK(verdict(asked, "When was Rollo born in 912?") == invented);
    CHECK(verdict(asked, "When was Rollo of Normandy born in 911?") == invented);
    CHECK(verdict(asked, "When was Rollo born?") == lost);
    CHECK(verdict(asked, "When was he born in 911?") == lost);
    CHECK(verdict(asked, "When was he born?", {.checked = false}) == rewritten);
    CHECK(verdict("what's in 1,000 boxes, I mean bags", "What is in 1,000 bags?") == rewritten);
    CHECK(verdict("what did the um the Pope say", "What did the POPE say?") == rewritten);
    CHECK(verdict("\xFF\xFE 7", "7?") == rewritten);
    CHECK(verdict("wann war das, äh, in Österreich", "Wann war es in Osterreich?") ==
          rewritten); // accents do not matter
    CHECK(verdict("когда, нет, где родился Пушкин", "Где родился Гоголь?") == invented);
    CHECK(verdict("where was I born no when", "When was I born?") == rewritten); // I is no name
}

TEST_CASE("names of the turns before may come back") {
    const parrot  model("When was Rollo born?");
    const segment said{"Who was Rollo?", true, 0};
    const message before{speaker::user, {&said, 1}};
    context       c;
    query         q = "When was he born?";
    CHECK(rewrite(model)(q, c).value().text == "When was he born?");
    q.history = {&before, 1};
    CHECK(rewrite(model)(q, c).value().text == "When was Rollo born?");
}

TEST_CASE("errors pass, blank questions are not asked, many are as one by one") {
    const parrot broken("fail"), model("Where is Rome?");
    context      c;
    ear          hears;
    c.listener = listen_to<text_delta>(hears);
    CHECK(rewrite(broken)(query("where"), c).error() == error{fault::timed_out, unit::none, 0, "parrot"});
    CHECK(bool(c.listener));
    CHECK(c.emit(text_delta{}));
    CHECK(hears.deltas == 1); // heard again
    CHECK(rewrite(broken)(query(" \n"), c).value().text == " \n");
    const std::vector<query> all{"where is um Rome", " ", "where is Paris no Rome"};
    const auto               each = rewrite(model).run_each(all, c);
    REQUIRE(each.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto one = rewrite(model)(all[i], c).value();
        CHECK(each[i].value().text == one.text);
        CHECK(each[i].value().original == one.original);
    }
    CHECK(each[1].value().text == " ");
    CHECK(!rewrite(broken).run_each(all, c)[0]);
}
