// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Whatever the tools are given, what they print is JSON, and what a terminal shows holds no command.

#include "../../examples/support/json_line.hpp"
#include "../../examples/support/printable.hpp"

#include <graft/base/random.hpp>

#include <doctest/doctest.h>
#if __has_include(<nlohmann/json.hpp>)
#    include <nlohmann/json.hpp>
#endif

#include <limits>
#include <string>

using namespace tool;

namespace {

std::string json_of(const std::string& s) {
    auto line = json_line().text(s).take();
    line.pop_back();
    return line;
}

} // namespace

TEST_CASE("text is escaped, and repaired where it is not UTF-8") {
    CHECK(json_of("a\"\\\n\t\r\x01z") == R"("a\"\\\n\t\r\u0001z")");
    CHECK(json_of(std::string("a\0b", 3)) == R"("a\u0000b")");
    CHECK(json_of("a\xFF\xE2\x82z") == "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"");
    CHECK(json_line().open("{").key("a\xFF").number(1).close("}").take() == "{\"a\xEF\xBF\xBD\":1}\n");
}

TEST_CASE("a number that is not finite is null") {
    json_line j;
    j.open("[").number(std::numeric_limits<float>::quiet_NaN()).number(-std::numeric_limits<double>::infinity());
    CHECK(j.number(.5f).number(std::size_t{7}).close("]").take() == "[null,null,0.5,7]\n");
}

#if __has_include(<nlohmann/json.hpp>)
TEST_CASE("another parser reads back any bytes") {
    graft::counter_random draw(11);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(draw.below(24), ' ');
        for (char& c : bytes) c = static_cast<char>(draw.below(256));
        const auto read = nlohmann::json::parse(json_of(bytes), nullptr, false);
        REQUIRE(read.is_string());
        CHECK(read.get<std::string>() == graft::repair(bytes).text);
    }
}
#endif

TEST_CASE("nothing that a terminal obeys is printable") {
    CHECK(printable("a\x1B[31mb\n\x7F") == "a [31mb  ");
    CHECK(printable("one\ntwo\r", "\n\t") == "one\ntwo ");
    CHECK(printable(std::string("a\0b", 3), "\n") == "a b");
    for (const char32_t c :
         std::initializer_list<char32_t>{0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2060, 0x2066, 0x2067,
                                         0x2068, 0x2069, 0x206F, 0xFEFF, 0x180E, 0xFFFA, 0xE0041}) {
        std::string name = "a";
        graft::append_utf8(name, c);
        CHECK(printable(name + "fdp.md", "\n\t") == "a fdp.md");
    }
    // What scripts need stays: joiners, marks of one direction, variation selectors.
    for (const char* text : {"\u200C", "\u200D", "\u200E", "\u200F", "\uFE0F", "\u05D0", "\u00AD"})
        CHECK(printable(text) == text);
    CHECK(printable("\xC2\x9B"
                    "31m \xFF größer €") == "\xEF\xBF\xBD"
                                            "31m \xEF\xBF\xBD größer €");
}
