// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/gpt2.hpp>
#include <graft/models/read_weights.hpp>
#include <graft/weights/take_tensors.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What the tensors of a GPT-2 are called.
struct gpt2_names {
    std::string_view prefix;                             ///< of all names but the head's, in files that have one
    std::string_view tokens, positions, last_norm, head; ///< head: where it is not the table of tokens
    std::string_view layer;                              ///< before the number of a layer
    std::string_view attention_norm, qkv, o, feed_norm, up, down; ///< behind it, without `.weight` and `.bias`
    bool             turned;                                      ///< the layers' matrices lie [in, out]
};
/// Those of transformers' folders.
inline constexpr gpt2_names gpt2_names_of_transformers{
    "transformer.", "wte",         "wpe",  "ln_f",     "lm_head",    "h.", "ln_1",
    "attn.c_attn",  "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj", true};
/// Those of GGUF files.
inline constexpr gpt2_names gpt2_names_of_gguf{
    "",         "token_embd",  "position_embd", "output_norm", "output",   "blk.", "attn_norm",
    "attn_qkv", "attn_output", "ffn_norm",      "ffn_up",      "ffn_down", false};

/// Makes a GPT-2 of the tensors of a file.
///
/// Takes    a configuration that is valid; the names; `how` the weights are held
/// Fails    `bad_argument` for a configuration that cannot be; as `take_tensors` does, naming file and tensor; stopped, timed_out
[[nodiscard]] inline result<gpt2<float>> read_gpt2(const tensors& from, const gpt2_config& config,
                                                   const gpt2_names& names, const read_weights& how, context& c) {
    if (!config.valid()) return from.refuse(fault::bad_argument, "configuration");
    const auto           prefixed = std::string(names.prefix) + std::string(names.tokens) + ".weight";
    const std::string    prefix(from.find(prefixed) != nullptr ? names.prefix : std::string_view{});
    const auto           name = [&](std::string_view of) { return prefix + std::string(of); };
    take_tensors         take(from);
    std::optional<error> failed;
    const auto           weight = [&](const std::string& at, std::size_t out, std::size_t in, bool turned,
                            const read_weights& held) -> any_weights {
        const tensor t = take(at + ".weight", turned ? tensor_shape{in, out} : tensor_shape{out, in});
        if (!take.ok() || failed) return {};
        auto made = turned ? detail::read_turned_weight(t, held, c) : detail::read_weight(t, held, c);
        if (made) return std::move(*made);
        failed = from.refuse(made.error().what, at + ".weight", made.error().of, made.error().where);
        return {};
    };
    const auto row  = [&](const std::string& at, std::size_t size) { return detail::read_row(take(at, {size})); };
    const auto norm = [&](const std::string& at) {
        auto w = row(at + ".weight", config.width), b = row(at + ".bias", config.width);
        return layer_norm<float>{std::move(w), std::move(b), static_cast<float>(config.norm_eps)};
    };
    const auto layer = [&](const std::string& at, std::size_t out, std::size_t in) {
        auto w = weight(at, out, in, names.turned, how);
        return gpt2<float>::layer_weight{std::move(w), row(at + ".bias", out)};
    };

    gpt2<float>       m{.config = config, .tokens = {}, .positions = {}, .layers = {}, .last_norm = {}, .head = {}};
    const std::string tokens = name(names.tokens), head(names.head);
    const auto        table  = detail::as_table(how);
    const bool        none   = !take.has(head + ".weight");
    if (none && !config.tied && names.turned) return from.refuse(fault::absent, head + ".weight");
    if (config.tied || none) {
        m.head = {weight(tokens, config.vocabulary, config.width, false, table), {}};
        if (!none) take.ignore(head); // a copy
    } else {
        m.tokens.emplace(gpt2<float>::layer_weight{weight(tokens, config.vocabulary, config.width, false, table), {}});
        m.head = {weight(head, config.vocabulary, config.width, false, table), {}};
    }
    if (const tensor t = take(name(names.positions) + ".weight", {config.positions, config.width}); take.ok()) {
        m.positions.rows = matrix<float>(config.positions, config.width);
        (void)t.decode(m.positions.rows.flat());
    }
    m.last_norm = norm(name(names.last_norm));
    for (std::size_t l = 0; l < config.layers && take.ok() && !failed; ++l) {
        const std::string  at = name(names.layer) + std::to_string(l) + ".";
        const auto         in = [&](std::string_view of) { return at + std::string(of); };
        gpt2<float>::layer one;
        one.attention_norm = norm(in(names.attention_norm));
        one.qkv            = layer(in(names.qkv), 3 * config.width, config.width);
        one.o              = layer(in(names.o), config.width, config.width);
        one.feed_norm      = norm(in(names.feed_norm));
        one.feed.up        = layer(in(names.up), config.inner, config.width);
        one.feed.down      = layer(in(names.down), config.width, config.inner);
        one.feed.f         = config.f;
        m.layers.push_back(std::move(one));
        if (names.turned) take.ignore(in("attn.bias")), take.ignore(in("attn.masked_bias")); // the mask, as a buffer
    }
    if (failed) return *failed;
    if (auto ok = take.finish(); !ok) return ok.error();
    return m;
}

} // namespace graft::inline GRAFT_ABI
