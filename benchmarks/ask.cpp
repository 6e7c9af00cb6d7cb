// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// The main job on 236 files of Markdown (rust-book and OWASP): cold index, reopen, 1,000 distinct questions. One thread.
// needs: nlohmann-json3-dev

#include "support/collections.hpp"
#include "support/table.hpp"

#include <graft/knowledge/knowledge_base.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace graft;
namespace fs = std::filesystem;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Runs f in a process of its own: its wall time and peak memory.
template <class F>
std::pair<double, double> alone(F&& f) {
    std::fflush(nullptr);
    const auto  start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        f();
        _exit(0);
    }
    int    status = 0;
    rusage used{};
    wait4(child, &status, 0, &used);
    if (status != 0) std::fprintf(stderr, "the child failed\n"), std::exit(1);
    return {seconds_since(start), static_cast<double>(used.ru_maxrss) / 1024};
}

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
    bench::report  t("ask", argc, argv);
    const fs::path room = fs::temp_directory_path() / "graft-bench-ask";
    fs::remove_all(room);
    fs::create_directories(room / "docs");
    for (const char* part : {"rust-book", "owasp"})
        fs::copy(bench::shared(std::string("data/documents/") + part), room / "docs" / part,
                 fs::copy_options::recursive);
    const std::string docs = room / "docs", index = room / "index";

    std::vector<double> cold, memory;
    for (int run = 0; run < 5; ++run) {
        fs::remove_all(index);
        const auto [wall, peak] = alone([&] { (void)knowledge_base<>::open(index, {.folder = docs}).value(); });
        cold.push_back(wall), memory.push_back(peak);
    }
    t.add("cold index, saved to disk", "s", median(cold), 3, "bar", bench::better::lower);
    t.add("cold index, peak memory", "MiB", median(memory), 200, "bar", bench::better::lower);

    std::vector<double> reopen;
    for (int run = 0; run < 15; ++run)
        reopen.push_back(1000 * alone([&] {
                                    // Every checksum, and every file's size and time.
                                    auto kb = knowledge_base<>::open(index, {.refresh = false}).value();
                                    if (kb.refresh().value().any()) _exit(1);
                                    context w;
                                    if (!kb.ask("What is ownership?", w).value().answerable) _exit(1);
                                }).first);
    t.add("reopen to first answer, warm page cache, median of 15", "ms", median(reopen), 40, "bar",
          bench::better::lower);
    t.add("reopen to first answer, quietest", "ms", *std::min_element(reopen.begin(), reopen.end()), 40, "bar",
          bench::better::lower);

    const auto            kb = knowledge_base<>::open(index).value();
    std::set<std::string> distinct; // questions from the headings, each under its document's title
    for (const chunk& c : kb.chunks().all()) {
        const auto path = kb.chunks().section(c.id);
        if (!path.empty())
            distinct.insert("How does " + std::string(path.back()) + " work in " + std::string(path.front()) + "?");
    }
    std::vector<std::string> questions(distinct.begin(), distinct.end());
    counter_random(1).shuffle(std::span(questions));
    questions.resize(std::min<std::size_t>(1000, questions.size()));
    context             w;
    std::vector<double> each;
    std::size_t         answered = 0;
    for (int round = 0; round < 2; ++round) { // the first warms the context
        each.clear();
        for (const auto& q : questions) {
            w.reset();
            const auto start = std::chrono::steady_clock::now();
            const auto a     = kb.ask(q, w).value();
            each.push_back(1000 * seconds_since(start));
            answered += a.answerable;
        }
    }
    std::sort(each.begin(), each.end());
    t.add("1,000 distinct questions, shuffled: p50", "ms", each[each.size() / 2], 1, "bar", bench::better::lower);
    t.add("1,000 distinct questions, shuffled: p99", "ms", each[each.size() * 99 / 100], 3, "bar",
          bench::better::lower);
    t.add("of them answered", "share", static_cast<double>(answered) / 2 / static_cast<double>(questions.size()));
    t.add("questions", "count", static_cast<double>(questions.size()));
    t.add("chunks", "count", static_cast<double>(kb.chunks().size()));
    fs::remove_all(room);
    return t.finish();
}
