// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/generate/decoder_folder.hpp>
#include <graft/models/any_decoder_model.hpp>
#include <graft/models/llama_folder.hpp>
#include <graft/models/peft_prompt.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <support/llama_of.hpp>
#include <support/reference.hpp>
#include <support/scratch_folder.hpp>
#include <support/shared.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

namespace {

bool same(const matrix<float>& a, const matrix<float>& b) {
    return a.rows() == b.rows() && std::ranges::equal(a.flat(), b.flat());
}

} // namespace

TEST_CASE("PEFT's folders of virtual tokens: a text is read on behind them as PEFT reads it") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/prefix");
    const posix_files fs;
    for (const char* name :
         {"prefix_random", "prefix_zero", "prefix_from_text", "prefix_projection", "prompt_random", "prompt_text"}) {
        CAPTURE(name);
        any_decoder_model any(test::llama_of(base));
        const auto&       m      = *any.get_if<llama<float>>();
        const auto        folder = (fixtures / name / "adapter").string();
        const bool        soft   = std::string(name).starts_with("prompt");
        context           c;
        CHECK(load_peft_kind(fs, folder).value() == (soft ? "PROMPT_TUNING" : "PREFIX_TUNING"));
        const auto before = soft ? prefix_of(m, load_peft_soft_prompt(fs, folder, m).value(), c).value()
                                 : load_peft_prefix(fs, folder, m).value();
        // The other reader refuses it.
        if (soft) CHECK(load_peft_prefix(fs, folder, m).error().what == fault::unsupported);
        else CHECK(load_peft_soft_prompt(fs, folder, m).error().what == fault::unsupported);
        const auto positions = any.config.positions;
        REQUIRE(any.adapt(before));
        CHECK(any.config.positions == positions - before.tokens());
        const auto io = test::reference_tensors(fixtures / name / "io.safetensors");
        for (int n = 0; n < 3; ++n) {
            const auto                 ids   = io.at(std::to_string(n) + ".ids").list<std::uint32_t>();
            const auto                 want  = io.at(std::to_string(n) + ".logits").as<float>();
            auto                       cache = any.make_cache();
            matrix<float>              z(ids.size(), any.config.vocabulary);
            const decoder_input<float> in{ids, &cache};
            REQUIRE(any.forward({&in, 1}, logits_of::all, z.view(), c));
            const auto rows = want.view().middle(want.rows() - ids.size(), ids.size());
            for (std::size_t i = 0; i < z.flat().size(); ++i) CHECK(std::abs(z.data()[i] - rows.data[i]) < 3e-5f);
        }
        // Updates take its place, and nothing gives the base back.
        REQUIRE(any.adapt(lora_set<float>::make(lora_places(m), {.params = {.rank = 2}}).value()));
        CHECK(any.make_cache().before() == 0);
        CHECK(any.config.positions == positions);
        REQUIRE(any.adapt(before));
        CHECK(any.updates() == nullptr);
        CHECK(any.make_cache().before() == before.tokens());
        REQUIRE(any.adapt(prefix<float>{}));
        CHECK(any.make_cache().before() == 0);
        CHECK(any.adapt(prefix<float>::make(3, 32, {}).value()).error().what == fault::wrong_shape);
    }
}

TEST_CASE("a decoder begins every text with what its adapter's folder holds, and reads on from what it kept") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/prefix");
    const posix_files fs;
    context           c;
    const auto        plain = load_decoder(fs, base.string(), {}, c).value();
    for (const char* name : {"prefix_random", "prompt_random"}) {
        CAPTURE(name);
        const load_decoder_params how{.adapter = (fixtures / name / "adapter").string()};
        auto                      model = load_decoder(fs, base.string(), how, c).value();
        const std::size_t         p     = model.model().make_cache().before();
        CHECK(p == (std::string(name) == "prefix_random" ? 5 : 6));
        CHECK(model.positions() == plain.positions() - p);
        const auto  io     = test::reference_tensors(fixtures / name / "io.safetensors");
        const auto  want   = io.at("2.logits").as<float>();
        const auto  ids    = io.at("2.ids").list<token_id>();
        const auto  from   = want.rows() - ids.size();
        std::size_t reused = 0;
        const auto  hear   = [&](const prompt_read& r) { reused = r.reused; };
        for (int again = 0; again < 3; ++again) { // read whole, and on from what an earlier text left
            context    own;
            const auto scores = model.score(ids, 0, own).value();
            for (std::size_t i = 1; i < ids.size(); ++i) {
                double top = -1e9, sum = 0;
                for (const float z : want.row(from + i - 1)) top = std::max(top, static_cast<double>(z));
                for (const float z : want.row(from + i - 1)) sum += std::exp(static_cast<double>(z) - top);
                const double is = static_cast<double>(want.row(from + i - 1)[ids[i]]) - top - std::log(sum);
                CHECK(scores.log_probability[i] == doctest::Approx(is).epsilon(1e-4));
            }
            own.listener       = listen_to<prompt_read>(hear);
            const auto half    = std::span<const token_id>(ids).first(9);
            const auto written = model.go_on(half, {.max_tokens = 6}, own).value();
            CHECK(reused == 8);
            model.forget();
            const auto fresh = model.go_on(half, {.max_tokens = 6}, own).value();
            CHECK(reused == 0);
            CHECK(written.text == fresh.text);
            // The first token is what PEFT's logits say.
            const auto                 row = want.row(from + 8);
            matrix<float>              z(1, row.size());
            kv_cache<float>            cache = model.model().make_cache();
            const decoder_input<float> in{half, &cache};
            REQUIRE(model.model().forward({&in, 1}, logits_of::last, z.view(), own));
            CHECK(std::ranges::max_element(z.row(0)) - z.row(0).begin() == std::ranges::max_element(row) - row.begin());
        }
        // Without it the base answers again.
        REQUIRE(model.adapt(prefix<float>{}));
        CHECK(model.positions() == plain.positions());
        context own;
        CHECK(std::ranges::equal(model.score(ids, 0, own)->log_probability, plain.score(ids, 0, own)->log_probability));
    }
}

TEST_CASE("what graft writes, graft reads: the same numbers, in the order of transformers") {
    const posix_files    fs;
    test::scratch_folder at("prompt");
    for (const auto layout : {rotary_layout::halves, rotary_layout::pairs}) {
        const auto m = test::tiny_llama<float>(3, layout);
        const auto p = prefix<float>::make(3, 8, {.tokens = 5, .seed = 3}).value();
        REQUIRE(save_peft_prefix(fs, at.path(), m, p, "a \"base\""));
        CHECK(same(load_peft_prefix(fs, at.path(), m)->rows, p.rows));
        const auto raw = test::reference_tensors(at.at / "adapter_model.safetensors").at("prompt_embeddings");
        CHECK(raw.shape == std::vector<std::size_t>{5, 48});
        // Keys of a head of four: 0 and 1 turn together in the one order, 0 and 2 in the other.
        const std::size_t second = layout == rotary_layout::halves ? 1 : 2;
        for (std::size_t l = 0; l < 3; ++l) {
            CHECK(raw.values[16 * l + 1] == static_cast<double>(p.keys(l, 0)[second]));
            CHECK(raw.values[16 * l + 8 + 1] == static_cast<double>(p.values(l, 0)[1]));
        }
        const auto s = soft_prompt<float>::make(16, {.tokens = 2, .seed = 3}).value();
        REQUIRE(save_peft_soft_prompt(fs, at.path(), m, s));
        CHECK(same(load_peft_soft_prompt(fs, at.path(), m)->rows, s.rows));
    }
}

TEST_CASE("what PEFT writes is written as PEFT writes it") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/prefix");
    const posix_files    fs;
    const auto           m = test::llama_of(base);
    test::scratch_folder at("prompt");
    for (const char* name : {"prefix_random", "prompt_random"}) {
        const auto folder = (fixtures / name / "adapter").string();
        if (std::string(name) == "prefix_random")
            REQUIRE(save_peft_prefix(fs, at.path(), m, load_peft_prefix(fs, folder, m).value(), "tiny_llama"));
        else
            REQUIRE(
                save_peft_soft_prompt(fs, at.path(), m, load_peft_soft_prompt(fs, folder, m).value(), "tiny_llama"));
        CHECK(test::reference_tensors(at.at / "adapter_model.safetensors").at("prompt_embeddings").values ==
              test::reference_tensors(fixtures / name / "adapter" / "adapter_model.safetensors")
                  .at("prompt_embeddings")
                  .values);
        const auto ours = load_json(fs, (at.at / "adapter_config.json").string()).value(),
                   its  = load_json(fs, folder + "/adapter_config.json").value();
        for (const char* key :
             {"num_virtual_tokens", "num_layers", "num_attention_heads", "token_dim", "num_transformer_submodules"})
            CHECK(ours.at(key).number<std::size_t>().value() == its.at(key).number<std::size_t>().value());
        for (const char* key : {"peft_type", "task_type", "base_model_name_or_path"})
            CHECK(ours.at(key).text().value() == its.at(key).text().value());
        for (const json_member one : ours.root().object().value())
            CHECK_MESSAGE((its.at(one.name).given() || one.value.kind() == json_kind::null), one.name);
    }
}

TEST_CASE("folders that do not fit are refused, naming what does not") {
    const posix_files    fs;
    const auto           m = test::tiny_llama<float>(3);
    test::scratch_folder at("prompt");
    const auto           p = prefix<float>::make(3, 8, {.tokens = 5, .seed = 3}).value();
    REQUIRE(save_peft_prefix(fs, at.path(), m, p));
    const auto refuses = [&](const std::string& text, fault what) {
        CAPTURE(text);
        at.write("adapter_config.json", text);
        const auto got = load_peft_prefix(fs, at.path(), m);
        REQUIRE_FALSE(got);
        CHECK(got.error().what == what);
    };
    const std::string head = "{\"peft_type\": \"PREFIX_TUNING\", ";
    refuses("{\"peft_type\": \"LORA\", \"num_virtual_tokens\": 5}", fault::unsupported);
    refuses("{\"peft_type\": \"P_TUNING\", \"num_virtual_tokens\": 5}", fault::unsupported);
    refuses(head + "\"num_virtual_tokens\": 5, \"task_type\": \"SEQ_CLS\"}", fault::unsupported);
    refuses(head + "\"num_virtual_tokens\": 5, \"modules_to_save\": [\"score\"]}", fault::unsupported);
    refuses(head + "\"num_virtual_tokens\": 0}", fault::bad_argument);
    refuses(head + "\"num_virtual_tokens\": 4}", fault::wrong_shape);
    refuses(head + "\"num_virtual_tokens\": 5, \"num_layers\": 2}", fault::wrong_shape);
    refuses(head + "\"num_virtual_tokens\": 5, \"num_transformer_submodules\": 2}", fault::wrong_shape);
    at.write("adapter_config.json", head + "\"num_virtual_tokens\": 5}");
    CHECK(load_peft_prefix(fs, at.path(), m));
    std::filesystem::remove(at.at / "adapter_model.safetensors");
    CHECK_FALSE(load_peft_prefix(fs, at.path(), m));

    CHECK(save_peft_prefix(fs, at.path(), m, prefix<float>{}).error().what == fault::no_input);
    CHECK(save_peft_prefix(fs, at.path(), m, prefix<float>::make(2, 8, {}).value()).error().what == fault::wrong_shape);
    CHECK(save_peft_prefix(fs, at.path(), m, p, "\xff").error().what == fault::bad_utf8);
    auto bad            = p;
    bad.rows.data()[60] = std::numeric_limits<float>::quiet_NaN();
    CHECK(save_peft_prefix(fs, at.path(), m, bad).error().what == fault::not_finite);
}
