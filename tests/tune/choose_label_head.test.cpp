// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/tune/choose_label_head.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// Vectors of length one about three directions, and which; `wrong`: every so many have another's label.
struct labelled_rays {
    matrix<float>              x;
    std::vector<std::uint32_t> labels;

    labelled_rays(std::size_t n, float spread, std::size_t wrong = 0) : x(test::random_matrix<float>(n, 6, 3)) {
        for (std::size_t i = 0; i < n; ++i) {
            auto l = static_cast<std::uint32_t>(i * i % 3);
            for (float& v : x.row(i)) v *= spread;
            x.row(i)[l] += 1;
            float square = 0;
            for (const float v : x.row(i)) square += v * v;
            for (float& v : x.row(i)) v /= std::sqrt(square);
            if (wrong > 0 && i % wrong == 0) l = (l + 1) % 3;
            labels.push_back(l);
        }
    }
};
const std::vector<std::string> names{"a", "b", "c"};

} // namespace

TEST_CASE("the loss of each weight is that of heads fitted without a part, told of the part") {
    const labelled_rays of(31, .3f, 7);
    context             c;
    const auto          made =
        choose_label_head(of.x.view(), of.labels, names, 8, {.c = {100, 1}, .folds = 3, .how = {.steps = 40}}, c)
            .value();
    // Parts by hand: the n-th vector of label l is of part (l + n) mod 3.
    std::vector<std::size_t> part, seen(3);
    for (const auto l : of.labels) part.push_back((l + seen[l]++) % 3);
    for (const std::size_t w : {0u, 1u}) {
        double loss = 0;
        for (std::size_t f = 0; f < 3; ++f) {
            std::vector<std::uint32_t> taught;
            std::vector<float>         rows;
            for (std::size_t i = 0; i < 31; ++i)
                if (part[i] != f)
                    taught.push_back(of.labels[i]), rows.insert(rows.end(), of.x.row(i).begin(), of.x.row(i).end());
            const auto head = fit_label_head({rows.data(), taught.size(), 6}, taught, names, 8,
                                             {.c = w == 0 ? 1. : 100., .steps = 40}, c)
                                  .value();
            for (std::size_t i = 0; i < 31; ++i) {
                if (part[i] != f) continue;
                double sum = 0, at = 0;
                for (std::size_t l = 0; l < 3; ++l) {
                    double z = head.layer.b.row(0)[l];
                    for (std::size_t d = 0; d < 6; ++d) z += double{head.layer.W.row(l)[d]} * of.x.row(i)[d];
                    sum += std::exp(z);
                    if (l == of.labels[i]) at = z;
                }
                loss += (std::log(sum) - at) / 31;
            }
        }
        CHECK(made.loss[w] == doctest::Approx(loss).epsilon(1e-5)); // from the smallest weight on, however they came
    }
    CHECK(made.c == (made.loss[0] <= made.loss[1] ? 1 : 100));
    const auto whole = fit_label_head(of.x.view(), of.labels, names, 8, {.c = made.c, .steps = 40}, c).value();
    CHECK(std::ranges::equal(whole.layer.W.flat(), made.head.layer.W.flat()));
    CHECK(made.head.base == 8);
}

TEST_CASE(
    "few clean vectors want a large weight, many wrong labels a small one; the same bits on any number of threads") {
    context             c;
    pool                workers(3);
    context             many{workers};
    const labelled_rays clean(24, .15f), wrong(60, .6f, 2);
    const auto          sharp = choose_label_head(clean.x.view(), clean.labels, names, 0, {}, c).value();
    CHECK(sharp.c >= 10);
    const auto dull = choose_label_head(wrong.x.view(), wrong.labels, names, 0, {}, c).value();
    CHECK(dull.c == 1);
    const auto same = choose_label_head(clean.x.view(), clean.labels, names, 0, {}, many).value();
    CHECK(std::ranges::equal(sharp.head.layer.W.flat(), same.head.layer.W.flat()));
    CHECK(sharp.loss == same.loss);
}

TEST_CASE("too few vectors take the smallest weight; what cannot be chosen is refused") {
    const labelled_rays of(4, .2f);
    context             c;
    CHECK(choose_label_head(of.x.view(), of.labels, names, 0, {.c = {50, 5}}, c).value().c == 5);
    const auto why = [&](const labelled_rays& from, choose_label_head_params by) {
        return choose_label_head(from.x.view(), from.labels, names, 0, std::move(by), c).error();
    };
    CHECK(why(of, {.c = {}}).what == fault::bad_argument);
    CHECK(why(of, {.c = {1, -1}, .folds = 2}).what == fault::bad_argument);
    CHECK(why(of, {.c = {1, std::numeric_limits<double>::quiet_NaN(), 10}}).what == fault::bad_argument);
    CHECK(why(of, {.folds = 1}).what == fault::bad_argument);
    auto bad         = labelled_rays(20, .2f);
    bad.x.row(17)[2] = std::numeric_limits<float>::infinity();
    CHECK(why(bad, {}) == error{fault::not_finite, unit::row, 17, "vector"});
    bad           = labelled_rays(20, .2f);
    bad.labels[3] = 9;
    CHECK(why(bad, {}) == error{fault::unknown_id, unit::row, 3, "label"});
    bad.labels.pop_back();
    CHECK(why(bad, {}).what == fault::wrong_shape);
}
