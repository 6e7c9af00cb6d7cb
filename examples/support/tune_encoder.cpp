// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_encoder.hpp"

#include "json_line.hpp"
#include "judged_texts.hpp"
#include "loss_curve.hpp"
#include "models.hpp"
#include "tuning.hpp"

#include <graft/base/executor.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/fit_encoder_lora.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

int tune_sentence_encoder(const arguments& args, const console& say) {
    args.require(args.has("base") && args.has("corpus") && args.has("queries") && args.has("qrels") && args.has("out"),
                 "name --base, --corpus, --queries, --qrels and --out");
    args.require(args.words().empty(), "there is a word too many");
    args.require_one_stdin({args.text("corpus"), args.text("queries"), args.text("qrels")});
    args.require(args.choice("weights", {"f32", "bf16", "i8", "blocks"}) == "f32", "--weights f32 with --task encoder");
    const double      hold_out = asked_hold_out(args);
    const std::size_t hard     = or_else<std::size_t>(args, "hard-negatives", 1, 0);
    const bool        alone    = args.has("questions-alone");
    const auto        plan     = asked_plan(args, 16);
    auto              how      = asked_params(args, {.rate = 3e-4, .batch = 32, .least_batch = 2, .together = 4096});
    const auto        path     = model_path(args, say, "base");
    need_folder_place(args, say);
    const posix_files fs;
    context           c{threads(args.threads())};
    const auto        embed = say.need(load_sentence_encoder(fs, path, c));
    if (!embed.plain()) {
        say.report({fault::unsupported, unit::none, 0, path + ": dense layers, or prompts that do not count"});
        return exit_failed;
    }
    const judged_texts texts(args, say);
    const auto&        corpus  = texts.corpus;
    const auto&        queries = texts.queries;

    // The pool: questions, then documents.
    encoder_task task{.model = &embed.model(), .pooled = {embed.pooled().begin(), embed.pooled().end()}, .texts = {}};
    for (const record& r : queries) task.texts.push_back(say.need(embed.token_ids({{}, r.text}, true, 0, c)));
    for (const record& r : corpus)
        if (!alone) task.texts.push_back(say.need(embed.token_ids({r.title, r.text}, false, 0, c)));
    const auto                              first = static_cast<std::uint32_t>(queries.size());
    std::vector<encoder_pair>               train, held_out;
    std::vector<std::vector<std::uint32_t>> ranked(queries.size()); // by the encoder itself
    if (hard > 0 || alone) {
        const auto encoded = [&](const std::vector<record>& of, bool question) {
            std::vector<text_view> in;
            for (const record& r : of)
                in.push_back({question ? std::string_view() : std::string_view(r.title), r.text});
            matrix<float> rows(in.size(), embed.dims());
            say.need(question ? embed.encode_query(in, rows.view(), c) : embed.encode(in, rows.view(), c));
            return rows;
        };
        auto documents = encoded(corpus, false);
        if (hard > 0) ranked = say.need(nearest_rows(encoded(queries, true).view(), documents.view(), 50, c));
        if (alone) task.fixed = std::move(documents);
    }
    for (const judged_question& q : texts.asked) {
        auto&                      side = texts.draw(q, args.seed()) < hold_out ? held_out : train;
        std::vector<std::uint32_t> near = texts.hard_negatives(q, ranked[q.row], hard, args.seed());
        for (std::uint32_t& r : near) r += first;
        for (const std::uint32_t a : q.answers) side.push_back({q.row, first + a, near});
    }
    task.make_ready(train), task.make_ready(held_out);
    args.require(train.size() > 1, "there is nothing to learn from");
    args.require(!held_out.empty() || args.has("keep-last"),
                 "too few questions to hold one out and choose the best state by it: --keep-last keeps the last");
    auto       set   = say.need(lora_set<float>::make(lora_places(embed.model()), plan));
    const auto steps = how.run_steps(train.size());
    how.rate.warmup  = steps / 10;
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
    write_text(say, args.text("out") + "/curve.svg", loss_curve(fitted.curve, fitted.looks, fitted.step));
    tell_end(args, fitted);
    return texts.refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
