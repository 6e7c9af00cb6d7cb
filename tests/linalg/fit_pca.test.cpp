// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/linalg/fit_pca.hpp>
#include <graft/linalg/symmetric_eigen.hpp>
#include <graft/simd/dot.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace graft;

namespace {

/// Vectors far from 0 that differ in three directions, by 5, 2 and 1, and in all others by a hundredth.
matrix<float> three_directions(std::size_t n, std::size_t dims) {
    std::mt19937_64                  draw(11);
    std::normal_distribution<double> normal;
    matrix<float>                    turn = test::random_matrix<float>(3, dims, 5);
    for (std::size_t i = 0; i < 3; ++i) normalise(turn.row(i));
    matrix<float> rows(n, dims);
    for (std::size_t r = 0; r < n; ++r) {
        const double along[] = {5 * normal(draw), 2 * normal(draw), normal(draw)};
        for (std::size_t i = 0; i < dims; ++i) {
            double x = 100 + .01 * normal(draw);
            for (std::size_t k = 0; k < 3; ++k) x += along[k] * static_cast<double>(turn.row(k)[i]);
            rows.row(r)[i] = static_cast<float>(x);
        }
    }
    return rows;
}

/// The covariance as it is defined, in double.
matrix<double> covariance_of(const matrix<float>& rows) {
    const std::size_t   n = rows.rows(), dims = rows.dims();
    std::vector<double> mean(dims);
    for (std::size_t r = 0; r < n; ++r)
        for (std::size_t i = 0; i < dims; ++i) mean[i] += static_cast<double>(rows.row(r)[i]) / static_cast<double>(n);
    matrix<double> out(dims, dims);
    for (std::size_t r = 0; r < n; ++r)
        for (std::size_t i = 0; i < dims; ++i)
            for (std::size_t j = 0; j < dims; ++j)
                out.row(i)[j] += (static_cast<double>(rows.row(r)[i]) - mean[i]) *
                                 (static_cast<double>(rows.row(r)[j]) - mean[j]) / static_cast<double>(n - 1);
    return out;
}

} // namespace

TEST_CASE("components are orthonormal, variances those of graft's own eigenvalues, and what is lost is what was told") {
    const matrix<float> rows = three_directions(3000, 20);
    const auto          all  = symmetric_eigen(covariance_of(rows).view()).value();
    const auto          fit  = fit_pca(rows.view(), {.dims = 3});
    REQUIRE(fit);
    double total = 0;
    for (const double v : all.values) total += v;
    CHECK(fit->total == doctest::Approx(total).epsilon(1e-6));
    CHECK(fit->explained() > .999);
    for (std::size_t k = 0; k < 3; ++k) {
        CHECK(fit->variances[k] == doctest::Approx(all.values[k]).epsilon(1e-5));
        for (std::size_t j = 0; j < 3; ++j)
            CHECK(std::fabs(dot(fit->components.row(k), fit->components.row(j)) - (k == j ? 1.f : 0.f)) < 1e-5f);
        double with = 0; // both say that the number of largest magnitude is positive
        for (std::size_t i = 0; i < 20; ++i)
            with += static_cast<double>(fit->components.row(k)[i]) * all.vectors.row(k)[i];
        CHECK(with == doctest::Approx(1).epsilon(1e-4));
    }
    matrix<float> less(3000, 3), back(3000, 20);
    context       c;
    REQUIRE(fit->apply(rows.view(), less.view(), c));
    REQUIRE(fit->restore(less.view(), back.view()));
    double lost = 0;
    for (std::size_t i = 0; i < 3000 * 20; ++i) {
        const double d = static_cast<double>(rows.flat()[i]) - static_cast<double>(back.flat()[i]);
        lost += d * d / 2999;
    }
    double left = 0;
    for (std::size_t k = 3; k < 20; ++k) left += all.values[k];
    CHECK(lost == doctest::Approx(left).epsilon(.01));
    matrix<float> alone(1, 3);
    REQUIRE(fit->apply(rows.view().middle(2999, 1), alone.view(), c));
    CHECK(std::equal(alone.flat().begin(), alone.flat().end(), less.row(2999).begin()));
}

TEST_CASE("all components turn the vectors and lose nothing") {
    const matrix<float> rows = test::random_matrix<float>(60, 12, 3);
    const auto          fit  = fit_pca(rows.view(), {.dims = 12}).value();
    CHECK(fit.explained() == doctest::Approx(1));
    matrix<float> same(60, 12), back(60, 12);
    context       c;
    REQUIRE(fit.apply(rows.view(), same.view(), c));
    REQUIRE(fit.restore(same.view(), back.view()));
    for (std::size_t i = 0; i < 60 * 12; ++i) CHECK(std::fabs(rows.flat()[i] - back.flat()[i]) < 1e-5f);
}

TEST_CASE("a fit gives the same bytes on any number of threads, and hears a stop") {
    const matrix<float> rows = test::random_matrix<float>(5000, 16, 4);
    const auto          one  = fit_pca(rows.view(), {.dims = 4}).value();
    context             more{threads(3)};
    const auto          three = fit_pca(rows.view(), {.dims = 4}, more).value();
    CHECK(one.fingerprint() == three.fingerprint());
    CHECK(one.variances == three.variances);
    std::stop_source stop;
    stop.request_stop();
    context stopped;
    stopped.stop = stop.get_token();
    CHECK(fit_pca(rows.view(), {.dims = 4}, stopped).error().what == fault::stopped);
}

TEST_CASE("what cannot be fitted is refused") {
    matrix<float> rows = test::random_matrix<float>(5, 8, 6);
    CHECK(fit_pca(rows.view(), {.dims = 0}).error().what == fault::bad_argument);
    CHECK(fit_pca(rows.view().middle(0, 1), {.dims = 1}).error().what == fault::no_input);
    const auto most = fit_pca(rows.view(), {.dims = 5});
    CHECK(most.error().what == fault::rank_too_high);
    CHECK(most.error().where == 4);
    rows.row(3)[2] = std::numeric_limits<float>::quiet_NaN();
    const auto bad = fit_pca(rows.view(), {.dims = 2});
    CHECK(bad.error().what == fault::not_finite);
    CHECK(bad.error().where == 3);
    const matrix<float> same(4, 3);
    const auto          flat = fit_pca(same.view(), {.dims = 2});
    REQUIRE(flat);
    CHECK(flat->explained() == 1);
    matrix<float> out(4, 3);
    context       c;
    CHECK(flat->apply(same.view(), out.view(), c).error().what == fault::wrong_shape);
    CHECK(flat->restore(out.view(), out.view()).error().what == fault::wrong_shape);
}

TEST_CASE("components are saved, and nothing wrong is loaded") {
    const matrix<float> rows = test::random_matrix<float>(50, 6, 7);
    const auto          fit  = fit_pca(rows.view(), {.dims = 2}).value();
    byte_writer         to;
    fit.save(to);
    const auto  bytes = to.bytes();
    byte_reader from(bytes);
    const auto  again = pca::load(from);
    REQUIRE(again);
    CHECK(again->fingerprint() == fit.fingerprint());
    CHECK(again->variances == fit.variances);
    CHECK(again->total == fit.total);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        byte_reader less(bytes.first(cut));
        CHECK(!pca::load(less));
    }
    pca contradicts                  = fit;
    contradicts.variances.back()     = std::numeric_limits<double>::infinity();
    contradicts.components.row(1)[0] = std::numeric_limits<float>::quiet_NaN();
    byte_writer bad;
    contradicts.save(bad);
    const auto  wrong = bad.bytes();
    byte_reader read(wrong);
    CHECK(pca::load(read).error().what == fault::not_finite);
}
