// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/core/pipe.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace graft;

namespace {

/// Says what it is told to, in two pieces. Too big to copy.
struct parrot {
    std::string                  says;
    std::unique_ptr<std::size_t> calls = std::make_unique<std::size_t>(0);

    template <class Piece>
    result<std::string_view> generate(const prompt&, Piece& piece, workspace&) const {
        ++*calls;
        if (says == "fail") return error{fault::stopped};
        const std::string_view all = says, first = all.substr(0, all.size() / 2);
        if (!piece(first)) return first;
        (void)piece(all.substr(first.size()));
        return all;
    }
};
static_assert(generator<parrot>);

struct one_source {
    source row      = {.mark = 1,
                       .from = {.id = 4, .document = 2, .begin = 10, .end = 31, .text = {"", "Leave is thirty days."}},
                       .name = "a.md"};
    source dropped  = {.from = {.id = 5}, .why = kept_because::over_budget};
    source audit[2] = {row, dropped};
    prompt p{.asked   = "how long?",
             .sources = std::span<const source>(audit, 1),
             .audit   = audit,
             .tokens  = 77,
             .support = .3f};
};

} // namespace

TEST_CASE("a generator becomes a stage from prompt to answer, with its citations checked") {
    const one_source s;
    workspace        w;
    const parrot     bird{"Leave is thirty days. [1] And more [1]. [3]"};
    const auto       stage = lift(bird); // borrowed: it cannot be copied
    static_assert(std::same_as<decltype(stage), const answering<parrot>>);
    static_assert(runs<answering<parrot>, prompt>);
    const answer a = stage(s.p, w).value();
    CHECK(a.text == bird.says);
    CHECK(a.answerable);
    REQUIRE(a.citations.size() == 2);
    CHECK(a.citations[0].verified);
    CHECK(a.citations[0].begin == 10);
    CHECK(a.citations[0].end == 31);
    CHECK(!a.citations[1].verified);
    CHECK(a.asked.text == "how long?");
    CHECK(a.sources.size() == 2);
    CHECK(a.prompt_tokens == 77);
    CHECK(a.support == .3f);

    std::string heard;
    (void)stage(
        s.p,
        [&](std::string_view piece) {
            heard += piece;
            return true;
        },
        w);
    CHECK(heard == bird.says);
    const answer half = stage(s.p, [](std::string_view) { return false; }, w).value();
    CHECK(half.text == bird.says.substr(0, bird.says.size() / 2));
}

TEST_CASE("without sources the generator is not called") {
    prompt       p{.asked = "q", .tokens = 5, .support = .01f};
    const parrot bird{"I made this up. [1]"};
    workspace    w;
    const answer a = lift(bird)(p, w).value();
    CHECK(*bird.calls == 0);
    CHECK(a.text == no_relevant_source);
    CHECK(!a.answerable);
    CHECK(a.citations.empty());
    CHECK(a.support == .01f);
    std::string heard;
    (void)lift(bird)(
        p,
        [&](std::string_view piece) {
            heard += piece;
            return true;
        },
        w);
    CHECK(heard == no_relevant_source);
}

TEST_CASE("a refusal or silence is no answer; a fault passes") {
    const one_source s;
    workspace        w;
    const parrot     no{std::string(no_relevant_source)}, silent{""}, broken{"fail"};
    CHECK(!lift(no)(s.p, w)->answerable);
    CHECK(lift(no)(s.p, w)->text == no_relevant_source);
    CHECK(!lift(silent)(s.p, w)->answerable);
    CHECK(lift(broken)(s.p, w).error().what == fault::stopped);
    auto custom    = lift(no);
    custom.refusal = "Nichts.";
    CHECK(custom(s.p, w)->answerable); // its own words are no refusal here
}

TEST_CASE("it joins a pipeline") {
    const one_source s;
    workspace        w;
    const auto       ask = pipe([&](const question&) { return s.p; }, extractive{});
    const answer     a   = ask("thirty days", w).value();
    CHECK(!a.answerable); // the prompt's own question, "how long?", shares no word with the source
    const auto other = pipe(
        [&](const question& q) {
            prompt p = s.p;
            p.asked  = q;
            return p;
        },
        extractive{});
    CHECK(other("thirty days", w)->text == "Leave is thirty days. [1]");
}
