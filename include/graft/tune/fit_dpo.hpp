// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tune/dpo_trainer.hpp>
#include <graft/tune/fit_lora.hpp>

#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// A run beside a decoder, on preferences:
///
///     dpo_task task{&model};
///     for (auto* pairs : {&train, &held_out}) task.make_ready(*pairs, 512, c).value();
///     auto run = dpo_run<llama<float>>::make(task, updates, train, held_out, {.batch = 8}, c).value();
template <class Model>
using dpo_run = tuning_run<dpo_trainer<Model>>;

/// Tunes low-rank updates beside a frozen decoder on preferences: a whole `dpo_run`.
///
/// Takes    pairs that `dpo_task::make_ready` has asked the reference of
/// Fails    as `dpo_task::check`; as `tuning_run::make` and `next`
template <class Model>
[[nodiscard]] result<fitted_lora>
fit_lora(const dpo_task<Model>& task, lora_set<float> updates, std::span<const preference_pair> train,
         std::span<const preference_pair> held_out, const fit_lora_params& how, context& c) {
    return detail::to_its_end(dpo_run<Model>::make(task, std::move(updates), train, held_out, how, c), c);
}

} // namespace graft::inline GRAFT_ABI
