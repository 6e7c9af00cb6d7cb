// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace test {

/// A GGUF file, piece by piece: `head`, then keys, then tensors, then `numbers`.
struct gguf_bytes : graft::byte_writer {
    void head(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
        for (const char c : {'G', 'G', 'U', 'F'}) u8(static_cast<std::uint8_t>(c));
        u32(version);
        u64(tensors);
        u64(keys);
    }
    void key(std::string_view name, std::uint32_t type) {
        text(name);
        u32(type);
    }
    void key_u32(std::string_view name, std::uint32_t x) {
        key(name, 4);
        u32(x);
    }
    void key_text(std::string_view name, std::string_view x) {
        key(name, 8);
        text(x);
    }
    /// Begins an array: its elements follow.
    void key_array(std::string_view name, std::uint32_t type, std::uint64_t count) {
        key(name, 9);
        u32(type);
        u64(count);
    }
    /// `sizes` as the file has them, the fastest first.
    void tensor(std::string_view name, std::initializer_list<std::uint64_t> sizes, std::uint32_t type,
                std::uint64_t offset) {
        text(name);
        u32(static_cast<std::uint32_t>(sizes.size()));
        for (const std::uint64_t size : sizes) u64(size);
        u32(type);
        u64(offset);
    }
    void align(std::size_t to = 32) {
        while (size() % to != 0) u8(0);
    }
    void numbers(std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) u8(static_cast<std::uint8_t>(i));
    }
};

/// A small file with a value of every type, and tensors of three formats.
inline std::vector<std::byte> small_gguf() {
    gguf_bytes f;
    f.head(3, 17);
    f.key_text("general.architecture", "llama");
    f.key_u32("llama.block_count", 2);
    f.key("a.u8", 0), f.u8(200);
    f.key("a.i8", 1), f.u8(0xff);
    f.key("a.u16", 2), f.u16(40000);
    f.key("a.i16", 3), f.u16(0xfffe);
    f.key("a.i32", 5), f.u32(0xfffffffd);
    f.key("a.f32", 6), f.f32(1.5f);
    f.key("a.true", 7), f.u8(1);
    f.key("a.u64", 10), f.u64(1ull << 40);
    f.key("a.i64", 11), f.i64(-(1ll << 40));
    f.key("a.f64", 12), f.f64(.1);
    f.key_array("tokenizer.ggml.tokens", 8, 3), f.text("a"), f.text(""), f.text("bc");
    f.key_array("tokenizer.ggml.scores", 6, 3), f.f32(0), f.f32(-1), f.f32(-2.5f);
    f.key_array("tokenizer.ggml.token_type", 5, 3), f.u32(1), f.u32(3), f.u32(6);
    f.key_array("a.bytes", 0, 2), f.u8(7), f.u8(8);
    f.key_array("a.nested", 9, 2), f.u32(4), f.u64(1), f.u32(9), f.u32(8), f.u64(1), f.text("x");
    f.tensor("token_embd.weight", {32, 2}, 8, 0); // Q8_0, 68 bytes
    f.tensor("norm.weight", {3}, 0, 96);          // F32, 12 bytes
    f.tensor("half", {2, 2, 1, 1}, 1, 128);       // F16, 8 bytes
    f.align();
    f.numbers(136);
    return f.take();
}

} // namespace test
