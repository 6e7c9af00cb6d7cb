// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/elementary.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>
#include <graft/simd/norm.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// How virtual tokens begin that are not taken from a text.
struct virtual_token_params {
    std::size_t   tokens = 16; ///< p: how many stand before every text
    double        spread = 1;  ///< standard deviation of the normal start; 0: all zero
    std::uint64_t seed   = 0;

    [[nodiscard]] bool valid() const noexcept {
        return tokens > 0 && tokens <= std::size_t{1} << 20 && is_finite(spread) && spread >= 0 && spread <= 1e6;
    }
};

namespace detail {

/// Fills numbers from a normal distribution, two at a time.
///
/// Source   Box and Muller 1958
template <std::floating_point Scalar>
void fill_normal(std::span<Scalar> to, double spread, std::uint64_t seed, std::uint64_t stream) {
    counter_random draw(seed, stream);
    for (std::size_t i = 0; i < to.size(); i += 2) {
        const double radius = spread * std::sqrt(-2 * log_exact(1 - draw.unit64()));
        const auto   at     = sine_cosine_exact(6.283185307179586477 * draw.unit64());
        to[i]               = static_cast<Scalar>(radius * at.cos);
        if (i + 1 < to.size()) to[i + 1] = static_cast<Scalar>(radius * at.sin);
    }
}
/// The numbers of a matrix as bytes hold them.
///
/// Fails    `truncated`, `malformed` where they are not so many rows, `not_finite`
template <std::floating_point Scalar>
[[nodiscard]] result<matrix<Scalar>> load_rows(byte_reader& from, std::uint64_t rows, std::uint64_t dims) {
    const auto numbers = from.array<Scalar>();
    if (!from.ok()) return from.error(fault::truncated);
    if (dims == 0 ? rows != 0 || !numbers.empty() : numbers.size() % dims != 0 || numbers.size() / dims != rows)
        return from.error(fault::malformed);
    if (!all_finite(std::span<const Scalar>(numbers))) return from.error(fault::not_finite);
    return matrix<Scalar>(matrix_view<const Scalar>{numbers.data(), rows, dims});
}

} // namespace detail

/// Rows that stand before the embedded tokens of every text, as if they were tokens of its own, and are tuned instead of the model.
///
/// Plain data. Without rows it is no prompt at all: the untouched base.
/// Costs    tokens · width numbers; every text is so many tokens longer.
/// Source   Lester et al. 2021, arXiv 2104.08691
template <std::floating_point Scalar>
struct soft_prompt {
    using scalar = Scalar;
    matrix<Scalar> rows; ///< [p, width]

    static constexpr std::uint32_t    format = 1;
    static constexpr std::string_view kind   = "soft prompt";

    /// Fails    `bad_argument` for parameters out of range
    [[nodiscard]] static result<soft_prompt> make(std::size_t width, const virtual_token_params& p) {
        if (!p.valid() || width == 0) return error{fault::bad_argument, unit::none, p.tokens, "soft prompt"};
        soft_prompt made{matrix<Scalar>(p.tokens, width)};
        if (p.spread > 0) detail::fill_normal(made.rows.flat(), p.spread, p.seed, 0x736f6674 /* "soft" */);
        return made;
    }

    [[nodiscard]] std::size_t tokens() const noexcept { return rows.rows(); }
    [[nodiscard]] std::size_t width() const noexcept { return rows.dims(); }
    [[nodiscard]] std::size_t parameters() const noexcept { return rows.flat().size(); }

    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(tokens());
        to.u64(width());
        to.array(rows.flat());
    }
    /// Fails    `foreign`, `truncated`, `malformed`, `not_finite`
    [[nodiscard]] static result<soft_prompt> load(byte_reader& from) {
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        const auto p = from.u64(), dims = from.u64();
        auto       read = detail::load_rows<Scalar>(from, p, dims);
        if (!read) return read.error();
        return soft_prompt{std::move(*read)};
    }
};

} // namespace graft::inline GRAFT_ABI
