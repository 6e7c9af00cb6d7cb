// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// What a leaf of a structured text is.
enum class leaf_kind : std::uint8_t {
    paragraph,  ///< prose
    heading,    ///< its words
    code,       ///< fenced or indented, its fences included
    html,       ///< words between block-level tags of HTML; inline tags may stand among them
    raw,        ///< of HTML, what shows no words: script, style, pre, textarea, declarations, or tags alone
    comment,    ///< of HTML, its marks included
    table_head, ///< the head row of a table
    table_row,  ///< a row of its body; the head is the last `table_head` before it
    definition, ///< of a link: `[label]: destination "title"`
    rule,       ///< a thematic break
};

/// A stretch of a structured text that holds no other: from the first byte of its content to behind the last one. Marks of
/// lists and quotations and task boxes in front of it are left out; those in front of its other lines are not.
struct leaf {
    std::uint64_t begin      = 0; ///< bytes of the document
    std::uint64_t end        = 0;
    leaf_kind     kind       = leaf_kind::paragraph;
    std::uint8_t  level      = 0; ///< of a heading, 1 to 6
    std::uint8_t  quotes     = 0; ///< quotations that it stands in: at most so many `>` in front of each of its lines
    std::uint8_t  list_depth = 0; ///< list items that it stands in
    bool          item_start = false; ///< the first leaf of a list item
    bool          in_html    = false; ///< it stands in a block of HTML

    bool operator==(const leaf&) const = default;
};

/// Those of a document's leaves that lie in [begin, end) or reach into it.
///
/// Costs    two binary searches.
[[nodiscard]] inline std::span<const leaf> leaves_within(std::span<const leaf> all, std::uint64_t begin,
                                                         std::uint64_t end) noexcept {
    const auto from =
        std::partition_point(all.begin(), all.end(), [&](const leaf& x) { return x.begin < begin && x.end <= begin; });
    const auto to = std::partition_point(from, all.end(), [&](const leaf& x) { return x.begin < end; });
    return all.subspan(static_cast<std::size_t>(from - all.begin()), static_cast<std::size_t>(to - from));
}

/// How a text is to be read.
enum class text_form : std::uint8_t {
    unknown,  ///< nobody said: a reader looks for itself
    plain,    ///< paragraphs between blank lines; headings, code, tables mean nothing
    markdown, ///< what a leaf is, its document says
};

} // namespace graft::inline GRAFT_ABI
