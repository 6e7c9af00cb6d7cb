// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/eval/answer_match.hpp>
#include <graft/eval/score_change.hpp>
#include <graft/json/json.hpp>

#include "support/shared.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

TEST_CASE("200 pairs are compared as the published evaluation of SQuAD compares them") {
    NEEDS_SHARED(folder, "fixtures/metrics");
    std::istringstream pairs(test::slurp(folder / "pairs.jsonl")), expected(test::slurp(folder / "expected.jsonl"));
    std::size_t        compared = 0;
    for (std::string pair, told; std::getline(pairs, pair) && std::getline(expected, told); ++compared) {
        const auto of = parse_json(pair).value(), should = parse_json(told).value();
        CAPTURE(std::string(of.root().at("id").text().value()));
        const auto squad     = should.root().at("squad");
        const auto candidate = of.root().at("candidate").text().value(),
                   reference = of.root().at("reference").text().value();
        CHECK(normalised_answer(candidate) == squad.at("candidate").text().value());
        CHECK(normalised_answer(reference) == squad.at("reference").text().value());
        CHECK(exact_match(candidate, reference) == (squad.at("em").number<double>().value() == 1));
        CHECK(token_f1(candidate, reference) ==
              doctest::Approx(squad.at("f1_v2").number<double>().value()).epsilon(1e-8));
    }
    CHECK(compared == 200);
}

TEST_CASE("articles are words of their own; punctuation joins, other marks part") {
    CHECK(normalised_answer("The  U.S. Army's an-swer, a Thé\t") == "us armys answer thé");
    CHECK(normalised_answer("a–b the–c") == "–b –c");
    CHECK(normalised_answer("ΑΝ ÀN Ан") == "αν àn ан"); // other letters that look so
    CHECK(normalised_answer("the") == "");
    CHECK(normalised_answer("") == "");
    CHECK(normalised_answer("x\xFFy") == "x\xEF\xBF\xBDy");
    CHECK(exact_match("The Paris!", "paris"));
    CHECK(!exact_match("Paris, France", "Paris"));
}

TEST_CASE("shared words count as often as both have them") {
    CHECK(token_f1("no no no", "no no yes") == doctest::Approx(2. / 3));
    CHECK(token_f1("x", "y") == 0);
    CHECK(token_f1("the", "") == 1);
    CHECK(token_f1("the", "x") == 0);
    counter_random r(5);
    for (std::size_t trial = 0; trial < 200; ++trial) { // against counting by hand
        std::string a, b;
        double      n[2] = {}, of[2][4] = {};
        for (int side = 0; side < 2; ++side)
            for (std::size_t i = r.below(6); i > 0; --i) {
                const auto w = r.below(4);
                (side == 0 ? a : b).append(1, static_cast<char>('p' + w)).append(" ");
                of[side][w] += 1, n[side] += 1;
            }
        double both = 0;
        for (int w = 0; w < 4; ++w) both += std::min(of[0][w], of[1][w]);
        const double precision = both / n[0], recall = both / n[1];
        const double f1 = n[0] == 0 || n[1] == 0 ? n[0] == n[1]
                          : both == 0            ? 0
                                                 : 2 * precision * recall / (precision + recall);
        CHECK(token_f1(a, b) == doctest::Approx(f1));
        CHECK(token_f1(a, b) == token_f1(b, a));
    }
}

TEST_CASE("an answer says another word by word") {
    CHECK(says_answer("It was the Paris of 1900.", "Paris"));
    CHECK(says_answer("It was Paris.", "the Paris"));
    CHECK(!says_answer("Parisian", "Paris"));
    CHECK(!says_answer("new York", "York new"));
    CHECK(says_answer("", "a"));
    CHECK(!says_answer("", "b"));
    const std::string_view right[] = {"Paris", "City of Light"};
    CHECK(best_match(token_f1, "the city of light", right) == 1);
    CHECK(best_match(exact_match, "London", right) == 0);
    CHECK(best_match(exact_match, "London", {}) == 0);
}

TEST_CASE("the change of a score is that of means, with the interval of pairs") {
    const std::vector<double> before{0, 0, 1, 0}, after{1, 0, 1, 1};
    const auto                got = score_change::of(before, after).value();
    CHECK(got.before == .25);
    CHECK(got.after == .75);
    CHECK(got.change.mean == .5);
    CHECK(got.change.low == paired_bootstrap(before, after).value().low);
    CHECK(score_change::of(before, std::vector<double>{1}).error().what == fault::wrong_shape);
    CHECK(score_change::of({}, {}).error().what == fault::no_input);
}
