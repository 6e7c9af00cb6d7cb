// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/markup/leaves.hpp>
#include <graft/markup/readable.hpp>
#include <graft/schema/chunk.hpp>
#include <graft/sentences/sentence.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace graft::inline GRAFT_ABI::detail {

/// A stretch of a chunk that can be read by itself: a sentence, an item of a list, a row of a table; or a line that names what
/// follows it.
struct passage_unit {
    enum class role : std::uint8_t {
        heading,  ///< a heading, or a line of bold type: it names what follows
        question, ///< it ends with a question mark, or asks in bold type: what follows answers it
        lead,     ///< it ends with a colon, or a list or a table follows it
        prose,    ///< a sentence
        item,     ///< a sentence of a list item
        row,      ///< a row of a table
    };
    role             what  = role::prose;
    std::uint8_t     level = 0; ///< of a heading: 1 to 6, 7 for bold type
    std::uint32_t    list  = 0; ///< items of one list, and rows of one table, have the same number; 0: none
    std::size_t      begin = 0; ///< bytes of the chunk's body: what a citation names
    std::size_t      end   = 0;
    std::string_view text  = {}; ///< as a reader sees it; of a row each cell behind its column's name
    std::string_view head  = {}; ///< of a row: the head row's text
    std::string_view table = {}; ///< of a row: the head row, as it is written
    std::size_t      words = 0;
    bool             whole = false; ///< it says something by itself: no link alone, no fragment of three words
};

/// Past the closing quotes, brackets and marks at the end of a text: its last sign.
[[nodiscard]] inline std::string_view without_closers(std::string_view text) noexcept {
    for (;;) {
        const std::size_t n = text.size();
        if (n >= 1 && (text[n - 1] == '"' || text[n - 1] == '\'' || text[n - 1] == ')' || text[n - 1] == ']' ||
                       text[n - 1] == '*' || text[n - 1] == '_'))
            text.remove_suffix(1);
        else if (text.ends_with("”") || text.ends_with("’") || text.ends_with("」")) text.remove_suffix(3);
        else if (text.ends_with("»")) text.remove_suffix(2);
        else return text;
    }
}
[[nodiscard]] inline bool ends_as_question(std::string_view text) noexcept {
    text = without_closers(text);
    return text.ends_with('?') || text.ends_with("？") || text.ends_with("؟") || text.ends_with("\xCD\xBE"); // U+037E
}
[[nodiscard]] inline bool ends_with_colon(std::string_view text) noexcept {
    text = without_closers(text);
    return text.ends_with(':') || text.ends_with("：");
}
[[nodiscard]] inline bool ends_sentence(std::string_view text) noexcept {
    text                = without_closers(text);
    const std::size_t n = text.size();
    for (std::size_t k = 1; k <= 3 && k <= n; ++k)
        if (terminator_at(text, n - k, n).length == k) return true;
    return false;
}

/// Cuts leaves into units. Needs room for the texts in the context.
template <class F>
class unit_reader {
    const chunk&     of_;
    std::string_view body_;
    context&         memory_;
    F&               f_;
    std::uint32_t    list_ = 0, lists_ = 0;

    [[nodiscard]] passage_unit written(std::size_t begin, std::size_t end, unsigned quotes, readable& seen) {
        arena_text out(memory_, end - begin + 16);
        seen = of_.form == text_form::plain ? write_readable_plain(out, body_, begin, end)
                                            : write_readable(out, body_, begin, end, quotes);
        passage_unit u;
        u.begin = begin;
        u.end   = end;
        u.text  = out.text();
        u.words = seen.words;
        return u;
    }
    void sentence(std::size_t begin, std::size_t end, const leaf& of) {
        begin = skip_line_marks(body_, begin, of);
        while (begin < end && static_cast<unsigned char>(body_[begin]) <= ' ')
            begin = skip_line_marks(body_, begin + 1, of);
        while (end > begin && static_cast<unsigned char>(body_[end - 1]) <= ' ') --end;
        const std::string_view raw = body_.substr(begin, end - begin);
        // "A: They are …": the letter says that an answer follows
        for (const std::string_view label : {"A: ", "A. ", "Answer: ", "**A:** ", "**A**: "})
            if (asked_ && raw.starts_with(label)) {
                begin += label.size();
                break;
            }
        if (begin >= end) return;
        readable     seen;
        passage_unit u    = written(begin, end, of.quotes, seen);
        const bool   item = of.list_depth > 0;
        if (u.text.empty()) return;
        // Links, and little beside them, say where, not what.
        const std::size_t plain = seen.words - seen.linked;
        if (seen.linked > 0 && (plain == 0 || (plain <= 2 && seen.linked >= plain && !ends_sentence(u.text)))) return;
        asked_ = ends_as_question(u.text);
        u.list = item ? list_ : 0;
        // Where no spaces stand between words, bytes tell a fragment.
        const bool long_enough = u.words > (item ? 2 : 3) || (u.words <= 2 && u.text.size() > 36);
        u.whole                = long_enough || ends_sentence(u.text);
        if (asked_) u.what = passage_unit::role::question;
        else if (seen.bold && !ends_sentence(u.text) && !item) u.what = passage_unit::role::heading, u.level = 7;
        else if (ends_with_colon(u.text)) u.what = passage_unit::role::lead;
        else u.what = item ? passage_unit::role::item : passage_unit::role::prose;
        f_(static_cast<const passage_unit&>(u));
    }
    void prose(std::size_t begin, std::size_t end, const leaf& of) {
        // A first line in bold type is a heading of its own, whatever its last sign is.
        const std::size_t feed = body_.substr(0, end).find('\n', begin);
        if (feed != std::string_view::npos && of_.form != text_form::plain &&
            (body_.substr(begin, 2) == "**" || body_.substr(begin, 2) == "__")) {
            std::size_t last = feed;
            while (last > begin && static_cast<unsigned char>(body_[last - 1]) <= ' ') --last;
            const std::string_view line = body_.substr(begin, last - begin);
            if (line.size() > 4 && (line.ends_with("**") || line.ends_with("__"))) {
                sentence(begin, last, of);
                begin = feed + 1;
            }
        }
        each_sentence(body_.substr(begin, end - begin),
                      [&](std::size_t from, std::size_t to) { sentence(begin + from, begin + to, of); });
    }
    void row(const chunk_leaf& x) {
        arena_text  out(memory_, x.end - x.begin + x.head.size() + 64);
        arena_text  head(memory_, x.head.size() + 16);
        std::size_t names[64], ends[64], columns = 0;
        if (!x.head.empty())
            each_cell(x.head, [&](std::size_t from, std::size_t to) {
                if (columns == 64) return;
                if (head.size() > 0) head.push_back(' ');
                names[columns] = head.size();
                (void)write_readable(head, x.head, from, to);
                ends[columns++] = head.size();
            });
        passage_unit u;
        std::size_t  at = 0, filled = 0;
        each_cell(body_, x, [&](std::size_t from, std::size_t to) {
            const std::size_t before = out.size();
            if (before > 0) out.append("; ");
            if (at < columns && ends[at] > names[at]) {
                out.append(head.text().substr(names[at], ends[at] - names[at]));
                out.append(": ");
            }
            const std::size_t cell = out.size();
            u.words += write_readable(out, body_, from, to).words;
            if (out.size() == cell) { // an empty cell says nothing
                while (out.size() > before) out.pop_back();
            } else ++filled;
            ++at;
        });
        if (filled == 0) return;
        u.what  = passage_unit::role::row;
        u.list  = list_;
        u.begin = x.begin;
        u.end   = x.end;
        u.text  = out.text();
        u.head  = head.text();
        u.table = x.head;
        u.whole = filled > 1 || u.words > 3;
        f_(static_cast<const passage_unit&>(u));
    }

    bool asked_ = false; // the unit before is a question

public:
    unit_reader(const chunk& of, context& memory, F& f) : of_(of), body_(of.text.body), memory_(memory), f_(f) {}

    void leaf_of(const chunk_leaf& x) {
        const bool listed = x.list_depth > 0 || x.kind == leaf_kind::table_row || x.kind == leaf_kind::table_head;
        if (!listed) list_ = 0;
        else if (list_ == 0 || x.kind == leaf_kind::table_head) list_ = ++lists_;
        switch (x.kind) {
        case leaf_kind::heading: {
            readable     seen;
            passage_unit u = written(x.begin, x.end, x.quotes, seen);
            u.what         = ends_as_question(u.text) ? passage_unit::role::question : passage_unit::role::heading;
            u.level        = x.level;
            asked_         = u.what == passage_unit::role::question;
            if (!u.text.empty()) f_(static_cast<const passage_unit&>(u));
            // Prose with a line of dashes below it is a heading to Markdown alone.
            if (!asked_ && u.words > 4 && u.text.ends_with('.')) prose(x.begin, x.end, x);
            break;
        }
        case leaf_kind::paragraph:
        case leaf_kind::html:
            if (body_[x.begin] != '|' || of_.form == text_form::plain)
                prose(x.begin, x.end, x); // |: a row without its table
            break;
        case leaf_kind::table_row: row(x); break;
        default: break;
        }
    }
};

/// Calls f(const passage_unit&) for each unit of a chunk, in order. Code, comments, scripts, pictures, link definitions and tags have none.
///
/// Borrows  the chunk; the texts lie in the context.
/// Costs    one pass over the chunk; its bytes, and a little for each unit, of the context.
template <class F>
void each_unit(const chunk& of, context& w, F&& f) {
    unit_reader<std::remove_reference_t<F>> reader(of, w, f);
    each_leaf_of(of, [&](const chunk_leaf& x) { reader.leaf_of(x); });
}

} // namespace graft::inline GRAFT_ABI::detail
