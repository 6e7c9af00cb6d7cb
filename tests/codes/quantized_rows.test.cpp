// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "codes/format_support.hpp"
#include <graft/codes/quantized_rows.hpp>
#include <graft/simd/dot.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace graft;

namespace {

std::vector<const kernels*> tables() {
    std::vector<const kernels*> out;
    for (const char* name : {"scalar", "portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16"})
        if (const kernels* by = kernels_named(name)) out.push_back(by);
    return out;
}

matrix<float> some_rows(std::size_t n, std::size_t dims, std::uint64_t seed) {
    matrix<float> out(n, dims);
    const auto    x = test::normal(n * dims, seed);
    std::copy(x.begin(), x.end(), out.data());
    return out;
}

std::vector<float> decoded(const auto& rows, std::size_t i) {
    std::vector<float> out(rows.dims());
    rows.decode(i, out);
    return out;
}

double squared(double x) { return x * x; }

/// Every score of every table, against the decoded rows in double precision.
template <class F>
void check_scores(const F& f) {
    CAPTURE(std::string(F::name));
    for (const std::size_t dims : {1u, 2u, 3u, 6u, 63u, 64u, 97u, 384u})
        for (const std::size_t n : {1u, 2u, 7u, 300u}) {
            if (n == 300 && dims > 97) continue;
            CAPTURE(dims);
            CAPTURE(n);
            const auto        x = some_rows(n, dims, dims + n);
            quantized_rows<F> rows(dims, f);
            REQUIRE(rows.add(x.view()).has_value());
            REQUIRE(rows.size() == n);
            const auto                      q = test::normal(dims, 99);
            std::vector<std::vector<float>> back;
            for (std::size_t i = 0; i < n; ++i) back.push_back(decoded(rows, i));
            std::vector<float> out(n);
            const std::size_t  one = n / 2;
            for (const kernels* by : tables()) {
                CAPTURE(std::string(by->name));
                const auto close = [&](double is, double should, double a, double b) {
                    REQUIRE(std::abs(is - should) <= (2 * static_cast<double>(dims) + 32) * 0x1p-24 * a * b);
                };
                const double size = test::length_of(q);
                rows.dots(q, out, *by);
                for (std::size_t i = 0; i < n; ++i)
                    close(static_cast<double>(out[i]), test::dot_of(q, back[i]), size, test::length_of(back[i]));
                rows.distances(q, out, *by);
                for (std::size_t i = 0; i < n; ++i) { // of the decoded row, or with the row's own length
                    const double cut = squared(test::length_of(x.row(i))) - squared(test::length_of(back[i]));
                    const double is = static_cast<double>(out[i]), by_codes = squared(test::between(q, back[i]));
                    const double all = size + test::length_of(x.row(i)) + test::length_of(back[i]);
                    if (std::abs(is - by_codes) > 1e-4 * squared(all))
                        close(is, std::max(0., by_codes + cut), all, all);
                }
                rows.dots(one, out, *by);
                for (std::size_t i = 0; i < n; ++i) {
                    close(static_cast<double>(out[i]), test::dot_of(back[one], back[i]), test::length_of(back[one]),
                          test::length_of(back[i]));
                    REQUIRE(rows.dot(one, i, *by) == out[i]);
                    REQUIRE(rows.dot(i, one, *by) == out[i]);
                }
                rows.distances(one, out, *by);
                for (std::size_t i = 0; i < n; ++i) {
                    const double all = test::length_of(x.row(one)) + test::length_of(x.row(i));
                    const double off = static_cast<double>(rows.error(one)) + static_cast<double>(rows.error(i));
                    REQUIRE(std::abs(std::sqrt(static_cast<double>(out[i])) - test::between(x.row(one), x.row(i))) <=
                            2 * std::sqrt(off * all) + off + 1e-3 * all);
                }
            }
        }
}

} // namespace

TEST_CASE("scores are those of the decoded rows, in every table of kernels") {
    check_scores(f32_rows{});
    check_scores(bf16_rows{});
    check_scores(f16_rows{});
    check_scores(int8_rows{});
    check_scores(int8_rows{.scale = .02f});
    check_scores(prefix_rows<f32_rows>{.dims = 40});
    check_scores(prefix_rows<bf16_rows>{.dims = 33});
    check_scores(prefix_rows<int8_rows>{.dims = 50});
}

TEST_CASE("f32 rows are rows: bit-equal to dot, and decoded as they were") {
    const auto               x = some_rows(20, 100, 1);
    const auto               q = test::normal(100, 2);
    quantized_rows<f32_rows> rows(100);
    REQUIRE(rows.add(x.view()).has_value());
    std::vector<float> out(20);
    rows.dots(q, out);
    for (std::size_t i = 0; i < 20; ++i) {
        CHECK(out[i] == dot(q, x.row(i)));
        CHECK(decoded(rows, i) == std::vector<float>(x.row(i).begin(), x.row(i).end()));
        CHECK(rows.error(i) == 0);
    }
}

TEST_CASE("f16 rows with scales are scored with them") {
    matrix<float> x       = some_rows(6, 35, 3);
    const float   sizes[] = {1e-15f, 1, 1e6f, 1e-6f, 1e15f, 0};
    for (std::size_t i = 0; i < 6; ++i)
        for (float& v : x.row(i)) v *= sizes[i];
    quantized_rows<f16_rows> rows(35);
    REQUIRE(rows.add(x.view()).has_value());
    const auto         q = test::normal(35, 4);
    std::vector<float> out(6);
    const auto         near = [](float is, double should, double a, double b) {
        CHECK(std::abs(static_cast<double>(is) - should) <= 2e-3 * a * b);
    };
    for (const kernels* by : tables()) {
        rows.dots(q, out, *by);
        for (std::size_t i = 0; i < 6; ++i)
            near(out[i], test::dot_of(q, x.row(i)), test::length_of(q), test::length_of(x.row(i)));
        for (std::size_t j = 0; j < 6; ++j) {
            rows.dots(j, out, *by);
            for (std::size_t i = 0; i < 6; ++i)
                near(out[i], test::dot_of(x.row(j), x.row(i)), test::length_of(x.row(j)), test::length_of(x.row(i)));
        }
        rows.distances(q, out, *by);
        for (std::size_t i = 0; i < 6; ++i) {
            const double all = test::length_of(q) + test::length_of(x.row(i));
            near(out[i], squared(test::between(q, x.row(i))), all, all);
        }
    }
}

TEST_CASE("bits score by the estimates of their format, alike in every table") {
    for (const std::size_t dims : {1u, 64u, 100u, 384u}) {
        const auto                  x = some_rows(300, dims, 5);
        const auto                  q = test::normal(dims, 6);
        const binary_rows           f{9};
        quantized_rows<binary_rows> rows(dims, f);
        REQUIRE(rows.add(x.view()).has_value());
        std::vector<float> out(300), pairs(300);
        for (const kernels* by : tables()) {
            CAPTURE(std::string(by->name));
            rows.dots(q, out, *by);
            rows.dots(std::size_t{7}, pairs, *by);
            double off = 0;
            for (std::size_t i = 0; i < 300; ++i) {
                const test::coded_pair one(f, q, x.row(i));
                REQUIRE(static_cast<double>(out[i]) == doctest::Approx(one.score).epsilon(1e-6));
                REQUIRE(rows.error(i) == one.row.error);
                const double lengths = test::length_of(x.row(7)) * test::length_of(x.row(i));
                if (i == 7) REQUIRE(static_cast<double>(pairs[i]) == doctest::Approx(lengths).epsilon(1e-4));
                else off += squared((static_cast<double>(pairs[i]) - test::dot_of(x.row(7), x.row(i))) / lengths) / 299;
                REQUIRE(rows.dot(7, i, *by) == pairs[i]);
            }
            const double stated = 1.21 / std::sqrt(static_cast<double>(hadamard_rotation::padded(dims)));
            CHECK(std::sqrt(off) < 1.1 * stated);
            if (dims > 64) CHECK(std::sqrt(off) > .8 * stated);
        }
    }
}

TEST_CASE("scores by codes of close rows are not biased by the angle") {
    const auto                  x   = test::normal(384, 1);
    double                      sum = 0, n = 0;
    quantized_rows<binary_rows> rows(384);
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        auto       y = x;
        const auto z = test::normal(384, seed + 10);
        for (std::size_t i = 0; i < 384; ++i) y[i] += .75f * z[i]; // a cosine of about .8
        quantized_rows<binary_rows> both(384, {seed});
        REQUIRE(both.add({x.data(), 1, 384}).has_value());
        REQUIRE(both.add({y.data(), 1, 384}).has_value());
        sum += static_cast<double>(both.dot(0, 1)) / test::length_of(x) / test::length_of(y) -
               test::dot_of(x, y) / test::length_of(x) / test::length_of(y);
        n += 1;
    }
    CHECK(std::abs(sum / n) < .01);
}

TEST_CASE("rows come in parts as they come at once") {
    const auto                x = some_rows(150, 33, 1);
    quantized_rows<int8_rows> all(33), parts(33);
    REQUIRE(all.add(x.view()).has_value());
    for (std::size_t at = 0, n = 0; at < 150; at += n, ++n)
        REQUIRE(parts.add(x.view().middle(at, n = std::min(n, 150 - at))).has_value());
    REQUIRE(parts.size() == 150);
    std::vector<float> a(150), b(150);
    const auto         q = test::normal(33, 2);
    all.dots(q, a), parts.dots(q, b);
    CHECK(a == b);
    all.distances(q, a), parts.distances(q, b);
    CHECK(a == b);
    CHECK(parts.view().stride == 36); // whole words
    CHECK(parts.view().rows == 150);
    const quantized_rows<int8_rows> copy = parts;
    copy.dots(q, b);
    parts.dots(q, a);
    CHECK(a == b);
}

TEST_CASE("what is wrong is refused with its row, and nothing is taken") {
    const auto check = [](const auto& f) {
        using F = std::decay_t<decltype(f)>;
        CAPTURE(std::string(F::name));
        quantized_rows<F> rows(8, f);
        REQUIRE(rows.add({}).has_value()); // no rows
        REQUIRE(rows.add({nullptr, 0, 8}).has_value());
        CHECK(rows.size() == 0);
        rows.dots(std::vector<float>(8), {});
        rows.distances(std::vector<float>(8), {});

        auto x = some_rows(5, 8, 1);
        REQUIRE(rows.add(x.view().middle(0, 2)).has_value());
        for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                                -std::numeric_limits<float>::infinity()}) {
            auto broken      = x;
            broken.row(3)[7] = bad;
            const auto no    = rows.add(broken.view());
            REQUIRE_FALSE(no.has_value());
            CHECK(no.error() == error{fault::not_finite, unit::row, 3, "rows"});
        }
        auto long_one      = x;
        long_one.row(4)[0] = 2e18f;
        CHECK(rows.add(long_one.view()).error() == error{fault::too_large, unit::row, 4, "rows"});
        const auto narrow = some_rows(2, 7, 1);
        CHECK(rows.add(narrow.view()).error() == error{fault::wrong_shape, unit::none, 7, "dims"});
        CHECK(rows.size() == 2);
        std::vector<float> out(2);
        rows.dots(x.row(0), out); // and what was there is as it was
        CHECK(out[0] > 0);
    };
    check(f32_rows{}), check(bf16_rows{}), check(f16_rows{}), check(int8_rows{}), check(int8_rows{.scale = 1}),
        check(binary_rows{}), check(prefix_rows<int8_rows>{.dims = 4});

    const std::vector<float>  wide(66'001, 1.f);
    quantized_rows<int8_rows> most(66'000), more(66'001);
    CHECK(most.add({wide.data(), 1, 66'000}).has_value());
    CHECK(more.add({wide.data(), 1, 66'001}).error() == error{fault::too_large, unit::none, 66'001, "dims"});
    CHECK(static_cast<double>(most.dot(0, 0)) == doctest::Approx(66'000).epsilon(1e-3));
    quantized_rows<prefix_rows<int8_rows>> few(66'001);
    CHECK(few.add({wide.data(), 1, 66'001}).has_value());
}

TEST_CASE("one and 65,536 dimensions in every format") {
    const auto check = [](const auto& f) {
        using F = std::decay_t<decltype(f)>;
        CAPTURE(std::string(F::name));
        for (const std::size_t dims : {1u, 65'535u, 65'536u}) {
            const auto        x = some_rows(3, dims, 2);
            quantized_rows<F> rows(dims, f);
            REQUIRE(rows.add(x.view()).has_value());
            std::vector<float> out(3);
            for (const kernels* by : tables()) {
                rows.dots(x.row(1), out, *by);
                CHECK(static_cast<double>(out[1]) == doctest::Approx(test::dot_of(x.row(1), x.row(1))).epsilon(.02));
                rows.dots(std::size_t{1}, out, *by);
                CHECK(static_cast<double>(out[1]) == doctest::Approx(test::dot_of(x.row(1), x.row(1))).epsilon(.02));
            }
        }
    };
    check(f32_rows{}), check(bf16_rows{}), check(f16_rows{}), check(int8_rows{}), check(binary_rows{});
}

TEST_CASE("on sentence vectors the best ten by codes are nearly those by f32") {
    NEEDS_SHARED(docs, "fixtures/minilm_vectors/scifact.docs.f16");
    NEEDS_SHARED(asked, "fixtures/minilm_vectors/scifact.queries.f16");
    const auto        x = test::minilm(docs), q = test::minilm(asked);
    const std::size_t queries = 200;
    const auto        overlap = [&](const auto& f, std::size_t k) {
        quantized_rows<std::decay_t<decltype(f)>> rows(384, f);
        REQUIRE(rows.add(x.view()).has_value());
        std::vector<float> truth(x.rows()), scores(x.rows());
        std::size_t        same = 0;
        for (std::size_t i = 0; i < queries; ++i) {
            dots(q.row(i), x.view(), truth);
            rows.dots(q.row(i), scores);
            const auto a = test::best(truth, 10), b = test::best(scores, k);
            for (const auto row : a) same += std::find(b.begin(), b.end(), row) != b.end() ? 1u : 0u;
        }
        return static_cast<double>(same) / static_cast<double>(10 * queries);
    };
    const auto report = [&](const std::string& name, double share, double least) {
        MESSAGE(name << ": " << share);
        CHECK(share >= least);
    };
    report("bf16, top 10 in 10", overlap(bf16_rows{}, 10), .99);
    report("f16, top 10 in 10", overlap(f16_rows{}, 10), 1); // the fixture is f16
    report("i8, top 10 in 10", overlap(int8_rows{}, 10), .97);
    report("i8 with one scale, top 10 in 10", overlap(int8_rows::fit(x.view().middle(0, 500)), 10), .97);
    report("bits, top 10 in 10", overlap(binary_rows{}, 10), .65);
    report("bits, top 10 in 100", overlap(binary_rows{}, 100), .98);
    report("prefix of 192 in i8, top 10 in 100", overlap(prefix_rows<int8_rows>{.dims = 192}, 100), .9);
}
