// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/byte_trie.hpp>
#include <graft/tokenize/scalars.hpp>
#include <graft/tokenize/tokens.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// The spelling of a piece whose tokens have the largest sum of scores; of equals the one whose last token begins first.
///
/// Costs    O(n k) in the bytes of a piece and of the longest token.
/// Source   Kudo 2018, arXiv 1804.10959; a character without a token scores 10 below the least token, as in SentencePiece.
class unigram {
    token_vocabulary          texts_;
    byte_trie                 trie_;
    std::vector<double>       score_;
    std::array<token_id, 256> byte_    = {};
    token_id                  unknown_ = no_token;
    double                    penalty_ = 0;
    bool                      single_  = false;
    span_rule                 spans_   = span_rule::characters;

    struct node {
        double        score;
        token_id      id;
        std::uint32_t from;
    };
    static constexpr std::uint32_t unreached = 0xFFFFFFFFu;

public:
    unigram() = default;

    /// Takes    the tokens' texts (an empty one is a hole) and scores, of which those that are `hidden` are found in no text; the token of each
    ///          byte, for characters that have none (`no_token`: there are none); the unknown token; whether sums are rounded to float at
    ///          every step, as SentencePiece does, or not, as Hugging Face does.
    [[nodiscard]] static result<unigram> of(std::span<const std::string_view> texts, const std::vector<bool>& hidden,
                                            std::vector<double> scores, const std::array<token_id, 256>& bytes,
                                            token_id unknown, bool single, span_rule spans) {
        if (unknown >= texts.size()) return error{fault::malformed, unit::none, 0, "unk_id"};
        auto v = token_vocabulary::of(texts, hidden);
        if (!v) return v.error();
        std::vector<byte_trie::entry> entries;
        double                        least = std::numeric_limits<double>::infinity();
        for (std::size_t i = texts.size(); i-- > 0;) { // of equal texts the last counts
            least = std::min(least, scores[i]);
            if (!texts[i].empty() && !(i < hidden.size() && hidden[i]))
                entries.emplace_back(texts[i], static_cast<std::uint32_t>(i));
        }
        auto t = byte_trie::of(std::move(entries));
        if (!t) return t.error();
        unigram m;
        m.texts_   = std::move(*v);
        m.trie_    = std::move(*t);
        m.score_   = std::move(scores);
        m.byte_    = bytes;
        m.unknown_ = unknown;
        m.penalty_ = least - 10;
        m.single_  = single;
        m.spans_   = spans;
        return m;
    }

    [[nodiscard]] const token_vocabulary& texts() const noexcept { return texts_; }
    [[nodiscard]] span_rule               spans() const noexcept { return spans_; }
    [[nodiscard]] std::size_t             bytes() const noexcept {
        return texts_.bytes() + trie_.bytes() + score_.capacity() * sizeof(double);
    }

    /// `before`: the sum of what goes before in the text, and then of this too: rounded sums go on from there, or ties fall otherwise.
    template <class Sink>
    void encode(std::string_view text, std::size_t begin, std::size_t end, double& before, Sink& sink, arena& a) const {
        if (begin == end) return;
        constexpr std::size_t few = 128;
        node                  on_stack[few + 1];
        const std::size_t     n    = end - begin;
        const auto            best = n <= few ? std::span<node>(on_stack, n + 1) : a.take_raw<node>(n + 1);
        for (std::size_t i = 0; i <= n; ++i) best[i] = {0, unknown_, unreached};
        best[0].score    = single_ ? before : 0;
        const auto reach = [&](std::size_t from, std::size_t to, double score, token_id id) {
            double sum = best[from].score + score;
            if (single_) sum = static_cast<float>(sum);
            if (best[to].from == unreached || sum > best[to].score)
                best[to] = {sum, id, static_cast<std::uint32_t>(from)};
        };
        for (std::size_t at = 0; at < n;) {
            const std::size_t character = std::min<std::size_t>(scalar_at(text, begin + at).length, n - at);
            std::uint32_t     where     = byte_trie::root;
            bool              alone     = false;
            for (std::size_t i = at; i < n && (where = trie_.step(where, text[begin + i])) != byte_trie::nowhere;) {
                ++i;
                const std::uint32_t id = trie_.value(where);
                if (id == byte_trie::no_value) continue;
                reach(at, i, score_[id], id);
                alone = alone || i == at + character;
            }
            if (!alone) reach(at, at + character, penalty_, unknown_);
            at += character;
        }
        before = best[n].score;
        // Backwards along the best path, turning the arrows round.
        std::uint32_t to = unreached;
        for (auto at = static_cast<std::uint32_t>(n); at != 0;) {
            const std::uint32_t from = best[at].from;
            best[at].from            = to; // where the token that ends here is followed by the next end
            to                       = at;
            at                       = from;
        }
        for (std::uint32_t from = 0, at = to; at != unreached;) {
            if (best[at].id == unknown_) { // unknown characters in a row are one
                while (best[at].from != unreached && best[best[at].from].id == unknown_) at = best[at].from;
                bool all = true;
                for (std::uint32_t i = from; i < at; ++i)
                    all = all && byte_[static_cast<unsigned char>(text[begin + i])] != no_token;
                if (all)
                    for (std::uint32_t i = from; i < at; ++i)
                        sink.push(byte_[static_cast<unsigned char>(text[begin + i])], begin + i, begin + i + 1);
                else sink.push(unknown_, begin + from, begin + at);
            } else {
                sink.push(best[at].id, begin + from, begin + at);
            }
            from = at;
            at   = best[at].from;
        }
    }
};

} // namespace graft::inline GRAFT_ABI::detail
