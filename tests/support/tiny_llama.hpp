// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/random.hpp>
#include <graft/models/llama.hpp>
#include <graft/tune/tuning_text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace test {

/// A Llama of random weights: grouped heads, untied, three layers.
template <class Scalar>
graft::llama<Scalar> tiny_llama(std::uint64_t seed, graft::rotary_layout layout = graft::rotary_layout::halves) {
    using model = graft::llama<Scalar>;
    const graft::llama_config k{.vocabulary = 40,
                                .width      = 16,
                                .layers     = 3,
                                .heads      = 4,
                                .kv_heads   = 2,
                                .dims       = 4,
                                .inner      = 24,
                                .positions  = 32,
                                .layout     = layout};
    graft::counter_random     r(seed);
    const auto                numbers = [&](std::size_t rows, std::size_t dims, double size, double centre = 0) {
        graft::matrix<Scalar> m(rows, dims);
        for (Scalar& x : m.flat()) x = static_cast<Scalar>(centre + (2 * r.unit64() - 1) * size);
        return m;
    };
    const auto weight = [&](std::size_t out, std::size_t in) {
        typename model::layer_weight w;
        if constexpr (std::is_same_v<Scalar, float>) w.W = graft::packed_weights(numbers(out, in, .4).view());
        else w.W = numbers(out, in, .4);
        return w;
    };
    const auto norm = [&] { return graft::rms_norm<Scalar>{numbers(1, k.width, .3, 1), Scalar(1e-5)}; };
    model      m{.config = k, .tokens = {}, .layers = {}, .last_norm = {}, .head = {}, .turn = {}};
    m.tokens.emplace(weight(k.vocabulary, k.width));
    for (std::size_t l = 0; l < k.layers; ++l)
        m.layers.push_back({norm(),
                            weight(16, 16),
                            weight(8, 16),
                            weight(8, 16),
                            weight(16, 16),
                            norm(),
                            {weight(24, 16), weight(24, 16), weight(16, 24)}});
    m.last_norm = norm();
    m.head      = weight(k.vocabulary, k.width);
    m.turn      = graft::rotary<Scalar>(k.dims, k.positions, k.rotary_base, k.layout);
    return m;
}

/// Whether two sets have the same numbers.
inline bool same(const graft::lora_set<float>& a, const graft::lora_set<float>& b) {
    for (std::size_t i = 0; i < a.entries.size(); ++i)
        if (!std::ranges::equal(a.entries[i].update.A.flat(), b.entries[i].update.A.flat()) ||
            !std::ranges::equal(a.entries[i].update.B.flat(), b.entries[i].update.B.flat()))
            return false;
    return a.entries.size() == b.entries.size();
}

/// Texts at random, about half of each learned.
inline std::vector<graft::tuning_text> some_texts(std::size_t n, std::uint64_t seed) {
    graft::counter_random           r(seed);
    std::vector<graft::tuning_text> all;
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<std::uint32_t> prompt(1 + r.below(8)), answer(1 + r.below(8));
        for (auto& id : prompt) id = static_cast<std::uint32_t>(r.below(40));
        for (std::size_t t = 0; t < answer.size(); ++t)
            answer[t] = (prompt[0] + static_cast<std::uint32_t>(t)) % 40; // to be learned
        all.push_back(graft::tuning_text::of(prompt, answer));
    }
    return all;
}

} // namespace test
