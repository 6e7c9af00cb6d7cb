// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/random.hpp>
#include <graft/codes/binary_rows.hpp>
#include <graft/codes/formats.hpp>
#include <graft/codes/prefix_rows.hpp>

#include "support/shared.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

// What row formats are tested with: rows of every temper, sums over words in double precision, real vectors.

namespace test {

using graft::counter_random, graft::vector_view;

/// About normal: a sum of twelve.
inline float normal(counter_random& r) {
    float sum = -6;
    for (int i = 0; i < 12; ++i) sum += r.unit();
    return sum;
}
inline std::vector<float> normal(std::size_t n, std::uint64_t seed) {
    counter_random     r(seed, 1);
    std::vector<float> x(n);
    for (float& v : x) v = normal(r);
    return x;
}

enum class temper { tame, wild, tiny, subnormal, huge, constant, one, spiky, zero };
inline constexpr temper tempers[] = {temper::tame,     temper::wild, temper::tiny,  temper::subnormal, temper::huge,
                                     temper::constant, temper::one,  temper::spiky, temper::zero};

/// A row that is shorter than 2^127.
inline std::vector<float> row_of(temper how, std::size_t dims, std::uint64_t seed) {
    counter_random r(seed, 2);
    const auto     between = [&](std::uint32_t low, std::uint32_t high) { // exponents, biased
        const std::uint32_t x = r.bits32();
        return std::bit_cast<float>((x & 0x807fffffu) | (low + r.bits32() % (high - low)) << 23);
    };
    std::vector<float> x(dims);
    const float        same = between(97, 157);
    for (float& v : x) switch (how) {
        case temper::tame: v = 2 * r.unit() - 1; break;
        case temper::wild: v = between(67, 187); break;
        case temper::tiny: v = between(0, 20); break;
        case temper::subnormal: v = std::bit_cast<float>(r.bits32() & 0x800fffffu); break;
        case temper::huge: v = between(200, 240); break;
        case temper::constant: v = same; break;
        case temper::one:
        case temper::zero: v = 0; break;
        case temper::spiky: v = (2 * r.unit() - 1) * 1e-3f; break;
        }
    if (how == temper::one || how == temper::spiky) x[r.below(dims)] = -5;
    return x;
}

inline double dot_of(vector_view a, vector_view b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}
inline double length_of(vector_view a) { return std::sqrt(dot_of(a, a)); }
inline double between(vector_view a, vector_view b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        sum += d * d;
    }
    return std::sqrt(sum);
}

// The sum that `above` makes over the words of a row, by the layout that tile.hpp and kernel_table.hpp state.

inline double f16_number(std::uint32_t code) {
    const std::uint32_t exponent = code >> 10 & 31u, fraction = code & 1023u;
    const double        size =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
    return code >> 15 != 0 ? -size : size;
}
inline double float_of(std::uint32_t bits) { return static_cast<double>(std::bit_cast<float>(bits)); }

using coded = std::vector<std::uint32_t>;

inline double sum_over(const graft::f32_rows&, const coded& q, const coded& row, std::int32_t) {
    double sum = 0;
    for (std::size_t t = 0; t < row.size(); ++t) sum += float_of(q[t]) * float_of(row[t]);
    return sum;
}
inline double sum_over(const graft::bf16_rows&, const coded& q, const coded& row, std::int32_t) {
    double sum = 0;
    for (std::size_t t = 0; t < row.size(); ++t)
        sum += float_of(q[t] << 16) * float_of(row[t] << 16) + float_of(q[t] & ~0xffffu) * float_of(row[t] & ~0xffffu);
    return sum;
}
inline double sum_over(const graft::f16_rows&, const coded& q, const coded& row, std::int32_t) {
    double sum = 0;
    for (std::size_t t = 0; t < row.size(); ++t)
        sum += float_of(q[2 * t]) * f16_number(row[t] & 0xffffu) + float_of(q[2 * t + 1]) * f16_number(row[t] >> 16);
    return sum;
}
inline double sum_over(const graft::int8_rows&, const coded& q, const coded& row, std::int32_t start) {
    std::int64_t sum = start;
    for (std::size_t t = 0; t < row.size(); ++t)
        for (int byte = 0; byte < 32; byte += 8)
            sum += std::int64_t{static_cast<std::int8_t>(q[t] >> byte & 0xffu)} * (row[t] >> byte & 0xffu);
    return static_cast<double>(sum);
}
inline double sum_over(const graft::binary_rows&, const coded& q, const coded& row, std::int32_t start) {
    std::int64_t sum = start;
    for (std::size_t plane = 0; plane < 4; ++plane)
        for (std::size_t t = 0; t < row.size(); ++t)
            sum += std::int64_t{std::popcount(~(q[plane * row.size() + t] ^ row[t]))} << plane;
    return static_cast<double>(sum);
}
template <class F>
double sum_over(const graft::prefix_rows<F>& f, const coded& q, const coded& row, std::int32_t start) {
    return sum_over(f.of, q, row, start);
}

/// A row and a query in a format, and the score that they give.
template <class F>
struct coded_pair {
    graft::row_terms   row;
    graft::query_terms query;
    coded              row_words, query_words;
    double             score;

    coded_pair(const F& f, vector_view q, vector_view x)
        : row_words(f.words(x.size()), 0xdeadbeefu), query_words(f.query_words(q.size()), 0xdeadbeefu) {
        row   = f.encode(x, row_words.data());
        query = f.encode_query(q, query_words.data());
        score = static_cast<double>(query.unit) * static_cast<double>(row.scale) *
                sum_over(f, query_words, row_words, query.start);
    }
};

/// MiniLM vectors of a set, [rows, 384], as floats.
inline graft::matrix<float> minilm(const std::filesystem::path& file) {
    const std::string    bytes = slurp(file);
    graft::matrix<float> out(bytes.size() / 768, 384);
    for (std::size_t i = 0; i < out.flat().size(); ++i) {
        std::uint16_t code = 0;
        std::memcpy(&code, bytes.data() + 2 * i, 2);
        out.flat()[i] = static_cast<float>(f16_number(code));
    }
    return out;
}

/// A hash of the bits.
template <class T>
std::uint64_t hash_of(const std::vector<T>& x) {
    return graft::hash64({reinterpret_cast<const char*>(x.data()), x.size() * sizeof(T)});
}

/// The k best of these scores, ties to the lower row.
inline std::vector<std::uint32_t> best(std::span<const float> scores, std::size_t k) {
    std::vector<std::uint32_t> rows(scores.size());
    std::iota(rows.begin(), rows.end(), 0u);
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(k), rows.end(),
                      [&](auto a, auto b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
    rows.resize(k);
    return rows;
}

} // namespace test
