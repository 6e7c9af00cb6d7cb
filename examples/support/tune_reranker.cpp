// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_reranker.hpp"

#include "catalogue.hpp"
#include "json_line.hpp"
#include "judged_texts.hpp"
#include "models.hpp"
#include "tuning.hpp"

#include <graft/base/executor.hpp>
#include <graft/embed/cross_encoder_folder.hpp>
#include <graft/eval/bootstrap.hpp>
#include <graft/eval/ranking.hpp>
#include <graft/index/bm25.hpp>
#include <graft/models/fresh_classifier.hpp>
#include <graft/models/peft.hpp>
#include <graft/retrieve/rerank_by_model.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/fit_encoder_lora.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// nDCG@10 and the reciprocal rank of each question that judges.
struct standing {
    std::vector<double> ndcg, rank;
};

/// What a ranking of each of some questions is worth.
template <class Ask>
standing judged_by(const arguments& args, const console& say, const judged_texts& texts,
                   const std::vector<const judged_question*>& which, const Ask& ask) {
    standing     made;
    context      c{threads(args.threads())};
    progress_bar bar(args, "judging");
    for (const judged_question* q : which) {
        c.reset();
        bar(made.ndcg.size(), which.size());
        query asked;
        asked.text       = texts.queries[q->row].text;
        const auto found = say.need(ask(asked, c));
        const auto seen  = judge(found.hits, q->grades, c);
        made.ndcg.push_back(ndcg(seen, 10));
        made.rank.push_back(reciprocal_rank(seen, 10));
    }
    return made;
}

/// What was gained by one measure, with its interval: for people a line, for programs an object. Gives whether it is less than the search has.
bool tell_gain(const arguments& args, const console& say, const char* measure, const std::vector<double>& search,
               const std::vector<double>& base, const std::vector<double>& tuned, json& line) {
    const auto mean = [](const std::vector<double>& of) {
        double sum = 0;
        for (const double x : of) sum += x;
        return of.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(of.size());
    };
    json shown{{"search", mean(search)}, {"base", mean(base)}, {"tuned", mean(tuned)}};
    if (!args.json()) {
        std::printf("%s: search %.4f", measure, mean(search));
        if (!base.empty()) std::printf(", base %.4f", mean(base));
        std::printf(", tuned %.4f", mean(tuned));
    }
    for (const auto& [name, before] : {std::pair{"search", &search}, {"base", &base}}) {
        if (before->empty()) continue;
        const interval gain                = say.need(paired_bootstrap(*before, tuned, {.seed = args.seed()}));
        shown[std::string("over_") + name] = {{"gain", gain.mean}, {"low", gain.low}, {"high", gain.high}};
        if (!args.json()) std::printf("; over the %s %+.4f [%+.4f, %+.4f]", name, gain.mean, gain.low, gain.high);
    }
    if (!args.json()) std::printf("\n");
    line[measure] = std::move(shown);
    return mean(tuned) < mean(search);
}

/// A folder of the system's for scratch, which goes when the program ends, however it does.
const std::string& scratch_folder(const console& say) {
    static const struct folder {
        std::string path = (std::filesystem::temp_directory_path() / "graft-XXXXXX").string();
        bool        made = ::mkdtemp(path.data()) != nullptr;
        ~folder() {
            std::error_code ignored;
            if (made) std::filesystem::remove_all(path, ignored);
        }
    } one;
    if (!one.made) say.fail({fault::write_failed, unit::none, 0, one.path});
    return one.path;
}

/// Whether the model of a folder has a classifier.
bool classifies(const console& say, const std::string& path) {
    const posix_files fs;
    const auto        modules = say.need(load_modules(fs, path));
    const auto        weights =
        say.need(load_safetensors(fs, modules.items.empty() ? path : modules.items[0].folder, {.map = true}));
    return weights.find("classifier.weight") != nullptr;
}

} // namespace

int tune_reranker(const arguments& args, const console& say) {
    args.require(args.has("base") && args.has("corpus") && args.has("queries") && args.has("qrels") && args.has("out"),
                 "name --base, --corpus, --queries, --qrels and --out");
    args.require(args.words().empty(), "there is a word too many");
    args.require_one_stdin({args.text("corpus"), args.text("queries"), args.text("qrels")});
    const double      hold_out = asked_hold_out(args);
    const std::size_t hard     = or_else<std::size_t>(args, "hard-negatives", 4, 1),
                      reads    = args.number_in<std::size_t>("rerank-k", 1),
                      most     = or_else<std::size_t>(args, "max-tokens", 0, 8);
    auto       plan            = asked_plan(args, 16);
    auto       how             = asked_params(args, {.rate = 5e-4, .batch = 32, .least_batch = 1, .together = 1024});
    const auto path            = model_path(args, say, "base");
    need_folder_place(args, say);
    const posix_files  fs;
    context            c{threads(args.threads())};
    const judged_texts texts(args, say);

    // A tenth of what does not judge says which state is the best; what judges it never does.
    enum class side { judges, chooses, learns };
    const auto side_of = [&](const judged_question& q) {
        const double at = texts.draw(q, args.seed());
        if (at < hold_out) return side::judges;
        return how.keep_best && at < hold_out + (1 - hold_out) / 10 ? side::chooses : side::learns;
    };
    const auto some = [&](side of) {
        return std::any_of(texts.asked.begin(), texts.asked.end(),
                           [&](const judged_question& q) { return side_of(q) == of; });
    };
    args.require(some(side::learns), "there is nothing to learn from");
    args.require(!how.keep_best || some(side::chooses),
                 "too few questions to hold some out and choose the best state by them: --keep-last keeps the last");

    // An encoder gets a head, in a folder of its own until that is tuned.
    const bool      bare = !classifies(say, path);
    std::error_code ignored;
    if (bare && std::filesystem::equivalent(path, args.text("out"), ignored))
        say.fail({fault::bad_argument, unit::none, 0, args.text("out") + ": it is the base"});
    const std::string start = bare ? scratch_folder(say) : path;
    if (bare) {
        say.need(save_fresh_classifier(fs, path, start, 1, args.seed()));
        say.note(path + " has no classifier: it gets one that has learned nothing");
    }
    auto reader = say.need(load_cross_encoder(fs, start, c, {.f = activation::identity, .max_tokens = most}));
    if (reader.labels() != 1) {
        say.report({fault::unsupported, unit::none, reader.labels(), path + ": a classifier of several labels"});
        return exit_failed;
    }

    const catalogue documents(texts.corpus);
    bm25            words;
    (void)say.need(ingest(index_into(words))(documents, c));
    const auto                          find = search(words, std::max<std::size_t>(50, reads));
    std::vector<const judged_question*> judges;
    std::vector<judged_pair>            train, choose;
    for (const judged_question& q : texts.asked) {
        if (side_of(q) == side::judges) {
            judges.push_back(&q);
            continue;
        }
        auto&              into = side_of(q) == side::chooses ? choose : train;
        const arena::scope mine(c);
        query              asked;
        asked.text = texts.queries[q.row].text;
        std::vector<std::uint32_t> ranked;
        for (const hit& h : say.need(find(asked, c)).hits)
            ranked.push_back(static_cast<std::uint32_t>(to_underlying(h.id) - 1));
        const auto add = [&](std::uint32_t row, float label) {
            const record& d = texts.corpus[row];
            judged_pair   pair;
            pair.label = label;
            say.need(reader.token_ids({{{}, asked.text}, {d.title, d.text}}, 0, c, [&](auto ids, auto types) {
                pair.ids.assign(ids.begin(), ids.end()), pair.types.assign(types.begin(), types.end());
            }));
            into.push_back(std::move(pair));
        };
        for (const std::uint32_t a : q.answers) add(a, 1);
        for (const std::uint32_t r : texts.hard_negatives(q, ranked, hard, args.seed())) add(r, 0);
    }

    // The classifier has one row, so an update of rank 1 is all of it.
    plan.ranks       = {{"classifier", 1}};
    plan.alphas      = {{"classifier", plan.params.alpha / static_cast<double>(plan.params.rank)}};
    auto       set   = say.need(lora_set<float>::make(lora_places(reader.model()), plan));
    const auto steps = how.run_steps(train.size());
    how.rate.warmup  = steps / 10;
    const auto positives =
        static_cast<std::size_t>(std::count_if(train.begin(), train.end(), [](const auto& p) { return p.label > 0; }));
    if (args.json())
        print_line({{"event", "plan"},
                    {"parameters", set.parameters()},
                    {"pairs", train.size()},
                    {"positives", positives},
                    {"choose", choose.size()},
                    {"held_out_questions", judges.size()},
                    {"documents", texts.corpus.size()},
                    {"steps", steps}});
    else
        std::printf("%zu numbers beside %zu layers (%.1f MB), %zu pairs, of which %zu answer, %zu to choose by, %zu "
                    "questions held out, %zu documents, %zu steps\n",
                    set.parameters(), set.entries.size(), 4e-6 * static_cast<double>(set.parameters()), train.size(),
                    positives, choose.size(), judges.size(), texts.corpus.size(), steps);
    std::fflush(stdout);

    const auto reread = [&] {
        return judged_by(args, say, texts, judges, find | rerank(reader, documents, {.k = reads}));
    };
    const standing           searched = judged_by(args, say, texts, judges, find);
    const standing           before   = bare ? standing() : reread();
    const cross_encoder_task task{.model = &reader.model()};
    const auto               fitted = run_to_its_end(args, say, {args, steps, false}, [&](context& in) {
        return cross_encoder_lora_run::make(task, std::move(set), train, choose, how, in);
    });
    if (bare) {
        write_folder(args, say, [&]() -> result<void> {
            const auto merged = save_merged_folder(fs, start, fitted.updates, args.text("out"), {}, c);
            return merged ? result<void>(done) : merged.error();
        });
    } else
        write_folder(args, say, [&] {
            return save_peft_lora(fs, args.text("out"), reader.model(), fitted.updates, args.text("base"));
        });
    if (!args.json()) tell_end(args, fitted);
    if (!judges.empty()) {
        say.need(reader.adapt(fitted.updates));
        const standing after = reread();
        json           line{{"event", "judged"}, {"questions", judges.size()}, {"reads", reads}};
        if (!args.json())
            std::printf("%zu questions held out, the first %zu hits of BM25 read again\n", judges.size(), reads);
        const bool worse = tell_gain(args, say, "ndcg@10", searched.ndcg, before.ndcg, after.ndcg, line);
        (void)tell_gain(args, say, "mrr@10", searched.rank, before.rank, after.rank, line);
        if (args.json()) print_line(line);
        if (worse) say.note("it ranks worse than the search that it reads: leave it, or give it more to learn from");
    }
    if (args.json()) tell_end(args, fitted); // which is the last event
    if (most > 0)
        say.note("it was tuned and judged by " + std::to_string(most) +
                 " tokens of a pair, and is read by as many as it takes");
    say.note(bare ? "search --rerank " + args.text("out")
                  : "search --rerank " + args.text("base") + " --rerank-adapter " + args.text("out"));
    return texts.refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
