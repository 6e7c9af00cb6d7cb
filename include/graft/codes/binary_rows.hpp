// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/codes/formats.hpp>
#include <graft/linalg/hadamard.hpp>
#include <graft/simd/norm.hpp>

#include <array>

namespace graft::inline GRAFT_ABI {

/// A bit for each element, 1/32 of the bytes: the signs of the row after a random rotation. Two numbers beside them
/// make their dot with a query an estimate of the row's.
///
/// Let o be the row over its length, rotated, D elements, and s its signs. c = s · o / sqrt(D) = |o|_1 / sqrt(D) is the
/// cosine of the angle between them, about .8. What a query has beside o points anywhere around it, so that on average
/// q · row is |row| (q · s) / (o · s), with a standard error of |q| |row| sqrt((1 - c²) / c² / (D - 1)).
///
/// A query is rotated too, and rounded to odd multiples, -15 to 15, of a step that keeps q · q. That adds 2 % to the
/// standard error, and shifts scores by .001 |q| |row| at a cosine of .4, by .006 at .9: all of one angle alike.
/// A decoded row is the one that has these scores; it is longer than the row by 1/c.
///
/// Costs    1 to 2 µs a row of 384, 2 to 3 µs a query; an allocation above 4,096 dimensions.
/// Source   Gao and Long, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound for approximate
///          nearest neighbor search", SIGMOD 2024.
struct binary_rows {
    std::uint64_t seed = 0; ///< of the rotation

    using code                                                             = std::uint32_t;
    static constexpr std::string_view name                                 = "bits";
    static constexpr bool             bounded                              = false;
    static constexpr unsigned         needs                                = need::bits_tile;
    bool                              operator==(const binary_rows&) const = default;

    [[nodiscard]] static std::size_t words(std::size_t dims) noexcept { return hadamard_rotation::padded(dims) / 32; }
    [[nodiscard]] static std::size_t query_words(std::size_t dims) noexcept { return bit_planes * words(dims); }

    row_terms encode(vector_view x, std::uint32_t* words) const {
        detail::scratch<float> room(hadamard_rotation::padded(x.size()));
        const auto             o      = room.span();
        const double           length = rotated(x, o), dims = static_cast<double>(o.size());
        for (std::size_t i = 0; i < o.size(); i += 32) words[i / 32] = signs(&o[i]);
        const double along = length == 0 ? 1 : sum_of_sizes(o), c2 = std::min(1., scalar::pinned(along * along) / dims);
        return {static_cast<float>(std::max(length / along, 0x1p-126)),
                static_cast<float>(length * std::sqrt((1 - c2) / c2 / (dims - 1)))};
    }

    query_terms encode_query(vector_view x, std::uint32_t* words) const {
        detail::scratch<float> room(hadamard_rotation::padded(x.size()));
        const auto             o      = room.span();
        const std::size_t      plane  = o.size() / 32;
        const double           length = rotated(x, o), root = std::sqrt(static_cast<double>(o.size()));
        const float            levels  = static_cast<float>(root / .3352); // best for normal distributions (Max, 1960)
        double                 along   = 0;                                // u · o
        std::uint32_t          squares = 0;                                // |u|²
        for (std::size_t t = 0; t < plane; ++t) {
            std::array<std::uint32_t, bit_planes> word = {};
            for (std::size_t l = 0; l < 32; ++l) {
                const float v     = o[32 * t + l];
                const auto  level = static_cast<std::uint32_t>(std::clamp(scalar::pinned(v * levels) + 8.f, 0.f, 15.f));
                for (std::size_t p = 0; p < bit_planes; ++p) word[p] |= (level >> p & 1u) << l;
                const int u = 2 * static_cast<int>(level) - 15;
                along += static_cast<double>(u) * static_cast<double>(v); // an exact product
                squares += static_cast<std::uint32_t>(u * u);
            }
            for (std::size_t p = 0; p < bit_planes; ++p) words[p * plane + t] = word[p];
        }
        const std::int32_t start = -15 * static_cast<std::int32_t>(o.size() / 2);
        if (length == 0) return {start, 0x1p-64f, detail::no_less(0x1p-65 * root)}; // nothing beside any other number
        const double step = squared_norm(o) / along, off2 = step * (scalar::pinned(step * squares) - along);
        return {start, static_cast<float>(std::max(2 * step * length, 0x1p-126)),
                detail::no_less(length * (std::sqrt(std::max(off2, 0.)) + 1e-5))};
    }

    void decode(const std::uint32_t* words, const row_terms& t, std::span<float> out) const {
        detail::scratch<float> room(hadamard_rotation::padded(out.size()));
        const auto             o = room.span();
        for (std::size_t i = 0; i < o.size(); ++i) o[i] = (words[i / 32] >> i % 32 & 1u) != 0 ? t.scale : -t.scale;
        hadamard_rotation{seed}.rotate_back(o);
        std::copy_n(o.begin(), out.size(), out.begin());
    }
    [[nodiscard]] static above_kernel above(const kernels& by) noexcept { return by.bits_above; }

    [[nodiscard]] static bool fits(std::size_t dims) noexcept { return dims <= 1u << 26; }
    /// The estimates of `encode_query`, from the bits that differ.
    void dots(const kernels& by, vector_view q, const coded_view<code>& rows, float* out) const {
        detail::scratch<code> planes(query_words(rows.dims));
        const query_terms     t = encode_query(q, planes.data());
        in_blocks(rows, out, [&](const coded_view<code>& some, float* to) {
            std::uint32_t far[block];
            std::int32_t  sum[block];
            std::fill_n(sum, some.rows, -t.start); // all agree
            for (std::size_t p = 0; p < bit_planes; ++p) {
                by.bits.distances(planes.data() + p * some.stride, some.codes, some.rows, some.stride, far);
                for (std::size_t i = 0; i < some.rows; ++i) sum[i] -= static_cast<std::int32_t>(far[i] << p);
            }
            std::transform(sum, sum + some.rows, to, [](std::int32_t s) { return static_cast<float>(s); });
            some.scale(to, t.unit);
        });
    }
    /// Signs differ as often as the angle is wide: the score is |row| |row| cos(π differing / D), with a standard error
    /// of up to 1.2 / sqrt(D) of that.
    static void pairs(const kernels& by, const coded_view<code>& row, const coded_view<code>& rows, float* out) {
        const double length = row_length(*row.terms, row.stride), half = 16 * static_cast<double>(row.stride);
        in_blocks(rows, out, [&](const coded_view<code>& some, float* to) {
            std::uint32_t far[block];
            by.bits.distances(row.codes, some.codes, some.rows, some.stride, far);
            for (std::size_t i = 0; i < some.rows; ++i)
                to[i] = static_cast<float>(length * row_length(some.terms[i], some.stride) *
                                           sine_of_quarters(1 - static_cast<double>(far[i]) / half));
        });
    }

private:
    static constexpr std::size_t block = 256; ///< rows that stay in the nearest cache
    template <class Score>
    static void in_blocks(const coded_view<code>& rows, float* out, const Score& score) {
        for (std::size_t i = 0; i < rows.rows; i += block) {
            coded_view<code> some = rows.row(i);
            some.rows             = std::min(block, rows.rows - i);
            score(some, out + i);
        }
    }
    /// |row|² = D scale² - (D - 1) error².
    [[nodiscard]] static double row_length(const row_terms& t, std::size_t words) noexcept {
        const double dims = 32 * static_cast<double>(words), scale = static_cast<double>(t.scale),
                     error = static_cast<double>(t.error);
        return std::sqrt(std::max(0., std::fma(dims, scale * scale, -(dims - 1) * (error * error))));
    }
    /// sin(π / 2 x) for |x| <= 1, within 1e-9: Taylor's polynomial of degree 13.
    [[nodiscard]] static double sine_of_quarters(double x) noexcept {
        const double a = 1.5707963267948966 * x, z = a * a;
        double       p = 1. / 6227020800;
        for (const double c : {-1. / 39916800, 1. / 362880, -1. / 5040, 1. / 120, -1. / 6, 1.}) p = std::fma(p, z, c);
        return p * a;
    }
    /// x over its length, rotated; gives the length. A zero row stays zero.
    double rotated(vector_view x, std::span<float> o) const noexcept {
        const double length = std::sqrt(squared_norm(x)), inverse = length == 0 ? 0 : 1 / length;
        for (std::size_t i = 0; i < o.size(); ++i) o[i] = i < x.size() ? static_cast<float>(x[i] * inverse) : 0.f;
        hadamard_rotation{seed}.rotate(o);
        return length;
    }
    /// A bit is 1 where the sign bit is 0.
    [[nodiscard]] static std::uint32_t signs(const float* x) noexcept {
        std::uint32_t word = 0;
        for (std::size_t l = 0; l < 32; ++l) word |= (std::bit_cast<std::uint32_t>(x[l]) >> 31 ^ 1u) << l;
        return word;
    }
    [[nodiscard]] static double sum_of_sizes(std::span<const float> x) noexcept {
        double sum[8] = {};
        for (std::size_t i = 0; i < x.size(); i += 8)
            for (std::size_t l = 0; l < 8; ++l) sum[l] += static_cast<double>(std::fabs(x[i + l]));
        for (std::size_t half = 4; half > 0; half /= 2)
            for (std::size_t l = 0; l < half; ++l) sum[l] = scalar::pinned(sum[l] + sum[l + half]);
        return sum[0];
    }
};

static_assert(row_format<binary_rows>);

} // namespace graft::inline GRAFT_ABI
