// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/kernels.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

// Metrics: how well a row fits a query, as a number where higher is better.

/// The cosine of the angle: an index stores unit rows, so it is a dot product. A zero row has no direction.
struct cosine {
    static constexpr std::string_view name      = "cosine";
    static constexpr bool             unit_rows = true;  ///< rows and queries are scaled to length 1
    static constexpr bool             zero_fits = false; ///< whether a zero query is near anything
    static constexpr unsigned         needs     = need::rows;

    static void scores(const kernels& by, const float* q, const float* rows, std::size_t n, std::size_t dims,
                       float* out) noexcept {
        by.f32.dots(q, rows, n, dims, out);
    }
    static void scores_of(const kernels& by, const float* q, const float* rows, const std::uint32_t* which,
                          std::size_t n, std::size_t dims, float* out) noexcept {
        by.f32.dots_of(q, rows, which, n, dims, out);
    }
};

/// The dot product, of rows as they are.
struct inner_product {
    static constexpr std::string_view name      = "inner_product";
    static constexpr bool             unit_rows = false;
    static constexpr bool             zero_fits = false;
    static constexpr unsigned         needs     = need::rows;

    static void scores(const kernels& by, const float* q, const float* rows, std::size_t n, std::size_t dims,
                       float* out) noexcept {
        by.f32.dots(q, rows, n, dims, out);
    }
    static void scores_of(const kernels& by, const float* q, const float* rows, const std::uint32_t* which,
                          std::size_t n, std::size_t dims, float* out) noexcept {
        by.f32.dots_of(q, rows, which, n, dims, out);
    }
};

/// Minus the squared Euclidean distance: 0 is best.
struct squared_distance {
    static constexpr std::string_view name      = "squared_distance";
    static constexpr bool             unit_rows = false;
    static constexpr bool             zero_fits = true;
    static constexpr unsigned         needs     = need::rows;

    static void scores(const kernels& by, const float* q, const float* rows, std::size_t n, std::size_t dims,
                       float* out) noexcept {
        by.f32.distances(q, rows, n, dims, out);
        for (std::size_t i = 0; i < n; ++i) out[i] = -out[i];
    }
    static void scores_of(const kernels& by, const float* q, const float* rows, const std::uint32_t* which,
                          std::size_t n, std::size_t dims, float* out) noexcept {
        by.f32.distances_of(q, rows, which, n, dims, out);
        for (std::size_t i = 0; i < n; ++i) out[i] = -out[i];
    }
};

/// Scores rows against a query. Any struct with these members is one.
template <class M>
concept metric = requires(const kernels& by, const float* in, const std::uint32_t* which, std::size_t n, float* out) {
    { M::name } -> std::convertible_to<std::string_view>;
    { M::unit_rows } -> std::convertible_to<bool>;
    { M::zero_fits } -> std::convertible_to<bool>;
    M::scores(by, in, in, n, n, out);
    M::scores_of(by, in, in, which, n, n, out);
};

} // namespace graft::inline GRAFT_ABI
