// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>
#include <type_traits>

namespace graft::inline v0_1 {

/// What a stretch of Markdown is.
enum class block_kind : std::uint8_t {
    paragraph, ///< prose, a quotation, a rule, HTML
    heading,   ///< `# …`, or a line underlined with = or -
    code,      ///< fenced or indented
    table,     ///< rows with a delimiter row
    list,      ///< items, each with all that is indented under it
};

/// A block of Markdown and the blank lines behind it.
struct block {
    block_kind  kind       = block_kind::paragraph;
    unsigned    level      = 0; ///< of a heading, 1 to 6
    std::size_t begin      = 0;
    std::size_t end        = 0;
    std::size_t text_begin = 0; ///< of a heading: its words, without marks
    std::size_t text_end   = 0;
};

namespace detail {

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

[[nodiscard]] inline bool closes(std::string_view text, const line_of& l, char c, std::size_t length) noexcept {
    const std::size_t n = run_of(text, l.first, l.last, c);
    return n >= length && l.first + n == l.last;
}

/// The end of a fenced block whose opening line is `l`: past its closing line, or `end`.
[[nodiscard]] inline std::size_t skip_fence(std::string_view text, const line_of& l, std::size_t end) noexcept {
    const std::size_t length = fence_of(text, l);
    for (std::size_t at = l.end; at < end;) {
        const line_of next = read_line(text, at, end);
        at                 = next.end;
        if (closes(text, next, text[l.first], length) && next.indent <= l.indent + 3) return at;
    }
    return end;
}

/// The level of an ATX heading, 0 for none.
[[nodiscard]] inline unsigned atx_level(std::string_view text, const line_of& l) noexcept {
    if (l.indent > 3 || l.blank || text[l.first] != '#') return 0;
    const std::size_t n = run_of(text, l.first, l.last, '#');
    if (n > 6) return 0;
    const char after = l.first + n < l.end ? text[l.first + n] : '\n';
    return after == ' ' || after == '\t' || after == '\n' || after == '\r' ? static_cast<unsigned>(n) : 0;
}

[[nodiscard]] inline bool is_rule(std::string_view text, const line_of& l) noexcept {
    if (l.indent > 3 || l.blank) return false;
    const char c = text[l.first];
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
    if (l.indent > 3 || l.blank) return 0;
    const char c = text[l.first];
    if (c != '=' && c != '-') return 0;
    return l.first + run_of(text, l.first, l.last, c) == l.last ? (c == '=' ? 1u : 2u) : 0u;
}

/// The column where the content of a list item begins, 0 where the line is none.
[[nodiscard]] inline std::size_t item_column(std::string_view text, const line_of& l) noexcept {
    if (l.blank) return 0;
    std::size_t at = l.first;
    if (text[at] == '-' || text[at] == '*' || text[at] == '+') ++at;
    else {
        while (at < l.last && at - l.first < 9 && text[at] >= '0' && text[at] <= '9') ++at;
        if (at == l.first || at == l.last || (text[at] != '.' && text[at] != ')')) return 0;
        ++at;
    }
    if (at < l.last && text[at] != ' ' && text[at] != '\t') return 0;
    std::size_t gap = 0;
    while (at + gap < l.last && text[at + gap] == ' ') ++gap;
    return l.indent + (at - l.first) + (gap >= 1 && gap <= 4 ? gap : 1);
}

[[nodiscard]] inline bool is_delimiter_row(std::string_view text, const line_of& l) noexcept {
    bool dash = false, other = false;
    for (std::size_t i = l.first; i < l.last; ++i) {
        const char c = text[i];
        if (c == '-') dash = true;
        else if (c == '|' || c == ':') other = true;
        else if (c != ' ' && c != '\t') return false;
    }
    return dash && other;
}

/// Where a comment or an element with raw text that begins on the line ends: past the line of its closer. 0: none begins.
[[nodiscard]] inline std::size_t skip_raw(std::string_view text, const line_of& l, std::size_t end) noexcept {
    if (l.indent > 3 || l.blank || text[l.first] != '<') return 0;
    constexpr std::string_view openers[] = {"<!--", "<pre", "<script", "<style", "<textarea"};
    constexpr std::string_view closers[] = {"-->", "</pre>", "</script>", "</style>", "</textarea>"};
    const std::string_view     line      = text.substr(l.first, l.last - l.first);
    for (std::size_t k = 0; k < std::size(openers); ++k) {
        if (!line.starts_with(openers[k])) continue;
        if (k > 0 && line.size() > openers[k].size() && line[openers[k].size()] != '>' &&
            line[openers[k].size()] != ' ')
            continue;
        const std::size_t close = text.substr(0, end).find(closers[k], l.first + openers[k].size());
        return close == std::string_view::npos ? end : read_line(text, close, end).end;
    }
    return 0;
}

/// Whether the line ends a paragraph before it, whatever the paragraph says.
[[nodiscard]] inline bool interrupts(std::string_view text, const line_of& l) noexcept {
    if (l.blank) return true;
    if (l.indent > 3) return false;
    switch (text[l.first]) {
    case '#': return atx_level(text, l) > 0;
    case '`':
    case '~': return fence_of(text, l) > 0;
    case '>': return true;
    case '-':
    case '*':
    case '+':
    case '_': return is_rule(text, l) || (item_column(text, l) > 0 && l.last > l.first + 1);
    case '1':
        return item_column(text, l) > 0 && l.last > l.first + 2 &&
               (text[l.first + 1] == '.' || text[l.first + 1] == ')');
    case '<': return text.substr(l.first, 4) == "<!--";
    default: return false;
    }
}

[[nodiscard]] inline std::size_t skip_blank(std::string_view text, std::size_t at, std::size_t end) noexcept {
    while (at < end) {
        const line_of l = read_line(text, at, end);
        if (!l.blank) break;
        at = l.end;
    }
    return at;
}

/// The end of the list item that begins at `at`: where the next item of the list, or what is no part of it, begins.
[[nodiscard]] inline std::size_t next_item(std::string_view text, std::size_t at, std::size_t end) noexcept {
    line_of           l      = read_line(text, at, end);
    const std::size_t column = item_column(text, l);
    bool              broken = false; // a blank line came before
    for (bool first = true; at < end; first = false) {
        l = read_line(text, at, end);
        if (!first && !l.blank && l.indent < column) {
            if (item_column(text, l) > 0 || broken || interrupts(text, l)) return at;
        }
        broken = l.blank;
        // A fence stands on its own line, or behind the marker.
        if (fence_of(text, l) > 0) at = skip_fence(text, l, end);
        else at = l.end;
    }
    return end;
}

} // namespace detail

/// Calls f(block) for each block of Markdown in [begin, end), in order, until f gives false, if it gives anything. Blocks
/// tile the span: blank lines belong to the block before them, those at the very beginning to the first.
///
/// Gives    the blocks that stand in no other block: a heading in a quotation or a list is part of that.
/// Costs    one pass over the lines; nothing is allocated.
/// Source   CommonMark 0.31, chapter 4, and the tables of GitHub's flavour. Link definitions and most HTML count as prose.
template <class F>
void each_block(std::string_view text, std::size_t begin, std::size_t end, F&& f) {
    using namespace detail;
    std::size_t at = skip_blank(text, begin, end);
    if (at >= end && begin < end) return static_cast<void>(f(block{block_kind::paragraph, 0, begin, end, 0, 0}));
    for (std::size_t from = begin; from < end; from = at) {
        line_of l = read_line(text, at, end);
        block   b{block_kind::paragraph, 0, from, l.end, 0, 0};
        if (const unsigned level = atx_level(text, l); level > 0) {
            b.kind       = block_kind::heading;
            b.level      = level;
            b.text_begin = l.first + level;
            b.text_end   = l.last;
            // A closing run of # counts only behind a space.
            std::size_t close = b.text_end;
            while (close > b.text_begin && text[close - 1] == '#') --close;
            if (close == b.text_begin || text[close - 1] == ' ' || text[close - 1] == '\t') b.text_end = close;
            while (b.text_end > b.text_begin && (text[b.text_end - 1] == ' ' || text[b.text_end - 1] == '\t'))
                --b.text_end;
            while (b.text_begin < b.text_end && (text[b.text_begin] == ' ' || text[b.text_begin] == '\t'))
                ++b.text_begin;
        } else if (l.indent <= 3 && fence_of(text, l) > 0) {
            b.kind = block_kind::code;
            b.end  = skip_fence(text, l, end);
        } else if (l.indent > 3) {
            b.kind = block_kind::code;
            while (b.end < end) {
                const line_of next = read_line(text, b.end, end);
                if (!next.blank && next.indent < 4) break;
                b.end = next.end;
            }
        } else if (const std::size_t raw = skip_raw(text, l, end); raw > 0) {
            b.end = raw;
        } else if (is_rule(text, l)) {
            b.end = l.end;
        } else if (item_column(text, l) > 0) {
            b.kind = block_kind::list;
            for (b.end = l.begin; b.end < end;) {
                b.end = next_item(text, b.end, end);
                if (b.end == end) break;
                const line_of next = read_line(text, b.end, end);
                if (next.indent > 3 || item_column(text, next) == 0 || is_rule(text, next)) break;
            }
        } else {
            line_of next = l;
            if (b.end < end) next = read_line(text, b.end, end);
            if (b.end < end && std::memchr(text.data() + l.first, '|', l.last - l.first) != nullptr &&
                is_delimiter_row(text, next)) {
                b.kind = block_kind::table;
                for (b.end = next.end; b.end < end; b.end = next.end) {
                    next = read_line(text, b.end, end);
                    if (interrupts(text, next)) break;
                }
            } else {
                const bool  quote = text[l.first] == '>';
                std::size_t last  = l.last;
                while (b.end < end) {
                    next = read_line(text, b.end, end);
                    if (next.blank) break;
                    if (const unsigned level2 = quote ? 0 : underline_level(text, next); level2 > 0) {
                        b = {block_kind::heading, level2, b.begin, next.end, l.first, last};
                        break;
                    }
                    if (!(quote && text[next.first] == '>') && interrupts(text, next)) break;
                    b.end = next.end;
                    last  = next.last;
                }
            }
        }
        at = b.end = skip_blank(text, b.end, end);
        if constexpr (std::is_same_v<decltype(f(static_cast<const block&>(b))), bool>) {
            if (!f(static_cast<const block&>(b))) return;
        } else {
            f(static_cast<const block&>(b));
        }
    }
}

} // namespace graft::inline v0_1
