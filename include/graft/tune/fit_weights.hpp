// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/result.hpp>
#include <graft/models/unfrozen_llama.hpp>
#include <graft/tune/fit_lora.hpp>
#include <graft/tune/weights_trainer.hpp>

#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// A run that tunes all numbers of a decoder, with all that a run of updates has.
template <class Model>
using weights_run = tuning_run<weights_trainer<Model>>;
/// A model that was tuned whole; one of step 0 is the untouched base.
using fitted_weights = basic_fitted<unfrozen_llama<float>>;

/// A whole run of `weights_run`: what adapters are to be held against. Its rates are a tenth of theirs, as 2e-5. `save_unfrozen_folder` writes what it gives.
///
/// Costs    twice the numbers of the model for it and its best state, as much for the moments, and once for the gradient: 20 bytes a number
/// Fails    as `unfreeze`, `tuning_run::make` and `next`
template <class Model>
[[nodiscard]] result<fitted_weights> fit_weights(const Model& model, std::span<const tuning_text> train,
                                                 std::span<const tuning_text> held_out, const fit_lora_params& how,
                                                 context& c) {
    auto start = unfreeze(model, c);
    if (!start) return start.error();
    return detail::to_its_end(weights_run<Model>::make(model, std::move(*start), train, held_out, how, c), c);
}

} // namespace graft::inline GRAFT_ABI
