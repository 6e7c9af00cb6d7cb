// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/ascii.hpp>
#include <graft/unicode/lower.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// An answer as SQuAD compares it: lower case, without ASCII punctuation and the articles a, an, the, a space between words.
///
/// Bytes that are no UTF-8 become U+FFFD. Capitals are those of Latin, Greek, Cyrillic and Armenian; an article is one in English alone.
/// Source   the published evaluation of SQuAD (Rajpurkar et al. 2016), normalize_answer
[[nodiscard]] inline std::string normalised_answer(std::string_view text) {
    // What Python's \w takes and its strings split at, so that what counts as an article, and as a word, is what the reference says.
    const auto  in_word  = [](char32_t c) { return unicode::classify(c).in_words() && !unicode::is_mark(c); };
    const auto  is_space = [](char32_t c) { return unicode::is_space(c) || (c >= 0x1C && c <= 0x1F); };
    std::string out, word;
    bool        apart = false;
    const auto  put   = [&](std::string_view piece) {
        if (apart && !out.empty()) out += ' ';
        apart = false;
        out += piece;
    };
    const auto end_word = [&] {
        if (word == "a" || word == "an" || word == "the") apart = true;
        else if (!word.empty()) put(word);
        word.clear();
    };
    const auto take = [&](char32_t c) {
        if (c > 0x20 && c < 0x7F && !detail::ascii_alnum(c)) return; // O'Reilly is oreilly
        if (in_word(c)) return unicode::append_utf8(word, c);
        end_word();
        if (is_space(c)) {
            apart = true;
            return;
        }
        std::string other;
        unicode::append_utf8(other, c);
        put(other);
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto step = unicode::decode(text, at);
        at += step.length;
        if (step.scalar == U'İ') take(U'i'), take(0x307); // as Python does it
        else take(step.scalar >= 0xFF21 && step.scalar <= 0xFF3A ? step.scalar + 32 : detail::lower(step.scalar));
    }
    end_word();
    return out;
}

namespace detail {

[[nodiscard]] inline std::vector<std::string_view> answer_words(std::string_view normalised) {
    std::vector<std::string_view> all;
    for (std::size_t at = 0; at < normalised.size();) {
        const std::size_t end = std::min(normalised.find(' ', at), normalised.size());
        all.push_back(normalised.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

} // namespace detail

/// Whether two answers are the same but for what `normalised_answer` takes away.
[[nodiscard]] inline bool exact_match(std::string_view given, std::string_view expected) {
    return normalised_answer(given) == normalised_answer(expected);
}

/// The words that two answers share, as a harmonic mean of their shares in both: 1 for the same words in any order.
///
/// Gives    where either says nothing 1 if both do, else 0, as SQuAD 2.0 has it
[[nodiscard]] inline double token_f1(std::string_view given, std::string_view expected) {
    const std::string of_given = normalised_answer(given), of_expected = normalised_answer(expected);
    auto              a = detail::answer_words(of_given), b = detail::answer_words(of_expected);
    if (a.empty() || b.empty()) return a.empty() && b.empty() ? 1 : 0;
    std::sort(a.begin(), a.end()), std::sort(b.begin(), b.end());
    std::vector<std::string_view> both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return 2 * static_cast<double>(both.size()) / static_cast<double>(a.size() + b.size());
}

/// Whether an answer says another, word by word: "It was Paris, I think." says "Paris", and "Parisian" does not. What says nothing is said by all.
[[nodiscard]] inline bool says_answer(std::string_view given, std::string_view expected) {
    const std::string all = ' ' + normalised_answer(given) + ' ', some = normalised_answer(expected);
    return some.empty() || all.find(' ' + some + ' ') != std::string::npos;
}

/// The best that `measure(given, one)` gives over several answers that are all right; 0 where there is none.
template <class Measure>
[[nodiscard]] double best_match(const Measure& measure, std::string_view given,
                                std::span<const std::string_view> expected) {
    double best = 0;
    for (const std::string_view one : expected) best = std::max(best, static_cast<double>(measure(given, one)));
    return best;
}

} // namespace graft::inline GRAFT_ABI
