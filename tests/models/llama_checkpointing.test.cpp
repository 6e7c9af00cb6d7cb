// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/models/llama_prompt.hpp>
#include <graft/nn/head_loss.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <vector>

using namespace graft;

namespace {

/// A Llama of so many layers, three of which differ.
llama<float> deep(std::size_t layers) {
    auto m = test::tiny_llama<float>(5);
    for (std::size_t l = 0; m.layers.size() < layers; ++l) m.layers.push_back(m.layers[l]);
    m.layers.resize(layers), m.config.layers = layers;
    return m;
}
struct read_texts {
    std::vector<std::uint32_t> ids;
    std::vector<std::size_t>   ends;

    explicit read_texts(std::size_t n) {
        for (const tuning_text& t : test::some_texts(n, 2)) {
            ids.insert(ids.end(), t.ids.begin(), t.ids.end());
            ends.push_back(ids.size());
        }
    }
    [[nodiscard]] packed_tokens view() const { return {ids, {}, ends}; }
};
/// Gradients of updates, where every row that comes out has one of its own size.
lora_set<float>::grads gradients(const llama<float>& m, const lora_set<float>& set, const read_texts& texts,
                                 std::span<const dropout_mask> masks, bool inputs_only, context& c) {
    const arena::scope  mine(c);
    const auto          beside = lora_beside(m, set, masks).value();
    auto                g      = set.zero_grads();
    llama<float>::saved saved;
    saved.inputs_only = inputs_only;
    matrix<float> y(texts.ids.size(), m.config.width);
    REQUIRE(m.forward(texts.view(), y.view(), beside, &saved, c));
    for (std::size_t i = 0; i < y.flat().size(); ++i) y.data()[i] *= static_cast<float>(i % 7) - 2.5f;
    REQUIRE(m.backward(texts.view(), saved, y.view(), beside, lora_grads_beside(m, set, g), c));
    return g;
}
/// The least memory of a context in which f(context) runs without asking for more.
template <class F>
std::size_t least_memory(const F& f) {
    std::size_t low = 0, high = std::size_t{1} << 24; // multiples of 64
    while (high - low > 64) {
        const std::size_t half = low + (high - low) / 128 * 64;
        context           c;
        c.reset(half);
        f(c);
        (c.capacity() == half ? high : low) = half;
    }
    return high;
}

} // namespace

TEST_CASE("layers that run again give the gradients of layers that were kept, to the bit") {
    const auto       m = deep(5);
    const read_texts texts(4);
    context          c;
    pool             workers(3);
    context          many{workers};
    using names = std::vector<std::string>;
    for (const auto& [targets, dropout, dora] : {std::tuple{names{"q_proj", "v_proj"}, 0., false},
                                                 {names{}, 0., false},
                                                 {names{}, .3, true},
                                                 {names{"down_proj"}, .3, false},
                                                 {names{"embed_tokens", "o_proj"}, 0., false}}) {
        auto set = lora_set<float>::make(lora_places(m, !targets.empty()),
                                         {.targets = targets, .params = {.rank = 3}, .dropout = dropout, .dora = dora})
                       .value();
        counter_random r(3);
        REQUIRE(begin_dora(m, set, c));
        for (auto& e : set.entries)
            for (float& x : e.update.B.flat()) x = static_cast<float>(r.unit64() - .5);
        REQUIRE(measure_dora(m, set, c));
        const arena::scope        mine(c);
        std::vector<dropout_mask> masks;
        for (const auto& e : set.entries)
            if (dropout > 0)
                masks.push_back(lora_dropout{dropout}.mask(e.name, 0, texts.ids.size(), e.update.in(), c).value());
        const auto kept = gradients(m, set, texts, masks, false, c);
        for (context* on : {&c, &many}) {
            const auto again = gradients(m, set, texts, masks, true, *on);
            for (std::size_t i = 0; i < kept.size(); ++i) {
                const auto moves = [](const matrix<float>& g) {
                    return std::ranges::any_of(g.flat(), [](float x) { return x != 0; });
                };
                CHECK((moves(kept[i].A) || moves(kept[i].B)));
                CHECK(std::ranges::equal(kept[i].A.flat(), again[i].A.flat()));
                CHECK(std::ranges::equal(kept[i].B.flat(), again[i].B.flat()));
                CHECK(std::ranges::equal(kept[i].m.flat(), again[i].m.flat()));
            }
        }
    }
}

TEST_CASE("so do layers behind a prefix, and behind a soft prompt") {
    const auto       m = deep(4);
    const read_texts texts(3);
    context          c;
    const auto       same_of = [&](const auto& before) {
        std::vector<matrix<float>> both;
        for (const bool inputs_only : {false, true}) {
            const arena::scope  mine(c);
            llama<float>::saved saved;
            saved.inputs_only = inputs_only;
            matrix<float> y(texts.ids.size() + detail::rows_before(before) * texts.ends.size(), m.config.width);
            REQUIRE(forward_behind(m, before, texts.view(), y.view(), &saved, c));
            both.emplace_back(before.rows.rows(), before.rows.dims());
            std::fill_n(both.back().data(), both.back().flat().size(), 0.f);
            REQUIRE(backward_behind(m, before, texts.view(), saved, y.view(), both.back().view(), c));
        }
        CHECK(std::ranges::any_of(both[0].flat(), [](float x) { return x != 0; }));
        CHECK(std::ranges::equal(both[0].flat(), both[1].flat()));
    };
    const std::uint32_t text[] = {3, 1, 4};
    same_of(soft_prompt_of(m, text, 3).value());
    same_of(prefix_of(m, text, 3, c).value());
}

TEST_CASE("a layer that runs again costs the memory of its input alone, and of all layers one is held at a time") {
    const read_texts texts(6);
    const auto       peak = [&](std::size_t layers, bool inputs_only) {
        const auto m   = deep(layers);
        const auto set = lora_set<float>::make(lora_places(m), {.params = {.rank = 2}}).value();
        return least_memory([&](context& c) { (void)gradients(m, set, texts, {}, inputs_only, c); });
    };
    const std::size_t input = texts.ids.size() * 16 * sizeof(float); // [tokens, width]
    const std::size_t all = peak(12, false), again = peak(12, true);
    MESSAGE("twelve layers of " << texts.ids.size() << " tokens: kept " << all << " bytes, run again " << again);
    CHECK(again - peak(6, true) <= 6 * (input + 63));
    CHECK(again <= 12 * (input + 63) + peak(1, false));
    CHECK(all > 4 * again);
}
