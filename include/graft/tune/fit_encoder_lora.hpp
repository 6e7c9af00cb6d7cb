// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tune/cross_encoder_trainer.hpp>
#include <graft/tune/encoder_trainer.hpp>
#include <graft/tune/fit_lora.hpp>

#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// A run beside an encoder, on pairs of texts:
///
///     encoder_task task{.model = &embed.model(), .texts = tokens};
///     task.make_ready(pairs);
///     auto run = encoder_lora_run::make(task, updates, train, held_out, {.batch = 32}, c).value();
///
/// Held-out pairs are judged as one batch: each anchor looks for its positive among all that any of them names.
using encoder_lora_run = tuning_run<encoder_trainer>;
/// A run beside a cross-encoder, on judged pairs.
using cross_encoder_lora_run = tuning_run<cross_encoder_trainer>;

/// Tunes low-rank updates beside a frozen encoder on pairs of texts: a whole `encoder_lora_run`.
///
/// Fails    as `encoder_task::check`; as `tuning_run::make` and `next`
[[nodiscard]] inline result<fitted_lora> fit_lora(const encoder_task& task, lora_set<float> updates,
                                                  std::span<const encoder_pair> train,
                                                  std::span<const encoder_pair> held_out, const fit_lora_params& how,
                                                  context& c) {
    return detail::to_its_end(encoder_lora_run::make(task, std::move(updates), train, held_out, how, c), c);
}
/// Tunes low-rank updates beside a frozen cross-encoder on judged pairs: a whole `cross_encoder_lora_run`.
///
/// Fails    as `cross_encoder_task::check`; as `tuning_run::make` and `next`
[[nodiscard]] inline result<fitted_lora> fit_lora(const cross_encoder_task& task, lora_set<float> updates,
                                                  std::span<const judged_pair> train,
                                                  std::span<const judged_pair> held_out, const fit_lora_params& how,
                                                  context& c) {
    return detail::to_its_end(cross_encoder_lora_run::make(task, std::move(updates), train, held_out, how, c), c);
}

} // namespace graft::inline GRAFT_ABI
