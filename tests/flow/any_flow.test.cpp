// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/flow/any_flow.hpp>

#include "support/toys.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// A pipeline as a member, chosen at run time.
struct service {
    any_flow<query, retrieved> find;

    service(const toys::lines& words, bool deep)
        : find(deep ? any_flow<query, retrieved>(search(words) | top(3))
                    : any_flow<query, retrieved>(search(words, 1))) {}
};

std::vector<hit> hits_of(const result<retrieved>& r) { return {r.value().hits.begin(), r.value().hits.end()}; }

} // namespace

TEST_CASE("a pipeline chosen at run time gives what the pipeline gives, alone, in batches and behind a pipe") {
    toys::store store("a cab\nbad dad\nadd\nzzz\n");
    toys::lines words;
    REQUIRE(ingest(index_into(words))(store));
    const service shallow(words, false), deep(words, true);
    context       c;
    CHECK(hits_of(deep.find("d", c)) == hits_of((search(words) | top(3))("d", c)));
    CHECK(deep.find("d", c)->hits.size() == 2);
    CHECK(shallow.find("d", c)->hits.size() == 1);
    CHECK(deep.find("d")->asked.text == "d"); // owns its memory

    const std::vector<query> asked{"d", "a", "zzz", "nothing"};
    const auto               many = deep.find.each(asked, context{threads(2)});
    REQUIRE(many.size() == asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto one = deep.find(asked[i], c);
        CHECK(std::equal(many[i]->hits.begin(), many[i]->hits.end(), one->hits.begin(), one->hits.end()));
    }
    const auto count = pipe(
        shallow.find.run("d", c).value().hits.empty() ? [](const query&) { return 0; } : [](const query&) { return 1; },
        [](int n) { return n + 1; });
    CHECK(count("x").value() == 2);
    static_assert(feeds<any_flow<query, retrieved>, top>);
    static_assert(!feeds<any_flow<query, retrieved>, searching<toys::lines, keep_all>>);
}

TEST_CASE("it can be moved, owns what it was made of, and passes faults and stops on") {
    auto                     owner = std::make_shared<int>(7);
    const std::weak_ptr<int> seen  = owner;
    {
        any_flow<query, int> first([owner = std::move(owner)](const query& q) -> result<int> {
            if (q.text.empty()) return error{fault::no_input};
            return *owner;
        });
        any_flow<query, int> second = std::move(first);
        CHECK(second("x").value() == 7);
        CHECK(second("").error().what == fault::no_input);
        CHECK(!seen.expired());
    }
    CHECK(seen.expired());

    any_flow<query, int> slow(pipe([](const query& q) { return q; }, [](const query&) { return 1; }));
    context              c;
    c.deadline = context::clock::now();
    CHECK(slow("x", c).error().what == fault::timed_out);
}
