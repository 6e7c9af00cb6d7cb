// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/function_ref.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/linalg/product_blocks.hpp>
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

/// A weight matrix W [out, in] as the register tile reads it, packed once and multiplied often: in chunks of up to 384 inputs panels
/// of 48 rows, word by word. One row of X reads every word once, in order; many find each panel in a cache.
///
/// Costs    4 bytes a weight, `out` rounded up to 48.
class packed_weights {
    std::size_t   out_ = 0, in_ = 0;
    matrix<float> panels_ = {}; // [chunk][panel][depth][48], see product_blocks.hpp

    [[nodiscard]] float* at(std::size_t t, std::size_t panel) noexcept {
        const std::size_t depth = std::min(detail::product_depth(in_), in_ - t);
        return panels_.data() + (t * panels() + panel * depth) * panel_rows;
    }
    /// Panel p out of rows that lie in_ words apart.
    void pack(std::size_t p, const float* rows, const kernels& by) {
        const std::size_t most = detail::product_depth(in_), n = std::min(panel_rows, out_ - p * panel_rows);
        for (std::size_t t = 0; t < in_; t += most) by.pack(rows + t, in_, n, std::min(most, in_ - t), at(t, p));
    }
    void pack(std::size_t p, const weight_rows& rows, std::span<float> some, const kernels& by) {
        const std::size_t n = std::min(panel_rows, out_ - p * panel_rows);
        for (std::size_t r = 0; r < n; ++r) rows.row(p * panel_rows + r, some.subspan(r * in_, in_));
        pack(p, some.data(), by);
    }
    packed_weights(std::size_t out, std::size_t in)
        : out_(out), in_(in), panels_(detail::panels_of(out), in * panel_rows) {}

public:
    packed_weights() = default;
    explicit packed_weights(matrix_view<const float> w, const kernels& by = best_kernels<need::chains>())
        : packed_weights(w.rows, w.dims) {
        for (std::size_t p = 0; p < panels(); ++p) pack(p, w.data + p * panel_rows * in_, by);
    }
    explicit packed_weights(const weight_rows& rows, const kernels& by = best_kernels<need::chains>())
        : packed_weights(rows.out, rows.in) {
        std::vector<float> some(panel_rows * in_);
        for (std::size_t p = 0; p < panels(); ++p) pack(p, rows, some, by);
    }
    /// The same on the executor of the context.
    ///
    /// Fails    stopped, timed_out.
    [[nodiscard]] static result<packed_weights> make(const weight_rows& rows, context& c,
                                                     const kernels& by = best_kernels<need::chains>()) {
        packed_weights made(rows.out, rows.in);
        auto           ok = each_block(c, made.panels(), 4, [&](std::size_t first, std::size_t last, context& w) {
            const auto some = w.take_raw<float>(panel_rows * made.in_);
            for (std::size_t p = first; p < last; ++p) made.pack(p, rows, some, by);
        });
        if (!ok) return ok.error();
        return made;
    }

    [[nodiscard]] std::size_t out() const noexcept { return out_; }
    [[nodiscard]] std::size_t in() const noexcept { return in_; }
    [[nodiscard]] std::size_t panels() const noexcept {
        return panels_.rows();
    } ///< of 48 rows, the last filled up with zeros
    /// The panels of all chunks, as they lie.
    [[nodiscard]] const float* data() const noexcept { return panels_.data(); }
    /// Element t of row 48 p; those of the rows behind it lie beside it, and element t + 1 48 floats further, to the end of the chunk.
    [[nodiscard]] const float* words(std::size_t p, std::size_t t) const noexcept {
        const std::size_t most = detail::product_depth(in_), chunk = t / most * most;
        return panels_.data() + (chunk * panels() + p * std::min(most, in_ - chunk) + t - chunk) * panel_rows;
    }

    /// Row i of W, copied to `to` [in].
    void row(std::size_t i, std::span<float> to) const noexcept {
        GRAFT_ASSERT(i < out_ && to.size() == in_, "a row of W, and room for it");
        const std::size_t most = detail::product_depth(in_);
        for (std::size_t first = 0; first < in_; first += most) {
            const float* const from = words(i / panel_rows, first) + i % panel_rows;
            for (std::size_t t = first; t < std::min(first + most, in_); ++t) to[t] = from[(t - first) * panel_rows];
        }
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

[[nodiscard]] inline product_out out_of(matrix_view<float> y, std::size_t row, const product_start& start) noexcept {
    return {y.data + row * y.dims, y.dims, {start.bias.empty() ? nullptr : start.bias.data(), start.add}};
}

/// Runs f(part, context) -> whether it came to its end for every part of a product, on the executor.
template <class F>
[[nodiscard]] result<void> in_parts(matrix_view<float> y, context& c, const F& f) {
    const product_parts parts(y.rows, panels_of(y.dims), c.executor.width());
    return each_block(c, parts.size(), 1, [&](std::size_t at, std::size_t, context& w) -> result<void> {
        return f(parts[at], w) ? result<void>(done) : w.alive();
    });
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
    return detail::in_parts(y, c, [&](const detail::product_parts::part& p, context& own) {
        const std::size_t n    = p.row_end - p.row;
        const auto        room = own.take_raw<float>(detail::left_room(n, w.in()));
        return detail::multiply_panels(by, {x.data + p.row * x.dims, x.dims, 1}, n, w.in(), w.data(), w.out(), p.panel,
                                       p.panel_end, detail::out_of(y, p.row, start), room.data(),
                                       [&] { return static_cast<bool>(own.alive()); });
    });
}
/// The same from zero, without a bias.
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
    const std::size_t most = detail::product_depth(w.in);
    return detail::in_parts(y, c, [&](const detail::product_parts::part& p, context& own) {
        constexpr std::size_t wide = 8; // panels that are decoded before all rows meet them
        const std::size_t     n = p.row_end - p.row, panels = std::min(wide, p.panel_end - p.panel);
        const auto            room   = own.take_raw<float>(detail::left_room(n, w.in));
        const auto            some   = own.take_raw<float>(panel_rows * w.in);
        const auto            packed = own.take_raw<float>(panels * panel_rows * w.in);
        for (std::size_t g = p.panel; g < p.panel_end; g += wide) {
            const std::size_t first = g * panel_rows,
                              last  = std::min({w.out, p.panel_end * panel_rows, first + wide * panel_rows});
            const std::size_t here  = detail::panels_of(last - first);
            for (std::size_t j = first; j < last; j += panel_rows) {
                const std::size_t rows = std::min(panel_rows, last - j);
                for (std::size_t r = 0; r < rows; ++r) w.row(j + r, some.subspan(r * w.in, w.in));
                for (std::size_t t = 0; t < w.in; t += most) {
                    const std::size_t depth = std::min(most, w.in - t);
                    by.pack(some.data() + t, w.in, rows, depth,
                            packed.data() + t * here * panel_rows + (j - first) * depth);
                }
            }
            detail::product_out to = detail::out_of(y, p.row, start);
            to.at += first;
            if (to.begin.bias != nullptr) to.begin.bias += first;
            if (!detail::multiply_panels(by, {x.data + p.row * x.dims, x.dims, 1}, n, w.in, packed.data(), last - first,
                                         0, here, to, room.data(), [&] { return static_cast<bool>(own.alive()); }))
                return false;
        }
        return true;
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
    // Columns [j, j + columns) of a panel, turned: a chunk is whole panels deep, so they lie in one.
    const auto turned = [&](std::size_t t, std::size_t depth, std::size_t j, std::size_t columns, float* panel) {
        for (std::size_t o = t; o < t + depth; o += panel_rows, panel += panel_rows * panel_rows)
            by.pack(w.words(o / panel_rows, j), panel_rows, columns, std::min(panel_rows, t + depth - o), panel);
    };
    return detail::in_parts(dx, c, [&](const detail::product_parts::part& p, context& own) {
        const std::size_t n = p.row_end - p.row, first = p.panel * panel_rows,
                          last = std::min(dx.dims, p.panel_end * panel_rows);
        const detail::left_factor left{dy.data + p.row * dy.dims, dy.dims, 1};
        const auto room = own.take_raw<float>(detail::packing_room(left, n, w.out(), last - first).all());
        return detail::multiply_packing(by, left, n, w.out(), turned, first, last, detail::out_of(dx, p.row, start),
                                        room.data(), [&] { return static_cast<bool>(own.alive()); });
    });
}

namespace detail {

/// The same with weights that are decoded once for all rows: w.part(i, first, to) writes numbers [first, first + to.size()) of row i.
template <class Weights>
[[nodiscard]] result<void> product_back_by_parts(matrix_view<const float> dy, const Weights& w, matrix_view<float> dx,
                                                 const product_start& start, context& c, const kernels& by) {
    GRAFT_ASSERT(dy.dims == w.out() && dx.rows == dy.rows && dx.dims == w.in(),
                 "dY [rows, out], W [out, in], dX [rows, in]");
    GRAFT_ASSERT(start.bias.empty() || start.bias.size() == w.in(), "one bias for each input");
    const auto decoded = [&](std::size_t t, std::size_t depth, std::size_t j, std::size_t columns, float* panel) {
        for (std::size_t o = t; o < t + depth; ++o, panel += panel_rows) {
            w.part(o, j, {panel, columns});
            std::fill(panel + columns, panel + panel_rows, 0.f);
        }
    };
    return in_parts(dx, c, [&](const product_parts::part& p, context& own) {
        const std::size_t n = p.row_end - p.row, first = p.panel * panel_rows,
                          last = std::min(dx.dims, p.panel_end * panel_rows);
        const left_factor left{dy.data + p.row * dy.dims, dy.dims, 1};
        const auto        room = own.take_raw<float>(packing_room(left, n, w.out(), last - first).all());
        return multiply_packing(by, left, n, w.out(), decoded, first, last, out_of(dx, p.row, start), room.data(),
                                [&] { return static_cast<bool>(own.alive()); });
    });
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
