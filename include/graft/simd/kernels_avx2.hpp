// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/simd/element.hpp>
#include <graft/simd/tile.hpp>

#if GRAFT_X86

#    include <cstddef>
#    include <cstdint>
#    include <cstring>
#    include <immintrin.h>
#    include <type_traits>

// Kernels for AVX2 with FMA and F16C, compiled function by function whatever the flags of the host; call them only
// where the processor has all three. Four registers of eight hold the 32 lanes of the definition in kernels_scalar.hpp:
// equal to the bit. Three rows a call share the query's loads; their 12 sums, the query and a row fill most of the
// registers (four rows spill). Integers need fewer and take four rows. Nothing is read behind a row.
// The test compares all lengths from 0 to 1,100; tolerance: none.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2 {

template <class Vector>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline Vector pinned(Vector v) noexcept {
    asm("" : "+x"(v));
    return v;
}
template <class Vector>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline Vector plus(Vector a, Vector b) noexcept {
    return pinned(a + b);
}
/// x y + s, in the register of s: clang 14 otherwise puts it into a factor's, copies sums and spills.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 fused(__m256 x, __m256 y, __m256 s) noexcept {
#    if defined(__clang__)
    asm("{vfmadd231ps %2, %1, %0|vfmadd231ps %0, %1, %2}" : "+x"(s) : "x"(x), "x"(y));
    return s;
#    else
    return _mm256_fmadd_ps(x, y, s);
#    endif
}
/// The words below n.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256i first(std::size_t n) noexcept {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < 8 ? static_cast<int>(n) : 8),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
/// The next 32 bytes.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256i bytes(const void* from) noexcept {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
/// The next n bytes (less than 32), then zeros.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256i end_of(const void* from, std::size_t n) noexcept {
    const std::size_t words = n / 4;
    __m256i           v     = _mm256_maskload_epi32(static_cast<const int*>(from), first(words));
    if (n % 4 == 0) return v;
    const auto*   left = static_cast<const unsigned char*>(from) + 4 * words;
    std::uint16_t two  = 0;
    std::uint32_t last = 0;
    if ((n & 2) != 0) std::memcpy(&two, left, 2);
    if ((n & 1) != 0) last = static_cast<std::uint32_t>(left[n & 2]) << (n & 2) * 8;
    const __m256i at =
        _mm256_cmpeq_epi32(_mm256_set1_epi32(static_cast<int>(words)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_or_si256(v, _mm256_and_si256(at, _mm256_set1_epi32(static_cast<int>(last | two))));
}
/// Eight bf16, which both halves hold, as floats.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256i bf16_parts(__m256i v) noexcept {
    return _mm256_shuffle_epi8(v, _mm256_setr_epi8(-1, -1, 0, 1, -1, -1, 2, 3, -1, -1, 4, 5, -1, -1, 6, 7, -1, -1, 8, 9,
                                                   -1, -1, 10, 11, -1, -1, 12, 13, -1, -1, 14, 15));
}
/// Eight codes, in the low bytes, as floats.
template <class Code>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 widened(__m128i v) noexcept {
    if constexpr (std::is_same_v<Code, f16_code>) return _mm256_cvtph_ps(v);
    if constexpr (std::is_same_v<Code, bf16_code>)
        return _mm256_castsi256_ps(bf16_parts(_mm256_broadcastsi128_si256(v)));
    if constexpr (std::is_same_v<Code, i8_code>)
        return _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_cvtepu8_epi32(v), _mm256_set1_epi32(128)));
}
/// Eight numbers.
template <class Code>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 load(const Code* from) noexcept {
    if constexpr (sizeof(Code) == 4) return _mm256_loadu_ps(from);
    if constexpr (sizeof(Code) == 2) return widened<Code>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    if constexpr (sizeof(Code) == 1) return widened<Code>(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}
/// n numbers, no more than eight, then +0.
template <class Code>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256 load(const Code* from, std::size_t n) noexcept {
    if (n >= 8) return load(from);
    if constexpr (sizeof(Code) == 4) {
        return _mm256_maskload_ps(from, first(n));
    } else {
        const __m256 v = widened<Code>(_mm256_castsi256_si128(end_of(from, n * sizeof(Code))));
        return sizeof(Code) == 2 ? v : _mm256_and_ps(v, _mm256_castsi256_ps(first(n)));
    }
}
/// Four registers of one row: l with l + 16, 8, 4, 2, 1.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline float fold(const __m256 (&s)[4]) noexcept {
    const __m256 v = plus(plus(s[0], s[2]), plus(s[1], s[3]));
    __m128       x = plus(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x              = plus(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(plus(x, _mm_movehdup_ps(x)));
}
/// The sum of the eight words, of one register or of four.
template <std::size_t R, class Sum>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void total(const __m256i (&s)[R], Sum* out) noexcept {
    const __m256i v = _mm256_hadd_epi32(_mm256_hadd_epi32(s[0], s[R > 1 ? 1 : 0]),
                                        _mm256_hadd_epi32(s[R > 2 ? 2 : 0], s[R > 2 ? 3 : 0]));
    const __m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    if constexpr (R == 1) *out = static_cast<Sum>(_mm_cvtsi128_si32(x));
    else _mm_storeu_si128(reinterpret_cast<__m128i*>(out), x);
}

/// An f32 query against rows of any code, eight elements a register.
template <class Code, bool squared_difference>
struct lanes {
    using vec                         = __m256;
    static constexpr std::size_t rows = 3, width = 8;

    template <class Number, class... Left>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 take(const Number* from, Left... n) noexcept {
        return load(from, n...);
    }
    /// In a register: g++ loads it again for every row.
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 query(__m256 x) noexcept { return pinned(x); }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 step(__m256 x, __m256 y, __m256 s) noexcept {
        if constexpr (squared_difference) x = y = _mm256_sub_ps(x, y);
        return _mm256_fmadd_ps(x, y, s);
    }
};
/// bf16 with bf16: lanes over words of two, both products into one sum, the upper first.
struct bf16_lanes {
    using vec                         = __m256i;
    static constexpr std::size_t rows = 3, width = 16;
    struct parts {
        __m256i upper, lower;
    };

    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i take(const bf16_code* from) noexcept {
        return pinned(bytes(from));
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i take(const bf16_code* from,
                                                                             std::size_t      n) noexcept {
        return n >= width ? bytes(from) : end_of(from, 2 * n);
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i lower(__m256i v) noexcept {
        return pinned(_mm256_slli_epi32(v, 16));
    }
    /// Takes the lower elements, whose zeros spare a register for a mask.
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i upper(__m256i v, __m256i lower) noexcept {
        return _mm256_blend_epi16(lower, v, 0xaa);
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static parts query(__m256i x) noexcept {
        const __m256i low = lower(x);
        return {pinned(upper(x, low)), low};
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256 step(const parts& x, __m256i y,
                                                                            __m256 s) noexcept {
        const __m256i low = lower(y);
        s                 = fused(_mm256_castsi256_ps(x.upper), _mm256_castsi256_ps(upper(y, low)), s);
        return fused(_mm256_castsi256_ps(x.lower), _mm256_castsi256_ps(low), s);
    }
};
/// R rows, four registers of sums each.
template <class Lanes, std::size_t R, class Query, class Code>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void lane_sums(const Query* q, const Code* const* r,
                                                                           std::size_t dims, float* out) noexcept {
    constexpr std::size_t W = Lanes::width;
    __m256                s[R][4];
#    pragma GCC           unroll 4
    for (std::size_t b = 0; b < R; ++b)
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l) s[b][l] = pinned(_mm256_setzero_ps());
    std::size_t i = 0;
    for (; i + 4 * W <= dims; i += 4 * W)
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l) {
            const auto x = Lanes::query(Lanes::take(q + i + l * W));
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) s[b][l] = Lanes::step(x, Lanes::take(r[b] + i + l * W), s[b][l]);
        }
    if (i < dims) { // the last registers: full ones, one with the end of the row, zeros
        const std::size_t   whole = dims / W * W, padded = (dims + 2 * W - 1) / (2 * W) * (2 * W);
        typename Lanes::vec x = Lanes::take(q + whole, dims - whole), y[R];
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < R; ++b) y[b] = Lanes::take(r[b] + whole, dims - whole);
#    pragma GCC unroll 4
        for (std::size_t l = 0; l < 4; ++l, i += W) {
            if (i >= padded) continue;
            const auto x_l = Lanes::query(i < whole ? Lanes::take(q + i) : x);
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) {
                s[b][l] = Lanes::step(x_l, i < whole ? Lanes::take(r[b] + i) : y[b], s[b][l]);
                if (i >= whole) y[b] = typename Lanes::vec{};
            }
            if (i >= whole) x = typename Lanes::vec{};
        }
    }
#    pragma GCC unroll 4
    for (std::size_t b = 0; b < R; ++b) out[b] = fold(s[b]);
}

/// int8 with the unsigned bytes of a row, in 32-bit sums of 16-bit products (vpmaddubsw saturates): exact below 66,000
/// dimensions.
struct i8_lanes {
    static constexpr std::size_t rows = 4;

    template <std::size_t R>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static void step(__m256i x, const __m256i (&y)[R],
                                                                          __m256i (&s)[R]) noexcept {
        const __m256i even = pinned(_mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8)),
                      odd  = pinned(_mm256_srai_epi16(x, 8));
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < R; ++b) {
            const __m256i sum =
                _mm256_add_epi32(_mm256_madd_epi16(even, _mm256_and_si256(y[b], _mm256_set1_epi16(255))),
                                 _mm256_madd_epi16(odd, _mm256_srli_epi16(y[b], 8)));
            s[b] = _mm256_add_epi32(s[b], sum);
        }
    }
    template <std::size_t R>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static void
    sums(const std::int8_t* q, const i8_code* const* r, std::size_t dims, std::int32_t* out) noexcept {
        __m256i s[R], y[R];
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < R; ++b) s[b] = _mm256_setzero_si256();
        std::size_t i = 0;
        for (; i + 32 <= dims; i += 32) {
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) y[b] = bytes(r[b] + i);
            step<R>(bytes(q + i), y, s);
        }
        if (i < dims) {
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) y[b] = end_of(r[b] + i, dims - i);
            step<R>(end_of(q + i, dims - i), y, s);
        }
        total(s, out);
    }
    /// The sum of the query, as of unsigned bytes that are 128 more.
    [[gnu::target("avx2,fma,f16c")]] static std::uint32_t sum(const std::int8_t* q, std::size_t dims) noexcept {
        const __m256i flip = _mm256_set1_epi8(-128), zero = _mm256_setzero_si256();
        __m256i       s = zero;
        std::size_t   i = 0;
        for (; i + 32 <= dims; i += 32)
            s = _mm256_add_epi32(s, _mm256_sad_epu8(_mm256_xor_si256(flip, bytes(q + i)), zero));
        if (i < dims) s = _mm256_add_epi32(s, _mm256_sad_epu8(_mm256_xor_si256(flip, end_of(q + i, dims - i)), zero));
        std::uint32_t out = 0;
        total({s}, &out);
        return out - 128u * static_cast<std::uint32_t>((dims + 31) / 32 * 32);
    }
};

/// Bits that differ, counted by nibbles in bytes: eight a step at most, so 31 steps fit. From 8 words on it takes half
/// the time of popcnt.
struct bit_lanes {
    static constexpr std::size_t rows = 4;

    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i count(__m256i x, __m256i s) noexcept {
        const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1,
                                              2, 2, 3, 2, 3, 3, 4);
        const __m256i low  = _mm256_set1_epi8(15);
        return _mm256_add_epi8(
            s, _mm256_add_epi8(_mm256_shuffle_epi8(ones, _mm256_and_si256(x, low)),
                               _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16(x, 4), low))));
    }
    template <std::size_t R>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static void
    sums(const std::uint32_t* q, const std::uint32_t* const* r, std::size_t words, std::uint32_t* out) noexcept {
        const __m256i zero = _mm256_setzero_si256();
        __m256i       s[R], few[R];
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < R; ++b) s[b] = zero;
        for (std::size_t t = 0; t < words;) {
            const std::size_t end = words - t < 248 ? words : t + 248;
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) few[b] = zero;
            for (; t + 8 <= end; t += 8) {
                const __m256i x = bytes(q + t);
#    pragma GCC unroll 4
                for (std::size_t b = 0; b < R; ++b) few[b] = count(_mm256_xor_si256(x, bytes(r[b] + t)), few[b]);
            }
            if (const std::size_t left = 4 * (end - t); left > 0) {
                const __m256i x = end_of(q + t, left);
#    pragma GCC unroll 4
                for (std::size_t b = 0; b < R; ++b) few[b] = count(_mm256_xor_si256(x, end_of(r[b] + t, left)), few[b]);
                t = end;
            }
#    pragma GCC unroll 4
            for (std::size_t b = 0; b < R; ++b) s[b] = _mm256_add_epi64(s[b], _mm256_sad_epu8(few[b], zero));
        }
        total(s, out);
    }
};

/// R rows of any kind.
template <class Sums, std::size_t R, class Query, class Code, class Sum>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void sums(const Query* q, const Code* const* r,
                                                                      std::size_t dims, Sum* out) noexcept {
    if constexpr (std::is_same_v<Sum, float>) lane_sums<Sums, R>(q, r, dims, out);
    else Sums::template sums<R>(q, r, dims, out);
}
/// Row by row, all or (with `which`) those that are named.
template <class Sums, class Query, class Code, class Sum>
[[gnu::target("avx2,fma,f16c")]] inline void score(const Query* q, const Code* rows, const std::uint32_t* which,
                                                   std::size_t n, std::size_t dims, Sum* out) noexcept {
    std::size_t i = 0;
    const Code* r[Sums::rows];
    for (; i + Sums::rows <= n; i += Sums::rows) {
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < Sums::rows; ++b) r[b] = rows + (which != nullptr ? which[i + b] : i + b) * dims;
        sums<Sums, Sums::rows>(q, r, dims, out + i);
    }
    if constexpr (Sums::rows == 3)
        if (i + 2 == n) {
            for (std::size_t b = 0; b < 2; ++b) r[b] = rows + (which != nullptr ? which[i + b] : i + b) * dims;
            return sums<Sums, 2>(q, r, dims, out + i);
        }
    for (; i < n; ++i) {
        *r = rows + (which != nullptr ? which[i] : i) * dims;
        sums<Sums, 1>(q, r, dims, out + i);
    }
    if constexpr (std::is_same_v<Sums, i8_lanes>) { // take away what the bias of the rows has added
        if (n == 0) return;
        const std::uint32_t bias = 128 * i8_lanes::sum(q, dims);
        for (i = 0; i < n; ++i) out[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(out[i]) - bias);
    }
}
template <class Sums, class Query, class Code, class Sum>
void each(const Query* q, const Code* rows, std::size_t n, std::size_t dims, Sum* out) noexcept {
    score<Sums>(q, rows, nullptr, n, dims, out);
}
template <class Sums, class Query, class Code, class Sum>
void some(const Query* q, const Code* rows, const std::uint32_t* which, std::size_t n, std::size_t dims,
          Sum* out) noexcept {
    score<Sums>(q, rows, which, n, dims, out);
}

[[gnu::target("avx2,fma,f16c")]] inline void axpy(float a, const float* x, float* y, std::size_t n) noexcept {
    const __m256 f = _mm256_set1_ps(a);
    std::size_t  i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, _mm256_fmadd_ps(f, _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
    if (i == n) return;
    const __m256i m = first(n - i);
    _mm256_maskstore_ps(y + i, m, _mm256_fmadd_ps(f, _mm256_maskload_ps(x + i, m), _mm256_maskload_ps(y + i, m)));
}

/// Eight words of eight rows, to eight words of the panel each.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void transpose(__m256i (&r)[8]) noexcept {
    __m256i     u[8];
#    pragma GCC unroll 4
    for (std::size_t i = 0; i < 8; i += 2) {
        u[i]     = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        u[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    __m256i     v[8];
#    pragma GCC unroll 2
    for (std::size_t i = 0; i < 8; i += 4) {
        v[i]     = _mm256_unpacklo_epi64(u[i], u[i + 2]);
        v[i + 1] = _mm256_unpackhi_epi64(u[i], u[i + 2]);
        v[i + 2] = _mm256_unpacklo_epi64(u[i + 1], u[i + 3]);
        v[i + 3] = _mm256_unpackhi_epi64(u[i + 1], u[i + 3]);
    }
#    pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
        r[i]     = _mm256_permute2x128_si256(v[i], v[i + 4], 0x20);
        r[i + 4] = _mm256_permute2x128_si256(v[i], v[i + 4], 0x31);
    }
}
[[gnu::target("avx2,fma,f16c")]] inline void pack(const void* rows, std::size_t row, std::size_t n, std::size_t words,
                                                  void* panel) noexcept {
    const auto* in = static_cast<const unsigned char*>(rows);
    auto*       to = static_cast<unsigned char*>(panel);
    for (std::size_t t = 0; t < words; t += 8) {
        const std::size_t left = words - t < 8 ? words - t : 8;
        const __m256i     m    = first(left);
        for (std::size_t g = 0; g < panel_rows; g += 8) {
            __m256i r[8];
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < 8; ++i) {
                r[i] = _mm256_setzero_si256();
                if (g + i >= n) continue;
                const auto* from = in + 4 * ((g + i) * row + t);
                __builtin_prefetch(from + 256); // 48 rows are more than a processor follows by itself
                r[i] = left == 8 ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))
                                 : _mm256_maskload_epi32(reinterpret_cast<const int*>(from), m);
            }
            transpose(r);
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < 8; ++i)
                if (i < left) _mm256_store_si256(reinterpret_cast<__m256i*>(to + 4 * ((t + i) * panel_rows + g)), r[i]);
        }
    }
}

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2

#endif
