// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

inline constexpr std::size_t block_numbers = 32; ///< of a row that share a scale
inline constexpr std::size_t block_rows    = 8;  ///< of weights that lie in one panel

namespace detail {

/// An f16 that is a number.
[[nodiscard]] inline float half_at(const std::uint8_t* at) noexcept {
    const std::uint32_t bits = at[0] | static_cast<std::uint32_t>(at[1]) << 8, size = bits & 0x7fffu;
    const float         value =
        size < 0x400u ? static_cast<float>(size) * 0x1p-24f : std::bit_cast<float>((size << 13) + (112u << 23));
    return (bits & 0x8000u) != 0 ? -value : value;
}

} // namespace detail

/// Rows of activations as whole numbers of 16 bits: x = scale · code, in blocks of 32.
///
/// Borrows  all that it names.
struct encoded_rows {
    std::int16_t* codes = nullptr; ///< [rows, in], from -32,512 to 32,512
    std::int8_t*  high  = nullptr; ///< [rows, in]: code = 256 high + low
    std::int8_t*  low   = nullptr; ///< [rows, in]
    float*        scale = nullptr; ///< [rows, in / 32]
    float*        sum   = nullptr; ///< [rows, in / 32]: scale · Σ codes
};

/// Products of activations with weights of 4 or 8 bits, as one machine runs them. Every table gives the same bits: the sum over a
/// block is of whole numbers, so it is exact, and the blocks are one chain of fused steps, in order.
///
/// A panel holds 8 rows of W, block by block. Of four bits (160 bytes a block): eight scales d and eight minima m (f16), then 4 groups of 32 bytes; byte
/// 4 r + i of group g holds numbers 4 g + i (low half) and 16 + 4 g + i (high half) of row r, and w = d q + m. Of eight bits (272
/// bytes): eight scales, then 16 groups of 16 bytes; byte 2 r + i of group g is number 2 g + i of row r, and w = d q.
struct block_kernels {
    using product = void (*)(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                             float* y, std::size_t y_row) noexcept;
    static constexpr std::size_t nibble_bytes = 160, byte_bytes = 272;

    std::string_view name = {};
    /// Row `i` of x [in] into codes; in / 32 blocks.
    void (*encode)(const float* x, std::size_t blocks, const encoded_rows& to, std::size_t i) noexcept = nullptr;
    /// y [rows, 8] += x · panelᵀ.
    product nibbles = nullptr, bytes = nullptr;
};

} // namespace graft::inline GRAFT_ABI
