// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "codes/format_support.hpp"

#include <doctest/doctest.h>

using namespace graft;

namespace {

template <class F>
void check_bounds(const prefix_rows<F>& f) {
    CAPTURE(std::string(f.name));
    for (const std::size_t dims : {1u, 5u, 99u, 100u, 101u, 384u})
        for (const auto how : test::tempers)
            for (const auto asked : test::tempers) {
                CAPTURE(dims);
                CAPTURE(static_cast<int>(how));
                const auto             x = test::row_of(how, dims, 1), q = test::row_of(asked, dims, 2);
                const test::coded_pair pair(f, q, x);
                const double           size_x = test::length_of(x), size_q = test::length_of(q);
                const double           error = static_cast<double>(pair.row.error),
                             query_error     = static_cast<double>(pair.query.error);
                REQUIRE(std::abs(pair.score - test::dot_of(q, x)) <=
                        size_q * error + query_error * (size_x + error) + 1e-12 * size_q * size_x);

                std::vector<float> back(dims, 7.f);
                f.decode(pair.row_words.data(), pair.row, back);
                const double off = test::between(x, back);
                REQUIRE(off <= error);
                REQUIRE(error <= off * (1 + 1e-6) + 2e-38);
                for (std::size_t i = f.dims; i < dims; ++i) REQUIRE(back[i] == 0);

                // the query's error too has the rest in it
                const std::size_t kept = std::min(dims, f.dims);
                REQUIRE(query_error >= test::length_of(vector_view(q).subspan(kept)));
                if (kept == dims) REQUIRE(query_error == test::coded_pair(f.of, q, x).query.error);
            }
}

} // namespace

TEST_CASE("a prefix is off by what its format loses and by the rest, for rows and queries of every temper") {
    check_bounds(prefix_rows<f32_rows>{.dims = 100});
    check_bounds(prefix_rows<bf16_rows>{.dims = 100});
    check_bounds(prefix_rows<f16_rows>{.dims = 99});
    check_bounds(prefix_rows<int8_rows>{.dims = 98});
    check_bounds(prefix_rows<int8_rows>{.dims = 3, .of = {.scale = .01f}});
    check_bounds(prefix_rows<prefix_rows<int8_rows>>{.dims = 200, .of = {.dims = 64}});
}

TEST_CASE("a prefix of a row is coded as that row would be") {
    const auto x     = test::normal(384, 1);
    const auto check = [&](const auto& f) {
        const auto  few = vector_view(x).first(128);
        test::coded a(f.words(384)), b(f.of.words(128)), c(f.query_words(384)), d(f.of.query_words(128));
        const auto  t = f.encode(x, a.data()), u = f.of.encode(few, b.data());
        const auto  v = f.encode_query(x, c.data()), w = f.of.encode_query(few, d.data());
        CHECK(a == b);
        CHECK(c == d);
        CHECK(t.scale == u.scale);
        CHECK(t.error > u.error);
        CHECK(v.unit == w.unit);
        CHECK(v.start == w.start);
        CHECK(v.error > w.error);
    };
    check(prefix_rows<int8_rows>{});
    check(prefix_rows<bf16_rows>{});
    check(prefix_rows<binary_rows>{.dims = 128, .of = {.seed = 4}});
}

TEST_CASE("where the format estimates, the rest counts as a random direction") {
    double ratio = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        const auto             x = test::normal(384, seed), q = test::normal(384, seed + 5000);
        const test::coded_pair pair(prefix_rows<binary_rows>{.dims = 256, .of = {seed}}, q, x);
        const double z = (pair.score - test::dot_of(q, x)) / (test::length_of(q) * static_cast<double>(pair.row.error));
        ratio += z * z / 1000;
    }
    CHECK(std::sqrt(ratio) > .6); // below 1, because each part of the row meets a part of the query
    CHECK(std::sqrt(ratio) < .75);
}

TEST_CASE("prefixes are named by what they hold, and fit where it fits") {
    CHECK(prefix_rows<int8_rows>::name == "prefix of i8");
    CHECK(prefix_rows<prefix_rows<binary_rows>>::name == "prefix of prefix of bits");
    CHECK(prefix_rows<f32_rows>::bounded);
    CHECK_FALSE(prefix_rows<binary_rows>::bounded);
    CHECK(prefix_rows<int8_rows>{.dims = 128}.fits(1'000'000));
    CHECK_FALSE(prefix_rows<int8_rows>{.dims = 70'000}.fits(70'000));
    CHECK(prefix_rows<int8_rows>{.dims = 70'000}.fits(66'000));
    CHECK(prefix_rows<int8_rows>{.dims = 64} == prefix_rows<int8_rows>{.dims = 64});
    CHECK(prefix_rows<int8_rows>{.dims = 64} != prefix_rows<int8_rows>{.dims = 32});
}
