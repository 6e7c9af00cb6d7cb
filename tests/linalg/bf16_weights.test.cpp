// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/linalg/any_weights.hpp>
#include <graft/linalg/bf16_weights.hpp>

#include <graft/base/pool.hpp>
#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

using namespace graft;

namespace {

matrix<float> noise(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    matrix<float>  m(rows, dims);
    counter_random r(seed);
    for (float& x : m.flat()) x = r.unit() - .5f;
    return m;
}
matrix<float> rounded(const matrix<float>& m) {
    matrix<float> to = m;
    for (float& x : to.flat()) x = widen(to_bf16(x));
    return to;
}
bool same_bits(std::span<const float> a, std::span<const float> b) {
    return std::ranges::equal(std::as_bytes(a), std::as_bytes(b));
}
bf16_weights weights_of(const matrix<float>& w, context& c) {
    const auto row = [&](std::size_t i, std::span<float> to) { std::ranges::copy(w.row(i), to.begin()); };
    return bf16_weights::make({w.rows(), w.dims(), row}, c).value();
}
/// The definition: rounded numbers, of two neighbours the second first.
void chains_of(const matrix<float>& x, const matrix<float>& w, matrix<float>& y) {
    for (std::size_t i = 0; i < y.rows(); ++i)
        for (std::size_t j = 0; j < y.dims(); ++j)
            for (std::size_t t = 0; t < x.dims(); t += 2) {
                float& s = y.row(i)[j];
                if (t + 1 < x.dims()) s = std::fma(x.row(i)[t + 1], w.row(j)[t + 1], s);
                s = std::fma(x.row(i)[t], w.row(j)[t], s);
            }
}

struct shape {
    std::size_t n, in, out;
};
constexpr shape shapes[] = {{1, 1, 1},     {0, 5, 3},    {3, 0, 4},      {1, 300, 100}, {2, 70, 97},
                            {3, 65, 48},   {4, 301, 49}, {5, 17, 200},   {33, 400, 95}, {109, 67, 147},
                            {2, 1100, 50}, {7, 128, 64}, {250, 384, 100}};

} // namespace

TEST_CASE("bf16 weights: products are chains of rounded numbers, whatever rows and threads are beside") {
    for (const shape& s : shapes) {
        CAPTURE(s.n);
        CAPTURE(s.in);
        CAPTURE(s.out);
        const auto x = noise(s.n, s.in, 1), w = noise(s.out, s.in, 2), bias = noise(1, s.out, 3),
                   old = noise(s.n, s.out, 4);
        for (const std::size_t threads : {1u, 2u, 5u}) {
            const graft::threads on(threads);
            context              c(on);
            const auto           held = weights_of(w, c);
            CHECK(held.out() == s.out);
            CHECK(held.in() == s.in);
            for (const int from : {0, 1, 2}) {
                matrix<float> want = old, y = old;
                for (std::size_t i = 0; i < s.n && from < 2; ++i)
                    for (std::size_t j = 0; j < s.out; ++j) want.row(i)[j] = from == 1 ? bias.data()[j] : 0.f;
                chains_of(rounded(x), rounded(w), want);
                REQUIRE(product(x.view(), any_weights(weights_of(w, c)), y.view(),
                                {from == 1 ? bias.flat() : std::span<const float>(), from == 2}, c));
                CHECK(same_bits(y.flat(), want.flat()));
                for (std::size_t i = 0; i < s.n; ++i) {
                    std::ranges::copy(from == 0   ? noise(1, s.out, 9).row(0)
                                      : from == 1 ? bias.row(0)
                                                  : old.row(i),
                                      y.row(i).begin());
                    REQUIRE(product(x.view().middle(i, 1), held, y.view().middle(i, 1),
                                    {from == 1 ? bias.flat() : std::span<const float>(), from == 2}, c));
                }
                CHECK(same_bits(y.flat(), want.flat()));
            }
        }
    }
}

TEST_CASE("bf16 weights: every table of kernels gives the same bits") {
    const auto    x = noise(21, 130, 5), w = noise(99, 130, 6);
    context       c;
    const auto    held = weights_of(w, c);
    matrix<float> want(21, 99), y(21, 99);
    chains_of(rounded(x), rounded(w), want);
    for (const char* name : {"scalar", "portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16"})
        if (const kernels* by = kernels_named(name); by != nullptr && by->exact) {
            REQUIRE(product(x.view(), held, y.view(), {}, c, *by));
            CHECK_MESSAGE(same_bits(y.flat(), want.flat()), name);
        }
}

TEST_CASE("bf16 weights: gradients of the input have the bits of those beside packed floats, and rows are those that "
          "were rounded") {
    counter_random r(7);
    for (const shape& s : shapes) {
        if (s.in == 0) continue;
        const auto dy = noise(s.n, s.out, 5), w = rounded(noise(s.out, s.in, 6)), old = noise(s.n, s.in, 7);
        context    c;
        const auto held = weights_of(w, c);
        for (std::size_t i = 0; i < s.out; ++i) {
            matrix<float> row(1, s.in);
            any_weights(weights_of(w, c)).row(i, row.flat());
            CHECK(same_bits(row.flat(), w.row(i)));
            const std::size_t  first = r.below(s.in), n = r.below(s.in - first + 1);
            std::vector<float> some(n);
            held.part(i, first, some);
            CHECK(same_bits(some, w.row(i).subspan(first, n)));
            if (i > 3) break;
        }
        for (const bool add : {false, true}) {
            matrix<float> dx = old, want = old;
            REQUIRE(product_back(dy.view(), held, dx.view(), {.add = add}, c));
            REQUIRE(product_back(dy.view(), packed_weights(w.view()), want.view(), {.add = add}, c));
            CHECK(same_bits(dx.flat(), want.flat()));
        }
    }
}

TEST_CASE("bf16 weights: what is no number stays none, and a stop is heard") {
    context    c;
    const auto w = noise(3, 40, 1);
    auto       x = noise(2, 40, 2);
    x.row(1)[33] = std::numeric_limits<float>::infinity();
    matrix<float> y(2, 3);
    REQUIRE(product(x.view(), weights_of(w, c), y.view(), {}, c));
    for (std::size_t j = 0; j < 3; ++j) CHECK((std::isfinite(y.row(0)[j]) && std::isnan(y.row(1)[j])));
    const auto       held = weights_of(w, c);
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    CHECK(product(x.view(), held, y.view(), {}, c).error().what == fault::stopped);
}
