// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 1: a document becomes chunks.
//
// A chunk is a span of a document, [begin, end) in bytes; its text is never a copy. A prefix (title > section) travels beside the
// body and counts in the limit, so that a chunk of 30 tokens never has 31.

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/load/folder.hpp>

#include <cstdio>

int main() {
    const graft::corpus      docs   = graft::load_folder("examples/handbook").value();
    const graft::chunk_store chunks = graft::split_documents(docs, graft::markdown{.size = 30}).value();

    for (const graft::chunk& c : chunks.all()) {
        const graft::document& d = *chunks.document_by(c.document);
        std::printf("%llu  %s [%llu, %llu)  %u tokens\n", static_cast<unsigned long long>(c.id), d.name.c_str(),
                    static_cast<unsigned long long>(c.begin), static_cast<unsigned long long>(c.end), c.tokens);
        std::printf("   prefix: %.*s", static_cast<int>(c.text.prefix.size()), c.text.prefix.data());
    }
    const graft::chunk     first = chunks.all()[0];
    const graft::document& d     = *chunks.document_by(first.document);
    std::printf("the body is the document's own bytes: %s\n",
                first.text.body.data() == d.text.data() + first.begin ? "yes" : "no");
}
