// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/codes/formats.hpp>
#include <graft/simd/norm.hpp>

#include <array>

namespace graft::inline GRAFT_ABI {

/// The first elements alone, in another format: for embedders that put the most into them (Matryoshka).
///
///     prefix<i8>{.dims = 128}
///
/// With x^ and q^ for what codes say of a row and a query, |q · x - q^ · x^| = |q · (x - x^) + (q - q^) · x^| is at
/// most |q| |x - x^| + |q - q^| |x^|. What is cut off stands at right angles to the prefix: the squares of its length
/// and of the prefix's error add up to |x - x^|². Where F estimates, the rest counts as if it pointed anywhere.
///
/// Source   Kusupati et al., "Matryoshka representation learning", NeurIPS 2022.
template <row_format F>
struct prefix_rows {
    std::size_t dims = 128;
    F           of   = {};

    using code                                                     = typename F::code;
    static constexpr bool     bounded                              = F::bounded;
    static constexpr unsigned needs                                = need::of<F>;
    bool                      operator==(const prefix_rows&) const = default;

private:
    static constexpr auto text = [] {
        constexpr std::string_view                        of_what = "prefix of ";
        std::array<char, of_what.size() + F::name.size()> all     = {};
        std::copy(F::name.begin(), F::name.end(), std::copy(of_what.begin(), of_what.end(), all.begin()));
        return all;
    }();

public:
    static constexpr std::string_view name = {text.data(), text.size()};

    [[nodiscard]] std::size_t words(std::size_t all) const noexcept { return of.words(kept(all)); }
    [[nodiscard]] std::size_t query_words(std::size_t all) const noexcept { return of.query_words(kept(all)); }

    row_terms encode(vector_view x, std::uint32_t* words) const {
        row_terms t = of.encode(x.first(kept(x.size())), words);
        t.error     = with_rest(t.error, x, bounded ? 1 : static_cast<double>(x.size() - kept(x.size())));
        return t;
    }
    query_terms encode_query(vector_view x, std::uint32_t* words) const {
        query_terms t = of.encode_query(x.first(kept(x.size())), words);
        t.error       = with_rest(t.error, x, 1);
        return t;
    }
    void decode(const std::uint32_t* words, const row_terms& t, std::span<float> out) const {
        const std::size_t n = kept(out.size());
        of.decode(words, t, out.first(n));
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(n), out.end(), 0.f);
    }
    [[nodiscard]] above_kernel above(const kernels& by) const noexcept { return of.above(by); }

    [[nodiscard]] bool fits(std::size_t all) const noexcept { return of.fits(kept(all)); }
    void               dots(const kernels& by, vector_view q, coded_view<code> rows, float* out) const {
        rows.dims = kept(q.size());
        of.dots(by, q.first(rows.dims), rows, out);
    }
    void pairs(const kernels& by, coded_view<code> row, coded_view<code> rows, float* out) const {
        row.dims = rows.dims = kept(rows.dims);
        of.pairs(by, row, rows, out);
    }

private:
    [[nodiscard]] std::size_t kept(std::size_t all) const noexcept { return std::min(dims, all); }
    [[nodiscard]] float       with_rest(float error, vector_view x, double directions) const noexcept {
        const double rest = squared_norm(x.subspan(kept(x.size())));
        if (rest == 0) return error;
        return detail::no_less(std::sqrt(static_cast<double>(error) * static_cast<double>(error) + rest / directions));
    }
};

static_assert(row_format<prefix_rows<f32_rows>>);

} // namespace graft::inline GRAFT_ABI
