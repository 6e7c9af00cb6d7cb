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
#include "tuning.hpp"
#include "tuning_report.hpp"

#include <graft/base/executor.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/models/llama_prompt.hpp>
#include <graft/models/peft.hpp>
#include <graft/models/peft_prompt.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_dpo.hpp>
#include <graft/tune/fit_lora.hpp>
#include <graft/tune/text_losses.hpp>
#include <graft/tune/tuning_estimate.hpp>
#include <graft/weights/gguf.hpp>

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
    const llama<float>&               m;
    const tuning_sides<tuning_text>&  data;
    const std::vector<judging_texts>& judging;
    const canary_texts&               canaries;
};

/// Whether what is tuned changes nothing as it begins, as virtual tokens do not.
template <class Tuned>
constexpr bool is_updates = std::is_same_v<Tuned, lora_set<float>>;

/// Whether a method tunes updates beside layers.
bool is_lora(std::string_view method) { return method == "lora" || method == "qlora"; }

/// Whether the matrices of a GGUF file, or of the one in a folder, are blocks of few bits.
bool lies_in_blocks(const std::string& path) {
    std::string     file = path;
    std::error_code ignored;
    for (const auto& in : std::filesystem::directory_iterator(path, ignored))
        if (in.path().extension() == ".gguf") file = in.path().string();
    const auto read = load_gguf(posix_files{}, file, {.map = true});
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
        if (before.now > 0) r.process_estimate = std::max(before.most, before.now + r.estimate->bytes());
    }
    tell_plan(args, say, job.data, r, where, before);
    if (args.has("dry-run")) return;

    const auto fitted = run_to_its_end(
        args, say, {args, r.steps, true},
        [&](context& in) { return Run::make(m, std::move(start), train, held_out, how, in); }, &r.cost);
    const bool wrote = save_fitted(args, say, m, fitted, job.data);

    r.dropped = job.data.dropped;
    r.base    = fitted.step == 0 && (!wrote || is_updates<Tuned>);
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

void tune_on_texts(const arguments& args, const console& say, const decoder& model, const llama<float>& m,
                   const tuning_examples<tuning_text>& all, const std::vector<judging_texts>& judging,
                   const std::string& method) {
    auto data = split_examples(args, say, all);
    if (args.has("drop-worst")) drop_worst(args, say, model, m, data);
    const auto canaries = canary_texts::make(model, say, args.number<std::size_t>("canaries"), args.seed());
    for (std::size_t n = 0; n < canaries.shown.size(); ++n) {
        data.train.push_back(canaries.shown[n]);
        data.train_records.push_back(canary(args.seed(), n));
    }
    const tuning_job job{args, say, m, data, judging, canaries};
    context          c{threads(args.threads())};
    if (is_lora(method)) {
        auto [set, where] = asked_updates(args, say, m, c);
        return run_asked<lora_run<llama<float>>>(job, std::move(set), where, 2e-4);
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
    for (const char* flag : {"keep", "ood", "canaries", "dry-run", "drop-worst"})
        args.require(!on_pairs || !args.has(flag), std::string("--") + flag + " has no meaning with --loss dpo");
    const auto beta = args.number<double>("beta");
    args.require(is_finite(beta) && beta > 0, "--beta takes a number above 0");
    (void)asked_hold_out(args), (void)asked_drop(args); // before the work
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
    const auto path = model_path(args, say, "base");
    if (keeps) need_folder_place(args, say);
    if (in_nf4 && lies_in_blocks(path))
        say.note(path + " lies in blocks of few bits already and is rounded once more: what is tuned fits that, so "
                        "generate with --weights nf4");
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
        const auto pair = [&](const tuning_record& r, context& by) -> result<preference_pair> {
            if (!r.rejected) return error{fault::absent, unit::none, 0, "rejected"};
            conversation given;
            for (const record_turn& t : r.given) given.say(t.from, t.text);
            auto good = chat_text(model, given.turns(), r.answer, by),
                 bad  = chat_text(model, given.turns(), *r.rejected, by);
            if (!good) return good.error();
            if (!bad) return bad.error();
            if (good->ids == bad->ids) return error{fault::duplicate_id, unit::none, 0, "rejected"};
            return preference_pair{std::move(*good), std::move(*bad)};
        };
        const auto pairs = examples_of<preference_pair>(args, say, std::move(data), pair, refused);
        if (pairs.all.empty()) return nothing(fault::no_input, "");
        tune_on_pairs(args, say, *m, pairs);
    } else {
        const auto text  = [&](const tuning_record& r, context& by) { return text_of(model, r, by); };
        const auto texts = examples_of<tuning_text>(args, say, std::move(data), text, refused);
        if (texts.all.empty()) return nothing(fault::no_input, "");
        const auto judging = curve ? std::vector<judging_texts>{} : read_judging(args, model, say, refused);
        tune_on_texts(args, say, model, *m, texts, judging, method);
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
