// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/generate/sampling.hpp>
#include <graft/json/json.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <graft/base/random.hpp>

#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

TEST_CASE("what the reference keeps of 60 rows of logits under 18 settings, and how likely it is") {
    NEEDS_SHARED(folder, "fixtures/sampling");
    const auto json = load_json(posix_files{}, (folder / "sampling.json").string());
    const auto file = load_safetensors(posix_files{}, (folder / "sampling.safetensors").string());
    REQUIRE(json);
    REQUIRE(file);
    const auto numbers = [&](const char* name) {
        const tensor*      t = file->find(name);
        std::vector<float> out(t->rows() * t->columns());
        REQUIRE(t->decode(out));
        return out;
    };
    const auto logits = numbers("logits"), context = numbers("context"), probs = numbers("probs"),
               kept = numbers("kept"), defined = numbers("defined");
    std::vector<sampling_params> settings;
    for (const json_value s : *json->at("options").at("settings").array())
        settings.push_back({.repetition_penalty = s.at("repetition_penalty").number_or(1.f).value(),
                            .temperature        = s.at("temperature").number_or(1.f).value(),
                            .top_k              = s.at("top_k").number_or(0u).value(),
                            .top_p              = s.at("top_p").number_or(1.f).value(),
                            .min_p              = s.at("min_p").number_or(0.f).value()});
    REQUIRE(settings.size() == 18);
    arena       a;
    std::size_t compared = 0;
    for (std::size_t row = 0; row < 60; ++row) {
        std::vector<std::uint32_t> text;
        for (std::size_t i = 0; i < 12; ++i) text.push_back(static_cast<std::uint32_t>(context[row * 12 + i]));
        for (std::size_t s = 0; s < 18; ++s) {
            if (defined[row * 18 + s] == 0) continue;
            const auto         mine = next_tokens(std::span(logits).subspan(row * 100, 100), text, settings[s], {}, a);
            std::vector<float> at(100, -1);
            for (const next_token& t : mine) at[t.id] = static_cast<float>(t.probability);
            bool same = true, near = true;
            for (std::size_t i = 0; i < 100; ++i) {
                const std::size_t k = (row * 18 + s) * 100 + i;
                same                = same && (at[i] >= 0) == (kept[k] != 0);
                near                = near && std::abs(std::max(at[i], 0.f) - probs[k]) < 1e-5f;
            }
            CHECK_MESSAGE(same, "row " << row << ", setting " << s);
            CHECK_MESSAGE(near, "row " << row << ", setting " << s);
            ++compared;
            a.reset();
        }
    }
    CHECK(compared == 60 * 18 - 51);
}

TEST_CASE("a mask, a temperature of 0, and logits that are no numbers") {
    arena                    a;
    const std::vector<float> z{
        1, 5, 5, std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(), 2};
    CHECK(likeliest_token(z, {}, 1, {}, a) == 1); // of equals the lowest
    const std::vector<std::uint64_t> all_but_1{0b111101}, none{0}, only_bad{0b011000};
    CHECK(likeliest_token(z, {}, 1, all_but_1, a) == 2);
    CHECK(likeliest_token(z, {}, 1, none, a) == 6);
    CHECK(likeliest_token(z, {}, 1, only_bad, a) == 6);
    CHECK(likeliest_token(z, std::vector<std::uint32_t>{1, 2, 99}, 4, {}, a) ==
          5); // 5 / 4 twice, and a token that is none
    CHECK(next_tokens(z, {}, {}, {}, a).size() == 1);
    CHECK(next_tokens(z, {}, {}, none, a).empty());
    const auto four = next_tokens(z, {}, {.temperature = 1}, {}, a);
    REQUIRE(four.size() == 4);
    double sum = 0;
    for (const next_token& t : four) sum += t.probability;
    CHECK(sum == doctest::Approx(1));
    CHECK(next_tokens(z, {}, {.temperature = 1}, none, a).empty());
    CHECK(next_tokens(z, {}, {.temperature = 1, .top_p = 1e-6f}, {}, a).size() == 1);
    CHECK(next_tokens(z, {}, {.temperature = 1, .top_k = 1}, {}, a).size() == 2); // ties with the k-th stay
    CHECK_FALSE(sampling_params{.top_p = 0}.valid());
    CHECK_FALSE(sampling_params{.temperature = std::numeric_limits<float>::quiet_NaN()}.valid());
}

TEST_CASE("top p: the fewest that hold the mass, by brute force") {
    counter_random r(11);
    arena          a;
    for (int round = 0; round < 200; ++round) {
        std::vector<float> z(1 + r.below(300));
        for (float& x : z) x = r.unit() * 12;
        const float p    = .05f + .9f * r.unit();
        const auto  all  = next_tokens(z, {}, {.temperature = 1}, {}, a);
        const auto  some = next_tokens(z, {}, {.temperature = 1, .top_p = p}, {}, a);
        double      held = 0, least = 1, dropped = 0;
        for (const next_token& t : some) held += all[t.id].probability, least = std::min(least, all[t.id].probability);
        for (const next_token& t : all)
            dropped = std::max(dropped,
                               std::none_of(some.begin(), some.end(), [&](const next_token& s) { return s.id == t.id; })
                                   ? t.probability
                                   : 0.);
        CHECK(held >= double{p} - 1e-9);
        CHECK(held - least < double{p} + 1e-9);
        CHECK(dropped <= least);
        a.reset();
    }
}

TEST_CASE("a draw falls by the shares") {
    const std::vector<next_token> tokens{{7, .25}, {9, .5}, {11, .25}};
    CHECK(draw_token(tokens, 0) == 7);
    CHECK(draw_token(tokens, .2499) == 7);
    CHECK(draw_token(tokens, .25) == 9);
    CHECK(draw_token(tokens, .7499) == 9);
    CHECK(draw_token(tokens, .75) == 11);
    CHECK(draw_token(tokens, std::nextafter(1., 0.)) == 11);
}
