// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/simd/kernel_table.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace graft::inline GRAFT_ABI {

// Row formats: how a vector is stored, and what is lost. A format is a small value (its parameters), so that an index takes it
// like any other parameter.

/// What a coded row needs beside its words.
///
/// `error` is what a score can be off for each unit of the query's length: an upper bound of |row - decoded row| where the format
/// is `bounded`, else a standard error.
struct row_terms {
    float scale = 1; ///< a sum over codes times this is a sum over numbers
    float error = 0;
};

/// What a coded query needs beside its words.
struct query_terms {
    std::int32_t start = 0; ///< where integer sums begin
    float        unit  = 1; ///< a scaled sum times this is a score
    float        error = 0; ///< an upper bound of |query - decoded query|
};

/// A way to store rows. q · row is close to `unit * row.scale * sum`, with the sum of `above(kernels)`.
template <class F>
concept row_format = std::copyable<F> &&
                     requires(const F& f, std::size_t dims, vector_view x, std::uint32_t* words,
                              const std::uint32_t* code, const row_terms& t, std::span<float> out, const kernels& by) {
                         { F::name } -> std::convertible_to<std::string_view>;
                         {
                             F::bounded
                         } -> std::convertible_to<bool>; ///< errors are bounds, so an exact answer can be proved
                         { f.words(dims) } -> std::same_as<std::size_t>;       // of a coded row
                         { f.query_words(dims) } -> std::same_as<std::size_t>; // of a coded query
                         { f.encode(x, words) } -> std::same_as<row_terms>;    // finite x [dims]; words [words(dims)]
                         { f.encode_query(x, words) } -> std::same_as<query_terms>;
                         { f.decode(code, t, out) } -> std::same_as<void>; // out [dims]
                         { f.above(by) } -> std::same_as<above_kernel>;
                     };

namespace detail {

/// A float that is not below x >= 0; 0 for 0, and the largest for all that is beyond it.
[[nodiscard]] inline float no_less(double x) noexcept {
    if (!(x > 0)) return 0;
    constexpr double least = std::numeric_limits<float>::min(), most = std::numeric_limits<float>::max();
    const auto       nearest = std::bit_cast<std::uint32_t>(static_cast<float>(std::clamp(x, least, most)));
    return std::bit_cast<float>(std::min(nearest + 1, 0x7f7fffffu));
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
