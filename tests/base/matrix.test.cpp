// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/matrix.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>

using namespace graft;

TEST_CASE("rows are contiguous, aligned and zero at birth") {
    matrix<float> m(3, 5);
    CHECK(reinterpret_cast<std::uintptr_t>(m.data()) % 64 == 0);
    for (float x : m.flat()) CHECK(x == 0);
    std::iota(m.flat().begin(), m.flat().end(), 0.f);
    CHECK(m.row(2)[4] == 14);
    CHECK(m.view().middle(1, 2).row(0)[0] == 5);
    matrix_view<const float> read = m.view();
    CHECK(read.row(1).data() == m.data() + 5);
}

TEST_CASE("a copy is deep, a move leaves nothing behind") {
    matrix<int> a(2, 2);
    a.row(1)[1]   = 7;
    matrix<int> b = a;
    b.row(1)[1]   = 8;
    CHECK(a.row(1)[1] == 7);
    matrix<int> c = std::move(a);
    CHECK(c.row(1)[1] == 7);
    CHECK(a.rows() == 0);
    CHECK(a.view().empty());
    b = std::move(c);
    CHECK(b.row(1)[1] == 7);
    b = matrix<int>(b.view());
    CHECK(b.row(1)[1] == 7);
    CHECK(matrix<int>(0, 4).flat().empty());
    static_assert(std::is_nothrow_move_constructible_v<matrix<int>>);
}
