// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// A word on its way to its stem, and beside each letter whether it is a vowel or a consonant.
class porter_word {
    std::string word_, kinds_; // v or c, letter by letter; a letter's kind is decided by what stands before it

    void mark(std::size_t from) {
        kinds_.resize(word_.size());
        for (std::size_t i = from; i < word_.size(); ++i) {
            const char c = word_[i];
            const bool vowel =
                c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || (c == 'y' && i > 0 && kinds_[i - 1] == 'c');
            kinds_[i] = vowel ? 'v' : 'c';
        }
    }
    /// How often a consonant follows a vowel in the first `n` letters.
    [[nodiscard]] std::size_t measure(std::size_t n) const noexcept {
        std::size_t m = 0;
        for (std::size_t i = 1; i < n; ++i) m += kinds_[i - 1] == 'v' && kinds_[i] == 'c' ? 1u : 0u;
        return m;
    }
    [[nodiscard]] std::size_t stem_of(std::string_view suffix) const noexcept { return word_.size() - suffix.size(); }
    [[nodiscard]] bool        ends(std::string_view suffix) const noexcept { return word_.ends_with(suffix); }
    [[nodiscard]] bool        consonant(std::size_t i) const noexcept { return kinds_[i] == 'c'; }
    [[nodiscard]] bool        short_end(std::size_t n) const noexcept { // *o of the paper, and of two letters
        if (n == 2) return !consonant(0) && consonant(1);
        const char last = n > 2 ? word_[n - 1] : 'w';
        return last != 'w' && last != 'x' && last != 'y' && consonant(n - 3) && !consonant(n - 2) && consonant(n - 1);
    }
    void replace(std::size_t stem, std::string_view by) {
        word_.resize(stem);
        word_ += by;
        mark(stem);
    }

    struct rule {
        std::string_view from, to;
    };
    /// The first rule whose suffix the word has, where its stem measures more than `above`.
    template <std::size_t N>
    void apply(const rule (&rules)[N], std::size_t above) {
        const auto* r = std::find_if(std::begin(rules), std::end(rules), [&](const rule& x) { return ends(x.from); });
        if (r != std::end(rules) && measure(stem_of(r->from)) > above) replace(stem_of(r->from), r->to);
    }

    void plural() { // step 1a
        if (ends("sses")) replace(word_.size() - 2, "");
        else if (ends("ies")) replace(stem_of("ies"), word_.size() == 4 ? "ie" : "i");
        else if (ends("s") && !ends("ss")) replace(word_.size() - 1, "");
    }
    void past() { // step 1b
        if (ends("ied")) return replace(stem_of("ied"), word_.size() == 4 ? "ie" : "i");
        if (ends("eed")) {
            if (measure(stem_of("eed")) > 0) replace(word_.size() - 1, "");
            return;
        }
        const std::size_t n = ends("ed") ? stem_of("ed") : ends("ing") ? stem_of("ing") : 0;
        if (kinds_.find('v') >= n) return;
        replace(n, "");
        if (ends("at") || ends("bl") || ends("iz")) replace(n, "e");
        else if (n >= 2 && word_[n - 1] == word_[n - 2] && consonant(n - 1)) {
            if (word_[n - 1] != 'l' && word_[n - 1] != 's' && word_[n - 1] != 'z') replace(n - 1, "");
        } else if (measure(n) == 1 && short_end(n)) replace(n, "e");
    }
    void final_y() { // step 1c
        const std::size_t n = word_.size() - 1;
        if (ends("y") && n > 1 && consonant(n - 1)) replace(n, "i");
    }
    void double_suffix() { // step 2
        while (ends("alli") && measure(stem_of("alli")) > 0) replace(stem_of("alli"), "al");
        if (ends("logi")) { // the l counts with the stem; no other suffix ends so
            if (measure(word_.size() - 3) > 0) replace(word_.size() - 1, "");
            return;
        }
        static constexpr rule rules[] = {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},   {"anci", "ance"},
                                         {"izer", "ize"},    {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"},
                                         {"eli", "e"},       {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
                                         {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"},
                                         {"ousness", "ous"}, {"aliti", "al"},    {"iviti", "ive"},   {"biliti", "ble"},
                                         {"fulli", "ful"}};
        apply(rules, 0);
    }
    void adjective() { // step 3
        static constexpr rule rules[] = {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
                                         {"ical", "ic"},  {"ful", ""},   {"ness", ""}};
        apply(rules, 0);
    }
    void last_suffix() {   // step 4
        if (ends("ion")) { // no other suffix ends so
            const std::size_t n = stem_of("ion");
            if (measure(n) > 1 && (word_[n - 1] == 's' || word_[n - 1] == 't')) replace(n, "");
            return;
        }
        static constexpr rule rules[] = {{"al", ""},   {"ance", ""}, {"ence", ""}, {"er", ""},    {"ic", ""},
                                         {"able", ""}, {"ible", ""}, {"ant", ""},  {"ement", ""}, {"ment", ""},
                                         {"ent", ""},  {"ou", ""},   {"ism", ""},  {"ate", ""},   {"iti", ""},
                                         {"ous", ""},  {"ive", ""},  {"ize", ""}};
        apply(rules, 1);
    }
    void final_letter() { // step 5
        if (ends("e")) {
            const std::size_t n = word_.size() - 1, m = measure(n);
            if (m > 1 || (m == 1 && !short_end(n))) replace(n, "");
        }
        if (ends("ll") && measure(word_.size() - 1) > 1) replace(word_.size() - 1, "");
    }
    /// Words that the rules would spoil.
    [[nodiscard]] bool irregular() {
        static constexpr rule words[] = {
            {"sky", "sky"},        {"skies", "sky"},       {"dying", "die"},        {"lying", "lie"},
            {"tying", "tie"},      {"news", "news"},       {"innings", "inning"},   {"inning", "inning"},
            {"outings", "outing"}, {"outing", "outing"},   {"cannings", "canning"}, {"canning", "canning"},
            {"howe", "howe"},      {"proceed", "proceed"}, {"exceed", "exceed"},    {"succeed", "succeed"}};
        const auto* w =
            std::find_if(std::begin(words), std::end(words), [&](const rule& x) { return word_ == x.from; });
        if (w == std::end(words)) return false;
        word_ = w->to;
        return true;
    }

public:
    explicit porter_word(std::string_view word) : word_(word) {}

    [[nodiscard]] std::string stem() && {
        if (word_.size() <= 2 || irregular()) return std::move(word_);
        mark(0);
        plural();
        past();
        final_y();
        double_suffix();
        adjective();
        last_suffix();
        final_letter();
        return std::move(word_);
    }
};

} // namespace detail

/// The stem of an English word in lower case by Porter's first algorithm, which ROUGE is reported with; an index stems with `stem_english`.
///
/// Takes    lower case; other bytes than a to z count as consonants
/// Costs    linear in the word
/// Source   Porter 1980, An algorithm for suffix stripping, with Porter's later changes and the irregular words as NLTK has them (NLTK_EXTENSIONS)
[[nodiscard]] inline std::string stem_porter(std::string_view word) { return detail::porter_word(word).stem(); }

} // namespace graft::inline GRAFT_ABI
