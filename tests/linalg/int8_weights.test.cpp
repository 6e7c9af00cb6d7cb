// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/linalg/any_weights.hpp>
#include <graft/linalg/int8_weights.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
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
bool same_bits(std::span<const float> a, std::span<const float> b) {
    return std::ranges::equal(std::as_bytes(a), std::as_bytes(b));
}
result<int8_weights> weights_of(const matrix<float>& w, context& c) {
    const auto row = [&](std::size_t i, std::span<float> to) { std::ranges::copy(w.row(i), to.begin()); };
    return int8_weights::make({w.rows(), w.dims(), row}, c);
}
/// The definition: codes of both rows, their sum exact, two scales.
float one(std::span<const float> x, std::span<const float> w, float begin) {
    const auto largest = [](std::span<const float> r) {
        float most = 0;
        for (float v : r) most = std::max(most, std::fabs(v));
        return most;
    };
    const float  mx = largest(x), mw = largest(w);
    std::int64_t sum = 0;
    for (std::size_t t = 0; t < x.size(); ++t) {
        const auto code = [](float v, float most) {
            return static_cast<std::int64_t>(std::nearbyint(v * (most > 0 ? 127.f / most : 0.f)));
        };
        sum += code(x[t], mx) * code(w[t], mw);
    }
    return std::fma(static_cast<float>(sum), (mx / 127) * (mw / 127), begin);
}

struct shape {
    std::size_t n, in, out;
};
constexpr shape shapes[] = {{1, 1, 1},    {0, 5, 3},     {1, 300, 100}, {2, 70, 97},  {3, 65, 48},    {4, 301, 49},
                            {5, 17, 200}, {33, 400, 95}, {2, 1100, 50}, {7, 128, 64}, {250, 384, 460}};

} // namespace

TEST_CASE("int8 weights: sums of codes are exact, whatever rows, threads and kernels are beside") {
    for (const shape& s : shapes) {
        CAPTURE(s.n);
        CAPTURE(s.in);
        CAPTURE(s.out);
        auto       x = noise(s.n, s.in, 1), w = noise(s.out, s.in, 2);
        const auto bias = noise(1, s.out, 3), old = noise(s.n, s.out, 4);
        std::fill_n(w.row(0).data(), s.in, 0.f);
        if (s.n > 1) std::fill_n(x.row(1).data(), s.in, 0.f);
        for (const std::size_t threads : {1u, 3u}) {
            const graft::threads on(threads);
            context              c(on);
            const auto           held = weights_of(w, c).value();
            for (const int from : {0, 1, 2}) {
                const auto begin = [&](std::size_t i, std::size_t j) {
                    return from == 0 ? 0.f : from == 1 ? bias.data()[j] : old.row(i)[j];
                };
                matrix<float> want = old, y = old;
                for (std::size_t i = 0; i < s.n; ++i)
                    for (std::size_t j = 0; j < s.out; ++j) want.row(i)[j] = one(x.row(i), w.row(j), begin(i, j));
                const product_start start{from == 1 ? bias.flat() : std::span<const float>(), from == 2};
                REQUIRE(product(x.view(), any_weights(weights_of(w, c).value()), y.view(), start, c));
                CHECK(same_bits(y.flat(), want.flat()));
                y = old;
                for (std::size_t i = 0; i < s.n; ++i)
                    REQUIRE(product(x.view().middle(i, 1), held, y.view().middle(i, 1), start, c));
                CHECK(same_bits(y.flat(), want.flat()));
            }
            matrix<float> want(s.n, s.out), y(s.n, s.out);
            REQUIRE(product(x.view(), held, want.view(), {}, c));
            for (const char* name : {"scalar", "portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16"})
                if (const kernels* by = kernels_named(name); by != nullptr && s.n * s.in < 20'000) {
                    REQUIRE(product(x.view(), held, y.view(), {}, c, *by));
                    CHECK_MESSAGE(same_bits(y.flat(), want.flat()), name);
                }
        }
    }
}

TEST_CASE("int8 weights: rows are near, gradients of the input those of packed floats of the same numbers") {
    counter_random r(7);
    for (const shape& s : shapes) {
        const auto    dy = noise(s.n, s.out, 5), w = noise(s.out, s.in, 6), old = noise(s.n, s.in, 7);
        context       c;
        const auto    held = weights_of(w, c).value();
        matrix<float> whole(s.out, s.in);
        for (std::size_t i = 0; i < s.out; ++i) {
            any_weights(weights_of(w, c).value()).row(i, whole.row(i));
            float most = 0;
            for (float v : w.row(i)) most = std::max(most, std::fabs(v));
            for (std::size_t t = 0; t < s.in; ++t)
                CHECK(std::fabs(whole.row(i)[t] - w.row(i)[t]) <= most * .5001f / 127);
            const std::size_t  first = r.below(s.in), n = r.below(s.in - first + 1);
            std::vector<float> some(n);
            held.part(i, first, some);
            CHECK(same_bits(some, whole.row(i).subspan(first, n)));
            if (s.in > 300 && i > 5) break;
        }
        for (std::size_t i = 0; i < s.out; ++i) held.row(i, whole.row(i));
        for (const bool add : {false, true}) {
            matrix<float> dx = old, want = old;
            REQUIRE(product_back(dy.view(), held, dx.view(), {.add = add}, c));
            REQUIRE(product_back(dy.view(), packed_weights(whole.view()), want.view(), {.add = add}, c));
            CHECK(same_bits(dx.flat(), want.flat()));
        }
    }
}

TEST_CASE("int8 weights: what is no number stays none in a row of x, is refused in weights, and a stop is heard") {
    context    c;
    auto       w    = noise(3, 40, 1);
    auto       x    = noise(2, 40, 2);
    const auto held = weights_of(w, c).value();
    for (const float odd : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
        x.row(1)[33] = odd;
        matrix<float> y(2, 3);
        REQUIRE(product(x.view(), held, y.view(), {}, c));
        for (std::size_t j = 0; j < 3; ++j) CHECK((std::isfinite(y.row(0)[j]) && std::isnan(y.row(1)[j])));
        w.row(2)[5] = odd;
        CHECK(weights_of(w, c).error().where == 2);
    }
    matrix<float>    y(2, 3);
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    CHECK(product(x.view(), held, y.view(), {}, c).error().what == fault::stopped);
}
