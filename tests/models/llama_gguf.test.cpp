// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/json/json.hpp>
#include <graft/models/llama_gguf.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace graft;

namespace {

std::vector<std::uint32_t> ids_of(json_value list) {
    std::vector<std::uint32_t> out;
    for (const json_value id : *list.array()) out.push_back(*id.number<std::uint32_t>());
    return out;
}
llama<float> open(const std::filesystem::path& model, const read_weights& how, context& c) {
    const auto file = load_gguf(posix_files{}, model.string(), {.map = true});
    REQUIRE(file);
    auto m = read_llama(*file, how, c);
    if (!m) FAIL(describe(m.error()));
    return std::move(*m);
}

/// How far the hundred largest logits of the reference's eight prompts are missed, and how often the best one is another.
struct misses {
    double      worst = 0, square = 0;
    std::size_t numbers = 0, others = 0;

    misses(const llama<float>& m, const tensors& told, context& c) {
        const auto ints = [&](const std::string& name) {
            std::vector<float> f(told.find(name)->rows() * told.find(name)->columns());
            REQUIRE(told.find(name)->decode(f));
            return std::vector<std::uint32_t>(f.begin(), f.end());
        };
        for (int n = 0; n < 8; ++n) {
            const std::string  at  = std::to_string(n) + ".";
            const auto         ids = ints(at + "ids"), top = ints(at + "top_ids");
            std::vector<float> want(100);
            REQUIRE(told.find(at + "top_logits")->decode(want));
            auto                       cache = m.make_cache();
            matrix<float>              z(1, m.config.vocabulary);
            const decoder_input<float> in{ids, &cache};
            REQUIRE(m.forward({&in, 1}, logits_of::last, z.view(), c));
            for (std::size_t i = 0; i < 100; ++i) {
                const double off = std::abs(static_cast<double>(z.data()[top[i]]) - static_cast<double>(want[i]));
                worst            = std::max(worst, off);
                square += off * off;
                ++numbers;
            }
            others += std::max_element(z.data(), z.data() + z.dims()) - z.data() != static_cast<std::ptrdiff_t>(top[0]);
        }
    }
    [[nodiscard]] double rms() const { return std::sqrt(square / static_cast<double>(numbers)); }
};

} // namespace

TEST_CASE("smollm2: the reference's logits in floats, nearly those in blocks, the same best token in fewer bits; its "
          "greedy answers in floats") {
    NEEDS_SHARED(fixture, "fixtures/smollm2");
    NEEDS_MODEL(model, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    const auto told    = load_safetensors(posix_files{}, (fixture / "forward.safetensors").string());
    const auto answers = load_json(posix_files{}, (fixture / "generate.json").string());
    REQUIRE(told);
    REQUIRE(answers);
    pool    workers(2);
    context c{workers};
    struct way {
        const char*  name;
        read_weights how;
        double       worst, rms;
    };
    for (const way& w : {way{"floats", {.as = weights_as::floats}, 2e-4, 5e-5}, way{"blocks", {}, 2e-2, 5e-3},
                         way{"blocks, activations of 8 bits", {.activations = code_bits::eight}, .8, .25},
                         way{"bf16", {.as = weights_as::bf16}, .8, .25}}) {
        const auto   m = open(model, w.how, c);
        const misses off(m, *told, c);
        MESSAGE(w.name << ": largest " << off.worst << ", rms " << off.rms());
        CHECK(off.worst < w.worst);
        CHECK(off.rms() < w.rms);
        CHECK(off.others == 0);
        std::size_t said = 0;
        for (const json_value a : *answers->root().array()) {
            if (w.how.as != weights_as::floats || ++said > 2)
                break; // a token reads half a gigabyte; in blocks, tests/generate/decoder.test.cpp
            auto                       text     = ids_of(a.at("prompt_ids"));
            const auto                 expected = ids_of(a.at("ids"));
            auto                       cache    = m.make_cache();
            std::vector<std::uint32_t> mine;
            matrix<float>              z(1, m.config.vocabulary);
            while (mine.size() < expected.size()) {
                const decoder_input<float> in{std::span(text).subspan(cache.size()), &cache};
                REQUIRE(m.forward({&in, 1}, logits_of::last, z.view(), c));
                mine.push_back(static_cast<std::uint32_t>(std::max_element(z.data(), z.data() + z.dims()) - z.data()));
                text.push_back(mine.back());
                c.reset();
            }
            CHECK(mine == expected);
        }
    }
}
