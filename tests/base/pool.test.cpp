// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

using namespace graft;

static_assert(!std::is_copy_constructible_v<pool> && !std::is_move_constructible_v<pool>);

// Every test of executors runs on pools too: executor.test.cpp.

TEST_CASE("thousands of short loops, each of which sees what the last one wrote") {
    const pool                 p(4);
    std::vector<std::uint64_t> x(16, 1); // plain memory: a race would be seen
    for (int round = 0; round < 5000; ++round) p.run(x.size(), [&](std::size_t i) { x[i] = 3 * x[i] + i; });
    std::vector<std::uint64_t> wanted(16, 1);
    for (int round = 0; round < 5000; ++round)
        for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = 3 * wanted[i] + i;
    CHECK(x == wanted);
}

TEST_CASE("threads that have gone to sleep are woken") {
    const pool p(3);
    for (int round = 0; round < 20; ++round) {
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
        std::atomic<std::size_t> in{0};
        // Each task waits for the others: this ends only if three threads work.
        p.run(3, [&](std::size_t) {
            ++in;
            while (in < 3) std::this_thread::yield();
        });
        CHECK(in == 3);
    }
}

TEST_CASE("the same threads work in every loop, and the caller is worker 0") {
    const pool                   p(3);
    std::vector<std::thread::id> of(3);
    const auto                   look = [&](std::vector<std::thread::id>& ids) {
        std::atomic<std::size_t> in{0};
        p.run(3, [&](std::size_t, std::size_t worker) {
            ids[worker] = std::this_thread::get_id();
            ++in;
            while (in < 3) std::this_thread::yield();
        });
    };
    look(of);
    CHECK(of[0] == std::this_thread::get_id());
    CHECK(std::set<std::thread::id>(of.begin(), of.end()).size() == 3);
    std::vector<std::thread::id> again(3);
    look(again);
    CHECK(again == of);
}

TEST_CASE("two threads that share a pool both get their work done") {
    const pool                p(3);
    std::atomic<int>          wrong{0};
    std::vector<std::jthread> callers;
    for (int t = 0; t < 3; ++t)
        callers.emplace_back([&] {
            for (int round = 0; round < 1000; ++round) {
                std::vector<int> ran(9);
                p.run(ran.size(), [&](std::size_t i) { ++ran[i]; });
                for (int r : ran) wrong += r != 1;
                try {
                    p.run(9, [](std::size_t i) {
                        if (i >= 4) throw static_cast<int>(i);
                    });
                    ++wrong;
                } catch (int k) {
                    wrong += k != 4;
                }
            }
        });
    callers.clear();
    CHECK(wrong == 0);
}

TEST_CASE("a pool that is never used, or used once, ends") {
    for (int round = 0; round < 100; ++round) {
        const pool       idle(3);
        const pool       once(3);
        std::atomic<int> ran{0};
        once.run(5, [&](std::size_t) { ++ran; });
        CHECK(ran == 5);
    }
    CHECK(pool(1).width() == 1);
    CHECK(pool().width() >= 1);
}

TEST_CASE("an exception's owner is the caller: it outlives the pool") {
    std::exception_ptr kept;
    try {
        const pool p(2);
        p.run(2, [](std::size_t) { throw std::runtime_error("kept"); });
    } catch (...) {
        kept = std::current_exception();
    }
    CHECK_THROWS_WITH_AS(std::rethrow_exception(kept), "kept", std::runtime_error);
}
