// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/retrieve/support.hpp>

#include "support/asking.hpp"
#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace graft;

TEST_CASE("vectors say nothing of support where nobody knows what unrelated is, or what the nearest one is") {
    const support_model words, both{.unrelated = .1};
    support_evidence    e{.share = .2, .unit = .1, .content = 1, .chunks = 20};
    const double        alone = words(e);
    CHECK(both(e) == alone); // nearest: not known
    e.nearest = .9;
    CHECK(words(e) == alone);
    CHECK(both(e) > .99);
    for (const double none : {-2., 1.5, std::numeric_limits<double>::quiet_NaN(), 30.}) {
        e.nearest = none;
        CHECK(both(e) == alone);
    }
    CHECK(support_model{.unrelated = std::numeric_limits<double>::quiet_NaN()}.of_vectors({.nearest = .9}) == 0);
}

TEST_CASE("the nearer the more, the more chunks the less, and words never count less for it") {
    const support_model m{.unrelated = .73};
    for (double chunks : {0., 1., 5., 100., 100'000.}) {
        double before = 0;
        for (double cosine = -1; cosine <= 1; cosine += .01) {
            const double p = m.of_vectors({.chunks = chunks, .nearest = cosine});
            CHECK(p >= before);
            CHECK(p <= 1);
            CHECK(p >= m.of_vectors({.chunks = chunks * 3 + 5, .nearest = cosine}));
            before = p;
            const support_evidence e{.share = .9, .unit = .9, .content = 2, .chunks = chunks, .nearest = cosine};
            CHECK(m(e) >= support_model{}(e));
        }
        CHECK(before > .99);
    }
    CHECK(m.of_vectors({.chunks = 5, .nearest = .73 + .27 * .225}) == doctest::Approx(.5));
}
