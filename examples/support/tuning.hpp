// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.hpp"
#include "console.hpp"
#include "json_line.hpp"
#include "process_memory.hpp"

#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/store/file.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/dpo_trainer.hpp>
#include <graft/tune/fit_lora.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

// What the tasks of `tune` share that run steps.
namespace tool {

/// A flag's number, or another where it is not given.
template <class T>
[[nodiscard]] T or_else(const arguments& args, const char* flag, T otherwise, std::type_identity_t<T> low) {
    return args.has(flag) ? args.number_in<T>(flag, low) : otherwise;
}

/// Names with a comma between.
[[nodiscard]] inline std::vector<std::string> listed(const std::string& text) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        if (end > at) all.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

/// The share that judges.
[[nodiscard]] inline double asked_hold_out(const arguments& args) {
    const double share = args.number<double>("hold-out");
    args.require(share >= 0 && share < 1, "--hold-out takes a number from 0 to below 1");
    return share;
}

/// How a task learns where no flag says otherwise.
struct learning_defaults {
    double      rate;
    std::size_t batch, least_batch, together;
};
/// How a run learns, as its flags say; its warm-up depends on how many steps that are.
[[nodiscard]] inline graft::fit_lora_params asked_params(const arguments& args, const learning_defaults& otherwise) {
    return {.optimiser = {.rate = or_else(args, "lr", otherwise.rate, 0), .decay = or_else(args, "decay", 0., 0)},
            .rate      = {.shape = graft::rate_shape::linear, .warmup = 0},
            .batch     = or_else(args, "batch", otherwise.batch, otherwise.least_batch),
            .epochs    = or_else<std::size_t>(args, "epochs", 3, 1),
            .together  = otherwise.together,
            .keep_best = !args.has("keep-last"),
            .seed      = args.seed(),
            .checkpoint_activations = args.has("checkpoint-activations")};
}
/// The updates that flags ask for, where those of all layers are meant if none is named.
[[nodiscard]] inline graft::lora_plan asked_plan(const arguments& args, std::size_t rank) {
    rank = or_else(args, "rank", rank, 1);
    return {.targets = args.has("targets") ? listed(args.text("targets")) : std::vector<std::string>{},
            .params  = {
                 .rank = rank, .alpha = or_else(args, "alpha", 2. * static_cast<double>(rank), 0), .seed = args.seed()}};
}

/// Ends the program unless the folder of `--out` is there or can be made: asked before the work, which makes it when it has something to write.
inline void need_folder_place(const arguments& args, const console& say) {
    std::error_code       ignored;
    std::filesystem::path at = args.text("out");
    while (!at.empty() && !std::filesystem::exists(at, ignored)) at = at.parent_path();
    if (at.empty()) at = ".";
    if (!std::filesystem::is_directory(at, ignored) || ::access(at.c_str(), W_OK) != 0)
        say.fail({graft::fault::not_a_folder, graft::unit::none, 0, args.text("out")});
}
/// Makes the folder of `--out` and lets `write` write into it; where that cannot be, the program ends, and no empty folder stays.
template <class Write>
void write_folder(const arguments& args, const console& say, const Write& write) {
    const std::string out = args.text("out");
    std::error_code   ignored;
    const bool        made = std::filesystem::create_directories(out, ignored);
    if (!std::filesystem::is_directory(out, ignored)) say.fail({graft::fault::not_a_folder, graft::unit::none, 0, out});
    const graft::result<void> ok = write();
    if (ok) return;
    if (made) std::filesystem::remove(out, ignored); // which leaves one that holds anything
    say.fail(ok.error());
}

/// Writes a file as a whole.
inline void write_text(const console& say, const std::string& file, const std::string& text) {
    const std::span<const std::byte> pieces[] = {std::as_bytes(std::span(text.data(), text.size()))};
    say.need(graft::replace_file(graft::posix_files{}, file, pieces));
}

/// What a report of preferences says, behind a loss.
[[nodiscard]] inline std::string shown(const graft::preference_report& r) {
    char room[128];
    std::snprintf(room, sizeof room, ", margin %.4f, accuracy %.3f, chosen %.2f, rejected %.2f", r.margin, r.accuracy,
                  r.said.chosen, r.said.rejected);
    return room;
}
inline void add_report(json& line, const graft::preference_report& r) {
    line["margin"] = r.margin, line["accuracy"] = r.accuracy;
    line["chosen"] = r.said.chosen, line["rejected"] = r.said.rejected;
}

/// Shows each step and each look of a run.
struct step_teller {
    const arguments&                        args;
    std::size_t                             all;    ///< steps of the run
    bool                                    tokens; ///< the loss is of tokens: their perplexity and speed are shown
    stopwatch                               clock = {};
    double                                  spent = 0;          // ms
    std::size_t                             read = 0, done = 0; // tokens and steps of this program
    std::optional<graft::preference_report> prefers = {};       // of the step or look that comes

    void operator()(const graft::preference_report& r) { prefers = r; }
    void operator()(const graft::tuning_step& s) {
        spent += clock.lap(), read += s.tokens, ++done;
        if (args.json()) {
            json line{{"event", "step"}, {"step", s.step}, {"loss", s.loss}, {"norm", s.norm}, {"rate", s.rate}};
            if (prefers) add_report(line, *prefers);
            if (args.timing()) line["tokens_per_second"] = 1e3 * static_cast<double>(read) / spent;
            return print_line(line);
        }
        std::printf("step %zu of %zu: loss %.4f%s, gradient %.3f", s.step, all, s.loss,
                    prefers ? shown(*prefers).c_str() : "", s.norm);
        if (args.timing())
            std::printf(", %.0f tokens/s, %.0f s left", 1e3 * static_cast<double>(read) / spent,
                        spent / 1e3 / static_cast<double>(done) * static_cast<double>(all - s.step));
        std::printf("\n");
        std::fflush(stdout);
    }
    void operator()(const graft::tuning_look& l) {
        clock.lap();
        if (args.json()) {
            json line{{"event", "eval"}, {"step", l.step}, {"loss", l.loss}, {"best", l.best}};
            if (prefers) add_report(line, *prefers);
            return print_line(line);
        }
        std::printf("step %zu: held-out loss %.4f%s", l.step, l.loss, prefers ? shown(*prefers).c_str() : "");
        if (tokens) std::printf(", perplexity %.2f", std::exp(l.loss));
        std::printf("%s\n", l.best ? " *" : "");
        std::fflush(stdout);
    }
};

/// What a run took.
struct run_cost {
    double      seconds    = 0;
    std::size_t pass_bytes = 0;    ///< that its context held at most
    std::size_t process    = 0;    ///< bytes of the process at most; 0: unknown
    bool        whole      = true; ///< it did not go on from a checkpoint
};

/// Makes a run with `make(context)` and takes it to its end, from `--checkpoint` on where that is there, and keeps its state there.
template <class Make>
[[nodiscard]] auto run_to_its_end(const arguments& args, const console& say, step_teller tell, const Make& make,
                                  run_cost* cost = nullptr) {
    stopwatch      clock;
    graft::context c{graft::threads(args.threads())};
    const auto     hear = [&](const auto& e) { tell(e); };
    c.listener          = graft::listen_to<graft::tuning_step, graft::tuning_look, graft::preference_report>(hear);
    auto                     run = say.need(make(c));
    const graft::posix_files fs;
    const std::string        keep = args.text("checkpoint");
    std::error_code          ignored;
    if (!keep.empty() && std::filesystem::exists(keep, ignored)) {
        const auto         file = say.need(graft::read_file(fs, keep));
        graft::byte_reader from(file.all(), keep);
        say.need(run.restore(from));
        if (cost != nullptr) cost->whole = false;
        say.note("goes on behind step " + std::to_string(run.steps()) + " of " + keep);
    }
    const auto save = [&] {
        if (keep.empty()) return;
        graft::byte_writer to;
        run.save(to);
        const std::span<const std::byte> pieces[] = {to.bytes()};
        say.need(graft::replace_file(fs, keep, pieces));
    };
    const std::size_t each = args.number_in<std::size_t>("save-each", 1);
    while (say.need(run.next(c)))
        if (run.steps() % each == 0) save();
    save();
    if (cost != nullptr)
        cost->seconds = clock.lap() / 1e3, cost->pass_bytes = c.most_held(),
        cost->process = process_memory::read().most;
    return std::move(run).finish();
}

/// What is said of a run's end beside its losses.
struct end_said {
    bool                                    saved   = true; ///< to the folder of `--out`
    std::string_view                        advice  = {};
    std::optional<graft::preference_report> prefers = {}; ///< where it learned to
};

/// Says what a run kept. Updates change nothing at step 0; virtual tokens are then those of a text.
template <class Fitted>
void tell_end(const arguments& args, const Fitted& fitted, const end_said& also = {}) {
    const auto or_null = [](double x) { return x < 0 ? std::numeric_limits<double>::quiet_NaN() : x; };
    if (args.json()) {
        if (also.saved) print_line({{"event", "saved"}, {"folder", args.text("out")}});
        json end{{"event", "end"},
                 {"step", fitted.step},
                 {"steps", fitted.steps},
                 {"base", or_null(fitted.base_loss)},
                 {"loss", or_null(fitted.loss)},
                 {"train_loss", fitted.train_loss}};
        if (also.prefers) add_report(end, *also.prefers);
        if (!also.advice.empty()) end["advice"] = also.advice;
        print_line(end);
    } else if (fitted.base_loss < 0) std::printf("kept step %zu, the last\n", fitted.step);
    else {
        constexpr bool virtual_tokens = requires { fitted.updates.tokens(); };
        std::string    what           = "step " + std::to_string(fitted.step);
        if (fitted.step == 0) what = virtual_tokens && also.saved ? "the tokens as they began" : "the untouched base";
        std::printf("kept %s: held-out loss %.4f, base %.4f%s\n", what.c_str(), fitted.loss, fitted.base_loss,
                    also.prefers ? shown(*also.prefers).c_str() : "");
    }
}

} // namespace tool
