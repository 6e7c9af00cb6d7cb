// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/executor.hpp>

#include <graft/base/pool.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using namespace graft;

namespace {

/// A user's executor: one thread, the tasks from last to first.
struct backwards {
    [[nodiscard]] std::size_t width() const { return 1; }
    template <class F>
    void run(std::size_t n, F&& f) const {
        while (n-- > 0) f(n, std::size_t{0});
    }
};

/// Calls f(executor, name) for each kind.
template <class F>
void with_each(const F& f) {
    f(sequential{}, "sequential");
    for (std::size_t width : {1u, 2u, 3u, 8u}) {
        f(threads(width), "threads " + std::to_string(width));
        const pool p(width);
        f(p, "pool " + std::to_string(width));
        f(executor_ref(p), "a reference to a pool " + std::to_string(width));
    }
    f(executor_ref(), "a reference to nothing");
    f(executor_ref(threads(3)), "a reference to threads");
}

std::string message_of(const auto& f) {
    try {
        f();
    } catch (const std::exception& e) {
        return e.what();
    }
    return "nothing was thrown";
}

} // namespace

static_assert(executor<sequential> && executor<threads> && executor<pool> && executor<executor_ref> &&
              executor<backwards>);
static_assert(sizeof(executor_ref) == 2 * sizeof(void*) && std::is_trivially_copyable_v<executor_ref>);
static_assert(std::is_constructible_v<executor_ref, threads> && std::is_constructible_v<executor_ref, sequential>);
static_assert(std::is_constructible_v<executor_ref, const pool&> && std::is_constructible_v<executor_ref, pool&>);
static_assert(!std::is_constructible_v<executor_ref, pool> && !std::is_constructible_v<executor_ref, backwards>,
              "a temporary would dangle");

TEST_CASE("every task runs exactly once, and no two calls that overlap have one worker") {
    with_each([](const auto& on, const std::string& name) {
        CAPTURE(name);
        for (std::size_t n : {0u, 1u, 2u, 3u, 17u, 1000u}) {
            std::vector<std::atomic<int>> ran(n), inside(on.width());
            std::atomic<int>              clashes{0};
            on.run(n, [&](std::size_t task, std::size_t worker) {
                if (worker >= inside.size() || inside[worker].fetch_add(1) != 0) ++clashes;
                ++ran[task];
                if (worker < inside.size()) --inside[worker];
            });
            CHECK(clashes == 0);
            for (const auto& r : ran) REQUIRE(r == 1);
            std::atomic<std::size_t> sum{0};
            on.run(n, [&](std::size_t task) { sum += task; });
            CHECK(sum == n * (n - (n > 0)) / 2);
        }
    });
}

TEST_CASE("the work may be nobody's, and a width may be absurd") {
    std::atomic<int> both{0};
    threads(~std::size_t{0}).run(2, [&](std::size_t) { ++both; }); // no more than there is work for
    CHECK(both == 2);
    CHECK(threads(0).width() == 1);
    int sum = 0;
    sequential{}.run(5, [&](std::size_t i) { sum = sum * 10 + static_cast<int>(i); });
    CHECK(sum == 1234);
}

TEST_CASE("what the lowest task that throws has thrown is thrown, whoever throws first, and no later task begins") {
    with_each([](const auto& on, const std::string& name) {
        CAPTURE(name);
        for (int round = 0; round < 60; ++round) {
            const std::size_t             k = static_cast<std::size_t>(round) * 7 % 41;
            std::vector<std::atomic<int>> ran(5000);
            std::atomic<std::size_t>      begun{0};
            CHECK(message_of([&] {
                      on.run(5000, [&](std::size_t task) {
                          ++begun, ++ran[task];
                          if (task == k) std::this_thread::yield(); // so that later ones overtake it
                          if (task >= k) throw std::runtime_error("task " + std::to_string(task));
                      });
                  }) == "task " + std::to_string(k));
            for (std::size_t i = 0; i <= k; ++i) REQUIRE(ran[i] == 1);
            CHECK(begun <= k + on.width());
        }
        // And it can be used again.
        std::atomic<int> after{0};
        on.run(100, [&](std::size_t) { ++after; });
        CHECK(after == 100);
    });
}

TEST_CASE("whatever is thrown: an int, and also where every task throws") {
    with_each([](const auto& on, const std::string& name) {
        CAPTURE(name);
        for (int round = 0; round < 20; ++round)
            CHECK_THROWS_AS(on.run(50, [](std::size_t task) { throw static_cast<int>(task); }), int);
        CHECK_THROWS_AS(on.run(1, [](std::size_t) { throw 1; }), int);
    });
}

TEST_CASE("a run inside a task ends, with its own tasks and its own exceptions") {
    with_each([](const auto& on, const std::string& name) {
        CAPTURE(name);
        std::vector<std::atomic<int>> ran(6 * 5);
        on.run(6, [&](std::size_t outer) { on.run(5, [&](std::size_t inner) { ++ran[outer * 5 + inner]; }); });
        for (const auto& r : ran) CHECK(r == 1);
        CHECK(message_of([&] {
                  on.run(6, [&](std::size_t outer) {
                      on.run(5, [&](std::size_t inner) {
                          if (outer >= 2 && inner >= 3) throw std::runtime_error(std::to_string(10 * outer + inner));
                      });
                  });
              }) == "23");
        std::atomic<int> caught{0};
        on.run(6, [&](std::size_t) {
            try {
                on.run(4, [](std::size_t) { throw 1; });
            } catch (int) {
                ++caught;
            }
        });
        CHECK(caught == 6);
    });
}

TEST_CASE("the error of the lowest task wins, and tasks below it have run") {
    const auto check = [](const auto& on, const std::string& name) {
        CAPTURE(name);
        for (std::uint32_t seed = 0; seed < 60; ++seed) {
            std::mt19937     draw(seed);
            std::vector<int> fails(300); // 1: an error, 2: an exception
            for (int& f : fails) f = draw() % 40 == 0 ? 1 + static_cast<int>(draw() % 2) : 0;
            std::size_t lowest = 0;
            while (lowest < fails.size() && fails[lowest] == 0) ++lowest;
            std::vector<std::atomic<int>> ran(fails.size());
            std::string                   said = "done";
            try {
                const result<void> r = run_results(on, fails.size(), [&](std::size_t i) -> result<void> {
                    ++ran[i];
                    if (fails[i] == 1) return error{fault::malformed, unit::row, i};
                    if (fails[i] == 2) throw std::runtime_error("threw " + std::to_string(i));
                    return done;
                });
                if (!r) said = "gave " + std::to_string(r.error().where);
            } catch (const std::exception& e) {
                said = e.what();
            }
            if (lowest == fails.size()) CHECK(said == "done");
            else CHECK(said == (fails[lowest] == 1 ? "gave " : "threw ") + std::to_string(lowest));
            for (std::size_t i = 0; i < std::min(lowest + 1, fails.size()); ++i) REQUIRE(ran[i] == 1);
        }
        CHECK(run_results(on, 0, [](std::size_t) -> result<void> { return error{fault::corrupt}; }).has_value());
    };
    with_each(check);
    check(backwards{}, "backwards");
}

TEST_CASE("once a task has failed no higher one begins") {
    std::size_t ran = 0;
    CHECK(run_results(sequential{}, 100,
                      [&](std::size_t i, std::size_t) -> result<void> {
                          ++ran;
                          if (i == 9) return error{fault::corrupt};
                          return done;
                      })
              .error()
              .what == fault::corrupt);
    CHECK(ran == 10);
}

TEST_CASE("a reference runs what it refers to") {
    backwards        b;
    executor_ref     on = b;
    std::vector<int> order;
    on.run(4, [&](std::size_t i) { order.push_back(static_cast<int>(i)); });
    CHECK(order == std::vector<int>{3, 2, 1, 0});
    on = threads(5);
    CHECK(on.width() == 5);
    on = {};
    CHECK(on.width() == 1);
    on.run(2, [&](std::size_t i, std::size_t worker) { order.push_back(static_cast<int>(10 * worker + i)); });
    CHECK(order == std::vector<int>{3, 2, 1, 0, 0, 1});
}
