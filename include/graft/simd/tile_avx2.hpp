// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/kernel_table.hpp>
#include <graft/simd/kernels_avx2.hpp>

#if GRAFT_X86

// The register tile for AVX2: up to four queries x 24 columns (of b, or rows of a panel), whose 12 sums, three columns
// and one word of a query fill the registers (8 sums would hide the latency). Integers need room for products: 16
// columns. One query, or two of floats, take all 48. `chains` and `above` share one loop: it begins at C or at a block
// of sums on the stack, and goes in blocks of k that stay in the first cache. Integers wrap at 32 bits.
// The sums are those of tile_scalar.hpp to the bit; tolerance of the test: none.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2 {

// How words multiply. A word has one part or two (the upper comes first), and a query's two lie side by side.

struct f32_words {
    using sum                              = float;
    static constexpr std::size_t parts     = 1;
    static constexpr bool        splits    = false; ///< queries come as whole words
    static constexpr std::size_t registers = 3;     ///< of columns beside up to four queries
    static constexpr std::size_t whole     = 2;     ///< queries beside which six fit
    static constexpr std::size_t block     = 128;   ///< words of k

    template <bool masked>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i load(const void* from, __m256i m) noexcept {
        return masked ? _mm256_maskload_epi32(static_cast<const int*>(from), m) : bytes(from);
    }
    template <bool masked>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static void store(void* to, __m256i s, __m256i m,
                                                                           std::size_t) noexcept {
        if constexpr (masked) _mm256_maskstore_epi32(static_cast<int*>(to), m, s);
        else _mm256_storeu_si256(static_cast<__m256i*>(to), s);
    }
    template <bool masked>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i row(const std::uint32_t* b, __m256i m,
                                                                            std::size_t) noexcept {
        return load<masked>(b, m);
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i step(__m256i x, __m256i y, __m256i s) noexcept {
        return _mm256_castps_si256(fused(_mm256_castsi256_ps(x), _mm256_castsi256_ps(y), _mm256_castsi256_ps(s)));
    }
};
struct bf16_words : f32_words {
    static constexpr std::size_t parts  = 2;
    static constexpr bool        splits = true;
    static constexpr std::size_t whole  = 1;

    template <bool masked>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i row(const std::uint32_t* b, __m256i m,
                                                                            std::size_t part) noexcept {
        const __m256i y = load<masked>(b, m), low = bf16_lanes::lower(y);
        return part == 1 ? bf16_lanes::upper(y, low) : low;
    }
    /// The parts of four words, which both halves hold.
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i split(__m256i v) noexcept {
        return bf16_parts(v);
    }
};
/// The columns of a register lie in the order 0 1 4 5 2 3 6 7, because the conversion widens neighbours.
struct f16_words : f32_words {
    static constexpr std::size_t parts = 2;
    static constexpr std::size_t whole = 1;

    template <bool>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i load(const void* from, __m256i) noexcept {
        return _mm256_permute4x64_epi64(bytes(from), 0xd8);
    }
    template <bool>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static void store(void* to, __m256i s, __m256i,
                                                                           std::size_t) noexcept {
        _mm256_storeu_si256(static_cast<__m256i*>(to), _mm256_permute4x64_epi64(s, 0xd8));
    }
    template <bool>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i row(const std::uint32_t* b, __m256i,
                                                                            std::size_t          part) noexcept {
        const __m256 y = avx2::load(reinterpret_cast<const f16_code*>(b)),
                     z = avx2::load(reinterpret_cast<const f16_code*>(b + 4));
        return _mm256_castps_si256(part == 1 ? _mm256_shuffle_ps(y, z, 0xdd) : _mm256_shuffle_ps(y, z, 0x88));
    }
};
/// Bytes as 16-bit numbers: the even ones, and the odd.
struct i8_words : f32_words {
    using sum                              = std::int32_t;
    static constexpr std::size_t parts     = 2;
    static constexpr bool        splits    = true;
    static constexpr std::size_t registers = 2;
    static constexpr std::size_t whole     = 1;

    template <bool masked>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i row(const std::uint32_t* b, __m256i m,
                                                                            std::size_t part) noexcept {
        const __m256i y = load<masked>(b, m);
        return part == 1 ? _mm256_srli_epi16(y, 8) : _mm256_and_si256(y, _mm256_set1_epi16(255));
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i split(__m256i v) noexcept {
        const __m256i even_odd = _mm256_setr_epi8(-1, 0, -1, 2, -1, 1, -1, 3, -1, 4, -1, 6, -1, 5, -1, 7, -1, 8, -1, 10,
                                                  -1, 9, -1, 11, -1, 12, -1, 14, -1, 13, -1, 15);
        return _mm256_srai_epi16(_mm256_shuffle_epi8(v, even_odd), 8);
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i step(__m256i x, __m256i y, __m256i s) noexcept {
        return _mm256_add_epi32(s, _mm256_madd_epi16(x, y));
    }
};
/// Equal bits, counted by nibbles in bytes: eight a word at most, so a block of 24 words fits.
struct bit_words : i8_words {
    static constexpr std::size_t block = 24;

    template <bool>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i load(const void*, __m256i) noexcept {
        return _mm256_setzero_si256();
    }
    /// Adds the bytes of each word, times 2^plane.
    template <bool>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static void store(void* to, __m256i s, __m256i,
                                                                           std::size_t plane) noexcept {
        s = _mm256_madd_epi16(_mm256_maddubs_epi16(s, _mm256_set1_epi8(1)), _mm256_set1_epi16(1));
        s = _mm256_sll_epi32(s, _mm_cvtsi32_si128(static_cast<int>(plane)));
        _mm256_storeu_si256(static_cast<__m256i*>(to), _mm256_add_epi32(bytes(to), s));
    }
    template <bool>
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i row(const std::uint32_t* b, __m256i,
                                                                            std::size_t          part) noexcept {
        const __m256i y = bytes(b);
        return _mm256_and_si256(part == 1 ? _mm256_srli_epi16(y, 4) : y, _mm256_set1_epi8(15));
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i split(__m256i v) noexcept {
        const __m256i twice = _mm256_setr_epi8(0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10,
                                               11, 12, 13, 14, 15, 12, 13, 14, 15);
        const __m256i shift = _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4);
        return _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(v, twice), shift), _mm256_set1_epi8(15));
    }
    [[gnu::target("avx2,fma,f16c"), gnu::always_inline]] static __m256i step(__m256i x, __m256i y, __m256i s) noexcept {
        const __m256i equal = _mm256_setr_epi8(4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1,
                                               3, 2, 2, 1, 2, 1, 1, 0);
        return _mm256_add_epi8(s, _mm256_shuffle_epi8(equal, _mm256_xor_si256(x, y)));
    }
};

/// What a tile reads and writes: a, b and c of `chain_kernel`.
template <class Sum>
struct tile_work {
    const std::uint32_t* a;
    std::size_t          a_row, a_step;
    const std::uint32_t* b;
    std::size_t          b_row;
    Sum*                 c;
    std::size_t          c_row, k;
    std::size_t          plane = 0;
    const char*          ahead = nullptr;
    std::size_t          lines = 0;
};

/// Keeps the loads from there behind the value: g++ moves them ahead, and sums out of registers.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void behind(__m256i&              v,
                                                                        const std::uint32_t*& from) noexcept {
    asm("" : "+x"(v), "+r"(from));
}
/// One word in all eight places.
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline __m256i everywhere(const std::uint32_t* from) noexcept {
    int word;
    std::memcpy(&word, from, 4);
    return _mm256_set1_epi32(word);
}
/// A word of a query with three registers of columns. In assembler, because it takes the last of the sixteen registers:
/// from intrinsics it is chance whether a compiler spills (g++ 12: 67 or 91 % of the peak for bf16).
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void three(const std::uint32_t* a, const __m256i (&y)[3],
                                                                       __m256i (&s)[3]) noexcept {
    using word [[gnu::may_alias]] = std::uint32_t;
    __m256i x;
    asm("{vbroadcastss %4, %3|vbroadcastss %3, %4}\n\t"
        "{vfmadd231ps %5, %3, %0|vfmadd231ps %0, %3, %5}\n\t"
        "{vfmadd231ps %6, %3, %1|vfmadd231ps %1, %3, %6}\n\t"
        "{vfmadd231ps %7, %3, %2|vfmadd231ps %2, %3, %7}"
        : "+x"(s[0]), "+x"(s[1]), "+x"(s[2]), "=&x"(x)
        : "m"(*reinterpret_cast<const word*>(a)), "x"(y[0]), "x"(y[1]), "x"(y[2]));
}
/// Q queries x J registers of columns, of which, `masked`, the first few count.
template <class Words, std::size_t Q, std::size_t J, bool masked>
[[gnu::target("avx2,fma,f16c"), gnu::noinline]] inline void tile(const tile_work<typename Words::sum>& w,
                                                                 std::size_t columns) noexcept {
    constexpr std::size_t P    = Words::parts;
    constexpr bool        full = Q * J > 8; // all registers
    const __m256i         m    = first(columns);
    const std::uint32_t * a = w.a, *b = w.b;
    const std::size_t     a_step = w.a_step, b_row = w.b_row, lines = w.lines;
    const char*           ahead = w.ahead;
    std::size_t           row[Q];
    __m256i               s[Q][J];
#    pragma GCC           unroll 8
    for (std::size_t i = 0; i < Q; ++i) {
        row[i] = i * w.a_row;
        if constexpr (Q == 8) asm("" : "+r"(row[i])); // or clang adds them up, one after the other
#    pragma GCC unroll 6
        for (std::size_t j = 0; j < J; ++j) s[i][j] = Words::template load<masked>(w.c + i * w.c_row + 8 * j, m);
    }
    for (std::size_t t = w.k; t > 0; --t, a += a_step, b += b_row) {
        if (lines != 0) {
            __builtin_prefetch(ahead);
            if (lines != 1) __builtin_prefetch(ahead + 64), __builtin_prefetch(ahead + 128);
            ahead += 64 * lines;
        }
        if constexpr (J == 6) { // a query's word stays, columns pass
            __m256i x[Q][P];
#    pragma GCC unroll 2
            for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 2
                for (std::size_t p = 0; p < P; ++p) x[i][p] = everywhere(a + row[i] + p);
#    pragma GCC unroll 6
            for (std::size_t j = 0; j < J; ++j)
#    pragma GCC unroll 2
                for (std::size_t p = 0; p < P; ++p) {
                    __m256i y = Words::template row<masked>(b + 8 * j, m, P - 1 - p);
                    if constexpr (full) behind(y, b);
#    pragma GCC unroll 2
                    for (std::size_t i = 0; i < Q; ++i) s[i][j] = pinned(Words::step(x[i][P - 1 - p], y, s[i][j]));
                }
        } else {
#    pragma GCC unroll 2
            for (std::size_t p = 0; p < P; ++p) {
                __m256i y[J];
#    pragma GCC unroll 3
                for (std::size_t j = 0; j < J; ++j) {
                    y[j] = Words::template row<masked>(b + 8 * j, m, P - 1 - p);
                    if constexpr (full) behind(y[j], b);
                }
#    pragma GCC unroll 8
                for (std::size_t i = 0; i < Q; ++i) {
                    const std::uint32_t* from = a + row[i] + (P - 1 - p);
                    if constexpr (J == 3) {
                        three(from, y, s[i]);
                        continue;
                    }
                    const __m256i x = everywhere(from);
#    pragma GCC unroll 2
                    for (std::size_t j = 0; j < J; ++j) s[i][j] = pinned(Words::step(x, y[j], s[i][j]));
                }
                if constexpr (full) behind(s[Q - 1][J - 1], b);
            }
        }
    }
#    pragma GCC unroll 8
    for (std::size_t i = 0; i < Q; ++i)
#    pragma GCC unroll 6
        for (std::size_t j = 0; j < J; ++j)
            Words::template store<masked>(w.c + i * w.c_row + 8 * j, s[i][j], m, w.plane);
}
/// The parts of k words, side by side.
template <class Words>
[[gnu::target("avx2,fma,f16c")]] inline void split(const std::uint32_t* a, std::size_t a_step, std::size_t k,
                                                   std::uint32_t* out) noexcept {
    for (std::size_t t = 0; t < k; t += 4, a += 4 * a_step, out += 8) {
        std::uint32_t four[4] = {};
        if (a_step == 1 && t + 4 <= k) std::memcpy(four, a, sizeof four);
        else
            for (std::size_t i = 0; i < 4 && t + i < k; ++i) four[i] = a[i * a_step];
        const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(four));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), Words::split(_mm256_broadcastsi128_si256(v)));
    }
}
/// Q queries x a number of columns that fills registers.
template <class Words, std::size_t Q>
inline void wide(tile_work<typename Words::sum> w, std::size_t columns) noexcept {
    constexpr std::size_t J = Words::registers;
    if constexpr (Q <= Words::whole)
        if (columns == panel_rows) return tile<Words, Q, 6, false>(w, 8);
    for (; columns > 0; columns -= 8 * J, w.b += 8 * J, w.c += 8 * J, w.lines = 0) tile<Words, Q, J, false>(w, 8);
}
/// Up to eight queries x less than three registers of columns: eight chains keep the multipliers busy.
template <class Words>
inline void narrow(const tile_work<typename Words::sum>& w, std::size_t queries, std::size_t columns) noexcept {
    for (std::size_t j = 0; j < columns; j += 8)
        for (std::size_t i = 0; i < queries;) {
            tile_work<typename Words::sum> v = w;
            v.a += i * w.a_row, v.b += j, v.c += i * w.c_row + j;
            const std::size_t rows = queries - i >= 8 ? 8 : queries - i >= 4 ? 4 : 1;
            if (rows == 8) tile<Words, 8, 1, true>(v, columns - j);
            if (rows == 4) tile<Words, 4, 1, true>(v, columns - j);
            if (rows == 1) tile<Words, 1, 1, true>(v, columns - j);
            i += rows;
        }
}
/// Up to eight queries x up to 48 columns, all of k; a panel has them all.
template <class Words, bool panel>
inline void product(tile_work<typename Words::sum> all, std::size_t queries, std::size_t columns) noexcept {
    const std::size_t         filled = columns / (8 * Words::registers) * (8 * Words::registers);
    alignas(32) std::uint32_t parts[Words::splits ? 8 : 1][2 * Words::block];
    for (std::size_t t = 0; t < all.k; t += Words::block) {
        auto w = all;
        w.a += t * all.a_step, w.b += t * all.b_row, w.ahead += 64 * t * all.lines;
        w.k = all.k - t < Words::block ? all.k - t : Words::block;
        if constexpr (Words::splits) {
            for (std::size_t i = 0; i < queries; ++i) split<Words>(w.a + i * w.a_row, w.a_step, w.k, parts[i]);
            w.a = parts[0], w.a_row = 2 * Words::block, w.a_step = 2;
        }
        if constexpr (!panel) {
            auto v = w;
            v.b += filled, v.c += filled;
            narrow<Words>(v, queries, columns - filled);
        }
        std::size_t left = queries;
        for (; left >= 4; left -= 4, w.a += 4 * w.a_row, w.c += 4 * w.c_row, w.lines = 0) wide<Words, 4>(w, filled);
        if (left == 3) wide<Words, 3>(w, filled);
        if (left == 2) wide<Words, 2>(w, filled);
        if (left == 1) wide<Words, 1>(w, filled);
    }
}
template <class Words, class Word>
void chains(const Word* a, std::size_t a_row, std::size_t a_step, const Word* b, std::size_t b_row,
            typename Words::sum* c, std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    const auto *x = reinterpret_cast<const std::uint32_t*>(a), *y = reinterpret_cast<const std::uint32_t*>(b);
    for (std::size_t j = 0; j < m; j += panel_rows)
        for (std::size_t i = 0; i < n; i += 8)
            product<Words, false>({x + i * a_row, a_row, a_step, y + j, b_row, c + i * c_row + j, c_row, k},
                                  n - i < 8 ? n - i : 8, m - j < panel_rows ? m - j : panel_rows);
}

/// The pairs whose bound reaches the floor.
template <class Sum>
[[gnu::target("avx2,fma,f16c")]] inline std::size_t reach(const Sum (*sums)[panel_rows], const tile_query& q,
                                                          std::size_t queries, const tile_rows& rows,
                                                          tile_found* out) noexcept {
    std::size_t found = 0;
    for (std::size_t i = 0; i < queries; ++i)
        for (std::size_t r = 0; r < panel_rows; r += 8) {
            __m256 x;
            if constexpr (std::is_same_v<Sum, float>) x = _mm256_load_ps(sums[i] + r);
            else x = _mm256_cvtepi32_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(sums[i] + r)));
            if (rows.offset != nullptr)
                x = _mm256_fmadd_ps(_mm256_set1_ps(q.shift[i]), _mm256_loadu_ps(rows.offset + r), x);
            x = pinned(_mm256_mul_ps(pinned(x), _mm256_loadu_ps(rows.scale + r)));
            x = pinned(_mm256_fmadd_ps(_mm256_set1_ps(q.gain[i]), _mm256_loadu_ps(rows.error + r), x));
            auto pass =
                static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(x, _mm256_set1_ps(q.floor[i]), _CMP_GE_OQ)));
            if (pass == 0) continue;
            alignas(32) float upper[8];
            _mm256_store_ps(upper, x);
            for (; pass != 0; pass &= pass - 1) {
                const auto at = static_cast<std::uint32_t>(__builtin_ctz(pass));
                out[found++]  = {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(r) + at, upper[at]};
            }
        }
    return found;
}
template <class Words>
std::size_t above(const tile_query& q, std::size_t queries, const tile_rows& rows, std::size_t words,
                  tile_found* out) noexcept {
    using sum                  = typename Words::sum;
    constexpr bool        bits = std::is_same_v<Words, bit_words>;
    constexpr std::size_t step = Words::parts == 2 && !Words::splits ? 2 : 1; // f16: a query of floats
    alignas(32) sum       sums[tile_queries][panel_rows];
    for (std::size_t i = 0; i < queries; ++i)
        for (sum& s : sums[i])
            if constexpr (std::is_same_v<sum, float>) s = 0;
            else s = q.start[i];
    for (std::size_t plane = 0; plane < (bits ? bit_planes : 1); ++plane)
        product<Words, true>({q.words + plane * words, q.stride, step, rows.words, panel_rows, sums[0], panel_rows,
                              words, plane, static_cast<const char*>(rows.ahead), plane == 0 ? rows.lines : 0},
                             queries, panel_rows);
    return reach(sums, q, queries, rows, out);
}

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::avx2

#endif
