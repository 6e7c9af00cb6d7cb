// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/linalg/any_weights.hpp>
#include <graft/linalg/nf4_weights.hpp>

#include <graft/base/pool.hpp>
#include <graft/base/random.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace graft;

namespace {

bool same_bits(std::span<const float> a, std::span<const float> b) {
    return std::ranges::equal(std::as_bytes(a), std::as_bytes(b));
}
/// Numbers of a normal distribution.
matrix<float> noise(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    matrix<float>  m(rows, dims);
    counter_random r(seed);
    for (float& x : m.flat()) {
        const double u = 1 - r.unit64(), v = r.unit64();
        x = static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v));
    }
    return m;
}
result<nf4_weights> encoded(const matrix<float>& w, context& c, nf4_scales scales = nf4_scales::codes) {
    const auto row = [&](std::size_t i, std::span<float> to) { std::ranges::copy(w.row(i), to.begin()); };
    return nf4_weights::of({w.rows(), w.dims(), row}, c, scales);
}
matrix<float> decoded(const nf4_weights& w) {
    matrix<float> m(w.out(), w.in());
    for (std::size_t i = 0; i < w.out(); ++i) w.row(i, m.row(i));
    return m;
}
matrix<float> floats_of(const tensor& t) {
    matrix<float> m(t.rows(), t.columns());
    REQUIRE(t.decode(m.flat()));
    return m;
}
double largest_difference(std::span<const float> a, std::span<const float> b) {
    double worst = a.size() == b.size() ? 0 : HUGE_VAL;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return worst;
}

constexpr const char* matrices[] = {"64x64", "96x160", "5x100", "3x7", "40x512", "zero_block", "outlier", "midpoint"};

struct shape {
    std::size_t n, in, out;
};
constexpr shape shapes[] = {{1, 1, 1},     {0, 5, 3},       {3, 0, 4},      {1, 300, 100}, {2, 70, 97},
                            {3, 65, 48},   {4, 7, 3},       {5, 17, 200},   {33, 400, 95}, {109, 64, 147},
                            {2, 1100, 50}, {250, 384, 100}, {700, 130, 101}};

} // namespace

TEST_CASE("NF4: codes, scales and numbers are those of bitsandbytes, to the bit") {
    NEEDS_SHARED(file, "fixtures/nf4/nf4.safetensors");
    const auto all = load_safetensors(posix_files{}, file.string()).value();
    for (const std::string name : matrices) {
        CAPTURE(name);
        const auto at = [&](const char* part) -> const tensor& {
            const tensor* t = all.find(name + "." + part);
            REQUIRE_MESSAGE(t != nullptr, part);
            return *t;
        };
        const auto w = floats_of(at("weight"));
        context    c;
        const auto plain = encoded(w, c, nf4_scales::floats).value(), twice = encoded(w, c).value();
        CHECK(std::ranges::equal(plain.parts().codes, at("packed").bytes));
        CHECK(same_bits(plain.parts().scales, floats_of(at("absmax")).flat()));
        CHECK(same_bits(decoded(plain).flat(), floats_of(at("dequantised")).flat()));

        const nf4_parts p = twice.parts();
        CHECK(std::ranges::equal(p.codes, at("packed").bytes));
        CHECK(same_bits(p.scale_map, floats_of(at("double.nested_map")).flat()));
        CHECK(std::ranges::equal(p.scale_codes, at("double.absmax_q_nearest").bytes));
        const float offset = floats_of(at("double.offset")).data()[0];
        CHECK(std::abs(p.offset - offset) <= 1e-6f * std::abs(offset));
        const auto sizes = floats_of(at("double.nested_absmax"));
        CHECK(largest_difference(p.scale_sizes, sizes.flat()) <= 1e-6 * static_cast<double>(std::abs(offset)));

        // What it stored, read: the bits of its own numbers.
        const auto map  = floats_of(at("double.nested_map"));
        const auto read = nf4_weights::make(w.rows(), w.dims(),
                                            {.codes       = at("packed").bytes,
                                             .scale_codes = at("double.absmax_q").bytes,
                                             .scale_sizes = sizes.flat(),
                                             .scale_map   = map.flat(),
                                             .offset      = offset})
                              .value();
        CHECK(same_bits(decoded(read).flat(), floats_of(at("double.dequantised")).flat()));

        const auto x = floats_of(at("x")), dy = floats_of(at("dy"));
        for (const auto& [held, prefix] : {std::pair{&plain, ""}, {&read, "double."}}) {
            matrix<float> y(x.rows(), w.rows()), dx(x.rows(), w.dims());
            REQUIRE(product(x.view(), *held, y.view(), {}, c));
            REQUIRE(product_back(dy.view(), *held, dx.view(), {}, c));
            const auto near = [&](const matrix<float>& got, const char* part) {
                const auto want = floats_of(at((std::string(prefix) + part).c_str()));
                double     size = 0;
                for (const float v : want.flat()) size = std::max(size, static_cast<double>(std::abs(v)));
                CHECK(largest_difference(got.flat(), want.flat()) <= 1e-5 * std::max(size, 1.));
            };
            near(y, "y"), near(dx, "dx");
        }
    }
}

TEST_CASE("NF4: of normal numbers the error is the published one, and scales in codes cost a thousandth") {
    const auto w = noise(1024, 1024, 3);
    context    c;
    double     missed[2] = {};
    for (const auto scales : {nf4_scales::floats, nf4_scales::codes}) {
        const auto held = encoded(w, c, scales).value();
        const auto back = decoded(held);
        for (std::size_t i = 0; i < w.flat().size(); ++i)
            missed[static_cast<int>(scales)] += std::abs(static_cast<double>(w.flat()[i] - back.flat()[i]));
        const nf4_parts p    = held.parts();
        const double    bits = 8. * static_cast<double>(p.codes.size() + p.scale_codes.size() +
                                                        4 * (p.scales.size() + p.scale_sizes.size()));
        CHECK(bits / 1024 / 1024 <= (scales == nf4_scales::floats ? 4.5 : 4.1271));
    }
    MESSAGE("mean absolute error " << missed[0] / 1024 / 1024 << ", with scales in codes " << missed[1] / 1024 / 1024);
    CHECK(std::abs(missed[0] / 1024 / 1024 - .072798) <= 7 * .000074);
    CHECK(missed[1] <= 1.002 * missed[0]);
}

TEST_CASE("NF4: products are those of the decoded floats, to the bit, whatever rows and threads are beside") {
    for (const shape& s : shapes) {
        CAPTURE(s.n);
        CAPTURE(s.in);
        CAPTURE(s.out);
        const auto x = noise(s.n, s.in, 1), w = noise(s.out, s.in, 2), bias = noise(1, s.out, 3),
                   old = noise(s.n, s.out, 4), dy = noise(s.n, s.out, 5), old_x = noise(s.n, s.in, 6);
        for (const std::size_t threads : {1u, 2u, 5u}) {
            const graft::threads on(threads);
            context              c(on);
            const auto           held  = encoded(w, c).value();
            const auto           whole = decoded(held);
            const packed_weights same(whole.view());
            CHECK(held.out() == s.out);
            CHECK(held.in() == s.in);
            for (const int from : {0, 1, 2}) {
                matrix<float>       want = old, y = old;
                const product_start start{from == 1 ? bias.flat() : std::span<const float>(), from == 2};
                REQUIRE(product(x.view(), same, want.view(), start, c));
                REQUIRE(product(x.view(), any_weights(encoded(w, c).value()), y.view(), start, c));
                CHECK(same_bits(y.flat(), want.flat()));
                y = old;
                for (std::size_t i = 0; i < s.n; ++i)
                    REQUIRE(product(x.view().middle(i, 1), held, y.view().middle(i, 1), start, c));
                CHECK(same_bits(y.flat(), want.flat()));
            }
            for (const bool add : {false, true}) {
                matrix<float> dx = old_x, want = old_x;
                REQUIRE(product_back(dy.view(), held, dx.view(), {.add = add}, c));
                REQUIRE(product_back(dy.view(), same, want.view(), {.add = add}, c));
                CHECK(same_bits(dx.flat(), want.flat()));
            }
        }
    }
}

TEST_CASE("NF4: each number is the nearest level of its block, and any part of a row is what the row has there") {
    counter_random r(7);
    context        c;
    for (const shape& s : shapes) {
        if (s.in == 0) continue;
        const auto w    = noise(s.out, s.in, 8);
        const auto held = encoded(w, c, nf4_scales::floats).value();
        const auto back = decoded(held);
        for (std::size_t k = 0; k < w.flat().size(); ++k) {
            const std::size_t first = k / 64 * 64, last = std::min(first + 64, w.flat().size());
            float             most = 0;
            for (std::size_t i = first; i < last; ++i) most = std::max(most, std::abs(w.flat()[i]));
            double nearest = HUGE_VAL;
            for (const float level : nf4_levels)
                nearest = std::min(nearest, std::abs(static_cast<double>(level) * static_cast<double>(most) -
                                                     static_cast<double>(w.flat()[k])));
            const double off = std::abs(static_cast<double>(back.flat()[k]) - static_cast<double>(w.flat()[k]));
            if (off > nearest + 1e-6) FAIL_CHECK("number " << k << " is " << off << " away, not " << nearest);
        }
        for (int turn = 0; turn < 20; ++turn) {
            const std::size_t  i = r.below(s.out), first = r.below(s.in), n = r.below(s.in - first + 1);
            std::vector<float> some(n);
            held.part(i, first, some);
            CHECK(same_bits(some, back.row(i).subspan(first, n)));
        }
        // Through its parts and back.
        const auto again = nf4_weights::make(s.out, s.in, held.parts()).value();
        CHECK(same_bits(decoded(again).flat(), back.flat()));
    }
}

TEST_CASE("NF4: blocks of every size that files have") {
    const auto             w = noise(6, 1000, 9);
    counter_random         r(1);
    std::vector<std::byte> codes(3000);
    for (std::byte& b : codes) b = static_cast<std::byte>(r.below(256));
    for (std::size_t block = 16; block <= 8192; block *= 2) {
        CAPTURE(block);
        std::vector<float> scales((6000 + block - 1) / block);
        for (float& s : scales) s = r.unit();
        const auto held = nf4_weights::make(6, 1000, {.codes = codes, .block = block, .scales = scales});
        if (block < 32 || block > 4096) {
            CHECK(held.error().what == fault::unsupported);
            continue;
        }
        const auto got  = decoded(held.value());
        bool       good = true;
        for (std::size_t k = 0; k < 6000; ++k) {
            const auto two = std::to_integer<unsigned>(codes[k / 2]);
            good &= got.data()[k] == nf4_levels[k % 2 == 0 ? two >> 4 : two & 15] * scales[k / block];
        }
        CHECK(good);
    }
    std::vector<float> scales(125);
    CHECK(nf4_weights::make(6, 1000, {.codes = codes, .block = 48, .scales = scales}).error().what ==
          fault::unsupported);
}

TEST_CASE("NF4: parts that do not fit, and what is no number, are refused") {
    context    c;
    const auto w       = noise(5, 100, 1);
    const auto held    = encoded(w, c).value();
    const auto refused = [&](auto change) {
        nf4_parts p = held.parts();
        change(p);
        const auto made = nf4_weights::make(5, 100, p);
        REQUIRE_FALSE(made);
        return made.error();
    };
    CHECK(refused([](nf4_parts& p) { p.codes = p.codes.first(249); }).what == fault::wrong_shape);
    CHECK(refused([](nf4_parts& p) { p.scale_codes = p.scale_codes.first(7); }).what == fault::wrong_shape);
    CHECK(refused([](nf4_parts& p) { p.scale_sizes = {}; }).what == fault::wrong_shape);
    CHECK(refused([](nf4_parts& p) { p.scale_map = p.scale_map.first(255); }).what == fault::wrong_shape);
    CHECK(refused([](nf4_parts& p) { p.scale_block = 0; }).what == fault::unsupported);
    const float nan = std::numeric_limits<float>::quiet_NaN(), huge = std::numeric_limits<float>::max();
    CHECK(refused([&](nf4_parts& p) { p.offset = nan; }).what == fault::not_finite);
    std::vector<float> one(1, std::numeric_limits<float>::infinity()), map(256, 1.f), scales(8, 1.f);
    CHECK(refused([&](nf4_parts& p) { p.scale_sizes = one; }).what == fault::not_finite);
    map[255] = nan;
    CHECK(refused([&](nf4_parts& p) { p.scale_map = map; }).what == fault::not_finite);
    map[255] = 1, one[0] = huge; // each is a number, their sum is none
    CHECK(refused([&](nf4_parts& p) { p.scale_map = map, p.scale_sizes = one, p.offset = huge; }).what ==
          fault::not_finite);
    scales[3]      = nan;
    const auto row = refused([&](nf4_parts& p) { p.scales = scales; });
    CHECK(row.what == fault::not_finite);
    CHECK(row.where == 1);
    CHECK(nf4_weights::make(5, 101, held.parts()).error().what == fault::wrong_shape);

    auto bad       = w;
    bad.row(3)[99] = nan;
    CHECK(encoded(bad, c).error() == error{fault::not_finite, unit::row, 3, "weights"});
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    matrix<float> x(2, 100), y(2, 5);
    CHECK(encoded(w, c).error().what == fault::stopped);
    CHECK(product(x.view(), held, y.view(), {}, c).error().what == fault::stopped);
    CHECK(product_back(y.view(), held, x.view(), {}, c).error().what == fault::stopped);
}

TEST_CASE("NF4: a matrix of noughts, the smallest and the largest numbers") {
    context       c;
    matrix<float> w(3, 50);
    CHECK(same_bits(decoded(encoded(w, c).value()).flat(), w.flat()));
    for (float& x : w.flat()) x = std::numeric_limits<float>::denorm_min();
    const auto small = decoded(encoded(w, c, nf4_scales::floats).value());
    for (const float x : small.flat()) CHECK(std::abs(x) <= 1e-38f);
    for (float& x : w.flat()) x = std::numeric_limits<float>::max();
    CHECK(same_bits(decoded(encoded(w, c, nf4_scales::floats).value()).flat(), w.flat()));
}
