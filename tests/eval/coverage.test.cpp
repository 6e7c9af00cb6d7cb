// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/executor.hpp>
#include <graft/base/random.hpp>
#include <graft/eval/coverage.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

using namespace graft;

namespace {

/// Rows on a circle, at angles in degrees, of any length.
matrix<float> at(const std::vector<double>& degrees, double length = 1) {
    matrix<float> m(degrees.size(), 2);
    for (std::size_t i = 0; i < degrees.size(); ++i) {
        m.row(i)[0] = static_cast<float>(length * std::cos(degrees[i] * 3.14159265358979 / 180));
        m.row(i)[1] = static_cast<float>(length * std::sin(degrees[i] * 3.14159265358979 / 180));
    }
    return m;
}
double cosine(std::span<const float> a, std::span<const float> b) {
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        ab += double{a[i]} * double{b[i]}, aa += double{a[i]} * double{a[i]}, bb += double{b[i]} * double{b[i]};
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}
matrix<float> drawn(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    matrix<float>  m(rows, dims);
    counter_random r(seed);
    for (float& x : m.flat()) x = static_cast<float>(r.unit64() - .5);
    return m;
}

} // namespace

TEST_CASE("questions on a circle: what is near is covered, what is not gathers round its middle") {
    // Examples at 0 and 10 degrees; near is within 25 degrees.
    const auto examples  = at({0, 10}, 3);
    const auto questions = at({5, 30, 90, 100, 110, 125, 200}, .2);
    const auto c         = coverage_of(examples.view(), questions.view(), {.near = .9063}).value(); // cos 25°
    CHECK(c.covered == 2);
    CHECK(c.share() == doctest::Approx(2. / 7));
    CHECK(c.of_questions[1].row == 1);
    CHECK(c.of_questions[1].cosine == doctest::Approx(std::cos(20 * 3.14159265358979 / 180)));
    CHECK(c.redundancy() == doctest::Approx(std::cos(10 * 3.14159265358979 / 180)));
    REQUIRE(c.gaps.size() == 2);
    CHECK(c.gaps[0].centre == 3); // 100: 90, 110 and 125 are near; of 110 too, and the first wins
    CHECK(c.gaps[0].questions == std::vector<std::uint32_t>{2, 3, 4, 5});
    CHECK(c.gaps[1].centre == 6);
    CHECK(c.gaps[1].questions == std::vector<std::uint32_t>{6});
    CHECK(c.least_covered().front() == 6);
    CHECK(c.least_covered().back() == 0);
}

TEST_CASE("nearest rows, covered questions and gaps are those of a plain double loop") {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        auto examples = drawn(37, 5, seed), questions = drawn(53, 5, seed + 9);
        std::ranges::fill(examples.row(7), 0.f); // texts of unknown words
        std::ranges::fill(questions.row(11), 0.f);
        const coverage_params p{.near = .75};
        context               alone, many{threads(3)};
        const auto            c = coverage_of(examples.view(), questions.view(), p, alone).value();
        const auto            d = coverage_of(examples.view(), questions.view(), p, many).value();
        CHECK(c.of_questions == d.of_questions);
        CHECK(c.of_examples == d.of_examples);
        std::size_t             covered = 0;
        std::set<std::uint32_t> used, open;
        for (std::uint32_t q = 0; q < 53; ++q) {
            double best = -2;
            for (std::size_t e = 0; e < 37; ++e) best = std::max(best, cosine(questions.row(q), examples.row(e)));
            CHECK(c.of_questions[q].cosine == doctest::Approx(best).epsilon(1e-5));
            CHECK(cosine(questions.row(q), examples.row(c.of_questions[q].row)) == doctest::Approx(best).epsilon(1e-5));
            if (best >= p.near) ++covered, used.insert(c.of_questions[q].row);
            else open.insert(q);
        }
        for (std::size_t e = 0; e < 37; ++e) {
            double best = -2;
            for (std::size_t f = 0; f < 37; ++f)
                if (f != e) best = std::max(best, cosine(examples.row(e), examples.row(f)));
            CHECK(c.of_examples[e].row != e);
            CHECK(c.of_examples[e].cosine == doctest::Approx(best).epsilon(1e-5));
        }
        CHECK(c.covered == covered);
        CHECK(c.used == used.size());
        // Gaps: each open question once, each near its centre, each centre with as many as any could have had then.
        std::set<std::uint32_t> rest = open;
        std::size_t             last = open.size() + 1;
        for (const coverage_gap& g : c.gaps) {
            CHECK(g.questions.size() <= last);
            last             = g.questions.size();
            std::size_t most = 0;
            for (const std::uint32_t q : rest)
                most = std::max(most, static_cast<std::size_t>(std::ranges::count_if(rest, [&](std::uint32_t r) {
                                    return r == q || cosine(questions.row(q), questions.row(r)) >= p.near;
                                })));
            CHECK(g.questions.size() == most);
            for (const std::uint32_t q : g.questions) {
                CHECK(rest.erase(q) == 1);
                CHECK((q == g.centre || cosine(questions.row(q), questions.row(g.centre)) >= p.near));
            }
        }
        CHECK(rest.empty());
    }
}

TEST_CASE("what covers nothing, all, or cannot be asked") {
    const auto questions = drawn(9, 4, 1);
    const auto none      = coverage_of(matrix<float>(0, 4).view(), questions.view()).value();
    CHECK(none.covered == 0);
    CHECK(none.of_questions[3] == nearest_row{});
    CHECK(none.redundancy() == 0);
    std::size_t gathered = 0;
    for (const coverage_gap& g : none.gaps) gathered += g.questions.size();
    CHECK(gathered == 9);
    const auto all = coverage_of(questions.view(), questions.view(), {.near = .999}).value();
    CHECK(all.share() == 1);
    CHECK(all.used == 9);
    CHECK(all.gaps.empty());
    matrix<float> same(5, 4);
    std::ranges::fill(same.flat(), 2.f);
    CHECK(coverage_of(same.view(), questions.view()).value().redundancy() == doctest::Approx(1));
    CHECK(coverage_of(same.view(), questions.view()).value().of_examples[0].row == 1);

    const auto fails = [&](matrix_view<const float> e, matrix_view<const float> q, double near) {
        return coverage_of(e, q, {.near = near}).error();
    };
    CHECK(fails(same.view(), matrix<float>(0, 4).view(), .5).what == fault::no_input);
    CHECK(fails(same.view(), matrix<float>(2, 3).view(), .5).what == fault::wrong_shape);
    for (const double near : {-1.5, 1.5, std::nan("")})
        CHECK(fails(same.view(), questions.view(), near).what == fault::bad_argument);
    same.row(3)[1] = std::numeric_limits<float>::infinity();
    CHECK(fails(same.view(), questions.view(), .5).what == fault::not_finite);
    CHECK(fails(same.view(), questions.view(), .5).where == 3);
    CHECK(fails(questions.view(), same.view(), .5).what == fault::not_finite);
}
