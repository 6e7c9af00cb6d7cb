// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstring>
#include <string_view>

// Lines of Markdown, and what one line alone can say.

namespace graft::inline GRAFT_ABI::detail {

/// One line of [begin, end), its line feed included.
struct line_of {
    std::size_t begin  = 0;
    std::size_t end    = 0; // past the line feed
    std::size_t first  = 0; // the first byte that is no space or tab
    std::size_t last   = 0; // past the last byte that is no space, tab, carriage return or line feed
    std::size_t indent = 0; // columns
    bool        blank  = true;
};

[[nodiscard]] inline line_of read_line(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const auto* feed = static_cast<const char*>(std::memchr(text.data() + at, '\n', end - at));
    line_of     l;
    l.begin = at;
    l.end   = feed != nullptr ? static_cast<std::size_t>(feed - text.data()) + 1 : end;
    l.first = at;
    while (l.first < l.end && (text[l.first] == ' ' || text[l.first] == '\t')) {
        l.indent = text[l.first] == '\t' ? (l.indent / 4 + 1) * 4 : l.indent + 1;
        ++l.first;
    }
    l.last = l.end;
    while (l.last > l.first && (text[l.last - 1] == '\n' || text[l.last - 1] == '\r' || text[l.last - 1] == ' ' ||
                                text[l.last - 1] == '\t'))
        --l.last;
    l.blank = l.last == l.first;
    return l;
}

[[nodiscard]] inline std::size_t run_of(std::string_view text, std::size_t at, std::size_t end, char c) noexcept {
    std::size_t n = 0;
    while (at + n < end && text[at + n] == c) ++n;
    return n;
}

/// The length of the fence that the line opens, 0 for none.
[[nodiscard]] inline std::size_t fence_of(std::string_view text, const line_of& l) noexcept {
    const char c = l.blank ? ' ' : text[l.first];
    if (c != '`' && c != '~') return 0;
    const std::size_t n = run_of(text, l.first, l.last, c);
    if (n < 3) return 0;
    if (c == '`' && std::memchr(text.data() + l.first + n, '`', l.last - l.first - n) != nullptr) return 0;
    return n;
}

/// The level of an ATX heading, 0 for none.
[[nodiscard]] inline unsigned atx_level(std::string_view text, const line_of& l) noexcept {
    const std::size_t n = run_of(text, l.first, l.last, '#');
    if (n == 0 || n > 6) return 0;
    const char after = l.first + n < l.last ? text[l.first + n] : ' ';
    return after == ' ' || after == '\t' ? static_cast<unsigned>(n) : 0;
}

struct words_of_heading {
    std::size_t begin = 0, end = 0;
};
/// The words of an ATX heading, without the closing run of #, which counts only behind a space.
[[nodiscard]] inline words_of_heading atx_words(std::string_view text, const line_of& l, unsigned level) noexcept {
    const auto       space = [&](std::size_t i) { return text[i] == ' ' || text[i] == '\t'; };
    words_of_heading w{l.first + level, l.last};
    std::size_t      close = w.end;
    while (close > w.begin && text[close - 1] == '#') --close;
    if (close == w.begin || space(close - 1)) w.end = close;
    while (w.end > w.begin && space(w.end - 1)) --w.end;
    while (w.begin < w.end && space(w.begin)) ++w.begin;
    return w;
}

[[nodiscard]] inline bool is_rule(std::string_view text, const line_of& l) noexcept {
    const char c = l.blank ? ' ' : text[l.first];
    if (c != '-' && c != '*' && c != '_') return false;
    std::size_t n = 0;
    for (std::size_t i = l.first; i < l.last; ++i) {
        if (text[i] == c) ++n;
        else if (text[i] != ' ' && text[i] != '\t') return false;
    }
    return n >= 3;
}

/// 1 or 2 for a line that underlines a heading.
[[nodiscard]] inline unsigned underline_level(std::string_view text, const line_of& l) noexcept {
    const char c = l.blank ? ' ' : text[l.first];
    if (c != '=' && c != '-') return 0;
    return l.first + run_of(text, l.first, l.last, c) == l.last ? (c == '=' ? 1u : 2u) : 0u;
}

/// The bytes of the mark of a list item, 0 where the line begins none.
[[nodiscard]] inline std::size_t item_mark(std::string_view text, const line_of& l) noexcept {
    if (l.blank) return 0;
    std::size_t at = l.first;
    if (text[at] == '-' || text[at] == '*' || text[at] == '+') ++at;
    else {
        while (at < l.last && at - l.first < 9 && text[at] >= '0' && text[at] <= '9') ++at;
        if (at == l.first || at == l.last || (text[at] != '.' && text[at] != ')')) return 0;
        ++at;
    }
    return at == l.last || text[at] == ' ' || text[at] == '\t' ? at - l.first : 0;
}

/// Calls f(begin, end) for each cell of a row of a table, without the white space around it. A pipe behind a backslash parts
/// nothing, wherever it stands; one in a code span does, as GitHub has it.
template <class F>
void each_cell_of(std::string_view text, std::size_t at, std::size_t end, F&& f) {
    const auto space = [&](std::size_t i) { return text[i] == ' ' || text[i] == '\t'; };
    while (at < end && space(at)) ++at;
    while (end > at && (space(end - 1) || text[end - 1] == '\n' || text[end - 1] == '\r')) --end;
    if (at < end && text[at] == '|') ++at;
    for (bool more = at < end; more;) {
        std::size_t bar = at;
        while (bar < end && text[bar] != '|') bar += text[bar] == '\\' && bar + 1 < end ? 2u : 1u;
        std::size_t from = at, to = bar;
        while (from < to && space(from)) ++from;
        while (to > from && space(to - 1)) --to;
        more = bar + 1 < end;
        f(from, to);
        at = bar + 1;
    }
}

[[nodiscard]] inline std::size_t cells_of(std::string_view text, std::size_t at, std::size_t end) noexcept {
    std::size_t n = 0;
    each_cell_of(text, at, end, [&](std::size_t, std::size_t) { ++n; });
    return n;
}

/// The columns of a delimiter row of a table, 0 where the line is none.
[[nodiscard]] inline std::size_t delimiter_columns(std::string_view text, const line_of& l) noexcept {
    bool other = false;
    for (std::size_t i = l.first; i < l.last; ++i) {
        const char c = text[i];
        if (c == '|' || c == ':') other = true;
        else if (c != '-' && c != ' ' && c != '\t') return 0;
    }
    if (!other) return 0;
    std::size_t n    = 0;
    bool        good = true;
    each_cell_of(text, l.first, l.last, [&](std::size_t begin, std::size_t end) {
        ++n;
        begin += begin < end && text[begin] == ':' ? 1u : 0u;
        end -= begin < end && text[end - 1] == ':' ? 1u : 0u;
        good = good && begin < end && begin + run_of(text, begin, end, '-') == end;
    });
    return good ? n : 0;
}

[[nodiscard]] inline std::size_t skip_blank(std::string_view text, std::size_t at, std::size_t end) noexcept {
    while (at < end) {
        const line_of l = read_line(text, at, end);
        if (!l.blank) break;
        at = l.end;
    }
    return at;
}

/// Past the white space and up to `quotes` marks of quotations at the head of a line.
[[nodiscard]] inline std::size_t skip_quote_marks(std::string_view text, std::size_t at, std::size_t end,
                                                  unsigned quotes) noexcept {
    for (;;) {
        while (at < end && (text[at] == ' ' || text[at] == '\t')) ++at;
        if (quotes == 0 || at >= end || text[at] != '>') return at;
        --quotes;
        ++at;
    }
}

} // namespace graft::inline GRAFT_ABI::detail
