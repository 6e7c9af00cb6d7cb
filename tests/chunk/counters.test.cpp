// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "chunk/support.hpp"

#include <graft/chunk/counters.hpp>
#include <graft/chunk/grain.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

/// The definition, one code point at a time.
std::size_t words_slowly(std::string_view text) {
    std::size_t n      = 0;
    bool        inside = false, hung = false;
    std::size_t start = 0, whole = 0; // of the piece of a run; the last place in it that is between characters
    char32_t    last = 0;
    for (std::size_t at = 0; at < text.size();) {
        const unicode::decoded d = unicode::decode(text, at);
        if (inside && !unicode::is_space(d.scalar) && !detail::stands_alone(d.scalar)) {
            const bool hangs = (d.scalar >= 0x80 && unicode::is_mark(d.scalar)) || d.scalar == 0x200D ||
                               (d.scalar >= 0x1F3FB && d.scalar <= 0x1F3FF) || (last == 0x200D && d.scalar >= 0x80);
            if (!hangs) whole = at;
            if (at + d.length - start > 64) {
                // `whole` may be this very character's begin, if that is within 64 bytes.
                start = whole > start ? whole : at;
                ++n;
            }
        }
        last = d.scalar;
        at += d.length;
        if (unicode::is_space(d.scalar)) {
            inside = hung = false;
        } else if (detail::stands_alone(d.scalar)) {
            ++n;
            inside = false;
            hung   = true;
        } else if (!inside && !(hung && unicode::is_mark(d.scalar) && d.scalar >= 0x800)) {
            ++n;
            inside = true;
            hung   = false;
            start = whole = at - d.length;
        }
    }
    return n;
}

} // namespace

TEST_CASE("what a word is") {
    const auto words = [](std::string_view text) { return count_words{}.count(text); };
    CHECK(words("") == 0);
    CHECK(words(" \n\t ") == 0);
    CHECK(words("one") == 1);
    CHECK(words("  one two\nthree ") == 3);
    CHECK(words("a-b c/d") == 2);
    CHECK(words("no\u00A0break and\u3000wide") == 4);
    CHECK(words("naïve über Привет") == 3);
    CHECK(words("你好世界") == 4);
    CHECK(words("你好，世界。") == 6);
    CHECK(words("abc中def") == 3);
    CHECK(words("ภาษาไทย") == 7);
    CHECK(words("กี่") == 1);           // a consonant and its marks
    CHECK(words("한국어 단어") == 2); // Hangul has spaces
    CHECK(words("हिन्दी भाषा") == 2);
    CHECK(words("が") == 1); // kana and a voicing mark
    CHECK(words("👩‍👩‍👧 x") == 2);
}

TEST_CASE("a long run is several words, wherever it stands, and each is a grain") {
    const auto words = [](std::string_view text) { return count_words{}.count(text); };
    for (std::size_t n = 1; n < 400; ++n)
        for (std::size_t before = 0; before < 12; ++before) {
            const std::string run = std::string(before, ' ') + std::string(n, 'x');
            REQUIRE(words(run) == (n + 63) / 64);
            REQUIRE(words(run + " y") == (n + 63) / 64 + 1);
            REQUIRE(words("ü " + run + "\u3000z") == (n + 63) / 64 + 2);
        }
    CHECK(words(std::string(400'000, 'A')) == 6250);
    counter_random random(12);
    for (int round = 0; round < 4000; ++round) {
        constexpr std::string_view parts[] = {"x",  "abcdefgh", " ",          "ü",
                                              "中", "\u0301",   "👩\u200D👩", "👍🏽",
                                              "க்ஷ", "\n",       "。",         "0123456789abcdef0123456789abcdef"};
        std::string                text;
        for (std::uint64_t n = random.below(60); n > 0; --n)
            text += parts[random.below(4) == 0 ? random.below(std::size(parts)) : random.below(2) * 11];
        REQUIRE(words(text) == words_slowly(text));
        std::size_t sum = 0, grains = 0;
        for (std::size_t at = 0, next; at < text.size(); at = next) {
            std::size_t said = 0;
            next             = detail::next_word(text, at, text.size(), said);
            REQUIRE(next > at);
            REQUIRE(unicode::is_boundary(text, next));
            REQUIRE(said == words(std::string_view(text).substr(at, next - at)));
            sum += said;
            ++grains;
        }
        REQUIRE(sum == words(text));
        REQUIRE(grains <= text.size());
    }
}

TEST_CASE("the counters agree with their definitions on any text") {
    for (std::uint64_t seed = 1; seed < 12; ++seed)
        for (const std::string& text : test::hostile_texts(seed, 700)) {
            REQUIRE(count_words{}.count(text) == words_slowly(text));
            std::size_t scalars = 0;
            for (std::size_t at = 0; at < text.size(); at += unicode::decode(text, at).length) ++scalars;
            REQUIRE(count_characters{}.count(text) == scalars);
            REQUIRE(count_bytes{}.count(text) == text.size());
        }
    std::string every; // each code point, between letters
    for (char32_t c = 0; c < 0x30000; ++c) {
        if (c >= 0xD800 && c < 0xE000) continue;
        every.clear();
        every += 'a';
        unicode::append_utf8(every, c);
        every += "bc";
        unicode::append_utf8(every, c);
        unicode::append_utf8(every, c);
        REQUIRE(count_words{}.count(every) == words_slowly(every));
    }
}

TEST_CASE("words add up where words begin, and never to less") {
    counter_random random(6);
    for (std::uint64_t seed = 1; seed < 8; ++seed)
        for (const std::string& text : test::hostile_texts(seed, 400)) {
            std::size_t sum = 0;
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t next = detail::next_word(text, at, text.size());
                REQUIRE(next > at);
                const std::size_t n = count_words{}.count(std::string_view(text).substr(at, next - at));
                REQUIRE(n >= (next == text.size() ? 0u : 1u));
                sum += n;
                at = next;
            }
            REQUIRE(sum == count_words{}.count(text));
            for (int k = 0; k < 20 && !text.empty(); ++k) {
                const std::size_t at = unicode::boundary_before(text, random.below(text.size()));
                REQUIRE(count_words{}.count(text) <= count_words{}.count(std::string_view(text).substr(0, at)) +
                                                         count_words{}.count(std::string_view(text).substr(at)));
            }
        }
}

TEST_CASE("every grain tiles any text, between code points") {
    for (std::uint64_t seed = 1; seed < 6; ++seed)
        for (const std::string& text : test::hostile_texts(seed, 500))
            for (const detail::grain g :
                 {detail::grain::scalar, detail::grain::cluster, detail::grain::word, detail::grain::clause,
                  detail::grain::sentence, detail::grain::row, detail::grain::line, detail::grain::item,
                  detail::grain::paragraph, detail::grain::code})
                for (std::size_t at = 0; at < text.size();) {
                    const std::size_t next = detail::next_grain(g, text, at, text.size());
                    REQUIRE(next > at);
                    REQUIRE(next <= text.size());
                    REQUIRE(unicode::is_boundary(text, next));
                    at = next;
                }
}

TEST_CASE("clusters keep together what is one character to a reader") {
    const auto first = [](std::string_view text) { return detail::next_cluster(text, 0, text.size()); };
    CHECK(first("e\u0301x") == 3);
    CHECK(first("\r\nx") == 2);
    CHECK(first("👩‍👩‍👧x") == 18);
    CHECK(first("👍🏽x") == 8);
    CHECK(first("🇩🇪🇫🇷") == 8);
    CHECK(first("ab") == 1);
    CHECK(first("กี่x") == 9);
}
