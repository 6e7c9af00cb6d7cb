// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/simd/elementwise.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

namespace {

using map_of   = elementwise_kernels::map_kernel     elementwise_kernels::*;
using slope_of = elementwise_kernels::slope_kernel elementwise_kernels::*;

struct function {
    const char* name;
    map_of      at;
    slope_of    slope;
    double (*truth)(double);
    double tail; ///< below which the error is measured against 1e-7
};
double normal_below(double x) { return .5 * std::erfc(-x / std::sqrt(2.)); }
double gelu_tanh_of(double x) {
    return .5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.)) * (x + .044715 * x * x * x)));
}
const function functions[] = {
    {"exp", &elementwise_kernels::exp, nullptr, [](double x) { return std::exp(x); }, 0},
    {"tanh", &elementwise_kernels::tanh, nullptr, [](double x) { return std::tanh(x); }, 0},
    {"sigmoid", &elementwise_kernels::sigmoid, nullptr, [](double x) { return 1 / (1 + std::exp(-x)); }, 0},
    {"silu", &elementwise_kernels::silu, &elementwise_kernels::silu_slope,
     [](double x) { return x / (1 + std::exp(-x)); }, 0},
    {"gelu", &elementwise_kernels::gelu, &elementwise_kernels::gelu_slope, [](double x) { return x * normal_below(x); },
     -3},
    {"gelu_tanh", &elementwise_kernels::gelu_tanh, &elementwise_kernels::gelu_tanh_slope, gelu_tanh_of, -3},
};

std::vector<float> inputs(std::size_t n, double reach, std::uint64_t seed) {
    std::vector<float> x(n);
    counter_random     r(seed, 5);
    for (float& v : x) v = static_cast<float>((2 * r.unit64() - 1) * reach);
    return x;
}
std::vector<const elementwise_kernels*> tables() {
    std::vector<const elementwise_kernels*> out;
    for (const char* name : {"scalar", "portable", "avx2"})
        if (const auto* k = elementwise_named(name); k != nullptr) out.push_back(k);
    return out;
}
bool same(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// All that a table gives for rows of n numbers, one after the other.
std::vector<float> all_of(const elementwise_kernels& k, std::size_t n, double reach) {
    const auto x = inputs(n, reach, n), z = inputs(n, 1, n + 1), w = inputs(n, 1, n + 2), b = inputs(n, 1, n + 3);
    std::vector<float> out;
    const auto         keep = [&](const std::vector<float>& y) { out.insert(out.end(), y.begin(), y.end()); };
    const auto         made = [&](auto&& f) {
        std::vector<float> y(n + 1, 7.f); // the last number must stay
        f(y.data());
        keep(y);
    };
    for (const function& f : functions) {
        made([&](float* y) { (k.*f.at)(x.data(), y, n); });
        if (f.slope != nullptr) made([&](float* y) { (k.*f.slope)(x.data(), z.data(), y, n); });
    }
    out.push_back(k.sum(x.data(), n));
    if (n > 0) out.push_back(k.largest(x.data(), n));
    out.push_back(k.spread(x.data(), .3f, n));
    out.push_back(k.dot(x.data(), z.data(), n));
    made([&](float* y) { out.push_back(k.exp_sum(x.data(), .7f, .2f, y, n)); });
    made([&](float* y) { k.scaled(1.7f, x.data(), y, n); });
    made([&](float* y) { k.multiply(x.data(), z.data(), y, n); });
    made([&](float* y) { k.blend(.4f, x.data(), -1.3f, z.data(), y, n); });
    made([&](float* y) { k.normed(x.data(), .1f, 1.3f, w.data(), b.data(), y, n); });
    made([&](float* y) { k.normed(x.data(), .1f, 1.3f, w.data(), nullptr, y, n); });
    made([&](float* y) { std::copy(z.begin(), z.end(), y), k.add(x.data(), y, n); });
    auto p = x, q = z;
    k.rotate(p.data(), q.data(), w.data(), b.data(), n);
    keep(p), keep(q);
    std::vector<float> mean = z, square = w, weights = b;
    for (float& s : square) s = std::fabs(s);
    mean.push_back(7), square.push_back(7), weights.push_back(7); // the last number must stay
    k.adamw({.9f, .999f, .1f, .001f, .99f, .01f, .3f, 1e-8f}, x.data(), mean.data(), square.data(), weights.data(), n);
    keep(mean), keep(square), keep(weights);
    return out;
}

} // namespace

TEST_CASE("element functions: every exact table gives the bits of the truth, at every length") {
    for (const auto* k : tables()) {
        if (!k->exact) continue;
        CAPTURE(std::string(k->name));
        for (std::size_t n = 0; n < 140; ++n)
            for (double reach : {1., 12., 100.})
                REQUIRE(same(all_of(*k, n, reach), all_of(*elementwise_named("scalar"), n, reach)));
    }
    CHECK(elementwise_named("nothing") == nullptr);
    CHECK(elementwise_named("best") == &best_elementwise());
}

TEST_CASE("element functions: bf16 in words is the nearest code of each number, and NaN of what is none") {
    counter_random r(4);
    for (const auto* k : tables())
        for (std::size_t n = 0; n < 70; ++n) {
            std::vector<float>         x(n);
            std::vector<std::uint32_t> y((n + 1) / 2 + 1, 77);
            for (float& v : x) v = std::bit_cast<float>(static_cast<std::uint32_t>(r.below(0xffffffffu)));
            if (n > 5) x[1] = 0, x[2] = -0.f, x[3] = 1e-39f, x[4] = 3.4e38f, x[5] = INFINITY;
            k->to_bf16_words(x.data(), y.data(), n);
            CHECK(y.back() == 77);
            for (std::size_t i = 0; i < (n + 1) / 2 * 2; ++i) {
                const std::uint32_t code = i % 2 == 0 ? y[i / 2] & 0xffffu : y[i / 2] >> 16;
                const float         v    = i < n ? x[i] : 0;
                if (std::isfinite(v)) CHECK(code == static_cast<std::uint32_t>(to_bf16(v)));
                else CHECK(code == 0x7fc0u);
            }
        }
}

TEST_CASE("element functions: whole numbers of 8 bits in words, the largest size, and scaled sums") {
    counter_random r(6);
    for (const auto* k : tables())
        for (std::size_t n = 0; n < 140; ++n) {
            std::vector<float>         x(n), b(n), y(n), want(n);
            std::vector<std::int32_t>  s(n);
            std::vector<std::uint32_t> words((n + 3) / 4 + 1, 77);
            float                      most = 0;
            for (std::size_t i = 0; i < n; ++i) {
                x[i] = r.unit() * 200 - 100, b[i] = r.unit(), y[i] = r.unit();
                s[i]    = static_cast<std::int32_t>(r.below(1u << 24)) - (1 << 23);
                most    = std::max(most, std::fabs(x[i]));
                want[i] = std::fma(static_cast<float>(s[i]), .3f * b[i], y[i]);
            }
            CHECK(k->largest_size(x.data(), n) == most);
            std::int32_t sum = 0;
            const auto   got = k->to_int8_words(x.data(), 1.25f, words.data(), n);
            for (std::size_t i = 0; i < (n + 3) / 4 * 4; ++i) {
                const auto code = static_cast<std::int8_t>(words[i / 4] >> 8 * (i % 4) & 0xffu);
                CHECK(code == (i < n ? static_cast<int>(std::nearbyint(x[i] * 1.25f)) : 0));
                sum += code;
            }
            CHECK(got == sum);
            CHECK(words.back() == 77);
            k->add_scaled_ints(s.data(), .3f, b.data(), y.data(), n);
            if (k->exact) CHECK(same(y, want));
            if (n > 0) {
                x[n / 2] = n % 2 == 0 ? INFINITY : NAN;
                CHECK(std::isnan(k->largest_size(x.data(), n)));
            }
        }
}

TEST_CASE("element functions: their errors against double are those that are stated") {
    for (const auto* k : tables())
        for (const function& f : functions) {
            CAPTURE(std::string(k->name));
            CAPTURE(f.name);
            double worst = 0, worst_tail = 0;
            for (double reach : {.001, .5, 4., 30., 87.}) {
                const auto         x = inputs(20000, reach, 9);
                std::vector<float> y(x.size());
                (k->*f.at)(x.data(), y.data(), x.size());
                for (std::size_t i = 0; i < x.size(); ++i) {
                    const double right = f.truth(static_cast<double>(x[i])),
                                 off   = std::abs(static_cast<double>(y[i]) - right);
                    if (std::abs(right) < 1e-36) continue;
                    if (static_cast<double>(x[i]) < f.tail) worst_tail = std::max(worst_tail, off);
                    else worst = std::max(worst, off / std::abs(right));
                }
            }
            CHECK(worst < 1e-6);
            CHECK(worst_tail < 1e-7);
        }
}

TEST_CASE("element functions: the slopes are those of the functions") {
    const auto x = inputs(4001, 8, 3);
    for (const auto* k : tables())
        for (const function& f : functions) {
            if (f.slope == nullptr) continue;
            CAPTURE(f.name);
            const std::vector<float> one(x.size(), 1.f);
            std::vector<float>       y(x.size());
            (k->*f.slope)(x.data(), one.data(), y.data(), x.size());
            double worst = 0;
            for (std::size_t i = 0; i < x.size(); ++i) {
                const double at = static_cast<double>(x[i]), h = 1e-4;
                const double numeric =
                    (8 * (f.truth(at + h) - f.truth(at - h)) - (f.truth(at + 2 * h) - f.truth(at - 2 * h))) / (12 * h);
                worst = std::max(worst, std::abs(numeric - static_cast<double>(y[i])));
            }
            CHECK(worst < 1e-6);
        }
}

TEST_CASE("element functions: at the ends of the numbers") {
    constexpr float inf = std::numeric_limits<float>::infinity();
    for (const auto* k : tables()) {
        const auto at = [&](map_of f, float x) {
            float y = 0;
            (k->*f)(&x, &y, 1);
            return y;
        };
        CHECK(at(&elementwise_kernels::exp, 0) == 1);
        CHECK(at(&elementwise_kernels::exp, -1000) == 0);
        CHECK(at(&elementwise_kernels::exp, -inf) == 0);
        CHECK(at(&elementwise_kernels::exp, 1000) == inf);
        CHECK(at(&elementwise_kernels::tanh, 50) == 1);
        CHECK(at(&elementwise_kernels::tanh, -50) == -1);
        CHECK(at(&elementwise_kernels::tanh, 0) == 0);
        CHECK(at(&elementwise_kernels::gelu, 40) == 40);
        CHECK(at(&elementwise_kernels::gelu, -40) == 0);
        CHECK(at(&elementwise_kernels::gelu_tanh, 40) == 40);
        CHECK(at(&elementwise_kernels::silu, 100) == 100);
        CHECK(at(&elementwise_kernels::silu, -1000) == 0);
        CHECK(at(&elementwise_kernels::sigmoid, 0) == .5f);
        const float large[] = {-3e38f, 3e38f, 1e38f};
        CHECK(k->largest(large, 3) == 3e38f);
        CHECK(k->largest(large, 1) == -3e38f);
    }
}
