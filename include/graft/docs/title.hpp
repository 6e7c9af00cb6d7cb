// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/docs/document.hpp>
#include <graft/markup/blocks.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// The stem of a path: `b` of `a/b.md`.
[[nodiscard]] inline std::string_view stem_of(std::string_view path) noexcept {
    if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos || dot == 0 ? path : path.substr(0, dot);
}

/// Bytes of a heading, or of a title made of one, that are kept: what is longer is cut between words, if it has any.
inline constexpr std::size_t longest_heading = 512;

/// Words that are too long for a heading, cut.
[[nodiscard]] inline std::string_view short_heading(std::string_view words) noexcept {
    if (words.size() <= longest_heading) return words;
    const auto space = [&](std::size_t i) {
        return words[i] == ' ' || words[i] == '\n' || words[i] == '\t' || words[i] == '\r';
    };
    std::size_t end = longest_heading;
    while (end > longest_heading / 2 && !space(end)) --end;
    if (!space(end)) end = unicode::boundary_before(words, longest_heading);
    while (end > 0 && space(end - 1)) --end;
    return words.substr(0, end);
}

/// Words on one line: runs of spaces, tabs and line ends become single spaces, those at the ends go.
[[nodiscard]] inline std::string one_line(std::string_view words) {
    std::string out;
    for (const char c : words) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!space) out += c;
        else if (!out.empty() && out.back() != ' ') out += ' ';
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

/// Gives a document its title: `title` of its fields, else its first heading of level 1 where it is Markdown, else the stem
/// of its name, which leaves `titled` false. A title is no longer than `longest_heading`.
///
/// Costs    a walk over the body's lines, up to the first such heading.
inline void give_title(document& d) {
    d.titled = true;
    if (const auto given = d.fields.text("title"); given) {
        d.title = one_line(short_heading(*given));
        if (!d.title.empty()) return;
    }
    if (d.kind == text_format::markdown) {
        each_markdown_block(d.text, d.body, d.text.size(), [&](const block& b) {
            if (b.kind == block_kind::heading && b.level == 1)
                d.title =
                    one_line(short_heading(std::string_view(d.text).substr(b.text_begin, b.text_end - b.text_begin)));
            return d.title.empty();
        });
        if (!d.title.empty()) return;
    }
    d.titled = false;
    d.title  = std::string(stem_of(d.name));
}

} // namespace graft::inline GRAFT_ABI::detail
