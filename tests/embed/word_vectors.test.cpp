// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/word_vectors.hpp>

#include "support/memory_files.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <string>
#include <vector>

using namespace graft;

namespace {

result<static_table> read(const std::string& bytes, const word_vectors_params& with = {}) {
    auto parts = detail::word_vectors_reader(std::as_bytes(std::span(bytes)), "vectors", with.most).read();
    if (!parts) return parts.error();
    parts->scaled = false;
    return static_table::of(std::move(*parts));
}
std::vector<float> of(const static_table& t, std::string_view text) {
    context            c;
    const text_view    in[] = {{{}, text}};
    std::vector<float> out(t.dims());
    const auto         ok = t.encode(in, {out.data(), 1, t.dims()}, c);
    if (!ok) FAIL(describe(ok.error()));
    return out;
}
std::string binary(std::initializer_list<std::pair<std::string, std::vector<float>>> rows, const std::string& between) {
    std::string out = std::to_string(rows.size()) + " " + std::to_string(rows.begin()->second.size()) + "\n";
    for (const auto& [word, row] : rows) {
        out += word + " ";
        for (const float x : row)
            for (unsigned i = 0; i < 4; ++i) out += static_cast<char>(std::bit_cast<std::uint32_t>(x) >> (8 * i));
        out += between;
    }
    return out;
}
using row = std::vector<float>;

} // namespace

TEST_CASE("GloVe, and word2vec as text and binary, are one table") {
    const std::string glove = "the 1 2\ndog 0.5 -1e-1\n. . . 3 4\nDog 7 7\n";
    const auto        g     = read(glove).value();
    CHECK(g.dims() == 2);
    CHECK(g.tokens() == 4);
    CHECK(of(g, "the") == row{1, 2});
    CHECK(of(g, "dog") == row{.5f, -.1f});
    const std::string head = "4 2\n";
    for (const auto& bytes : {head + glove, head + "the\t1 2 \r\ndog .5 -.1\n. . . 3 4 \nDog 7 7",
                              binary({{"the", {1, 2}}, {"dog", {.5f, -.1f}}, {".", {3, 4}}, {"Dog", {7, 7}}}, "\n"),
                              binary({{"the", {1, 2}}, {"dog", {.5f, -.1f}}, {".", {3, 4}}, {"Dog", {7, 7}}}, "")}) {
        const auto t = read(bytes).value();
        CHECK(t.tokens() == 4);
        for (const char* text : {"the", "dog", "Dog", "the dog", "cat"}) CHECK(of(t, text) == of(g, text));
    }
    CHECK(read(glove, {.most = 2}).value().tokens() == 2);
    CHECK(read(binary({{"a", {1, 2}}, {"b", {3, 4}}}, ""), {.most = 1}).value().tokens() == 1);
}

TEST_CASE("words are found as they are spelled, then in lower case, then without what stands round them") {
    const auto t = read("dog 1 0\nU.S. 0 1\ne-mail 5 5\nmail 2 2\nérable 4 4\n. 9 9\ndog 8 8\nUS 3 3\n").value();
    CHECK(of(t, "dog") == row{1, 0}); // of two the first
    CHECK(of(t, "DOG") == row{1, 0});
    CHECK(of(t, "(dog)...") == row{1, 0});
    CHECK(of(t, "U.S.") == row{0, 1});
    CHECK(of(t, "US") == row{3, 3});
    CHECK(of(t, "us") == row{0, 0}); // no lower case of it is there
    CHECK(of(t, "\"e-mail\"") == row{5, 5});
    CHECK(of(t, "x-mail") == row{2, 2});
    CHECK(of(t, "Érable") == row{4, 4});
    CHECK(of(t, " . ") == row{0, 0}); // punctuation is no word
    CHECK(of(t, "dog, mail\ndog/cat") == row{4.f / 3, 2.f / 3});
    CHECK(of(t, "") == row{0, 0});
    CHECK(of(t, std::string(1'000'000, '(') + "dog" + std::string(1'000'000, 'x')) == row{0, 0});
    CHECK(of(t, std::string(100'000, '-') + "dog" + std::string(100'000, '-')) == row{1, 0});
    CHECK(of(t, "\xff\xfe dog \xc3") == row{1, 0});
    CHECK(of(t, std::string(300, '\xff')) == row{0, 0});
}

TEST_CASE("a damaged file of word vectors is refused with the place") {
    const auto why = [](const std::string& bytes) {
        const auto t = read(bytes);
        REQUIRE(!t);
        CHECK(t.error().subject.find("vectors") == 0);
        return std::pair(t.error().what, t.error().where);
    };
    using at = std::pair<fault, std::uint64_t>;
    CHECK(why("") == at{fault::no_input, 0});
    CHECK(why("\n") == at{fault::bad_format, 1});
    CHECK(why("word\n") == at{fault::bad_format, 1});
    CHECK(why("a b\n") == at{fault::bad_format, 1});
    CHECK(why("a 1 2\nb 1\n") == at{fault::bad_format, 2});
    CHECK(why("a 1 2\nb 1 x\n") == at{fault::bad_format, 2});
    CHECK(why("a 1 2\n\nb 1 2\n") == at{fault::bad_format, 2});
    CHECK(why("a 1 2\nb 1e99 2\n") == at{fault::bad_format, 2});
    CHECK(why("2 2\na 1 2\n") == at{fault::truncated, 2});
    CHECK(why("1 2\na 1 2\nb 1 2\n") == at{fault::malformed, 3});
    CHECK(why("0 2\n").first == fault::malformed);
    CHECK(why("2 0\n").first == fault::malformed);
    CHECK(why("18446744073709551615 18446744073709551615\nx").first == fault::truncated);
    CHECK(why("18446744073709551615 1\nx").first == fault::truncated);
    CHECK(why("1 2\nword").first == fault::truncated);
    const auto whole = binary({{"a", {1, 2}}, {"b", {3, 4}}}, "\n");
    CHECK(read(whole));
    for (std::size_t n = 4; n + 1 < whole.size(); ++n) CHECK(!read(whole.substr(0, n)));
    CHECK(why(whole + "x") == at{fault::unexpected, whole.size()});
    CHECK(read("a nan 1\n").error().what == fault::not_finite);
    CHECK(read("b 1 1\na inf 1\n").error().where == 1);
}
