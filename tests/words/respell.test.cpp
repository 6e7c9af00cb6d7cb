// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/words/respell.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace graft;

namespace {

constexpr analyzer plain{.stems = false, .stops = false};

std::set<std::string> neighbours(std::string_view word, const analyzer& rules = plain) {
    std::set<std::string> out;
    const auto            all = [](std::uint64_t) { return true; };
    detail::each_respelling(rules, word, all, [&](std::uint64_t term, std::string_view spelled, bool) {
        if (rules == plain) CHECK(term == hash64(spelled));
        out.emplace(spelled);
    });
    return out;
}

/// Optimal string alignment: edits of single letters, and exchanges of two neighbours.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

} // namespace

TEST_CASE("respell: the neighbours are exactly the words at distance one") {
    counter_random random(1);
    for (int round = 0; round < 40; ++round) {
        std::string word;
        for (std::uint64_t n = 5 + random.below(6); n > 0; --n) word += "abcxyz"[random.below(6)];
        std::set<std::string> want; // written another way than the library does
        for (std::size_t i = 0; i <= word.size(); ++i)
            for (char c = 'a'; c <= 'z'; ++c) {
                want.insert(std::string(word).insert(i, 1, c));
                if (i == word.size()) continue;
                std::string other = word;
                other[i]          = c;
                want.insert(other);
                want.insert(std::string(word).erase(i, 1));
                if (i == 0) continue;
                other = word;
                std::swap(other[i], other[i - 1]);
                want.insert(other);
            }
        want.erase(word);
        for (const std::string& w : want) CHECK(distance(word, w) == 1);
        std::set<std::string> got = neighbours(word);
        CHECK(got == want);
    }
}

TEST_CASE("respell: within one edit, against the table of distances") {
    counter_random random(2);
    std::size_t    near = 0;
    for (int round = 0; round < 100000; ++round) {
        std::string a, b;
        for (std::uint64_t n = random.below(6); n > 0; --n) a += "ab"[random.below(2)];
        for (std::uint64_t n = random.below(6); n > 0; --n) b += "ab"[random.below(2)];
        const bool one = distance(a, b) <= 1;
        near += one ? 1u : 0u;
        if (detail::within_one_edit(a, b) != one) FAIL(a << " " << b);
    }
    CHECK(near > 5000);
}

TEST_CASE("respell: in every script with spaces") {
    CHECK(neighbours("Оуонь").count("огонь") == 1);
    CHECK(neighbours("окгонь").count("огонь") == 1);
    CHECK(neighbours("оогнь").count("огонь") == 1);
    CHECK(neighbours("κόσμς").empty() == false);
    CHECK(neighbours("κόσμς").count("κοσμοσ") == 1); // folded
    CHECK(neighbours("مدرصة").count("مدرسه") == 1);
    CHECK(neighbours("विद्यालय").count("विद्यलय") == 1);
    CHECK(neighbours("Größse").count("grosse") == 1); // ß is ss
    CHECK(neighbours("ԲարևԵ").size() > 100);
    CHECK(neighbours("vehcle's").count("vehicle") == 1);
}

TEST_CASE("respell: not everything is respelled") {
    for (const std::string_view word : {"", "four", "E4711", "2.3.1", "abcde1", "don't", "two words", "北京大学北京",
                                        "한국어한국어", "ไทยไทยไทย", "Wi-Fi-Wi", "C++", "हिद"}) {
        CAPTURE(word);
        CHECK(neighbours(word).empty());
    }
    CHECK(neighbours(std::string(41, 'a')).empty());
    CHECK_FALSE(neighbours(std::string(40, 'a')).empty());
    CHECK_FALSE(neighbours("abcde").empty());
    const auto none = [](std::uint64_t) { return false; };
    CHECK(detail::each_respelling(plain, "abcde", none, [](std::uint64_t, std::string_view, bool) { FAIL("called"); }));
}

TEST_CASE("respell: stems are those of the analyser, and nothing is mended into what nobody writes") {
    const analyzer rules;
    const auto     stems_of = [&](std::string_view word, std::string_view stem) {
        std::set<std::string> out;
        detail::each_respelling(
            rules, word, [&](std::uint64_t t) { return t == hash64(stem); },
            [&](std::uint64_t, std::string_view spelled, bool near) {
                out.insert(std::string(spelled) + (near ? "" : "?"));
            });
        return out;
    };
    CHECK(stems_of("ownershp", "ownership") == std::set<std::string>{"ownership"});
    CHECK(stems_of("connectoin", "connect").count("connection?") == 1);
    CHECK(stems_of("optimising", "optim").count("optimicing?") == 0);
    CHECK(stems_of("runing", "run").count("running") == 1);
    CHECK(detail::is_inflected("running", "run"));
    CHECK(detail::is_inflected("valves", "valv"));
    CHECK(detail::is_inflected("happily", "happili"));
    CHECK_FALSE(detail::is_inflected("optimicing", "optim"));
}

TEST_CASE("respell: stop words with two letters exchanged") {
    const analyzer rules;
    CHECK(detail::is_turned_stop_word(rules, "thier"));
    CHECK(detail::is_turned_stop_word(rules, "Whcih"));
    CHECK(detail::is_turned_stop_word(rules, "shoudl"));
    CHECK_FALSE(detail::is_turned_stop_word(rules, "night"));
    CHECK_FALSE(detail::is_turned_stop_word(rules, "which"));
    CHECK_FALSE(detail::is_turned_stop_word(plain, "thier"));
}
