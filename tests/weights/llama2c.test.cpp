// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/bytes.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/llama2c.hpp>
#include <graft/weights/take_tensors.hpp>

#include <support/memory_files.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace graft;

namespace {

template <class T>
std::string said(const result<T>& r) {
    return r ? "" : describe(r.error());
}
result<llama2c_checkpoint> opened(std::span<const std::byte> bytes) {
    test::memory_files fs;
    REQUIRE(write_new_file(fs, "m.bin", bytes));
    return load_llama2c(fs, "m.bin");
}
/// One layer, width 4, inner 3, two heads, one of keys, five tokens, six positions: `n` numbers 0, 1, 2 …
std::vector<std::byte> legacy(std::int32_t vocabulary, std::size_t n) {
    byte_writer w;
    for (const std::int32_t x : {4, 3, 1, 2, 1, vocabulary, 6}) w.u32(static_cast<std::uint32_t>(x));
    for (std::size_t i = 0; i < n; ++i) w.f32(static_cast<float>(i));
    return w.take();
}
constexpr std::size_t tied = 5 * 4 + 4 + 16 + 8 + 8 + 16 + 4 + 3 * 12 + 4 + 6 * 2;

} // namespace

TEST_CASE("llama2c: sizes and tensors in the order of the file") {
    const auto m = opened(legacy(5, tied));
    REQUIRE_MESSAGE(m, said(m));
    CHECK(m->width == 4);
    CHECK(m->positions == 6);
    CHECK(m->weights.size() == 11);
    CHECK((*m->weights.find("token_embd.weight")->floats())[0] == 0);
    CHECK((*m->weights.find("blk.0.attn_norm.weight")->floats())[0] == 20);
    CHECK((*m->weights.find("blk.0.attn_k.weight")->floats())[0] == 40);
    CHECK(m->weights.find("blk.0.attn_k.weight")->shape == tensor_shape{2, 4});
    CHECK((*m->weights.find("blk.0.ffn_down.weight")->floats())[0] == 88);
    CHECK(m->weights.find("blk.0.ffn_down.weight")->shape == tensor_shape{4, 3});
    CHECK((*m->weights.find("output_norm.weight")->floats())[3] == 115);
    CHECK(m->weights.find("output.weight") == nullptr);
    const auto own = opened(legacy(-5, tied + 20));
    REQUIRE_MESSAGE(own, said(own));
    CHECK(own->vocabulary == 5);
    CHECK((*own->weights.find("output.weight")->floats())[0] == tied);
}

TEST_CASE("llama2c: files that are too short, too long or impossible") {
    CHECK(said(opened(legacy(5, tied - 1))) == "m.bin: byte " + std::to_string(4 * (tied + 6)) + ": it ends too early");
    CHECK(said(opened(legacy(5, 30))) == "m.bin: blk.0.attn_q.weight: byte 148: it ends too early");
    CHECK(said(opened(legacy(5, tied + 1))) ==
          "m.bin: byte " + std::to_string(28 + 4 * tied) + ": " + std::string(explain(fault::unexpected)));
    CHECK(opened({}).error().what == fault::truncated);
    CHECK(opened(legacy(0, tied)).error() == error{fault::malformed, unit::byte, 20, "m.bin"});
    auto bad = legacy(5, tied);
    for (std::size_t at = 0; at < 28; at += 4)
        for (const std::uint32_t x : {0u, 3u, 0x7fffffffu, 0x80000000u, 0xffffffffu, 0x40000000u}) {
            auto lies = bad;
            std::memcpy(lies.data() + at, &x, 4);
            if (std::memcmp(lies.data(), bad.data(), 28) == 0) continue;
            CHECK_FALSE(opened(lies));
        }
    const auto version = [](std::uint32_t v) {
        byte_writer w;
        w.u32(0x616b3432u), w.u32(v);
        for (int i = 0; i < 62; ++i) w.u32(1);
        return opened(w.bytes()).error();
    };
    CHECK(version(2) == error{fault::unsupported, unit::byte, 4, "m.bin"});
    CHECK(version(0) == error{fault::malformed, unit::byte, 4, "m.bin"});
}

TEST_CASE("llama2c: vocabularies") {
    const auto read = [](const byte_writer& w) {
        test::memory_files fs;
        REQUIRE(write_new_file(fs, "t.bin", w.bytes()));
        return load_llama2c_vocabulary(fs, "t.bin");
    };
    byte_writer w;
    w.u32(2), w.f32(-1), w.u32(2);
    w.u16(0x6261), w.f32(-2.5f), w.u32(0);
    const auto v = read(w);
    REQUIRE(v);
    CHECK(v->tokens == std::vector<std::string_view>{"ab", ""});
    CHECK(v->scores == std::vector<float>{-1, -2.5f});
    w.f32(0);
    CHECK(read(w).error().what == fault::truncated);
    w.u32(3);
    CHECK(read(w).error().what == fault::truncated);
    w.u8(0), w.u16(0);
    CHECK(read(w).error().what == fault::malformed);
    CHECK(read(byte_writer()).error().what == fault::truncated);
}

TEST_CASE("llama2c: stories260K in both forms is the model that the reference has") {
    NEEDS_SHARED(folder, "data/models/stories260K");
    const auto old = load_llama2c(posix_files{}, (folder / "checkpoint_legacy.bin").string());
    const auto one = load_llama2c(posix_files{}, (folder / "checkpoint_v1.bin").string(), {.map = true});
    REQUIRE_MESSAGE(old, said(old));
    REQUIRE_MESSAGE(one, said(one));
    CHECK(one->width == 64);
    CHECK(one->inner == 172);
    CHECK(one->layers == 5);
    CHECK(one->heads == 8);
    CHECK(one->kv_heads == 4);
    CHECK(one->vocabulary == 512);
    CHECK(one->positions == 512);
    CHECK(one->weights.size() == 47);
    take_tensors take(one->weights);
    for (const tensor& each : old->weights.list())
        CHECK_MESSAGE(std::ranges::equal(each.bytes, take(each.name, each.shape).bytes), each.name);
    CHECK(take.finish());
    const auto words = load_llama2c_vocabulary(posix_files{}, (folder / "tokenizer.bin").string());
    REQUIRE_MESSAGE(words, said(words));
    CHECK(words->tokens.size() == 512);
    CHECK(words->tokens[1] == "\n<s>\n");
}
