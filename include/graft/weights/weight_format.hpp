// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// How the numbers of a tensor are stored in a model file: each alone, or in blocks that share a scale.
///
/// The comments say bits a number. Formats from `f8_e8m0` to `f4` and `c64` have a name and a size, so that a file which holds them
/// can be opened and listed; graft computes with none of them, and `decodes` says so.
///
/// Source   the safetensors format; ggml's block formats, as GGUF files hold them.
enum class weight_format : std::uint8_t {
    f64,
    f32,
    f16,  ///< IEEE 754 binary16
    bf16, ///< the upper half of a float
    i64,
    i32,
    i16,
    i8,
    u64,
    u32,
    u16,
    u8,
    boolean, ///< a byte, 0 or 1
    f8_e4m3,
    f8_e5m2,
    f8_e8m0,
    f8_e4m3fnuz,
    f8_e5m2fnuz,
    f6_e2m3,
    f6_e3m2,
    f4,   ///< two a byte
    c64,  ///< two floats
    q8_0, ///< 8.5: 32 numbers, a scale
    q4_0, ///< 4.5: 32 numbers, a scale
    q4_1, ///< 5: 32 numbers, a scale and a minimum
    q5_0, ///< 5.5
    q5_1, ///< 6
    q4_k, ///< 4.5: 256 numbers in 8 parts, each with a scale and a minimum in 6 bits
    q5_k, ///< 5.5
    q6_k, ///< 6.5625: 256 numbers in 16 parts, each with a scale in 8 bits
};

/// The number of formats: they count from 0.
inline constexpr std::size_t weight_formats = 30;

/// What a format is called, and how large it is.
struct weight_layout {
    std::string_view name;            ///< as safetensors and GGUF files and their tools spell it
    std::uint16_t    numbers = 1;     ///< of a block; 1 where each number stands alone
    std::uint16_t    bytes   = 1;     ///< of a block
    bool             decodes = false; ///< whether `decode_weights` reads it
};

[[nodiscard]] constexpr weight_layout layout_of(weight_format f) noexcept {
    switch (f) {
    case weight_format::f64: return {"F64", 1, 8, true};
    case weight_format::f32: return {"F32", 1, 4, true};
    case weight_format::f16: return {"F16", 1, 2, true};
    case weight_format::bf16: return {"BF16", 1, 2, true};
    case weight_format::i64: return {"I64", 1, 8, true};
    case weight_format::i32: return {"I32", 1, 4, true};
    case weight_format::i16: return {"I16", 1, 2, true};
    case weight_format::i8: return {"I8", 1, 1, true};
    case weight_format::u64: return {"U64", 1, 8, true};
    case weight_format::u32: return {"U32", 1, 4, true};
    case weight_format::u16: return {"U16", 1, 2, true};
    case weight_format::u8: return {"U8", 1, 1, true};
    case weight_format::boolean: return {"BOOL", 1, 1, true};
    case weight_format::f8_e4m3: return {"F8_E4M3", 1, 1};
    case weight_format::f8_e5m2: return {"F8_E5M2", 1, 1};
    case weight_format::f8_e8m0: return {"F8_E8M0", 1, 1};
    case weight_format::f8_e4m3fnuz: return {"F8_E4M3FNUZ", 1, 1};
    case weight_format::f8_e5m2fnuz: return {"F8_E5M2FNUZ", 1, 1};
    case weight_format::f6_e2m3: return {"F6_E2M3", 4, 3};
    case weight_format::f6_e3m2: return {"F6_E3M2", 4, 3};
    case weight_format::f4: return {"F4", 2, 1};
    case weight_format::c64: return {"C64", 1, 8};
    case weight_format::q8_0: return {"Q8_0", 32, 34, true};
    case weight_format::q4_0: return {"Q4_0", 32, 18, true};
    case weight_format::q4_1: return {"Q4_1", 32, 20, true};
    case weight_format::q5_0: return {"Q5_0", 32, 22, true};
    case weight_format::q5_1: return {"Q5_1", 32, 24, true};
    case weight_format::q4_k: return {"Q4_K", 256, 144, true};
    case weight_format::q5_k: return {"Q5_K", 256, 176, true};
    case weight_format::q6_k: return {"Q6_K", 256, 210, true};
    }
    return {"unknown", 1, 1};
}

/// The name of a format, as `F32` or `Q4_1`.
[[nodiscard]] constexpr std::string_view name(weight_format f) noexcept { return layout_of(f).name; }

/// The format of that name.
[[nodiscard]] constexpr std::optional<weight_format> weight_format_named(std::string_view name) noexcept {
    for (std::size_t f = 0; f < weight_formats; ++f)
        if (layout_of(static_cast<weight_format>(f)).name == name) return static_cast<weight_format>(f);
    return std::nullopt;
}

/// Whether the numbers share scales in blocks.
[[nodiscard]] constexpr bool in_blocks(weight_format f) noexcept { return f >= weight_format::q8_0; }

/// The bytes of `n` numbers in a row; nothing where they do not fill blocks, or are too many to count.
[[nodiscard]] constexpr std::optional<std::uint64_t> bytes_of(weight_format f, std::uint64_t n) noexcept {
    const weight_layout is = layout_of(f);
    if (n % is.numbers != 0) return std::nullopt;
    if (n / is.numbers > std::numeric_limits<std::uint64_t>::max() / is.bytes) return std::nullopt;
    return n / is.numbers * is.bytes;
}

} // namespace graft::inline GRAFT_ABI
