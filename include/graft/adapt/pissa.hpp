// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// An update that begins as the strongest directions of its base, which loses them: W becomes W - scale · B A, and the layer gives what it gave, up to
/// rounding. Tuning then moves what matters most of W, and not a map that begins at nothing.
///
/// Takes    W [out, in], yours to change; of `p` rank, alpha and `stabilised`; how the directions are looked for, but for the rank
/// Gives    the update. The same bits for any number of threads. A direction that W does not have begins as in `lora::make`.
/// Costs    as `decompose`, of a matrix that is all there: some 30 · (rank + oversample) · in · out operations.
/// Fails    as `lora::make`; `bad_argument` unless alpha is above 0; `not_finite` (row) for W; as `decompose`: then W is as it was
/// Source   Meng et al. 2024, arXiv 2404.02948; A = sqrt(S / scale) Vᵀ, B = U sqrt(S / scale) as in PEFT.
[[nodiscard]] inline result<lora<float>> principal_lora(matrix_view<float> W, const lora_params& p, svd_params how,
                                                        context& c) {
    auto made = lora<float>::make(W.dims, W.rows, p);
    if (!made) return made.error();
    if (!(made->scale > 0)) return error{fault::bad_argument, unit::none, 0, "lora alpha"};
    sparse_matrix all;
    all.width = W.dims;
    all.reserve(W.rows, W.rows * W.dims);
    for (std::size_t r = 0; r < W.rows; ++r) {
        const auto row = W.row(r);
        if (!all_finite(std::span<const float>(row))) return error{fault::not_finite, unit::row, r, "base"};
        for (std::size_t i = 0; i < W.dims; ++i) all.columns.push_back(static_cast<std::uint32_t>(i));
        all.values.insert(all.values.end(), row.begin(), row.end());
        all.begins.push_back(all.values.size());
    }
    how.rank         = p.rank;
    const auto found = decompose(all, how, c);
    if (!found) return found.error();
    matrix<float> along(W.rows, p.rank); // W V = U S
    if (auto ok = multiply_ab(W, found->right.view(), along.view(), c); !ok) return ok.error();
    const auto scale = static_cast<double>(made->scale);
    for (std::size_t i = 0; i < p.rank; ++i) {
        if (!(found->values[i] > 0)) continue;
        const auto right = static_cast<float>(std::sqrt(found->values[i] / scale)),
                   left  = static_cast<float>(1 / std::sqrt(found->values[i] * scale));
        for (std::size_t t = 0; t < W.dims; ++t) made->A.row(i)[t] = right * found->right.row(t)[i];
        for (std::size_t r = 0; r < W.rows; ++r) made->B.row(r)[i] = left * along.row(r)[i];
    }
    matrix<float> taken(W.rows, W.dims);
    if (auto ok = multiply_ab(made->B.view(), made->A.view(), taken.view(), c); !ok) return ok.error();
    detail::add_scaled(-made->scale, taken.view(), W);
    return made;
}

/// Updates that were tuned beside a base without the directions of `start`, as plain ones beside the untouched base: A above that of `start`, B beside
/// the negative of its B. Whoever has the base can serve these; with `save_peft_lora` it is what PEFT writes of such adapters.
///
/// Gives    updates of twice the rank, with the same scale: W - scale · B₀ A₀ + scale · B A = W + scale · [B, -B₀] [A; A₀]
/// Fails    `wrong_shape` where the two are not the same updates by name, shape and scale, or have magnitudes; `rank_too_high` where the rank would pass in or out
template <std::floating_point Scalar>
[[nodiscard]] result<lora_set<Scalar>> beside_untouched(const lora_set<Scalar>& now, const lora_set<Scalar>& start) {
    if (now.entries.size() != start.entries.size()) return error{fault::wrong_shape, unit::none, 0, "updates"};
    lora_set<Scalar> made;
    made.dropout = now.dropout;
    for (std::size_t e = 0; e < now.entries.size(); ++e) {
        const auto &      a = now.entries[e].update, &b = start.entries[e].update;
        const std::size_t rank = a.rank();
        if (now.entries[e].name != start.entries[e].name || rank != b.rank() || !a.fits(b.in(), b.out()) ||
            !b.fits(a.in(), a.out()) || a.scale != b.scale || !a.m.flat().empty() || !b.m.flat().empty())
            return error{fault::wrong_shape, unit::none, e, now.entries[e].name};
        if (2 * rank > std::min(a.in(), a.out()))
            return error{fault::rank_too_high, unit::none, 2 * rank, now.entries[e].name};
        lora<Scalar> both{matrix<Scalar>(2 * rank, a.in()), matrix<Scalar>(a.out(), 2 * rank), a.scale};
        std::copy_n(a.A.data(), rank * a.in(), both.A.data());
        std::copy_n(b.A.data(), rank * a.in(), both.A.row(rank).data());
        for (std::size_t r = 0; r < a.out(); ++r) {
            std::copy_n(a.B.row(r).data(), rank, both.B.row(r).data());
            std::transform(b.B.row(r).begin(), b.B.row(r).end(), both.B.row(r).data() + rank,
                           [](Scalar x) { return -x; });
        }
        made.entries.push_back({now.entries[e].name, std::move(both), now.entries[e].table});
    }
    return made;
}

} // namespace graft::inline GRAFT_ABI
