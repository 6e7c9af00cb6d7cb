// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/flow/flow.hpp>

#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace graft;
using test::trap;

namespace {

/// A user's stage with a trap at each number.
struct trapped_stage {
    using stage_concept = stage_tag;
    const trap*         at;
    result<std::size_t> operator()(const std::size_t& n) const {
        if (auto ok = at->step(n); !ok) return ok.error();
        return 2 * n;
    }
};
struct halved {
    std::size_t operator()(const std::size_t& n) const { return n / 2; }
};

std::vector<std::size_t> numbers(std::size_t n) {
    std::vector<std::size_t> all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = i;
    return all;
}

} // namespace

TEST_CASE("a stage that throws at a question throws out of each; one that fails spoils its own question alone") {
    for (const std::size_t at : {0u, 63u, 64u, 999u}) {
        test::on_every_executor(trap::act::throws, at, [&](const trap& t, context& c, std::size_t) {
            std::size_t caught = 9999;
            try {
                (void)(trapped_stage{&t} | halved{}).each(numbers(1000), c);
            } catch (const test::sprung& s) {
                caught = s.at;
            }
            CHECK(caught == at);
        });
        test::on_every_executor(trap::act::fails, at, [&](const trap& t, context& c, std::size_t) {
            const auto all = (trapped_stage{&t} | halved{}).each(numbers(1000), c);
            REQUIRE(all.size() == 1000);
            for (std::size_t i = 0; i < 1000; ++i)
                if (i == at) CHECK(all[i].error() == error{fault::unreadable, unit::row, at, "trap"});
                else CHECK(all[i].value() == i);
        });
    }
}

TEST_CASE("a stop ends all questions that have not begun, and a deadline all") {
    test::on_every_executor(trap::act::stops, 1000, [&](const trap& t, context& c, std::size_t width) {
        const auto all = (trapped_stage{&t} | halved{}).each(numbers(10'000), c);
        REQUIRE(all.size() == 10'000);
        CHECK(t.late() < width); // those that the other threads had in hand
        std::size_t stopped = 0;
        for (const auto& one : all)
            if (!one && one.error().what == fault::stopped) ++stopped;
            else CHECK(one.has_value());
        CHECK(stopped >= 10'000 - t.begun);
    });
    const trap none(trap::act::nothing, 0);
    context    late;
    late.deadline = context::clock::now();
    for (const auto& one : (trapped_stage{&none} | halved{}).each(numbers(100), late))
        CHECK(one.error().what == fault::timed_out);
    CHECK(none.begun == 0);
}
