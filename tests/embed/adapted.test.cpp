// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/adapted.hpp>

#include "support/gradient.hpp"
#include "support/toys.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace graft;

namespace {
query_adapter adapter_for(const toys::letters& base) {
    query_adapter a{lora<float>::make(base.dims(), base.dims(), {.rank = 2}).value(), base.fingerprint(), 0, 0};
    a.update.B = test::random_matrix<float>(base.dims(), 2, 9);
    return a;
}
} // namespace

TEST_CASE("passages keep the base's vectors; questions are turned; an index of the bare embedder accepts both") {
    static_assert(embedder<adapted<toys::letters>>);
    const toys::letters base(5);
    const auto          turned  = adapted<toys::letters>::make(base, adapter_for(base)).value();
    const text_view     texts[] = {{{}, "abad"}, {{}, "zzz"}};
    matrix<float>       bare(2, 5), chunk_store(2, 5), questions(2, 5);
    context             w;
    REQUIRE(base.encode(texts, bare.view(), w).has_value());
    REQUIRE(turned.encode(texts, chunk_store.view(), w).has_value());
    REQUIRE(turned.encode_query(texts, questions.view(), w).has_value());
    CHECK(std::equal(bare.flat().begin(), bare.flat().end(), chunk_store.flat().begin()));
    CHECK(!std::equal(bare.row(0).begin(), bare.row(0).end(), questions.row(0).begin()));
    CHECK(norm(std::span<const float>(questions.row(0))) == doctest::Approx(1));
    for (float x : questions.row(1)) CHECK(x == 0); // a text of unknown words stays one

    toys::store   store("ab\nbc\n");
    toys::vectors nearest;
    REQUIRE(ingest(base | index_into(nearest))(store).has_value());
    CHECK((turned | search(nearest))("ab").has_value());
    auto other_way = adapter_for(base);
    other_way.update.B.data()[1] += 1;
    CHECK(turned.fingerprint() == base.fingerprint());
    CHECK(turned.query_fingerprint() != base.fingerprint());
    CHECK(turned.query_fingerprint() != adapted<toys::letters>::make(base, other_way).value().query_fingerprint());
    const toys::letters other(4);
    const auto          foreign = adapted<toys::letters>::make(other, adapter_for(other)).value();
    CHECK((foreign | search(nearest))("ab").error().what == fault::other_embedder);
}

TEST_CASE("a place of another shape is refused before anything is written") {
    const toys::letters base(5);
    const auto          turned  = adapted<toys::letters>::make(base, adapter_for(base)).value();
    const text_view     texts[] = {{{}, "abad"}, {{}, "cab"}, {{}, "bead"}};
    std::vector<float>  memory(64, 7.f);
    context             w;
    for (const std::size_t rows : {0u, 1u, 2u, 4u})
        for (const std::size_t dims : {0u, 1u, 4u, 5u, 6u}) {
            const matrix_view<float> out{memory.data(), rows, dims};
            const auto               bad = turned.encode_query(texts, out, w);
            REQUIRE(!bad.has_value());
            CHECK(bad.error().what == fault::wrong_shape);
            CHECK(bad.error().where == rows);
        }
    CHECK(turned.encode_query(texts, {memory.data(), 3, 6}, w).error().what == fault::wrong_shape);
    for (const float x : memory) CHECK(x == 7.f);
    CHECK(turned.encode_query(texts, {memory.data(), 3, 5}, w).has_value());
    for (std::size_t i = 15; i < memory.size(); ++i) CHECK(memory[i] == 7.f);
}

TEST_CASE("an untrained adapter changes no direction") {
    const toys::letters base(5);
    const auto          a =
        adapted<toys::letters>::make(base, {lora<float>::make(5, 5, {.rank = 2}).value(), base.fingerprint(), 0, 0})
            .value();
    const text_view texts[] = {{{}, "abad"}};
    matrix<float>   q(1, 5), b(1, 5);
    context         w;
    REQUIRE(a.encode_query(texts, q.view(), w).has_value());
    REQUIRE(base.encode(texts, b.view(), w).has_value());
    REQUIRE(normalise(b.row(0)));
    CHECK(std::equal(b.flat().begin(), b.flat().end(), q.flat().begin()));
}

TEST_CASE("an adapter of another base, of another width, or with NaN is refused") {
    const toys::letters base(5), other(4);
    CHECK(adapted<toys::letters>::make(base, adapter_for(other)).error().what == fault::other_embedder);
    auto wide = adapter_for(other);
    wide.base = base.fingerprint();
    CHECK(adapted<toys::letters>::make(base, wide).error().what == fault::wrong_shape);
    auto scaled         = adapter_for(base);
    scaled.update.scale = std::numeric_limits<float>::quiet_NaN();
    CHECK(adapted<toys::letters>::make(base, scaled).error().what == fault::not_finite);
    auto torn     = adapter_for(base);
    torn.update.B = matrix<float>(5, 1);
    CHECK(adapted<toys::letters>::make(base, torn).error().what == fault::wrong_shape);
    auto vast = adapter_for(base);
    for (float& x : vast.update.A.flat()) x = 1e30f;
    for (float& x : vast.update.B.flat()) x = 1e30f;
    const auto      overflows = adapted<toys::letters>::make(base, vast).value();
    const text_view text[]    = {{{}, "abad"}};
    matrix<float>   row(1, 5);
    context         w;
    CHECK(overflows.encode_query(text, row.view(), w).error().what == fault::not_finite);
    auto broken               = adapter_for(base);
    broken.update.A.row(0)[0] = std::numeric_limits<float>::infinity();
    CHECK(adapted<toys::letters>::make(base, broken).error().what == fault::not_finite);
}
