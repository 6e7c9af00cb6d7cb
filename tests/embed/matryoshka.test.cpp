// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/matryoshka.hpp>

#include "support/toys.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace graft;

namespace {

/// Vectors of one number, the largest that there is.
struct endless {
    std::size_t   dims() const { return 3; }
    std::uint64_t fingerprint() const { return 1; }
    result<void>  encode(std::span<const text_view>, matrix_view<float> out, context&) const {
        std::fill_n(out.data, out.rows * out.dims, std::numeric_limits<float>::infinity());
        return done;
    }
    float dense_weight() const { return .2f; }
};

} // namespace

TEST_CASE("the first numbers of a vector, of length 1, under a name of their own") {
    static_assert(embedder<matryoshka<toys::letters>>);
    const toys::letters base(5);
    const text_view     texts[] = {{{}, "abad"}, {{}, "cab"}, {{}, "ded"}, {{}, "zzz"}};
    matrix<float>       rows(4, 5), less(4, 3), one(1, 3);
    context             c;
    REQUIRE(base.encode(texts, rows.view(), c));
    const auto small = matryoshka<toys::letters>::make(base, 3).value();
    CHECK(small.dims() == 3);
    REQUIRE(small.encode(texts, less.view(), c));
    for (std::size_t r = 0; r < 4; ++r) {
        const auto   x = rows.row(r);
        const double length =
            std::hypot(static_cast<double>(x[0]), static_cast<double>(x[1]), static_cast<double>(x[2]));
        for (std::size_t k = 0; k < 3; ++k) {
            const double want =
                length > 0 ? static_cast<double>(x[k]) / length : 0; // d and e are behind the first three
            CHECK(static_cast<double>(less.row(r)[k]) == doctest::Approx(want).epsilon(1e-6));
        }
    }
    REQUIRE(small.encode_query(std::span(texts).subspan(1, 1), one.view(), c));
    CHECK(std::equal(one.flat().begin(), one.flat().end(), less.row(1).begin()));

    toys::store   store("ab\nbc\n");
    toys::vectors nearest;
    REQUIRE(ingest(small | index_into(nearest))(store).has_value());
    CHECK((small | search(nearest))("ab").has_value());
    CHECK((base | search(nearest))("ab").error().what == fault::other_embedder);
    const auto two = matryoshka<toys::letters>::make(base, 2).value();
    CHECK((two | search(nearest))("ab").error().what == fault::other_embedder);
    const auto all = matryoshka<toys::letters>::make(base, 5).value();
    CHECK(all.fingerprint() != base.fingerprint()); // scaled, as the base's are not
}

TEST_CASE("more numbers than there are, other places, and what is not finite are refused") {
    const toys::letters base(5);
    context             c;
    CHECK(matryoshka<toys::letters>::make(base, 0).error().what == fault::wrong_shape);
    CHECK(matryoshka<toys::letters>::make(base, 6).error().what == fault::wrong_shape);
    const auto      small   = matryoshka<toys::letters>::make(base, 2).value();
    const text_view texts[] = {{{}, "abad"}, {{}, "cab"}};
    matrix<float>   wide(2, 5), long_one(3, 2), good(2, 2);
    CHECK(small.encode(texts, wide.view(), c).error().what == fault::wrong_shape);
    CHECK(small.encode_query(texts, long_one.view(), c).error().what == fault::wrong_shape);
    const auto broken = matryoshka<endless>::make({}, 2).value();
    CHECK(broken.dense_weight() == .2f);
    CHECK(broken.encode(texts, good.view(), c).error().what == fault::not_finite);
}
