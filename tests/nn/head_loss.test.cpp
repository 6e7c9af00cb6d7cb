// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/nn/head_loss.hpp>

#include <graft/base/random.hpp>
#include <graft/nn/linear.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace graft;

namespace {

matrix<double> noise(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    matrix<double> m(rows, dims);
    counter_random r(seed);
    for (double& x : m.flat()) x = r.unit64() - .5;
    return m;
}

} // namespace

TEST_CASE("the loss of a head is that of all its logits, whatever rows run together, and so is the gradient") {
    const linear<double>      head{noise(13, 6, 1), {}};
    const auto                x = noise(11, 6, 2);
    std::vector<std::int64_t> labels{3, -100, 12, 0, -100, -100, 7, 7, 1, -100, 5};
    context                   c;
    matrix<double>            z(11, 13), dz(11, 13), want(11, 6);
    REQUIRE(head.forward(x.view(), z.view(), c));
    std::vector<double> rows(11);
    const double        whole = cross_entropy<double>(z.view(), labels, 7, rows, dz.view(), c).value();
    REQUIRE(head.backward(dz.view(), want.view(), c));
    for (const std::size_t at_once : {1u, 2u, 3u, 7u, 64u}) {
        std::vector<double> each(11, 9.);
        matrix<double>      dx(11, 6), in = x;
        std::fill_n(dx.data(), dx.flat().size(), 9.);
        CHECK(head_loss<double>(head, x.view(), labels, 7, each, dx.view(), c, at_once).value() ==
              doctest::Approx(whole).epsilon(1e-14));
        CHECK(head_loss<double>(head, in.view(), labels, 7, {}, in.view(), c, at_once)); // in place
        for (std::size_t i = 0; i < want.flat().size(); ++i) {
            CHECK(dx.data()[i] == doctest::Approx(want.data()[i]).epsilon(1e-12));
            CHECK(in.data()[i] == dx.data()[i]);
        }
        for (std::size_t i = 0; i < 11; ++i) CHECK(each[i] == doctest::Approx(rows[i]).epsilon(1e-14));
    }
}

TEST_CASE("rows without a label cost nothing and say nothing; a label that is no class is refused at its row") {
    const linear<double>      head{noise(5, 3, 1), {}};
    const auto                x = noise(2, 3, 2);
    std::vector<std::int64_t> labels{-100, -100};
    context                   c;
    matrix<double>            dx = noise(2, 3, 3);
    CHECK(head_loss<double>(head, x.view(), labels, 1, {}, dx.view(), c).value() == 0);
    for (double d : dx.flat()) CHECK(d == 0);
    labels[1] = 5;
    CHECK(head_loss<double>(head, x.view(), labels, 1, {}, {}, c).error().where == 1);
    labels[1] = -1;
    CHECK(head_loss<double>(head, x.view(), labels, 1, {}, {}, c).error().what == fault::bad_argument);
}
