// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/weights/gguf_writer.hpp>

#include <support/gguf_bytes.hpp>
#include <support/memory_files.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace graft;

namespace {

std::vector<std::byte> bytes_of_file(const test::memory_files& fs, const std::string& path) {
    const auto file = read_file(fs, path);
    REQUIRE(file);
    return {file->all().begin(), file->all().end()};
}
std::string said(const result<void>& r) { return r ? "" : describe(r.error()); }

} // namespace

TEST_CASE("what was read is written again: every type of value, every tensor, byte for byte the second time") {
    test::memory_files fs;
    REQUIRE(write_new_file(fs, "a", test::small_gguf()));
    const auto a = load_gguf(fs, "a").value();
    REQUIRE(save_gguf(fs, "b", a.head.list(), a.weights.list()));
    const auto b = load_gguf(fs, "b").value();
    REQUIRE(b.head.list().size() == a.head.list().size());
    for (std::size_t i = 0; i < a.head.list().size(); ++i) {
        const auto& [key, x]   = a.head.list()[i];
        const auto& [other, y] = b.head.list()[i];
        CHECK(key == other);
        CHECK(x.type == y.type);
        CHECK(x.elements == y.elements);
        CHECK(std::ranges::equal(x.bytes, y.bytes));
        CHECK(x.text == y.text);
        CHECK(x.texts == y.texts);
        CHECK(x.arrays.size() == y.arrays.size());
    }
    CHECK(b.head.find("a.nested")->arrays[1].texts[0] == "x");
    REQUIRE(b.weights.size() == a.weights.size());
    for (std::size_t i = 0; i < a.weights.size(); ++i) {
        const tensor &x = a.weights.list()[i], &y = b.weights.list()[i];
        CHECK(x.name == y.name);
        CHECK(x.format == y.format);
        CHECK(x.shape == y.shape);
        CHECK(std::ranges::equal(x.bytes, y.bytes));
    }
    REQUIRE(save_gguf(fs, "c", b.head.list(), b.weights.list()));
    CHECK(bytes_of_file(fs, "c") == bytes_of_file(fs, "b"));
}

TEST_CASE("fields keep what they are given, and an alignment is heeded") {
    gguf_fields head;
    {
        const std::string key = "a.text", value = "that lives no longer than this block, and is no small text";
        head.text(key, value);
    }
    head.number("u8", std::uint8_t{7}).number("i16", std::int16_t{-3}).number("u32", 5u).number("i64", -1ll << 40);
    head.number("f32", 1.5f).number("f64", .1).number("general.alignment", 256u);
    const std::vector<std::byte> one(12, std::byte{1}), two(8, std::byte{2});
    const tensor       all[] = {{"one", weight_format::f32, {3}, one}, {"two", weight_format::f16, {2, 2}, two}};
    test::memory_files fs;
    REQUIRE(save_gguf(fs, "a", head.list(), all));
    const auto a = load_gguf(fs, "a").value();
    CHECK(a.head.text("a.text")->ends_with("no small text"));
    CHECK(a.head.number<int>("u8").value() == 7);
    CHECK(a.head.number<int>("i16").value() == -3);
    CHECK(a.head.find("u32")->type == gguf_type::u32);
    CHECK(a.head.number<std::int64_t>("i64").value() == -1ll << 40);
    CHECK(a.head.number<float>("f32").value() == 1.5f);
    CHECK(a.head.find("f64")->type == gguf_type::f64);
    CHECK(std::ranges::equal(a.weights.find("two")->bytes, two));
    CHECK((a.weights.find("two")->shape == tensor_shape{2, 2}));
    CHECK(bytes_of_file(fs, "a").size() % 256 == 0);
    // A head alone.
    REQUIRE(save_gguf(fs, "b", head.list(), {}));
    CHECK(load_gguf(fs, "b")->weights.size() == 0);
}

TEST_CASE("what no GGUF file can hold is refused, and the old file stays") {
    test::memory_files           fs;
    gguf_fields                  head;
    const std::vector<std::byte> numbers(64);
    head.text("k", "v");
    REQUIRE(save_gguf(fs, "a", head.list(), {}));
    const auto before = bytes_of_file(fs, "a");
    const auto why    = [&](const std::vector<tensor>& all) { return said(save_gguf(fs, "a", head.list(), all)); };
    const auto m      = [](fault what, std::string_view where) {
        return "a: " + std::string(where) + ": " + std::string(explain(what));
    };
    const std::span<const std::byte> all(numbers);
    CHECK(why({{"", weight_format::f32, {4}, all.first(16)}}) == m(fault::bad_argument, ""));
    const std::string is(63, 'n'), is_not(64, 'n');
    CHECK(why({{is_not, weight_format::f32, {4}, all.first(16)}}) == m(fault::bad_argument, is_not));
    CHECK(why({{"x\xff", weight_format::f32, {4}, all.first(16)}}) == m(fault::bad_utf8, "x\xff"));
    CHECK(why({{"x", weight_format::u8, {4}, all.first(4)}}) == m(fault::unsupported, "x"));
    CHECK(why({{"x", weight_format::f32, {4}, all.first(12)}}) == m(fault::wrong_shape, "x"));
    CHECK(why({{"x", weight_format::f32, {1, 1, 1, 1, 1}, all.first(4)}}) == m(fault::wrong_shape, "x"));
    CHECK(why({{"x", weight_format::q8_0, {2, 16}, all.first(34)}}) == m(fault::wrong_shape, "x"));
    CHECK(why({{"x", weight_format::f32, {1}, all.first(4)}, {"x", weight_format::f32, {1}, all.first(4)}}) ==
          m(fault::duplicate_id, "x"));
    CHECK(bytes_of_file(fs, "a") == before);
    CHECK(why({{is, weight_format::f32, {4}, all.first(16)}}).empty());
    for (const auto& [key, alignment] :
         {std::pair{"", 32u}, {"k", 32u}, {"general.alignment", 24u}, {"general.alignment", 4u}}) {
        gguf_fields bad;
        bad.text("k", "v").number(key, alignment);
        CHECK_FALSE(said(save_gguf(fs, "b", bad.list(), {})).empty());
    }
    CHECK_FALSE(fs.look("b"));
}
