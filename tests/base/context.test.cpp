// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/context.hpp>

#include <graft/base/pool.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <utility>

using namespace graft;

static_assert(std::is_default_constructible_v<context> && std::is_nothrow_move_constructible_v<context>);
static_assert(!std::is_copy_constructible_v<context> && std::is_base_of_v<arena, context>);

TEST_CASE("a stop and a deadline are faults, and a stop comes first") {
    context c;
    CHECK(c.alive().has_value());
    c.deadline = context::clock::now() + std::chrono::hours(1);
    CHECK(c.alive().has_value());
    c.deadline = context::clock::now() - std::chrono::hours(1);
    CHECK(c.alive().error().what == fault::timed_out);
    std::stop_source s;
    c.stop = s.get_token();
    CHECK(c.alive().error().what == fault::timed_out);
    s.request_stop();
    CHECK(c.alive().error().what == fault::stopped);
}

TEST_CASE("a child ends when its parent does, and has memory of its own, no threads, and nobody who watches") {
    const pool       p(2);
    std::stop_source s;
    int              heard = 0;
    const auto       hear  = [&](int) { ++heard; };
    const auto       watch = [&](std::size_t, std::size_t) { ++heard; };
    context          c;
    c.executor = p;
    c.stop     = s.get_token();
    c.deadline = context::clock::now() + std::chrono::hours(1);
    c.listener = listen_to<int>(hear);
    c.progress = watch;
    CHECK(c.emit(1));
    CHECK(heard == 1);

    context child = c.child();
    CHECK(child.executor.width() == 1);
    CHECK(child.deadline == c.deadline);
    CHECK(child.capacity() == 0);
    CHECK(child.emit(1));
    child.progress(1, 1);
    CHECK(heard == 1);
    s.request_stop();
    CHECK(child.alive().error().what == fault::stopped);
}

TEST_CASE("a context can be moved with all it has") {
    const pool p(2);
    context    c;
    c.executor      = p;
    const auto text = c.keep(std::string_view("kept"));
    context    d    = std::move(c);
    CHECK(text == "kept");
    CHECK(d.executor.width() == 2);
    context e;
    e = std::move(d);
    CHECK(e.executor.width() == 2);
    CHECK(text == "kept");
    e.reset();
}

TEST_CASE("workers are lent and come back with their memory; an inner loop gets others") {
    context        c;
    const context* first = nullptr;
    const context* inner = nullptr;
    for (int round = 0; round < 3; ++round) {
        context::workers mine(c, 3);
        CHECK(&mine[0] != &mine[1]);
        if (round == 0) first = &mine[0];
        CHECK(&mine[0] == first);
        for (std::size_t i = 0; i < 3; ++i)
            CHECK(mine[i].capacity() == (round == 0 ? 0 : 8192)); // of the largest before
        (void)mine[2].take<char>(8192);
        context::workers others(c, 2);
        if (round == 0) inner = &others[0];
        CHECK(&others[0] == inner);
        CHECK(&others[0] != first);
    }
    std::stop_source s;
    s.request_stop();
    c.stop = s.get_token();
    context::workers told(c, 1);
    CHECK(told[0].alive().error().what == fault::stopped);
}
