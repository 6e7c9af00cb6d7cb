// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/finite.hpp>
#include <graft/json/json.hpp>
#include <graft/models/bert_lora.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/models/peft_folder.hpp>
#include <graft/weights/take_tensors.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

// LoRA adapters as PEFT's folders hold them: adapter_config.json and adapter_model.safetensors. Part of graft::json.

namespace detail {

/// What a PEFT configuration says of the sizes of its updates, and that it says nothing which graft does not do.
[[nodiscard]] inline result<lora_plan> read_peft_config(const json_document& file) {
    const auto is = [&](const char* key, std::string_view wanted) -> result<void> {
        const auto said = file.at(key).text_or(wanted);
        if (!said) return said.error();
        if (*said != wanted) return file.at(key).refuse(fault::unsupported);
        return done;
    };
    const auto kind = file.at("peft_type").text();
    if (!kind) return kind.error();
    if (*kind != "LORA") return file.at("peft_type").refuse(fault::unsupported);
    if (auto ok = is("bias", "none"); !ok) return ok.error();
    for (const char* key : {"use_qalora", "use_bdlora", "lora_bias", "fan_in_fan_out"}) {
        const auto on = file.at(key).boolean_or(false);
        if (!on) return on.error();
        if (*on) return file.at(key).refuse(fault::unsupported);
    }
    for (const char* key : {"modules_to_save", "layer_replication", "alora_invocation_tokens", "megatron_config",
                            "target_parameters", "trainable_token_indices", "arrow_config", "velora_config"})
        if (file.at(key).given()) return file.at(key).refuse(fault::unsupported);
    // Starts that change the base's weights as well need a base that was changed.
    if (const json_value start = file.at("init_lora_weights"); start.given() && start.kind() == json_kind::text) {
        const auto name = start.text();
        if (name && *name != "gaussian") return start.refuse(fault::unsupported);
    }
    // Patterns are regular expressions there; names and dots mean the same as here, all else is refused.
    const auto plain = [](const json_member& m) -> result<void> {
        if (m.name.find_first_of("^$|()[]{}+?*\\") == std::string_view::npos) return done;
        return m.value.refuse(fault::unsupported);
    };
    lora_plan  plan;
    const auto rank = file.at("r").number<std::size_t>();
    if (!rank) return rank.error();
    const auto alpha = file.at("lora_alpha").number_or<double>(8);
    if (!alpha) return alpha.error();
    const auto stabilised = file.at("use_rslora").boolean_or(false);
    if (!stabilised) return stabilised.error();
    plan.params     = {.rank = *rank, .alpha = *alpha, .stabilised = *stabilised};
    const auto dora = file.at("use_dora").boolean_or(false);
    if (!dora) return dora.error();
    plan.dora        = *dora;
    const auto share = file.at("lora_dropout").number_or<double>(0);
    if (!share) return share.error();
    plan.dropout = *share;
    if (!lora_dropout{plan.dropout}.valid()) return file.at("lora_dropout").refuse(fault::bad_argument);
    if (file.at("rank_pattern").given()) {
        const auto all = file.at("rank_pattern").object();
        if (!all) return all.error();
        for (const json_member m : *all) {
            if (auto ok = plain(m); !ok) return ok.error();
            const auto n = m.value.number<std::size_t>();
            if (!n) return n.error();
            plan.ranks.emplace_back(m.name, *n);
        }
    }
    if (file.at("alpha_pattern").given()) {
        const auto all = file.at("alpha_pattern").object();
        if (!all) return all.error();
        for (const json_member m : *all) {
            if (auto ok = plain(m); !ok) return ok.error();
            const auto n = m.value.number<double>();
            if (!n) return n.error();
            plan.alphas.emplace_back(m.name, *n);
        }
    }
    return plan;
}

[[nodiscard]] inline std::string peft_key(std::string_view place, std::string_view part) {
    return "base_model.model." + std::string(place) + "." + std::string(part) + ".weight";
}
/// Of A or B of a place: beside tables they are called otherwise.
[[nodiscard]] inline std::string peft_key(std::string_view place, char part, bool table) {
    if (!table) return peft_key(place, part == 'A' ? "lora_A" : "lora_B");
    return "base_model.model." + std::string(place) + ".lora_embedding_" + part;
}
[[nodiscard]] inline std::string peft_magnitudes_key(std::string_view place) {
    return "base_model.model." + std::string(place) + ".lora_magnitude_vector";
}

} // namespace detail

/// Updates out of the tensors of a PEFT adapter.
///
/// Takes    the plan that its configuration says: rank and alpha, also by name; the places of the model
/// Fails    `absent`, `unexpected`, `wrong_shape`, `not_finite`, `unsupported`, naming file and tensor; `rank_too_high`
[[nodiscard]] inline result<lora_set<float>> read_peft_lora(const tensors& file, const lora_plan& plan,
                                                            std::span<const lora_place> places) {
    take_tensors    take(file);
    lora_set<float> made;
    made.dropout = plan.dropout;
    for (const lora_place& at : places) {
        const std::string a_key = detail::peft_key(at.name, 'A', at.table),
                          b_key = detail::peft_key(at.name, 'B', at.table);
        if (!take.has(a_key) && !take.has(b_key)) continue;
        if (at.table && plan.dora) return file.refuse(fault::unsupported, a_key);
        const lora_params p = plan.of(at.name);
        if (p.rank == 0 || p.rank > std::min(at.in, at.out))
            return file.refuse(fault::rank_too_high, a_key, unit::none, p.rank);
        const tensor a = take(a_key, {p.rank, at.in}), b = take(b_key, {at.out, p.rank});
        const tensor m = plan.dora ? take(detail::peft_magnitudes_key(at.name), {at.out}) : tensor{};
        if (!take.ok()) break;
        const auto  rank  = static_cast<double>(p.rank);
        const float scale = static_cast<float>(p.alpha / (p.stabilised ? std::sqrt(rank) : rank));
        if (!is_finite(scale)) return file.refuse(fault::not_finite, "lora_alpha");
        lora<float> update{matrix<float>(p.rank, at.in), matrix<float>(at.out, p.rank), scale};
        (void)a.decode(update.A.flat());
        (void)b.decode(update.B.flat());
        if (plan.dora) {
            update.m = matrix<float>(1, at.out);
            (void)m.decode(update.m.flat());
        }
        made.entries.push_back({at.name, std::move(update), at.table});
    }
    if (auto ok = take.finish(); !ok) return ok.error();
    return made;
}

/// The LoRA adapter of a PEFT folder.
///
/// Takes    the places of the model beside which it is to stand
/// Gives    the updates; with magnitudes (DoRA) `measure_dora` is yet to be called, which the other form does
/// Fails    `unsupported` for another kind of adapter or what graft does not do (biases, saved modules, starts that change the base, regular expressions for names, …), naming the key; as `load_json`,
///          `load_safetensors`, `read_peft_lora`
template <readable_files F>
[[nodiscard]] result<lora_set<float>> load_peft_lora(const F& fs, const std::string& folder,
                                                     std::span<const lora_place> places) {
    const auto config = detail::load_peft_config(fs, folder);
    if (!config) return config.error();
    const auto plan = detail::read_peft_config(*config);
    if (!plan) return plan.error();
    const auto file = detail::load_peft_numbers(fs, folder);
    if (!file) return file.error();
    return read_peft_lora(*file, *plan, places);
}

/// Writes a LoRA adapter as a PEFT folder, which must exist: the names, shapes and scales of PEFT's own, in float.
///
/// Takes    `base`, what the model is called: PEFT looks for it there; `task`, what it is for, as PEFT says it: empty for a bare encoder
/// Costs    two files, each replaced as a whole, the numbers first: who reads between the two may find the numbers of one beside the scales of another.
/// Fails    `not_finite` for a scale that is; `bad_argument` for a dropout outside of [0, 1); `unsupported` where some updates have magnitudes and others
///          none; `bad_utf8` for the name of the base; as `save_safetensors`, `replace_file`
template <file_system F>
[[nodiscard]] result<void> save_peft_lora(const F& fs, const std::string& folder, const lora_set<float>& set,
                                          std::string_view base = {}, std::string_view task = "CAUSAL_LM") {
    if (!lora_dropout{set.dropout}.valid()) return error{fault::bad_argument, unit::none, 0, "dropout"};
    const auto with_lengths = static_cast<std::size_t>(std::count_if(
        set.entries.begin(), set.entries.end(), [](const auto& e) { return !e.update.m.flat().empty(); }));
    if (with_lengths != 0 && with_lengths != set.entries.size())
        return error{fault::unsupported, unit::none, with_lengths, "magnitudes beside some of the updates"};
    const auto alpha_of = [](const lora<float>& u) {
        return static_cast<double>(u.scale) * static_cast<double>(u.rank());
    };
    // What the first one has stands for all, and those that have another are named.
    const std::size_t        rank  = set.entries.empty() ? 8 : set.entries[0].update.rank();
    const double             alpha = set.entries.empty() ? 8 : alpha_of(set.entries[0].update);
    std::vector<tensor>      all;
    std::vector<std::string> keys; // which the tensors borrow
    std::string              names, ranks, alphas;
    keys.reserve(3 * set.entries.size());
    const auto add = [](std::string& list, std::string_view name) {
        if (!list.empty()) list += ", ";
        append_json_text(list, name);
    };
    for (const auto& e : set.entries) {
        if (!is_finite(alpha_of(e.update))) return error{fault::not_finite, unit::none, 0, e.name};
        add(names, e.name);
        if (e.update.rank() != rank) add(ranks, e.name), ranks += ": " + std::to_string(e.update.rank());
        if (alpha_of(e.update) != alpha) add(alphas, e.name), append_json_number(alphas += ": ", alpha_of(e.update));
        const auto put = [&](std::string key, const matrix<float>& m, const tensor_shape& shape) {
            all.push_back({keys.emplace_back(std::move(key)), weight_format::f32, shape, std::as_bytes(m.flat())});
        };
        for (const auto& [part, m] : {std::pair{'A', &e.update.A}, {'B', &e.update.B}})
            put(detail::peft_key(e.name, part, e.table), *m, {m->rows(), m->dims()});
        if (with_lengths != 0) put(detail::peft_magnitudes_key(e.name), e.update.m, {e.update.m.dims()});
    }
    std::string said = "\"peft_type\": \"LORA\",\n  \"task_type\": ";
    if (task.empty()) said += "null";
    else append_json_text(said, task);
    said += ",\n  \"bias\": \"none\",\n  \"fan_in_fan_out\": false,\n  \"r\": " + std::to_string(rank);
    append_json_number(said += ",\n  \"lora_alpha\": ", alpha);
    append_json_number(said += ",\n  \"lora_dropout\": ", set.dropout);
    said += ",\n  \"use_rslora\": false,\n  \"use_dora\": ";
    said += with_lengths != 0 ? "true" : "false";
    said += ",\n  \"target_modules\": [" + names + "],\n  \"rank_pattern\": {" + ranks + "},\n  \"alpha_pattern\": {" +
            alphas + "}";
    return detail::save_peft_folder(fs, folder, all, base, said);
}

namespace detail {

/// The updates of a folder for the rows that a model has, not yet measured.
template <readable_files F, class Weight>
[[nodiscard]] result<lora_set<float>> peft_lora_of(const F& fs, const std::string& folder,
                                                   const llama<float, Weight>& model) {
    const auto places = lora_places(model, true);
    auto       set    = load_peft_lora(fs, folder, std::span<const lora_place>(places));
    if (set) turn_lora_rows(model.config, *set);
    return set;
}
template <readable_files F>
[[nodiscard]] result<lora_set<float>> peft_lora_of(const F& fs, const std::string& folder, const bert<float>& model) {
    auto places = lora_places(model);
    if (!model.pooler) places.push_back({"pooler.dense", model.config.dims, model.config.dims});
    auto set = load_peft_lora(fs, folder, std::span<const lora_place>(places));
    if (set && !model.pooler) std::erase_if(set->entries, [](const auto& e) { return e.name == "pooler.dense"; });
    return set;
}

} // namespace detail

/// The LoRA adapter of a PEFT folder beside a model: a Llama, whatever file it came from, or a BERT. What stands beside a pooler of that which was not
/// read, and which no vector passes, is left out.
///
/// Takes    a context whose threads measure the rows beside magnitudes (DoRA)
/// Fails    as the other `load_peft_lora`; as `measure_dora`
template <readable_files F, class Model>
    requires requires(const F& fs, const std::string& folder, const Model& m) { detail::peft_lora_of(fs, folder, m); }
[[nodiscard]] result<lora_set<float>> load_peft_lora(const F& fs, const std::string& folder, const Model& model,
                                                     context& c) {
    auto set = detail::peft_lora_of(fs, folder, model);
    if (!set) return set;
    if (auto ok = measure_dora(model, *set, c); !ok) return ok.error();
    return set;
}
/// The same on one thread, and not to be stopped.
template <readable_files F, class Model>
    requires requires(const F& fs, const std::string& folder, const Model& m) { detail::peft_lora_of(fs, folder, m); }
[[nodiscard]] result<lora_set<float>> load_peft_lora(const F& fs, const std::string& folder, const Model& model) {
    context alone;
    return load_peft_lora(fs, folder, model, alone);
}
/// Writes the updates beside a Llama as a PEFT folder, for the model as transformers has it.
///
/// Fails    as the other `save_peft_lora`
template <file_system F, class Weight>
[[nodiscard]] result<void> save_peft_lora(const F& fs, const std::string& folder, const llama<float, Weight>& model,
                                          lora_set<float> set, std::string_view base = {}) {
    turn_lora_rows(model.config, set, true);
    return save_peft_lora(fs, folder, set, base);
}

/// Writes the updates beside a BERT as a PEFT folder.
///
/// Fails    as the other `save_peft_lora`
template <file_system F>
[[nodiscard]] result<void> save_peft_lora(const F& fs, const std::string& folder, const bert<float>&,
                                          const lora_set<float>& set, std::string_view base = {}) {
    return save_peft_lora(fs, folder, set, base, {});
}

} // namespace graft::inline GRAFT_ABI
