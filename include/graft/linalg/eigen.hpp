// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>

#include <Eigen/Core>

#include <type_traits>

namespace graft::inline GRAFT_ABI {

namespace detail {

template <class T>
using row_major = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

} // namespace detail

/// What `as_eigen` gives: an Eigen matrix without memory of its own.
template <class T>
using eigen_map = Eigen::Map<std::conditional_t<std::is_const_v<T>, const detail::row_major<T>, detail::row_major<T>>>;

/// graft's rows as an Eigen matrix, in place: `as_eigen(m.view()).colwise().sum()`.
///
/// Gives    an Eigen::Map, row-major; read-only where the view is.
/// Borrows  the memory of the view. Assigning to the map writes there; no Eigen object owns any of it.
template <class T>
[[nodiscard]] eigen_map<T> as_eigen(matrix_view<T> rows) noexcept {
    return {rows.data, static_cast<Eigen::Index>(rows.rows), static_cast<Eigen::Index>(rows.dims)};
}

} // namespace graft::inline GRAFT_ABI
