// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

// Every macro of graft, each with its paragraph. All begin with GRAFT_; nothing else in the library is a macro.

// The compilers that are tested. Others are refused by one sentence until they are.
#if !(defined(__clang__) && __clang_major__ >= 14) && !(!defined(__clang__) && defined(__GNUC__) && __GNUC__ >= 12)
#    error "graft is tested with g++ 12 and clang 14 upward, in C++20 mode; this compiler is not one of them yet."
#endif

/// `GRAFT_ASSERT(condition, "sentence")` states what the caller promised. It is for programmer error only: whatever the
/// world can get wrong is a `result`. It does nothing unless the host defines it before the first graft header,
/// because a library must not end its host.
#ifndef GRAFT_ASSERT
#    define GRAFT_ASSERT(condition, sentence) static_cast<void>(sizeof(!(condition)))
#endif

/// 1 when the host compiles with exceptions. Without them `result::value()` does not exist; nothing else changes.
#if defined(__cpp_exceptions)
#    define GRAFT_EXCEPTIONS 1
#else
#    define GRAFT_EXCEPTIONS 0
#endif

/// 1 where the host links the compiled target `graft::kernels`, which defines it: what stands in `graft/compiled/` is then only
/// declared here and was compiled once, there. Units with and without it may stand in one program.
#ifndef GRAFT_KERNELS_COMPILED
#    define GRAFT_KERNELS_COMPILED 0
#endif

/// The same for what reads JSON, and model folders by it: `graft::kernels` compiles it where nlohmann/json is there, and hosts that
/// link it need none.
#ifndef GRAFT_JSON_COMPILED
#    define GRAFT_JSON_COMPILED 0
#endif

/// The inline namespace of the kernels' loops. Those of `graft::kernels` lie in another than those that a unit compiles for itself, so
/// that no linker takes a loop of an unoptimised unit for one of theirs. Nobody defines it but `graft/compiled/kernels.hpp`.
#ifndef GRAFT_KERNEL_COPY
#    define GRAFT_KERNEL_COPY of_this_host
#endif

/// 1 when the kernels for AVX2 and AVX-512 are compiled (function by function, whatever `-m` flags the host uses) and
/// chosen at run time. Define it as 0 to leave them out.
#ifndef GRAFT_X86
#    if defined(__x86_64__)
#        define GRAFT_X86 1
#    else
#        define GRAFT_X86 0
#    endif
#endif
