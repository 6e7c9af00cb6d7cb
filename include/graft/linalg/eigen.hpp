// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/base/result.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <span>
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

/// One vector as a column of Eigen's, in place.
template <class T>
using eigen_vector_map =
    Eigen::Map<std::conditional_t<std::is_const_v<T>, const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>,
                                  Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>>>;
template <class T>
[[nodiscard]] eigen_vector_map<T> as_eigen(std::span<T> vector) noexcept {
    return {vector.data(), static_cast<Eigen::Index>(vector.size())};
}

// The other way needs no call: a row-major matrix, a Map of one, its whole rows or the transpose of a matrix of columns is taken
// wherever graft takes a `matrix_view`, and a vector wherever it takes a `vector_view`.

/// Eigen's rows where their type does not say that no gaps lie between them, as a Ref or a block of columns: looks, and copies
/// nothing.
///
///     void keep(Eigen::Ref<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> vectors) {
///         auto rows = graft::rows_of(vectors);
///
/// Borrows  the matrix, which must have a name.
/// Fails    `wrong_shape`, with the distance between two rows, where there are gaps: copy it into a matrix of its own.
template <class M>
    requires detail::foreign_matrix<M> && (static_cast<bool>(M::IsRowMajor) && detail::one_step<M>)
[[nodiscard]] auto rows_of(M& m) noexcept {
    using view         = matrix_view<std::remove_pointer_t<decltype(m.data())>>;
    const auto as_size = [](Eigen::Index n) { return static_cast<std::size_t>(n); };
    return m.rows() > 1 && m.outerStride() != m.cols()
               ? result<view>(error{fault::wrong_shape, unit::none, as_size(m.outerStride()), "rows with gaps"})
               : result<view>(view(m.data(), as_size(m.rows()), as_size(m.cols())));
}

} // namespace graft::inline GRAFT_ABI
