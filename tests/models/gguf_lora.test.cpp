// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/models/gguf_lora.hpp>
#include <graft/simd/element.hpp>

#include <support/memory_files.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

namespace {

lora_set<float> made(const llama<float>& m, const lora_plan& plan) {
    auto           set = lora_set<float>::make(lora_places(m), plan).value();
    counter_random r(9);
    for (auto& e : set.entries)
        for (float& x : e.update.B.flat()) x = 2 * r.unit() - 1;
    return set;
}
bool same_bits(const lora_set<float>& a, const lora_set<float>& b) {
    return std::ranges::equal(a.entries, b.entries, [](const auto& x, const auto& y) {
        return x.name == y.name && x.update.scale == y.update.scale &&
               std::ranges::equal(x.update.A.flat(), y.update.A.flat()) &&
               std::ranges::equal(x.update.B.flat(), y.update.B.flat());
    });
}
std::string said(const result<lora_set<float>>& r) { return r ? "" : describe(r.error()); }

} // namespace

TEST_CASE("a GGUF adapter is read back to the bit, for models of either order of rows") {
    test::memory_files fs;
    for (const auto layout : {rotary_layout::halves, rotary_layout::pairs}) {
        const auto m   = test::tiny_llama<float>(3, layout);
        const auto set = made(m, {.params = {.rank = 4, .alpha = 6}});
        const auto ok  = save_gguf_lora(fs, "a.gguf", m, set);
        REQUIRE_MESSAGE(ok, describe(ok.error()));
        const auto back = load_gguf_lora(fs, "a.gguf", m);
        REQUIRE_MESSAGE(back, said(back));
        CHECK(same_bits(*back, set));

        const auto file = load_gguf(fs, "a.gguf").value();
        CHECK(file.head.text("general.type").value() == "adapter");
        CHECK(file.head.text("general.architecture").value() == "llama");
        CHECK(file.head.text("adapter.type").value() == "lora");
        CHECK(file.head.number<float>("adapter.lora.alpha").value() == 6);
        CHECK(file.weights.size() == 2 * 7 * 3);
        CHECK((file.weights.find("blk.2.attn_k.weight.lora_a")->shape == tensor_shape{4, 16}));
        CHECK((file.weights.find("blk.2.attn_k.weight.lora_b")->shape == tensor_shape{8, 4}));
        CHECK((file.weights.find("blk.0.ffn_down.weight.lora_a")->shape == tensor_shape{4, 24}));
    }
}

TEST_CASE("rows beside q and k lie in pairs in the file, whatever the model's order: one adapter, two models") {
    test::memory_files fs;
    const auto         halves = test::tiny_llama<float>(3), pairs = test::tiny_llama<float>(3, rotary_layout::pairs);
    const auto         set = made(halves, {.targets = {"q_proj", "k_proj", "v_proj"}, .params = {.rank = 2}});
    REQUIRE(save_gguf_lora(fs, "a.gguf", halves, set));
    auto want = set;
    turn_lora_rows(pairs.config, want);
    const auto got = load_gguf_lora(fs, "a.gguf", pairs).value();
    CHECK(same_bits(got, want));
    CHECK_FALSE(same_bits(got, set));
    // Row 1 of a head of four is its third: i and i + 2 lie side by side.
    const auto file = load_gguf(fs, "a.gguf").value();
    const auto b    = file.weights.find("blk.0.attn_q.weight.lora_b")->floats().value();
    CHECK(std::ranges::equal(b.subspan(2, 2), set.find("model.layers.0.self_attn.q_proj")->B.row(2)));
    const auto v = file.weights.find("blk.0.attn_v.weight.lora_b")->floats().value();
    CHECK(std::ranges::equal(v, set.find("model.layers.0.self_attn.v_proj")->B.flat()));
    REQUIRE(save_gguf_lora(fs, "b.gguf", pairs, got));
    CHECK(same_bits(load_gguf_lora(fs, "b.gguf", halves).value(), set));
}

TEST_CASE("a model with biases at q is Qwen2, and its rows stay") {
    test::memory_files fs;
    auto               m = test::tiny_llama<float>(3);
    for (auto& l : m.layers) l.q.b = matrix<float>(1, 16), l.k.b = l.v.b = matrix<float>(1, 8);
    const auto set = made(m, {.targets = {"q_proj"}, .params = {.rank = 2}});
    REQUIRE(save_gguf_lora(fs, "a.gguf", m, set));
    CHECK(load_gguf(fs, "a.gguf")->head.text("general.architecture").value() == "qwen2");
    const auto file = load_gguf(fs, "a.gguf").value();
    CHECK(std::ranges::equal(file.weights.find("blk.1.attn_q.weight.lora_b")->floats().value(),
                             set.entries[1].update.B.flat()));
    CHECK(same_bits(load_gguf_lora(fs, "a.gguf", m).value(), set));
    CHECK(said(load_gguf_lora(fs, "a.gguf", test::tiny_llama<float>(3))).find("general.architecture") !=
          std::string::npos);
}

TEST_CASE("one alpha for all: scales that it cannot say go into B, and the product stays") {
    test::memory_files fs;
    const auto         m = test::tiny_llama<float>(3);
    for (const auto& [ranks, scale] : {std::pair{true, .7f}, {false, -.3f}, {false, 0.f}, {true, 2.f}}) {
        auto set =
            made(m, {.targets = {"o_proj", "up_proj"}, .params = {.rank = 3, .alpha = 5}, .ranks = {{"up_proj", 2}}});
        if (ranks) set.entries[2].update.scale = scale; // of one alone, as alpha_pattern and rsLoRA make it
        else
            for (auto& e : set.entries) e.update.scale = scale;
        REQUIRE(save_gguf_lora(fs, "a.gguf", m, set));
        const auto back = load_gguf_lora(fs, "a.gguf", m).value();
        REQUIRE(back.entries.size() == set.entries.size());
        for (std::size_t i = 0; i < set.entries.size(); ++i) {
            const auto &a = set.entries[i].update, &b = back.entries[i].update;
            CHECK(std::ranges::equal(a.A.flat(), b.A.flat()));
            for (std::size_t t = 0; t < a.B.flat().size(); ++t)
                CHECK(b.scale * b.B.flat()[t] == doctest::Approx(a.scale * a.B.flat()[t]).epsilon(1e-6));
        }
    }
}

TEST_CASE("an adapter in F16, as llama.cpp's converter writes it, is read as the floats that it has") {
    test::memory_files fs;
    const auto         m   = test::tiny_llama<float>(3);
    const auto         set = made(m, {.targets = {"q_proj", "down_proj"}, .params = {.rank = 3, .alpha = 6}});
    REQUIRE(save_gguf_lora(fs, "a.gguf", m, set));
    const auto                             whole = load_gguf(fs, "a.gguf").value();
    std::deque<std::vector<std::uint16_t>> halves;
    std::vector<tensor>                    all;
    for (const tensor& t : whole.weights.list()) {
        auto& to = halves.emplace_back();
        for (const float x : t.floats().value()) to.push_back(static_cast<std::uint16_t>(to_f16(x)));
        all.push_back({t.name, weight_format::f16, t.shape, std::as_bytes(std::span(to))});
    }
    gguf_fields head;
    head.text("general.type", "adapter").text("general.architecture", "llama").text("adapter.type", "lora");
    head.number("adapter.lora.alpha", 6.f);
    REQUIRE(save_gguf(fs, "b.gguf", head.list(), all));
    const auto back = load_gguf_lora(fs, "b.gguf", m);
    REQUIRE_MESSAGE(back, said(back));
    auto want = set;
    for (auto& e : want.entries)
        for (auto part : {e.update.A.flat(), e.update.B.flat()})
            for (float& x : part) x = widen(to_f16(x));
    CHECK(same_bits(*back, want));
    CHECK_FALSE(same_bits(*back, set));
}

TEST_CASE("what is no adapter of this model is refused by name, and nothing reads past an end") {
    test::memory_files fs;
    const auto         m   = test::tiny_llama<float>(3);
    const auto         set = made(m, {.targets = {"layers.1.mlp.down_proj"}, .params = {.rank = 2}});
    REQUIRE(save_gguf_lora(fs, "a.gguf", m, set));
    const auto whole           = load_gguf(fs, "a.gguf").value();
    auto       longer          = set;
    longer.entries[0].update.m = matrix<float>(1, longer.entries[0].update.out());
    CHECK(save_gguf_lora(fs, "b.gguf", m, longer).error().what == fault::unsupported);
    const auto tokens =
        lora_set<float>::make(lora_places(m, true), {.targets = {"embed_tokens"}, .params = {.rank = 2}}).value();
    CHECK(save_gguf_lora(fs, "b.gguf", m, tokens).error() ==
          error{fault::unsupported, unit::none, 0, "model.embed_tokens"});
    // The same file with some other key, or other tensors.
    struct fields {
        std::string type = "adapter", architecture = "llama", adapter = "lora";
        float       alpha = 8;
    };
    const auto why = [&](const fields& f, std::vector<tensor> all) {
        gguf_fields head;
        head.text("general.type", f.type).text("general.architecture", f.architecture).text("adapter.type", f.adapter);
        head.number("adapter.lora.alpha", f.alpha);
        REQUIRE(save_gguf(fs, "b.gguf", head.list(), all));
        return said(load_gguf_lora(fs, "b.gguf", m));
    };
    const auto says = [](const char* where, fault what) {
        return "b.gguf: " + std::string(where) + ": " + std::string(explain(what));
    };
    const tensor a = whole.weights.list()[0], b = whole.weights.list()[1];
    const char * a_name = "blk.1.ffn_down.weight.lora_a", *b_name = "blk.1.ffn_down.weight.lora_b";
    REQUIRE(a.name == a_name);
    CHECK(why({}, {a, b}).empty());
    CHECK(why({.type = "model"}, {a, b}) == says("general.type", fault::unsupported));
    CHECK(why({.architecture = "qwen2"}, {a, b}) == says("general.architecture", fault::unsupported));
    CHECK(why({.adapter = "control_vector"}, {a, b}) == says("adapter.type", fault::unsupported));
    CHECK(why({.alpha = std::numeric_limits<float>::infinity()}, {a, b}) ==
          says("adapter.lora.alpha", fault::not_finite));
    CHECK(why({}, {a}) == says(b_name, fault::absent));
    CHECK(why({}, {b}) == says(a_name, fault::absent));
    tensor odd = b;
    odd.name   = "output_norm.weight";
    CHECK(why({}, {a, b, odd}) == says("output_norm.weight", fault::unexpected));
    odd       = a;
    odd.shape = {odd.shape[1], odd.shape[0]};
    CHECK(why({}, {odd, b}).find(std::string(explain(fault::wrong_shape))) != std::string::npos);
    const std::vector<std::byte> wide(4 * 16 * 17);
    CHECK(why({}, {a, {b_name, weight_format::f32, {16, 17}, wide}}) == says(b_name, fault::rank_too_high) + "");
    std::vector<std::byte> bad(b.bytes.begin(), b.bytes.end());
    bad[7] = std::byte{0x7f}, bad[6] = std::byte{0xc0};
    CHECK(why({}, {a, {b_name, weight_format::f32, b.shape, bad}}).find(std::string(explain(fault::not_finite))) !=
          std::string::npos);
    // An alpha of 0 is none; halves are read as floats.
    CHECK(why({.alpha = 0}, {a, b}).empty());
    CHECK(load_gguf_lora(fs, "b.gguf", m)->entries[0].update.scale == 1);

    const auto bytes = read_file(fs, "a.gguf").value();
    for (std::size_t n = 0; n < bytes.size(); n += n < 400 ? 1 : 37) {
        static_cast<void>(fs.remove("c.gguf"));
        REQUIRE(write_new_file(fs, "c.gguf", bytes.all().first(n)));
        const auto cut = load_gguf_lora(fs, "c.gguf", m);
        if (cut) CHECK(same_bits(*cut, set)); // all but the padding behind the last
    }

    auto wrong            = set;
    wrong.entries[0].name = "model.layers.9.mlp.down_proj";
    CHECK(save_gguf_lora(fs, "d.gguf", m, wrong).error().what == fault::unexpected);
    wrong                               = set;
    wrong.entries[0].update.B.row(1)[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK(save_gguf_lora(fs, "d.gguf", m, wrong).error().what == fault::not_finite);
    wrong.entries[0].update.scale = std::numeric_limits<float>::infinity();
    CHECK(save_gguf_lora(fs, "d.gguf", m, wrong).error().what == fault::not_finite);
    wrong.entries[0].update = {};
    CHECK(save_gguf_lora(fs, "d.gguf", m, wrong).error().what == fault::wrong_shape);
    CHECK(save_gguf_lora(fs, "d.gguf", m, {}).error().what == fault::no_input);
    CHECK_FALSE(fs.look("d.gguf"));
}
