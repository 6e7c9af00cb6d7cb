// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/html/html_article.hpp>
#include <graft/html/html_page.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Writes the elements that are kept as Markdown: headings, lists, tables, quotations and code as such; of links and of what
/// only looks different the words alone; no pictures.
class html_text {
    const std::vector<html_element>* all_;
    html_page*                       out_;
    std::size_t                      at_     = 0; // the element that comes next
    unsigned                         breaks_ = 0;

    [[nodiscard]] bool kept(std::size_t i) const noexcept { return (*all_)[i].kept; }

    void text(const GumboNode* n) {
        const std::string_view s = text_of(n);
        if (breaks_ > 0 && s.find_first_not_of(" \t\r\n") != s.npos) {
            out_->end_line(breaks_ > 1 ? 2 : 1);
            breaks_ = 0;
        }
        out_->letters(n);
    }
    void block(unsigned gap) {
        breaks_ = 0;
        out_->end_line(gap);
    }

    /// What stands in the element at `i`. What is not kept holds what may be kept.
    void inside(std::size_t i) {
        at_ = i + 1;
        each_child((*all_)[i].node, [&](const GumboNode* child) {
            if (is_element(child)) element();
            else if (is_text(child) && kept(i)) text(child);
        });
        at_ = (*all_)[i].end;
    }

    /// The number that an attribute of an element says, within bounds.
    [[nodiscard]] static unsigned number_of(const GumboNode* n, const char* name, unsigned otherwise, unsigned most) {
        const std::string_view s   = attribute_of(n, name);
        unsigned               out = otherwise;
        const auto             end = std::from_chars(s.data(), s.data() + s.size(), out);
        return end.ec == std::errc() && out <= most ? out : otherwise;
    }

    void list(std::size_t i, bool numbered) {
        unsigned number = numbered ? number_of((*all_)[i].node, "start", 1, 99999999) : 0;
        at_             = i + 1;
        each_child((*all_)[i].node, [&](const GumboNode* child) {
            if (is_text(child) && kept(i)) text(child);
            if (!is_element(child)) return;
            if (!is_tag(child, GUMBO_TAG_LI)) return element();
            item(numbered ? std::to_string(number++) + ". " : "- ");
        });
        at_ = (*all_)[i].end;
    }
    void item(const std::string& mark) {
        block(1);
        out_->begin(mark, std::string(mark.size(), ' '));
        inside(at_);
        out_->end();
        block(1);
    }

    void code(std::size_t i) {
        std::size_t      run = 0, longest = 2;
        std::string_view language;
        const auto       look = [&](const GumboNode* n) {
            const std::string_view type = attribute_of(n, "class");
            for (const std::string_view before : {std::string_view("language-"), std::string_view("lang-")})
                if (const std::size_t at = type.find(before); at != type.npos && language.empty())
                    language =
                        type.substr(at + before.size(),
                                          std::min(type.find_first_not_of(
                                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+#-",
                                                 at + before.size()),
                                                   type.size()) -
                                              at - before.size());
        };
        bool       any  = false;
        const auto each = [&](const auto& self, const GumboNode* n, bool write) -> void {
            if (!write) look(n);
            each_child(n, [&](const GumboNode* child) {
                if (is_element(child)) {
                    if (is_hidden(child)) return;
                    if (is_tag(child, GUMBO_TAG_BR) && write) out_->empty_line();
                    self(self, child, write);
                } else if (!is_text(child)) return;
                else if (write) out_->code(child);
                else
                    for (const char c : text_of(child)) {
                        run     = c == '`' ? run + 1 : 0;
                        longest = std::max(longest, run);
                        any     = any || static_cast<unsigned char>(c) > ' ';
                    }
            });
        };
        const GumboNode* n = (*all_)[i].node;
        each(each, n, false);
        at_ = (*all_)[i].end;
        if (!any) return;
        const std::string fence(longest + 1, '`');
        block(2);
        out_->marks(fence + std::string(language));
        out_->end_line(1);
        each(each, n, true);
        out_->end_line(1);
        out_->marks(fence);
        block(2);
    }

    /// A table of data: two columns and rows or more, and in its cells nothing but text.
    [[nodiscard]] bool is_data(std::size_t i, std::size_t& columns) const {
        std::size_t rows = 0, cells = 0;
        columns = 0;
        for (std::size_t k = i + 1; k < (*all_)[i].end; ++k) {
            const GumboNode*           n      = (*all_)[k].node;
            constexpr std::string_view more[] = {"table", "ul", "ol", "dl",      "pre",    "blockquote",
                                                 "h1",    "h2", "h3", "article", "section"};
            if (is_one_of(name_of(n), more)) return false;
            if (is_tag(n, GUMBO_TAG_TR)) ++rows, cells = 0;
            if (is_tag(n, GUMBO_TAG_TD) || is_tag(n, GUMBO_TAG_TH)) {
                if ((*all_)[k].text > 2000) return false;
                cells += number_of(n, "colspan", 1, 32);
                columns = std::max(columns, cells);
            }
        }
        return rows > 1 && columns > 1 && columns <= 256;
    }
    void row(std::size_t i, std::size_t columns) {
        out_->marks("|");
        out_->cell        = true;
        std::size_t cells = 0;
        at_               = i + 1;
        each_child((*all_)[i].node, [&](const GumboNode* child) {
            if (!is_element(child)) return;
            const std::size_t me = at_;
            out_->made(" ");
            inside(me);
            out_->no_space();
            for (std::size_t n = number_of(child, "colspan", 1, 32); n > 0; --n, ++cells)
                out_->made(n == 1 ? " |" : " | ");
        });
        for (; cells < columns; ++cells) out_->made("  |");
        out_->cell = false;
        block(1);
        at_ = (*all_)[i].end;
    }
    void table(std::size_t i, std::size_t columns) {
        block(2);
        bool head = true;
        for (std::size_t k = i + 1; k < (*all_)[i].end;) {
            const GumboNode* n = (*all_)[k].node;
            at_                = k;
            if (is_tag(n, GUMBO_TAG_CAPTION)) {
                inside(k);
                block(2);
                k = (*all_)[k].end;
            } else if (is_tag(n, GUMBO_TAG_TR)) {
                if (kept(k)) row(k, columns);
                if (kept(k) && head) {
                    std::string line = "|";
                    for (std::size_t c = 0; c < columns; ++c) line += " --- |";
                    out_->marks(line);
                    block(1);
                    head = false;
                }
                k = (*all_)[k].end;
            } else ++k;
        }
        at_ = (*all_)[i].end;
        block(2);
    }

    /// Writes the element that comes next.
    void element() {
        const std::size_t   i       = at_;
        const html_element& it      = (*all_)[i];
        const auto          name    = name_of(it.node);
        std::size_t         columns = 0;
        if (!it.kept || out_->cell) {
            const bool between = out_->cell && (html_is_block(name) || name == "br");
            if (between) out_->end_line(0);
            inside(i);
            if (between) out_->end_line(0);
        } else if (name == "br") {
            ++breaks_;
            at_ = it.end;
        } else if (name == "hr") {
            block(2);
            at_ = it.end;
        } else if (name.size() == 2 && name[0] == 'h' && ascii_digit(name[1])) {
            block(2);
            out_->heading(static_cast<unsigned>(name[1] - '0'));
            in_one_line(i);
            out_->no_heading();
            block(2);
        } else if (name == "pre" || name == "listing") {
            code(i);
        } else if (name == "ul" || name == "ol" || name == "menu" || name == "dir") {
            const bool nested = in_list_;
            block(nested ? 1 : 2);
            in_list_ = true;
            list(i, name == "ol");
            in_list_ = nested;
            block(nested ? 1 : 2);
        } else if (name == "li") {
            item("- ");
        } else if (name == "blockquote") {
            block(2);
            out_->begin("> ", "> ");
            inside(i);
            out_->end();
            block(2);
        } else if (name == "table" && is_data(i, columns)) {
            table(i, columns);
        } else if (name == "samp" || name == "kbd") {
            quoted_code(i);
        } else if (name == "q") {
            out_->marks("\"");
            inside(i);
            out_->made("\"");
        } else if (html_is_block(name)) {
            const unsigned gap = name == "dt" || name == "dd" || name == "tr" || name == "td" || name == "th" ? 1 : 2;
            block(gap);
            inside(i);
            block(gap);
        } else {
            inside(i);
        }
    }
    void in_one_line(std::size_t i) {
        bool any = false;
        for (std::size_t k = i; k < (*all_)[i].end; ++k) any = any || (kept(k) && (*all_)[k].text > 0);
        if (!any) {
            at_ = (*all_)[i].end;
            return;
        }
        out_->start();
        out_->cell = true;
        inside(i);
        out_->no_space();
        out_->cell = false;
        breaks_    = 0;
    }
    /// Code in a line: between marks where it has none of them itself.
    void quoted_code(std::size_t i) {
        const GumboNode* n = (*all_)[i].node;
        const bool       one =
            n->v.element.children.length == 1 && is_text(static_cast<const GumboNode*>(n->v.element.children.data[0]));
        const auto s = one ? text_of(static_cast<const GumboNode*>(n->v.element.children.data[0])) : std::string_view();
        const bool fine = !s.empty() && s.size() < 500 && s.find('`') == s.npos && s.front() > ' ' && s.back() > ' ';
        if (fine) out_->marks("`");
        out_->plain = fine;
        inside(i);
        out_->plain = false;
        if (fine) out_->made("`");
    }

    bool in_list_ = false;

public:
    html_text(const std::vector<html_element>& all, html_page& out) : all_(&all), out_(&out) {}

    void run() { inside(0); }
};

} // namespace graft::inline GRAFT_ABI::detail
