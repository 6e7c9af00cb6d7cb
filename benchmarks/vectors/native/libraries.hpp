// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../suite.hpp"

#if __has_include(<peers_found.hpp>)
#    include <peers_found.hpp> // written by peers.sh, so that a change of what it found is a change of this file
#endif
#ifndef BENCH_HNSWLIB // else each with its version
#    define BENCH_HNSWLIB "hnswlib"
#    define BENCH_NUMKONG "NumKong"
#    define BENCH_SIMSIMD "SimSIMD"
#endif

#if defined(__clang__) ? __clang_major__ < 17 : __GNUC__ < 13 // has no types for them
#    define SIMSIMD_NATIVE_F16 0
#    define SIMSIMD_NATIVE_BF16 0
#    define NK_NATIVE_F16 0
#    define NK_NATIVE_BF16 0
#endif

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>
#if __has_include(<simsimd/simsimd.h>)
#    define HAS_SIMSIMD
#    include <simsimd/simsimd.h>
#endif
#if __has_include(<numkong/numkong.h>)
#    define HAS_NUMKONG
#    include <numkong/numkong.h>
#endif

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// The peers that are libraries of C and C++, each at its best: what one makes of the rows for itself is made before the
// clock runs.

namespace bench {

using grid    = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using stride  = Eigen::OuterStride<>;
using mapped  = Eigen::Map<const grid>;
using written = Eigen::Map<grid, 0, stride>;
template <class T>
using column = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>;

[[nodiscard]] inline Eigen::Index index(std::size_t n) { return static_cast<Eigen::Index>(n); }

/// Memory in huge pages where there is enough of it.
[[nodiscard]] inline std::shared_ptr<std::byte[]> room(std::size_t bytes) {
    auto* const at = static_cast<std::byte*>(graft::detail::allocate(bytes));
    if (at == nullptr) graft::detail::no_memory();
    return {at, [bytes](std::byte* p) { graft::detail::release(p, bytes); }};
}

/// f(first, last) for the shares of n, in pieces of `chunk_span`, on so many threads.
template <class F>
void shared_out(std::size_t threads, std::size_t n, std::size_t piece, const F& f) {
    const auto                share = [&](std::size_t t) { return t == threads ? n : n / piece * t / threads * piece; };
    std::vector<std::jthread> helpers;
    for (std::size_t t = 1; t < threads; ++t) helpers.emplace_back([&, t] { f(t, share(t), share(t + 1)); });
    f(std::size_t{0}, std::size_t{0}, share(1));
}

/// The two functions of a BLAS with their integers 32 or 64 bits wide.
struct blas {
    std::string name;
    std::function<void(int at, int bt, long m, long n, long k, const float* a, long a_row, const float* b, long b_row,
                       float* c, long c_row)>
                                                                                        gemm = {};
    std::function<void(long rows, long dims, const float* a, const float* x, float* y)> gemv = {};
};

/// OpenBLAS of Debian and out of numpy's wheel below `folder`; those without functions are missing.
[[nodiscard]] std::vector<blas> every_blas(const std::string& folder);

#ifdef HAS_NUMKONG
/// NumKong's functions for many rows and queries.
template <class T, class Sum>
struct numkong {
    nk_size_t (*size)(nk_size_t, nk_size_t)                                                          = nullptr;
    void (*pack)(const T*, nk_size_t, nk_size_t, nk_size_t, void*)                                   = nullptr;
    void (*dots)(const T*, const void*, Sum*, nk_size_t, nk_size_t, nk_size_t, nk_size_t, nk_size_t) = nullptr;
};
#endif

/// In a unit of its own: Debian's version defines functions that are not inline.
void add_hnswlib(peers& all);
void add_dots(peers& all, const std::vector<blas>& libraries);
void add_products(peers& all, const std::vector<blas>& libraries);
void add_searches(peers& all, const std::vector<blas>& libraries);

} // namespace bench
