// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// The numbers of a step of AdamW, which all weights of a tensor share.
struct adamw_step {
    float beta1, beta2; ///< of the two moments
    float add1, add2;   ///< 1 - beta
    float keep;         ///< 1 - rate · decay: what is left of a weight
    float rate;         ///< over 1 - beta1^t
    float root;         ///< √(1 - beta2^t)
    float floor;        ///< epsilon
};

/// What layers do between two products, a row at a time, as one machine runs it. Every table with `exact` gives the same bits: each
/// function is a fixed sequence of roundings, and each sum has 32 lanes and the tree of `scalar::sum`.
///
/// Rows need no alignment. An output is an input or does not overlap it. NaN gives NaN, and is not promised to the bit.
///
/// Costs    one pass, 0.1 to 1 ns an element.
struct elementwise_kernels {
    using map_kernel   = void (*)(const float* x, float* y, std::size_t n) noexcept;
    using slope_kernel = void (*)(const float* x, const float* dy, float* dx, std::size_t n) noexcept;

    std::string_view name  = {};
    bool             exact = false; ///< a step is one rounding, so the bits are those of the truth

    // y = f(x). Errors are relative to the result, unless said.
    map_kernel exp     = nullptr; ///< 2e-7; 0 below -87.3, infinity above 88.3
    map_kernel tanh    = nullptr; ///< 2e-7
    map_kernel sigmoid = nullptr; ///< 1 / (1 + e^-x); 3e-7
    map_kernel silu    = nullptr; ///< x / (1 + e^-x); 3e-7
    map_kernel gelu    = nullptr; ///< x Φ(x), the exact form; 1e-6 above -4, where it is 1e-4, and 1e-7 absolute below
    map_kernel gelu_tanh = nullptr; ///< its approximation by tanh; the same errors

    // dx = dy f'(x)
    slope_kernel silu_slope      = nullptr;
    slope_kernel gelu_slope      = nullptr;
    slope_kernel gelu_tanh_slope = nullptr;

    // a row to a number
    float (*sum)(const float* x, std::size_t n) noexcept                  = nullptr;
    float (*largest)(const float* x, std::size_t n) noexcept              = nullptr; ///< n > 0
    float (*spread)(const float* x, float centre, std::size_t n) noexcept = nullptr; ///< Σ (x - centre)²
    float (*dot)(const float* x, const float* y, std::size_t n) noexcept  = nullptr; ///< Σ x y

    /// y = e^(scale x - shift), and the sum of it.
    float (*exp_sum)(const float* x, float scale, float shift, float* y, std::size_t n) noexcept = nullptr;

    /// y += x.
    void (*add)(const float* x, float* y, std::size_t n) noexcept = nullptr;
    /// y = a x.
    void (*scaled)(float a, const float* x, float* y, std::size_t n) noexcept = nullptr;
    /// y = x z.
    void (*multiply)(const float* x, const float* z, float* y, std::size_t n) noexcept = nullptr;
    /// y = a (x + b z), what the backward pass of a norm ends with.
    void (*blend)(float a, const float* x, float b, const float* z, float* y, std::size_t n) noexcept = nullptr;
    /// y = (x - shift) gain w + b; without b where it is null.
    void (*normed)(const float* x, float shift, float gain, const float* w, const float* b, float* y,
                   std::size_t n) noexcept = nullptr;
    /// (x, y) becomes (x cos - y sin, y cos + x sin).
    void (*rotate)(float* x, float* y, const float* cos, const float* sin, std::size_t n) noexcept = nullptr;
    /// x as bf16, two to a word, the first in its lower half, the last word filled up with 0: `to_bf16`, but what is no number becomes NaN.
    void (*to_bf16_words)(const float* x, std::uint32_t* y, std::size_t n) noexcept = nullptr;
    /// The largest |x|; NaN where one is no number.
    float (*largest_size)(const float* x, std::size_t n) noexcept = nullptr;
    /// The nearest whole numbers of x by, which must fit, as int8, four to a word, the first in its lowest byte, the last word filled up with 0. Gives their sum.
    std::int32_t (*to_int8_words)(const float* x, float by, std::uint32_t* y, std::size_t n) noexcept = nullptr;
    /// mean = beta1 mean + add1 g, square = beta2 square + add2 g g, w = keep w - rate mean / (√square / root + floor): each a fused step and roundings
    /// in this order.
    void (*adamw)(const adamw_step& by, const float* g, float* mean, float* square, float* w,
                  std::size_t n) noexcept = nullptr;
    /// y += s (a b), one fused step, of a whole s below 2^24 in size (above, it is rounded first).
    void (*add_scaled_ints)(const std::int32_t* s, float a, const float* b, float* y, std::size_t n) noexcept = nullptr;
};

/// The numbers of the polynomials: minimax fits of our own, in their order of use.
namespace elementwise_numbers {

inline constexpr float log2_e = 1.44269504f, ln2_high = 0.693145752f, ln2_low = 1.42860677e-6f;
inline constexpr float round     = 12582912.f; ///< 1.5 2^23: adding it rounds to a whole number
inline constexpr float exp_least = -87.3365479f, exp_most = 88.7228394f;

/// (e^r - 1 - r) / r² on |r| <= ln 2 / 2; 3e-9 of e^r.
inline constexpr float exp[5] = {0.00138146128f, 0.00836871006f, 0.041668389f, 0.166665211f, 0.49999994f};

/// Φ(-z) e^(z²/2) (z + 3.5) in t = (z - 3.5) / (z + 3.5), for z >= 0; 6e-9 relative up to z = 14.
inline constexpr float tail_centre = 3.5f;
inline constexpr float tail[10] = {0.00011273635f, 0.000425661652f, -0.000494650623f, -0.00317779765f, 0.00649240706f,
                                   0.0174069088f,  -0.116052896f,   0.315425009f,     -0.565561771f,   0.744416058f};

/// (tanh x - x) / x³ in x² on |x| <= 0.625; 4e-9.
inline constexpr float tanh[5]    = {-0.00571704516f, 0.020650588f, -0.0537434965f, 0.133314908f, -0.333332837f};
inline constexpr float tanh_small = 0.625f;

inline constexpr float density = 0.39894228f; ///< 1 / sqrt(2 pi)

/// sqrt(8 / pi), and that times 0.044715: twice the argument of the tanh.
inline constexpr float gelu_tanh_1 = 1.59576912f, gelu_tanh_3 = 0.0713548163f;

} // namespace elementwise_numbers

} // namespace graft::inline GRAFT_ABI
