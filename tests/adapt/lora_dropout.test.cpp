// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/lora_dropout.hpp>
#include <graft/base/pool.hpp>

#include <support/gradient.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

using namespace graft;

namespace {

bool seen(const dropout_mask& m, std::size_t row, std::size_t column) {
    return (m.bits.row(row)[column / 32] >> column % 32 & 1) != 0;
}

} // namespace

TEST_CASE("as many numbers are left out as the share says, and the rest keeps the mean") {
    context           c;
    const std::size_t rows = 300, in = 515;
    for (const double share : {0., .05, .25, .5, .9}) {
        CAPTURE(share);
        const lora_dropout out{.share = share, .seed = 3, .step = 7};
        const auto         m   = out.mask("model.layers.0.self_attn.q_proj", 0, rows, in, c).value();
        double             all = 0;
        std::vector<int>   by_column(in);
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t i = 0; i < in; ++i) all += !seen(m, r, i), by_column[i] += !seen(m, r, i);
        const double n = static_cast<double>(rows * in), spread = std::sqrt(share * (1 - share) / n);
        CHECK(std::abs(all / n - share) <= 5 * spread + 1e-5);
        for (const int k : by_column)
            CHECK(std::abs(k - 300 * share) <= 6 * std::sqrt(300 * share * (1 - share)) + .01);
        CHECK(m.scale == doctest::Approx(1 / (1 - share)).epsilon(2e-4));
    }
    CHECK(lora_dropout{.share = .25}.mask("q", 0, 1, 1, c)->scale == 1 / .75);
}

TEST_CASE("a bit depends on seed, step, place, row and column alone: not on threads, nor on how rows are cut") {
    context            c;
    pool               workers(3);
    context            many{workers};
    const lora_dropout out{.share = .4, .seed = 3, .step = 7};
    const auto         whole = out.mask("q", 0, 100, 70, c).value(), same = out.mask("q", 0, 100, 70, many).value();
    CHECK(std::ranges::equal(whole.bits.flat(), same.bits.flat()));
    for (const std::size_t first : {1u, 37u, 99u}) {
        const auto part = out.mask("q", first, 100 - first, 70, c).value();
        CHECK(std::ranges::equal(part.bits.flat(), whole.bits.middle(first, 100 - first).flat()));
    }
    const auto wide = out.mask("q", 0, 100, 33, c).value(); // the columns that both have
    for (std::size_t r = 0; r < 100; ++r) CHECK(wide.bits.row(r)[0] == whole.bits.row(r)[0]);
    // Any other is another mask: about .48 of the bits differ.
    const auto differs = [&](const lora_dropout& by, const char* place, std::size_t first) {
        const auto  other = by.mask(place, first, 100, 64, c).value();
        std::size_t n     = 0;
        for (std::size_t r = 0; r < 100; ++r)
            for (std::size_t i = 0; i < 64; ++i) n += seen(whole, r, i) != seen(other, r, i);
        return std::abs(static_cast<double>(n) / 6400 - .48) < .04;
    };
    CHECK(differs({.share = .4, .seed = 4, .step = 7}, "q", 0));
    CHECK(differs({.share = .4, .seed = 3, .step = 8}, "q", 0));
    CHECK(differs({.share = .4, .seed = 3, .step = 7 + (std::uint64_t{1} << 32)}, "q", 0));
    CHECK(differs(out, "k", 0));
    CHECK(differs(out, "q", 1));
    // No two rows are alike.
    std::set<std::vector<std::uint32_t>> rows;
    for (std::size_t r = 0; r < 100; ++r) rows.insert({whole.bits.row(r).begin(), whole.bits.row(r).end()});
    CHECK(rows.size() == 100);
}

TEST_CASE("what is seen is lengthened, what is not is 0, even where it is no number") {
    context            c;
    const lora_dropout out{.share = .5};
    auto               x = test::random_matrix<float>(9, 41, 1);
    const auto         m = out.mask("q", 4, 9, 41, c).value();
    for (std::size_t r = 0; r < 9; ++r)
        for (std::size_t i = 0; i < 41; ++i)
            if (!seen(m, r, i)) x.row(r)[i] = std::numeric_limits<float>::quiet_NaN();
    matrix<float> y(9, 41), sum(9, 41);
    for (float& v : sum.flat()) v = 1;
    m.apply(matrix_view<const float>(x.view()), y.view());
    m.apply(matrix_view<const float>(x.view()), sum.view(), true);
    for (std::size_t r = 0; r < 9; ++r)
        for (std::size_t i = 0; i < 41; ++i) {
            CHECK(y.row(r)[i] == (seen(m, r, i) ? 2 * x.row(r)[i] : 0));
            CHECK(sum.row(r)[i] == 1 + y.row(r)[i]);
        }
    for (const double share : {-.1, 1., 2., std::nan("")}) CHECK_FALSE(lora_dropout{share}.valid());
    CHECK(lora_dropout{.999}.valid());
}
