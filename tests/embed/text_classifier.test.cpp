// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/text_classifier.hpp>

#include "support/toys.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// One label a letter.
label_head of_letters(std::size_t dims) {
    label_head h{{}, {matrix<float>(dims, dims), matrix<float>(1, dims)}, toys::letters(dims).fingerprint()};
    for (std::size_t i = 0; i < dims; ++i) {
        h.labels.push_back(std::string(1, static_cast<char>('a' + i)));
        h.layer.W.row(i)[i] = 10;
    }
    return h;
}

} // namespace

TEST_CASE("a text has the label that the head gives its vector, alone or among others") {
    const toys::letters base(4);
    const auto          sort = text_classifier<toys::letters>::make(base, of_letters(4)).value();
    context             c;
    const auto          b = sort.best("bbab", c).value();
    CHECK(b.label == 1);
    CHECK(b.name == "b");
    CHECK(b.name.data() == sort.head().labels[1].data());
    const text_view in[] = {{{}, "ccc"}, {{}, "bbab"}, {{}, ""}};
    matrix<float>   p(3, 4), rows(3, 4), want(3, 4);
    REQUIRE(sort.classify(in, p.view(), c));
    CHECK(p.row(1)[1] == b.probability);
    CHECK(std::max_element(p.row(0).begin(), p.row(0).end()) - p.row(0).begin() == 2);
    for (const float x : p.row(2)) CHECK(x == doctest::Approx(.25)); // nothing is known of it
    REQUIRE(base.encode(in, rows.view(), c));
    REQUIRE(sort.head().probabilities(rows.view(), want.view(), c));
    CHECK(std::ranges::equal(p.flat(), want.flat()));
    CHECK(sort.classify(in, p.view().middle(0, 2), c).error().what == fault::wrong_shape);
}

TEST_CASE("a head of another embedder, or of another shape, is refused") {
    const toys::letters base(4);
    const auto          why = [&](label_head h) {
        return text_classifier<toys::letters>::make(base, std::move(h)).error().what;
    };
    auto h = of_letters(4);
    h.base += 1;
    CHECK(why(h) == fault::other_embedder);
    h      = of_letters(5);
    h.base = base.fingerprint();
    CHECK(why(h) == fault::wrong_shape);
    h = of_letters(4);
    h.labels.pop_back();
    CHECK(why(h) == fault::wrong_shape);
    h         = of_letters(4);
    h.layer.b = {};
    CHECK(why(h) == fault::wrong_shape);
}
