// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/index/graph.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace graft::inline GRAFT_ABI {

/// How a graph is built and searched.
struct hnsw_params {
    std::size_t   links       = 16;     ///< M: links a row and level, twice that on level 0; 2 to 512
    std::size_t   build_beam  = 200;    ///< efConstruction: candidates kept while a row is linked
    std::size_t   search_beam = 64;     ///< ef: candidates kept while a query walks
    std::size_t   exact_below = 10'000; ///< segments with fewer rows keep no graph and are scanned
    std::uint64_t seed        = 100;    ///< of the levels

    bool operator==(const hnsw_params&) const = default;
};

namespace detail {

/// A distance as hnswlib handles it. A type of our own, so that no host's instantiation of hnswlib is linked to ours.
struct build_distance {
    float value = 0;

    friend bool           operator<(build_distance a, build_distance b) noexcept { return a.value < b.value; }
    friend bool           operator>(build_distance a, build_distance b) noexcept { return a.value > b.value; }
    friend build_distance operator-(build_distance a) noexcept { return {-a.value}; }
};

/// How rows of a table are compared while their graph is built: by graft's kernels. hnswlib is given addresses of rows, not copies:
/// its records stay small, and rows stay on their cache lines.
struct row_distance {
    build_distance (*of)(const void* a, const void* b, const void* how) = nullptr; ///< `how`: this very struct
    const kernels* by                                                   = nullptr;
    std::size_t    stride                                               = 0; ///< floats of a row
};

template <metric Metric>
[[nodiscard]] build_distance distance_by(const void* a, const void* b, const void* how) {
    const auto&  set = *static_cast<const row_distance*>(how);
    const float *from, *to;
    std::memcpy(&from, a, sizeof from); // its records are not aligned
    std::memcpy(&to, b, sizeof to);
    fetch(to, set.stride);
    float score = 0;
    Metric::scores(*set.by, from, to, 1, set.stride, &score);
    return {-score};
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
