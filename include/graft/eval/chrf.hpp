// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/eval/metric_text.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How chrF is counted. The defaults are SacreBLEU's; two words make it chrF++.
struct chrf_params {
    unsigned characters = 6;     ///< the longest n-grams of characters, 1 to 6
    unsigned words      = 0;     ///< the longest n-grams of words, 0 to 2
    double   beta       = 2;     ///< β: how much more recall counts than precision
    bool     lower      = false; ///< capitals do not count
    bool     spaces     = false; ///< white space is a character too
};

/// What chrF is made of. That of a corpus is the score of the sum, not the mean of the scores.
struct chrf_counts {
    std::array<text_overlap, 6> characters; ///< n-grams of 1 to 6 characters
    std::array<text_overlap, 2> words;      ///< n-grams of 1 and 2 words

    chrf_counts& operator+=(const chrf_counts& o) noexcept {
        for (std::size_t n = 0; n < characters.size(); ++n) characters[n] += o.characters[n];
        for (std::size_t n = 0; n < words.size(); ++n) words[n] += o.words[n];
        return *this;
    }
    bool operator==(const chrf_counts&) const = default;

    /// chrF, 0 to 100: F of the mean precision and the mean recall, over the orders that both texts are long enough for.
    [[nodiscard]] double score(const chrf_params& how = {}) const noexcept {
        double      precision = 0, recall = 0;
        std::size_t orders = 0;
        const auto  add    = [&](const text_overlap& grams) {
            if (grams.candidate == 0 || grams.reference == 0) return;
            precision += grams.precision(), recall += grams.recall(), ++orders;
        };
        for (std::size_t n = 0; n < characters.size() && n < how.characters; ++n) add(characters[n]);
        for (std::size_t n = 0; n < words.size() && n < how.words; ++n) add(words[n]);
        if (!(precision + recall > 0)) return 0;
        precision /= static_cast<double>(orders), recall /= static_cast<double>(orders);
        const double factor = how.beta * how.beta;
        return 100 * ((1 + factor) * precision * recall / (factor * precision + recall));
    }
};

namespace detail {

[[nodiscard]] inline token_names characters_of(std::u32string_view text, bool spaces) {
    token_names out;
    for (const char32_t c : text)
        if (spaces || !python_space(c)) out.push_back(static_cast<std::uint32_t>(c));
    return out;
}

/// Words between white space, with a mark of ASCII at the end by itself, or else one at the beginning.
[[nodiscard]] inline token_names chrf_words(std::string_view text, word_names& names) {
    token_names out;
    const auto  mark = [](char c) { return c > ' ' && c <= '~' && !ascii_alnum(c); };
    each_word(text, [&](std::string_view word) {
        if (word.size() > 1 && mark(word.back())) {
            out.push_back(names.name(word.substr(0, word.size() - 1)));
            out.push_back(names.name(word.substr(word.size() - 1)));
        } else if (word.size() > 1 && mark(word.front())) {
            out.push_back(names.name(word.substr(0, 1)));
            out.push_back(names.name(word.substr(1)));
        } else out.push_back(names.name(word));
    });
    return out;
}

} // namespace detail

/// Counts what chrF compares: n-grams of characters, and of words for chrF++. Of several references, that with the highest score.
///
/// Gives    a score of 0 where a text is empty. A character is a scalar value, so a letter and its combining mark are two, and composed and
///          decomposed spellings differ; bytes that are no UTF-8 count as U+FFFD.
/// Costs    linear in the texts
/// Fails    `no_input` without a reference (an empty one is one), `bad_argument` for orders that are not counted and a β that is not above 0
/// Source   Popović 2015, chrF; 2017, chrF++: equal to SacreBLEU 2.6.0 with the same parameters
[[nodiscard]] inline result<chrf_counts> chrf(std::string_view candidate, std::span<const std::string_view> references,
                                              const chrf_params& how = {}) {
    if (references.empty()) return error{fault::no_input, unit::none, 0, "references"};
    if (how.characters < 1 || how.characters > 6 || how.words > 2 || !(how.beta > 0))
        return error{fault::bad_argument, unit::none, 0, "chrf"};
    const auto ready = [&](std::string_view text) {
        return how.lower ? detail::lowered(detail::scalars_of(text)) : detail::scalars_of(text);
    };
    detail::word_names names;
    const auto         words = [&](const std::u32string& text) {
        return how.words == 0 ? detail::token_names{} : detail::chrf_words(names.keep(detail::text_of(text)), names);
    };
    const auto  given            = ready(candidate);
    const auto  given_characters = detail::characters_of(given, how.spaces), given_words = words(given);
    chrf_counts best;
    double      high = -1;
    for (const std::string_view reference : references) {
        const auto                known = ready(reference);
        const detail::token_names parts[2]{detail::characters_of(known, how.spaces), words(known)};
        chrf_counts               here;
        detail::count_ngrams(given_characters, {parts, 1}, std::span(here.characters).first(how.characters));
        detail::count_ngrams(given_words, {parts + 1, 1}, std::span(here.words).first(how.words));
        // What the candidate has counts only where the reference is long enough to have any.
        for (auto& grams : here.characters) grams.candidate = grams.reference == 0 ? 0 : grams.candidate;
        for (auto& grams : here.words) grams.candidate = grams.reference == 0 ? 0 : grams.candidate;
        if (const double score = here.score(how); score > high) high = score, best = here;
    }
    return best;
}
/// The same with one reference.
[[nodiscard]] inline result<chrf_counts> chrf(std::string_view candidate, std::string_view reference,
                                              const chrf_params& how = {}) {
    return chrf(candidate, std::span<const std::string_view>(&reference, 1), how);
}

} // namespace graft::inline GRAFT_ABI
