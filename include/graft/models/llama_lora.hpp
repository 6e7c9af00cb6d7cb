// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/models/llama.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// A matrix of a layer of Llama: what it is called, and where its update and its gradient stand.
template <class Layer>
struct llama_matrix {
    std::string_view name;
    const typename Layer::layer_weight& (*weight)(const Layer&);
    decltype(Layer::updates::q) Layer::updates::* update;
    decltype(Layer::grads::q) Layer::grads::* grad;
};
/// All of a layer, in the order of the places.
template <class Layer>
inline constexpr llama_matrix<Layer> llama_matrices[] = {
    {"self_attn.q_proj", [](const Layer& l) -> const auto& { return l.q; }, &Layer::updates::q, &Layer::grads::q},
    {"self_attn.k_proj", [](const Layer& l) -> const auto& { return l.k; }, &Layer::updates::k, &Layer::grads::k},
    {"self_attn.v_proj", [](const Layer& l) -> const auto& { return l.v; }, &Layer::updates::v, &Layer::grads::v},
    {"self_attn.o_proj", [](const Layer& l) -> const auto& { return l.o; }, &Layer::updates::o, &Layer::grads::o},
    {"mlp.gate_proj", [](const Layer& l) -> const auto& { return l.feed.gate; }, &Layer::updates::gate,
     &Layer::grads::gate},
    {"mlp.up_proj", [](const Layer& l) -> const auto& { return l.feed.up; }, &Layer::updates::up, &Layer::grads::up},
    {"mlp.down_proj", [](const Layer& l) -> const auto& { return l.feed.down; }, &Layer::updates::down,
     &Layer::grads::down},
};
[[nodiscard]] inline std::string llama_place(std::size_t layer, std::string_view matrix) {
    return "model.layers." + std::to_string(layer) + "." + std::string(matrix);
}
inline constexpr std::string_view llama_tokens = "model.embed_tokens";
/// The entry of a set that stands beside the table of tokens; as many as there are: none.
template <class Set>
[[nodiscard]] std::size_t llama_tokens_entry(const Set& set) {
    const auto at = std::find_if(set.entries.begin(), set.entries.end(),
                                 [](const auto& e) { return e.table && e.name == llama_tokens; });
    return static_cast<std::size_t>(at - set.entries.begin());
}
/// Calls f(layer, matrix, i) for each place beside which entry i of a set stands; the first of those that have its name.
template <class Model, class Set, class F>
[[nodiscard]] result<void> each_llama_entry(const Model& m, const Set& set, const F& f) {
    using layer = typename Model::layer;
    for (std::size_t l = 0; l < m.layers.size(); ++l)
        for (const auto& at : llama_matrices<layer>) {
            const std::string name = llama_place(l, at.name);
            const auto        e =
                std::find_if(set.entries.begin(), set.entries.end(), [&](const auto& one) { return one.name == name; });
            if (e == set.entries.end()) continue;
            if (auto ok = f(l, at, static_cast<std::size_t>(e - set.entries.begin())); !ok) return ok;
        }
    return done;
}

} // namespace detail

/// The layers of a Llama beside which updates may stand: all linear ones but the head, as transformers calls them.
///
/// Takes    `tokens`: the table of tokens too. Where it is the head as well, an update changes the rows that are read, not the head, as in PEFT.
template <std::floating_point Scalar, class Weight>
[[nodiscard]] std::vector<lora_place> lora_places(const llama<Scalar, Weight>& m, bool tokens = false) {
    using layer = typename llama<Scalar, Weight>::layer;
    std::vector<lora_place> all;
    if (tokens) all.push_back({std::string(detail::llama_tokens), m.config.vocabulary, m.config.width, true});
    for (std::size_t l = 0; l < m.layers.size(); ++l)
        for (const auto& at : detail::llama_matrices<layer>)
            all.push_back({detail::llama_place(l, at.name), at.weight(m.layers[l]).in(), at.weight(m.layers[l]).out()});
    return all;
}

/// Updates as a Llama takes them beside its layers.
///
/// Takes    masks for a pass of training, one for each entry, or none
/// Borrows  the set, whose entries must stay where they are, and the bits of the masks.
/// Fails    `unexpected` for a name that the model has not, or that stands twice, `wrong_shape` for an update of another shape, or with magnitudes that
///          were never measured, naming it
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<std::vector<typename llama<Scalar, Weight>::layer::updates>>
lora_beside(const llama<Scalar, Weight>& m, const lora_set<Scalar>& set, std::span<const dropout_mask> masks = {}) {
    GRAFT_ASSERT(masks.empty() || masks.size() == set.entries.size(), "a mask for each entry");
    std::vector<typename llama<Scalar, Weight>::layer::updates> beside(m.layers.size());
    std::vector<bool>                                           stands(set.entries.size());
    auto ok = detail::each_llama_entry(m, set, [&](std::size_t l, const auto& at, std::size_t i) -> result<void> {
        const auto& w      = at.weight(m.layers[l]);
        const auto& update = set.entries[i].update;
        if (!update.fits(w.in(), w.out()) || !update.measured())
            return error{fault::wrong_shape, unit::none, i, set.entries[i].name};
        beside[l].*at.update = {&update, masks.empty() ? dropout_mask{} : masks[i]}, stands[i] = true;
        return done;
    });
    if (!ok) return ok.error();
    if (const std::size_t i = detail::llama_tokens_entry(set); i < set.entries.size() && !beside.empty()) {
        const auto& update = set.entries[i].update;
        if (!update.fits(m.config.vocabulary, m.config.width) || !update.m.flat().empty())
            return error{fault::wrong_shape, unit::none, i, set.entries[i].name};
        beside[0].tokens = &update, stands[i] = true;
    }
    const auto none = std::find(stands.begin(), stands.end(), false);
    if (none == stands.end()) return beside;
    const auto i = static_cast<std::size_t>(none - stands.begin());
    return error{fault::unexpected, unit::none, i, set.entries[i].name};
}
/// A set that is about to die would be pointed at.
template <std::floating_point Scalar, class Weight>
void lora_beside(const llama<Scalar, Weight>&, const lora_set<Scalar>&&, std::span<const dropout_mask> = {}) = delete;

/// Measures the rows of all layers with the updates beside them that have magnitudes (DoRA): to be done when an update was changed by hand, or is to
/// stand beside another model. What loads, adapts and tunes does it.
///
/// Takes    updates that `lora_beside` would take, but for that
/// Fails    `wrong_shape`, `not_finite` (row) where a row has no length, naming the place; stopped, timed_out
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<void> measure_dora(const llama<Scalar, Weight>& m, lora_set<Scalar>& set, context& c) {
    return detail::each_llama_entry(m, set, [&](std::size_t l, const auto& at, std::size_t i) -> result<void> {
        return detail::measure_entry(at.weight(m.layers[l]), set.entries[i], i, c);
    });
}
/// The magnitudes of updates that have some become the lengths that the rows have: the layers give what they gave.
///
/// Fails    as `measure_dora`
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<void> begin_dora(const llama<Scalar, Weight>& m, lora_set<Scalar>& set, context& c) {
    if (auto ok = measure_dora(m, set, c); !ok) return ok;
    for (auto& e : set.entries)
        if (!e.update.m.flat().empty()) e.update.m = e.update.norms;
    return done;
}

/// Updates whose rows beside q and k lie as transformers has them become those of a model's own order, or with `back` the other way: files of GGUF
/// hold the two numbers that turn together side by side, those of transformers half a head apart.
///
/// Takes    the sizes of the model, and the order of its rows
template <std::floating_point Scalar>
void turn_lora_rows(const llama_config& k, lora_set<Scalar>& set, bool back = false) {
    if (k.layout == rotary_layout::halves) return;
    for (auto& e : set.entries) {
        if (!e.name.ends_with(".q_proj") && !e.name.ends_with(".k_proj")) continue;
        detail::pair_rows(e.update.B.view(), k.dims, back);
        for (auto* lengths : {&e.update.m, &e.update.norms})
            detail::pair_rows(matrix_view<Scalar>{lengths->data(), lengths->dims(), 1}, k.dims, back);
    }
}

/// Where the gradients of the updates go: those of entry i of the set into g[i].
template <std::floating_point Scalar, class Weight>
[[nodiscard]] std::vector<typename llama<Scalar, Weight>::layer::grads>
lora_grads_beside(const llama<Scalar, Weight>& m, const lora_set<Scalar>& set, typename lora_set<Scalar>::grads& g) {
    std::vector<typename llama<Scalar, Weight>::layer::grads> beside(m.layers.size());
    (void)detail::each_llama_entry(m, set, [&](std::size_t l, const auto& at, std::size_t i) -> result<void> {
        return beside[l].*at.grad = &g[i], result<void>(done);
    });
    if (const std::size_t i = detail::llama_tokens_entry(set); i < g.size() && !beside.empty())
        beside[0].tokens = &g[i];
    return beside;
}

} // namespace graft::inline GRAFT_ABI
