// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 12: a chunker of your own.
//
// A chunker walks over the body of a document and emits spans; it is told how many tokens fit. What it emits is checked: a span that cuts
// a character, goes backwards or passes the limit is a typed error, never a bad chunk.

#include <graft/chunk/split_documents.hpp>
#include <graft/load/folder.hpp>

#include <algorithm>
#include <cstdio>

namespace mine {

/// A chunk a line.
struct lines {
    void operator()(graft::chunk_writer& out) const {
        for (std::size_t at = out.begin(), next; at < out.end(); at = next) {
            next = std::min(out.text().find('\n', at), out.end() - 1) + 1;
            out.emit(at, next);
        }
    }
};

/// The same, with a limit that some line passes.
struct short_lines : lines {
    std::size_t size = 10;
};

} // namespace mine

int main() {
    const graft::corpus      docs = graft::load_folder("examples/handbook").value();
    const graft::chunk_store chunks =
        graft::split_documents(docs, mine::lines{}, {.prefix = graft::prefix_kind::none}).value();
    for (const graft::chunk& c : chunks.of(docs[0].id))
        if (c.text.body != "\n")
            std::printf("%u tokens  %.*s", c.tokens, static_cast<int>(c.text.body.size()), c.text.body.data());

    const auto refused = graft::split_documents(docs, mine::short_lines{}, {.prefix = graft::prefix_kind::none});
    std::printf("%s\n", describe(refused.error()).c_str());
}
