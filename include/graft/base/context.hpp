// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// An arena for one query at a time, and the query's deadline and stop token.
///
/// What a stage takes from it lives until `reset()`, which keeps the memory in one block: from the second query of a
/// size on, nothing is allocated. One per thread.
///
/// Borrows  nothing. Memory it gave out is on 64-byte boundaries and never moves.
class context {
    struct freed {
        void operator()(std::byte* at) const noexcept { ::operator delete(at, std::align_val_t{64}); }
    };
    struct block {
        std::unique_ptr<std::byte[], freed> at;
        std::size_t                         size = 0;
    };
    std::vector<block> blocks_;   // the last one is being filled
    std::size_t        used_ = 0; // bytes of the last block that are taken

    void grow(std::size_t bytes) {
        blocks_.push_back(
            {std::unique_ptr<std::byte[], freed>(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{64}))),
             bytes});
        used_ = 0;
    }

public:
    using clock = std::chrono::steady_clock;

    clock::time_point deadline = clock::time_point::max(); ///< joints refuse to go on after it
    std::stop_token   stop     = {};                       ///< joints refuse to go on once it is requested

    context()                              = default;
    context(context&&) noexcept            = default;
    context& operator=(context&&) noexcept = default;

    /// Done, or `fault::stopped`, or `fault::timed_out`. Long loops ask now and then; every joint does.
    [[nodiscard]] result<void> alive() const {
        if (stop.stop_requested()) return error{fault::stopped};
        if (deadline != clock::time_point::max() && clock::now() >= deadline) return error{fault::timed_out};
        return done;
    }

    /// `n` value-initialised elements.
    template <class T>
    [[nodiscard]] std::span<T> take(std::size_t n) {
        auto raw = take_raw<T>(n);
        std::uninitialized_value_construct_n(raw.data(), n);
        return raw;
    }

    /// `n` elements whose values are indeterminate: write before you read.
    template <class T>
    [[nodiscard]] std::span<T> take_raw(std::size_t n) {
        static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 64,
                      "a workspace forgets: what it holds must need no destructor");
        const std::size_t bytes = (n * sizeof(T) + 63) / 64 * 64;
        if (blocks_.empty() || bytes > blocks_.back().size - used_)
            grow(std::max(bytes, blocks_.empty() ? std::size_t{4096} : 2 * blocks_.back().size));
        std::byte* at = blocks_.back().at.get() + used_;
        used_ += bytes;
        return {reinterpret_cast<T*>(at), n};
    }

    /// A copy that lives here.
    template <class T>
    [[nodiscard]] std::span<const T> keep(std::span<const T> from) {
        auto to = take_raw<T>(from.size());
        std::uninitialized_copy(from.begin(), from.end(), to.begin());
        return to;
    }
    [[nodiscard]] std::string_view keep(std::string_view from) {
        auto to = keep(std::span<const char>(from.data(), from.size()));
        return {to.data(), to.size()};
    }

    /// Forgets everything it gave out and keeps the memory.
    void reset() {
        if (blocks_.size() > 1) {
            std::size_t all = 0;
            for (const block& b : blocks_) all += b.size;
            blocks_.clear();
            grow(all);
        }
        used_ = 0;
    }

    /// Bytes it holds, used or not.
    [[nodiscard]] std::size_t capacity() const noexcept {
        std::size_t all = 0;
        for (const block& b : blocks_) all += b.size;
        return all;
    }
};

/// A list that grows inside a workspace.
///
/// Borrows  the workspace; what `items()` gives lives until its reset.
/// Costs    amortised constant time; the memory of a list that has outgrown its place is left behind until the reset.
template <class T>
class arena_list {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    context*     home_;
    std::span<T> room_;
    std::size_t  size_ = 0;

    void make_room(std::size_t n) {
        auto more = home_->take_raw<T>(std::max<std::size_t>(n, std::max<std::size_t>(16, 2 * room_.size())));
        if (size_ > 0) std::memcpy(static_cast<void*>(more.data()), room_.data(), size_ * sizeof(T));
        room_ = more;
    }

public:
    explicit arena_list(context& home, std::size_t room = 0) : home_(&home) {
        if (room > 0) make_room(room);
    }
    void push_back(T x) {
        if (size_ == room_.size()) make_room(size_ + 1);
        std::construct_at(room_.data() + size_++, x);
    }
    /// Takes a std::string_view where T is char, a span otherwise.
    void append(std::conditional_t<std::is_same_v<T, char>, std::string_view, std::span<const T>> xs) {
        if (xs.size() > room_.size() - size_) make_room(size_ + xs.size());
        if (!xs.empty()) std::memcpy(static_cast<void*>(room_.data() + size_), xs.data(), xs.size() * sizeof(T));
        size_ += xs.size();
    }
    [[nodiscard]] std::size_t      size() const noexcept { return size_; }
    [[nodiscard]] bool             empty() const noexcept { return size_ == 0; }
    [[nodiscard]] T&               back() noexcept { return room_[size_ - 1]; }
    [[nodiscard]] T&               operator[](std::size_t i) noexcept { return room_[i]; }
    [[nodiscard]] std::span<T>     items() noexcept { return room_.first(size_); }
    [[nodiscard]] std::string_view text() const noexcept
        requires std::is_same_v<T, char>
    {
        return {room_.data(), size_};
    }
    void pop_back() noexcept { --size_; }
    void clear() noexcept { size_ = 0; }
};

/// A growing text inside a workspace.
using arena_text = arena_list<char>;

} // namespace graft::inline GRAFT_ABI
