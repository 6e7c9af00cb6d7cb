// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 22: resume after a kill.
//
// A run writes what it needs to go on into one file: the updates, AdamW's moments, the step, the best state so far, and hashes of the texts and
// the parameters. The file is replaced as a whole, so a kill at any moment leaves the last one. Here a run is killed, really, by the
// system; another goes on behind it, on another number of threads, and ends with the very bits of a run that nobody disturbed.
// needs: nlohmann-json3-dev
// model: minilm

#include <graft/base/pool.hpp>
#include <graft/base/sha256.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/models/bert_lora.hpp>
#include <graft/store/file.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/fit_encoder_lora.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

// What people ask a desk, and what answers it.
constexpr const char* pairs[][2] = {
    {"My screen is black.", "Form 7: displays"},     {"I lost my badge.", "Form 2: access cards"},
    {"The chair squeaks.", "Form 4: furniture"},     {"I need a day off.", "Form 1: leave"},
    {"The printer eats paper.", "Form 8: machines"}, {"My pay is wrong.", "Form 3: salaries"},
    {"It is freezing in here.", "Form 5: heating"},  {"I forgot my password.", "Form 6: accounts"}};
constexpr const char* file = "run.state";

} // namespace

int main() {
    const graft::posix_files fs;
    graft::context           c;
    const auto               read = graft::load_sentence_encoder(fs, "build/models/minilm", c);
    if (!read) {
        std::fprintf(stderr, "%s\nexamples/models.sh minilm brings it\n", describe(read.error()).c_str());
        return 1;
    }
    graft::encoder_task task{
        .model = &read->model(), .pooled = {read->pooled().begin(), read->pooled().end()}, .texts = {}};
    std::vector<graft::encoder_pair> train;
    for (const auto& [asked, form] : pairs) {
        const auto at = static_cast<std::uint32_t>(task.texts.size());
        task.texts.push_back(read->token_ids({{}, asked}, true, 0, c).value());
        task.texts.push_back(read->token_ids({{}, form}, false, 0, c).value());
        train.push_back({at, at + 1});
    }
    task.make_ready(train);
    const auto start =
        graft::lora_set<float>::make(graft::lora_places(*task.model), {.params = {.rank = 4, .alpha = 8}}).value();
    const graft::fit_lora_params how{.optimiser = {.rate = 1e-3, .decay = 0}, .batch = 4, .epochs = 6};

    const auto begin = [&](graft::context& in) {
        return graft::encoder_lora_run::make(task, start, train, {}, how, in).value();
    };
    const auto save = [&](const graft::encoder_lora_run& run) {
        graft::byte_writer to;
        run.save(to);
        const std::span<const std::byte> pieces[] = {to.bytes()};
        graft::replace_file(fs, file, pieces).value();
        return to.bytes().size();
    };
    /// The rest of a run, and a hash of every number that it gives.
    const auto finished = [&](graft::encoder_lora_run run, graft::context& in) {
        while (run.next(in).value()) {}
        const auto fitted = std::move(run).finish();
        std::printf("%zu steps, loss %.4f: ", fitted.steps, fitted.curve.back().loss);
        return graft::lora_hash(fitted.updates);
    };

    // A process of its own: it saves behind each step, and is killed while it is at its sixth.
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        auto run = begin(c);
        for (int step = 1; step <= 5; ++step) {
            if (!run.next(c).value()) std::_Exit(1);
            if (step < 5) save(run); // the fifth is lost
        }
        (void)raise(SIGKILL); // no destructor runs, no buffer is written
    }
    int how_it_ended = 0;
    waitpid(child, &how_it_ended, 0);
    std::printf("the first run was killed: %s\n", WIFSIGNALED(how_it_ended) ? "yes" : "no");

    // Whoever comes next makes the same run, and lets it go back to where the file is; on two threads this time.
    const graft::pool  workers(2);
    graft::context     two{workers};
    auto               second = begin(two);
    const auto         kept   = graft::read_file(fs, file).value();
    graft::byte_reader from(kept.all(), file);
    second.restore(from).value();
    std::printf("the second goes on behind step %zu of %zu, from %zu bytes\n\n", second.steps(), second.all_steps(),
                kept.size());
    const auto resumed = finished(std::move(second), two);
    std::printf("killed and resumed\n");
    const auto whole = finished(begin(c), c);
    std::printf("never disturbed\nevery bit is the same: %s\n\n", resumed == whole ? "yes" : "no");

    // Another run's file is no way on: here the rate is another. Nor is a file of which the end is missing.
    auto other               = how;
    other.optimiser.rate     = 2e-3;
    auto               wrong = graft::encoder_lora_run::make(task, start, train, {}, other, c).value();
    graft::byte_reader again(kept.all(), file);
    std::printf("with another rate: %s\n", describe(wrong.restore(again).error()).c_str());
    auto               cut = begin(c);
    graft::byte_reader half(kept.all().first(kept.size() / 2), file);
    std::printf("half of the file: %s\n", describe(cut.restore(half).error()).c_str());
    (void)std::remove(file);
}
