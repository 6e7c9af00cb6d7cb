// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace graft::inline GRAFT_ABI::detail {

/// The generation of an index that its searches see: a pointer that one thread may set while others copy it.
///
/// Threads  `pin` and `become` may run at once. What reads through `->` takes no lock, so that a search costs no more; none
///          may run while `become` does, nor while the index is moved.
/// Costs    `pin`: two atomic operations and a count, some 20 ns.
template <class T>
class current {
    std::shared_ptr<const T> it_;
    mutable std::atomic_flag held_ = ATOMIC_FLAG_INIT;

    void hold() const noexcept {
        while (held_.test_and_set(std::memory_order_acquire)) held_.wait(true, std::memory_order_relaxed);
    }
    void let_go() const noexcept {
        held_.clear(std::memory_order_release);
        held_.notify_one();
    }

public:
    explicit current(std::shared_ptr<const T> it) noexcept : it_(std::move(it)) {}
    current(current&& other) noexcept : it_(std::move(other.it_)) {}
    current& operator=(current&& other) noexcept {
        it_ = std::move(other.it_);
        return *this;
    }
    ~current() = default;

    [[nodiscard]] const T* operator->() const noexcept { return it_.get(); }
    [[nodiscard]] const T& operator*() const noexcept { return *it_; }

    [[nodiscard]] std::shared_ptr<const T> pin() const noexcept {
        hold();
        auto same = it_;
        let_go();
        return same;
    }
    /// What was there before is destroyed here if nobody holds it, after the others have gone on.
    void become(std::shared_ptr<const T> next) noexcept {
        hold();
        it_.swap(next);
        let_go();
    }
};

} // namespace graft::inline GRAFT_ABI::detail
