// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/models/llama.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The matrices of a layer of Llama: what they are called, and where their updates and gradients stand.
template <class Layer>
struct llama_matrix {
    std::string_view name;
    const typename Layer::layer_weight& (*weight)(const Layer&);
    decltype(Layer::updates::q) Layer::updates::* update;
    decltype(Layer::grads::q) Layer::grads::* grad;
};
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

} // namespace detail

/// The layers of a Llama beside which updates may stand: all linear ones but the head, as transformers calls them.
template <std::floating_point Scalar, class Weight>
[[nodiscard]] std::vector<lora_place> lora_places(const llama<Scalar, Weight>& m) {
    using layer = typename llama<Scalar, Weight>::layer;
    std::vector<lora_place> all;
    for (std::size_t l = 0; l < m.layers.size(); ++l)
        for (const auto& at : detail::llama_matrices<layer>)
            all.push_back({detail::llama_place(l, at.name), at.weight(m.layers[l]).in(), at.weight(m.layers[l]).out()});
    return all;
}

/// Updates as a Llama takes them beside its layers.
///
/// Borrows  the set, whose entries must stay where they are.
/// Fails    `unexpected` for a name that the model has not, `wrong_shape` for an update of another shape, naming it
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<std::vector<typename llama<Scalar, Weight>::layer::updates>>
lora_beside(const llama<Scalar, Weight>& m, const lora_set<Scalar>& set) {
    using layer = typename llama<Scalar, Weight>::layer;
    std::vector<typename layer::updates> beside(m.layers.size());
    std::size_t                          found = 0;
    for (std::size_t l = 0; l < m.layers.size(); ++l)
        for (const auto& at : detail::llama_matrices<layer>)
            if (const auto* update = set.find(detail::llama_place(l, at.name))) {
                const auto& w = at.weight(m.layers[l]);
                if (update->in() != w.in() || update->out() != w.out() || update->B.dims() != update->rank())
                    return error{fault::wrong_shape, unit::none, 0, detail::llama_place(l, at.name)};
                beside[l].*at.update = update, ++found;
            }
    if (found == set.entries.size()) return beside;
    const auto places = lora_places(m);
    for (std::size_t i = 0; i < set.entries.size(); ++i) {
        const auto& name  = set.entries[i].name;
        std::size_t times = 0;
        for (const lora_place& p : places) times += p.name == name;
        for (std::size_t j = 0; j < i; ++j) times += set.entries[j].name == name;
        if (times != 1) return error{fault::unexpected, unit::none, i, name};
    }
    return beside;
}

/// Updates whose rows beside q and k lie as transformers has them become those of the model's own order, or with `back` the other way: files of GGUF
/// hold the two numbers that turn together side by side, those of transformers half a head apart.
template <std::floating_point Scalar, class Weight>
void turn_lora_rows(const llama<Scalar, Weight>& m, lora_set<Scalar>& set, bool back = false) {
    if (m.config.layout == rotary_layout::halves) return;
    const std::size_t dims = m.config.dims, half = dims / 2;
    for (auto& e : set.entries) {
        if (!e.name.ends_with(".q_proj") && !e.name.ends_with(".k_proj")) continue;
        const matrix<Scalar> from = e.update.B;
        for (std::size_t h = 0; h + dims <= from.rows(); h += dims)
            for (std::size_t i = 0; i < half; ++i)
                for (std::size_t j : {0u, 1u}) {
                    const std::size_t apart = h + j * half + i, beside = h + 2 * i + j;
                    std::copy_n(from.row(back ? beside : apart).data(), from.dims(),
                                e.update.B.row(back ? apart : beside).data());
                }
    }
}

/// Where the gradients of the updates go: those of entry i of the set into g[i].
template <std::floating_point Scalar, class Weight>
[[nodiscard]] std::vector<typename llama<Scalar, Weight>::layer::grads>
lora_grads_beside(const llama<Scalar, Weight>& m, const lora_set<Scalar>& set, typename lora_set<Scalar>::grads& g) {
    using layer = typename llama<Scalar, Weight>::layer;
    std::vector<typename layer::grads> beside(m.layers.size());
    for (std::size_t l = 0; l < m.layers.size(); ++l)
        for (const auto& at : detail::llama_matrices<layer>)
            for (std::size_t i = 0; i < set.entries.size(); ++i)
                if (set.entries[i].name == detail::llama_place(l, at.name)) beside[l].*at.grad = &g[i];
    return beside;
}

} // namespace graft::inline GRAFT_ABI
