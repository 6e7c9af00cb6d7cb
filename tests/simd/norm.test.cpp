// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/simd/norm.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace graft;

TEST_CASE("all_finite finds one bad element anywhere") {
    const std::uint32_t bad[] = {0x7f800000u, 0xff800000u, 0x7fc00000u, 0x7f800001u, 0xffffffffu};
    for (std::size_t n = 0; n < 40; ++n) {
        std::vector<float> x(n, 3.4e38f);
        if (n > 0) x[n / 2] = 0x1p-149f;
        CHECK(all_finite(std::span<const float>(x)));
        for (std::size_t at = 0; at < n; ++at)
            for (const std::uint32_t bits : bad) {
                std::vector<float> y(x);
                y[at] = std::bit_cast<float>(bits);
                CHECK_FALSE(all_finite(std::span<const float>(y)));
            }
    }
    std::vector<double> d(3, 1.7e308);
    CHECK(all_finite(std::span<const double>(d)));
    d[2] = std::bit_cast<double>(std::uint64_t{0x7ff8000000000000u});
    CHECK_FALSE(all_finite(std::span<const double>(d)));
}

TEST_CASE("all_zero takes -0 for zero and nothing else") {
    CHECK(all_zero({}));
    CHECK(all_zero(std::vector<float>{0.f, -0.f}));
    CHECK_FALSE(all_zero(std::vector<float>{0.f, 0x1p-149f}));
    CHECK_FALSE(all_zero(std::vector<float>{-1.f, 1.f}));
}

TEST_CASE("normalise gives length 1 at every size of the row, without overflow") {
    counter_random r(1);
    for (const float size : {0x1p-149f, 1e-40f, 1e-30f, 1e-3f, 1.f, 1e10f, 1e30f, 3e38f})
        for (const std::size_t n : {1u, 3u, 8u, 100u}) {
            std::vector<float> x(n);
            for (float& v : x) v = (r.unit() - .5f) * size;
            x[0]            = size; // at least one that does not vanish
            const auto copy = x;
            REQUIRE(normalise(std::span<float>(x)));
            CHECK(norm(x) == doctest::Approx(1).epsilon(1e-6));
            for (std::size_t i = 0; i + 1 < n; ++i) // the direction stays
                CHECK(double(x[i]) * double(copy[i + 1]) ==
                      doctest::Approx(double(x[i + 1]) * double(copy[i])).epsilon(1e-5));
        }
}

TEST_CASE("normalise leaves what has no direction") {
    std::vector<float> zero(5, -0.f), nan(5, 1.f);
    CHECK_FALSE(normalise(std::span<float>(zero)));
    CHECK(std::bit_cast<std::uint32_t>(zero[3]) == 0x80000000u);
    nan[2] = std::bit_cast<float>(0x7fc00000u);
    CHECK_FALSE(normalise(std::span<float>(nan)));
    CHECK(nan[0] == 1.f);
    CHECK_FALSE(normalise(std::span<float>()));
    std::vector<double> d{3, 4};
    CHECK(norm(std::span<const double>(d)) == 5);
    CHECK(normalise(std::span<double>(d)));
    CHECK(d[0] == doctest::Approx(.6));
    CHECK(norm(std::vector<float>{3, 4}) == 5);
}
