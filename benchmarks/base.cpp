// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What the floor of the house costs: parallel loops that do nothing, arenas against the heap, events. Bar: an empty loop of two <= 5 us.

#include "support/table.hpp"
#include "support/timing.hpp"

#include <graft/base/parallel.hpp>
#include <graft/base/pool.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace graft;

namespace {

/// Microseconds of one call: what the machine can do, and what a user sees.
template <class F>
void add(bench::report& report, const std::string& name, F f, double bar = std::nan("")) {
    const auto [t] = bench::race({}, std::move(f));
    report.add({.name      = name,
                .unit      = "us",
                .ours      = t.quietest * 1e6,
                .peer      = bar,
                .peer_name = std::isfinite(bar) ? "the bar" : "",
                .way       = bench::better::lower,
                .others    = "median " + bench::report::number(t.median * 1e6)});
}

} // namespace

int main(int argc, char** argv) {
    bench::report report("base", argc, argv);
    const auto    nothing = [](std::size_t i) { benchmark::DoNotOptimize(i); };
    for (const std::size_t width : {2u, 4u}) {
        const pool        p(width);
        const std::string of = std::to_string(width);
        add(
            report, "pool, " + of + " workers, empty loop", [&] { p.run(width, nothing); },
            width == 2 ? 5 : std::nan(""));
        add(report, "pool, " + of + " workers, each waits for the other", [&] {
            std::atomic<std::size_t> in{0};
            p.run(width, [&](std::size_t) {
                ++in;
                while (in < width) std::this_thread::yield();
            });
        });
        add(report, "pool, " + of + " workers, 1,000 empty tasks", [&] { p.run(1000, nothing); });
        add(report, "threads, " + of + " workers, empty loop", [&] { threads(width).run(width, nothing); });
    }
    const pool two(2);
    {
        std::vector<double> all;
        for (int i = 0; i < 200; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2)); // so that the other thread sleeps
            all.push_back(bench::each_call(1, [&](std::size_t) { two.run(2, nothing); })[0]);
        }
        std::sort(all.begin(), all.end());
        report.add({.name      = "pool, 2 workers, empty loop after 2 ms of sleep",
                    .unit      = "us",
                    .ours      = all[100] * 1e6,
                    .peer_name = "",
                    .others    = "90 % below " + bench::report::number(all[180] * 1e6)});
    }
    context c;
    c.executor = two;
    add(report, "each_block, 2 workers, 2 empty blocks",
        [&] { (void)each_block(c, 2, 1, [&](std::size_t b, std::size_t, context&) { nothing(b); }); });
    c.executor = {};
    add(report, "each_block, sequential, 1,000 empty blocks",
        [&] { (void)each_block(c, 1000, 1, [&](std::size_t b, std::size_t, context&) { nothing(b); }); });

    arena      a;
    const auto layers = [&](const auto& one) {
        return [&a, one] {
            for (int i = 0; i < 1000; ++i) one(a);
        };
    };
    const auto [scoped, heaped] =
        bench::race({}, layers([](arena& of) {
                        const arena::scope s(of);
                        for (int k = 0; k < 4; ++k) benchmark::DoNotOptimize(of.take_raw<float>(4096).data());
                    }),
                    layers([](arena&) {
                        const std::unique_ptr<float[]> x[4] = {std::make_unique_for_overwrite<float[]>(4096),
                                                               std::make_unique_for_overwrite<float[]>(4096),
                                                               std::make_unique_for_overwrite<float[]>(4096),
                                                               std::make_unique_for_overwrite<float[]>(4096)};
                        benchmark::DoNotOptimize(&x);
                    }));
    report.add("a layer's four buffers in a scope", "ns", scoped.quietest * 1e6, heaped.quietest * 1e6, "the heap",
               bench::better::lower);

    std::size_t        heard = 0;
    const auto         hear  = [&](const std::size_t& x) { heard += x; };
    const listener_ref to    = listen_to<std::size_t>(hear);
    const auto [told]        = bench::race({}, [&] { (void)to.emit(std::size_t{1}); });
    report.add("one event", "ns", told.quietest * 1e9);
    return report.finish();
}
