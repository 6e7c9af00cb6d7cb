// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/math/kernels_avx2.hpp>
#include <graft/math/kernels_avx512.hpp>
#include <graft/math/kernels_portable.hpp>
#include <graft/math/kernels_scalar.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline v0_1 {

/// The inner loops that decide the speed, as one machine runs them. Rows are [n, dims], row-major; nothing need be aligned
/// (64-byte boundaries are 30 % faster); outputs must not overlap inputs.
///
/// Every sum over a row has the one order of kernels_scalar.hpp: 32 lanes of fused multiply-adds, a fixed tree. Every
/// chain runs over k from the value of C upward. So all tables with `exact` agree to the bit.
struct kernels {
    std::string_view name  = {};
    bool             exact = false; ///< the sums are those of the definition, to the bit

    /// out[i] = q · row i.
    void (*dots)(const float* q, const float* rows, std::size_t n, std::size_t dims, float* out) noexcept = nullptr;
    /// out[i] = |q - row i|².
    void (*distances)(const float* q, const float* rows, std::size_t n, std::size_t dims,
                      float* out) noexcept = nullptr;
    /// out[i] = q · row which[i].
    void (*dots_of)(const float* q, const float* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                    float* out) noexcept = nullptr;
    /// out[i] = |q - row which[i]|².
    void (*distances_of)(const float* q, const float* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
                         float* out) noexcept = nullptr;
    /// c[i * c_row + j] = row i of a [n, dims] · row j of b [m, dims]; the same bits as `dots`.
    void (*tile)(const float* a, std::size_t n, const float* b, std::size_t m, std::size_t dims, float* c,
                 std::size_t c_row) noexcept = nullptr;
    /// y[i] = a x[i] + y[i], one rounding.
    void (*axpy)(float a, const float* x, float* y, std::size_t n) noexcept = nullptr;
    /// c[i, j] = c[i, j] + the sum over t < k of a[i * a_row + t * a_step] b[t, j], for i < n and j < m: one step of a
    /// chain for each t, in order.
    void (*chains)(const float* a, std::size_t a_row, std::size_t a_step, const float* b, std::size_t b_row, float* c,
                   std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept = nullptr;
};

namespace detail {

inline constexpr kernels scalar_table{.name         = "scalar",
                                      .exact        = true,
                                      .dots         = scalar::dots,
                                      .distances    = scalar::distances,
                                      .dots_of      = scalar::dots_of,
                                      .distances_of = scalar::distances_of,
                                      .tile         = scalar::tile,
                                      .axpy         = scalar::axpy,
                                      .chains       = scalar::chains};

template <class Arch>
inline constexpr kernels portable_table{.name         = "portable",
                                        .exact        = portable::fused,
                                        .dots         = portable::dots<Arch>,
                                        .distances    = portable::distances<Arch>,
                                        .dots_of      = portable::dots_of<Arch>,
                                        .distances_of = portable::distances_of<Arch>,
                                        .tile         = portable::tile<Arch>,
                                        .axpy         = portable::axpy<Arch>,
                                        .chains       = portable::chains<Arch>};

#if GRAFT_X86
inline constexpr kernels avx2_table{.name         = "avx2",
                                    .exact        = true,
                                    .dots         = avx2::dots,
                                    .distances    = avx2::distances,
                                    .dots_of      = avx2::dots_of,
                                    .distances_of = avx2::distances_of,
                                    .tile         = avx2::tile,
                                    .axpy         = avx2::axpy,
                                    .chains       = avx2::chains};

inline constexpr kernels avx512_table{.name         = "avx512",
                                      .exact        = true,
                                      .dots         = avx512::dots,
                                      .distances    = avx512::distances,
                                      .dots_of      = avx512::dots_of,
                                      .distances_of = avx512::distances_of,
                                      .tile         = avx512::tile,
                                      .axpy         = avx512::axpy,
                                      .chains       = avx512::chains};
#endif

} // namespace detail

/// The truth, for comparisons: slow.
[[nodiscard]] inline const kernels& scalar_kernels() noexcept { return detail::scalar_table; }

/// xsimd's kernels, as wide as the flags of the host allow. `exact` where those include a fused multiply-add.
[[nodiscard]] inline const kernels& portable_kernels() noexcept { return detail::portable_table<xsimd::default_arch>; }

/// The kernels of that name, or nullptr where there are none or this processor cannot run them: "best", "scalar",
/// "portable", "avx2" (with FMA), "avx512".
[[nodiscard]] inline const kernels* kernels_named(std::string_view name) noexcept;

/// The fastest kernels that this processor runs.
///
/// Costs    a few bit tests: nothing is stored, nothing locked.
[[nodiscard]] inline const kernels& best_kernels() noexcept {
    for (const std::string_view name : {std::string_view("avx512"), std::string_view("avx2")})
        if (const kernels* found = kernels_named(name)) return *found;
    return portable_kernels();
}

inline const kernels* kernels_named(std::string_view name) noexcept {
#if GRAFT_X86
    if (name == "avx512") return __builtin_cpu_supports("avx512f") ? &detail::avx512_table : nullptr;
    if (name == "avx2")
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &detail::avx2_table : nullptr;
#endif
    if (name == "scalar") return &scalar_kernels();
    if (name == "portable") return &portable_kernels();
    return name == "best" ? &best_kernels() : nullptr;
}

} // namespace graft::inline v0_1
