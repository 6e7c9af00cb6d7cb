// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/linalg/pca.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/simd/norm.hpp>

#include <span>

namespace graft::inline GRAFT_ABI {

/// An embedder with fewer dimensions: another embedder's vectors along the principal components of its corpus. An index of half
/// the dimensions has half the bytes and is searched in half the time; `pca::explained` says what was kept.
///
///     auto small = reduced<sentence_encoder>::make(encoder, fit_pca(rows, {.dims = 128}, c).value()).value();
///
/// Gives    unit rows; a zero row of the base stays one, and so does one that lies at the mean.
/// Borrows  the base, if it cannot be copied.
template <embedder E>
class reduced {
    stored<E> base_;
    pca       to_;

    reduced(stored<E> base, pca to) : base_(std::move(base)), to_(std::move(to)) {}

public:
    reduced(reduced&&) noexcept            = default;
    reduced& operator=(reduced&&) noexcept = default;

    /// Fails    `wrong_shape` where the components are of other vectors; `not_finite`.
    [[nodiscard]] static result<reduced> make(const E& base, pca to) {
        if (to.out() == 0 || to.in() != base.dims() || to.mean.flat().size() != to.in())
            return error{fault::wrong_shape, unit::none, to.in(), "pca"};
        if (!all_finite(std::span<const float>(to.mean.flat())) ||
            !all_finite(std::span<const float>(to.components.flat())))
            return error{fault::not_finite, unit::none, 0, "pca"};
        return reduced(stored<E>{base}, std::move(to));
    }
    static result<reduced> make(const E&& base, pca to)
        requires(!std::copy_constructible<E>)
    = delete;

    [[nodiscard]] std::size_t   dims() const { return to_.out(); }
    [[nodiscard]] std::uint64_t fingerprint() const { return mix64(base_->fingerprint(), to_.fingerprint()); }
    [[nodiscard]] std::uint64_t query_fingerprint() const {
        return mix64(detail::query_fingerprint_of(*base_), to_.fingerprint());
    }
    [[nodiscard]] const pca& components() const noexcept { return to_; }
    [[nodiscard]] float      dense_weight() const { return detail::dense_weight_of(*base_); }

    /// Fails    `wrong_shape`; `not_finite` (row); as the base.
    [[nodiscard]] result<void> encode(std::span<const text_view> in, matrix_view<float> out, context& w) const {
        return along(in, out, w, [&](matrix_view<float> to) { return base_->encode(in, to, w); });
    }
    [[nodiscard]] result<void> encode_query(std::span<const text_view> in, matrix_view<float> out, context& w) const {
        return along(in, out, w, [&](matrix_view<float> to) { return detail::encode_questions(*base_, in, to, w); });
    }

private:
    template <class Encode>
    result<void> along(std::span<const text_view> in, matrix_view<float> out, context& w, const Encode& encode) const {
        if (out.rows != in.size() || out.dims != dims())
            return error{fault::wrong_shape, unit::row, out.rows, "reduced"};
        const arena::scope       now(w);
        const matrix_view<float> x{w.take<float>(in.size() * to_.in()).data(), in.size(), to_.in()};
        if (auto ok = encode(x); !ok) return ok;
        if (auto ok = to_.apply(x, out, w); !ok) return ok;
        for (std::size_t i = 0; i < in.size(); ++i) {
            const auto row = out.row(i);
            if (all_zero(std::span<const float>(x.row(i)))) std::fill(row.begin(), row.end(), 0.f);
            else if (!normalise(row) && !all_zero(std::span<const float>(row)))
                return error{fault::not_finite, unit::row, i, "reduced"};
        }
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
