// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/lora_svd.hpp>
#include <graft/linalg/symmetric_eigen.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace graft;

namespace {

lora<float> update_of(std::size_t in, std::size_t out, std::size_t rank, double alpha = 12) {
    auto l = lora<float>::make(in, out, {.rank = rank, .alpha = alpha, .seed = 3}).value();
    l.B    = test::random_matrix<float>(out, rank, 4);
    return l;
}
/// scale · B A as it is defined, in double.
template <class Scalar>
matrix<double> product_of(const lora<Scalar>& l) {
    matrix<double> out(l.out(), l.in());
    for (std::size_t r = 0; r < l.out(); ++r)
        for (std::size_t i = 0; i < l.in(); ++i)
            for (std::size_t k = 0; k < l.rank(); ++k)
                out.row(r)[i] += static_cast<double>(l.scale) * static_cast<double>(l.B.row(r)[k]) *
                                 static_cast<double>(l.A.row(k)[i]);
    return out;
}
/// Its singular values by the other decomposition of the house.
std::vector<double> values_of(const matrix<double>& m) {
    matrix<double> square(m.rows(), m.rows());
    multiply_abt(m.view(), m.view(), square.view());
    auto values = symmetric_eigen(square.view()).value().values;
    for (double& v : values) v = std::sqrt(std::max(0., v));
    return values;
}
double distance(const matrix<double>& a, const matrix<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.flat().size(); ++i) sum += (a.flat()[i] - b.flat()[i]) * (a.flat()[i] - b.flat()[i]);
    return std::sqrt(sum);
}

} // namespace

TEST_CASE("the spectrum of an update is that of its product") {
    for (const auto [in, out, rank] : {std::array{20, 9, 4}, std::array{7, 30, 7}, std::array{5, 5, 1}}) {
        const auto l =
            update_of(static_cast<std::size_t>(in), static_cast<std::size_t>(out), static_cast<std::size_t>(rank));
        const auto s    = spectrum(l).value();
        const auto want = values_of(product_of(l));
        REQUIRE(s.values.size() == l.rank());
        for (std::size_t i = 0; i < l.rank(); ++i) CHECK(s.values[i] == doctest::Approx(want[i]).epsilon(1e-6));
        CHECK(s.rank() == l.rank());
        CHECK(s.norm_beyond(0) ==
              doctest::Approx(distance(product_of(l), matrix<double>(l.out(), l.in()))).epsilon(1e-6));
        CHECK(s.norm_beyond(l.rank()) == 0);
    }
}

TEST_CASE("a compressed update is the nearest of its rank, and its error is what it says") {
    const auto l = update_of(24, 16, 8);
    const auto p = product_of(l);
    const auto s = spectrum(l).value();
    for (std::size_t rank = 1; rank <= 8; ++rank) {
        const auto less = compressed(l, rank).value();
        CHECK(less.update.rank() == rank);
        CHECK(less.update.in() == 24);
        CHECK(less.update.out() == 16);
        CHECK(less.update.scale == l.scale);
        CHECK(std::fabs(less.error - s.norm_beyond(rank)) < 1e-9 * s.values[0]);
        CHECK(std::fabs(distance(p, product_of(less.update)) - less.error) < 1e-5 * s.values[0]);
        CHECK(less.share == doctest::Approx(less.error / s.norm_beyond(0)));
        const auto again = spectrum(less.update).value();
        for (std::size_t i = 0; i < rank; ++i) CHECK(again.values[i] == doctest::Approx(s.values[i]).epsilon(1e-5));
    }
    // Nearer than the other ways to a rank of 3: the first three of A and B, and any three of the directions.
    lora<float> first{matrix<float>(l.A.view().middle(0, 3)), matrix<float>(16, 3), l.scale};
    for (std::size_t r = 0; r < 16; ++r) std::copy_n(l.B.row(r).data(), 3, first.B.row(r).data());
    CHECK(distance(p, product_of(first)) > compressed(l, 3)->error);
}

TEST_CASE("an update that repeats itself has the rank that it has") {
    auto l = update_of(12, 10, 6);
    for (std::size_t i = 0; i < 12; ++i) { // six rows of A that lie in a plane
        for (std::size_t k = 2; k < 6; ++k) l.A.row(k)[i] = static_cast<float>(k) * l.A.row(0)[i] - .5f * l.A.row(1)[i];
    }
    const auto s = spectrum(l).value();
    CHECK(s.rank() == 2);
    CHECK(s.effective_rank() > 1);
    CHECK(s.effective_rank() <= 2.001);
    const auto less = compressed(l, 2).value();
    CHECK(less.share < 1e-6);
    CHECK(distance(product_of(l), product_of(less.update)) < 1e-4);

    const auto born = lora<double>::make(6, 5, {.rank = 3}).value(); // B is zero
    CHECK(spectrum(born)->rank() == 0);
    CHECK(spectrum(born)->effective_rank() == 0);
    CHECK(compressed(born, 1)->share == 0);
    CHECK(compressed(born, 1)->update.untouched());
    const lora_spectrum even{{2, 2, 2, 2}}, one{{3, 0}};
    CHECK(even.effective_rank() == doctest::Approx(4));
    CHECK(one.effective_rank() == doctest::Approx(1));
}

TEST_CASE("what is no update is refused") {
    auto l = update_of(8, 6, 3);
    CHECK(compressed(l, 0).error().what == fault::rank_too_high);
    CHECK(compressed(l, 4).error().what == fault::rank_too_high);
    CHECK(compressed(l, 4).error().where == 3);
    l.scale = std::numeric_limits<float>::infinity();
    CHECK(spectrum(l).error().what == fault::not_finite);
    l.scale       = 1;
    l.A.row(1)[2] = std::numeric_limits<float>::quiet_NaN();
    CHECK(compressed(l, 2).error().what == fault::not_finite);
    l.B = matrix<float>(6, 2);
    CHECK(spectrum(l).error().what == fault::wrong_shape);
    CHECK(spectrum(lora<float>{}).error().what == fault::wrong_shape);
}
