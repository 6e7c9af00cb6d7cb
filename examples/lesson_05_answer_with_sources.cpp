// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 5: the whole path, from documents to an answer with citations.
//
// A knowledge base loads a folder, cuts it, embeds it and indexes it; `kb.ask(question)` is the standard way to an answer. Its parts
// are reachable, as here: `retrieve` searches by vectors and by words and reads the best hits, `threshold` refuses when nothing fits,
// `prompt_from` builds a prompt of numbered sources within a budget, and `extractive` is a model that needs no weights: it quotes the
// sentences that cover the question. Every citation is a span of bytes, and was checked.

#include <graft/knowledge/knowledge_base.hpp>

#include <cstdio>

using namespace graft::flow; // the words of pipelines: extractive, prompt_from, threshold

int main() {
    const auto kb = graft::knowledge_base<>::make({.folder = "examples/handbook"}).value();

    const auto ask =
        kb.retrieve() | threshold{} | prompt_from(kb.chunks(), {.budget = 500}) | extractive{.sentences = 1};
    graft::context w;
    for (const char* asked :
         {"How many days of leave do I have?", "When is a note from a doctor due?", "Who won the cup final?"}) {
        w.reset();
        const graft::answer a = ask(asked, w).value();
        std::printf("%s\n  %.*s\n", asked, static_cast<int>(a.text.size()), a.text.data());
        for (const graft::citation& c : a.citations)
            std::printf("  [%u] %.*s:%llu-%llu %s\n", c.mark, static_cast<int>(c.name.size()), c.name.data(),
                        static_cast<unsigned long long>(c.begin), static_cast<unsigned long long>(c.end),
                        c.verified ? "verified" : "not verified");
    }
}
