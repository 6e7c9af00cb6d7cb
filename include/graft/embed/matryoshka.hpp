// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/simd/norm.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// An embedder with fewer dimensions: the first numbers of another embedder's vectors, scaled to length 1 again. Models that were trained
/// for it keep most of what they know there; with others use `reduced`.
///
///     const auto small = matryoshka<sentence_encoder>::make(encoder, 128).value();
///
/// Gives    unit rows; a zero row where the base has nothing but zeros in these numbers.
/// Borrows  the base, if it cannot be copied.
/// Costs    the base's vectors, and a pass over the numbers that are kept.
/// Source   Kusupati et al. 2022, arXiv 2205.13147.
template <embedder E>
class matryoshka {
    stored<E>   base_;
    std::size_t dims_;

    matryoshka(stored<E> base, std::size_t dims) : base_(std::move(base)), dims_(dims) {}

public:
    /// Fails    `wrong_shape` for no dimensions, or more than the base has.
    [[nodiscard]] static result<matryoshka> make(const E& base, std::size_t dims) {
        if (dims == 0 || dims > base.dims()) return error{fault::wrong_shape, unit::none, dims, "matryoshka"};
        return matryoshka(stored<E>{base}, dims);
    }
    static result<matryoshka> make(const E&& base, std::size_t dims)
        requires(!std::copy_constructible<E>)
    = delete;

    [[nodiscard]] std::size_t   dims() const noexcept { return dims_; }
    [[nodiscard]] std::uint64_t fingerprint() const { return mix64(base_->fingerprint(), dims_); }
    [[nodiscard]] std::uint64_t query_fingerprint() const { return mix64(detail::query_fingerprint_of(*base_), dims_); }
    [[nodiscard]] float         dense_weight() const { return detail::dense_weight_of(*base_); }

    /// Fails    `wrong_shape`; `not_finite` (row); as the base.
    [[nodiscard]] result<void> encode(std::span<const text_view> in, matrix_view<float> out, context& c) const {
        return first_of(in, out, c, [&](matrix_view<float> to) { return base_->encode(in, to, c); });
    }
    [[nodiscard]] result<void> encode_query(std::span<const text_view> in, matrix_view<float> out, context& c) const {
        return first_of(in, out, c, [&](matrix_view<float> to) { return detail::encode_questions(*base_, in, to, c); });
    }

private:
    template <class Encode>
    result<void> first_of(std::span<const text_view> in, matrix_view<float> out, context& c,
                          const Encode& encode) const {
        if (out.rows != in.size() || out.dims != dims_)
            return error{fault::wrong_shape, unit::row, out.rows, "matryoshka"};
        const arena::scope       mine(c);
        const std::size_t        all = base_->dims();
        const matrix_view<float> x{c.take<float>(in.size() * all).data(), in.size(), all};
        if (auto ok = encode(x); !ok) return ok;
        for (std::size_t i = 0; i < in.size(); ++i) {
            const auto row = out.row(i);
            std::copy_n(x.row(i).data(), dims_, row.data());
            if (!normalise(row) && !all_zero(std::span<const float>(row)))
                return error{fault::not_finite, unit::row, i, "matryoshka"};
        }
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
