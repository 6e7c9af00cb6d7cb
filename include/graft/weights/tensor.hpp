// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/weights/decode.hpp>
#include <graft/weights/weight_format.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// The sizes of a tensor, the slowest first: a matrix is [rows, columns], and the numbers of a row lie behind each other. A
/// single number has none.
class tensor_shape {
public:
    static constexpr std::size_t most = 8;

private:
    std::array<std::uint64_t, most> sizes_ = {};
    std::uint8_t                    rank_  = 0;

public:
    constexpr tensor_shape() = default;
    constexpr tensor_shape(std::initializer_list<std::uint64_t> sizes) noexcept {
        GRAFT_ASSERT(sizes.size() <= most, "a tensor of more than eight dimensions");
        for (const std::uint64_t size : sizes) add(size);
    }

    /// One more size, the fastest; false where there are eight.
    constexpr bool add(std::uint64_t size) noexcept {
        if (rank_ == most) return false;
        sizes_[rank_++] = size;
        return true;
    }
    /// The same sizes in the other order.
    [[nodiscard]] constexpr tensor_shape reversed() const noexcept {
        tensor_shape other = *this;
        std::reverse(other.sizes_.begin(), other.sizes_.begin() + rank_);
        return other;
    }

    [[nodiscard]] constexpr std::size_t   rank() const noexcept { return rank_; }
    [[nodiscard]] constexpr std::uint64_t operator[](std::size_t i) const noexcept { return sizes_[i]; }
    [[nodiscard]] constexpr auto          begin() const noexcept { return sizes_.begin(); }
    [[nodiscard]] constexpr auto          end() const noexcept { return sizes_.begin() + rank_; }
    bool                                  operator==(const tensor_shape&) const = default;

    /// The product of all sizes, 1 of none; nothing where it passes 2^63.
    [[nodiscard]] constexpr std::optional<std::uint64_t> numbers() const noexcept {
        constexpr std::uint64_t limit = std::uint64_t{1} << 63;
        std::uint64_t           n     = 1;
        bool                    none = false, large = false;
        for (const std::uint64_t size : *this) {
            if (size == 0) none = true;
            else if (n > limit / size) large = true;
            else n *= size;
        }
        if (none) return 0;
        if (large) return std::nullopt;
        return n;
    }
    /// `[30522, 384]`.
    [[nodiscard]] std::string text() const {
        std::string out = "[";
        for (const std::uint64_t size : *this) out.append(out.size() > 1 ? ", " : "").append(std::to_string(size));
        return out + "]";
    }
};

/// Numbers of a model file under their name: where they lie and how they are stored, not a copy. Rows follow each other without
/// gaps; where safetensors put them, on any address.
///
/// Borrows  name and bytes from the `tensors` that lists it.
struct tensor {
    std::string_view           name   = {};
    weight_format              format = weight_format::f32;
    tensor_shape               shape  = {};
    std::span<const std::byte> bytes  = {};

    /// The numbers of a row: the last size, 1 where there is none.
    [[nodiscard]] std::size_t columns() const noexcept {
        return shape.rank() == 0 ? 1 : static_cast<std::size_t>(shape[shape.rank() - 1]);
    }
    /// The product of all other sizes.
    [[nodiscard]] std::size_t rows() const noexcept {
        std::size_t n = 1;
        for (std::size_t i = 0; i + 1 < shape.rank(); ++i) n *= static_cast<std::size_t>(shape[i]);
        return n;
    }
    [[nodiscard]] std::size_t row_bytes() const noexcept {
        return static_cast<std::size_t>(*bytes_of(format, columns()));
    }
    [[nodiscard]] std::span<const std::byte> row(std::size_t i) const noexcept {
        return bytes.subspan(i * row_bytes(), row_bytes());
    }

    /// Row `i` as floats; `out` [columns()]. False where graft does not compute with the format.
    [[nodiscard]] bool decode_row(std::size_t i, std::span<float> out) const noexcept {
        return decode_weights(format, row(i), out);
    }
    /// All numbers as floats; `out` [rows() * columns()].
    [[nodiscard]] bool decode(std::span<float> out) const noexcept { return decode_weights(format, bytes, out); }

    /// The numbers in place: where they are floats of this machine, on a float's boundary.
    [[nodiscard]] std::optional<std::span<const float>> floats() const noexcept {
        if (format != weight_format::f32 || std::endian::native != std::endian::little) return std::nullopt;
        if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) != 0) return std::nullopt;
        return std::span(reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float));
    }

    /// The first row that holds a NaN or an infinity: among numbers, or among the scales of blocks.
    ///
    /// Costs    one pass over the bytes of floats, over a few bytes of each block; nothing for integers.
    [[nodiscard]] std::optional<std::size_t> first_not_finite() const noexcept;
};

namespace detail {

/// Whether the exponent of any number is all ones. A sum, so that it is eight numbers a step.
template <class T>
[[nodiscard]] inline bool any_not_finite(const std::byte* at, std::size_t n, T exponent,
                                         std::size_t step = sizeof(T)) noexcept {
    T found = 0;
    for (std::size_t i = 0; i < n; ++i)
        found = static_cast<T>(found | ((load_number<T>(at + i * step) & exponent) == exponent ? 1 : 0));
    return found != 0;
}

[[nodiscard]] inline bool row_not_finite(weight_format f, std::span<const std::byte> row) noexcept {
    const auto halves = [&](std::size_t offset) {
        const weight_layout is = layout_of(f);
        return any_not_finite<std::uint16_t>(row.data() + offset, row.size() / is.bytes, 0x7c00, is.bytes);
    };
    switch (f) {
    case weight_format::f64: return any_not_finite<std::uint64_t>(row.data(), row.size() / 8, 0x7ff0000000000000u);
    case weight_format::f32:
    case weight_format::c64: return any_not_finite<std::uint32_t>(row.data(), row.size() / 4, 0x7f800000u);
    case weight_format::f16: return any_not_finite<std::uint16_t>(row.data(), row.size() / 2, 0x7c00);
    case weight_format::bf16: return any_not_finite<std::uint16_t>(row.data(), row.size() / 2, 0x7f80);
    case weight_format::q8_0:
    case weight_format::q4_0:
    case weight_format::q5_0: return halves(0);
    case weight_format::q4_1:
    case weight_format::q5_1:
    case weight_format::q4_k:
    case weight_format::q5_k: return halves(0) || halves(2);
    case weight_format::q6_k: return halves(208);
    default: return false;
    }
}

} // namespace detail

inline std::optional<std::size_t> tensor::first_not_finite() const noexcept {
    if (bytes.empty() || !detail::row_not_finite(format, bytes)) return std::nullopt;
    std::size_t i = 0;
    while (!detail::row_not_finite(format, row(i))) ++i;
    return i;
}

} // namespace graft::inline GRAFT_ABI
