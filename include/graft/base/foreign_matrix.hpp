// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace graft::inline GRAFT_ABI {

// How matrices and vectors of Eigen's become views of graft's, without a header of Eigen's: by what their types say.

/// Why a matrix of another library is not taken as rows: the compiler names it, as in
/// `a_matrix<…>::of_columns__is_not_rows__make_it_row_major_or_transpose_it`.
template <class M>
struct a_matrix {
    struct of_columns__is_not_rows__make_it_row_major_or_transpose_it;
    struct whose_rows_may_have_gaps__ask_rows_of_or_copy_it;
    struct that_is_a_temporary__would_dangle__give_it_a_name;
};

/// The same for a vector.
template <class V>
struct a_vector {
    struct whose_elements_may_have_gaps__copy_it;
    struct that_is_a_temporary__would_dangle__give_it_a_name;
};

namespace detail {

/// A dense matrix that says how it lies in memory, as Eigen's Matrix, Array, Map, Ref, Block and Transpose do. A sum or a product
/// of matrices lies nowhere yet, and is none.
template <class M>
concept foreign_matrix = requires(const M& m) {
    typename M::Scalar;
    { m.data() } -> std::convertible_to<const typename M::Scalar*>;
    { m.rows() } -> std::convertible_to<std::ptrdiff_t>;
    { m.cols() } -> std::convertible_to<std::ptrdiff_t>;
    { m.outerStride() } -> std::convertible_to<std::ptrdiff_t>;
    static_cast<bool>(M::IsRowMajor);
    static_cast<int>(M::RowsAtCompileTime);
    static_cast<int>(M::ColsAtCompileTime);
    static_cast<int>(M::InnerStrideAtCompileTime);
    static_cast<int>(M::OuterStrideAtCompileTime);
};

/// It has memory of its own: a temporary of it takes that along.
template <class M>
concept foreign_owner = requires(M& m) { m.conservativeResize(1, 1); };

template <class M>
inline constexpr bool one_step = static_cast<int>(M::InnerStrideAtCompileTime) == 1; // from element to element
template <class M>
inline constexpr bool one_row = static_cast<int>(M::RowsAtCompileTime) == 1;

/// Whether the type alone says that each row, or column, begins where the one before it ends.
template <class M>
struct gapless
    : std::bool_constant<foreign_owner<M> || one_row<M> ||
                         (static_cast<int>(M::OuterStrideAtCompileTime) > 0 &&
                          static_cast<int>(M::OuterStrideAtCompileTime) ==
                              static_cast<int>(M::IsRowMajor ? M::ColsAtCompileTime : M::RowsAtCompileTime))> {};
template <class M>
struct gapless<const M> : gapless<M> {};
template <class M> // what looks at another matrix: its transpose, say, or a part of it
concept foreign_look = !foreign_owner<M> && !one_row<M> && requires(const M& m) { m.nestedExpression(); };
template <class M>
concept foreign_part = foreign_look<M> && requires(const M& m) { m.startRow(); };

template <template <class, int, class> class Map, class M, int Options, class Stride> // Map, and Ref
    requires(!foreign_owner<Map<M, Options, Stride>> && !one_row<Map<M, Options, Stride>> &&
             !foreign_look<Map<M, Options, Stride>>)
struct gapless<Map<M, Options, Stride>> : std::bool_constant<static_cast<int>(Stride::OuterStrideAtCompileTime) == 0> {
};
template <template <class, int, int, bool> class Block, class M, int Rows, int Cols> // whole rows of a matrix of rows
    requires foreign_part<Block<M, Rows, Cols, true>>
struct gapless<Block<M, Rows, Cols, true>> : gapless<M> {};
template <class M>
    requires(foreign_look<M> && !foreign_part<M>)
struct gapless<M> : gapless<std::remove_cvref_t<decltype(std::declval<const M&>().nestedExpression())>> {};

/// A matrix of these numbers, whatever its layout; M is deduced from a forwarding reference.
template <class M, class T>
concept foreign_matrix_of =
    foreign_matrix<std::remove_cvref_t<M>> &&
    std::same_as<typename std::remove_cvref_t<M>::Scalar, std::remove_const_t<T>> && requires(M& m) {
        { m.data() } -> std::convertible_to<T*>;
    };
template <class V, class T>
concept foreign_vector_of = foreign_matrix_of<V, T> && static_cast<bool>(std::remove_cvref_t<V>::IsVectorAtCompileTime);

/// Why it is no rows for a view; void where it is.
template <class M, class Type = std::remove_cvref_t<M>>
struct no_rows : std::type_identity<void> {};
template <class M, foreign_matrix Type>
struct no_rows<M, Type>
    : std::conditional<
          !static_cast<bool>(Type::IsRowMajor) || !one_step<Type>,
          typename a_matrix<Type>::of_columns__is_not_rows__make_it_row_major_or_transpose_it,
          std::conditional_t<
              foreign_owner<Type> && !std::is_lvalue_reference_v<M>,
              typename a_matrix<Type>::that_is_a_temporary__would_dangle__give_it_a_name,
              std::conditional_t<gapless<Type>::value, void,
                                 typename a_matrix<Type>::whose_rows_may_have_gaps__ask_rows_of_or_copy_it>>> {};

/// Why it is no vector for a view; void where it is.
template <class V, class Type = std::remove_cvref_t<V>>
struct no_vector : std::type_identity<void> {};
template <class V, foreign_matrix Type>
struct no_vector<V, Type>
    : std::conditional<
          !one_step<Type>, typename a_vector<Type>::whose_elements_may_have_gaps__copy_it,
          std::conditional_t<foreign_owner<Type> && !std::is_lvalue_reference_v<V>,
                             typename a_vector<Type>::that_is_a_temporary__would_dangle__give_it_a_name, void>> {};

} // namespace detail
} // namespace graft::inline GRAFT_ABI
