// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
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
    double patience    = 0; ///< whose slices last longer than so many seconds has two only; 0: all have the same number
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

/// One way of doing a thing.
struct contender {
    std::string                        name;
    std::function<double(std::size_t)> run; ///< the seconds that so many calls take
};
template <class F>
[[nodiscard]] contender contend(std::string name, F f) {
    return {std::move(name), [f](std::size_t n) mutable { return seconds(f, n); }};
}

/// What a contender needed: seconds of one call, in order of time.
struct timed : times {
    std::string         name   = {};
    std::vector<double> slices = {};
};

/// Where a value lies, as far as the slices tell.
struct interval {
    double low = 0, middle = 0, high = 0;
};

/// The median and its 95 % interval: the two slices, as many ranks from either end, between which it lies with that chance
/// whatever the distribution. Of fewer than six slices that is all of them.
[[nodiscard]] inline interval median_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const std::size_t n    = values.size();
    double            term = std::pow(.5, static_cast<double>(n)), below = term; // P(at most `rank` of n lie below)
    std::size_t       rank = 0;
    while (rank + 1 < n / 2) {
        term *= static_cast<double>(n - rank) / static_cast<double>(rank + 1);
        if (2 * (below + term) > .05) break;
        below += term;
        ++rank;
    }
    return {values[rank], values[n / 2], values[n - 1 - rank]};
}

/// How many times quicker `a` is than `b`, slice by slice of the same round.
[[nodiscard]] inline interval speed(const timed& a, const timed& b) {
    std::vector<double> ratio(std::min(a.slices.size(), b.slices.size()));
    for (std::size_t i = 0; i < ratio.size(); ++i) ratio[i] = b.slices[i] / a.slices[i];
    return median_of(std::move(ratio));
}

/// Times several ways of doing one thing, slice by slice in turns: a busy minute of the machine hits all of them. Every
/// round begins with another one, so that nobody always follows the same neighbour.
[[nodiscard]] inline std::vector<timed> race(const timing_params& how, std::span<const contender> contenders) {
    const std::size_t        n = contenders.size();
    std::vector<timed>       out(n);
    std::vector<std::size_t> calls(n, 1);
    std::vector<double>      lasts(n); // of a slice, in seconds
    for (std::size_t i = 0; i < n; ++i) {
        const auto& run = contenders[i].run;
        out[i].name     = contenders[i].name;
        double t        = run(1); // warms caches, then as many calls as fill a slice
        if (t < 8 * how.slice) t = run(1);
        for (; t < how.slice && calls[i] < (std::size_t{1} << 40); t = run(calls[i]))
            calls[i] = t <= 0 ? 10 * calls[i]
                              : std::max(calls[i] + 1, static_cast<std::size_t>(static_cast<double>(calls[i]) *
                                                                                std::min(10.0, 1.1 * how.slice / t)));
        lasts[i] = t;
    }
    for (std::size_t s = 0; s < how.slices; ++s)
        for (std::size_t k = 0; k < n; ++k) {
            const std::size_t i = (s + k) % n;
            if (how.patience > 0 && s >= 2 && lasts[i] > how.patience) continue;
            out[i].slices.push_back(contenders[i].run(calls[i]) / static_cast<double>(calls[i]));
        }
    for (timed& t : out) {
        t.median   = median_of(t.slices).middle;
        t.quietest = t.slices.empty() ? 0 : *std::min_element(t.slices.begin(), t.slices.end());
    }
    return out;
}

/// The same for contenders that are known beforehand.
///
///     const auto [ours, theirs] = bench::race({}, [&] { return flat.search(q, 10, w); }, [&] { return faiss(q); });
///     report.add("k = 10", "us", ours.quietest * 1e6, theirs.quietest * 1e6, "faiss", bench::better::lower);
template <class... F>
[[nodiscard]] std::array<times, sizeof...(F)> race(const timing_params& how, F... contenders)
    requires(std::invocable<F&> && ...)
{
    const std::array<contender, sizeof...(F)> all{contend({}, std::move(contenders))...};
    const auto                                timed_all = race(how, std::span<const contender>(all));
    std::array<times, sizeof...(F)>           out;
    std::copy(timed_all.begin(), timed_all.end(), out.begin());
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
