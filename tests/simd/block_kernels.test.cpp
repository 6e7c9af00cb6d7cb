// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/simd/block_kernels.hpp>
#include <graft/simd/nf4.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using namespace graft;

namespace {

struct activations {
    std::vector<std::int8_t>  codes;
    std::vector<float>        scale, sum;
    std::vector<std::int32_t> start;
    std::size_t               together;
    code_bits                 bits;
    activations(std::size_t rows, std::size_t blocks, code_bits how)
        : codes((rows + 7) / 8 * 8 * blocks * 32 * static_cast<std::size_t>(how)), scale((rows + 7) / 8 * 8 * blocks),
          sum(scale.size()), start(scale.size()), together(std::min<std::size_t>(rows, 8)), bits(how) {}
    encoded_rows view() { return {codes.data(), scale.data(), sum.data(), start.data(), together, bits}; }
    /// Code t of row i.
    int at(std::size_t i, std::size_t t, std::size_t blocks) {
        const std::int8_t* c = view().codes_at(i, t / 32, blocks) + t % 32;
        return bits == code_bits::eight ? *c : 256 * *c + c[32 * together];
    }
    bool operator==(const activations& o) const {
        return codes == o.codes && start == o.start &&
               std::memcmp(scale.data(), o.scale.data(), scale.size() * 4) == 0 &&
               std::memcmp(sum.data(), o.sum.data(), sum.size() * 4) == 0;
    }
};
const block_kernels& scalar_block_kernels() { return *block_kernels_named("scalar"); }
/// Every table that this processor runs.
std::vector<const block_kernels*> tables() {
    std::vector<const block_kernels*> all;
    for (const char* name : {"scalar", "avx2", "avx512_vnni"})
        if (const auto* t = block_kernels_named(name)) all.push_back(t);
    return all;
}

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

constexpr code_bits both[] = {code_bits::eight, code_bits::sixteen};

} // namespace

TEST_CASE("activations as whole numbers: near, the same by every table, and ends that are reached") {
    counter_random r(1);
    for (const code_bits bits : both) {
        for (const auto& [rows, blocks] : {std::pair<std::size_t, std::size_t>{1, 1}, {3, 2}, {11, 18}}) {
            auto x = numbers(rows * blocks * 32, r);
            x[0] = 0, x[1] = -0.f;
            if (blocks == 2) std::fill_n(x.begin(), 32, 0.f);
            activations truth(rows, blocks, bits);
            for (std::size_t i = 0; i < rows; ++i)
                scalar_block_kernels().encode(x.data() + i * blocks * 32, blocks, truth.view(), i);
            for (std::size_t i = 0; i < rows; ++i)
                for (std::size_t b = 0; b < blocks; ++b) {
                    const std::size_t n   = truth.view().at(i, b, blocks);
                    int               sum = 0;
                    for (std::size_t t = 32 * b; t < 32 * b + 32; ++t) {
                        const int code = truth.at(i, t, blocks);
                        CHECK(std::fabs(x[i * blocks * 32 + t] - truth.scale[n] * static_cast<float>(code)) <=
                              .5001f * truth.scale[n]);
                        sum += code;
                    }
                    CHECK(truth.start[n] == -128 * sum);
                    CHECK(truth.sum[n] == truth.scale[n] * static_cast<float>(sum));
                }
            for (const block_kernels* by : tables()) {
                activations other(rows, blocks, bits);
                for (std::size_t i = 0; i < rows; ++i) by->encode(x.data() + i * blocks * 32, blocks, other.view(), i);
                CHECK_MESSAGE(truth == other, by->name);
            }
        }
        for (const block_kernels* by : tables()) {
            std::vector<float> x(32, -3.f);
            activations        a(1, 1, bits);
            by->encode(x.data(), 1, a.view(), 0);
            for (std::size_t i = 0; i < 32; ++i) CHECK(a.at(0, i, 1) == (bits == code_bits::eight ? -127 : -32512));
            CHECK(a.sum[0] == doctest::Approx(-96));
        }
    }
}

TEST_CASE("activations that are tiny lose themselves, and those that are no numbers say so") {
    for (const code_bits bits : both)
        for (const float odd : {1e-40f, 1e-45f, 3e-38f, 3e-34f, 3e38f, INFINITY, -INFINITY, NAN}) {
            std::vector<float> x(64, 0.f);
            x[3] = odd, x[40] = 2;
            activations truth(1, 2, bits);
            scalar_block_kernels().encode(x.data(), 2, truth.view(), 0);
            CHECK(std::isfinite(truth.scale[0]) == std::isfinite(odd));
            CHECK(truth.at(0, 40, 2) == (bits == code_bits::eight ? 127 : 32512));
            for (const block_kernels* by : tables()) {
                activations other(1, 2, bits);
                by->encode(x.data(), 2, other.view(), 0);
                CHECK_MESSAGE(truth == other, by->name << ' ' << odd);
            }
        }
}

TEST_CASE("products with weights of 4 and 8 bits: the bits of the truth, whatever rows are beside") {
    counter_random r(2);
    for (const code_bits bits : both)
        for (const std::size_t blocks : {1u, 3u, 18u})
            for (const std::size_t rows : {15u, 6u, 8u})
                for (const bool nibbles : {true, false}) {
                    const auto  panel = nibbles ? panel_of(blocks, block_kernels::nibble_bytes, 32, r)
                                                : panel_of(blocks, block_kernels::byte_bytes, 16, r);
                    activations x(rows, blocks, bits);
                    const auto  from = numbers(rows * blocks * 32, r);
                    for (std::size_t i = 0; i < rows; ++i)
                        best_block_kernels().encode(from.data() + i * blocks * 32, blocks, x.view(), i);
                    const auto begin = numbers(rows * block_rows, r);
                    auto       y     = begin;
                    const auto truth = nibbles ? scalar_block_kernels().nibbles : scalar_block_kernels().bytes;
                    truth(x.view(), rows, panel.data(), blocks, y.data(), block_rows);
                    for (const block_kernels* by : tables()) {
                        auto       z = begin, one = begin;
                        const auto multiply = nibbles ? by->nibbles : by->bytes;
                        multiply(x.view(), rows, panel.data(), blocks, z.data(), block_rows);
                        CHECK_MESSAGE(same_bits(y, z), by->name);
                        for (std::size_t i = 0; i < rows; ++i) {
                            activations alone(1, blocks, bits);
                            by->encode(from.data() + i * blocks * 32, blocks, alone.view(), 0);
                            multiply(alone.view(), 1, panel.data(), blocks, one.data() + i * block_rows, block_rows);
                        }
                        CHECK_MESSAGE(same_bits(y, one), by->name);
                    }
                }
}

TEST_CASE("the extremes fit: all codes and all weights at their ends") {
    for (const code_bits bits : both)
        for (const block_kernels* by : tables())
            for (const int end : {1, -1}) {
                std::vector<float> x(32, static_cast<float>(end)), y(16), z(16);
                activations        a(1, 1, bits);
                by->encode(x.data(), 1, a.view(), 0);
                std::vector<std::uint8_t> panel(block_kernels::nibble_bytes, 0xff);
                for (std::size_t i = 0; i < 32; ++i)
                    panel[2 * i] = 0, panel[2 * i + 1] = i < 16 ? 0x3c : 0; // d = 1, m = 0
                by->nibbles(a.view(), 1, panel.data(), 1, y.data(), 16);
                for (float v : y) CHECK(v == doctest::Approx(end * 32 * 15));
                for (const std::uint8_t code : {std::uint8_t{0}, std::uint8_t{0xff}}) {
                    std::vector<std::uint8_t> bytes(block_kernels::byte_bytes, code);
                    for (std::size_t i = 0; i < 16; ++i) bytes[2 * i] = 0, bytes[2 * i + 1] = 0x3c;
                    std::fill(z.begin(), z.end(), 0.f);
                    by->bytes(a.view(), 1, bytes.data(), 1, z.data(), 16);
                    for (float v : z) CHECK(v == doctest::Approx(end * 32 * (code - 128)));
                }
            }
}

TEST_CASE("numbers of NF4: scale times level, the same bits by every table, from any code to any other") {
    counter_random         r(3);
    std::vector<std::byte> codes(64);
    for (std::byte& b : codes) b = static_cast<std::byte>(r.below(256));
    for (const float scale : {1.f, .0371f, -2.5f, 0.f, 1e-39f, 3e38f})
        for (std::size_t first : {0u, 1u, 2u, 7u, 31u})
            for (std::size_t n = 0; n <= 90; ++n)
                for (const block_kernels* by : tables()) {
                    std::vector<float> y(n + 1, 7.f), want(n + 1, 7.f);
                    for (std::size_t i = 0; i < n; ++i) {
                        const auto two = std::to_integer<unsigned>(codes[(first + i) / 2]);
                        want[i]        = scale * nf4_levels[(first + i) % 2 == 0 ? two >> 4 : two & 15];
                    }
                    by->nf4(codes.data(), first, scale, y.data(), n);
                    if (!same_bits(y, want)) FAIL_CHECK(by->name << ", " << n << " from " << first << " on");
                }
}
