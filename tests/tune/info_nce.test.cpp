// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/info_nce.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

namespace {

matrix<double> unit_rows(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    auto m = test::random_matrix<double>(rows, dims, seed);
    for (std::size_t r = 0; r < rows; ++r) {
        double sum = 0;
        for (double x : m.row(r)) sum += x * x;
        for (double& x : m.row(r)) x /= std::sqrt(sum);
    }
    return m;
}

/// The definition, term by term.
double oracle(const matrix<double>& q, const matrix<double>& p, std::span<const contrastive_row> batch, double scale) {
    double loss = 0;
    for (std::size_t i = 0; i < q.rows(); ++i) {
        double norm = 0, sum = 0, mine = 0;
        for (double x : q.row(i)) norm += x * x;
        for (std::uint32_t j = 0; j < p.rows(); ++j) {
            double dot = 0;
            for (std::size_t d = 0; d < q.dims(); ++d) dot += q.row(i)[d] * p.row(j)[d];
            const double e = std::exp(scale * dot / std::sqrt(norm));
            if (std::find(batch[i].hidden.begin(), batch[i].hidden.end(), j) == batch[i].hidden.end()) sum += e;
            if (j == batch[i].target) mine = e;
        }
        loss -= std::log(mine / sum);
    }
    return loss;
}

} // namespace

TEST_CASE("the value is the definition's and the gradient agrees with central differences to 1e-8") {
    const std::uint32_t   hidden[] = {0, 3, 6};
    const contrastive_row batch[]  = {{0, {}}, {1, hidden}, {5, {}}, {2, std::span(hidden).first(1)}};
    for (double scale : {1.0, 20.0}) {
        auto           q = test::random_matrix<double>(4, 6, 1);
        const auto     p = unit_rows(7, 6, 2);
        matrix<double> dq(4, 6);
        const auto     value = [&] {
            context w;
            return info_nce<double>(q.view(), p.view(), batch, scale, 1, dq.view(), w);
        };
        CHECK(value() == doctest::Approx(oracle(q, p, batch, scale)).epsilon(1e-12));
        const matrix<double> gradient = dq;
        CHECK(test::gradient_error(q.flat(), gradient.flat(), value) < 1e-8);
    }
}

TEST_CASE("the weight scales the gradient, not the value") {
    const contrastive_row batch[] = {{0, {}}, {1, {}}};
    const auto            q       = test::random_matrix<double>(2, 5, 3);
    const auto            p       = unit_rows(3, 5, 4);
    matrix<double>        one(2, 5), half(2, 5);
    context               w;
    const double          a = info_nce<double>(q.view(), p.view(), batch, 20, 1, one.view(), w);
    const double          b = info_nce<double>(q.view(), p.view(), batch, 20, .5, half.view(), w);
    CHECK(a == b);
    for (std::size_t i = 0; i < 10; ++i) CHECK(half.flat()[i] == doctest::Approx(one.flat()[i] / 2));
}

TEST_CASE("a question that sees its own passage alone has no loss and no gradient") {
    const std::uint32_t   hidden[] = {1, 2};
    const contrastive_row batch[]  = {{0, hidden}};
    const auto            q        = test::random_matrix<double>(1, 4, 5);
    const auto            p        = unit_rows(3, 4, 6);
    matrix<double>        dq(1, 4);
    context               w;
    CHECK(info_nce<double>(q.view(), p.view(), batch, 20, 1, dq.view(), w) == doctest::Approx(0));
    for (double d : dq.flat()) CHECK(std::abs(d) < 1e-12);
}

TEST_CASE("a hidden column far ahead does not swallow the softmax of what is seen") {
    matrix<double> q(1, 2), p(3, 2), dq(1, 2);
    q.row(0)[0] = 1, p.row(0)[0] = -1, p.row(1)[0] = 1; // the target is opposite, the hidden one identical
    p.row(2)[0] = -.9, p.row(2)[1] = std::sqrt(1 - .81);
    const std::uint32_t   hidden[] = {1};
    const contrastive_row batch[]  = {{0, hidden}};
    context               w;
    CHECK(info_nce<double>(q.view(), p.view(), batch, 1000, 1, dq.view(), w) == doctest::Approx(100));
    CHECK(all_finite(std::span<const double>(dq.flat())));
}

TEST_CASE("float stays near double where the softmax is extreme") {
    matrix<float> q(1, 2), p(2, 2), dq(1, 2);
    q.row(0)[0] = 1, p.row(0)[0] = -1, p.row(1)[0] = 1; // the target is opposite, the negative identical
    const contrastive_row batch[] = {{0, {}}};
    context               w;
    CHECK(info_nce<float>(q.view(), p.view(), batch, 20, 1, dq.view(), w) == doctest::Approx(40));
    CHECK(all_finite(std::span<const float>(dq.flat())));
}
