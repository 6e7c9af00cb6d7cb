// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 11: an embedder of your own.
//
// An embedder is a role, not a base class: dims, fingerprint, encode. Row i depends on text i alone; a text it knows nothing of
// becomes a zero row. This one counts pairs of letters, which is enough to find misspelt names.

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/index/flat.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <cctype>
#include <cstdio>

namespace mine {

struct letter_pairs {
    static constexpr std::size_t letters = 26;

    std::size_t   dims() const { return letters * letters; }
    std::uint64_t fingerprint() const { return 1; } // changes when the vectors would

    graft::result<void> encode(std::span<const graft::text_view> in, graft::matrix_view<float> out,
                               graft::context&) const {
        for (std::size_t i = 0; i < in.size(); ++i) {
            const auto row = out.row(i); // zero at first
            for (const auto text : {in[i].prefix, in[i].body})
                for (std::size_t c = 1; c < text.size(); ++c) {
                    const int a = std::tolower(static_cast<unsigned char>(text[c - 1])) - 'a';
                    const int b = std::tolower(static_cast<unsigned char>(text[c])) - 'a';
                    if (a >= 0 && a < 26 && b >= 0 && b < 26) row[static_cast<std::size_t>(a * 26 + b)] += 1;
                }
            (void)graft::normalise(row);
        }
        return graft::done;
    }
    float dense_weight() const { return .1f; } // its share in a hybrid search
};

} // namespace mine

using namespace graft::flow; // the words of pipelines: index_into, ingest, search

int main() {
    static_assert(graft::embedder<mine::letter_pairs>);
    const graft::corpus        docs   = graft::load_folder("examples/handbook").value();
    const graft::chunk_store   chunks = graft::split_documents(docs, graft::markdown{}).value();
    const mine::letter_pairs   embed; // can be copied, so a pipeline holds it by value
    graft::flat<graft::cosine> nearest{embed.dims()};
    ingest(embed | index_into(nearest))(chunks).value();

    const auto find = embed | search(nearest, 1);
    for (const char* asked : {"recipts witin a munth", "unpayed leeve for parants", "secnd clas tranes"}) {
        const auto f = find(asked).value();
        std::printf("%s  ->  %s\n", asked, chunks.document_of(f.hits[0].id)->name.c_str());
    }
}
