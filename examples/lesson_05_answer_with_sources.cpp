// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 5: the whole path, from documents to an answer with citations.
//
// `prompt_from` builds a prompt of numbered sources within a budget; `extractive` is a generator that needs no model: it quotes the
// sentences that cover the question. Every citation is a span of bytes, and was checked. `threshold` refuses when nothing fits.

#include <graft/chunk/markdown.hpp>
#include <graft/rag.hpp>

#include <cstdio>

using namespace graft;

int main() {
    const corpus      docs   = load_folder("examples/handbook").value();
    const chunk_store chunks = split_documents(docs, markdown{}).value();
    const lsa         embed  = lsa::fit(chunks, {.dims = 6}).value();
    hnsw<cosine>      nearest{embed.dims()};
    bm25              words;
    ingest(embed | index_into(nearest), index_into(words))(chunks).value();

    const auto ask = hybrid(embed | search(nearest), search(words)) | rerank(chunks) | threshold{} |
                     prompt_from(chunks, {.budget = 500}) | extractive{.sentences = 1};
    context w;
    for (const char* asked :
         {"How many days of leave do I have?", "When is a note from a doctor due?", "Who won the cup final?"}) {
        w.reset();
        const answer a = ask(asked, w).value();
        std::printf("%s\n  %.*s\n", asked, static_cast<int>(a.text.size()), a.text.data());
        for (const citation& c : a.citations)
            std::printf("  [%u] %.*s:%llu-%llu %s\n", c.mark, static_cast<int>(c.name.size()), c.name.data(),
                        static_cast<unsigned long long>(c.begin), static_cast<unsigned long long>(c.end),
                        c.verified ? "verified" : "not verified");
    }
}
