// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/core/random.hpp>
#include <graft/math/dot.hpp>
#include <graft/math/kernels.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// Any sign, exponents from 2^-30 to 2^29: sums in which the order of every step shows.
float wild(counter_random& r) {
    return std::bit_cast<float>((r.bits32() & 0x807fffffu) | (97 + r.bits32() % 60) << 23);
}

std::vector<float> wild(std::size_t n, std::uint64_t seed) {
    counter_random     r(seed);
    std::vector<float> x(n);
    for (float& v : x) v = wild(r);
    return x;
}

std::vector<const kernels*> exact_ones() {
    std::vector<const kernels*> out;
    for (const char* name : {"portable", "avx2", "avx512"})
        if (const kernels* k = kernels_named(name); k != nullptr && k->exact) out.push_back(k);
    return out;
}

bool same(const float* a, const float* b, std::size_t n) { return n == 0 || std::memcmp(a, b, n * sizeof(float)) == 0; }

} // namespace

TEST_CASE("kernels have names, and best is one of them") {
    CHECK(kernels_named("scalar") == &scalar_kernels());
    CHECK(kernels_named("portable") == &portable_kernels());
    CHECK(kernels_named("best") == &best_kernels());
    CHECK(kernels_named("") == nullptr);
    CHECK(kernels_named("avx1024") == nullptr);
    CHECK(kernels_named(best_kernels().name) == &best_kernels());
    CHECK(scalar_kernels().exact);
}

TEST_CASE("the scalar truth is the written definition") {
    // element i in lane i % 32; folds of 16, 8, 4, 2, 1; a value that only this order gives
    const auto q = wild(77, 1), r = wild(77, 2);
    float      lane[32] = {};
    for (std::size_t i = 0; i < 80; ++i)
        lane[i % 32] = std::fma(i < 77 ? q[i] : 0.f, i < 77 ? r[i] : 0.f, lane[i % 32]);
    for (std::size_t h = 16; h > 0; h /= 2)
        for (std::size_t l = 0; l < h; ++l) {
            volatile float sum = lane[l] + lane[l + h];
            lane[l]            = sum;
        }
    CHECK(dot(q, r, scalar_kernels()) == lane[0]);
    float none = 1;
    scalar_kernels().dots(nullptr, nullptr, 1, 0, &none);
    CHECK(none == 0);
}

TEST_CASE("dots and distances agree to the bit on every machine, at every length and alignment") {
    const auto others = exact_ones();
    MESSAGE("exact kernels beside the scalar ones: " << others.size()
                                                     << ", best: " << std::string(best_kernels().name));
    constexpr std::size_t most = 1100, n = 7; // 7 rows: a group of four, a pair, and one over
    const auto            q = wild(most + 16, 3), rows = wild(n * most + 16, 4);
    const std::uint32_t   which[n] = {5, 0, 3, 3, 6, 1, 2};
    std::size_t           differ   = 0;
    for (std::size_t dims = 0; dims <= most; ++dims)
        for (const std::size_t shift : {std::size_t{0}, std::size_t{3}}) {
            float        dot_truth[n], far_truth[n], some_truth[n], some_far_truth[n];
            const float *a = q.data() + shift, *b = rows.data() + 2 * shift;
            scalar_kernels().dots(a, b, n, dims, dot_truth);
            scalar_kernels().distances(a, b, n, dims, far_truth);
            for (std::size_t i = 0; i < n; ++i)
                some_truth[i] = dot_truth[which[i]], some_far_truth[i] = far_truth[which[i]];
            for (const kernels* k : others) {
                float      out[n];
                const auto check = [&](const float* truth) {
                    if (!same(out, truth, n)) ++differ;
                };
                k->dots(a, b, n, dims, out), check(dot_truth);
                k->distances(a, b, n, dims, out), check(far_truth);
                k->dots_of(a, b, which, n, dims, out), check(some_truth);
                k->distances_of(a, b, which, n, dims, out), check(some_far_truth);
            }
        }
    CHECK(differ == 0);
}

TEST_CASE("-0, subnormals and cancellation come out alike") {
    for (const float x : {-0.f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 1.f}) {
        const std::vector<float> q(37, x), r(37, -0.f);
        const float              truth = dot(q, r, scalar_kernels());
        for (const kernels* k : exact_ones())
            CHECK(std::bit_cast<std::uint32_t>(dot(q, r, *k)) == std::bit_cast<std::uint32_t>(truth));
    }
}

TEST_CASE("tiles are the dots of one by one") {
    const auto a = wild(7 * 133, 5), b = wild(9 * 133, 6);
    for (const kernels* k : exact_ones())
        for (const std::size_t dims : {1u, 15u, 16u, 33u, 64u, 133u})
            for (std::size_t n = 0; n <= 7; ++n)
                for (const std::size_t m : {0u, 1u, 3u, 4u, 9u}) {
                    std::vector<float> c(n * 11 + 11, 7.f), truth(c);
                    k->tile(a.data(), n, b.data(), m, dims, c.data(), 11);
                    scalar_kernels().tile(a.data(), n, b.data(), m, dims, truth.data(), 11);
                    CHECK(same(c.data(), truth.data(), c.size())); // and nothing beside the tile is touched
                }
}

TEST_CASE("axpy and chains agree to the bit and stay inside their columns") {
    const auto a = wild(40 * 40, 7), b = wild(40 * 140, 8), start = wild(12 * 150, 9);
    for (const kernels* k : exact_ones()) {
        for (std::size_t n = 0; n < 100; ++n) {
            std::vector<float> y(start.begin(), start.begin() + 120), truth(y);
            k->axpy(a[n], b.data() + 1, y.data() + 1, n);
            scalar_kernels().axpy(a[n], b.data() + 1, truth.data() + 1, n);
            CHECK(same(y.data(), truth.data(), y.size()));
        }
        for (const std::size_t n : {1u, 4u, 9u, 12u})
            for (const std::size_t m : {1u, 7u, 8u, 16u, 17u, 24u, 25u, 47u, 48u, 49u, 100u, 130u})
                for (const bool across : {false, true}) {
                    std::vector<float> c(start), truth(start);
                    const std::size_t  row = across ? 1 : 40, step = across ? 40 : 1;
                    k->chains(a.data(), row, step, b.data(), 140, c.data(), 150, n, 33, m);
                    scalar_kernels().chains(a.data(), row, step, b.data(), 140, truth.data(), 150, n, 33, m);
                    CHECK(same(c.data(), truth.data(), c.size()));
                }
    }
}

TEST_CASE("kernels outside the promise are right to rounding") {
    const kernels& k = portable_kernels();
    counter_random r(11);
    for (const std::size_t dims : {1u, 16u, 100u, 384u, 1031u}) {
        std::vector<float> q(dims), x(dims);
        for (float& v : q) v = r.unit() - .5f;
        for (float& v : x) v = r.unit() - .5f;
        double dot_truth = 0, far_truth = 0, size = 0;
        for (std::size_t i = 0; i < dims; ++i) {
            dot_truth += double(q[i]) * double(x[i]);
            far_truth += (double(q[i]) - double(x[i])) * (double(q[i]) - double(x[i]));
            size += std::abs(double(q[i]) * double(x[i]));
        }
        float out = 0;
        k.dots(q.data(), x.data(), 1, dims, &out);
        CHECK(std::abs(double(out) - dot_truth) <= 1e-6 * size + 1e-7);
        k.distances(q.data(), x.data(), 1, dims, &out);
        CHECK(std::abs(double(out) - far_truth) <= 1e-6 * far_truth);
        std::vector<float> c(dims, 1.f);
        k.axpy(2.f, x.data(), c.data(), dims);
        for (std::size_t i = 0; i < dims; ++i) CHECK(c[i] == doctest::Approx(1 + 2 * x[i]));
    }
}

TEST_CASE("rows are scored as dots, one by one or together") {
    const auto         rows = wild(5 * 50, 12), q = wild(50, 13);
    std::vector<float> out(5);
    dots(q, matrix_view<const float>{rows.data(), 5, 50}, out);
    for (std::size_t i = 0; i < 5; ++i) CHECK(out[i] == dot(q, vector_view(rows).subspan(i * 50, 50)));
}
