// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <bit>
#include <cstdint>

namespace graft::inline GRAFT_ABI {

// Numbers in fewer bits than a float, as they are stored. Distinct types, so that no kernel reads the wrong one.

/// The upper half of a float: its exponent and 8 bits of precision.
enum class bf16_code : std::uint16_t {};
/// IEEE 754 binary16 without infinities and NaN: 11 bits of precision, up to 65,504, steps of 2^-24 near zero.
enum class f16_code : std::uint16_t {};
/// An integer from -127 to 127, stored as value + 128: hardware multiplies unsigned rows by signed queries.
enum class i8_code : std::uint8_t {};

/// The number that a code stands for; exact.
[[nodiscard]] constexpr float widen(float x) noexcept { return x; }
/// The number that a code stands for; exact.
[[nodiscard]] constexpr float widen(bf16_code x) noexcept {
    return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16);
}
/// The number that a code stands for; exact.
[[nodiscard]] constexpr float widen(f16_code x) noexcept {
    const auto          bits = static_cast<std::uint32_t>(x);
    const std::uint32_t sign = (bits & 0x8000u) << 16, size = bits & 0x7fffu;
    const float         value = size < 0x400u ? static_cast<float>(size) * 0x1p-24f // subnormal: a multiple of 2^-24
                                              : std::bit_cast<float>((size << 13) + (112u << 23));
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}
/// The number that a code stands for; exact.
[[nodiscard]] constexpr float widen(i8_code x) noexcept { return static_cast<float>(static_cast<int>(x) - 128); }

/// The nearest code of a finite number, ties to even. What is too large becomes the largest; bf16 has no subnormals here
/// (below 2^-126 is 0), because hardware that multiplies them reads them as 0.
[[nodiscard]] constexpr bf16_code to_bf16(float x) noexcept {
    const auto          bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
    std::uint32_t       code = (size + 0x7fffu + (size >> 16 & 1u)) >> 16;
    if (code > 0x7f7fu) code = 0x7f7fu;
    if (code < 0x80u) code = 0;
    return static_cast<bf16_code>(sign | code);
}
/// The nearest code of a finite number, ties to even. What is too large becomes the largest.
[[nodiscard]] constexpr f16_code to_f16(float x) noexcept {
    const auto          bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
    std::uint32_t       code = 0;
    if (size >= 0x477fe000u) {
        code = 0x7bffu; // 65,504 and all above
    } else if (size >= 0x38800000u) {
        code = (size - (112u << 23) + 0xfffu + (size >> 13 & 1u)) >> 13;
    } else {
        // Adding 2^-1 rounds to its last bit, 2^-24, which is the step of the subnormals.
        code = std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) + .5f) - 0x3f000000u;
    }
    return static_cast<f16_code>(sign | code);
}
/// The nearest integer of a finite number, ties to even; -127 or 127 for what lies outside.
[[nodiscard]] constexpr i8_code to_i8(float x) noexcept {
    const float clamped = x > 127.f ? 127.f : x < -127.f ? -127.f : x;
    // Adding 1.5 · 2^23 rounds to its last bit, 1.
    const auto bits = std::bit_cast<std::uint32_t>(clamped + 12582912.f);
    return static_cast<i8_code>(static_cast<std::uint8_t>((bits & 0xffu) + 128u));
}

} // namespace graft::inline GRAFT_ABI
