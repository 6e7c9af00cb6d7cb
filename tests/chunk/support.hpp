// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>
#include <graft/chunk/split_documents.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Counters and texts that the chunker tests share.

namespace test {

/// A counter that is not additive: a word with the space before it takes a token for every three bytes begun.
struct toy_pieces {
    [[nodiscard]] std::size_t special() const { return 2; }
    [[nodiscard]] std::size_t count(std::string_view text) const {
        std::size_t n = 0, run = 0;
        for (const char c : text) {
            if (c == ' ' || c == '\n') {
                n += (run + 2) / 3;
                run = 1;
            } else {
                ++run;
            }
        }
        return n + (run + 2) / 3;
    }
};

/// A hostile counter: a text has more tokens than its parts.
struct toy_growing {
    [[nodiscard]] std::size_t count(std::string_view text) const {
        return text.size() + text.size() * text.size() / 400;
    }
};

/// Counts the bytes that another counter is shown.
template <class C>
struct watched {
    static constexpr bool additive = graft::additive_counter<C>;
    std::size_t*          seen     = nullptr;
    C                     it       = {};

    [[nodiscard]] std::size_t count(std::string_view text) const {
        *seen += text.size();
        return it.count(text);
    }
};

/// Texts of all kinds, some of them meant to hurt. The same for a seed.
inline std::vector<std::string> hostile_texts(std::uint64_t seed, std::size_t length) {
    const std::vector<std::vector<std::string>> bags = {
        {"\n"},
        {" ", "\t", "\r\n", "\u00A0", "\u3000", "\u2029"},
        {"\u0301", "\u0E31", "\u200D"},
        {"a", "b", "c"},
        {"word", " ", "other ", "Sentence. ", "Yes! ", "Mr. Smith ", "3.14 ", "\n", "\n\n", "e.g. this, that; "},
        {"\r\n", "\r\n\r\n", "line", " of text.", "\r"},
        {"你好", "世界。", "「引用」", "中", "、", "，", "ไทย", "ภาษา", "日本語のテキスト。", "abc", "。"},
        {"👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", " ", "e\u0301", "x"},
        {"über ", "naïve, ", "Füße. ", "déjà vu! ", "plain ascii words ", "Ελλάδα ", "Привет. ", "\n"},
        {"# Title\n", "## Part\n\n", "- item\n", "  nested\n", "```\ncode { }\n```\n",
         "| a | b |\n|---|---|\n| 1 | 2 |\n", "Prose here. More of it.\n", "\n", "Setext\n===\n", "> quote\n",
         "1. one\n", "    indented\n", "```\n", "<!-- c\n\n# no\n-->\n"},
        {"क्षत्रिय। ", "العربية؟ ", "עברית. ", "မြန်မာ။", "ខ្មែរ។"},
    };
    graft::counter_random    random(seed, 77);
    std::vector<std::string> out{"", " ", "a", "\u0301", "\n\n\n", "\xEF\xBB\xBFtext"};
    for (const auto& bag : bags) {
        std::string text;
        while (text.size() < length) text += bag[random.below(bag.size())];
        out.push_back(std::move(text));
    }
    std::string mixed;
    while (mixed.size() < 2 * length) {
        const auto& bag = bags[random.below(bags.size())];
        mixed += bag[random.below(bag.size())];
    }
    out.push_back(std::move(mixed));
    out.push_back(std::string(length, 'x') + " end. " + std::string(length, 'y'));
    // A picture, and runs that are long for other reasons.
    std::string runs = "![plan](data:image/png;base64,";
    for (std::size_t i = 0; i < length; ++i) runs += "ABCDwxyz0189+/"[random.below(14)];
    runs += ") Behind it.\n\n";
    for (std::size_t i = 0; runs.size() < 3 * length; ++i) {
        static constexpr std::string_view parts[] = {"ü",  "Wort", "க்ஷ", "👩\u200D👩\u200D👧", "\u0301", "字",
                                                     "。", "=",    "=="};
        runs += parts[random.below(std::size(parts))];
        if (random.below(60) == 0) runs += ' ';
    }
    out.push_back(std::move(runs));
    return out;
}

inline graft::corpus corpus_of(std::vector<std::string> texts, graft::text_format kind, const std::string& title = {}) {
    graft::corpus docs;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        graft::document d;
        d.name  = "doc" + std::to_string(i);
        d.text  = std::move(texts[i]);
        d.kind  = kind;
        d.title = title;
        d.body  = d.text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
        docs.add(std::move(d)).value();
    }
    return docs;
}

} // namespace test
