// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/eval/shared_ngrams.hpp>
#include <graft/tokenize/scalars.hpp>
#include <graft/unicode/ascii.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

// Texts as SacreBLEU prepares them before it counts; see there, sacrebleu/tokenizers, version 2.6.0.

/// What Python's strings are split at.
[[nodiscard]] constexpr bool python_space(char32_t c) noexcept { return white_space(c) || (c >= 0x1C && c <= 0x1F); }

/// The scalar values of a text; U+FFFD for each maximal piece that is no UTF-8.
[[nodiscard]] inline std::u32string scalars_of(std::string_view text) {
    std::u32string all;
    all.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto step = scalar_at(text, at);
        all += step.scalar;
        at += step.length;
    }
    return all;
}

[[nodiscard]] inline std::string text_of(std::u32string_view scalars) {
    std::string out;
    out.reserve(scalars.size());
    for (const char32_t c : scalars) unicode::append_utf8(out, c);
    return out;
}

/// Whether the capital sigma at `at` ends a word: a cased letter before it and none behind, whatever marks stand between.
[[nodiscard]] inline bool final_sigma(std::u32string_view text, std::size_t at) noexcept {
    const auto cased = [&](std::size_t i) { // Ll, Lt, Lu
        return class_of(text[i]).is_lower_kind() != class_of(text[i]).is_upper_kind();
    };
    const auto passed = [&](std::size_t i) {
        const char32_t c = text[i];
        return class_of(c).is_mark() || c == '\'' || c == '.' || c == ':' || c == 0xAD || c == 0xB7 || c == 0x2019;
    };
    std::size_t before = at, behind = at + 1;
    while (before > 0 && passed(before - 1)) --before;
    while (behind < text.size() && passed(behind)) ++behind;
    return before > 0 && cased(before - 1) && !(behind < text.size() && cased(behind));
}

/// A text in lower case, as Python has it: letters of every script, a final sigma told from another.
[[nodiscard]] inline std::u32string lowered(std::u32string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto to = lower_case(text[i]);
        if (text[i] == U'Σ' && final_sigma(text, i)) out += U'ς';
        else if (to.empty()) out += text[i];
        else out.append(to.begin(), to.end());
    }
    return out;
}

/// UTF-8 whatever came, in lower case if asked, without white space at the end.
[[nodiscard]] inline std::string metric_text(std::string_view text, bool lower) {
    std::string out;
    if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
        out = text;
        if (lower) std::transform(out.begin(), out.end(), out.begin(), ascii_lowered<char>);
        while (!out.empty() && python_space(static_cast<unsigned char>(out.back()))) out.pop_back();
        return out;
    }
    std::u32string all = scalars_of(text);
    if (lower) all = lowered(all);
    while (!all.empty() && python_space(all.back())) all.pop_back();
    return text_of(all);
}

/// Words between white space, in order.
template <class F>
void each_word(std::string_view text, F&& f) {
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= text.size();) {
        const auto step = scalar_at(text, at);
        if (step.length == 0 || python_space(step.scalar)) {
            if (at > begin) f(text.substr(begin, at - begin));
            begin = at + step.length;
        }
        if (step.length == 0) return;
        at += step.length;
    }
}

/// Numbers for the words of texts, which it keeps.
class word_names {
    std::deque<std::string>                             texts_;
    std::unordered_map<std::string_view, std::uint32_t> names_;

public:
    [[nodiscard]] std::size_t   size() const noexcept { return names_.size(); }
    [[nodiscard]] std::uint32_t name(std::string_view word) { // of a text that is kept
        return names_.try_emplace(word, static_cast<std::uint32_t>(names_.size())).first->second;
    }
    [[nodiscard]] std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

    /// The words of a text between white space.
    [[nodiscard]] token_names read(std::string text) {
        token_names out;
        each_word(keep(std::move(text)), [&](std::string_view word) { out.push_back(name(word)); });
        return out;
    }
};

/// `text` with every `from` replaced, left to right.
[[nodiscard]] inline std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    for (;;) {
        const std::size_t at = text.find(from);
        out += text.substr(0, at);
        if (at == std::string_view::npos) return out;
        out += to;
        text.remove_prefix(at + from.size());
    }
}

/// Blanks round the second of two neighbours that answer yes, or round the first: the expression `(A)(B)`, whose matches do not overlap.
template <class Text, class First, class Second>
[[nodiscard]] Text part_pairs(const Text& text, bool round_first, First&& first, Second&& second) {
    Text out;
    out.reserve(text.size() + text.size() / 4);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i + 1 == text.size() || !first(text[i]) || !second(text[i + 1])) {
            out += text[i];
            continue;
        }
        if (round_first) out += ' ';
        out += text[i];
        out += ' ';
        out += text[++i];
        if (!round_first) out += ' ';
    }
    return out;
}

/// Blanks round every character that answers yes.
template <class Text, class Is>
[[nodiscard]] Text part_each(const Text& text, Is&& is) {
    Text out;
    out.reserve(text.size() + text.size() / 4);
    for (const auto c : text) {
        if (is(c)) out += ' ', out += c, out += ' ';
        else out += c;
    }
    return out;
}

/// &quot; &amp; &lt; &gt; as what they stand for, one after the other.
[[nodiscard]] inline std::string unescaped(std::string text) {
    if (text.find('&') == std::string::npos) return text;
    text = replaced(text, "&quot;", "\"");
    text = replaced(text, "&amp;", "&");
    text = replaced(text, "&lt;", "<");
    return replaced(text, "&gt;", ">");
}

/// ASCII marks by themselves, but for apostrophe, and for point, comma and dash that stand in numbers or words (mteval-v13a).
[[nodiscard]] inline std::string part_western(std::string text, bool possessive) {
    const auto digit = [](char c) { return ascii_digit(c); };
    const auto other = [](char c) { return !ascii_digit(c); };
    const auto stop  = [](char c) { return c == '.' || c == ','; };
    text             = part_each(text, [](char c) {
        return (c >= ' ' && c <= '/' && c != '\'' && c != ',' && c != '-' && c != '.') || (c >= ':' && c <= '@') ||
               (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
    });
    if (possessive) text = replaced(text, "'s ", " 's ");
    text = part_pairs(text, false, other, stop);
    text = part_pairs(text, true, stop, other);
    return part_pairs(text, false, digit, [](char c) { return c == '-'; });
}

/// Punctuation and symbols of every script by themselves, but for punctuation between numbers (mteval-v14).
[[nodiscard]] inline std::string part_international(std::string_view text) {
    const auto number      = [](char32_t c) { return class_of(c).is_number(); };
    const auto other       = [&](char32_t c) { return !number(c); };
    const auto punctuation = [](char32_t c) { return class_of(c).is_punctuation(); };
    auto       all         = part_pairs(scalars_of(text), false, other, punctuation);
    all                    = part_pairs(all, true, punctuation, other);
    return text_of(part_each(all, [](char32_t c) { return class_of(c).is_symbol(); }));
}

} // namespace graft::inline GRAFT_ABI::detail
