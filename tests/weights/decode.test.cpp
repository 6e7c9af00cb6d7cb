// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/finite.hpp>
#include <graft/base/random.hpp>
#include <graft/weights/decode.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

using namespace graft;

namespace {

/// Bytes that another program can make as well: splitmix64, eight a step, the lowest first.
std::vector<std::byte> splitmix_bytes(std::uint64_t state, std::size_t n) {
    std::vector<std::byte> out(n);
    std::uint64_t          z = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (i % 8 == 0) {
            z = state += 0x9e3779b97f4a7c15u;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
            z ^= z >> 31;
        }
        out[i] = static_cast<std::byte>(z >> (8 * (i % 8)));
    }
    return out;
}

std::uint64_t fnv_of_bits(const std::vector<float>& x) {
    std::uint64_t h = 0xcbf29ce484222325u;
    for (float one : x)
        for (unsigned i = 0; i < 4; ++i)
            h = (h ^ (std::bit_cast<std::uint32_t>(one) >> (8 * i) & 255u)) * 0x100000001b3u;
    return h;
}

template <class T>
std::vector<float> decoded_numbers(weight_format f, const std::vector<T>& from) {
    std::vector<float>     out(from.size());
    std::vector<std::byte> odd(1 + from.size() * sizeof(T)); // on an odd address
    std::memcpy(odd.data() + 1, from.data(), from.size() * sizeof(T));
    CHECK(decode_weights(f, std::span(odd).subspan(1), out));
    return out;
}

} // namespace

TEST_CASE("decode: blocks give the bits of the reference") {
    // FNV-1a of the floats that the Python package gguf 0.19.0 makes of 64 blocks of splitmix64 (seed 1 and up), the upper bit of each scale's and
    // minimum's exponent cleared so that they are finite.
    struct {
        weight_format            f;
        std::uint64_t            hash;
        std::vector<std::size_t> scales;
    } const all[] = {
        {weight_format::q8_0, 0x2f38aef37a8cfbf5u, {0}},    {weight_format::q4_0, 0x433b3e3d674acaf2u, {0}},
        {weight_format::q4_1, 0xfaf961d8369e1ee0u, {0, 2}}, {weight_format::q5_0, 0x7e49508cd387b631u, {0}},
        {weight_format::q5_1, 0x8ffcb3a1532156d3u, {0, 2}}, {weight_format::q4_k, 0xacf162fc96823f25u, {0, 2}},
        {weight_format::q5_k, 0x04ef17373b564e9eu, {0, 2}}, {weight_format::q6_k, 0x5fc343c0c7828d67u, {208}},
    };
    std::uint64_t seed = 0;
    for (const auto& one : all) {
        CAPTURE(name(one.f));
        const weight_layout is    = layout_of(one.f);
        auto                bytes = splitmix_bytes(++seed, std::size_t{64} * is.bytes);
        for (std::size_t b = 0; b < 64; ++b)
            for (std::size_t at : one.scales) bytes[b * is.bytes + at + 1] &= std::byte{0xbf};
        std::vector<float> out(std::size_t{64} * is.numbers);
        REQUIRE(decode_weights(one.f, bytes, out));
        CHECK(fnv_of_bits(out) == one.hash);
    }
}

TEST_CASE("decode: every half, and numbers of all widths") {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const float  x = detail::widen_half(static_cast<std::uint16_t>(bits));
        const int    e = static_cast<int>(bits >> 10 & 31u), m = static_cast<int>(bits & 1023u);
        const double size = e == 0 ? std::ldexp(m, -24) : std::ldexp(1024 + m, e - 25);
        if (e == 31) CHECK_FALSE(is_finite(x));
        else if (static_cast<double>(x) != ((bits & 0x8000u) != 0 ? -size : size)) FAIL(bits);
        CHECK(std::signbit(x) == ((bits & 0x8000u) != 0));
    }
    CHECK(std::isinf(detail::widen_half(0x7c00)));
    CHECK(std::isnan(detail::widen_half(0x7e00)));
    using floats = std::vector<float>;
    CHECK(decoded_numbers<double>(weight_format::f64, {.1, -2}) == floats{.1f, -2});
    CHECK(decoded_numbers<float>(weight_format::f32, {.1f, -2}) == floats{.1f, -2});
    CHECK(decoded_numbers<std::uint16_t>(weight_format::bf16, {0x3f80, 0xc000}) == floats{1, -2});
    CHECK(decoded_numbers<std::uint16_t>(weight_format::f16, {0x3c00, 0xc000}) == floats{1, -2});
    CHECK(decoded_numbers<std::int64_t>(weight_format::i64, {-3, 1ll << 40}) == floats{-3, 0x1p40f});
    CHECK(decoded_numbers<std::int32_t>(weight_format::i32, {-3, 7}) == floats{-3, 7});
    CHECK(decoded_numbers<std::int16_t>(weight_format::i16, {-3, 7}) == floats{-3, 7});
    CHECK(decoded_numbers<std::int8_t>(weight_format::i8, {-3, 7}) == floats{-3, 7});
    CHECK(decoded_numbers<std::uint64_t>(weight_format::u64, {3, 1ull << 63}) == floats{3, 0x1p63f});
    CHECK(decoded_numbers<std::uint32_t>(weight_format::u32, {3, 7}) == floats{3, 7});
    CHECK(decoded_numbers<std::uint16_t>(weight_format::u16, {3, 65535}) == floats{3, 65535});
    CHECK(decoded_numbers<std::uint8_t>(weight_format::u8, {3, 255}) == floats{3, 255});
    CHECK(decoded_numbers<std::uint8_t>(weight_format::boolean, {0, 1}) == floats{0, 1});
}

TEST_CASE("decode: formats have names and sizes, and say whether they are read") {
    std::size_t read = 0;
    for (std::size_t n = 0; n < weight_formats; ++n) {
        const auto f = static_cast<weight_format>(n);
        CHECK(weight_format_named(name(f)) == f);
        const std::size_t      numbers = std::size_t{3} * layout_of(f).numbers;
        std::vector<std::byte> bytes(*bytes_of(f, numbers));
        std::vector<float>     out(numbers, 7.f);
        const bool             good = decode_weights(f, bytes, out);
        CHECK(good == layout_of(f).decodes);
        CHECK(out == std::vector<float>(numbers, good ? 0.f : 7.f));
        read += good;
        if (layout_of(f).numbers > 1) CHECK_FALSE(bytes_of(f, numbers + 1));
    }
    CHECK(read == 21);
    CHECK(name(static_cast<weight_format>(weight_formats)) == "unknown");
    CHECK_FALSE(weight_format_named("F13"));
    CHECK(bytes_of(weight_format::f64, 1ull << 60) == 1ull << 63);
    CHECK_FALSE(bytes_of(weight_format::f64, 1ull << 61)); // more than 64 bits count
}
