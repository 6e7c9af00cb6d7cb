// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/finite.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/take_tensors.hpp>

#include <support/memory_files.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// Owns floats as a file would.
struct floats_of {
    std::vector<float>                       all_;
    [[nodiscard]] std::span<const std::byte> all() const { return std::as_bytes(std::span(all_)); }
};

tensors two(std::vector<float> numbers = {1, 2, 3, 4, 5, 6, 7, 8}) {
    tensors    set("m.bin");
    const auto bytes = set.keep(file_bytes(floats_of{std::move(numbers)}));
    set.add({set.keep("bert.w"), weight_format::f32, {2, 3}, bytes.first(24)});
    set.add({set.keep("bert.b"), weight_format::f32, {2}, bytes.subspan(24, 8)});
    REQUIRE(set.index());
    return set;
}

std::string said(const result<void>& r) { return r ? "" : describe(r.error()); }

} // namespace

TEST_CASE("tensor: shapes") {
    tensor_shape s{2, 3, 4};
    CHECK(s.rank() == 3);
    CHECK(s.numbers() == 24);
    CHECK(s.text() == "[2, 3, 4]");
    CHECK(s.reversed() == tensor_shape{4, 3, 2});
    CHECK(s != tensor_shape{2, 3});
    CHECK(tensor_shape{}.numbers() == 1);
    CHECK(tensor_shape{}.text() == "[]");
    CHECK(tensor_shape{5, 0}.numbers() == 0);
    CHECK(tensor_shape{1ull << 32, 1ull << 31}.numbers() == 1ull << 63);
    CHECK_FALSE(tensor_shape{1ull << 32, 1ull << 32}.numbers());
    CHECK(tensor_shape{1ull << 63, 1ull << 63, 0}.numbers() == 0);
    for (int i = 3; i < 8; ++i) CHECK(s.add(1));
    CHECK_FALSE(s.add(1));
}

TEST_CASE("tensor: rows") {
    const tensors set = two();
    const tensor *w = set.find("bert.w"), *b = set.find("bert.b");
    REQUIRE(w != nullptr);
    CHECK(w->rows() == 2);
    CHECK(w->columns() == 3);
    float row[3];
    CHECK(w->decode_row(1, row));
    CHECK(row[0] == 4);
    CHECK(row[2] == 6);
    CHECK(b->rows() == 1);
    CHECK((*b->floats())[1] == 8);
    tensor odd = *w;
    odd.bytes  = w->bytes.subspan(1, 8);
    odd.shape  = {2};
    CHECK_FALSE(odd.floats());
    CHECK_FALSE(tensor{"x", weight_format::f16, {1}, w->bytes.first(2)}.floats());
    tensor one{"x", weight_format::f32, {}, w->bytes.first(4)};
    CHECK(one.rows() == 1);
    CHECK(one.columns() == 1);
}

TEST_CASE("tensor: the first row that is not finite, in every format of floats") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_FALSE(two().find("bert.w")->first_not_finite());
    CHECK(two({1, 2, 3, 4, nan, 6, 7, 8}).find("bert.w")->first_not_finite() == 1);
    CHECK(two({1, -std::numeric_limits<float>::infinity(), 3, 4, 5, 6, 7, 8}).find("bert.w")->first_not_finite() == 0);
    for (std::size_t n = 0; n < weight_formats; ++n) {
        const auto f = static_cast<weight_format>(n);
        CAPTURE(name(f));
        const weight_layout    is = layout_of(f);
        std::vector<std::byte> bytes(std::size_t{5} * is.bytes);
        const tensor           t{"x", f, {5, is.numbers}, bytes};
        CHECK_FALSE(t.first_not_finite());
        // Some number of row 3 is infinite or NaN where the bytes of the row are all ones and decoding says so.
        std::fill(bytes.begin() + 3 * is.bytes, bytes.begin() + 4 * is.bytes, std::byte{0xff});
        std::vector<float> row(is.numbers);
        const bool         infinite = t.decode_row(3, row) && !is_finite(row[0]);
        if (is.decodes) CHECK(t.first_not_finite().has_value() == infinite);
        if (infinite) CHECK(t.first_not_finite() == 3);
    }
}

TEST_CASE("tensors: found by name, listed in the order of the file, moved without a copy") {
    tensors set = two();
    CHECK(set.list()[0].name == "bert.w");
    CHECK(set.find("bert.x") == nullptr);
    CHECK(set.find("") == nullptr);
    const tensor  before = *set.find("bert.b");
    const tensors moved  = std::move(set);
    CHECK(moved.find("bert.b")->bytes.data() == before.bytes.data());
    CHECK(moved.find("bert.b")->name.data() == before.name.data());
    tensors twice("t");
    twice.add({twice.keep("a")});
    twice.add({twice.keep("a")});
    CHECK(twice.index().error() == error{fault::duplicate_id, unit::none, 0, "t: a"});
}

TEST_CASE("take_tensors: what a model needs is there, of its shape, finite, and nothing is left") {
    const tensors set = two();
    {
        take_tensors take(set, "bert.");
        CHECK(take("w", {2, 3}).bytes.size() == 24);
        CHECK(take.has("b"));
        CHECK_FALSE(take.optional("c", {2}));
        CHECK(take.optional("b", {2}));
        CHECK(take.ok());
        CHECK(take.finish());
    }
    {
        take_tensors take(set, "bert.");
        static_cast<void>(take("w", {2, 3}));
        CHECK(said(take.finish()) == "m.bin: bert.b: " + std::string(explain(fault::unexpected)));
    }
    {
        take_tensors take(set);
        static_cast<void>(take("bert.w", {2, 3}));
        take.ignore("bert.b");
        CHECK(take.finish());
    }
    {
        take_tensors take(set, "bert.");
        CHECK(take("v", {2, 3}).bytes.empty());
        static_cast<void>(take("w", {7})); // the first failure stays
        CHECK_FALSE(take.ok());
        CHECK(said(take.finish()) == "m.bin: bert.v: " + std::string(explain(fault::absent)));
    }
    {
        take_tensors take(set, "bert.");
        static_cast<void>(take("w", {3, 2}));
        CHECK(said(take.finish()) == "m.bin: bert.w [2, 3] instead of [3, 2]: two shapes do not fit together");
    }
    const tensors bad = two({1, 2, 3, 4, 5, std::numeric_limits<float>::infinity(), 7, 8});
    {
        take_tensors take(bad, "bert.");
        static_cast<void>(take("w", {2, 3}));
        CHECK(take.finish().error() == error{fault::not_finite, unit::row, 1, "m.bin: bert.w"});
    }
    {
        take_tensors take(bad, "bert.", false);
        static_cast<void>(take("w", {2, 3}));
        static_cast<void>(take("b", {2}));
        CHECK(take.finish());
    }
    tensors    small("s");
    const auto bytes = small.keep(file_bytes(floats_of{{1}}));
    small.add({small.keep("x"), weight_format::f8_e4m3, {4}, bytes});
    REQUIRE(small.index());
    take_tensors take(small);
    static_cast<void>(take("x", {4}));
    CHECK(said(take.finish()) == "s: x F8_E4M3: " + std::string(explain(fault::unsupported)));
}

TEST_CASE("mapped files: the same bytes, whichever way; a file system that cannot map reads") {
    static_assert(mapping_files<posix_files>);
    static_assert(!mapping_files<test::memory_files>);
    const auto folder = std::filesystem::temp_directory_path() / "graft_mapped_test";
    std::filesystem::create_directory(folder);
    const std::string path = (folder / "x").string();
    std::string       text(100'000, 'a');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
    std::filesystem::remove(path);
    REQUIRE(write_new_file(posix_files{}, path, std::as_bytes(std::span(text))));
    file_bytes kept;
    for (const bool map : {false, true}) {
        auto bytes = load_bytes(posix_files{}, path, map);
        REQUIRE(bytes);
        REQUIRE(bytes->size() == text.size());
        CHECK(std::memcmp(bytes->all().data(), text.data(), text.size()) == 0);
        CHECK(load_bytes(posix_files{}, path, map, 10).error().what == fault::too_large);
        CHECK(load_bytes(posix_files{}, path + "y", map).error().what == fault::not_found);
        CHECK(load_bytes(posix_files{}, folder.string(), map).error().what == fault::not_a_file);
        kept = *bytes;
    }
    std::filesystem::remove(path); // what is mapped lives on
    CHECK(std::memcmp(kept.all().data(), text.data(), text.size()) == 0);
    REQUIRE(write_new_file(posix_files{}, path, std::span<const std::byte>{}));
    CHECK(load_bytes(posix_files{}, path, true)->size() == 0);
    std::filesystem::remove_all(folder);
    test::memory_files fs;
    REQUIRE(write_new_file(fs, "m", std::as_bytes(std::span(text))));
    CHECK(load_bytes(fs, "m", true)->size() == text.size());
}
