// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <graft/base/bytes.hpp>
#include <graft/base/random.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

namespace {

enum class colour : std::uint16_t { red = 1, blue = 0xfffe };

std::string hex_of(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte b : bytes)
        for (const unsigned nibble : {std::to_integer<unsigned>(b) >> 4, std::to_integer<unsigned>(b) & 15u})
            text += "0123456789abcdef"[nibble];
    return text;
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

} // namespace

TEST_CASE("bytes: every value has the little-endian form that is pinned here") {
    byte_writer w;
    w.u8(0xab);
    w.u16(0x0102);
    w.u32(0x03040506);
    w.u64(0x0708090a0b0c0d0eu);
    w.i64(-2);
    w.f32(1.5f);
    w.f64(-0.0);
    w.text("hi");
    w.array(std::vector<colour>{colour::red, colour::blue});
    const std::vector<float> f = {-2.0f};
    w.elements(std::span<const float>(f));
    CHECK(hex_of(w.bytes()) == "ab"
                               "0201"
                               "06050403"
                               "0e0d0c0b0a090807"
                               "feffffffffffffff"
                               "0000c03f"
                               "0000000000000080"
                               "02000000000000006869"
                               "02000000000000000100feff"
                               "000000c0");
    const auto all = w.take();
    CHECK(w.size() == 0);
    byte_reader r(all);
    CHECK(r.u8() == 0xab);
    CHECK(r.u16() == 0x0102);
    CHECK(r.u32() == 0x03040506);
    CHECK(r.u64() == 0x0708090a0b0c0d0eu);
    CHECK(r.i64() == -2);
    CHECK(r.f32() == 1.5f);
    CHECK(std::signbit(r.f64()));
    CHECK(r.text() == "hi");
    CHECK(r.array<colour>() == std::vector{colour::red, colour::blue});
    std::vector<float> back(1);
    r.into(std::span<float>(back));
    CHECK(back == f);
    CHECK(r.finish().has_value());
}

TEST_CASE("bytes: what is written is read back, to the bit, in any mixture") {
    counter_random random(7, 1);
    for (int round = 0; round < 300; ++round) {
        byte_writer                             w;
        std::vector<std::uint64_t>              numbers;
        std::vector<std::vector<std::uint32_t>> arrays;
        std::vector<int>                        kinds;
        for (std::uint64_t n = random.below(12); n > 0; --n) {
            kinds.push_back(static_cast<int>(random.below(5)));
            const std::uint64_t x = random.bits64();
            numbers.push_back(x);
            arrays.emplace_back(random.below(9));
            for (auto& a : arrays.back()) a = random.bits32();
            switch (kinds.back()) {
            case 0: w.u8(static_cast<std::uint8_t>(x)); break;
            case 1: w.u64(x); break;
            case 2: w.f64(std::bit_cast<double>(x)); break;
            case 3: w.array(arrays.back()); break;
            default: w.text(std::to_string(x));
            }
        }
        byte_reader r(w.bytes());
        for (std::size_t i = 0; i < kinds.size(); ++i) switch (kinds[i]) {
            case 0: CHECK(r.u8() == static_cast<std::uint8_t>(numbers[i])); break;
            case 1: CHECK(r.u64() == numbers[i]); break;
            case 2: CHECK(std::bit_cast<std::uint64_t>(r.f64()) == numbers[i]); break; // NaN payloads too
            case 3: CHECK(r.array<std::uint32_t>() == arrays[i]); break;
            default: CHECK(r.text() == std::to_string(numbers[i]));
            }
        CHECK(r.finish().has_value());

        // Every prefix fails as truncated, and gives nothing but zeros after the failure.
        for (std::size_t cut = 0; cut < w.size(); ++cut) {
            byte_reader s(w.bytes().first(cut), "part");
            for (const int kind : kinds) switch (kind) {
                case 0: static_cast<void>(s.u8()); break;
                case 1: static_cast<void>(s.u64()); break;
                case 2: static_cast<void>(s.f64()); break;
                case 3: static_cast<void>(s.array<std::uint32_t>()); break;
                default: static_cast<void>(s.text());
                }
            const auto end = s.finish();
            REQUIRE_FALSE(end.has_value());
            CHECK(end.error().what == fault::truncated);
            CHECK(end.error().where <= cut);
            CHECK(s.u64() == 0);
            CHECK(s.text().empty());
            CHECK(s.array<float>().empty());
        }
    }
}

TEST_CASE("bytes: a hostile length is refused before anything is allocated for it") {
    for (const std::uint64_t n :
         {std::uint64_t{4}, std::uint64_t{1} << 61, std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
        byte_writer w;
        w.u64(n);
        w.u64(0);
        w.u32(0); // 12 bytes: room for one element of 8, for three of 4
        byte_reader a(w.bytes(), "index/text");
        CHECK(a.array<double>().empty());
        REQUIRE_FALSE(a.check().has_value());
        CHECK(a.error() == error{fault::truncated, unit::byte, 0, "index/text"});
        byte_reader b(w.bytes());
        CHECK(b.count(8) == 0);
        CHECK_FALSE(b.ok());
        byte_reader c(w.bytes());
        if (n > 12) CHECK(c.text().empty());
    }
    byte_writer w;
    w.u64(3);
    w.u64(0);
    w.u32(0);
    byte_reader r(w.bytes());
    CHECK(r.array<float>().size() == 3);
    CHECK(r.finish().has_value());
}

TEST_CASE("bytes: left-over bytes are malformed, and the first failure stays") {
    byte_reader left(bytes_of("abc"), "part");
    CHECK(left.u8() == 'a');
    CHECK(left.check().has_value());
    CHECK(left.finish().error() == error{fault::malformed, unit::byte, 1, "part"});

    byte_reader r(bytes_of("abcdefgh"), "part", 3);
    CHECK(r.format() == 3);
    CHECK(r.u16() != 0);
    r.fail(fault::not_finite);
    r.fail(fault::malformed);
    CHECK(r.u8() == 0);
    CHECK(r.block(0).empty());
    CHECK(r.finish().error() == error{fault::not_finite, unit::byte, 2, "part"});
    std::vector<std::uint16_t> zeros = {1, 2};
    r.into(std::span<std::uint16_t>(zeros));
    CHECK(zeros == std::vector<std::uint16_t>{0, 0});
}

TEST_CASE("bytes: nothing is nothing") {
    byte_writer w;
    w.text({});
    w.array(std::vector<double>{});
    byte_reader r(w.bytes());
    CHECK(r.text().empty());
    CHECK(r.array<double>().empty());
    r.into(std::span<float>{});
    CHECK(r.finish().has_value());
    byte_reader empty({});
    CHECK(empty.finish().has_value());
    CHECK(empty.u8() == 0);
    CHECK_FALSE(empty.ok());
}

TEST_CASE("a header says what was saved and in which form, and who has none is told apart") {
    byte_writer w;
    w.header("corpus", 2);
    w.u32(77);
    const auto  bytes = w.take();
    byte_reader r(bytes, "it");
    CHECK(r.header("corpus", 3) == 2);
    CHECK(r.u32() == 77);
    CHECK(r.finish());
    const auto why = [&](std::string_view noun, std::uint32_t newest) {
        byte_reader other(bytes, "it");
        CHECK(other.header(noun, newest) == newest);
        return other.error();
    };
    CHECK(why("corpus", 1) == error{fault::newer_format, unit::byte, 0, "it"});
    CHECK(why("corpora", 3).what == fault::foreign);
    CHECK(why("", 3).what == fault::foreign);
    for (std::size_t n = 8; n < 26; ++n) { // cut within it
        byte_reader part(std::span<const std::byte>(bytes.data(), n), "it");
        static_cast<void>(part.header("corpus", 3));
        CHECK(part.error().what == fault::truncated);
    }
    byte_writer older; // as 0.1 began
    older.u64(12);
    older.u64(1);
    const auto  no_header = older.take();
    byte_reader first(no_header, "it");
    CHECK(first.header("corpus", 3) == 0);
    CHECK(first.at() == 0);
    CHECK(first.u64() == 12);
    byte_writer none;
    none.header("corpus", 0);
    const auto  zero = none.take();
    byte_reader no_version(zero, "it");
    static_cast<void>(no_version.header("corpus", 3));
    CHECK(no_version.error().what == fault::malformed);
}
