// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/docs/document.hpp>
#include <graft/docs/title.hpp>
#include <graft/markup/blocks.hpp>
#include <graft/schema/leaf.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A heading of a document. Its section reaches to the next heading of its level or a higher one.
struct heading {
    std::uint64_t begin = 0; ///< the first byte of its line
    std::uint64_t text_begin =
        0; ///< its words are [text_begin, text_end), or the first `longest_heading` bytes of them
    std::uint64_t text_end = 0;
    std::uint32_t level    = 1; ///< 1 to 6
    std::uint32_t parent   = 0; ///< the place in the list, from 1, of the heading above it; 0: none

    bool operator==(const heading&) const = default;
};

namespace detail {

/// What a document says of itself: its headings that stand in no other block, and all its leaves, both in order.
struct structure {
    std::vector<heading> outline = {};
    std::vector<leaf>    leaves  = {};
    text_form            form = text_form::plain; ///< unknown for Markdown of 4 GiB or more, whose leaves are left out
};

inline void add_heading(std::vector<heading>& out, std::string_view text, const block& b) {
    if (b.kind != block_kind::heading) return;
    auto above = static_cast<std::uint32_t>(out.size());
    while (above > 0 && out[above - 1].level >= b.level) above = out[above - 1].parent;
    const auto words = short_heading(text.substr(b.text_begin, b.text_end - b.text_begin));
    out.push_back({b.begin, b.text_begin, b.text_begin + words.size(), b.level, above});
}

/// The structure of a document; a plain text has none.
///
/// Costs    one pass over the lines.
[[nodiscard]] inline structure structure_of(const document& d) {
    structure out;
    if (d.kind != text_format::markdown) return out;
    const bool keeps = d.text.size() < 0xFFFFFFFFu;
    out.form         = keeps ? text_form::markdown : text_form::unknown;
    struct {
        structure&       to;
        std::string_view text;
        bool             keeps;
        bool             leaf(const graft::leaf& x) {
            if (keeps) to.leaves.push_back(x);
            return true;
        }
        bool block(const detail::block& b) { return add_heading(to.outline, text, b), true; }
    } sink{out, d.text, keeps};
    read_blocks(d.text, d.body, d.text.size(), sink);
    return out;
}

/// The headings of a document, in order; of a plain text, none.
///
/// Costs    one pass over the lines.
[[nodiscard]] inline std::vector<heading> outline_of(const document& d) {
    std::vector<heading> out;
    if (d.kind == text_format::markdown)
        each_markdown_block(d.text, d.body, d.text.size(), [&](const block& b) { add_heading(out, d.text, b); });
    return out;
}

/// The section in force at byte `at`: the place of its heading, from 1; 0 before the first heading.
[[nodiscard]] inline std::uint32_t section_at(std::span<const heading> outline, std::uint64_t at) noexcept {
    const auto behind = std::upper_bound(outline.begin(), outline.end(), at,
                                         [](std::uint64_t x, const heading& h) { return x < h.begin; });
    return static_cast<std::uint32_t>(behind - outline.begin());
}

/// The headings above and at a section, outermost first, as they stand in the text. Those without words are left out.
///
/// Borrows  the text.
[[nodiscard]] inline std::vector<std::string_view> section_path(std::span<const heading> outline, std::uint32_t section,
                                                                std::string_view text) {
    std::vector<std::string_view> path;
    for (; section > 0; section = outline[section - 1].parent) {
        const heading& h = outline[section - 1];
        if (h.text_end > h.text_begin) path.push_back(text.substr(h.text_begin, h.text_end - h.text_begin));
    }
    std::reverse(path.begin(), path.end());
    return path;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
