// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/linalg/any_weights.hpp>
#include <graft/linalg/block_weights.hpp>

#include <graft/base/pool.hpp>
#include <graft/base/random.hpp>
#include <graft/weights/decode.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

using namespace graft;

namespace {

struct kind {
    block_layout  layout;
    weight_format format;
};
constexpr kind kinds[] = {{block_layout::q4_0, weight_format::q4_0},
                          {block_layout::q4_1, weight_format::q4_1},
                          {block_layout::q8_0, weight_format::q8_0}};

/// Rows of blocks at random, with scales between 2^-8 and 2^-6.
std::vector<std::byte> rows_of(block_layout l, std::size_t out, std::size_t in, counter_random& r) {
    const std::size_t      size = block_weights::file_bytes(l);
    std::vector<std::byte> all(out * in / 32 * size);
    for (std::byte& b : all) b = static_cast<std::byte>(r.below(256));
    for (std::size_t b = 0; b < all.size(); b += size)
        for (std::size_t s = 0; s < (l == block_layout::q4_1 ? 2u : 1u); ++s)
            all[b + 2 * s + 1] = static_cast<std::byte>((r.below(2) << 7) | 0x1c | r.below(8));
    return all;
}
result<block_weights> made(block_layout l, std::size_t out, std::size_t in, std::span<const std::byte> all,
                           context& c) {
    const std::size_t row = in / 32 * block_weights::file_bytes(l);
    const auto        at  = [&](std::size_t i) { return all.subspan(i * row, row); };
    return block_weights::make(l, out, in, at, c);
}
bool same_bits(std::span<const float> a, std::span<const float> b) {
    return std::ranges::equal(std::as_bytes(a), std::as_bytes(b));
}

} // namespace

TEST_CASE("blocks: rows have the bits of the file's format, products those of exact sums within the codes of x") {
    counter_random r(5);
    context        c;
    for (const kind& k : kinds)
        for (const auto& [out, in, rows] :
             {std::array<std::size_t, 3>{1, 32, 1}, {7, 64, 3}, {8, 96, 5}, {50, 576, 33}, {129, 160, 2}}) {
            const auto    bytes = rows_of(k.layout, out, in, r);
            const auto    w     = made(k.layout, out, in, bytes, c).value();
            matrix<float> whole(out, in), row(1, in), x(rows, in), y(rows, out), z(rows, out), bias(1, out);
            for (std::size_t i = 0; i < out; ++i) {
                const std::size_t n = bytes.size() / out;
                REQUIRE(decode_weights(k.format, std::span(bytes).subspan(i * n, n), whole.row(i)));
                w.row(i, row.row(0));
                CHECK(same_bits(row.row(0), whole.row(i)));
            }
            for (float& v : x.flat()) v = r.unit() - .5f;
            for (float& v : bias.flat()) v = r.unit();
            REQUIRE(product(x.view(), w, y.view(), {.bias = bias.flat()}, c));
            for (std::size_t i = 0; i < rows; ++i)
                for (std::size_t j = 0; j < out; ++j) {
                    double sum = static_cast<double>(bias.flat()[j]), size = 0;
                    for (std::size_t t = 0; t < in; ++t) {
                        sum += static_cast<double>(x.row(i)[t]) * static_cast<double>(whole.row(j)[t]);
                        size += std::abs(static_cast<double>(whole.row(j)[t]));
                    }
                    CHECK(std::abs(sum - static_cast<double>(y.row(i)[j])) < 1e-6 + size * .5 * .5 / 126);
                }
            // The same bits one row at a time, on threads, and added to what is there.
            pool    workers(2);
            context many{workers};
            REQUIRE(product(x.view(), any_weights(made(k.layout, out, in, bytes, many).value()), z.view(),
                            {.bias = bias.flat()}, many));
            CHECK(same_bits(y.flat(), z.flat()));
            for (std::size_t i = 0; i < rows; ++i) {
                std::copy_n(bias.data(), out, z.row(i).data());
                REQUIRE(product(x.view().middle(i, 1), w, z.view().middle(i, 1), {.add = true}, c));
            }
            CHECK(same_bits(y.flat(), z.flat()));
        }
}

TEST_CASE("blocks: activations of 8 bits, the bits of every table, and as near as they promise") {
    counter_random r(11);
    context        c;
    for (const kind& k : kinds) {
        const std::size_t out = 50, in = 576, rows = 21;
        const auto        bytes = rows_of(k.layout, out, in, r);
        const std::size_t size  = bytes.size() / out;
        const auto        at    = [&](std::size_t i) { return std::span(bytes).subspan(i * size, size); };
        const auto        w     = block_weights::make(k.layout, out, in, at, c, code_bits::eight).value();
        matrix<float>     row(1, in), x(rows, in), y(rows, out), z(rows, out);
        for (float& v : x.flat()) v = r.unit() - .5f;
        REQUIRE(product(x.view(), w, y.view(), {}, c));
        for (std::size_t j = 0; j < out; ++j) {
            w.row(j, row.flat());
            for (std::size_t i = 0; i < rows; ++i) {
                double sum = 0, size_of = 0;
                for (std::size_t t = 0; t < in; ++t) {
                    sum += static_cast<double>(x.row(i)[t]) * static_cast<double>(row.data()[t]);
                    size_of += std::abs(static_cast<double>(row.data()[t]));
                }
                CHECK(std::abs(sum - static_cast<double>(y.row(i)[j])) < 1e-6 + size_of * .5 * .5 / 126);
            }
        }
        for (const char* name : {"scalar", "avx2", "avx512_vnni"})
            if (const auto* by = block_kernels_named(name)) {
                REQUIRE(product(x.view(), w, z.view(), {}, c, *by));
                CHECK_MESSAGE(same_bits(y.flat(), z.flat()), name);
            }
    }
}

TEST_CASE("blocks of floats: each number within a 226th of the largest of its block") {
    counter_random r(12);
    context        c;
    matrix<float>  w(37, 96), row(1, 96);
    for (float& v : w.flat()) v = (r.unit() - .5f) * std::exp2(static_cast<float>(r.below(30)) - 20);
    std::fill_n(w.row(3).data(), 32, 0.f);
    w.row(5)[7]     = 1e-9f;
    const auto rows = [&](std::size_t i, std::span<float> to) { std::ranges::copy(w.row(i), to.begin()); };
    const auto held = block_weights::of({37, 96, rows}, c).value();
    CHECK(held.activations() == code_bits::sixteen);
    for (std::size_t i = 0; i < 37; ++i) {
        held.row(i, row.flat());
        for (std::size_t b = 0; b < 96; b += 32) {
            float most = 0;
            for (std::size_t t = b; t < b + 32; ++t) most = std::max(most, std::abs(w.row(i)[t]));
            for (std::size_t t = b; t < b + 32; ++t)
                CHECK(std::abs(row.data()[t] - w.row(i)[t]) <= most / 226 + 127 * 0x1p-25f);
        }
    }
    CHECK(block_weights::of({2, 33, rows}, c).error().what == fault::wrong_shape);
    w.row(9)[2] = 1e9f; // its scale passes f16
    CHECK(block_weights::of({37, 96, rows}, c).error().where == 9);
    w.row(4)[2] = std::nanf("");
    CHECK(block_weights::of({37, 96, rows}, c).error().what == fault::not_finite);
}

TEST_CASE("blocks: gradients of the input have the bits of those beside packed floats") {
    counter_random r(7);
    context        c;
    for (const kind& k : kinds)
        for (const auto& [out, in, rows] : {std::array<std::size_t, 3>{1, 32, 1},
                                            {7, 64, 3},
                                            {8, 96, 5},
                                            {50, 576, 33},
                                            {129, 160, 130},
                                            {400, 2080, 125}}) {
            const auto    bytes = rows_of(k.layout, out, in, r);
            const auto    w     = made(k.layout, out, in, bytes, c).value();
            matrix<float> whole(out, in), dy(rows, out), dx(rows, in), other(rows, in);
            for (std::size_t i = 0; i < out; ++i) {
                w.row(i, whole.row(i));
                // Any columns of a row.
                const std::size_t  first = r.below(in), n = r.below(in - first + 1);
                std::vector<float> some(n);
                w.part(i, first, some);
                CHECK(same_bits(some, whole.row(i).subspan(first, n)));
            }
            for (float& v : dy.flat()) v = r.unit() - .5f;
            for (float& v : dx.flat()) v = r.unit();
            other = dx;
            const packed_weights floats(whole.view());
            for (const bool add : {true, false}) {
                matrix<float> begin = dx;
                REQUIRE(product_back(dy.view(), w, dx.view(), {.add = add}, c));
                REQUIRE(product_back(dy.view(), floats, other.view(), {.add = add}, c));
                CHECK(same_bits(dx.flat(), other.flat()));
                for (std::size_t at = 0; at < 40; ++at) {
                    const std::size_t i = r.below(rows), j = r.below(in);
                    double            sum = add ? static_cast<double>(begin.row(i)[j]) : 0, size = 0;
                    for (std::size_t o = 0; o < out; ++o) {
                        const double one = static_cast<double>(dy.row(i)[o]) * static_cast<double>(whole.row(o)[j]);
                        sum += one, size += std::abs(one);
                    }
                    CHECK(std::abs(sum - static_cast<double>(dx.row(i)[j])) <= 1e-6 + size * 1e-6);
                }
            }
            // The same bits on threads, one row at a time, and through what a model holds.
            pool    workers(2);
            context many{workers};
            REQUIRE(product_back(dy.view(), any_weights(made(k.layout, out, in, bytes, many).value()), other.view(), {},
                                 many));
            CHECK(same_bits(dx.flat(), other.flat()));
            REQUIRE(product_back(dy.view().middle(rows - 1, 1), w, other.view().middle(0, 1), {}, c));
            CHECK(same_bits(dx.row(rows - 1), other.row(0)));
        }
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    const auto    w = made(block_layout::q8_0, 8, 32, rows_of(block_layout::q8_0, 8, 32, r), c);
    context       fresh;
    const auto    fine = made(block_layout::q8_0, 8, 32, rows_of(block_layout::q8_0, 8, 32, r), fresh).value();
    matrix<float> dy(1, 8), dx(1, 32);
    CHECK(w.error().what == fault::stopped);
    CHECK(product_back(dy.view(), fine, dx.view(), {}, c).error().what == fault::stopped);
}

TEST_CASE("blocks that cannot be are refused") {
    counter_random r(6);
    context        c;
    for (const kind& k : kinds) {
        auto bytes = rows_of(k.layout, 4, 64, r);
        CHECK(made(k.layout, 4, 48, bytes, c).error().what == fault::wrong_shape);
        const auto at = [&](std::size_t) { return std::span<const std::byte>(bytes).first(7); };
        CHECK(block_weights::make(k.layout, 4, 64, at, c).error().what == fault::wrong_shape);
        bytes[bytes.size() - block_weights::file_bytes(k.layout) + 1] = std::byte{0x7c}; // infinity, in the last row
        const auto refused                                            = made(k.layout, 4, 64, bytes, c);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().what == fault::not_finite);
        CHECK(refused.error().where == 3);
    }
}
