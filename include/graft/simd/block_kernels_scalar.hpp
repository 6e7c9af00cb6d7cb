// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/block_kernels_table.hpp>

#include <algorithm>
#include <cmath>

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::scalar {

// The truth of `block_kernels`.

inline void encode_block_row(const float* x, std::size_t blocks, const encoded_rows& to, std::size_t i) noexcept {
    const std::size_t in = blocks * block_numbers;
    for (std::size_t b = 0; b < blocks; ++b) {
        const float* from = x + b * block_numbers;
        float        most = 0;
        for (std::size_t t = 0; t < block_numbers; ++t) most = std::max(most, std::fabs(from[t]));
        const float  by  = most > 0 ? 32512.f / most : 0.f; // infinite below 2^-112: then all codes are at their ends
        std::int32_t sum = 0;
        for (std::size_t t = 0; t < block_numbers; ++t) {
            const float        rounded = std::nearbyint(std::min(std::max(from[t] * by, -32512.f), 32512.f));
            const auto         code    = static_cast<std::int32_t>(rounded);
            const std::int32_t high    = (code + 128) >> 8;
            const std::size_t  at      = i * in + b * block_numbers + t;
            to.codes[at]               = static_cast<std::int16_t>(code);
            to.high[at]                = static_cast<std::int8_t>(high);
            to.low[at]                 = static_cast<std::int8_t>(code - 256 * high);
            sum += code;
        }
        const float scale        = most / 32512.f;
        to.scale[i * blocks + b] = scale;
        to.sum[i * blocks + b]   = scale * static_cast<float>(sum);
    }
}

inline void nibble_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                            float* y, std::size_t y_row) noexcept {
    for (std::size_t b = 0; b < blocks; ++b, panel += block_kernels::nibble_bytes)
        for (std::size_t r = 0; r < block_rows; ++r) {
            const float d = detail::half_at(panel + 2 * r), m = detail::half_at(panel + 16 + 2 * r);
            for (std::size_t i = 0; i < rows; ++i) {
                const std::int16_t* codes = x.codes + (i * blocks + b) * block_numbers;
                std::int32_t        sum   = 0;
                for (std::size_t t = 0; t < 16; ++t) {
                    const unsigned both = panel[32 + t / 4 * 32 + 4 * r + t % 4];
                    sum += static_cast<std::int32_t>(both & 15) * codes[t] +
                           static_cast<std::int32_t>(both >> 4) * codes[16 + t];
                }
                float& to = y[i * y_row + r];
                to        = std::fma(static_cast<float>(sum), d * x.scale[i * blocks + b], to);
                to        = std::fma(m, x.sum[i * blocks + b], to);
            }
        }
}

inline void byte_products(const encoded_rows& x, std::size_t rows, const std::uint8_t* panel, std::size_t blocks,
                          float* y, std::size_t y_row) noexcept {
    for (std::size_t b = 0; b < blocks; ++b, panel += block_kernels::byte_bytes)
        for (std::size_t r = 0; r < block_rows; ++r) {
            const float d = detail::half_at(panel + 2 * r);
            for (std::size_t i = 0; i < rows; ++i) {
                const std::int16_t* codes = x.codes + (i * blocks + b) * block_numbers;
                std::int32_t        sum   = 0;
                for (std::size_t t = 0; t < block_numbers; ++t)
                    sum += std::int32_t{static_cast<std::int8_t>(panel[16 + t / 2 * 16 + 2 * r + t % 2])} * codes[t];
                float& to = y[i * y_row + r];
                to        = std::fma(static_cast<float>(sum), d * x.scale[i * blocks + b], to);
            }
        }
}

template <class = void>
inline constexpr block_kernels block_table = {"scalar", encode_block_row, nibble_products, byte_products};

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::scalar
