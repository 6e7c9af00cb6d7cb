// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Searches a collection with many questions and writes a TREC run.
// needs: nlohmann-json3-dev

#include "support/embedders.hpp"

#include <graft/core/tee.hpp>
#include <graft/eval/trec.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/filter_text.hpp>
#include <graft/index/hnsw.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/text/metadata.hpp>

#include <limits>

using namespace graft;
using namespace tool;

namespace {

/// The records as `select` wants a shelf.
struct catalogue {
    std::vector<chunk>    items;
    std::vector<metadata> fields;

    explicit catalogue(const std::vector<record>& records) : items(as_chunks(records)) {
        for (const record& r : records) {
            auto& mine = fields.emplace_back();
            for (const auto& [key, value] : r.metadata.items())
                if (value.is_boolean()) mine.set(key, value.get<bool>());
                else if (value.is_number_integer()) mine.set(key, value.get<std::int64_t>());
                else if (value.is_number()) mine.set(key, value.get<double>());
                else if (value.is_string()) mine.set(key, value.get<std::string>());
        }
    }
    chunks          all() const { return items; }
    const metadata& fields_of(chunk_id id) const { return fields[id - 1]; }
};

struct kept {
    const allowed* by = nullptr;
    bool           operator()(chunk_id id) const noexcept { return by == nullptr || (*by)(id); }
};

/// Asks every question and prints its ranking.
template <class Ask>
int run(const arguments& args, const console& say, const std::vector<record>& documents,
        const std::vector<record>& queries, const Ask& ask) {
    const auto  k       = args.number<std::size_t>("k");
    std::size_t refused = 0;
    workspace   w;
    stopwatch   clock;
    for (const record& q : queries) {
        w.reset();
        const auto f = call(ask, question(q.text), w);
        if (!f) {
            say.report(f.error()), ++refused;
            continue;
        }
        const auto hits = f->hits.first(std::min(k, f->hits.size()));
        if (args.json()) {
            json_line j;
            j.open("{").key("question").text(q.id).key("hits").open("[");
            for (const hit& h : hits)
                j.open("{").key("doc").text(documents[h.id - 1].id).key("score").number(h.score).close("}");
            j.close("]").close("}").print();
            continue;
        }
        std::vector<trec_hit> ranking;
        for (const hit& h : hits) ranking.push_back({q.id, documents[h.id - 1].id, h.score});
        std::string lines;
        if (auto ok = write_run(lines, ranking, args.text("run")); !ok) say.report(ok.error()), ++refused;
        std::fwrite(lines.data(), 1, lines.size(), stdout);
    }
    if (args.timing())
        say.note(std::to_string(queries.size()) + " questions in " + std::to_string(clock.lap()) + " ms");
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(
        argc, argv, "search", "--corpus FILE --queries FILE", "Searches a collection and writes a TREC run.",
        {{"corpus", "FILE", "", "JSON Lines: id, text, optional title and metadata"},
         {"queries", "FILE", "", "JSON Lines: id, text"},
         {"method", "bm25|dense|hybrid", "hybrid", "how documents are found"},
         {"variant", "robertson|lucene|atire|bm25l|bm25plus", "lucene", "of BM25"},
         {"k1", "X", "1.2", "of BM25"},
         {"b", "X", "0.75", "of BM25"},
         {"model", "hashed|lsa", "lsa", "the embedder, fitted on the corpus"},
         {"dims", "N", "200", "of the embedder"},
         {"exact", "", "", "score every vector instead of walking a graph"},
         {"ef", "N", "64", "candidates kept on the walk"},
         {"fuse", "convex|rrf|minmax|dbsf", "convex", "how the two lists are merged; minmax is convex"},
         {"weight", "X", "", "dense weight in a fusion; the embedder's own if absent"},
         {"filter", "E", "", "only documents whose metadata fit"},
         {"adapter", "FILE", "", "a query adapter"},
         {"candidates", "N", "1000", "hits of each list before they are merged"},
         {"k", "N", "100", "hits a question"},
         {"run", "TAG", "graft", "last column of the run"}});
    const console say(args);
    args.require(args.has("corpus") && args.has("queries"), "name --corpus and --queries");
    std::size_t     refused   = 0;
    const auto      documents = say.need(read_records(args.text("corpus"), say, refused));
    const auto      queries   = say.need(read_records(args.text("queries"), say, refused));
    const catalogue shelf(documents);
    const auto      only = select(say.need(parse_filter(args.text("filter"))), shelf);
    const kept      keep{args.has("filter") ? &only : nullptr};
    const auto      most   = args.number<std::size_t>("candidates");
    const auto      method = args.choice("method", {"bm25", "dense", "hybrid"});
    const auto      fusion = args.choice("fuse", {"convex", "rrf", "minmax", "dbsf"});

    const auto  variant = args.choice("variant", {"robertson", "lucene", "atire", "bm25l", "bm25plus"});
    bm25_params words_like{.k1 = args.number<float>("k1"), .b = args.number<float>("b")};
    words_like.variant = variant == "robertson"  ? bm25_variant::robertson
                         : variant == "atire"    ? bm25_variant::atire
                         : variant == "bm25l"    ? bm25_variant::bm25l
                         : variant == "bm25plus" ? bm25_variant::bm25plus
                                                 : bm25_variant::lucene;
    args.require(words_like.valid(), "--k1 must be at least 0, --b from 0 to 1");
    bm25         words(words_like);
    progress_bar bar(args, "indexing");
    if (method != "dense") (void)say.need(tee(into(words))(shelf, threads(args.threads()), bar));
    const auto by_words = search(words, std::max(most, args.number<std::size_t>("k")), keep);
    const auto ends     = [&](int code) { return refused > 0 && code == exit_done ? int{exit_some_refused} : code; };
    if (method == "bm25") return ends(run(args, say, documents, queries, by_words));

    return ends(with_embedder(args, say, shelf.items, [&](const auto& embed) -> int {
        hnsw<cosine> nearest(
            embed.dims(),
            {.search_beam = args.number<std::size_t>("ef"),
             .exact_below = args.has("exact") ? std::numeric_limits<std::size_t>::max() : hnsw_params{}.exact_below},
            args.kernel());
        (void)say.need(tee(embed | into(nearest))(shelf, threads(args.threads()), bar));
        const auto by_vectors = embed | search(nearest, std::max(most, args.number<std::size_t>("k")), keep);
        if (method == "dense") return run(args, say, documents, queries, by_vectors);
        const float weight = args.has("weight") ? args.number<float>("weight") : -1;
        if (fusion == "rrf")
            return run(args, say, documents, queries,
                       hybrid(by_vectors, by_words, weight < 0 ? rrf{} : rrf{.dense = weight}));
        if (fusion == "dbsf")
            return run(args, say, documents, queries,
                       hybrid(by_vectors, by_words, weight < 0 ? dbsf{} : dbsf{.dense = weight}));
        return run(args, say, documents, queries, hybrid(by_vectors, by_words, convex{weight}));
    }));
}
