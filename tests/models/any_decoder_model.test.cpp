// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/any_decoder_model.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <stop_token>
#include <vector>

using namespace graft;

TEST_CASE("updates with magnitudes that were measured beside another base are measured beside this one") {
    const auto other = test::tiny_llama<float>(7);
    const auto here  = test::tiny_llama<float>(3);
    context    c;
    auto       set =
        lora_set<float>::make(lora_places(here), {.targets = {"q_proj"}, .params = {.rank = 2}, .dora = true}).value();
    counter_random r(1);
    for (auto& e : set.entries) {
        for (float& x : e.update.B.flat()) x = r.unit() - .5f;
        for (float& x : e.update.m.flat()) x = 1 + r.unit();
    }
    auto stale = set;
    REQUIRE(measure_dora(other, stale, c));
    REQUIRE(measure_dora(here, set, c));
    CHECK_FALSE(std::ranges::equal(stale.entries[0].update.norms.flat(), set.entries[0].update.norms.flat()));

    const std::vector<std::uint32_t> ids{3, 1, 4, 1, 5};
    any_decoder_model                m(test::tiny_llama<float>(3));
    const auto                       says = [&] {
        auto                       cache = m.make_cache();
        matrix<float>              z(ids.size(), m.config.vocabulary);
        const decoder_input<float> in{ids, &cache};
        REQUIRE(m.forward({&in, 1}, logits_of::all, z.view(), c));
        return z;
    };
    const auto                 beside = lora_beside(here, set).value();
    auto                       cache  = here.make_cache();
    matrix<float>              want(ids.size(), m.config.vocabulary);
    const decoder_input<float> in{ids, &cache};
    REQUIRE(here.forward({&in, 1}, logits_of::all, want.view(), c, beside));
    pool    workers(2);
    context many{workers};
    REQUIRE(m.adapt(stale, many));
    CHECK(std::ranges::equal(says().flat(), want.flat()));
    REQUIRE(m.adapt(stale));
    CHECK(std::ranges::equal(says().flat(), want.flat()));

    // What is stopped, or has a row without a length, leaves what stood there.
    std::stop_source stop;
    many.stop = stop.get_token();
    stop.request_stop();
    CHECK(m.adapt(stale, many).error().what == fault::stopped);
    stale.entries[2].update.B.row(5)[1] = std::numeric_limits<float>::infinity();
    CHECK(m.adapt(stale).error() == error{fault::not_finite, unit::row, 5, stale.entries[2].name});
    CHECK(std::ranges::equal(says().flat(), want.flat()));
    CHECK(m.updates()->entries.size() == 3);
}
