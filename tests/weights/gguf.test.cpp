// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/store/posix.hpp>
#include <graft/weights/gguf.hpp>
#include <graft/weights/take_tensors.hpp>

#include <support/gguf_bytes.hpp>
#include <support/memory_files.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

using namespace graft;

namespace {

result<gguf_file> opened(std::span<const std::byte> bytes) {
    test::memory_files fs;
    REQUIRE(write_new_file(fs, "m.gguf", bytes));
    return load_gguf(fs, "m.gguf");
}
std::string said(const result<gguf_file>& r) { return r ? "" : describe(r.error()); }
std::string made(const std::function<void(test::gguf_bytes&)>& with) {
    test::gguf_bytes f;
    with(f);
    return said(opened(f.bytes()));
}
std::string m(fault what, std::string_view where = {}) {
    return "m.gguf: " + std::string(where) + (where.empty() ? "" : ": ") + std::string(explain(what));
}

} // namespace

TEST_CASE("gguf: keys by type, tensors by name, the slowest size first") {
    const auto file = opened(test::small_gguf());
    REQUIRE_MESSAGE(file, said(file));
    const gguf_metadata& head = file->head;
    CHECK(head.list().size() == 17);
    CHECK(head.text("general.architecture").value() == "llama");
    CHECK(head.number<std::uint32_t>("llama.block_count").value() == 2);
    CHECK(head.number<int>("a.u8").value() == 200);
    CHECK(head.number<int>("a.i8").value() == -1);
    CHECK(head.number<int>("a.u16").value() == 40000);
    CHECK(head.number<int>("a.i16").value() == -2);
    CHECK(head.number<int>("a.i32").value() == -3);
    CHECK(head.number<float>("a.f32").value() == 1.5f);
    CHECK(head.boolean("a.true").value());
    CHECK(head.number<std::uint64_t>("a.u64").value() == 1ull << 40);
    CHECK(head.number<std::int64_t>("a.i64").value() == -(1ll << 40));
    CHECK(head.number<double>("a.f64").value() == .1);
    CHECK(head.number<float>("a.u64").value() == 0x1p40f);
    CHECK(head.number_or<float>("none", 7.f).value() == 7);
    CHECK(head.text_or("none", "x").value() == "x");
    CHECK(head.boolean_or("none", true).value());
    const auto tokens = head.texts("tokenizer.ggml.tokens");
    REQUIRE(tokens);
    CHECK(std::vector<std::string_view>(tokens->begin(), tokens->end()) ==
          std::vector<std::string_view>{"a", "", "bc"});
    CHECK(head.numbers<float>("tokenizer.ggml.scores").value() == std::vector<float>{0, -1, -2.5f});
    CHECK(head.numbers<std::int32_t>("tokenizer.ggml.token_type").value() == std::vector<std::int32_t>{1, 3, 6});
    CHECK(head.bytes("a.bytes")->size() == 2);
    const gguf_value* nested = head.find("a.nested");
    REQUIRE(nested != nullptr);
    REQUIRE(nested->arrays.size() == 2);
    CHECK(nested->arrays[0].size() == 1);
    CHECK(nested->arrays[1].texts[0] == "x");

    const auto why = [](const auto& r) { return describe(r.error()); };
    CHECK(why(head.text("none")) == m(fault::absent, "none"));
    CHECK(why(head.text("a.u8")) == m(fault::bad_format, "a.u8"));
    CHECK(why(head.number<int>("a.f32")) == m(fault::bad_format, "a.f32"));
    CHECK(why(head.number<int>("a.true")) == m(fault::bad_format, "a.true"));
    CHECK(why(head.number<std::int32_t>("a.u64")) == m(fault::too_large, "a.u64"));
    CHECK(why(head.number<std::uint64_t>("a.i8")) == m(fault::too_large, "a.i8"));
    CHECK(why(head.texts("tokenizer.ggml.scores")) == m(fault::bad_format, "tokenizer.ggml.scores"));
    CHECK(why(head.numbers<float>("tokenizer.ggml.tokens")) == m(fault::bad_format, "tokenizer.ggml.tokens"));
    CHECK(why(head.numbers<int>("tokenizer.ggml.scores")) == m(fault::bad_format, "tokenizer.ggml.scores"));
    CHECK(why(head.bytes("tokenizer.ggml.scores")) == m(fault::bad_format, "tokenizer.ggml.scores"));
    CHECK(why(head.boolean("a.u8")) == m(fault::bad_format, "a.u8"));

    REQUIRE(file->weights.size() == 3);
    const tensor* table = file->weights.find("token_embd.weight");
    CHECK(table->shape == tensor_shape{2, 32});
    CHECK(table->format == weight_format::q8_0);
    CHECK(table->bytes.size() == 68);
    CHECK(table->bytes[1] == std::byte{1});
    CHECK(file->weights.find("norm.weight")->bytes[0] == std::byte{96});
    CHECK(file->weights.find("half")->shape == tensor_shape{1, 1, 2, 2});
}

TEST_CASE("gguf: every cut is refused, and every length that lies") {
    const auto good = test::small_gguf();
    REQUIRE(opened(good));
    for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(opened(std::span(good).first(n)));
    // Any eight bytes made 2^63 or 2^64 - 1.
    for (const int byte : {0x00, 0xff})
        for (std::size_t at = 0; at + 8 <= good.size() - 136; ++at) {
            auto bad = good;
            std::fill(bad.begin() + static_cast<std::ptrdiff_t>(at), bad.begin() + static_cast<std::ptrdiff_t>(at) + 7,
                      static_cast<std::byte>(byte));
            bad[at + 7] = static_cast<std::byte>(byte == 0 ? 0x80 : 0xff);
            static_cast<void>(opened(bad)); // ends, in an error or a file; the sanitizers look on
        }
}

TEST_CASE("gguf: what is not known is refused by name, and what contradicts itself") {
    CHECK(made([](auto& f) { f.u32(7), f.u32(3), f.u64(0), f.u64(0); }) ==
          "m.gguf: byte 0: " + std::string(explain(fault::foreign)));
    const auto version = [](std::uint32_t v) { return made([&](auto& f) { f.head(0, 0, v); }); };
    CHECK(version(2).empty());
    CHECK(version(3).empty());
    CHECK(version(1) == "m.gguf: byte 4: " + std::string(explain(fault::older_format)));
    CHECK(version(4) == "m.gguf: byte 4: " + std::string(explain(fault::newer_format)));
    CHECK(version(0x03000000) == "m.gguf: byte 4: " + std::string(explain(fault::unsupported)));

    const auto with_tensors = [](std::uint64_t n, const std::function<void(test::gguf_bytes&)>& infos,
                                 std::size_t numbers) {
        return made([&](test::gguf_bytes& f) {
            f.head(n, 0);
            infos(f);
            f.align();
            f.numbers(numbers);
        });
    };
    const auto one = [&](std::initializer_list<std::uint64_t> sizes, std::uint32_t type, std::uint64_t offset,
                         std::size_t numbers) {
        return with_tensors(1, [&](auto& f) { f.tensor("t", sizes, type, offset); }, numbers);
    };
    CHECK(one({2, 2}, 0, 0, 16).empty());
    CHECK(one({2, 2}, 0, 0, 32).empty()); // filled up to the alignment
    CHECK(one({2, 2}, 0, 0, 33).find(explain(fault::unexpected)) != std::string::npos);
    CHECK(one({}, 0, 0, 4).empty());
    CHECK(one({0, 7}, 0, 0, 0).empty());
    CHECK(one({2, 2}, 16, 0, 16) == m(fault::unsupported, "t IQ2_XXS"));
    CHECK(one({2, 2}, 10, 0, 16) == m(fault::unsupported, "t Q2_K"));
    CHECK(one({2, 2}, 4711, 0, 16) == m(fault::unsupported, "t type 4711"));
    CHECK(one({1, 1, 1, 1, 1}, 0, 0, 4) == m(fault::unsupported, "t"));
    CHECK(one({33}, 8, 0, 68) == m(fault::wrong_shape, "t [33]"));
    CHECK(one({16, 2}, 8, 0, 34) == m(fault::wrong_shape, "t [2, 16]")); // a block over two rows
    CHECK(one({1ull << 32, 1ull << 32}, 0, 0, 16) == m(fault::too_large, "t [4294967296, 4294967296]"));
    CHECK(one({1ull << 63}, 0, 0, 16).find("t [9223372036854775808]") != std::string::npos);
    CHECK(one({4}, 0, 32, 48).find(explain(fault::malformed)) != std::string::npos); // a hole
    CHECK(one({4}, 0, 4, 48).find(explain(fault::malformed)) != std::string::npos);
    CHECK(one({4}, 0, 1ull << 63, 48).find(explain(fault::malformed)) != std::string::npos);
    CHECK(one({5}, 0, 0, 16).find(explain(fault::truncated)) != std::string::npos);
    CHECK(with_tensors(
              2, [](auto& f) { f.tensor("t", {4}, 0, 0), f.tensor("t", {4}, 0, 32); }, 48) ==
          m(fault::duplicate_id, "t"));
    CHECK(with_tensors(
              2, [](auto& f) { f.tensor("s", {4}, 0, 0), f.tensor("t", {4}, 0, 0); }, 48)
              .find(explain(fault::malformed)) != std::string::npos); // shared bytes

    const auto with_key = [](const std::function<void(test::gguf_bytes&)>& key, std::uint64_t n = 1) {
        return made([&](test::gguf_bytes& f) {
            f.head(0, n);
            key(f);
            f.align();
        });
    };
    CHECK(with_key([](auto& f) { f.key("k", 13), f.u64(0); }) ==
          "m.gguf: k: byte 37: " + std::string(explain(fault::unsupported)));
    CHECK(with_key([](auto& f) { f.key_array("k", 13, 1), f.u64(0); }) ==
          "m.gguf: k: byte 41: " + std::string(explain(fault::unsupported)));
    CHECK(with_key([](auto& f) {
              f.key_array("k", 9, 1), f.u32(9), f.u64(1), f.u32(9), f.u64(1), f.u32(9), f.u64(1), f.u32(0), f.u64(0);
          }) == "m.gguf: k: byte 73: " + std::string(explain(fault::too_large)));
    CHECK(with_key([](auto& f) { f.key_u32("k", 1), f.key_u32("k", 1); }, 2) == m(fault::duplicate_id, "k"));
    for (const std::uint32_t alignment : {0u, 4u, 48u, 1u << 21})
        CHECK(with_key([&](auto& f) { f.key_u32("general.alignment", alignment); }) ==
              m(fault::malformed, "general.alignment"));
    CHECK(with_key([](auto& f) { f.key_text("general.alignment", "x"); }) == m(fault::bad_format, "general.alignment"));
    CHECK(with_key([](auto& f) { f.key_u32("", 1); }).find(explain(fault::malformed)) != std::string::npos);
    CHECK(made([](auto& f) {
              f.head(1, 1), f.key_u32("general.alignment", 64), f.tensor("t", {4}, 0, 0), f.align(64), f.numbers(16);
          }).empty());
}

TEST_CASE("gguf: SmolLM2-135M-Instruct") {
    NEEDS_MODEL(path, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    const auto file = load_gguf(posix_files{}, path.string(), {.map = true});
    REQUIRE_MESSAGE(file, said(file));
    CHECK(file->head.text("general.architecture").value() == "llama");
    CHECK(file->head.number<int>("llama.block_count").value() == 30);
    CHECK(file->head.number<float>("llama.rope.freq_base").value() == 100000);
    CHECK(file->head.number<float>("llama.attention.layer_norm_rms_epsilon").value() == 1e-5f);
    CHECK(file->head.text("tokenizer.ggml.pre").value() == "smollm");
    CHECK(file->head.texts("tokenizer.ggml.tokens")->size() == 49152);
    CHECK((*file->head.texts("tokenizer.ggml.tokens"))[1] == "<|im_start|>");
    CHECK(file->head.texts("tokenizer.ggml.merges")->size() == 48900);
    CHECK(file->head.numbers<std::int32_t>("tokenizer.ggml.token_type")->size() == 49152);
    CHECK_FALSE(file->head.boolean("tokenizer.ggml.add_bos_token").value());
    CHECK(file->weights.size() == 272);
    CHECK(file->weights.find("blk.0.ffn_down.weight")->shape == tensor_shape{576, 1536});
    take_tensors take(file->weights);
    CHECK(take("token_embd.weight", {49152, 576}).format == weight_format::q8_0);
    CHECK(take("blk.29.attn_q.weight", {576, 576}).format == weight_format::q4_1);
    take.ignore("");
    CHECK(take.finish());
}
