// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/finite.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/models/read_llama.hpp>
#include <graft/store/io.hpp>
#include <graft/weights/gguf.hpp>
#include <graft/weights/gguf_writer.hpp>
#include <graft/weights/take_tensors.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

// LoRA adapters as llama.cpp takes them beside a GGUF model.

namespace detail {

/// What GGUF calls a place: `blk.3.attn_q` of `model.layers.3.self_attn.q_proj`; nothing for one that it has not.
[[nodiscard]] inline std::optional<std::string> gguf_place(std::string_view place) {
    using n                                    = llama_names;
    constexpr std::string_view n::* matrices[] = {&n::q, &n::k, &n::v, &n::o, &n::gate, &n::up, &n::down};
    const auto&                     from       = llama_names_of_transformers;
    if (!place.starts_with(from.layer)) return std::nullopt;
    place.remove_prefix(from.layer.size());
    const std::size_t dot = place.find('.');
    if (dot == 0 || dot == std::string_view::npos ||
        place.substr(0, dot).find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    for (const auto name : matrices)
        if (place.substr(dot + 1) == from.*name)
            return std::string(llama_names_of_gguf.layer)
                .append(place.substr(0, dot + 1))
                .append(llama_names_of_gguf.*name);
    return std::nullopt;
}

/// What GGUF calls the architecture of a model: with a bias at q it is Qwen2, whose rows lie in halves there too.
template <class Weight>
[[nodiscard]] std::string_view gguf_architecture(const llama<float, Weight>& m) noexcept {
    const bool biased = !m.layers.empty() && !m.layers[0].q.b.flat().empty();
    return biased && m.config.layout == rotary_layout::halves ? "qwen2" : "llama";
}

/// Turns the rows beside q and k of a set in the model's order into those of a GGUF file, or back.
template <class Weight>
void turn_to_gguf(const llama<float, Weight>& m, lora_set<float>& set, bool back) {
    if (m.config.layout == rotary_layout::pairs || gguf_architecture(m) != "llama") return;
    llama_config file = m.config;
    file.layout       = rotary_layout::pairs;
    turn_lora_rows(file, set, back);
}

} // namespace detail

/// Writes a LoRA adapter for llama.cpp, beside the GGUF file of the same model.
///
/// Takes    updates with the rows that the model has, whatever file it came from
/// Gives    numbers in float. The file holds one alpha, and a reader divides it by each rank: where scale · rank is the same of all, that is it and no number
///          changes, else each scale goes into its B. So it is right for rsLoRA and for alphas by name, which such files cannot say.
/// Fails    `no_input` for a set of none; `unexpected` for a place that GGUF has not, `unsupported` for magnitudes and tables, `wrong_shape`, `not_finite`, naming it; as `save_gguf`
template <file_system F, class Weight>
[[nodiscard]] result<void> save_gguf_lora(const F& fs, const std::string& path, const llama<float, Weight>& m,
                                          lora_set<float> set) {
    if (set.entries.empty()) return error{fault::no_input, unit::none, 0, path};
    for (const auto& e : set.entries)
        if (e.table || !e.update.m.flat().empty()) return error{fault::unsupported, unit::none, 0, e.name};
    if (const auto ok = lora_beside(m, set); !ok) return ok.error();
    detail::turn_to_gguf(m, set, false);
    const auto alpha_of = [](const lora<float>& l) { return l.scale * static_cast<float>(l.rank()); };
    const auto same     = [&](const auto& e) {
        return alpha_of(e.update) == alpha_of(set.entries[0].update) &&
               alpha_of(e.update) / static_cast<float>(e.update.rank()) == e.update.scale;
    };
    float alpha = alpha_of(set.entries[0].update);
    if (!(alpha > 0) || !std::all_of(set.entries.begin(), set.entries.end(), same)) { // readers take 0 for no scale
        std::size_t rank = 1;
        for (const auto& e : set.entries) rank = std::max(rank, e.update.rank());
        alpha = static_cast<float>(rank);
        for (auto& e : set.entries)
            for (float& b : e.update.B.flat())
                b = static_cast<float>(static_cast<double>(b) * static_cast<double>(e.update.scale) *
                                       static_cast<double>(e.update.rank()) / static_cast<double>(rank));
    }
    std::vector<tensor>      all;
    std::vector<std::string> names; // which the tensors borrow
    names.reserve(2 * set.entries.size());
    for (const auto& e : set.entries) {
        const auto place = detail::gguf_place(e.name);
        if (!place) return error{fault::unexpected, unit::none, 0, e.name};
        if (!e.update.finite()) return error{fault::not_finite, unit::none, 0, e.name};
        const auto put = [&](const char* part, const matrix<float>& numbers) {
            names.push_back(*place + ".weight." + part);
            all.push_back(
                {names.back(), weight_format::f32, {numbers.rows(), numbers.dims()}, std::as_bytes(numbers.flat())});
        };
        put("lora_a", e.update.A), put("lora_b", e.update.B);
    }
    gguf_fields head;
    head.text("general.type", "adapter")
        .text("general.architecture", detail::gguf_architecture(m))
        .text("adapter.type", "lora")
        .number("adapter.lora.alpha", alpha);
    return save_gguf(fs, path, head.list(), all);
}

/// The LoRA adapter of a GGUF file, beside a Llama, whatever file the model came from.
///
/// Gives    updates with the rows that the model has; numbers of any format that graft decodes, as float
/// Fails    `unsupported` for a file that is no LoRA adapter or one for another architecture, naming the key; `absent` for a half of an update or a key,
///          `wrong_shape`, `not_finite`, `rank_too_high`, `unexpected` for a tensor beside which the model has no place: file and tensor; as
///          `load_gguf`
template <readable_files F, class Weight>
[[nodiscard]] result<lora_set<float>> load_gguf_lora(const F& fs, const std::string& path,
                                                     const llama<float, Weight>& m) {
    const auto file = load_gguf(fs, path);
    if (!file) return file.error();
    for (const auto& [key, wanted] : {std::pair{"general.type", std::string_view("adapter")},
                                      {"adapter.type", "lora"},
                                      {"general.architecture", detail::gguf_architecture(m)}}) {
        const auto said = file->head.text(key);
        if (!said) return said.error();
        if (*said != wanted) return file->head.refuse_key(fault::unsupported, key);
    }
    const auto alpha = file->head.template number<float>("adapter.lora.alpha");
    if (!alpha) return alpha.error();
    if (!is_finite(*alpha)) return file->head.refuse_key(fault::not_finite, "adapter.lora.alpha");
    take_tensors    take(file->weights);
    lora_set<float> made;
    for (const lora_place& at : lora_places(m)) {
        const std::string name = *detail::gguf_place(at.name) + ".weight", a_name = name + ".lora_a",
                          b_name = name + ".lora_b";
        if (!take.has(a_name) && !take.has(b_name)) continue;
        const tensor*     b_there = file->weights.find(b_name);
        const std::size_t rank    = b_there != nullptr ? b_there->columns() : 1;
        if (rank == 0 || rank > std::min(at.in, at.out))
            return file->weights.refuse(fault::rank_too_high, b_name, unit::none, rank);
        const tensor b = take(b_name, {at.out, rank}), a = take(a_name, {rank, at.in});
        if (!take.ok()) break;
        // An alpha of 0 is none.
        lora<float> update{matrix<float>(rank, at.in), matrix<float>(at.out, rank),
                           *alpha == 0 ? 1.f : *alpha / static_cast<float>(rank)};
        (void)a.decode(update.A.flat());
        (void)b.decode(update.B.flat());
        made.entries.push_back({at.name, std::move(update)});
    }
    if (auto ok = take.finish(); !ok) return ok.error();
    detail::turn_to_gguf(m, made, true);
    return made;
}

} // namespace graft::inline GRAFT_ABI
