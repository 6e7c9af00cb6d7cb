// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/words/stop_words.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <string>

using namespace graft;

TEST_CASE("stop words: exactly the list, in order") {
    CHECK(std::size(stop_words) == 59);
    CHECK(std::is_sorted(std::begin(stop_words), std::end(stop_words)));
    for (const std::string_view word : stop_words) CHECK(is_stop_word(word));
    for (const std::string_view word :
         {"", "may", "whoever", "mine", "th", "thee", "The", "from", "athe", "theirs", "i"})
        CHECK_FALSE(is_stop_word(word));
    CHECK_FALSE(is_stop_word(std::string_view("a\0", 2)));
    CHECK_FALSE(is_stop_word(std::string_view("\0", 1)));
    CHECK_FALSE(is_stop_word("a longer text than any word of the list"));
    static_assert(is_stop_word("their") && !is_stop_word("there's"));
}

TEST_CASE("stop words: the table and a search of the list agree") {
    counter_random random(1);
    for (int round = 0; round < 200000; ++round) {
        std::string word;
        for (std::uint64_t n = random.below(6); n > 0; --n) word += "abdefhinorstuwy"[random.below(15)];
        const bool listed = std::find(std::begin(stop_words), std::end(stop_words), word) != std::end(stop_words);
        if (is_stop_word(word) != listed) FAIL(word);
    }
}
