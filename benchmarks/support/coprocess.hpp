// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

/// A program that answers a line for a line: the peers that come as wheels of Python live in one, so that their slices are
/// taken in turns with ours.
class coprocess {
    pid_t      pid_ = -1;
    std::FILE *to_ = nullptr, *from_ = nullptr;

public:
    /// Runs `command` with some variables of the environment set.
    coprocess(const std::vector<std::string>& command, const std::vector<std::pair<std::string, std::string>>& with) {
        int there[2], back[2];
        if (pipe2(there, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0) return; // no other child keeps them open
        signal(SIGPIPE, SIG_IGN); // NOLINT: it has gone, and that shows in the next answer
        pid_ = fork();
        if (pid_ == 0) {
            dup2(there[0], 0), dup2(back[1], 1);
            for (const auto& [name, value] : with) setenv(name.c_str(), value.c_str(), 1);
            std::vector<char*> words;
            for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
            words.push_back(nullptr);
            execv(words[0], words.data());
            _exit(127);
        }
        close(there[0]), close(back[1]);
        to_ = fdopen(there[1], "w"), from_ = fdopen(back[0], "r");
    }
    coprocess(const coprocess&)            = delete;
    coprocess& operator=(const coprocess&) = delete;
    ~coprocess() {
        if (to_ != nullptr) std::fclose(to_);
        if (from_ != nullptr) std::fclose(from_);
        if (pid_ > 0) waitpid(pid_, nullptr, 0);
    }

    /// The line that it says next; nothing where it has gone.
    [[nodiscard]] std::optional<std::string> hear() {
        std::string line;
        for (int c = 0; from_ != nullptr && (c = std::fgetc(from_)) != EOF; line.push_back(static_cast<char>(c)))
            if (c == '\n') return line;
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> ask(const std::string& question) {
        if (to_ == nullptr || std::fputs((question + '\n').c_str(), to_) < 0 || std::fflush(to_) != 0)
            return std::nullopt;
        return hear();
    }
};

} // namespace bench
