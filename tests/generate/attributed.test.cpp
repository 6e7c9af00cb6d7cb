// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/flow/pipe.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/attributed.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace graft;
using test::operator""_c;
using test::operator""_d;

namespace {

/// Says a text in pieces of so many bytes.
struct parrot {
    std::string_view says;
    std::size_t      bytes = 1;

    std::size_t        count(std::string_view text) const { return text.size(); }
    result<completion> complete(const prompt&, const completion_options&, context& c) const {
        for (std::size_t at = 0; at < says.size(); at += bytes) {
            const arena::scope mine(c); // a model may tell from within
            if (!c.emit(text_delta{says.substr(at, bytes)}))
                return completion{says.substr(0, at + bytes), finish_reason::stopped};
        }
        return completion{.text = says};
    }
    std::vector<result<completion>> complete_each(std::span<const prompt> all, const completion_options&,
                                                  context&) const {
        return std::vector<result<completion>>(all.size(), completion{.text = says});
    }
};
struct three_sources {
    source sources[3];
    prompt p;
    three_sources() {
        const std::string_view bodies[] = {"# Leave\n\nEvery employee has thirty days of paid leave a year.",
                                           "Two days a week may be worked from home.",
                                           "Ein Hotel darf 150 Euro die Nacht kosten."};
        for (std::uint32_t i = 0; i < 3; ++i) {
            sources[i].mark = i + 1;
            sources[i].from = {chunk_id{i + 1}, document_id{i + 1}, 0, bodies[i].size(), {"", bodies[i]}, 9};
        }
        p.sources = sources, p.audit = sources;
    }
    three_sources(three_sources&&) = delete;
};

} // namespace

TEST_CASE("each sentence gets the mark of the source that holds it, however the text arrives") {
    const three_sources    s;
    const std::string_view cases[][2] = {
        {"You have thirty days of paid leave a year.", "You have thirty days of paid leave a year. [1]"},
        {"Thirty days of paid leave.  Two days may be worked from home.\n\nBananas grow on trees.",
         "Thirty days of paid leave. [1]  Two days may be worked from home. [2]\n\nBananas grow on trees."},
        {"Two days a week may be worked from home [2]. Thirty days of paid leave a year",
         "Two days a week may be worked from home [2]. Thirty days of paid leave a year [1]"},
        {"Das Hotel darf 150 Euro kosten.", "Das Hotel darf 150 Euro kosten. [3]"},
        {"Yes.", "Yes."},
        {"", ""},
        {" \n", " \n"},
        {"At least thirty days of paid leave a year, e.g. at home. \u00C4pfel!",
         "At least thirty days of paid leave a year, e.g. at home. [1] \u00C4pfel!"},
    };
    for (const auto& [says, wanted] : cases)
        for (const std::size_t bytes : {1u, 2u, 3u, 7u, 1000u}) {
            context     c;
            std::string told;
            auto        hears = [&](const text_delta& t) { told += t.text; };
            c.listener        = listen_to<text_delta>(hears);
            const parrot model{says, bytes};
            const auto   made = attributed(model).complete(s.p, {}, c);
            REQUIRE(made);
            CHECK(made->text == wanted);
            CHECK(told == wanted);
            c.listener       = {};
            const auto alone = attributed(model).complete(s.p, {}, c); // nobody listens
            CHECK(alone->text == wanted);
            const prompt two[] = {s.p, s.p};
            for (const auto& one : attributed(model).complete_each(two, {}, c)) CHECK(one->text == wanted);
        }
}

TEST_CASE("whatever a model writes: the marks do not depend on the pieces, and without them the text is what it said") {
    const three_sources    s;
    const std::string_view some[] = {"Thirty days of paid leave",
                                     "Two days may be worked from home",
                                     "1",
                                     ". ",
                                     ".",
                                     "\n",
                                     "\n\n",
                                     "- ",
                                     "* ",
                                     "| a | b |",
                                     "|",
                                     "# Leave",
                                     "\u00E9",
                                     "\u3002",
                                     "e.g. ",
                                     "?",
                                     " ",
                                     "word",
                                     "[2]",
                                     "[",
                                     "```\n",
                                     "12",
                                     ") ",
                                     "**",
                                     "\t",
                                     "\u0416\u0438\u0437\u043D\u044C. "};
    counter_random         r(17);
    std::size_t            marks = 0;
    for (int round = 0; round < 400; ++round) {
        std::string says;
        for (std::uint64_t n = r.below(24); n > 0; --n) says += some[r.below(std::size(some))];
        const std::string whole = [&] {
            context c;
            return std::string(attributed(parrot{says, 1'000'000}).complete(s.p, {}, c)->text);
        }();
        for (const std::size_t bytes : {1u, 2u, 5u, 13u}) {
            context     c;
            std::string told;
            auto        hears = [&](const text_delta& t) { told += t.text; };
            c.listener        = listen_to<text_delta>(hears);
            const auto made   = attributed(parrot{says, bytes}).complete(s.p, {}, c);
            REQUIRE(made);
            CHECK(made->text == whole);
            CHECK(told == whole);
        }
        // Take the marks out that it did not say.
        std::string bare;
        std::size_t at = 0;
        for (std::size_t i = 0; i < whole.size();) {
            const std::string_view mark = std::string_view(whole).substr(i, 4);
            if ((mark == " [1]" || mark == " [2]" || mark == " [3]") && says.compare(at, 4, mark) != 0) i += 4, ++marks;
            else if (at < says.size() && whole[i] == says[at]) bare += whole[i++], ++at;
            else break;
        }
        CHECK(bare == says);
    }
    CHECK(marks > 100);
}

TEST_CASE("what goes on without an end passes in time, and unmarked") {
    const three_sources s;
    std::string         endless;
    for (int i = 0; i < 20'000; ++i) endless += "\u6F22 thirty days of paid leave ";
    const parrot model{endless, 4096};
    context      c;
    CHECK(attributed(model).complete(s.p, {}, c)->text.substr(0, 600'000) ==
          std::string_view(endless).substr(0, 600'000));
}

TEST_CASE("in a pipeline its marks are citations, and the listener may have heard enough at any piece") {
    const three_sources s;
    const parrot model{"Every employee has thirty days of paid leave a year. Two days may be worked from home.", 4};
    context      c;
    const answer a = as_stage(attributed(model))(s.p, c).value();
    CHECK(a.text == "Every employee has thirty days of paid leave a year. [1] Two days may be worked from home. [2]");
    REQUIRE(a.citations.size() == 2);
    CHECK(a.citations[0].mark == 1);
    CHECK(a.citations[0].verified);
    CHECK(a.citations[1].mark == 2);
    for (std::size_t until = 1; until < 20; ++until) {
        std::string told;
        std::size_t n     = 0;
        auto        hears = [&](const text_delta& t) { return told += t.text, ++n < until; };
        c.listener        = listen_to<text_delta>(hears);
        const auto made   = attributed(model).complete(s.p, {}, c);
        REQUIRE(made);
        CHECK(made->text == told);
        CHECK((made->finish == finish_reason::stopped) == (n == until));
    }
}

TEST_CASE("the bar: nothing is cited that holds less of a sentence") {
    const three_sources s;
    const parrot        model{"Employees of the moon have paid leave in purple rockets."};
    context             c;
    CHECK(attributed(model, .9f).complete(s.p, {}, c)->text == model.says);
    CHECK(attributed(model, .1f).complete(s.p, {}, c)->text == std::string(model.says) + " [1]");
}
