// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "codes/format_support.hpp"
#include <graft/simd/kernels.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace graft;

namespace {

constexpr std::size_t lengths[] = {1, 2, 3, 4, 5, 31, 64, 127, 384, 1000};

/// Bounds hold, are tight, and the decoded row is what they speak of.
template <class F>
void check_bounds(const F& f) {
    CAPTURE(std::string(F::name));
    for (const std::size_t dims : lengths)
        for (const auto how : test::tempers)
            for (const auto asked : test::tempers)
                for (std::uint64_t seed = 0; seed < 3; ++seed) {
                    CAPTURE(dims);
                    CAPTURE(static_cast<int>(how));
                    CAPTURE(static_cast<int>(asked));
                    const auto x = test::row_of(how, dims, seed), q = test::row_of(asked, dims, seed + 100);
                    const test::coded_pair<F> pair(f, q, x);

                    std::vector<float> back(dims);
                    f.decode(pair.row_words.data(), pair.row, back);
                    const double off = test::between(x, back), error = static_cast<double>(pair.row.error);
                    REQUIRE(off <= error);
                    REQUIRE(error <= off * (1 + 1e-6) + 2e-38);

                    const double size_x = test::length_of(x), size_q = test::length_of(q);
                    const double bound = size_q * error + static_cast<double>(pair.query.error) * (size_x + error);
                    const double wrong = std::abs(pair.score - test::dot_of(q, x));
                    REQUIRE(wrong <= bound + 1e-12 * size_q * size_x);
                }
}

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

} // namespace

TEST_CASE("what a format says of its errors holds for rows and queries of every temper") {
    check_bounds(f32_rows{});
    check_bounds(bf16_rows{});
    check_bounds(f16_rows{});
    check_bounds(int8_rows{});
    check_bounds(int8_rows{.scale = .01f});
    check_bounds(int8_rows{.scale = 1e20f});
}

TEST_CASE("a query's error is the distance to what its words say") {
    for (const auto how : test::tempers)
        for (const std::size_t dims : lengths) {
            const auto q = test::row_of(how, dims, 7);
            // a row of one element reads one element of the query: unit and scale included
            const auto reads = [&](const auto& f) {
                double off = 0, error = 0;
                for (std::size_t i = 0; i < dims; ++i) {
                    std::vector<float> one(dims);
                    one[i] = 127; // exact in every format
                    const test::coded_pair pair(f, q, one);
                    const double           d = pair.score / 127 - static_cast<double>(q[i]);
                    off += d * d;
                    error = static_cast<double>(pair.query.error);
                }
                CAPTURE(dims);
                CAPTURE(static_cast<int>(how));
                CHECK(std::sqrt(off) <= error * (1 + 1e-12));
                CHECK(error <= std::sqrt(off) * (1 + 1e-6) + 2e-38);
            };
            if (dims > 127) continue;
            reads(f32_rows{}), reads(bf16_rows{}), reads(f16_rows{}), reads(int8_rows{});
        }
}

TEST_CASE("words are laid out as kernels read them") {
    std::uint32_t words[8];
    const float   three[] = {1, -2, 3};

    f32_rows{}.encode(three, words);
    CHECK(words[1] == bits_of(-2.f));
    CHECK(f32_rows{}.words(3) == 3);

    bf16_rows{}.encode(three, words);
    CHECK(words[0] == 0xc0003f80u);
    CHECK(words[1] == 0x00004040u); // padded with 0
    CHECK(bf16_rows{}.words(3) == 2);
    CHECK(bf16_rows{}.query_words(3) == 2);

    const row_terms half = f16_rows{}.encode(three, words);
    CHECK(words[0] == 0xc0003c00u);
    CHECK(words[1] == 0x00004200u);
    CHECK(half.scale == 1);
    CHECK(half.error == 0);
    f16_rows{}.encode_query(three, words);
    CHECK(f16_rows{}.query_words(3) == 4);
    CHECK(words[2] == bits_of(3.f));
    CHECK(words[3] == 0); // two floats for each word

    const float     five[] = {127, -127, 1, 0, -3};
    const row_terms eighth = int8_rows{}.encode(five, words);
    CHECK(eighth.scale == 1);
    CHECK(eighth.error == 0);
    CHECK(words[0] == 0x808101ffu);
    CHECK(words[1] == 0x8080807du); // padded with 128, which is 0
    CHECK(int8_rows{}.words(5) == 2);
    const query_terms q = int8_rows{}.encode_query(five, words);
    CHECK(words[0] == 0x0001817fu);
    CHECK(words[1] == 0x000000fdu); // padded with 0
    CHECK(q.start == 256);
    CHECK(q.unit == 1);
    CHECK(q.error == 0);
}

TEST_CASE("f16 rows that fit are stored bit by bit as they are; others by a power of two") {
    counter_random r(5);
    std::uint32_t  word = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto  code = static_cast<f16_code>(r.bits32() % 0x7c00u);
        const float x    = widen(code);
        const auto  t    = f16_rows{}.encode({&x, 1}, &word);
        CHECK(t.error == 0);
        if (x >= 0x1p-8f || x == 0) {
            CHECK(t.scale == 1);
            CHECK(word == static_cast<std::uint32_t>(code));
        } else CHECK((bits_of(t.scale) & 0x007fffffu) == 0); // a power of two
    }
    for (const float x : {65505.f, 1e6f, 3e38f, 1e-3f, 1e-20f, std::numeric_limits<float>::max(),
                          std::numeric_limits<float>::min(), std::numeric_limits<float>::denorm_min()}) {
        const auto t = f16_rows{}.encode({&x, 1}, &word);
        CHECK((bits_of(t.scale) & 0x007fffffu) == 0); // a power of two
        CHECK(bits_of(t.scale) >= 0x00800000u);       // and normal
        const double size = static_cast<double>(x) / static_cast<double>(t.scale);
        if (x >= std::numeric_limits<float>::min()) CHECK((size >= 1 && size < 2));
        CHECK(static_cast<double>(t.error) <= static_cast<double>(x) * 0x1p-11 * (1 + 1e-6) + 2e-38);
    }
}

TEST_CASE("i8 scales are normal floats whose products with codes are exact") {
    std::uint32_t words[16];
    for (const auto how : test::tempers)
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            const auto x = test::row_of(how, 33, seed);
            const auto t = int8_rows{}.encode(x, words);
            CHECK((bits_of(t.scale) & 0xffu) == 0);
            CHECK(bits_of(t.scale) >= 0x00800000u);
            const float most = detail::largest(x);
            CHECK(127 * static_cast<double>(t.scale) * (1 + 1e-7) >= static_cast<double>(most));
            if (most > 1e-30f) CHECK(127 * static_cast<double>(t.scale) <= static_cast<double>(most) * (1 + 0x1p-14));
        }
    const std::vector<float> zero(9);
    const auto               t = int8_rows{}.encode(zero, words);
    CHECK(t.scale == 1);
    CHECK(t.error == 0);
    CHECK(words[0] == 0x80808080u);
}

TEST_CASE("one scale for all rows cuts off what lies beyond, and says so") {
    const int8_rows by{.scale = .5f};
    const float     x[]  = {1, -2.25f, 100, -1000};
    std::uint32_t   word = 0;
    const auto      t    = by.encode(x, &word);
    CHECK(t.scale == .5f);
    CHECK(word == 0x01ff7c82u); // 2, -4 (-4.5 to even), 127, -127
    const double cut = std::sqrt(.25 * .25 + 36.5 * 36.5 + 936.5 * 936.5);
    CHECK(static_cast<double>(t.error) >= cut);
    CHECK(static_cast<double>(t.error) <= cut * (1 + 1e-6));
}

TEST_CASE("fit gives a scale that cuts off one element of 2,000") {
    matrix<float> sample(100, 100);
    for (std::size_t i = 0; i < 10'000; ++i) sample.flat()[i] = static_cast<float>(i) * (i % 2 == 0 ? 1.f : -1.f);
    const int8_rows fitted = int8_rows::fit(sample.view());
    CHECK(static_cast<double>(fitted.scale) == doctest::Approx(9994. / 127).epsilon(1e-4));

    sample.flat()[17] = std::numeric_limits<float>::quiet_NaN();
    sample.flat()[18] = std::numeric_limits<float>::infinity();
    CHECK(static_cast<double>(int8_rows::fit(sample.view()).scale) == doctest::Approx(9995. / 127).epsilon(1e-3));

    CHECK(int8_rows::fit({}).scale == 0);
    CHECK(int8_rows::fit(matrix<float>(3, 3).view()).scale == 0);
    const float one = 5;
    CHECK(static_cast<double>(int8_rows::fit({&one, 1, 1}).scale) == doctest::Approx(5. / 127).epsilon(1e-4));
    const float nothing[] = {std::numeric_limits<float>::quiet_NaN()};
    CHECK(int8_rows::fit({nothing, 1, 1}).scale == 0);
}

TEST_CASE("65,536 dimensions at the ends of every range") {
    constexpr std::size_t dims = 65'536;
    const auto            ends = [](const auto& f, float x, float q) {
        const std::vector<float> row(dims, x), query(dims, q);
        const test::coded_pair   pair(f, query, row);
        CHECK(pair.score ==
                         doctest::Approx(double(dims) * static_cast<double>(x) * static_cast<double>(q)).epsilon(1e-2));
        std::vector<float> back(dims);
        f.decode(pair.row_words.data(), pair.row, back);
        CHECK(static_cast<double>(back[dims - 1]) == doctest::Approx(static_cast<double>(x)).epsilon(1e-2));
    };
    for (const float x : {1.f, -1.f})
        for (const float q : {1.f, -1.f}) {
            ends(f32_rows{}, x, q), ends(bf16_rows{}, x, q), ends(f16_rows{}, x, q), ends(int8_rows{}, x, q),
                ends(int8_rows{.scale = 1.f / 127}, x, q);
            const std::vector<float> row(dims, x), query(dims, q);
            const test::coded_pair   pair(int8_rows{}, query, row);
            // all the way of the 32-bit sum, start first
            std::int64_t sum = pair.query.start;
            for (std::size_t t = 0; t < pair.row_words.size(); ++t)
                sum += 4 * std::int64_t{q > 0 ? 127 : -127} * (x > 0 ? 255 : 1);
            CHECK(sum == std::int64_t{dims} * 127 * 127 * (x * q > 0 ? 1 : -1));
        }
    CHECK(int8_rows::fits(65'536));
    CHECK(int8_rows::fits(66'000));
    CHECK_FALSE(int8_rows::fits(66'001));
}

TEST_CASE("the tile sums what the formats say, in every table of kernels") {
    const std::size_t dims = 37;
    const auto        x = test::row_of(test::temper::tame, dims, 1), q = test::row_of(test::temper::tame, dims, 2);
    std::size_t       tried = 0;
    const auto        check = [&](const auto& f, const kernels& by) {
        using F = std::decay_t<decltype(f)>;
        if (f.above(by) == nullptr || by.pack == nullptr) return;
        CAPTURE(std::string(by.name));
        CAPTURE(std::string(F::name));
        const test::coded_pair<F> pair(f, q, x);
        const std::size_t         words = pair.row_words.size();
        matrix<std::uint32_t>     panel(words, panel_rows);
        by.pack(pair.row_words.data(), words, 1, words, panel.data());
        const std::vector<float> scale(panel_rows, pair.row.scale), none(panel_rows, 0.f);
        const float              gain = 0, floor = -1e30f;
        const tile_query         query{.words  = pair.query_words.data(),
                                              .stride = pair.query_words.size(),
                                              .start  = &pair.query.start,
                                              .shift  = &gain,
                                              .gain   = &gain,
                                              .floor  = &floor};
        const tile_rows rows{.words = panel.data(), .scale = scale.data(), .offset = nullptr, .error = none.data()};
        std::vector<tile_found> found(tile_queries * panel_rows);
        REQUIRE(f.above(by)(query, 1, rows, words, found.data()) == panel_rows);
        const double score = static_cast<double>(found[0].upper) * static_cast<double>(pair.query.unit);
        CHECK(score == doctest::Approx(pair.score).epsilon(1e-5));
        ++tried;
    };
    for (const char* name : {"scalar", "portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16"})
        if (const kernels* by = kernels_named(name)) {
            check(f32_rows{}, *by), check(bf16_rows{}, *by), check(f16_rows{}, *by), check(int8_rows{}, *by),
                check(int8_rows{.scale = .01f}, *by);
            check(binary_rows{}, *by), check(prefix_rows<int8_rows>{.dims = 20}, *by),
                check(prefix_rows<bf16_rows>{.dims = 100}, *by);
        }
    CHECK(tried >= 8);
}

TEST_CASE("the longest and the shortest rows") {
    const auto check = [](const auto& f) {
        for (const float x :
             {0x1.fffffep126f, std::numeric_limits<float>::min(), std::numeric_limits<float>::denorm_min()})
            for (const float row : {x, -x}) {
                const test::coded_pair pair(f, vector_view(&row, 1), vector_view(&row, 1));
                const double           size = static_cast<double>(x), error = static_cast<double>(pair.row.error);
                CAPTURE(std::string(f.name));
                CAPTURE(row);
                CHECK(pair.row.scale > 0);
                CHECK(pair.query.unit > 0);
                CHECK(error <= size * 0x1p-8 + 2e-38);
                float back = 0;
                f.decode(pair.row_words.data(), pair.row, {&back, 1});
                CHECK(std::abs(static_cast<double>(back) - static_cast<double>(row)) <= error);
                CHECK(std::abs(pair.score - size * size) <=
                      (size * error + static_cast<double>(pair.query.error) * (size + error)) * (1 + 1e-12));
            }
    };
    check(f32_rows{}), check(bf16_rows{}), check(f16_rows{}), check(int8_rows{});
}

TEST_CASE("an error is rounded up, and never a number that is none") {
    for (const double x : {1., 1e-10, .1, 1e30, 0x1p-126}) {
        CHECK(static_cast<double>(detail::no_less(x)) > x);
        CHECK(static_cast<double>(detail::no_less(x)) < x * (1 + 0x1p-21));
    }
    CHECK(detail::no_less(0) == 0);
    CHECK(static_cast<double>(detail::no_less(1e-300)) >= 1e-300);
    CHECK(detail::no_less(1e300) == std::numeric_limits<float>::max());
}
