// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/elementwise_floats.hpp>
#include <graft/simd/elementwise_table.hpp>
#include <graft/simd/kernels_scalar.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

// The functions of `elementwise_kernels` over vectors of any width: one float (the truth) or a batch of xsimd's. A product that meets a
// sum is always written as one fused step, so that no compiler can choose where to round. elementwise_avx2.hpp says the same
// in its own instructions.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY {

namespace elementwise {

namespace numbers = elementwise_numbers;

template <class V, std::size_t N>
[[nodiscard]] V polynomial(V x, const float (&c)[N]) noexcept {
    V p(c[0]);
    for (std::size_t i = 1; i < N; ++i) p = fma(p, x, V(c[i]));
    return p;
}
template <class V>
[[nodiscard]] V magnitude(V x) noexcept {
    return where_less(x, V(0.f), -x, x);
}

/// e^x; below `exp_least` 0.
template <class V>
[[nodiscard]] V exp(V x) noexcept {
    const V in = smaller(larger(x, V(numbers::exp_least)), V(numbers::exp_most));
    const V n  = fma(in, V(numbers::log2_e), V(numbers::round)) - V(numbers::round);
    const V r  = fma(n, V(-numbers::ln2_low), fma(n, V(-numbers::ln2_high), in));
    const V y  = fma(polynomial(r, numbers::exp), r * r, r) + V(1.f);
    return where_less(x, V(numbers::exp_least), V(0.f), y * power_of_two(n));
}
template <class V>
[[nodiscard]] V sigmoid(V x) noexcept {
    return V(1.f) / (V(1.f) + exp(-x));
}
template <class V>
[[nodiscard]] V tanh(V x) noexcept {
    const V size = magnitude(x), s = x * x;
    const V near = fma(x * s, polynomial(s, numbers::tanh), x);
    const V far  = V(1.f) - V(2.f) / (exp(size + size) + V(1.f));
    return where_less(size, V(numbers::tanh_small), near, where_less(x, V(0.f), -far, far));
}
/// Φ(x), and e^(-x²/2) beside it.
template <class V>
struct normal {
    V below, bell;
    explicit normal(V x) noexcept {
        bell      = exp(x * V(-.5f) * x);
        const V z = magnitude(x), u = V(1.f) / (z + V(numbers::tail_centre)), t = (z - V(numbers::tail_centre)) * u;
        const V w = bell * polynomial(t, numbers::tail);
        below     = where_less(x, V(0.f), w * u, fma(-w, u, V(1.f)));
    }
};

/// e^x.
struct exp_map {
    template <class V>
    static V at(V x) noexcept {
        return exp(x);
    }
};
/// tanh x.
struct tanh_map {
    template <class V>
    static V at(V x) noexcept {
        return tanh(x);
    }
};
/// 1 / (1 + e^-x).
struct sigmoid_map {
    template <class V>
    static V at(V x) noexcept {
        return sigmoid(x);
    }
};
/// x / (1 + e^-x), and its slope.
struct silu_map {
    template <class V>
    static V at(V x) noexcept {
        return x / (V(1.f) + exp(-x));
    }
    template <class V>
    static V slope(V x) noexcept {
        return sigmoid(x) * fma(x, sigmoid(-x), V(1.f));
    }
};
/// x Φ(x), and its slope.
struct gelu_map {
    template <class V>
    static V at(V x) noexcept {
        return x * normal<V>(x).below;
    }
    template <class V>
    static V slope(V x) noexcept {
        const normal<V> n(x);
        return fma(x * n.bell, V(numbers::density), n.below);
    }
};
/// x Φ(x) by way of tanh, and its slope.
struct gelu_tanh_map {
    template <class V>
    static V at(V x) noexcept {
        return x / (V(1.f) + exp(-(x * fma(x * x, V(numbers::gelu_tanh_3), V(numbers::gelu_tanh_1)))));
    }
    template <class V>
    static V slope(V x) noexcept {
        const V u     = x * fma(x * x, V(numbers::gelu_tanh_3), V(numbers::gelu_tanh_1));
        const V inner = fma(x * x, V(3 * numbers::gelu_tanh_3), V(numbers::gelu_tanh_1));
        return sigmoid(u) * fma(x * sigmoid(-u), inner, V(1.f));
    }
};

/// The next vector; behind the end of a row, `fill`.
template <class V>
[[nodiscard]] V take(const float* x, std::size_t left, float fill = 0.f) noexcept {
    if (left >= V::W) return V::load(x);
    float last[V::W];
    for (float& l : last) l = fill;
    std::memcpy(last, x, left * sizeof(float));
    return V::load(last);
}
template <class V>
void put(V v, float* y, std::size_t left) noexcept {
    if (left >= V::W) return v.store(y);
    float last[V::W];
    v.store(last);
    std::memcpy(y, last, left * sizeof(float));
}

template <class V, class F>
void map(const float* x, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W) put(F::at(take<V>(x + i, n - i)), y + i, n - i);
}
template <class V, class F>
void slope(const float* x, const float* dy, float* dx, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W)
        put(take<V>(dy + i, n - i) * F::slope(take<V>(x + i, n - i)), dx + i, n - i);
}

/// Σ over 32 lanes of what `step(at, left, lane)` adds, folded as `scalar::sum` folds.
template <class V, class Step>
[[nodiscard]] float lane_sum(std::size_t n, Step step) noexcept {
    constexpr std::size_t per = 32 / V::W;
    V                     lane[per];
    for (V& l : lane) l = V(0.f);
    for (std::size_t i = 0, j = 0; i < n; i += V::W, j = (j + 1) % per) lane[j] = step(i, n - i, lane[j]);
    for (std::size_t h = per / 2; h > 0; h /= 2)
        for (std::size_t j = 0; j < h; ++j) lane[j] = lane[j] + lane[j + h];
    float last[V::W];
    lane[0].store(last);
    for (std::size_t h = V::W / 2; h > 0; h /= 2)
        for (std::size_t l = 0; l < h; ++l) last[l] = last[l] + last[l + h];
    return last[0];
}
template <class V>
float sum(const float* x, std::size_t n) noexcept {
    return lane_sum<V>(n, [x](std::size_t i, std::size_t left, V l) { return l + take<V>(x + i, left); });
}
template <class V>
float spread(const float* x, float centre, std::size_t n) noexcept {
    const V c(centre);
    return lane_sum<V>(n, [x, c, centre](std::size_t i, std::size_t left, V l) {
        const V d = take<V>(x + i, left, centre) - c;
        return fma(d, d, l);
    });
}
template <class V>
float dot(const float* x, const float* y, std::size_t n) noexcept {
    return lane_sum<V>(
        n, [x, y](std::size_t i, std::size_t left, V l) { return fma(take<V>(x + i, left), take<V>(y + i, left), l); });
}
template <class V>
float exp_sum(const float* x, float scale, float shift, float* y, std::size_t n) noexcept {
    const V a(scale), b(-shift);
    return lane_sum<V>(n, [=](std::size_t i, std::size_t left, V l) {
        const V e = exp(fma(take<V>(x + i, left), a, b));
        put(e, y + i, left);
        return l + (left >= V::W ? e : take<V>(y + i, left));
    });
}
template <class V>
float largest(const float* x, std::size_t n) noexcept {
    V most(x[0]);
    for (std::size_t i = 0; i < n; i += V::W) most = larger(take<V>(x + i, n - i, x[0]), most);
    float last[V::W], out;
    most.store(last);
    out = last[0];
    for (float l : last) out = l > out ? l : out;
    return out;
}
template <class V>
void add(const float* x, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W) put(take<V>(x + i, n - i) + take<V>(y + i, n - i), y + i, n - i);
}
template <class V>
void scaled(float a, const float* x, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W) put(V(a) * take<V>(x + i, n - i), y + i, n - i);
}
template <class V>
void multiply(const float* x, const float* z, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W) put(take<V>(x + i, n - i) * take<V>(z + i, n - i), y + i, n - i);
}
template <class V>
void blend(float a, const float* x, float b, const float* z, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W)
        put(V(a) * fma(V(b), take<V>(z + i, n - i), take<V>(x + i, n - i)), y + i, n - i);
}
template <class V>
void normed(const float* x, float shift, float gain, const float* w, const float* b, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W) {
        const V t = (take<V>(x + i, n - i) - V(shift)) * V(gain), v = take<V>(w + i, n - i);
        put(b == nullptr ? t * v : fma(t, v, take<V>(b + i, n - i)), y + i, n - i);
    }
}
template <class V>
void rotate(float* x, float* y, const float* cos, const float* sin, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W) {
        const V a = take<V>(x + i, n - i), b = take<V>(y + i, n - i), c = take<V>(cos + i, n - i),
                s = take<V>(sin + i, n - i);
        put(fma(a, c, -(b * s)), x + i, n - i);
        put(fma(b, c, a * s), y + i, n - i);
    }
}

template <class V>
void adamw(const adamw_step& by, const float* g, float* mean, float* square, float* w, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += V::W) {
        const std::size_t left = n - i;
        const V           d    = take<V>(g + i, left);
        const V           m    = fma(V(by.beta1), take<V>(mean + i, left), V(by.add1) * d);
        const V           s    = fma(V(by.beta2), take<V>(square + i, left), V(by.add2) * d * d);
        put(m, mean + i, left), put(s, square + i, left);
        const V along = m / (root(s) / V(by.root) + V(by.floor));
        put(fma(V(-by.rate), along, V(by.keep) * take<V>(w + i, left)), w + i, left);
    }
}

[[nodiscard]] inline std::uint32_t bf16_bits(float x) noexcept {
    const bool number = (std::bit_cast<std::uint32_t>(x) & 0x7fffffffu) < 0x7f800000u;
    return number ? static_cast<std::uint32_t>(to_bf16(x)) : 0x7fc0u;
}
inline void to_bf16_words(const float* x, std::uint32_t* y, std::size_t n) noexcept {
    for (; n >= 2; n -= 2, x += 2) *y++ = bf16_bits(x[0]) | bf16_bits(x[1]) << 16;
    if (n > 0) *y = bf16_bits(x[0]);
}
[[nodiscard]] inline float size_of_bits(std::uint32_t most) noexcept {
    return std::bit_cast<float>(most < 0x7f800000u ? most : 0x7fc00000u);
}
inline float largest_size(const float* x, std::size_t n) noexcept {
    std::uint32_t most = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t size = std::bit_cast<std::uint32_t>(x[i]) & 0x7fffffffu;
        most                     = size > most ? size : most;
    }
    return size_of_bits(most);
}
inline std::int32_t to_int8_words(const float* x, float by, std::uint32_t* y, std::size_t n) noexcept {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; i += 4) {
        std::uint32_t word = 0;
        for (std::size_t j = 0; j < 4 && i + j < n; ++j) {
            const auto code = static_cast<std::int32_t>(std::nearbyint(x[i + j] * by));
            word |= (static_cast<std::uint32_t>(code) & 0xffu) << 8 * j;
            sum += code;
        }
        y[i / 4] = word;
    }
    return sum;
}
inline void add_scaled_ints(const std::int32_t* s, float a, const float* b, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) y[i] = scalar::fused(static_cast<float>(s[i]), scalar::pinned(a * b[i]), y[i]);
}

template <class V>
[[nodiscard]] constexpr elementwise_kernels table_of(std::string_view name, bool exact) noexcept {
    elementwise_kernels k;
    k.name            = name;
    k.exact           = exact;
    k.exp             = map<V, exp_map>;
    k.tanh            = map<V, tanh_map>;
    k.sigmoid         = map<V, sigmoid_map>;
    k.silu            = map<V, silu_map>;
    k.gelu            = map<V, gelu_map>;
    k.gelu_tanh       = map<V, gelu_tanh_map>;
    k.silu_slope      = slope<V, silu_map>;
    k.gelu_slope      = slope<V, gelu_map>;
    k.gelu_tanh_slope = slope<V, gelu_tanh_map>;
    k.sum             = sum<V>;
    k.largest         = largest<V>;
    k.spread          = spread<V>;
    k.dot             = dot<V>;
    k.exp_sum         = exp_sum<V>;
    k.add             = add<V>;
    k.scaled          = scaled<V>;
    k.multiply        = multiply<V>;
    k.blend           = blend<V>;
    k.normed          = normed<V>;
    k.rotate          = rotate<V>;
    k.adamw           = adamw<V>;
    k.to_bf16_words   = to_bf16_words;
    k.largest_size    = largest_size;
    k.to_int8_words   = to_int8_words;
    k.add_scaled_ints = add_scaled_ints;
    return k;
}

} // namespace elementwise

namespace scalar {
/// The functions one float at a time: the truth.
template <class = void>
inline constexpr elementwise_kernels elementwise_table = elementwise::table_of<one_float>("scalar", true);
} // namespace scalar

namespace portable {
/// The functions in batches of an architecture of xsimd's.
template <class Arch>
inline constexpr elementwise_kernels elementwise_table = elementwise::table_of<some_floats<Arch>>("portable", fused);
} // namespace portable

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY
