// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/weights/weight_format.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// A little-endian number at an address that need not be aligned.
template <class T>
[[nodiscard]] inline T load_number(const std::byte* at) noexcept {
    std::byte bytes[sizeof(T)];
    std::memcpy(bytes, at, sizeof(T));
    if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1)
        for (std::size_t i = 0; i < sizeof(T) / 2; ++i) {
            const std::byte low      = bytes[i];
            bytes[i]                 = bytes[sizeof(T) - 1 - i];
            bytes[sizeof(T) - 1 - i] = low;
        }
    return std::bit_cast<T>(bytes);
}

/// A binary16 as a float, infinities and NaN too.
[[nodiscard]] inline float widen_half(std::uint16_t bits) noexcept {
    const std::uint32_t sign = (bits & 0x8000u) << 16, size = bits & 0x7fffu;
    const float         value = size < 0x400u    ? static_cast<float>(size) * 0x1p-24f // subnormal: a multiple of 2^-24
                                : size < 0x7c00u ? std::bit_cast<float>((size << 13) + (112u << 23))
                                                 : std::bit_cast<float>((size << 13) | 0x7f800000u);
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}
[[nodiscard]] inline float load_half(const std::byte* at) noexcept {
    return widen_half(load_number<std::uint16_t>(at));
}

[[nodiscard]] inline int low_half(std::byte b) noexcept { return std::to_integer<int>(b) & 15; }
[[nodiscard]] inline int high_half(std::byte b) noexcept { return std::to_integer<int>(b) >> 4; }

// A block each. d is the scale of all, m a minimum, both f16. Every product below fits into the 24 bits of a float, so that no
// compiler changes a bit where it fuses multiplication and addition.

/// d, 32 signed bytes.
inline void decode_q8_0(const std::byte* in, float* out) noexcept {
    const float d = load_half(in);
    for (std::size_t i = 0; i < 32; ++i)
        out[i] = d * static_cast<float>(static_cast<std::int8_t>(std::to_integer<std::uint8_t>(in[2 + i])));
}
/// d, 16 bytes: number i in the low half of byte i, number 16 + i in the high half, each 8 too large.
inline void decode_q4_0(const std::byte* in, float* out) noexcept {
    const float d = load_half(in);
    for (std::size_t i = 0; i < 16; ++i) {
        out[i]      = d * static_cast<float>(low_half(in[2 + i]) - 8);
        out[16 + i] = d * static_cast<float>(high_half(in[2 + i]) - 8);
    }
}
/// d, m, 16 bytes as before, from 0.
inline void decode_q4_1(const std::byte* in, float* out) noexcept {
    const float d = load_half(in), m = load_half(in + 2);
    for (std::size_t i = 0; i < 16; ++i) {
        out[i]      = d * static_cast<float>(low_half(in[4 + i])) + m;
        out[16 + i] = d * static_cast<float>(high_half(in[4 + i])) + m;
    }
}
/// d, 32 fifth bits, 16 bytes as before; 16 too large.
inline void decode_q5_0(const std::byte* in, float* out) noexcept {
    const float d     = load_half(in);
    const auto  fifth = load_number<std::uint32_t>(in + 2);
    for (unsigned i = 0; i < 16; ++i) {
        out[i] = d * static_cast<float>((low_half(in[6 + i]) | static_cast<int>(fifth >> i & 1u) << 4) - 16);
        out[16 + i] =
            d * static_cast<float>((high_half(in[6 + i]) | static_cast<int>(fifth >> (16 + i) & 1u) << 4) - 16);
    }
}
/// d, m, 32 fifth bits, 16 bytes, from 0.
inline void decode_q5_1(const std::byte* in, float* out) noexcept {
    const float d = load_half(in), m = load_half(in + 2);
    const auto  fifth = load_number<std::uint32_t>(in + 4);
    for (unsigned i = 0; i < 16; ++i) {
        out[i]      = d * static_cast<float>(low_half(in[8 + i]) | static_cast<int>(fifth >> i & 1u) << 4) + m;
        out[16 + i] = d * static_cast<float>(high_half(in[8 + i]) | static_cast<int>(fifth >> (16 + i) & 1u) << 4) + m;
    }
}

/// Scale and minimum of part `j` of eight, 6 bits each, out of 12 bytes: those of the first four parts stand in bytes j and
/// 4 + j; those of the last four have their low bits in byte 4 + j, scale below minimum, and their upper bits above the others.
struct six_bits {
    int scale, minimum;
    six_bits(const std::byte* in, std::size_t j) noexcept {
        const auto at = [&](std::size_t i) { return std::to_integer<int>(in[i]); };
        scale         = j < 4 ? at(j) & 63 : (at(j + 4) & 15) | at(j - 4) >> 6 << 4;
        minimum       = j < 4 ? at(j + 4) & 63 : at(j + 4) >> 4 | at(j) >> 6 << 4;
    }
};
/// d, m, 8 scales and minima, 128 bytes: parts 2k and 2k + 1 in the low and high halves of bytes 32k to 32k + 31.
inline void decode_q4_k(const std::byte* in, float* out) noexcept {
    const float      d = load_half(in), m = load_half(in + 2);
    const std::byte* codes = in + 16;
    for (std::size_t j = 0; j < 8; ++j) {
        const six_bits by(in + 4, j);
        const float    scale = d * static_cast<float>(by.scale), minimum = m * static_cast<float>(by.minimum);
        for (std::size_t i = 0; i < 32; ++i) {
            const std::byte b = codes[j / 2 * 32 + i];
            out[32 * j + i]   = scale * static_cast<float>(j % 2 == 0 ? low_half(b) : high_half(b)) - minimum;
        }
    }
}
/// d, m, 8 scales and minima, 32 bytes of fifth bits (bit j of byte i is part j's), 128 bytes as before.
inline void decode_q5_k(const std::byte* in, float* out) noexcept {
    const float      d = load_half(in), m = load_half(in + 2);
    const std::byte *fifth = in + 16, *codes = in + 48;
    for (std::size_t j = 0; j < 8; ++j) {
        const six_bits by(in + 4, j);
        const float    scale = d * static_cast<float>(by.scale), minimum = m * static_cast<float>(by.minimum);
        for (std::size_t i = 0; i < 32; ++i) {
            const std::byte b = codes[j / 2 * 32 + i];
            const int code = (j % 2 == 0 ? low_half(b) : high_half(b)) | (std::to_integer<int>(fifth[i]) >> j & 1) << 4;
            out[32 * j + i] = scale * static_cast<float>(code) - minimum;
        }
    }
}
/// 128 bytes of low halves, 64 bytes of two upper bits, 16 signed scales, d. Each half of 128 numbers is four runs of 32: the
/// low halves of bytes 0 and 32 on, then their high halves; the upper bits of run r are bits 2r of the bytes. 32 too large.
inline void decode_q6_k(const std::byte* in, float* out) noexcept {
    const float d = load_half(in + 208);
    for (std::size_t half = 0; half < 2; ++half)
        for (std::size_t run = 0; run < 4; ++run)
            for (std::size_t i = 0; i < 32; ++i) {
                const std::byte b     = in[64 * half + 32 * (run % 2) + i];
                const int       upper = std::to_integer<int>(in[128 + 32 * half + i]) >> (2 * run) & 3;
                const int       code  = ((run < 2 ? low_half(b) : high_half(b)) | upper << 4) - 32;
                const auto      scale =
                    static_cast<std::int8_t>(std::to_integer<std::uint8_t>(in[192 + 8 * half + 2 * run + i / 16]));
                out[128 * half + 32 * run + i] = d * static_cast<float>(scale) * static_cast<float>(code);
            }
}

template <class T>
void decode_numbers(const std::byte* in, std::span<float> out) noexcept {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(load_number<T>(in + i * sizeof(T)));
}
template <std::size_t Numbers, std::size_t Bytes, class Block>
void decode_blocks(const std::byte* in, std::span<float> out, Block&& block) noexcept {
    for (std::size_t b = 0; b < out.size() / Numbers; ++b) block(in + b * Bytes, out.data() + b * Numbers);
}

} // namespace detail

/// Numbers of a model file as floats: exact where a float can hold them, else the nearest; of a block the very bits that the
/// reference gives (ggml's `dequantize_row`), which has one rounding at most.
///
/// Takes    whole blocks: `in` of `bytes_of(f, out.size())` bytes, on any address.
/// Gives    false where the format is only known by name; then nothing was written.
[[nodiscard]] inline bool decode_weights(weight_format f, std::span<const std::byte> in,
                                         std::span<float> out) noexcept {
    GRAFT_ASSERT(bytes_of(f, out.size()) == in.size(), "the numbers do not fill the bytes of their format");
    using namespace detail;
    const std::byte* at = in.data();
    switch (f) {
    case weight_format::f64: decode_numbers<double>(at, out); return true;
    case weight_format::f32:
        if constexpr (std::endian::native == std::endian::little) {
            if (!out.empty()) std::memcpy(out.data(), at, in.size());
        } else decode_numbers<float>(at, out);
        return true;
    case weight_format::f16:
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = load_half(at + 2 * i);
        return true;
    case weight_format::bf16:
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = std::bit_cast<float>(std::uint32_t{load_number<std::uint16_t>(at + 2 * i)} << 16);
        return true;
    case weight_format::i64: decode_numbers<std::int64_t>(at, out); return true;
    case weight_format::i32: decode_numbers<std::int32_t>(at, out); return true;
    case weight_format::i16: decode_numbers<std::int16_t>(at, out); return true;
    case weight_format::i8: decode_numbers<std::int8_t>(at, out); return true;
    case weight_format::u64: decode_numbers<std::uint64_t>(at, out); return true;
    case weight_format::u32: decode_numbers<std::uint32_t>(at, out); return true;
    case weight_format::u16: decode_numbers<std::uint16_t>(at, out); return true;
    case weight_format::u8:
    case weight_format::boolean: decode_numbers<std::uint8_t>(at, out); return true;
    case weight_format::q8_0: decode_blocks<32, 34>(at, out, decode_q8_0); return true;
    case weight_format::q4_0: decode_blocks<32, 18>(at, out, decode_q4_0); return true;
    case weight_format::q4_1: decode_blocks<32, 20>(at, out, decode_q4_1); return true;
    case weight_format::q5_0: decode_blocks<32, 22>(at, out, decode_q5_0); return true;
    case weight_format::q5_1: decode_blocks<32, 24>(at, out, decode_q5_1); return true;
    case weight_format::q4_k: decode_blocks<256, 144>(at, out, decode_q4_k); return true;
    case weight_format::q5_k: decode_blocks<256, 176>(at, out, decode_q5_k); return true;
    case weight_format::q6_k: decode_blocks<256, 210>(at, out, decode_q6_k); return true;
    default: return false;
    }
}

} // namespace graft::inline GRAFT_ABI
