// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/row_functions.hpp>

#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// A row of numbers for each token.
template <std::floating_point Scalar>
struct embedding_table {
    matrix<Scalar> rows; ///< [tokens, dims]

    [[nodiscard]] std::size_t dims() const noexcept { return rows.dims(); }
    [[nodiscard]] std::size_t size() const noexcept { return rows.rows(); }

    /// y row i = the row of ids[i], or with `add` that beside what y holds.
    ///
    /// Takes    ids below `size()`, y [ids, dims]
    void forward(std::span<const std::uint32_t> ids, matrix_view<Scalar> y, bool add = false) const {
        GRAFT_ASSERT(y.rows == ids.size() && y.dims == dims(), "a row for each id");
        const auto& by = detail::row_functions<Scalar>();
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const Scalar* from = rows.row(ids[i]).data();
            if (add) by.add(from, y.row(i).data(), dims());
            else std::copy_n(from, dims(), y.row(i).data());
        }
    }
    /// Adds dy row i into the gradient of row ids[i], in order.
    void backward(std::span<const std::uint32_t> ids, matrix_view<const Scalar> dy, matrix_view<Scalar> drows) const {
        const auto& by = detail::row_functions<Scalar>();
        for (std::size_t i = 0; i < ids.size(); ++i) by.add(dy.row(i).data(), drows.row(ids[i]).data(), dims());
    }
};

} // namespace graft::inline GRAFT_ABI
