// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/llama_folder.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <support/decoder_checks.hpp>
#include <support/reference.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace graft;
using test::logits;
using test::same_bits;

namespace {

llama<float> open(const std::filesystem::path& folder, const char* config = "config.json") {
    context     c;
    posix_files fs;
    const auto  json = load_json(fs, (folder / config).string());
    REQUIRE_MESSAGE(json, describe(json.error()));
    const auto sizes = read_llama_config(json->root());
    REQUIRE_MESSAGE(sizes, describe(sizes.error()));
    const auto weights = load_safetensors(fs, folder.string());
    REQUIRE_MESSAGE(weights, describe(weights.error()));
    auto model = read_llama(*weights, *sizes, llama_names_of_transformers, {}, c);
    REQUIRE_MESSAGE(model, describe(model.error()));
    return std::move(*model);
}

} // namespace

TEST_CASE("the reference's logits, of every kind of the family") {
    struct kind {
        const char *folder, *config;
        int         texts;
    };
    for (const kind& k : {kind{"tiny_llama", "config.json", 4}, kind{"tiny_llama", "config.classic.json", 4},
                          kind{"tiny_llama/tied", "config.json", 4}, kind{"tiny_llama/llama3_rope", "config.json", 4},
                          kind{"tiny_llama/llama3_rope", "config.classic.json", 4},
                          kind{"tiny_qwen2", "config.json", 4}, kind{"tiny_qwen2", "config.classic.json", 4}}) {
        NEEDS_SHARED(folder, std::string("fixtures/") + k.folder);
        const auto m    = open(folder, k.config);
        const auto told = test::reference_tensors(folder / "io.safetensors");
        for (int n = 0; n < k.texts; ++n) {
            const auto at     = [&](const char* what) { return told.at(std::to_string(n) + "." + what); };
            const auto ids    = at("ids").list<std::uint32_t>();
            const auto mine   = logits(m, ids);
            const auto theirs = at("logits").as<float>();
            float      worst  = 0;
            for (std::size_t i = 0; i < mine.flat().size(); ++i)
                worst = std::max(worst, std::abs(mine.flat()[i] - theirs.flat()[i]));
            CHECK_MESSAGE(worst < 2e-5f, k.folder << ' ' << k.config << ' ' << n << ": " << worst);
        }
    }
}

TEST_CASE("the reference's greedy tokens") {
    for (const char* name : {"tiny_llama", "tiny_llama/tied", "tiny_llama/llama3_rope", "tiny_qwen2"}) {
        NEEDS_SHARED(folder, std::string("fixtures/") + name);
        const auto m    = open(folder);
        const auto told = load_json(posix_files{}, (folder / "io.json").string());
        REQUIRE(told);
        context c;
        int     texts = 0;
        for (const json_value g : *told->at("greedy").array()) {
            std::vector<std::uint32_t> text, expected;
            for (const json_value id : *g.at("prompt").array()) text.push_back(*id.number<std::uint32_t>());
            for (const json_value id : *g.at("new").array()) expected.push_back(*id.number<std::uint32_t>());
            auto                       cache = m.make_cache();
            std::vector<std::uint32_t> mine;
            matrix<float>              row(1, m.config.vocabulary);
            while (mine.size() < expected.size()) {
                const decoder_input<float> in{std::span(text).subspan(cache.size()), &cache};
                REQUIRE(m.forward({&in, 1}, logits_of::last, row.view(), c));
                mine.push_back(
                    static_cast<std::uint32_t>(std::max_element(row.data(), row.data() + row.dims()) - row.data()));
                text.push_back(mine.back());
                c.reset();
            }
            CHECK(mine == expected);
            ++texts;
        }
        CHECK(texts > 0);
    }
}

TEST_CASE("weights of bf16, and weights in several files") {
    for (const char* name : {"fixtures/tiny_llama", "fixtures/tiny_qwen2"}) {
        NEEDS_SHARED(folder, name);
        const auto m      = open(folder / "bf16", "../config.json");
        const auto told   = test::reference_tensors(folder / "bf16/io.safetensors");
        const auto mine   = logits(m, told.at("ids").list<std::uint32_t>());
        const auto theirs = told.at("logits").as<float>();
        for (std::size_t i = 0; i < mine.flat().size(); ++i) CHECK(std::abs(mine.flat()[i] - theirs.flat()[i]) < 2e-5f);
    }
    NEEDS_SHARED(folder, "fixtures/tiny_llama");
    const auto                       whole = open(folder), parts = open(folder / "sharded", "../config.json");
    const std::vector<std::uint32_t> ids{3, 1, 4, 1, 5, 9, 2, 6};
    CHECK(same_bits(logits(whole, ids).flat(), logits(parts, ids).flat()));
}

TEST_CASE("a row's bits depend on its text alone: not on how it is cut, on neighbours, on threads, on what the cache "
          "held before") {
    NEEDS_SHARED(folder, "fixtures/tiny_llama");
    test::check_rows_stand_alone(open(folder));
}

TEST_CASE("what cannot be read is refused, and the cache is as it was") {
    NEEDS_SHARED(folder, "fixtures/tiny_llama");
    test::check_refusals(open(folder));
}

TEST_CASE("a configuration says what is wrong, by its key") {
    const auto refused = [](std::string_view text) {
        const auto json = parse_json(text, "config.json");
        REQUIRE(json);
        const auto c = read_llama_config(json->root());
        return c ? std::string("taken") : describe(c.error());
    };
    const auto with = [](const std::string& more) {
        return R"({"model_type":"llama","vocab_size":8,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,"max_position_embeddings":8)" +
               more + "}";
    };
    CHECK(refused(with("")) == "taken");
    CHECK(refused(R"({"model_type":"mamba"})").find("config.json: model_type") == 0);
    CHECK(refused(R"({})").find("config.json: model_type") == 0);
    CHECK(refused(with(R"(,"hidden_act":"gelu")")).find("hidden_act") != std::string::npos);
    CHECK(refused(with(R"(,"rope_scaling":{"rope_type":"yarn"})")).find("rope_scaling.rope_type") != std::string::npos);
    CHECK(refused(with(R"(,"rope_scaling":{"type":"llama3"})")).find("rope_scaling.factor") != std::string::npos);
    CHECK(refused(with(R"(,"num_key_value_heads":3)")).find("range") != std::string::npos);
    CHECK(refused(with(R"(,"head_dim":0)")).find("range") != std::string::npos);
    CHECK(refused(R"({"model_type":"llama","vocab_size":-1})").find("vocab_size") != std::string::npos);
    CHECK(refused(R"({"model_type":"mistral","hidden_size":8,"sliding_window":4096})").find("sliding_window") !=
          std::string::npos);
}

TEST_CASE("a file that is not this model's is refused by the tensor's name") {
    NEEDS_SHARED(folder, "fixtures/tiny_llama");
    posix_files fs;
    context     c;
    const auto  json    = load_json(fs, (folder / "config.json").string());
    const auto  weights = load_safetensors(fs, folder.string());
    REQUIRE(weights);
    const auto refused = [&](auto&& change) {
        auto sizes = *read_llama_config(json->root());
        change(sizes);
        const auto m = read_llama(*weights, sizes, llama_names_of_transformers, {}, c);
        REQUIRE_FALSE(m);
        return describe(m.error());
    };
    CHECK(refused([](llama_config& s) { s.layers = 3; }).find("model.layers.2.input_layernorm.weight") !=
          std::string::npos);
    CHECK(refused([](llama_config& s) { s.layers = 1; }).find("model.layers.1.") != std::string::npos);
    CHECK(refused([](llama_config& s) { s.inner = 100; }).find("model.layers.0.mlp.gate_proj.weight") !=
          std::string::npos);
    CHECK(refused([](llama_config& s) { s.heads = 0; }).find("configuration") != std::string::npos);
}
