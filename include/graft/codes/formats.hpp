// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/codes/row_format.hpp>
#include <graft/simd/kernels_scalar.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Coded rows one after the other, as kernels read them: what a format's scores take.
template <class Code>
struct coded_view {
    const Code*      codes  = nullptr; ///< [rows, stride]: whole words, a format's words(dims) of them
    const row_terms* terms  = nullptr; ///< [rows]
    std::size_t      rows   = 0;
    std::size_t      stride = 0; ///< in codes
    std::size_t      dims   = 0;

    [[nodiscard]] coded_view row(std::size_t i) const noexcept {
        return {codes + i * stride, terms + i, 1, stride, dims};
    }
    /// What turns sums of codes into scores; in double, so that two rows' scales may come in either order.
    void scale(float* sums, float by = 1) const noexcept {
        for (std::size_t i = 0; i < rows; ++i)
            sums[i] = static_cast<float>(static_cast<double>(sums[i]) *
                                         (static_cast<double>(terms[i].scale) * static_cast<double>(by)));
    }
};

namespace detail {

/// The largest absolute value.
[[nodiscard]] inline float largest(vector_view x) noexcept {
    std::uint32_t most = 0;
    for (const float v : x) most = std::max(most, std::bit_cast<std::uint32_t>(v) & 0x7fffffffu);
    return std::bit_cast<float>(most);
}

/// Room for n values, not set: on the stack up to 4,096.
template <class T>
class scratch {
    std::size_t          n_;
    std::unique_ptr<T[]> far_ = {};
    alignas(64) T near_[4096];

public:
    explicit scratch(std::size_t n) : n_(n), far_(n > 4096 ? new T[n] : nullptr) {}
    [[nodiscard]] T*           data() noexcept { return far_ ? far_.get() : near_; }
    [[nodiscard]] std::span<T> span() noexcept { return {data(), n_}; }
};

template <class Code>
inline constexpr std::size_t codes_a_word = sizeof(std::uint32_t) / sizeof(Code);

/// Codes to words, the first in the lowest bits; the last word is filled up with `zero`.
template <class Code, class To>
void write_codes(vector_view x, std::uint32_t* words, Code zero, const To& to) noexcept {
    constexpr std::size_t per = codes_a_word<Code>;
    std::size_t           i   = 0;
    for (; i + per <= x.size(); i += per) {
        std::uint32_t word = 0;
        for (std::size_t k = 0; k < per; ++k) word |= static_cast<std::uint32_t>(to(x[i + k])) << k * 32 / per;
        *words++ = word;
    }
    if (i == x.size()) return;
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < per; ++k)
        word |= static_cast<std::uint32_t>(i + k < x.size() ? to(x[i + k]) : zero) << k * 32 / per;
    *words = word;
}

template <class Code>
[[nodiscard]] inline Code code_at(const std::uint32_t* words, std::size_t i) noexcept {
    constexpr std::size_t per = codes_a_word<Code>, width = 32 / per;
    return static_cast<Code>(words[i / per] >> i % per * width & ((1u << width) - 1));
}

/// |x - scale codes|, rounded up. Each difference becomes a float, off by at most 2^-24 of itself, so its square is
/// exact, fused or not; eight sums in double are off by far less.
template <class Code>
[[nodiscard]] inline float lost(vector_view x, const std::uint32_t* words, double scale) noexcept {
    double     sum[8] = {};
    const auto add    = [&](std::size_t i, double& s) {
        const double d = static_cast<float>(x[i] - scale * static_cast<double>(widen(code_at<Code>(words, i))));
        s += d * d;
    };
    const std::size_t whole = x.size() / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8)
        for (std::size_t l = 0; l < 8; ++l) add(i + l, sum[l]);
    for (std::size_t i = whole; i < x.size(); ++i) add(i, sum[i % 8]);
    for (std::size_t half = 4; half > 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l) sum[l] = scalar::pinned(sum[l] + sum[l + half]);
    return no_less(std::sqrt(sum[0]) * (1 + 0x1p-22));
}

/// A query that ends in zeros where a coded row does.
class whole_words {
    scratch<float> room_;
    vector_view    all_;

public:
    whole_words(vector_view q, std::size_t stride) : room_(stride), all_(q) {
        if (q.size() == stride) return;
        std::fill(std::copy(q.begin(), q.end(), room_.span().begin()), room_.span().end(), 0.f);
        all_ = room_.span();
    }
    [[nodiscard]] const float* data() const noexcept { return all_.data(); }
};

} // namespace detail

// Four formats whose errors are bounds. Rows and queries are finite and shorter than 2^127.

/// Rows as they are.
struct f32_rows {
    using code                                                          = float;
    static constexpr std::string_view name                              = "f32";
    static constexpr bool             bounded                           = true;
    static constexpr unsigned         needs                             = need::f32_tile;
    bool                              operator==(const f32_rows&) const = default;

    [[nodiscard]] static std::size_t words(std::size_t dims) noexcept { return dims; }
    [[nodiscard]] static std::size_t query_words(std::size_t dims) noexcept { return dims; }
    static row_terms                 encode(vector_view x, std::uint32_t* words) noexcept {
        std::memcpy(words, x.data(), x.size_bytes());
        return {};
    }
    static query_terms encode_query(vector_view x, std::uint32_t* words) noexcept {
        std::memcpy(words, x.data(), x.size_bytes());
        return {};
    }
    static void decode(const std::uint32_t* words, const row_terms&, std::span<float> out) noexcept {
        std::memcpy(out.data(), words, out.size_bytes());
    }
    [[nodiscard]] static above_kernel above(const kernels& by) noexcept { return by.f32_above; }

    [[nodiscard]] static bool fits(std::size_t) noexcept { return true; }
    static void dots(const kernels& by, vector_view q, const coded_view<code>& rows, float* out) noexcept {
        by.f32.dots(q.data(), rows.codes, rows.rows, rows.stride, out);
    }
    static void pairs(const kernels& by, const coded_view<code>& row, const coded_view<code>& rows,
                      float* out) noexcept {
        by.f32.dots(row.codes, rows.codes, rows.rows, rows.stride, out);
    }
    static void distances(const kernels& by, vector_view q, const coded_view<code>& rows, float* out) noexcept {
        by.f32.distances(q.data(), rows.codes, rows.rows, rows.stride, out);
    }
};

/// Half of the bytes, 8 bits of precision: a row is off by 2^-8 of its length at most. Rows and queries alike, because
/// hardware multiplies such pairs.
struct bf16_rows {
    using code                                                           = bf16_code;
    static constexpr std::string_view name                               = "bf16";
    static constexpr bool             bounded                            = true;
    static constexpr unsigned         needs                              = need::bf16_tile;
    bool                              operator==(const bf16_rows&) const = default;

    [[nodiscard]] static std::size_t words(std::size_t dims) noexcept { return (dims + 1) / 2; }
    [[nodiscard]] static std::size_t query_words(std::size_t dims) noexcept { return words(dims); }
    static row_terms                 encode(vector_view x, std::uint32_t* words) noexcept {
        detail::write_codes(x, words, bf16_code{}, [](float v) { return to_bf16(v); });
        return {1, detail::lost<bf16_code>(x, words, 1)};
    }
    static query_terms encode_query(vector_view x, std::uint32_t* words) noexcept {
        return {0, 1, encode(x, words).error};
    }
    static void decode(const std::uint32_t* words, const row_terms&, std::span<float> out) noexcept {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = widen(detail::code_at<bf16_code>(words, i));
    }
    [[nodiscard]] static above_kernel above(const kernels& by) noexcept { return by.bf16_above; }

    [[nodiscard]] static bool fits(std::size_t) noexcept { return true; }
    static void               dots(const kernels& by, vector_view q, const coded_view<code>& rows, float* out) {
        by.bf16.dots(detail::whole_words(q, rows.stride).data(), rows.codes, rows.rows, rows.stride, out);
    }
    static void pairs(const kernels& by, const coded_view<code>& row, const coded_view<code>& rows,
                      float* out) noexcept {
        by.bf16_pairs.dots(row.codes, rows.codes, rows.rows, rows.stride, out);
    }
    static void distances(const kernels& by, vector_view q, const coded_view<code>& rows, float* out) {
        by.bf16.distances(detail::whole_words(q, rows.stride).data(), rows.codes, rows.rows, rows.stride, out);
    }
};

/// Half of the bytes, 11 bits of precision: a row is off by an eighth of what it is in `bf16_rows`. Queries are floats.
///
/// A row whose largest element lies in [2^-8, 65504] is stored as it is. Any other is divided by a power of two, its
/// scale, so that the largest comes to [1, 2).
struct f16_rows {
    using code                                                          = f16_code;
    static constexpr std::string_view name                              = "f16";
    static constexpr bool             bounded                           = true;
    static constexpr unsigned         needs                             = need::f16_tile;
    bool                              operator==(const f16_rows&) const = default;

    [[nodiscard]] static std::size_t words(std::size_t dims) noexcept { return (dims + 1) / 2; }
    [[nodiscard]] static std::size_t query_words(std::size_t dims) noexcept { return 2 * words(dims); }
    static row_terms                 encode(vector_view x, std::uint32_t* words) noexcept {
        const auto   most = std::bit_cast<std::uint32_t>(detail::largest(x));
        const bool   fits = most == 0 || (most >= 0x3b800000u && most <= 0x477fe000u);
        const float  scale = fits ? 1.f : std::bit_cast<float>(std::max(most & 0x7f800000u, 0x00800000u));
        const double inverse = 1 / static_cast<double>(scale);
        detail::write_codes(x, words, f16_code{}, [=](float v) { return to_f16(static_cast<float>(v * inverse)); });
        return {scale, detail::lost<f16_code>(x, words, scale)};
    }
    static query_terms encode_query(vector_view x, std::uint32_t* words) noexcept {
        std::memcpy(words, x.data(), x.size_bytes());
        if (x.size() % 2 != 0) words[x.size()] = 0;
        return {};
    }
    static void decode(const std::uint32_t* words, const row_terms& t, std::span<float> out) noexcept {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = t.scale * widen(detail::code_at<f16_code>(words, i));
    }
    [[nodiscard]] static above_kernel above(const kernels& by) noexcept { return by.f16_above; }

    [[nodiscard]] static bool fits(std::size_t) noexcept { return true; }
    static void               dots(const kernels& by, vector_view q, const coded_view<code>& rows, float* out) {
        by.f16.dots(detail::whole_words(q, rows.stride).data(), rows.codes, rows.rows, rows.stride, out);
        rows.scale(out);
    }
    static void pairs(const kernels& by, const coded_view<code>& row, const coded_view<code>& rows, float* out) {
        detail::scratch<float> x(rows.stride);
        std::transform(row.codes, row.codes + row.stride, x.data(), [](code c) { return widen(c); });
        by.f16.dots(x.data(), rows.codes, rows.rows, rows.stride, out);
        rows.scale(out, row.terms->scale);
    }
    static void distances(const kernels& by, vector_view q, const coded_view<code>& rows, float* out) {
        by.f16.distances(detail::whole_words(q, rows.stride).data(), rows.codes, rows.rows, rows.stride, out);
    }
};

/// A quarter of the bytes: integers from -127 to 127 times a scale. Queries alike, each with a scale of its own. A
/// scale has 16 bits of precision, so that its products with codes are exact.
struct int8_rows {
    float scale = 0; ///< of all rows, cutting off what lies beyond 127 of it; 0: of each row, by its largest element

    using code                                                           = i8_code;
    static constexpr std::string_view name                               = "i8";
    static constexpr bool             bounded                            = true;
    static constexpr unsigned         needs                              = need::i8_tile;
    bool                              operator==(const int8_rows&) const = default;

    /// One scale for rows like these: it cuts off one element of 2,000. What is not finite does not count.
    ///
    /// Gives    a scale for each row where the sample tells of none: it is empty, or nearly all 0.
    /// Costs    a copy of the sample.
    [[nodiscard]] static int8_rows fit(matrix_view<const float> sample) {
        std::vector<float> size;
        size.reserve(sample.flat().size());
        for (const float v : sample.flat())
            if (is_finite(v)) size.push_back(std::fabs(v));
        if (size.empty()) return {};
        const auto at = size.begin() + static_cast<std::ptrdiff_t>(size.size() - 1 - size.size() / 2000);
        std::nth_element(size.begin(), at, size.end());
        return {*at == 0 ? 0 : rounded(*at / 127)};
    }

    [[nodiscard]] static std::size_t words(std::size_t dims) noexcept { return (dims + 3) / 4; }
    [[nodiscard]] static std::size_t query_words(std::size_t dims) noexcept { return words(dims); }
    row_terms                        encode(vector_view x, std::uint32_t* words) const noexcept {
        return scale > 0 ? encode(x, words, rounded(scale)) : encode(x, words, own_scale(x));
    }
    static query_terms encode_query(vector_view x, std::uint32_t* words) noexcept {
        const row_terms as_row = encode(x, words, own_scale(x));
        std::int32_t    sum    = 0;
        for (std::size_t i = 0; i < x.size(); ++i) sum += static_cast<int>(detail::code_at<i8_code>(words, i)) - 128;
        for (std::size_t t = 0; t < query_words(x.size()); ++t) words[t] ^= without_bias;
        return {-128 * sum, as_row.scale, as_row.error};
    }
    static void decode(const std::uint32_t* words, const row_terms& t, std::span<float> out) noexcept {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = t.scale * widen(detail::code_at<i8_code>(words, i));
    }
    [[nodiscard]] static above_kernel above(const kernels& by) noexcept { return by.i8_above; }

    [[nodiscard]] static bool fits(std::size_t dims) noexcept { return dims <= 66'000; }
    static void               dots(const kernels& by, vector_view q, const coded_view<code>& rows, float* out) {
        by.i8.dots(detail::whole_words(q, rows.stride).data(), rows.codes, rows.rows, rows.stride, out);
        rows.scale(out);
    }
    static void pairs(const kernels& by, const coded_view<code>& row, const coded_view<code>& rows, float* out) {
        detail::scratch<std::int8_t> x(rows.stride);
        for (std::size_t i = 0; i < row.stride; i += 4) {
            std::uint32_t word = 0;
            std::memcpy(&word, row.codes + i, 4);
            word ^= without_bias;
            std::memcpy(x.data() + i, &word, 4);
        }
        std::int32_t sum[256];
        for (std::size_t i = 0; i < rows.rows; i += 256) {
            const std::size_t n = std::min<std::size_t>(256, rows.rows - i);
            by.i8_pairs.dots(x.data(), rows.codes + i * rows.stride, n, rows.stride, sum);
            std::transform(sum, sum + n, out + i, [](std::int32_t s) { return static_cast<float>(s); });
        }
        rows.scale(out, row.terms->scale);
    }

private:
    static constexpr std::uint32_t without_bias = 0x80808080u; ///< turns four value + 128 to four int8, by xor

    /// Up to 16 bits of precision; not below 2^-126.
    [[nodiscard]] static float rounded(float x) noexcept {
        const auto bits = std::max(std::bit_cast<std::uint32_t>(x), 0x00800000u);
        return std::bit_cast<float>((bits + 0xffu) & ~0xffu);
    }
    [[nodiscard]] static float own_scale(vector_view x) noexcept {
        const float most = detail::largest(x);
        return most == 0 ? 1.f : rounded(most / 127);
    }
    static row_terms encode(vector_view x, std::uint32_t* words, float scale) noexcept {
        const float inverse = 1 / scale;
        detail::write_codes(x, words, i8_code{128}, [=](float v) { return to_i8(v * inverse); });
        return {scale, detail::lost<i8_code>(x, words, scale)};
    }
};

static_assert(row_format<f32_rows> && row_format<bf16_rows> && row_format<f16_rows> && row_format<int8_rows>);

} // namespace graft::inline GRAFT_ABI
