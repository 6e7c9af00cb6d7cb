// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/lora.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>

using namespace graft;

TEST_CASE("at birth A is uniform in its bound, B is zero, and the layer gives its base to the bit") {
    const auto made = lora<float>::make(100, 60, {.rank = 10, .alpha = 5, .seed = 3}).value();
    CHECK(made.scale == .5f);
    CHECK(lora<float>::make(100, 60, {.rank = 4, .alpha = 6, .stabilised = true}).value().scale == 3.f);
    float most = 0, sum = 0;
    for (float a : made.A.flat()) most = std::max(most, std::abs(a)), sum += a;
    CHECK(most <= .1f);
    CHECK(most > .095f);
    CHECK(std::abs(sum) / 1000 < .01f);
    for (float b : made.B.flat()) CHECK(b == 0);

    with_lora<identity<float>> layer{{100}, lora<float>::make(100, 100, {.rank = 8}).value()};
    context                    w;
    const auto                 x = test::random_matrix<float>(7, 100, 1);
    matrix<float>              y(7, 100);
    const auto                 saved = layer.forward(x.view(), y.view(), w);
    CHECK(std::memcmp(x.data(), y.data(), 700 * sizeof(float)) == 0);
    auto negative_zero      = x;
    negative_zero.row(3)[5] = -0.f;
    (void)layer.forward(negative_zero.view(), y.view(), w);
    CHECK(std::memcmp(negative_zero.data(), y.data(), 700 * sizeof(float)) == 0);

    // step 0: dA is exactly zero, dB is not
    auto g = layer.update.zero_grads();
    layer.backward(x.view(), saved, y.view(), g, {}, w);
    for (float d : g.A.flat()) CHECK(d == 0);
    float largest = 0;
    for (float d : g.B.flat()) largest = std::max(largest, std::abs(d));
    CHECK(largest > 0);
}

TEST_CASE("gradients agree with central differences to 1e-8, over shapes, and add up") {
    std::uint64_t seed = 0;
    struct shape {
        std::size_t n, in, out, rank;
    };
    for (const shape s : {shape{1, 1, 1, 1}, {3, 5, 4, 2}, {6, 4, 9, 4}, {2, 17, 17, 16}}) {
        const std::size_t n = s.n, in = s.in, out = s.out, rank = s.rank;
        auto              u = lora<double>::make(in, out, {.rank = rank, .alpha = 3, .seed = ++seed}).value();
        u.B                 = test::random_matrix<double>(out, rank, 100 + seed);
        auto       x        = test::random_matrix<double>(n, in, 200 + seed);
        const auto dy       = test::random_matrix<double>(n, out, 300 + seed);
        const auto value    = [&] { // <dy, y>
            context        w;
            matrix<double> y(n, out);
            (void)u.forward(x.view(), y.view(), w);
            double sum = 0;
            for (std::size_t i = 0; i < n * out; ++i) sum += dy.data()[i] * y.data()[i];
            return sum;
        };
        context        w;
        matrix<double> y(n, out), dx(n, in);
        const auto     saved = u.forward(x.view(), y.view(), w);
        auto           g     = u.zero_grads();
        u.backward(x.view(), saved, dy.view(), g, dx.view(), w);
        CHECK(test::gradient_error(u.A.flat(), g.A.flat(), value) < 1e-8);
        CHECK(test::gradient_error(u.B.flat(), g.B.flat(), value) < 1e-8);
        CHECK(test::gradient_error(x.flat(), dx.flat(), value) < 1e-8);

        auto twice = g;
        u.backward(x.view(), saved, dy.view(), twice, {}, w);
        for (std::size_t i = 0; i < g.A.flat().size(); ++i)
            CHECK(twice.A.flat()[i] == doctest::Approx(2 * g.A.flat()[i]));
    }
}

TEST_CASE("with a mask the gradients are those of what is seen, and of nothing else") {
    constexpr std::size_t n = 6, in = 37, out = 5;
    context               room;
    auto                  u = lora<double>::make(in, out, {.rank = 3, .alpha = 2}).value();
    u.B                     = test::random_matrix<double>(out, 3, 1);
    auto       x            = test::random_matrix<double>(n, in, 2);
    const auto dy           = test::random_matrix<double>(n, out, 3);
    const auto mask         = lora_dropout{.share = .3}.mask("q", 0, n, in, room).value();
    const auto value        = [&] {
        context        w;
        matrix<double> y(n, out);
        (void)u.forward(x.view(), y.view(), w, mask);
        double sum = 0;
        for (std::size_t i = 0; i < n * out; ++i) sum += dy.data()[i] * y.data()[i];
        return sum;
    };
    context        w;
    matrix<double> y(n, out), dx(n, in);
    const auto     saved = u.forward(x.view(), y.view(), w, mask);
    auto           g     = u.zero_grads();
    u.backward(x.view(), saved, dy.view(), g, dx.view(), w, mask);
    CHECK(test::gradient_error(u.A.flat(), g.A.flat(), value) < 1e-8);
    CHECK(test::gradient_error(u.B.flat(), g.B.flat(), value) < 1e-8);
    CHECK(test::gradient_error(x.flat(), dx.flat(), value) < 1e-8);
    std::size_t none = 0;
    for (const double d : dx.flat()) none += d == 0;
    CHECK(none > n * in / 5);
    // It is the update of the masked rows.
    matrix<double> some(n, in), z(n, out);
    mask.apply(matrix_view<const double>(x.view()), some.view());
    (void)u.forward(some.view(), z.view(), w);
    CHECK(std::ranges::equal(y.flat(), z.flat()));
}

TEST_CASE("a merge adds scale B A, and refuses what is not finite without touching W") {
    auto u        = lora<float>::make(3, 2, {.rank = 1, .alpha = 2}).value();
    u.A           = matrix<float>(1, 3);
    u.A.row(0)[0] = 1, u.A.row(0)[1] = 2, u.A.row(0)[2] = 3;
    u.B.row(0)[0] = 10, u.B.row(1)[0] = -1;
    matrix<float> W(2, 3);
    W.row(1)[2] = 5;
    REQUIRE(u.merge_into(W.view()).has_value());
    CHECK(W.row(0)[0] == 20);
    CHECK(W.row(0)[2] == 60);
    CHECK(W.row(1)[2] == -1);

    u.B.row(1)[0]     = std::numeric_limits<float>::max();
    const auto before = W;
    const auto r      = u.merge_into(W.view());
    REQUIRE(!r);
    CHECK(r.error().what == fault::not_finite);
    CHECK(r.error().where == 1);
    CHECK(std::equal(W.flat().begin(), W.flat().end(), before.flat().begin()));
    matrix<float> wrong(3, 2);
    CHECK(u.merge_into(wrong.view()).error().what == fault::wrong_shape);
}

TEST_CASE("a rank of 0 or above the dims is refused") {
    CHECK(lora<float>::make(8, 4, {.rank = 0}).error().what == fault::rank_too_high);
    CHECK(lora<float>::make(8, 4, {.rank = 5}).error().what == fault::rank_too_high);
    CHECK(lora<float>::make(8, 4, {.rank = 4}).has_value());
    CHECK(lora<float>::make(8, 4, {.alpha = std::nan("")}).error().what ==
          fault::rank_too_high); // rank 8 > 4 comes first
    CHECK(lora<float>::make(8, 8, {.alpha = std::nan("")}).error().what == fault::not_finite);
}
