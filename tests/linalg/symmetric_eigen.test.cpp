// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/random.hpp>
#include <graft/linalg/symmetric_eigen.hpp>

#include <Eigen/Eigenvalues>
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using namespace graft;

matrix<double> noise(std::size_t n, std::uint64_t seed) {
    matrix<double> a(n, n);
    counter_random draw(seed);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) a.row(i)[j] = a.row(j)[i] = 2 * draw.unit64() - 1;
    return a;
}

/// Q diag(values) Qᵀ with a random rotation Q.
matrix<double> with_values(const std::vector<double>& values, std::uint64_t seed) {
    const std::size_t n = values.size();
    const auto        q = symmetric_eigen(noise(n, seed).view()).value().vectors;
    matrix<double>    a(n, n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < n; ++k) sum += values[k] * q.row(k)[i] * q.row(k)[j];
            a.row(i)[j] = a.row(j)[i] = sum;
        }
    return a;
}

/// Checks everything that the header promises of one matrix, values against Eigen's.
void check(const matrix<double>& a) {
    const std::size_t n    = a.rows();
    const auto        mine = symmetric_eigen(a.view());
    REQUIRE(mine);
    const auto& [values, vectors] = *mine;
    REQUIRE(values.size() == n);
    REQUIRE(vectors.rows() == n);
    CHECK(std::is_sorted(values.rbegin(), values.rend()));

    Eigen::MatrixXd theirs(n, n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            theirs(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = a.row(std::max(i, j))[std::min(i, j)];
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> oracle(theirs);
    double                                               size = theirs.cwiseAbs().maxCoeff();
    size                                                      = size == 0 ? 1 : size;
    const double tolerance                                    = 4e-15 * static_cast<double>(n) * size + 1e-300;

    double value = 0, residual = 0, angle = 0;
    for (std::size_t i = 0; i < n; ++i) {
        value = std::max(value, std::fabs(values[i] - oracle.eigenvalues()[static_cast<Eigen::Index>(n - 1 - i)]));
        double longest = 0;
        for (std::size_t r = 0; r < n; ++r) {
            double sum = -values[i] * vectors.row(i)[r];
            for (std::size_t c = 0; c < n; ++c)
                sum += theirs(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) * vectors.row(i)[c];
            residual = std::max(residual, std::fabs(sum));
            if (std::fabs(vectors.row(i)[r]) > std::fabs(longest)) longest = vectors.row(i)[r];
        }
        CHECK(longest > 0);
        for (std::size_t j = 0; j <= i; ++j) {
            double dot = i == j ? -1 : 0;
            for (std::size_t c = 0; c < n; ++c) dot += vectors.row(i)[c] * vectors.row(j)[c];
            angle = std::max(angle, std::fabs(dot));
        }
    }
    CHECK(value <= tolerance);
    CHECK(residual <= tolerance);
    CHECK(angle <= 4e-15 * static_cast<double>(n));
}

} // namespace

TEST_CASE("symmetric_eigen agrees with Eigen on random matrices of every small size") {
    for (std::size_t n = 1; n <= 34; ++n) check(noise(n, n));
    check(noise(97, 1));
}

TEST_CASE("symmetric_eigen takes matrices that are hard for an iteration") {
    matrix<double> zero(9, 9), ones(9, 9), one(9, 9), blocks(12, 12), wilkinson(21, 21);
    for (double& x : ones.flat()) x = 1;
    for (std::size_t i = 0; i < 9; ++i) one.row(i)[i] = 1;
    for (std::size_t i = 0; i < 12; ++i) blocks.row(i)[i ^ 1u] = 3, blocks.row(i)[i] = i < 6 ? 1 : 0;
    for (std::size_t i = 0; i < 21; ++i) { // pairs of values that agree to 1e-13
        wilkinson.row(i)[i] = std::fabs(static_cast<double>(i) - 10);
        if (i > 0) wilkinson.row(i)[i - 1] = wilkinson.row(i - 1)[i] = 1;
    }
    for (const auto& a : {zero, ones, one, blocks, wilkinson}) check(a);

    std::vector<double> graded, twins(20, 2), steep;
    for (int i = 0; i < 24; ++i) graded.push_back(std::pow(10, -i)), steep.push_back(i < 3 ? 1e6 - i : 1e-9 * i);
    std::fill(twins.begin() + 7, twins.end(), -1);
    for (const auto& values : {graded, twins, steep}) check(with_values(values, 5));
}

TEST_CASE("symmetric_eigen keeps its accuracy at the ends of the exponent range") {
    for (const int power : {-1060, -600, 600, 1020}) {
        auto small = noise(13, 3), same = small;
        for (double& x : small.flat()) x = std::ldexp(x, power);
        const auto a = symmetric_eigen(small.view()).value(), b = symmetric_eigen(same.view()).value();
        for (std::size_t i = 0; i < 13; ++i)
            CHECK(std::ldexp(a.values[i], -power) ==
                  doctest::Approx(b.values[i]).epsilon(power < -1000 ? 1e-3 : 1e-15));
    }
    matrix<double> mixed(3, 3); // squares vanish beside the largest element
    mixed.row(0)[0] = 1e150;
    mixed.row(1)[0] = mixed.row(2)[1] = 1e-150;
    mixed.row(2)[2]                   = 1e-160;
    const auto pairs                  = symmetric_eigen(mixed.view()).value();
    CHECK(pairs.values[0] == 1e150);
    for (const double x : pairs.vectors.flat()) CHECK(std::fabs(x) <= 1);
}

TEST_CASE("symmetric_eigen reads the lower triangle alone") {
    auto       a      = noise(11, 8);
    const auto before = symmetric_eigen(a.view()).value();
    for (std::size_t i = 0; i < 11; ++i)
        for (std::size_t j = i + 1; j < 11; ++j) a.row(i)[j] = std::numeric_limits<double>::quiet_NaN();
    const auto after = symmetric_eigen(a.view()).value();
    CHECK(before.values == after.values);
    CHECK(std::equal(before.vectors.flat().begin(), before.vectors.flat().end(), after.vectors.flat().begin()));
}

TEST_CASE("symmetric_eigen gives the bits that it gave on every machine so far") {
    const auto    a = symmetric_eigen(noise(64, 1).view()).value();
    std::uint64_t h = 0;
    for (const double x : a.values) h = 31 * h + std::bit_cast<std::uint64_t>(x);
    for (const double x : a.vectors.flat()) h = 31 * h + std::bit_cast<std::uint64_t>(x);
    CHECK(h == 4016496208447554907u);
}

TEST_CASE("symmetric_eigen refuses what is no symmetric matrix of numbers") {
    CHECK(symmetric_eigen(matrix<double>(3, 4).view()).error().what == fault::wrong_shape);
    CHECK(symmetric_eigen(matrix_view<const double>{}).value().values.empty());
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        auto a       = noise(6, 2);
        a.row(4)[2]  = bad;
        const auto e = symmetric_eigen(a.view());
        REQUIRE_FALSE(e);
        CHECK(e.error().what == fault::not_finite);
        CHECK(e.error().where == 4);
    }
}
