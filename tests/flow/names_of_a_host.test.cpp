// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A host with names of its own beside every header, and the words of pipelines opened.
#include <graft/graft.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace graft::flow;

// What a program about documents has, whatever its libraries are called.
struct document {
    std::string text;
};
struct error {
    int code;
};
struct chunk {};
struct corpus {};
struct query {};
struct answer {};
struct result {};
struct message {};
struct source {};
struct token {};
struct index {};
struct filter {};
struct context {};
struct split {};
enum class fault { none };
inline int copy(int x) { return x; }
inline int decode(int x) { return x; }
inline int name(int x) { return x; }
inline int update(int x) { return x; }
/// Its own search stands beside the word of the same name: they differ in what they take.
inline int search(const document& d, char c) { return static_cast<int>(d.text.find(c)); }

TEST_CASE("a host keeps its own names beside every header of graft, and opens the words of pipelines") {
    const document mine{"abc"};
    CHECK(search(mine, 'c') == 2);
    CHECK(error{3}.code == 3);
    CHECK(copy(1) + decode(1) + name(1) + update(1) == 4);

    graft::bm25    words;
    const chunk    c;
    const auto     find = search(words, 3) | top(1);
    graft::context w;
    CHECK(find("nothing", w).value().hits.empty());
    (void)c;
}
