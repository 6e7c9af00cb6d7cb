// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_lm.hpp"

#include "conversation.hpp"
#include "json_line.hpp"
#include "models.hpp"
#include "tune_data.hpp"

#include <graft/base/executor.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/records/split_records.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_lora.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <optional>
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
};

/// Records as texts; what cannot be one is reported and counted.
tuning_texts read_texts(const arguments& args, const decoder& model, const console& say, std::size_t& refused) {
    auto         data = read_tuning_data(args, say);
    tuning_texts out;
    context      c;
    refused += data.refused;
    for (std::size_t i = 0; i < data.records.size(); ++i) {
        tuning_record& r = data.records[i];
        conversation   given;
        for (const record_turn& t : r.given) given.say(t.from, t.text);
        auto made = chat_text(model, given.turns(), r.answer, c);
        if (made) {
            out.texts.push_back(std::move(*made));
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

/// Some of the texts judge instead of training, drawn by what they say: those that are nearly the same stay on one side.
record_split split(const tuning_texts& all, double share, std::uint64_t seed, const console& say) {
    std::vector<std::uint64_t> hashes;
    for (const tuning_text& t : all.texts) hashes.push_back(t.hash());
    return say.need(split_clusters(all.clusters, hashes, share, seed));
}
template <class T>
std::vector<T> chosen(const std::vector<T>& from, const std::vector<std::uint32_t>& rows) {
    std::vector<T> some;
    for (const std::uint32_t r : rows) some.push_back(from[r]);
    return some;
}

std::vector<std::string> listed(const std::string& text) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        if (end > at) all.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

struct teller {
    const arguments& args;
    stopwatch        clock  = {};
    double           spent  = 0; // ms
    std::size_t      tokens = 0;
    std::size_t      all = 0, done = 0; // steps of the run, and of this program

    void operator()(const tuning_step& s) {
        spent += clock.lap(), tokens += s.tokens, ++done;
        if (args.json()) {
            json line{{"event", "step"}, {"step", s.step}, {"loss", s.loss}, {"norm", s.norm}, {"rate", s.rate}};
            if (args.timing()) line["tokens_per_second"] = 1e3 * static_cast<double>(tokens) / spent;
            return print_line(line);
        }
        std::printf("step %zu of %zu: loss %.4f, gradient %.3f", s.step, all, s.loss, s.norm);
        if (args.timing())
            std::printf(", %.0f tokens/s, %.0f s left", 1e3 * static_cast<double>(tokens) / spent,
                        spent / 1e3 / static_cast<double>(done) * static_cast<double>(all - s.step));
        std::printf("\n");
        std::fflush(stdout);
    }
    void operator()(const tuning_look& l) {
        clock.lap();
        if (args.json()) return print_line({{"event", "eval"}, {"step", l.step}, {"loss", l.loss}, {"best", l.best}});
        std::printf("step %zu: held-out loss %.4f, perplexity %.2f%s\n", l.step, l.loss, std::exp(l.loss),
                    l.best ? " *" : "");
        std::fflush(stdout);
    }
};

int tune_model(const arguments& args, const console& say, const llama<float>& m, const tuning_texts& all,
               std::size_t refused) {
    const auto or_else = [&](const char* flag, auto otherwise, auto low) {
        using T = decltype(otherwise);
        return args.has(flag) ? args.number_in<T>(flag, static_cast<T>(low)) : otherwise;
    };
    const std::size_t rank  = or_else("rank", std::size_t{8}, 1);
    const double      alpha = or_else("alpha", 2. * static_cast<double>(rank), 0);
    fit_lora_params   how{.optimiser = {.rate = or_else("lr", 2e-4, 0), .decay = 0},
                          .rate      = {.shape = rate_shape::linear, .warmup = 0},
                          .batch     = or_else("batch", std::size_t{4}, 1),
                          .epochs    = or_else("epochs", std::size_t{3}, 1),
                          .keep_best = !args.has("keep-last"),
                          .seed      = args.seed()};
    context           c{threads(args.threads())};
    const auto        places = lora_places(m);
    auto              set    = say.need(lora_set<float>::make(places, {.targets = listed(args.text("targets")),
                                                                       .params = {.rank = rank, .alpha = alpha, .seed = args.seed()},
                                                                       .dropout = args.number<double>("dropout"),
                                                                       .dora    = args.has("dora")}));
    say.need(begin_dora(m, set, c));
    const auto sides = split(all, args.number<double>("hold-out"), args.seed(), say);
    const auto train = chosen(all.texts, sides.train), held_out = chosen(all.texts, sides.held_out);
    args.require(!train.empty(), "there is nothing to learn from");
    args.require(!held_out.empty() || args.has("keep-last"),
                 "too few examples to hold one out and choose the best state by it: --keep-last keeps the last");
    std::size_t tokens = 0, learned = 0;
    for (const tuning_text& t : train) tokens += t.ids.size(), learned += t.labelled();
    const std::size_t steps = ((train.size() - 1) / how.batch + 1) * how.epochs;
    how.rate.warmup         = steps / 20;
    if (args.json())
        print_line({{"event", "plan"},
                    {"parameters", set.parameters()},
                    {"examples", train.size()},
                    {"held_out", held_out.size()},
                    {"tokens", tokens},
                    {"learned", learned},
                    {"steps", steps},
                    {"adapter_bytes", 4 * set.parameters()}});
    else
        std::printf("%zu numbers beside %zu layers (%.1f MB), %zu examples of %zu tokens (%zu learned), %zu held out, "
                    "%zu steps\n",
                    set.parameters(), set.entries.size(), 4e-6 * static_cast<double>(set.parameters()), train.size(),
                    tokens, learned, held_out.size(), steps);
    std::fflush(stdout);

    teller tell{args};
    tell.all              = steps;
    const auto hear       = [&](const auto& e) { tell(e); };
    c.listener            = listen_to<tuning_step, tuning_look>(hear);
    auto              run = say.need(lora_run<llama<float>>::make(m, std::move(set), train, held_out, how, c));
    const posix_files fs;
    const std::string keep = args.text("checkpoint");
    if (!keep.empty() && std::filesystem::exists(keep)) {
        const auto  file = say.need(read_file(fs, keep));
        byte_reader from(file.all(), keep);
        say.need(run.restore(from));
        say.note("goes on behind step " + std::to_string(run.steps()) + " of " + keep);
    }
    const auto save = [&] {
        if (keep.empty()) return;
        byte_writer to;
        run.save(to);
        const std::span<const std::byte> pieces[] = {to.bytes()};
        say.need(replace_file(fs, keep, pieces));
    };
    const std::size_t each = args.number_in<std::size_t>("save-each", 1);
    while (say.need(run.next(c)))
        if (run.steps() % each == 0) save();
    save();
    const auto fitted = std::move(run).finish();
    say.need(save_peft_lora(fs, args.text("out"), m, fitted.updates, args.text("base")));
    save_lineage(say, args.text("out"), chosen(all.records, sides.train), chosen(all.records, sides.held_out));
    const auto or_null = [](double x) { return x < 0 ? std::numeric_limits<double>::quiet_NaN() : x; };
    if (args.json()) {
        print_line({{"event", "saved"}, {"folder", args.text("out")}});
        print_line({{"event", "end"},
                    {"step", fitted.step},
                    {"steps", fitted.steps},
                    {"base", or_null(fitted.base_loss)},
                    {"loss", or_null(fitted.loss)},
                    {"train_loss", fitted.train_loss}});
    } else if (fitted.loss < 0) std::printf("kept step %zu: nothing was held out\n", fitted.step);
    else
        std::printf("kept %s: held-out loss %.4f, base %.4f\n",
                    fitted.step == 0 ? "the untouched base" : ("step " + std::to_string(fitted.step)).c_str(),
                    fitted.loss, fitted.base_loss);
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace

int tune_language_model(const arguments& args, const console& say) {
    args.require(args.has("base") && args.has("data") && args.has("out"), "name --base, --data and --out");
    args.require(args.words().empty(), "there is a word too many");
    const double hold_out = args.number<double>("hold-out");
    args.require(hold_out >= 0 && hold_out < 1, "--hold-out takes a number from 0 to below 1");
    args.require(lora_dropout{args.number<double>("dropout")}.valid(), "--dropout takes a number from 0 to below 1");
    const auto how = args.choice("weights", {"f32", "bf16", "i8", "blocks"});
    args.require(how == "f32" || how == "blocks", "--weights f32 or blocks with --task lm");
    const bool in_nf4 = args.choice("method", {"lora", "qlora"}) == "qlora";
    args.require(!in_nf4 || !args.has("weights"), "--method qlora holds the weights in NF4: no --weights beside it");
    const auto      path = model_path(args, say, "base");
    std::error_code no_room; // said before the work, not behind it
    std::filesystem::create_directories(args.text("out"), no_room);
    if (!std::filesystem::is_directory(args.text("out"), no_room)) {
        say.report({fault::not_a_folder, unit::none, 0, args.text("out")});
        return exit_failed;
    }
    context     c{threads(args.threads())};
    const auto  as      = in_nf4 ? weights_as::nf4 : weights_said(how);
    const auto  model   = say.need(load_decoder(posix_files{}, path, {.weights = {.as = as}}, c));
    std::size_t refused = 0;
    const auto  texts   = read_texts(args, model, say, refused);
    if (texts.texts.empty()) {
        say.report({fault::no_input, unit::none, 0, args.text("data")});
        return exit_failed;
    }
    if (const auto* m = model.model().get_if<llama<float>>()) return tune_model(args, say, *m, texts, refused);
    say.report({fault::unsupported, unit::none, 0, path + ": updates beside this architecture"});
    return exit_failed;
}

} // namespace tool
