// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/crc32c.hpp>
#include <graft/unicode/ascii.hpp>
#include <graft/words/porter.hpp>

#include "support/shared.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <set>
#include <span>
#include <string>

using namespace graft;

TEST_CASE("porter: the examples of the paper, and what NLTK changed") {
    const char* const pairs[][2] = {{"caresses", "caress"},
                                    {"ponies", "poni"},
                                    {"ties", "tie"},
                                    {"caress", "caress"},
                                    {"cats", "cat"},
                                    {"feed", "feed"},
                                    {"agreed", "agre"},
                                    {"plastered", "plaster"},
                                    {"bled", "bled"},
                                    {"motoring", "motor"},
                                    {"sing", "sing"},
                                    {"conflated", "conflat"},
                                    {"troubled", "troubl"},
                                    {"sized", "size"},
                                    {"hopping", "hop"},
                                    {"tanned", "tan"},
                                    {"falling", "fall"},
                                    {"hissing", "hiss"},
                                    {"fizzed", "fizz"},
                                    {"failing", "fail"},
                                    {"filing", "file"},
                                    {"happy", "happi"},
                                    {"sky", "sky"},
                                    {"enjoy", "enjoy"},
                                    {"relational", "relat"},
                                    {"conditional", "condit"},
                                    {"rational", "ration"},
                                    {"vietnamization", "vietnam"},
                                    {"predication", "predic"},
                                    {"hopefulness", "hope"},
                                    {"formaliti", "formal"},
                                    {"triplicate", "triplic"},
                                    {"electrical", "electr"},
                                    {"goodness", "good"},
                                    {"adoption", "adopt"},
                                    {"replacement", "replac"},
                                    {"homologous", "homolog"},
                                    {"probate", "probat"},
                                    {"rate", "rate"},
                                    {"cease", "ceas"},
                                    {"controll", "control"},
                                    {"roll", "roll"},
                                    {"geology", "geolog"},
                                    {"died", "die"},
                                    {"spied", "spi"},
                                    {"dying", "die"},
                                    {"innings", "inning"},
                                    {"proceed", "proceed"},
                                    {"generally", "gener"},
                                    {"s", "s"},
                                    {"is", "is"},
                                    {"", ""},
                                    {"yyyy", "yyyi"},
                                    {"2004s", "2004"},
                                    {"ing", "ing"},
                                    {"eed", "eed"},
                                    {"ed", "ed"}};
    for (const auto& p : pairs) CHECK(stem_porter(p[0]) == p[1]);
    // Long words, and bytes that no word has.
    CHECK(stem_porter(std::string(100000, 'y')).size() == 100000);
    CHECK(stem_porter(std::string(50000, 'e') + "ational").size() == 50005);
    CHECK(stem_porter("\xFF\x80ness\xC3") == "\xFF\x80ness\xC3");
}

TEST_CASE("porter: every word of 13,141 sentences as NLTK 3.10.4 has it") {
    NEEDS_SHARED(file, "data/metrics/rouge/all_input.txt");
    std::set<std::string> words;
    std::string           word;
    for (const char c : test::slurp(file) + " ") {
        if (detail::ascii_alnum(c)) word += detail::ascii_lowered(c);
        else if (!word.empty()) words.insert(word), word.clear();
    }
    std::string stems;
    for (const auto& w : words) stems += stem_porter(w) + "\n";
    CHECK(words.size() == 16595);
    CHECK(crc32c(std::as_bytes(std::span(stems))) == 0x2E0F9B01u);
}
