// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/element.hpp>
#include <graft/simd/tile.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What a program may need of a table, as bits: what is not asked for is not compiled into it, and its pointers are null. `axpy` and
/// `pack` are in every table.
namespace need {
inline constexpr unsigned rows           = 1;   ///< `f32_rows`: queries against rows of floats
inline constexpr unsigned quantized_rows = 2;   ///< `bf16_rows` to `bits`: against rows of codes
inline constexpr unsigned chains         = 4;   ///< `chains`: products of floats
inline constexpr unsigned coded_chains   = 8;   ///< `bf16_chains`, `i8_chains`: products with codes
inline constexpr unsigned f32_tile       = 16;  ///< `f32_above`, and so on
inline constexpr unsigned bf16_tile      = 32;  ///< `bf16_above`
inline constexpr unsigned f16_tile       = 64;  ///< `f16_above`
inline constexpr unsigned i8_tile        = 128; ///< `i8_above`
inline constexpr unsigned bits_tile      = 256; ///< `bits_above`
inline constexpr unsigned all            = 511; ///< every kernel

/// What a type asks for with a member `needs`; everything where it says nothing.
template <class T>
inline constexpr unsigned of = all;
template <class T>
    requires requires { T::needs; }
inline constexpr unsigned of<T> = T::needs; ///< what it says
} // namespace need

/// A query against many rows [n, dims] without gaps; nothing need be aligned (64-byte boundaries are 30 % faster), outputs
/// must not overlap inputs. `dots_of` scores the rows that `which` names.
template <class Query, class Code, class Sum>
struct dot_kernels {
    /// out[i] = q · row i.
    void (*dots)(const Query* q, const Code* rows, std::size_t n, std::size_t dims, Sum* out) noexcept = nullptr;
    /// out[i] = q · row which[i].
    void (*dots_of)(const Query* q, const Code* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                    Sum* out) noexcept = nullptr;
};

/// The same for an f32 query, with squared distances beside the dot products.
template <class Code>
struct row_kernels : dot_kernels<float, Code, float> {
    /// out[i] = |q - row i|².
    void (*distances)(const float* q, const Code* rows, std::size_t n, std::size_t dims, float* out) noexcept = nullptr;
    /// out[i] = |q - row which[i]|².
    void (*distances_of)(const float* q, const Code* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                         float* out) noexcept = nullptr;
};

/// out = the number of bits that differ, of rows [n, words].
struct bit_kernels {
    void (*distances)(const std::uint32_t* q, const std::uint32_t* rows, std::size_t n, std::size_t words,
                      std::uint32_t* out) noexcept                       = nullptr;
    void (*distances_of)(const std::uint32_t* q, const std::uint32_t* rows, const std::uint32_t* which, std::size_t n,
                         std::size_t words, std::uint32_t* out) noexcept = nullptr;
};

/// c[i, j] = c[i, j] + the sum over t < k of a[i * a_row + t * a_step] b[t * b_row + j], for i < n and j < m. Steps in words. Where b
/// is a panel (b_row 48), what lies behind it may be fetched: the next panel.
template <class Word, class Sum>
using chain_kernel = void (*)(const Word* a, std::size_t a_row, std::size_t a_step, const Word* b, std::size_t b_row,
                              Sum* c, std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept;

/// The pairs of up to eight queries and the 48 rows of a panel whose upper bound reaches the query's floor: their number, and
/// the pairs themselves at `out` [384], query by query and then by row.
///
/// x = the chain's sum (an integer sum begins at `start` and is then rounded to float); with offsets x = fma(shift, offset, x);
/// upper = fma(gain, error, x * scale); it passes where upper >= floor.
using above_kernel = std::size_t (*)(const tile_query& q, std::size_t queries, const tile_rows& rows, std::size_t words,
                                     tile_found* out) noexcept;

/// The inner loops that decide the speed, as one machine runs them.
///
/// The sums, which every table with `exact` gives to the bit:
///   lanes    a row against a query: 32 lanes of fused multiply-adds, a fixed tree (`scalar::sum`). Codes are widened
///            exactly, so a dot with coded rows is the dot with their decoded numbers.
///   pairs    bf16 with bf16: the same lanes over words; of a word first the upper element, then the lower
///            (`scalar::pair_sum`), as vdpbf16ps does. That instruction flushes partial sums below 2^-126 to zero.
///   chains   one product after the other over k, from the value of C upward; of a word the upper element first.
///   integers i8 with i8 and bits, where order does not matter. 32-bit sums hold 66,000 dimensions.
struct kernels {
    std::string_view name  = {};
    bool             exact = false; ///< the sums are those of the definition, to the bit

    row_kernels<float>                              f32        = {};
    row_kernels<bf16_code>                          bf16       = {}; ///< f32 query, coded rows
    row_kernels<f16_code>                           f16        = {};
    dot_kernels<float, i8_code, float>              i8         = {}; ///< without scales
    dot_kernels<bf16_code, bf16_code, float>        bf16_pairs = {};
    dot_kernels<std::int8_t, i8_code, std::int32_t> i8_pairs   = {};
    bit_kernels                                     bits       = {};

    /// y[i] = a x[i] + y[i], one rounding.
    void (*axpy)(float a, const float* x, float* y, std::size_t n) noexcept = nullptr;

    chain_kernel<float, float>                chains      = nullptr;
    chain_kernel<std::uint32_t, float>        bf16_chains = nullptr; ///< words of two bf16
    chain_kernel<std::uint32_t, std::int32_t> i8_chains   = nullptr; ///< a: four int8, b: four i8_code, not unbiased

    /// Rows to a panel: word t of row r to panel[48 t + r], for t < words; rows from n on become zero. Rows are `row` words
    /// apart, of any type. panel [words][48] is 64-byte aligned.
    void (*pack)(const void* rows, std::size_t row, std::size_t n, std::size_t words, void* panel) noexcept = nullptr;

    above_kernel f32_above  = nullptr; ///< queries and rows of floats
    above_kernel bf16_above = nullptr; ///< both bf16
    above_kernel f16_above  = nullptr; ///< query of floats (two for each word), rows f16
    above_kernel i8_above   = nullptr; ///< query int8, rows i8_code
    above_kernel bits_above =
        nullptr; ///< query: `bit_planes` rows of bits; sums 2^j for each bit that equals plane j's
};

} // namespace graft::inline GRAFT_ABI
