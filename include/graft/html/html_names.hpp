// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/load/formats.hpp>
#include <graft/unicode/ascii.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// What an element is to the text of its page.
enum class html_use : std::uint8_t {
    plain,         ///< it stands until its closing tag
    closes_itself, ///< the next of its kind closes it: `p`, `li`, `td`
    empty,         ///< it holds nothing: `br`, `hr`, `meta`, `link`
    looks,         ///< only how letters look: `b`
    letters,       ///< nothing but letters: `title`
    left_out,      ///< its tags say nothing: `img`, `option`
    dropped_whole, ///< with all that is in it: `script`
};

template <std::size_t N>
[[nodiscard]] constexpr bool is_one_of(std::string_view name, const std::string_view (&names)[N]) noexcept {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

[[nodiscard]] constexpr html_use html_use_of(std::string_view name) noexcept {
    constexpr std::string_view closing[]         = {"a",     "p",     "li",    "td",      "th",   "tr",   "dd",   "dt",
                                                    "tbody", "thead", "tfoot", "caption", "html", "head", "body", "colgroup"};
    constexpr std::string_view holding_nothing[] = {"br", "hr", "meta", "link"};
    constexpr std::string_view lettering[]       = {"b",    "strong", "i",     "em",     "u",  "s",
                                                    "font", "big",    "small", "strike", "tt", "nobr"};
    constexpr std::string_view saying_nothing[]  = {"img",      "image",   "input", "wbr",    "area",     "base",
                                                    "basefont", "bgsound", "col",   "embed",  "frame",    "keygen",
                                                    "param",    "source",  "track", "option", "optgroup", "rt",
                                                    "rp",       "rb",      "rtc",   "math",   "frameset", "plaintext"};
    constexpr std::string_view without[]         = {"script", "style",   "noscript", "template", "svg",
                                                    "iframe", "noembed", "noframes", "textarea", "select",
                                                    "audio",  "video",   "canvas",   "datalist"};
    if (is_one_of(name, closing)) return html_use::closes_itself;
    if (is_one_of(name, holding_nothing)) return html_use::empty;
    if (is_one_of(name, lettering)) return html_use::looks;
    if (is_one_of(name, saying_nothing)) return html_use::left_out;
    if (is_one_of(name, without)) return html_use::dropped_whole;
    return name == "title" ? html_use::letters : html_use::plain;
}

/// Elements that begin on a line of their own.
[[nodiscard]] constexpr bool html_is_block(std::string_view name) noexcept {
    constexpr std::string_view names[] = {
        "address", "article", "aside", "blockquote", "body",       "center", "dd",     "details", "dialog",  "dir",
        "div",     "dl",      "dt",    "fieldset",   "figcaption", "figure", "footer", "form",    "h1",      "h2",
        "h3",      "h4",      "h5",    "h6",         "header",     "hgroup", "hr",     "html",    "legend",  "li",
        "listing", "main",    "menu",  "nav",        "ol",         "p",      "pre",    "section", "summary", "table",
        "tbody",   "td",      "tfoot", "th",         "thead",      "tr",     "ul",     "option",  "caption", "rt"};
    return is_one_of(name, names);
}

/// Elements that HTML has; others may close themselves, in another language.
[[nodiscard]] constexpr bool html_is_known(std::string_view name) noexcept {
    constexpr std::string_view inlined[] = {
        "abbr",     "acronym", "applet", "bdi",   "bdo",  "button", "cite",    "code",  "data",   "del",
        "dfn",      "ins",     "kbd",    "label", "map",  "mark",   "marquee", "meter", "object", "output",
        "progress", "q",       "ruby",   "samp",  "span", "sub",    "sup",     "time",  "var"};
    return html_is_block(name) || is_one_of(name, inlined);
}

/// Attributes by which an element is judged, or which tell of the page.
[[nodiscard]] constexpr bool html_attribute_counts(std::string_view element, std::string_view name) noexcept {
    constexpr std::string_view all[]  = {"class", "id", "style", "hidden", "role", "aria-hidden", "itemprop", "lang"};
    constexpr std::string_view meta[] = {"name", "property", "content", "rel", "href", "datetime"};
    constexpr std::string_view cell[] = {"colspan", "start"};
    if (is_one_of(name, all)) return true;
    if (element == "meta" || element == "link" || element == "time" || element == "a") return is_one_of(name, meta);
    return is_one_of(name, cell);
}

} // namespace graft::inline GRAFT_ABI::detail
