// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Searches a collection with many questions and writes a TREC run.
// needs: nlohmann-json3-dev libcli11-dev libgumbo-dev
// links: graft_tools

#include "support/catalogue.hpp"
#include "support/embedders.hpp"
#include "support/filters.hpp"
#include "support/json_line.hpp"
#include "support/rewriter.hpp"

#include <graft/base/pool.hpp>
#include <graft/embed/cross_encoder_folder.hpp>
#include <graft/eval/trec.hpp>
#include <graft/flow/any_flow.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/flat.hpp>
#include <graft/index/hnsw.hpp>
#include <graft/metadata/filter_text.hpp>
#include <graft/metadata/metadata.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/narrow.hpp>
#include <graft/retrieve/rerank_by_model.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include <algorithm>
#include <optional>

using namespace graft;
using namespace tool;

namespace {

/// What a column of a TREC run can hold.
bool one_word(const std::string& name) {
    return !name.empty() && name.find(' ') == name.npos && printable(name) == name;
}

/// Leaves out the records whose ids a TREC run cannot hold.
void refuse_long_names(const console& say, const std::string& file, std::vector<record>& records,
                       std::size_t& refused) {
    const auto n = std::erase_if(records, [&](const record& r) {
        if (!one_word(r.id)) say.report({fault::bad_format, unit::line, r.line, file});
        return !one_word(r.id);
    });
    if (n > 0) say.note("an id in a TREC run is one word; --json takes any");
    refused += n;
}

/// Asks every question, of the chunks that `asked` is narrowed to, and prints its ranking.
int run(const arguments& args, const console& say, const std::vector<record>& documents,
        const std::vector<record>& queries, std::size_t refused, query asked, const rewriter& again,
        const any_flow<query, retrieved>& ask) {
    const auto   k = args.number_in<std::size_t>("k", 1);
    const pool   workers(args.threads());
    context      w{workers};
    stopwatch    clock;
    progress_bar bar(args, "asking");
    std::size_t  asked_by_now = 0;
    for (const record& q : queries) {
        w.reset();
        bar(asked_by_now++, queries.size());
        asked.text    = q.text;
        const auto as = again(asked, w);
        const auto f  = as ? call(ask, *as, w) : as.error();
        if (!f) {
            say.report(f.error()), ++refused;
            continue;
        }
        const auto hits = f->hits.first(std::min(k, f->hits.size()));
        if (args.json()) {
            json found = json::array();
            for (const hit& h : hits)
                found.push_back({{"doc", documents[to_underlying(h.id) - 1].id}, {"score", number(h.score)}});
            json line{{"question", q.id}, {"hits", std::move(found)}};
            if (args.has("rewrite")) line["asked"] = as->text;
            print_line(line);
            continue;
        }
        std::vector<trec_hit> ranking;
        for (const hit& h : hits) ranking.push_back({q.id, documents[to_underlying(h.id) - 1].id, h.score});
        std::string lines;
        if (auto ok = write_run(lines, ranking, args.text("run")); !ok) say.report(ok.error()), ++refused;
        std::fwrite(lines.data(), 1, lines.size(), stdout);
    }
    if (args.timing()) {
        const double ms = clock.lap();
        say.note(std::to_string(queries.size()) + " questions in " + std::to_string(ms) + " ms, " +
                 std::to_string(ms / static_cast<double>(std::max<std::size_t>(1, queries.size()))) + " ms each");
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

/// The flags of the two indices and of their fusion, read before any work.
struct search_flags {
    std::string method, fusion;
    bm25_params words;
    hnsw_params graph;
    float       weight = -1;
    std::size_t deep;

    rerank_by_model_params rerank;

    explicit search_flags(const arguments& args)
        : method(args.choice("method", {"bm25", "dense", "hybrid"})),
          fusion(args.choice("fuse", {"convex", "rrf", "minmax", "dbsf"})),
          words{.k1 = args.number<float>("k1"), .b = args.number<float>("b")},
          deep(std::max(args.number_in<std::size_t>("candidates", 1), args.number_in<std::size_t>("k", 1))) {
        const auto variant = args.choice("variant", {"robertson", "lucene", "atire", "bm25l", "bm25plus"});
        words.variant      = variant == "robertson"  ? bm25_variant::robertson
                             : variant == "atire"    ? bm25_variant::atire
                             : variant == "bm25l"    ? bm25_variant::bm25l
                             : variant == "bm25plus" ? bm25_variant::bm25plus
                                                     : bm25_variant::lucene;
        args.require(words.valid(), "--k1 must be at least 0, --b from 0 to 1");
        graph.search_beam = args.number_in<std::size_t>("ef", 1);
        if (args.has("weight")) weight = args.number_in<float>("weight", 0, 1);
        rerank.k     = args.number_in<std::size_t>("rerank-k", 1);
        rerank.blend = args.number_in<float>("blend", 0, 1);
    }
};

int search_all(const arguments& args) {
    const console say(args);
    args.require(args.words().empty(), "there is a word too many");
    args.require(args.has("corpus") && args.has("queries"), "name --corpus and --queries");
    args.require_one_stdin({args.text("corpus"), args.text("queries")});
    args.require(one_word(args.text("run")), "--run takes one word");
    const search_flags flags(args);
    args.require(!args.has("adapter") || flags.method != "bm25", "--adapter has no meaning with --method bm25");
    args.require(!args.has("rerank-adapter") || args.has("rerank"), "--rerank-adapter has no meaning without --rerank");
    const auto filter = parse_filter(args.text("filter"));
    if (!filter) args.require(false, "--" + describe(filter.error()));
    const embedder_flags embedder(args, say);
    const rewriter       again(args, say);

    std::size_t refused   = 0;
    auto        documents = say.need(read_records(args.text("corpus"), say, refused));
    auto        queries   = say.need(read_records(args.text("queries"), say, refused));
    if (!args.json()) {
        refuse_long_names(say, args.text("corpus"), documents, refused);
        refuse_long_names(say, args.text("queries"), queries, refused);
    }
    const catalogue chunks(documents);
    refused += check_filter(say, *filter, [&](auto&& f) {
        for (const metadata& fields : chunks.fields) f(fields);
    });
    arena kept;
    query narrowed;
    if (args.has("filter")) narrowed.narrowed = true, narrowed.among = matching(*filter, chunks, kept);
    context                      on{threads(args.threads())};
    std::optional<cross_encoder> judge;
    if (args.has("rerank"))
        judge = say.need(load_cross_encoder(posix_files{}, model_path(args, say, "rerank"), on,
                                            {.adapter = args.text("rerank-adapter")}));
    const auto rank = [&](const auto& ask) {
        if (!judge) return run(args, say, documents, queries, refused, narrowed, again, ask);
        return run(args, say, documents, queries, refused, narrowed, again, ask | rerank(*judge, chunks, flags.rerank));
    };

    bm25         words(flags.words);
    progress_bar bar(args, "indexing");
    on.progress = bar;
    if (flags.method != "dense") (void)say.need(ingest(index_into(words))(chunks, on));
    const auto by_words = search(words, flags.deep);
    if (flags.method == "bm25") return rank(by_words);

    const any_embedder embed         = ready_embedder(args, say, embedder, chunks.items);
    const auto         by_vectors_of = [&](auto nearest) {
        (void)say.need(ingest(embed | index_into(nearest))(chunks, on));
        const auto by_vectors = embed | search(nearest, flags.deep);
        if (flags.method == "dense") return rank(by_vectors);
        const bool own = flags.weight < 0; // the embedder's
        if (flags.fusion == "rrf") return rank(hybrid(by_vectors, by_words, own ? rrf{} : rrf{.dense = flags.weight}));
        if (flags.fusion == "dbsf")
            return rank(hybrid(by_vectors, by_words, own ? dbsf{} : dbsf{.dense = flags.weight}));
        return rank(hybrid(by_vectors, by_words, weighted_sum{flags.weight}));
    };
    if (args.has("exact")) return by_vectors_of(flat<cosine>(embed.dims(), {}, args.kernel()));
    return by_vectors_of(hnsw<cosine>(embed.dims(), flags.graph, args.kernel()));
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
         {"model", "hashed|lsa|DIR|FILE", "lsa",
          "the embedder: fitted on the corpus, or a model's folder, or a name of models.sh"},
         {"dims", "N", "200", "of the embedder; of a model the first N, all if absent"},
         {"weights", "f32|bf16|i8", "f32",
          "how a sentence encoder holds its weights; the others are faster, and round"},
         {"exact", "", "", "score every vector instead of walking a graph"},
         {"ef", "N", "64", "candidates kept on the walk"},
         {"fuse", "convex|rrf|minmax|dbsf", "convex", "how the two lists are merged; minmax is convex"},
         {"weight", "X", "", "dense weight in a fusion; the embedder's own if absent"},
         {"filter", "E", "", "only documents whose metadata fit; see below"},
         {"adapter", "FILE|DIR", "",
          "a query adapter, or a LoRA adapter of the model, as `tune --task encoder` and PEFT make them"},
         {"questions-alone", "", "", "the LoRA adapter is for questions alone: passages are those of the bare model"},
         {"rerank", "DIR", "", "a cross-encoder, which reads the first hits beside the question"},
         {"rerank-adapter", "DIR", "", "a LoRA adapter of it, as `tune --task reranker` and PEFT make them"},
         {"rerank-k", "N", "50", "hits that it reads"},
         {"blend", "X", "1", "its weight beside the search"},
         {"rewrite", "DIR|FILE", "",
          "a language model that says each question again before it is searched: smollm2, …"},
         {"rewrite-adapter", "DIR", "", "an adapter of it, as `tune --task rewriter` and PEFT make them"},
         {"candidates", "N", "1000", "hits of each list before they are merged"},
         {"k", "N", "100", "hits a question"},
         {"run", "TAG", "graft", "last column of the run"}},
        filter_help);
    return guarded(args, [&] { return search_all(args); });
}
