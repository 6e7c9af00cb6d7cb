// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/parallel.hpp>
#include <graft/linalg/packed.hpp>
#include <graft/linalg/word_panels.hpp>
#include <graft/simd/element.hpp>
#include <graft/simd/elementwise.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// A weight matrix W [out, in] in bf16, two numbers to a word. A product rounds its rows of x to bf16 as well, each number by at most 1/512 of
/// itself, and sums in float: faster than floats where a processor multiplies two pairs of bf16 a cycle (AMD's, from Zen 5 on), on others slower.
///
/// Costs    2 bytes a weight; `out` rounded up to 48, `in` to 2.
class bf16_weights {
    std::size_t         out_ = 0, in_ = 0;
    detail::word_panels panels_ = {};

public:
    bf16_weights() = default;

    /// Floats, each rounded to the nearest bf16.
    ///
    /// Fails    stopped, timed_out
    [[nodiscard]] static result<bf16_weights> make(const weight_rows& rows, context& c,
                                                   const kernels& by = best_kernels<need::coded_chains>()) {
        bf16_weights made;
        made.out_ = rows.out, made.in_ = rows.in, made.panels_ = {rows.out, (rows.in + 1) / 2};
        auto ok = each_block(c, made.panels_.size(), 4, [&](std::size_t first, std::size_t last, context& own) {
            const arena::scope mine(own);
            const std::size_t  words = made.panels_.words();
            const auto         some  = own.take_raw<float>(rows.in);
            const auto         codes = own.take_raw<std::uint32_t>(panel_rows * words);
            for (std::size_t p = first; p < last; ++p) {
                const std::size_t n = std::min(panel_rows, rows.out - p * panel_rows);
                for (std::size_t r = 0; r < n; ++r) {
                    rows.row(p * panel_rows + r, some);
                    best_elementwise().to_bf16_words(some.data(), codes.data() + r * words, rows.in);
                }
                made.panels_.pack(p, codes.data(), n, by);
            }
        });
        if (!ok) return ok.error();
        return made;
    }

    [[nodiscard]] std::size_t                out() const noexcept { return out_; }
    [[nodiscard]] std::size_t                in() const noexcept { return in_; }
    [[nodiscard]] const detail::word_panels& panels() const noexcept { return panels_; }

    /// Row i of W in floats; `to` [in].
    void row(std::size_t i, std::span<float> to) const noexcept {
        GRAFT_ASSERT(to.size() == in_, "room for a row of W");
        part(i, 0, to);
    }
    /// The same from column `first` on, as much as there is room for.
    void part(std::size_t i, std::size_t first, std::span<float> to) const noexcept {
        GRAFT_ASSERT(i < out_ && first + to.size() <= in_, "a row of W, and columns that it has");
        for (std::size_t t = 0; t < to.size(); ++t) {
            const std::uint32_t both = panels_.word(i, (first + t) / 2);
            to[t] = widen(static_cast<bf16_code>((first + t) % 2 == 0 ? both & 0xffffu : both >> 16));
        }
    }
};

/// Y = X Wᵀ, as `product` with `packed_weights`, and the same promises: a row of Y depends on its row of X and on W alone.
///
/// Takes    X [rows, in], W [out, in], Y [rows, out], which must not overlap X
/// Fails    stopped, timed_out; Y is half made then.
[[nodiscard]] inline result<void> product(matrix_view<const float> x, const bf16_weights& w, matrix_view<float> y,
                                          const product_start& start, context& c,
                                          const kernels& by = best_kernels<need::coded_chains>()) {
    GRAFT_ASSERT(x.dims == w.in() && y.rows == x.rows && y.dims == w.out(), "X [rows, in], W [out, in], Y [rows, out]");
    GRAFT_ASSERT(start.bias.empty() || start.bias.size() == w.out(), "one bias for each output");
    using panels = detail::word_panels;
    const arena::scope mine(c);
    const std::size_t  row   = panels::row_of(w.panels().words());
    const auto         codes = c.take_raw<std::uint32_t>(x.rows * row);
    auto               ok    = each_block(c, x.rows, 16, [&](std::size_t first, std::size_t last, context&) {
        for (std::size_t i = first; i < last; ++i)
            best_elementwise().to_bf16_words(x.row(i).data(), codes.data() + i * row, x.dims);
    });
    if (!ok) return ok;
    return detail::in_parts(y, c, [&](const detail::product_parts::part& p, context& own) {
        const std::size_t first = p.panel * panel_rows, last = std::min(w.out(), p.panel_end * panel_rows);
        for (std::size_t i = p.row; i < p.row_end; i += panels::rows) {
            const std::size_t n = std::min(panels::rows, p.row_end - i);
            for (std::size_t r = i; r < i + n && !start.add; ++r)
                if (start.bias.empty()) std::fill_n(y.row(r).data() + first, last - first, 0.f);
                else std::copy_n(start.bias.data() + first, last - first, y.row(r).data() + first);
            for (std::size_t t = 0; t < w.panels().words(); t += panels::depth) {
                if (!own.alive()) return false;
                for (std::size_t q = p.panel; q < p.panel_end; ++q)
                    by.bf16_chains(codes.data() + i * row + t, row, 1, w.panels().at(q, t), panel_rows,
                                   y.data + i * y.dims + q * panel_rows, y.dims, n, w.panels().deep(t),
                                   std::min(panel_rows, w.out() - q * panel_rows));
            }
        }
        return true;
    });
}

/// dX = dY W, as `product_back` with `packed_weights` of the same numbers, to the bit. With `add` dX grows by it.
///
/// Takes    dY [rows, out], W [out, in], dX [rows, in], which must not overlap dY
/// Fails    stopped, timed_out; dX is half made then.
[[nodiscard]] inline result<void> product_back(matrix_view<const float> dy, const bf16_weights& w,
                                               matrix_view<float> dx, const product_start& start, context& c,
                                               const kernels& by = best_kernels<need::chains>()) {
    return detail::product_back_by_parts(dy, w, dx, start, c, by);
}

} // namespace graft::inline GRAFT_ABI
