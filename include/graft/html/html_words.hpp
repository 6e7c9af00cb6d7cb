// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/html/html_tree.hpp>
#include <graft/unicode/ascii.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

// Words of classes and ids that tell what an element is for, as Readability (Arc90, Mozilla) found them.

template <std::size_t N>
[[nodiscard]] inline bool holds_one_of(std::string_view text, const std::string_view (&words)[N]) noexcept {
    for (const std::string_view word : words)
        if (text.find(word) != text.npos) return true;
    return false;
}

/// What an element is called: its class and its id, in small letters.
struct html_called {
    std::string type, id;

    explicit html_called(const GumboNode* n) {
        for (const char c : attribute_of(n, "class")) type += ascii_lowered(c);
        for (const char c : attribute_of(n, "id")) id += ascii_lowered(c);
    }

    /// More than 0 for what an article is called, less for what stands around one.
    [[nodiscard]] int weight() const noexcept {
        constexpr std::string_view good[] = {"article", "body", "content", "entry", "main",
                                             "page",    "post", "text",    "blog",  "story"};
        constexpr std::string_view bad[]  = {
            "-ad-",     "hidden",     "banner",  "combx",    "comment", "com-",    "contact", "foot",  "gdpr",
            "masthead", "media",      "meta",    "outbrain", "promo",   "related", "scroll",  "share", "shoutbox",
            "sidebar",  "skyscraper", "sponsor", "shopping", "tags",    "tool",    "widget"};
        int out = 0;
        for (const std::string* it : {&type, &id}) {
            if (it->empty()) continue;
            if (holds_one_of(*it, bad)) out -= 25;
            if (holds_one_of(*it, good)) out += 25;
        }
        return out;
    }
    /// Called as what is not of an article, and as nothing that could be.
    [[nodiscard]] bool unlikely() const noexcept {
        constexpr std::string_view around[] = {
            "-ad-",         "ai2html",  "banner",  "breadcrumb", "combx",   "comment",    "community", "cover-wrap",
            "disqus",       "extra",    "footer",  "gdpr",       "header",  "legends",    "menu",      "related",
            "remark",       "replies",  "rss",     "shoutbox",   "sidebar", "skyscraper", "social",    "sponsor",
            "supplemental", "ad-break", "agegate", "pagination", "pager",   "popup",      "newsletter"};
        constexpr std::string_view maybe[] = {"and", "article", "body", "column", "content", "main", "shadow"};
        const auto any = [&](const auto& words) { return holds_one_of(type, words) || holds_one_of(id, words); };
        return any(around) && !any(maybe);
    }
    [[nodiscard]] bool shares() const noexcept {
        const auto one = [](std::string_view s) {
            for (std::size_t at = 0; (at = s.find("shar", at)) != s.npos; at += 4)
                if (s.substr(at).starts_with("share") || s.substr(at).starts_with("sharing")) return true;
            return false;
        };
        return one(type) || one(id);
    }
};

/// Nobody sees it, whatever it holds.
[[nodiscard]] inline bool is_hidden(const GumboNode* n) {
    if (has_attribute(n, "hidden") || attribute_of(n, "aria-hidden") == "true") return true;
    std::string style;
    for (const char c : attribute_of(n, "style"))
        if (c != ' ') style += ascii_lowered(c);
    return style.find("display:none") != style.npos || style.find("visibility:hidden") != style.npos ||
           style.find("font-size:0;") != style.npos || style.ends_with("font-size:0") ||
           style.ends_with("font-size:0px") || style.find("font-size:0px") != style.npos;
}

/// It says itself that it stands around the text of the page.
[[nodiscard]] inline bool is_around(const GumboNode* n) {
    constexpr std::string_view tags[]  = {"nav", "aside", "footer", "menu", "dialog", "button", "label"};
    constexpr std::string_view roles[] = {"navigation", "complementary", "menu",   "menubar",
                                          "alert",      "alertdialog",   "dialog", "search"};
    return is_one_of(name_of(n), tags) || is_one_of(attribute_of(n, "role"), roles);
}

} // namespace graft::inline GRAFT_ABI::detail
