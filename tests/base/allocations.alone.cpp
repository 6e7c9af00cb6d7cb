// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What a warm context must do without the heap: layers in scopes, parallel loops, events.

#include "support/counted_new.hpp"

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/pool.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <vector>

using namespace graft;

namespace {

/// What a third and fourth call allocate.
template <class F>
std::size_t once_warm(const F& f) {
    f(), f();
    const std::size_t before = test::allocations;
    f(), f();
    return test::allocations - before;
}

struct token {
    int id;
};

} // namespace

TEST_CASE("the counter counts") {
    const std::size_t before = test::allocations;
    const auto        some   = std::make_unique<std::vector<int>>(1000);
    arena             a;
    (void)a.take<int>(1000);
    CHECK(test::allocations >= before + 4);
}

TEST_CASE("a loop of a thousand layers in a warm arena") {
    arena a;
    CHECK(once_warm([&] {
              a.reset();
              const auto x = a.take<float>(3000);
              for (int layer = 0; layer < 1000; ++layer) {
                  const arena::scope s(a);
                  arena_list<int>    list(a);
                  for (int i = 0; i < 100; ++i) {
                      const arena::scope inner(a);
                      x[static_cast<std::size_t>(i)] += a.take<float>(3000)[7];
                  }
                  for (int i = 0; i < 2000; ++i) list.push_back(i);
              }
          }) == 0);
}

TEST_CASE("runs of a pool, through a reference, nested, and of tasks with results") {
    const pool                    p(3);
    const executor_ref            on = p;
    std::vector<std::atomic<int>> ran(20);
    CHECK(once_warm([&] {
              for (int round = 0; round < 100; ++round) {
                  on.run(20, [&](std::size_t i) { ++ran[i]; });
                  on.run(4, [&](std::size_t, std::size_t) { on.run(5, [&](std::size_t i) { ++ran[i]; }); });
                  (void)run_results(on, 20, [&](std::size_t i) -> result<void> {
                      ++ran[i];
                      return done;
                  });
              }
          }) == 0);
    CHECK(ran[0] > 0);
}

TEST_CASE("parallel loops in a warm context, whichever thread gets which block") {
    const pool p(3);
    context    c;
    c.executor     = p;
    const auto out = c.take<std::size_t>(1000);
    CHECK(once_warm([&] {
              for (int round = 0; round < 50; ++round)
                  (void)each_block(c, out.size(), 50, [&](std::size_t begin, std::size_t end, context& w) {
                      const auto mine = w.take<std::size_t>(begin == 450 ? 30'000 : 300);
                      for (std::size_t i = begin; i < end; ++i) out[i] += mine[i - begin] + i;
                  });
          }) == 0);
    CHECK(out[999] == 4 * 50 * 999);
}

TEST_CASE("events, progress, and questions whether to go on") {
    std::size_t      heard = 0;
    const auto       hear  = [&](const token& t) { heard += static_cast<std::size_t>(t.id); };
    const auto       watch = [&](std::size_t finished, std::size_t) { heard += finished; };
    std::stop_source s;
    context          c;
    c.stop     = s.get_token();
    c.deadline = context::clock::now() + std::chrono::hours(1);
    CHECK(once_warm([&] {
              c.listener = listen_to<token, int>(hear);
              c.progress = watch;
              for (int i = 0; i < 100; ++i) {
                  if (!c.alive() || !c.emit(token{1}) || !c.emit(i)) break;
                  c.progress(1, 100);
              }
          }) == 0);
    CHECK(heard == 4 * 200);
}
