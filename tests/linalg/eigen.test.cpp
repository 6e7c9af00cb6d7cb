// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/linalg/eigen.hpp>

#include <doctest/doctest.h>

#include <type_traits>

using namespace graft;

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
    const matrix<float>& fixed = m;
    CHECK(as_eigen(fixed.view()).sum() == 18);
    static_assert(!std::is_assignable_v<decltype(as_eigen(fixed.view())(0, 0)), float>, "a const view is read-only");
    CHECK(as_eigen(matrix_view<double>{}).size() == 0);
}
