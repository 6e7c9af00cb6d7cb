// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/prompt/citations.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;
using test::operator""_d;

namespace {

struct reading {
    std::vector<detail::mark_at> marks        = {};
    std::size_t                  malformed    = 0;
    std::size_t                  out_of_range = 0;

    bool operator==(const reading&) const = default;
};
template <class Cut>
reading read(std::string_view text, std::uint32_t sources, Cut cut) {
    reading             out;
    detail::mark_reader reader(sources);
    while (!text.empty()) {
        const std::size_t n = cut(text.size());
        reader.feed(text.substr(0, n), [&](detail::mark_at m) { out.marks.push_back(m); });
        text.remove_prefix(n);
    }
    reader.finish();
    out.malformed    = reader.malformed();
    out.out_of_range = reader.out_of_range();
    return out;
}
reading whole(std::string_view text, std::uint32_t sources = 9) {
    return read(text, sources, [](std::size_t n) { return n; });
}
std::vector<std::uint32_t> marks(std::string_view text, std::uint32_t sources = 9) {
    std::vector<std::uint32_t> out;
    for (const detail::mark_at& m : whole(text, sources).marks) out.push_back(m.mark);
    return out;
}
using list = std::vector<std::uint32_t>;

source from(std::uint32_t mark, std::string_view body, std::uint64_t begin = 0, std::string_view name = "a.md") {
    return {.mark = mark,
            .from = {.id       = chunk_id{mark},
                     .document = document_id{10 + mark},
                     .begin    = begin,
                     .end      = begin + body.size(),
                     .text     = {"", body}},
            .name = name};
}
std::string_view quoted(std::string_view answer, std::string_view body) {
    static context w;
    w.reset();
    const source s[] = {from(1, body)};
    const auto   c   = read_citations(answer, s, w).citations;
    REQUIRE(c.size() == 1);
    if (!c[0].verified) {
        CHECK(c[0].quote == body);
        return "";
    }
    CHECK(body.substr(c[0].begin, c[0].end - c[0].begin) == c[0].quote);
    return c[0].quote;
}

} // namespace

TEST_CASE("the forms of a mark") {
    CHECK(marks("x [1].") == list{1});
    CHECK(marks("x [1, 3] y [2,4]") == list{1, 3, 2, 4});
    CHECK(marks("[1; 3]") == list{1, 3});
    CHECK(marks("[2-4] [5–7]") == list{2, 3, 4, 5, 6, 7});
    CHECK(marks("[1][2]") == list{1, 2});
    CHECK(marks("[ 1 , 2 - 3 , 9 ]") == list{1, 2, 3, 9});
    CHECK(marks("[1, 2–3, 9]") == list{1, 2, 3, 9});
    CHECK(marks("[007]") == list{7});
    CHECK(whole("ab[1]c").marks == std::vector<detail::mark_at>{{1, 2, 5}});
    CHECK(whole("[2-3]").marks == std::vector<detail::mark_at>{{2, 0, 5}, {3, 0, 5}});
}

TEST_CASE("what is no mark is ignored; what began like one is counted") {
    for (const char* text :
         {"", "[a]", "[]", "[ ]", "[^1]", "(1)", "[x1]", "\\[1\\]", "\\[1]", "[-1]", "［1］", "[", "]", "[[", "[#1]"}) {
        CAPTURE(text);
        CHECK(whole(text) == reading{});
    }
    for (const char* text : {"[1", "[1,]", "[1,,2]", "[1 2]", "[1a]", "[2-]", "[1-2-3]", "[1.]", "[4-2]", "[1,a]",
                             "[1\n]", "[1-a]", "[1234567890]", "[1—2]", "[1\xE2\x80", "[1\xE2]",
                             "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"}) {
        CAPTURE(text);
        CHECK(whole(text) == reading{.malformed = 1});
    }
    CHECK(marks("[1[2]") == list{2});
    CHECK(whole("[1[2]").malformed == 1);
    CHECK(marks("\\\\[1]") == list{1}); // an escaped backslash, then a mark
}

TEST_CASE("numbers without a source are counted and not given") {
    CHECK(whole("[0]") == reading{.out_of_range = 1});
    CHECK(whole("[10] [9]", 9).out_of_range == 1);
    CHECK(marks("[10] [9]", 9) == list{9});
    CHECK(marks("[8-999999999]", 9) == list{8, 9});
    CHECK(whole("[8-999999999]", 9).out_of_range == 1);
    CHECK(marks("[0-2]") == list{1, 2});
    CHECK(whole("[1]", 0) == reading{.out_of_range = 1});
}

TEST_CASE("code fences hide marks until they close") {
    CHECK(marks("[1]\n```\na[2]\n```\n[3]") == list{1, 3});
    CHECK(marks("~~~ c\n[2]\n```\n[4]\n~~~\n[3]") == list{3});
    CHECK(marks("````\n```\n[2]\n`````  \n[3]") == list{3});
    CHECK(marks("```[1]``` is inline [2]\n[3]") == list{1, 2, 3});
    CHECK(marks("   ```\n[2]\n   ```\n[3]") == list{3});
    CHECK(marks("    ```\n[2]") == list{2}); // four spaces: no fence
    CHECK(marks("``\n[2]") == list{2});
    CHECK(marks("```\n[2]\n``` x\n[3]").empty()); // a closing fence stands alone
    CHECK(marks("```\n[2]").empty());
    CHECK(marks("a ```\n[2]") == list{2});
}

TEST_CASE("the reading is the same for every way to cut the answer") {
    counter_random    r(4, 4);
    const char* const parts[] = {"[1]", "[",    "]",    "1",     "23",     ",",  ";",        "-",
                                 "–",   "\xE2", "\x80", "\x93",  " ",      "\n", "\\",       "```",
                                 "~~~", "`",    "word", "[2-4]", "[1, 3]", "0",  "999999999"};
    for (int round = 0; round < 4000; ++round) {
        std::string text;
        for (std::size_t n = r.below(30); n > 0; --n) text += parts[r.below(std::size(parts))];
        const auto all = whole(text, 5);
        REQUIRE(read(text, 5, [](std::size_t) { return std::size_t{1}; }) == all);
        for (std::size_t at = 0; at <= text.size(); ++at) {
            bool first = true;
            REQUIRE(read(text, 5, [&](std::size_t n) { return std::exchange(first, false) && at > 0 ? at : n; }) ==
                    all);
        }
        REQUIRE(read(text, 5, [&](std::size_t n) { return 1 + r.below(n); }) == all);
    }
}

TEST_CASE("a claim that stands in its source narrows the citation to it") {
    const std::string_view body =
        "Leave is granted yearly.  Staff have 30 days\nof paid leave, in “full” months. Sick leave is extra.";
    CHECK(quoted("Staff have 30 days of paid leave, in \"full\" months. [1]", body) ==
          "Staff have 30 days\nof paid leave, in “full” months.");
    CHECK(quoted("Staff have 30 days of paid leave, in \"full\" months [1].", body) ==
          "Staff have 30 days\nof paid leave, in “full” months");
    CHECK(quoted("I know this. STAFF **have** 30 days [1]", body) == "Staff have 30 days");
    CHECK(quoted("\"Sick leave is extra\" [1]", body) == "Sick leave is extra");
    CHECK(quoted("Leave is granted yearly. Staff have 30 days of paid leave [1]", body) ==
          "Leave is granted yearly.  Staff have 30 days\nof paid leave");
    CHECK(quoted("30 [1]", body) == "30");
    CHECK(quoted("- sick leave is extra [1]", body) == "Sick leave is extra");
}

TEST_CASE("what does not stand there names the whole source, unverified") {
    const std::string_view body = "Staff have 130 days of paid leave, or 1,500 hours, or 3.5 months.";
    for (const char* text :
         {"Staff have 30 days [1]", "30 days of paid leave [1]", "500 hours [1]", "5 months [1]", "staff hav [1]",
          "taff have 130 days [1]", "[1] Staff have 130 days", "Bosses never rest [1]", "... [1]",
          "staff have 140 days of paid leave [1]", "40 days of paid leave, or 1,500 hours, or 3.5 months [1]",
          "Staff have 130 days of paid leave, or 1,500 hours, or 4 [1]"}) {
        CAPTURE(text);
        CHECK(quoted(text, body).empty());
    }
    // one run of 85 % is enough where what is missing is no number
    CHECK(quoted("So staff have 130 days of paid leave, or 1,500 hours [1]", body) ==
          "Staff have 130 days of paid leave, or 1,500 hours");
    CHECK(quoted("Staff have 130 days of lovely paid leave, or hours [1]", body).empty());
    // accents and letters count
    CHECK(quoted("resume [1]", "Résumé") == "");
    CHECK(quoted("RÉSUMÉ [1]", "Résumé") == "Résumé");
    CHECK(quoted("ОТПУСК [1]", "Ежегодный отпуск") == "отпуск");
    CHECK(quoted("三十天 [1]", "员工有三十天假期。") == "三十天");
}

TEST_CASE("each mark is checked against its own source, with places in its document") {
    context      w;
    const source s[] = {from(1, "Cats sleep all day.", 100, "cats.md"),
                        from(2, "Dogs bark at night. Dogs eat.", 40, "dogs.md")};
    const auto   r   = read_citations("Cats sleep all day. [1] Dogs eat [2][1]. Birds fly [1, 2] [7] [1,", s, w);
    REQUIRE(r.citations.size() == 4);
    CHECK(r.out_of_range == 1);
    CHECK(r.malformed == 1);
    const citation& a = r.citations[0];
    CHECK(a.verified);
    CHECK(a.mark == 1);
    CHECK(a.document == 11_d);
    CHECK(a.begin == 100);
    CHECK(a.end == 119);
    CHECK(a.name == "cats.md");
    const citation& b = r.citations[1];
    CHECK(b.verified);
    CHECK(b.begin == 60);
    CHECK(b.end == 68);
    CHECK(b.quote == "Dogs eat");
    CHECK(!r.citations[2].verified); // [1] shares the claim of [2]
    CHECK(r.citations[2].begin == 100);
    CHECK(r.citations[2].end == 119);
    CHECK(!r.citations[3].verified); // birds: for source 1 that only repeats the row before
    CHECK(r.citations[3].mark == 2);
}

TEST_CASE("quotes cut out of a text are found at their place, and tampered ones are not") {
    counter_random    r(8, 1);
    const char* const words[] = {"leave", "days", "thirty", "staff",  "30",    "the",   "über",
                                 "Größe", "a",    "of",     "работа", "1,500", "year's"};
    context           w;
    for (int round = 0; round < 3000; ++round) {
        w.reset();
        std::vector<std::string> text;
        for (std::size_t n = 5 + r.below(40); n > 0; --n) text.emplace_back(words[r.below(std::size(words))]);
        const std::size_t a = r.below(text.size()), b = a + 1 + r.below(text.size() - a);
        std::string       body, quote;
        for (std::size_t i = 0; i < text.size(); ++i) {
            body += text[i] + (r.below(4) == 0 ? "\n  " : " ");
            if (i >= a && i < b) quote += text[i] + " ";
        }
        const auto in = detail::fold_quote(body, w), q = detail::fold_quote(quote, w).trimmed();
        const auto place = detail::find_quote(q, in, 1);
        REQUIRE(place.found);
        const auto again = detail::fold_quote(body.substr(place.begin, place.end - place.begin), w);
        REQUIRE(std::u32string_view(again.signs.data(), again.signs.size()) ==
                std::u32string_view(q.signs.data() + q.begin, q.size()));
        // another letter anywhere: nowhere whole
        std::string       bad = quote;
        const std::size_t at  = r.below(bad.size());
        if (bad[at] >= 'a' && bad[at] <= 'z') {
            bad[at] = 'q';
            REQUIRE(!detail::find_quote(detail::fold_quote(bad, w).trimmed(), in, 1).found);
        }
    }
}

TEST_CASE("find_quote gives the longest run, as the definition does") {
    counter_random r(2, 7);
    context        w;
    for (int round = 0; round < 3000; ++round) {
        w.reset();
        std::string q, s;
        for (std::size_t n = 1 + r.below(14); n > 0; --n) q += "ab "[r.below(3)];
        for (std::size_t n = r.below(60); n > 0; --n) s += "ab "[r.below(3)];
        if (const std::size_t from = r.below(2 * q.size()); from < q.size())
            s.insert(r.below(s.size() + 1), q.substr(from));
        const auto fq = detail::fold_quote(q, w).trimmed(), fs = detail::fold_quote(s, w);
        if (fq.empty()) continue;
        const std::u32string_view a(fq.signs.data() + fq.begin, fq.size()), b(fs.signs.data(), fs.signs.size());
        const auto                letter = [](char32_t c) { return c == 'a' || c == 'b'; };
        const auto                cuts   = [&](std::u32string_view t, std::size_t at) {
            return at > 0 && at < t.size() && letter(t[at - 1]) && letter(t[at]);
        };
        std::size_t best = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            for (std::size_t n = 1; i + n <= a.size(); ++n)
                for (std::size_t j = 0; j + n <= b.size(); ++j)
                    if (a.substr(i, n) == b.substr(j, n) && !cuts(a, i) && !cuts(a, i + n) && !cuts(b, j) &&
                        !cuts(b, j + n))
                        best = std::max(best, n);
        const bool enough = static_cast<double>(best) >= .85 * static_cast<double>(a.size()) - 1e-9;
        CAPTURE(q);
        CAPTURE(s);
        REQUIRE(detail::find_quote(fq, fs, .85).found == enough);
        REQUIRE(detail::find_quote(fq, fs, 1).found == (best == a.size()));
    }
}
