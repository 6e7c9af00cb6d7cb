// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

namespace graft::inline GRAFT_ABI {

/// A list that grows inside an arena.
///
/// Borrows  the arena; what `items()` gives lives as long as a piece taken when the list was made. It grows only in the
///          scope that it was made in.
/// Costs    amortised constant time. Where nothing was taken after it, it grows where it lies; otherwise the memory that it
///          has outgrown is left behind until the scope ends.
template <class T>
class arena_list {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    arena*       home_;
    std::span<T> room_;
    std::size_t  size_ = 0;
    std::size_t  depth_;

    void make_room(std::size_t n) {
        GRAFT_ASSERT(home_->depth() == depth_, "a list grew in another scope than it was made in");
        n = std::max<std::size_t>({n, 16, 2 * room_.size()});
        if (home_->extend(room_, n)) return;
        auto more = home_->take_raw<T>(n);
        if (size_ > 0) std::memcpy(static_cast<void*>(more.data()), room_.data(), size_ * sizeof(T));
        room_ = more;
    }

public:
    explicit arena_list(arena& home, std::size_t room = 0) : home_(&home), depth_(home.depth()) {
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
    /// Keeps the first n.
    void shorten(std::size_t n) noexcept { size_ = n < size_ ? n : size_; }
};

/// A growing text inside an arena.
using arena_text = arena_list<char>;

} // namespace graft::inline GRAFT_ABI
