// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/context.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace graft;

TEST_CASE("what it gave stays where it is until the reset, and pieces do not overlap") {
    context        w;
    counter_random r(1);
    for (int round = 0; round < 5; ++round) {
        std::vector<std::span<std::uint32_t>> given;
        for (std::uint32_t i = 0; i < 300; ++i) {
            given.push_back(w.take<std::uint32_t>(r.below(500)));
            for (auto& x : given.back()) {
                REQUIRE(x == 0);
                x = i;
            }
            if (!given.back().empty()) CHECK(reinterpret_cast<std::uintptr_t>(given.back().data()) % 64 == 0);
        }
        for (std::uint32_t i = 0; i < 300; ++i)
            for (auto x : given[i]) REQUIRE(x == i);
        w.reset();
    }
}

TEST_CASE("after one query of a size the next one fits into one block") {
    context w;
    for (int i = 0; i < 100; ++i) (void)w.take<float>(1000);
    w.reset();
    const std::size_t warm = w.capacity();
    for (int i = 0; i < 100; ++i) (void)w.take<float>(1000);
    CHECK(w.capacity() == warm);
    w.reset();
    CHECK(w.capacity() == warm);
}

TEST_CASE("lists and texts grow inside a workspace") {
    context         w;
    arena_list<int> list(w);
    for (int i = 0; i < 1000; ++i) list.push_back(i);
    for (int i = 0; i < 1000; ++i) REQUIRE(list[static_cast<std::size_t>(i)] == i);
    arena_text text(w, 2);
    text.append("ab");
    text.append(std::string_view{});
    text.append("cdefghijklmnopqrstuvwxyz");
    text.push_back('!');
    CHECK(text.text() == "abcdefghijklmnopqrstuvwxyz!");
    text.pop_back();
    CHECK(text.text().back() == 'z');
    CHECK(w.keep(std::string_view("kept")) == "kept");
    CHECK(w.keep(std::span<const int>{}).empty());
}

TEST_CASE("a stop and a deadline are faults") {
    context w;
    CHECK(w.alive().has_value());
    w.deadline = context::clock::now() + std::chrono::hours(1);
    CHECK(w.alive().has_value());
    w.deadline = context::clock::now() - std::chrono::hours(1);
    CHECK(w.alive().error().what == fault::timed_out);
    std::stop_source s;
    w.stop = s.get_token();
    s.request_stop();
    CHECK(w.alive().error().what == fault::stopped);
}
