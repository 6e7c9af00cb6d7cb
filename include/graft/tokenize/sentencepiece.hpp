// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/tokenizer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// What a SentencePiece model says besides its tokens.
struct sentencepiece_settings {
    bool                   unigram       = false;
    bool                   byte_fallback = false;
    token_id               unknown       = no_token;
    sentencepiece_cleaning clean         = {};
};

/// Whether no token goes on behind a word: then each word is spelled by itself, and no other way of spelling is lost.
[[nodiscard]] inline bool words_stand_alone(std::span<const std::string_view> texts, const std::vector<bool>& hidden) {
    constexpr std::string_view mark  = blank_mark_scanner::mark;
    bool                       alone = false;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i < hidden.size() && hidden[i]) continue;
        std::string_view t = texts[i];
        alone              = alone || t == mark;
        while (t.starts_with(mark)) t.remove_prefix(mark.size());
        if (t.find(mark) != std::string_view::npos) return false;
    }
    return alone;
}

/// Puts model, normaliser and decoder of a SentencePiece model into the parts.
[[nodiscard]] inline result<void> sentencepiece_parts(tokenizer_parts& p, std::span<const std::string_view> texts,
                                                      std::vector<bool> hidden, std::vector<double> scores,
                                                      sentencepiece_settings s) {
    std::array<token_id, 256> bytes;
    bytes.fill(no_token);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const int b = s.byte_fallback ? byte_token(texts[i]) : -1;
        if (b < 0) continue;
        hidden[i]                          = true;
        bytes[static_cast<std::size_t>(b)] = static_cast<token_id>(i);
    }
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (!(scores[i] > -1e30 && scores[i] < 1e30)) return error{fault::not_finite, unit::id, i, "scores"};
    if (words_stand_alone(texts, hidden)) p.cutting.rules = {split_rule::blank_runs};
    if (s.unigram) {
        auto model = unigram::of(texts, hidden, std::move(scores), bytes, s.unknown, true, span_rule::last);
        if (!model) return model.error();
        p.model = std::move(*model);
    } else {
        // The larger the score, the earlier; equal scores are equally early.
        std::vector<std::uint32_t> order(texts.size()), rank(texts.size());
        std::iota(order.begin(), order.end(), 0u);
        std::sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) { return scores[x] > scores[y]; });
        for (std::size_t i = 0, r = 0; i < order.size(); ++i) {
            if (i > 0 && scores[order[i]] != scores[order[i - 1]]) ++r;
            rank[order[i]] = static_cast<std::uint32_t>(r);
        }
        auto model = bpe::of(texts, hidden, bytes, {}, std::move(rank),
                             {.bytes = false, .fuse_unknown = true, .unknown = s.unknown, .spans = span_rule::last});
        if (!model) return model.error();
        p.model = std::move(*model);
    }
    p.decoder.how        = token_decoder::style::sentencepiece;
    p.decoder.drop_first = s.clean.dummy_prefix;
    p.normaliser.add(std::move(s.clean));
    return done;
}

} // namespace graft::inline GRAFT_ABI::detail
