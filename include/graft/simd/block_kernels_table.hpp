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
inline constexpr std::size_t block_rows    = 16; ///< of weights that lie in one panel

namespace detail {

/// An f16 that is a number.
[[nodiscard]] inline float half_at(const std::uint8_t* at) noexcept {
    const std::uint32_t bits = at[0] | static_cast<std::uint32_t>(at[1]) << 8, size = bits & 0x7fffu;
    const float         value =
        size < 0x400u ? static_cast<float>(size) * 0x1p-24f : std::bit_cast<float>((size << 13) + (112u << 23));
    return (bits & 0x8000u) != 0 ? -value : value;
}

} // namespace detail

/// How finely a row of activations is told in whole numbers: what a number moves by, of the largest in its block.
enum class code_bits : std::uint8_t {
    eight   = 1, ///< 1/254; one product of bytes for each weight
    sixteen = 2, ///< 1/65,024: nothing that a model's answers show; two products
};

/// Rows of activations as whole numbers: x = scale · code, in blocks of 32. Up to eight rows lie together, block by block; a code of 16 bits
/// is 256 · high + low, and all high bytes of a block's rows lie before the low ones.
///
/// Borrows  all that it names.
struct encoded_rows {
    std::int8_t*  codes = nullptr; ///< [rows / together, in / 32, planes, together, 32]
    float*        scale = nullptr; ///< [rows / together, in / 32, together]
    float*        sum   = nullptr; ///< the same shape: scale · Σ codes
    std::int32_t* start = nullptr; ///< the same shape: -128 · Σ codes, what weights stored 128 too large give too much
    std::size_t   together = 1;    ///< at most `most`
    code_bits     bits     = code_bits::sixteen;

    static constexpr std::size_t most = 8;

    /// Bytes of a code.
    [[nodiscard]] std::size_t planes() const noexcept { return static_cast<std::size_t>(bits); }
    /// Where block b of row i lies among all blocks.
    [[nodiscard]] std::size_t at(std::size_t i, std::size_t b, std::size_t blocks) const noexcept {
        return (i / together * blocks + b) * together + i % together;
    }
    /// Its codes; those of the low bytes lie 32 · together behind them.
    [[nodiscard]] std::int8_t* codes_at(std::size_t i, std::size_t b, std::size_t blocks) const noexcept {
        return codes + ((i / together * blocks + b) * planes() * together + i % together) * block_numbers;
    }
    /// The rows from `first` on, as far as they lie in its group, or all that follow where `first` begins one.
    [[nodiscard]] encoded_rows from(std::size_t first, std::size_t blocks) const noexcept {
        const std::size_t n = at(first, 0, blocks);
        return {codes_at(first, 0, blocks), scale + n, sum + n, start + n, together, bits};
    }
    /// Notes what the codes at place `n` are to be multiplied by, and their sum.
    void note(std::size_t n, float by, std::int32_t total) const noexcept {
        scale[n] = by, sum[n] = by * static_cast<float>(total), start[n] = -128 * total;
    }
};

/// Products of activations with weights of 4 or 8 bits, as one machine runs them. Every table gives the same bits: the sum over a
/// block is of whole numbers, so it is exact, and the blocks are one chain of fused steps, in order.
///
/// A panel holds 16 rows of W, block by block: sixteen scales d (f16), then, of four bits, sixteen minima m (f16), then groups of 64 bytes. Of four
/// bits (320 bytes a block, w = d q + m) there are 4 groups: byte 4 r + i of group g holds numbers 4 g + i (low half) and 16 + 4 g + i (high half) of
/// row r. Of eight bits (544 bytes, w = d (q - 128)) there are 8: byte 4 r + i of group g is number 4 g + i of row r.
struct block_kernels {
    using product = void (*)(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                             float* y, std::size_t y_row) noexcept;
    static constexpr std::size_t nibble_bytes = 320, byte_bytes = 544;

    std::string_view name = {};
    /// Row `i` of x [in] into codes; in / 32 blocks.
    void (*encode)(const float* x, std::size_t blocks, const encoded_rows& to, std::size_t i) noexcept = nullptr;
    /// y [rows, 16] += x · panelᵀ.
    product nibbles = nullptr, bytes = nullptr;
    /// Numbers of one block of NF4: scale times level, one rounding. Two codes lie in a byte, the first in its upper half.
    ///
    /// Takes    the codes of a whole matrix, and which of them is the first
    void (*nf4)(const std::byte* codes, std::size_t first, float scale, float* to, std::size_t n) noexcept = nullptr;
};

} // namespace graft::inline GRAFT_ABI
