// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A step of LoRA beside SmolLM2-135M-Instruct: 4 texts of 128 tokens, half of them learned. Peak memory is the program's, in the order of the rows: it only grows.
// Models by examples/models.sh smollm2, in build/models or $GRAFT_MODELS.

#include "support/table.hpp"
#include "support/timing.hpp"

#include <graft/base/pool.hpp>
#include <graft/base/random.hpp>
#include <graft/models/llama_gguf.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/lora_trainer.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <vector>

using namespace graft;

namespace {

double peak_mb() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    return static_cast<double>(u.ru_maxrss) / 1024;
}

} // namespace

int main(int argc, char** argv) {
    bench::report     t("tune", argc, argv);
    const char* const home = std::getenv("GRAFT_MODELS");
    const std::string file =
        std::string(home != nullptr ? home : "build/models") + "/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
    if (!std::filesystem::exists(file)) {
        std::fprintf(stderr, "tune: %s is not there; examples/models.sh smollm2 brings it\n", file.c_str());
        return t.finish();
    }
    std::vector<tuning_text> texts;
    counter_random           r(1);
    for (int i = 0; i < 4; ++i) {
        std::vector<std::uint32_t> prompt(64), answer(64);
        for (auto& id : prompt) id = static_cast<std::uint32_t>(r.below(49'152));
        for (auto& id : answer) id = static_cast<std::uint32_t>(r.below(49'152));
        texts.push_back(tuning_text::of(prompt, answer));
    }
    std::vector<const tuning_text*> some;
    for (const tuning_text& one : texts) some.push_back(&one);
    const auto gguf = load_gguf(posix_files{}, file, {.map = true}).value();
    for (const weights_as as : {weights_as::nf4, weights_as::filed, weights_as::floats})
        for (const std::size_t threads : {1u, 2u}) {
            const pool workers(threads);
            context    c;
            if (threads > 1) c.executor = workers;
            const auto m = read_llama(gguf, {.as = as}, c).value();
            for (const bool all : {false, true}) {
                const lora_plan plan = all ? lora_plan{.params = {.rank = 16, .alpha = 16}}
                                           : lora_plan{.targets = {"q_proj", "v_proj"}, .params = {.rank = 8}};
                auto            trainer =
                    lora_trainer<llama<float>>::make(m, lora_set<float>::make(lora_places(m), plan).value()).value();
                const auto        took = bench::race({.slice = .01, .slices = 5}, std::vector{bench::contend("", [&] {
                                                  (void)trainer.step(some, 512, {.rate = 1e-4}, 1, c).value();
                                              })});
                const std::string name = std::string(all ? "rank 16 on all linears" : "rank 8 on q and v") + ", " +
                                         (as == weights_as::floats ? "floats"
                                          : as == weights_as::nf4  ? "NF4"
                                                                   : "blocks of the file") +
                                         ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
                t.add("LoRA step of 4 x 128 tokens, " + name, "tokens/s", 512 / took[0].quietest);
                t.add("peak memory by then", "MB", peak_mb());
            }
        }
    return t.finish();
}
