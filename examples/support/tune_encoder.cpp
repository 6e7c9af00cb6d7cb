// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_encoder.hpp"

#include "json_line.hpp"
#include "judgements.hpp"
#include "models.hpp"
#include "records.hpp"
#include "tuning.hpp"

#include <graft/base/executor.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/linalg/product.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/fit_encoder_lora.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// A question and the documents that answer it, by their rows.
struct asked {
    std::uint32_t              question = 0;
    std::vector<std::uint32_t> answers;
};

/// Documents that the encoder itself ranks high for a question and that do not answer it, drawn from its first fifty.
struct negatives {
    matrix<float> documents, questions;

    negatives(const sentence_encoder& embed, const std::vector<record>& corpus, const std::vector<record>& queries,
              const console& say, context& c)
        : documents(corpus.size(), embed.dims()), questions(queries.size(), embed.dims()) {
        std::vector<text_view> texts;
        for (const record& r : corpus) texts.push_back({r.title, r.text});
        say.need(embed.encode(texts, documents.view(), c));
        texts.clear();
        for (const record& r : queries) texts.push_back({{}, r.text});
        say.need(embed.encode_query(texts, questions.view(), c));
    }
    std::vector<std::uint32_t> of(const asked& q, std::size_t count, std::uint64_t seed) const {
        matrix<float> scores(1, documents.rows());
        multiply_abt(questions.view().middle(q.question, 1), documents.view(), scores.view());
        std::vector<std::uint32_t> rows(documents.rows());
        for (std::uint32_t r = 0; r < rows.size(); ++r) rows[r] = r;
        const auto last   = rows.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(50, rows.size()));
        const auto nearer = [&](std::uint32_t a, std::uint32_t b) {
            return scores.data()[a] != scores.data()[b] ? scores.data()[a] > scores.data()[b] : a < b;
        };
        std::partial_sort(rows.begin(), last, rows.end(), nearer);
        rows.erase(last, rows.end());
        std::erase_if(
            rows, [&](std::uint32_t r) { return std::find(q.answers.begin(), q.answers.end(), r) != q.answers.end(); });
        counter_random(seed, q.question).shuffle(std::span(rows));
        rows.resize(std::min(rows.size(), count));
        return rows;
    }
};

/// What is asked and answered of what is known; what is not is reported and counted.
std::vector<asked> read_asked(const arguments& args, const console& say, const std::vector<record>& corpus,
                              const std::vector<record>& queries, std::size_t& refused) {
    std::map<std::string, std::uint32_t> document, question;
    for (const record& r : corpus) document.emplace(r.id, document.size());
    for (const record& r : queries) question.emplace(r.id, question.size());
    std::map<std::uint32_t, std::vector<std::uint32_t>> answers;
    for (const trec_judgement& j : say.need(read_judgements(args.text("qrels")))) {
        if (j.grade < 1) continue;
        const auto q = question.find(j.question), d = document.find(j.document);
        if (q == question.end() || d == document.end()) {
            say.report({fault::unknown_id, unit::none, 0, q == question.end() ? j.question : j.document});
            ++refused;
        } else answers[q->second].push_back(d->second);
    }
    std::vector<asked> all;
    for (auto& [q, of] : answers) all.push_back({q, std::move(of)});
    return all;
}

} // namespace

int tune_sentence_encoder(const arguments& args, const console& say) {
    args.require(args.has("base") && args.has("corpus") && args.has("queries") && args.has("qrels") && args.has("out"),
                 "name --base, --corpus, --queries, --qrels and --out");
    args.require(args.words().empty(), "there is a word too many");
    args.require_one_stdin({args.text("corpus"), args.text("queries"), args.text("qrels")});
    args.require(args.choice("weights", {"f32", "bf16", "i8", "blocks"}) == "f32", "--weights f32 with --task encoder");
    const double hold_out = args.number<double>("hold-out");
    args.require(hold_out >= 0 && hold_out < 1, "--hold-out takes a number from 0 to below 1");
    const std::size_t rank = or_else<std::size_t>(args, "rank", 16, 1),
                      hard = or_else<std::size_t>(args, "hard-negatives", 1, 0);
    const bool      alone  = args.has("questions-alone");
    const double    alpha  = or_else(args, "alpha", 2. * static_cast<double>(rank), 0);
    fit_lora_params how{.optimiser = {.rate = or_else(args, "lr", 3e-4, 0), .decay = 0},
                        .rate      = {.shape = rate_shape::linear, .warmup = 0},
                        .batch     = or_else<std::size_t>(args, "batch", 32, 2),
                        .epochs    = or_else<std::size_t>(args, "epochs", 3, 1),
                        .together  = 4096,
                        .keep_best = !args.has("keep-last"),
                        .seed      = args.seed()};
    const auto      path = model_path(args, say, "base");
    need_folder_place(args, say);
    const posix_files fs;
    context           c{threads(args.threads())};
    const auto        embed   = say.need(load_sentence_encoder(fs, path, c));
    std::size_t       refused = 0;
    const auto        corpus  = say.need(read_records(args.text("corpus"), say, refused));
    const auto        queries = say.need(read_records(args.text("queries"), say, refused));
    const auto        all     = read_asked(args, say, corpus, queries, refused);
    if (!embed.plain()) {
        say.report({fault::unsupported, unit::none, 0, path + ": dense layers, or prompts that do not count"});
        return exit_failed;
    }

    // The pool: questions, then documents.
    encoder_task task{.model = &embed.model(), .pooled = {embed.pooled().begin(), embed.pooled().end()}, .texts = {}};
    for (const record& r : queries) task.texts.push_back(say.need(embed.token_ids({{}, r.text}, true, 0, c)));
    for (const record& r : corpus)
        if (!alone) task.texts.push_back(say.need(embed.token_ids({r.title, r.text}, false, 0, c)));
    const auto                first = static_cast<std::uint32_t>(queries.size());
    std::vector<encoder_pair> train, held_out;
    {
        std::optional<negatives> near;
        if (hard > 0 || alone) near.emplace(embed, corpus, queries, say, c);
        if (alone) task.fixed = near->documents;
        for (const asked& q : all) {
            // Questions that say the same stay on one side.
            counter_random draw(args.seed(), hash64(queries[q.question].text));
            auto&          side = draw.unit64() < hold_out ? held_out : train;
            for (const std::uint32_t a : q.answers) {
                side.push_back({q.question, first + a});
                if (!near) continue;
                for (const std::uint32_t r : near->of(q, hard, args.seed())) side.back().negatives.push_back(first + r);
            }
        }
    }
    task.make_ready(train), task.make_ready(held_out);
    args.require(train.size() > 1, "there is nothing to learn from");
    args.require(!held_out.empty() || args.has("keep-last"),
                 "too few questions to hold one out and choose the best state by it: --keep-last keeps the last");
    auto              set   = say.need(lora_set<float>::make(
        lora_places(embed.model()),
        {.targets = args.has("targets") ? listed(args.text("targets")) : std::vector<std::string>{},
                        .params  = {.rank = rank, .alpha = alpha, .seed = args.seed()}}));
    const std::size_t steps = ((train.size() - 1) / how.batch + 1) * how.epochs;
    how.rate.warmup         = steps / 10;
    if (args.json())
        print_line({{"event", "plan"},
                    {"parameters", set.parameters()},
                    {"pairs", train.size()},
                    {"held_out", held_out.size()},
                    {"documents", corpus.size()},
                    {"steps", steps},
                    {"adapter_bytes", 4 * set.parameters()}});
    else
        std::printf("%zu numbers beside %zu layers (%.1f MB), %zu pairs, %zu held out, %zu documents, %zu steps\n",
                    set.parameters(), set.entries.size(), 4e-6 * static_cast<double>(set.parameters()), train.size(),
                    held_out.size(), corpus.size(), steps);
    std::fflush(stdout);

    const auto fitted = run_to_its_end(args, say, {args, steps, false}, [&](context& in) {
        return encoder_lora_run::make(task, std::move(set), train, held_out, how, in);
    });
    write_folder(args, say, [&] {
        return save_peft_lora(fs, args.text("out"), embed.model(), fitted.updates, args.text("base"));
    });
    tell_end(args, fitted);
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
