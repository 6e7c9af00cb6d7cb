// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/markup/block_sink.hpp>
#include <graft/markup/html_block.hpp>
#include <graft/markup/line_cursor.hpp>
#include <graft/markup/lines.hpp>
#include <graft/markup/link_definition.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// Reads Markdown line by line, as CommonMark's own parser does: lists and quotations that go on, then those that begin,
/// then the leaf.
///
/// Costs    linear time; nothing is allocated.
/// Source   CommonMark 0.31, chapters 4 and 5 and the appendix; tables and task boxes of GitHub's flavour.
class block_parser : line_cursor {
    enum class open : std::uint8_t { nothing, paragraph, fence, indented, html, table };

    std::size_t  begin_, end_;
    block_sink   sink_;
    md_container stack_[deepest_container];
    std::size_t  depth_  = 0;
    std::size_t  quotes_ = 0;
    open         open_   = open::nothing;
    bool         fresh_  = false; // an item has begun, and no leaf in it
    bool         on_     = true;

    // The open leaf.
    leaf        leaf_;
    std::size_t line_ = 0, line_begin_ = 0,
                before_       = 0; // of a paragraph: content and begin of its last line, content end of the one before
    bool        single_       = true; // it has one line
    char        fence_        = 0;
    std::size_t fence_length_ = 0;
    unsigned    html_         = 0;

    block pending_;
    bool  has_pending_ = false;

public:
    block_parser(std::string_view text, std::size_t begin, std::size_t end, const block_sink& sink) noexcept
        : line_cursor{text}, begin_(begin), end_(end), sink_(sink) {}

    void run() {
        for (std::size_t at = begin_; at < end_ && on_; at = l_.end) {
            read(at, end_);
            line();
        }
        if (!on_) return;
        close_leaf();
        if (sink_.block != nullptr) {
            if (!has_pending_ && begin_ < end_) pending_ = {block_kind::paragraph, 0, begin_, end_, 0, 0};
            pending_.end = end_;
            if (on_ && begin_ < end_) sink_.block(sink_.self, pending_);
        }
    }

private:
    // ---- What begins and ends -------------------------------------------------------------------------------------------

    /// A block begins where depth_ containers stand: tells the sink of a new top-level block, marks its container as filled.
    void begins(block_kind kind) {
        if (depth_ > 0) {
            stack_[depth_ - 1].filled = true;
            return;
        }
        if (sink_.block != nullptr) {
            if (has_pending_ && kind == block_kind::list && pending_.kind == block_kind::list) return;
            start_block(kind, l_.begin);
        }
    }
    void start_block(block_kind kind, std::size_t at) {
        if (has_pending_) {
            pending_.end = at;
            on_          = on_ && sink_.block(sink_.self, pending_);
        }
        pending_     = {kind, 0, has_pending_ ? at : begin_, at, 0, 0};
        has_pending_ = true;
    }
    void push(bool quote, std::size_t width) {
        begins(quote ? block_kind::paragraph : block_kind::list);
        if (sink_.item != nullptr)
            if (depth_ == 0 && !quote) on_ = on_ && sink_.item(sink_.self, l_.begin);
        stack_[depth_++] = {width, quote, false};
        quotes_ += quote ? 1u : 0u;
        fresh_ = !quote || fresh_;
    }
    /// Leaves all but `depth` containers, and the open leaf.
    void leave(std::size_t depth) {
        close_leaf();
        if (depth < depth_) fresh_ = false;
        while (depth_ > depth) quotes_ -= stack_[--depth_].quote ? 1u : 0u;
    }

    void start(open what, leaf_kind kind, std::size_t begin, std::size_t end, unsigned level = 0) {
        open_  = what;
        leaf_  = {begin,
                  end,
                  kind,
                  static_cast<std::uint8_t>(level),
                  static_cast<std::uint8_t>(quotes_),
                  static_cast<std::uint8_t>(depth_ - quotes_),
                  fresh_,
                  false};
        fresh_ = false;
    }
    void give(const leaf& x) {
        if (sink_.leaf != nullptr) on_ = on_ && sink_.leaf(sink_.self, x);
        leaf_.item_start = false;
    }
    /// A leaf of one line.
    void give_line(leaf_kind kind, std::size_t begin, std::size_t end, unsigned level = 0) {
        start(open::nothing, kind, begin, end, level);
        give(leaf_);
    }
    void close_leaf() {
        const open was = open_;
        open_          = open::nothing;
        switch (was) {
        case open::nothing:
        case open::table: break;
        case open::paragraph:
            if (sink_.leaf != nullptr) {
                take_definitions();
                if (leaf_.begin < leaf_.end) give_paragraph();
            }
            break;
        case open::html:
            if (sink_.leaf != nullptr)
                each_html_leaf(text_, leaf_.begin, leaf_.end, leaf_, [&](const leaf& x) { give(x); });
            break;
        default: give(leaf_);
        }
    }
    void give_paragraph() {
        std::size_t from = skip_footnote_mark(text_, leaf_.begin, leaf_.end);
        if (leaf_.item_start && leaf_.end - from > 3 && text_[from] == '[' && text_[from + 2] == ']' &&
            (text_[from + 3] == ' ' || text_[from + 3] == '\t') &&
            (text_[from + 1] == ' ' || text_[from + 1] == 'x' || text_[from + 1] == 'X')) {
            from += 4;
            while (from < leaf_.end && (text_[from] == ' ' || text_[from] == '\t')) ++from;
        }
        leaf_.begin = from;
        give(leaf_);
    }
    /// Takes the definitions of links from the head of the paragraph.
    void take_definitions() {
        while (leaf_.begin < leaf_.end && text_[leaf_.begin] == '[') {
            const link_definition d =
                read_definition(text_, leaf_.begin, leaf_.end, static_cast<unsigned>(leaf_.quotes));
            if (d.end == 0) return;
            leaf x = leaf_;
            x.kind = leaf_kind::definition;
            x.end  = d.end;
            give(x);
            leaf_.begin = d.next;
        }
    }

    // ---- Lines ----------------------------------------------------------------------------------------------------------

    void line() {
        std::size_t matched = 0;
        while (matched < depth_ && goes_on(stack_[matched])) ++matched;
        const bool all = matched == depth_;
        if (all && goes_on_in_leaf()) return;

        // What begins. A paragraph that is still open may go on without the marks of what it stands in.
        std::size_t depth  = matched;
        bool        opened = false, direct = all && open_ == open::paragraph;
        while (!l_.blank) {
            const bool lazy = !opened && open_ == open::paragraph;
            if (indent() > 3) {
                if (lazy) break;
                if (!opened) leave(depth);
                begins(block_kind::code);
                read_columns(4);
                return start(open::indented, leaf_kind::code, l_.first, l_.last);
            }
            const char c = text_[l_.first];
            if (ascii_letter(c)) break;
            if (c == '>') {
                if (depth == deepest_container) break;
                if (!opened) leave(depth);
                push(true, 0);
                read_quote();
            } else if (c == '#') {
                const unsigned level = atx_level(text_, l_);
                if (level == 0) break;
                if (!opened) leave(depth);
                begins(block_kind::heading);
                const words_of_heading w = atx_words(text_, l_, level);
                set_heading(level, w.begin, w.end);
                return give_line(leaf_kind::heading, w.begin, w.end, level);
            } else if (c == '`' || c == '~') {
                const std::size_t n = fence_of(text_, l_);
                if (n == 0) break;
                if (!opened) leave(depth);
                begins(block_kind::code);
                fence_        = c;
                fence_length_ = n;
                return start(open::fence, leaf_kind::code, l_.first, l_.last);
            } else if (c == '<') {
                const unsigned kind = html_kind(text_, l_.first, l_.last);
                if (kind == 0 || (kind == 7 && lazy)) break;
                if (!opened) leave(depth);
                begins(block_kind::paragraph);
                html_ = kind;
                start(open::html, leaf_kind::html, l_.first, l_.last);
                if (html_ends(text_, l_.first, l_.last, kind)) close_leaf();
                return;
            } else if (direct && (c == '=' || c == '-') && underlines()) {
                return;
            } else if (direct && (c == '|' || c == ':' || c == '-') && begins_table()) {
                return;
            } else if (is_rule(text_, l_)) {
                if (!opened) leave(depth);
                begins(block_kind::paragraph);
                return give_line(leaf_kind::rule, l_.first, l_.last);
            } else {
                const std::size_t mark = item_mark(text_, l_);
                if (mark == 0 || depth == deepest_container) break;
                if (direct && (l_.first + mark == l_.last || (ascii_digit(c) && (mark != 2 || c != '1')))) break;
                if (!opened) leave(depth);
                const std::size_t offset = indent();
                const bool        blank  = l_.first + mark >= l_.last;
                // Its content begins behind one to four columns of white space, else behind one.
                const std::size_t marked = first_column_ + mark;
                read_mark(mark);
                const std::size_t gap  = first_column_ - marked;
                const std::size_t take = blank || gap < 1 || gap > 4 ? 1 : gap;
                push(false, offset + mark + take);
                read_columns(take);
            }
            depth  = depth_;
            opened = true;
            direct = false;
        }

        if (l_.blank) {
            if (!opened && (!all || open_ != open::nothing)) leave(depth);
            return;
        }
        if (!opened) {
            if (open_ == open::paragraph) return go_on(); // directly, or lazily
            if (all && open_ == open::table) return give_row();
            leave(depth);
        }
        begins(block_kind::paragraph);
        start(open::paragraph, leaf_kind::paragraph, l_.first, l_.last);
        single_     = true;
        line_       = l_.first;
        line_begin_ = l_.begin;
    }

    /// Whether the line belongs to the open leaf whatever it says.
    [[nodiscard]] bool goes_on_in_leaf() {
        switch (open_) {
        case open::fence:
            if (!l_.blank) leaf_.end = l_.last;
            if (indent() < 4 && !l_.blank && text_[l_.first] == fence_) {
                const std::size_t n = run_of(text_, l_.first, l_.last, fence_);
                if (n >= fence_length_ && l_.first + n == l_.last) close_leaf();
            }
            return true;
        case open::indented:
            if (l_.blank) return true;
            if (indent() < 4) return false;
            leaf_.end = l_.last;
            return true;
        case open::html:
            if (l_.blank) {
                if (html_ < 6) return true;
                close_leaf();
                return true;
            }
            leaf_.end = l_.last;
            if (html_ends(text_, l_.first, l_.last, html_)) close_leaf();
            return true;
        default: return false;
        }
    }

    void go_on() {
        before_     = leaf_.end;
        leaf_.end   = l_.last;
        line_       = l_.first;
        line_begin_ = l_.begin;
        single_     = false;
    }

    void set_heading(unsigned level, std::size_t begin, std::size_t end) {
        if (sink_.block != nullptr)
            if (depth_ == 0) {
                pending_.kind       = block_kind::heading;
                pending_.level      = level;
                pending_.text_begin = begin;
                pending_.text_end   = end;
            }
    }

    /// Whether the line makes a heading of the open paragraph.
    [[nodiscard]] bool underlines() {
        const unsigned level = underline_level(text_, l_);
        if (level == 0) return false;
        const std::size_t from = leaf_.begin;
        take_definitions();
        if (leaf_.begin >= leaf_.end) { // nothing but definitions: the line is text
            leaf_.begin = l_.first;
            go_on();
            single_ = true;
            return true;
        }
        if (sink_.block != nullptr)
            if (depth_ == 0 && leaf_.begin > from) {
                std::size_t begin = leaf_.begin;
                while (begin > from && text_[begin - 1] != '\n') --begin;
                start_block(block_kind::paragraph, begin);
            }
        set_heading(level, leaf_.begin, leaf_.end);
        open_       = open::nothing;
        leaf_.kind  = leaf_kind::heading;
        leaf_.level = static_cast<std::uint8_t>(level);
        give(leaf_);
        return true;
    }

    /// Whether the line is the delimiter row below a head row, the last line of the open paragraph.
    [[nodiscard]] bool begins_table() {
        const std::size_t columns = delimiter_columns(text_, l_);
        if (columns == 0 || columns != cells_of(text_, line_, leaf_.end)) return false;
        const std::size_t end = leaf_.end;
        if (!single_) {
            leaf_.end = before_;
            close_leaf();
        }
        if (sink_.block != nullptr)
            if (depth_ == 0) {
                if (single_) pending_.kind = block_kind::table;
                else start_block(block_kind::table, line_begin_);
            }
        leaf_.kind  = leaf_kind::table_head;
        leaf_.begin = line_;
        leaf_.end   = end;
        give(leaf_);
        open_ = open::table;
        return true;
    }
    void give_row() {
        leaf_.kind  = leaf_kind::table_row;
        leaf_.begin = l_.first;
        leaf_.end   = l_.last;
        give(leaf_);
    }
};

} // namespace graft::inline GRAFT_ABI::detail
