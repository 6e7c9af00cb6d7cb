// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Runs independent tasks on at least one thread. `run(n, f)` calls f(0) … f(n - 1), each once, in any order, on at most
/// `width()` threads, and
/// returns when all are done. The tasks must not throw.
template <class E>
concept executor = requires(const E& e, void (*f)(std::size_t)) {
    { e.width() } -> std::same_as<std::size_t>;
    e.run(std::size_t{}, f);
};

/// The executor that needs no threads, and the default of every parallel call.
struct sequential {
    [[nodiscard]] constexpr std::size_t width() const noexcept { return 1; }
    template <class F>
    constexpr void run(std::size_t n, F&& f) const {
        for (std::size_t i = 0; i < n; ++i) f(i);
    }
};

/// `n` threads, started for a call and joined before it returns. Nothing lives between calls.
///
/// Costs    some ten microseconds a thread and call: meant for blocks of work, not for single queries.
class threads {
    std::size_t width_;

public:
    explicit threads(std::size_t width) noexcept : width_(width > 0 ? width : 1) {}

    [[nodiscard]] std::size_t width() const noexcept { return width_; }

    template <class F>
    void run(std::size_t n, F&& f) const {
        if (width_ == 1 || n <= 1) return sequential{}.run(n, f);
        std::atomic<std::size_t> next{0};
        const auto               work = [&] {
            for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < n;) f(i);
        };
        std::vector<std::jthread> helpers;
        helpers.reserve(std::min(width_, n) - 1);
        for (std::size_t t = 1; t < width_ && t < n; ++t) {
#if GRAFT_EXCEPTIONS
            try {
                helpers.emplace_back(work);
            } catch (const std::system_error&) {
                break; // no more threads to be had: those that started do all the work
            }
#else
            helpers.emplace_back(work);
#endif
        }
        work();
    }
};

/// The progress that nobody watches, and the shape of any you pass instead: called with (done, total) now and then, from
/// the calling thread.
struct quietly {
    constexpr void operator()(std::size_t, std::size_t) const noexcept {}
};

} // namespace graft::inline GRAFT_ABI
