// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#    include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        include <sanitizer/asan_interface.h>
#    endif
#endif

namespace graft::inline GRAFT_ABI {

namespace detail {

// Under AddressSanitizer the memory of an arena that nobody holds cannot be read: what outlives its scope is reported.
inline void close_memory([[maybe_unused]] const std::byte* at, [[maybe_unused]] std::size_t n) noexcept {
#if defined(ASAN_POISON_MEMORY_REGION)
    ASAN_POISON_MEMORY_REGION(at, n);
#endif
}
inline void open_memory([[maybe_unused]] const std::byte* at, [[maybe_unused]] std::size_t n) noexcept {
#if defined(ASAN_UNPOISON_MEMORY_REGION)
    ASAN_UNPOISON_MEMORY_REGION(at, n);
#endif
}

} // namespace detail

/// Memory that is taken piece by piece and given back all at once. One per thread.
///
/// A piece lives until the `scope` that was open when it was taken ends, or until `reset()`. Both keep the memory: a loop
/// over scopes, and a second run of a size after `reset()`, allocate nothing.
///
/// Gives    pieces on 64-byte boundaries that never move.
/// Fails    std::bad_alloc, and std::bad_array_new_length where n elements pass the address space; nothing changes then.
class arena {
    struct freed {
        std::size_t size = 0;
        void        operator()(std::byte* at) const noexcept {
            detail::open_memory(at, size);
            ::operator delete(at, std::align_val_t{64});
        }
    };
    using block = std::unique_ptr<std::byte[], freed>;

    std::vector<block> blocks_;
    std::size_t        now_  = 0; // the block that is being filled; those behind it wait to be filled again
    std::size_t        used_ = 0; // bytes of it that are taken
    std::size_t        open_ = 0; // scopes
    std::size_t        held_ = 0; // bytes of all pieces
    std::size_t        most_ = 0; // that they ever were

    [[nodiscard]] std::size_t size(std::size_t b) const noexcept { return blocks_[b].get_deleter().size; }

    template <class T>
    [[nodiscard]] static std::size_t bytes_of(std::size_t n) {
        constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() - 63;
        if (n > most / sizeof(T)) {
#if GRAFT_EXCEPTIONS
            throw std::bad_array_new_length();
#else
            ::operator delete(::operator new(most)); // fails as operator new does in this program
#endif
        }
        return (n * sizeof(T) + 63) / 64 * 64;
    }

    void add_block(std::size_t bytes) {
        block b(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{64})), freed{bytes});
        detail::close_memory(b.get(), bytes);
        blocks_.push_back(std::move(b));
    }
    [[nodiscard]] std::byte* take_bytes(std::size_t bytes) {
        if (blocks_.empty() || bytes > size(now_) - used_) {
            std::size_t next = blocks_.empty() ? 0 : now_ + 1;
            while (next < blocks_.size() && size(next) < bytes) ++next;
            if (next == blocks_.size())
                add_block(std::max(bytes, blocks_.empty() ? std::size_t{4096} : 2 * size(next - 1)));
            now_ = next, used_ = 0;
        }
        std::byte* const at = blocks_[now_].get() + used_;
        used_ += bytes;
        hold(bytes);
        detail::open_memory(at, bytes);
        return at;
    }
    void hold(std::size_t bytes) noexcept {
        held_ += bytes;
        most_ = std::max(most_, held_);
    }
    void rewind(std::size_t to, std::size_t used) noexcept {
        for (std::size_t b = now_; b > to; --b) detail::close_memory(blocks_[b].get(), size(b));
        if (!blocks_.empty()) detail::close_memory(blocks_[to].get() + used, size(to) - used);
        now_ = to, used_ = used;
    }

public:
    /// Gives back at its end all that was taken while it was open. Scopes nest.
    ///
    /// Borrows  the arena, which must neither be reset nor moved meanwhile.
    class scope {
        arena*      of_;
        std::size_t block_, used_, held_, depth_;

    public:
        explicit scope(arena& of) noexcept
            : of_(&of), block_(of.now_), used_(of.used_), held_(of.held_), depth_(++of.open_) {}
        scope(const scope&)            = delete;
        scope& operator=(const scope&) = delete;
        ~scope() {
            GRAFT_ASSERT(of_->open_ == depth_, "a scope ends while one that was opened after it is open");
            --of_->open_;
            of_->held_ = held_;
            of_->rewind(block_, used_);
        }
    };

    arena() = default;
    arena(arena&& from) noexcept
        : blocks_(std::move(from.blocks_)), now_(std::exchange(from.now_, 0)), used_(std::exchange(from.used_, 0)),
          held_(std::exchange(from.held_, 0)), most_(std::exchange(from.most_, 0)) {
        GRAFT_ASSERT(from.open_ == 0, "an arena was moved under an open scope");
        from.blocks_.clear();
    }
    arena& operator=(arena&& from) noexcept {
        GRAFT_ASSERT(open_ == 0 && from.open_ == 0, "an arena was moved under an open scope");
        if (this == &from) return *this;
        blocks_ = std::move(from.blocks_);
        now_ = std::exchange(from.now_, 0), used_ = std::exchange(from.used_, 0);
        held_ = std::exchange(from.held_, 0), most_ = std::exchange(from.most_, 0);
        from.blocks_.clear();
        return *this;
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
                      "an arena forgets: what it holds must need no destructor");
        return {reinterpret_cast<T*>(take_bytes(bytes_of<T>(n))), n};
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

    /// Makes room for `n` elements where `last` lies, if that is the last piece taken and its block has room.
    ///
    /// Gives    whether it did; the new elements have indeterminate values. `n` is at least `last.size()`.
    template <class T>
    [[nodiscard]] bool extend(std::span<T>& last, std::size_t n) {
        const std::size_t had = bytes_of<T>(last.size()), wanted = bytes_of<T>(n);
        if (had == 0 || had > used_ || wanted - had > size(now_) - used_) return false;
        std::byte* const begin = blocks_[now_].get() + used_ - had;
        if (reinterpret_cast<std::byte*>(last.data()) != begin) return false;
        detail::open_memory(begin, wanted);
        used_ += wanted - had;
        hold(wanted - had);
        last = {last.data(), n};
        return true;
    }

    /// Takes back all that it gave out and keeps the memory, in one block, of `at_least` so many bytes.
    void reset(std::size_t at_least = 0) {
        GRAFT_ASSERT(open_ == 0, "an arena was reset under an open scope");
        if (!blocks_.empty()) rewind(0, 0);
        held_                 = 0;
        const std::size_t all = capacity();
        if (blocks_.size() <= 1 && all >= at_least) return;
        blocks_.clear();
        add_block(std::max(all, at_least));
    }

    /// Bytes it holds, used or not.
    [[nodiscard]] std::size_t capacity() const noexcept {
        std::size_t all = 0;
        for (std::size_t b = 0; b < blocks_.size(); ++b) all += size(b);
        return all;
    }

    /// Bytes of all pieces that were held at one time, at most, since it was made: what it needs, where `capacity` is what it keeps.
    [[nodiscard]] std::size_t most_held() const noexcept { return most_; }

    /// How many scopes are open.
    [[nodiscard]] std::size_t depth() const noexcept { return open_; }
};

} // namespace graft::inline GRAFT_ABI
