// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/hash.hpp>
#include <graft/models/bert.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Updates beside the matrices of a BERT: those of its layers, and of its heads. Null: none.
template <std::floating_point Scalar>
struct bert_updates {
    std::vector<typename bert_layer<Scalar>::updates> layers     = {};
    const lora<Scalar>*                               pooler     = nullptr;
    const lora<Scalar>*                               classifier = nullptr;
};
/// Where their gradients go.
template <std::floating_point Scalar>
struct bert_grads {
    std::vector<typename bert_layer<Scalar>::grads> layers     = {};
    typename lora<Scalar>::grads*                   pooler     = nullptr;
    typename lora<Scalar>::grads*                   classifier = nullptr;
};

namespace detail {

/// Calls f(k, name, matrix) for each linear layer of a BERT, k counting on: six a layer, the pooler, the classifier. Names are those of
/// transformers, where a classifying model has `bert` and a dot before all but the classifier.
template <class Model, class F>
[[nodiscard]] result<void> each_bert_linear(Model& m, const F& f) {
    const std::string in = m.classifier ? "bert." : "";
    std::size_t       k  = 0;
    for (std::size_t i = 0; i < m.layers.size(); ++i) {
        const std::string at  = in + "encoder.layer." + std::to_string(i) + ".";
        auto&             l   = m.layers[i];
        const auto        one = [&](const char* name, auto& w) { return f(k++, at + name, w); };
        if (auto ok = one("attention.self.query", l.query); !ok) return ok;
        if (auto ok = one("attention.self.key", l.key); !ok) return ok;
        if (auto ok = one("attention.self.value", l.value); !ok) return ok;
        if (auto ok = one("attention.output.dense", l.out); !ok) return ok;
        if (auto ok = one("intermediate.dense", l.inner.up); !ok) return ok;
        if (auto ok = one("output.dense", l.inner.down); !ok) return ok;
    }
    if (m.pooler)
        if (auto ok = f(k, in + "pooler.dense", *m.pooler); !ok) return ok;
    if (m.classifier)
        if (auto ok = f(k + 1, std::string("classifier"), *m.classifier); !ok) return ok;
    return done;
}
/// The pointer that belongs to linear layer k.
template <class Beside>
[[nodiscard]] auto& bert_slot(Beside& of, std::size_t k) noexcept {
    if (k >= 6 * of.layers.size()) return k == 6 * of.layers.size() ? of.pooler : of.classifier;
    auto& l = of.layers[k / 6];
    switch (k % 6) {
    case 0: return l.query;
    case 1: return l.key;
    case 2: return l.value;
    case 3: return l.out;
    case 4: return l.up;
    default: return l.down;
    }
}
/// Which entry of a set stands beside each linear layer: f(k, matrix, entry).
template <class Model, class Set, class F>
[[nodiscard]] result<void> each_bert_entry(Model& m, const Set& set, const F& f) {
    return each_bert_linear(m, [&](std::size_t k, const std::string& name, auto& w) -> result<void> {
        const auto e =
            std::find_if(set.entries.begin(), set.entries.end(), [&](const auto& one) { return one.name == name; });
        if (e == set.entries.end()) return done;
        return f(k, w, static_cast<std::size_t>(e - set.entries.begin()));
    });
}

} // namespace detail

/// The layers of a BERT beside which updates may stand: all linear ones, pooler and classifier too where they were read, as transformers calls them.
template <std::floating_point Scalar>
[[nodiscard]] std::vector<lora_place> lora_places(const bert<Scalar>& m) {
    std::vector<lora_place> all;
    (void)detail::each_bert_linear(m, [&](std::size_t, const std::string& name, const auto& w) {
        return all.push_back({name, w.in(), w.out()}), result<void>(done);
    });
    return all;
}

/// Updates as a BERT takes them beside its layers.
///
/// Borrows  the set, whose entries must stay where they are.
/// Fails    `unexpected` for a name that the model has not, or that stands twice, `wrong_shape` for an update of another shape, or with magnitudes that
///          were never measured, naming it
template <std::floating_point Scalar>
[[nodiscard]] result<bert_updates<Scalar>> lora_beside(const bert<Scalar>& m, const lora_set<Scalar>& set) {
    bert_updates<Scalar> beside;
    beside.layers.resize(m.layers.size());
    std::vector<bool> stands(set.entries.size());
    auto ok = detail::each_bert_entry(m, set, [&](std::size_t k, const auto& w, std::size_t i) -> result<void> {
        const auto& update = set.entries[i].update;
        if (!update.fits(w.in(), w.out()) || !update.measured())
            return error{fault::wrong_shape, unit::none, i, set.entries[i].name};
        detail::bert_slot(beside, k) = &update, stands[i] = true;
        return done;
    });
    if (!ok) return ok.error();
    const auto none = std::find(stands.begin(), stands.end(), false);
    if (none == stands.end()) return beside;
    const auto i = static_cast<std::size_t>(none - stands.begin());
    return error{fault::unexpected, unit::none, i, set.entries[i].name};
}
/// A set that is about to die would be pointed at.
template <std::floating_point Scalar>
void lora_beside(const bert<Scalar>&, const lora_set<Scalar>&&) = delete;

/// Measures the rows of all layers with the updates beside them that have magnitudes (DoRA), as that of a Llama does.
///
/// Fails    `wrong_shape`, `not_finite` (row), naming the place; stopped, timed_out
template <std::floating_point Scalar>
[[nodiscard]] result<void> measure_dora(const bert<Scalar>& m, lora_set<Scalar>& set, context& c) {
    return detail::each_bert_entry(m, set, [&](std::size_t, const auto& w, std::size_t i) {
        return detail::measure_entry(w, set.entries[i], i, c);
    });
}

/// Where the gradients of the updates go: those of entry i of the set into g[i].
template <std::floating_point Scalar>
[[nodiscard]] bert_grads<Scalar> lora_grads_beside(const bert<Scalar>& m, const lora_set<Scalar>& set,
                                                   typename lora_set<Scalar>::grads& g) {
    bert_grads<Scalar> beside;
    beside.layers.resize(m.layers.size());
    (void)detail::each_bert_entry(m, set, [&](std::size_t k, const auto&, std::size_t i) {
        return detail::bert_slot(beside, k) = &g[i], result<void>(done);
    });
    return beside;
}

/// A hash of what updates say, for the fingerprint of what they stand beside; norms follow from that and the base.
[[nodiscard]] inline std::uint64_t lora_hash(const lora_set<float>& set) noexcept {
    std::uint64_t h = set.entries.size();
    for (const auto& e : set.entries) {
        h = mix64(hash64(e.name, h), std::bit_cast<std::uint32_t>(e.update.scale));
        if (e.table) h = mix64(h, 0x7461626c65 /* "table" */);
        for (const auto m : {e.update.A.flat(), e.update.B.flat(), e.update.m.flat()})
            for (const float x : m) h = mix64(h, std::bit_cast<std::uint32_t>(x));
    }
    return h;
}

/// Adds the updates to the weights of a BERT:  W += scale · B A. To have the base back, read it again.
///
/// Costs    each matrix that is changed is unpacked, and packed again.
/// Fails    as `lora_beside`; `unsupported` for weights that are not held in floats, which would round the update away; `not_finite`
///          where a sum would be: then nothing has changed
template <std::floating_point Scalar>
[[nodiscard]] result<void> merge_lora(bert<Scalar>& m, const lora_set<Scalar>& set) {
    if (auto fits = lora_beside(m, set); !fits) return fits.error();
    using weight = decltype(frozen_linear<Scalar>::W);
    std::vector<std::pair<weight*, weight>> changed;
    auto ok = detail::each_bert_entry(m, set, [&](std::size_t, auto& w, std::size_t i) -> result<void> {
        matrix<Scalar> whole(w.out(), w.in());
        if constexpr (frozen_linear<Scalar>::plain) whole = w.W;
        else {
            if (!w.W.floats()) return error{fault::unsupported, unit::none, i, set.entries[i].name + ": its weights"};
            for (std::size_t r = 0; r < whole.rows(); ++r) w.W.row(r, whole.row(r));
        }
        if (auto sum = set.entries[i].update.merge_into(whole.view()); !sum) {
            error why   = sum.error();
            why.subject = set.entries[i].name;
            return why;
        }
        if constexpr (frozen_linear<Scalar>::plain) changed.emplace_back(&w.W, std::move(whole));
        else changed.emplace_back(&w.W, packed_weights(whole.view()));
        return done;
    });
    if (!ok) return ok;
    for (auto& one : changed) *one.first = std::move(one.second);
    return done;
}

} // namespace graft::inline GRAFT_ABI
