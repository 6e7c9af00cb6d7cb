// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/adapt/lora_svd.hpp>
#include <graft/base/parallel.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

namespace graft::inline GRAFT_ABI {

// In no umbrella, as lora_svd.hpp.

/// What an update does to the weights beside which it stands.
struct lora_effect {
    std::string name;               ///< of the place
    std::size_t rank           = 0; ///< of the matrices
    double      effective_rank = 0; ///< how many directions do the work: see `lora_spectrum`
    double      norm           = 0; ///< Frobenius norm of scale · B A, or of the whole change where that is known
    double      share          = 0; ///< that over the norm of the weights; 0 where it is not known
    double      first          = 0; ///< the share of the strongest direction in scale · B A: 1 where it does it all
};

/// Frobenius norms at a place; 0 where they are not known.
struct place_norms {
    double weights = 0;
    double change  = 0; ///< of an update with magnitudes (DoRA), which does more than scale · B A
};

/// What each update of a set does, in their order. A place with a small share lost little and learned little; one whose effective rank is far below its
/// rank fits into fewer numbers (`compress_loras`).
///
/// Takes    `norms_of(entry, context)`, the `place_norms` of an entry of the set; called by several threads
/// Costs    some rank² · (in + out) operations a place, and what `norms_of` costs.
/// Fails    as `spectrum`, naming the place; stopped, timed_out
template <std::floating_point Scalar, class NormsOf>
[[nodiscard]] result<std::vector<lora_effect>> lora_effects(const lora_set<Scalar>& set, const NormsOf& norms_of,
                                                            context& c) {
    std::vector<lora_effect> all(set.entries.size());
    auto ok = each_block(c, all.size(), 1, [&](std::size_t i, std::size_t, context& w) -> result<void> {
        const auto& e = set.entries[i];
        const auto  s = spectrum(e.update);
        if (!s) return error{s.error().what, s.error().of, s.error().where, e.name};
        const place_norms at      = norms_of(e, w);
        const double      product = s->norm_beyond(0), norm = at.change > 0 ? at.change : product;
        all[i] = {e.name,
                  e.update.rank(),
                  s->effective_rank(),
                  norm,
                  at.weights > 0 ? norm / at.weights : 0,
                  product > 0 ? s->values[0] / product : 0};
        return done;
    });
    if (!ok) return ok.error();
    return all;
}

} // namespace graft::inline GRAFT_ABI
