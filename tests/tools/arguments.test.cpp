// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A command line is understood, or the program ends with 2 and one line that says what was wrong. Each in a process of its own.

#include "../../examples/support/console.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <new>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace tool;

namespace {

struct ended {
    int         code = -1;
    std::string said; // on stderr
};

/// Runs a body in a child with these arguments; its stdout goes to `out`.
ended run(std::vector<std::string> words, const std::function<int(const arguments&)>& body = {},
          const char* out = "/dev/null") {
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    std::fflush(nullptr);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        dup2(pipe_ends[1], 2);
        close(pipe_ends[0]), close(pipe_ends[1]);
        if (out == nullptr) close(1);
        else dup2(open(out, O_WRONLY | O_CREAT, 0600), 1);
        words.insert(words.begin(), "tool");
        std::vector<char*> argv;
        for (auto& w : words) argv.push_back(w.data());
        const arguments args(static_cast<int>(argv.size()), argv.data(), "tool", "", "",
                             {{"size", "N", "3", ""}, {"rate", "X", ".5", ""}, {"fast", "", "", ""}}, "notes\n");
        _exit(guarded(args, [&] { return body ? body(args) : 0; }));
    }
    close(pipe_ends[1]);
    ended it;
    char  room[4096];
    for (ssize_t n; (n = read(pipe_ends[0], room, sizeof room)) > 0;) it.said.append(room, static_cast<std::size_t>(n));
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) it.code = WEXITSTATUS(status);
    return it;
}

int prints(const arguments&) {
    std::printf("a result\n");
    return 0;
}

} // namespace

TEST_CASE("flags, values and words") {
    const auto good =
        run({"a", "--size=7", "--fast", "-", "--rate", "-1", "--", "-k", "--json"}, [](const arguments& args) {
            const bool all = args.words() == std::vector<std::string>{"a", "-", "-k", "--json"} && args.has("fast") &&
                             args.number<int>("size") == 7 && args.number<double>("rate") == -1 && !args.json();
            return all ? 0 : 9;
        });
    CHECK(good.code == 0);
    CHECK(good.said.empty());
}

TEST_CASE("what is wrong is named") {
    const auto wrong = [](std::vector<std::string> words, const std::string& part) {
        const ended it = run(std::move(words), [](const arguments& args) {
            (void)args.number_in<std::size_t>("size", 1);
            (void)args.number_in<double>("rate", 0, 1);
            return 0;
        });
        CHECK(it.code == exit_usage);
        CHECK_MESSAGE(it.said.find(part) != it.said.npos, it.said);
    };
    wrong({"-h"}, "-h");
    wrong({"-k", "3"}, "-k");
    wrong({"--nope"}, "--nope");
    wrong({"--size"}, "--size needs a value");
    wrong({"--fast=1"}, "--fast takes no value");
    wrong({"--fast=true"}, "--fast takes no value"); // CLI11 alone would take these
    wrong({"--fast="}, "--fast takes no value");
    wrong({"--size="}, "--size takes a number, not \"\"");
    wrong({"--size", "010x"}, "--size takes a number, not \"010x\"");
    wrong({"--size", "0x10"}, "--size");
    wrong({"--size", "99999999999999999999"}, "--size takes a number, not \"99999999999999999999\"");
    wrong({"--size", "-1"}, "--size");
    wrong({"--size", "--fast"}, "--size takes a number, not \"--fast\"");
    wrong({"--fast", "--fast"}, "--fast is given twice");
    wrong({"-1"}, "unknown flag -1");
    wrong({"-\xC3\xA4"}, "unknown flag -\xC3\xA4");
    wrong({"---x"}, "unknown flag ---x");
    wrong({"a", "--nope=3", "--fast"}, "unknown flag --nope; behind -- it would be a word");
    wrong({"--size", "1", "--size", "1"}, "--size is given twice");
    wrong({"--size", "0"}, "--size takes a number of at least 1, not 0");
    wrong({"--size", "1x"}, "--size");
    wrong({"--rate", "nan"}, "--rate takes a number from 0 to 1, not nan");
    wrong({"--rate", "1.5"}, "--rate");
    wrong({"--seed", "x"}, "--seed");
    wrong({"--threads", "1025"}, "--threads");
    wrong({"--kernel", "x"}, "--kernel");
    wrong({"--\x1B[2J"}, "-- [2J");
}

TEST_CASE("a word stays as it was written, and so does a value") {
    const auto it =
        run({"[a,b]", "%%", "++", "", "/x:1", "--rate=[1,2]", "--", "--", "--size=1", "-"}, [](const arguments& args) {
            const bool words =
                args.words() == std::vector<std::string>{"[a,b]", "%%", "++", "", "/x:1", "--", "--size=1", "-"};
            return words && args.text("rate") == "[1,2]" && !args.has("size") && args.text("size") == "3" ? 0 : 9;
        });
    CHECK(it.code == 0);
    // An empty value is one, and does not swallow the word behind it.
    CHECK(run({"--rate=", "a"}, [](const arguments& args) {
              return args.has("rate") && args.text("rate").empty() && args.words() == std::vector<std::string>{"a"} ? 0
                                                                                                                    : 9;
          }).code == 0);
}

TEST_CASE("the help names every flag, what stands for its value, and the default") {
    const auto folder = std::filesystem::temp_directory_path() / ("graft-help-" + std::to_string(getpid()));
    CHECK(run({"--help"}, {}, folder.c_str()).code == 0);
    std::ifstream     in(folder);
    const std::string help((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::filesystem::remove(folder);
    for (const char* line : {"\n  --size N (3) ", "\n  --rate X (.5) ", "\n  --fast ",
                             "\n  --kernel best|portable|scalar (best) ", "\n  --help "})
        CHECK_MESSAGE(help.find(line) != help.npos, help);
    CHECK(help.ends_with("notes\n"));
}

TEST_CASE("with --json an error of usage is JSON, wherever it stands") {
    CHECK(run({"--nope", "--json"})
              .said.starts_with(R"({"error":{"fault":"bad_argument","file":"","unit":"","where":0,"what":)"));
    CHECK(run({"--nope", "--", "--json"}).said.starts_with("tool: "));
}

TEST_CASE("results that get lost are an error") {
    CHECK(run({}, prints).code == exit_done);
    CHECK(run({}, prints, nullptr).code == exit_failed);
    CHECK(run({"--help"}, {}, nullptr).code == exit_failed);
    if (access("/dev/full", W_OK) != 0) return;
    CHECK(run({}, prints, "/dev/full").said == "tool: stdout: a write did not succeed\n");
    CHECK(run({"--version"}, {}, "/dev/full").code == exit_failed);
}

TEST_CASE("memory that is not there is an error like any other") {
    const auto it = run({"--json"}, [](const arguments&) -> int { throw std::bad_alloc(); });
    CHECK(it.code == exit_failed);
    CHECK(it.said.find("\"too_large\"") != it.said.npos);
}
