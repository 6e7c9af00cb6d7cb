// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/nn/attention.hpp>
#include <graft/nn/rotary.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <numeric>
#include <vector>

using namespace graft;
using test::random_matrix;

namespace {

using in  = strided_rows<const float>;
using ind = strided_rows<const double>;

/// What the formula says, in double, one number after the other.
matrix<double> written(const attention<float>& a, const matrix<float>& q, const matrix<float>& k,
                       const matrix<float>& v) {
    matrix<double> y(q.rows(), q.dims());
    for (std::size_t h = 0; h < a.heads; ++h)
        for (std::size_t i = 0; i < q.rows(); ++i) {
            const std::size_t   from = h / (a.heads / a.kv_heads) * a.dims;
            const std::size_t   see  = a.causal ? k.rows() - q.rows() + i + 1 : k.rows();
            std::vector<double> p(see);
            double              top = -1e300, sum = 0;
            for (std::size_t j = 0; j < see; ++j) {
                for (std::size_t t = 0; t < a.dims; ++t)
                    p[j] += static_cast<double>(q.row(i)[h * a.dims + t]) * static_cast<double>(k.row(j)[from + t]);
                p[j] *= static_cast<double>(a.scale), top = std::max(top, p[j]);
            }
            for (double& e : p) sum += e = std::exp(e - top);
            for (std::size_t j = 0; j < see; ++j)
                for (std::size_t t = 0; t < a.dims; ++t)
                    y.row(i)[h * a.dims + t] += p[j] / sum * static_cast<double>(v.row(j)[from + t]);
        }
    return y;
}
matrix<float> rows_of(const matrix<float>& m, std::size_t first, std::size_t n) {
    return matrix<float>(matrix_view<const float>(m.view()).middle(first, n));
}
bool same(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}
matrix<float> attended_to(const attention<float>& a, const matrix<float>& q, const matrix<float>& k,
                          const matrix<float>& v, std::span<const std::size_t> ends,
                          std::span<const std::size_t> key_ends, context& c) {
    matrix<float> y(q.rows(), q.dims());
    REQUIRE(a.forward(in(q.view()), in(k.view()), in(v.view()), ends, key_ends, y.view(), nullptr, c));
    return y;
}

} // namespace

TEST_CASE("attention is what the formula says, at every length around its blocks") {
    context c;
    for (bool causal : {false, true})
        for (std::size_t n : {1u, 2u, 7u, 47u, 48u, 49u, 64u, 65u, 130u, 700u, 1500u}) {
            const attention<float> a{4, 2, 8, causal, .35f};
            const auto             q = random_matrix<float>(n, 32, 1), k = random_matrix<float>(n, 16, 2),
                       v     = random_matrix<float>(n, 16, 3);
            const auto y     = attended_to(a, q, k, v, std::vector{n}, std::vector{n}, c);
            const auto w     = written(a, q, k, v);
            double     worst = 0;
            for (std::size_t i = 0; i < n * 32; ++i)
                worst = std::max(worst, std::abs(static_cast<double>(y.data()[i]) - w.data()[i]));
            CAPTURE(n);
            CHECK(worst < 1e-6);
            c.reset();
        }
}

TEST_CASE("a sequence has the same bits alone, packed with others, and on any number of threads") {
    const std::vector<std::size_t> sizes{5, 1, 130, 48, 300};
    std::vector<std::size_t>       ends(sizes.size());
    std::partial_sum(sizes.begin(), sizes.end(), ends.begin());
    const std::size_t all = ends.back();
    const auto        q = random_matrix<float>(all, 64, 1), k = random_matrix<float>(all, 32, 2),
               v = random_matrix<float>(all, 32, 3);
    for (bool causal : {false, true}) {
        const attention<float> a{4, 2, 16, causal, .25f};
        context                c;
        const auto             packed = attended_to(a, q, k, v, ends, ends, c);
        for (std::size_t s = 0, begin = 0; s < ends.size(); begin = ends[s++]) {
            const std::size_t n[] = {sizes[s]};
            const auto        alone =
                attended_to(a, rows_of(q, begin, n[0]), rows_of(k, begin, n[0]), rows_of(v, begin, n[0]), n, n, c);
            CHECK(same(alone.flat(), rows_of(packed, begin, n[0]).flat()));
        }
        for (std::size_t width : {2u, 3u, 8u}) {
            context many{threads(width)};
            CHECK(same(attended_to(a, q, k, v, ends, ends, many).flat(), packed.flat()));
        }
    }
}

TEST_CASE("with causal, the last queries alone over all keys have the bits of the whole: what a cache relies on") {
    const attention<float> a{6, 3, 8, true, .3f};
    const auto             q = random_matrix<float>(140, 48, 1), k = random_matrix<float>(140, 24, 2),
               v = random_matrix<float>(140, 24, 3);
    context           c;
    const std::size_t whole[] = {140};
    const auto        y       = attended_to(a, q, k, v, whole, whole, c);
    for (std::size_t n : {1u, 3u, 50u, 139u}) {
        const std::size_t last[] = {n};
        CHECK(same(attended_to(a, rows_of(q, 140 - n, n), k, v, last, whole, c).flat(), rows_of(y, 140 - n, n).flat()));
    }
    for (std::size_t n : {1u, 20u, 100u}) { // and the first alone
        const std::size_t first[] = {n};
        CHECK(same(attended_to(a, rows_of(q, 0, n), rows_of(k, 0, n), rows_of(v, 0, n), first, first, c).flat(),
                   rows_of(y, 0, n).flat()));
    }
    std::vector<float> cache(3 * attended<float>::panel_room(140, 8)); // keys put in one by one
    for (std::size_t i = 0; i < 140; ++i)
        for (std::size_t h = 0; h < 3; ++h)
            for (std::size_t t = 0; t < 8; ++t)
                cache[h * attended<float>::panel_room(140, 8) + attended<float>::key_at(i, 8) + 48 * t] =
                    k.row(i)[h * 8 + t];
    const attended<float> over[] = {{cache.data(), attended<float>::panel_room(140, 8), v.data(), 24, 8, 140}};
    matrix<float>         z(140, 48);
    REQUIRE(a.forward_over(in(q.view()), whole, over, z.view(), nullptr, c));
    CHECK(same(z.flat(), y.flat()));
}

TEST_CASE("the gradients of attention are those of the sum, over packed sequences longer than a block of keys") {
    const std::size_t ends[] = {3, 4, 57};
    for (bool causal : {false, true}) {
        const attention<double> a{4, 2, 3, causal, .5};
        auto                    q = random_matrix<double>(57, 12, 1), k = random_matrix<double>(57, 6, 2),
             v        = random_matrix<double>(57, 6, 3);
        const auto dy = random_matrix<double>(57, 12, 4);
        context    c;
        const auto value = [&] {
            matrix<double> y(57, 12);
            REQUIRE(a.forward(ind(q.view()), ind(k.view()), ind(v.view()), ends, y.view(), nullptr, c));
            return std::inner_product(y.data(), y.data() + 57 * 12, dy.data(), 0.);
        };
        matrix<double>           y(57, 12), dq(57, 12), dk(57, 6), dv(57, 6);
        attention<double>::saved saved;
        REQUIRE(a.forward(ind(q.view()), ind(k.view()), ind(v.view()), ends, y.view(), &saved, c));
        REQUIRE(a.backward(ind(q.view()), ind(k.view()), ind(v.view()), ends, ind(y.view()), saved, ind(dy.view()),
                           dq.view(), dk.view(), dv.view(), c));
        CHECK(test::gradient_error(q.flat(), dq.flat(), value) < 1e-8);
        CHECK(test::gradient_error(k.flat(), dk.flat(), value) < 1e-8);
        CHECK(test::gradient_error(v.flat(), dv.flat(), value) < 1e-8);
    }
}

TEST_CASE("float gradients of attention are those of double, and the same bits on two threads") {
    const std::size_t       ends[] = {90, 91, 400};
    const attention<float>  a{4, 2, 16, true, .25f};
    const attention<double> b{4, 2, 16, true, .25};
    const auto              q = random_matrix<float>(400, 64, 1), k = random_matrix<float>(400, 32, 2),
               v = random_matrix<float>(400, 32, 3), dy = random_matrix<float>(400, 64, 4);
    const auto q2 = random_matrix<double>(400, 64, 1), k2 = random_matrix<double>(400, 32, 2),
               v2 = random_matrix<double>(400, 32, 3), dy2 = random_matrix<double>(400, 64, 4);
    matrix<float>  y(400, 64), g[2][3];
    matrix<double> y2(400, 64), h[3] = {matrix<double>(400, 64), matrix<double>(400, 32), matrix<double>(400, 32)};
    attention<float>::saved  s;
    attention<double>::saved s2;
    context                  one, two{threads(2)};
    for (int i = 0; i < 2; ++i) {
        context& c = i == 0 ? one : two;
        g[i][0] = matrix<float>(400, 64), g[i][1] = matrix<float>(400, 32), g[i][2] = matrix<float>(400, 32);
        REQUIRE(a.forward(in(q.view()), in(k.view()), in(v.view()), ends, y.view(), &s, c));
        REQUIRE(a.backward(in(q.view()), in(k.view()), in(v.view()), ends, in(y.view()), s, in(dy.view()),
                           g[i][0].view(), g[i][1].view(), g[i][2].view(), c));
    }
    REQUIRE(b.forward(ind(q2.view()), ind(k2.view()), ind(v2.view()), ends, y2.view(), &s2, one));
    REQUIRE(b.backward(ind(q2.view()), ind(k2.view()), ind(v2.view()), ends, ind(y2.view()), s2, ind(dy2.view()),
                       h[0].view(), h[1].view(), h[2].view(), one));
    for (int j = 0; j < 3; ++j) {
        CHECK(same(g[0][j].flat(), g[1][j].flat()));
        double worst = 0;
        for (std::size_t i = 0; i < h[j].flat().size(); ++i)
            worst = std::max(worst, std::abs(static_cast<double>(g[0][j].data()[i]) - h[j].data()[i]));
        CHECK(worst < 1e-5);
    }
}

TEST_CASE("rotary positions: both layouts turn the same pairs, and turning back gives what was") {
    const std::uint32_t at[] = {0, 1, 7, 4000, 8191};
    const rotary<float> halves(16, 8192, 10000), pairs(16, 8192, 10000, rotary_layout::pairs);
    auto                x = random_matrix<float>(5, 32, 1), y = x; // two heads
    for (std::size_t r = 0; r < 5; ++r)
        for (std::size_t h = 0; h < 2; ++h)
            for (std::size_t i = 0; i < 8; ++i)
                y.row(r)[16 * h + 2 * i]                           = x.row(r)[16 * h + i],
                                      y.row(r)[16 * h + 2 * i + 1] = x.row(r)[16 * h + 8 + i];
    const auto was = x;
    context    c;
    REQUIRE(halves.forward(x.view(), 2, at, c));
    REQUIRE(pairs.forward(y.view(), 2, at, c));
    for (std::size_t r = 0; r < 5; ++r)
        for (std::size_t h = 0; h < 2; ++h)
            for (std::size_t i = 0; i < 8; ++i) {
                CHECK(y.row(r)[16 * h + 2 * i] == x.row(r)[16 * h + i]);
                CHECK(y.row(r)[16 * h + 2 * i + 1] == x.row(r)[16 * h + 8 + i]);
            }
    for (std::size_t i = 0; i < 8; ++i) { // position 7 by the formula
        const double angle = 7 * std::pow(10000, -2. * static_cast<double>(i) / 16),
                     a = static_cast<double>(was.row(2)[i]), b = static_cast<double>(was.row(2)[i + 8]);
        CHECK(static_cast<double>(x.row(2)[i]) ==
              doctest::Approx(a * std::cos(angle) - b * std::sin(angle)).epsilon(1e-6));
    }
    CHECK(same(x.row(0), was.row(0)));
    REQUIRE(halves.backward(x.view(), 2, at, c));
    for (std::size_t i = 0; i < 160; ++i) CHECK(std::abs(x.data()[i] - was.data()[i]) < 1e-6f);
}

TEST_CASE("rotary positions of llama3: low frequencies are slowed, high ones are not, the middle is between") {
    const rotary_scaling s{8, 1, 4, 8192};
    for (std::size_t i = 0; i < 32; ++i) {
        const double f   = std::pow(500000., -2. * static_cast<double>(i) / 64),
                     got = rotary<double>::frequency(i, 64, 500000, s), length = 2 * std::acos(-1.) / f;
        if (length < 2048) CHECK(got == doctest::Approx(f).epsilon(1e-12));
        else if (length > 8192) CHECK(got == doctest::Approx(f / 8).epsilon(1e-12));
        else CHECK((got < f && got > f / 8));
    }
}
