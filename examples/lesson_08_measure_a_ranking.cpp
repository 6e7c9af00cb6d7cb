// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 8: measure.
//
// Judge what a search finds against what should be found: nDCG, recall, mean reciprocal rank, the same numbers as trec_eval's. A paired
// bootstrap says whether one search is better than another, or only luckier.

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/eval/bootstrap.hpp>
#include <graft/eval/ranking.hpp>
#include <graft/index/bm25.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <cstdio>
#include <vector>

using namespace graft::flow; // the words of pipelines: index_into, ingest, search

int main() {
    const graft::corpus      docs = graft::load_folder("examples/handbook").value();
    const graft::chunk_store chunks =
        graft::split_documents(docs, graft::markdown{}, {.prefix = graft::prefix_kind::none}).value();
    const graft::chunk_store with_titles = graft::split_documents(docs, graft::markdown{}).value();
    graft::bm25              bare, titled;
    ingest(index_into(bare))(chunks).value();
    ingest(index_into(titled))(with_titles).value();

    struct judged_question {
        const char* text;
        const char* name; // of the document that answers it
    };
    const judged_question asked[] = {{"equipment that breaks", "kit.md"},   {"leave for parents", "leave.md"},
                                     {"illness of an employee", "sick.md"}, {"working at home", "remote.md"},
                                     {"travel expenses", "travel.md"},      {"a flat rate for a hotel", "travel.md"}};

    const auto measure = [&](const graft::bm25& words) {
        std::vector<double> each;
        graft::context      w;
        for (const auto& q : asked) {
            w.reset();
            const auto                    f = search(words, 10)(graft::query(q.text), w).value();
            std::vector<graft::judgement> right;
            for (const graft::chunk& c : chunks.of(docs.find(std::string_view(q.name))->id)) right.push_back({c.id, 1});
            each.push_back(graft::ndcg(graft::judge(f.hits, right, w), 10));
        }
        return each;
    };
    const auto before = measure(bare), after = measure(titled);
    for (std::size_t i = 0; i < before.size(); ++i) std::printf("%.3f  %.3f  %s\n", before[i], after[i], asked[i].text);
    const graft::interval gain = graft::paired_bootstrap(before, after).value();
    std::printf("with titles: %+.3f, 95 %% of the resamples in [%+.3f, %+.3f]\n", gain.mean, gain.low, gain.high);
}
