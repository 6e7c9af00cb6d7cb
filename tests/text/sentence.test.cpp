// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "support/shared.hpp"

#include <graft/core/random.hpp>
#include <graft/text/sentence.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    each_sentence(text, [&](std::size_t begin, std::size_t end) { out.emplace_back(text.substr(begin, end - begin)); });
    return out;
}

/// "a|b" stands for the sentences "a" and "b".
void cuts(std::string_view marked) {
    std::string text, ours;
    for (const char c : marked)
        if (c != '|') text += c;
    for (const std::string& s : split(text)) ours += (ours.empty() ? "" : "|") + s;
    CHECK(ours == marked);
}

} // namespace

TEST_CASE("sentences end where they end") {
    cuts("One. |Two! |Three? |Four… |Five.");
    cuts("Mr. Smith and Dr. Jones met J. R. Tolkien, e.g. in Oxford. |They left.");
    cuts("It cost 3.14 dollars, see v1.2.3 at example.org/a.b or main.cpp. |Then it rained.");
    cuts("He works at Acme Inc. in town. |She left Acme Inc. |The end.");
    cuts("They met in the U.S. Senate. |We live in the U.S. |It is large.");
    cuts("\"Is that so?\" he asked. |\"Yes!\" |She nodded.");
    cuts("(This is one.) |And [two.] |Three.");
    cuts("Wait... what? |Well... |Then go.");
    cuts("No. 5 is alive. |No. |Never.");
    cuts("See Fig. 3 and Sec. 4. |Done.");
    cuts("It was 1995. |Then came 1996.");
    cuts("1. The first item. |2. The second.");
    cuts("Wrapped lines\nare one sentence.\n|Here is\nanother.");
    cuts("A paragraph without an end\n\n|Another one");
    cuts("# A heading\n|Text under it.\n|- an item\n|- another\n");
    CHECK(split("| a | b |\n| c | d |\nText.").size() == 3);
    cuts("Title\n=====\n|Text.");
    cuts("「你好。」|他说。|是吗？|好！|“对。”|完");
    cuts("यह एक वाक्य है। |यह दूसरा है।");
    cuts("هل هذا سؤال؟ |نعم.");
    cuts("Er kam z.B. Montag. |Über alles.");
    cuts("**Bold end.** |_Next_ one.");
    cuts("I am older than I. |The end.");
    cuts("   Leading space. |X");
    CHECK(split("").empty());
    CHECK(split("\n\n").size() == 1);
}

TEST_CASE("sentences tile any bytes and end between code points") {
    constexpr std::string_view parts[] = {".",      "!",      "?",   "…",    "。",  " ",        "\n",  "\n\n",
                                          "\u00A0", "\u2029", "\"",  "”",    ")",   "Mr",       "e.g", "U.S",
                                          "A",      "b",      "12",  "# ",   "- ",  "|",        "é",   "中",
                                          "؟",      "।",      "```", "\r\n", "===", "\xE2\x80", "\xFF"};
    counter_random             random(8);
    for (int round = 0; round < 30000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(30); n > 0; --n)
            text += parts[random.below(round % 2 == 0 ? std::size(parts) - 2 : std::size(parts))];
        const bool  valid = first_invalid(text) == std::string_view::npos;
        std::size_t at    = 0;
        each_sentence(text, [&](std::size_t begin, std::size_t end) {
            REQUIRE(begin == at);
            REQUIRE(end > begin);
            if (valid) REQUIRE(is_boundary(text, end));
            at = end;
        });
        REQUIRE(at == text.size());
    }
}

TEST_CASE("agreement with Unicode's sentence boundaries") {
    NEEDS_SHARED(file, "fixtures/tokenize/segments.jsonl");
    // Boundaries inside the text (its ends are no decision). Ours ends sentences at headings and items, and keeps lines and
    // abbreviations together where the plain algorithm does not, so the two cannot agree in full.
    std::ifstream in(file);
    std::string   line;
    std::size_t   both = 0, ours = 0, theirs = 0;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::string       text;
        const std::size_t from = line.find("\"text\":\"") + 8;
        std::size_t       i    = from;
        const auto        hex  = [&](std::size_t at) {
            return static_cast<char32_t>(std::stoul(line.substr(at, 4), nullptr, 16));
        };
        for (; line[i] != '"'; ++i) {
            if (line[i] != '\\') {
                text += line[i];
                continue;
            }
            switch (line[++i]) {
            case 'n': text += '\n'; break;
            case 't': text += '\t'; break;
            case 'r': text += '\r'; break;
            case 'b': text += '\b'; break;
            case 'f': text += '\f'; break;
            case 'u': {
                char32_t c = hex(i + 1);
                i += 4;
                if (c >= 0xD800 && c < 0xDC00) {
                    c = 0x10000 + ((c - 0xD800) << 10) + (hex(i + 3) - 0xDC00);
                    i += 6;
                }
                append_utf8(text, c);
                break;
            }
            default: text += line[i];
            }
        }
        std::istringstream       numbers(line.substr(line.find("\"sentence\":[", i) + 12));
        std::vector<std::size_t> reference, own{0};
        for (std::size_t n; numbers >> n; numbers.ignore()) reference.push_back(n);
        REQUIRE(reference.back() == text.size());
        each_sentence(text, [&](std::size_t, std::size_t end) { own.push_back(end); });
        // Unicode ends a sentence at every line end; that is no question of ours.
        std::erase_if(reference, [&](std::size_t n) {
            return n == 0 || n == text.size() || text[n - 1] == '\n' || text[n - 1] == '\r';
        });
        std::erase_if(own, [&](std::size_t n) {
            return n == 0 || n == text.size() || text[n - 1] == '\n' || text[n - 1] == '\r';
        });
        ours += own.size();
        theirs += reference.size();
        for (const std::size_t n : own)
            both += std::find(reference.begin(), reference.end(), n) != reference.end() ? 1u : 0u;
    }
    std::printf("sentences: %zu boundaries, precision %.3f, recall %.3f against ICU\n", theirs,
                double(both) / double(ours), double(both) / double(theirs));
    // What is missed stands in code and addresses: `if (!value)`, `/q?id=1`, `.L3`.
    CHECK(both * 100 >= ours * 94);
    CHECK(both * 100 >= theirs * 60);
}
