// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/kernel_table.hpp>
#include <graft/simd/kernels_scalar.hpp>

#include <bit>
#include <cstring>
#include <type_traits>

// The truth of the tile: chains over the words of a row, written once without vectors. For comparison, not for use.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::scalar {

/// How a query's word and a row's word add to a sum.
struct f32_words {
    using sum                            = float;
    static constexpr std::size_t per_row = 1; ///< words of a query for each word of a row
    static float                 step(const std::uint32_t* q, std::uint32_t row, float s) noexcept {
        return pinned(fused(std::bit_cast<float>(*q), std::bit_cast<float>(row), s));
    }
};
struct bf16_words {
    using sum                            = float;
    static constexpr std::size_t per_row = 1;
    static float                 step(const std::uint32_t* q, std::uint32_t row, float s) noexcept {
        const std::uint32_t upper = 0xffff0000u;
        s = pinned(fused(std::bit_cast<float>(*q & upper), std::bit_cast<float>(row & upper), s));
        return pinned(fused(std::bit_cast<float>(*q << 16), std::bit_cast<float>(row << 16), s));
    }
};
struct f16_words {
    using sum                            = float;
    static constexpr std::size_t per_row = 2; // floats: those of the lower and of the upper element
    static float                 step(const std::uint32_t* q, std::uint32_t row, float s) noexcept {
        s = pinned(fused(std::bit_cast<float>(q[1]), widen(static_cast<f16_code>(row >> 16)), s));
        return pinned(fused(std::bit_cast<float>(q[0]), widen(static_cast<f16_code>(row & 0xffffu)), s));
    }
};
struct i8_words {
    using sum                            = std::int32_t;
    static constexpr std::size_t per_row = 1;
    /// int8 of the query times the unsigned bytes of the row; the query's `start` takes the bias away.
    static std::int32_t step(const std::uint32_t* q, std::uint32_t row, std::int32_t s) noexcept {
        auto sum = static_cast<std::uint32_t>(s); // may wrap on the way
        for (int byte = 0; byte < 32; byte += 8)
            sum = pinned(sum + static_cast<std::uint32_t>(static_cast<std::int8_t>(*q >> byte) *
                                                          static_cast<std::int32_t>(row >> byte & 0xffu)));
        return static_cast<std::int32_t>(sum);
    }
};

template <class Words>
[[nodiscard]] inline typename Words::sum chain(const std::uint32_t* q, const std::uint32_t* column, std::size_t words,
                                               typename Words::sum s) noexcept {
    for (std::size_t t = 0; t < words; ++t) s = Words::step(q + t * Words::per_row, column[t * panel_rows], s);
    return s;
}
struct bit_words {
    using sum = std::int32_t;
};
template <>
[[nodiscard]] inline std::int32_t chain<bit_words>(const std::uint32_t* q, const std::uint32_t* column,
                                                   std::size_t words, std::int32_t s) noexcept {
    for (std::size_t plane = 0; plane < bit_planes; ++plane, q += words)
        for (std::size_t t = 0; t < words; ++t)
            s += static_cast<std::int32_t>(std::popcount(~(q[t] ^ column[t * panel_rows]))) << plane;
    return s;
}

template <class Words>
std::size_t above(const tile_query& q, std::size_t queries, const tile_rows& rows, std::size_t words,
                  tile_found* out) noexcept {
    std::size_t found = 0;
    for (std::size_t i = 0; i < queries; ++i)
        for (std::size_t r = 0; r < panel_rows; ++r) {
            typename Words::sum s = 0;
            if constexpr (std::is_same_v<typename Words::sum, std::int32_t>) s = q.start[i];
            s       = chain<Words>(q.words + i * q.stride, rows.words + r, words, s);
            float x = pinned(static_cast<float>(s));
            if (rows.offset != nullptr) x = pinned(fused(q.shift[i], rows.offset[r], x));
            x = pinned(fused(q.gain[i], rows.error[r], pinned(x * rows.scale[r])));
            if (x >= q.floor[i]) out[found++] = {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(r), x};
        }
    return found;
}

template <class Words, class Word>
void chains(const Word* a, std::size_t a_row, std::size_t a_step, const Word* b, std::size_t b_row,
            typename Words::sum* c, std::size_t c_row, std::size_t n, std::size_t k, std::size_t m) noexcept {
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t t = 0; t < k; ++t) {
            const auto x = std::bit_cast<std::uint32_t>(a[i * a_row + t * a_step]);
            for (std::size_t j = 0; j < m; ++j)
                c[i * c_row + j] = Words::step(&x, std::bit_cast<std::uint32_t>(b[t * b_row + j]), c[i * c_row + j]);
        }
}

inline void pack(const void* rows, std::size_t row, std::size_t n, std::size_t words, void* panel) noexcept {
    const auto* from = static_cast<const std::byte*>(rows);
    auto*       to   = static_cast<std::byte*>(panel);
    for (std::size_t t = 0; t < words; ++t)
        for (std::size_t r = 0; r < panel_rows; ++r, to += 4)
            if (r < n) std::memcpy(to, from + 4 * (r * row + t), 4);
            else std::memset(to, 0, 4);
}

inline constexpr kernels table{
    .name        = "scalar",
    .exact       = true,
    .f32         = {{each<sum<false, float>>, some<sum<false, float>>}, each<sum<true, float>>, some<sum<true, float>>},
    .bf16        = {{each<sum<false, bf16_code>>, some<sum<false, bf16_code>>},
                    each<sum<true, bf16_code>>,
                    some<sum<true, bf16_code>>},
    .f16         = {{each<sum<false, f16_code>>, some<sum<false, f16_code>>},
                    each<sum<true, f16_code>>,
                    some<sum<true, f16_code>>},
    .i8          = {each<sum<false, i8_code>>, some<sum<false, i8_code>>},
    .bf16_pairs  = {each<pair_sum>, some<pair_sum>},
    .i8_pairs    = {each<int_sum>, some<int_sum>},
    .bits        = {each<bit_sum>, some<bit_sum>},
    .axpy        = axpy,
    .chains      = chains<f32_words, float>,
    .bf16_chains = chains<bf16_words, std::uint32_t>,
    .i8_chains   = chains<i8_words, std::uint32_t>,
    .pack        = pack,
    .f32_above   = above<f32_words>,
    .bf16_above  = above<bf16_words>,
    .f16_above   = above<f16_words>,
    .i8_above    = above<i8_words>,
    .bits_above  = above<bit_words>};

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY::scalar
