// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/query_adapter.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/hash.hpp>
#include <graft/schema/embedder.hpp>

#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// An embedder made of an embedder and a query adapter. Passages are embedded by the base, questions by both, so an index that the
/// bare embedder made accepts it, and one made by another refuses: the fingerprint is the base's.
///
/// Borrows  the base, if it cannot be copied.
template <embedder E>
class adapted {
    stored<E>     base_;
    query_adapter adapter_;
    std::uint64_t hash_; // of the update

    adapted(stored<E> base, query_adapter adapter)
        : base_(std::move(base)), adapter_(std::move(adapter)), hash_(adapter_.hash()) {}

public:
    adapted(adapted&&) noexcept            = default;
    adapted& operator=(adapted&&) noexcept = default;

    /// Fails    `other_embedder` when the adapter was tuned over another one; `wrong_shape`; `not_finite`.
    [[nodiscard]] static result<adapted> make(const E& base, query_adapter adapter) {
        if (adapter.base != base.fingerprint()) return error{fault::other_embedder, unit::none, 0, "adapter"};
        if (adapter.update.in() != base.dims() || adapter.update.out() != base.dims() || adapter.update.rank() == 0 ||
            adapter.update.B.dims() != adapter.update.rank())
            return error{fault::wrong_shape, unit::none, adapter.update.in(), "adapter"};
        if (!is_finite(adapter.update.scale) || !all_finite(std::span<const float>(adapter.update.A.flat())) ||
            !all_finite(std::span<const float>(adapter.update.B.flat())))
            return error{fault::not_finite, unit::none, 0, "adapter"};
        return adapted(stored<E>{base}, std::move(adapter));
    }
    static result<adapted> make(const E&& base, query_adapter adapter)
        requires(!std::copy_constructible<E>)
    = delete;

    [[nodiscard]] std::size_t   dims() const { return base_->dims(); }
    [[nodiscard]] std::uint64_t fingerprint() const { return base_->fingerprint(); }
    [[nodiscard]] std::uint64_t query_fingerprint() const { return mix64(detail::query_fingerprint_of(*base_), hash_); }
    [[nodiscard]] const query_adapter& adapter() const noexcept { return adapter_; }
    [[nodiscard]] float                dense_weight() const { return detail::dense_weight_of(*base_); }

    /// Passages: the base's vectors, untouched.
    [[nodiscard]] result<void> encode(std::span<const text_view> in, matrix_view<float> out, context& w) const {
        return base_->encode(in, out, w);
    }
    /// Questions: unit rows; a zero row stays one.
    ///
    /// Fails    `wrong_shape`; `not_finite` (row) where the update overflows; as the base.
    [[nodiscard]] result<void> encode_query(std::span<const text_view> in, matrix_view<float> out, context& w) const {
        if (out.rows != in.size() || out.dims != dims())
            return error{fault::wrong_shape, unit::row, out.rows, "adapted"};
        const matrix_view<float> x{w.take<float>(in.size() * dims()).data(), in.size(), dims()};
        if (auto ok = detail::encode_questions(*base_, in, x, w); !ok) return ok;
        std::copy_n(x.data, x.rows * x.dims, out.data);
        (void)adapter_.update.forward(x, out, w);
        for (std::size_t i = 0; i < out.rows; ++i)
            if (!normalise(out.row(i)) && !all_zero(out.row(i)))
                return error{fault::not_finite, unit::row, i, "question"};
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
