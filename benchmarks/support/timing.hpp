// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace bench {

/// Seconds of one call.
struct times {
    double quietest = 0; ///< the mean of the quietest slice: what the machine can do
    double median   = 0; ///< the median of all slices: what a user sees
};

struct timing_params {
    double      slice  = .02; ///< seconds that one slice should last, so that the clock's grain does not count
    std::size_t slices = 15;  ///< of each contender, taken in turns
};

/// Seconds that `n` calls take.
template <class F>
[[nodiscard]] double seconds(F& f, std::size_t n) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < n; ++i) {
        if constexpr (std::is_void_v<decltype(f())>) {
            f();
        } else {
            auto&& it = f();
            benchmark::DoNotOptimize(it);
        }
        benchmark::ClobberMemory();
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Times several ways of doing one thing, slice by slice in turns: a busy minute of the machine hits all of them, and the
/// quietest slice of each is compared.
///
///     const auto [ours, theirs] = bench::race({}, [&] { return flat.search(q, 10, w); }, [&] { return faiss(q); });
///     report.add("k = 10", "us", ours.quietest * 1e6, theirs.quietest * 1e6, "faiss", bench::better::lower);
template <class... F>
[[nodiscard]] std::array<times, sizeof...(F)> race(const timing_params& how, F... contenders) {
    constexpr std::size_t              n = sizeof...(F);
    std::array<std::size_t, n>         calls{};
    std::array<std::vector<double>, n> slices;
    const auto                         each = [&](auto&& visit) {
        std::size_t i = 0;
        (visit(i++, contenders), ...);
    };
    // A first call warms caches; then as many calls as fill a slice.
    each([&](std::size_t i, auto& f) {
        (void)seconds(f, 1);
        calls[i] = 1;
        for (double t = seconds(f, 1); t < how.slice && calls[i] < (std::size_t{1} << 40); t = seconds(f, calls[i]))
            calls[i] = t <= 0 ? 10 * calls[i]
                              : std::max(calls[i] + 1, static_cast<std::size_t>(static_cast<double>(calls[i]) *
                                                                                std::min(10.0, 1.1 * how.slice / t)));
    });
    for (std::size_t s = 0; s < how.slices; ++s)
        each(
            [&](std::size_t i, auto& f) { slices[i].push_back(seconds(f, calls[i]) / static_cast<double>(calls[i])); });
    std::array<times, n> out;
    for (std::size_t i = 0; i < n; ++i) {
        std::sort(slices[i].begin(), slices[i].end());
        out[i] = {slices[i].front(), slices[i][slices[i].size() / 2]};
    }
    return out;
}

/// Seconds of each single call, for percentiles: one timing a call, sorted.
template <class F>
[[nodiscard]] std::vector<double> each_call(std::size_t n, F f) {
    std::vector<double> all(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        if constexpr (std::is_void_v<decltype(f(i))>) {
            f(i);
        } else {
            auto&& it = f(i);
            benchmark::DoNotOptimize(it);
        }
        benchmark::ClobberMemory();
        all[i] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    std::sort(all.begin(), all.end());
    return all;
}

/// The p-th percentile (0 to 100) of sorted values: the smallest that at least p percent do not exceed.
[[nodiscard]] inline double percentile(const std::vector<double>& sorted, double p) {
    if (sorted.empty()) return 0;
    const auto rank = static_cast<std::size_t>(p / 100 * static_cast<double>(sorted.size()) + .999999);
    return sorted[std::min(std::max<std::size_t>(rank, 1), sorted.size()) - 1];
}

} // namespace bench
