// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/byte_trie.hpp>
#include <graft/tokenize/tokens.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Words in pieces: the longest token that the word begins with, then the longest continuation, and so on; a word that cannot be spelled so
/// is one unknown token.
///
/// Source   Schuster and Nakajima 2012; the BERT repository's WordpieceTokenizer.
class wordpiece {
    token_vocabulary texts_;
    byte_trie        heads_, tails_;
    token_id         unknown_ = no_token;
    std::size_t      longest_ = 100;

public:
    wordpiece() = default;

    /// Takes    the tokens by number (empty: a hole; of those that are `hidden` none is found in a text), how a continuation is marked
    ///          (`##`), the unknown token, and of how many characters a word may be at most.
    [[nodiscard]] static result<wordpiece> of(std::span<const std::string_view> texts, const std::vector<bool>& hidden,
                                              std::string_view mark, token_id unknown, std::size_t longest) {
        auto v = token_vocabulary::of(texts, hidden);
        if (!v) return v.error();
        if (unknown >= texts.size()) return error{fault::malformed, unit::none, 0, "unk_token"};
        std::vector<byte_trie::entry> heads, tails;
        for (std::size_t i = texts.size(); i-- > 0;) { // of equal texts the last counts
            if (texts[i].empty() || (i < hidden.size() && hidden[i])) continue;
            const auto id = static_cast<std::uint32_t>(i);
            heads.emplace_back(texts[i], id);
            if (texts[i].size() > mark.size() && texts[i].starts_with(mark))
                tails.emplace_back(texts[i].substr(mark.size()), id);
        }
        wordpiece m;
        m.texts_ = std::move(*v);
        auto h   = byte_trie::of(std::move(heads));
        if (!h) return h.error();
        auto t = byte_trie::of(std::move(tails));
        if (!t) return t.error();
        m.heads_   = std::move(*h);
        m.tails_   = std::move(*t);
        m.unknown_ = unknown;
        m.longest_ = longest;
        return m;
    }

    [[nodiscard]] const token_vocabulary& texts() const noexcept { return texts_; }
    [[nodiscard]] span_rule               spans() const noexcept { return span_rule::characters; }

    template <class Sink>
    void encode(std::string_view text, std::size_t begin, std::size_t end, Sink& sink, arena& a) const {
        if (end - begin > longest_ && unicode::count_scalars(text.substr(begin, end - begin)) > longest_)
            return sink.push(unknown_, begin, end);
        std::uint32_t node = byte_trie::root, id = byte_trie::no_value;
        std::size_t   best = begin;
        for (std::size_t at = begin; at < end && (node = heads_.step(node, text[at])) != byte_trie::nowhere;)
            if (const std::uint32_t v = heads_.value(node); ++at, v != byte_trie::no_value) id = v, best = at;
        if (best == end) return sink.push(id, begin, end);
        if (best == begin) return sink.push(unknown_, begin, end);
        rest(text, begin, best, end, id, sink, a);
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return texts_.bytes() + heads_.bytes() + tails_.bytes(); }

private:
    struct piece {
        token_id    id;
        std::size_t end;
    };

    template <class Sink>
    void rest(std::string_view text, std::size_t begin, std::size_t best, std::size_t end, token_id id, Sink& sink,
              arena& a) const {
        piece       few[128]; // nothing may be told before the word is known to be spelled
        const auto  room = end - begin <= 128 ? std::span<piece>(few) : a.take_raw<piece>(end - begin);
        std::size_t n    = 0;
        room[n++]        = {id, best};
        for (std::size_t from = best; from < end; from = best) {
            std::uint32_t node = byte_trie::root;
            for (std::size_t at = from; at < end && (node = tails_.step(node, text[at])) != byte_trie::nowhere;)
                if (const std::uint32_t v = tails_.value(node); ++at, v != byte_trie::no_value) id = v, best = at;
            if (best == from) return sink.push(unknown_, begin, end);
            room[n++] = {id, best};
        }
        for (std::size_t i = 0; i < n; ++i) {
            sink.push(room[i].id, begin, room[i].end);
            begin = room[i].end;
        }
    }
};

} // namespace graft::inline GRAFT_ABI::detail
