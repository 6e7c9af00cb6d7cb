// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts what a program allocates. For a *.alone.cpp: it replaces operator new, so one file of a program includes it.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace test {

/// How often memory was allocated, by any thread.
inline std::atomic<std::size_t> allocations{0};

inline void* taken(std::size_t n, std::size_t align = 0) noexcept {
    ++allocations;
    return align == 0 ? std::malloc(n > 0 ? n : 1) : std::aligned_alloc(align, (n + align - 1) / align * align);
}
inline void* or_throw(void* at) {
    if (at == nullptr) throw std::bad_alloc();
    return at;
}
constexpr std::size_t bytes(std::align_val_t a) { return static_cast<std::size_t>(a); }

} // namespace test

// Every form, since a sanitizer brings its own of those that are left out.
// clang-format off
[[gnu::noinline]] void* operator new(std::size_t n) { return test::or_throw(test::taken(n)); }
[[gnu::noinline]] void* operator new[](std::size_t n) { return test::or_throw(test::taken(n)); }
[[gnu::noinline]] void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return test::taken(n); }
[[gnu::noinline]] void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return test::taken(n); }
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) { return test::or_throw(test::taken(n, test::bytes(a))); }
[[gnu::noinline]] void* operator new[](std::size_t n, std::align_val_t a) { return test::or_throw(test::taken(n, test::bytes(a))); }
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept { return test::taken(n, test::bytes(a)); }
[[gnu::noinline]] void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept { return test::taken(n, test::bytes(a)); }
[[gnu::noinline]] void operator delete(void* at) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at, std::size_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, const std::nothrow_t&) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at, const std::nothrow_t&) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::align_val_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at, std::align_val_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t, std::align_val_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at, std::size_t, std::align_val_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::align_val_t, const std::nothrow_t&) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at, std::align_val_t, const std::nothrow_t&) noexcept { std::free(at); }
// clang-format on
