// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 14: a sentence encoder.
//
// A trained model turns sentences into vectors that are near each other when they mean the same, in whatever words. graft reads it
// from the folder that sentence-transformers and transformers write, and runs it inside the program. It is an embedder like any
// other. `examples/models.sh minilm` brings the one of this lesson, all-MiniLM-L6-v2, into build/models (84 MB).
// needs: nlohmann-json3-dev
// model: minilm

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/embed/cached.hpp>
#include <graft/embed/matryoshka.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/flat.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/simd/dot.hpp>
#include <graft/store/posix.hpp>

#include <cstdio>

using namespace graft::flow; // the words of pipelines: hybrid, index_into, ingest, search, top

int main() {
    graft::context c{graft::threads(2)}; // two threads, and not a bit of difference
    const auto     read = graft::load_sentence_encoder(graft::posix_files{}, "build/models/minilm", c);
    if (!read) { // an error is a value, and says what is missing
        std::fprintf(stderr, "%s\nexamples/models.sh minilm brings it\n", describe(read.error()).c_str());
        return 1;
    }
    const graft::sentence_encoder& encoder = *read;
    std::printf("%zu numbers a text, of which %zu tokens are read\n\n", encoder.dims(), encoder.max_tokens());

    // How near two sentences are: the product of their vectors, which have length 1.
    const graft::text_view texts[] = {
        {{}, "My screen is cracked."}, {{}, "The display is broken."}, {{}, "The screening is tonight."}};
    graft::matrix<float> rows(3, encoder.dims());
    encoder.encode(texts, rows.view(), c).value();
    for (std::size_t i = 1; i < 3; ++i)
        std::printf("%.2f  %s\n", static_cast<double>(graft::dot(rows.row(0), rows.row(i))), texts[i].body.data());

    // In a pipeline. The cache looks a text up before it is encoded: what stays the same is never encoded twice.
    const graft::corpus        docs   = graft::load_folder("examples/handbook").value();
    const graft::chunk_store   chunks = graft::split_documents(docs, graft::markdown{}).value();
    graft::vector_cache        memory(encoder.dims(), 10'000);
    const auto                 embed = graft::cached<graft::sentence_encoder>::make(encoder, memory).value();
    graft::flat<graft::cosine> before{embed.dims()}, nearest{embed.dims()};
    graft::bm25                words;
    for (auto* index : {&before, &nearest}) ingest(embed | index_into(*index))(chunks, c).value();
    ingest(index_into(words))(chunks, c).value();
    const auto [found, missed] = memory.found_and_missed();
    std::printf("\n%llu chunks encoded, %llu looked up\n", static_cast<unsigned long long>(missed),
                static_cast<unsigned long long>(found));

    const auto show = [&](const char* how, const auto& find) {
        const auto f = find("I caught the flu. What now?", c).value();
        std::printf("%-8s%s", how, f.hits.empty() ? "  nothing" : "");
        for (const graft::hit& h : f.hits)
            std::printf("  %.3f %s", static_cast<double>(h.score), chunks.document_of(h.id)->name.c_str());
        std::printf("\n");
    };
    show("words", search(words) | top(2));
    show("vectors", embed | search(nearest) | top(2));
    show("both", hybrid(embed | search(nearest), search(words)) | top(2)); // half and half: the encoder's own weight

    // The first numbers of a vector, made to length 1 again: an index of a third of the size.
    const auto                 small = graft::matryoshka<graft::sentence_encoder>::make(encoder, 128).value();
    graft::flat<graft::cosine> few{small.dims()};
    ingest(small | index_into(few))(chunks, c).value();
    show("a third", small | search(few) | top(2));
}
