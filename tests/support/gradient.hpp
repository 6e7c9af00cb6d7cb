// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/base/random.hpp>

#include <algorithm>
#include <cmath>

namespace test {

/// Uniform in [-1, 1).
template <class T>
graft::matrix<T> random_matrix(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    graft::matrix<T>      m(rows, dims);
    graft::counter_random r(seed, 77);
    for (T& x : m.flat()) x = static_cast<T>(2 * r.unit64() - 1);
    return m;
}

/// Central differences of `value` in every element of `x`, against `g`: the largest difference, relative to the largest gradient.
template <class Value>
double gradient_error(std::span<double> x, std::span<const double> g, const Value& value) {
    double worst = 0, scale = 1e-30;
    for (double d : g) scale = std::max(scale, std::abs(d));
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double h = 1e-4, was = x[i]; // fourth-order formula: error h^4
        const auto   at      = [&](double step) { return x[i] = was + step, value(); };
        const double numeric = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
        x[i]                 = was;
        worst                = std::max(worst, std::abs(numeric - g[i]) / scale);
    }
    return worst;
}

} // namespace test
