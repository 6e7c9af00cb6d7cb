// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tokenize/unigram.hpp>

#include <graft/base/context.hpp>
#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

struct toy {
    std::vector<std::string> texts;
    std::vector<double>      scores;

    [[nodiscard]] detail::unigram model(bool single) const {
        const std::vector<std::string_view> views(texts.begin(), texts.end());
        std::array<token_id, 256>           bytes;
        bytes.fill(no_token);
        return detail::unigram::of(views, {}, scores, bytes, 0, single, span_rule_of).value();
    }
    static constexpr auto span_rule_of = detail::span_rule::characters;
};

/// Spells one piece after another as SentencePiece's lattice does: every token at every place, sums rounded as they grow.
struct plain_lattice {
    const toy& of;
    bool       single;
    double     sum = 0;

    std::vector<token_id> operator()(const std::string& piece) {
        struct node {
            bool        reached = false;
            double      sum     = 0;
            token_id    id      = 0;
            std::size_t from    = 0;
        };
        std::vector<node> at(piece.size() + 1);
        at[0]        = {true, single ? sum : 0, 0, 0};
        double least = 0;
        for (const double s : of.scores) least = std::min(least, s);
        for (std::size_t i = 0; i < piece.size(); ++i) {
            if (!at[i].reached || (static_cast<unsigned char>(piece[i]) & 0xC0) == 0x80) continue;
            std::size_t one = 1;
            while (i + one < piece.size() && (static_cast<unsigned char>(piece[i + one]) & 0xC0) == 0x80) ++one;
            const auto reach = [&](std::size_t end, double score, token_id id) {
                const double to =
                    single ? static_cast<double>(static_cast<float>(at[i].sum + score)) : at[i].sum + score;
                if (!at[end].reached || to > at[end].sum) at[end] = {true, to, id, i};
            };
            std::map<std::size_t, token_id> ends; // shortest first
            for (token_id id = 1; id < of.texts.size(); ++id)
                if (!of.texts[id].empty() && piece.compare(i, of.texts[id].size(), of.texts[id]) == 0)
                    ends[i + of.texts[id].size()] = id;
            for (const auto& [end, id] : ends) reach(end, of.scores[id], id);
            if (!ends.contains(i + one)) reach(i + one, least - 10, 0);
        }
        std::vector<token_id> ids;
        for (std::size_t i = piece.size(); i > 0; i = at[i].from) ids.insert(ids.begin(), at[i].id);
        ids.erase(std::unique(ids.begin(), ids.end(), [](token_id x, token_id y) { return x == 0 && y == 0; }),
                  ids.end());
        sum = at[piece.size()].sum;
        return ids;
    }
};

struct ids_sink {
    std::vector<token_id> ids;
    std::size_t           next = 0;

    void push(token_id id, std::size_t begin, std::size_t end) {
        CHECK(begin == next);
        next = end;
        ids.push_back(id);
    }
};

const std::string mark = "\u2581";

} // namespace

TEST_CASE(
    "unigram: words of random vocabularies, beside a plain lattice, with ties, long sums and unknown characters") {
    counter_random random(11);
    std::size_t    whole = 0, words = 0;
    for (int round = 0; round < 60; ++round) {
        // Scores on a coarse grid tie often; on a fine one a long sum is rounded to steps of theirs, and what scores less may win.
        const double grid = round % 3 == 0 ? .5 : round % 3 == 1 ? 0x1p-11 : 0x1p-12;
        toy          t{{"<unk>"}, {0}};
        const auto   letters = [&](std::size_t most) {
            std::string s;
            for (std::size_t n = 1 + random.below(most); n > 0; --n)
                s += random.below(9) == 0 ? std::string("\u00E9")
                                            : std::string(1, static_cast<char>('a' + random.below(3)));
            return s;
        };
        const auto add = [&](const std::string& text) {
            if (std::find(t.texts.begin(), t.texts.end(), text) != t.texts.end()) return;
            t.texts.push_back(text);
            const double about = text.starts_with(mark) && text != mark ? 1 + static_cast<double>(random.below(3)) : 1;
            t.scores.push_back(static_cast<float>(-about - grid * static_cast<double>(random.below(16))));
        };
        for (const char* s : {"a", "b"}) add(s); // c and é are unknown at times
        add(mark);
        for (int k = 0; k < 25; ++k) add(letters(4));
        for (int k = 0; k < 25; ++k) add(mark + letters(6));
        for (const bool single : {true, false}) {
            const detail::unigram model = t.model(single);
            plain_lattice         oracle{t, single, single ? -static_cast<double>(random.below(3) * 40'000) : 0};
            double                before = oracle.sum;
            context               c;
            for (std::size_t k = 0; k < 120; ++k) {
                const std::string piece =
                    k % 2 == 0 ? t.texts[1 + random.below(t.texts.size() - 1)] : mark + letters(8);
                ids_sink out;
                model.encode(piece, 0, piece.size(), before, out, c);
                CHECK(out.next == piece.size());
                CHECK(out.ids == oracle(piece));
                if (single) CHECK(before == oracle.sum);
                whole += std::size_t{out.ids.size() == 1}, ++words;
            }
        }
    }
    CHECK(whole > words / 8); // both ways were gone
    CHECK(whole < words);
}

TEST_CASE("unigram: a tie between a word and its parts goes to what the lattice reached first") {
    const toy       t{{"<unk>", mark, "ab", mark + "ab"}, {0, -1, -2, -3}};
    detail::unigram model = t.model(true);
    for (const double begun : {0., -1e6}) {
        plain_lattice oracle{t, true, begun};
        double        before = begun;
        context       c;
        ids_sink      out;
        model.encode(mark + "ab", 0, mark.size() + 2, before, out, c);
        CHECK(out.ids == oracle(mark + "ab"));
        CHECK(before == oracle.sum);
    }
}
