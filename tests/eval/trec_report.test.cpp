// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/eval/trec_report.hpp>

#include <doctest/doctest.h>

#include "support/shared.hpp"

#include <string>
#include <vector>

using namespace graft;

TEST_CASE("trec report: byte for byte what trec_eval writes") {
    NEEDS_SHARED(folder, "data/trec_eval/test");
    const auto qrels = read_qrels(test::slurp(folder / "qrels.test"));
    const auto run   = read_run(test::slurp(folder / "results.test")),
               trunc = read_run(test::slurp(folder / "results.trunc"));
    REQUIRE(qrels);
    REQUIRE(run);
    REQUIRE(trunc);
    CHECK(evaluate(*run, *qrels, {.official = true}).text() == test::slurp(folder / "out.test"));
    CHECK(evaluate(*run, *qrels).text() == test::slurp(folder / "out.test.a"));
    CHECK(evaluate(*run, *qrels, {.each = true}).text() == test::slurp(folder / "out.test.aq"));
    CHECK(evaluate(*trunc, *qrels, {.complete = true, .each = true}).text() == test::slurp(folder / "out.test.aqc"));
}

TEST_CASE("trec report: equal scores go by the name of the document, backwards, and the rank column says nothing") {
    const std::vector<trec_judgement> qrels = {{"q", "a", 1}, {"q", "b", 0}};
    CHECK(evaluate({"t", {{"q", "a", 1}, {"q", "b", 1}}}, qrels).value("recip_rank") == .5);
    CHECK(evaluate({"t", {{"q", "b", 1}, {"q", "a", 1}}}, qrels).value("recip_rank") == .5);
    CHECK(evaluate({"t", {{"q", "b", 1}, {"q", "a", 2}}}, qrels).value("recip_rank") == 1);
    // What graft writes keeps graft's order.
    std::string text;
    REQUIRE(write_run(text, std::vector<trec_hit>{{"q", "a", 1}, {"q", "b", 1}}, "t"));
    CHECK(evaluate(*read_run(text), qrels).value("recip_rank") == 1);
}

TEST_CASE("trec report: which questions count") {
    const std::vector<trec_judgement> qrels = {{"1", "a", 1}, {"2", "a", 1}, {"2", "b", 1}, {"3", "a", 0}};
    const trec_run                    run{"t", {{"1", "a", 1}, {"3", "a", 1}, {"unjudged", "a", 1}}};
    const auto some = evaluate(run, qrels), all = evaluate(run, qrels, {.complete = true, .each = true});
    CHECK(some.value("num_q") == 2);
    CHECK(some.value("map") == .5);
    CHECK(some.value("num_rel") == 1);
    CHECK(all.value("num_q") == 3);
    CHECK(all.value("map") == doctest::Approx(1 / 3.));
    CHECK(all.value("num_rel") == 3);
    CHECK(all.value("rbp_resid", "2") == 0);
    CHECK(all.value("map", "1") == 1);
    CHECK(all.value("no such measure") == 0);
    CHECK(evaluate({}, {}).value("num_q") == 0);
    CHECK(evaluate({}, {}).value("gm_map") == 0);
    CHECK(evaluate({}, qrels, {.complete = true}).value("map") == 0);
}
