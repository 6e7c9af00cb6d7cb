// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/simd/kernels.hpp>

namespace graft::inline GRAFT_ABI {

/// a · b, by the one order of sums: the same bits whatever the exact kernels.
[[nodiscard]] inline float dot(vector_view a, vector_view b, const kernels& by = best_kernels<need::rows>()) noexcept {
    GRAFT_ASSERT(a.size() == b.size(), "a dot product takes two vectors of one length");
    float out = 0;
    by.f32.dots(a.data(), b.data(), 1, a.size(), &out);
    return out;
}

/// out[i] = q · row i, bit-equal to `dot` row by row.
///
/// Takes    q [dims], rows [n, dims], out [n]
inline void dots(vector_view q, matrix_view<const float> rows, std::span<float> out,
                 const kernels& by = best_kernels<need::rows>()) noexcept {
    GRAFT_ASSERT(q.size() == rows.dims && out.size() == rows.rows, "one query, its rows, a place for each score");
    by.f32.dots(q.data(), rows.data, rows.rows, rows.dims, out.data());
}

} // namespace graft::inline GRAFT_ABI
