// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/base/executor.hpp>
#include <graft/base/listener.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a call runs in: its memory, its end, its threads, and who watches. One per thread that calls.
///
///     context c;
///     c.executor = threads(4);
///     c.deadline = context::clock::now() + std::chrono::seconds(2);
///     auto answer = ask(question, c);
///
/// Borrows  executor, progress and listener, as their types say.
class context : public arena {
    struct crew;
    std::unique_ptr<crew> idle_; // worker contexts of loops that are over, for the next one

    void ends_with(const context& parent) {
        deadline = parent.deadline;
        stop     = parent.stop;
    }

public:
    using clock = std::chrono::steady_clock;

    clock::time_point deadline = clock::time_point::max(); ///< nothing new begins after it
    std::stop_token   stop     = {};                       ///< nothing new begins once it is requested
    executor_ref      executor = {};                       ///< of every parallel loop inside the call
    progress_ref      progress = {}; ///< hears (finished, total) now and then, never two calls at once
    listener_ref      listener = {}; ///< hears what is produced, from the calling thread

    context();
    /// A context whose parallel loops run on `on`.
    explicit context(executor_ref on) noexcept;
    context(context&&) noexcept;
    context& operator=(context&&) noexcept;
    ~context();

    /// Done, or `fault::stopped`, or `fault::timed_out`. Long loops ask now and then; every joint does.
    [[nodiscard]] result<void> alive() const {
        if (stop.stop_requested()) return error{fault::stopped};
        if (deadline != clock::time_point::max() && clock::now() >= deadline) return error{fault::timed_out};
        return done;
    }

    /// Tells the listener. False: it has heard enough; true also where nobody listens to this type.
    template <class E>
    bool emit(const E& event) const {
        return listener.emit(event);
    }

    /// A context for a thread that works for this one: same stop and deadline, memory of its own, sequential. It reports no
    /// progress and no events, whose order would depend on the threads.
    [[nodiscard]] context child() const;

    /// The contexts of a parallel loop, lent by their parent and given back at the end with their memory.
    ///
    /// Borrows  the parent. Loops may nest: an inner one gets others.
    class workers {
        context*              of_;
        std::unique_ptr<crew> crew_;

    public:
        /// `n` children of `of`, with nothing taken in them, and as much memory each as the largest had in the loop before.
        workers(context& of, std::size_t n);
        workers(const workers&)            = delete;
        workers& operator=(const workers&) = delete;
        ~workers();

        [[nodiscard]] context& operator[](std::size_t i) const noexcept;
    };
};

/// The contexts that one loop lends, and those for a loop inside it.
struct context::crew {
    std::vector<context>  all  = {};
    std::unique_ptr<crew> next = {};
};

inline context::context() = default;
inline context::context(executor_ref on) noexcept : executor(on) {}
inline context::context(context&&) noexcept            = default;
inline context& context::operator=(context&&) noexcept = default;
inline context::~context()                             = default;

inline context context::child() const {
    context c;
    c.ends_with(*this);
    return c;
}

inline context::workers::workers(context& of, std::size_t n) : of_(&of), crew_(std::move(of.idle_)) {
    if (!crew_) crew_ = std::make_unique<crew>();
    of.idle_ = std::move(crew_->next);
    if (crew_->all.size() < n) crew_->all.resize(n);
    std::size_t most = 0; // so that none allocates in a loop as large as the last, whichever block it gets
    for (const context& c : crew_->all) most = std::max(most, c.capacity());
    for (std::size_t i = 0; i < n; ++i) {
        crew_->all[i].reset(most);
        crew_->all[i].ends_with(of);
    }
}
inline context::workers::~workers() {
    crew_->next = std::move(of_->idle_);
    of_->idle_  = std::move(crew_);
}
inline context& context::workers::operator[](std::size_t i) const noexcept {
    GRAFT_ASSERT(i < crew_->all.size(), "an executor named a worker beyond its width");
    return crew_->all[i];
}

} // namespace graft::inline GRAFT_ABI
