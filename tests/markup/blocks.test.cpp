// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "support/shared.hpp"

#include <graft/base/random.hpp>
#include <graft/docs/title.hpp>
#include <graft/load/front_matter.hpp>
#include <graft/markup/blocks.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

std::string kinds(std::string_view text) {
    std::string out;
    detail::each_markdown_block(text, 0, text.size(), [&](const detail::block& b) {
        out += b.kind == detail::block_kind::heading ? static_cast<char>('0' + b.level)
               : b.kind == detail::block_kind::code  ? 'c'
               : b.kind == detail::block_kind::table ? 't'
               : b.kind == detail::block_kind::list  ? 'l'
                                                     : 'p';
    });
    return out;
}

/// The levels of the headings of an HTML text that stand in nothing else.
std::string levels_of_html(std::string_view html) {
    std::string out;
    int         depth = 0;
    for (std::size_t i = 0; i < html.size(); ++i) {
        const std::string_view at = html.substr(i);
        if (at.starts_with("<blockquote") || at.starts_with("<ul") || at.starts_with("<ol")) ++depth;
        if (at.starts_with("</blockquote") || at.starts_with("</ul") || at.starts_with("</ol")) --depth;
        if (depth == 0 && at.size() > 3 && at[0] == '<' && at[1] == 'h' && at[2] >= '1' && at[2] <= '6' && at[3] == '>')
            out += at[2];
    }
    return out;
}

} // namespace

TEST_CASE("the blocks of Markdown") {
    CHECK(kinds("") == "");
    CHECK(kinds("\n \n") == "p");
    CHECK(kinds("# A\ntext\nmore\n\n## B ##\n###### C\n####### no\n#no\n") == "1p26p");
    CHECK(kinds("Title\n=====\n\nTwo\nlines\n---\n\n---\ntext") == "12pp");
    CHECK(kinds("```\n# no\n\n```\n# yes\n~~~~ x\n~~~\n# no\n~~~~\n# yes\n```\nopen to the end\n# no") == "c1c1c");
    CHECK(kinds("    # code\n\n    still\n   # heading\ntext\n    no code\n") == "c1p");
    CHECK(kinds("- a\n- b\n\n  # inside\n\n1. c\n\ntext\n") == "lp"); // lists that follow each other are one block
    CHECK(kinds("- a\n  ```\n  # no\n  ```\n- b\n# yes\n") == "l1");
    CHECK(kinds("- ```\n  # no\n  ```\n- b\n# yes\n") == "l1");
    CHECK(kinds("1. ~~~\n# yes: the item ends, and its fence\n") == "l1");
    CHECK(kinds("text\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[a]: b\nSet\n---\n") == "ptp2");
    CHECK(kinds("| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n# H\n") == "t1");
    CHECK(kinds("a | b\n--- | ---\n1 | 2\n\ntext | no table\nmore\n") == "tp");
    CHECK(kinds("> # quoted\n> text\nlazy\n\n# yes\n") == "p1");
    CHECK(kinds("<!-- a\n\n# no\n-->\n# yes\n<pre>\n\n# no\n</pre>\n# yes\n") == "p1p1");
    CHECK(kinds("#\ttab\r\n\r\nSet\r\n===\r\ntext\r\n") == "11p");
}

TEST_CASE("blocks tile any bytes") {
    constexpr std::string_view parts[] = {"# ", "\n",  "\n\n", "```", "~~~~", "- ",  "1. ",   "  ", "\t",   "    ",
                                          "|",  "---", "===",  ">",   "<!--", "-->", "<pre>", "x",  "\r\n", "*"};
    counter_random             random(3);
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(40); n > 0; --n) text += parts[random.below(std::size(parts))];
        std::size_t at = 0;
        detail::each_markdown_block(text, 0, text.size(), [&](const detail::block& b) {
            REQUIRE(b.begin == at);
            REQUIRE(b.end > b.begin);
            REQUIRE(b.text_begin <= b.text_end);
            REQUIRE(b.text_end <= b.end);
            at = b.end;
        });
        REQUIRE(at == text.size());
    }
}

TEST_CASE("headings agree with the examples of the CommonMark specification") {
    NEEDS_SHARED(file, "data/documents/commonmark/spec.txt");
    const std::string spec = test::slurp(file);
    const std::string fence(32, '`');
    std::size_t       examples = 0, agree = 0;
    for (std::size_t at = 0; (at = spec.find("\n" + fence + " example\n", at)) != std::string::npos;) {
        const std::size_t from = at + fence.size() + 10;
        const std::size_t html = spec.find("\n.\n", from - 1);
        const std::size_t end  = spec.find("\n" + fence, html);
        std::string       text = spec.substr(from, html + 1 - from);
        for (std::size_t tab; (tab = text.find("→")) != std::string::npos;) text.replace(tab, 3, "\t");
        std::string ours;
        detail::each_markdown_block(text, 0, text.size(), [&](const detail::block& b) {
            if (b.kind == detail::block_kind::heading) ours += static_cast<char>('0' + b.level);
        });
        ++examples;
        agree += ours == levels_of_html(std::string_view(spec).substr(html, end - html)) ? 1u : 0u;
        at = end;
    }
    std::printf("headings: %zu of %zu CommonMark examples agree\n", agree, examples);
    CHECK(examples > 600);
    CHECK(agree * 100 >= examples * 98);

    // The specification itself: its chapters, and none of the headings in its examples.
    std::size_t chapters = 0, expected = 0;
    detail::each_markdown_block(spec, read_front_matter(spec).body, spec.size(), [&](const detail::block& b) {
        chapters += b.kind == detail::block_kind::heading ? 1u : 0u;
    });
    bool fenced = false;
    for (std::size_t at = 0; at < spec.size(); at = spec.find('\n', at) + 1) {
        if (spec.compare(at, 32, fence) == 0) fenced = !fenced;
        if (!fenced && spec[at] == '#') ++expected;
        if (spec.find('\n', at) == std::string::npos) break;
    }
    CHECK(chapters == expected);
}

TEST_CASE("a title comes from the fields, the first heading, or the name") {
    const auto title = [](document d) {
        detail::give_title(d);
        return d.title + (d.titled ? "" : "?");
    };
    CHECK(title({.name = "a/b.c.md", .text = "text", .kind = text_format::markdown}) == "b.c?");
    CHECK(title({.name = "a.md", .text = "## no\n\n#  The\ttitle #\n\n# second", .kind = text_format::markdown}) ==
          "The title");
    CHECK(title({.name = "a.md", .text = "Two\nlines\n===", .kind = text_format::markdown}) == "Two lines");
    CHECK(title({.name = "a.txt", .text = "# no", .kind = text_format::plain}) == "a?");
    CHECK(title({.name = ".profile", .text = "x"}) == ".profile?");
    document d{.name = "a.md", .text = "# no", .kind = text_format::markdown};
    d.fields.set("title", std::string(" Given\n once "));
    CHECK(title(d) == "Given once");
}
