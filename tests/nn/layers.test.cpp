// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/nn/cross_entropy.hpp>
#include <graft/nn/embedding.hpp>
#include <graft/nn/feed_forward.hpp>
#include <graft/nn/norm.hpp>
#include <graft/nn/pooling.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <numeric>
#include <vector>

using namespace graft;
using test::gradient_error;
using test::random_matrix;

namespace {
double along(const matrix<double>& y, const matrix<double>& dy) {
    return std::inner_product(y.data(), y.data() + y.flat().size(), dy.data(), 0.);
}
frozen_linear<double> random_layer(std::size_t in, std::size_t out, std::uint64_t seed) {
    return {random_matrix<double>(out, in, seed), random_matrix<double>(1, out, seed + 1)};
}
lora<double> random_update(std::size_t in, std::size_t out, std::uint64_t seed) {
    lora<double> u = lora<double>::make(in, out, {.rank = 2, .alpha = 3, .seed = seed}).value();
    u.B            = random_matrix<double>(out, 2, seed);
    return u;
}
bool same(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}
} // namespace

TEST_CASE("the gradients of a plain and of a gated feed-forward layer, with updates beside every matrix") {
    context    c;
    auto       x  = random_matrix<double>(4, 5, 1);
    const auto dy = random_matrix<double>(4, 5, 2);
    for (activation f : {activation::gelu, activation::gelu_tanh, activation::silu, activation::tanh,
                         activation::sigmoid, activation::identity}) {
        auto                                up = random_update(5, 7, 3), down = random_update(7, 5, 4);
        const feed_forward<double>          layer{random_layer(5, 7, 5), random_layer(7, 5, 6), f};
        const feed_forward<double>::updates beside{&up, &down};
        const auto                          value = [&] {
            matrix<double> y(4, 5);
            REQUIRE(layer.forward(x.view(), y.view(), beside, nullptr, c));
            return along(y, dy);
        };
        matrix<double>              y(4, 5), dx(4, 5);
        feed_forward<double>::saved saved;
        auto                        gup = up.zero_grads(), gdown = down.zero_grads();
        REQUIRE(layer.forward(x.view(), y.view(), beside, &saved, c));
        CHECK(std::abs(along(y, dy) - value()) < 1e-12);
        REQUIRE(layer.backward(saved, dy.view(), dx.view(), beside, {&gup, &gdown}, c));
        CHECK(gradient_error(x.flat(), dx.flat(), value) < 1e-8);
        CHECK(gradient_error(up.A.flat(), gup.A.flat(), value) < 1e-8);
        CHECK(gradient_error(down.B.flat(), gdown.B.flat(), value) < 1e-8);
    }
    auto gate = random_update(5, 7, 7), up = random_update(5, 7, 3), down = random_update(7, 5, 4);
    const gated_feed_forward<double>          layer{random_layer(5, 7, 8), random_layer(5, 7, 5), random_layer(7, 5, 6),
                                           activation::silu};
    const gated_feed_forward<double>::updates beside{&gate, &up, &down};
    const auto                                value = [&] {
        matrix<double> y(4, 5);
        REQUIRE(layer.forward(x.view(), y.view(), beside, nullptr, c));
        return along(y, dy);
    };
    matrix<double>                    y(4, 5), dx(4, 5);
    gated_feed_forward<double>::saved saved;
    auto                              ggate = gate.zero_grads(), gup = up.zero_grads(), gdown = down.zero_grads();
    REQUIRE(layer.forward(x.view(), y.view(), beside, &saved, c));
    REQUIRE(layer.backward(saved, dy.view(), dx.view(), beside, {&ggate, &gup, &gdown}, c));
    CHECK(gradient_error(x.flat(), dx.flat(), value) < 1e-8);
    CHECK(gradient_error(gate.A.flat(), ggate.A.flat(), value) < 1e-8);
    CHECK(gradient_error(gate.B.flat(), ggate.B.flat(), value) < 1e-8);
    CHECK(gradient_error(up.B.flat(), gup.B.flat(), value) < 1e-8);
    CHECK(gradient_error(down.A.flat(), gdown.A.flat(), value) < 1e-8);
}

TEST_CASE("the gradients of every pooling, and of rows of length one") {
    context           c;
    const std::size_t ends[] = {3, 4, 9};
    auto              x      = random_matrix<double>(9, 6, 1);
    const auto        dy     = random_matrix<double>(3, 6, 2);
    for (pooling how :
         {pooling::cls, pooling::max, pooling::mean, pooling::mean_sqrt_len, pooling::weighted_mean, pooling::last}) {
        const auto value = [&] {
            matrix<double> p(3, 6), y(3, 6);
            pool_tokens<double>(how, x.view(), ends, p.view());
            normalise_rows<double>(p.view(), y.view());
            return along(y, dy);
        };
        matrix<double> p(3, 6), y(3, 6), dp(3, 6), dx(9, 6);
        pool_tokens<double>(how, x.view(), ends, p.view());
        normalise_rows<double>(p.view(), y.view());
        normalise_rows_back<double>(p.view(), y.view(), dy.view(), dp.view(), c);
        pool_tokens_back<double>(how, x.view(), ends, strided_rows<const double>(dp.view()), dx.view());
        CHECK(gradient_error(x.flat(), dx.flat(), value) < 1e-8);
    }
}

TEST_CASE("a layer gives the bits of its rows alone, whatever the threads, packed or not") {
    const std::size_t          n = 70;
    const linear<float>        plain{random_matrix<float>(100, 33, 1), random_matrix<float>(1, 100, 2)};
    const frozen_linear<float> layer{packed_weights(plain.W.view()), plain.b};
    const layer_norm<float>    norm{random_matrix<float>(1, 100, 3), random_matrix<float>(1, 100, 4)};
    const auto                 x = random_matrix<float>(n, 33, 5);
    context                    one;
    const auto                 run = [&](matrix_view<const float> rows, context& c) {
        matrix<float> y(rows.rows, 100);
        REQUIRE(layer.forward(rows, y.view(), c));
        REQUIRE(activate<float>(activation::gelu, y.view(), y.view(), c));
        REQUIRE(norm.forward(y.view(), y.view(), nullptr, c));
        return y;
    };
    const auto all = run(x.view(), one);
    for (std::size_t width : {2u, 5u}) {
        context many{threads(width)};
        CHECK(same(run(x.view(), many).flat(), all.flat()));
    }
    for (std::size_t i : {0u, 15u, 69u})
        CHECK(same(run(matrix_view<const float>(x.view()).middle(i, 1), one).flat(), all.row(i)));
    matrix<float> a(n, 100), b(n, 100);
    plain.forward(x.view(), a.view());
    REQUIRE(layer.forward(x.view(), b.view(), one));
    CHECK(same(a.flat(), b.flat()));
    REQUIRE(plain.forward(x.view(), a.view(), one, true));
    REQUIRE(layer.forward(x.view(), b.view(), one, true));
    CHECK(same(a.flat(), b.flat()));
}

TEST_CASE("an embedding gathers rows and gives its gradient back to them") {
    const embedding_table<double> table{random_matrix<double>(5, 3, 1)};
    const std::uint32_t           ids[] = {4, 0, 4};
    matrix<double>                y(3, 3), d(5, 3);
    table.forward(ids, y.view());
    table.forward(ids, y.view(), true);
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) CHECK(y.row(i)[j] == 2 * table.rows.row(ids[i])[j]);
    table.backward(ids, y.view(), d.view());
    CHECK(d.row(4)[1] == 2 * y.row(0)[1]);
    CHECK(d.row(0)[1] == y.row(1)[1]);
    CHECK(d.row(2)[1] == 0);
}

TEST_CASE("softmax rows sum to one; a label that is no class is refused by its row") {
    context       c;
    auto          z = random_matrix<float>(3, 50, 1);
    matrix<float> p(3, 50);
    z.row(1)[7] = 400;
    REQUIRE(softmax<float>(z.view(), p.view(), c));
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(std::abs(std::accumulate(p.row(i).begin(), p.row(i).end(), 0.) - 1) < 1e-6);
    CHECK(p.row(1)[7] == 1);
    const std::int64_t labels[] = {0, ignored_label, 50}, all_ignored[] = {-100, -100, -100};
    const auto         refused = cross_entropy<float>(z.view(), labels, 2, {}, {}, c);
    REQUIRE(!refused);
    CHECK(refused.error().what == fault::bad_argument);
    CHECK(refused.error().where == 2);
    CHECK(*cross_entropy<float>(z.view(), all_ignored, 1, {}, p.view(), c) == 0);
    CHECK(std::all_of(p.flat().begin(), p.flat().end(), [](float v) { return v == 0; }));
}
