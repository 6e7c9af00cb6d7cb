// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/byte_level.hpp>
#include <graft/tokenize/sentencepiece.hpp>
#include <graft/tokenize/vocab_txt.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The keys `tokenizer.ggml.*` of a GGUF file, as spans over its metadata.
struct gguf_vocabulary {
    std::string_view                  model  = {}; ///< `gpt2`, `llama`, `bert` or `t5`
    std::string_view                  pre    = {}; ///< the name of the rule that cuts text, of `gpt2`
    std::span<const std::string_view> tokens = {};
    std::span<const float>            scores = {}; ///< of `llama` and `t5`
    std::span<const std::int32_t>     types =
        {}; ///< token_type: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte
    std::span<const std::string_view> merges   = {}; ///< of `gpt2`: two tokens and a blank between them
    std::string_view                  charsmap = {}; ///< precompiled_charsmap, of `t5`
    std::optional<token_id>           bos = {}, eos = {}, unknown = {}, pad = {}, separator = {}, cls = {}, mask = {};
    std::optional<bool>               add_bos = {}, add_eos = {}, add_space_prefix = {}, remove_extra_whitespaces = {};
};

namespace detail {

/// The rules that a name stands for; none for an unknown name.
[[nodiscard]] inline std::vector<split_rule> rules_named(std::string_view pre) {
    using enum split_rule;
    if (pre == "gpt-2" || pre == "gpt2" || pre == "mpt" || pre == "olmo" || pre == "jais" || pre == "phi-2" ||
        pre == "roberta-bpe")
        return {gpt2};
    if (pre == "llama-bpe" || pre == "llama3" || pre == "llama-v3" || pre == "falcon3") return {llama3};
    if (pre == "qwen2" || pre == "deepseek-r1-qwen" || pre == "megrez") return {qwen2};
    if (pre == "smollm" || pre == "starcoder" || pre == "refact" || pre == "command-r" || pre == "codeshell" ||
        pre == "exaone")
        return {digits, gpt2};
    if (pre == "deepseek-v3") return {threes, han_and_kana, deepseek_v3};
    return {};
}

} // namespace detail

/// A tokenizer from the vocabulary of a GGUF file.
///
/// Takes    what the reader of the file found. Special are the tokens of the types control and unknown; user-defined ones are found in any text.
/// Fails    fault::bad_format with the name of a `model` or `pre` that is not known; fault::malformed where lists do not fit together.
[[nodiscard]] inline result<tokenizer> read_gguf_vocabulary(const gguf_vocabulary& v) {
    const std::size_t n = v.tokens.size();
    if (n == 0 || n > (std::size_t{1} << 24)) return error{fault::malformed, unit::none, 0, "tokenizer.ggml.tokens"};
    if (!v.types.empty() && v.types.size() != n)
        return error{fault::malformed, unit::none, 0, "tokenizer.ggml.token_type"};
    if (!v.scores.empty() && v.scores.size() != n)
        return error{fault::malformed, unit::none, 0, "tokenizer.ggml.scores"};
    for (const auto& id : {v.bos, v.eos, v.unknown, v.pad, v.separator, v.cls, v.mask})
        if (id && *id >= n && *id != no_token) return error{fault::malformed, unit::id, *id, "tokenizer.ggml"};
    const auto there = [n](std::optional<token_id> id) { return id && *id < n ? id : std::nullopt; };
    const auto type  = [&](std::size_t i) { return v.types.empty() ? 1 : v.types[i]; };

    if (v.model == "bert") {
        // Words have a U+2581 in front, continuations nothing; what stands in brackets is as it is.
        std::string                   pool;
        std::vector<std::size_t>      ends;
        std::vector<std::string_view> texts;
        for (std::size_t i = 0; i < n; ++i) {
            std::string_view t = v.tokens[i];
            if (t.starts_with("\u2581")) pool.append(t.substr(3));
            else if (type(i) == 3 || (t.starts_with('[') && t.ends_with(']'))) pool.append(t);
            else pool.append("##").append(t);
            ends.push_back(pool.size());
        }
        for (std::size_t i = 0, begin = 0; i < n; begin = ends[i++])
            texts.push_back(std::string_view(pool).substr(begin, ends[i] - begin));
        auto parts = detail::bert_parts(texts, bert_cleaning{});
        if (!parts) return parts.error();
        return tokenizer::of(std::move(*parts));
    }

    tokenizer_parts   p;
    std::vector<bool> hidden(n);
    for (std::size_t i = 0; i < n; ++i) {
        const bool special = type(i) == 3 || type(i) == 2;
        hidden[i]          = special || type(i) == 4;
        if (hidden[i])
            p.added.push_back(
                {std::string(v.tokens[i]), static_cast<token_id>(i), special, false, false, false, false});
    }
    p.bos = there(v.bos), p.eos = there(v.eos), p.unknown = there(v.unknown), p.pad = there(v.pad),
    p.mask = there(v.mask);

    if (v.model == "gpt2") {
        p.cutting.rules = detail::rules_named(v.pre);
        if (p.cutting.rules.empty())
            return error{fault::bad_format, unit::none, 0, "tokenizer.ggml.pre: " + std::string(v.pre)};
        if (p.cutting.rules == std::vector{split_rule::qwen2}) p.normaliser.add(detail::normal_form::nfc);
        std::vector<std::pair<std::string_view, std::string_view>> pairs;
        for (std::size_t i = 0; i < v.merges.size(); ++i) {
            const std::size_t blank = v.merges[i].find(' ', 1);
            if (blank == std::string_view::npos) return error{fault::malformed, unit::row, i, "tokenizer.ggml.merges"};
            pairs.emplace_back(v.merges[i].substr(0, blank), v.merges[i].substr(blank + 1));
        }
        const bool whole = p.cutting.rules == std::vector{split_rule::llama3};
        auto       model = detail::byte_level(v.tokens, hidden, pairs, {.whole_first = whole});
        if (!model) return model.error();
        p.model = std::move(*model);
    } else if (v.model == "llama" || v.model == "t5") {
        std::vector<double> scores(v.scores.begin(), v.scores.end());
        if (scores.empty()) return error{fault::missing_part, unit::none, 0, "tokenizer.ggml.scores"};
        detail::sentencepiece_settings s;
        s.unigram            = v.model == "t5";
        s.clean.dummy_prefix = v.add_space_prefix.value_or(true);
        s.clean.squeeze      = v.remove_extra_whitespaces.value_or(false);
        if (!v.charsmap.empty()) {
            auto map = detail::charsmap::of(v.charsmap);
            if (!map) return map.error();
            s.clean.map = std::move(*map);
        }
        if (!p.unknown) return error{fault::missing_part, unit::none, 0, "tokenizer.ggml.unknown_token_id"};
        s.unknown = *p.unknown;
        for (std::size_t i = 0; i < n; ++i)
            if (type(i) == 6) s.byte_fallback = true;
        if (auto made = detail::sentencepiece_parts(p, v.tokens, hidden, std::move(scores), std::move(s)); !made)
            return made.error();
    } else {
        return error{fault::bad_format, unit::none, 0, "tokenizer.ggml.model: " + std::string(v.model)};
    }
    const bool bos = v.add_bos.value_or(v.model == "llama") && p.bos,
               eos = v.add_eos.value_or(v.model == "t5") && p.eos;
    auto& one      = p.around.single;
    auto& two      = p.around.pair;
    if (bos) one.insert(one.begin(), {token_side::added, *p.bos, 0});
    if (eos) one.push_back({token_side::added, *p.eos, 0});
    two = one;
    if (bos) two.push_back({token_side::added, *p.bos, 1});
    two.push_back({token_side::second, no_token, 1});
    if (eos) two.push_back({token_side::added, *p.eos, 1});
    return tokenizer::of(std::move(p));
}

} // namespace graft::inline GRAFT_ABI
