// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace test {

/// Writes SentencePiece models, field by field.
struct proto_writer {
    std::string bytes = {};

    void number(std::uint64_t x) {
        for (; x >= 0x80; x >>= 7) bytes += static_cast<char>((x & 0x7F) | 0x80);
        bytes += static_cast<char>(x);
    }
    void text(std::uint32_t field, std::string_view value) {
        number(field << 3 | 2);
        number(value.size());
        bytes += value;
    }
    void whole(std::uint32_t field, std::uint64_t value) {
        number(field << 3);
        number(value);
    }
    void real(std::uint32_t field, float value) {
        number(field << 3 | 5);
        const auto bits = std::bit_cast<std::uint32_t>(value);
        for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>(bits >> (8 * i) & 0xFF);
    }
    /// A piece: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte.
    void piece(std::string_view value, float score, std::uint64_t type) {
        proto_writer p;
        p.text(1, value);
        p.real(2, score);
        p.whole(3, type);
        text(1, p.bytes);
    }
};

} // namespace test
