// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/text/asked_words.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace graft::inline v0_1 {

namespace detail {

[[nodiscard]] inline char lower_ascii(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Where `what`, in lower case, stands in a text, without regard to ASCII case; npos where it does not.
[[nodiscard]] inline std::size_t find_folded(std::string_view text, std::string_view what,
                                             std::size_t from = 0) noexcept {
    const auto at = std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())), text.end(),
                                what.begin(), what.end(), [](char a, char b) { return lower_ascii(a) == b; });
    return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}
[[nodiscard]] inline bool starts_folded(std::string_view text, std::string_view what) noexcept {
    return text.size() >= what.size() && find_folded(text.substr(0, what.size()), what) == 0;
}

// What a question after a definition begins with, and what it ends with where the language puts it last.
inline constexpr std::string_view definition_openers[] = {
    "what is ",        "what are ",    "what's ",       "what does ",  "what do ",      "what was ",     "who is ",
    "who was ",        "define ",      "explain what ", "was ist ",    "was sind ",     "was bedeutet ", "was heißt ",
    "wer ist ",        "qu'est-ce qu", "qu’est-ce qu",  "c'est quoi ", "que signifie ", "¿qué es ",      "¿qué son ",
    "¿qué significa ", "qué es ",      "que es ",       "che cos'è ",  "che cosa è ",   "cos'è ",        "cosa è ",
    "cosa sono ",      "o que é ",     "o que são ",    "wat is ",     "wat zijn ",     "что такое ",    "что значит ",
    "Что такое ",      "Что значит ",  "co to jest ",   "czym jest ",  "vad är ",       "hvad er ",      "hva er ",
    "mikä on ",        "mi az ",       "ce este ",      "τι είναι ",   "Τι είναι ",     "ما هو ",        "ما هي ",
    "什么是",          "何謂",         "que sont ",
};
inline constexpr std::string_view definition_closers[] = {"是什么",   "是什麼",     "とは何ですか", "とは",
                                                          "とは何か", " nedir",     "là gì",        "क्या है",
                                                          "คืออะไร",   "무엇입니까", "무엇인가요",   "이란"};

// Between what is defined and what it is.
inline constexpr std::string_view copulas[] = {
    " is ",      " are ",  " means ", " refers to ", " was ",        " were ",  " stands for ", " describes ",
    " allows ",  " ist ",  " sind ",  " bedeutet ",  " bezeichnet ", " heißt ", " est ",        " sont ",
    " désigne ", " es ",   " son ",   " significa ", " è ",          " sono ",  " é ",          " são ",
    " zijn ",    " jest ", " to ",    " är ",        " er ",         " on ",    " este ",       " είναι ",
    " — ",       " – ",    " - ",     ": ",          " это ",        " هو ",    " هي ",         "是",
    "指",        "とは",   "は",      " là ",        " – это ",
};

} // namespace detail

/// Whether a question asks what something is: *What is X?* in some twenty languages.
[[nodiscard]] inline bool asks_definition(std::string_view question) noexcept {
    while (!question.empty() && (static_cast<unsigned char>(question.front()) <= ' ' || question.front() == '"'))
        question.remove_prefix(1);
    while (!question.empty() && (static_cast<unsigned char>(question.back()) <= ' ' || question.back() == '?'))
        question.remove_suffix(1);
    for (const std::string_view end : {"？", "؟"})
        if (question.ends_with(end)) question.remove_suffix(end.size());
    for (const std::string_view opener : detail::definition_openers)
        if (detail::starts_folded(question, opener)) return true;
    for (const std::string_view closer : detail::definition_closers)
        if (question.ends_with(closer)) return true;
    return false;
}

/// Whether a sentence says what the question's subject is: all that the question names stands, with little else, before the
/// first *is*, *means*, colon or dash; or right behind *called* or *known as*.
///
/// Takes    the weight of each word of the question, and a tally of `asked` to work with.
[[nodiscard]] inline bool says_what_it_is(const asked_words& asked, std::span<const double> weights,
                                          std::string_view sentence, asked_words::tally& seen) {
    std::size_t at = sentence.npos, length = 0;
    for (const std::string_view c : detail::copulas)
        if (const std::size_t x =
                detail::find_folded(sentence.substr(0, std::min<std::size_t>(sentence.size(), 160)), c);
            x < at && x > 0)
            at = x, length = c.size();
    if (at == sentence.npos || at + length + 3 > sentence.size()) return false;
    const std::string_view subject = sentence.substr(0, at);
    asked.clear(seen);
    asked.look(subject, seen);
    double      sum = 0, held = 0;
    std::size_t letters = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const auto& word = asked.words()[i];
        if (word.weight < .25f) continue; // "what", "is", "a" name no subject
        sum += weights[i];
        held += weights[i] * static_cast<double>(asked.held(seen, i));
        letters += word.end - word.begin;
    }
    return sum > 0 && held >= .8 * sum && subject.size() <= 2 * letters + 20;
}

} // namespace graft::inline v0_1
