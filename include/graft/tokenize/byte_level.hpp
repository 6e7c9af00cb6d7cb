// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/byte_alphabet.hpp>
#include <graft/tokenize/tokenizer.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// The merges that a file writes as two tokens, by number.
///
/// Fails    fault::malformed with the row where a merge names a token that is not there, or makes none.
[[nodiscard]] inline result<std::vector<merge>>
merges_between(std::span<const std::string_view>                              texts,
               std::span<const std::pair<std::string_view, std::string_view>> pairs) {
    const auto   text_of = [&](token_id id) { return texts[id]; };
    string_index index(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (!texts[i].empty()) index.put(texts[i], static_cast<token_id>(i), text_of);
    std::vector<merge> out;
    out.reserve(pairs.size());
    std::string whole;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        whole.assign(pairs[i].first).append(pairs[i].second);
        const merge m{index.find(pairs[i].first, text_of), index.find(pairs[i].second, text_of),
                      index.find(whole, text_of), static_cast<std::uint32_t>(i)};
        if (m.left == no_token || m.right == no_token || m.whole == no_token)
            return error{fault::malformed, unit::row, i, "merges"};
        out.push_back(m);
    }
    return out;
}

/// A byte-level model of tokens that a file writes in GPT-2's letters.
///
/// Takes    the tokens by number, which of them are found in no text, and the merges in order.
[[nodiscard]] inline result<bpe> byte_level(std::span<const std::string_view> letters, const std::vector<bool>& hidden,
                                            std::span<const std::pair<std::string_view, std::string_view>> pairs,
                                            const bpe_rules&                                               rules) {
    auto merges = merges_between(letters, pairs);
    if (!merges) return merges.error();
    std::string               pool;
    std::vector<std::size_t>  ends;
    std::vector<bool>         unseen(letters.size());
    std::array<token_id, 256> bytes;
    std::size_t               total = 0;
    for (const auto text : letters) total += text.size();
    bytes.fill(no_token);
    pool.reserve(total);
    ends.reserve(letters.size());
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const std::size_t begin = pool.size();
        const bool        apart = i < hidden.size() && hidden[i];
        unseen[i]               = apart;
        if (apart || !append_bytes_of(letters[i], pool)) {
            pool.append(letters[i]);
            unseen[i] = true;
        } else if (pool.size() == begin + 1) {
            bytes[static_cast<unsigned char>(pool[begin])] = static_cast<token_id>(i);
        }
        ends.push_back(pool.size());
    }
    std::vector<std::string_view> texts;
    texts.reserve(letters.size());
    for (std::size_t i = 0, begin = 0; i < letters.size(); begin = ends[i++])
        texts.push_back(std::string_view(pool).substr(begin, ends[i] - begin));
    return bpe::of(texts, unseen, bytes, *merges, {}, rules);
}

} // namespace graft::inline GRAFT_ABI::detail
