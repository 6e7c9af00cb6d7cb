// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/lora.hpp>
#include <graft/codes/quantized_rows.hpp>
#include <graft/index/flat.hpp>
#include <graft/linalg/eigen.hpp>
#include <graft/simd/dot.hpp>
#include <graft/tune/info_nce.hpp>

#include <doctest/doctest.h>

#include <complex>
#include <type_traits>
#include <vector>

using namespace graft;

namespace {

template <class T>
using by_rows_of   = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using by_rows      = by_rows_of<float>;
using by_columns   = Eigen::MatrixXf;
using column       = Eigen::VectorXf;
using line         = Eigen::RowVectorXf;
using fixed        = Eigen::Matrix<float, 3, 4, Eigen::RowMajor>;
using a_ref        = Eigen::Ref<const by_rows>;
using strided      = Eigen::Map<by_rows, 0, Eigen::OuterStride<>>;
using small_floats = std::vector<float>;

template <class M>
constexpr bool reads = std::is_convertible_v<M, matrix_view<const float>>;
template <class M>
constexpr bool writes = std::is_convertible_v<M, matrix_view<float>>;
template <class V>
constexpr bool is_vector = std::is_convertible_v<V, vector_view>;
template <class M>
M& of();

// What owns its memory and has a name.
static_assert(reads<by_rows&> && reads<const by_rows&> && reads<fixed&> && reads<line&>);
static_assert(reads<Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>&>);
static_assert(writes<by_rows&> && !writes<const by_rows&>);
// What looks at memory of another's, a temporary too.
static_assert(reads<Eigen::Map<by_rows>> && reads<Eigen::Map<const by_rows>>);
static_assert(writes<Eigen::Map<by_rows>> && !writes<Eigen::Map<const by_rows>>);
static_assert(reads<decltype(of<by_columns>().transpose())> && writes<decltype(of<by_columns>().transpose())>);
static_assert(reads<decltype(of<const by_columns>().transpose())> &&
              !writes<decltype(of<const by_columns>().transpose())>);
static_assert(reads<decltype(of<by_rows>().middleRows(1, 2))> && reads<decltype(of<const by_rows>().row(1))>);
static_assert(reads<decltype(of<by_columns>().leftCols(2).transpose())> && reads<decltype(of<by_rows>().array())>);
// By columns, with gaps or perhaps with gaps, nowhere yet, of other numbers, a temporary.
static_assert(!reads<by_columns&> && !reads<column&> && !reads<decltype(of<by_rows>().transpose())>);
static_assert(!reads<strided&> && !reads<a_ref&> && !reads<decltype(of<by_rows>().leftCols(2))>);
static_assert(!reads<decltype(of<by_columns>().topRows(2).transpose())>);
static_assert(!reads<decltype(of<by_rows>().leftCols(2).array())> && !reads<decltype(of<by_rows>() * 2)>);
static_assert(!reads<by_rows_of<double>&> && !reads<by_rows_of<std::complex<float>>&> && !reads<by_rows>);
// Vectors of both directions, and parts of matrices that lie together.
static_assert(is_vector<column&> && is_vector<line&> && is_vector<Eigen::Map<column>> &&
              is_vector<Eigen::Ref<const column>&>);
static_assert(is_vector<decltype(of<by_rows>().row(0))> && is_vector<decltype(of<by_columns>().col(0))>);
static_assert(is_vector<decltype(of<column>().head(2))>);
static_assert(!is_vector<column> && !is_vector<decltype(of<by_rows>().col(0))> && !is_vector<by_rows&>);
static_assert(!is_vector<Eigen::Map<column, 0, Eigen::InnerStride<>>> && !is_vector<Eigen::VectorXd&>);
// What was a vector before is one.
static_assert(is_vector<small_floats&> && is_vector<const small_floats&> && is_vector<std::span<float>>);
static_assert(std::is_trivially_copyable_v<vector_view> && sizeof(vector_view) == sizeof(std::span<const float>));

by_rows random_rows(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    std::mt19937_64                 draw(seed);
    std::normal_distribution<float> normal;
    return by_rows::NullaryExpr(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(dims),
                                [&] { return normal(draw); });
}

} // namespace

TEST_CASE("Eigen sees graft's rows in place") {
    matrix<float> m(2, 3);
    for (std::size_t i = 0; i < 6; ++i) m.flat()[i] = static_cast<float>(i);
    auto map = as_eigen(m.view());
    CHECK(map.rows() == 2);
    CHECK(map.cols() == 3);
    CHECK(map(1, 0) == 3);
    CHECK(map.data() == m.data());
    map.row(0) *= 2.f;
    CHECK(m.row(0)[2] == 4);
    const matrix<float>& still = m;
    CHECK(as_eigen(still.view()).sum() == 18);
    static_assert(!std::is_assignable_v<decltype(as_eigen(still.view())(0, 0)), float>, "a const view is read-only");
    CHECK(as_eigen(matrix_view<double>{}).size() == 0);
    as_eigen(m.row(1)) *= 2.f;
    CHECK(m.row(1)[0] == 6);
    CHECK(as_eigen(still.row(1)).sum() == 24);
}

TEST_CASE("a matrix of Eigen's becomes a view without a copy") {
    by_rows                  m    = random_rows(5, 3, 1);
    matrix_view<const float> rows = m;
    CHECK(rows.data == m.data());
    CHECK(rows.rows == 5);
    CHECK(rows.dims == 3);
    CHECK(rows.row(4)[2] == m(4, 2));
    const matrix_view<const float> some = m.middleRows(2, 2);
    CHECK(some.rows == 2);
    CHECK(some.data == &m(2, 0));
    by_columns                     turned = m.transpose();
    const matrix_view<const float> same   = turned.transpose();
    CHECK(same.rows == 5);
    CHECK(std::equal(same.flat().begin(), same.flat().end(), rows.flat().begin()));
    const vector_view third = m.row(3), first = turned.col(1);
    CHECK(third.data() == &m(3, 0));
    CHECK(third.size() == 3);
    CHECK(first[2] == m(1, 2));
    const by_rows none(0, 3);
    CHECK(matrix_view<const float>(none).empty());
}

TEST_CASE("rows whose type does not exclude gaps are looked at") {
    by_rows m = random_rows(4, 6, 2);
    a_ref   whole(m), left(m.leftCols(3)), one(m.block(1, 2, 1, 3));
    CHECK(rows_of(whole)->data == m.data());
    CHECK(rows_of(one)->row(0)[0] == m(1, 2));
    REQUIRE(!rows_of(left));
    CHECK(rows_of(left).error().what == fault::wrong_shape);
    CHECK(rows_of(left).error().where == 6);
    strided packed(m.data(), 8, 3, Eigen::OuterStride<>(3));
    CHECK(rows_of(packed)->rows == 8);
    static_assert(std::is_same_v<decltype(rows_of(packed)), result<matrix_view<float>>>);
    static_assert(std::is_same_v<decltype(rows_of(left)), result<matrix_view<const float>>>);
}

TEST_CASE("products and dots of Eigen's matrices are Eigen's to rounding") {
    const by_rows a = random_rows(7, 19, 3), b = random_rows(5, 19, 4);
    by_rows       abt(7, 5), ab(7, 5), atb(19, 5);
    multiply_abt(a, b, abt);
    CHECK((abt - a * b.transpose()).norm() < 1e-4f);
    const by_rows bt = b.transpose(), c = random_rows(7, 5, 5);
    multiply_ab(a, bt, ab);
    CHECK((ab - a * bt).norm() < 1e-4f);
    multiply_atb(a, c, atb);
    CHECK((atb - a.transpose() * c).norm() < 1e-4f);
    const by_rows_of<double> x = a.cast<double>(), y = b.cast<double>();
    by_rows_of<double>       xy(7, 5);
    multiply_abt(x, y, xy);
    CHECK((xy - x * y.transpose()).norm() < 1e-12);
    const column q = a.row(0);
    CHECK(std::fabs(dot(q, b.row(1)) - q.dot(column(b.row(1)))) < 1e-4f);
    column scores(5);
    dots(q, b, {scores.data(), 5});
    CHECK((scores - b * q).norm() < 1e-4f);
}

TEST_CASE("an index takes Eigen's rows and questions") {
    const by_rows               rows = random_rows(300, 24, 6), asked = random_rows(3, 24, 7);
    const std::vector<chunk_id> ids = [] {
        std::vector<chunk_id> out(300);
        for (std::size_t i = 0; i < 300; ++i) out[i] = chunk_id{i};
        return out;
    }();
    flat<cosine> one(24), other(24);
    auto         by_matrix = one.begin(), by_vectors = other.begin();
    REQUIRE(by_matrix.add(ids, rows));
    for (std::size_t i = 0; i < 300; ++i) {
        const vector_view row = rows.row(static_cast<Eigen::Index>(i));
        REQUIRE(by_vectors.add(std::span(ids).subspan(i, 1), std::span(&row, 1)));
    }
    CHECK(by_matrix.add(ids, rows).error().what == fault::duplicate_id);
    CHECK(by_matrix.add(std::span(ids).first(2), rows).error().what == fault::wrong_shape);
    REQUIRE(by_matrix.prepare());
    REQUIRE(by_vectors.prepare());
    one.commit(std::move(by_matrix));
    other.commit(std::move(by_vectors));
    context    c;
    const auto all = one.each(asked, 5, c);
    REQUIRE(all);
    for (Eigen::Index i = 0; i < 3; ++i) {
        const auto alone = other.search(asked.row(i), 5, c);
        REQUIRE(alone);
        const auto together = all->of[static_cast<std::size_t>(i)];
        for (std::size_t k = 0; k < 5; ++k) {
            CHECK((*alone)[k].id == together[k].id);
            CHECK((*alone)[k].score == together[k].score);
        }
        const column cosines = rows.rowwise().normalized() * asked.row(i).transpose().normalized();
        Eigen::Index best    = 0;
        CHECK(std::fabs(cosines.maxCoeff(&best) - together[0].score) < 1e-5f);
        CHECK(chunk_id{static_cast<std::size_t>(best)} == together[0].id);
    }
    quantized_rows<int8_rows> codes(24, int8_rows::fit(rows));
    REQUIRE(codes.add(rows));
    CHECK(codes.size() == 300);
}

TEST_CASE("an adapter and its loss take Eigen's matrices") {
    const by_rows x = random_rows(6, 8, 8), p = random_rows(4, 8, 9).rowwise().normalized();
    by_rows       y = x, dq(6, 8), dx = by_rows::Zero(6, 8);
    auto          update = lora<float>::make(8, 8, {.rank = 2}).value();
    as_eigen(update.B.view()).setConstant(.25f);
    context    c;
    const auto kept = update.forward(x, y, c);
    const auto BA   = as_eigen(update.B.view()) * as_eigen(update.A.view());
    CHECK((y - x - update.scale * x * by_rows(BA).transpose()).norm() < 1e-4f);
    const std::vector<contrastive_row> batch{{0}, {1}, {2}, {3}, {0}, {1}};
    const double                       loss = info_nce<float>(y, p, batch, 20, 1, dq, c);
    double                             want = 0;
    const by_rows                      s    = 20 * y.rowwise().normalized() * p.transpose();
    for (Eigen::Index i = 0; i < 6; ++i)
        want += std::log(s.row(i).cast<double>().array().exp().sum()) -
                static_cast<double>(s(i, batch[static_cast<std::size_t>(i)].target));
    CHECK(loss == doctest::Approx(want).epsilon(1e-5));
    auto g = update.zero_grads();
    update.backward(x, kept, dq, g, dx, c);
    CHECK((dx - update.scale * dq * by_rows(BA)).norm() < 1e-4f);
}
