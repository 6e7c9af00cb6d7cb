// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/pissa.hpp>
#include <graft/base/pool.hpp>

#include <support/gradient.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace graft;

namespace {

double square(std::span<const float> m) {
    double sum = 0;
    for (const float x : m) sum += static_cast<double>(x) * static_cast<double>(x);
    return sum;
}
/// The singular values of W, by the eigenvalues of W Wᵀ in double.
std::vector<double> values_of(const matrix<float>& W) {
    matrix<double> wide(W.rows(), W.dims()), both(W.rows(), W.rows());
    std::copy_n(W.data(), W.flat().size(), wide.data());
    multiply_abt(wide.view(), wide.view(), both.view());
    auto values = symmetric_eigen(both.view()).value().values;
    for (double& v : values) v = std::sqrt(std::max(0., v));
    return values;
}

} // namespace

TEST_CASE("what is taken out is the best of its rank, and with it the base is what it was") {
    context c;
    for (const auto [out, in, rank] : {std::array<std::size_t, 3>{40, 25, 5}, {12, 60, 12}, {9, 9, 1}}) {
        for (const bool stabilised : {false, true}) {
            const auto W    = test::random_matrix<float>(out, in, 3);
            auto       rest = W;
            const auto update =
                principal_lora(rest.view(), {.rank = rank, .alpha = 6, .stabilised = stabilised}, {.oversample = 64}, c)
                    .value();
            CHECK(update.scale ==
                  lora<float>::make(in, out, {.rank = rank, .alpha = 6, .stabilised = stabilised})->scale);
            const auto values = values_of(W);
            double     beyond = 0, whole = square(W.flat());
            for (std::size_t i = rank; i < values.size(); ++i) beyond += values[i] * values[i];
            CHECK(std::abs(square(rest.flat()) - beyond) < 1e-5 * whole);
            auto again = rest;
            REQUIRE(update.merge_into(again.view()));
            for (std::size_t i = 0; i < W.flat().size(); ++i) CHECK(std::abs(again.data()[i] - W.data()[i]) < 5e-7f);
            // Each direction's strength is shared between A and B.
            for (std::size_t i = 0; i < rank; ++i) {
                double b = 0;
                for (std::size_t r = 0; r < out; ++r) b += std::pow(static_cast<double>(update.B.row(r)[i]), 2);
                CHECK(square(update.A.row(i)) == doctest::Approx(values[i] / update.scale).epsilon(1e-4));
                CHECK(b == doctest::Approx(values[i] / update.scale).epsilon(1e-4));
            }
        }
    }
}

TEST_CASE("the same bits on any number of threads; directions that W lacks begin as they do elsewhere") {
    context    c;
    pool       workers(3);
    context    many{workers};
    auto       one = test::random_matrix<float>(70, 90, 1), two = one;
    const auto a = principal_lora(one.view(), {.rank = 6}, {}, c).value(),
               b = principal_lora(two.view(), {.rank = 6}, {}, many).value();
    CHECK(std::ranges::equal(a.A.flat(), b.A.flat()));
    CHECK(std::ranges::equal(a.B.flat(), b.B.flat()));
    CHECK(std::ranges::equal(one.flat(), two.flat()));

    matrix<float> flat(10, 8); // of rank 1
    for (std::size_t r = 0; r < 10; ++r)
        for (std::size_t i = 0; i < 8; ++i) flat.row(r)[i] = static_cast<float>(r + 1) * (i % 2 == 0 ? 1.f : -1.f);
    const auto found = principal_lora(flat.view(), {.rank = 3, .seed = 4}, {}, c).value();
    const auto born  = lora<float>::make(8, 10, {.rank = 3, .seed = 4}).value();
    for (const float x : flat.flat()) CHECK(std::abs(x) < 1e-4f);
    for (const std::size_t i : {1u, 2u}) {
        CHECK(std::ranges::equal(found.A.row(i), born.A.row(i)));
        for (std::size_t r = 0; r < 10; ++r) CHECK(found.B.row(r)[i] == 0);
    }
    matrix<float> none(10, 8);
    CHECK(principal_lora(none.view(), {.rank = 3}, {}, c)->untouched());
}

TEST_CASE("what cannot be taken apart is refused, and is as it was") {
    context    c;
    auto       W      = test::random_matrix<float>(6, 5, 1);
    const auto before = W;
    CHECK(principal_lora(W.view(), {.rank = 6}, {}, c).error().what == fault::rank_too_high);
    CHECK(principal_lora(W.view(), {.rank = 2, .alpha = 0}, {}, c).error().what == fault::bad_argument);
    CHECK(principal_lora(W.view(), {.rank = 2, .alpha = -1}, {}, c).error().what == fault::bad_argument);
    CHECK(principal_lora(W.view(), {.rank = 2}, {.iterations = 0}, c).error().what == fault::bad_argument);
    std::stop_source stop;
    stop.request_stop();
    context stopped;
    stopped.stop = stop.get_token();
    CHECK(principal_lora(W.view(), {.rank = 2}, {}, stopped).error().what == fault::stopped);
    CHECK(std::ranges::equal(W.flat(), before.flat()));
    W.row(3)[1]    = std::numeric_limits<float>::quiet_NaN();
    const auto why = principal_lora(W.view(), {.rank = 2}, {}, c).error();
    CHECK(why.what == fault::not_finite);
    CHECK(why.where == 3);
}

TEST_CASE("beside the untouched base the two together do what the one did beside the rest") {
    const lora_place places[] = {{"a", 12, 9}, {"b", 8, 8}};
    const auto       set      = [&](std::uint64_t seed) {
        auto made =
            lora_set<double>::make(places, {.params = {.rank = 3, .alpha = 5, .seed = seed}, .dropout = .1}).value();
        for (auto& e : made.entries) e.update.B = test::random_matrix<double>(e.update.out(), 3, seed);
        return made;
    };
    const auto now = set(1), start = set(2);
    const auto both = beside_untouched(now, start).value();
    CHECK(both.dropout == .1);
    for (std::size_t e = 0; e < 2; ++e) {
        const auto&    u = both.entries[e].update;
        matrix<double> a(u.out(), u.in()), b(u.out(), u.in()), c(u.out(), u.in());
        CHECK(u.rank() == 6);
        CHECK(both.entries[e].name == now.entries[e].name);
        REQUIRE(u.merge_into(a.view()));
        REQUIRE(now.entries[e].update.merge_into(b.view()));
        REQUIRE(start.entries[e].update.merge_into(c.view()));
        for (std::size_t i = 0; i < a.flat().size(); ++i)
            CHECK(std::abs(a.data()[i] - (b.data()[i] - c.data()[i])) < 1e-13);
    }
    auto other            = start;
    other.entries[1].name = "c";
    CHECK(beside_untouched(now, other).error().subject == "b");
    other = start, other.entries[0].update.scale = 1;
    CHECK(beside_untouched(now, other).error().what == fault::wrong_shape);
    other.entries.pop_back();
    CHECK(beside_untouched(now, other).error().what == fault::wrong_shape);
    const auto high = lora_set<double>::make(places, {.params = {.rank = 5}}).value();
    CHECK(beside_untouched(high, high).error().what == fault::rank_too_high);
}
