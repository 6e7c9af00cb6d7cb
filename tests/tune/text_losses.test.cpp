// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/prompt_trainer.hpp>
#include <graft/tune/text_losses.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace graft;

namespace {

/// By logits of every row, in double precision behind the model's floats.
double by_hand(const llama<float>& m, const lora_set<float>& set, const tuning_text& t) {
    context           c;
    const auto        beside = lora_beside(m, set).value();
    matrix<float>     y(t.ids.size(), m.config.width), z(t.ids.size(), m.config.vocabulary);
    const std::size_t ends[] = {t.ids.size()};
    REQUIRE(m.forward(packed_tokens{t.ids, {}, ends}, y.view(), beside, nullptr, c));
    REQUIRE(m.head.forward(y.view(), z.view(), c));
    double sum = 0;
    for (std::size_t i = 0; i < t.ids.size(); ++i) {
        if (t.labels[i] == ignored_label) continue;
        double all = 0;
        for (const float x : z.row(i)) all += std::exp(static_cast<double>(x));
        sum += std::log(all) - static_cast<double>(z.row(i)[static_cast<std::size_t>(t.labels[i])]);
    }
    return sum;
}

} // namespace

TEST_CASE("each text has the loss that its logits say, with updates and without, whatever it is read beside") {
    const auto     m     = test::tiny_llama<float>(3);
    const auto     texts = test::some_texts(17, 1);
    auto           set   = lora_set<float>::make(lora_places(m), {.params = {.rank = 2}}).value();
    counter_random r(5);
    for (auto& e : set.entries)
        for (float& b : e.update.B.flat()) b = static_cast<float>(r.unit64() - .5);
    context c;
    for (const auto& with : {set, lora_set<float>{}}) {
        const auto all = text_losses(m, with, texts, 50, c).value();
        REQUIRE(all.size() == 17);
        for (std::size_t i = 0; i < 17; ++i) CHECK(all[i] == doctest::Approx(by_hand(m, with, texts[i])).epsilon(1e-5));
        CHECK(text_losses(m, with, texts, 1, c).value() == all);
        CHECK(text_losses(m, with, texts, 1000, c).value() == all);
        CHECK(text_losses(m, with, std::span(texts).subspan(5, 1), 9, c).value()[0] == all[5]);
    }
    CHECK(text_losses(m, set, texts, 50, c).value() != text_losses(m, lora_set<float>{}, texts, 50, c).value());
}

TEST_CASE("behind virtual tokens the sums of texts are the loss that the trainer tells; none are the base") {
    const auto                       m     = test::tiny_llama<float>(4);
    const auto                       texts = test::some_texts(9, 2);
    const std::vector<std::uint32_t> said  = {1, 2, 3};
    context                          c;
    const auto                       base   = text_losses(m, lora_set<float>{}, texts, 30, c).value();
    const auto                       prompt = soft_prompt_of(m, std::span<const std::uint32_t>(said), 3).value();
    std::vector<const tuning_text*>  some;
    double                           tokens = 0;
    for (const tuning_text& t : texts) some.push_back(&t), tokens += static_cast<double>(t.labelled());
    const auto check = [&](const auto& of) {
        using prompt_of = std::remove_cvref_t<decltype(of)>;
        const auto all  = text_losses(m, of, texts, 30, c).value();
        CHECK(all != base);
        double sum = 0;
        for (const double x : all) sum += x;
        auto trainer = prompt_trainer<llama<float>, prompt_of>::make(m, of).value();
        CHECK(sum / tokens == trainer.loss(some, 30, c).value());
        CHECK(text_losses(m, of, texts, 7, c).value() == all);
        CHECK(text_losses(m, prompt_of{}, texts, 30, c).value() == base);
    };
    check(prompt), check(prefix_of(m, prompt, c).value());
}

TEST_CASE("texts and updates that are none are refused") {
    const auto m     = test::tiny_llama<float>(3);
    auto       texts = test::some_texts(3, 1);
    context    c;
    CHECK(text_losses(m, lora_set<float>{}, {}, 30, c).error().what == fault::no_input);
    auto set = lora_set<float>::make(lora_places(m), {.params = {.rank = 2}}).value();
    set.entries[0].name += "x";
    CHECK(text_losses(m, set, texts, 30, c).error().what == fault::unexpected);
    CHECK(text_losses(m, soft_prompt<float>{matrix<float>(40, 16)}, texts, 30, c).error().what == fault::too_large);
    texts[1].ids[0] = 40;
    CHECK(text_losses(m, lora_set<float>{}, texts, 30, c).error() == error{fault::unknown_id, unit::row, 1, "token"});
    texts = test::some_texts(3, 1);
    set   = lora_set<float>::make(lora_places(m), {.params = {.rank = 2}}).value();
    for (auto& e : set.entries)
        for (float& b : e.update.B.flat()) b = 1e30f;
    CHECK(text_losses(m, set, texts, 30, c).error().what == fault::not_finite);
    c.deadline = context::clock::now();
    CHECK(text_losses(m, lora_set<float>{}, texts, 30, c).error().what == fault::timed_out);
}
