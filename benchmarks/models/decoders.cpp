// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// SmolLM2-135M-Instruct: a prompt of 512 tokens, and one token after another, beside llama.cpp on the same file and on what it makes of it in other formats.

#include "suite.hpp"

#include <graft/base/context.hpp>
#include <graft/base/pool.hpp>
#include <graft/models/llama_gguf.hpp>
#include <graft/store/posix.hpp>

#include <filesystem>

namespace bench {

namespace {

constexpr std::size_t prompt = 512, steps = 32;

std::vector<std::uint32_t> some_ids(std::size_t n) {
    std::vector<std::uint32_t> ids(n);
    for (std::size_t i = 0; i < n; ++i) ids[i] = static_cast<std::uint32_t>(100 + i * 7919 % 40'000);
    return ids;
}

/// A model and a text that it reads.
class reader {
    const graft::llama<float>& m_;
    graft::context&            c_;
    graft::kv_cache<float>     cache_;
    graft::matrix<float>       logits_;

public:
    reader(const graft::llama<float>& m, graft::context& c)
        : m_(m), c_(c), cache_(m.make_cache()), logits_(1, m.config.vocabulary) {
        cache_.reserve(prompt + steps);
    }
    void read(std::span<const std::uint32_t> ids) {
        c_.reset();
        const graft::decoder_input<float> in{ids, &cache_};
        (void)m_.forward({&in, 1}, graft::logits_of::last, logits_.view(), c_);
    }
    void back_to(std::size_t tokens) { cache_.shorten(tokens); }
};

} // namespace

void decoders(suite& s) {
    const std::string file = s.models + "/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
    if (!std::filesystem::exists(file)) {
        std::fprintf(stderr, "models: without decoders, %s is not there\n", file.c_str());
        return;
    }
    constexpr const char* formats[] = {"Q4_1", "Q4_0", "Q8_0", "F16", "F32"};
    const auto            ids       = some_ids(prompt + steps);
    const std::span       all(ids);
    for (const std::size_t threads : {1u, 2u}) {
        const std::string with = threads == 1 ? ", 1 thread" : ", 2 threads";
        graft::pool       workers(threads);
        graft::context    c;
        if (threads > 1) c.executor = workers;
        const auto load = [&](const graft::read_weights& how) {
            const auto gguf = graft::load_gguf(graft::posix_files{}, file, {.map = true}).value();
            return graft::read_llama(gguf, how, c).value();
        };
        const graft::read_weights as_filed, rough{.activations = graft::code_bits::eight},
            as_floats{.as = graft::weights_as::floats};
        const auto loaded =
            race(s.timing(.02, 5), std::vector{contend("", [&] { return load(as_filed).config.layers; }),
                                               contend("", [&] { return load(as_floats).config.layers; })});
        s.out.add({.name      = "SmolLM2: load, blocks" + with,
                   .unit      = "ms",
                   .ours      = loaded[0].quietest * 1e3,
                   .peer      = 150,
                   .peer_name = "bar",
                   .way       = better::lower});
        s.out.add("SmolLM2: load, floats" + with, "ms", loaded[1].quietest * 1e3);
        const auto blocks = load(as_filed), bytes = load(rough), floats = load(as_floats);
        reader     by_blocks(blocks, c), by_bytes(bytes, c), by_floats(floats, c);

        const auto peers = [&](const std::string& what) {
            std::vector<contender> out;
            for (const char* f : formats)
                if (s.python.ask(std::string("llama ") + f + " " + std::to_string(threads) + " " + file))
                    out.push_back(s.python.contend(std::string("llama.cpp ") + f,
                                                   "llama_" + what + " " + f + " " + std::to_string(threads)));
            return out;
        };
        const auto prefill = [&](reader& r) {
            return [&r, all] {
                r.back_to(0);
                r.read(all.first(prompt));
            };
        };
        const auto decode = [&](reader& r, std::size_t from) {
            return [&r, all, from] {
                r.back_to(from);
                for (std::size_t i = 0; i < steps; ++i) r.read(all.subspan(from + i, 1));
            };
        };
        // `on`: the format of llama.cpp that the bar means; nothing: the quickest.
        const auto one = [&](const std::string& name, const std::vector<timed>& t, std::size_t mine,
                             const std::string& on, double amount, double bar) {
            std::vector<timed> race_of{t[mine]};
            std::string        besides;
            for (std::size_t i = 3; i < t.size(); ++i)
                if (on.empty() || t[i].name == "llama.cpp " + on) race_of.push_back(t[i]);
                else
                    besides +=
                        (besides.empty() ? "" : ", ") + t[i].name + " " + report::number(amount / t[i].quietest, 3);
            hold(s, name + with, "tokens/s", amount, bar, race_of, besides);
        };
        const auto both = [&](const std::string& name, const std::string& what, auto&& of, double amount) {
            std::vector<contender> who{contend("graft", of(by_blocks)), contend("graft", of(by_bytes)),
                                       contend("graft", of(by_floats))};
            for (auto& p : peers(what)) who.push_back(std::move(p));
            const auto t        = race(s.timing(.02, 7), who);
            const bool prefills = what == "prefill";
            one(name + ", blocks", t, 0, prefills ? "" : "Q4_1", amount, prefills ? 1.15 : 1.4);
            one(name + ", blocks, activations of 8 bits", t, 1, prefills ? "" : "Q4_1", amount, prefills ? 1.15 : 1.4);
            one(name + ", floats", t, 2, prefills ? "" : "F32", amount, prefills ? 1.15 : .9);
        };
        both("SmolLM2: prefill of 512", "prefill", prefill, prompt);
        both("SmolLM2: decode from empty", "decode 0", [&](reader& r) { return decode(r, 0); }, steps);
        for (reader* r : {&by_blocks, &by_bytes, &by_floats}) r->back_to(0), r->read(all.first(prompt));
        both("SmolLM2: decode after 512", "decode 512", [&](reader& r) { return decode(r, prompt); }, steps);
    }
}

} // namespace bench
