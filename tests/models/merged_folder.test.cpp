// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/models/llama_folder.hpp>
#include <graft/models/llama_lora_report.hpp>
#include <graft/models/merged_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>

#include <support/decoder_checks.hpp>
#include <support/llama_of.hpp>
#include <support/reference.hpp>
#include <support/scratch_folder.hpp>
#include <support/shared.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

using namespace graft;

namespace {

float worst(const matrix<float>& got, const test::reference_tensor& want) {
    float off = 0;
    for (std::size_t i = 0; i < got.flat().size(); ++i)
        off = std::max(off, std::fabs(got.flat()[i] - static_cast<float>(want.values[i])));
    return off;
}

} // namespace

TEST_CASE("a merged folder is read as any other, and says what the adapter says, with magnitudes too") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/lora");
    for (const char* kind : {"llama", "llama_dora"}) {
        CAPTURE(kind);
        const auto                 fixture = fixtures / kind;
        const auto                 io      = test::reference_tensors(fixture / "io.safetensors");
        const auto                 m       = test::llama_of(base.string());
        const auto                 set     = load_peft_lora(posix_files{}, (fixture / "adapter").string(), m).value();
        const test::scratch_folder out("merged");
        context                    c;
        const auto                 places = save_merged_folder(posix_files{}, base.string(), set, out.path(), {}, c);
        REQUIRE_MESSAGE(places, describe(places.error()));
        CHECK(places->size() == 14);
        const auto merged = test::llama_of(out.path());
        for (int n = 0; n < 3; ++n) {
            const auto ids = io.at(std::to_string(n) + ".ids").list<std::uint32_t>();
            CHECK(worst(test::logits(merged, ids), io.at(std::to_string(n) + ".logits")) < 3e-5f);
            CHECK(worst(test::logits(m, ids), io.at(std::to_string(n) + ".logits")) > 1e-2f);
        }
        CHECK(test::slurp(out.at / "config.json") == test::slurp(base / "config.json"));
        CHECK(test::slurp(out.at / "tokenizer.json") == test::slurp(base / "tokenizer.json"));
        // The same again over it, and never over the base.
        CHECK(save_merged_folder(posix_files{}, base.string(), set, out.path(), {}, c));
        const auto over = save_merged_folder(posix_files{}, out.path(), set, out.path() + "/.", {}, c);
        REQUIRE_FALSE(over);
        CHECK(over.error().what == fault::bad_argument);
        // What the report says of it is what was changed.
        const auto effects = lora_effects(m, set, c);
        REQUIRE_MESSAGE(effects, describe(effects.error()));
        for (std::size_t i = 0; i < effects->size(); ++i) {
            const auto& e = (*effects)[i];
            CHECK(e.norm == doctest::Approx((*places)[i].norm).epsilon(1e-5));
            CHECK(e.share > 0);
            CHECK(e.effective_rank > 1);
        }
    }
}

TEST_CASE("a merged folder in floats of a model in bf16: its config says so, and nothing of the update is lost") {
    NEEDS_SHARED(base, "fixtures/tiny_llama/bf16");
    NEEDS_SHARED(fixture, "fixtures/lora/llama");
    const auto                 m   = test::llama_of(base.string());
    const auto                 set = load_peft_lora(posix_files{}, (fixture / "adapter").string(), m).value();
    const test::scratch_folder out("merged_bf16");
    context                    c;
    const auto rounded = save_merged_folder(posix_files{}, base.string(), set, out.path(), {}, c).value();
    CHECK(test::slurp(out.at / "config.json").find("\"bfloat16\"") != std::string::npos);
    const auto whole =
        save_merged_folder(posix_files{}, base.string(), set, out.path(), {.as = weight_format::f32}, c).value();
    const auto config = test::slurp(out.at / "config.json");
    CHECK(config.find("\"float32\"") != std::string::npos);
    CHECK(config.find("bfloat16") == std::string::npos);
    const auto                 beside = lora_beside(m, set).value();
    const auto                 ids    = std::vector<std::uint32_t>{1, 7, 200, 3, 90};
    auto                       cache  = m.make_cache();
    const decoder_input<float> in{ids, &cache};
    matrix<float>              want(ids.size(), m.config.vocabulary);
    REQUIRE(m.forward({&in, 1}, logits_of::all, want.view(), c, beside));
    const auto got = test::logits(test::llama_of(out.path()), ids);
    for (std::size_t i = 0; i < got.flat().size(); ++i) CHECK(std::fabs(got.flat()[i] - want.flat()[i]) < 3e-5f);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CHECK(whole[i].lost < 1e-6);
        CHECK(rounded[i].lost > 1e-4);
    }
    // The report of the updates by themselves agrees with what was merged.
    const auto effects = lora_effects(m, set, c).value();
    REQUIRE(effects.size() == whole.size());
    for (std::size_t i = 0; i < effects.size(); ++i) {
        CHECK(effects[i].name == whole[i].name);
        CHECK(effects[i].norm == doctest::Approx(whole[i].norm).epsilon(1e-5));
        CHECK(effects[i].rank == 4);
        CHECK(effects[i].effective_rank > 1);
        CHECK(effects[i].effective_rank < 4);
        CHECK(effects[i].share > 0);
    }
}

TEST_CASE("an update beside the table of tokens has its share of that, where it is the head too") {
    context c;
    for (const bool tied : {false, true}) {
        auto m = test::tiny_llama<float>(3);
        if (tied) m.tokens.reset();
        auto set =
            lora_set<float>::make(lora_places(m, true), {.targets = {"embed_tokens"}, .params = {.rank = 2}}).value();
        for (float& x : set.entries[0].update.A.flat()) x = .5f;
        const auto effect = lora_effects(m, set, c).value().at(0);
        double     square = 0;
        for (std::size_t i = 0; i < m.config.vocabulary; ++i) {
            std::vector<float> row(m.config.width);
            (tied ? m.head : *m.tokens).row(i, row);
            square += squared_norm(std::span<const float>(row));
        }
        CHECK(effect.share == doctest::Approx(effect.norm / std::sqrt(square)));
        CHECK(effect.norm > 0);
    }
}

TEST_CASE("only what a config says of its numbers is replaced") {
    CHECK(detail::with_dtype(R"({"dtype": "bfloat16", "a": {"torch_dtype" : "float16"}, "dtype": null, "x": "dtype"})",
                             weight_format::f32) ==
          R"({"dtype": "float32", "a": {"torch_dtype" : "float32"}, "dtype": null, "x": "dtype"})");
    CHECK(detail::with_dtype(R"({"dtype")", weight_format::f32) == R"({"dtype")");
    CHECK(detail::with_dtype(R"({"dtype": "auto"})", weight_format::bf16) == R"({"dtype": "auto"})");
}
