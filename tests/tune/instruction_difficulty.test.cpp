// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/instruction_difficulty.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace graft;

namespace {

/// What the tokens of an answer cost behind some tokens, on average: by logits, in double precision behind the model's floats.
double by_hand(const llama<float>& m, std::vector<std::uint32_t> before, const std::vector<std::uint32_t>& answer) {
    const std::size_t first = before.size();
    before.insert(before.end(), answer.begin(), answer.end());
    context               c;
    const lora_set<float> none;
    const auto            beside = lora_beside(m, none).value();
    matrix<float>         y(before.size(), m.config.width), z(before.size(), m.config.vocabulary);
    const std::size_t     ends[] = {before.size()};
    REQUIRE(m.forward(packed_tokens{before, {}, ends}, y.view(), beside, nullptr, c));
    REQUIRE(m.head.forward(y.view(), z.view(), c));
    double sum = 0;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        double all = 0;
        for (const float x : z.row(first + i - 1)) all += std::exp(static_cast<double>(x));
        sum += std::log(all) - static_cast<double>(z.row(first + i - 1)[answer[i]]);
    }
    return sum / static_cast<double>(answer.size());
}

} // namespace

TEST_CASE("an answer costs what its logits say, behind its question and behind the opening alone") {
    const auto                       m       = test::tiny_llama<float>(6);
    const std::vector<std::uint32_t> opening = {2, 5};
    counter_random                   r(8);
    const auto                       drawn = [&](std::size_t n) {
        std::vector<std::uint32_t> ids;
        while (ids.size() < n) ids.push_back(static_cast<std::uint32_t>(r.below(m.config.vocabulary)));
        return ids;
    };
    std::vector<std::vector<std::uint32_t>> questions, answers;
    std::vector<tuning_text>                texts;
    for (std::size_t i = 0; i < 9; ++i) {
        questions.push_back(drawn(1 + i % 4)), answers.push_back(drawn(1 + i % 5));
        texts.push_back(tuning_text::of(questions.back(), answers.back()));
    }
    context    c;
    const auto all = instruction_difficulties(m, texts, opening, 20, c).value();
    REQUIRE(all.size() == 9);
    for (std::size_t i = 0; i < 9; ++i) {
        CHECK(all[i].asked == doctest::Approx(by_hand(m, questions[i], answers[i])).epsilon(1e-5));
        CHECK(all[i].alone == doctest::Approx(by_hand(m, opening, answers[i])).epsilon(1e-5));
        CHECK(all[i].ratio() == all[i].asked / all[i].alone);
    }
    // Whoever asks the opening asks nothing.
    const std::vector<tuning_text> same = {tuning_text::of(opening, answers[4])};
    CHECK(instruction_difficulties(m, same, opening, 20, c).value()[0].ratio() == 1);
    CHECK(instruction_difficulty{}.ratio() == 1);
    CHECK(instruction_difficulties(m, texts, {}, 20, c).error().what == fault::no_input);
    CHECK(instruction_difficulties(m, {}, opening, 20, c).error().what == fault::no_input);
    const std::uint32_t unknown[] = {static_cast<std::uint32_t>(m.config.vocabulary)};
    CHECK(instruction_difficulties(m, texts, unknown, 20, c).error().what == fault::unknown_id);
}
