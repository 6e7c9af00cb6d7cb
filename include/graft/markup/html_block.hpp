// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/markup/lines.hpp>
#include <graft/schema/leaf.hpp>
#include <graft/unicode/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

// HTML as CommonMark 0.31 sees it: where a block of it begins and ends (chapter 4.6), and what of it are words.

namespace graft::inline GRAFT_ABI::detail {

/// Whether `word`, in lower case, stands at `at`, whatever its case there.
[[nodiscard]] inline bool stands_at(std::string_view text, std::size_t at, std::size_t end,
                                    std::string_view word) noexcept {
    if (end - at < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
        if (ascii_lowered(text[at + i]) != word[i]) return false;
    return true;
}

inline constexpr std::string_view raw_elements[] = {"pre", "script", "style", "textarea"};

/// Whether the name is that of an element that begins a line of its own, and a block of HTML.
[[nodiscard]] inline bool is_block_element(std::string_view name) noexcept {
    constexpr std::string_view names[] = {
        "address",  "article",    "aside",  "base",    "basefont", "blockquote", "body",     "caption",  "center",
        "col",      "colgroup",   "dd",     "details", "dialog",   "dir",        "div",      "dl",       "dt",
        "fieldset", "figcaption", "figure", "footer",  "form",     "frame",      "frameset", "h1",       "h2",
        "h3",       "h4",         "h5",     "h6",      "head",     "header",     "hr",       "html",     "iframe",
        "legend",   "li",         "link",   "main",    "menu",     "menuitem",   "nav",      "noframes", "ol",
        "optgroup", "option",     "p",      "param",   "search",   "section",    "summary",  "table",    "tbody",
        "td",       "tfoot",      "th",     "thead",   "title",    "tr",         "track",    "ul"};
    char        small[10];
    std::size_t n = 0;
    if (name.empty() || name.size() > sizeof small) return false;
    for (const char c : name) small[n++] = ascii_lowered(c);
    return std::binary_search(std::begin(names), std::end(names), std::string_view(small, n));
}

/// The name of the tag whose `<` or `</` stands before `at`.
[[nodiscard]] inline std::string_view tag_name(std::string_view text, std::size_t at, std::size_t end) noexcept {
    std::size_t i = at;
    if (i < end && ascii_letter(text[i]))
        while (i < end && (ascii_letter(text[i]) || ascii_digit(text[i]) || text[i] == '-')) ++i;
    return text.substr(at, i - at);
}

/// Whether a complete tag, and nothing behind it, stands in [at, end).
[[nodiscard]] inline bool is_lone_tag(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const auto space = [&] { return at < end && (text[at] == ' ' || text[at] == '\t'); };
    const auto skip  = [&] {
        const std::size_t from = at;
        while (space()) ++at;
        return at > from;
    };
    const bool             closing = at + 1 < end && text[at + 1] == '/';
    const std::string_view name    = tag_name(text, at + (closing ? 2 : 1), end);
    if (name.empty()) return false;
    at += (closing ? 2 : 1) + name.size();
    while (!closing) {
        if (!skip() || at >= end) break;
        if (!ascii_letter(text[at]) && text[at] != '_' && text[at] != ':') break;
        while (at < end && (ascii_letter(text[at]) || ascii_digit(text[at]) || text[at] == '_' || text[at] == '.' ||
                            text[at] == ':' || text[at] == '-'))
            ++at;
        const std::size_t behind = at;
        skip();
        if (at >= end || text[at] != '=') {
            at = behind;
            continue;
        }
        ++at;
        skip();
        if (at >= end) return false;
        if (text[at] == '"' || text[at] == '\'') {
            const std::size_t close = text.substr(0, end).find(text[at], at + 1);
            if (close == std::string_view::npos) return false;
            at = close + 1;
        } else {
            const std::size_t from = at;
            while (at < end && std::string_view(" \t\"'=<>`").find(text[at]) == std::string_view::npos) ++at;
            if (at == from) return false;
        }
    }
    skip();
    if (!closing && at < end && text[at] == '/') ++at;
    return at < end && text[at] == '>' && at + 1 == end;
}

/// The kind of a block of HTML, 1 to 7, that begins at the `<` of a line which ends at `end`; 0: none does.
[[nodiscard]] inline unsigned html_kind(std::string_view text, std::size_t at, std::size_t end) noexcept {
    if (end - at < 2) return 0;
    const char next = text[at + 1];
    if (next == '?') return 3;
    if (next == '!') {
        if (text.substr(at, 4) == "<!--") return 2;
        if (text.substr(at, 9) == "<![CDATA[") return 5;
        return end - at > 2 && ascii_letter(text[at + 2]) ? 4 : 0;
    }
    const bool             closing = next == '/';
    const std::size_t      from    = at + (closing ? 2 : 1);
    const std::string_view name    = tag_name(text, from, end);
    if (name.empty()) return 0;
    const std::size_t behind = from + name.size();
    const char        after  = behind < end ? text[behind] : ' ';
    const bool        apart  = after == ' ' || after == '\t' || after == '>';
    const bool        raw    = std::any_of(std::begin(raw_elements), std::end(raw_elements), [&](std::string_view x) {
        return x.size() == name.size() && stands_at(text, from, end, x);
    });
    if (raw && !closing && apart) return 1;
    if ((apart || (after == '/' && behind + 1 < end && text[behind + 1] == '>')) && is_block_element(name)) return 6;
    return !(raw && !closing) && is_lone_tag(text, at, end) ? 7 : 0;
}

/// The end of the closing tag of an element with raw text in [at, end), or of that very element; npos: there is none.
[[nodiscard]] inline std::size_t find_raw_end(std::string_view text, std::size_t at, std::size_t end,
                                              std::string_view only = {}) noexcept {
    const std::string_view all = text.substr(0, end);
    while ((at = all.find("</", at)) != std::string_view::npos) {
        at += 2;
        for (const std::string_view name : raw_elements)
            if ((only.empty() || only == name) && stands_at(text, at, end, name) && at + name.size() < end &&
                text[at + name.size()] == '>')
                return at + name.size() + 1;
    }
    return at;
}

/// Whether a block of HTML of kind 1 to 5 ends in a line [at, end).
[[nodiscard]] inline bool html_ends(std::string_view text, std::size_t at, std::size_t end, unsigned kind) noexcept {
    const std::string_view line = text.substr(at, end - at);
    switch (kind) {
    case 1: return find_raw_end(text, at, end) != std::string_view::npos;
    case 2: return line.find("-->") != std::string_view::npos;
    case 3: return line.find("?>") != std::string_view::npos;
    case 4: return line.find('>') != std::string_view::npos;
    case 5: return line.find("]]>") != std::string_view::npos;
    default: return false;
    }
}

/// Divides a block of HTML into leaves, whose quotes, depth and start are those of `base`, and calls f(leaf) for each.
/// Words between block-level tags are one leaf; inline tags inside stay in it. A block without any is one raw leaf.
template <class F>
void each_html_leaf(std::string_view text, std::size_t begin, std::size_t end, leaf base, F&& f) {
    const std::string_view all   = text.substr(0, end);
    constexpr auto         none  = std::string_view::npos;
    bool                   any   = false;
    bool                   loose = false; // a quoted value did not end: from here on a tag ends at the next `>`
    std::size_t            from = none, last = none; // of the words that were seen
    unsigned               level = 0;
    base.in_html                 = true;
    const auto give              = [&](leaf_kind kind, std::size_t a, std::size_t b) {
        base.kind  = kind;
        base.level = static_cast<std::uint8_t>(kind == leaf_kind::heading ? level : 0);
        base.begin = a;
        base.end   = b;
        f(static_cast<const leaf&>(base));
        base.item_start = false;
        any             = true;
    };
    const auto words = [&] {
        if (from != none) give(level > 0 ? leaf_kind::heading : leaf_kind::html, from, last);
        from = none;
    };
    const auto hidden = [&](leaf_kind kind, std::size_t a, std::size_t b) {
        words();
        give(kind, a, b == none ? end : b);
        return b == none ? end : b;
    };
    const auto past = [&](std::string_view close, std::size_t at) {
        const std::size_t found = all.find(close, at);
        return found == none ? none : found + close.size();
    };
    const auto tag_end = [&](std::size_t at) {
        if (!loose) {
            std::size_t i = at;
            while (i < end && text[i] != '>') {
                const char c = text[i++];
                if (c != '"' && c != '\'') continue;
                if (i < 2 || text[i - 2] != '=') continue; // no value begins
                i = all.find(c, i);
                if (i == none) break;
                ++i;
            }
            if (i < end) return i + 1;
            loose = true;
        }
        return past(">", at);
    };
    for (std::size_t at = begin; at < end;) {
        const char c = text[at];
        if (c == '\n') {
            at = skip_quote_marks(text, at + 1, end, base.quotes);
            continue;
        }
        if (static_cast<unsigned char>(c) <= ' ') {
            ++at;
            continue;
        }
        const char next = at + 1 < end ? text[at + 1] : ' ';
        if (c == '<' && (next == '!' || next == '?')) {
            const unsigned kind = html_kind(text, at, end);
            if (kind == 2) at = hidden(leaf_kind::comment, at, past("-->", at + 2));
            else if (kind > 0) at = hidden(leaf_kind::raw, at, past(kind == 3 ? "?>" : kind == 4 ? ">" : "]]>", at));
            if (kind > 0) continue;
        }
        const bool             closing = next == '/';
        const std::string_view name    = c == '<' ? tag_name(text, at + (closing ? 2 : 1), end) : std::string_view{};
        if (name.empty()) {
            if (from == none) from = at;
            do ++at;
            while (at < end && static_cast<unsigned char>(text[at]) > ' ' && text[at] != '<');
            last = at;
            continue;
        }
        const auto raw = std::find_if(std::begin(raw_elements), std::end(raw_elements), [&](std::string_view x) {
            return x.size() == name.size() && stands_at(name, 0, name.size(), x);
        });
        if (!closing && raw != std::end(raw_elements)) {
            at = hidden(leaf_kind::raw, at, find_raw_end(text, at, end, *raw));
            continue;
        }
        const std::size_t behind = tag_end(at);
        if (behind == none) {
            if (from == none) hidden(leaf_kind::raw, at, none);
            break;
        }
        if (is_block_element(name)) {
            words();
            if (name.size() == 2 && ascii_lowered(name[0]) == 'h' && ascii_digit(name[1]))
                level = closing ? 0 : static_cast<unsigned>(name[1] - '0');
        }
        at = behind;
    }
    words();
    if (!any) give(leaf_kind::raw, begin, end);
}

} // namespace graft::inline GRAFT_ABI::detail
