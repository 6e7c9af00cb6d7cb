// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A linear layer of a model, beside which an update may stand, or a table of rows.
struct lora_place {
    std::string name; ///< as transformers calls it: `model.layers.0.self_attn.q_proj`
    std::size_t in = 0, out = 0;
    bool        table = false; ///< `in` rows of `out` numbers, looked up by their number (adapt/lora_table.hpp)
};

namespace detail {

/// Whether a pattern, in which `*` stands for any run of characters, is all of a text.
[[nodiscard]] inline bool glob_is(std::string_view pattern, std::string_view text) noexcept {
    std::size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') star = p++, from = t;
        else if (p < pattern.size() && pattern[p] == text[t]) ++p, ++t;
        else if (star != std::string_view::npos) p = star + 1, t = ++from;
        else return false;
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

/// Measures the rows of a layer beside entry i of a set, where that has magnitudes.
///
/// Fails    `wrong_shape`, `not_finite` (row), naming the entry; stopped, timed_out
template <class Layer, class Entry>
[[nodiscard]] result<void> measure_entry(const Layer& w, Entry& e, std::size_t i, context& c) {
    if (e.update.m.flat().empty()) return done;
    if (!e.update.fits(w.in(), w.out())) return error{fault::wrong_shape, unit::none, i, e.name};
    auto ok = w.measure(e.update, c);
    if (ok || ok.error().what != fault::not_finite) return ok;
    return error{fault::not_finite, unit::row, ok.error().where, e.name};
}

} // namespace detail

/// Which layers get an update, and of what size.
struct lora_plan {
    /// Names, or ends of names behind a dot, as PEFT's `target_modules`: `q_proj`; a `*` is any run of characters. None: every place.
    std::vector<std::string> targets = {};
    lora_params              params  = {}; ///< of all, but for
    /// another rank where such a name is met, the first that is,
    std::vector<std::pair<std::string, std::size_t>> ranks = {};
    /// and another alpha.
    std::vector<std::pair<std::string, double>> alphas = {};
    double dropout = 0; ///< share of its inputs that an update does not see while it is tuned
    /// With magnitudes (DoRA), which are zeros until the weights are known: see `begin_dora`.
    bool dora = false;

    /// Whether a name is meant by a target.
    [[nodiscard]] static bool meets(std::string_view target, std::string_view name) {
        return detail::glob_is(target, name) || detail::glob_is("*." + std::string(target), name);
    }
    /// What the update of a place is made from; the start of A depends on the place's name, not on which others there are.
    [[nodiscard]] lora_params of(std::string_view name) const {
        lora_params p = params;
        for (const auto& [pattern, rank] : ranks)
            if (meets(pattern, name)) {
                p.rank = rank;
                break;
            }
        for (const auto& [pattern, alpha] : alphas)
            if (meets(pattern, name)) {
                p.alpha = alpha;
                break;
            }
        p.seed = mix64(params.seed, hash64(name));
        return p;
    }
};

/// Low-rank updates by the names of the layers beside which they stand: what LoRA adds to a model. Plain data.
template <std::floating_point Scalar>
struct lora_set {
    struct entry {
        std::string  name; ///< of the place
        lora<Scalar> update;
        bool         table = false; ///< as the place is
    };
    std::vector<entry> entries;
    double             dropout = 0; ///< what `lora_plan` says of it; it plays no part but in training

    /// An update beside each place that the plan means, in the order of the places.
    ///
    /// Fails    `absent` for a target or a pattern that no place meets; `bad_argument` for a dropout outside of [0, 1); `unsupported` for magnitudes beside a table; as `lora::make`, naming the place
    [[nodiscard]] static result<lora_set> make(std::span<const lora_place> places, const lora_plan& plan) {
        if (!lora_dropout{plan.dropout}.valid()) return error{fault::bad_argument, unit::none, 0, "dropout"};
        lora_set made;
        made.dropout = plan.dropout;
        std::vector<bool> met(plan.targets.size());
        for (const lora_place& at : places) {
            bool wanted = plan.targets.empty();
            for (std::size_t t = 0; t < plan.targets.size(); ++t)
                if (lora_plan::meets(plan.targets[t], at.name)) wanted = met[t] = true;
            if (!wanted) continue;
            auto update = lora<Scalar>::make(at.in, at.out, plan.of(at.name));
            if (!update) {
                error why   = update.error();
                why.subject = at.name + ": " + why.subject;
                return why;
            }
            if (plan.dora && at.table) return error{fault::unsupported, unit::none, 0, at.name + ": magnitudes"};
            if (plan.dora) update->m = matrix<Scalar>(1, at.out);
            if (at.table) begin_table(*update, plan.of(at.name).seed);
            made.entries.push_back({at.name, std::move(*update), at.table});
        }
        for (std::size_t t = 0; t < met.size(); ++t)
            if (!met[t]) return error{fault::absent, unit::none, t, plan.targets[t]};
        const auto nowhere = [&](const auto& patterns) -> const std::string* {
            for (const auto& one : patterns)
                if (std::none_of(places.begin(), places.end(),
                                 [&](const lora_place& at) { return lora_plan::meets(one.first, at.name); }))
                    return &one.first;
            return nullptr;
        };
        if (const auto* pattern = nowhere(plan.ranks)) return error{fault::absent, unit::none, 0, *pattern};
        if (const auto* pattern = nowhere(plan.alphas)) return error{fault::absent, unit::none, 0, *pattern};
        return made;
    }

    /// Beside a table it is A that is zero; B has a mean of 0 and a variance of 1, as in PEFT, but is uniform.
    static void begin_table(lora<Scalar>& u, std::uint64_t seed) {
        counter_random draw(seed, 0x7461626c65 /* "table" */);
        std::ranges::fill(u.A.flat(), Scalar{0});
        for (Scalar& b : u.B.flat()) b = static_cast<Scalar>((2 * draw.unit64() - 1) * 1.7320508075688772);
    }
    /// The update beside a place, or null.
    [[nodiscard]] const lora<Scalar>* find(std::string_view name) const noexcept {
        const auto at = std::find_if(entries.begin(), entries.end(), [&](const entry& e) { return e.name == name; });
        return at == entries.end() ? nullptr : &at->update;
    }
    /// How many numbers there are to be tuned.
    [[nodiscard]] std::size_t parameters() const noexcept {
        std::size_t n = 0;
        for (const entry& e : entries)
            n += e.update.A.flat().size() + e.update.B.flat().size() + e.update.m.flat().size();
        return n;
    }
    using grads = std::vector<typename lora<Scalar>::grads>;
    /// Gradients of all, in their order.
    [[nodiscard]] grads zero_grads() const {
        grads g;
        for (const entry& e : entries) g.push_back(e.update.zero_grads());
        return g;
    }
};

} // namespace graft::inline GRAFT_ABI
