// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/flow/trace.hpp>

#include "support/toys.hpp"

#include <doctest/doctest.h>

using namespace graft;

namespace {
struct at_least {
    float     score;
    retrieved operator()(retrieved f, context&) const {
        std::size_t n = 0;
        while (n < f.hits.size() && f.hits[n].score >= score) ++n;
        f.hits = f.hits.first(n);
        return f;
    }
};
} // namespace

TEST_CASE("a traced pipeline gives the same and tells of every stage, in order") {
    toys::store   store("ab\nbc\n");
    toys::letters embed(4);
    toys::vectors nearest;
    REQUIRE(ingest(embed | index_into(nearest))(store).has_value());
    const auto  ask = embed | search(nearest) | at_least{1} | top(1);
    std::string log;
    auto        hear = [&](const trace_event& e) {
        log.append(e.stage).append(e.ok ? " " : "! ");
        CHECK(e.took.count() >= 0);
    };
    context    w;
    const auto seen = traced(ask, hear)("a", w).value();
    CHECK(log == "embed search stage top ");
    CHECK(seen.hits.front() == ask("a").value().hits.front());

    // A batch is one event of every stage.
    log.clear();
    std::size_t              items = 0;
    auto                     count = [&](const trace_event& e) { log.append(e.stage).append(" "), items += e.items; };
    const std::vector<query> asked{"a", "b", "zz"};
    const auto               many = traced(ask, count).each(asked);
    CHECK(log == "embed search stage top ");
    CHECK(items >= 3 + 3 + 2);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto one = ask(asked[i]).value();
        CHECK(std::equal(many[i]->hits.begin(), many[i]->hits.end(), one.hits.begin(), one.hits.end()));
    }

    log.clear();
    (void)traced(
        embed | search(nearest) | [](const retrieved&) -> result<retrieved> { return error{fault::no_input}; },
        hear)("a", w);
    CHECK(log.substr(0, 13) == "embed search ");
    CHECK(log.find("! ") != log.npos);
}
