// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora.hpp>
#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/linalg/product.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

// Low-rank updates beside a table of rows that are looked up by their number, as the tokens of a model are: row i becomes row i + scale · B A[:, i].
// A is [rank, rows of the table] and zero at birth, B is [dims, rank]: the other way round than beside a linear layer.

namespace detail {

/// The columns of A that are looked up, as rows [ids, rank].
template <std::floating_point Scalar>
[[nodiscard]] matrix_view<Scalar> columns_of(const matrix<Scalar>& A, std::span<const std::uint32_t> ids, arena& a) {
    const matrix_view<Scalar> some{a.take_raw<Scalar>(ids.size() * A.rows()).data(), ids.size(), A.rows()};
    for (std::size_t i = 0; i < ids.size(); ++i)
        for (std::size_t k = 0; k < A.rows(); ++k) some.row(i)[k] = A.row(k)[ids[i]];
    return some;
}

} // namespace detail

/// y row i += scale · B A[:, ids[i]]. Rows whose column of A is zero keep their bits.
///
/// Takes    ids below the rows of the table; y [ids, dims]
template <std::floating_point Scalar>
void add_looked_up(const lora<Scalar>& u, std::span<const std::uint32_t> ids, matrix_view<Scalar> y, arena& a) {
    GRAFT_ASSERT(y.rows == ids.size() && y.dims == u.out(), "a row for each number");
    const arena::scope        mine(a);
    const auto                some = detail::columns_of(u.A, ids, a);
    const matrix_view<Scalar> more{a.take_raw<Scalar>(y.rows * y.dims).data(), y.rows, y.dims};
    multiply_abt(some, u.B.view(), more);
    for (std::size_t i = 0; i < y.rows; ++i)
        if (std::any_of(some.row(i).begin(), some.row(i).end(), [](Scalar x) { return x != 0; }))
            detail::add_scaled(u.scale, more.middle(i, 1), y.middle(i, 1));
}

/// Adds the gradients of A and B: dB = scale · dyᵀ A[:, ids]ᵀ; each column of A gets scale · Bᵀ dy of the rows that looked it up, in their order.
template <std::floating_point Scalar>
void looked_up_gradients(const lora<Scalar>& u, std::span<const std::uint32_t> ids, matrix_view<const Scalar> dy,
                         typename lora<Scalar>::grads& g, arena& a) {
    GRAFT_ASSERT(dy.rows == ids.size() && dy.dims == u.out(), "a row for each number");
    const arena::scope mine(a);
    const auto         room = [&](std::size_t rows, std::size_t dims) {
        return matrix_view<Scalar>{a.take_raw<Scalar>(rows * dims).data(), rows, dims};
    };
    const auto some = detail::columns_of(u.A, ids, a), dB = room(u.out(), u.rank()), back = room(dy.rows, u.rank());
    multiply_atb(dy, matrix_view<const Scalar>(some), dB);
    detail::add_scaled(u.scale, dB, g.B.view());
    multiply_ab(dy, u.B.view(), back);
    for (std::size_t i = 0; i < ids.size(); ++i)
        for (std::size_t k = 0; k < u.rank(); ++k) {
            Scalar& to = g.A.row(k)[ids[i]];
            to         = std::fma(u.scale, back.row(i)[k], to);
        }
}

} // namespace graft::inline GRAFT_ABI
