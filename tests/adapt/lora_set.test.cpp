// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/lora_set.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace graft;

TEST_CASE("a star is any run of characters") {
    const auto is = [](const char* pattern, const char* text) { return detail::glob_is(pattern, text); };
    CHECK(is("", ""));
    CHECK(is("*", ""));
    CHECK(is("*", "abc"));
    CHECK(is("a*c", "abc"));
    CHECK(is("a*c", "ac"));
    CHECK(is("*b*", "abc"));
    CHECK(is("a*b*b", "abxbb"));
    CHECK_FALSE(is("a*b*b", "ab"));
    CHECK_FALSE(is("a", "ab"));
    CHECK_FALSE(is("*a", "ab"));
    CHECK_FALSE(is("", "a"));
    CHECK_FALSE(is("a*********************b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

TEST_CASE("targets are names, or their ends behind a dot; ranks and alphas go by the first pattern that is met") {
    CHECK(lora_plan::meets("q_proj", "model.layers.3.self_attn.q_proj"));
    CHECK(lora_plan::meets("self_attn.q_proj", "model.layers.3.self_attn.q_proj"));
    CHECK(lora_plan::meets("layers.3.*", "model.layers.3.self_attn.q_proj"));
    CHECK_FALSE(lora_plan::meets("_proj", "model.layers.3.self_attn.q_proj"));
    CHECK_FALSE(lora_plan::meets("layers.3", "model.layers.3.self_attn.q_proj"));

    const lora_place places[] = {{"a.0.q", 8, 4}, {"a.0.v", 8, 6}, {"a.1.q", 8, 4}, {"a.1.v", 8, 6}};
    const lora_plan  plan{.targets = {"q", "a.1.*"},
                          .params  = {.rank = 2, .alpha = 6, .seed = 5},
                          .ranks   = {{"a.1.q", 3}, {"a.1.*", 4}},
                          .alphas  = {{"v", 1}}};
    const auto       set = lora_set<float>::make(places, plan).value();
    REQUIRE(set.entries.size() == 3);
    CHECK(set.entries[0].name == "a.0.q");
    CHECK(set.find("a.0.v") == nullptr);
    CHECK(set.find("a.0.q")->rank() == 2);
    CHECK(set.find("a.1.q")->rank() == 3);
    CHECK(set.find("a.1.v")->rank() == 4);
    CHECK(set.find("a.1.q")->scale == 2);
    CHECK(set.find("a.1.v")->scale == .25f);
    CHECK(set.parameters() == 2 * (8 + 4) + 3 * (8 + 4) + 4 * (8 + 6));
    CHECK(set.zero_grads()[2].B.rows() == 6);

    // A place's start depends on its name and the seed alone.
    const auto other =
        lora_set<float>::make(std::span(places).subspan(2), {.params = {.rank = 3, .alpha = 6, .seed = 5}}).value();
    CHECK(std::ranges::equal(other.find("a.1.q")->A.flat(), set.find("a.1.q")->A.flat()));
    const auto seeded = lora_set<float>::make(places, {.params = {.rank = 2, .seed = 6}}).value();
    CHECK_FALSE(std::ranges::equal(seeded.find("a.0.q")->A.flat(), set.find("a.0.q")->A.flat()));
    CHECK(seeded.entries.size() == 4);
    CHECK(lora_set<float>::make(places, {.params = {.rank = 5}}).error().subject.starts_with("a.0.q"));
    CHECK(lora_set<float>::make(places, {.targets = {"q", "k"}, .params = {.rank = 2}}).error().subject == "k");
}
