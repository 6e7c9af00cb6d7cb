// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/byte_trie.hpp>
#include <graft/tokenize/scalars.hpp>
#include <graft/tokenize/split_rule.hpp>
#include <graft/tokenize/tokens.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// The spelling of a piece whose tokens have the largest sum of scores; of equals the one whose last token begins first.
///
/// Costs    O(n k) in the bytes of a piece and of the longest token; O(n) for a word that is a token and scores more than all its other spellings.
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
    // Of a likely word that is a token, its score less that of its best other spelling, else 0; and the greatest magnitude of a score.
    std::vector<float> lead_;
    double             most_ = 0;

    struct node {
        double        score;
        token_id      id;
        std::uint32_t from;
    };
    static constexpr std::uint32_t unreached = 0xFFFFFFFFu;

    /// The best spellings of the beginnings of a piece: `best[i]` of its first i bytes, behind best[0], which is given.
    ///
    /// Takes    whether the whole piece may be one token; where it may not, sums are not rounded.
    /// Gives    that token where it leads, and then tells nothing of others.
    token_id spell(std::string_view piece, bool whole, std::span<node> best) const noexcept {
        const std::size_t n      = piece.size();
        const bool        rounds = whole && single_;
        for (std::size_t i = 1; i <= n; ++i) best[i] = {0, unknown_, unreached};
        const auto reach = [&](std::size_t from, std::size_t to, double score, token_id id) {
            double sum = best[from].score + score;
            if (rounds) sum = static_cast<float>(sum);
            if (best[to].from == unreached || sum > best[to].score)
                best[to] = {sum, id, static_cast<std::uint32_t>(from)};
        };
        for (std::size_t at = 0; at < n;) {
            const std::size_t character = scalar_at(piece, at).length;
            std::uint32_t     where     = byte_trie::root;
            bool              alone     = false;
            for (std::size_t i = at; i < n && (where = trie_.step(where, piece[i])) != byte_trie::nowhere;) {
                ++i;
                const token_id id = trie_.value(where);
                if (id == byte_trie::no_value) continue;
                if (whole && i - at == n && leads(id, n, best[0].score)) return id;
                if (whole || i - at < n) reach(at, i, score_[id], id);
                alone = alone || i == at + character;
            }
            if (!alone) reach(at, at + character, penalty_, unknown_);
            at += character;
        }
        return no_token;
    }

    /// Of the 32,768 likeliest tokens alone, so that a large vocabulary loads as quickly.
    void find_leads() {
        constexpr std::size_t most = 32'768;
        std::vector<double>   likely(score_);
        double                least = -std::numeric_limits<double>::infinity();
        if (likely.size() > most) {
            std::nth_element(likely.begin(), likely.begin() + most, likely.end(), std::greater<>());
            least = likely[most];
        }
        most_ = std::abs(penalty_);
        for (const double s : score_) most_ = std::max(most_, std::abs(s));
        lead_.assign(score_.size(), 0);
        std::vector<node> best;
        for (token_id id = 0; id < score_.size(); ++id) {
            const std::string_view t = texts_.text(id);
            if (!(score_[id] > least) || !t.starts_with(blank_mark_scanner::mark) || texts_.find(t) != id) continue;
            best.resize(t.size() + 1);
            best[0] = {0, unknown_, unreached};
            static_cast<void>(spell(t, false, best));
            const bool other = best[t.size()].from != unreached;
            lead_[id] =
                static_cast<float>(other ? score_[id] - best[t.size()].score : std::numeric_limits<float>::max());
        }
    }
    /// Whether a token of n bytes wins however sums are rounded: each is wrong by half a unit a step, and two are compared.
    [[nodiscard]] bool leads(token_id id, std::size_t n, double before) const noexcept {
        const double length = static_cast<double>(n);
        return !lead_.empty() && lead_[id] > 0x1p-23 * length * (std::abs(before) + length * most_);
    }

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
        if (single) m.find_leads();
        return m;
    }

    [[nodiscard]] const token_vocabulary& texts() const noexcept { return texts_; }
    [[nodiscard]] span_rule               spans() const noexcept { return spans_; }
    [[nodiscard]] std::size_t             bytes() const noexcept {
        return texts_.bytes() + trie_.bytes() + score_.capacity() * sizeof(double) + lead_.capacity() * sizeof(float);
    }

    /// `before`: the sum of what goes before in the text, and then of this too: rounded sums go on from there, or ties fall otherwise.
    template <class Sink>
    void encode(std::string_view text, std::size_t begin, std::size_t end, double& before, Sink& sink, arena& a) const {
        if (begin == end) return;
        constexpr std::size_t few = 128;
        node                  on_stack[few + 1];
        const std::size_t     n    = end - begin;
        const auto            best = n <= few ? std::span<node>(on_stack, n + 1) : a.take_raw<node>(n + 1);
        best[0]                    = {single_ ? before : 0, unknown_, unreached};
        if (const token_id id = spell(text.substr(begin, n), true, best); id != no_token) {
            before = static_cast<float>(before + score_[id]);
            return sink.push(id, begin, end);
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
