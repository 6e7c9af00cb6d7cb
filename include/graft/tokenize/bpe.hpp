// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/tokenize/merge_table.hpp>
#include <graft/tokenize/scalars.hpp>
#include <graft/tokenize/tokens.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// How a byte-pair model begins, joins and ends.
struct bpe_rules {
    bool      bytes        = true;     ///< a piece begins as bytes; otherwise as characters
    bool      whole_first  = false;    ///< a piece that is a token is that token, whatever its merges say
    bool      fuse_unknown = false;    ///< unknown characters in a row are one token
    token_id  unknown      = no_token; ///< for what has no token and no bytes; none: it is left out
    span_rule spans        = span_rule::characters;
};

/// Byte-pair encoding: the neighbours whose merge comes first are joined, the leftmost of equals, until none joins.
///
/// Takes    merges between tokens by number (GPT-2, Hugging Face), or a rank for each token, where any two neighbours join whose text
///          together is a token (tiktoken, SentencePiece).
/// Costs    O(n log n) in the length of a piece.
/// Source   Sennrich et al. 2016, arXiv 1508.07909.
class bpe {
    struct joined {
        std::uint32_t rank;
        token_id      id;
    };

    token_vocabulary           texts_;
    merge_table                merges_;
    std::vector<std::uint32_t> rank_;  // of each token, where there are no merges
    std::vector<bool>          alone_; // the tokens whose text becomes themselves
    std::array<token_id, 256>  byte_ = {};
    std::vector<joined>        pairs_;      // what each two bytes become, where every byte is a token
    std::array<token_id, 128>  ascii_ = {}; // the tokens of ASCII characters, where a piece begins as characters
    bpe_rules                  rules_ = {};

    struct symbol {
        token_id      id;
        std::uint32_t begin, end;
    };
    [[nodiscard]] joined join(std::string_view text, const symbol& a, const symbol& b) const noexcept {
        if (b.end - a.begin == 2 && !pairs_.empty())
            return pairs_[std::size_t{static_cast<unsigned char>(text[a.begin])} << 8 |
                          static_cast<unsigned char>(text[a.begin + 1])];
        if (rank_.empty()) {
            const merge m = merges_.find(a.id, b.id);
            return {m.rank, m.whole};
        }
        const token_id id = texts_.find(text.substr(a.begin, b.end - a.begin));
        return {id == no_token ? merge_table::never : rank_[id], id};
    }

    /// The symbols that a piece begins as; f(symbol) takes them.
    template <class F>
    void begin_as(std::string_view text, std::size_t begin, std::size_t end, F&& f) const {
        if (rules_.bytes) {
            for (std::size_t at = begin; at < end; ++at)
                if (const token_id id = byte_[static_cast<unsigned char>(text[at])]; id != no_token)
                    f(symbol{id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 1)});
            return;
        }
        for (std::size_t at = begin; at < end;) {
            const auto     c  = static_cast<unsigned char>(text[at]);
            const auto     n  = c < 0x80 ? 1 : std::min<std::size_t>(unicode::decode(text, at).length, end - at);
            const token_id id = c < 0x80 ? ascii_[c] : texts_.find(text.substr(at, n));
            f(symbol{id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + n)});
            at += n;
        }
    }

    /// Joins a few symbols: each round looks at all of them. Gives how many are left.
    std::size_t join_few(std::string_view text, symbol* s, joined* with, std::size_t n) const noexcept {
        for (std::size_t i = 0; i + 1 < n; ++i) with[i] = join(text, s[i], s[i + 1]);
        while (n > 1) {
            std::size_t best = 0;
            for (std::size_t i = 1; i + 1 < n; ++i)
                if (with[i].rank < with[best].rank) best = i;
            if (with[best].rank == merge_table::never) break;
            s[best].id  = with[best].id;
            s[best].end = s[best + 1].end;
            for (std::size_t i = best + 1; i + 1 < n; ++i) s[i] = s[i + 1], with[i - 1] = with[i];
            --n;
            if (best + 1 < n) with[best] = join(text, s[best], s[best + 1]);
            if (best > 0) with[best - 1] = join(text, s[best - 1], s[best]);
        }
        return n;
    }

    /// Joins any number of symbols with a heap, into which what becomes out of date is not looked for but found.
    std::size_t join_many(std::string_view text, std::span<symbol> s, arena& a) const {
        struct waiting {
            std::uint32_t rank, at, end;
            token_id      id;
            bool operator<(const waiting& b) const noexcept { return rank != b.rank ? rank > b.rank : at > b.at; }
        };
        constexpr std::uint32_t none = 0xFFFFFFFFu;
        const auto              n    = static_cast<std::uint32_t>(s.size());
        auto                    next = a.take_raw<std::uint32_t>(n), before = a.take_raw<std::uint32_t>(n);
        auto        heap = a.take_raw<waiting>(2 * std::size_t{n}); // a merge takes one out and puts two in at most
        std::size_t size = 0;
        for (std::uint32_t i = 0; i < n; ++i) {
            next[i]   = i + 1 < n ? i + 1 : none;
            before[i] = i > 0 ? i - 1 : none;
            if (i + 1 == n) break;
            if (const joined j = join(text, s[i], s[i + 1]); j.rank != merge_table::never)
                heap[size++] = {j.rank, i, s[i + 1].end, j.id};
        }
        std::make_heap(heap.begin(), heap.begin() + static_cast<std::ptrdiff_t>(size));
        const auto put = [&](std::uint32_t i) {
            const joined j = join(text, s[i], s[next[i]]);
            if (j.rank == merge_table::never) return;
            heap[size++] = {j.rank, i, s[next[i]].end, j.id};
            std::push_heap(heap.begin(), heap.begin() + static_cast<std::ptrdiff_t>(size));
        };
        while (size > 0) {
            std::pop_heap(heap.begin(), heap.begin() + static_cast<std::ptrdiff_t>(size));
            const waiting w = heap[--size];
            // A symbol only grows: the pair is still there if its right one is the neighbour and ends where it ended.
            if (s[w.at].end == s[w.at].begin || next[w.at] == none || s[next[w.at]].end != w.end) continue;
            const std::uint32_t gone = next[w.at];
            s[w.at].id               = w.id;
            s[w.at].end              = w.end;
            s[gone].end              = s[gone].begin; // dead
            next[w.at]               = next[gone];
            if (next[gone] != none) before[next[gone]] = w.at;
            if (next[w.at] != none) put(w.at);
            if (before[w.at] != none) put(before[w.at]);
        }
        std::size_t left = 0;
        for (const symbol& x : s)
            if (x.end != x.begin) s[left++] = x;
        return left;
    }

    template <class Sink>
    void tell(std::string_view text, const symbol* s, std::size_t n, Sink& sink) const {
        for (std::size_t i = 0; i < n; ++i) {
            if (s[i].id != no_token) {
                sink.push(s[i].id, s[i].begin, s[i].end);
                continue;
            }
            bool all = true; // a character without a token: its bytes, if each has one
            for (std::uint32_t at = s[i].begin; at < s[i].end; ++at)
                all = all && byte_[static_cast<unsigned char>(text[at])] != no_token;
            if (all) {
                for (std::uint32_t at = s[i].begin; at < s[i].end; ++at)
                    sink.push(byte_[static_cast<unsigned char>(text[at])], at, at + 1);
            } else if (rules_.unknown != no_token) {
                std::size_t last = i;
                while (rules_.fuse_unknown && last + 1 < n && s[last + 1].id == no_token) ++last;
                sink.push(rules_.unknown, s[i].begin, s[last].end);
                i = last;
            }
        }
    }

    static constexpr std::size_t few = 64;

    template <class Sink>
    void spell(std::string_view text, std::size_t begin, std::size_t end, Sink& sink, arena& a) const {
        if (end - begin <= few) {
            symbol      s[few];
            joined      with[few];
            std::size_t n = 0;
            begin_as(text, begin, end, [&](const symbol& x) { s[n++] = x; });
            return tell(text, s, join_few(text, s, with, n), sink);
        }
        arena_list<symbol> all(a, end - begin);
        begin_as(text, begin, end, [&](const symbol& x) { all.push_back(x); });
        if (all.empty()) return;
        const std::size_t n = join_many(text, all.items(), a);
        tell(text, all.items().data(), n, sink);
    }

    /// Where every character of a token is a token, any two tokens that join have numbers: then their pairs are listed once and for all.
    void list_pairs(const std::vector<bool>& hidden) {
        std::vector<merge> pairs;
        for (token_id id = 0; id < texts_.size(); ++id) {
            const auto text = texts_.text(id);
            if (text.empty() || (id < hidden.size() && hidden[id])) continue;
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t n = unicode::decode(text, at).length;
                if (n == text.size()) break;
                if (texts_.find(text.substr(at, n)) == no_token) return;
                at += n;
                if (at == text.size()) break;
                const merge m{texts_.find(text.substr(0, at)), texts_.find(text.substr(at)), id, rank_[id]};
                if (m.left != no_token && m.right != no_token) pairs.push_back(m);
            }
        }
        merges_ = merge_table(pairs);
        rank_.clear();
    }

    /// Most neighbours that are looked at are two bytes.
    void list_bytes() {
        if (std::find(byte_.begin(), byte_.end(), no_token) != byte_.end()) return;
        std::vector<joined> pairs(65'536);
        for (std::uint32_t k = 0; k < pairs.size(); ++k) {
            const char text[] = {static_cast<char>(k >> 8), static_cast<char>(k & 0xFFu)};
            pairs[k]          = join({text, 2}, {byte_[k >> 8], 0, 1}, {byte_[k & 0xFFu], 1, 2});
        }
        pairs_ = std::move(pairs);
    }

    void find_alone(const std::vector<bool>& hidden) {
        struct first_sink {
            token_id    id = no_token;
            std::size_t n  = 0;
            void        push(token_id x, std::size_t, std::size_t) noexcept { id = x, ++n; }
        };
        alone_.assign(texts_.size(), false);
        arena a;
        for (token_id id = 0; id < texts_.size(); ++id) {
            const auto text = texts_.text(id);
            if (text.empty() || (id < hidden.size() && hidden[id])) continue;
            if (rules_.whole_first) {
                alone_[id] = true;
                continue;
            }
            arena::scope s(a);
            first_sink   one;
            spell(text, 0, text.size(), one, a);
            alone_[id] = one.n == 1 && one.id == id;
        }
    }

public:
    bpe() = default;

    /// Takes    the tokens' texts (an empty one is a hole; of those that are `hidden` none is found in a text), the token of each byte
    ///          (`no_token`: none), and the merges, or a rank for each token if there are none.
    [[nodiscard]] static result<bpe> of(std::span<const std::string_view> texts, const std::vector<bool>& hidden,
                                        const std::array<token_id, 256>& bytes, std::span<const merge> merges,
                                        std::vector<std::uint32_t> ranks, const bpe_rules& rules) {
        auto v = token_vocabulary::of(texts, hidden);
        if (!v) return v.error();
        bpe m;
        m.texts_  = std::move(*v);
        m.byte_   = bytes;
        m.rules_  = rules;
        m.merges_ = merge_table(merges);
        m.rank_   = std::move(ranks);
        for (char c = 0; !rules.bytes && static_cast<unsigned char>(c) < 0x80; ++c)
            m.ascii_[static_cast<unsigned char>(c)] = m.texts_.find({&c, 1});
        if (!rules.bytes && !m.rank_.empty()) m.list_pairs(hidden);
        if (rules.bytes) m.list_bytes();
        m.find_alone(hidden);
        return m;
    }

    [[nodiscard]] const token_vocabulary& texts() const noexcept { return texts_; }
    [[nodiscard]] span_rule               spans() const noexcept { return rules_.spans; }
    [[nodiscard]] std::size_t             bytes() const noexcept {
        return texts_.bytes() + merges_.bytes() + rank_.capacity() * sizeof(std::uint32_t) + alone_.capacity() / 8 +
               pairs_.capacity() * sizeof(joined);
    }

    /// The tokens of a piece, which is bytes [begin, end) of `text`.
    template <class Sink>
    void encode(std::string_view text, std::size_t begin, std::size_t end, Sink& sink, arena& a) const {
        if (const token_id id = texts_.find(text.substr(begin, end - begin)); id != no_token && alone_[id])
            return sink.push(id, begin, end);
        spell(text, begin, end, sink, a);
    }
};

} // namespace graft::inline GRAFT_ABI::detail
