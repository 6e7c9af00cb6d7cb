// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/row_functions.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Which two numbers of a head turn together.
enum class rotary_layout : std::uint8_t {
    halves, ///< i and i + dims / 2, as transformers files have it
    pairs,  ///< 2 i and 2 i + 1, as the paper, llama2.c and GGUF files of `llama` have it
};

namespace detail {

/// Rows that turn in `halves` become those that turn in `pairs`, head by head, or with `back` the other way.
///
/// Takes    rows, or numbers as rows of one, of whole heads of `dims`
template <class Scalar>
void pair_rows(matrix_view<Scalar> all, std::size_t dims, bool back) {
    const matrix<Scalar> from(all);
    for (std::size_t h = 0; h + dims <= all.rows; h += dims)
        for (std::size_t i = 0; i < dims; ++i) {
            const std::size_t apart = h + i, beside = h + (i < dims / 2 ? 2 * i : 2 * i - dims + 1);
            std::ranges::copy(from.row(back ? beside : apart), all.row(back ? apart : beside).data());
        }
}

} // namespace detail

/// How the angles of long contexts are stretched: `rope_type: llama3`.
struct rotary_scaling {
    double factor           = 1;    ///< 1: not at all
    double low_frequencies  = 1;    ///< `low_freq_factor`
    double high_frequencies = 4;    ///< `high_freq_factor`
    double trained          = 8192; ///< positions of the first training: `original_max_position_embeddings`

    bool operator==(const rotary_scaling&) const = default;
};

/// Rotary positions: two numbers of a head turn by position · base^(-2 i / dims), i < dims / 2. The angles of all positions are made once.
///
/// Costs    dims numbers a position, for every head and layer together.
/// Source   Su et al. 2021, arXiv 2104.09864, eq. 15; angles in Scalar, as the reference has them.
template <std::floating_point Scalar>
class rotary {
    matrix<Scalar> cos_, sin_; // [positions, dims / 2]
    rotary_layout  layout_ = rotary_layout::halves;

    void turn(Scalar* head, std::size_t position, Scalar* sin_of, bool back) const noexcept {
        const std::size_t half = cos_.dims();
        const Scalar*     c    = cos_.row(position).data();
        const Scalar*     s    = sin_.row(position).data();
        if (back) {
            for (std::size_t i = 0; i < half; ++i) sin_of[i] = -s[i];
            s = sin_of;
        }
        const auto& by = detail::row_functions<Scalar>();
        if (layout_ == rotary_layout::halves) return by.rotate(head, head + half, c, s, half);
        Scalar x[256], y[256]; // apart, turned, and together again
        for (std::size_t i = 0; i < half; ++i) x[i] = head[2 * i], y[i] = head[2 * i + 1];
        by.rotate(x, y, c, s, half);
        for (std::size_t i = 0; i < half; ++i) head[2 * i] = x[i], head[2 * i + 1] = y[i];
    }
    [[nodiscard]] result<void> turn_all(strided_rows<Scalar> x, std::size_t heads,
                                        std::span<const std::uint32_t> positions, bool back, context& c) const {
        GRAFT_ASSERT(positions.size() == x.rows, "a position for each row");
        return each_block(c, x.rows, 16, [&](std::size_t first, std::size_t last, context& own) {
            const auto room = own.take_raw<Scalar>(cos_.dims()).data();
            for (std::size_t i = first; i < last; ++i)
                for (std::size_t h = 0; h < heads; ++h) turn(x.row(i) + h * dims(), positions[i], room, back);
        });
    }

public:
    rotary() = default;
    /// Takes    dims, even, up to 512; positions from 0
    rotary(std::size_t dims, std::size_t positions, double base, rotary_layout layout = rotary_layout::halves,
           const rotary_scaling& scaled = {})
        : cos_(positions, dims / 2), sin_(positions, dims / 2), layout_(layout) {
        GRAFT_ASSERT(dims % 2 == 0 && dims <= 512, "heads of an even size up to 512");
        for (std::size_t i = 0; i < dims / 2; ++i) {
            const auto speed = static_cast<Scalar>(frequency(i, dims, base, scaled));
            for (std::size_t p = 0; p < positions; ++p) {
                const Scalar angle = static_cast<Scalar>(p) * speed;
                const auto   at    = sine_cosine_exact(static_cast<double>(angle));
                cos_.row(p)[i] = static_cast<Scalar>(at.cos), sin_.row(p)[i] = static_cast<Scalar>(at.sin);
            }
        }
    }

    /// The angle of one position, of pair i.
    [[nodiscard]] static double frequency(std::size_t i, std::size_t dims, double base, const rotary_scaling& s = {}) {
        const double f = exp_exact(-2. * static_cast<double>(i) / static_cast<double>(dims) * log_exact(base));
        if (s.factor == 1) return f;
        const double length = 6.283185307179586477 / f;
        if (length > s.trained / s.low_frequencies) return f / s.factor;
        if (length < s.trained / s.high_frequencies) return f;
        const double smooth = (s.trained / length - s.low_frequencies) / (s.high_frequencies - s.low_frequencies);
        return std::fma(smooth, f, (1 - smooth) * f / s.factor);
    }

    [[nodiscard]] std::size_t dims() const noexcept { return 2 * cos_.dims(); }
    [[nodiscard]] std::size_t positions() const noexcept { return cos_.rows(); }

    /// Turns every head of every row in place.
    ///
    /// Takes    x, rows of `heads` heads side by side; the position of each row, below `positions()`
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(strided_rows<Scalar> x, std::size_t heads,
                                       std::span<const std::uint32_t> positions, context& c) const {
        return turn_all(x, heads, positions, false, c);
    }
    /// The same backwards: turns the gradient in place.
    [[nodiscard]] result<void> backward(strided_rows<Scalar> dx, std::size_t heads,
                                        std::span<const std::uint32_t> positions, context& c) const {
        return turn_all(dx, heads, positions, true, c);
    }
};

} // namespace graft::inline GRAFT_ABI
