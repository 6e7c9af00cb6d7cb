// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// The words of an index first: both have a longest run, and neither may take the other's for its own.
#include <graft/words/word_scanner.hpp>

#include <graft/words/count_words.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace graft;

TEST_CASE("a run is cut at 64 bytes, whatever else was included") {
    for (std::size_t n = 1; n < 300; ++n) {
        CHECK(count_words{}.count(std::string(n, 'x')) == (n + 63) / 64);
        CHECK(count_words{}.count("a " + std::string(n, 'x') + "\n\n" + std::string(n, 'y')) ==
              1 + 2 * ((n + 63) / 64));
    }
}

TEST_CASE("text without spaces counts by its characters: a limit in words holds there too") {
    const count_words c;
    std::string       han, kana, thai, khmer, burmese;
    for (int i = 1; i <= 100; ++i) {
        han += "天", kana += "ひ", thai += "ก", khmer += "ក", burmese += "က";
        for (const std::string& text : {han, kana, thai, khmer, burmese}) CHECK(c.count(text) == std::size_t(i));
    }
    CHECK(c.count("一\u0085二\u00A0三\u2003四") == 4);
    CHECK(c.count("one\u0085two\u00A0three\u2003four") == 4);
}
