// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/pissa.hpp>
#include <graft/linalg/packed.hpp>
#include <graft/models/llama_lora.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Updates that begin as the strongest directions of the layers beside which they stand; the layers of the model lose them (`principal_lora`).
///
///     auto start = take_principal(model, plan, {}, c).value();
///     auto fitted = fit_lora(model, start, train, held_out, how, c).value();
///     save_peft_lora(fs, folder, model, beside_untouched(fitted.updates, start).value());  // for the model as it was
///
/// The model alone is then another: it is only with its updates that it is what it was. Read it again for the untouched one.
/// Takes    how the directions are looked for, but for their number
/// Costs    as `principal_lora` for each place, and the changed weights once more until all are made. They are floats, whatever the file's were: in
///          blocks of four bits a layer takes eight times as much from then on.
/// Fails    `unsupported` for magnitudes (DoRA); as `lora_set::make` and `principal_lora`, naming the place: then the model is as it was
template <class Weight>
[[nodiscard]] result<lora_set<float>> take_principal(llama<float, Weight>& m, const lora_plan& plan,
                                                     const svd_params& how, context& c) {
    if (plan.dora) return error{fault::unsupported, unit::none, 0, "magnitudes beside principal directions"};
    auto set = lora_set<float>::make(lora_places(m), plan);
    if (!set) return set.error();
    std::vector<std::pair<linear<float, Weight>*, Weight>> changed;
    auto ok = detail::each_llama_entry(m, *set, [&](std::size_t l, const auto& at, std::size_t i) -> result<void> {
        auto&         layer = const_cast<linear<float, Weight>&>(at.weight(m.layers[l])); // m is ours to change
        matrix<float> rest(layer.out(), layer.in());
        for (std::size_t r = 0; r < rest.rows(); ++r) layer.row(r, rest.row(r));
        auto update = principal_lora(rest.view(), plan.of(set->entries[i].name), how, c);
        if (!update) {
            error why   = update.error();
            why.subject = set->entries[i].name + ": " + why.subject;
            return why;
        }
        set->entries[i].update = std::move(*update);
        if constexpr (std::is_same_v<Weight, matrix<float>>) changed.emplace_back(&layer, std::move(rest));
        else changed.emplace_back(&layer, packed_weights(rest.view()));
        return done;
    });
    if (!ok) return ok.error();
    for (auto& [layer, weight] : changed) layer->W = std::move(weight);
    return set;
}

} // namespace graft::inline GRAFT_ABI
