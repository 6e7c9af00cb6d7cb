// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 6: filters.
//
// A filter is a value built from fields, and goes with the question: `q.only = &filter`. `narrow` asks it about every document once,
// before the search, so it holds for each branch of a hybrid one, which still gives its k hits. `kb.ask(q)` does all that. Front matter
// of a Markdown file becomes such fields by itself; `name`, `path`, `type` and `modified` are there for every file.

#include <graft/knowledge/knowledge_base.hpp>
#include <graft/metadata/filter_text.hpp>

#include <cstdio>

using namespace graft::flow; // the words of pipelines: matching, narrow, search

int main() {
    const auto kb   = graft::knowledge_base<>::make({.folder = "examples/handbook"}).value();
    const auto find = narrow(kb.fields()) | search(kb.words(), 3);
    const auto show = [&](const char* how, const graft::filter& only) {
        graft::query q = "days of leave and travel, a year";
        q.only         = &only;
        const auto f   = find(q).value();
        std::printf("%s: %zu chunks allowed\n", how, matching(only, kb.fields()).size());
        for (const graft::hit& h : f.hits) std::printf("  %s\n", kb.chunks().document_of(h.id)->name.c_str());
    };
    show("everything", graft::filter{});
    show("the people team, since 2023", graft::where("team") == "people" && graft::where("year") >= 2023);
    show("not the people team", !(graft::where("team") == "people"));
    show("from text", graft::parse_filter("team == finance || year < 2022").value());

    const auto wrong = graft::parse_filter("team = people");
    std::printf("a mistake names its byte: %s\n", describe(wrong.error()).c_str());
}
