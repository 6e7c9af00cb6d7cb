// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/simd/element.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace graft;

namespace {

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

/// The number of a 16-bit pattern, from the definition of its fields alone.
long double meaning(std::uint32_t code, int exponent_bits, int fraction_bits) {
    const auto sign     = code >> 15 != 0 ? -1.l : 1.l;
    const auto exponent = static_cast<int>(code >> fraction_bits & ((1u << exponent_bits) - 1));
    const auto fraction = static_cast<long double>(code & ((1u << fraction_bits) - 1));
    const int  bias     = (1 << (exponent_bits - 1)) - 1;
    if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
    return sign * std::ldexp(fraction + static_cast<long double>(1u << fraction_bits), exponent - bias - fraction_bits);
}

/// Every non-negative finite code's number, rising: the code is its place.
std::vector<long double> numbers(int exponent_bits, int fraction_bits) {
    std::vector<long double> out(((1u << exponent_bits) - 1) << fraction_bits);
    for (std::uint32_t c = 0; c < out.size(); ++c) out[c] = meaning(c, exponent_bits, fraction_bits);
    return out;
}

/// The code of the nearest number, ties to the even code; the largest for all beyond.
std::uint32_t nearest(const std::vector<long double>& all, float x) {
    const long double   size = std::fabs(static_cast<long double>(x));
    const std::uint32_t sign = bits_of(x) >> 16 & 0x8000u;
    const auto          at   = std::lower_bound(all.begin(), all.end(), size);
    if (at == all.end()) return sign | static_cast<std::uint32_t>(all.size() - 1);
    auto code = static_cast<std::uint32_t>(at - all.begin());
    if (code > 0) {
        const long double up = *at - size, down = size - all[code - 1];
        if (down < up || (down == up && code % 2 == 1)) --code;
    }
    return sign | code;
}

std::vector<float> samples(std::size_t n, std::uint64_t seed) {
    counter_random     r(seed);
    std::vector<float> x;
    while (x.size() < n) {
        const float v = std::bit_cast<float>(r.bits32());
        if ((bits_of(v) & 0x7f800000u) != 0x7f800000u) x.push_back(v); // finite, all exponents alike
    }
    return x;
}

} // namespace

TEST_CASE("every bf16 pattern is the upper half of a float, and comes back") {
    std::size_t wrong = 0;
    for (std::uint32_t c = 0; c < 0x10000u; ++c) {
        const float x = widen(static_cast<bf16_code>(c));
        if (bits_of(x) != c << 16) ++wrong;
        if ((c & 0x7f80u) == 0x7f80u) continue; // infinities and NaN have no code
        const auto back = static_cast<std::uint32_t>(to_bf16(x));
        if (back != ((c & 0x7f80u) == 0 ? c & 0x8000u : c)) ++wrong; // subnormals are zeros
        else if ((c & 0x7f80u) != 0 && static_cast<long double>(x) != meaning(c, 8, 7)) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("every f16 pattern means what IEEE 754 says, and comes back") {
    std::size_t wrong = 0;
    for (std::uint32_t c = 0; c < 0x10000u; ++c) {
        if ((c & 0x7c00u) == 0x7c00u) continue;
        const float x = widen(static_cast<f16_code>(c));
        if (static_cast<long double>(x) != meaning(c, 5, 10) || (bits_of(x) >> 31) != c >> 15) ++wrong;
        if (static_cast<std::uint32_t>(to_f16(x)) != c) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("every i8 code is its value + 128") {
    for (int v = -127; v <= 127; ++v) {
        const i8_code c = to_i8(static_cast<float>(v));
        CHECK(static_cast<int>(c) == v + 128);
        CHECK(widen(c) == static_cast<float>(v));
    }
    CHECK(widen(i8_code{128}) == 0);
}

TEST_CASE("codes round to the nearest, ties to even: at and beside the middle of every gap") {
    std::size_t wrong = 0;
    const auto  check = [&](const std::vector<long double>& all, std::uint32_t first, auto to) {
        for (std::uint32_t c = first; c + 1 < all.size(); ++c) {
            const auto          middle   = static_cast<float>((all[c] + all[c + 1]) / 2); // exact
            const float         beside[] = {std::nextafter(middle, 0.f), middle,
                                            std::nextafter(middle, std::numeric_limits<float>::max())};
            const std::uint32_t want[]   = {c, c + c % 2, c + 1};
            for (int i = 0; i < 3; ++i) {
                if (static_cast<std::uint32_t>(to(beside[i])) != want[i]) ++wrong;
                if (static_cast<std::uint32_t>(to(-beside[i])) != (want[i] | 0x8000u)) ++wrong;
            }
        }
    };
    check(numbers(5, 10), 0, [](float x) { return to_f16(x); });
    check(numbers(8, 7), 0x80, [](float x) { return to_bf16(x); });
    CHECK(wrong == 0);

    for (int v = -127; v < 127; ++v) {
        const float middle = static_cast<float>(v) + .5f;
        CHECK(widen(to_i8(middle)) == static_cast<float>(v % 2 == 0 ? v : v + 1));
        CHECK(widen(to_i8(std::nextafter(middle, -1e9f))) == static_cast<float>(v));
        CHECK(widen(to_i8(std::nextafter(middle, 1e9f))) == static_cast<float>(v + 1));
    }
}

TEST_CASE("codes of any float are the nearest by a search in long double") {
    const auto  f16s = numbers(5, 10), bf16s = numbers(8, 7);
    std::size_t wrong = 0;
    for (const float x : samples(200'000, 1)) {
        if (static_cast<std::uint32_t>(to_f16(x)) != nearest(f16s, x)) ++wrong;
        std::uint32_t want = nearest(bf16s, x);
        if ((want & 0x7fffu) < 0x80u) want &= 0x8000u;
        if (static_cast<std::uint32_t>(to_bf16(x)) != want) ++wrong;
        const float clamped = std::clamp(x, -127.f, 127.f);
        if (widen(to_i8(x)) != static_cast<float>(std::nearbyint(clamped))) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("what is too large becomes the largest, what is too small a zero of its sign") {
    const float most = std::numeric_limits<float>::max();
    for (const float x : {65504.f, 65519.996f, 65520.f, 1e9f, most}) {
        CHECK(static_cast<std::uint32_t>(to_f16(x)) == 0x7bffu);
        CHECK(static_cast<std::uint32_t>(to_f16(-x)) == 0xfbffu);
    }
    CHECK(static_cast<std::uint32_t>(to_f16(65487.996f)) == 0x7bfeu);
    CHECK(static_cast<std::uint32_t>(to_bf16(most)) == 0x7f7fu);
    CHECK(static_cast<std::uint32_t>(to_bf16(-most)) == 0xff7fu);
    for (const float x : {127.4f, 127.5f, 128.f, 300.f, most}) {
        CHECK(widen(to_i8(x)) == 127);
        CHECK(widen(to_i8(-x)) == -127);
    }
    const float least = std::numeric_limits<float>::denorm_min();
    CHECK(static_cast<std::uint32_t>(to_f16(least)) == 0);
    CHECK(static_cast<std::uint32_t>(to_f16(-least)) == 0x8000u);
    CHECK(static_cast<std::uint32_t>(to_f16(0x1p-25f)) == 0); // halfway to the first code, which is odd
    CHECK(static_cast<std::uint32_t>(to_f16(std::nextafter(0x1p-25f, 1.f))) == 1);
    CHECK(static_cast<std::uint32_t>(to_bf16(0x1p-127f)) == 0);
    CHECK(static_cast<std::uint32_t>(to_bf16(-0x1p-127f)) == 0x8000u);
    CHECK(static_cast<std::uint32_t>(to_bf16(0x1p-126f)) == 0x80u);
    CHECK(static_cast<std::uint32_t>(to_bf16(std::nextafter(0x1p-126f, 0.f))) == 0x80u); // rounds up into the normals
    CHECK(widen(to_i8(least)) == 0);
}

TEST_CASE("codes are made at compile time too") {
    static_assert(widen(to_bf16(1.5f)) == 1.5f && widen(to_f16(-.25f)) == -.25f && widen(to_i8(-3.f)) == -3.f);
    static_assert(widen(to_f16(0x1p-24f)) == 0x1p-24f && widen(to_f16(1e9f)) == 65504.f);
}
