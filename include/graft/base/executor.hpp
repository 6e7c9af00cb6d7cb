// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/function_ref.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Runs independent tasks on one thread or more. `run(n, f)` calls f(task, worker) for each task below n, once, in any
/// order, and returns when all calls have ended. worker < width(), and no two calls of a run that overlap have the same.
///
/// graft's own executors also take an f(task). They hand out tasks in ascending order, and the caller is worker 0. When a
/// task throws, no other begins; after those that had begun have ended, `run` throws what the lowest of them threw: the
/// same as `sequential` would throw, whatever the width. Built without exceptions, tasks must not throw.
template <class E>
concept executor = requires(const E& e, void (*f)(std::size_t, std::size_t)) {
    { e.width() } -> std::same_as<std::size_t>;
    e.run(std::size_t{}, f);
};

/// A task of an executor, borrowed: f(task, worker).
using task_ref = function_ref<void(std::size_t, std::size_t)>;

namespace detail {

template <class F>
constexpr void call_task(F& f, std::size_t task, std::size_t worker) {
    if constexpr (std::invocable<F&, std::size_t, std::size_t>) f(task, worker);
    else f(task);
}

/// What the lowest task that failed left behind: an error, or what it threw.
class first_failure {
    std::atomic<std::size_t> at_; // that task; before, the number of tasks
    std::mutex               guard_;
    std::optional<error>     fault_;
    std::exception_ptr       thrown_;

    void keep(std::size_t task, std::optional<error> fault, std::exception_ptr thrown) {
        const std::lock_guard lock(guard_);
        if (task >= at_.load(std::memory_order_relaxed)) return;
        fault_ = std::move(fault), thrown_ = std::move(thrown);
        at_.store(task, std::memory_order_release);
    }

public:
    explicit first_failure(std::size_t tasks) noexcept : at_(tasks) {}

    /// Whether the outcome still depends on this task: no lower one has failed.
    [[nodiscard]] bool wants(std::size_t task) const noexcept { return task < at_.load(std::memory_order_acquire); }

    /// Runs a task that gives nothing or a result<void>.
    template <class F>
    void run(std::size_t task, F&& f) {
        const auto plainly = [&] {
            if constexpr (std::is_void_v<decltype(f())>) f();
            else if (result<void> r = f(); !r) keep(task, std::move(r).error(), nullptr);
        };
#if GRAFT_EXCEPTIONS
        try {
            plainly();
        } catch (...) {
            keep(task, std::nullopt, std::current_exception());
        }
#else
        plainly();
#endif
    }

    /// After all have ended: throws what was thrown, or gives the error.
    [[nodiscard]] result<void> outcome() {
#if GRAFT_EXCEPTIONS
        if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
#endif
        if (fault_) return std::move(*fault_);
        return done;
    }
};

/// The tasks of one run. Ascending, so that when one fails every lower one has begun: the lowest failure is always found.
class task_queue {
    task_ref                 f_;
    std::atomic<std::size_t> next_{0};
    first_failure            failed_;

public:
    task_queue(std::size_t n, task_ref f) noexcept : f_(f), failed_(n) {}

    void work(std::size_t worker) {
        for (std::size_t i; failed_.wants(i = next_.fetch_add(1, std::memory_order_relaxed));)
            failed_.run(i, [&] { f_(i, worker); });
    }
    void rethrow() { (void)failed_.outcome(); }
};

} // namespace detail

/// The executor that needs no threads, and the default of every parallel call.
struct sequential {
    [[nodiscard]] constexpr std::size_t width() const noexcept { return 1; }
    template <class F>
    constexpr void run(std::size_t n, F&& f) const {
        for (std::size_t i = 0; i < n; ++i) detail::call_task(f, i, 0);
    }
};

/// `width` threads, the caller's among them, started for a call and joined before it returns. Nothing lives between calls.
///
/// Takes    the width, from 1 to 1,024.
/// Costs    some ten microseconds a thread and call: for one long loop. For many short ones there is `pool`. A run inside
///          a task starts threads of its own.
/// Fails    where fewer threads can be started, those do all the work.
class threads {
    std::size_t width_;

    void start(std::size_t n, task_ref f) const {
        detail::task_queue tasks(n, f);
        {
            const std::size_t         wanted = std::min(width_, n);
            std::vector<std::jthread> helpers;
            helpers.reserve(wanted - 1);
            const auto begin = [&](std::size_t worker) {
                helpers.emplace_back([&tasks, worker] { tasks.work(worker); });
            };
#if GRAFT_EXCEPTIONS
            try {
                for (std::size_t w = 1; w < wanted; ++w) begin(w);
            } catch (const std::exception&) {} // no more threads, or no memory for one
#else
            for (std::size_t w = 1; w < wanted; ++w) begin(w);
#endif
            tasks.work(0);
        }
        tasks.rethrow();
    }

public:
    explicit threads(std::size_t width) noexcept : width_(std::clamp<std::size_t>(width, 1, 1024)) {}

    [[nodiscard]] std::size_t width() const noexcept { return width_; }

    template <class F>
    void run(std::size_t n, F&& f) const {
        if (width_ == 1 || n <= 1) return sequential{}.run(n, f);
        start(n, [&f](std::size_t task, std::size_t worker) { detail::call_task(f, task, worker); });
    }
};

/// Any executor, as two pointers; without one, `sequential`.
///
///     context c;
///     c.executor = threads(4);  // held: it is no larger than a pointer
///     pool p(4);
///     c.executor = p;           // borrowed: a temporary pool does not compile
///
/// Borrows  the executor, but for `sequential` and `threads`.
/// Costs    one indirect call a run and one a task; no allocation.
class executor_ref {
    union target {
        const void* at;
        std::size_t width;
    };
    struct table {
        std::size_t (*width)(target);
        void (*run)(target, std::size_t, task_ref);
    };
    template <class E>
    static constexpr table of{[](target to) -> std::size_t { return static_cast<const E*>(to.at)->width(); },
                              [](target to, std::size_t n, task_ref f) { static_cast<const E*>(to.at)->run(n, f); }};
    static constexpr table one_thread{[](target) -> std::size_t { return 1; },
                                      [](target, std::size_t n, task_ref f) { sequential{}.run(n, f); }};
    static constexpr table some_threads{[](target to) -> std::size_t { return to.width; },
                                        [](target to, std::size_t n, task_ref f) { threads(to.width).run(n, f); }};

    target       to_{.at = nullptr};
    const table* by_ = &one_thread;

public:
    executor_ref() noexcept = default;
    executor_ref(sequential) noexcept {}
    executor_ref(threads t) noexcept : to_{.width = t.width()}, by_(&some_threads) {}

    template <executor E>
        requires(!std::same_as<E, executor_ref> && !std::same_as<E, sequential> && !std::same_as<E, threads>)
    executor_ref(const E& e) noexcept : to_{.at = std::addressof(e)}, by_(&of<E>) {}
    template <executor E>
        requires(!std::same_as<E, executor_ref> && !std::same_as<E, sequential> && !std::same_as<E, threads>)
    executor_ref(const E&&) = delete;

    /// At least 1.
    [[nodiscard]] std::size_t width() const { return std::max<std::size_t>(1, by_->width(to_)); }

    template <class F>
    void run(std::size_t n, F&& f) const {
        if constexpr (std::invocable<F&, std::size_t, std::size_t>) by_->run(to_, n, task_ref(f));
        else by_->run(to_, n, [&f](std::size_t task, std::size_t) { f(task); });
    }
};

/// Runs tasks that give a result<void>.
///
/// Gives    the error of the lowest task that has one; what a task throws counts as its error and is thrown. Whatever the
///          executor and the order in which tasks end, that is what `sequential` gives.
/// Costs    once a task has failed, no higher one begins.
template <executor E, class F>
[[nodiscard]] result<void> run_results(const E& on, std::size_t n, F&& f) {
    detail::first_failure failed(n);
    on.run(n, [&](std::size_t task, std::size_t worker) {
        if (!failed.wants(task)) return;
        failed.run(task, [&] {
            if constexpr (std::invocable<F&, std::size_t, std::size_t>) return f(task, worker);
            else return f(task);
        });
    });
    return failed.outcome();
}

} // namespace graft::inline GRAFT_ABI
