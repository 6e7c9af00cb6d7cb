// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>
#include <graft/models/bert.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace test {

/// A BERT of random weights: two layers of two heads, pooler and a classifier of one label.
template <class Scalar>
graft::bert<Scalar> tiny_bert(std::uint64_t seed) {
    graft::bert_config k;
    k.vocabulary = 40, k.dims = 8, k.layers = 2, k.heads = 2, k.inner = 12, k.positions = 32, k.labels = 1;
    graft::counter_random r(seed);
    const auto            numbers = [&](std::size_t rows, std::size_t dims, double size, double centre = 0) {
        graft::matrix<Scalar> m(rows, dims);
        for (Scalar& x : m.flat()) x = static_cast<Scalar>(centre + (2 * r.unit64() - 1) * size);
        return m;
    };
    const auto weight = [&](std::size_t out, std::size_t in) {
        graft::frozen_linear<Scalar> w;
        if constexpr (std::is_same_v<Scalar, float>) w.W = graft::packed_weights(numbers(out, in, .5).view());
        else w.W = numbers(out, in, .5);
        w.b = numbers(1, out, .2);
        return w;
    };
    const auto norm = [&] {
        return graft::layer_norm<Scalar>{numbers(1, k.dims, .3, 1), numbers(1, k.dims, .3), static_cast<Scalar>(1e-12)};
    };
    graft::bert<Scalar> m;
    m.config         = k;
    m.words.rows     = numbers(k.vocabulary, k.dims, 1);
    m.positions.rows = numbers(k.positions, k.dims, .3);
    m.types.rows     = numbers(k.types, k.dims, .3);
    m.norm           = norm();
    for (std::size_t i = 0; i < k.layers; ++i) {
        graft::bert_layer<Scalar> l;
        l.query = weight(8, 8), l.key = weight(8, 8), l.value = weight(8, 8), l.out = weight(8, 8);
        l.attention_norm = norm();
        l.inner.up = weight(12, 8), l.inner.down = weight(8, 12);
        l.inner_norm = norm();
        l.heads      = k.heads;
        m.layers.push_back(std::move(l));
    }
    m.pooler     = weight(8, 8);
    m.classifier = weight(1, 8);
    return m;
}

} // namespace test
