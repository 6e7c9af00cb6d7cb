// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/executor.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Tells the core that this thread waits in a loop.
inline void pause_core() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Waits until `ready()`, briefly with the core, then asleep on `word`, which whoever makes it ready changes and notifies.
template <class Ready>
void wait_until(const std::atomic<std::uint32_t>& word, const Ready& ready) {
    for (int i = 0; i < 2000; ++i) { // some tens of microseconds
        if (ready(word.load(std::memory_order_acquire))) return;
        pause_core();
    }
    for (std::uint32_t seen; !ready(seen = word.load(std::memory_order_acquire));)
        word.wait(seen, std::memory_order_acquire);
}

} // namespace detail

/// An executor whose threads live as long as it does: for many short loops. The caller of `run` works as worker 0.
///
/// Threads without work spin for some tens of microseconds, then sleep. `run` does not wait for a thread that still sleeps when
/// the work is done. May be shared: while one run is on, whoever calls `run` too, another thread or one of its own tasks,
/// runs its tasks alone, in order, as worker 0.
///
/// Takes    the width, at most 1,024; 0 for the number of hardware threads.
/// Costs    no allocation; an empty loop of two workers about 1 microsecond, 5 where the other thread sleeps (suite `base`).
/// Fails    where fewer threads can be started, it has that width.
class pool {
    static constexpr std::uint32_t open = 1, one = 2; // of gate_: a bit, and the unit of the helpers that are inside

    // `gate_` guards `tasks_`: it is written before the gate opens, helpers read it only inside, and a run ends when
    // the gate is shut and the last helper is out.
    mutable std::atomic<bool>   busy_{false};
    mutable detail::task_queue* tasks_ = nullptr;
    alignas(64) mutable std::atomic<std::uint32_t> gate_{0};
    alignas(64) mutable std::atomic<std::uint32_t> rounds_{0}; // changes when there may be work, or at the end
    std::atomic<bool>         ending_{false};
    std::vector<std::jthread> helpers_;

    void help(std::size_t worker) {
        for (std::uint32_t seen = 0;;) {
            detail::wait_until(rounds_, [&](std::uint32_t now) { return now != seen; });
            seen = rounds_.load(std::memory_order_acquire);
            if (ending_.load(std::memory_order_acquire)) return;
            std::uint32_t gate    = gate_.load(std::memory_order_relaxed);
            bool          entered = false;
            while ((gate & open) != 0 && !entered)
                entered =
                    gate_.compare_exchange_weak(gate, gate + one, std::memory_order_acquire, std::memory_order_relaxed);
            if (!entered) continue;
            tasks_->work(worker);
            if (gate_.fetch_sub(one) == one) gate_.notify_one(); // the last one out of a gate that is shut
        }
    }

    void share(std::size_t n, task_ref f) const {
        detail::task_queue tasks(n, f);
        tasks_ = &tasks;
        gate_.store(open, std::memory_order_release);
        rounds_.fetch_add(1);
        rounds_.notify_all();
        tasks.work(0);
        gate_.fetch_and(~open, std::memory_order_acq_rel);
        detail::wait_until(gate_, [](std::uint32_t gate) { return gate == 0; });
        busy_.store(false, std::memory_order_release);
        tasks.rethrow();
    }

public:
    explicit pool(std::size_t width = 0) {
        if (width == 0) width = std::thread::hardware_concurrency();
        width            = std::min<std::size_t>(width, 1024);
        const auto begin = [&](std::size_t worker) { helpers_.emplace_back([this, worker] { help(worker); }); };
#if GRAFT_EXCEPTIONS
        try {
            for (std::size_t w = 1; w < width; ++w) begin(w);
        } catch (const std::exception&) {} // no more threads, or no memory for one
#else
        for (std::size_t w = 1; w < width; ++w) begin(w);
#endif
    }
    pool(const pool&)            = delete;
    pool& operator=(const pool&) = delete;
    ~pool() {
        ending_.store(true, std::memory_order_release);
        rounds_.fetch_add(1);
        rounds_.notify_all();
    } // the threads are joined by their own destructors, before anything else is gone

    [[nodiscard]] std::size_t width() const noexcept { return helpers_.size() + 1; }

    template <class F>
    void run(std::size_t n, F&& f) const {
        if (n <= 1 || helpers_.empty() || busy_.exchange(true, std::memory_order_acquire))
            return sequential{}.run(n, f);
        share(n, [&f](std::size_t task, std::size_t worker) { detail::call_task(f, task, worker); });
    }
};

} // namespace graft::inline GRAFT_ABI
