// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "suite.hpp"

#include <graft/base/pages.hpp>

#include <cstring>

// What the machine can do at most: the yardsticks of the suite, timed in the same races as what is held against them.

namespace bench {

/// Memory in huge pages.
template <class T>
class buffer {
    struct freed {
        std::size_t bytes = 0;
        void        operator()(T* at) const noexcept { graft::detail::release(at, bytes); }
    };
    std::unique_ptr<T[], freed> at_;
    std::size_t                 size_ = 0;

public:
    buffer() = default;
    explicit buffer(std::size_t n) : size_(n) {
        void* const at = graft::detail::allocate(n * sizeof(T));
        if (at == nullptr) graft::detail::no_memory();
        std::memset(at, 0, n * sizeof(T));
        at_ = {static_cast<T*>(at), freed{n * sizeof(T)}};
    }
    [[nodiscard]] T*          data() const noexcept { return at_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] T&          operator[](std::size_t i) const noexcept { return at_[i]; }
};

/// As many multiply-adds at once as the machine does in a format: chains of one instruction in registers, on each of so
/// many threads. Null where it has no such instruction.
struct peak {
    work   run        = {};
    double operations = 0; ///< of one call, a multiply-add being two
};
[[nodiscard]] peak peak_of(format f, std::size_t threads);

/// Reads all of it, in the way that was quickest here on so many threads: streams next to each other, with and without
/// prefetch.
[[nodiscard]] work reading(const void* from, std::size_t bytes, std::size_t threads);

} // namespace bench
