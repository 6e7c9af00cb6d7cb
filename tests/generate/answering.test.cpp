// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/flow/pipe.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>

#include "support/asking.hpp"
#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;
using test::operator""_d;

namespace {

/// Says what it is told to, in two pieces. Too big to copy.
struct parrot {
    std::string                  says;
    std::unique_ptr<std::size_t> calls = std::make_unique<std::size_t>(0);

    std::size_t        count(std::string_view text) const { return text.size(); }
    result<completion> complete(const prompt&, const completion_options&, context& c) const {
        ++*calls;
        if (says == "fail") return error{fault::stopped};
        const std::string_view all = says, first = all.substr(0, all.size() / 2);
        if (!c.emit(text_delta{first})) return completion{first, finish_reason::stopped, {3, first.size()}, {}};
        (void)c.emit(text_delta{all.substr(first.size())});
        return completion{all, finish_reason::end, {3, all.size()}, {}};
    }
};
static_assert(language_model<parrot>);

/// Quotes what it is told to, each quote with its mark, a piece a quote, and says from where.
struct quoter {
    std::vector<quoted_span> places = {}; // mark, begin, end; the rest it fills in
    std::size_t              extra  = 0;  // so many bytes beyond the text that each quote says it reaches

    std::size_t        count(std::string_view text) const { return text.size(); }
    result<completion> complete(const prompt& p, const completion_options&, context& w) const {
        arena_text              out(w);
        arena_list<quoted_span> quotes(w);
        for (quoted_span q : places) {
            const std::size_t before = out.size();
            q.text_begin             = before;
            if (q.mark > 0 && q.mark <= p.sources.size()) {
                const std::string_view body = p.sources[q.mark - 1].from.text.body;
                out.append(body.substr(q.begin, q.end - q.begin));
            }
            q.text_end = out.size() + extra;
            quotes.push_back(q);
            out.append(" [1] ");
            if (!w.emit(text_delta{out.text().substr(before)})) break;
        }
        return completion{.text = out.text(), .quotes = quotes.items()};
    }
};
static_assert(language_model<quoter>);

struct one_source {
    source row      = {.mark = 1,
                       .from = {.id = 4_c, .document = 2_d, .begin = 10, .end = 31, .text = {"", "Leave is thirty days."}},
                       .name = "a.md"};
    source dropped  = {.from = {.id = 5_c}, .why = kept_because::over_budget};
    source audit[2] = {row, dropped};
    prompt p{.asked   = test::asking("how long?", {.support = .3f}),
             .sources = std::span<const source>(audit, 1),
             .audit   = audit,
             .tokens  = 77};
};

} // namespace

TEST_CASE("a generator becomes a stage from prompt to answer, with its citations checked") {
    const one_source s;
    context          w;
    const parrot     bird{"Leave is thirty days. [1] And more [1]. [3]"};
    const auto       stage = as_stage(bird); // borrowed: it cannot be copied
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
    CHECK(a.asked.support == .3f);
    CHECK(a.finish == finish_reason::end);
    CHECK(a.usage.completion == bird.says.size());

    // The listener hears the pieces, each mark as it is closed, and the answer.
    std::string heard, events;
    struct ear {
        std::string &heard, &events;
        bool         go_on = true;
        bool         operator()(const text_delta& t) { return heard += t.text, events += 't', go_on; }
        void         operator()(const cited& m) {
            events += std::to_string(m.mark) + "@" + std::to_string(m.text_end);
            CHECK(m.from.name == "a.md");
        }
        void operator()(const answer& done_) { events += done_.answerable ? '.' : '-'; }
    } listens{heard, events};
    w.listener = listen_to<text_delta, cited, answer>(listens);
    (void)stage(s.p, w);
    CHECK(heard == bird.says);
    CHECK(events == "tt1@25"
                    "1@38"
                    "."); // [3] names no source
    listens.go_on     = false;
    const answer half = stage(s.p, w).value();
    CHECK(half.text == bird.says.substr(0, bird.says.size() / 2));
    CHECK(half.finish == finish_reason::stopped);
    // The same through a pipeline, whatever stands before.
    heard.clear(), events.clear(), listens.go_on = true;
    (void)pipe([&](const query&) { return s.p; }, bird)("how long?", w);
    CHECK(heard == bird.says);
    CHECK(events.back() == '.');
}

TEST_CASE("without sources the generator is not called") {
    prompt       p{.asked = test::asking("q", {.support = .01f}), .tokens = 5};
    const parrot bird{"I made this up. [1]"};
    context      w;
    const answer a = as_stage(bird)(p, w).value();
    CHECK(*bird.calls == 0);
    CHECK(a.text == no_relevant_source);
    CHECK(!a.answerable);
    CHECK(a.citations.empty());
    CHECK(a.asked.support == .01f);
    CHECK(a.finish == finish_reason::refused);
    std::string heard;
    auto        hear = [&](const text_delta& t) { heard += t.text; };
    w.listener       = listen_to<text_delta>(hear);
    (void)as_stage(bird)(p, w);
    CHECK(heard == no_relevant_source);
}

TEST_CASE("a refusal or silence is no answer; a fault passes") {
    const one_source s;
    context          w;
    const parrot     no{std::string(no_relevant_source)}, silent{""}, broken{"fail"};
    CHECK(!as_stage(no)(s.p, w)->answerable);
    CHECK(as_stage(no)(s.p, w)->text == no_relevant_source);
    CHECK(!as_stage(silent)(s.p, w)->answerable);
    CHECK(as_stage(broken)(s.p, w).error().what == fault::stopped);
    auto custom    = as_stage(no);
    custom.refusal = "Nichts.";
    CHECK(custom(s.p, w)->answerable); // its own words are no refusal here
}

TEST_CASE("it joins a pipeline") {
    const one_source s;
    context          w;
    const auto       ask = pipe([&](const query&) { return s.p; }, extractive{});
    const answer     a   = ask("thirty days", w).value();
    CHECK(!a.answerable); // the prompt's own question, "how long?", shares no word with the source
    const auto other = pipe(
        [&](const query& q) {
            prompt p = s.p;
            p.asked  = q;
            return p;
        },
        extractive{});
    CHECK(other("thirty days", w)->text == "Leave is thirty days. [1]");
}

TEST_CASE("a generator that says what it quoted is cited by exactly those bytes") {
    const std::string_view body = "The `sql!` macro. It checks.  The SQL is sent. It checks.";
    const source           s[]  = {
        {.mark = 1,
                    .from = {.id = 1_c, .document = 3_d, .begin = 100, .end = 100 + body.size(), .text = {"", body}},
                    .name = "a.md"},
        {.mark = 2,
                    .from = {.id = 2_c, .document = 4_d, .begin = 7, .end = 16, .text = {"", "It checks."}},
                    .name = "b.md"}};
    const prompt      p{.asked = "q", .sources = s, .audit = s};
    const std::size_t second = body.rfind("It checks."), first = body.find("It checks.");
    context           w;

    // The second of two equal sentences, though the words alone lead to the first; then one of another source, whose mark in
    // the text says something else; then the first; then the second once more.
    const quoter writer{{{1, second, second + 10}, {2, 0, 10}, {1, first, first + 10}, {1, second, second + 10}}};
    const auto   a = as_stage(writer)(p, w).value();
    CHECK(a.text == "It checks. [1] It checks. [1] It checks. [1] It checks. [1] ");
    CHECK(read_citations(a.text, s, w).citations[0].begin == 100 + first);
    REQUIRE(a.citations.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        const quoted_span& q = writer.places[i];
        const citation&    c = a.citations[i];
        CHECK(c.mark == q.mark);
        CHECK(c.verified);
        CHECK(c.begin == s[q.mark - 1].from.begin + q.begin);
        CHECK(c.end == s[q.mark - 1].from.begin + q.end);
        CHECK(c.quote.data() == s[q.mark - 1].from.text.body.data() + q.begin);
        CHECK(c.quote.size() == q.end - q.begin);
        CHECK(c.name == s[q.mark - 1].name);
        CHECK(c.document == s[q.mark - 1].from.document);
    }
    // Only what was written counts.
    std::size_t calls = 0;
    auto        twice = [&](const text_delta&) { return ++calls < 2; };
    w.listener        = listen_to<text_delta>(twice);
    const answer half = as_stage(writer)(p, w).value();
    w.listener        = {};
    CHECK(half.text == "It checks. [1] It checks. [1] ");
    REQUIRE(half.citations.size() == 2);
    CHECK(half.citations[1].document == 4_d);

    // A copy outlives the context.
    context          other, kept;
    const completion mine = copy(writer.complete(p, {}, other).value(), kept);
    other.reset();
    CHECK(mine.text == a.text);
    CHECK(mine.quotes.size() == 4);
}

TEST_CASE("a quote beyond the text, beyond its source, or of no source is no citation") {
    const one_source s;
    context          w;
    const auto       count = [&](quoter q) { return as_stage(q)(s.p, w)->citations.size(); };
    CHECK(count({{{1, 0, 5}}}) == 1);
    CHECK(count({{{1, 0, 5}}, 5}) == 1); // up to the end of " [1] "
    CHECK(count({{{1, 0, 5}}, 6}) == 0);
    CHECK(count({{{0, 0, 5}, {2, 0, 5}, {1, 0, 22}, {1, 5, 5}, {1, 6, 4}}}) == 0);
    CHECK(count({{{1, 0, 5}, {1, 0, 22}, {1, 6, 8}}}) == 2);
    // Without quotes its marks are read.
    struct quiet {
        std::size_t        count(std::string_view text) const { return text.size(); }
        result<completion> complete(const prompt&, const completion_options&, context&) const {
            return completion{.text = "Leave is thirty days. [1]"};
        }
    };
    const answer a = as_stage(quiet{})(s.p, w).value();
    REQUIRE(a.citations.size() == 1);
    CHECK(a.citations[0].verified);
    CHECK(a.citations[0].end == 31);
}

TEST_CASE("what a model tells besides its text passes, and the listener is the same afterwards, also behind a fault") {
    struct likelihood {
        float log;
    };
    struct decoder {
        bool               fails = false;
        std::size_t        count(std::string_view text) const { return text.size(); }
        result<completion> complete(const prompt&, const completion_options&, context& c) const {
            (void)c.emit(likelihood{-1.5f});
            (void)c.emit(text_delta{"Leave is thirty days. [1]"});
            if (fails) return error{fault::too_large};
            return completion{.text = "Leave is thirty days. [1]"};
        }
    };
    const one_source s;
    context          w;
    float            heard = 0;
    std::size_t      marks = 0;
    struct ear {
        float&       heard;
        std::size_t& marks;
        void         operator()(const likelihood& l) { heard += l.log; }
        void         operator()(const cited&) { ++marks; }
    } listens{heard, marks};
    w.listener = listen_to<likelihood, cited>(listens);
    CHECK(as_stage(decoder{})(s.p, w)->answerable);
    CHECK(heard == -1.5f);
    CHECK(marks == 1);
    CHECK(as_stage(decoder{true})(s.p, w).error().what == fault::too_large);
    (void)w.emit(likelihood{-1});
    CHECK(heard == -4);
    w.listener = {};
    CHECK(as_stage(decoder{})(s.p, w)->answerable);
}

TEST_CASE("a model that writes several texts side by side is asked once for all that have sources") {
    struct sided {
        std::size_t*       at_once;
        std::size_t        count(std::string_view text) const { return text.size(); }
        result<completion> complete(const prompt& p, const completion_options&, context&) const {
            if (p.tokens == 13) return error{fault::too_large};
            return completion{.text  = p.tokens % 2 == 0 ? "Leave is thirty days. [1]" : no_relevant_source,
                              .usage = {p.tokens, 6, 0}};
        }
        std::vector<result<completion>> complete_each(std::span<const prompt> all, const completion_options& with,
                                                      context& c) const {
            *at_once = all.size();
            std::vector<result<completion>> out;
            for (const prompt& p : all) out.push_back(complete(p, with, c));
            return out;
        }
    };
    std::size_t         at_once = 0;
    const sided         model{&at_once};
    const one_source    s;
    std::vector<prompt> all(20, s.p);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].tokens = i;
    all[7].sources = {};
    context    c;
    const auto stage = as_stage(model);
    const auto each  = stage.run_each(all, c);
    CHECK(at_once == 19);
    REQUIRE(each.size() == 20);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto one = stage(all[i], c);
        REQUIRE(one.has_value() == each[i].has_value());
        if (!one) {
            CHECK(one.error() == each[i].error());
            continue;
        }
        CHECK(one->text == each[i]->text);
        CHECK(one->answerable == each[i]->answerable);
        CHECK(one->usage == each[i]->usage);
        CHECK(one->finish == each[i]->finish);
        CHECK(one->citations.size() == each[i]->citations.size());
    }
}
