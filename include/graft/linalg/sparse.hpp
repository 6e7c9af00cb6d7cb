// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/simd/kernels.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A matrix of which only the elements that are not zero are kept, row by row.
struct sparse_matrix {
    std::size_t                width  = 0;   ///< columns
    std::vector<std::size_t>   begins = {0}; ///< row i is elements [begins[i], begins[i + 1])
    std::vector<std::uint32_t> columns;      ///< ascending in a row
    std::vector<float>         values;

    [[nodiscard]] std::size_t rows() const noexcept { return begins.size() - 1; }

    void reserve(std::size_t rows, std::size_t elements) {
        begins.reserve(rows + 1);
        columns.reserve(elements);
        values.reserve(elements);
    }
};

/// The same elements, column by column.
///
/// Fails    stopped, timed_out.
[[nodiscard]] inline result<sparse_matrix> transposed(const sparse_matrix& a, context& c) {
    sparse_matrix out;
    out.width = a.rows();
    out.begins.assign(a.width + 1, 0);
    out.columns.resize(a.columns.size());
    out.values.resize(a.values.size());
    for (const std::uint32_t column : a.columns) ++out.begins[column + 1];
    for (std::size_t column = 0; column < a.width; ++column) out.begins[column + 1] += out.begins[column];
    std::vector<std::size_t> next(out.begins.begin(), out.begins.end() - 1);
    for (std::size_t r = 0; r < a.rows(); ++r) {
        if (r % 256 == 0)
            if (auto ok = c.alive(); !ok) return ok.error();
        for (std::size_t i = a.begins[r]; i < a.begins[r + 1]; ++i) {
            const std::size_t at = next[a.columns[i]]++;
            out.columns[at]      = static_cast<std::uint32_t>(r);
            out.values[at]       = a.values[i];
        }
    }
    return out;
}
/// The same in a context of its own.
[[nodiscard]] inline result<sparse_matrix> transposed(const sparse_matrix& a, context&& c = {}) {
    return transposed(a, c);
}

/// out = A X for a dense X [columns, dims]. Each row is one chain of fused multiply-adds in the order of its columns, made by
/// one thread, so the bits are the same on any number of them.
///
/// Fails    stopped, timed_out; `out` is half made then.
[[nodiscard]] inline result<void> multiply(const sparse_matrix& a, matrix_view<const float> x, matrix_view<float> out,
                                           const kernels& with, context& c) {
    GRAFT_ASSERT(x.rows == a.width && out.rows == a.rows() && out.dims == x.dims, "shapes that do not fit");
    return each_block(c, out.rows, 64, [&](std::size_t first, std::size_t last, context& w) -> result<void> {
        for (std::size_t r = first; r < last; ++r) {
            float* const row = out.data + r * out.dims;
            std::fill_n(row, out.dims, 0.f);
            for (std::size_t i = a.begins[r]; i < a.begins[r + 1]; ++i) {
                if (i % 4096 == 0)
                    if (auto ok = w.alive(); !ok) return ok;
                with.axpy(a.values[i], x.data + a.columns[i] * x.dims, row, out.dims);
            }
        }
        return done;
    });
}

/// out = Y W for dense Y [rows, k] and W [k, dims], by the same chains.
[[nodiscard]] inline result<void> multiply(matrix_view<const float> y, matrix_view<const float> w,
                                           matrix_view<float> out, const kernels& with, context& c) {
    GRAFT_ASSERT(y.dims == w.rows && out.rows == y.rows && out.dims == w.dims, "shapes that do not fit");
    return each_block(c, out.rows, 64, [&](std::size_t first, std::size_t last, context&) {
        const std::size_t n = last - first;
        std::fill_n(out.data + first * out.dims, n * out.dims, 0.f);
        with.chains(y.data + first * y.dims, y.dims, 1, w.data, w.dims, out.data + first * out.dims, out.dims, n,
                    y.dims, out.dims);
    });
}

} // namespace graft::inline GRAFT_ABI
