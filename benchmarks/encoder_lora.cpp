// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What LoRA beside all-MiniLM-L6-v2 gains on claims of SciFact that it never saw: questions alone beside stored vectors, and both sides. [both=N: folds of both sides]
// needs: nlohmann-json3-dev
// Models by examples/models.sh minilm, in build/models or $GRAFT_MODELS.

#include "support/collections.hpp"
#include "support/table.hpp"
#include "support/timing.hpp"

#include <graft/base/pool.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/eval/bootstrap.hpp>
#include <graft/eval/splits.hpp>
#include <graft/linalg/product.hpp>
#include <graft/tune/fit_encoder_lora.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// How a fold is tuned; a word `name=number` of the command line changes it.
struct setting {
    std::map<std::string, double> of;
    double                        operator[](const char* name) const { return of.at(name); }
};

matrix<float> encoded(const sentence_encoder& e, const std::vector<text_view>& texts, bool question, context& c) {
    matrix<float> rows(texts.size(), e.dims());
    const auto    ok = question ? e.encode_query(texts, rows.view(), c) : e.encode(texts, rows.view(), c);
    if (!ok) std::fprintf(stderr, "%s\n", describe(ok.error()).c_str()), std::exit(1);
    return rows;
}
/// nDCG@10 of each listed question over all passages.
std::vector<double> scored(const bench::collection& c, matrix_view<const float> questions,
                           matrix_view<const float> passages, std::span<const std::size_t> which) {
    std::vector<double> out;
    context             w;
    for (std::size_t q : which) {
        w.reset();
        matrix<float> scores(1, passages.rows);
        multiply_abt(questions.middle(q, 1), passages, scores.view());
        std::vector<hit> hits(passages.rows);
        for (std::size_t i = 0; i < hits.size(); ++i) hits[i] = {chunk_id{i + 1}, scores.data()[i]};
        std::partial_sort(hits.begin(), hits.begin() + 10, hits.end(), better);
        out.push_back(ndcg(judge(std::span(hits).first(10), c.judged[q], w), 10));
    }
    return out;
}
double mean(const std::vector<double>& v) {
    double sum = 0;
    for (double x : v) sum += x;
    return sum / static_cast<double>(v.size());
}

/// A fold: pairs of its training claims with passages that the base ranks high and that do not answer, tuned, judged on the other claims.
struct bench_of_folds {
    const bench::collection&         c;
    sentence_encoder&                embed;
    const std::vector<text_view>&    texts;
    const std::vector<text_view>&    asked;
    const matrix<float>&             passages;
    const matrix<float>&             questions;
    const std::vector<std::uint32_t> fold_of = folds(c.questions.size(), 5, 1).value();
    std::vector<double>              before = {}, after = {}, seconds = {};
    std::size_t                      kept_base = 0;

    void run(std::uint32_t fold, bool both, const setting& how, context& w) {
        (void)embed.adapt({});
        const auto                parts = leave_out(fold_of, fold);
        const auto                away  = folds(parts.train.size(), 10, 2).value(); // which choose the state
        encoder_task              task{.model = &embed.model()};
        std::vector<encoder_pair> train, held_out;
        const auto                n   = static_cast<std::uint32_t>(asked.size());
        const auto                cut = static_cast<std::size_t>(how["cut"]);
        for (const text_view& t : asked) task.texts.push_back(embed.token_ids(t, true, cut, w).value());
        if (both)
            for (const text_view& t : texts) task.texts.push_back(embed.token_ids(t, false, cut, w).value());
        else task.fixed = passages;
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < parts.train.size(); ++i) {
            const std::size_t          q = parts.train[i];
            std::vector<std::uint32_t> answers;
            for (const judgement& j : c.judged[q])
                if (const auto id = to_underlying(j.id); j.grade > 0 && id <= c.chunks.size())
                    answers.push_back(static_cast<std::uint32_t>(id - 1));
            matrix<float> scores(1, passages.rows());
            multiply_abt(questions.view().middle(q, 1), passages.view(), scores.view());
            std::vector<std::uint32_t> ranked(passages.rows());
            for (std::uint32_t r = 0; r < ranked.size(); ++r) ranked[r] = r;
            const auto nearer = [&](std::uint32_t a, std::uint32_t b) {
                return scores.data()[a] != scores.data()[b] ? scores.data()[a] > scores.data()[b] : a < b;
            };
            const auto from = static_cast<std::size_t>(how["from"]), to = static_cast<std::size_t>(how["to"]);
            std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(to), ranked.end(), nearer);
            counter_random draw(static_cast<std::uint64_t>(how["seed"]), q);
            for (std::uint32_t a : answers) {
                encoder_pair               p{static_cast<std::uint32_t>(q), n + a};
                std::vector<std::uint32_t> wrong(ranked.begin() + static_cast<std::ptrdiff_t>(from),
                                                 ranked.begin() + static_cast<std::ptrdiff_t>(to));
                draw.shuffle(std::span(wrong));
                for (std::uint32_t r : wrong)
                    if (p.negatives.size() < static_cast<std::size_t>(how["negatives"]) &&
                        std::find(answers.begin(), answers.end(), r) == answers.end())
                        p.negatives.push_back(n + r);
                (away[i] == 0 ? held_out : train).push_back(std::move(p));
            }
        }
        task.make_ready(train), task.make_ready(held_out);
        const auto        rank = static_cast<std::size_t>(how["rank"]);
        const lora_plan   plan{.params = {.rank = rank, .alpha = 2. * static_cast<double>(rank), .seed = 1}};
        const std::size_t batch     = static_cast<std::size_t>(how["batch"]),
                          epochs    = static_cast<std::size_t>(how["epochs"]);
        const std::size_t     steps = ((train.size() - 1) / batch + 1) * epochs;
        const fit_lora_params by{.optimiser = {.rate = how["lr"], .decay = 0},
                                 .rate      = {.shape = rate_shape::linear, .warmup = steps / 10},
                                 .batch     = batch,
                                 .epochs    = epochs,
                                 .together  = 4096,
                                 .seed      = static_cast<std::uint64_t>(how["seed"])};
        const auto            tell = [&](const tuning_look& l) {
            std::fprintf(stderr, "  step %zu of %zu: held-out loss %.4f%s\n", l.step, steps, l.loss,
                         l.best ? " *" : "");
        };
        w.listener = listen_to<tuning_look>(tell);
        auto fitted =
            fit_lora(task, lora_set<float>::make(lora_places(embed.model()), plan).value(), train, held_out, by, w);
        w.listener = {};
        if (!fitted) std::fprintf(stderr, "%s\n", describe(fitted.error()).c_str()), std::exit(1);
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        kept_base += fitted->step == 0;
        if (auto ok = embed.adapt(std::move(fitted->updates)); !ok) std::exit(1);
        const auto turned = encoded(embed, asked, true, w);
        const auto moved  = both ? encoded(embed, texts, false, w) : matrix<float>(passages);
        const auto was    = scored(c, questions.view(), passages.view(), parts.test);
        const auto is     = scored(c, turned.view(), moved.view(), parts.test);
        before.insert(before.end(), was.begin(), was.end());
        after.insert(after.end(), is.begin(), is.end());
        std::fprintf(stderr, "fold %u: %zu pairs, %.1f s, nDCG@10 %.4f, base %.4f\n", fold, train.size(),
                     seconds.back(), mean(is), mean(was));
    }
    void tell(bench::report& t, const std::string& name) const {
        const auto gain = paired_bootstrap(before, after).value();
        t.add(name + ": held-out nDCG@10, tuned", "nDCG", mean(after), mean(before) + .03, "base + .03");
        t.add(name + ": gain", "nDCG", mean(after) - mean(before));
        t.add(name + ": lower 95 % bound of the gain", "nDCG", gain.low, 0., "bar");
        t.add(name + ": a fold", "s", *std::min_element(seconds.begin(), seconds.end()));
        t.add(name + ": folds that kept the base", "of " + std::to_string(seconds.size()),
              static_cast<double>(kept_base));
    }
};

} // namespace

int main(int argc, char** argv) {
    bench::report     t("encoder_lora", argc, argv);
    const char* const home   = std::getenv("GRAFT_MODELS");
    const std::string folder = std::string(home != nullptr ? home : "build/models") + "/minilm";
    if (!std::filesystem::exists(folder)) {
        std::fprintf(stderr, "encoder_lora: %s is not there; examples/models.sh minilm brings it\n", folder.c_str());
        return t.finish();
    }
    setting alone{{{"lr", 3e-4},
                   {"rank", 16},
                   {"batch", 64},
                   {"epochs", 10},
                   {"negatives", 10},
                   {"from", 0},
                   {"to", 50},
                   {"cut", 128},
                   {"seed", 1},
                   {"folds", 5},
                   {"threads", 1}}};
    setting both{{{"lr", 3e-4},
                  {"rank", 16},
                  {"batch", 32},
                  {"epochs", 3},
                  {"negatives", 1},
                  {"from", 0},
                  {"to", 30},
                  {"cut", 192},
                  {"seed", 1},
                  {"folds", 1},
                  {"first", 0}}};
    for (int i = 1; i < argc; ++i) { // query.lr=1e-3, both.folds=5
        const std::string word = argv[i];
        const auto        dot = word.find('.'), is = word.find('=');
        if (dot == word.npos || is == word.npos || is < dot) continue;
        (word.starts_with("both") ? both : alone).of[word.substr(dot + 1, is - dot - 1)] =
            std::atof(word.c_str() + is + 1);
    }
    const auto c = bench::beir("scifact", "qrels.cited.tsv", "queries.train.jsonl");
    const pool workers(static_cast<std::size_t>(alone["threads"]));
    context    w;
    if (alone["threads"] > 1) w.executor = workers;
    auto                   embed = load_sentence_encoder(posix_files{}, folder, w).value();
    std::vector<text_view> texts, asked;
    for (const chunk& k : c.chunks) texts.push_back(k.text);
    for (const auto& q : c.questions) asked.push_back({{}, q});
    const auto start    = std::chrono::steady_clock::now();
    const auto passages = encoded(embed, texts, false, w), questions = encoded(embed, asked, true, w);
    std::fprintf(stderr, "embedded in %.1f s\n",
                 std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    bench_of_folds one{c, embed, texts, asked, passages, questions}, two{c, embed, texts, asked, passages, questions};
    for (std::uint32_t f = 0; f < static_cast<std::uint32_t>(alone["folds"]); ++f) one.run(f, false, alone, w);
    if (!one.seconds.empty()) one.tell(t, "SciFact claims, questions alone");
    for (std::uint32_t f = 0; f < static_cast<std::uint32_t>(both["folds"]); ++f) two.run(f, true, both, w);
    if (!two.seconds.empty()) two.tell(t, "SciFact claims, both sides");
    return t.finish();
}
