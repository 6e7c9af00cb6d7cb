// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/markup/blocks.hpp>
#include <graft/schema/chunk.hpp>
#include <graft/schema/leaf.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace graft::inline GRAFT_ABI {

/// A leaf of a chunk, clipped to it: positions count in the chunk's body.
struct chunk_leaf : leaf {
    std::string_view head      = {};    ///< of a row of a table: its head row, which may stand before the chunk
    bool             cut_front = false; ///< the leaf begins before the chunk
    bool             cut_back  = false; ///< the leaf ends behind it
};

namespace detail {

/// Calls f(leaf) for each leaf of the Markdown in [begin, end), in order, until f gives false, if it gives anything.
///
/// Gives    leaves that do not overlap. What shows and is no mark lies in one. Only a heading without words is empty. A
///          delimiter row of a table, an empty item and an empty quotation have none.
/// Costs    linear time, whatever the text; nothing is allocated. Lists and quotations more than 64 deep are text.
/// Source   CommonMark 0.31, chapters 4 and 5; tables and task boxes as GitHub's flavour has them: a table may follow a line
///          of text directly. A footnote (`[^1]: …`) is a paragraph.
template <class F>
void each_leaf(std::string_view text, std::size_t begin, std::size_t end, F&& f) {
    struct {
        std::remove_reference_t<F>& f;
        bool                        leaf(const graft::leaf& x) { return tells(f, x); }
    } sink{f};
    read_blocks(text, begin, end, sink);
}

/// Where the content of a line begins that a leaf has at `at`: past white space and the marks of its quotations.
[[nodiscard]] inline std::size_t skip_line_marks(std::string_view text, std::size_t at, const leaf& of) noexcept {
    return skip_quote_marks(text, at, static_cast<std::size_t>(of.end), of.quotes);
}

/// Calls f(begin, end) for each line of a leaf, without the marks of quotations and the white space around it. `text` is what the
/// leaf's positions count in. Of code it takes the indentation too.
template <class F>
void each_line_of(std::string_view text, const leaf& of, F&& f) {
    const auto end = static_cast<std::size_t>(of.end);
    for (auto at = static_cast<std::size_t>(of.begin); at < end;) {
        const line_of     l    = read_line(text, at, end);
        const std::size_t from = at == of.begin ? l.first : skip_line_marks(text, at, of);
        if (from < l.last) f(from, l.last);
        at = l.end;
    }
}

/// Calls f(begin, end) for each cell of a row of a table, without the white space around it; an empty cell is empty. A pipe
/// behind a backslash parts nothing, wherever it stands; one in a code span does (GitHub's flavour, chapter 4.10).
template <class F>
void each_cell(std::string_view text, const leaf& row, F&& f) {
    each_cell_of(text, static_cast<std::size_t>(row.begin), static_cast<std::size_t>(row.end), f);
}
/// The same for the text of a row.
template <class F>
void each_cell(std::string_view row, F&& f) {
    each_cell_of(row, 0, row.size(), f);
}

/// The paragraphs of plain text, and its list items: lines that begin like one, behind a blank line, a colon or another item.
/// In running prose a line that happens to begin with a dash or a number goes on.
template <class F>
void each_plain_leaf(std::string_view text, F&& f) {
    leaf       open;
    bool       any  = false;
    const auto give = [&] {
        const bool on = !any || tells(f, open);
        any           = false;
        return on;
    };
    for (std::size_t at = 0; at < text.size();) {
        const line_of     l    = read_line(text, at, text.size());
        const std::size_t mark = item_mark(text, l);
        const bool        item =
            mark > 0 && mark <= 4 && l.first + mark < l.last && (!any || open.item_start || text[open.end - 1] == ':');
        if ((l.blank || item) && !give()) return;
        if (!l.blank && !any) {
            open       = {};
            any        = true;
            open.begin = l.first;
            if (item) {
                open.begin      = skip_quote_marks(text, l.first + mark, l.last, 0);
                open.list_depth = 1;
                open.item_start = true;
            }
        }
        if (any) open.end = l.last;
        at = l.end;
    }
    (void)give();
}

} // namespace detail

/// Calls f(chunk_leaf) for each leaf of a chunk, in order, until f gives false, if it gives anything.
///
/// Gives    what the document says of the chunk's bytes, wherever the chunk was cut. A chunk of plain text has paragraphs
///          only, parted at blank lines and list marks; one of unknown form is parsed as if its body were a document.
/// Borrows  the chunk's text.
/// Costs    the leaves; one pass over the body where the chunk has none.
template <class F>
void each_leaf_of(const chunk& c, F&& f) {
    const std::string_view body = c.text.body;
    std::string_view       head = c.head;
    const auto             pass = [&](const leaf& x, bool front, bool back) {
        if (x.kind == leaf_kind::table_head && !front) head = body.substr(x.begin, x.end - x.begin);
        chunk_leaf out{x, {}, front, back};
        if (x.kind == leaf_kind::table_row) out.head = head;
        return detail::tells(f, static_cast<const chunk_leaf&>(out));
    };
    const auto whole = [&](const leaf& x) { return pass(x, false, false); };
    if (c.form == text_form::plain) return detail::each_plain_leaf(body, whole);
    if (c.form == text_form::unknown) return detail::each_leaf(body, 0, body.size(), whole);
    for (leaf x : c.leaves) {
        const bool front = x.begin<c.begin, back = x.end> c.begin + body.size();
        if (x.end < c.begin || x.begin > c.begin + body.size()) continue;
        x.end   = std::min<std::uint64_t>(x.end - c.begin, body.size());
        x.begin = front ? 0 : x.begin - c.begin;
        if (front) {
            const auto space = [&] { return body[x.begin] == '\n' || body[x.begin] == '\r'; };
            do x.begin = detail::skip_line_marks(body, x.begin, x);
            while (x.begin < x.end && space() && ++x.begin < x.end);
        }
        while (back && x.end > x.begin && static_cast<unsigned char>(body[x.end - 1]) <= ' ') --x.end;
        const bool empty = x.begin >= x.end && (front || back || x.kind != leaf_kind::heading);
        if (!empty && !pass(x, front, back)) return;
    }
}

/// Calls f(words, level) for the headings of a chunk that are in force at byte `at` of its body, outermost first. Those before
/// the chunk are in its prefix, and in `chunk_store::section`.
///
/// Borrows  the chunk's text.
/// Costs    as `each_leaf_of`, up to `at`.
template <class F>
void each_heading_above(const chunk& c, std::size_t at, F&& f) {
    leaf     chain[6];
    unsigned n = 0;
    each_leaf_of(c, [&](const chunk_leaf& x) {
        if (x.begin > at) return false;
        if (x.kind != leaf_kind::heading || x.quotes > 0 || x.list_depth > 0 || x.end > at) return true;
        while (n > 0 && chain[n - 1].level >= x.level) --n;
        chain[n++] = x;
        return true;
    });
    for (unsigned i = 0; i < n; ++i)
        f(c.text.body.substr(chain[i].begin, chain[i].end - chain[i].begin), static_cast<unsigned>(chain[i].level));
}

} // namespace graft::inline GRAFT_ABI
