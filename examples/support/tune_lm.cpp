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
#include <graft/records/split_records.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_dpo.hpp>
#include <graft/tune/fit_lora.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// Examples to learn from, and the records that they say.
template <class Example>
struct tuning_examples {
    std::vector<Example>       all;
    std::vector<tuning_record> records;
    std::vector<std::uint32_t> clusters; ///< those that are nearly the same
};

/// Records as examples, made by `make(record, turns, context)`; what cannot be one is reported and counted.
template <class Example, class Make>
tuning_examples<Example> examples_of(const arguments& args, const console& say, tuning_data data, const Make& make,
                                     std::size_t& refused) {
    tuning_examples<Example> out;
    context                  c;
    refused += data.refused;
    for (std::size_t i = 0; i < data.records.size(); ++i) {
        tuning_record& r = data.records[i];
        conversation   given;
        for (const record_turn& t : r.given) given.say(t.from, t.text);
        result<Example> made = make(r, given.turns(), c);
        if (made) {
            out.all.push_back(std::move(*made));
            out.records.push_back(std::move(r));
            out.clusters.push_back(data.clusters[i]);
        } else {
            error why = made.error();
            why.of = unit::line, why.where = r.row;
            why.subject = args.text("data") + (why.subject.empty() ? "" : ": " + why.subject);
            say.report(why), ++refused;
        }
        c.reset();
    }
    return out;
}

template <class T>
std::vector<T> chosen(const std::vector<T>& from, const std::vector<std::uint32_t>& rows) {
    std::vector<T> some;
    for (const std::uint32_t r : rows) some.push_back(from[r]);
    return some;
}

/// Examples to learn from, and those that judge, with their records.
template <class Example>
struct tuning_sides {
    std::vector<Example>       train, held_out;
    std::vector<tuning_record> train_records, held_out_records;
};
/// Some of the examples judge instead of training, drawn by what they say: those that are nearly the same stay on one side.
template <class Example>
tuning_sides<Example> split(const arguments& args, const console& say, const tuning_examples<Example>& of) {
    std::vector<std::uint64_t> hashes;
    for (const Example& e : of.all) hashes.push_back(e.hash());
    const auto by = say.need(split_clusters(of.clusters, hashes, args.number<double>("hold-out"), args.seed()));
    tuning_sides<Example> data{chosen(of.all, by.train), chosen(of.all, by.held_out), chosen(of.records, by.train),
                               chosen(of.records, by.held_out)};
    args.require(!data.train.empty(), "there is nothing to learn from");
    args.require(!data.held_out.empty() || args.has("keep-last"),
                 "too few examples to hold one out and choose the best state by it: --keep-last keeps the last");
    return data;
}

/// The texts of an example.
std::vector<const tuning_text*> texts_of(const tuning_text& t) { return {&t}; }
std::vector<const tuning_text*> texts_of(const preference_pair& p) { return {&p.chosen, &p.rejected}; }

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
/// Takes    what the run is made of; where it stands, for the reader: "beside 60 layers"
template <class Run, class Task, class Tuned, class Example>
auto run_tuning(const arguments& args, const console& say, const Task& task, Tuned start, const std::string& where,
                const tuning_sides<Example>& data, double rate) {
    const auto &    train = data.train, &held_out = data.held_out;
    fit_lora_params how{.optimiser              = {.rate = or_else(args, "lr", rate, 0.), .decay = 0},
                        .rate                   = {.shape = rate_shape::linear, .warmup = 0},
                        .batch                  = or_else<std::size_t>(args, "batch", 4, 1),
                        .epochs                 = or_else<std::size_t>(args, "epochs", 3, 1),
                        .keep_best              = !args.has("keep-last"),
                        .seed                   = args.seed(),
                        .checkpoint_activations = args.has("checkpoint-activations")};
    std::size_t     tokens = 0, learned = 0;
    for (const Example& e : train)
        for (const tuning_text* t : texts_of(e)) tokens += t->ids.size(), learned += t->labelled();
    const std::size_t steps = ((train.size() - 1) / how.batch + 1) * how.epochs;
    how.rate.warmup         = steps / 20;
    if (args.json())
        print_line({{"event", "plan"},
                    {"loss", args.text("loss")},
                    {"parameters", start.parameters()},
                    {"examples", train.size()},
                    {"held_out", held_out.size()},
                    {"tokens", tokens},
                    {"learned", learned},
                    {"steps", steps},
                    {"adapter_bytes", 4 * start.parameters()}});
    else
        std::printf("%zu numbers %s (%.1f MB), %zu examples of %zu tokens (%zu learned), %zu held out, %zu steps\n",
                    start.parameters(), where.c_str(), 4e-6 * static_cast<double>(start.parameters()), train.size(),
                    tokens, learned, held_out.size(), steps);
    std::fflush(stdout);
    return run_to_its_end(args, say, {args, steps, std::is_same_v<Example, tuning_text>},
                          [&](context& c) { return Run::make(task, std::move(start), train, held_out, how, c); });
}
/// Writes what a run kept, and which records it saw.
template <class Fitted, class Example>
bool save_fitted(const arguments& args, const console& say, const llama<float>& m, const Fitted& fitted,
                 const tuning_sides<Example>& data) {
    const bool wrote = save_tuned(args, say, m, fitted.updates);
    if (wrote) save_lineage(say, args.text("out"), data.train_records, data.held_out_records);
    else say.note("the base without virtual tokens was better: nothing is written");
    return wrote;
}

/// Updates as the flags want them, and where they stand, for the reader.
std::pair<lora_set<float>, std::string> asked_updates(const arguments& args, const console& say, const llama<float>& m,
                                                      context& c) {
    const auto rank  = or_else<std::size_t>(args, "rank", 8, 1);
    const auto alpha = or_else(args, "alpha", 2. * static_cast<double>(rank), 0.);
    auto       set =
        say.need(lora_set<float>::make(lora_places(m), {.targets = listed(args.text("targets")),
                                                        .params  = {.rank = rank, .alpha = alpha, .seed = args.seed()},
                                                        .dropout = args.number<double>("dropout"),
                                                        .dora    = args.has("dora")}));
    say.need(begin_dora(m, set, c));
    auto where = "beside " + std::to_string(set.entries.size()) + " layers";
    return {std::move(set), std::move(where)};
}

void tune_on_texts(const arguments& args, const console& say, const decoder& model, const llama<float>& m,
                   const tuning_examples<tuning_text>& all, const std::string& method) {
    const auto data = split(args, say, all);
    const auto run  = [&]<class Run>(std::type_identity<Run>, auto start, const std::string& where, double rate) {
        const auto fitted = run_tuning<Run>(args, say, m, std::move(start), where, data, rate);
        tell_end(args, fitted, save_fitted(args, say, m, fitted, data));
    };
    context c{threads(args.threads())};
    if (is_lora(method)) {
        auto [set, where] = asked_updates(args, say, m, c);
        return run(std::type_identity<lora_run<llama<float>>>{}, std::move(set), where, 2e-4);
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
        return run(std::type_identity<soft_prompt_run<llama<float>>>{}, std::move(prompt), where, 1e-2);
    auto first = say.need(prefix_of(m, prompt, c));
    run(std::type_identity<prefix_run<llama<float>>>{}, std::move(first), where, 1e-2);
}

void tune_on_pairs(const arguments& args, const console& say, const llama<float>& m,
                   const tuning_examples<preference_pair>& all) {
    auto                         data = split(args, say, all);
    const dpo_task<llama<float>> task{&m, args.number<double>("beta")};
    context                      c{threads(args.threads())};
    for (auto* pairs : {&data.train, &data.held_out})
        if (!pairs->empty()) say.need(task.make_ready(*pairs, fit_lora_params{}.together, c));
    auto [set, where] = asked_updates(args, say, m, c);
    const auto fitted = run_tuning<dpo_run<llama<float>>>(args, say, task, std::move(set), where, data, 5e-5);
    std::optional<preference_report> told;
    if (!data.held_out.empty()) {
        std::vector<const preference_pair*> some;
        for (const preference_pair& p : data.held_out) some.push_back(&p);
        auto kept = say.need(dpo_trainer<llama<float>>::make(task, fitted.updates));
        told      = say.need(kept.judge(some, fit_lora_params{}.together, c));
    }
    tell_end(args, fitted, save_fitted(args, say, m, fitted, data), told);
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
    const bool on_pairs = args.choice("loss", {"cross-entropy", "dpo"}) == "dpo";
    args.require(!on_pairs || is_lora(method), "--loss dpo has no meaning with --method " + method);
    args.require(on_pairs || !args.has("beta"), "--beta has no meaning without --loss dpo");
    const auto beta = args.number<double>("beta");
    args.require(is_finite(beta) && beta > 0, "--beta takes a number above 0");
    const double hold_out = args.number<double>("hold-out");
    args.require(hold_out >= 0 && hold_out < 1, "--hold-out takes a number from 0 to below 1");
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
    const auto* m       = model.model().get_if<llama<float>>();
    if (m == nullptr) {
        say.report({fault::unsupported, unit::none, 0, path + ": updates beside this architecture"});
        return exit_failed;
    }
    auto       data     = read_tuning_data(args, say);
    const bool no_pairs = on_pairs && !data.records.empty() && !data.records.front().rejected; // a file has one format
    const auto nothing  = [&](fault what, const char* of) {
        say.report({what, unit::none, 0, args.text("data") + of});
        return int{exit_failed};
    };
    if (no_pairs) return nothing(fault::absent, ": chosen and rejected");
    if (on_pairs) {
        const auto pair = [&](const tuning_record& r, auto turns, context& by) -> result<preference_pair> {
            auto good = chat_text(model, turns, r.answer, by), bad = chat_text(model, turns, *r.rejected, by);
            if (!good) return good.error();
            if (!bad) return bad.error();
            if (good->ids == bad->ids) return error{fault::duplicate_id, unit::none, 0, "rejected"};
            return preference_pair{std::move(*good), std::move(*bad)};
        };
        const auto pairs = examples_of<preference_pair>(args, say, std::move(data), pair, refused);
        if (pairs.all.empty()) return nothing(fault::no_input, "");
        tune_on_pairs(args, say, *m, pairs);
    } else {
        const auto text = [&](const tuning_record& r, auto turns, context& by) {
            return chat_text(model, turns, r.answer, by);
        };
        const auto texts = examples_of<tuning_text>(args, say, std::move(data), text, refused);
        if (texts.all.empty()) return nothing(fault::no_input, "");
        tune_on_texts(args, say, model, *m, texts, method);
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
