// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_lm.hpp"

#include "conversation.hpp"
#include "json_line.hpp"
#include "models.hpp"
#include "process_memory.hpp"
#include "tune_data.hpp"
#include "tune_examples.hpp"
#include "tune_measures.hpp"
#include "tune_rank.hpp"
#include "tune_scores.hpp"
#include "tuning.hpp"
#include "tuning_report.hpp"

#include <graft/base/executor.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/models/llama_prompt.hpp>
#include <graft/models/merged_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/models/peft_prompt.hpp>
#include <graft/models/unfrozen_gguf.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_dpo.hpp>
#include <graft/tune/fit_lora.hpp>
#include <graft/tune/fit_weights.hpp>
#include <graft/tune/text_losses.hpp>
#include <graft/tune/tuning_estimate.hpp>
#include <graft/weights/gguf.hpp>
#include <graft/weights/safetensors.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// The texts of an example.
std::vector<const tuning_text*> texts_of(const tuning_text& t) { return {&t}; }
std::vector<const tuning_text*> texts_of(const preference_pair& p) { return {&p.chosen, &p.rejected}; }

/// A run over texts that was asked for: of what, and what judges it.
struct tuning_job {
    const arguments&                  args;
    const console&                    say;
    decoder&                          model; // adapted when it has been measured
    const llama<float>&               m;
    const tuning_sides<tuning_text>&  data;
    const std::vector<judging_texts>& judging;
    const canary_texts&               canaries;
    const answer_scorer&              scorer;
};

/// Whether a method tunes updates beside layers.
bool is_lora(std::string_view method) { return method == "lora" || method == "qlora"; }

/// The GGUF file that a model's path names, or the one in its folder; of a folder of transformers the folder.
std::string file_of(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::exists(path + "/config.json", ignored)) return path;
    for (const auto& in : std::filesystem::directory_iterator(path, ignored))
        if (in.path().extension() == ".gguf") return in.path().string();
    return path;
}
/// Whether the matrices of a GGUF file, or of the one in a folder, are blocks of few bits.
bool lies_in_blocks(const std::string& path) {
    const auto read = load_gguf(posix_files{}, file_of(path), {.map = true});
    return read && std::any_of(read->weights.list().begin(), read->weights.list().end(),
                               [](const tensor& t) { return t.shape.rank() == 2 && layout_of(t.format).numbers > 1; });
}

result<void> save_tuned(const arguments& args, const llama<float>& m, const lora_set<float>& set) {
    return save_peft_lora(posix_files{}, args.text("out"), m, set, args.text("base"));
}
result<void> save_tuned(const arguments& args, const llama<float>& m, const prefix<float>& p) {
    return save_peft_prefix(posix_files{}, args.text("out"), m, p, args.text("base"));
}
result<void> save_tuned(const arguments& args, const llama<float>& m, const soft_prompt<float>& p) {
    return save_peft_soft_prompt(posix_files{}, args.text("out"), m, p, args.text("base"));
}
/// A whole model is written as its base lies: a folder of transformers, or a folder with a GGUF file.
result<void> save_tuned(const arguments& args, const llama<float>&, const unfrozen_llama<float>& m) {
    const console say(args);
    const auto    base = file_of(model_path(args, say, "base"));
    const auto    how  = args.text("store");
    const auto    as   = how == "bf16" ? weight_format::bf16 : how == "f16" ? weight_format::f16 : weight_format::f32;
    context       c{threads(args.threads())};
    if (std::filesystem::is_directory(base))
        return save_unfrozen_folder(posix_files{}, base, m, args.text("out"), as, c);
    return save_unfrozen_gguf(posix_files{}, base, m, args.text("out") + "/model.gguf", as, c);
}
/// A model that is tuned whole, as it begins: that it can be written is known before the work.
unfrozen_llama<float> asked_whole(const arguments& args, const console& say, const llama<float>& m, context& c) {
    auto       start = say.need(unfreeze(m, c));
    const auto base  = file_of(model_path(args, say, "base"));
    if (std::filesystem::is_directory(base)) {
        const auto file = say.need(load_safetensors(posix_files{}, base, {.map = true}));
        (void)say.need(with_weights(file, start, llama_names_of_transformers, {}, c));
    } else {
        const auto file = say.need(load_gguf(posix_files{}, base, {.map = true}));
        (void)say.need(with_weights(file.weights, start, llama_names_of_gguf, {}, c));
    }
    std::error_code ignored;
    for (const std::string& in : {args.text("base"), std::filesystem::path(base).parent_path().string(), base})
        args.require(!args.has("out") || !std::filesystem::equivalent(in, args.text("out"), ignored),
                     "--out is where the base lies, which would be lost");
    return start;
}
/// Writes what a run kept, and which records it saw.
template <class Fitted, class Example>
bool save_fitted(const arguments& args, const console& say, const llama<float>& m, const Fitted& fitted,
                 const tuning_sides<Example>& data) {
    const bool wrote = fitted.updates.parameters() > 0; // virtual tokens may be none
    if (wrote) {
        write_folder(args, say, [&] { return save_tuned(args, m, fitted.updates); });
        save_lineage(say, args.text("out"), data.train_records, data.held_out_records);
    } else say.note("the base without virtual tokens was better: no adapter is written");
    return wrote;
}

result<void> adapt(decoder& model, const llama<float>&, const lora_set<float>& set, context& c) {
    return model.adapt(set, c);
}
result<void> adapt(decoder& model, const llama<float>&, const prefix<float>& p, context&) { return model.adapt(p); }
result<void> adapt(decoder& model, const llama<float>& m, const soft_prompt<float>& p, context& c) {
    auto before = prefix_of(m, p, c);
    if (!before) return before.error();
    return model.adapt(*std::move(before));
}
/// What the model answers to held-out records with what was tuned, which stands beside it from then on.
template <class Tuned>
auto answers_with(const tuning_job& job, const Tuned& tuned, const auto& some, context& c) {
    job.say.need(adapt(job.model, job.m, tuned, c));
    return job.scorer.answers(job.say, job.model, some, c);
}
/// The same of a model that was tuned whole, as it was written.
auto answers_with(const tuning_job& job, const unfrozen_llama<float>&, const auto& some, context& c) {
    const auto whole = job.say.need(load_decoder(posix_files{}, job.args.text("out"), {}, c));
    return job.scorer.answers(job.say, whole, some, c);
}
template <class Tuned>
answer_scores scored(const tuning_job& job, const Tuned& tuned, bool base, context& c) {
    const auto some   = job.scorer.some(job.data.held_out_records);
    auto       before = job.scorer.answers(job.say, job.model, some, c);
    auto       after  = base ? before : answers_with(job, tuned, some, c);
    return job.scorer.scores(job.say, some, std::move(before), std::move(after), c);
}

/// How a run over so many examples learns, as the flags say.
fit_lora_params params_of(const arguments& args, double rate, std::size_t examples) {
    auto how        = asked_params(args, {.rate = rate, .batch = 4, .least_batch = 1, .together = 512});
    how.rate.warmup = how.run_steps(examples) / 20;
    return how;
}

/// What a run is to do, and what it will take, where that was estimated.
template <class Example>
void tell_plan(const arguments& args, const console& say, const tuning_sides<Example>& data, const tuning_report& r,
               const std::string& where, const process_memory& before) {
    std::size_t tokens = 0, learned = 0;
    for (const Example& e : data.train)
        for (const tuning_text* t : texts_of(e)) tokens += t->ids.size(), learned += t->labelled();
    const std::size_t held_out = data.held_out.size();
    if (args.json()) {
        json plan{{"event", "plan"},
                  {"loss", args.text("loss")},
                  {"parameters", r.parameters},
                  {"examples", r.examples},
                  {"held_out", held_out},
                  {"tokens", tokens},
                  {"learned", learned},
                  {"steps", r.steps},
                  {"rehearsed", data.old},
                  {"left_out", data.flawed},
                  {"adapter_bytes", 4 * r.parameters}};
        if (r.estimate) plan["state_bytes"] = r.estimate->state_bytes, plan["pass_bytes"] = r.estimate->pass_bytes;
        if (r.estimate && args.timing())
            plan["process_bytes"] = r.process_estimate, plan["seconds"] = r.estimate->seconds;
        print_line(plan);
    } else {
        const std::string again = data.old > 0 ? " (" + std::to_string(data.old) + " of before)" : "";
        std::printf("%zu numbers %s (%.1f MB), %zu examples%s of %zu tokens (%zu learned), %zu held out, %zu steps\n",
                    r.parameters, where.c_str(), 4e-6 * static_cast<double>(r.parameters), r.examples, again.c_str(),
                    tokens, learned, held_out, r.steps);
    }
    std::fflush(stdout);
    if (!r.estimate) return;
    char room[200];
    std::snprintf(room, sizeof room, "it will take about %.0f s, and %.2f GB beside %.2f: %zu tokens at a time",
                  r.estimate->seconds, 1e-9 * static_cast<double>(r.estimate->bytes()),
                  1e-9 * static_cast<double>(before.now), r.estimate->rows);
    say.note(room);
}

/// Estimates a run over texts, takes it to its end, saves what was kept, and reports.
///
/// Takes    what is tuned, as it begins; where it stands, for the reader: "beside 60 layers"
template <class Run, class Tuned>
void run_tuning(const tuning_job& job, Tuned start, const std::string& where, double rate) {
    const auto&   args  = job.args;
    const auto&   say   = job.say;
    const auto&   m     = job.m;
    const auto &  train = job.data.train, &held_out = job.data.held_out;
    const auto    how    = params_of(args, rate, train.size());
    const auto    before = process_memory::read();
    context       c{threads(args.threads())};
    tuning_report r{.parameters = start.parameters(), .examples = train.size(), .steps = how.run_steps(train.size())};
    if (!args.quiet() || args.timing() || args.has("dry-run")) {
        r.estimate = say.need(estimate_tuning<Run>(m, start, train, held_out, how, c));
        // What is tuned is in memory already; a checkpoint is written from there.
        const std::size_t there = sizeof(float) * r.parameters, file = args.has("checkpoint") ? 5 * there : 0;
        if (before.now > 0)
            r.process_estimate = std::max(process_memory::read().most, before.now + r.estimate->bytes() - there + file);
    }
    tell_plan(args, say, job.data, r, where, before);
    if (args.has("dry-run")) return;

    const auto fitted = run_to_its_end(
        args, say, {args, r.steps, true},
        [&](context& in) { return Run::make(m, std::move(start), train, held_out, how, in); }, &r.cost);
    const bool wrote = save_fitted(args, say, m, fitted, job.data);

    r.dropped = job.data.dropped;
    r.base    = fitted.step == 0 && (!wrote || Run::trainer_type::begins_as_base);
    r.kept = fitted.step, r.steps = fitted.steps, r.train_loss = fitted.train_loss;
    r.curve = fitted.curve, r.looks = fitted.looks;
    if (!held_out.empty())
        r.sets.push_back(measured(say, m, fitted.updates,
                                  {"held_out", std::to_string(held_out.size()) + " texts", held_out}, how.together, c));
    for (const judging_texts& set : job.judging)
        r.sets.push_back(measured(say, m, fitted.updates, set, how.together, c));
    const auto exposures = [&](const Tuned& of) {
        return job.canaries.exposures(say, say.need(text_losses(m, of, job.canaries.shown, how.together, c)),
                                      say.need(text_losses(m, of, job.canaries.others, how.together, c)));
    };
    if (!job.canaries.shown.empty())
        r.canaries = exposures(fitted.updates), r.canaries_before = exposures(Tuned{}),
        r.canary_bits = std::log2(canary_texts::references + 1.);
    if (!job.scorer.empty() && !held_out.empty()) r.answers = scored(job, fitted.updates, r.base, c);
    if (args.json())
        for (const scored_answers& s : r.answers.scores)
            print_line({{"event", "judged"},
                        {"by", s.by},
                        {"texts", r.answers.answers.size()},
                        {"before", s.score.before},
                        {"after", s.score.after},
                        {"gain", s.score.change.mean},
                        {"low", s.score.change.low},
                        {"high", s.score.change.high}});
    tell_end(args, fitted, {.saved = wrote, .advice = name(r.advice())});
    tell_report(args, say, args.text("out"), r);
}

/// `tune curve`: what a quarter, a half and all of the texts teach, by the same held-out texts, and whether more would help.
template <class Run, class Tuned>
void run_curve(const tuning_job& job, const Tuned& start, double rate) {
    const auto& args     = job.args;
    const auto& say      = job.say;
    const auto& held_out = job.data.held_out;
    args.require(job.data.train.size() >= 4 && !held_out.empty(),
                 "tune curve needs four texts to learn from, and some held out");
    context                  c{threads(args.threads())};
    std::vector<tuning_text> train = job.data.train;
    counter_random(args.seed(), 0x6375727665 /* "curve" */).shuffle(std::span(train));
    std::vector<double> tokens;
    for (const tuning_text& t : held_out) tokens.push_back(static_cast<double>(t.labelled()));
    std::vector<std::vector<double>> losses;
    const auto                       judge = [&](const Tuned& of) {
        losses.push_back(say.need(text_losses(job.m, of, held_out, fit_lora_params{}.together, c)));
    };
    judge(Tuned{});
    for (const std::size_t part : {4u, 2u, 1u}) {
        const auto some = std::span<const tuning_text>(train).first(train.size() / part);
        auto       run  = say.need(Run::make(job.m, start, some, held_out, params_of(args, rate, some.size()), c));
        while (say.need(run.next(c))) {}
        judge(std::move(run).finish().updates);
        const auto l = say.need(loss_change::of(losses[0], losses.back(), tokens, {}, c));
        if (args.json())
            print_line({{"event", "curve"},
                        {"examples", some.size()},
                        {"loss", l.after},
                        {"base", l.before},
                        {"change", l.change.mean},
                        {"low", l.change.low},
                        {"high", l.change.high}});
        else
            std::printf("%zu examples: held-out loss %.4f, base %.4f, change %+.4f (95 %%: %+.4f to %+.4f)\n",
                        some.size(), l.after, l.before, l.change.mean, l.change.low, l.change.high);
        std::fflush(stdout);
    }
    const auto last = say.need(loss_change::of(losses[2], losses[3], tokens, {}, c));
    const bool more = more_texts_help(last);
    if (args.json())
        print_line({{"event", "end"},
                    {"from", train.size() / 2},
                    {"to", train.size()},
                    {"change", last.change.mean},
                    {"low", last.change.low},
                    {"high", last.change.high},
                    {"collect_more", more}});
    else
        std::printf("the last doubling: %+.4f (95 %%: %+.4f to %+.4f)\n%s\n", last.change.mean, last.change.low,
                    last.change.high,
                    more ? "Collect more: the last doubling helped."
                         : "More of the kind would help little, or not for certain.");
}

/// Tunes, or draws the learning curve.
template <class Run, class Tuned>
void run_asked(const tuning_job& job, Tuned start, const std::string& where, double rate) {
    if (!job.args.words().empty()) return run_curve<Run>(job, start, rate);
    run_tuning<Run>(job, std::move(start), where, rate);
}

/// Updates as the flags want them, and where they stand, for the reader.
std::pair<lora_set<float>, std::string> asked_updates(const arguments& args, const console& say, const llama<float>& m,
                                                      context& c) {
    auto plan    = asked_plan(args, 8);
    plan.targets = listed(args.text("targets")); // which has a default
    plan.dropout = args.number<double>("dropout"), plan.dora = args.has("dora");
    // The table of tokens is tuned only by its name.
    const bool tokens = std::any_of(plan.targets.begin(), plan.targets.end(),
                                    [](const std::string& t) { return t.ends_with("embed_tokens"); });
    auto       set    = say.need(lora_set<float>::make(lora_places(m, tokens), plan));
    say.need(begin_dora(m, set, c));
    auto where = "beside " + std::to_string(set.entries.size()) + " layers";
    return {std::move(set), std::move(where)};
}

/// How many tokens of a document stand in one text.
std::size_t asked_window(const arguments& args, const decoder& model, const std::string& method) {
    const std::size_t before =
        method == "prefix" || method == "prompt" ? or_else<std::size_t>(args, "prompt-tokens", 16, 1) : 0;
    args.require(before + 2 <= model.positions(), "--prompt-tokens leaves no room for a text");
    const std::size_t room = model.positions() - before,
                      most = or_else(args, "max-tokens", std::min<std::size_t>(512, room), 2);
    args.require(most <= room, "--max-tokens takes at most " + std::to_string(room) + " here");
    return most;
}

void tune_on_texts(const arguments& args, const console& say, decoder& model, const llama<float>& m,
                   const tuning_examples<tuning_text>& all, const std::vector<judging_texts>& judging,
                   const answer_scorer& scorer, const std::string& method) {
    auto data = split_examples(args, say, all);
    if (args.has("drop-worst")) drop_worst(args, say, model, m, data);
    const auto canaries = canary_texts::make(model, say, args.number<std::size_t>("canaries"), args.seed());
    for (std::size_t n = 0; n < canaries.shown.size(); ++n) {
        data.train.push_back(canaries.shown[n]);
        data.train_records.push_back(canary(args.seed(), n));
    }
    const tuning_job job{args, say, model, m, data, judging, canaries, scorer};
    context          c{threads(args.threads())};
    if (is_lora(method)) {
        auto [set, where] = asked_updates(args, say, m, c);
        return run_asked<lora_run<llama<float>>>(job, std::move(set), where, 2e-4);
    }
    if (method == "full")
        return run_asked<weights_run<llama<float>>>(job, asked_whole(args, say, m, c), "of the whole model", 2e-5);
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
    if (method == "prompt") return run_asked<soft_prompt_run<llama<float>>>(job, std::move(prompt), where, 1e-2);
    auto first = say.need(prefix_of(m, prompt, c));
    run_asked<prefix_run<llama<float>>>(job, std::move(first), where, 1e-2);
}

void tune_on_pairs(const arguments& args, const console& say, const llama<float>& m,
                   const tuning_examples<preference_pair>& all) {
    auto                         data = split_examples(args, say, all);
    const dpo_task<llama<float>> task{&m, args.number<double>("beta")};
    context                      c{threads(args.threads())};
    for (auto* pairs : {&data.train, &data.held_out})
        if (!pairs->empty()) say.need(task.make_ready(*pairs, fit_lora_params{}.together, c));
    auto [set, where] = asked_updates(args, say, m, c);
    const auto how    = params_of(args, 5e-5, data.train.size());
    const auto steps  = how.run_steps(data.train.size());
    tell_plan(args, say, data, {.parameters = set.parameters(), .examples = data.train.size(), .steps = steps}, where,
              {});
    auto                             start  = std::move(set);
    const auto                       fitted = run_to_its_end(args, say, {args, steps, false}, [&](context& in) {
        return dpo_run<llama<float>>::make(task, std::move(start), data.train, data.held_out, how, in);
    });
    std::optional<preference_report> told;
    if (!data.held_out.empty()) {
        std::vector<const preference_pair*> some;
        for (const preference_pair& p : data.held_out) some.push_back(&p);
        auto kept = say.need(dpo_trainer<llama<float>>::make(task, fitted.updates));
        told      = say.need(kept.judge(some, fit_lora_params{}.together, c));
    }
    tell_end(args, fitted, {.saved = save_fitted(args, say, m, fitted, data), .prefers = told});
}

} // namespace

int tune_language_model(const arguments& args, const console& say) {
    const bool curve = !args.words().empty(); // `tune curve`
    const bool keeps = !curve && !args.has("dry-run");
    args.require(args.has("base") && args.has("data") && (!keeps || args.has("out")),
                 keeps ? "name --base, --data and --out" : "name --base and --data");
    args.require(args.words().size() == (curve ? 1 : 0), "there is a word too many");
    const auto method = args.choice("method", {"lora", "qlora", "prefix", "prompt", "full"});
    const bool whole  = method == "full";
    for (const char* flag : {"rank", "alpha", "targets", "dropout", "dora"})
        args.require(is_lora(method) || !args.has(flag),
                     std::string("--") + flag + " has no meaning with --method " + method);
    for (const char* flag : {"prompt-tokens", "prompt-text"})
        args.require((!is_lora(method) && !whole) || !args.has(flag),
                     std::string("--") + flag + " has no meaning with --method " + method);
    args.require(whole || !args.has("store"), "--store has no meaning with --method " + method);
    (void)args.choice("store", {"", "f32", "f16", "bf16"});
    const bool on_pairs = args.choice("loss", {"cross-entropy", "dpo"}) == "dpo";
    args.require(!on_pairs || is_lora(method), "--loss dpo has no meaning with --method " + method);
    args.require(on_pairs || !args.has("beta"), "--beta has no meaning without --loss dpo");
    for (const char* flag : {"keep", "ood", "canaries", "dry-run", "score", "score-texts", "pattern", "schema",
                             "max-tokens", "drop-worst"})
        args.require(!on_pairs || !args.has(flag), std::string("--") + flag + " has no meaning with --loss dpo");
    const auto beta = args.number<double>("beta");
    args.require(is_finite(beta) && beta > 0, "--beta takes a number above 0");
    const answer_scorer scorer(args, say, tunes_rewriter(args));
    args.require(asked_hold_out(args) > 0 || scorer.empty() || tunes_rewriter(args),
                 "--hold-out 0 leaves no record to score answers to");
    (void)asked_drop(args); // before the work
    args.require(lora_dropout{args.number<double>("dropout")}.valid(), "--dropout takes a number from 0 to below 1");
    const double share = args.number<double>("rehearse-share");
    args.require(share >= 0 && share < 1, "--rehearse-share takes a number from 0 to below 1");
    args.require(args.has("rehearse") || !args.has("rehearse-share"),
                 "--rehearse-share has no meaning without --rehearse");
    args.require_one_stdin({args.text("data"), args.text("rehearse"), args.text("keep"), args.text("ood")});
    const auto how = args.choice("weights", {"f32", "bf16", "i8", "blocks"});
    args.require(how == "f32" || how == "blocks", "--weights f32 or blocks with --task lm");
    const bool in_nf4 = method == "qlora";
    args.require(!in_nf4 || !args.has("weights"), "--method qlora holds the weights in NF4: no --weights beside it");
    args.require(!whole || how == "f32", "--method full moves floats: no --weights beside it");
    const auto path = model_path(args, say, "base");
    if (keeps) need_folder_place(args, say);
    if (in_nf4 && lies_in_blocks(path))
        say.note(path + " lies in blocks of few bits already and is rounded once more: what is tuned fits that, so "
                        "generate with --weights nf4");
    context     c{threads(args.threads())};
    const auto  as      = in_nf4 ? weights_as::nf4 : weights_said(how);
    auto        model   = say.need(load_decoder(posix_files{}, path, {.weights = {.as = as}}, c));
    std::size_t refused = 0;
    const auto* m       = model.model().get_if<llama<float>>();
    if (m == nullptr) {
        say.report({fault::unsupported, unit::none, 0, path + ": tuning of this architecture"});
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
        const auto pair = [&](const tuning_record& r, context& by) -> result<std::vector<preference_pair>> {
            if (!r.rejected) return error{fault::absent, unit::none, 0, "rejected"};
            conversation given;
            for (const record_turn& t : r.given) given.say(t.from, t.text);
            auto good = chat_text(model, given.turns(), r.answer, by),
                 bad  = chat_text(model, given.turns(), *r.rejected, by);
            if (!good) return good.error();
            if (!bad) return bad.error();
            if (good->ids == bad->ids) return error{fault::duplicate_id, unit::none, 0, "rejected"};
            std::vector<preference_pair> alone;
            alone.push_back({std::move(*good), std::move(*bad)});
            return alone;
        };
        const auto pairs = examples_of<preference_pair>(args, say, std::move(data), pair, refused);
        if (pairs.all.empty()) return nothing(fault::no_input, "");
        tune_on_pairs(args, say, *m, pairs);
    } else {
        const std::size_t most = asked_window(args, model, method);
        args.require(!args.has("max-tokens") || std::any_of(data.records.begin(), data.records.end(),
                                                            [](const tuning_record& r) { return r.given.empty(); }),
                     "--max-tokens has no meaning without documents");
        args.require(scorer.empty() || data.records.empty() || !data.records.front().given.empty(),
                     "there is no answer to score in documents");
        args.require(!args.has("drop-worst") || data.records.empty() || !data.records.front().given.empty(),
                     "there are no questions to rank documents by");
        const auto text = [&](const tuning_record& r, context& by) {
            return record_texts(model, r, most, tunes_rewriter(args), by);
        };
        const auto texts = examples_of<tuning_text>(args, say, std::move(data), text, refused);
        if (texts.all.empty()) return nothing(fault::no_input, "");
        const auto judging = curve ? std::vector<judging_texts>{} : read_judging(args, model, say, refused);
        tune_on_texts(args, say, model, *m, texts, judging, scorer, method);
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
