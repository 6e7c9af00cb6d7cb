// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/markup/leaves.hpp>

#ifdef GRAFT_TEST_MD4C
#    include <md4c.h>
#endif

#include <cstddef>
#include <string>
#include <string_view>

// The block structure of Markdown as a line of text: one word a leaf, `p` a paragraph, `1` to `6` a heading, `c` code, `x` a block
// of HTML, `t` the head of a table, `r` a row of it, `-` a rule; behind it a `>` for each quotation it stands in and a `*` for
// each list item. Blocks of HTML that follow each other are one; definitions of links are none.

namespace test {

class structure {
    std::string out_;
    std::string last_;

public:
    void add(char what, std::size_t quotes, std::size_t items) {
        std::string word(1, what);
        word += std::string(quotes, '>') + std::string(items, '*');
        if (what == 'x' && word == last_) return;
        if (!out_.empty()) out_ += ' ';
        out_ += last_ = word;
    }
    [[nodiscard]] const std::string& text() const noexcept { return out_; }
};

inline std::string structure_of(std::string_view text) {
    structure out;
    graft::detail::each_leaf(text, 0, text.size(), [&](const graft::leaf& x) {
        using enum graft::leaf_kind;
        if (x.kind == definition) return;
        const char what = x.in_html              ? 'x'
                          : x.kind == heading    ? static_cast<char>('0' + x.level)
                          : x.kind == code       ? 'c'
                          : x.kind == rule       ? '-'
                          : x.kind == table_head ? 't'
                          : x.kind == table_row  ? 'r'
                                                 : 'p';
        out.add(what, x.quotes, x.list_depth);
    });
    return out.text();
}

#ifdef GRAFT_TEST_MD4C

/// The same from MD4C.
inline std::string structure_by_md4c(std::string_view text, bool tables) {
    struct state {
        structure   out    = {};
        std::size_t quotes = 0, items = 0;
        bool        leaf = false, head = false; // within a leaf; within the head of a table

        void bare() { // the text of a tight list item stands in no paragraph
            if (!leaf) out.add('p', quotes, items);
            leaf = true;
        }
    } s;
    MD_PARSER how{};
    how.flags       = tables ? MD_FLAG_TABLES : 0;
    how.enter_block = [](MD_BLOCKTYPE type, void* detail, void* user) {
        state& now = *static_cast<state*>(user);
        now.leaf   = true;
        switch (type) {
        case MD_BLOCK_QUOTE: ++now.quotes, now.leaf = false; break;
        case MD_BLOCK_LI: ++now.items, now.leaf = false; break;
        case MD_BLOCK_HR: now.out.add('-', now.quotes, now.items); break;
        case MD_BLOCK_H:
            now.out.add(static_cast<char>('0' + static_cast<MD_BLOCK_H_DETAIL*>(detail)->level), now.quotes, now.items);
            break;
        case MD_BLOCK_CODE: now.out.add('c', now.quotes, now.items); break;
        case MD_BLOCK_HTML: now.out.add('x', now.quotes, now.items); break;
        case MD_BLOCK_P: now.out.add('p', now.quotes, now.items); break;
        case MD_BLOCK_THEAD: now.head = true; break;
        case MD_BLOCK_TBODY: now.head = false; break;
        case MD_BLOCK_TR: now.out.add(now.head ? 't' : 'r', now.quotes, now.items); break;
        default: break;
        }
        return 0;
    };
    how.leave_block = [](MD_BLOCKTYPE type, void*, void* user) {
        state& now = *static_cast<state*>(user);
        if (type == MD_BLOCK_QUOTE) --now.quotes;
        if (type == MD_BLOCK_LI) --now.items;
        if (type != MD_BLOCK_TH && type != MD_BLOCK_TD && type != MD_BLOCK_TR) now.leaf = false;
        return 0;
    };
    how.enter_span = [](MD_SPANTYPE, void*, void* user) { return static_cast<state*>(user)->bare(), 0; };
    how.leave_span = [](MD_SPANTYPE, void*, void*) { return 0; };
    how.text = [](MD_TEXTTYPE, const MD_CHAR*, MD_SIZE, void* user) { return static_cast<state*>(user)->bare(), 0; };
    md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &how, &s);
    return s.out.text();
}

#endif

} // namespace test
