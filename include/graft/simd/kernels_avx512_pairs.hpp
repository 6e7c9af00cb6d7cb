// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/kernels_avx512.hpp>

#if GRAFT_X86

// Coded rows against a coded query. VPDPBUSD, VDPBF16PS and VPOPCNTD stand as assembly: g++ 12 spills the accumulators
// of their intrinsics, and no function need be compiled for more than F, BW and VL. Beside each stands what does the
// same without it. Integer sums are exact, in 32 bits: 66,000 dimensions. Tolerance of the test: none, except VDPBF16PS
// where partial sums fall below 2^-126, which it flushes to zero.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx512 {

// `step` adds to each of 16 sums what a word of q and a word of the row give.

/// Four int8 times four unsigned bytes.
struct vnni {
    using sum = __m512i;

    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void step(__m512i& s, __m512i row,
                                                                              __m512i q) noexcept {
        asm("vpdpbusd %2, %1, %0" : "+v"(s) : "v"(row), "v"(q));
    }
};
struct no_vnni {
    using sum = __m512i;

    // In 16 bits, even and odd bytes apart; VPMADDUBSW would saturate.
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void step(__m512i& s, __m512i row,
                                                                              __m512i q) noexcept {
        const __m512i even = _mm512_madd_epi16(_mm512_and_si512(row, _mm512_set1_epi16(0xff)),
                                               _mm512_srai_epi16(_mm512_slli_epi16(q, 8), 8));
        const __m512i odd  = _mm512_madd_epi16(_mm512_srli_epi16(row, 8), _mm512_srai_epi16(q, 8));
        s                  = _mm512_add_epi32(s, _mm512_add_epi32(even, odd));
    }
};

/// Two bf16 times two bf16, the upper first.
struct dpbf16 {
    using sum = __m512;

    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void step(__m512& s, __m512i row,
                                                                              __m512i q) noexcept {
        asm("vdpbf16ps %2, %1, %0" : "+v"(s) : "v"(row), "v"(q));
    }
};
struct no_dpbf16 {
    using sum = __m512;

    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static __m512 upper(__m512i v) noexcept {
        return _mm512_castsi512_ps(_mm512_and_si512(v, _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
    }
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static __m512 lower(__m512i v) noexcept {
        return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(all, v, 16));
    }
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void step(__m512& s, __m512i row,
                                                                              __m512i q) noexcept {
        s = pinned(_mm512_fmadd_ps(upper(row), upper(q), s));
        s = pinned(_mm512_fmadd_ps(lower(row), lower(q), s));
    }
};

/// The number of bits that differ.
struct popcnt {
    using sum = __m512i;

    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void step(__m512i& s, __m512i row,
                                                                              __m512i q) noexcept {
        __m512i ones;
        asm("vpxord %2, %3, %1\n\tvpopcntd %1, %1\n\tvpaddd %1, %0, %0" : "+v"(s), "=&v"(ones) : "v"(row), "v"(q));
    }
};
struct no_popcnt {
    using sum = __m512i;

    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static __m512i of_nibbles(__m512i v) noexcept {
        const __m128i table = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        return _mm512_shuffle_epi8(_mm512_maskz_broadcast_i32x4(all, table), v);
    }
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] static void step(__m512i& s, __m512i row,
                                                                              __m512i q) noexcept {
        const __m512i bits = _mm512_xor_si512(row, q), nibble = _mm512_set1_epi8(15);
        const __m512i ones  = _mm512_add_epi8(of_nibbles(_mm512_and_si512(bits, nibble)),
                                              of_nibbles(_mm512_and_si512(_mm512_srli_epi16(bits, 4), nibble)));
        const __m512i pairs = _mm512_maddubs_epi16(ones, _mm512_set1_epi8(1));
        s                   = _mm512_add_epi32(s, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
    }
};

/// The elements at p that the mask names, 0 for the others.
template <class Code>
[[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] inline __m512i load(const Code* p, std::uint64_t m) noexcept {
    if constexpr (sizeof(Code) == 1) return _mm512_maskz_loadu_epi8(m, p);
    else if constexpr (sizeof(Code) == 2) return _mm512_maskz_loadu_epi16(static_cast<__mmask32>(m), p);
    else return _mm512_maskz_loadu_epi32(static_cast<__mmask16>(m), p);
}

/// A accumulators a row: two for the 32 lanes of bf16 and to hide latencies, one for bits.
template <class By, class Code, std::size_t A>
class pair_sums {
    static constexpr std::size_t lanes = 64 / sizeof(Code);

    std::uint64_t    end_; ///< of the last register of a row
    typename By::sum bias_ = {};

public:
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] pair_sums(const void*, std::size_t n) noexcept
        : end_(first<std::uint64_t>(n % lanes)) {}
    /// Unsigned rows give 128 times the sum of q too much.
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] pair_sums(const std::int8_t* q, std::size_t n) noexcept
        : end_(first<std::uint64_t>(n % lanes)) {
        for (std::size_t i = 0; i < n; i += lanes)
            By::step(bias_, _mm512_set1_epi8(-128), load(q + i, n - i < lanes ? end_ : ~std::uint64_t{0}));
        bias_ = _mm512_sub_epi32(__m512i{}, bias_);
    }

    template <class Query, std::size_t R, class Sum>
    [[gnu::target("avx512bw,avx512vl"), gnu::always_inline]] void sums(const Query* q, const Code* const (&r)[R],
                                                                       std::size_t n, Sum* out) const noexcept {
        typename By::sum s[A][R] = {};
        std::size_t      i       = 0;
        for (; i + A * lanes <= n; i += A * lanes)
#    pragma GCC unroll 2
            for (std::size_t l = 0; l < A; ++l) {
                const __m512i x = _mm512_loadu_si512(q + i + l * lanes);
#    pragma GCC unroll 4
                for (std::size_t b = 0; b < R; ++b) By::step(s[l][b], _mm512_loadu_si512(r[b] + i + l * lanes), x);
            }
#    pragma GCC unroll 2
        for (std::size_t l = 0; l < A; ++l, i += lanes)
            if (i < n) {
                const std::uint64_t m = l + 1 < A && n - i >= lanes ? ~std::uint64_t{0} : end_;
                const __m512i       x = load(q + i, m);
#    pragma GCC unroll 4
                for (std::size_t b = 0; b < R; ++b) By::step(s[l][b], load(r[b] + i, m), x);
            }
#    pragma GCC unroll 4
        for (std::size_t b = 0; b < R; ++b) {
            if constexpr (A == 2) s[0][b] = plus(s[0][b], s[1][b]);
            if constexpr (sizeof(Query) == 1) s[0][b] = plus(s[0][b], bias_);
        }
        fold(s[0], out);
    }
};

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx512

#endif
