// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/html/html_origin.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Writes lines of Markdown and remembers where each byte came from. What letters could be mistaken for marks is escaped.
class html_page {
    struct container {
        std::string first, other; // what stands before its first line, and before the others
        bool        begun = false;
    };

    static constexpr std::size_t deepest = 16; // lists and quotations within each other that are told apart

    const html_places*     places_;
    std::size_t            deeper_ = 0;
    std::vector<container> within_;
    std::string            mark_;          // of a heading, before the line that comes
    unsigned               gap_   = 0;     // lines to end before the next one
    bool                   open_  = false; // a line is being written
    bool                   space_ = false; // white space is due
    byte_span              space_at_;
    bool                   numeral_ = false; // nothing but digits in the line so far
    std::uint64_t          last_    = 0;     // the place in the file that was written last

    void write(char c, byte_span from) {
        add_origin(origins, text.size(), from.begin, from.end);
        text += c;
        last_ = from.end;
    }
    void begin_line() {
        if (open_) return;
        if (text.empty()) gap_ = 0;
        if (gap_ > 0) made("\n");
        if (gap_ > 1) {
            std::string before;
            for (const container& c : within_)
                if (c.begun) before += c.other;
            before.erase(before.find_last_not_of(' ') + 1);
            made(before + "\n");
        }
        for (container& c : within_) {
            made(c.begun ? c.other : c.first);
            c.begun = true;
        }
        made(mark_);
        mark_.clear();
        open_ = true, space_ = false, gap_ = 0;
    }
    [[nodiscard]] static bool word(char c) noexcept {
        return ascii_alnum(c) || (static_cast<unsigned char>(c) & 0x80) != 0;
    }

    /// Whether a letter has to be escaped: as the first of a line, or where it stands.
    [[nodiscard]] bool escaped(char c, char next, bool first) const noexcept {
        const char before = text.empty() ? '\n' : text.back();
        switch (c) {
        case '\\':
        case '`':
        case '*': return true;
        case '_': return !word(before) || !word(next);
        case '<': return ascii_letter(next) || next == '/' || next == '!' || next == '?';
        case '&': return ascii_letter(next) || next == '#';
        case '(':
        case '[':
        case ':': return before == ']' || (c == '[' && next == '^');
        case '{': return next == '{' || next == '%';
        case '|': return cell || first;
        case '#':
        case '>':
        case '=':
        case '~': return first;
        case '-':
        case '+': return first;
        case '.':
        case ')': return numeral_ && !first && (next == ' ' || next == '\n' || next == '\0');
        default: return false;
        }
    }

public:
    std::string              text    = {};
    std::vector<text_origin> origins = {};
    bool                     cell    = false; ///< within a row of a table: nothing ends its line
    bool                     plain   = false; ///< within code: nothing is escaped

    explicit html_page(const html_places& places) : places_(&places) {}

    /// Writes what no byte of the file stands for.
    void made(std::string_view marks) {
        if (marks.empty()) return;
        if (origins.empty() || origins.back().end > origins.back().begin || origins.back().begin != last_)
            origins.push_back({text.size(), last_, last_});
        text += marks;
    }
    /// Writes marks within a line, behind the white space that is due.
    void marks(std::string_view of) {
        start();
        made(of);
    }
    /// Begins a line where none is open, and writes the white space that is due.
    void start() {
        const bool first = !open_;
        begin_line();
        if (first) numeral_ = true;
        if (space_ && !first) // the last byte of it stands for all
            write(' ',
                  {std::max(space_at_.begin, space_at_.end - std::min<std::size_t>(space_at_.end, 1)), space_at_.end});
        space_ = false;
    }
    void begin(std::string first, std::string other) {
        end_line(0);
        if (within_.size() < deepest) within_.push_back({std::move(first), std::move(other)});
        else ++deeper_;
    }
    void end() {
        end_line(0);
        if (deeper_ > 0) --deeper_;
        else within_.pop_back();
    }
    void heading(unsigned level) { mark_ = std::string(level, '#') + " "; }
    void no_heading() { mark_.clear(); }

    /// Ends the line, if one is open; at least `gap` ends of line come before the next.
    void end_line(unsigned gap) {
        if (cell) {
            space_    = space_ || open_;
            space_at_ = {last_, last_};
            return;
        }
        open_ = space_ = false;
        gap_           = std::max(gap_, gap);
    }
    /// White space that is due is not written.
    void no_space() noexcept { space_ = false; }
    /// The next line is one, even without letters: of code.
    void empty_line() {
        begin_line();
        open_ = false, gap_ = 1;
    }

    /// Writes a text node, white space folded.
    void letters(const GumboNode* n) {
        each_character(n, [&](std::string_view c, byte_span from, char next) {
            const bool white = c == " " || c == "\n" || c == "\t" || c == "\r" || c == "\f" || c == "\u00A0";
            if (white) {
                space_at_ = space_ ? byte_span{space_at_.begin, std::max(space_at_.end, from.end)} : from;
                space_    = true;
                return;
            }
            const bool first = !open_;
            start();
            if (!plain && escaped(c[0], next, first && !cell)) made("\\");
            put(c, from);
            numeral_ = numeral_ && ascii_digit(c[0]);
        });
    }
    /// Writes a text node of code, as it stands.
    void code(const GumboNode* n) {
        each_character(n, [&](std::string_view c, byte_span from, char) {
            if (c == "\n") return empty_line();
            begin_line();
            put(c, from);
        });
    }

private:
    void put(std::string_view c, byte_span from) {
        if (from.end - from.begin == c.size())
            for (std::size_t i = 0; i < c.size(); ++i) write(c[i], {from.begin + i, from.begin + i + 1});
        else {
            origins.push_back({text.size(), from.begin, from.end});
            text += c;
            last_ = from.end;
        }
    }
    template <class F>
    void each_character(const GumboNode* n, F&& f) {
        const std::string_view all = text_of(n);
        const std::size_t      at  = places_->place(n->v.text.original_text);
        const std::string_view raw(n->v.text.original_text.data, at == all.npos ? 0 : n->v.text.original_text.length);
        html_alignment         beside(all, raw);
        for (std::size_t i = 0; i < all.size();) {
            const std::size_t length = std::max(1u, unicode::decode(all, i).length);
            const byte_span   in_raw = beside.next(i, length);
            const byte_span   from =
                at == all.npos ? byte_span{last_, last_} : places_->of(at + in_raw.begin, at + in_raw.end);
            f(all.substr(i, length), from, i + length < all.size() ? all[i + length] : '\0');
            i += length;
        }
    }
};

} // namespace graft::inline GRAFT_ABI::detail
