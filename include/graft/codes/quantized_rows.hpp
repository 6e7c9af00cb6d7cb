// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/base/result.hpp>
#include <graft/codes/formats.hpp>
#include <graft/simd/kernels.hpp>
#include <graft/simd/norm.hpp>

#include <vector>

namespace graft::inline GRAFT_ABI {

/// A format whose rows can be scored where they lie, one after the other.
template <class F>
concept stored_format = row_format<F> && requires(const F& f, std::size_t dims, vector_view q, const kernels& by,
                                                  const coded_view<typename F::code>& rows, float* out) {
    { f.fits(dims) } -> std::same_as<bool>;                 // 32-bit sums hold that many products
    { f.dots(by, q, rows, out) } -> std::same_as<void>;     // out[i] = q · row i
    { f.pairs(by, rows, rows, out) } -> std::same_as<void>; // out[i] = row 0 of one · row i of the other
};

/// Rows in a format, and every way to score them.
///
///     coded_rows<i8> rows(384);
///     if (auto ok = rows.add(vectors); !ok) return ok.error();
///     rows.dots(query, scores);
///
/// Costs    4 words(dims) bytes a row, and 16 beside them. Scoring reads the codes once, and allocates nothing up to
///          4,096 dimensions.
template <stored_format F>
class quantized_rows {
    using code = typename F::code;

    F                      format_;
    std::size_t            dims_;
    std::size_t            stride_;
    matrix<code>           codes_   = {}; // [room, stride]
    std::vector<row_terms> terms_   = {};
    std::vector<double>    squares_ = {};   // of the rows' lengths, before they were coded
    bool                   plain_   = true; // every scale is 1

public:
    static constexpr double longest = 1e18; ///< a row: no product of two can overflow

    /// No rows yet; dims > 0.
    explicit quantized_rows(std::size_t dims, const F& format = {})
        : format_(format), dims_(dims), stride_(format.words(dims) * detail::codes_a_word<code>) {
        GRAFT_ASSERT(dims > 0, "rows need dimensions");
    }

    [[nodiscard]] const F&    format() const noexcept { return format_; }
    [[nodiscard]] std::size_t dims() const noexcept { return dims_; }
    [[nodiscard]] std::size_t size() const noexcept { return terms_.size(); }
    /// The codes as they lie: row-major, each row in whole words.
    [[nodiscard]] coded_view<code> view() const noexcept {
        return {codes_.data(), terms_.data(), size(), stride_, dims_};
    }
    /// |row - decoded row| at most; where the format is not `bounded`, a standard error (see `row_terms`).
    [[nodiscard]] float error(std::size_t i) const noexcept { return terms_[i].error; }

    /// Takes all rows, or none.
    ///
    /// Fails    `wrong_shape`; `too_large` for more dimensions than 32-bit sums hold; with the row, `not_finite`, and
    ///          `too_large` for one that is longer than `longest`.
    result<void> add(matrix_view<const float> rows) {
        if (rows.rows == 0) return done;
        if (rows.dims != dims_) return graft::error{fault::wrong_shape, unit::none, rows.dims, "dims"};
        if (!format_.fits(dims_)) return graft::error{fault::too_large, unit::none, dims_, "dims"};
        std::vector<double> squares(rows.rows);
        for (std::size_t i = 0; i < rows.rows; ++i) {
            if (!all_finite(rows.row(i))) return graft::error{fault::not_finite, unit::row, i, "rows"};
            squares[i] = squared_norm(rows.row(i));
            if (squares[i] > longest * longest) return graft::error{fault::too_large, unit::row, i, "rows"};
        }
        make_room(size() + rows.rows);
        squares_.insert(squares_.end(), squares.begin(), squares.end());
        std::vector<std::uint32_t> words(format_.words(dims_));
        for (std::size_t i = 0; i < rows.rows; ++i) {
            terms_.push_back(format_.encode(rows.row(i), words.data()));
            plain_ = plain_ && terms_.back().scale == 1;
            std::memcpy(codes_.row(size() - 1).data(), words.data(), stride_ * sizeof(code));
        }
        return done;
    }

    /// Takes    out [dims]
    void decode(std::size_t i, std::span<float> out) const {
        GRAFT_ASSERT(i < size() && out.size() == dims_, "a row, and a place for each element");
        detail::scratch<std::uint32_t> words(format_.words(dims_));
        std::memcpy(words.data(), view().row(i).codes, stride_ * sizeof(code));
        format_.decode(words.data(), terms_[i], out);
    }

    /// out[i] = q · row i, the query as it is (`bits` rounds it).
    ///
    /// Takes    q [dims], finite; out [size]
    void dots(vector_view q, std::span<float> out, const kernels& by = best_kernels()) const {
        GRAFT_ASSERT(q.size() == dims_ && out.size() == size(), "one query, a place for each score");
        format_.dots(by, q, view(), out.data());
    }
    /// out[j] = row i · row j, by their codes alone.
    void dots(std::size_t i, std::span<float> out, const kernels& by = best_kernels()) const {
        GRAFT_ASSERT(i < size() && out.size() == size(), "one row, a place for each score");
        format_.pairs(by, view().row(i), view(), out.data());
    }
    [[nodiscard]] float dot(std::size_t i, std::size_t j, const kernels& by = best_kernels()) const {
        GRAFT_ASSERT(i < size() && j < size(), "two rows");
        float out = 0;
        format_.pairs(by, view().row(i), view().row(j), &out);
        return out;
    }

    /// out[i] = |q - row i|²: of decoded rows where a kernel gives that, else |q|² - 2 q · row + |row|², or 0 if less.
    void distances(vector_view q, std::span<float> out, const kernels& by = best_kernels()) const {
        GRAFT_ASSERT(q.size() == dims_ && out.size() == size(), "one query, a place for each distance");
        if constexpr (requires { format_.distances(by, q, view(), out.data()); })
            if (plain_) return format_.distances(by, q, view(), out.data());
        dots(q, out, by);
        from_dots(squared_norm(q), out);
    }
    /// out[j] = |row i - row j|², likewise.
    void distances(std::size_t i, std::span<float> out, const kernels& by = best_kernels()) const {
        GRAFT_ASSERT(i < size() && out.size() == size(), "one row, a place for each distance");
        if constexpr (requires(vector_view q) { format_.distances(by, q, view(), out.data()); })
            if (plain_) {
                detail::scratch<float> row(dims_);
                decode(i, row.span());
                return format_.distances(by, row.span(), view(), out.data());
            }
        dots(i, out, by);
        from_dots(squares_[i], out);
    }

private:
    void make_room(std::size_t rows) {
        if (rows <= codes_.rows()) return;
        rows = std::max(rows, 2 * codes_.rows());
        matrix<code> wider(rows, stride_);
        std::copy_n(codes_.data(), size() * stride_, wider.data());
        terms_.reserve(rows);
        squares_.reserve(rows);
        codes_ = std::move(wider);
    }
    void from_dots(double square, std::span<float> out) const noexcept {
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<float>(std::max(0., square + squares_[i] - 2 * static_cast<double>(out[i])));
    }
};

} // namespace graft::inline GRAFT_ABI
