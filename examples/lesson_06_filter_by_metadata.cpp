// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 6: filters.
//
// A filter is a value built from fields; `select` asks it about every chunk once, and a search then tests one bit as it goes, so it
// still gives its k hits. Front matter of a Markdown file becomes such fields by itself.

#include <graft/chunk/cut.hpp>
#include <graft/chunk/markdown.hpp>
#include <graft/core/tee.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/filter.hpp>
#include <graft/index/filter_text.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/text/folder.hpp>

#include <cstdio>

using namespace graft;

int main() {
    const corpus   docs  = load_folder("examples/handbook").value();
    const passages shelf = cut(docs, markdown{}).value();
    bm25           words;
    tee(into(words))(shelf).value();

    const auto show = [&](const char* how, const filter& only) {
        const allowed these = select(only, shelf);
        const auto    f     = pipe(search(words, 3, these), top(3))("days of leave and travel, a year").value();
        std::printf("%s: %zu chunks allowed\n", how, these.size());
        for (const hit& h : f.hits) std::printf("  %s\n", shelf.document_of(h.id)->name.c_str());
    };
    show("everything", filter{});
    show("the people team, since 2023", where("team") == "people" && where("year") >= 2023);
    show("not the people team", !(where("team") == "people"));
    show("from text", parse_filter("team == finance || year < 2022").value());

    const auto wrong = parse_filter("team = people");
    std::printf("a mistake names its byte: %s\n", describe(wrong.error()).c_str());
}
