// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/linalg/packed.hpp>
#include <graft/linalg/product.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

using namespace graft;

namespace {

matrix<float> noise(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    matrix<float>  m(rows, dims);
    counter_random r(seed);
    for (float& x : m.flat()) x = r.unit() - .5f;
    return m;
}
bool same(const matrix<float>& a, const matrix<float>& b) {
    return a.rows() == b.rows() && a.dims() == b.dims() &&
           (a.flat().empty() || std::memcmp(a.data(), b.data(), a.flat().size_bytes()) == 0);
}
/// The definition: each output one chain over k, from what `y` holds.
void chains_of(const matrix<float>& x, const matrix<float>& w, matrix<float>& y) {
    for (std::size_t i = 0; i < y.rows(); ++i)
        for (std::size_t j = 0; j < y.dims(); ++j)
            for (std::size_t t = 0; t < x.dims(); ++t) y.row(i)[j] = std::fma(x.row(i)[t], w.row(j)[t], y.row(i)[j]);
}
matrix<float> turned(const matrix<float>& m) {
    matrix<float> t(m.dims(), m.rows());
    for (std::size_t i = 0; i < m.rows(); ++i)
        for (std::size_t j = 0; j < m.dims(); ++j) t.row(j)[i] = m.row(i)[j];
    return t;
}

struct shape {
    std::size_t n, in, out;
};
constexpr shape shapes[] = {{1, 1, 1},   {0, 5, 3},    {3, 0, 4},    {2, 5, 0},     {1, 300, 100}, {2, 70, 97},
                            {3, 65, 48}, {4, 301, 49}, {5, 17, 200}, {33, 400, 95}, {109, 67, 147}};

} // namespace

TEST_CASE("products with packed weights are chains from 0, from the bias, or from what was there") {
    for (const shape& s : shapes) {
        const std::size_t n = s.n, in = s.in, out = s.out;
        CAPTURE(n);
        CAPTURE(in);
        CAPTURE(out);
        const auto x = noise(n, in, 1), w = noise(out, in, 2), bias = noise(1, out, 3), old = noise(n, out, 4);
        const packed_weights packed(w.view());
        const auto copy = [&](std::size_t i, std::span<float> to) { std::copy_n(w.row(i).data(), in, to.data()); };
        const weight_rows rows{out, in, copy};
        CHECK(packed.out() == out);
        CHECK(packed.in() == in);
        for (const std::size_t threads : {1u, 2u, 5u}) {
            const graft::threads on(threads);
            context              c(on);
            const auto           made = packed_weights::make(rows, c).value();
            for (const int from : {0, 1, 2}) {
                matrix<float> want = old;
                if (from == 0) std::fill_n(want.data(), want.flat().size(), 0.f);
                for (std::size_t i = 0; i < n && from == 1; ++i) std::copy_n(bias.data(), out, want.row(i).data());
                chains_of(x, w, want);
                const product_start start{from == 1 ? bias.flat() : std::span<const float>(), from == 2};
                for (const packed_weights* by : {&packed, &made}) {
                    matrix<float> y = old;
                    REQUIRE(product(x.view(), *by, y.view(), start, c));
                    CHECK(same(y, want));
                }
                matrix<float> y = old;
                REQUIRE(product(x.view(), rows, y.view(), start, c));
                CHECK(same(y, want));
            }
        }
    }
}

TEST_CASE("the gradient's product is a chain over the outputs") {
    for (const shape& s : shapes) {
        const std::size_t n = s.n, in = s.in, out = s.out;
        CAPTURE(n);
        CAPTURE(in);
        CAPTURE(out);
        const auto           dy = noise(n, out, 5), w = noise(out, in, 6), old = noise(n, in, 7);
        const packed_weights packed(w.view());
        for (const std::size_t threads : {1u, 3u}) {
            const graft::threads on(threads);
            context              c(on);
            for (const bool add : {false, true}) {
                matrix<float> want = add ? old : matrix<float>(n, in), dx = old;
                chains_of(dy, turned(w), want);
                REQUIRE(product_back(dy.view(), packed, dx.view(), {.add = add}, c));
                CHECK(same(dx, want));
            }
        }
    }
}

TEST_CASE("a row's bits do not depend on its neighbours, on kernels or on the form of the product") {
    const std::size_t    n = 41, in = 517, out = 131;
    const auto           x = noise(n, in, 8), w = noise(out, in, 9);
    const packed_weights packed(w.view());
    context              c;
    matrix<float>        all(n, out), some(n, out), plain(n, out);
    REQUIRE(product(x.view(), packed, all.view(), c));
    multiply_abt(x.view(), w.view(), plain.view());
    CHECK(same(all, plain));
    for (const std::size_t rows : {1u, 2u, 3u, 4u, 7u, 16u, 25u}) {
        for (std::size_t i = 0; i < n; i += rows) {
            const std::size_t count = std::min(rows, n - i);
            REQUIRE(product(x.view().middle(i, count), packed, some.view().middle(i, count), c));
        }
        CHECK(same(all, some));
    }
    for (const char* name : {"scalar", "portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16"})
        if (const kernels* by = kernels_named(name); by != nullptr && by->exact) {
            const packed_weights its(w.view(), *by);
            REQUIRE(product(x.view(), its, some.view(), {}, c, *by));
            CHECK(same(all, some));
        }
}

TEST_CASE("packed weights give their rows back") {
    for (const std::size_t in : {77u, 900u}) { // of one piece, and of several
        const auto           w = noise(101, in, 10);
        const packed_weights packed(w.view());
        std::vector<float>   row(in);
        for (std::size_t i = 0; i < 101; ++i) {
            packed.row(i, row);
            CHECK(std::memcmp(row.data(), w.row(i).data(), in * sizeof(float)) == 0);
        }
    }
    CHECK(packed_weights().out() == 0);
}

TEST_CASE("a product stops when it is told to") {
    const auto           x = noise(3, 20, 11), w = noise(300, 20, 12);
    const packed_weights packed(w.view());
    matrix<float>        y(3, 300), dx(3, 20);
    context              c;
    std::stop_source     stop;
    c.stop = stop.get_token();
    stop.request_stop();
    const auto none = [](std::size_t, std::span<float>) {};
    CHECK(product(x.view(), packed, y.view(), c).error().what == fault::stopped);
    CHECK(product(x.view(), weight_rows{300, 20, none}, y.view(), {}, c).error().what == fault::stopped);
    CHECK(product_back(y.view(), packed, dx.view(), {}, c).error().what == fault::stopped);
    CHECK(packed_weights::make(weight_rows{300, 20, none}, c).error().what == fault::stopped);
}
