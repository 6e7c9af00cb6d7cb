// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/markup/lines.hpp>

#include <cstddef>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// Walks the content of a paragraph: past a line feed it skips the marks of quotations.
class paragraph_walk {
    std::string_view text_;
    std::size_t      at_, end_;
    unsigned         quotes_;

public:
    paragraph_walk(std::string_view text, std::size_t at, std::size_t end, unsigned quotes) noexcept
        : text_(text), at_(at), end_(end), quotes_(quotes) {}
    [[nodiscard]] std::size_t at() const noexcept { return at_; }
    /// The byte here, 0 at the end.
    [[nodiscard]] char here() const noexcept { return at_ < end_ ? text_[at_] : '\0'; }
    [[nodiscard]] bool done() const noexcept { return at_ >= end_; }
    void               step() noexcept {
        const bool feed = text_[at_++] == '\n';
        if (feed) at_ = skip_quote_marks(text_, at_, end_, quotes_);
    }
    /// Past spaces, tabs and at most one line feed; says whether there were any.
    bool skip_space() noexcept {
        const std::size_t from = at_;
        skip_blanks();
        if (here() == '\n') step();
        skip_blanks();
        return at_ > from;
    }
    void skip_blanks() noexcept {
        while (here() == ' ' || here() == '\t' || here() == '\r') ++at_;
    }
    /// Whether nothing but white space is left on the line.
    [[nodiscard]] bool line_ends() noexcept {
        skip_blanks();
        return done() || here() == '\n';
    }
};

/// A definition that was read: where its last byte ends, and where the content behind it begins.
struct link_definition {
    std::size_t end  = 0; ///< 0: there is none
    std::size_t next = 0;
};

/// Reads `[label]: destination "title"` at the head of what is left of a paragraph. A footnote (`[^…]:`) is none.
///
/// Source   CommonMark 0.31, chapter 4.7.
[[nodiscard]] inline link_definition read_definition(std::string_view text, std::size_t at, std::size_t end,
                                                     unsigned quotes) noexcept {
    paragraph_walk w(text, at, end, quotes);
    if (w.here() != '[') return {};
    w.step();
    if (w.here() == '^') return {};
    bool words = false;
    for (std::size_t n = 0; w.here() != ']'; ++n) {
        if (w.done() || w.here() == '[' || n > 999) return {};
        if (w.here() == '\\') {
            w.step();
            if (w.done()) return {};
        }
        words = words || static_cast<unsigned char>(w.here()) > ' ';
        w.step();
    }
    w.step();
    if (!words || w.here() != ':') return {};
    w.step();
    w.skip_space();
    if (w.here() == '<') {
        for (w.step(); w.here() != '>'; w.step()) {
            if (w.done() || w.here() == '\n' || w.here() == '<') return {};
            if (w.here() == '\\') {
                w.step();
                if (w.done() || w.here() == '\n') return {};
            }
        }
        w.step();
    } else {
        std::size_t       depth = 0;
        const std::size_t from  = w.at();
        for (; static_cast<unsigned char>(w.here()) > ' ' && w.here() != 0x7f; w.step()) {
            const char c = w.here();
            if (c == '(' && ++depth > 32) return {};
            if (c == ')' && depth-- == 0) return {};
            if (c == '\\' && w.at() + 1 < end && static_cast<unsigned char>(text[w.at() + 1]) > ' ') w.step();
        }
        if (w.at() == from || depth != 0) return {};
    }
    link_definition found;
    const auto      settle = [&](paragraph_walk& at_end) {
        found.end = at_end.at();
        while (text[found.end - 1] == ' ' || text[found.end - 1] == '\t' || text[found.end - 1] == '\r') --found.end;
        if (!at_end.done()) at_end.step();
        found.next = at_end.at();
    };
    paragraph_walk after = w;
    if (after.line_ends()) settle(after);
    if (!w.skip_space()) return found; // without white space there is no title
    const char open = w.here(), close = open == '(' ? ')' : open;
    if (open != '"' && open != '\'' && open != '(') return found;
    for (w.step(); w.here() != close; w.step()) {
        if (w.done() || (open == '(' && w.here() == '(')) return found;
        if (w.here() == '\\') {
            w.step();
            if (w.done()) return found;
        }
    }
    w.step();
    if (w.line_ends()) settle(w);
    return found;
}

/// Past `[^name]:` of a footnote, else `at`.
[[nodiscard]] inline std::size_t skip_footnote_mark(std::string_view text, std::size_t at, std::size_t end) noexcept {
    if (end - at < 5 || text[at] != '[' || text[at + 1] != '^') return at;
    std::size_t i = at + 2;
    while (i < end && static_cast<unsigned char>(text[i]) > ' ' && text[i] != ']' && text[i] != '[') ++i;
    if (i == at + 2 || i + 1 >= end || text[i] != ']' || text[i + 1] != ':') return at;
    i += 2;
    while (i < end && (text[i] == ' ' || text[i] == '\t')) ++i;
    return i < end && text[i] != '\n' && text[i] != '\r' ? i : at;
}

} // namespace graft::inline GRAFT_ABI::detail
