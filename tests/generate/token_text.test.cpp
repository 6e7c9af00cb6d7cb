// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/generate/token_text.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

/// The text before the first stop text, of bytes that were repaired.
std::string cut(std::string text, const std::vector<std::string_view>& stops) {
    std::size_t end = text.size();
    for (const std::string_view s : stops)
        if (!s.empty()) end = std::min(end, text.find(s));
    return text.substr(0, end);
}

} // namespace

TEST_CASE("pieces are whole characters, concatenate to the text, and never hold what a stop text takes back") {
    counter_random         r(11);
    const std::string_view some[] = {"a",    "b",        "ab",   "ba",   "\xC3", "\xA4", "\xE2\x82",
                                     "\xAC", "\xF0\x9F", "\x98", "\x80", "\xFF", "[",    "]"};
    const token_decoder    how;
    for (int round = 0; round < 3000; ++round) {
        arena                         a;
        std::vector<std::string_view> stops;
        const std::string_view        all_stops[] = {"aba", "bb", "\u00E4", "\uFFFD\uFFFD", "[a]", "", "abab"};
        for (const std::string_view s : all_stops)
            if (r.below(3) == 0) stops.push_back(s);
        detail::token_text now(how, stops, a);
        std::string        bytes, told;
        for (std::uint64_t n = r.below(12); n > 0 && !now.ended(); --n) {
            const std::string_view token = some[r.below(std::size(some))];
            bytes += token;
            now.put(token);
            const std::string_view news = now.news();
            CHECK(unicode::first_invalid(news) == std::string_view::npos);
            told += news;
        }
        const bool met = now.ended();
        now.end();
        told += now.news();
        const std::string whole = unicode::repair(bytes).text;
        CHECK(told == cut(whole, stops));
        CHECK(now.told() == told);
        CHECK(now.news().empty());
        if (met) CHECK(told.size() < whole.size());
    }
}

TEST_CASE("a sentencepiece's blanks and bytes") {
    arena               a;
    const token_decoder how{.how = token_decoder::style::sentencepiece};
    detail::token_text  now(how, {}, a);
    std::string         told;
    for (const char* token : {"\u2581Hello", "\u2581w", "orld", "<0xE2>", "<0x82>", "<0xAC>", "<0xC3>"}) {
        now.put(token);
        told += now.news();
    }
    CHECK(told == "Hello world\u20AC");
    now.end();
    told += now.news();
    CHECK(told == "Hello world\u20AC\uFFFD");
}
