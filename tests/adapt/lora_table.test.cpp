// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/lora_set.hpp>
#include <graft/adapt/lora_table.hpp>

#include <support/gradient.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace graft;

TEST_CASE("rows of a table get what B A adds to them, and the gradients are right where a row is read twice") {
    constexpr std::size_t            rows = 9, dims = 5, rank = 3;
    const std::vector<std::uint32_t> ids{4, 0, 4, 8, 7, 4};
    context                          c;
    auto                             u = lora<double>::make(rows, dims, {.rank = rank, .alpha = 2}).value();
    u.A                                = test::random_matrix<double>(rank, rows, 1);
    u.B                                = test::random_matrix<double>(dims, rank, 2);
    const auto     x                   = test::random_matrix<double>(ids.size(), dims, 3);
    const auto     dy                  = test::random_matrix<double>(ids.size(), dims, 4);
    matrix<double> y                   = x;
    add_looked_up(u, ids, y.view(), c);
    for (std::size_t i = 0; i < ids.size(); ++i)
        for (std::size_t d = 0; d < dims; ++d) {
            double more = 0;
            for (std::size_t k = 0; k < rank; ++k) more += u.B.row(d)[k] * u.A.row(k)[ids[i]];
            CHECK(y.row(i)[d] == doctest::Approx(x.row(i)[d] + u.scale * more).epsilon(1e-14));
        }
    auto g = u.zero_grads();
    looked_up_gradients<double>(u, ids, dy.view(), g, c);
    const auto value = [&] {
        matrix<double> z = x;
        add_looked_up(u, ids, z.view(), c);
        double sum = 0;
        for (std::size_t i = 0; i < z.flat().size(); ++i) sum += dy.data()[i] * z.data()[i];
        return sum;
    };
    CHECK(test::gradient_error(u.A.flat(), g.A.flat(), value) < 1e-8);
    CHECK(test::gradient_error(u.B.flat(), g.B.flat(), value) < 1e-8);
    for (std::size_t k = 0; k < rank; ++k) CHECK(g.A.row(k)[1] == 0); // a row that nobody read
    auto twice = g;
    looked_up_gradients<double>(u, ids, dy.view(), twice, c);
    for (std::size_t i = 0; i < g.B.flat().size(); ++i) CHECK(twice.B.data()[i] == doctest::Approx(2 * g.B.data()[i]));
}

TEST_CASE("beside a table A begins as zero and B does not, and rows keep their bits") {
    const lora_place places[] = {{"model.embed_tokens", 50, 40, true}, {"a.q_proj", 12, 9}};
    const auto       set      = lora_set<float>::make(places, {.params = {.rank = 4, .seed = 3}}).value();
    const auto&      u        = set.entries[0].update;
    CHECK(set.entries[0].table);
    CHECK_FALSE(set.entries[1].table);
    for (const float a : u.A.flat()) CHECK(a == 0);
    double sum = 0, squares = 0;
    for (const float b : u.B.flat()) sum += static_cast<double>(b), squares += static_cast<double>(b * b);
    CHECK(std::abs(sum / 160) < .3);
    CHECK(std::abs(squares / 160 - 1) < .25);
    CHECK(set.entries[1].update.untouched());
    context                          c;
    auto                             x = test::random_matrix<float>(3, 40, 1);
    const std::vector<std::uint32_t> ids{7, 49, 7};
    x.row(1)[2] = -0.f;
    auto y      = x;
    add_looked_up(u, ids, y.view(), c);
    CHECK(std::memcmp(x.data(), y.data(), x.flat().size_bytes()) == 0);
    CHECK(lora_set<float>::make(places, {.params = {.rank = 4}, .dora = true}).error().what == fault::unsupported);
    CHECK(lora_set<float>::make(std::span(places).last(1), {.params = {.rank = 4}, .dora = true}).has_value());
}
