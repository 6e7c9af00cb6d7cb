// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/block_kernels_table.hpp>
#include <graft/simd/nf4.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::scalar {

// The truth of `block_kernels`.

/// What the numbers of a block are multiplied by to become codes, and the codes by to become numbers.
struct block_scale {
    float by, scale;
};
/// Of a block whose largest number has these bits without its sign. One that holds what is no number has no codes, and a scale that is none.
[[nodiscard]] inline block_scale scale_of(std::uint32_t most, code_bits bits) noexcept {
    if (most >= 0x7f800000u) return {0, std::numeric_limits<float>::quiet_NaN()};
    const float largest = std::bit_cast<float>(most), end = bits == code_bits::eight ? 127.f : 32512.f;
    return {most == 0 ? 0.f : std::min(end / largest, std::numeric_limits<float>::max()), largest * (1 / end)};
}

inline void encode_block_row(const float* x, std::size_t blocks, const encoded_rows& to, std::size_t i) noexcept {
    for (std::size_t b = 0; b < blocks; ++b) {
        const float*  from = x + b * block_numbers;
        std::int8_t*  code = to.codes_at(i, b, blocks);
        std::uint32_t most = 0;
        for (std::size_t t = 0; t < block_numbers; ++t)
            most = std::max(most, std::bit_cast<std::uint32_t>(from[t]) & 0x7fffffffu);
        const block_scale s   = scale_of(most, to.bits);
        std::int32_t      sum = 0;
        for (std::size_t t = 0; t < block_numbers; ++t) {
            const int whole = s.by > 0 ? static_cast<int>(std::nearbyint(from[t] * s.by)) : 0;
            const int high  = to.bits == code_bits::eight ? whole : (whole + 128) >> 8;
            code[t]         = static_cast<std::int8_t>(high);
            if (to.bits == code_bits::sixteen)
                code[to.together * block_numbers + t] = static_cast<std::int8_t>(whole - 256 * high);
            sum += whole;
        }
        to.note(to.at(i, b, blocks), s.scale, sum);
    }
}
/// Code t of those at `codes`.
[[nodiscard]] inline std::int32_t code_at(const encoded_rows& x, const std::int8_t* codes, std::size_t t) noexcept {
    return x.bits == code_bits::eight ? codes[t] : 256 * codes[t] + codes[x.together * block_numbers + t];
}

inline void nibble_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                            float* y, std::size_t y_row) noexcept {
    for (std::size_t b = 0; b < blocks; ++b, panel += block_kernels::nibble_bytes)
        for (std::size_t r = 0; r < block_rows; ++r) {
            const float d = detail::half_at(panel + 2 * r), m = detail::half_at(panel + 32 + 2 * r);
            for (std::size_t i = 0; i < rows; ++i) {
                const std::size_t  at    = x.at(i, b, blocks);
                const std::int8_t* codes = x.codes_at(i, b, blocks);
                std::int32_t       sum   = 0;
                for (std::size_t t = 0; t < 16; ++t) {
                    const int both = panel[64 + t / 4 * 64 + 4 * r + t % 4];
                    sum += (both & 15) * code_at(x, codes, t) + (both >> 4) * code_at(x, codes, 16 + t);
                }
                float& to = y[i * y_row + r];
                to        = std::fma(static_cast<float>(sum), d * x.scale[at], to);
                to        = std::fma(m, x.sum[at], to);
            }
        }
}

inline void byte_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                          float* y, std::size_t y_row) noexcept {
    for (std::size_t b = 0; b < blocks; ++b, panel += block_kernels::byte_bytes)
        for (std::size_t r = 0; r < block_rows; ++r) {
            const float d = detail::half_at(panel + 2 * r);
            for (std::size_t i = 0; i < rows; ++i) {
                const std::size_t  at    = x.at(i, b, blocks);
                const std::int8_t* codes = x.codes_at(i, b, blocks);
                std::int32_t       sum   = x.start[at];
                for (std::size_t t = 0; t < block_numbers; ++t)
                    sum += std::int32_t{panel[32 + t / 4 * 64 + 4 * r + t % 4]} * code_at(x, codes, t);
                float& to = y[i * y_row + r];
                to        = std::fma(static_cast<float>(sum), d * x.scale[at], to);
            }
        }
}

/// `block_kernels::nf4`.
inline void decode_nf4(const std::byte* codes, std::size_t first, float scale, float* to, std::size_t n) noexcept {
    const std::byte* from = codes + first / 2;
    if (first % 2 != 0 && n > 0) {
        *to++ = scale * nf4_levels[std::to_integer<std::size_t>(*from++ & std::byte{15})];
        --n;
    }
    for (; n >= 2; n -= 2, to += 2) {
        const float* const two = detail::nf4_pair_levels.data() + 2 * std::to_integer<std::size_t>(*from++);
        to[0] = scale * two[0], to[1] = scale * two[1];
    }
    if (n > 0) *to = scale * nf4_levels[std::to_integer<std::size_t>(*from >> 4)];
}

template <class = void>
inline constexpr block_kernels block_table = {"scalar", encode_block_row, nibble_products, byte_products, decode_nf4};

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::scalar
