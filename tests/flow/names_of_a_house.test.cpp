// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A host that opens all of graft at once. What graft itself is made of (readers of UTF-8, of Markdown, of claims and marks) lies in
// namespaces within it, so that the host may call its own things so: a name that came back would be ambiguous here.
#include <graft/graft.hpp>
#include <graft/unicode/encoding.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/words/respell.hpp>

#include <doctest/doctest.h>

using namespace graft;

struct script {};
struct decoded {};
struct patch {};
struct repaired {};
struct block {};
struct structure {};
struct readable {};
struct grain {};
struct asked_words {};
struct passage_unit {};
struct claim_source {};
struct quote_place {};
struct mark_at {};
enum class encoding { mine };
enum class content { mine };
enum class word_role { mine };
inline constexpr int replacement = 1;
inline int           decode(int x) { return x; }
inline int           encode(int x) { return x; }
inline int           fold(int x) { return x; }
inline int           classify(int x) { return x; }
inline int           repair(int x) { return x; }
inline int           expansion(int x) { return x; }
inline int           is_space(int x) { return x; }
inline int           is_digit(int x) { return x; }
inline int           one_line(int x) { return x; }

template <class... Own>
constexpr std::size_t how_many() {
    return sizeof...(Own);
}

TEST_CASE("a host that opens graft whole has no name from within it") {
    // Each is looked up by its bare name.
    CHECK(how_many<script, decoded, patch, repaired, block, structure, readable, grain, asked_words, passage_unit,
                   claim_source, quote_place, mark_at, encoding, content, word_role>() == 16);
    CHECK(decode(1) + encode(1) + fold(1) + classify(1) + repair(1) + expansion(1) + is_space(1) + is_digit(1) +
              one_line(1) + replacement ==
          10);
    const bm25 words; // what stands in graft is found as before
    CHECK(words.size() == 0);
}
