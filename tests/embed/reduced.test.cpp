// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/reduced.hpp>

#include "support/toys.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace graft;

namespace {

/// Three directions of five, by hand: the difference of the first two numbers, the third, and the sum of the last two.
pca three_of_five() {
    pca made{matrix<float>(1, 5), matrix<float>(3, 5), {3, 2, 1}, 7};
    std::fill(made.mean.flat().begin(), made.mean.flat().end(), .125f);
    const float half          = std::sqrt(.5f);
    made.components.row(0)[0] = half, made.components.row(0)[1] = -half;
    made.components.row(1)[2] = 1;
    made.components.row(2)[3] = half, made.components.row(2)[4] = half;
    return made;
}

} // namespace

TEST_CASE("a reduced embedder gives the base's vectors along the components, of length 1, under a name of its own") {
    static_assert(embedder<reduced<toys::letters>>);
    const toys::letters base(5);
    const text_view     texts[] = {{{}, "abad"}, {{}, "cab"}, {{}, "bead"}, {{}, "dddd"}, {{}, "zzz"}};
    matrix<float>       rows(5, 5), less(5, 3), one(1, 3);
    context             c;
    REQUIRE(base.encode(texts, rows.view(), c));
    const auto small = reduced<toys::letters>::make(base, three_of_five()).value();
    CHECK(small.dims() == 3);
    REQUIRE(small.encode(texts, less.view(), c));
    for (std::size_t r = 0; r < 4; ++r) {
        const auto  x      = rows.row(r);
        const float want[] = {(x[0] - x[1]) * std::sqrt(.5f), x[2] - .125f, (x[3] + x[4] - .25f) * std::sqrt(.5f)};
        const float length = std::sqrt(want[0] * want[0] + want[1] * want[1] + want[2] * want[2]);
        for (std::size_t k = 0; k < 3; ++k) CHECK(less.row(r)[k] == doctest::Approx(want[k] / length).epsilon(1e-5));
    }
    for (const float x : less.row(4)) CHECK(x == 0); // a text of unknown words stays one
    REQUIRE(small.encode_query(std::span(texts).subspan(2, 1), one.view(), c));
    CHECK(std::equal(one.flat().begin(), one.flat().end(), less.row(2).begin()));

    toys::store   store("ab\nbc\n");
    toys::vectors nearest;
    REQUIRE(ingest(small | index_into(nearest))(store).has_value());
    CHECK((small | search(nearest))("ab").has_value());
    CHECK((base | search(nearest))("ab").error().what == fault::other_embedder);
    pca other                  = three_of_five();
    other.mean.flat()[4]       = 0;
    const auto under_that_name = reduced<toys::letters>::make(base, other).value();
    CHECK((under_that_name | search(nearest))("ab").error().what == fault::other_embedder);
}

TEST_CASE("components of other vectors, and places of another shape, are refused") {
    const toys::letters base(5), narrow(4);
    context             c;
    CHECK(reduced<toys::letters>::make(narrow, three_of_five()).error().what == fault::wrong_shape);
    CHECK(reduced<toys::letters>::make(base, pca{}).error().what == fault::wrong_shape);
    pca broken                  = three_of_five();
    broken.components.row(0)[1] = std::numeric_limits<float>::infinity();
    CHECK(reduced<toys::letters>::make(base, broken).error().what == fault::not_finite);
    const auto      small   = reduced<toys::letters>::make(base, three_of_five()).value();
    const text_view texts[] = {{{}, "abad"}, {{}, "cab"}};
    matrix<float>   wide(2, 5), long_one(3, 3);
    CHECK(small.encode(texts, wide.view(), c).error().what == fault::wrong_shape);
    CHECK(small.encode_query(texts, long_one.view(), c).error().what == fault::wrong_shape);
}
