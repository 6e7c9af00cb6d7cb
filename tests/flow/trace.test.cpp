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
    CHECK(log == "embedding search at_least top ");
    CHECK(seen.hits.front() == ask("a").value().hits.front());

    // A stage that took words of the question for others says so; those behind it carry it on.
    const respelling mended[] = {{1, 2, "word"}};
    std::size_t      said     = 0;
    auto             listen   = [&](const trace_event& e) {
        said += e.respelled.size() == 1 && e.respelled[0].word == "word" ? 1u : 0u;
    };
    const auto mends = [&](const query& q) { return retrieved{.asked = q, .respelled = mended}; };
    (void)traced(pipe(mends, top(1)), listen)("a", w);
    CHECK(said == 2);

    log.clear();
    (void)traced(
        embed | search(nearest) | [](const retrieved&) -> result<retrieved> { return error{fault::no_input}; },
        hear)("a", w);
    CHECK(log.substr(0, 17) == "embedding search ");
    CHECK(log.find("! ") != log.npos);
}
