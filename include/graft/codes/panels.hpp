// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/codes/row_format.hpp>
#include <graft/simd/kernels.hpp>
#include <graft/simd/norm.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// What the arithmetic of a score may be off, relative to |q| |row|: two sums (the tile's, and the one that it is compared with) of
/// `dims` products, each with two roundings at most, and a few more steps, by Cauchy and Schwarz.
[[nodiscard]] inline double rounding_slack(std::size_t dims) noexcept {
    return (4 * static_cast<double>(dims) + 64) * 0x1p-24;
}

} // namespace detail

/// Rows of a format as the register tile reads them: panels of 48, word by word, and for every row its scale, its error and,
/// for distances, half its squared norm.
///
/// Costs    words(dims) * 4 + 8 bytes a row, 12 with norms.
template <row_format F>
class panels {
    F                     format_ = {};
    std::size_t           rows_ = 0, dims_ = 0, words_ = 0;
    bool                  norms_   = false;
    matrix<std::uint32_t> codes_   = {}; // [panels, words * 48]
    matrix<float>         terms_   = {}; // [panels, 2 or 3 * 48]: scale, error, with norms offset
    std::vector<float>    longest_ = {}; // of a panel's rows, decoded: at most this

    struct empty {};
    panels(empty, const F& format, matrix_view<const float> rows, std::size_t dims, bool norms, page_advice advice)
        : format_(format), rows_(rows.rows), dims_(dims), words_(format.words(dims)), norms_(norms),
          codes_((rows.rows + panel_rows - 1) / panel_rows, words_ * panel_rows, advice),
          terms_(codes_.rows(), (norms ? 3 : 2) * panel_rows), longest_(codes_.rows(), 0.f) {}

    /// Panel p of the table, by way of `code`, room for 48 rows of words.
    void encode(std::size_t p, matrix_view<const float> rows, std::uint32_t* code, const kernels& by) {
        const std::size_t n    = std::min(panel_rows, rows_ - p * panel_rows);
        const auto        term = terms_.row(p);
        for (std::size_t r = 0; r < n; ++r) {
            const auto      row    = rows.row(p * panel_rows + r).first(dims_);
            const row_terms t      = format_.encode(row, code + r * words_);
            const double    length = std::sqrt(squared_norm(row));
            const double    most   = F::bounded ? length + static_cast<double>(t.error) : length;
            term[r]                = t.scale;
            if constexpr (F::bounded) // times the query's length: what a score can be off
                term[panel_rows + r] = detail::no_less(static_cast<double>(t.error) * (1 + 0x1p-20) +
                                                       detail::rounding_slack(dims_) * most);
            else term[panel_rows + r] = t.error;
            if (norms_)
                term[2 * panel_rows + r] = static_cast<float>(-.5 * length * length / static_cast<double>(t.scale));
            longest_[p] = std::max(longest_[p], detail::no_less(most));
        }
        // Up to 8 bits: rows of one length then have one bound, which is worked out once.
        longest_[p] = std::bit_cast<float>((std::bit_cast<std::uint32_t>(longest_[p]) + 0xffffu) & 0xffff0000u);
        by.pack(code, words_, n, words_, codes_.row(p).data());
    }

public:
    panels() = default;
    /// Takes    rows [n, stride] of which the first `dims` count, all finite
    panels(const F& format, matrix_view<const float> rows, std::size_t dims, bool norms, page_advice advice,
           const kernels& by)
        : panels(empty{}, format, rows, dims, norms, advice) {
        std::vector<std::uint32_t> code(panel_rows * words_);
        for (std::size_t p = 0; p < size(); ++p) encode(p, rows, code.data(), by);
    }
    /// The same, on the executor of the context.
    ///
    /// Fails    stopped, timed_out.
    [[nodiscard]] static result<panels> make(const F& format, matrix_view<const float> rows, std::size_t dims,
                                             bool norms, page_advice advice, const kernels& by, context& c) {
        panels made(empty{}, format, rows, dims, norms, advice);
        auto   ok = each_block(c, made.size(), 16, [&](std::size_t first, std::size_t last, context& w) {
            const auto code = w.take<std::uint32_t>(panel_rows * made.words_);
            for (std::size_t p = first; p < last; ++p) made.encode(p, rows, code.data(), by);
        });
        if (!ok) return ok.error();
        return made;
    }

    [[nodiscard]] const F&    format() const noexcept { return format_; }
    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t dims() const noexcept { return dims_; }
    [[nodiscard]] std::size_t words() const noexcept { return words_; } ///< of a row
    [[nodiscard]] std::size_t size() const noexcept { return codes_.rows(); }

    /// Panel p, as the tile takes it.
    [[nodiscard]] tile_rows operator[](std::size_t p) const noexcept {
        const float* t = terms_.row(p).data();
        return {.words  = codes_.row(p).data(),
                .scale  = t,
                .offset = norms_ ? t + 2 * panel_rows : nullptr,
                .error  = t + panel_rows};
    }
    /// A bound on the length of the panel's rows, decoded.
    [[nodiscard]] float longest(std::size_t p) const noexcept { return longest_[p]; }
};

} // namespace graft::inline GRAFT_ABI
