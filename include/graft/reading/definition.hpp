// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/reading/asked_words.hpp>
#include <graft/unicode/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// What a question is after, as far as its form tells.
enum class asked_for : unsigned char {
    anything,
    definition, ///< *What is X?*
    several,    ///< *Which …*, *What are the …*: a list
};

/// Whether a text begins with `what`, which is in lower case, without regard to ASCII case.
[[nodiscard]] inline bool starts_folded(std::string_view text, std::string_view what) noexcept {
    if (text.size() < what.size()) return false;
    for (std::size_t i = 0; i < what.size(); ++i)
        if (ascii_lowered(text[i]) != what[i]) return false;
    return true;
}
[[nodiscard]] inline std::string_view stripped(std::string_view text) noexcept {
    constexpr auto outer = [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '`' || c == '*' || c == '_' ||
               c == ',';
    };
    while (!text.empty() && outer(text.front())) text.remove_prefix(1);
    while (!text.empty() && outer(text.back())) text.remove_suffix(1);
    return text;
}

// What a question after a definition begins with, or ends with where the language puts it last.
inline constexpr std::string_view definition_openers[] = {
    "what is ",        "what's ",       "what does ",  "what do ",      "what was ",     "who is ",    "who was ",
    "define ",         "explain what ", "was ist ",    "was sind ",     "was bedeutet ", "was heißt ", "wer ist ",
    "qu'est-ce qu",    "qu’est-ce qu",  "c'est quoi ", "que signifie ", "que sont ",     "¿qué es ",   "¿qué son ",
    "¿qué significa ", "qué es ",       "que es ",     "che cos'è ",    "che cosa è ",   "cos'è ",     "cosa è ",
    "cosa sono ",      "o que é ",      "o que são ",  "wat is ",       "wat zijn ",     "что такое ", "что значит ",
    "Что такое ",      "Что значит ",   "co to jest ", "czym jest ",    "vad är ",       "hvad er ",   "hva er ",
    "mikä on ",        "mi az ",        "ce este ",    "τι είναι ",     "Τι είναι ",     "ما هو ",     "ما هي ",
    "什么是",          "何謂",
};
inline constexpr std::string_view definition_closers[] = {
    "是什么", "是什麼", "とは何ですか", "とは",       "とは何か",   " nedir",
    " là gì", "क्या है",  "คืออะไร",       "무엇입니까", "무엇인가요", "이란",
};
// Both: a definition of something in the plural reads the same.
inline constexpr std::string_view several_openers[] = {
    "which ",    "in which ",   "at which ", "on which ", "what are ", "what kinds ", "what types ", "list ",
    "name the ", "what steps ", "welche ",   "quels ",    "quelles ",  "¿cuáles ",    "cuáles ",     "quali ",
    "quais ",    "welke ",      "какие ",    "Какие ",    "哪些",      "有哪些",
};
// Between what is defined and what it is: forms of to be and to mean, and signs; then verbs that say what a thing does.
inline constexpr std::string_view copulas[] = {
    " is ",         " are ",     " was ",  " were ", " means ",     " mean ",       " refers to ", " refer to ",
    " stands for ", " denotes ", " ist ",  " sind ", " bedeutet ",  " bezeichnet ", " heißt ",     " est ",
    " sont ",       " désigne ", " es ",   " son ",  " significa ", " è ",          " sono ",      " é ",
    " são ",        " zijn ",    " jest ", " är ",   " er ",        " on ",         " este ",      " είναι ",
    " — ",          " – ",       " - ",    ": ",     " это ",       " هو ",         " هي ",        "是",
    "指",           "とは",      "は",     " là ",   " – это ",
};
inline constexpr std::string_view doing[] = {
    " defines ",  " define ",    " allows ",   " allow ",      " lets ",   " let ",       " enables ",
    " enable ",   " describes ", " describe ", " represents ", " stores ", " store ",     " provides ",
    " provide ",  " occurs ",    " occur ",    " happens ",    " happen ", " aims ",      " ensures ",
    " consists ", " contains ",  " protects ", " gives ",      " tells ",  " instructs ", " verifies ",
};
// A sentence that announces instead of answering.
inline constexpr std::string_view announcing[] = {
    "let's ",
    "let’s ",
    "we'll ",
    "we’ll ",
    "in this section",
    "in this chapter",
    "this chapter",
    "this section",
    "this article",
    "this cheat sheet",
    "this cheatsheet",
    "this guide",
    "this document",
    "this page",
    "see also",
    "see the ",
    "refer to ",
    "refer the ",
    "please see ",
    "for more information",
    "the following sections",
    "the next section",
    "for details",
};

[[nodiscard]] inline bool begins_with_article(std::string_view text) noexcept {
    for (const std::string_view a :
         {"a ",   "an ", "the ", "one ", "any ", "some ", "when ", "ein ", "eine ", "der ", "die ", "das ", "un ",
          "une ", "le ", "la ",  "el ",  "los ", "il ",   "lo ",   "um ",  "uma ",  "o ",   "een ", "de ",  "het "})
        if (starts_folded(text, a)) return true;
    return false;
}

/// What a question is after, by how it begins or ends, in some twenty languages.
[[nodiscard]] inline asked_for what_is_asked(std::string_view question) noexcept {
    question = stripped(question);
    while (!question.empty() && (question.back() == '?' || question.back() == ' ')) question.remove_suffix(1);
    for (const std::string_view end : {"？", "؟"})
        if (question.ends_with(end)) question.remove_suffix(end.size());
    for (const std::string_view opener : several_openers)
        if (starts_folded(question, opener)) return asked_for::several;
    for (const std::string_view opener : definition_openers)
        if (starts_folded(question, opener)) return asked_for::definition;
    for (const std::string_view closer : definition_closers)
        if (question.ends_with(closer)) return asked_for::definition;
    return asked_for::anything;
}

/// Whether a sentence only says what the text is going to say, or where else to look (English).
[[nodiscard]] inline bool announces(std::string_view sentence) noexcept {
    bool fresh = true; // a word begins
    for (std::size_t i = 0; i < sentence.size(); ++i) {
        if (fresh)
            for (const std::string_view a : announcing)
                if (a[0] == ascii_lowered(sentence[i]) && starts_folded(sentence.substr(i), a)) return true;
        fresh = sentence[i] == ' ';
    }
    return false;
}

/// How clearly a sentence says what the question's subject is: .45 where the subject alone stands before *is a*, *means*, a colon or
/// a dash; .3 before a verb like *defines*; .1 before *is used*, *are usually*; .15 where one other word stands beside it; else 0.
///
/// Takes    the weight of each word of the question, and a tally of `asked` to work with.
[[nodiscard]] inline double says_what_it_is(const asked_words& asked, std::span<const double> weights,
                                            std::string_view sentence, asked_words::tally& seen) {
    std::size_t            at = sentence.npos, length = 0;
    bool                   does  = false;
    const std::string_view front = sentence.substr(0, std::min<std::size_t>(sentence.size(), 120));
    for (std::size_t i = 1; i < front.size() && at == sentence.npos; ++i) {
        if (front[i] != ' ' && front[i] != ':' && static_cast<unsigned char>(front[i]) < 0xE3) continue;
        for (const std::string_view c : copulas)
            if (starts_folded(front.substr(i), c)) at = i, length = std::max(length, c.size());
        if (at != sentence.npos) break;
        for (const std::string_view c : doing)
            if (starts_folded(front.substr(i), c)) at = i, length = c.size(), does = true;
    }
    if (at == sentence.npos || at + length + 3 > sentence.size()) return 0;
    // The subject stands last before it ("In Rust, a closure is"), or first, behind an aside ("Closures, in short, are").
    const std::string_view before = sentence.substr(0, at), after = sentence.substr(at + length);
    const std::size_t      first = before.find(", "), last = before.rfind(", ");
    const bool             aside   = first != before.npos && stripped(before).size() < before.size();
    const std::string_view parts[] = {last == before.npos ? before : before.substr(last + 2),
                                      aside ? before.substr(0, first) : std::string_view()};
    double best = 0;
    for (const std::string_view whole : parts) {
        std::string_view part = stripped(whole);
        if (const std::size_t open = part.find(" (");
            open != part.npos && part.find(')') != part.npos) // an abbreviation
            part = part.substr(0, open);
        if (part.empty() || starts_folded(after, "not ") || starts_folded(after, "n't ")) continue;
        asked.clear(seen);
        asked.look(part, seen);
        double      sum = 0, held = 0;
        std::size_t names = 0, words = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const auto& word = asked.words()[i];
            if (word.weight < .25f) continue; // "what", "is", "a" name no subject
            ++names;
            sum += weights[i];
            held += weights[i] * static_cast<double>(asked.held(seen, i));
        }
        if (!(sum > 0) || held < .75 * sum) continue;
        // Its words, without an article or an owner ("Rust's closures") in front.
        const std::size_t gap = part.find(' ');
        const bool        lead =
            begins_with_article(part) ||
            (gap != part.npos && (part.substr(0, gap).ends_with("'s") || part.substr(0, gap).ends_with("’s")));
        bool inside = false;
        for (const char c : lead ? part.substr(gap + 1) : part) {
            const bool letter = static_cast<unsigned char>(c) > ' ' && c != '-';
            words += letter && !inside ? 1u : 0u;
            inside = letter;
        }
        const bool wide = static_cast<unsigned char>(part[0]) >= 0xE3; // no spaces: counted in characters
        if (wide ? part.size() <= 4 * names + 6 : words <= names) {
            // "is a", "are functions" say what; "is used", "are usually" say something of it.
            const std::string_view next = after.substr(0, after.find(' '));
            const bool past = sentence.substr(at, length) == " was " || sentence.substr(at, length) == " were ";
            const bool says = begins_with_article(after) || (length > 4 && !past) ||
                              !(past || next.ends_with("ed") || next.ends_with("ly"));
            best = std::max(best, does ? .3 : says ? .45 : .1);
        } else if (words <= names + 1) best = std::max(best, .15);
    }
    return best;
}

} // namespace graft::inline GRAFT_ABI::detail
