// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.hpp"
#include "printable.hpp"

#include <graft/base/result.hpp>
#include <graft/load/formats.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace tool {

/// Messages, always on stderr: an error is one line, with --json one object.
class console {
    const arguments* args_;

public:
    explicit console(const arguments& args) : args_(&args) {}

    void report(const graft::error& e) const {
        if (e.what != graft::fault::not_read) return args_->report(e);
        auto of  = e; // its number is a format's: `not read: PDF`
        of.where = 0;
        args_->report(of, (e.subject.empty() ? "" : e.subject + ": ") +
                              "not read: " + std::string(name(graft::file_format_of(e))));
    }
    /// The same with a sentence in place of the fault's own.
    void report(const graft::error& e, const std::string& sentence) const { args_->report(e, sentence); }
    void note(const std::string& sentence) const {
        if (!args_->quiet()) std::fprintf(stderr, "%s\n", printable(sentence).c_str());
    }
    [[noreturn]] void fail(const graft::error& e) const {
        report(e);
        std::exit(exit_failed);
    }
    /// Ends the program unless a file can stand there: asked before the work that it is to hold.
    void need_place(const std::string& file) const {
        std::error_code ignored;
        const auto      folder = std::filesystem::path(file).parent_path();
        if (std::filesystem::is_directory(file, ignored)) fail({graft::fault::not_a_file, graft::unit::none, 0, file});
        if (!folder.empty() && !std::filesystem::is_directory(folder, ignored))
            fail({graft::fault::not_found, graft::unit::none, 0, folder.string()});
    }
    /// The value, or the end of the program.
    template <class T>
    [[nodiscard]] T need(graft::result<T> r) const {
        if (!r) fail(r.error());
        return std::move(*r);
    }
    void need(graft::result<void> r) const {
        if (!r) fail(r.error());
    }
};

/// A progress bar on a terminal, after a third of a second and at most ten times a second; nothing elsewhere.
class progress_bar {
    using clock = std::chrono::steady_clock;
    std::string       what_;
    bool              shown_ = false, wanted_;
    clock::time_point last_  = clock::now() + std::chrono::milliseconds(233);

public:
    progress_bar(const arguments& args, std::string what)
        : what_(std::move(what)), wanted_(!args.quiet() && isatty(fileno(stderr)) != 0) {}
    progress_bar(const progress_bar&) = delete;
    ~progress_bar() {
        if (shown_) std::fprintf(stderr, "\r\033[K");
    }
    void operator()(std::size_t done, std::size_t total) {
        if (!wanted_ || clock::now() - last_ < std::chrono::milliseconds(100)) return;
        last_                       = clock::now();
        shown_                      = true;
        constexpr std::size_t width = 30;
        const std::size_t     full  = total > 0 ? width * done / total : 0;
        std::fprintf(stderr, "\r%s [%s%s] %zu / %zu\033[K", what_.c_str(), std::string(full, '#').c_str(),
                     std::string(width - full, ' ').c_str(), done, total);
    }
};

/// Milliseconds since it was made or last read.
class stopwatch {
    std::chrono::steady_clock::time_point from_ = std::chrono::steady_clock::now();

public:
    double lap() {
        const auto   now = std::chrono::steady_clock::now();
        const double ms  = std::chrono::duration<double, std::milli>(now - from_).count();
        from_            = now;
        return ms;
    }
};

} // namespace tool
