// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/executor.hpp>
#include <graft/base/matrix.hpp>
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
[[nodiscard]] inline sparse_matrix transposed(const sparse_matrix& a) {
    sparse_matrix out;
    out.width = a.rows();
    out.begins.assign(a.width + 1, 0);
    out.columns.resize(a.columns.size());
    out.values.resize(a.values.size());
    for (const std::uint32_t c : a.columns) ++out.begins[c + 1];
    for (std::size_t c = 0; c < a.width; ++c) out.begins[c + 1] += out.begins[c];
    std::vector<std::size_t> next(out.begins.begin(), out.begins.end() - 1);
    for (std::size_t r = 0; r < a.rows(); ++r)
        for (std::size_t i = a.begins[r]; i < a.begins[r + 1]; ++i) {
            const std::size_t at = next[a.columns[i]]++;
            out.columns[at]      = static_cast<std::uint32_t>(r);
            out.values[at]       = a.values[i];
        }
    return out;
}

/// out = A X for a dense X [columns, dims]. Each row is one chain of fused multiply-adds in the order of its columns, made by
/// one thread, so the bits are the same on any number of them.
template <executor Executor>
void multiply(const sparse_matrix& a, matrix_view<const float> x, matrix_view<float> out, const Executor& on,
              const kernels& with) {
    GRAFT_ASSERT(x.rows == a.width && out.rows == a.rows() && out.dims == x.dims, "shapes that do not fit");
    constexpr std::size_t block = 64;
    on.run((out.rows + block - 1) / block, [&](std::size_t task) {
        for (std::size_t r = task * block; r < std::min(out.rows, (task + 1) * block); ++r) {
            float* const row = out.data + r * out.dims;
            std::fill_n(row, out.dims, 0.f);
            for (std::size_t i = a.begins[r]; i < a.begins[r + 1]; ++i)
                with.axpy(a.values[i], x.data + a.columns[i] * x.dims, row, out.dims);
        }
    });
}

/// out = Y W for dense Y [rows, k] and W [k, dims], by the same chains.
template <executor Executor>
void multiply(matrix_view<const float> y, matrix_view<const float> w, matrix_view<float> out, const Executor& on,
              const kernels& with) {
    GRAFT_ASSERT(y.dims == w.rows && out.rows == y.rows && out.dims == w.dims, "shapes that do not fit");
    constexpr std::size_t block = 64;
    on.run((out.rows + block - 1) / block, [&](std::size_t task) {
        const std::size_t first = task * block, n = std::min(block, out.rows - first);
        std::fill_n(out.data + first * out.dims, n * out.dims, 0.f);
        with.chains(y.data + first * y.dims, y.dims, 1, w.data, w.dims, out.data + first * out.dims, out.dims, n,
                    y.dims, out.dims);
    });
}

} // namespace graft::inline GRAFT_ABI
