// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "codes/format_support.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace graft;

namespace {

/// A query at a given cosine to x, both about normal.
std::vector<float> at_cosine(vector_view x, double cosine, std::uint64_t seed) {
    auto         q     = test::normal(x.size(), seed);
    const double along = test::dot_of(q, x) / test::dot_of(x, x);
    for (std::size_t i = 0; i < q.size(); ++i) q[i] -= static_cast<float>(along) * x[i];
    const double a = cosine / test::length_of(x), b = std::sqrt(1 - cosine * cosine) / test::length_of(q);
    for (std::size_t i = 0; i < q.size(); ++i)
        q[i] = static_cast<float>(a * static_cast<double>(x[i]) + b * static_cast<double>(q[i]));
    return q;
}

/// How estimates of many pairs lie around the true scores, in units of |q| |x|; each pair has its own rotation.
struct spread {
    double bias = 0, bias_error = 0; ///< mean, and the standard error of that mean
    double ratio  = 0;               ///< root mean square of error / stated standard error
    double beyond = 0;               ///< the share beyond two standard errors
};
template <class Make>
spread spread_of(std::size_t dims, std::size_t pairs, const Make& make) {
    double sum = 0, squares = 0, ratios = 0, beyond = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
        const auto [q, x] = make(dims, 1000 + i);
        const test::coded_pair pair(binary_rows{i}, q, x);
        const double           lengths = test::length_of(q) * test::length_of(x);
        const double           off     = pair.score - test::dot_of(q, x);
        const double           stated  = test::length_of(q) * static_cast<double>(pair.row.error);
        sum += off / lengths, squares += off * off / lengths / lengths;
        ratios += off * off / stated / stated;
        beyond += std::abs(off) > 2 * stated ? 1 : 0;
    }
    const auto n = static_cast<double>(pairs);
    return {sum / n, std::sqrt(squares / n / n), std::sqrt(ratios / n), beyond / n};
}

using two = std::pair<std::vector<float>, std::vector<float>>;

} // namespace

TEST_CASE("estimates are unbiased, and their standard errors are what they are") {
    const auto strangers = [](std::size_t dims, std::uint64_t seed) {
        return two{test::normal(dims, seed), test::normal(dims, seed + 1'000'000)};
    };
    const auto sparse = [](std::size_t dims, std::uint64_t seed) {
        return two{test::normal(dims, seed), test::row_of(test::temper::one, dims, seed)};
    };
    for (const std::size_t dims : {64u, 100u, 384u, 960u}) {
        CAPTURE(dims);
        for (const auto& s : {spread_of(dims, 1500, strangers), spread_of(dims, 1500, sparse)}) {
            CHECK(std::abs(s.bias) < 3 * s.bias_error);
            CHECK(s.ratio > .9);
            CHECK(s.ratio < 1.1);
            CHECK(s.beyond < .08); // 4.6 % of a normal distribution
            CHECK(s.beyond > .02);
        }
    }
}

TEST_CASE("near neighbours are shifted by less than a hundredth, far ones by nothing") {
    for (const double cosine : {-.9, -.5, .2, .5, .9}) {
        CAPTURE(cosine);
        const auto s = spread_of(768, 1500, [&](std::size_t dims, std::uint64_t seed) {
            const auto x = test::normal(dims, seed);
            return two{at_cosine(x, cosine, seed + 1'000'000), x};
        });
        CHECK(std::abs(s.bias) < .002 + .006 * cosine * cosine + 3 * s.bias_error);
        CHECK(s.ratio < 1.05); // and their estimates lie closer than those of strangers
    }
}

TEST_CASE("the error of a row is the formula of RaBitQ") {
    const auto    x = test::normal(384, 5);
    std::uint32_t words[12];
    const auto    t = binary_rows{7}.encode(x, words);
    auto          o = x;
    hadamard_rotation{7}.rotate(o);
    double l1 = 0;
    for (const float v : o) l1 += std::abs(static_cast<double>(v));
    const double length = test::length_of(x), c = l1 / length / std::sqrt(384.);
    CHECK(static_cast<double>(t.scale) == doctest::Approx(length / (c * std::sqrt(384.))).epsilon(1e-5));
    CHECK(static_cast<double>(t.error) ==
          doctest::Approx(length * std::sqrt((1 - c * c) / (c * c) / 383)).epsilon(1e-4));
    CHECK(c == doctest::Approx(.8).epsilon(.05));
    for (std::size_t i = 0; i < 384; ++i) CHECK((words[i / 32] >> i % 32 & 1u) == (o[i] >= 0 ? 1u : 0u));
}

TEST_CASE("a decoded row has the scores of its code, for queries that are not rounded") {
    for (const std::size_t dims : {1u, 63u, 64u, 100u, 384u}) {
        const auto         x = test::normal(dims, 1), q = test::normal(dims, 2);
        test::coded        words(binary_rows{3}.words(dims));
        const auto         t = binary_rows{3}.encode(x, words.data());
        std::vector<float> back(dims);
        binary_rows{3}.decode(words.data(), t, back);
        std::vector<float> turned(hadamard_rotation::padded(dims));
        std::copy(q.begin(), q.end(), turned.begin());
        hadamard_rotation{3}.rotate(turned);
        double sum = 0;
        for (std::size_t i = 0; i < turned.size(); ++i)
            sum +=
                (words[i / 32] >> i % 32 & 1u) != 0 ? static_cast<double>(turned[i]) : -static_cast<double>(turned[i]);
        CHECK(std::abs(test::dot_of(q, back) - sum * static_cast<double>(t.scale)) <=
              1e-5 * test::length_of(q) * test::length_of(back));
        CHECK(test::dot_of(x, back) == doctest::Approx(test::dot_of(x, x)).epsilon(1e-5)); // a row scores itself
    }
}

TEST_CASE("a query's error is the distance to its sixteen levels, and q · q is kept") {
    for (const std::size_t dims : {1u, 64u, 384u, 1000u})
        for (const auto how : {test::temper::tame, test::temper::one, test::temper::wild, test::temper::tiny,
                               test::temper::huge, test::temper::constant}) {
            CAPTURE(dims);
            CAPTURE(static_cast<int>(how));
            const auto         q = test::row_of(how, dims, 3);
            const std::size_t  n = hadamard_rotation::padded(dims);
            test::coded        words(binary_rows{5}.query_words(dims));
            const auto         t      = binary_rows{5}.encode_query(q, words.data());
            const double       length = test::length_of(q);
            std::vector<float> turned(n);
            for (std::size_t i = 0; i < dims; ++i)
                turned[i] = length == 0 ? 0.f : static_cast<float>(static_cast<double>(q[i]) / length);
            hadamard_rotation{5}.rotate(turned);
            double off = 0, kept = 0;
            for (std::size_t i = 0; i < n; ++i) {
                int u = 0;
                for (std::size_t p = 0; p < 4; ++p)
                    u += ((words[p * n / 32 + i / 32] >> i % 32 & 1u) != 0 ? 1 : -1) * (1 << p);
                const double v       = static_cast<double>(turned[i]);
                const double rounded = static_cast<double>(t.unit) / 2 / length * u;
                off += (v - rounded) * (v - rounded), kept += v * rounded;
            }
            CHECK(t.start == -15 * static_cast<int>(n) / 2);
            if (how == test::temper::tiny) continue; // a unit ends at 2^-126
            CHECK(kept == doctest::Approx(1).epsilon(1e-5));
            CHECK(static_cast<double>(t.error) >= length * std::sqrt(off));
            CHECK(static_cast<double>(t.error) <= length * (std::sqrt(off) * 1.0001 + 1e-4));
            CHECK(std::sqrt(off) < .2);
        }
}

TEST_CASE("zero rows and queries score as nothing beside any other") {
    const std::vector<float> zero(100), x = test::normal(100, 1);
    const test::coded_pair   none(binary_rows{}, zero, x), nowhere(binary_rows{}, x, zero),
        neither(binary_rows{}, zero, zero);
    CHECK(std::abs(none.score) < 1e-12);
    CHECK(std::abs(nowhere.score) < 1e-30);
    CHECK(std::abs(neither.score) < 1e-30);
    CHECK(none.query.unit > 0);
    CHECK(nowhere.row.scale > 0);
    CHECK(nowhere.row.error == 0);
}

TEST_CASE("rows of every temper have finite terms") {
    for (const auto how : test::tempers)
        for (const std::size_t dims : {1u, 5u, 64u, 100u}) {
            const auto             x = test::row_of(how, dims, 8);
            const test::coded_pair pair(binary_rows{}, x, x);
            for (const float v : {pair.row.scale, pair.row.error, pair.query.unit, pair.query.error})
                CHECK(std::abs(v) <= std::numeric_limits<float>::max());
            const double self = test::dot_of(x, x);
            if (how != test::temper::tiny && how != test::temper::subnormal)
                CHECK(std::abs(pair.score - self) <= .08 * self + 1e-30);
        }
}

TEST_CASE("65,536 dimensions") {
    const auto             x = test::normal(65'536, 1), q = test::normal(65'536, 2);
    const test::coded_pair pair(binary_rows{1}, q, x), self(binary_rows{1}, x, x);
    const double           lengths = test::length_of(q) * test::length_of(x);
    CHECK(std::abs(pair.score - test::dot_of(q, x)) < 4 * test::length_of(q) * static_cast<double>(pair.row.error));
    CHECK(self.score == doctest::Approx(test::dot_of(x, x)).epsilon(.02));
    CHECK(static_cast<double>(pair.row.error) * test::length_of(q) < .0031 * lengths); // .76 / 256
    CHECK(binary_rows::fits(65'536));
}

TEST_CASE("the bits are those of every machine, compiler and flag") {
    const auto hash = [](std::size_t dims) {
        counter_random     r(6);
        std::vector<float> x(dims);
        for (float& v : x) v = 2 * r.unit() - 1;
        const test::coded_pair pair(binary_rows{42}, x, x);
        auto                   all = pair.row_words;
        all.insert(all.end(), pair.query_words.begin(), pair.query_words.end());
        for (const float v : {pair.row.scale, pair.row.error, pair.query.unit, pair.query.error})
            all.push_back(std::bit_cast<std::uint32_t>(v));
        return test::hash_of(all);
    };
    CHECK(hash(100) == 0x9fe5fa8507ae8571u);
    CHECK(hash(384) == 0x7193269b0ecd9ac4u);
    CHECK(hash(1024) == 0x0167a272d25265b7u);
}
