// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simd/support.hpp"

// What the kernels of the tile are tested with. Without doctest, because tests/flags.cpp uses it too.

namespace test {

template <class T>
std::uint32_t word(counter_random& r, bool gentle) {
    const auto one = [&] { return gentle ? tame<T>(r) : wild<T>(r); };
    if constexpr (sizeof(T) == 4) return std::bit_cast<std::uint32_t>(one());
    if constexpr (sizeof(T) == 2) {
        const auto low = static_cast<std::uint32_t>(one());
        return low | static_cast<std::uint32_t>(one()) << 16;
    }
    if constexpr (sizeof(T) == 1) { // any bytes, and many extremes: padding is 0, which no code is
        const std::uint32_t x = r.bits32(), y = r.bits32();
        return y % 8 == 0 ? 0 : y % 8 == 1 ? 0x80808080u : y % 8 == 2 ? 0xffffffffu : y % 8 == 3 ? 0x7f7f7f7fu : x;
    }
}
inline double upper_half(std::uint32_t word) { return static_cast<double>(std::bit_cast<float>(word & 0xffff0000u)); }
inline double lower_half(std::uint32_t word) { return static_cast<double>(std::bit_cast<float>(word << 16)); }
inline double f16_number(std::uint32_t half) { return number(static_cast<f16_code>(half)); }

inline void add_f32(wide_sum& s, std::uint32_t q, std::uint32_t row) {
    s.add(number(std::bit_cast<float>(q)) * number(std::bit_cast<float>(row)));
}
inline void add_bf16(wide_sum& s, std::uint32_t q, std::uint32_t row) {
    s.add(upper_half(q) * upper_half(row));
    s.add(lower_half(q) * lower_half(row));
}
inline void add_i8(wide_sum& s, std::uint32_t q, std::uint32_t row) {
    for (int byte = 0; byte < 32; byte += 8) {
        const int x = static_cast<int>(q >> byte & 0xff), y = static_cast<int>(row >> byte & 0xff);
        s.add((x < 128 ? x : x - 256) * y);
    }
}

/// c += a b: where a table has it, its words, and what two of them add.
template <class Word, class Sum>
struct chain_case {
    using word_type = Word;
    using sum       = Sum;

    const char*                    name;
    graft::chain_kernel<Word, Sum> kernels::* of;
    std::uint32_t (*word)(counter_random&, bool gentle);
    void (*add)(wide_sum&, std::uint32_t, std::uint32_t);

    static constexpr bool whole = std::is_integral_v<Sum>;
    /// As a multiple of the sum's size: two steps a word, each rounded twice where it is not fused.
    [[nodiscard]] static double tolerance(size_t k) { return whole ? 0 : 4 * (static_cast<double>(k) + 1) * 0x1p-24; }
};

template <class F>
void for_chains(const F& f) {
    f(chain_case<float, float>{"chains", &kernels::chains, word<float>, add_f32});
    f(chain_case<std::uint32_t, float>{"bf16_chains", &kernels::bf16_chains, word<bf16_code>, add_bf16});
    f(chain_case<std::uint32_t, std::int32_t>{"i8_chains", &kernels::i8_chains, word<i8_code>, add_i8});
}

/// A kernel that lets rows of a panel through.
struct above_case {
    const char*         name;
    graft::above_kernel kernels::* of;
    size_t                         query_words; ///< for each word of a row
    bool                           whole;       ///< sums are integers
    std::uint32_t (*query)(counter_random&, bool gentle);
    std::uint32_t (*row)(counter_random&, bool gentle);
    /// The sum of a query and the row whose words are 48 apart.
    wide_sum (*wide)(const std::uint32_t* q, const std::uint32_t* column, size_t words);

    /// As a multiple of the size of all that is summed.
    [[nodiscard]] static double tolerance(size_t words) { return (4 * static_cast<double>(words) + 8) * 0x1p-24; }
};

template <void (*add)(wide_sum&, std::uint32_t, std::uint32_t)>
wide_sum wide_chain(const std::uint32_t* q, const std::uint32_t* column, size_t words) {
    wide_sum s;
    for (size_t t = 0; t < words; ++t) add(s, q[t], column[graft::panel_rows * t]);
    return s;
}
inline wide_sum wide_f16(const std::uint32_t* q, const std::uint32_t* column, size_t words) {
    wide_sum s;
    for (size_t t = 0; t < words; ++t) {
        const std::uint32_t row = column[graft::panel_rows * t];
        s.add(number(std::bit_cast<float>(q[2 * t])) * f16_number(row & 0xffffu));
        s.add(number(std::bit_cast<float>(q[2 * t + 1])) * f16_number(row >> 16));
    }
    return s;
}
inline wide_sum wide_bits(const std::uint32_t* q, const std::uint32_t* column, size_t words) {
    wide_sum s;
    for (size_t plane = 0; plane < graft::bit_planes; ++plane)
        for (size_t t = 0; t < words; ++t)
            for (int bit = 0; bit < 32; ++bit)
                if ((q[plane * words + t] >> bit & 1) == (column[graft::panel_rows * t] >> bit & 1))
                    s.add(static_cast<double>(1u << plane));
    return s;
}

template <class F>
void for_above_kernels(const F& f) {
    using k = kernels;
    f(above_case{"f32_above", &k::f32_above, 1, false, word<float>, word<float>, wide_chain<add_f32>});
    f(above_case{"bf16_above", &k::bf16_above, 1, false, word<bf16_code>, word<bf16_code>, wide_chain<add_bf16>});
    f(above_case{"f16_above", &k::f16_above, 2, false, word<float>, word<f16_code>, wide_f16});
    f(above_case{"i8_above", &k::i8_above, 1, true, word<i8_code>, word<i8_code>, wide_chain<add_i8>});
    f(above_case{"bits_above", &k::bits_above, graft::bit_planes, true, word<std::uint32_t>, word<std::uint32_t>,
                 wide_bits});
}

/// Eight queries and a panel; each array ends before a fence, or is its own.
class above_problem {
    size_t stride_, query_words_;
    fenced query_, panel_, out_, start_, shift_, gain_, floor_, scale_, offset_, error_;

    template <class T>
    static const T* copy(const fenced& to, const std::vector<T>& x) {
        return to.last(std::span<const T>(x));
    }

public:
    static constexpr size_t most = graft::tile_queries * graft::panel_rows;

    size_t             words;
    graft::tile_query  q;
    graft::tile_rows   rows;
    float*             floor;
    graft::tile_found* found;

    above_problem(const above_case& by, size_t n_words, bool gentle, std::uint64_t seed, size_t gap = 0)
        : stride_(by.query_words * n_words + gap), query_words_(by.query_words * n_words),
          query_(graft::tile_queries * stride_ * 4), panel_(n_words * graft::panel_rows * 4),
          out_(most * sizeof(graft::tile_found)), start_(64), shift_(64), gain_(64), floor_(64), scale_(256),
          offset_(256), error_(256), words(n_words) {
        counter_random             r(seed);
        std::vector<std::uint32_t> x(panel_words()), y(query_room());
        for (auto& w : x) w = by.row(r, gentle);
        for (auto& w : y) w = by.query(r, gentle);
        const auto some = [&](size_t n) {
            std::vector<float> out(n);
            for (float& v : out) v = gentle ? tame<float>(r) : wild<float>(r);
            return out;
        };
        std::vector<std::int32_t> start(graft::tile_queries);
        for (auto& s : start) s = static_cast<std::int32_t>(r.bits32()) >> (gentle ? 20 : 4);
        q     = {copy(query_, y), stride_, copy(start_, start), copy(shift_, some(8)), copy(gain_, some(8)), nullptr};
        rows  = {copy(panel_, x), copy(scale_, some(48)), copy(offset_, some(48)), copy(error_, some(48)), nullptr, 0};
        floor = floor_.last<float>(graft::tile_queries);
        found = out_.last<graft::tile_found>(most);
        q.floor = floor;
        if (!by.whole) q.start = nullptr;
    }

    [[nodiscard]] size_t panel_words() const { return words * graft::panel_rows; }
    /// The last query ends with its words, not with its stride.
    [[nodiscard]] size_t query_room() const { return (graft::tile_queries - 1) * stride_ + query_words_; }

    /// What a kernel finds for the last `queries`: their numbers end before the fences, too.
    std::vector<graft::tile_found> run(graft::above_kernel kernel, size_t queries) const {
        const size_t      at   = graft::tile_queries - queries;
        graft::tile_query some = q;
        some.words += at * q.stride;
        if (q.start != nullptr) some.start += at;
        if (q.shift != nullptr) some.shift += at;
        some.gain += at, some.floor += at;
        std::fill_n(found, most, graft::tile_found{77, 77, -77});
        const size_t n = kernel(some, queries, rows, words, found);
        return {found, found + std::min(n, most)};
    }
    /// What `upper` would be without rounding, and the size of what it is made of.
    [[nodiscard]] wide_sum wide(const above_case& by, size_t i, size_t r) const {
        wide_sum s = by.wide(q.words + i * q.stride, rows.words + r, words);
        if (by.whole) s.add(static_cast<double>(q.start[i]));
        if (rows.offset != nullptr) s.add(number(q.shift[i]) * number(rows.offset[r]));
        const double scale = number(rows.scale[r]);
        wide_sum     upper{s.value * scale, s.size * std::abs(scale)};
        upper.add(number(q.gain[i]) * number(rows.error[r]));
        return upper;
    }
};

} // namespace test
