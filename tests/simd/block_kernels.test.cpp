// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/simd/block_kernels.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using namespace graft;

namespace {

struct activations {
    std::vector<std::int16_t> codes;
    std::vector<std::int8_t>  high, low;
    std::vector<float>        scale, sum;
    activations(std::size_t rows, std::size_t blocks)
        : codes(rows * blocks * 32), high(codes.size()), low(codes.size()), scale(rows * blocks), sum(rows * blocks) {}
    encoded_rows view() { return {codes.data(), high.data(), low.data(), scale.data(), sum.data()}; }
    bool         operator==(const activations&) const = default;
};

std::vector<float> numbers(std::size_t n, counter_random& r) {
    std::vector<float> x(n);
    for (float& v : x) v = (r.unit() - .5f) * std::exp2(static_cast<float>(r.below(20)) - 10);
    return x;
}
/// Codes at random, scales that are numbers.
std::vector<std::uint8_t> panel_of(std::size_t blocks, std::size_t bytes, std::size_t scales, counter_random& r) {
    std::vector<std::uint8_t> p(blocks * bytes);
    for (auto& b : p) b = static_cast<std::uint8_t>(r.below(256));
    for (std::size_t b = 0; b < blocks; ++b)
        for (std::size_t i = 0; i < scales; ++i) {
            auto& upper = p[b * bytes + 2 * i + 1]; // an exponent below infinity
            if ((upper & 0x7c) == 0x7c) upper = static_cast<std::uint8_t>(upper & ~0x40);
        }
    return p;
}
bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

} // namespace

TEST_CASE("activations as whole numbers: near, the same by every table, and ends that are reached") {
    counter_random r(1);
    for (const std::size_t blocks : {1u, 2u, 18u}) {
        auto x = numbers(blocks * 32, r);
        x[0] = 0, x[1] = -0.f;
        if (blocks == 2) std::fill_n(x.begin(), 32, 0.f);
        activations truth(1, blocks);
        block_kernels_named("scalar")->encode(x.data(), blocks, truth.view(), 0);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const float s = truth.scale[i / 32];
            CHECK(std::fabs(x[i] - s * static_cast<float>(truth.codes[i])) <= .5001f * s);
            CHECK(truth.codes[i] == 256 * truth.high[i] + truth.low[i]);
        }
        activations other(1, blocks);
        best_block_kernels().encode(x.data(), blocks, other.view(), 0);
        CHECK(truth == other);
    }
    std::vector<float> x(32, -3.f);
    activations        a(1, 1);
    best_block_kernels().encode(x.data(), 1, a.view(), 0);
    for (std::size_t i = 0; i < 32; ++i) CHECK((a.codes[i] == -32512 && a.high[i] == -127 && a.low[i] == 0));
    CHECK(a.sum[0] == doctest::Approx(-96));
}

TEST_CASE("products with weights of 4 and 8 bits: the bits of the truth, whatever rows are beside") {
    counter_random r(2);
    for (const std::size_t blocks : {1u, 3u, 18u})
        for (const bool nibbles : {true, false}) {
            const std::size_t rows  = 7;
            const auto        panel = nibbles ? panel_of(blocks, block_kernels::nibble_bytes, 16, r)
                                              : panel_of(blocks, block_kernels::byte_bytes, 8, r);
            activations       x(rows, blocks);
            const auto        from = numbers(rows * blocks * 32, r);
            for (std::size_t i = 0; i < rows; ++i)
                best_block_kernels().encode(from.data() + i * blocks * 32, blocks, x.view(), i);
            auto        y = numbers(rows * 8, r), z = y;
            const auto& by    = best_block_kernels();
            const auto* truth = block_kernels_named("scalar");
            (nibbles ? truth->nibbles : truth->bytes)(x.view(), rows, panel.data(), blocks, y.data(), 8);
            auto begun = z;
            (nibbles ? by.nibbles : by.bytes)(x.view(), rows, panel.data(), blocks, z.data(), 8);
            CHECK(same_bits(y, z));
            for (std::size_t i = 0; i < rows; ++i) { // one row alone
                encoded_rows one = x.view();
                one.codes += i * blocks * 32, one.high += i * blocks * 32, one.low += i * blocks * 32;
                one.scale += i * blocks, one.sum += i * blocks;
                (nibbles ? by.nibbles : by.bytes)(one, 1, panel.data(), blocks, begun.data() + i * 8, 8);
            }
            CHECK(same_bits(y, begun));
        }
}

TEST_CASE("the extremes fit: all codes and all weights at their ends") {
    for (const int end : {1, -1}) {
        std::vector<float> x(32, static_cast<float>(end)), y(8), z(8);
        activations        a(1, 1);
        best_block_kernels().encode(x.data(), 1, a.view(), 0);
        std::vector<std::uint8_t> panel(block_kernels::nibble_bytes, 0xff);
        for (std::size_t i = 0; i < 16; ++i) panel[2 * i] = 0, panel[2 * i + 1] = i < 8 ? 0x3c : 0; // d = 1, m = 0
        best_block_kernels().nibbles(a.view(), 1, panel.data(), 1, y.data(), 8);
        for (float v : y) CHECK(v == doctest::Approx(end * 32 * 15));
        for (const std::uint8_t code : {std::uint8_t{0x80}, std::uint8_t{0x7f}}) {
            std::vector<std::uint8_t> bytes(block_kernels::byte_bytes, code);
            for (std::size_t i = 0; i < 8; ++i) bytes[2 * i] = 0, bytes[2 * i + 1] = 0x3c;
            std::fill(z.begin(), z.end(), 0.f);
            best_block_kernels().bytes(a.view(), 1, bytes.data(), 1, z.data(), 8);
            for (float v : z) CHECK(v == doctest::Approx(end * 32 * static_cast<std::int8_t>(code)));
        }
    }
}
