// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A step of LoRA beside SmolLM2-135M-Instruct held against PEFT on torch: 4 texts of 128 tokens, half of them learned.
// Each row of ours runs in a process of its own, so that its peak memory is its own. Models by examples/models.sh smollm2, in build/models or
// $GRAFT_MODELS; PEFT by benchmarks/tune/peers.sh in $GRAFT_PEERS.

// needs: nlohmann-json3-dev

#include "support/python_peers.hpp"

#include <graft/base/pool.hpp>
#include <graft/base/random.hpp>
#include <graft/models/llama_gguf.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/lora_trainer.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
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

/// What is trained beside what.
struct tuned {
    const char* name;
    weights_as  as;
    bool        all;           ///< rank 16 on all linears; else rank 8 on q and v
    bool        again = false; ///< activations are checkpointed
};
constexpr tuned kinds[] = {
    {"rank 8 on q and v, floats", weights_as::floats, false},
    {"rank 16 on all linears, floats", weights_as::floats, true},
    {"rank 8 on q and v, blocks of the file", weights_as::filed, false},
    {"rank 8 on q and v, NF4", weights_as::nf4, false},
    {"rank 8 on q and v, floats, checkpointed activations", weights_as::floats, false, true},
    {"rank 16 on all linears, floats, checkpointed activations", weights_as::floats, true, true},
};
lora_plan plan_of(const tuned& t) {
    if (t.all) return {.params = {.rank = 16, .alpha = 16}};
    return {.targets = {"q_proj", "v_proj"}, .params = {.rank = 8, .alpha = 16}};
}

struct batch {
    std::vector<tuning_text>        texts;
    std::vector<const tuning_text*> all;

    batch() {
        counter_random r(1);
        for (int i = 0; i < 4; ++i) {
            std::vector<std::uint32_t> prompt(64), answer(64);
            for (auto& id : prompt) id = static_cast<std::uint32_t>(r.below(49'152));
            for (auto& id : answer) id = static_cast<std::uint32_t>(r.below(49'152));
            texts.push_back(tuning_text::of(prompt, answer));
        }
        for (const tuning_text& one : texts) all.push_back(&one);
    }
    /// As the peer reads them.
    void save(const std::string& path) const {
        std::ofstream out(path);
        for (const tuning_text& t : texts) {
            for (std::size_t i = 0; i < t.ids.size(); ++i) out << (i == 64 ? "| " : "") << t.ids[i] << ' ';
            out << '\n';
        }
    }
};

/// Steps of ours, asked for as those of the peer are: `step N` gives seconds, `memory` MB.
int serve(const std::string& file, const tuned& kind, std::size_t threads) {
    const batch b;
    const auto  gguf = load_gguf(posix_files{}, file, {.map = true}).value();
    const pool  workers(threads);
    context     c;
    if (threads > 1) c.executor = workers;
    const auto m = read_llama(gguf, {.as = kind.as}, c).value();
    auto trainer = lora_trainer<llama<float>>::make(m, lora_set<float>::make(lora_places(m), plan_of(kind)).value(),
                                                    {.checkpoint_activations = kind.again})
                       .value();
    const auto step = [&] { (void)trainer.step(b.all, 512, {.rate = 1e-4}, 1, c).value(); };
    std::cout << "ready" << std::endl;
    for (std::string word; std::cin >> word;) {
        std::size_t n = 0;
        if (word == "step" && std::cin >> n) std::cout << bench::seconds(step, n) << std::endl;
        else std::cout << peak_mb() << std::endl;
    }
    return 0;
}

/// How far the logits of a text lie from those of PEFT with the same adapter, which graft has written as a folder: the greatest, and the greatest
/// of them. NaN: the peer is not there.
std::pair<double, double> distance(bench::python_peers& peft, const std::string& file, const batch& b) {
    context    c;
    const auto m =
        read_llama(load_gguf(posix_files{}, file, {.map = true}).value(), {.as = weights_as::floats}, c).value();
    auto           set = lora_set<float>::make(lora_places(m), plan_of(kinds[1])).value();
    counter_random r(2);
    for (auto& e : set.entries)
        for (float& x : e.update.B.flat()) x = (r.unit() - .5f) * .05f;
    const std::filesystem::path dir  = std::filesystem::temp_directory_path() / "graft_benchmark_adapter",
                                made = dir / "logits";
    std::filesystem::create_directories(dir);
    save_peft_lora(posix_files{}, dir.string(), m, set).value();
    const std::size_t          n = b.texts[0].ids.size(), vocabulary = m.config.vocabulary;
    matrix<float>              mine(n, vocabulary), theirs(n, vocabulary);
    auto                       cache  = m.make_cache();
    const auto                 beside = lora_beside(m, set).value();
    const decoder_input<float> in{b.texts[0].ids, &cache};
    m.forward({&in, 1}, logits_of::all, mine.view(), c, beside).value();
    double far = std::nan(""), size = 0;
    if (peft.ask("logits " + dir.string() + " " + made.string())) {
        std::ifstream(made, std::ios::binary)
            .read(reinterpret_cast<char*>(theirs.flat().data()),
                  static_cast<std::streamsize>(theirs.flat().size_bytes()));
        far = 0;
        for (std::size_t i = 0; i < mine.flat().size(); ++i) {
            far  = std::max(far, std::abs(static_cast<double>(mine.flat()[i]) - static_cast<double>(theirs.flat()[i])));
            size = std::max(size, std::abs(static_cast<double>(theirs.flat()[i])));
        }
    }
    std::filesystem::remove_all(dir);
    return {far, size};
}

} // namespace

int main(int argc, char** argv) {
    const char* const home = std::getenv("GRAFT_MODELS");
    const std::string file =
        std::string(home != nullptr ? home : "build/models") + "/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
    if (argc == 4 && std::string(argv[1]) == "--serve")
        return serve(file, kinds[std::stoul(argv[2])], std::stoul(argv[3]));
    bench::report t("tune", argc, argv);
    if (!std::filesystem::exists(file)) {
        std::fprintf(stderr, "tune: %s is not there; examples/models.sh smollm2 brings it\n", file.c_str());
        return t.finish();
    }
    const char* const   folder = std::getenv("GRAFT_PEERS");
    bench::python_peers peft(folder == nullptr ? "" : folder, "tune");
    const batch         b;
    const auto          texts = std::filesystem::temp_directory_path() / "graft_benchmark_texts";
    b.save(texts.string());
    const bool there = peft.ask("model " + file) && peft.ask("tokens " + texts.string());
    std::fprintf(stderr, "tune: %s\n", there ? peft.versions().c_str() : "without PEFT");
    for (const std::string threads : {"1", "2"})
        for (const tuned& kind : kinds) {
            bench::coprocess ours({"/proc/self/exe", "--serve", std::to_string(&kind - kinds), threads}, {});
            (void)ours.hear();
            std::vector<bench::contender> who{{"graft", [&](std::size_t n) {
                                                   const auto s = ours.ask("step " + std::to_string(n));
                                                   return s ? std::strtod(s->c_str(), nullptr) : std::nan("");
                                               }}};
            // Blocks and NF4 are held to PEFT in floats as well: it reads no GGUF but to decode it, and NF4 on a CPU only by another package.
            const std::string places =
                kind.all ? " q_proj k_proj v_proj o_proj gate_proj up_proj down_proj" : " q_proj v_proj";
            if (there && peft.ask("lora " + std::string(kind.all ? "16 16 " : "8 16 ") + threads + places))
                who.push_back(peft.contend("PEFT in floats", "step"));
            const auto        took = bench::race({.slice = .01, .slices = t.has("quick") ? 3u : 7u}, who);
            const std::string name =
                "LoRA step, " + std::string(kind.name) + ", " + threads + (threads == "1" ? " thread" : " threads");
            bench::hold(t, name, "tokens/s", 512, threads == "1" ? 1.6 : 1.9, took);
            const auto mine = ours.ask("memory"), theirs = peft.ask("memory");
            t.add(name + ": peak memory", "MB", mine ? std::strtod(mine->c_str(), nullptr) : std::nan(""),
                  theirs ? std::strtod(theirs->c_str(), nullptr) : std::nan(""), theirs ? "PEFT, all rows so far" : "",
                  bench::better::lower);
        }
    if (there) {
        const auto [far, size] = distance(peft, file, b);
        t.add("logits of PEFT with a folder of ours: greatest distance (of " + bench::report::number(size, 3) + ")", "",
              far, 1e-5 * size, "bar", bench::better::lower);
    }
    std::filesystem::remove(texts);
    return t.finish();
}
