// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/schema/query.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/words/analysis.hpp>
#include <graft/words/common_words.hpp>
#include <graft/words/stem.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// The words of a question, weighed by what they say about its subject, ready to be looked for in texts of any language.
///
/// A word is held by a text that has it, or a word of the same English stem; to .9 times the share of the longer one by a text
/// that has a word with the same beginning (four characters and .6 of both, or the whole of a word of five); to .8 times the
/// share of its character 4-grams that stand anywhere in the text, from .6 on (.4 for a word of ten characters): inflection
/// and compounds need no dictionary. Words with a digit are held exactly or not at all. Where no spaces stand between words
/// each character is looked for by the pairs that it forms. The weights are those of `weight_of_word`: neither the collection
/// nor its size has a say.
///
/// Borrows  the question and the context.
/// Costs    one analysis of the question; no allocation. Only the first 64 words are looked for by beginnings and 4-grams.
class asked_words {
public:
    /// One word, or one character of a script without spaces.
    struct word {
        std::size_t     begin      = 0; ///< bytes of the question
        std::size_t     end        = 0;
        float           weight     = 0;    ///< 0: a part of another that is weighed, or the whole of others
        std::uint64_t   stem       = 0;    ///< of its spelling, as indices with stems know it; 0 for a character
        std::uint32_t   whole      = none; ///< the word of which this is a part: held with it
        std::uint32_t   letters    = 0;    ///< characters; 0 where only the exact word counts
        std::uint32_t   first_gram = 0;    ///< of the list of 4-grams
        std::uint32_t   grams      = 0;
        std::uint64_t   head       = 0; ///< the first four characters
        std::uint64_t   head3      = 0; ///< the first three
        const char32_t* spelled    = nullptr;
    };
    /// How far texts hold the words: what `look` has found so far.
    struct tally {
        std::span<float>         held  = {}; ///< of each word, 0 to 1
        std::span<std::uint64_t> grams = {}; ///< of each word: which of its 4-grams were seen
    };

    /// Takes    the words that an index took for others: they are looked for in their stead.
    asked_words(std::string_view question, context& w, std::span<const respelling> respelled = {})
        : question_(question) {
        read(respelled, w);
    }

    [[nodiscard]] std::span<const word> words() const noexcept { return words_; }
    /// The sum of all weights.
    [[nodiscard]] double weight() const noexcept { return weight_; }

    /// The same of the words that say something: without stop words, short words and particles.
    [[nodiscard]] double content() const noexcept {
        double sum = 0;
        for (const word& x : words_)
            if (x.weight >= .5f) sum += static_cast<double>(x.weight);
        return sum;
    }

    [[nodiscard]] tally begin(context& w) const {
        return {w.take<float>(words_.size()), w.take<std::uint64_t>(words_.size())};
    }
    void clear(tally& t) const noexcept {
        std::fill(t.held.begin(), t.held.end(), 0.f);
        std::fill(t.grams.begin(), t.grams.end(), std::uint64_t{0});
    }

    /// Looks for the words in a text, beside what was found before.
    void look(std::string_view text, tally& t) const {
        if (words_.empty()) return;
        as_spelled(text, [&](const token& x) {
            if ((filter_[x.term >> 6 & 15] >> (x.term & 63) & 1) != 0)
                for (std::size_t at = slot(x.term); table_[at].word != none; at = (at + 1) & (table_.size() - 1))
                    if (table_[at].term == x.term) t.held[table_[at].word] = 1;
            if (fuzzy_ > 0 && x.word.size() > 2) look_alike(x.word, t);
        });
    }

    /// How far word `i` is held, 0 to 1.
    [[nodiscard]] float held(const tally& t, std::size_t i) const noexcept {
        const word& x    = words_[i];
        float       most = t.held[i];
        if (most < 1 && x.grams > 0) {
            const float share = static_cast<float>(std::popcount(t.grams[i])) / static_cast<float>(x.grams);
            if (share >= (x.letters < 10 ? .6f : .4f)) most = std::max(most, .8f * share);
        }
        return x.whole != none ? std::max(most, held(t, x.whole)) : most;
    }
    /// The share of the question's weight that the texts hold, 0 to 1.
    [[nodiscard]] double share(const tally& t) const noexcept {
        if (!(weight_ > 0)) return 0;
        double sum = 0;
        for (std::size_t i = 0; i < words_.size(); ++i)
            if (words_[i].weight > 0) sum += static_cast<double>(words_[i].weight * held(t, i));
        return sum / weight_;
    }

    static constexpr std::uint32_t none = ~std::uint32_t{0};

private:
    struct place {
        std::uint64_t term = 0;
        std::uint32_t word = none;
    };
    struct gram {
        std::uint64_t key  = 0; // 0: free
        std::uint32_t word = 0;
        std::uint32_t bit  = 0;
    };
    static constexpr std::size_t most_fuzzy = 64, most_letters = 62;
    static constexpr analyzer    as_spelled{.stems = false, .stops = false};

    std::string_view question_;
    std::span<word>  words_;
    std::span<place> table_; // by term; a term may stand twice
    std::span<gram>  grams_; // by key
    std::uint64_t    filter_[16]      = {};
    std::uint64_t    gram_filter_[64] = {};
    std::uint64_t    heads_           = 0; // low bits of `head3`
    std::size_t      fuzzy_           = 0;
    double           weight_          = 0;

    [[nodiscard]] std::size_t slot(std::uint64_t term) const noexcept {
        return static_cast<std::size_t>(term * 0x9e3779b97f4a7c15u >> 32) & (table_.size() - 1);
    }
    [[nodiscard]] static std::uint64_t key_of(const char32_t* c, std::size_t n) noexcept {
        std::uint64_t h = n;
        for (std::size_t i = 0; i < n; ++i) h = h * 0x9e3779b97f4a7c15u + c[i] + 1;
        return (h ^ h >> 29) * 0xbf58476d1ce4e5b9u | 1u;
    }
    /// The characters of a word between two marks, at most `most_letters` of them. `out` has room for 64.
    static std::size_t spell(std::string_view word, char32_t* out, bool& digits) noexcept {
        std::size_t n = 0;
        digits        = false;
        out[n++]      = 1; // where a word begins and ends
        for (std::size_t i = 0; i < word.size() && n <= most_letters;) {
            const auto byte = static_cast<unsigned char>(word[i]);
            if (byte < 0x80) {
                digits   = digits || (byte >= '0' && byte <= '9');
                out[n++] = byte;
                ++i;
            } else {
                const unicode::decoded d = unicode::decode(word, i);
                out[n++]                 = d.scalar;
                i += d.length;
            }
        }
        out[n] = 1;
        return n - 1;
    }
    [[nodiscard]] static std::uint64_t stem_of(std::string_view word) noexcept {
        char letters[longest_word];
        if (word.size() > sizeof letters) return hash64(word);
        std::copy(word.begin(), word.end(), letters);
        const bool plain =
            std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        return hash64({letters, plain ? stem_english(letters, word.size()) : word.size()});
    }

    void look_alike(std::string_view text, tally& t) const noexcept {
        char32_t          c[64];
        bool              digits = false;
        const std::size_t n      = spell(text, c, digits);
        if (n < 3 || digits) return;
        if (const std::uint64_t head3 = key_of(c + 1, 3); (heads_ >> (head3 >> 8 & 63) & 1) != 0) {
            const std::uint64_t head = n > 3 ? key_of(c + 1, 4) : 0;
            std::uint64_t       stem = 0;
            for (std::size_t i = 0; i < words_.size(); ++i) {
                const word& x = words_[i];
                if (x.letters == 0 || x.head3 != head3 || t.held[i] >= 1) continue;
                if (stem == 0) stem = stem_of(text);
                if (x.stem == stem) {
                    t.held[i] = 1;
                    continue;
                }
                if (x.head != head || head == 0) continue;
                std::size_t same = 4;
                while (same < n && same < x.letters && c[1 + same] == x.spelled[same]) ++same;
                const std::size_t longer  = std::max<std::size_t>(n, x.letters),
                                  shorter = std::min<std::size_t>(n, x.letters);
                if (5 * same >= 3 * longer)
                    t.held[i] = std::max(t.held[i], .9f * static_cast<float>(same) / static_cast<float>(longer));
                else if (same == shorter && same >= 5) t.held[i] = std::max(t.held[i], .6f);
            }
        }
        for (std::size_t i = 0; i + 4 <= n + 2; ++i) {
            const std::uint64_t key = key_of(c + i, 4);
            if ((gram_filter_[key >> 16 & 63] >> (key >> 8 & 63) & 1) == 0) continue;
            for (std::size_t at = key >> 24 & (grams_.size() - 1); grams_[at].key != 0;
                 at             = (at + 1) & (grams_.size() - 1))
                if (grams_[at].key == key) t.grams[grams_[at].word] |= std::uint64_t{1} << grams_[at].bit;
        }
    }

    void read(std::span<const respelling> respelled, context& w);
    void read_run(std::span<const token> run, arena_list<word>& all, arena_list<place>& places) const;
};

/// The weight of each character of a run without spaces: one that belongs to a common word of up to six characters says little,
/// and so does Hiragana, which is endings and particles.
inline void weigh_characters(std::string_view run, std::span<const std::size_t> begins, std::span<float> weights) {
    const std::size_t n = weights.size(); // begins has one more: the end
    for (std::size_t i = 0; i < n; ++i) {
        const char32_t c = unicode::decode(run, begins[i]).scalar;
        weights[i]       = c >= 0x3041 && c <= 0x309F ? .15f : .5f;
    }
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t length = 1; length <= 6 && i + length <= n; ++length)
            if (is_common_word(run.substr(begins[i], begins[i + length] - begins[i])))
                for (std::size_t k = i; k < i + length; ++k) weights[k] = .08f;
}

inline void asked_words::read_run(std::span<const token> run, arena_list<word>& all, arena_list<place>& places) const {
    constexpr std::size_t most = 64; // characters at once: common words across such a border are not seen
    for (std::size_t from = 0; from < run.size(); from += most) {
        const auto  part = run.subspan(from, std::min(most, run.size() - from));
        const bool  last = from + part.size() == run.size();
        std::size_t begins[most + 2];
        float       weights[most + 1];
        std::size_t n = 0;
        for (const token& t : part) begins[n++] = t.begin;
        const auto hangs = [](char32_t c) { return unicode::is_mark(c) || unicode::classify(c).is_format(); };
        // The last pair has two characters; its second begins where its first ends, which only decoding tells.
        const bool pair = run.size() > 1 || run[0].end - run[0].begin > unicode::decode(question_, run[0].begin).length;
        if (last && pair) {
            std::size_t at = part.back().begin + unicode::decode(question_, part.back().begin).length;
            while (at < part.back().end && hangs(unicode::decode(question_, at).scalar))
                at += unicode::decode(question_, at).length;
            if (at < part.back().end) begins[n++] = at;
        }
        begins[n] = last ? part.back().end : run[from + part.size()].begin;
        weigh_characters(question_, {begins, n + 1}, {weights, n});
        for (std::size_t i = 0; i < n; ++i) {
            const auto at = static_cast<std::uint32_t>(all.size());
            all.push_back({.begin = begins[i], .end = begins[i + 1], .weight = weights[i]});
            if (from + i > 0) places.push_back({run[from + i - 1].term, at});
            if (from + i < run.size()) places.push_back({run[from + i].term, at});
        }
    }
}

inline void asked_words::read(std::span<const respelling> respelled, context& w) {
    arena_list<word>     all(w, 32);
    arena_list<place>    places(w, 32);
    arena_list<char32_t> letters(w, 256);
    arena_list<token>    run(w);
    std::size_t          fuzzy = 0, grams = 0;
    const auto           end_run = [&] {
        if (!run.empty()) read_run(run.items(), all, places);
        run.clear();
    };
    as_spelled.asked(question_, [&](const token& t) {
        const char32_t first = unicode::decode(t.word, 0).scalar;
        if (unicode::script_kind(first) != unicode::script::spaced) {
            if (!run.empty() && t.begin >= run.back().end) end_run();
            run.push_back(t);
            return;
        }
        end_run();
        for (const place& p : places.items().first(std::min<std::size_t>(places.size(), 256)))
            if (p.term == t.term) return; // asked twice
        std::string_view spelled = t.word;
        std::uint64_t    stem = stem_of(t.word), term = t.term;
        for (const respelling& r : respelled)
            if (r.asked == stem || r.asked == t.term) spelled = r.word, stem = r.used, term = hash64(r.word);
        char32_t          c[64];
        bool              digits = false;
        const std::size_t n      = spell(spelled, c, digits);
        word              x{.begin = t.begin, .end = t.end};
        x.weight = weight_of_word(spelled == t.word ? question_.substr(t.begin, t.end - t.begin) : spelled, n, digits);
        x.stem   = stem;
        const auto upper = [&](char b) { return b >= 'A' && b <= 'Z'; };
        // An acronym says as much as a long word.
        if (n <= 5 && n >= 2 &&
            std::all_of(question_.begin() + static_cast<std::ptrdiff_t>(t.begin),
                        question_.begin() + static_cast<std::ptrdiff_t>(t.end), upper) &&
            std::any_of(question_.begin(), question_.end(), [](char b) { return b >= 'a' && b <= 'z'; }))
            x.weight = 1;
        if (!spelled.empty() && ascii_upper(spelled[0])) x.weight = 1; // so the analyser spells a name
        const auto at = static_cast<std::uint32_t>(all.size());
        // The whole of words before it, as the two of `wi-fi` are parts of `wifi`, or a part of one.
        for (std::size_t k = all.size(); k-- > 0 && all[k].end > t.begin;) {
            if (all[k].begin >= t.begin && all[k].end <= t.end) all[k].whole = at, x.weight = 0;
            else if (all[k].begin <= t.begin && all[k].end >= t.end)
                x.whole = static_cast<std::uint32_t>(k), all[k].weight = 0;
        }
        if (!digits && n > 2 && fuzzy < most_fuzzy) {
            ++fuzzy;
            x.letters    = static_cast<std::uint32_t>(n);
            x.head3      = key_of(c + 1, 3);
            x.head       = n > 3 ? key_of(c + 1, 4) : 0;
            x.first_gram = static_cast<std::uint32_t>(letters.size());
            x.grams      = n > 3 ? static_cast<std::uint32_t>(n - 1) : 0;
            letters.append({c, n + 2});
            grams += x.grams;
        }
        all.push_back(x);
        places.push_back({term, at});
    });
    end_run();

    words_ = all.items();
    fuzzy_ = fuzzy;
    table_ = w.take<place>(std::bit_ceil(2 * places.size() + 2));
    for (const place& p : places.items()) {
        filter_[p.term >> 6 & 15] |= std::uint64_t{1} << (p.term & 63);
        std::size_t at = slot(p.term);
        while (table_[at].word != none) at = (at + 1) & (table_.size() - 1);
        table_[at] = p;
    }
    grams_ = w.take<gram>(std::bit_ceil(2 * grams + 2));
    for (std::uint32_t i = 0; i < words_.size(); ++i) {
        word& x = words_[i];
        weight_ += static_cast<double>(x.weight);
        if (x.letters == 0) continue;
        const char32_t* c = letters.items().data() + x.first_gram;
        x.spelled         = c + 1;
        heads_ |= std::uint64_t{1} << (x.head3 >> 8 & 63);
        for (std::uint32_t g = 0; g < x.grams; ++g) {
            const std::uint64_t key = key_of(c + g, 4);
            gram_filter_[key >> 16 & 63] |= std::uint64_t{1} << (key >> 8 & 63);
            std::size_t at = key >> 24 & (grams_.size() - 1);
            while (grams_[at].key != 0) at = (at + 1) & (grams_.size() - 1);
            grams_[at] = {key, i, g};
        }
    }
}

} // namespace graft::inline GRAFT_ABI::detail
