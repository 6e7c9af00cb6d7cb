// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Whatever the tools are given, what they print is JSON, and what a terminal shows holds no command.

#include "../../examples/support/json_line.hpp"
#include "../../examples/support/printable.hpp"

#include <graft/base/finite.hpp>
#include <graft/base/random.hpp>
#include <graft/unicode/utf8.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

using namespace tool;

namespace {

std::string json_of(const json& value) {
    auto line = line_of(value);
    CHECK(line.back() == '\n');
    line.pop_back();
    return line;
}

} // namespace

TEST_CASE("text is escaped, and repaired where it is not UTF-8") {
    CHECK(json_of("a\"\\\n\t\r\x01z") == R"("a\"\\\n\t\r\u0001z")");
    CHECK(json_of(std::string("a\0b", 3)) == R"("a\u0000b")");
    CHECK(json_of("a\xFF\xE2\x82z") == "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"");
    CHECK(line_of(json{{"a\xFF", 1}}) == "{\"a\xEF\xBF\xBD\":1}\n");
}

TEST_CASE("keys keep their order, and what is empty stays so") {
    CHECK(json_of({{"b", true}, {"a", nullptr}, {"c", json::array()}, {"", json::object()}}) ==
          R"({"b":true,"a":null,"c":[],"":{}})");
    CHECK(json_of(json::array({json::array(), "[", json::array({"{", 1}), json::object()})) ==
          R"([[],"[",["{",1],{}])");
}

TEST_CASE("a number that is not finite is null") {
    const float no_number = std::numeric_limits<float>::quiet_NaN();
    CHECK(json_of(json::array({number(no_number), -std::numeric_limits<double>::infinity(), number(.5f),
                               std::size_t{7}})) == "[null,null,0.5,7]");
}

TEST_CASE("a number stands in the shortest form that reads back the same") {
    CHECK(json_of(number(.1f)) == "0.1");
    CHECK(json_of(.1) == "0.1");
    CHECK(json_of(1.0) == "1"); // nlohmann's own would be 1.0
    CHECK(json_of(json::array({-0.0, 1e5, 1e-4, 0.00012, 1e300, std::int64_t{-7}})) ==
          "[-0,1e+05,1e-04,0.00012,1e+300,-7]");
    CHECK(json_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    // A float goes through a double and comes out as std::to_chars writes the float: all exponents, any digits.
    graft::counter_random draw(7);
    for (int round = 0; round < 20'000; ++round) {
        const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(draw.below(std::uint64_t{1} << 32)));
        if (!graft::is_finite(x)) continue;
        const std::string it = json_of(number(x));
        REQUIRE(it == shortest(x));
        float back = 0;
        std::from_chars(it.data(), it.data() + it.size(), back);
        REQUIRE(std::bit_cast<std::uint32_t>(back) == std::bit_cast<std::uint32_t>(x));
    }
    for (float x : {16777216.f, 123456789.f, 3.4028235e38f, 1e-45f, 1.17549435e-38f})
        CHECK(json_of(number(x)) == shortest(x));
}

TEST_CASE("another parser reads back any bytes") {
    graft::counter_random draw(11);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(draw.below(24), ' ');
        for (char& c : bytes) c = static_cast<char>(draw.below(256));
        const auto read = nlohmann::json::parse(json_of(bytes), nullptr, false);
        REQUIRE(read.is_string());
        CHECK(read.get<std::string>() == graft::unicode::repair(bytes).text);
    }
}

TEST_CASE("nothing that a terminal obeys is printable") {
    CHECK(printable("a\x1B[31mb\n\x7F") == "a [31mb  ");
    CHECK(printable("one\ntwo\r", "\n\t") == "one\ntwo ");
    CHECK(printable(std::string("a\0b", 3), "\n") == "a b");
    for (const char32_t c :
         std::initializer_list<char32_t>{0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2060, 0x2066, 0x2067,
                                         0x2068, 0x2069, 0x206F, 0xFEFF, 0x180E, 0xFFFA, 0xE0041}) {
        std::string name = "a";
        graft::unicode::append_utf8(name, c);
        CHECK(printable(name + "fdp.md", "\n\t") == "a fdp.md");
    }
    // What scripts need stays: joiners, marks of one direction, variation selectors.
    for (const char* text : {"\u200C", "\u200D", "\u200E", "\u200F", "\uFE0F", "\u05D0", "\u00AD"})
        CHECK(printable(text) == text);
    CHECK(printable("\xC2\x9B"
                    "31m \xFF größer €") == "\xEF\xBF\xBD"
                                            "31m \xEF\xBF\xBD größer €");
}
