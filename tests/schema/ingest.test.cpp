// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace graft;

TEST_CASE("every sink commits, or none does") {
    toys::store   store("ab\nbc\ncd\nzz\n");
    toys::letters embed(4);
    toys::vectors nearest;
    toys::lines   words;
    const auto    learn = ingest(embed | index_into(nearest), index_into(words));

    nearest.refuse_after = 2; // the first sink fails half way; the second had accepted everything
    const auto failed    = learn(store);
    REQUIRE(!failed);
    CHECK(failed.error().what == fault::too_large);
    CHECK(nearest.size() == 0);
    CHECK(words.size() == 0);

    nearest.refuse_after        = 1000;
    const auto [dense, lexical] = learn(store).value();
    CHECK(dense == ingested{3, 1, 0}); // "zz" has no letter of a … d: a zero row
    CHECK(lexical == ingested{4, 0, 0});
    CHECK(nearest.size() == 3);
    CHECK(words.size() == 4);
    CHECK(nearest.made_by() == embed.fingerprint());

    CHECK(learn(store).error().what == fault::duplicate_id);
    CHECK(nearest.size() == 3);
}

TEST_CASE("a change removes and adds in one generation") {
    toys::store   store("ab\nbc\ncd\n");
    toys::letters embed(4);
    toys::vectors nearest;
    toys::lines   words;
    const auto    learn = ingest(embed | index_into(nearest), index_into(words));
    REQUIRE(learn(change{store.all().first(2), {}}).has_value());
    const chunk_id gone[]       = {chunk_id{1}, chunk_id{99}};
    const auto [dense, lexical] = learn(change{store.all().subspan(2), gone}).value();
    CHECK(dense == ingested{1, 0, 1});
    CHECK(lexical == ingested{1, 0, 1});
    context w;
    CHECK(nearest.search(std::vector<float>{1, 0, 0, 0}, 9, keep_all{}, w)->empty());
    CHECK(words.search("cd", 9, keep_all{}, w)->size() == 1);
}

TEST_CASE("many blocks on many threads take in the same as one thread, and progress reaches the total") {
    std::string text;
    for (std::size_t i = 0; i < 5000; ++i) text += std::string(1 + i % 5, "abcd"[i % 4]) + "\n";
    toys::store                   store(text);
    toys::letters                 embed(4);
    std::vector<std::vector<hit>> seen;
    for (std::size_t width : {1u, 2u, 3u}) {
        toys::vectors nearest;
        nearest.refuse_after = 10000;
        std::size_t last     = 0;
        context     c{threads(width)};
        auto        watch = [&](std::size_t finished, std::size_t total) {
            CHECK(finished > last);
            CHECK(total == 5000);
            last = finished;
        };
        c.progress   = watch;
        const auto n = ingest(embed | index_into(nearest))(store, c);
        CHECK(std::get<0>(n.value()).stored == 5000);
        CHECK(last == 5000);
        context    w;
        const auto hits = nearest.search(std::vector<float>{1, 2, 3, 4}, 100, keep_all{}, w).value();
        seen.emplace_back(hits.begin(), hits.end());
    }
    CHECK(seen[0] == seen[1]);
    CHECK(seen[0] == seen[2]);
}

TEST_CASE("an empty chunk store is taken in in no time") {
    toys::lines words;
    CHECK(std::get<0>(ingest(index_into(words))(change{}).value()) == ingested{});
}
