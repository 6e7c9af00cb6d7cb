// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/parallel.hpp>

#include <graft/base/arena_list.hpp>
#include <graft/base/pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace graft;

namespace {

/// Calls f(context, name) under every executor.
template <class F>
void under_each(const F& f) {
    const pool two(2), five(5);
    const auto one = [&](executor_ref on, const char* name) {
        CAPTURE(name);
        context c;
        c.executor = on;
        f(c);
        f(c); // warm
    };
    one({}, "sequential");
    one(threads(3), "threads 3");
    one(two, "pool 2");
    one(five, "pool 5");
}

/// What a call ended with.
template <class F>
std::string outcome(const F& f) {
    try {
        const result<void> r = f();
        return r ? "done" : std::string(name(r.error().what)) + " " + std::to_string(r.error().where);
    } catch (const std::exception& e) {
        return e.what();
    }
}

} // namespace

TEST_CASE("blocks cover everything once, in memory of the worker that is empty each time") {
    under_each([](context& c) {
        for (std::size_t n : {0u, 1u, 7u, 8u, 9u, 1000u})
            for (std::size_t block : {1u, 8u, 5000u}) {
                std::vector<int> seen(n);
                std::atomic<int> wrong{0};
                CHECK(each_block(c, n, block, [&](std::size_t begin, std::size_t end, context& w) {
                          wrong += begin % block != 0 || end - begin > block || begin >= end || w.executor.width() != 1;
                          const auto mine = w.take<int>(end - begin);
                          for (std::size_t i = begin; i < end; ++i) seen[i] += 1 + mine[i - begin]++;
                      }).has_value());
                CHECK(wrong == 0);
                for (int s : seen) REQUIRE(s == 1);
            }
    });
}

TEST_CASE("the lowest block that fails decides, by an error or by an exception") {
    under_each([](context& c) {
        for (std::size_t k = 0; k < 40; ++k) {
            CHECK(outcome([&] {
                      return each_block(c, 200, 5, [&](std::size_t begin, std::size_t, context&) -> result<void> {
                          if (begin / 5 == k) return error{fault::malformed, unit::row, begin};
                          if (begin / 5 > k) throw std::runtime_error("too late");
                          return done;
                      });
                  }) == "malformed " + std::to_string(5 * k));
            CHECK(outcome([&] {
                      return each_block(c, 200, 5, [&](std::size_t begin, std::size_t, context&) -> result<void> {
                          if (begin / 5 == k) throw std::runtime_error("at " + std::to_string(begin));
                          if (begin / 5 > k) return error{fault::malformed};
                          return done;
                      });
                  }) == "at " + std::to_string(5 * k));
        }
    });
}

TEST_CASE("a stop is honoured within a block, a deadline too, and nothing begins after one") {
    under_each([](context& c) {
        std::stop_source s;
        c.stop = s.get_token();
        std::atomic<std::size_t> begun{0}, at_stop{0};
        CHECK(outcome([&] {
                  return each_block(c, 100'000, 1, [&](std::size_t begin, std::size_t, context& w) -> result<void> {
                      ++begun;
                      if (begin == 50) s.request_stop(), at_stop = begun.load();
                      return begin >= 50 ? w.alive() : result<void>(done);
                  });
              }) == "stopped 0");
        CHECK(at_stop + c.executor.width() > 51);
        CHECK(begun < at_stop + c.executor.width()); // those that had asked just before
        std::size_t taken = 0;
        CHECK(outcome([&] {
                  return in_order(
                      c, 100, 1, [](std::size_t begin, std::size_t, context&) { return begin; },
                      [&](std::size_t) { ++taken; });
              }) == "stopped 0");
        CHECK(taken == 0);
        c.stop     = {};
        c.deadline = context::clock::now();
        CHECK(outcome([&] { return each_block(c, 10, 1, [](std::size_t, std::size_t, context&) {}); }) ==
              "timed_out 0");
        c.deadline = context::clock::time_point::max();
    });
}

TEST_CASE("values are taken in the order of their blocks, from memory that stays until then") {
    under_each([](context& c) {
        for (std::size_t n : {0u, 1u, 63u, 64u, 65u, 3000u}) {
            std::vector<std::size_t> all;
            const auto               caller = std::this_thread::get_id();
            CHECK(in_order(
                      c, n, 64,
                      [](std::size_t begin, std::size_t end, context& w) {
                          arena_list<std::size_t> squares(w);
                          for (std::size_t i = begin; i < end; ++i) squares.push_back(i * i);
                          return squares.items();
                      },
                      [&](std::span<std::size_t> part) {
                          CHECK(std::this_thread::get_id() == caller);
                          all.insert(all.end(), part.begin(), part.end());
                      })
                      .has_value());
            REQUIRE(all.size() == n);
            for (std::size_t i = 0; i < n; ++i) REQUIRE(all[i] == i * i);
        }
    });
}

TEST_CASE("a sum of floats in order has the same bits on any number of threads") {
    std::vector<float> x(10'000);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1.f / static_cast<float>(i + 1);
    std::vector<float> sums;
    under_each([&](context& c) {
        float sum = 0;
        CHECK(in_order(
                  c, x.size(), 100,
                  [&](std::size_t begin, std::size_t end, context&) {
                      return std::accumulate(x.data() + begin, x.data() + end, 0.f);
                  },
                  [&](float part) { sum += part; })
                  .has_value());
        sums.push_back(sum);
    });
    for (float s : sums) CHECK(s == sums[0]);
}

TEST_CASE("when making or taking fails, all blocks below have been taken, and no other") {
    under_each([](context& c) {
        for (std::size_t k = 0; k < 30; ++k)
            for (int how = 0; how < 4; ++how) {
                std::vector<std::size_t> taken;
                const auto               said = outcome([&] {
                    return in_order(
                        c, 120, 4,
                        [&](std::size_t begin, std::size_t, context&) -> result<std::unique_ptr<std::size_t>> {
                            if (begin >= 4 * k && how == 0) return error{fault::malformed, unit::row, begin};
                            if (begin >= 4 * k && how == 1) throw std::runtime_error("made " + std::to_string(begin));
                            return std::make_unique<std::size_t>(begin);
                        },
                        [&](std::unique_ptr<std::size_t> at) -> result<void> {
                            if (*at >= 4 * k && how == 2) return error{fault::malformed, unit::row, *at};
                            if (*at >= 4 * k && how == 3) throw std::runtime_error("taken " + std::to_string(*at));
                            taken.push_back(*at);
                            return done;
                        });
                });
                const std::string        at   = std::to_string(4 * k);
                CHECK(said == (how % 2 == 0 ? "malformed " : how == 1 ? "made " : "taken ") + at);
                REQUIRE(taken.size() == k);
                for (std::size_t i = 0; i < k; ++i) CHECK(taken[i] == 4 * i);
            }
    });
}

TEST_CASE("progress grows to the total, and is told to one at a time") {
    under_each([](context& c) {
        std::vector<std::size_t> seen;
        std::size_t              totals = 0;
        const auto               watch  = [&](std::size_t finished, std::size_t total) {
            seen.push_back(finished);
            totals += total == 1003;
        };
        c.progress       = watch;
        const auto grows = [&] {
            REQUIRE_FALSE(seen.empty());
            for (std::size_t i = 1; i < seen.size(); ++i) CHECK(seen[i - 1] < seen[i]);
            CHECK(seen.back() == 1003);
            CHECK(totals == seen.size());
            seen.clear(), totals = 0;
        };
        CHECK(each_block(c, 1003, 10, [](std::size_t, std::size_t, context&) {}).has_value());
        grows();
        CHECK(in_order(
                  c, 1003, 10, [](std::size_t b, std::size_t, context&) { return b; }, [](std::size_t) {})
                  .has_value());
        CHECK(seen.size() == 101);
        grows();
        c.progress = {};
    });
}

TEST_CASE("a loop inside a loop, from a worker and from who takes") {
    under_each([](context& c) {
        std::vector<std::atomic<int>> seen(60);
        CHECK(each_block(c, 6, 1, [&](std::size_t b, std::size_t, context& w) {
                  return each_block(w, 10, 3, [&](std::size_t begin, std::size_t end, context& inner) {
                      (void)inner.take<int>(100);
                      for (std::size_t i = begin; i < end; ++i) ++seen[10 * b + i];
                  });
              }).has_value());
        CHECK(in_order(
                  c, 6, 1,
                  [](std::size_t b, std::size_t, context& w) {
                      const auto x = w.take<std::size_t>(500);
                      x[499]       = b;
                      return x;
                  },
                  [&](std::span<std::size_t> x) -> result<void> {
                      auto ok = each_block(c, 10, 3, [&](std::size_t begin, std::size_t end, context& inner) {
                          (void)inner.take<std::size_t>(500);
                          for (std::size_t i = begin; i < end; ++i) ++seen[10 * x[499] + i];
                      });
                      return ok;
                  })
                  .has_value());
        for (const auto& s : seen) CHECK(s == 2);
    });
}

TEST_CASE("what the caller had in its arena is there after the loop") {
    under_each([](context& c) {
        const auto sums = c.take<std::size_t>(10);
        CHECK(each_block(c, 100, 10, [&](std::size_t begin, std::size_t end, context& w) {
                  auto mine = w.take<std::size_t>(end - begin);
                  std::iota(mine.begin(), mine.end(), begin);
                  sums[begin / 10] = std::accumulate(mine.begin(), mine.end(), std::size_t{0});
              }).has_value());
        for (std::size_t b = 0; b < 10; ++b) CHECK(sums[b] == 100 * b + 45);
    });
}

TEST_CASE("a loop of many blocks holds the memory of a few") {
    under_each([](context& c) {
        std::atomic<std::size_t> most{0};
        const auto               look = [&](context& w) {
            const auto mine = w.take<char>(4096); // all that an arena begins with
            for (std::size_t now = w.capacity(), old = most; old < now && !most.compare_exchange_weak(old, now);) {}
            return mine.size();
        };
        CHECK(each_block(c, 1000, 1, [&](std::size_t, std::size_t, context& w) { (void)look(w); }).has_value());
        CHECK(most == 4096);
        CHECK(in_order(
                  c, 1000, 1, [&](std::size_t, std::size_t, context& w) { return look(w); }, [](std::size_t) {})
                  .has_value());
        CHECK(most == 4096);
    });
}
