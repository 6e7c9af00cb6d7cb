// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/kernels_portable.hpp>
#include <graft/simd/tile_scalar.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

// The tile for every machine that xsimd knows. Twelve registers hold sums: 48 columns of one row with SSE and NEON, of
// two rows with AVX, of four with AVX-512. There is one loop, over floats: words are widened in registers. The integer
// products of 128 words sum to less than 2^24, which a float holds exactly, so i8 shares the loop and is exact in any
// order. Bits are counted by masks and shifts, on NEON by its instruction.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::portable {

// The numbers of a word in the order in which they are multiplied: of a query's, and of the words of a batch of rows.

struct f32_words {
    using sum                            = float;
    static constexpr std::size_t numbers = 1, per_row = 1; ///< of a word; words of a query for each word of a row
    [[gnu::always_inline]] static float query(const std::uint32_t* q, std::size_t) noexcept {
        return std::bit_cast<float>(*q);
    }
    template <class Arch>
    static floats<Arch> rows(ints<Arch> x, std::size_t) noexcept {
        return as_floats<Arch>(x);
    }
};
struct bf16_words {
    using sum                                   = float;
    static constexpr std::size_t        numbers = 2, per_row = 1;
    [[gnu::always_inline]] static float query(const std::uint32_t* q, std::size_t i) noexcept {
        return std::bit_cast<float>(*q << 16 * i & 0xffff0000u);
    }
    template <class Arch>
    static floats<Arch> rows(ints<Arch> x, std::size_t i) noexcept {
        return i == 0 ? upper_bf16<Arch>(x) : lower_bf16<Arch>(x);
    }
};
struct f16_words {
    using sum                                   = float;
    static constexpr std::size_t        numbers = 2, per_row = 2;
    [[gnu::always_inline]] static float query(const std::uint32_t* q, std::size_t i) noexcept {
        return std::bit_cast<float>(q[1 - i]);
    }
    template <class Arch>
    static floats<Arch> rows(ints<Arch> x, std::size_t i) noexcept {
#if defined(__aarch64__)
        if constexpr (sizeof x == sizeof(int32x4_t)) {
            const int16x4_t half = vmovn_s32(read<int32x4_t>(&x)), upper = vshrn_n_s32(read<int32x4_t>(&x), 16);
            return floats<Arch>(vcvt_f32_f16(vreinterpret_f16_s16(i == 0 ? upper : half)));
        }
#endif
        const ints<Arch>   bits = i == 0 ? x >> 16 : x, size = bits & 0x7fff, tiny = size < 0x400;
        const floats<Arch> low = to_floats<Arch>(size) * floats<Arch>(0x1p-24f); // as `number` says
        return as_floats<Arch>((tiny & read<ints<Arch>>(&low)) | (~tiny & ((size << 13) + (112 << 23))) |
                               (bits & 0x8000) << 16);
    }
};
struct i8_words {
    using sum                                   = std::int32_t;
    static constexpr std::size_t        numbers = 4, per_row = 1;
    [[gnu::always_inline]] static float query(const std::uint32_t* q, std::size_t i) noexcept {
        return static_cast<float>(static_cast<std::int8_t>(*q >> 8 * i));
    }
    template <class Arch>
    static floats<Arch> rows(ints<Arch> x, std::size_t i) noexcept {
        return to_floats<Arch>(x >> static_cast<int>(8 * i) & 0xff);
    }
};

/// R rows x `batches` batches of C, all of k.
template <class Words, std::size_t R, std::size_t batches, class Arch, class Word>
inline void chain(const Word* a, std::size_t a_row, std::size_t a_step, const Word* b, std::size_t b_row,
                  typename Words::sum* c, std::size_t c_row, std::size_t k) noexcept {
    using vec                     = floats<Arch>;
    constexpr bool        integer = std::is_same_v<typename Words::sum, std::int32_t>;
    constexpr std::size_t W       = vec::size;
    vec                   s[R][batches];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < R; ++i)
#pragma GCC unroll 12
        for (std::size_t j = 0; j < batches; ++j)
            if constexpr (integer) s[i][j] = vec(0.f);
            else s[i][j] = read<vec>(c + i * c_row + j * W);
    for (std::size_t t = 0; t < k; ++t, a += a_step, b += b_row) {
        vec x[R][Words::numbers];
#pragma GCC unroll 4
        for (std::size_t i = 0; i < R; ++i) {
            std::uint32_t q[Words::per_row];
            std::memcpy(q, a + i * a_row, sizeof q);
#pragma GCC unroll 4
            for (std::size_t l = 0; l < Words::numbers; ++l) x[i][l] = vec(Words::query(q, l));
        }
#pragma GCC unroll 12
        for (std::size_t j = 0; j < batches; ++j) {
            const auto y = read<ints<Arch>>(b + j * W);
#pragma GCC unroll 4
            for (std::size_t l = 0; l < Words::numbers; ++l) {
                const vec row = Words::template rows<Arch>(y, l);
#pragma GCC unroll 4
                for (std::size_t i = 0; i < R; ++i) s[i][j] = multiply_add<Arch>(x[i][l], row, s[i][j]);
            }
        }
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < R; ++i)
#pragma GCC unroll 12
        for (std::size_t j = 0; j < batches; ++j) {
            auto* to = c + i * c_row + j * W;
            if constexpr (integer) {
                const ints<Arch>  more = to_ints<Arch>(s[i][j]);
                const words<Arch> sum  = read<words<Arch>>(to) + read<words<Arch>>(&more); // may wrap on the way
                std::memcpy(to, &sum, sizeof sum);
            } else {
                s[i][j].store_unaligned(to);
            }
        }
}
/// The same for n rows.
template <class Words, std::size_t batches, class Arch, class Word>
inline void chain_rows(const Word* a, std::size_t a_row, std::size_t a_step, const Word* b, std::size_t b_row,
                       typename Words::sum* c, std::size_t c_row, std::size_t n, std::size_t k) noexcept {
    constexpr std::size_t R = std::min<std::size_t>(4, 12 / batches);
    while (k > 0) {
        const std::size_t some = std::is_same_v<typename Words::sum, float> ? k : std::min<std::size_t>(128, k);
        std::size_t       i    = 0;
        for (; i + R <= n; i += R)
            chain<Words, R, batches, Arch>(a + i * a_row, a_row, a_step, b, b_row, c + i * c_row, c_row, some);
        if constexpr (R > 1)
            for (; i < n; ++i)
                chain<Words, 1, batches, Arch>(a + i * a_row, a_row, a_step, b, b_row, c + i * c_row, c_row, some);
        a += some * a_step, b += some * b_row, k -= some;
    }
}
/// The same for fewer columns than a batch: they are copied, 32 words at a time.
template <class Words, class Arch, class Word>
inline void chain_end(const Word* a, std::size_t a_row, std::size_t a_step, const Word* b, std::size_t b_row,
                      typename Words::sum* c, std::size_t c_row, std::size_t n, std::size_t k,
                      std::size_t columns) noexcept {
    constexpr std::size_t W = floats<Arch>::size;
    for (std::size_t t = 0; t < k; t += 32) {
        Word              part[32][W] = {};
        const std::size_t some        = std::min<std::size_t>(32, k - t);
        for (std::size_t l = 0; l < some; ++l) std::memcpy(part[l], b + (t + l) * b_row, columns * sizeof(Word));
        for (std::size_t i = 0; i < n; i += 4) {
            typename Words::sum sums[4][W] = {};
            const std::size_t   rows       = std::min<std::size_t>(4, n - i);
            for (std::size_t l = 0; l < rows; ++l) std::memcpy(sums[l], c + (i + l) * c_row, columns * sizeof *c);
            chain_rows<Words, 1, Arch>(a + i * a_row + t * a_step, a_row, a_step, part[0], W, sums[0], W, rows, some);
            for (std::size_t l = 0; l < rows; ++l) std::memcpy(c + (i + l) * c_row, sums[l], columns * sizeof *c);
        }
    }
}
template <class Words, class Arch, class Word>
void chains(const Word* a, std::size_t a_row, std::size_t a_step, const Word* b, std::size_t b_row,
            typename Words::sum* c, std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    constexpr std::size_t W = floats<Arch>::size;
    std::size_t           j = 0;
    for (; j + panel_rows <= m; j += panel_rows)
        chain_rows<Words, panel_rows / W, Arch>(a, a_row, a_step, b + j, b_row, c + j, c_row, n, k);
    for (; j + W <= m; j += W) chain_rows<Words, 1, Arch>(a, a_row, a_step, b + j, b_row, c + j, c_row, n, k);
    if (j < m) chain_end<Words, Arch>(a, a_row, a_step, b + j, b_row, c + j, c_row, n, k, m - j);
}

/// The rows of which the upper bound reaches the floor of query i.
template <class Arch, class Sum>
inline std::size_t reached(const tile_query& q, std::size_t i, const tile_rows& rows, const Sum* sums,
                           tile_found* out) noexcept {
    using vec         = floats<Arch>;
    std::size_t found = 0;
    for (std::size_t r = 0; r < panel_rows; r += vec::size) {
        vec x;
        if constexpr (std::is_same_v<Sum, float>) x = read<vec>(sums + r);
        else x = to_floats<Arch>(read<ints<Arch>>(sums + r));
        if (rows.offset != nullptr) x = multiply_add<Arch>(vec(q.shift[i]), read<vec>(rows.offset + r), x);
        x = multiply_add<Arch>(vec(q.gain[i]), read<vec>(rows.error + r), x * read<vec>(rows.scale + r));
        if (!xsimd::any(x >= vec(q.floor[i]))) continue;
        float upper[vec::size];
        x.store_unaligned(upper);
        for (std::size_t l = 0; l < vec::size; ++l)
            if (upper[l] >= q.floor[i])
                out[found++] = {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(r + l), upper[l]};
    }
    return found;
}
/// `ahead` is left to the hardware, which sees that panels follow each other.
template <class Words, class Arch>
std::size_t above(const tile_query& q, std::size_t queries, const tile_rows& rows, std::size_t n,
                  tile_found* out) noexcept {
    typename Words::sum sums[tile_queries][panel_rows] = {};
    if constexpr (std::is_same_v<typename Words::sum, std::int32_t>)
        for (std::size_t i = 0; i < queries; ++i) std::fill_n(sums[i], panel_rows, q.start[i]);
    chain_rows<Words, panel_rows / floats<Arch>::size, Arch>(q.words, q.stride, Words::per_row, rows.words, panel_rows,
                                                             sums[0], panel_rows, queries, n);
    std::size_t found = 0;
    for (std::size_t i = 0; i < queries; ++i) found += reached<Arch>(q, i, rows, sums[i], out + found);
    return found;
}

/// Counts of equal bits, of which a byte holds the four planes' together: at most 8 (1 + 2 + 4 + 8) = 120.
template <class Arch>
std::size_t bits_above(const tile_query& q, std::size_t queries, const tile_rows& rows, std::size_t n,
                       tile_found* out) noexcept {
    using vec         = words<Arch>;
    std::size_t found = 0;
    for (std::size_t i = 0; i < queries; ++i) {
        std::int32_t         sums[panel_rows];
        const std::uint32_t* planes = q.words + i * q.stride;
        for (std::size_t r = 0; r < panel_rows; r += floats<Arch>::size) {
            vec s = vec{} + static_cast<std::uint32_t>(q.start[i]); // may wrap on the way
            for (std::size_t t = 0; t < n; ++t) {
                const vec y = ~read<vec>(rows.words + t * panel_rows + r);
                vec       x = ones<Arch>(y ^ planes[(bit_planes - 1) * n + t]);
#pragma GCC unroll 4
                for (std::size_t p = 2; p <= bit_planes; ++p)
                    x = x + x + ones<Arch>(y ^ planes[(bit_planes - p) * n + t]);
                s += across<Arch>(x);
            }
            std::memcpy(sums + r, &s, sizeof s);
        }
        found += reached<Arch>(q, i, rows, sums, out + found);
    }
    return found;
}

template <class Arch>
void pack(const void* rows, std::size_t row, std::size_t n, std::size_t count, void* panel) noexcept {
    const auto* from = static_cast<const std::byte*>(rows);
    auto*       to   = static_cast<std::byte*>(panel);
    for (std::size_t r = 0; r < n; ++r)
        for (std::size_t t = 0; t < count; ++t) std::memcpy(to + 4 * (t * panel_rows + r), from + 4 * (r * row + t), 4);
    for (std::size_t t = 0; n < panel_rows && t < count; ++t)
        std::memset(to + 4 * (t * panel_rows + n), 0, 4 * (panel_rows - n));
}

template <class Arch, class Code>
inline constexpr row_kernels<Code> rows_of{{scalar::each<sum<false, Arch, Code>, float, Code, float>,
                                            scalar::some<sum<false, Arch, Code>, float, Code, float>},
                                           scalar::each<sum<true, Arch, Code>, float, Code, float>,
                                           scalar::some<sum<true, Arch, Code>, float, Code, float>};

template <class Arch, unsigned needs>
inline constexpr kernels table = [] {
    using scalar::each, scalar::some;
    kernels k = {};
    k.name    = "portable";
    k.exact   = fused;
    k.axpy    = axpy<Arch>;
    k.pack    = pack<Arch>;
    if constexpr ((needs & need::rows) != 0) k.f32 = rows_of<Arch, float>;
    if constexpr ((needs & need::quantized_rows) != 0) {
        k.bf16       = rows_of<Arch, bf16_code>;
        k.f16        = rows_of<Arch, f16_code>;
        k.i8         = {each<sum<false, Arch, i8_code>>, some<sum<false, Arch, i8_code>>};
        k.bf16_pairs = {each<pair_sum<Arch>>, some<pair_sum<Arch>>};
        k.i8_pairs   = {each<int_sum<Arch>>, some<int_sum<Arch>>};
        k.bits       = {each<bit_sum<Arch>>, some<bit_sum<Arch>>};
    }
    if constexpr ((needs & need::chains) != 0) k.chains = chains<f32_words, Arch, float>;
    if constexpr ((needs & need::coded_chains) != 0) {
        k.bf16_chains = chains<bf16_words, Arch, std::uint32_t>;
        k.i8_chains   = chains<i8_words, Arch, std::uint32_t>;
    }
    if constexpr ((needs & need::f32_tile) != 0) k.f32_above = above<f32_words, Arch>;
    if constexpr ((needs & need::bf16_tile) != 0) k.bf16_above = above<bf16_words, Arch>;
    if constexpr ((needs & need::f16_tile) != 0) k.f16_above = above<f16_words, Arch>;
    if constexpr ((needs & need::i8_tile) != 0) k.i8_above = above<i8_words, Arch>;
    if constexpr ((needs & need::bits_tile) != 0) k.bits_above = bits_above<Arch>;
    return k;
}();

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::portable
