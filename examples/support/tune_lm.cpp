// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_lm.hpp"

#include "conversation.hpp"
#include "json_line.hpp"
#include "models.hpp"
#include "tune_data.hpp"
#include "tuning.hpp"

#include <graft/base/executor.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/models/llama_prompt.hpp>
#include <graft/models/peft.hpp>
#include <graft/models/peft_prompt.hpp>
#include <graft/records/rehearsal.hpp>
#include <graft/records/split_records.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_lora.hpp>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// Texts to learn from, and the records that they say.
struct tuning_texts {
    std::vector<tuning_text>   texts;
    std::vector<tuning_record> records;
    std::vector<std::uint32_t> clusters; ///< those that are nearly the same
    std::vector<bool>          old;      ///< those of `--rehearse`
    std::size_t                flawed = 0;
};

/// Records as texts; what cannot be one is reported and counted.
tuning_texts read_texts(const arguments& args, const decoder& model, const console& say, std::size_t& refused) {
    auto         data = read_tuning_data(args, say);
    tuning_texts out;
    context      c;
    refused += data.refused, out.flawed = data.flawed;
    for (std::size_t i = 0; i < data.records.size(); ++i) {
        tuning_record& r = data.records[i];
        conversation   given;
        for (const record_turn& t : r.given) given.say(t.from, t.text);
        auto made = chat_text(model, given.turns(), r.answer, c);
        if (made) {
            out.texts.push_back(std::move(*made));
            out.records.push_back(std::move(r));
            out.clusters.push_back(data.clusters[i]);
            out.old.push_back(data.old[i]);
        } else {
            error why = made.error();
            why.of = unit::line, why.where = r.row;
            why.subject =
                args.text(data.old[i] ? "rehearse" : "data") + (why.subject.empty() ? "" : ": " + why.subject);
            say.report(why), ++refused;
        }
        c.reset();
    }
    return out;
}

/// Some of the new texts judge instead of training, drawn by what their records say, so that no tokeniser moves one: those that are nearly the same stay on one
/// side. Of the old ones that are like none that judges, a share trains too.
record_split split(const arguments& args, const tuning_texts& all, const console& say) {
    std::vector<std::uint32_t> fresh, clusters, pool;
    for (std::uint32_t i = 0; i < all.old.size(); ++i)
        if (!all.old[i]) fresh.push_back(i), clusters.push_back(all.clusters[i]);
    const auto                 hashes = record_hashes(all.records);
    std::vector<std::uint64_t> of_fresh;
    for (const std::uint32_t i : fresh) of_fresh.push_back(hashes[i]);
    record_split out = say.need(split_clusters(clusters, of_fresh, args.number<double>("hold-out"), args.seed()));
    for (auto* side : {&out.train, &out.held_out})
        for (std::uint32_t& row : *side) row = fresh[row];
    std::set<std::uint32_t> judging;
    for (const std::uint32_t i : out.held_out) judging.insert(all.clusters[i]);
    for (std::uint32_t i = 0; i < all.old.size(); ++i)
        if (all.old[i] && !judging.contains(all.clusters[i])) pool.push_back(i);
    if (args.has("rehearse"))
        for (const std::uint32_t row :
             say.need(rehearsed(out.train.size(), pool.size(), args.number<double>("rehearse-share"), args.seed())))
            out.train.push_back(pool[row]);
    return out;
}
template <class T>
std::vector<T> chosen(const std::vector<T>& from, const std::vector<std::uint32_t>& rows) {
    std::vector<T> some;
    for (const std::uint32_t r : rows) some.push_back(from[r]);
    return some;
}

/// Texts to learn from, and those that judge, with their records.
struct tuning_sides {
    std::vector<tuning_text>   train, held_out;
    std::vector<tuning_record> train_records, held_out_records;
    std::size_t                old = 0, flawed = 0; ///< of those that train, and left out by rules
};
/// Whether a method tunes updates beside layers.
bool is_lora(std::string_view method) { return method == "lora" || method == "qlora"; }

bool save_tuned(const arguments& args, const console& say, const llama<float>& m, const lora_set<float>& set) {
    say.need(save_peft_lora(posix_files{}, args.text("out"), m, set, args.text("base")));
    return true;
}
bool save_tuned(const arguments& args, const console& say, const llama<float>& m, const prefix<float>& p) {
    if (p.tokens() > 0) say.need(save_peft_prefix(posix_files{}, args.text("out"), m, p, args.text("base")));
    return p.tokens() > 0;
}
bool save_tuned(const arguments& args, const console& say, const llama<float>& m, const soft_prompt<float>& p) {
    if (p.tokens() > 0) say.need(save_peft_soft_prompt(posix_files{}, args.text("out"), m, p, args.text("base")));
    return p.tokens() > 0;
}

/// A run of what is tuned, as it begins.
///
/// Takes    where it stands, for the reader: "beside 60 layers"
template <class Run, class Tuned>
void run_tuning(const arguments& args, const console& say, const llama<float>& m, Tuned start, const std::string& where,
                const tuning_sides& data, double rate) {
    const auto &    train = data.train, &held_out = data.held_out;
    fit_lora_params how{.optimiser = {.rate = or_else(args, "lr", rate, 0.), .decay = 0},
                        .rate      = {.shape = rate_shape::linear, .warmup = 0},
                        .batch     = or_else<std::size_t>(args, "batch", 4, 1),
                        .epochs    = or_else<std::size_t>(args, "epochs", 3, 1),
                        .keep_best = !args.has("keep-last"),
                        .seed      = args.seed()};
    std::size_t     tokens = 0, learned = 0;
    for (const tuning_text& t : train) tokens += t.ids.size(), learned += t.labelled();
    const std::size_t steps = ((train.size() - 1) / how.batch + 1) * how.epochs;
    how.rate.warmup         = steps / 20;
    if (args.json())
        print_line({{"event", "plan"},
                    {"parameters", start.parameters()},
                    {"examples", train.size()},
                    {"held_out", held_out.size()},
                    {"tokens", tokens},
                    {"learned", learned},
                    {"steps", steps},
                    {"rehearsed", data.old},
                    {"left_out", data.flawed},
                    {"adapter_bytes", 4 * start.parameters()}});
    else {
        const std::string again = data.old > 0 ? " (" + std::to_string(data.old) + " of before)" : "";
        std::printf("%zu numbers %s (%.1f MB), %zu examples%s of %zu tokens (%zu learned), %zu held out, %zu steps\n",
                    start.parameters(), where.c_str(), 4e-6 * static_cast<double>(start.parameters()), train.size(),
                    again.c_str(), tokens, learned, held_out.size(), steps);
    }
    std::fflush(stdout);

    const auto fitted = run_to_its_end(args, say, {args, steps, true}, [&](context& c) {
        return Run::make(m, std::move(start), train, held_out, how, c);
    });
    const bool wrote  = save_tuned(args, say, m, fitted.updates);
    if (wrote) save_lineage(say, args.text("out"), data.train_records, data.held_out_records);
    else say.note("the base without virtual tokens was better: nothing is written");
    tell_end(args, fitted, wrote);
}

void tune_model(const arguments& args, const console& say, const decoder& model, const llama<float>& m,
                const tuning_texts& all, const std::string& method) {
    const auto sides = split(args, all, say);
    const auto old   = std::count_if(sides.train.begin(), sides.train.end(), [&](auto row) { return all.old[row]; });
    const tuning_sides data{chosen(all.texts, sides.train),   chosen(all.texts, sides.held_out),
                            chosen(all.records, sides.train), chosen(all.records, sides.held_out),
                            static_cast<std::size_t>(old),    all.flawed};
    args.require(!data.train.empty(), "there is nothing to learn from");
    args.require(!data.held_out.empty() || args.has("keep-last"),
                 "too few examples to hold one out and choose the best state by it: --keep-last keeps the last");
    context c{threads(args.threads())};
    if (is_lora(method)) {
        const auto rank  = or_else<std::size_t>(args, "rank", 8, 1);
        const auto alpha = or_else(args, "alpha", 2. * static_cast<double>(rank), 0.);
        auto       set   = say.need(
            lora_set<float>::make(lora_places(m), {.targets = listed(args.text("targets")),
                                                           .params  = {.rank = rank, .alpha = alpha, .seed = args.seed()},
                                                           .dropout = args.number<double>("dropout"),
                                                           .dora    = args.has("dora")}));
        say.need(begin_dora(m, set, c));
        const auto where = "beside " + std::to_string(set.entries.size()) + " layers";
        return run_tuning<lora_run<llama<float>>>(args, say, m, std::move(set), where, data, 2e-4);
    }
    // Virtual tokens begin as those of a text: the one that is given, or the first to learn from.
    const auto                 n    = or_else<std::size_t>(args, "prompt-tokens", 16, 1);
    std::vector<std::uint32_t> text = data.train.front().ids;
    if (args.has("prompt-text")) {
        const auto said = say.need(model.words().encode(args.text("prompt-text"), c, {.add_special = false}));
        text.assign(said.ids.begin(), said.ids.end());
        args.require(!text.empty(), "--prompt-text says nothing");
    }
    args.require(n < m.config.positions, "--prompt-tokens leaves no room for a text");
    auto       prompt = say.need(soft_prompt_of(m, std::span<const std::uint32_t>(text), n));
    const auto where  = "before every text, as " + std::to_string(n) + " tokens";
    if (method == "prompt")
        return run_tuning<soft_prompt_run<llama<float>>>(args, say, m, std::move(prompt), where, data, 1e-2);
    auto first = say.need(prefix_of(m, prompt, c));
    run_tuning<prefix_run<llama<float>>>(args, say, m, std::move(first), where, data, 1e-2);
}

} // namespace

int tune_language_model(const arguments& args, const console& say) {
    args.require(args.has("base") && args.has("data") && args.has("out"), "name --base, --data and --out");
    args.require(args.words().empty(), "there is a word too many");
    const auto method = args.choice("method", {"lora", "qlora", "prefix", "prompt"});
    for (const char* flag : {"rank", "alpha", "targets", "dropout", "dora"})
        args.require(is_lora(method) || !args.has(flag),
                     std::string("--") + flag + " has no meaning with --method " + method);
    for (const char* flag : {"prompt-tokens", "prompt-text"})
        args.require(!is_lora(method) || !args.has(flag),
                     std::string("--") + flag + " has no meaning with --method " + method);
    const double hold_out = args.number<double>("hold-out");
    args.require(hold_out >= 0 && hold_out < 1, "--hold-out takes a number from 0 to below 1");
    const double share = args.number<double>("rehearse-share");
    args.require(share >= 0 && share < 1, "--rehearse-share takes a number from 0 to below 1");
    args.require(args.has("rehearse") || !args.has("rehearse-share"),
                 "--rehearse-share has no meaning without --rehearse");
    args.require_one_stdin({args.text("data"), args.text("rehearse")});
    args.require(lora_dropout{args.number<double>("dropout")}.valid(), "--dropout takes a number from 0 to below 1");
    const auto how = args.choice("weights", {"f32", "bf16", "i8", "blocks"});
    args.require(how == "f32" || how == "blocks", "--weights f32 or blocks with --task lm");
    const bool in_nf4 = method == "qlora";
    args.require(!in_nf4 || !args.has("weights"), "--method qlora holds the weights in NF4: no --weights beside it");
    const auto path = model_path(args, say, "base");
    if (!makes_folder(args, say)) return exit_failed;
    context     c{threads(args.threads())};
    const auto  as      = in_nf4 ? weights_as::nf4 : weights_said(how);
    const auto  model   = say.need(load_decoder(posix_files{}, path, {.weights = {.as = as}}, c));
    std::size_t refused = 0;
    const auto  texts   = read_texts(args, model, say, refused);
    if (texts.texts.empty()) {
        say.report({fault::no_input, unit::none, 0, args.text("data")});
        return exit_failed;
    }
    if (const auto* m = model.model().get_if<llama<float>>()) {
        tune_model(args, say, model, *m, texts, method);
        return refused > 0 ? exit_some_refused : exit_done;
    }
    say.report({fault::unsupported, unit::none, 0, path + ": updates beside this architecture"});
    return exit_failed;
}

} // namespace tool
