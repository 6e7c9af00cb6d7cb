// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// How good retrieval, answers and refusals are on judged collections: one analyser, one stop list, one rank, no flag for a
// collection. "peer" is the bar, or the better part, as its name says.
// needs: nlohmann-json3-dev

#include "support/collections.hpp"
#include "support/table.hpp"

#include <graft/embed/lsa.hpp>
#include <graft/eval/ranking.hpp>
#include <graft/flow/flow.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/flat.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/fuse_fit.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/retrieve/threshold.hpp>
#include <graft/schema/ingest.hpp>

#include <algorithm>

using namespace graft;

namespace {

constexpr std::size_t candidates = 1000;

template <class Index>
void file(Index& index, std::span<const chunk> chunks) {
    auto                   d = index.begin();
    std::vector<chunk_id>  ids;
    std::vector<text_view> texts;
    for (const chunk& c : chunks) ids.push_back(c.id), texts.push_back(c.text);
    d.add(ids, texts).value();
    d.prepare().value();
    index.commit(std::move(d));
}

/// Mean nDCG@10 of a pipeline question -> found.
template <class Ask>
double ndcg10(const bench::collection& c, const Ask& ask) {
    context w;
    double  sum = 0;
    for (std::size_t q = 0; q < c.questions.size(); ++q) {
        w.reset();
        const auto f = call(ask, query(c.questions[q]), w).value();
        sum += ndcg(judge(f.hits, c.judged[q], w), 10);
    }
    return sum / static_cast<double>(c.questions.size());
}
template <class Ask>
double recall_at(const bench::collection& c, const Ask& ask, std::size_t k) {
    context w;
    double  sum = 0;
    for (std::size_t q = 0; q < c.questions.size(); ++q) {
        w.reset();
        const auto f = call(ask, query(c.questions[q]), w).value();
        sum += recall(judge(f.hits, c.judged[q], w), k);
    }
    return sum / static_cast<double>(c.questions.size());
}

/// An embedder of stored vectors: looks the text up.
struct stored {
    std::map<std::string_view, const std::vector<float>*> rows;
    stored()         = default;
    stored(stored&&) = default;

    std::size_t   dims() const { return 384; }
    std::uint64_t fingerprint() const { return 384; }
    result<void>  encode(std::span<const text_view> in, matrix_view<float> out, context&) const {
        for (std::size_t i = 0; i < in.size(); ++i) {
            const auto at = rows.find(in[i].body);
            if (at == rows.end()) return error{fault::unknown_id, unit::row, i};
            std::copy(at->second->begin(), at->second->end(), out.row(i).begin());
        }
        return done;
    }
};

struct bars {
    const char* name;
    const char* folder;
    const char* qrels;
    const char* queries;
    double      bm25;
    double      minilm; // 0: none
};
constexpr bars judged[] = {
    {"Cranfield", "cranfield", "qrels.tsv", "queries.jsonl", .365, .415},
    {"CACM", "cacm", "qrels.tsv", "queries.jsonl", .465, .57},
    {"NPL", "npl_vaswani", "qrels.tsv", "queries.jsonl", .430, .50},
    {"ADI", "adi", "qrels.tsv", "queries.jsonl", .46, 0},
    {"SciFact evidence", "scifact", "qrels.train.tsv", "queries.train.jsonl", .845, 0},
    {"SciFact cited", "scifact", "qrels.cited.tsv", "queries.train.jsonl", .685, .73},
};

void ranking(bench::report& t, const char* name, const bench::collection& c, double bar, double minilm_bar,
             double& hybrids, double& words_only, int& sets, const std::string& vectors) {
    bm25 words;
    file(words, c.chunks);
    const auto   embed = lsa::fit(c.chunks, {.dims = 200}).value();
    flat<cosine> nearest(embed.dims());
    ingest(embed | index_into(nearest))(change{c.chunks, {}}).value();

    const auto   dense    = embed | search(nearest, candidates);
    const auto   lexical  = search(words, candidates);
    const double by_words = ndcg10(c, lexical), by_lsa = ndcg10(c, dense), fused = ndcg10(c, hybrid(dense, lexical));
    const std::string of = std::string("nDCG@10 ") + name + ": ";
    if (bar > 0) t.add(of + "BM25", "nDCG", by_words, bar, "bar");
    if (std::string_view(name) == "Cranfield") t.add(of + "LSA 200", "nDCG", by_lsa, .405, "bar");
    else t.add(of + "LSA 200", "nDCG", by_lsa, by_words, "BM25");
    t.add(of + "hybrid, default weight", "nDCG", fused, by_words, "BM25");
    t.add(of + "hybrid, RRF 60", "nDCG", ndcg10(c, hybrid(dense, lexical, rrf{})), by_words, "BM25");
    hybrids += fused, words_only += by_words, ++sets;

    // fuse::fit on the judged questions
    std::vector<context>      memory(c.questions.size());
    std::vector<fuse::judged> all;
    for (std::size_t q = 0; q < c.questions.size(); ++q) {
        all.push_back({call(dense, query(c.questions[q]), memory[q])->hits,
                       call(lexical, query(c.questions[q]), memory[q])->hits, c.judged[q]});
    }
    const auto fit = fuse::fit(all).value();
    t.add(of + "fuse::fit, held-out (weight " + std::to_string(fit.dense).substr(0, 4) + ")", "nDCG", fit.mean,
          std::max(by_words, by_lsa), "better part");

    if (vectors.empty()) return;
    const auto docs = bench::minilm(vectors + ".docs"), queries = bench::minilm(vectors + ".queries");
    stored     encoder;
    for (std::size_t i = 0; i < c.chunks.size(); ++i) encoder.rows[c.chunks[i].text.body] = &docs.at(c.names[i]);
    for (std::size_t q = 0; q < c.questions.size(); ++q)
        encoder.rows[c.questions[q]] = &queries.at(c.question_names[q]);
    flat<cosine> near(384);
    ingest(encoder | index_into(near))(change{c.chunks, {}}).value();
    t.add(of + "hybrid, stored MiniLM vectors, weight .5", "nDCG",
          ndcg10(c, hybrid(encoder | search(near, candidates), lexical)), minilm_bar, "bar");
}

/// A chunk store of whole paragraphs, for `prompt_from`.
struct paragraphs {
    const bench::collection* c;
    std::size_t              searched = 0; // chunks, where it is not all of them
    std::size_t              size() const { return searched > 0 ? searched : c->chunks.size(); }
    result<chunk>            find(chunk_id id) const { return c->chunks[to_underlying(id) - 1]; }
    graft::source_name       label(const chunk& k) const { return {c->names[to_underlying(k.id) - 1], {}}; }
    std::string_view         text_of(std::uint64_t document) const { return c->chunks[document - 1].text.body; }
    chunks                   all() const { return c->chunks; }
};

void answers(bench::report& t, const bench::reading& c, const bm25& words) {
    const paragraphs store{&c};
    const auto       ask =
        search(words, candidates) | top(5) | prompt_from(store, {.budget = 100000, .sources = 5}) | extractive{};
    context    w;
    double     first = 0, any = 0;
    const auto holds = [&](std::string_view quote, std::size_t q) {
        return std::any_of(c.answers[q].begin(), c.answers[q].end(),
                           [&](const std::string& a) { return quote.find(a) != quote.npos; });
    };
    // "first" is the sentence that ranked first, not the one that is read first: ask for one
    const auto one = search(words, candidates) | top(5) | prompt_from(store, {.budget = 100000, .sources = 5}) |
                     extractive{.sentences = 1};
    for (std::size_t q = 0; q < c.questions.size(); ++q) {
        w.reset();
        const auto a = ask(c.questions[q], w).value();
        any +=
            std::any_of(a.citations.begin(), a.citations.end(), [&](const citation& x) { return holds(x.quote, q); });
        const auto b = one(c.questions[q], w).value();
        first += !b.citations.empty() && holds(b.citations.front().quote, q);
    }
    const auto n = static_cast<double>(c.questions.size());
    t.add("SQuAD half: the best quoted sentence holds a gold answer", "share", first / n, .70, "bar");
    t.add("SQuAD half: one of at most three quoted sentences does", "share", any / n, .84, "bar");
}

void refusals(bench::report& t, const bench::reading& c, const bm25& words) {
    context            w;
    std::vector<float> with, without;
    const paragraphs   store{&c};
    const auto         ask = search(words, 16) | rerank(store);
    for (const auto& q : c.questions) {
        w.reset();
        with.push_back(ask(query(q), w).value().asked.support);
    }
    without.resize(with.size());
    for (std::uint32_t article = 0; article < c.articles; ++article) {
        std::vector<chunk> rest;
        for (std::size_t i = 0; i < c.chunks.size(); ++i)
            if (c.article_of_chunk[i] != article) rest.push_back(c.chunks[i]);
        bm25 other;
        file(other, rest);
        const paragraphs others{&c, rest.size()};
        const auto       ask_rest = search(other, 16) | rerank(others);
        for (std::size_t q = 0; q < c.questions.size(); ++q)
            if (c.article_of_question[q] == article) {
                w.reset();
                without[q] = ask_rest(query(c.questions[q]), w).value().asked.support;
            }
    }
    const float bar   = threshold{}.min_support;
    const auto  share = [&](const std::vector<float>& v) {
        return static_cast<double>(std::count_if(v.begin(), v.end(), [&](float s) { return s < bar; })) /
               static_cast<double>(v.size());
    };
    auto sorted = without;
    std::sort(sorted.begin(), sorted.end());
    double area = 0;
    for (float s : with) {
        const auto lower = std::lower_bound(sorted.begin(), sorted.end(), s),
                   upper = std::upper_bound(lower, sorted.end(), s);
        area += static_cast<double>(lower - sorted.begin()) + .5 * static_cast<double>(upper - lower);
    }
    t.add("SQuAD half: refused, article taken out, default threshold", "share", share(without), .78, "bar");
    t.add("SQuAD half: answerable ones lost, default threshold", "share", share(with), .05, "bar",
          bench::better::lower);
    t.add("SQuAD half: AUC of support", "AUC", area / static_cast<double>(with.size() * without.size()), .95, "bar");
}

} // namespace

int main(int argc, char** argv) {
    bench::report t("rag", argc, argv);
    double        hybrids = 0, words_only = 0;
    int           sets = 0;
    for (const bars& b : judged) {
        const auto        c = bench::beir(b.folder, b.qrels, b.queries);
        const std::string f = b.folder;
        ranking(t, b.name, c, b.bm25, b.minilm, hybrids, words_only, sets,
                b.minilm == 0        ? ""
                : f == "npl_vaswani" ? "npl"
                                     : f);
    }
    const auto s = bench::squad();
    ranking(t, "SQuAD", s, 0, 0, hybrids, words_only, sets, "");
    t.add("nDCG@10 mean of all: hybrid, default weight", "nDCG", hybrids / sets, words_only / sets, "BM25");

    bm25 words;
    file(words, s.chunks);
    t.add("SQuAD half: recall@1", "recall", recall_at(s, search(words, 10), 1), .765, "bar");
    t.add("SQuAD half: recall@10", "recall", recall_at(s, search(words, 10), 10), .952, "bar");
    answers(t, s, words);
    refusals(t, s, words);
    for (const auto& [language, bar] : {std::pair{"zh", .92}, {"en", .925}, {"de", .865}, {"ru", .79}}) {
        const auto x = bench::squad(std::string("xquad/xquad.") + language + ".json");
        bm25       index;
        file(index, x.chunks);
        t.add(std::string("XQuAD ") + language + ": recall@1", "recall", recall_at(x, search(index, 10), 1), bar,
              "bar");
    }
    return t.finish();
}
