// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/random.hpp>
#include <graft/linalg/truncated_svd.hpp>

#include <Eigen/SVD>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

using namespace graft;

/// A third of the elements, each row `falls` times smaller than the one before: a spectrum that falls.
sparse_matrix scattered(std::size_t rows, std::size_t columns, double falls, std::uint64_t seed) {
    sparse_matrix  a;
    counter_random draw(seed);
    a.width = columns;
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::uint32_t c = 0; c < columns; ++c)
            if (draw.below(3) == 0) {
                a.columns.push_back(c);
                a.values.push_back((2 * draw.unit() - 1) * static_cast<float>(std::pow(falls, r)));
            }
        a.begins.push_back(a.columns.size());
    }
    return a;
}

Eigen::MatrixXd dense(const sparse_matrix& a) {
    Eigen::MatrixXd out =
        Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(a.rows()), static_cast<Eigen::Index>(a.width));
    for (std::size_t r = 0; r < a.rows(); ++r)
        for (std::size_t i = a.begins[r]; i < a.begins[r + 1]; ++i)
            out(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(a.columns[i])) +=
                static_cast<double>(a.values[i]);
    return out;
}

Eigen::MatrixXd dense(const matrix<float>& a) {
    Eigen::MatrixXd out(static_cast<Eigen::Index>(a.rows()), static_cast<Eigen::Index>(a.dims()));
    for (std::size_t r = 0; r < a.rows(); ++r)
        for (std::size_t c = 0; c < a.dims(); ++c)
            out(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = static_cast<double>(a.row(r)[c]);
    return out;
}

bool same(const truncated_svd& a, const truncated_svd& b) {
    return a.values == b.values && a.right.rows() == b.right.rows() &&
           std::memcmp(a.right.data(), b.right.data(), a.right.flat().size_bytes()) == 0;
}

} // namespace

TEST_CASE("decompose agrees with Eigen's SVD, whichever side is longer") {
    struct shape {
        std::size_t rows, columns, rank;
        double      falls;
    };
    for (const shape& of : {shape{40, 90, 7, .9}, shape{90, 40, 7, .93}, shape{60, 60, 20, .97}, shape{30, 50, 29, .9},
                            shape{30, 50, 30, .9}, shape{50, 30, 30, .95}, shape{5, 200, 1, .5}, shape{200, 5, 4, .999},
                            shape{1, 9, 1, 1}, shape{9, 1, 1, 1}, shape{1500, 37, 12, .999}}) {
        const auto [rows, columns, rank, falls] = of;
        CAPTURE(of.rows);
        CAPTURE(of.columns);
        CAPTURE(of.rank);
        const auto a     = scattered(rows, columns, falls, rows * 1000 + columns);
        const auto found = decompose(a, {.rank = rank, .oversample = 8, .iterations = 40}).value();
        const auto exact = dense(a);
        const auto k     = static_cast<Eigen::Index>(rank);
        const Eigen::JacobiSVD<Eigen::MatrixXd> oracle(exact, Eigen::ComputeThinU | Eigen::ComputeThinV);
        const auto                              v = dense(found.right);
        for (std::size_t i = 0; i < rank; ++i) {
            const double s = oracle.singularValues()[static_cast<Eigen::Index>(i)];
            CHECK(found.values[i] == doctest::Approx(s).epsilon(1e-4));
            // a right singular vector is what A brings to length s, and AᵀA to s²
            const Eigen::VectorXd x = v.col(static_cast<Eigen::Index>(i));
            CHECK((exact.transpose() * (exact * x) - s * s * x).norm() <= 2e-4 * s * oracle.singularValues()[0]);
        }
        CHECK((v.transpose() * v - Eigen::MatrixXd::Identity(k, k)).cwiseAbs().maxCoeff() < 1e-5);
        // the subspace: nothing of the oracle's first vectors lies outside, up to one that has a twin just beyond the cut
        if (k == oracle.singularValues().size() || oracle.singularValues()[k] < .97 * oracle.singularValues()[k - 1]) {
            const Eigen::MatrixXd theirs = oracle.matrixV().leftCols(k);
            CHECK((theirs - v * (v.transpose() * theirs)).norm() < 2e-3);
        }
    }
}

TEST_CASE("decompose gives the same bytes on any number of threads and any exact kernels") {
    for (const auto& a : {scattered(2600, 60, .9995, 1), scattered(70, 3000, .99, 2)}) {
        const svd_params p{.rank = 21, .oversample = 5, .iterations = 2, .seed = 9};
        const auto       one = decompose(a, p).value();
        CHECK(same(one, decompose(a, p).value()));
        CHECK(same(one, decompose(a, p, context(threads(2))).value()));
        CHECK(same(one, decompose(a, p, context(threads(4))).value()));
        context plain;
        for (const char* name : {"scalar", "avx2", "avx512"})
            if (const kernels* with = kernels_named(name); with != nullptr && with->exact)
                CHECK(same(one, decompose(a, p, *with, plain).value()));
        CHECK_FALSE(same(one, decompose(a, {.rank = 21, .oversample = 5, .iterations = 2, .seed = 10}).value()));
    }
}

TEST_CASE("decompose leaves out directions that a matrix does not have") {
    for (const bool tall : {false, true}) {
        auto a = scattered(6, 50, 1, 3); // six different rows, each ten times
        for (std::size_t copy = 1; copy < 10; ++copy)
            for (std::size_t r = 0; r < 6; ++r) {
                for (std::size_t i = a.begins[r]; i < a.begins[r + 1]; ++i) {
                    a.columns.push_back(a.columns[i]);
                    a.values.push_back(a.values[i]);
                }
                a.begins.push_back(a.columns.size());
            }
        if (tall) a = transposed(a).value();
        const auto                              found = decompose(a, {.rank = 15}).value();
        const auto                              exact = dense(a);
        const Eigen::JacobiSVD<Eigen::MatrixXd> oracle(exact);
        for (std::size_t i = 0; i < 15; ++i) {
            double length = 0;
            for (std::size_t r = 0; r < found.right.rows(); ++r)
                length += static_cast<double>(found.right.row(r)[i]) * static_cast<double>(found.right.row(r)[i]);
            CHECK(length == doctest::Approx(i < 6 ? 1 : 0).epsilon(1e-5));
            if (i < 6)
                CHECK(found.values[i] ==
                      doctest::Approx(oracle.singularValues()[static_cast<Eigen::Index>(i)]).epsilon(1e-4));
            else CHECK(found.values[i] == 0);
        }
    }
    sparse_matrix zero;
    zero.width = 8;
    zero.begins.assign(11, 0);
    const auto nothing = decompose(zero, {.rank = 3}).value();
    CHECK(nothing.values == std::vector<double>(3, 0.));
    for (const float x : nothing.right.flat()) CHECK(x == 0);
}

TEST_CASE("decompose refuses a rank that the shape cannot have") {
    const auto a = scattered(9, 14, 1, 4);
    const auto e = decompose(a, {.rank = 10});
    REQUIRE_FALSE(e);
    CHECK(e.error().what == fault::rank_too_high);
    CHECK(e.error().where == 9);
    CHECK(decompose(a, {.rank = 9}));
    CHECK(decompose(a, {.rank = 0}).error().what == fault::bad_argument);
    CHECK(decompose(a, {.rank = 3, .iterations = 0}).error().what == fault::bad_argument);
    CHECK(decompose(sparse_matrix{}, {.rank = 1}).error().what == fault::rank_too_high);
}

TEST_CASE("transposing twice gives a sparse matrix back") {
    const auto a = scattered(31, 17, .9, 5), b = transposed(a).value(), c = transposed(b).value();
    CHECK(b.rows() == 17);
    CHECK(b.width == 31);
    CHECK((dense(a).transpose() - dense(b)).norm() == 0);
    CHECK(c.begins == a.begins);
    CHECK(c.columns == a.columns);
    CHECK(c.values == a.values);
}
