// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/bce_logits.hpp>

#include "support/gradient.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

TEST_CASE("binary cross-entropy of logits: the reference's loss and gradient, with hard and with soft labels") {
    NEEDS_SHARED(file, "fixtures/ops/ops.safetensors");
    const auto all = test::reference_tensors(file);
    for (const std::string name : {"bce_logits", "bce_logits_soft"}) {
        CAPTURE(name);
        const auto          of     = [&](const char* part) { return all.at(name + "." + part); };
        const auto          z      = of("z").list<double>();
        const auto          labels = of("labels").list<double>();
        std::vector<double> dz(z.size());
        const double        loss = bce_logits<double>(z, labels, static_cast<double>(z.size()), 1, dz);
        CHECK(std::abs(loss / of("y").values[0] - 1) < 1e-10);
        CHECK(test::difference(std::span<const double>(dz), of("dz").values) < 1e-10);
    }
}

TEST_CASE("the gradient is that of the differences, whatever a positive weighs; parts add up to the whole") {
    auto                      z = test::random_matrix<double>(1, 6, 1);
    const std::vector<double> labels{0, 1, .25, 1, 0, .5};
    for (const double positive : {1., 4.}) {
        std::vector<double> dz(6), other(6);
        const auto          value = [&] { return bce_logits<double>(z.flat(), labels, 6, positive, std::span(other)); };
        const double        whole = bce_logits<double>(z.flat(), labels, 6, positive, std::span(dz));
        CHECK(test::gradient_error(z.flat(), dz, value) < 1e-8);
        const auto part = [&](std::size_t first, std::size_t n) {
            return bce_logits<double>(std::span<const double>(z.flat()).subspan(first, n),
                                      std::span(labels).subspan(first, n), 6, positive,
                                      std::span(other).subspan(first, n));
        };
        CHECK(part(0, 2) + part(2, 4) == doctest::Approx(whole).epsilon(1e-14));
        CHECK(dz == other);
    }
}

TEST_CASE("logits far out have the loss of a line, and gradients that are finite") {
    const std::vector<float> z{800, -800, 800, -800}, labels{1, 0, 0, 1};
    std::vector<float>       dz(4);
    CHECK(bce_logits<float>(z, labels, 4, 1, std::span(dz)) == 400);
    CHECK(dz == std::vector<float>{0, 0, .25f, -.25f});
}
