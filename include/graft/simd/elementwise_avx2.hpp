// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/elementwise_portable.hpp>
#include <graft/simd/kernels_avx2.hpp>

#if GRAFT_X86

#    include <cstddef>
#    include <immintrin.h>

// The functions of `elementwise_kernels` in eight floats, step by step as elementwise_portable.hpp says them. Four registers hold the 32
// lanes of a sum.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2 {

namespace numbers = elementwise_numbers;

[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 f8(float x) noexcept { return _mm256_set1_ps(x); }
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 mul_add(__m256 a, __m256 b, __m256 c) noexcept {
    return _mm256_fmadd_ps(a, b, c);
}
/// a < b ? x : y.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 where_less(__m256 a, __m256 b, __m256 x,
                                                                              __m256 y) noexcept {
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 negative(__m256 x) noexcept {
    return _mm256_xor_ps(x, f8(-0.f));
}
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 magnitude(__m256 x) noexcept {
    return where_less(x, f8(0.f), negative(x), x);
}
template <std::size_t N>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 polynomial(__m256 x, const float (&c)[N]) noexcept {
    __m256      p = f8(c[0]);
#    pragma GCC unroll 16
    for (std::size_t i = 1; i < N; ++i) p = mul_add(p, x, f8(c[i]));
    return p;
}
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void put(__m256 v, float* y, std::size_t left) noexcept {
    if (left >= 8) _mm256_storeu_ps(y, v);
    else _mm256_maskstore_ps(y, first(left), v);
}

[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 exp8(__m256 x) noexcept {
    const __m256 in = _mm256_min_ps(_mm256_max_ps(x, f8(numbers::exp_least)), f8(numbers::exp_most));
    const __m256 n  = mul_add(in, f8(numbers::log2_e), f8(numbers::round)) - f8(numbers::round);
    const __m256 r  = mul_add(n, f8(-numbers::ln2_low), mul_add(n, f8(-numbers::ln2_high), in));
    const __m256 y  = mul_add(polynomial(r, numbers::exp), r * r, r) + f8(1.f);
    const __m256 p =
        _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvttps_epi32(n), _mm256_set1_epi32(127)), 23));
    return where_less(x, f8(numbers::exp_least), f8(0.f), y * p);
}
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 sigmoid8(__m256 x) noexcept {
    return f8(1.f) / (f8(1.f) + exp8(negative(x)));
}
/// Φ(x), and e^(-x²/2) beside it.
struct normal {
    __m256 below, bell;
};
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline normal normal8(__m256 x) noexcept {
    const __m256 bell = exp8(x * f8(-.5f) * x), z = magnitude(x);
    const __m256 u = f8(1.f) / (z + f8(numbers::tail_centre)), t = (z - f8(numbers::tail_centre)) * u;
    const __m256 w = bell * polynomial(t, numbers::tail);
    return {where_less(x, f8(0.f), w * u, _mm256_fnmadd_ps(w, u, f8(1.f))), bell};
}
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 gelu_inner(__m256 x) noexcept {
    return x * mul_add(x * x, f8(numbers::gelu_tanh_3), f8(numbers::gelu_tanh_1));
}

struct exp_map {
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 at(__m256 x) noexcept { return exp8(x); }
};
struct tanh_map {
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 at(__m256 x) noexcept {
        const __m256 size = magnitude(x), s = x * x;
        const __m256 near = mul_add(x * s, polynomial(s, numbers::tanh), x);
        const __m256 far  = f8(1.f) - f8(2.f) / (exp8(size + size) + f8(1.f));
        return where_less(size, f8(numbers::tanh_small), near, where_less(x, f8(0.f), negative(far), far));
    }
};
struct sigmoid_map {
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 at(__m256 x) noexcept { return sigmoid8(x); }
};
struct silu_map {
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 at(__m256 x) noexcept {
        return x / (f8(1.f) + exp8(negative(x)));
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 slope(__m256 x) noexcept {
        return sigmoid8(x) * mul_add(x, sigmoid8(negative(x)), f8(1.f));
    }
};
struct gelu_map {
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 at(__m256 x) noexcept {
        return x * normal8(x).below;
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 slope(__m256 x) noexcept {
        const normal n = normal8(x);
        return mul_add(x * n.bell, f8(numbers::density), n.below);
    }
};
struct gelu_tanh_map {
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 at(__m256 x) noexcept {
        return x / (f8(1.f) + exp8(negative(gelu_inner(x))));
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 slope(__m256 x) noexcept {
        const __m256 u     = gelu_inner(x);
        const __m256 inner = mul_add(x * x, f8(3 * numbers::gelu_tanh_3), f8(numbers::gelu_tanh_1));
        return sigmoid8(u) * mul_add(x * sigmoid8(negative(u)), inner, f8(1.f));
    }
};

template <class F>
[[gnu::target("avx2,fma,f16c")]] void map(const float* x, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) put(F::at(load(x + i, n - i)), y + i, n - i);
}
template <class F>
[[gnu::target("avx2,fma,f16c")]] void slope(const float* x, const float* dy, float* dx, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) put(load(dy + i, n - i) * F::slope(load(x + i, n - i)), dx + i, n - i);
}

[[gnu::target("avx2,fma,f16c")]] inline float sum(const float* x, std::size_t n) noexcept {
    __m256      s[4] = {f8(0.f), f8(0.f), f8(0.f), f8(0.f)};
    std::size_t i    = 0;
    for (; i + 32 <= n; i += 32)
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l) s[l] = s[l] + load(x + i + 8 * l);
    for (std::size_t l = 0; i < n; ++l, i += 8) s[l] = s[l] + load(x + i, n - i);
    return fold(s);
}
[[gnu::target("avx2,fma,f16c")]] inline float spread(const float* x, float centre, std::size_t n) noexcept {
    __m256      s[4] = {f8(0.f), f8(0.f), f8(0.f), f8(0.f)};
    std::size_t i    = 0;
    for (; i + 32 <= n; i += 32)
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l) {
            const __m256 d = load(x + i + 8 * l) - f8(centre);
            s[l]           = mul_add(d, d, s[l]);
        }
    for (std::size_t l = 0; i < n; ++l, i += 8) {
        __m256 d = load(x + i, n - i) - f8(centre);
        if (n - i < 8) d = _mm256_and_ps(d, _mm256_castsi256_ps(first(n - i)));
        s[l] = mul_add(d, d, s[l]);
    }
    return fold(s);
}
[[gnu::target("avx2,fma,f16c")]] inline float dot(const float* x, const float* y, std::size_t n) noexcept {
    __m256      s[4] = {f8(0.f), f8(0.f), f8(0.f), f8(0.f)};
    std::size_t i    = 0;
    for (; i + 32 <= n; i += 32)
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l) s[l] = mul_add(load(x + i + 8 * l), load(y + i + 8 * l), s[l]);
    for (std::size_t l = 0; i < n; ++l, i += 8) s[l] = mul_add(load(x + i, n - i), load(y + i, n - i), s[l]);
    return fold(s);
}
[[gnu::target("avx2,fma,f16c")]] inline float exp_sum(const float* x, float scale, float shift, float* y,
                                                      std::size_t n) noexcept {
    const __m256 a = f8(scale), b = f8(-shift);
    __m256       s[4] = {f8(0.f), f8(0.f), f8(0.f), f8(0.f)};
    std::size_t  i    = 0;
    for (; i + 32 <= n; i += 32)
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l) {
            const __m256 e = exp8(mul_add(load(x + i + 8 * l), a, b));
            _mm256_storeu_ps(y + i + 8 * l, e);
            s[l] = s[l] + e;
        }
    for (std::size_t l = 0; i < n; ++l, i += 8) {
        __m256 e = exp8(mul_add(load(x + i, n - i), a, b));
        put(e, y + i, n - i);
        if (n - i < 8) e = _mm256_and_ps(e, _mm256_castsi256_ps(first(n - i)));
        s[l] = s[l] + e;
    }
    return fold(s);
}
[[gnu::target("avx2,fma,f16c")]] inline float largest(const float* x, std::size_t n) noexcept {
    __m256      most = f8(x[0]);
    std::size_t i    = 0;
    for (; i + 8 <= n; i += 8) most = _mm256_max_ps(load(x + i), most);
    if (i < n)
        most = _mm256_max_ps(_mm256_blendv_ps(f8(x[0]), load(x + i, n - i), _mm256_castsi256_ps(first(n - i))), most);
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(most), _mm256_extractf128_ps(most, 1));
    m        = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ps(m, _mm_movehdup_ps(m)));
}
[[gnu::target("avx2,fma,f16c")]] inline void add(const float* x, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) put(load(x + i, n - i) + load(y + i, n - i), y + i, n - i);
}
[[gnu::target("avx2,fma,f16c")]] inline void scaled(float a, const float* x, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) put(f8(a) * load(x + i, n - i), y + i, n - i);
}
[[gnu::target("avx2,fma,f16c")]] inline void multiply(const float* x, const float* z, float* y,
                                                      std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) put(load(x + i, n - i) * load(z + i, n - i), y + i, n - i);
}
[[gnu::target("avx2,fma,f16c")]] inline void blend(float a, const float* x, float b, const float* z, float* y,
                                                   std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8)
        put(f8(a) * mul_add(f8(b), load(z + i, n - i), load(x + i, n - i)), y + i, n - i);
}
[[gnu::target("avx2,fma,f16c")]] inline void normed(const float* x, float shift, float gain, const float* w,
                                                    const float* b, float* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) {
        const __m256 t = (load(x + i, n - i) - f8(shift)) * f8(gain), v = load(w + i, n - i);
        put(b == nullptr ? t * v : mul_add(t, v, load(b + i, n - i)), y + i, n - i);
    }
}
[[gnu::target("avx2,fma,f16c")]] inline void rotate(float* x, float* y, const float* cos, const float* sin,
                                                    std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) {
        const __m256 a = load(x + i, n - i), b = load(y + i, n - i), c = load(cos + i, n - i), s = load(sin + i, n - i);
        put(_mm256_fmsub_ps(a, c, b * s), x + i, n - i);
        put(mul_add(b, c, a * s), y + i, n - i);
    }
}

[[gnu::target("avx2,fma,f16c")]] inline void adamw(const adamw_step& by, const float* g, float* mean, float* square,
                                                   float* w, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) {
        const std::size_t left = n - i;
        const __m256      d    = load(g + i, left);
        const __m256      m    = mul_add(f8(by.beta1), load(mean + i, left), f8(by.add1) * d);
        const __m256      s    = mul_add(f8(by.beta2), load(square + i, left), f8(by.add2) * d * d);
        put(m, mean + i, left), put(s, square + i, left);
        const __m256 along = m / (_mm256_sqrt_ps(s) / f8(by.root) + f8(by.floor));
        put(mul_add(f8(-by.rate), along, f8(by.keep) * load(w + i, left)), w + i, left);
    }
}

/// Eight codes in 32 bits each.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256i bf16_bits(const float* x) noexcept {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
    const __m256i size = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffffff));
    const __m256i even = _mm256_and_si256(_mm256_srli_epi32(size, 16), _mm256_set1_epi32(1));
    __m256i code = _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(size, _mm256_set1_epi32(0x7fff)), even), 16);
    code         = _mm256_min_epu32(code, _mm256_set1_epi32(0x7f7f));
    code         = _mm256_and_si256(code, _mm256_cmpgt_epi32(code, _mm256_set1_epi32(0x7f))); // no subnormals
    code         = _mm256_or_si256(code, _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(0x8000)));
    return _mm256_blendv_epi8(code, _mm256_set1_epi32(0x7fc0), _mm256_cmpgt_epi32(size, _mm256_set1_epi32(0x7f7fffff)));
}
[[gnu::target("avx2,fma,f16c")]] inline void to_bf16_words(const float* x, std::uint32_t* y, std::size_t n) noexcept {
    for (; n >= 16; n -= 16, x += 16, y += 8)
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(y),
                            _mm256_permute4x64_epi64(_mm256_packus_epi32(bf16_bits(x), bf16_bits(x + 8)), 0xd8));
    elementwise::to_bf16_words(x, y, n);
}

[[gnu::target("avx2,fma,f16c")]] inline float largest_size(const float* x, std::size_t n) noexcept {
    __m256i most = _mm256_setzero_si256();
    for (std::size_t i = 0; i < n; i += 8)
        most = _mm256_max_epi32(
            most, _mm256_and_si256(_mm256_castps_si256(load(x + i, n - i)), _mm256_set1_epi32(0x7fffffff)));
    __m128i top = _mm_max_epi32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    top         = _mm_max_epi32(top, _mm_shuffle_epi32(top, 0x4e));
    top         = _mm_max_epi32(top, _mm_shuffle_epi32(top, 0xb1));
    return elementwise::size_of_bits(static_cast<std::uint32_t>(_mm_cvtsi128_si32(top)));
}
[[gnu::target("avx2,fma,f16c")]] inline std::int32_t to_int8_words(const float* x, float by, std::uint32_t* y,
                                                                   std::size_t n) noexcept {
    const __m256 all  = f8(by);
    __m256i      sums = _mm256_setzero_si256();
    for (; n >= 32; n -= 32, x += 32, y += 8) {
        __m256i code[4];
        for (int t = 0; t < 4; ++t) code[t] = _mm256_cvtps_epi32(_mm256_loadu_ps(x + 8 * t) * all);
        sums                = _mm256_add_epi32(sums, _mm256_add_epi32(_mm256_add_epi32(code[0], code[1]), //
                                                                      _mm256_add_epi32(code[2], code[3])));
        const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(code[0], code[1]), //
                                                 _mm256_packs_epi32(code[2], code[3]));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(y),
                            _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
    }
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    sum         = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum         = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return _mm_cvtsi128_si32(sum) + elementwise::to_int8_words(x, by, y, n);
}
[[gnu::target("avx2,fma,f16c")]] inline void add_scaled_ints(const std::int32_t* s, float a, const float* b, float* y,
                                                             std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256 sum = _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(s + i)));
        _mm256_storeu_ps(y + i, mul_add(sum, f8(a) * _mm256_loadu_ps(b + i), _mm256_loadu_ps(y + i)));
    }
    elementwise::add_scaled_ints(s + i, a, b + i, y + i, n - i);
}

[[nodiscard]] constexpr elementwise_kernels elementwise_functions() noexcept {
    elementwise_kernels k;
    k.name            = "avx2";
    k.exact           = true;
    k.exp             = map<exp_map>;
    k.tanh            = map<tanh_map>;
    k.sigmoid         = map<sigmoid_map>;
    k.silu            = map<silu_map>;
    k.gelu            = map<gelu_map>;
    k.gelu_tanh       = map<gelu_tanh_map>;
    k.silu_slope      = slope<silu_map>;
    k.gelu_slope      = slope<gelu_map>;
    k.gelu_tanh_slope = slope<gelu_tanh_map>;
    k.sum             = sum;
    k.largest         = largest;
    k.spread          = spread;
    k.dot             = dot;
    k.exp_sum         = exp_sum;
    k.add             = add;
    k.scaled          = scaled;
    k.multiply        = multiply;
    k.blend           = blend;
    k.normed          = normed;
    k.rotate          = rotate;
    k.adamw           = adamw;
    k.to_bf16_words   = to_bf16_words;
    k.largest_size    = largest_size;
    k.to_int8_words   = to_int8_words;
    k.add_scaled_ints = add_scaled_ints;
    return k;
}
inline constexpr elementwise_kernels elementwise_table = elementwise_functions();

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2

#endif
