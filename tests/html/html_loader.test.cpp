// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "support/scratch_folder.hpp"
#include "support/shared.hpp"

#include <graft/base/random.hpp>
#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/html/html_loader.hpp>
#include <graft/load/folder.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

result<document> read(std::string bytes, bool boilerplate = true) {
    std::vector<error> reports;
    context            c;
    loading            how{c, reports};
    auto               d = html_loader{boilerplate}.read("page.html", std::move(bytes), how);
    if (d) {
        REQUIRE(detail::are_origins(d->origins, d->text.size(), d->size));
        REQUIRE(unicode::first_invalid(d->text) == std::string_view::npos);
    }
    return d;
}
std::string text_of(std::string bytes) { return read("<!doctype html>" + std::move(bytes)).value().text; }

/// What `words` of the text of a page came from.
std::string source(const std::string& page, std::string_view words) {
    const document    d  = read(page).value();
    const std::size_t at = d.text.find(words);
    REQUIRE(at != std::string::npos);
    const byte_span from = d.origin(at, at + words.size());
    return page.substr(from.begin, from.end - from.begin);
}

} // namespace

TEST_CASE("a page becomes Markdown in its order, with headings, lists, tables, quotations and code") {
    CHECK(text_of("<h1>The <b>crane</b></h1><p>It lifts\n  nine<br>tons.<p>Twice.<h3>Use</h3>") ==
          "# The crane\n\nIt lifts nine\ntons.\n\nTwice.\n\n### Use\n");
    CHECK(text_of("<ul><li>one<li>two<ul><li>in</ul><li><p>a</p><p>b</p></ul><ol start=3><li>x<li>y</ol>") ==
          "- one\n- two\n  - in\n\n- a\n\n  b\n\n3. x\n4. y\n");
    CHECK(text_of("<blockquote><p>said<p>twice</blockquote>after") == "> said\n>\n> twice\n\nafter\n");
    CHECK(text_of("<table><caption>Parts</caption><tr><th>part<th>kg<tr><td>a|b<td>9<tr><td colspan=2>all</table>") ==
          "Parts\n\n| part | kg |\n| --- | --- |\n| a\\|b | 9 |\n| all |  |\n");
    CHECK(text_of("<table><tr><td><h2>Layout</h2>words</table>") == "## Layout\n\nwords\n");
    CHECK(text_of(
              "<p>See <code>a_b</code>:<pre><code class='x language-cpp'>int x;\n\n  y(\"```\");\n</code></pre>end") ==
          "See `a_b`:\n\n````cpp\nint x;\n\n  y(\"```\");\n````\n\nend\n");
    CHECK(text_of("<dl><dt>term<dd>meaning</dl>") == "term\nmeaning\n");
    CHECK(text_of("a<!-- no --><script>no()</script><style>no{}</style><svg><title>no</title></svg><img alt=no>b") ==
          "ab\n");
    CHECK(text_of("") == "");
    CHECK(text_of("<p hidden>no<p style='display : none'>no<p><b style=display:none>no</b>yes") == "yes\n");
    CHECK(text_of("<p>cut <b>in</b>to<i> pieces</i> <a href=x>with a link</a>") == "cut into pieces with a link\n");
}

TEST_CASE("what letters could mean in Markdown is escaped") {
    CHECK(text_of("<p># one<p>1. two<p>- three<p>> four<p>3.5 tons<p>~~~<p>| a") ==
          "\\# one\n\n1\\. two\n\n\\- three\n\n\\> four\n\n3.5 tons\n\n\\~~~\n\n\\| a\n");
    CHECK(text_of("a*b `c` &lt;p> &amp;lt; snake_case _x_ [a](b) {{c}} \\") ==
          "a\\*b \\`c\\` \\<p> \\&lt; snake_case \\_x\\_ [a]\\(b) \\{{c}} \\\\\n");
    for (const char* words :
         {"# a", "1. a", "- a", "> a", "```", "~~~", "+ a", "===", "---", "| a | b |", "[a]: b", "<div>"}) {
        CAPTURE(words);
        std::string escaped;
        for (const char c : std::string_view(words)) escaped += c == '<' ? std::string("&lt;") : std::string(1, c);
        const std::string all    = text_of("<p>" + escaped);
        unsigned          blocks = 0;
        detail::each_markdown_block(all, 0, all.size(), [&](const detail::block& b) {
            CHECK(b.kind == detail::block_kind::paragraph);
            return ++blocks > 0;
        });
        CHECK(blocks == 1);
    }
}

TEST_CASE("each word knows the bytes of the file that it came from") {
    const std::string page =
        "<!doctype html><body><!-- x --><p>Gr&uuml;n &amp; <b>bl</b>au,\n   caf\u00E9</p><pre>a &lt; b\n</pre>";
    CHECK(source(page, "Gr\u00FCn") == "Gr&uuml;n");
    CHECK(source(page, "&") == "&amp;");
    CHECK(source(page, "blau") == "bl</b>au");
    CHECK(source(page, "au, caf\u00E9") == "au,\n   caf\u00E9");
    CHECK(source(page, "a < b") == "a &lt; b");
    CHECK(source("<h2>Tides</h2>", "## Tides") == "Tides"); // of a mark that is not there nothing
    CHECK(source("<p>&notit; &copy2020 &#x41;&#66; a&b", "\u00ACit;") == "&notit;");
    CHECK(source("<p>&notit; &copy2020 &#x41;&#66; a&b", "\u00A92020") == "&copy2020");
    CHECK(source("<p>&notit; &copy2020 &#x41;&#66; a&b", "AB") == "&#x41;&#66;");
    CHECK(source("<p>&notit; &copy2020 &#x41;&#66; a&b", "a\\&b") == "a&b");

    // Any word of any page: its bytes, read alone, are the word.
    const char*    parts[] = {"<p>",      "<b>",      "</b>",  "<div>", "</div>",   "<table><tr><td>",
                              "</table>", "<ul><li>", "</ul>", " \n ",  "<!--x-->", "<a href=x>",
                              "&amp;",    "\r\n",     "<",     "<br>"};
    counter_random rng(7);
    for (unsigned round = 0; round < 300; ++round) {
        std::string   all = "<!doctype html><body>";
        std::uint64_t n   = 0;
        for (unsigned i = 0; i < 40; ++i) {
            all += parts[rng.below(std::size(parts))];
            if (i % 2 == 0) all += " word" + std::to_string(n++) + "x ";
        }
        const document d = read(all).value();
        for (std::uint64_t i = 0; i < n; ++i) {
            const std::string word = "word" + std::to_string(i) + "x";
            const std::size_t at   = d.text.find(word);
            REQUIRE(at != std::string::npos);
            const byte_span from = d.origin(at, at + word.size());
            REQUIRE(all.substr(from.begin, from.end - from.begin) == word);
        }
    }
}

TEST_CASE("a page is read in the encoding that its bytes are in") {
    CHECK(read("<meta charset=iso-8859-1><p>caf\xE9 \x80").value().text == "caf\u00E9 \u20AC\n");
    CHECK(read("<p>na\xEFve caf\xE9").value().text == "na\u00EFve caf\u00E9\n");
    CHECK(read("<meta charset=iso-8859-1><p>caf\u00E9").value().text == "caf\u00E9\n"); // it says so, and is not
    const document latin = read("<meta charset=latin1><p>caf\xE9s").value();
    CHECK(latin.origin(0, 5) == byte_span{24, 28});
    const document cut = read("<meta charset=utf-8><p>a\xFF \u00E9").value();
    CHECK(cut.text == "a\uFFFD \u00E9\n");
    CHECK(cut.damaged == 25);
    CHECK(cut.origin(1, 4) == byte_span{24, 25});
    std::string wide = "\xFF\xFE";
    for (const char c : std::string_view("<p>ab</p>")) wide += c, wide += '\0';
    CHECK(read(wide).value().text == "ab\n");
    CHECK(read(wide).value().origin(0, 2) == byte_span{8, 12});
    CHECK(read("<meta charset=shift_jis><p>\x82\xA0").error().what == fault::other_encoding);
    CHECK(read(std::string("<p>a\0b", 6)).error() == error{fault::not_text, unit::byte, 4, "page.html"});
}

TEST_CASE("title, language, date and address are fields") {
    const document d =
        read("<!doctype html><html lang=en-GB><head><title>Tides &amp; moons</title><meta name=author content='A. Sea'>"
             "<link rel=canonical href='https://example.org/tides'><script type=application/ld+json>"
             "{\"datePublished\" : \"2024-05-01\"}</script></head><body><h1>Other</h1>text")
            .value();
    CHECK(d.title == "Tides & moons");
    CHECK(d.titled);
    CHECK(d.fields.text("language") == "en-GB");
    CHECK(d.fields.text("date") == "2024-05-01");
    CHECK(d.fields.text("canonical") == "https://example.org/tides");
    CHECK(d.fields.text("author") == "A. Sea");
    CHECK(read("<h1>Tides</h1>").value().title == "Tides");
    CHECK(read("<p>nothing").value().title == "page");
}

TEST_CASE("what stands around the text goes, with a switch") {
    std::string page =
        "<!doctype html><body><nav><ul><li><a href=/>Home</a><li><a href=/b>Boats</a></ul></nav><div class=main>";
    for (int i = 0; i < 6; ++i)
        page += "<p>The tide turns twice a day, as the moon goes round, and the sea, which is heavy, follows it a "
                "little later.</p>";
    page += "<ul><li>spring tide<li>neap tide</ul></div><div class=sidebar><a href=/c>Buy a boat</a></div><footer>All "
            "rights reserved</footer>";
    const std::string text = read(page, false).value().text;
    CHECK(text.find("tide turns") != text.npos);
    CHECK(text.find("- spring tide") != text.npos);
    for (const char* gone : {"Boats", "Buy a boat", "rights"}) CHECK(text.find(gone) == text.npos);
    const std::string all = read(page).value().text;
    for (const char* there : {"Boats", "Buy a boat", "rights", "tide turns"}) CHECK(all.find(there) != all.npos);
    CHECK(read("<pre>x=1<span style='display:none'>SECRET</span></pre>").value().text.find("SECRET") ==
          std::string::npos);
    CHECK(read("<p>Short.", false).value().text == "Short.\n"); // a page of few words keeps them
    const std::string few =
        "<nav>Home</nav><p>Open till six.</p><div role=navigation>Next</div><footer>Imprint</footer>";
    CHECK(read(few, false).value().text == "Open till six.\n"); // and not what says itself that it stands around them
    CHECK(read("<nav><a href=/>Home</a></nav><footer>Imprint</footer>", false).value().text.find("Imprint") !=
          std::string::npos); // but where there is nothing else
}

TEST_CASE("what lies deep in xmp, or hidden in what is hidden, is bounded") {
    for (const char* piece :
         {"<div>", "<b hidden>", "<i style='display:none'>", "<span><div></span>", "<form><div></form>"}) {
        std::string page = piece[1] == 'd' ? "<!doctype html><xmp>" : "<!doctype html>";
        for (int i = 0; i < 100'000; ++i) page += piece;
        CHECK(read(page + "</xmp>end").has_value());
    }
}

TEST_CASE("load_folder reads pages beside text, and again only where something changed") {
    const test::scratch_folder folder("html");
    const auto                 at  = std::filesystem::path(folder.path());
    const auto                 put = [&](const char* name, std::string_view bytes) {
        std::ofstream(at / name, std::ios::binary) << bytes;
    };
    put("a.md", "# A\n\nText.\n");
    put("b.html", "<p>Page &amp; more");
    put("c", "<!DOCTYPE html><p>By its bytes");
    put("d.html", "%PDF-1.4");
    put("e.html", std::string_view("<p>\0", 4));
    const corpus plain = load_folder(folder.path()).value();
    CHECK(plain.size() == 1);

    const folder_options how{.with = loaders(markdown_loader{}, html_loader{})};
    const corpus         docs = load_folder(folder.path(), how).value();
    REQUIRE(docs.size() == 3);
    CHECK(docs.find("b.html")->text == "Page & more\n");
    CHECK(docs.find("b.html")->kind == text_format::markdown);
    CHECK(docs.find("c")->text == "By its bytes\n");
    REQUIRE(docs.reports().size() == 2);
    CHECK(docs.reports()[0] ==
          error{fault::not_read, unit::none, static_cast<std::uint64_t>(file_format::pdf), "d.html"});
    CHECK(docs.reports()[1] == error{fault::not_text, unit::byte, 3, "e.html"});

    const corpus again = load_folder(folder.path(), how, &docs).value();
    for (const document& d : docs) CHECK(again.find(d.id) == &d);
    const corpus otherwise =
        load_folder(folder.path(), {.with = loaders(html_loader{.boilerplate = true})}, &docs).value();
    CHECK(otherwise.find("b.html") != docs.find("b.html"));
    CHECK(otherwise.find("b.html")->id == docs.find("b.html")->id);
    const corpus without = load_folder(folder.path(), {}, &docs).value();
    CHECK(without.size() == 1);
    const corpus markup = load_folder(folder.path(), {.read_markup = true}).value();
    CHECK(load_folder(folder.path(), {.read_markup = true, .with = loaders(html_loader{})}, &markup)
              .value()
              .find("b.html")
              ->text == "Page & more\n");

    byte_writer w;
    docs.save(w);
    byte_reader  r(w.bytes(), "corpus");
    const corpus stored = corpus::load(r).value();
    CHECK(stored.find("b.html")->origins == docs.find("b.html")->origins);
    CHECK(stored.find("b.html")->loader == html_loader{}.fingerprint());
}

TEST_CASE("chunkers cut a page as they cut Markdown") {
    corpus      docs;
    std::string page = "<h1>Boats</h1>";
    for (const char* name : {"Sail", "Oar"}) {
        page += std::string("<h2>") + name + "</h2>";
        for (int i = 0; i < 30; ++i) page += "<p>Words about it, and some more of them.";
    }
    document          d      = read(page).value();
    const std::string d_text = d.text;
    REQUIRE(docs.add(std::move(d)));
    const chunk_store chunks = split_documents(docs, markdown{}).value();
    bool              oar    = false;
    for (const chunk& c : chunks.all()) oar = oar || d_text.substr(c.begin).starts_with("## Oar");
    CHECK(oar);
}

TEST_CASE("hostile pages take time and memory in proportion, and lose no text") {
    const auto times = [](std::string_view what, std::size_t n) {
        std::string out = "<!doctype html><body>first ";
        while (out.size() < n) out += what;
        return out + " last";
    };
    for (const char* what : {"<div>",
                             "<p>x",
                             "<b>",
                             "<table><tr><td>",
                             "<a href=x><div>",
                             "<div></div>",
                             "<div><span></div>",
                             "<div><table><td></div>",
                             "<ul><li>x",
                             "<blockquote>x",
                             "<code class=a>",
                             "<p><button>",
                             "</p>",
                             "<svg>",
                             "<select>",
                             "<!",
                             "&amp;",
                             "&",
                             "<x-y/>",
                             "<rt>",
                             "<form><p>",
                             "<h1>",
                             "<option>",
                             "<math><mi>"}) {
        CAPTURE(what);
        const auto begin = std::chrono::steady_clock::now();
        const auto d     = read(times(what, 1000000));
        CHECK(std::chrono::steady_clock::now() - begin <
              std::chrono::seconds(20)); // a fifth of a second, where nothing else runs
        REQUIRE(d);
        CHECK(d->text.find("first") != std::string::npos);
        if (std::string_view(what) != "<select>" && std::string_view(what) != "<!")
            CHECK(d->text.find("last") != std::string::npos);
    }
    std::string many = "<p ";
    for (int i = 0; i < 100000; ++i) many += "a" + std::to_string(i) + "=1 ";
    CHECK(read(many + ">x").value().text == "x\n");
    CHECK(read("<p class=\"" + std::string(1000000, 'x') + "\">x").value().text == "x\n");
    CHECK(read("a<p b=\"" + std::string(1000000, 'x')).value().text == "a\n"); // the page ends within a tag

    // Mutations of a page, and noise.
    const std::string page =
        "<!doctype html><html lang=en><head><title>a</title><body><h1>b</h1><table><tr><td>c<td>d<tr><td>e<td>f</table>"
        "<ul><li>g<li>h</ul><pre>i\n</pre><p>&amp; &copy; <a href='x'>j</a><!-- k --></p><script>l</script>";
    counter_random rng(3);
    for (unsigned round = 0; round < 4000; ++round) {
        std::string it = page;
        for (std::uint64_t n = 1 + rng.below(6); n > 0; --n) {
            const auto at = static_cast<std::size_t>(rng.below(it.size()));
            switch (rng.below(4)) {
            case 0: it[at] = "<>/=\"'&;!- \npbt\xC3\xA9"[rng.below(17)]; break;
            case 1: it.erase(at, 1 + static_cast<std::size_t>(rng.below(9))); break;
            case 2: it.insert(at, it.substr(static_cast<std::size_t>(rng.below(it.size())), 12)); break;
            default: it.resize(at + 1);
            }
            if (it.empty()) it = "<";
        }
        static_cast<void>(read(it, round % 2 == 0));
    }
}
