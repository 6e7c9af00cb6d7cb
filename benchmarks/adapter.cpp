// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What a query adapter gains over LSA 256 on questions that it never saw, and what a fold costs. Rank 16, AdamW 1e-3, 60 epochs.
// needs: nlohmann-json3-dev

#include "support/collections.hpp"
#include "support/table.hpp"
#include "support/timing.hpp"

#include <graft/embed/adapted.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/eval/bootstrap.hpp>
#include <graft/eval/splits.hpp>
#include <graft/linalg/product.hpp>
#include <graft/tune/fit_query_adapter.hpp>

#include <algorithm>
#include <chrono>

using namespace graft;

namespace {

/// Vectors of every passage and question under the bare embedder.
struct vectors {
    lsa           embed;
    matrix<float> passages, questions;

    explicit vectors(const bench::collection& c) : embed(lsa::fit(c.chunks, {.dims = 256}).value()) {
        context                w;
        std::vector<text_view> texts;
        for (const chunk& k : c.chunks) texts.push_back(k.text);
        passages = matrix<float>(texts.size(), 256);
        (void)embed.encode(texts, passages.view(), w);
        texts.clear();
        for (const auto& q : c.questions) texts.push_back({{}, q});
        questions = matrix<float>(texts.size(), 256);
        (void)embed.encode(texts, questions.view(), w);
    }
};

/// nDCG@10 of each listed question over all passages, through an adapter.
std::vector<double> scored(const bench::collection& c, const vectors& v, std::span<const std::size_t> questions,
                           const lora<float>& update) {
    std::vector<double> out;
    context             w;
    for (std::size_t q : questions) {
        w.reset();
        matrix<float> y(v.questions.view().middle(q, 1)), scores(1, v.passages.rows());
        (void)update.forward(v.questions.view().middle(q, 1), y.view(), w);
        multiply_abt(y.view(), v.passages.view(), scores.view());
        std::vector<hit> hits(v.passages.rows());
        for (std::size_t i = 0; i < hits.size(); ++i) hits[i] = {chunk_id{i + 1}, scores.data()[i]};
        std::partial_sort(hits.begin(), hits.begin() + 10, hits.end(), better);
        out.push_back(ndcg(judge(std::span(hits).first(10), c.judged[q], w), 10));
    }
    return out;
}

struct outcome {
    std::vector<double> before, after; // by question
    std::vector<double> seconds;
    std::size_t         kept_base = 0;
};

/// Tunes on all folds but one and judges on that one, for every fold.
outcome cross_validate(const bench::collection& c, const vectors& v, std::span<const std::uint32_t> fold_of,
                       std::uint32_t folds, std::span<const std::uint64_t> groups, fit_query_adapter_params p,
                       std::uint32_t run) {
    outcome out;
    for (std::uint32_t f = 0; f < run; ++f) {
        const auto              parts = leave_out(fold_of, f);
        std::vector<query_pair> pairs;
        for (std::size_t q : parts.train)
            for (const judgement& j : c.judged[q])
                if (const auto n = to_underlying(j.id); j.grade > 0 && n <= c.chunks.size())
                    pairs.push_back({static_cast<std::uint32_t>(q), static_cast<std::uint32_t>(n - 1)});
        const auto start = std::chrono::steady_clock::now();
        const auto fitted =
            fit_query_adapter(training_pairs::make(v.questions.view(), v.passages.view(), pairs, groups),
                              v.embed.fingerprint(), p)
                .value();
        out.seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        out.kept_base += fitted.epoch == 0;
        const auto bare   = lora<float>::make(256, 256, p.update).value();
        const auto before = scored(c, v, parts.test, bare), after = scored(c, v, parts.test, fitted.adapter.update);
        out.before.insert(out.before.end(), before.begin(), before.end());
        out.after.insert(out.after.end(), after.begin(), after.end());
    }
    (void)folds;
    return out;
}

double mean(const std::vector<double>& v) {
    double sum = 0;
    for (double x : v) sum += x;
    return sum / static_cast<double>(v.size());
}

} // namespace

int main(int argc, char** argv) {
    bench::report t("adapter", argc, argv);
    {
        const auto    c = bench::beir("scifact", "qrels.cited.tsv", "queries.train.jsonl");
        const vectors v(c);
        const auto    fold_of = folds(c.questions.size(), 5, 1).value();
        const auto    got     = cross_validate(c, v, fold_of, 5, {}, {}, 5);
        const auto    gain    = paired_bootstrap(got.before, got.after).value();
        t.add("SciFact claims, 5 folds: held-out nDCG@10, tuned", "nDCG", mean(got.after), mean(got.before) + .06,
              "base + .06");
        t.add("SciFact claims, 5 folds: lower 95 % bound of the gain", "nDCG", gain.low, .04, "bar");
        t.add("SciFact claims: a fold, one thread", "s", *std::min_element(got.seconds.begin(), got.seconds.end()), .5,
              "bar", bench::better::lower);
    }
    {
        const auto                 c = bench::squad();
        const vectors              v(c);
        std::vector<std::uint64_t> articles(c.article_of_question.begin(), c.article_of_question.end());
        const auto                 by_question = folds(c.questions.size(), 5, 1).value();
        const auto                 one         = cross_validate(c, v, by_question, 5, {}, {}, 5);
        t.add("SQuAD, held-out questions: nDCG@10, keep-best", "nDCG", mean(one.after), mean(one.before) + .02,
              "base + .02");
        const auto by_article = folds(std::span<const std::uint64_t>(articles), 5, 1).value();
        const auto two        = cross_validate(c, v, by_article, 5, articles, {}, 5);
        t.add("SQuAD, held-out articles: nDCG@10, keep-best", "nDCG", mean(two.after), mean(two.before) - .003,
              "base - .003");
        t.add("SQuAD, held-out articles: folds that kept the base", "of 5", static_cast<double>(two.kept_base));
    }
    return t.finish();
}
