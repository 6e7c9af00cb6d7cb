// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "codes/format_support.hpp"
#include <graft/linalg/hadamard.hpp>

#include <doctest/doctest.h>

using namespace graft;

namespace {

constexpr std::size_t lengths[] = {64, 128, 192, 320, 384, 448, 768, 960, 1024, 1984, 4160};

std::vector<float> rotated(std::vector<float> x, std::uint64_t seed) {
    hadamard_rotation{seed}.rotate(x);
    return x;
}

} // namespace

TEST_CASE("a rotation keeps lengths and dots, and turns back") {
    for (const std::size_t n : lengths)
        for (const auto how : {test::temper::tame, test::temper::wild, test::temper::constant, test::temper::one})
            for (std::uint64_t seed = 0; seed < 5; ++seed) {
                CAPTURE(n);
                const auto   x = test::row_of(how, n, seed), y = test::normal(n, seed);
                const auto   u = rotated(x, seed), v = rotated(y, seed);
                const double a = test::length_of(x), b = test::length_of(y);
                CHECK(std::abs(test::length_of(u) - a) <= 1e-5 * a);
                CHECK(std::abs(test::dot_of(u, v) - test::dot_of(x, y)) <= 1e-5 * a * b);
                auto back = u;
                hadamard_rotation{seed}.rotate_back(back);
                CHECK(test::between(back, x) <= 1e-5 * a);
                CHECK(test::between(u, x) > .1 * a); // it does turn
            }
}

TEST_CASE("the images of the axes are an orthonormal basis") {
    for (const std::size_t n : {64u, 192u}) {
        std::vector<std::vector<float>> axes;
        for (std::size_t i = 0; i < n; ++i) {
            std::vector<float> e(n);
            e[i] = 1;
            axes.push_back(rotated(e, 9));
        }
        double worst = 0;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                worst = std::max(worst, std::abs(test::dot_of(axes[i], axes[j]) - (i == j ? 1 : 0)));
        CHECK(worst < 1e-6);
    }
}

TEST_CASE("65,536 dimensions") {
    const auto x = test::normal(65'536, 1);
    auto       u = rotated(x, 3);
    CHECK(test::length_of(u) == doctest::Approx(test::length_of(x)).epsilon(1e-5));
    hadamard_rotation{3}.rotate_back(u);
    CHECK(test::between(u, x) <= 1e-5 * test::length_of(x));
}

TEST_CASE("one number is spread over all elements, wherever it stood") {
    for (const std::size_t n : lengths)
        for (const std::size_t at : {std::size_t{0}, n / 2, n - 1}) {
            CAPTURE(n);
            CAPTURE(at);
            double sum = 0, most = 0;
            for (std::uint64_t seed = 0; seed < 20; ++seed) {
                std::vector<float> e(n);
                e[at] = 1;
                for (const float v : rotated(e, seed)) {
                    sum += std::abs(static_cast<double>(v));
                    most = std::max(most, std::abs(static_cast<double>(v)));
                }
            }
            const double root = std::sqrt(static_cast<double>(n));
            CHECK(sum / 20 / root == doctest::Approx(.798).epsilon(.05)); // sqrt(2 / π): as of normal numbers
            CHECK(most * root < 7);
        }
}

TEST_CASE("seeds turn differently, and a seed always alike") {
    const auto   x = test::normal(384, 1);
    const auto   u = rotated(x, 1), v = rotated(x, 2);
    const double cosine = test::dot_of(u, v) / test::dot_of(x, x);
    CHECK(std::abs(cosine) < .25);
    CHECK(rotated(x, 1) == u);
    // rounds turn different signs: turned twice is not turned back
    CHECK(test::between(rotated(u, 1), x) > .5 * test::length_of(x));
}

TEST_CASE("the bits are those of every machine, compiler and flag") {
    const auto hash = [](std::size_t n) {
        counter_random     r(4);
        std::vector<float> x(n);
        for (float& v : x) v = 2 * r.unit() - 1;
        return test::hash_of(rotated(x, 42));
    };
    CHECK(hash(64) == 0xb99afd000b7b9307u);
    CHECK(hash(384) == 0x932038dc4e5a316fu);
    CHECK(hash(512) == 0xbb4f92e39eec0f97u);
    CHECK(hash(960) == 0x38e098d9700fa98eu);
}

TEST_CASE("lengths are rounded up to 64") {
    CHECK(hadamard_rotation::padded(1) == 64);
    CHECK(hadamard_rotation::padded(64) == 64);
    CHECK(hadamard_rotation::padded(65) == 128);
    CHECK(hadamard_rotation::padded(384) == 384);
}
