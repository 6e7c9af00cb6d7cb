// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/linalg/any_weights.hpp>
#include <graft/nn/linear.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>

using namespace graft;

namespace {
template <class Layer>
double merged_difference(const Layer& layer, const linear<float>& whole, std::size_t n) {
    context       w;
    const auto    x = test::random_matrix<float>(n, layer.in(), 5);
    matrix<float> a(n, layer.out()), b(n, layer.out());
    (void)layer.forward(x.view(), a.view(), w);
    whole.forward(x.view(), b.view());
    double worst = 0, scale = 0;
    for (std::size_t i = 0; i < a.flat().size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(a.flat()[i]) - static_cast<double>(b.flat()[i])));
        scale = std::max(scale, std::abs(static_cast<double>(a.flat()[i])));
    }
    return worst / scale;
}
} // namespace

TEST_CASE("merged equals unmerged to 1e-6, and the base is kept") {
    with_lora<linear<float>> layer{{test::random_matrix<float>(20, 30, 1), test::random_matrix<float>(1, 20, 2)},
                                   lora<float>::make(30, 20, {.rank = 4, .alpha = 8}).value()};
    layer.update.B  = test::random_matrix<float>(20, 4, 3);
    const auto base = layer.base.W;
    CHECK(merged_difference(layer, merged(layer).value(), 16) <= 1e-6);
    CHECK(std::equal(base.flat().begin(), base.flat().end(), layer.base.W.flat().begin()));

    with_lora<identity<float>> alone{{40}, lora<float>::make(40, 40, {.rank = 16, .alpha = 16}).value()};
    alone.update.B = test::random_matrix<float>(40, 16, 4);
    CHECK(merged_difference(alone, merged(alone).value(), 16) <= 1e-6);
}

TEST_CASE("the gradient of a grafted linear layer is that of the sum") {
    with_lora<linear<double>> layer{{test::random_matrix<double>(4, 6, 1), test::random_matrix<double>(1, 4, 2)},
                                    lora<double>::make(6, 4, {.rank = 3, .alpha = 2}).value()};
    layer.update.B   = test::random_matrix<double>(4, 3, 3);
    auto       x     = test::random_matrix<double>(5, 6, 4);
    const auto dy    = test::random_matrix<double>(5, 4, 5);
    const auto value = [&] {
        context        w;
        matrix<double> y(5, 4);
        (void)layer.forward(x.view(), y.view(), w);
        double sum = 0;
        for (std::size_t i = 0; i < 20; ++i) sum += dy.data()[i] * y.data()[i];
        return sum;
    };
    context        w;
    matrix<double> y(5, 4), dx(5, 6);
    const auto     saved = layer.forward(x.view(), y.view(), w);
    auto           g     = layer.update.zero_grads();
    layer.backward(x.view(), saved, dy.view(), g, dx.view(), w);
    CHECK(test::gradient_error(x.flat(), dx.flat(), value) < 1e-8);
    CHECK(test::gradient_error(layer.update.A.flat(), g.A.flat(), value) < 1e-8);
    CHECK(test::gradient_error(layer.update.B.flat(), g.B.flat(), value) < 1e-8);
}

TEST_CASE("an update beside blocks of four bits has the gradients of one beside their floats") {
    constexpr std::size_t  in = 64, out = 40, rows = 5;
    counter_random         r(9);
    std::vector<std::byte> all(out * in / 32 * 20);
    for (std::byte& b : all) b = static_cast<std::byte>(r.below(256));
    for (std::size_t b = 0; b < all.size(); b += 20) all[b + 1] = std::byte{0x24}, all[b + 3] = std::byte{0xA8};
    context    c;
    const auto row = [&](std::size_t i) { return std::span<const std::byte>(all).subspan(i * 40, 40); };
    const linear<float, any_weights> blocks{block_weights::make(block_layout::q4_1, out, in, row, c).value(), {}};
    linear<float>                    floats{matrix<float>(out, in), {}};
    for (std::size_t i = 0; i < out; ++i) blocks.W.row(i, floats.W.row(i));
    auto update  = lora<float>::make(in, out, {.rank = 3}).value();
    update.B     = test::random_matrix<float>(out, 3, 1);
    const auto x = test::random_matrix<float>(rows, in, 2), dy = test::random_matrix<float>(rows, out, 3);
    const auto gradients = [&](const auto& layer, matrix<float>& dx) {
        typename std::remove_cvref_t<decltype(layer)>::saved kept;
        matrix<float>                                        y(rows, out);
        auto                                                 g = update.zero_grads();
        REQUIRE(layer.forward(x.view(), y.view(), &update, &kept, c));
        REQUIRE(layer.backward(kept, dy.view(), dx.view(), &update, &g, c));
        return g;
    };
    matrix<float> dx(rows, in), dx_floats(rows, in);
    const auto    g = gradients(blocks, dx), h = gradients(floats, dx_floats);
    CHECK(std::memcmp(g.A.data(), h.A.data(), g.A.flat().size_bytes()) == 0);
    CHECK(std::memcmp(g.B.data(), h.B.data(), g.B.flat().size_bytes()) == 0);
    for (std::size_t i = 0; i < dx.flat().size(); ++i) CHECK(std::abs(dx.flat()[i] - dx_floats.flat()[i]) < 1e-5f);
}

TEST_CASE("magnitudes: begun they change nothing, merged they give what they gave, and their gradients are right") {
    constexpr std::size_t n = 5, in = 7, out = 6;
    context               c;
    for (const bool bias : {false, true}) {
        linear<double> layer{test::random_matrix<double>(out, in, 1),
                             bias ? test::random_matrix<double>(1, out, 2) : matrix<double>{}};
        for (double& x : layer.W.row(4)) x = 0; // a row without a direction
        auto u = lora<double>::make(in, out, {.rank = 3, .alpha = 2}).value();
        u.m    = matrix<double>(1, out);
        REQUIRE(layer.measure(u, c));
        u.m               = u.norms;
        auto           x  = test::random_matrix<double>(n, in, 4);
        const auto     dy = test::random_matrix<double>(n, out, 5);
        matrix<double> y(n, out), z(n, out);
        REQUIRE(layer.forward(x.view(), y.view(), c));
        REQUIRE(layer.forward(x.view(), z.view(), &u, nullptr, c));
        for (std::size_t i = 0; i < n * out; ++i) CHECK(std::abs(y.data()[i] - z.data()[i]) < 1e-14);
        if (!bias) CHECK(std::memcmp(y.data(), z.data(), y.flat().size_bytes()) == 0);

        u.B = test::random_matrix<double>(out, 3, 3);
        for (double& v : u.B.row(4)) v = 0;
        for (double& v : u.m.flat()) v *= 1.3;
        REQUIRE(layer.measure(u, c));
        auto merged_into = layer;
        REQUIRE(u.merge_into(merged_into.W.view()));
        REQUIRE(merged_into.forward(x.view(), y.view(), c));
        REQUIRE(layer.forward(x.view(), z.view(), &u, nullptr, c));
        for (std::size_t i = 0; i < n * out; ++i) CHECK(std::abs(y.data()[i] - z.data()[i]) < 1e-13);
        REQUIRE(layer.forward(x.view(), z.view(), &u, nullptr, c, true)); // added to what is there
        for (std::size_t i = 0; i < n * out; ++i) CHECK(std::abs(2 * y.data()[i] - z.data()[i]) < 1e-13);

        typename linear<double>::saved kept;
        auto                           g = u.zero_grads();
        matrix<double>                 dx(n, in);
        REQUIRE(layer.forward(x.view(), y.view(), &u, &kept, c));
        REQUIRE(layer.backward(kept, dy.view(), dx.view(), &u, &g, c));
        const auto value = [&] { // the lengths stay as they were measured
            matrix<double> to(n, out);
            REQUIRE(layer.forward(x.view(), to.view(), &u, nullptr, c));
            double sum = 0;
            for (std::size_t i = 0; i < n * out; ++i) sum += dy.data()[i] * to.data()[i];
            return sum;
        };
        CHECK(test::gradient_error(x.flat(), dx.flat(), value) < 1e-8);
        CHECK(test::gradient_error(u.A.flat(), g.A.flat(), value) < 1e-8);
        CHECK(test::gradient_error(u.B.flat(), g.B.flat(), value) < 1e-8);
        CHECK(test::gradient_error(u.m.flat(), g.m.flat(), value) < 1e-8);
    }
}

TEST_CASE("magnitudes of many rows: gradients have the same bits on any number of threads, and are those in double") {
    constexpr std::size_t n = 9, in = 20, out = 300;
    pool                  workers(2);
    const auto            gradients = [&]<class Scalar>(Scalar, context& c) {
        const linear<Scalar> layer{test::random_matrix<Scalar>(out, in, 1), {}};
        auto                 u = lora<Scalar>::make(in, out, {.rank = 3, .alpha = 2}).value();
        u.B = test::random_matrix<Scalar>(out, 3, 2), u.m = test::random_matrix<Scalar>(1, out, 3);
        REQUIRE(layer.measure(u, c));
        const auto x = test::random_matrix<Scalar>(n, in, 4), dy = test::random_matrix<Scalar>(n, out, 5);
        typename linear<Scalar>::saved kept;
        auto                           g = u.zero_grads();
        matrix<Scalar>                 y(n, out), dx(n, in);
        REQUIRE(layer.forward(x.view(), y.view(), &u, &kept, c));
        REQUIRE(layer.backward(kept, dy.view(), dx.view(), &u, &g, c));
        return g;
    };
    context    c, many{workers};
    const auto one = gradients(1.f, c), two = gradients(1.f, many);
    const auto wide = gradients(1., c);
    for (const auto& [a, b, d] :
         {std::tuple{&one.A, &two.A, &wide.A}, {&one.B, &two.B, &wide.B}, {&one.m, &two.m, &wide.m}}) {
        CHECK(std::ranges::equal(a->flat(), b->flat()));
        for (std::size_t i = 0; i < a->flat().size(); ++i)
            CHECK(std::abs(static_cast<double>(a->data()[i]) - d->data()[i]) < 1e-3);
    }
}
