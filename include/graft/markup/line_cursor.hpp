// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/markup/lines.hpp>

#include <cstddef>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// A list item or a quotation that is open.
struct md_container {
    std::size_t width  = 0; ///< columns of an item's mark and indentation
    bool        quote  = false;
    bool        filled = false; ///< a block stands in it
};

/// A line of Markdown, and how far it has been read: marks of lists and quotations at its head, one by one. Tabs reach to the
/// next column that four divides, and may be read in part.
struct line_cursor {
    std::string_view text_;
    line_of          l_  = {};             // `first`: where what is not yet read has its first byte of content
    std::size_t      at_ = 0, column_ = 0; // within a tab where that was read in part
    std::size_t      first_column_ = 0;    // of l_.first

    void read(std::size_t at, std::size_t end) noexcept {
        l_            = read_line(text_, at, end);
        at_           = at;
        column_       = 0;
        first_column_ = l_.indent;
    }

    /// Columns of white space before the content.
    [[nodiscard]] std::size_t indent() const noexcept { return first_column_ - column_; }

    /// Reads `n` columns of white space, fewer where the content begins.
    void read_columns(std::size_t n) noexcept {
        for (; n > 0 && at_ < l_.first; --n) {
            const bool tab = text_[at_] == '\t';
            ++column_;
            if (!tab || column_ % 4 == 0) ++at_;
        }
    }
    /// Reads `n` bytes of content, and finds where it goes on.
    void read_mark(std::size_t n) noexcept {
        at_           = l_.first + n;
        column_       = first_column_ + n;
        l_.first      = at_;
        first_column_ = column_;
        while (l_.first < l_.last && (text_[l_.first] == ' ' || text_[l_.first] == '\t')) {
            first_column_ = text_[l_.first] == '\t' ? (first_column_ / 4 + 1) * 4 : first_column_ + 1;
            ++l_.first;
        }
        l_.blank = l_.first >= l_.last;
    }

    void read_quote() noexcept {
        read_mark(1);
        read_columns(1);
    }

    /// Whether a container goes on in this line; reads its mark.
    [[nodiscard]] bool goes_on(const md_container& c) noexcept {
        if (c.quote) {
            if (l_.blank || indent() > 3 || text_[l_.first] != '>') return false;
            read_quote();
            return true;
        }
        if (l_.blank) return c.filled;
        if (indent() < c.width) return false;
        read_columns(c.width);
        return true;
    }
};

} // namespace graft::inline GRAFT_ABI::detail
