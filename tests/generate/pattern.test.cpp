// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
// by itself: std::regex, in which g++ 12 sees something uninitialised where sanitizers look on
#include <graft/generate/pattern.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <regex>
#include <string>
#include <string_view>
#include <utility>

using namespace graft;

namespace {

/// A pattern that both sides read alike, over few signs.
std::string some_pattern(counter_random& r, int depth) {
    std::string out;
    for (std::uint64_t parts = 1 + r.below(3); parts > 0; --parts) {
        switch (depth > 0 ? r.below(6) : r.below(4)) {
        case 0:
        case 1: out += "abc1 "[r.below(5)]; break;
        case 2:
            out += std::string("[") + (r.below(2) != 0 ? "^" : "") + "ab" + (r.below(2) != 0 ? "1-3" : "c") + "]";
            break;
        case 3: out += std::string("\\") + "dwsDWS"[r.below(6)]; break;
        case 4: out += "(" + some_pattern(r, depth - 1) + "|" + some_pattern(r, depth - 1) + ")"; break;
        default: out += "(?:" + some_pattern(r, depth - 1) + ")"; break;
        }
        switch (r.below(8)) {
        case 0: out += "*"; break;
        case 1: out += "+"; break;
        case 2: out += "?"; break;
        case 3: out += "{2}"; break;
        case 4: out += "{1,3}"; break;
        case 5: out += "{0,}"; break;
        default: break;
        }
    }
    return out;
}

} // namespace

TEST_CASE("a pattern matches what std::regex matches") {
    counter_random r(7);
    std::size_t    matched = 0;
    for (int round = 0; round < 300; ++round) {
        const std::string p = some_pattern(r, 1);
        const std::regex  oracle(p, std::regex::ECMAScript |
                                        std::regex_constants::__polynomial); // the other one backtracks for ever
        const auto        a = pattern(p);
        REQUIRE_MESSAGE(a.has_value(), p);
        for (int t = 0; t < 60; ++t) {
            std::string text;
            for (std::uint64_t n = r.below(7); n > 0; --n) text += "abc123 x"[r.below(8)];
            const bool expected = std::regex_match(text, oracle);
            matched += expected ? 1 : 0;
            CHECK_MESSAGE(a->matches(text) == expected, p << " on " << text);
        }
    }
    CHECK(matched > 500); // or the test has tested little
}

TEST_CASE("a pattern is over code points, and matches valid UTF-8 alone") {
    // Every scalar value against every border of a set of ranges.
    const auto a   = pattern("[\xC3\xA4-\xF0\x9F\x98\x80]").value(); // U+00E4 to U+1F600
    const auto any = pattern(".").value(), none = pattern("[^x]").value();
    for (char32_t c = 0; c <= 0x10FFFF; c += c > 0x3000 && c < 0x10FF00 ? 37 : 1) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        std::string t;
        unicode::append_utf8(t, c);
        CHECK(a.matches(t) == (c >= 0xE4 && c <= 0x1F600));
        CHECK(any.matches(t) == (c != '\n'));
        CHECK(none.matches(t) == (c != 'x'));
        t.pop_back();
        if (c >= 0x80) CHECK_FALSE(any.matches(t));
    }
    for (const std::string_view bad : {"\x80", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
        CHECK_FALSE(none.matches(bad));
    CHECK(pattern("gr\xC3\xBC\xC3\x9F+e")
              .value()
              .matches("gr\xC3\xBC\xC3\x9F\xC3\x9F"
                       "e"));
}

TEST_CASE("what no automaton can do is refused at its place") {
    const std::pair<std::string_view, std::size_t> refused[] = {
        {"a(b", 3}, {"a)b", 1}, {"[ab", 3}, {"a**b)", 4}, {"*a", 0},    {"a{", 2},   {"a{2,1}", 5}, {"(?=a)", 2},
        {"\\1", 1}, {"^a", 0},  {"a$", 1},  {"a\\", 2},   {"[z-a]", 4}, {"a{0}", 3}, {"\xFF", 0},   {"a{99999}", 6},
    };
    for (const auto& one : refused) {
        const std::string_view text = one.first;
        const std::size_t      at   = one.second;
        const auto             a    = pattern(text);
        REQUIRE_MESSAGE(!a.has_value(), text);
        CHECK_MESSAGE(a.error().what == fault::bad_format, text);
        CHECK_MESSAGE(a.error().where == at, text);
    }
    CHECK(pattern("[^\\d\\D]").error().what == fault::no_input);
    CHECK(pattern("(((a{900}){900}){900})").error().what == fault::too_large);
    CHECK(pattern(".*a.{20}").error().what == fault::too_large); // 2^20 states
    CHECK(pattern(std::string(100'000, '(')).error().what == fault::bad_format);
}

TEST_CASE("the empty pattern is the empty text") {
    CHECK(pattern("").value().matches(""));
    CHECK_FALSE(pattern("").value().matches("a"));
    CHECK(pattern("a|").value().matches(""));
    CHECK(pattern("(a*)*").value().matches("aaa"));
    CHECK(pattern("(|a)+b").value().matches("aab"));
}
