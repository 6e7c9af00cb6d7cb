// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// In a warm context neither encoders nor what stands round them allocate.

#include <graft/embed/cached.hpp>
#include <graft/embed/cross_encoder_folder.hpp>
#include <graft/embed/matryoshka.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/embed/static_table_folder.hpp>
#include <graft/index/flat.hpp>
#include <graft/retrieve/rerank_by_model.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/store/posix.hpp>

#include "support/counted_new.hpp"
#include "support/shared.hpp"
#include "support/toys.hpp"

#include <doctest/doctest.h>

using namespace graft;

namespace {

/// How many allocations the third run of f takes, with the context as it is after two.
template <class F>
std::size_t warm(context& c, F&& f) {
    for (int i = 0; i < 2; ++i) c.reset(), f();
    c.reset();
    const std::size_t before = test::allocations.load();
    f();
    return test::allocations.load() - before;
}

} // namespace

TEST_CASE("embed: no allocation in a warm context") {
    NEEDS_SHARED(folder, "fixtures");
    const posix_files fs;
    context           c;
    const auto encoder = load_sentence_encoder(fs, (folder / "tiny_bert/st").string(), c, {.batch_tokens = 30}).value();
    const auto judge   = load_cross_encoder(fs, (folder / "tiny_bert/cross_encoder").string(), c).value();
    const auto table   = load_static_table(fs, (folder / "static/m2v_mapped").string(), c).value();
    const auto small   = matryoshka<sentence_encoder>::make(encoder, 8).value();
    vector_cache    memory(encoder.dims(), 100);
    const auto      known   = cached<sentence_encoder>::make(encoder, memory).value();
    const text_view texts[] = {{"the quick", "brown fox"},
                               {{}, "sick days this year"},
                               {{}, "a"},
                               {{}, "the quick brown fox"},
                               {{}, "who can search the index with a vector of the text?"}};

    const auto rows = [&](const auto& embed) {
        return warm(c, [&] {
            const matrix_view<float> out{c.take<float>(5 * embed.dims()).data(), 5, embed.dims()};
            CHECK(embed.encode(texts, out, c));
        });
    };
    CHECK(rows(encoder) == 0);
    CHECK(rows(table) == 0);
    CHECK(rows(small) == 0);
    CHECK(rows(known) == 0);
    CHECK(warm(c, [&] {
              float scores[5];
              CHECK(judge.score("red fox", texts, scores, c));
          }) == 0);

    const toys::store store("the quick brown fox\na red dog\nsick days this year\nthe fox had a red dog\nred\n");
    flat<cosine>      nearest(encoder.dims());
    ingest(encoder | index_into(nearest))(store).value();
    const auto find = encoder | search(nearest) | rerank(judge, store, {.blend = .5f}) | top(3);
    CHECK(warm(c, [&] { CHECK(find("red fox", c)); }) == 0);
}
