// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/unicode/utf8.hpp>

#include "support/shared.hpp"

#include <bitset>
#include <memory>
#include <sstream>

using namespace graft;
using namespace graft::unicode;

namespace {

/// Every well-formed sequence, and every beginning of one, by the arithmetic of UTF-8 alone.
struct all_utf8 {
    std::bitset<1 << 8>  one;
    std::bitset<1 << 16> two;
    std::bitset<1 << 24> three;
    std::bitset<256>     whole_one;
    std::bitset<1 << 16> whole_two;
    std::bitset<1 << 24> whole_three;

    all_utf8() {
        for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
            if (c >= 0xD800 && c <= 0xDFFF) continue;
            const std::uint32_t last = 0x80 | (c & 0x3F), third = 0x80 | (c >> 6 & 0x3F),
                                second = 0x80 | (c >> 12 & 0x3F);
            if (c < 0x80) whole_one.set(c);
            else if (c < 0x800) begins(0xC0 | c >> 6), whole_two.set((0xC0 | c >> 6) << 8 | last);
            else if (c < 0x10000) {
                begins(0xE0 | c >> 12), two.set((0xE0 | c >> 12) << 8 | third);
                whole_three.set((0xE0 | c >> 12) << 16 | third << 8 | last);
            } else {
                begins(0xF0 | c >> 18), two.set((0xF0 | c >> 18) << 8 | second);
                three.set((0xF0 | c >> 18) << 16 | second << 8 | third);
            }
        }
    }
    void begins(std::uint32_t lead) { one.set(lead); }

    /// The length of the step at the beginning of three bytes, and whether it is a scalar value; a step of three bytes
    /// that begins four is told as 3, false.
    std::pair<unsigned, bool> step(std::uint32_t a, std::uint32_t b, std::uint32_t c) const {
        if (whole_one[a]) return {1, true};
        if (whole_two[a << 8 | b]) return {2, true};
        if (whole_three[a << 16 | b << 8 | c]) return {3, true};
        if (three[a << 16 | b << 8 | c]) return {3, false};
        if (two[a << 8 | b]) return {2, false};
        return {1, false};
    }
};

std::string bytes_of(std::string_view hex) {
    std::string digits, out;
    for (const char c : hex)
        if (c != ' ') digits += c;
    if (digits == "nothing") return {};
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return out;
}

/// Random bytes that like to be nearly UTF-8.
std::string nearly(counter_random& random, std::size_t length, unsigned damage) {
    std::string text;
    while (text.size() < length) {
        static constexpr std::uint32_t below[] = {0x80, 0x80, 0x80, 0x800, 0x10000, 0x110000};
        append_utf8(text, static_cast<char32_t>(random.below(below[random.below(6)])));
    }
    for (unsigned i = 0; i < damage && !text.empty(); ++i) {
        const std::size_t at = random.below(text.size());
        switch (random.below(3)) {
        case 0: text[at] = static_cast<char>(random.below(256)); break;
        case 1: text.erase(at, 1); break;
        default: text.insert(at, 1, static_cast<char>(0x80 + random.below(128)));
        }
    }
    return text;
}

std::size_t first_invalid_by_steps(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const decoded step = decode(text, at);
        if (!step.valid) return at;
        at += step.length;
    }
    return std::string_view::npos;
}

} // namespace

TEST_CASE("utf8: every scalar value is written and read back") {
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        char           bytes[4];
        const unsigned n         = encode(c, bytes);
        const bool     is_scalar = c < 0xD800 || c > 0xDFFF;
        const decoded  back      = decode({bytes, n}, 0);
        if (back != decoded{is_scalar ? c : replacement, n, true} || n != encoded_length(c))
            FAIL("scalar " << std::uint32_t(c));
    }
    char bytes[4];
    CHECK(encode(0x110000, bytes) == 3);
    CHECK(std::string_view(bytes, 3) == "\uFFFD");
    CHECK(encode(0xFFFFFFFF, bytes) == 3);
    static_assert(decode("\u20AC", 0) == decoded{0x20AC, 3, true});
    static_assert(decode("", 0) == decoded{replacement, 0, false});
    static_assert(decode("ab", 7) == decoded{replacement, 0, false});
}

TEST_CASE("utf8: all sequences of three bytes step as the list of all scalar values says") {
    const auto  truth = std::make_unique<all_utf8>();
    std::size_t wrong = 0;
    for (std::uint32_t x = 0; x < 1u << 24; ++x) {
        const char bytes[3]        = {static_cast<char>(x >> 16), static_cast<char>(x >> 8), static_cast<char>(x)};
        const auto [length, valid] = truth->step(x >> 16, x >> 8 & 0xFF, x & 0xFF);
        const decoded step         = decode({bytes, 3}, 0);
        wrong += step.length != length || step.valid != valid || (!valid && step.scalar != replacement) ? 1 : 0;
    }
    CHECK(wrong == 0);
}

TEST_CASE("utf8: what is cut off at the end is one step") {
    for (const std::string_view whole : {"\u00E9", "\u20AC", "\U0001F600", "\U0010FFFF", "\u0800", "\uD7FF"})
        for (std::size_t n = 1; n < whole.size(); ++n)
            CHECK(decode(whole.substr(0, n), 0) == decoded{replacement, static_cast<unsigned>(n), false});
    // A fourth byte that does not continue leaves the three before it as one step.
    for (unsigned b = 0; b < 256; ++b) {
        const std::string text = {'\xF0', '\x9F', '\x98', static_cast<char>(b)};
        CHECK(decode(text, 0) ==
              ((b & 0xC0) == 0x80 ? decoded{0x1F600u | (b & 0x3F), 4, true} : decoded{replacement, 3, false}));
    }
}

TEST_CASE("utf8: first_invalid finds the same byte as reading step by step") {
    counter_random random(1);
    for (int round = 0; round < 6000; ++round) {
        const std::string text = nearly(random, random.below(200), static_cast<unsigned>(random.below(3)));
        REQUIRE(first_invalid(text) == first_invalid_by_steps(text));
    }
    // One bad byte, or a cut character, at every place of ASCII and of a mixed text of all lengths round the block.
    for (std::size_t size = 0; size < 100; ++size)
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'a');
            text[at] = '\xFF';
            REQUIRE(first_invalid(text) == at);
            text[at] = '\xC3';
            REQUIRE(first_invalid(text) == at);
            std::string greek;
            while (greek.size() + 2 <= size) greek += "\u03B1";
            greek.resize(size, 'b');
            REQUIRE(first_invalid(greek) == std::string_view::npos);
            greek[at] = 'x';
            REQUIRE(first_invalid(greek) == first_invalid_by_steps(greek));
        }
    static_assert(first_invalid("plain") == std::string_view::npos);
    static_assert(first_invalid("a text of more than thirty-two bytes, \xC0 in it") == 38);
}

TEST_CASE("utf8: count_scalars counts what decode steps over") {
    counter_random random(2);
    for (const std::size_t length : {0u, 1u, 7u, 8u, 9u, 63u, 64u, 65u, 500u, 2039u, 2040u, 2041u, 5000u, 20000u})
        for (int round = 0; round < 3; ++round) {
            const std::string text = round == 0 ? std::string(length, 'x') : nearly(random, length, 0);
            std::size_t       n    = 0;
            for (std::size_t at = 0; at < text.size(); at += decode(text, at).length) ++n;
            REQUIRE(count_scalars(text) == n);
        }
    CHECK(count_scalars(std::string(100000, '\x80')) == 0); // sums that would pass a byte
    static_assert(count_scalars("\u00E9\u00E8x") == 3);
}

TEST_CASE("utf8: boundaries") {
    const std::string_view text = "a\u00E9\u20AC\U0001F600";
    for (std::size_t at = 0; at <= text.size() + 2; ++at) {
        const bool boundary = at == 0 || at == 1 || at == 3 || at == 6 || at == 10;
        CHECK(is_boundary(text, at) == boundary);
        const std::size_t before = boundary_before(text, at);
        CHECK(is_boundary(text, before));
        CHECK(before <= at);
        if (boundary) CHECK(before == at);
    }
    CHECK(boundary_before("\x80\x80\x80\x80\x80\x80", 5) == 5);
    CHECK(boundary_before("\x80\x80", 1) == 1);
    CHECK(is_boundary("", 0));
}

TEST_CASE("utf8: repair is what reading step by step gives, and origin leads back") {
    counter_random random(3);
    for (int round = 0; round < 3000; ++round) {
        const std::string text = nearly(random, random.below(120), static_cast<unsigned>(random.below(9)));
        const repaired    good = repair(text);
        REQUIRE(first_invalid(good.text) == std::string_view::npos);

        std::string              expected;
        std::vector<patch>       patches;
        std::vector<std::size_t> from; // of each byte of the repaired text
        for (std::size_t at = 0; at < text.size();) {
            const decoded step = decode(text, at);
            if (!step.valid) patches.push_back({expected.size(), at, step.length});
            const std::string piece = step.valid ? text.substr(at, step.length) : "\uFFFD";
            for (std::size_t i = 0; i < piece.size(); ++i) from.push_back(step.valid ? at + i : at);
            expected += piece;
            at += step.length;
        }
        from.push_back(text.size());
        REQUIRE(good.text == expected);
        REQUIRE(good.patches == patches);
        for (std::size_t at = 0; at < from.size(); ++at) REQUIRE(origin(good.patches, at) == from[at]);

        // A span maps to one that, repaired by itself, holds it.
        if (good.text.empty()) continue;
        std::size_t begin = random.below(good.text.size()), end = begin + random.below(good.text.size() - begin + 1);
        while (!is_boundary(good.text, begin)) --begin;
        while (!is_boundary(good.text, end)) ++end;
        const byte_span back = origin(good.patches, {begin, end});
        REQUIRE(back.begin <= back.end);
        REQUIRE(back.end <= text.size());
        REQUIRE(repair(std::string_view(text).substr(back.begin, back.end - back.begin)).text ==
                good.text.substr(begin, end - begin));
    }
    const repaired cut = repair("ab\xF0\x9F\x98"
                                "cd");
    CHECK(cut.text == "ab\uFFFD"
                      "cd");
    CHECK(cut.patches == std::vector<patch>{{2, 2, 3}});
    CHECK(origin(cut.patches, {3, 4}) == byte_span{2, 5}); // inside the replacement: all of it
    CHECK(origin(cut.patches, {0, 3}) == byte_span{0, 5});
    CHECK(origin(cut.patches, {5, 7}) == byte_span{5, 7});
    CHECK(origin(cut.patches, {3, 3}) == byte_span{2, 2});
    CHECK(repair("").text.empty());
    CHECK(repair("\uFFFD").patches.empty()); // one that was there is no patch
}

TEST_CASE("utf8: a decoder's test cases") {
    NEEDS_SHARED(file, "data/malformed/utf8tests.txt");
    std::istringstream lines(test::slurp(file));
    std::size_t        valid = 0, invalid = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::vector<std::string> fields(1);
        for (const char c : line)
            if (c == ':') fields.emplace_back();
            else fields.back() += c;
        CAPTURE(line);
        if (fields[1] == "valid") {
            ++valid;
            CHECK(first_invalid(fields[2]) == std::string_view::npos);
        } else if (fields[1] == "valid hex") {
            ++valid;
            CHECK(first_invalid(bytes_of(fields[2])) == std::string_view::npos);
            CHECK(repair(bytes_of(fields[2])).patches.empty());
        } else if (fields[1] == "invalid hex") {
            ++invalid;
            REQUIRE(fields.size() == 5);
            CHECK(first_invalid(bytes_of(fields[2])) != std::string_view::npos);
            CHECK(repair(bytes_of(fields[2])).text == bytes_of(fields[4]));
        }
    }
    CHECK(valid > 50);
    CHECK(invalid > 100);
}
