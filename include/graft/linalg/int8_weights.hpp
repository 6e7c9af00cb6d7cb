// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/parallel.hpp>
#include <graft/linalg/packed.hpp>
#include <graft/linalg/word_panels.hpp>
#include <graft/simd/elementwise.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// What a row whose largest number this is is multiplied by to become int8.
[[nodiscard]] inline float int8_factor(float largest) noexcept {
    return largest > 0 ? std::min(127.f / largest, std::numeric_limits<float>::max()) : 0.f;
}

} // namespace detail

/// A weight matrix W [out, in] of 8 bits with a scale for each row. A product takes each row of x in 8 bits too, with one scale, and its sums are
/// exact from there on. Meant for encoders, whose rows have no number that towers above the others; in decoders use blocks (`block_weights`).
///
/// Costs    a byte a weight; `out` rounded up to 48, `in` to 4. A number moves by at most 1/254 of the largest of its row.
class int8_weights {
    std::size_t         out_ = 0, in_ = 0;
    detail::word_panels panels_ = {}; // codes are stored 128 too large
    std::vector<float>  scale_;

public:
    int8_weights() = default;

    /// Fails    `not_finite` (row); `too_large` for more than 66,000 inputs, whose sums would pass 32 bits; stopped, timed_out
    [[nodiscard]] static result<int8_weights> make(const weight_rows& rows, context& c,
                                                   const kernels& by = best_kernels<need::coded_chains>()) {
        if (rows.in > 66'000) return error{fault::too_large, unit::none, rows.in, "sums of 32 bits"};
        int8_weights made;
        made.out_ = rows.out, made.in_ = rows.in, made.panels_ = {rows.out, (rows.in + 3) / 4};
        made.scale_.resize(rows.out);
        auto ok = each_block(
            c, made.panels_.size(), 4, [&](std::size_t first, std::size_t last, context& own) -> result<void> {
                const arena::scope mine(own);
                const std::size_t  words = made.panels_.words();
                const auto         some  = own.take_raw<float>(rows.in);
                const auto         codes = own.take_raw<std::uint32_t>(panel_rows * words);
                for (std::size_t p = first; p < last; ++p) {
                    const std::size_t n = std::min(panel_rows, rows.out - p * panel_rows);
                    for (std::size_t r = 0; r < n; ++r) {
                        rows.row(p * panel_rows + r, some);
                        const float largest = best_elementwise().largest_size(some.data(), rows.in);
                        if (!is_finite(largest))
                            return error{fault::not_finite, unit::row, p * panel_rows + r, "weights"};
                        made.scale_[p * panel_rows + r] = largest / 127;
                        std::uint32_t* const to         = codes.data() + r * words;
                        (void)best_elementwise().to_int8_words(some.data(), detail::int8_factor(largest), to, rows.in);
                        for (std::size_t t = 0; t < words; ++t) to[t] ^= 0x80808080u;
                    }
                    made.panels_.pack(p, codes.data(), n, by);
                }
                return done;
            });
        if (!ok) return ok.error();
        return made;
    }

    [[nodiscard]] std::size_t                out() const noexcept { return out_; }
    [[nodiscard]] std::size_t                in() const noexcept { return in_; }
    [[nodiscard]] const detail::word_panels& panels() const noexcept { return panels_; }
    [[nodiscard]] std::span<const float>     scale() const noexcept { return scale_; } ///< of each row

    /// Row i of W in floats; `to` [in].
    void row(std::size_t i, std::span<float> to) const noexcept {
        GRAFT_ASSERT(to.size() == in_, "room for a row of W");
        part(i, 0, to);
    }
    /// The same from column `first` on, as much as there is room for.
    void part(std::size_t i, std::size_t first, std::span<float> to) const noexcept {
        GRAFT_ASSERT(i < out_ && first + to.size() <= in_, "a row of W, and columns that it has");
        for (std::size_t t = 0; t < to.size(); ++t) {
            const std::uint32_t code = panels_.word(i, (first + t) / 4) >> 8 * ((first + t) % 4) & 0xffu;
            to[t]                    = scale_[i] * static_cast<float>(static_cast<int>(code) - 128);
        }
    }
};

/// Y = X Wᵀ, as `product` with `packed_weights`, and the same promises: a row of Y depends on its row of X and on W alone.
///
/// Takes    X [rows, in], W [out, in], Y [rows, out], which must not overlap X
/// Fails    stopped, timed_out; Y is half made then.
[[nodiscard]] inline result<void> product(matrix_view<const float> x, const int8_weights& w, matrix_view<float> y,
                                          const product_start& start, context& c,
                                          const kernels& by = best_kernels<need::coded_chains>()) {
    GRAFT_ASSERT(x.dims == w.in() && y.rows == x.rows && y.dims == w.out(), "X [rows, in], W [out, in], Y [rows, out]");
    GRAFT_ASSERT(start.bias.empty() || start.bias.size() == w.out(), "one bias for each output");
    using panels = detail::word_panels;
    const arena::scope         mine(c);
    const elementwise_kernels& rows_by = best_elementwise();
    const std::size_t          row     = panels::row_of(w.panels().words());
    const auto                 codes   = c.take_raw<std::uint32_t>(x.rows * row);
    const auto                 scale   = c.take_raw<float>(x.rows);
    const auto                 sum     = c.take_raw<std::int32_t>(x.rows);
    auto                       ok      = each_block(c, x.rows, 16, [&](std::size_t first, std::size_t last, context&) {
        for (std::size_t i = first; i < last; ++i) {
            const float largest = rows_by.largest_size(x.row(i).data(), x.dims);
            scale[i] = largest / 127; // NaN where x holds what is no number, and then all of y's row is
            if (is_finite(largest))
                sum[i] = rows_by.to_int8_words(x.row(i).data(), detail::int8_factor(largest), codes.data() + i * row,
                                                                          x.dims);
            else sum[i] = 0, std::fill_n(codes.data() + i * row, w.panels().words(), 0u);
        }
    });
    if (!ok) return ok;
    return detail::in_parts(y, c, [&](const detail::product_parts::part& p, context& own) {
        constexpr std::size_t wide = 8; // panels whose sums are taken into Y together
        const auto            some = own.take_raw<std::int32_t>(panels::rows * wide * panel_rows);
        for (std::size_t i = p.row; i < p.row_end; i += panels::rows)
            for (std::size_t g = p.panel; g < p.panel_end; g += wide) {
                if (!own.alive()) return false;
                const std::size_t end = std::min(g + wide, p.panel_end), n = std::min(panels::rows, p.row_end - i),
                                  first = g * panel_rows, columns = std::min(w.out(), end * panel_rows) - first;
                for (std::size_t r = 0; r < n; ++r) std::fill_n(some.data() + r * columns, columns, -128 * sum[i + r]);
                for (std::size_t t = 0; t < w.panels().words(); t += panels::depth)
                    for (std::size_t q = g; q < end; ++q)
                        by.i8_chains(codes.data() + i * row + t, row, 1, w.panels().at(q, t), panel_rows,
                                     some.data() + (q - g) * panel_rows, columns, n, w.panels().deep(t),
                                     std::min(panel_rows, w.out() - q * panel_rows));
                for (std::size_t r = 0; r < n; ++r) {
                    float* const to = y.row(i + r).data() + first;
                    if (!start.add && start.bias.empty()) std::fill_n(to, columns, 0.f);
                    else if (!start.add) std::copy_n(start.bias.data() + first, columns, to);
                    rows_by.add_scaled_ints(some.data() + r * columns, scale[i + r], w.scale().data() + first, to,
                                            columns);
                }
            }
        return true;
    });
}

/// dX = dY W, as `product_back` with `packed_weights` of the same numbers, to the bit. With `add` dX grows by it.
///
/// Takes    dY [rows, out], W [out, in], dX [rows, in], which must not overlap dY
/// Fails    stopped, timed_out; dX is half made then.
[[nodiscard]] inline result<void> product_back(matrix_view<const float> dy, const int8_weights& w,
                                               matrix_view<float> dx, const product_start& start, context& c,
                                               const kernels& by = best_kernels<need::chains>()) {
    return detail::product_back_by_parts(dy, w, dx, start, c, by);
}

} // namespace graft::inline GRAFT_ABI
