// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/tune/fit_label_head.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace graft;

namespace {

/// Vectors about three centres, and which.
struct clouds {
    matrix<float>              x;
    std::vector<std::uint32_t> labels;

    explicit clouds(std::size_t n, float spread = .6f) : x(test::random_matrix<float>(n, 4, 9)) {
        for (std::size_t i = 0; i < n; ++i) {
            const auto l = static_cast<std::uint32_t>(i % 3);
            for (float& v : x.row(i)) v *= spread;
            x.row(i)[l] += 1;
            labels.push_back(l);
        }
    }
};
/// The mean loss and what the weights cost, in double.
double objective(const clouds& of, const std::vector<double>& w, const std::vector<double>& b, double c) {
    double     loss = 0, square = 0;
    const auto n = static_cast<double>(of.labels.size());
    for (std::size_t i = 0; i < of.labels.size(); ++i) {
        double sum = 0, at = 0;
        for (std::size_t l = 0; l < 3; ++l) {
            double z = b[l];
            for (std::size_t d = 0; d < 4; ++d) z += w[l * 4 + d] * static_cast<double>(of.x.row(i)[d]);
            sum += std::exp(z);
            if (l == of.labels[i]) at = z;
        }
        loss += std::log(sum) - at;
    }
    for (double v : w) square += v * v;
    return loss / n + square / (2 * c * n);
}
std::vector<double> doubles(std::span<const float> x) { return {x.begin(), x.end()}; }

const std::vector<std::string> names{"a", "b", "c"};

} // namespace

TEST_CASE("what it finds is the least of the objective, as every small step away from it says") {
    const clouds of(90);
    for (const double weight : {.1, 1., 30.}) {
        CAPTURE(weight);
        context           c;
        const std::size_t steps = weight > 1 ? 3000 : 300; // what is held back less is further away
        const auto head = fit_label_head(of.x.view(), of.labels, names, 5, {.c = weight, .steps = steps}, c).value();
        CHECK(head.labels == names);
        CHECK(head.base == 5);
        auto         w = doubles(head.layer.W.flat()), b = doubles(head.layer.b.flat());
        const double least = objective(of, w, b, weight);
        CHECK(least < std::log(3.)); // that of zeros
        for (double& v : w)
            for (const double off : {.02, -.02}) {
                v += off;
                CHECK(objective(of, w, b, weight) > least - 1e-7);
                v -= off;
            }
        b[1] += .02;
        CHECK(objective(of, w, b, weight) > least - 1e-7);
    }
}

TEST_CASE("clouds that lie apart are told apart; the same bits on any number of threads") {
    const clouds of(60, .2f);
    context      c;
    pool         workers(3);
    context      many{workers};
    const auto   one  = fit_label_head(of.x.view(), of.labels, names, 0, {.c = 100}, c).value();
    const auto   same = fit_label_head(of.x.view(), of.labels, names, 0, {.c = 100}, many).value();
    CHECK(std::ranges::equal(one.layer.W.flat(), same.layer.W.flat()));
    CHECK(std::ranges::equal(one.layer.b.flat(), same.layer.b.flat()));
    matrix<float> p(60, 3);
    REQUIRE(one.probabilities(of.x.view(), p.view(), c));
    for (std::size_t i = 0; i < 60; ++i)
        CHECK(std::max_element(p.row(i).begin(), p.row(i).end()) - p.row(i).begin() == of.labels[i]);
}

TEST_CASE("what cannot be fitted is refused, and a stop is heard") {
    const clouds of(9);
    const auto   why = [&](const clouds& from, const std::vector<std::string>& called,
                         const fit_label_head_params& how = {}) {
        context c;
        return fit_label_head(from.x.view(), from.labels, called, 0, how, c).error();
    };
    CHECK(why(of, {"a"}).what == fault::no_input);
    CHECK(why(clouds(0), names).what == fault::no_input);
    CHECK(why(of, {"a", "b"}) == error{fault::unknown_id, unit::row, 2, "label"});
    CHECK(why(of, {"a", "b", "a"}).what == fault::duplicate_id);
    auto bad = of;
    bad.labels.pop_back();
    CHECK(why(bad, names).what == fault::wrong_shape);
    bad             = of;
    bad.x.row(7)[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK(why(bad, names) == error{fault::not_finite, unit::row, 7, "vector"});
    for (const fit_label_head_params& how : {fit_label_head_params{.c = 0}, {.rate = -1}, {.steps = 0}})
        CHECK(why(of, names, how).what == fault::bad_argument);
    std::stop_source stop;
    context          c;
    c.stop = stop.get_token();
    stop.request_stop();
    CHECK(fit_label_head(of.x.view(), of.labels, names, 0, {}, c).error().what == fault::stopped);
}
