// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/tokenizer.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The parts of a BERT tokenizer for tokens by number: cleaning, cuts, `[CLS] A [SEP] B [SEP]`, and its five special tokens.
///
/// Fails    fault::malformed where [UNK], [CLS] or [SEP] is missing.
[[nodiscard]] inline result<tokenizer_parts> bert_parts(const std::vector<std::string_view>& texts,
                                                        const bert_cleaning&                 how) {
    tokenizer_parts   p;
    std::vector<bool> special(texts.size());
    const auto        find = [&](std::string_view name) -> std::optional<token_id> {
        for (std::size_t i = texts.size(); i-- > 0;)
            if (texts[i] == name) {
                special[i] = true;
                p.added.push_back({std::string(name), static_cast<token_id>(i), true, false, false, false, false});
                return static_cast<token_id>(i);
            }
        return {};
    };
    p.unknown      = find("[UNK]");
    p.pad          = find("[PAD]");
    p.mask         = find("[MASK]");
    const auto cls = find("[CLS]"), sep = find("[SEP]");
    if (!p.unknown) return error{fault::malformed, unit::none, 0, "[UNK]"};
    if (!cls || !sep) return error{fault::malformed, unit::none, 0, cls ? "[SEP]" : "[CLS]"};
    p.bos = cls, p.eos = sep;
    auto model = wordpiece::of(texts, special, "##", *p.unknown, 100);
    if (!model) return model.error();
    p.model = std::move(*model);
    p.normaliser.add(how);
    p.cutting.rules = {split_rule::bert};
    p.around.single = {{token_side::added, *cls, 0}, {token_side::first, no_token, 0}, {token_side::added, *sep, 0}};
    p.around.pair   = p.around.single;
    p.around.pair.push_back({token_side::second, no_token, 1});
    p.around.pair.push_back({token_side::added, *sep, 1});
    p.decoder.how  = token_decoder::style::wordpiece;
    p.decoder.tidy = true;
    return p;
}

} // namespace detail

/// A BERT tokenizer from its vocabulary: one token a line, the first is token 0; white space at the end of a line is not the token's.
///
/// Takes    the bytes of `vocab.txt`, and how a text is cleaned: as it stands for an uncased model, `lower` and `strip_accents` off for a cased one.
/// Fails    fault::malformed where [UNK], [CLS] or [SEP] is missing; fault::bad_utf8.
[[nodiscard]] inline result<tokenizer> read_vocab_txt(std::string_view bytes, const bert_cleaning& how = {}) {
    if (const std::size_t bad = unicode::first_invalid(bytes); bad != std::string_view::npos)
        return error{fault::bad_utf8, unit::byte, bad, "vocab.txt"};
    std::vector<std::string_view> texts;
    while (!bytes.empty()) {
        const std::size_t end  = std::min(bytes.find('\n'), bytes.size());
        std::string_view  line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        while (!line.empty() && (line.back() == ' ' || (line.back() >= '\t' && line.back() <= '\r')))
            line.remove_suffix(1);
        texts.push_back(line);
    }
    auto parts = detail::bert_parts(texts, how);
    if (!parts) return parts.error();
    return tokenizer::of(std::move(*parts));
}

} // namespace graft::inline GRAFT_ABI
