// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "support/shared.hpp"

#include <graft/chunk/recursive.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/load/folder.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

using namespace graft;

namespace {

/// A line of /proc/self/status, in kilobytes.
std::size_t status(const std::string& key) {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(key + ":")) return std::stoul(line.substr(key.size() + 1));
    return 0;
}

} // namespace

// In a process of its own, so that the peak of memory is that of this work alone. With GRAFT_FULL the line has 1 GB.
TEST_CASE("one line of 64 MB loads and cuts within three times its memory") {
    const std::size_t megabytes = std::getenv("GRAFT_FULL") != nullptr ? 1024 : 64;
    const std::size_t size      = megabytes << 20;
    const auto        file =
        std::filesystem::temp_directory_path() / ("graft-one-line-" + std::to_string(::getpid()) + ".txt");
    for (const bool spaces : {true, false}) {
        {
            std::string part;
            while (part.size() + 64 < 1 << 20) part += spaces ? "some words, und über, and so on " : "w0rd_äö.";
            part.resize(1 << 20, 'x');
            std::ofstream out(file, std::ios::binary);
            for (std::size_t i = 0; i < megabytes; ++i) out << part;
        }
        std::fflush(nullptr);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const std::size_t before = status("VmRSS");
            int               answer = 0;
            {
                const auto docs = load_folder(file.string());
                if (!docs || (*docs)[0].text.size() != size) ::_exit(1);
                const auto store = split_documents(*docs, basic_recursive<count_bytes>{.size = 2000});
                if (!store || store->empty() || store->all().back().end != size) ::_exit(2);
                std::uint64_t next = 0;
                for (const chunk& c : store->all()) {
                    if (c.begin != next || c.end - c.begin > 2000) ::_exit(3);
                    next = c.end;
                }
            }
#if !defined(__SANITIZE_ADDRESS__)
            if (status("VmHWM") > before + 3 * size / 1024) answer = 4;
#endif
            std::printf("one line of %zu MB: peak %.2f x the input\n", megabytes,
                        static_cast<double>(status("VmHWM") - before) * 1024 / static_cast<double>(size));
            std::fflush(nullptr);
            ::_exit(answer);
        }
        int how = 0;
        REQUIRE(::waitpid(child, &how, 0) == child);
        REQUIRE(WIFEXITED(how));
        CHECK(WEXITSTATUS(how) == 0);
    }
    std::filesystem::remove(file);
}
