// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/foreign_matrix.hpp>
#include <graft/base/pages.hpp>
#include <graft/config.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// One vector that somebody else owns: a span that is also made of a vector of Eigen's, whatever its direction.
///
/// Borrows  the elements. A vector that owns its memory must have a name: a temporary of it does not compile, nor one with gaps.
struct vector_view : std::span<const float> {
    constexpr vector_view() noexcept = default;
    constexpr vector_view(std::span<const float> elements) noexcept : std::span<const float>(elements) {}
    template <class R>
        requires std::convertible_to<R, std::span<const float>>
    constexpr vector_view(R&& elements) noexcept(noexcept(std::span<const float>(std::forward<R>(elements))))
        : std::span<const float>(std::forward<R>(elements)) {}
    template <std::contiguous_iterator First>
        requires std::constructible_from<std::span<const float>, First, std::size_t>
    constexpr vector_view(First first, std::size_t count) : std::span<const float>(first, count) {}
    template <std::contiguous_iterator First, std::sized_sentinel_for<First> Last>
        requires std::constructible_from<std::span<const float>, First, Last>
    constexpr vector_view(First first, Last last) : std::span<const float>(first, last) {}

    template <detail::foreign_vector_of<const float> V>
        requires std::is_void_v<typename detail::no_vector<V>::type>
    constexpr vector_view(V&& v) noexcept
        : vector_view(std::span<const float>(v.data(), static_cast<std::size_t>(v.rows() * v.cols()))) {}
    template <detail::foreign_vector_of<const float> V, class Why = typename detail::no_vector<V>::type>
        requires(!std::is_void_v<typename detail::no_vector<V>::type>)
    vector_view(V&& v) = delete;
};

/// Rows that somebody else owns: [rows, dims], row-major, without gaps. One row = one vector. Also made of a row-major matrix of
/// Eigen's, a Map of one, its `middleRows`, or the transpose of a matrix of columns, without a copy:
///
///     Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> vectors = …;
///     nearest.each(vectors, 10, c);
///
/// What is stored by columns, owns its memory and is a temporary, or may have gaps between its rows (a Ref, a block of columns: see
/// `rows_of` in linalg/eigen.hpp) does not compile.
///
/// Borrows  the memory behind `data`.
template <class T>
struct matrix_view {
    T*          data = nullptr;
    std::size_t rows = 0;
    std::size_t dims = 0;

    constexpr matrix_view() noexcept = default;
    constexpr matrix_view(T* first, std::size_t row_count, std::size_t row_dims) noexcept
        : data(first), rows(row_count), dims(row_dims) {}

    template <detail::foreign_matrix_of<T> M>
        requires std::is_void_v<typename detail::no_rows<M>::type>
    constexpr matrix_view(M&& m) noexcept
        : data(m.data()), rows(static_cast<std::size_t>(m.rows())), dims(static_cast<std::size_t>(m.cols())) {}
    template <detail::foreign_matrix_of<T> M, class Why = typename detail::no_rows<M>::type>
        requires(!std::is_void_v<typename detail::no_rows<M>::type>)
    matrix_view(M&& m) = delete;

    [[nodiscard]] constexpr std::span<T> row(std::size_t i) const noexcept {
        GRAFT_ASSERT(i < rows, "a row beyond the end");
        return {data + i * dims, dims};
    }
    /// Rows [first, first + count).
    [[nodiscard]] constexpr matrix_view middle(std::size_t first, std::size_t count) const noexcept {
        GRAFT_ASSERT(first <= rows && count <= rows - first, "rows beyond the end");
        return {data + first * dims, count, dims};
    }
    [[nodiscard]] constexpr std::span<T> flat() const noexcept { return {data, rows * dims}; }
    [[nodiscard]] constexpr bool         empty() const noexcept { return rows * dims == 0; }

    /// A view that may write is also one that may read.
    constexpr operator matrix_view<const T>() const noexcept
        requires(!std::is_const_v<T>)
    {
        return {data, rows, dims};
    }
};

/// Rows with memory of their own: [rows, dims], row-major, the first byte on a 64-byte boundary, zero at birth.
/// No type of Eigen's: see `linalg/eigen.hpp` for the map.
///
/// Costs    one allocation, in huge pages from 2 MiB on unless advised otherwise; a move is four words, a copy copies.
/// Fails    std::bad_alloc where there is no memory, also for a size that overflows.
template <class T>
class matrix {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    struct freed {
        std::size_t bytes = 0;
        void        operator()(T* at) const noexcept { detail::release(at, bytes); }
    };
    std::unique_ptr<T[], freed> data_;
    std::size_t                 rows_ = 0;
    std::size_t                 dims_ = 0;

public:
    matrix() = default;
    matrix(std::size_t rows, std::size_t dims, page_advice advice = page_advice::huge) : rows_(rows), dims_(dims) {
        if (rows == 0 || dims == 0) return;
        const bool  fits  = rows <= std::numeric_limits<std::size_t>::max() / sizeof(T) / dims;
        const auto  bytes = fits ? rows * dims * sizeof(T) : std::numeric_limits<std::size_t>::max();
        void* const at    = detail::allocate(bytes, advice);
        if (at == nullptr) detail::no_memory();
        data_ = {static_cast<T*>(at), freed{bytes}};
        std::fill_n(data_.get(), rows * dims, T{});
    }
    explicit matrix(matrix_view<const T> from) : matrix(from.rows, from.dims) {
        std::copy_n(from.data, rows_ * dims_, data_.get());
    }
    matrix(const matrix& other) : matrix(other.view()) {}
    matrix(matrix&& other) noexcept
        : data_(std::move(other.data_)), rows_(std::exchange(other.rows_, 0)), dims_(std::exchange(other.dims_, 0)) {}
    /// One of the same shape is copied to where this one lies.
    matrix& operator=(const matrix& other) {
        if (rows_ != other.rows_ || dims_ != other.dims_) return *this = matrix(other);
        if (this != &other) std::copy_n(other.data_.get(), rows_ * dims_, data_.get());
        return *this;
    }
    matrix& operator=(matrix&& other) noexcept {
        data_ = std::move(other.data_);
        rows_ = std::exchange(other.rows_, 0);
        dims_ = std::exchange(other.dims_, 0);
        return *this;
    }
    ~matrix() = default;

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t dims() const noexcept { return dims_; }
    [[nodiscard]] T*          data() noexcept { return data_.get(); }
    [[nodiscard]] const T*    data() const noexcept { return data_.get(); }

    [[nodiscard]] matrix_view<T>       view() noexcept { return {data_.get(), rows_, dims_}; }
    [[nodiscard]] matrix_view<const T> view() const noexcept { return {data_.get(), rows_, dims_}; }
    [[nodiscard]] std::span<T>         row(std::size_t i) noexcept { return view().row(i); }
    [[nodiscard]] std::span<const T>   row(std::size_t i) const noexcept { return view().row(i); }
    [[nodiscard]] std::span<T>         flat() noexcept { return view().flat(); }
    [[nodiscard]] std::span<const T>   flat() const noexcept { return view().flat(); }
};

} // namespace graft::inline GRAFT_ABI

template <>
inline constexpr bool std::ranges::enable_borrowed_range<graft::vector_view> = true;
template <>
inline constexpr bool std::ranges::enable_view<graft::vector_view> = true;
