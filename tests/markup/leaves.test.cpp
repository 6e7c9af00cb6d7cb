// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "markup/leaves_oracle.hpp"
#include "support/shared.hpp"

#include <graft/base/random.hpp>
#include <graft/load/front_matter.hpp>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace graft;

namespace {

/// `kind[text]` of every leaf, in order; the lines of a leaf are joined with ¶.
std::string leaves(std::string_view text) {
    static constexpr const char* names[] = {"p", "h", "code", "html", "raw", "comment", "head", "row", "def", "rule"};
    std::string                  out;
    detail::each_leaf(text, 0, text.size(), [&](const leaf& x) {
        out += out.empty() ? "" : " ";
        out += names[static_cast<std::size_t>(x.kind)];
        if (x.kind == leaf_kind::heading) out += std::to_string(x.level);
        out += '[';
        bool first = true;
        detail::each_line_of(text, x, [&](std::size_t begin, std::size_t end) {
            if (!std::exchange(first, false)) out += "¶";
            out += text.substr(begin, end - begin);
        });
        out += ']';
    });
    return out;
}

std::string cells(std::string_view row) {
    std::string out;
    detail::each_cell(row, [&](std::size_t begin, std::size_t end) {
        out += '(';
        out += row.substr(begin, end - begin);
        out += ')';
    });
    return out;
}

/// The examples of the specification.
template <class F>
void each_example(const std::string& spec, F&& f) {
    const std::string fence(32, '`');
    for (std::size_t at = 0; (at = spec.find("\n" + fence + " example\n", at)) != std::string::npos;) {
        const std::size_t from = at + fence.size() + 10, html = spec.find("\n.\n", from - 1);
        std::string       text = spec.substr(from, html + 1 - from);
        for (std::size_t tab; (tab = text.find("→")) != std::string::npos;) text.replace(tab, 3, "\t");
        f(text);
        at = spec.find("\n" + fence, html);
    }
}

} // namespace

TEST_CASE("the leaves of Markdown, their words and their marks") {
    CHECK(leaves("") == "");
    CHECK(leaves("\n \n") == "");
    CHECK(leaves("# A #\ntext\nmore\n\n- a\n\n  b\n1. c\n") == "h1[A] p[text¶more] p[a] p[b] p[c]");
    CHECK(leaves("Two\nlines\n===\n> Set\n> ext\n> ---\n***\n#\n") == "h1[Two¶lines] h2[Set¶ext] rule[***] h1[]");
    CHECK(leaves("> a\n> b\nlazy\n>> c\n\nd") == "p[a¶b¶lazy] p[c] p[d]");
    CHECK(leaves("> - a\n>   b\n> - > c\n>   > d\n") == "p[a¶b] p[c¶d]");
    CHECK(leaves("- [ ] open\n- [x] done\n- [X]\tdone\n- [y] no\n[ ] no\n") ==
          "p[open] p[done] p[done] p[[y] no¶[ ] no]");
    CHECK(leaves("a\n\n    code\n\n    more\n\nb") == "p[a] code[code¶more] p[b]");
    CHECK(leaves("a\r\nb\r\n\r\n# c\r\n```\r\nx\r\n```\r\n") == "p[a¶b] h1[c] code[```¶x¶```]");
    CHECK(leaves("[a]: <b c>\n  'title\n  goes on'\n[d]: e\ntext [a]\n") ==
          "def[[a]: <b c>¶'title¶goes on'] def[[d]: e] p[text [a]]");
    CHECK(leaves("[a]: b\n===\nc\n---\n") == "def[[a]: b] h2[===¶c]");
    CHECK(leaves("> [a]:\n> /url\n> 'x'\ny\n") == "def[[a]:¶/url¶'x'] p[y]");
    CHECK(leaves("[a]: b 'x' y\n\n[b]\n\n[^1]: A note.\n\n[^2]: word\n") ==
          "p[[a]: b 'x' y] p[[b]] p[A note.] p[word]");
}

TEST_CASE("a fence is found behind any list marks, and ends where its item does") {
    for (const std::string mark : {"- ", "* ", "+ ", "1. ", "12) ", "- - ", "-   ", "> ", "> - ", "- > 1. "})
        for (const std::string fence : {"```", "````", "~~~", "~~~~~"}) {
            std::string inside;
            for (const char c : mark) inside += c == '>' ? '>' : ' ';
            CAPTURE(mark);
            CAPTURE(fence);
            const std::string text = mark + fence + "sh\n" + inside + "# x\n" + inside + fence + "\n\n# B\n\ntext\n";
            CHECK(leaves(text).ends_with(fence + "] h1[B] p[text]"));
            // What is not closed ends with its container.
            const std::string open = mark + fence + "sh\n" + inside + "# x\n\n# B\n\ntext\n";
            CHECK(leaves(open).ends_with("# x] h1[B] p[text]"));
        }
}

TEST_CASE("tables, as GitHub's flavour has them") {
    CHECK(leaves("| a | b |\n|---|:-:|\n| 1 | 2 |\n3\n\ntext | no table\n") ==
          "head[| a | b |] row[| 1 | 2 |] row[3] p[text | no table]");
    CHECK(leaves("Prices:\n| a | b |\n|-|-|\n| 1 | 2 |\n") == "p[Prices:] head[| a | b |] row[| 1 | 2 |]");
    CHECK(leaves("one\ntwo\na | b\n- | -\n1 | 2\n> q\n") == "p[one¶two] head[a | b] row[1 | 2] p[q]");
    CHECK(leaves("- a | b\n  --|--\n  1 | 2\n- c\n") == "head[a | b] row[1 | 2] p[c]");
    CHECK(leaves("> a | b\n> --|--\n> 1 | 2\n3 | 4\n") == "head[a | b] row[1 | 2] p[3 | 4]");
    CHECK(leaves("| a | b |\n|---|\n| 1 |\n") == "p[| a | b |¶|---|¶| 1 |]"); // columns that do not match
    CHECK(leaves("a\n:-\n1\n# H\n") == "head[a] row[1] h1[H]");
    CHECK(leaves("a\n---\n") == "h2[a]");
    CHECK(leaves("a | b\n--- | ---\n```\nx\n```\n") == "head[a | b] code[```¶x¶```]");
    CHECK(cells("| a | `b \\| c` | | d\\| |") == "(a)(`b \\| c`)()(d\\|)");
    CHECK(cells("a|b") == "(a)(b)");
    CHECK(cells(" |  x |") == "(x)");
    CHECK(cells("|`a|b`|") == "(`a)(b`)");
    CHECK(cells("|") == "");
    CHECK(cells("") == "");
    CHECK(cells("\\") == "(\\)");
}

TEST_CASE("blocks of HTML show their words and nothing else") {
    CHECK(leaves("<script>\nvar x = 1;\n\ny();\n</script>\ntext") == "raw[<script>¶var x = 1;¶y();¶</script>] p[text]");
    CHECK(leaves("<STYLE>a{}</Style> behind\n\nb") == "raw[<STYLE>a{}</Style>] html[behind] p[b]");
    CHECK(leaves("<!-- a\n\nb --> The text.\nNext.") == "comment[<!-- a¶b -->] html[The text.] p[Next.]");
    CHECK(leaves("<!-- x --> <b>Bold</b> words <!-- y -->\n") ==
          "comment[<!-- x -->] html[Bold</b> words] comment[<!-- y -->]");
    CHECK(leaves("<?php a > b\n?> c\n<!DOCTYPE html>\n<![CDATA[ x ]]>\n") ==
          "raw[<?php a > b¶?>] html[c] raw[<!DOCTYPE html>] raw[<![CDATA[ x ]]>]");
    CHECK(leaves("<details>\n<summary>Who <i>runs</i> it?</summary>\n\nWe do.\n\n</details>\n") ==
          "html[Who <i>runs</i> it?] p[We do.] raw[</details>]");
    CHECK(leaves("<div align=\"a > b\">\n<h1>Name</h1>\n<p>One.\nTwo.</p><p>Three.</p>\n</div>\n") ==
          "h1[Name] html[One.¶Two.] html[Three.]");
    CHECK(leaves("<div>\n<pre>x</pre> y <script>z</script>\n</div>") ==
          "raw[<pre>x</pre>] html[y] raw[<script>z</script>]");
    CHECK(leaves("<ul><li>a<li>b\n</ul>\n") == "html[a] html[b]");
    CHECK(leaves("<img src=\"a\"\nalt=\"b\">\n") == "p[<img src=\"a\"¶alt=\"b\">]"); // no lone tag: inline
    CHECK(leaves("<a id=\"x\">\ntext\n") == "html[text]");
    CHECK(leaves("text\n<a id=\"x\">\n") == "p[text¶<a id=\"x\">]");
    CHECK(leaves("> <div>\n> a\n>\n> b\n") == "html[a] p[b]");
    CHECK(leaves("<div\nclass=\"x\"\n") == "raw[<div¶class=\"x\"]");
    CHECK(leaves("<p>a &lt; b < c</p>") == "html[a &lt; b < c]");
}

TEST_CASE("leaves are in order, apart and inside, and their lines hold no marks") {
    constexpr std::string_view parts[] = {
        "# ",          "\n",    "\n\n", "```", "~~~~", "- ",  "1. ",   "  ",     "\t",   "    ",
        "|",           "---",   "===",  ">",   "<!--", "-->", "<pre>", "x",      "\r\n", "*",
        "</pre>",      "<div>", "[a]:", " b",  "\"",   "\\",  "<p a=", "\n> - ", "\n> ", "| a |\n|---|\n",
        "[a]: /b\n\n", "***\n"};
    counter_random random(5);
    std::size_t    seen[10] = {};
    for (int round = 0; round < 30000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(40); n > 0; --n) text += parts[random.below(std::size(parts))];
        const std::size_t from = random.below(text.size() + 1);
        std::uint64_t     at   = from;
        leaf_kind         last = leaf_kind::rule;
        bool              good = true;
        detail::each_leaf(text, from, text.size(), [&](const leaf& x) {
            ++seen[static_cast<std::size_t>(x.kind)];
            good = good && x.begin >= at && x.end <= text.size() && (x.begin < x.end || x.kind == leaf_kind::heading);
            good = good && (x.kind == leaf_kind::heading) == (x.level > 0) && x.level <= 6;
            if (x.kind == leaf_kind::table_row)
                good = good && (last == leaf_kind::table_head || last == leaf_kind::table_row);
            if (x.begin < x.end)
                good = good && static_cast<unsigned char>(text[x.begin]) != ' ' && text[x.begin] != '\n' &&
                       text[x.end - 1] != ' ' && text[x.end - 1] != '\n';
            std::size_t line = x.begin;
            detail::each_line_of(text, x, [&](std::size_t begin, std::size_t end) {
                good = good && begin >= line && begin < end && end <= x.end;
                line = end;
            });
            detail::each_cell(text, x, [&](std::size_t begin, std::size_t end) {
                good = good && begin >= x.begin && begin <= end && end <= x.end;
            });
            at   = x.end;
            last = x.kind;
        });
        CAPTURE(text);
        CAPTURE(from);
        REQUIRE(good);
    }
    for (const std::size_t n : seen) CHECK(n > 20);
}

TEST_CASE("a text without marks loses nothing: every word stands in a leaf") {
    // Whatever stands around it, a word of its own is in exactly one leaf.
    constexpr std::string_view lines[] = {
        "word",    "> word",   "- word",    "  word", "# word", "| word | word |", "|---|---|", "```",     "",
        "1. word", "> - word", "word\n===", "<div>",  "</div>", "<!-- word",       "word -->",  "    word"};
    counter_random random(6);
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(12); n > 0; --n)
            text += std::string(lines[random.below(std::size(lines))]) + "\n";
        std::size_t expected = 0, found = 0;
        for (std::size_t at = 0; (at = text.find("word", at)) != std::string::npos; at += 4) ++expected;
        detail::each_leaf(text, 0, text.size(), [&](const leaf& x) {
            const std::string_view own = std::string_view(text).substr(x.begin, x.end - x.begin);
            for (std::size_t at = 0; (at = own.find("word", at)) != std::string::npos; at += 4) ++found;
        });
        CAPTURE(text);
        REQUIRE(found == expected);
    }
}

TEST_CASE("hostile texts cost linear time") {
    const auto repeated = [](std::string_view what, std::size_t bytes) {
        std::string out;
        while (out.size() < bytes) out += what;
        return out;
    };
    constexpr std::string_view what[] = {
        ">",         "> ",    "- ",     "`",  "~",         "```\n",        "[",  "[a]: ", "[a]: b \"\n", "[a]: b\n\"",
        "<",         "<!--",  "<div\n", "</", "<a '",      "<p>\n<a b=\"", "| ", "|\n",   "|-",          "a|b\n-|-\n",
        "* * ",      "1. ",   "\t",     " ",  "\\",        "\n>",          "#",  "=",     "-\n",         "<script>",
        "<pre>\n\n", "- a\n", "  - ",   "<?", "<![CDATA[", "a\n",          "&",  "(",     "[a]: b(",     "> ```\n"};
    for (const std::string_view one : what) {
        CAPTURE(one);
        const std::string text   = repeated(one, 4'000'000);
        std::size_t       leaves = 0, blocks = 0;
        bool              deep = false;
        detail::each_leaf(text, 0, text.size(), [&](const leaf& x) {
            ++leaves;
            deep = deep || x.quotes + x.list_depth > 64;
        });
        detail::each_markdown_block(text, 0, text.size(), [&](const detail::block&) { ++blocks; });
        CHECK(blocks > 0); // quadratic time would be hours
        CHECK(!deep);
    }
}

TEST_CASE("a chunk's leaves are the document's, clipped") {
    const std::string text =
        "# A\n\nSome prose here.\n\n```\ncode one\ncode two\n```\n\n| h | i |\n|---|---|\n| 1 | 2 |\n"
        "| 3 | 4 |\n\n> quoted one\n> quoted two\n\n## B\n\nMore.\n";
    std::vector<leaf> all;
    detail::each_leaf(text, 0, text.size(), [&](const leaf& x) { all.push_back(x); });
    std::size_t rows = 0, cut = 0;
    for (std::size_t begin = 0; begin < text.size(); ++begin)
        for (std::size_t end = begin + 1; end <= text.size(); ++end) {
            chunk c{.begin = begin, .end = end, .form = text_form::markdown};
            c.text.body      = std::string_view(text).substr(begin, end - begin);
            c.leaves         = leaves_within(all, begin, end);
            c.head           = "| h | i |";
            std::size_t at   = 0;
            bool        good = true;
            each_leaf_of(c, [&](const chunk_leaf& x) {
                good             = good && x.begin >= at && x.begin < x.end && x.end <= c.text.body.size();
                const auto whole = leaves_within(all, begin + x.begin, begin + x.end);
                good             = good && whole.size() == 1 && whole[0].kind == x.kind;
                good = good && x.cut_front == (whole[0].begin < begin) && x.cut_back == (whole[0].end > end);
                if (!x.cut_front) good = good && whole[0].begin == begin + x.begin;
                if (!x.cut_back) good = good && whole[0].end == begin + x.end;
                good = good && c.text.body[x.begin] != ' ' && c.text.body[x.begin] != '\n';
                good = good && c.text.body[x.end - 1] != '\n';
                if (x.kind == leaf_kind::paragraph && x.quotes > 0) good = good && c.text.body[x.begin] != '>';
                if (x.kind == leaf_kind::table_row) {
                    ++rows;
                    good = good && x.head == "| h | i |";
                }
                cut += x.cut_front ? 1u : 0u;
                at = x.end;
            });
            CAPTURE(begin);
            CAPTURE(end);
            REQUIRE(good);
        }
    CHECK(rows > 1000);
    CHECK(cut > 1000);
}

TEST_CASE("a chunk without leaves is read as what it is") {
    const std::string_view text  = "# A\n\n- one\n- two\ngoes on\n\nb\n";
    const auto             parts = [&](text_form form) {
        chunk c{.end = text.size(), .form = form};
        c.text.body = text;
        std::string out;
        each_leaf_of(c, [&](const chunk_leaf& x) {
            out += "[" + std::string(text.substr(x.begin, x.end - x.begin)) + "]" + (x.item_start ? "*" : "");
        });
        return out;
    };
    CHECK(parts(text_form::unknown) == "[A][one]*[two\ngoes on]*[b]");
    CHECK(parts(text_form::plain) == "[# A][one]*[two\ngoes on]*[b]");
    CHECK(parts(text_form::markdown) == ""); // the document says that there is nothing
    const auto plain = [](std::string_view words) {
        chunk c{.end = words.size(), .form = text_form::plain};
        c.text.body = words;
        std::string out;
        each_leaf_of(
            c, [&](const chunk_leaf& x) { out += "[" + std::string(words.substr(x.begin, x.end - x.begin)) + "]"; });
        return out;
    };
    CHECK(plain("It began in\n1990. Then it\n- as it were - ended.\n\n  * one\n  * two\n") ==
          "[It began in\n1990. Then it\n- as it were - ended.][one][two]");
    CHECK(plain("Bring:\n1. a\n2) b\nand c\r\n \r\nd") == "[Bring:][a][b\nand c][d]");
    CHECK(plain("") == "");
    CHECK(plain("\n\n -\n") == "[-]");
    std::size_t seen = 0;
    chunk       c{.end = text.size()};
    c.text.body = text;
    each_leaf_of(c, [&](const chunk_leaf&) { return ++seen < 2; });
    CHECK(seen == 2);
}

TEST_CASE("the headings above a byte of a chunk") {
    const std::string_view text = "# A\n\na\n\n## B\n\nb\n\n> # quoted\n\n### C\n\nc\n\n## D\n\nd\n";
    chunk                  c{.end = text.size()};
    c.text.body      = text;
    const auto above = [&](std::string_view at) {
        std::string out;
        each_heading_above(c, text.find(at), [&](std::string_view words, unsigned level) {
            out += std::string(words) + std::to_string(level) + " ";
        });
        return out;
    };
    CHECK(above("# A") == "");
    CHECK(above("a\n\n##") == "A1 ");
    CHECK(above("b\n\n") == "A1 B2 ");
    CHECK(above("c\n\n") == "A1 B2 C3 ");
    std::string last;
    each_heading_above(c, text.size(), [&](std::string_view words, unsigned) { last += words; });
    CHECK(last == "AD");
}

#ifdef GRAFT_TEST_MD4C

TEST_CASE("the block structure of every example of the CommonMark specification, as MD4C has it") {
    NEEDS_SHARED(file, "data/documents/commonmark/spec.txt");
    // MD4C 0.4 does not know of version 0.30's <textarea>, which is a block of raw text like <pre>.
    constexpr std::string_view departure = "<textarea>\n\n*foo*\n\n_bar_\n\n</textarea>\n";
    std::size_t                examples = 0, agree = 0;
    each_example(test::slurp(file), [&](const std::string& text) {
        ++examples;
        const std::string ours = test::structure_of(text), theirs = test::structure_by_md4c(text, true);
        if (ours == theirs) {
            ++agree;
            return;
        }
        CAPTURE(text);
        if (text == departure) CHECK(ours == "x");
        else CHECK(ours == theirs);
    });
    std::printf("leaves: %zu of %zu CommonMark examples as MD4C has them\n", agree, examples);
    CHECK(examples == 655);
}

TEST_CASE("the block structure of real pages, as MD4C has it") {
    NEEDS_SHARED(folder, "data/documents");
    std::size_t pages = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".md") continue;
        std::string text = test::slurp(entry.path());
        text.erase(0, read_front_matter(text).body);
        for (std::size_t at = 0; (at = text.find("\n[^", at)) != std::string::npos;)
            text.insert(++at, 1, '\\'); // footnotes
        CAPTURE(entry.path());
        CHECK(test::structure_of(text) == test::structure_by_md4c(text, true));
        ++pages;
    }
    CHECK(pages > 200);
}

TEST_CASE("the block structure of random texts, as MD4C has it") {
    // Without what MD4C 0.4 is known to read otherwise than the reference implementations do: fences and HTML indented by
    // four in a paragraph, a fence right behind one whose item has ended, empty items below a paragraph.
    constexpr std::string_view marks[] = {"", "", "", "> ", "- ", "  ", "1. ", "> > ", "- - ", "2) ", "* "};
    constexpr std::string_view words[] = {"word",  "two words", "# head",     "---",      "===",       "* * *",
                                          "<div>", "</div>",    "<!-- a -->", "<script>", "</script>", "[a]: /b"};
    counter_random             random(8);
    std::size_t                differ = 0;
    for (int round = 0; round < 40000; ++round) {
        std::string text;
        for (std::uint64_t n = 1 + random.below(9); n > 0; --n) {
            // A blank line is only followed by what stands in nothing before it: below a blank line MD4C closes an item
            // that began with a heading or a rule.
            const bool             blank = random.below(6) == 0;
            const std::string_view mark  = blank ? std::string_view{} : marks[random.below(std::size(marks))];
            if (blank) text += "\n";
            text += mark;
            if (!mark.empty() && mark[0] != ' ' && random.below(3) == 0) text += marks[random.below(std::size(marks))];
            text += words[random.below(std::size(words))];
            text += '\n';
        }
        const std::string ours = test::structure_of(text), theirs = test::structure_by_md4c(text, false);
        if (ours == theirs) continue;
        CAPTURE(text);
        if (++differ < 10) CHECK(ours == theirs);
    }
    CHECK(differ == 0);
}

TEST_CASE("tables of random texts, as MD4C has them") {
    constexpr std::string_view marks[] = {"", "> ", "- ", "1. ", "> - ", "- > "};
    counter_random             random(9);
    std::size_t                rows = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
            const std::string mark(marks[random.below(std::size(marks))]);
            std::string       inside;
            for (const char c : mark) inside += c == '>' ? '>' : ' ';
            const std::size_t columns = 2 + random.below(3);
            const auto        row     = [&](std::string_view cell) {
                std::string out = random.below(2) == 0 ? "|" : "";
                for (std::size_t i = 0; i < columns; ++i) out += (i > 0 ? "|" : "") + std::string(cell);
                return out + (random.below(2) == 0 ? "|\n" : "\n");
            };
            text += mark + row(" a ") + inside + row(random.below(2) == 0 ? "---" : " :--: ");
            for (std::uint64_t r = random.below(4); r > 0; --r)
                text += inside + row(random.below(2) == 0 ? "x" : " y z");
            text += random.below(2) == 0 ? "\n# H\n\n" : "\ntext\n\n";
        }
        const std::string ours = test::structure_of(text);
        CAPTURE(text);
        REQUIRE(ours == test::structure_by_md4c(text, true));
        for (const char c : ours) rows += c == 'r' ? 1u : 0u;
    }
    CHECK(rows > 10000);
}

#endif
