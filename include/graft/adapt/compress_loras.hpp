// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/combine_loras.hpp>
#include <graft/adapt/lora_svd.hpp>
#include <graft/base/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

// In no umbrella, as lora_svd.hpp.

/// Updates of a lower rank, and what that cost over all places together.
template <std::floating_point Scalar>
struct compressed_loras {
    lora_set<Scalar> set;
    double           error = 0; ///< Frobenius norm of the difference between the products, scale included
    double           share = 0; ///< the same over the norm of the whole: 0 nothing is lost, 1 all
};

/// The set of rank `rank` that is nearest to the weighted sum of several, at each place in the Frobenius norm: what PEFT calls `svd`. Of one
/// set it is a smaller one.
///
/// Takes    sets as `combine_loras` does, of whatever ranks. Where the sum has fewer directions than `rank`, or the place is smaller, the rank is that.
/// Gives    the same bits for any number of threads; not from one compiler to another, as Eigen's decompositions go.
/// Costs    some (sum of ranks)² · (in + out) operations a place; a sum of products is never made.
/// Fails    `rank_too_high` for a rank of 0; `unsupported` for magnitudes; `no_input`, `not_finite`, `duplicate_id`, `wrong_shape` as
///          `combine_loras`; stopped, timed_out
/// Source   Eckart and Young 1936; the thin factors of a sum of low-rank products are those products' beside each other.
template <std::floating_point Scalar>
[[nodiscard]] result<compressed_loras<Scalar>> compress_loras(std::span<const weighted_loras<Scalar>> sets,
                                                              std::size_t rank, context& c) {
    if (rank == 0) return error{fault::rank_too_high, unit::none, rank, "lora rank"};
    const auto places = detail::shared_places(sets);
    if (!places) return places.error();
    struct loss {
        double all = 0, lost = 0; // squares
    };
    compressed_loras<Scalar> made;
    std::vector<loss>        losses(places->size());
    made.set.dropout = sets[0].set->dropout;
    made.set.entries.resize(places->size());
    auto ok = each_block(c, places->size(), 1, [&](std::size_t i, std::size_t, context&) -> result<void> {
        const auto& at = (*places)[i];
        if (auto plain = at.plain(); !plain) return plain;
        const std::size_t in = at.shares[0].update->in(), out = at.shares[0].update->out();
        const auto        wide = static_cast<Eigen::Index>(at.ranks());
        Eigen::MatrixXd   a(static_cast<Eigen::Index>(in), wide), b(static_cast<Eigen::Index>(out), wide);
        Eigen::Index      first = 0;
        for (const auto& one : at.shares) {
            const auto n           = static_cast<Eigen::Index>(one.update->rank());
            a.middleCols(first, n) = as_eigen(one.update->A.view()).transpose().template cast<double>() * at.part(one);
            b.middleCols(first, n) = as_eigen(one.update->B.view()).template cast<double>();
            first += n;
        }
        if (!all_finite(std::span<const double>(a.data(), static_cast<std::size_t>(a.size()))))
            return at.refuse(fault::not_finite);
        const auto        parts = detail::take_apart(b, a);
        const std::size_t kept  = std::min(rank, static_cast<std::size_t>(parts.values.size()));
        made.set.entries[i]     = {at.name, detail::put_together<Scalar>(parts, kept, at.scale()), at.table};
        if (!made.set.entries[i].update.finite()) return at.refuse(fault::not_finite);
        const auto   beyond = parts.values.size() - static_cast<Eigen::Index>(kept);
        const double by     = static_cast<double>(at.scale());
        losses[i]           = {by * by * parts.values.squaredNorm(), by * by * parts.values.tail(beyond).squaredNorm()};
        return done;
    });
    if (!ok) return ok.error();
    loss sum;
    for (const loss& one : losses) sum.all += one.all, sum.lost += one.lost;
    made.error = std::sqrt(sum.lost);
    made.share = sum.all > 0 ? std::sqrt(sum.lost / sum.all) : 0;
    return made;
}

} // namespace graft::inline GRAFT_ABI
