// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/function_ref.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/simd/kernels.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A weight matrix W [out, in] whose rows are made when they are asked for: decoded from bf16, from blocks of a file, or copied.
///
/// Borrows  the callable, which writes row `i` to `to` [in], and may be called from several threads at once.
struct weight_rows {
    std::size_t                                            out = 0, in = 0;
    function_ref<void(std::size_t i, std::span<float> to)> row;
};

/// A weight matrix W [out, in] as the register tile reads it, packed once and multiplied often: panels of 48 rows, word by word, of
/// which one query reads each word once, in order, and many queries find each panel in a cache.
///
/// Costs    4 bytes a weight, `out` rounded up to 48.
class packed_weights {
    std::size_t   out_ = 0, in_ = 0;
    matrix<float> panels_ = {}; // [panels, in * 48]

    void pack(std::size_t first, std::size_t last, const weight_rows& rows, std::span<float> some, const kernels& by) {
        for (std::size_t p = first; p < last; ++p) {
            const std::size_t n = std::min(panel_rows, out_ - p * panel_rows);
            for (std::size_t r = 0; r < n; ++r) rows.row(p * panel_rows + r, some.subspan(r * in_, in_));
            by.pack(some.data(), in_, n, in_, panels_.row(p).data());
        }
    }
    packed_weights(std::size_t out, std::size_t in)
        : out_(out), in_(in), panels_((out + panel_rows - 1) / panel_rows, in * panel_rows) {}

public:
    packed_weights() = default;
    explicit packed_weights(matrix_view<const float> w, const kernels& by = best_kernels<need::chains>())
        : packed_weights(w.rows, w.dims) {
        for (std::size_t p = 0; p < panels_.rows(); ++p)
            by.pack(w.data + p * panel_rows * in_, in_, std::min(panel_rows, out_ - p * panel_rows), in_,
                    panels_.row(p).data());
    }
    explicit packed_weights(const weight_rows& rows, const kernels& by = best_kernels<need::chains>())
        : packed_weights(rows.out, rows.in) {
        std::vector<float> some(panel_rows * in_);
        pack(0, panels_.rows(), rows, some, by);
    }
    /// The same on the executor of the context.
    ///
    /// Fails    stopped, timed_out.
    [[nodiscard]] static result<packed_weights> make(const weight_rows& rows, context& c,
                                                     const kernels& by = best_kernels<need::chains>()) {
        packed_weights made(rows.out, rows.in);
        auto           ok = each_block(c, made.panels_.rows(), 4, [&](std::size_t first, std::size_t last, context& w) {
            made.pack(first, last, rows, w.take_raw<float>(panel_rows * made.in_), by);
        });
        if (!ok) return ok.error();
        return made;
    }

    [[nodiscard]] std::size_t out() const noexcept { return out_; }
    [[nodiscard]] std::size_t in() const noexcept { return in_; }
    [[nodiscard]] std::size_t panels() const noexcept { return panels_.rows(); }
    /// Rows [48 p, 48 p + 48) of W: element t of row r at [48 t + r], zeros behind the last row.
    [[nodiscard]] std::span<const float> panel(std::size_t p) const noexcept { return panels_.row(p); }

    /// Row i of W, copied to `to` [in].
    void row(std::size_t i, std::span<float> to) const noexcept {
        GRAFT_ASSERT(i < out_ && to.size() == in_, "a row of W, and room for it");
        const float* from = panels_.row(i / panel_rows).data() + i % panel_rows;
        for (std::size_t t = 0; t < in_; ++t) to[t] = from[t * panel_rows];
    }
};

// Products with weights. Each element of Y is one chain of fused steps over `in`, in order, that begins at 0, at the bias, or at
// what Y holds: its bits depend on its row of X and on W alone, not on how many rows there are, on threads or on kernels (of the
// exact ones), and are those of `multiply_abt`. The work is shared out on the executor of the context; a warm one allocates nothing.

/// Where the sums of a product begin.
struct product_start {
    std::span<const float> bias = {};    ///< [out]; empty: 0
    bool                   add  = false; ///< at what Y holds
};

namespace detail {

/// Columns [j, j + columns) of Y, before the sums.
inline void begin_sums(matrix_view<float> y, std::size_t j, std::size_t columns, const product_start& start) noexcept {
    for (std::size_t i = 0; i < y.rows && !start.add; ++i)
        if (start.bias.empty()) std::fill_n(y.data + i * y.dims + j, columns, 0.f);
        else std::copy_n(start.bias.data() + j, columns, y.data + i * y.dims + j);
}

} // namespace detail

/// Y = X Wᵀ.
///
/// Takes    X [rows, in], W [out, in], Y [rows, out], which must not overlap X
/// Costs    up to four rows read W once, at the speed of memory; many run near the speed of multiply-adds.
/// Fails    stopped, timed_out; Y is half made then.
[[nodiscard]] inline result<void> product(matrix_view<const float> x, const packed_weights& w, matrix_view<float> y,
                                          const product_start& start, context& c,
                                          const kernels& by = best_kernels<need::chains>()) {
    GRAFT_ASSERT(x.dims == w.in() && y.rows == x.rows && y.dims == w.out(), "X [rows, in], W [out, in], Y [rows, out]");
    GRAFT_ASSERT(start.bias.empty() || start.bias.size() == w.out(), "one bias for each output");
    return each_block(c, w.panels(), 4, [&](std::size_t first, std::size_t last, context&) {
        for (std::size_t p = first; p < last; ++p) {
            const std::size_t j = p * panel_rows, columns = std::min(panel_rows, w.out() - j);
            detail::begin_sums(y, j, columns, start);
            by.chains(x.data, x.dims, 1, w.panel(p).data(), panel_rows, y.data + j, y.dims, y.rows, w.in(), columns);
        }
    });
}
[[nodiscard]] inline result<void> product(matrix_view<const float> x, const packed_weights& w, matrix_view<float> y,
                                          context& c, const kernels& by = best_kernels<need::chains>()) {
    return product(x, w, y, {}, c, by);
}

/// The same with weights that are decoded as they are needed, once a product: for many rows, where memory is dearer than time.
[[nodiscard]] inline result<void> product(matrix_view<const float> x, const weight_rows& w, matrix_view<float> y,
                                          const product_start& start, context& c,
                                          const kernels& by = best_kernels<need::chains>()) {
    GRAFT_ASSERT(x.dims == w.in && y.rows == x.rows && y.dims == w.out, "X [rows, in], W [out, in], Y [rows, out]");
    GRAFT_ASSERT(start.bias.empty() || start.bias.size() == w.out, "one bias for each output");
    return each_block(c, w.out, panel_rows, [&](std::size_t first, std::size_t last, context& own) {
        const auto some = own.take_raw<float>(panel_rows * w.in), panel = own.take_raw<float>(panel_rows * w.in);
        for (std::size_t j = first; j < last; ++j) w.row(j, some.subspan((j - first) * w.in, w.in));
        by.pack(some.data(), w.in, last - first, w.in, panel.data());
        detail::begin_sums(y, first, last - first, start);
        by.chains(x.data, x.dims, 1, panel.data(), panel_rows, y.data + first, y.dims, y.rows, w.in, last - first);
    });
}

/// dX = dY W, the product of a gradient: each element one chain over `out`. With `add` dX grows by it.
///
/// Takes    dY [rows, out], W [out, in], dX [rows, in], which must not overlap dY
/// Fails    stopped, timed_out; dX is half made then.
[[nodiscard]] inline result<void> product_back(matrix_view<const float> dy, const packed_weights& w,
                                               matrix_view<float> dx, const product_start& start, context& c,
                                               const kernels& by = best_kernels<need::chains>()) {
    GRAFT_ASSERT(dy.dims == w.out() && dx.rows == dy.rows && dx.dims == w.in(),
                 "dY [rows, out], W [out, in], dX [rows, in]");
    GRAFT_ASSERT(start.bias.empty() || start.bias.size() == w.in(), "one bias for each input");
    return each_block(c, w.in(), panel_rows, [&](std::size_t first, std::size_t last, context& own) {
        const auto panel = own.take_raw<float>(panel_rows * panel_rows);
        detail::begin_sums(dx, first, last - first, start);
        for (std::size_t p = 0; p < w.panels(); ++p) { // a panel's columns [first, last), turned
            const std::size_t j = p * panel_rows, n = std::min(panel_rows, w.out() - j);
            by.pack(w.panel(p).data() + first * panel_rows, panel_rows, last - first, n, panel.data());
            by.chains(dy.data + j, dy.dims, 1, panel.data(), panel_rows, dx.data + first, dx.dims, dx.rows, n,
                      last - first);
        }
    });
}

} // namespace graft::inline GRAFT_ABI
