// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.hpp"
#include "console.hpp"
#include "json_line.hpp"

#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/store/file.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/fit_lora.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
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

/// Shows each step and each look of a run.
struct step_teller {
    const arguments& args;
    std::size_t      all;    ///< steps of the run
    bool             tokens; ///< the loss is of tokens: their perplexity and speed are shown
    stopwatch        clock = {};
    double           spent = 0;          // ms
    std::size_t      read = 0, done = 0; // tokens and steps of this program

    void operator()(const graft::tuning_step& s) {
        spent += clock.lap(), read += s.tokens, ++done;
        if (args.json()) {
            json line{{"event", "step"}, {"step", s.step}, {"loss", s.loss}, {"norm", s.norm}, {"rate", s.rate}};
            if (args.timing()) line["tokens_per_second"] = 1e3 * static_cast<double>(read) / spent;
            return print_line(line);
        }
        std::printf("step %zu of %zu: loss %.4f, gradient %.3f", s.step, all, s.loss, s.norm);
        if (args.timing())
            std::printf(", %.0f tokens/s, %.0f s left", 1e3 * static_cast<double>(read) / spent,
                        spent / 1e3 / static_cast<double>(done) * static_cast<double>(all - s.step));
        std::printf("\n");
        std::fflush(stdout);
    }
    void operator()(const graft::tuning_look& l) {
        clock.lap();
        if (args.json()) return print_line({{"event", "eval"}, {"step", l.step}, {"loss", l.loss}, {"best", l.best}});
        std::printf("step %zu: held-out loss %.4f", l.step, l.loss);
        if (tokens) std::printf(", perplexity %.2f", std::exp(l.loss));
        std::printf("%s\n", l.best ? " *" : "");
        std::fflush(stdout);
    }
};

/// Makes a run with `make(context)` and takes it to its end, from `--checkpoint` on where that is there, and keeps its state there.
template <class Make>
[[nodiscard]] auto run_to_its_end(const arguments& args, const console& say, step_teller tell, const Make& make) {
    graft::context c{graft::threads(args.threads())};
    const auto     hear          = [&](const auto& e) { tell(e); };
    c.listener                   = graft::listen_to<graft::tuning_step, graft::tuning_look>(hear);
    auto                     run = say.need(make(c));
    const graft::posix_files fs;
    const std::string        keep = args.text("checkpoint");
    if (!keep.empty() && std::filesystem::exists(keep)) {
        const auto         file = say.need(graft::read_file(fs, keep));
        graft::byte_reader from(file.all(), keep);
        say.need(run.restore(from));
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
    return std::move(run).finish();
}

/// Says what a run kept, and, where it was saved, in which folder. Updates change nothing at step 0; virtual tokens are then those of a text.
template <class Fitted>
void tell_end(const arguments& args, const Fitted& fitted, bool saved = true) {
    const auto or_null = [](double x) { return x < 0 ? std::numeric_limits<double>::quiet_NaN() : x; };
    if (args.json()) {
        if (saved) print_line({{"event", "saved"}, {"folder", args.text("out")}});
        print_line({{"event", "end"},
                    {"step", fitted.step},
                    {"steps", fitted.steps},
                    {"base", or_null(fitted.base_loss)},
                    {"loss", or_null(fitted.loss)},
                    {"train_loss", fitted.train_loss}});
    } else if (fitted.base_loss < 0) std::printf("kept step %zu: nothing was held out\n", fitted.step);
    else {
        constexpr bool virtual_tokens = requires { fitted.updates.tokens(); };
        std::string    what           = "step " + std::to_string(fitted.step);
        if (fitted.step == 0) what = virtual_tokens && saved ? "the tokens as they began" : "the untouched base";
        std::printf("kept %s: held-out loss %.4f, base %.4f\n", what.c_str(), fitted.loss, fitted.base_loss);
    }
}

} // namespace tool
