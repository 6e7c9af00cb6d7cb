// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/gpt2_folder.hpp>
#include <graft/models/gpt2_gguf.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <support/decoder_checks.hpp>
#include <support/gguf_bytes.hpp>
#include <support/memory_files.hpp>
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

gpt2<float> open(const std::filesystem::path& folder, const char* config = "config.json") {
    context     c;
    posix_files fs;
    const auto  json = load_json(fs, (folder / config).string());
    REQUIRE_MESSAGE(json, describe(json.error()));
    const auto sizes = read_gpt2_config(json->root());
    REQUIRE_MESSAGE(sizes, describe(sizes.error()));
    const auto weights = load_safetensors(fs, folder.string());
    REQUIRE_MESSAGE(weights, describe(weights.error()));
    auto model = read_gpt2(*weights, *sizes, gpt2_names_of_transformers, {}, c);
    REQUIRE_MESSAGE(model, describe(model.error()));
    return std::move(*model);
}

/// The weights of the folder as llama.cpp's converter writes them: other names, and matrices the other way round.
std::vector<std::byte> as_gguf(const tensors& from, const gpt2_config& config) {
    struct one {
        std::string              name;
        std::vector<float>       numbers;
        std::vector<std::size_t> sizes; // the fastest first
    };
    std::vector<one> all;
    for (const tensor& t : from.list()) {
        std::string name(t.name.substr(t.name.find('.') + 1));
        const auto  replace = [&](std::string_view what, std::string_view with) {
            if (const auto at = name.find(what); at != name.npos) name.replace(at, what.size(), with);
        };
        const bool turn = name.find(".c_") != name.npos && name.find(".weight") != name.npos;
        replace("wte", "token_embd"), replace("wpe", "position_embd"), replace("ln_f", "output_norm");
        replace("h.", "blk."), replace("attn.c_attn", "attn_qkv"), replace("attn.c_proj", "attn_output");
        replace("ln_1", "attn_norm"), replace("ln_2", "ffn_norm"), replace("mlp.c_fc", "ffn_up");
        replace("mlp.c_proj", "ffn_down");
        one o{name, std::vector<float>(t.rows() * t.columns()), {t.columns()}};
        REQUIRE(t.decode(o.numbers));
        if (t.shape.rank() == 2) o.sizes.push_back(t.rows());
        if (turn) {
            const auto was = o.numbers;
            for (std::size_t i = 0; i < t.rows(); ++i)
                for (std::size_t j = 0; j < t.columns(); ++j) o.numbers[j * t.rows() + i] = was[i * t.columns() + j];
            std::swap(o.sizes[0], o.sizes[1]);
        }
        all.push_back(std::move(o));
    }
    test::gguf_bytes f;
    f.head(all.size(), 7);
    f.key_text("general.architecture", "gpt2");
    const auto size = [&](const char* key, std::size_t n) { f.key_u32(key, static_cast<std::uint32_t>(n)); };
    size("gpt2.embedding_length", config.width), size("gpt2.block_count", config.layers);
    size("gpt2.attention.head_count", config.heads), size("gpt2.feed_forward_length", config.inner);
    size("gpt2.context_length", config.positions);
    f.key("gpt2.attention.layer_norm_epsilon", 6), f.f32(static_cast<float>(config.norm_eps));
    std::size_t offset = 0;
    for (const one& o : all) {
        if (o.sizes.size() == 2) f.tensor(o.name, {o.sizes[0], o.sizes[1]}, 0, offset);
        else f.tensor(o.name, {o.sizes[0]}, 0, offset);
        offset += o.numbers.size() * sizeof(float); // all are whole units of 32 bytes
    }
    f.align();
    for (const one& o : all)
        for (const float x : o.numbers) f.f32(x);
    return f.take();
}

} // namespace

TEST_CASE("gpt2: the reference's logits") {
    for (const char* config : {"config.json", "config.classic.json"}) {
        NEEDS_SHARED(folder, "fixtures/tiny_gpt2");
        const auto m    = open(folder, config);
        const auto told = test::reference_tensors(folder / "io.safetensors");
        for (int n = 0; n < 4; ++n) {
            const auto at     = [&](const char* what) { return told.at(std::to_string(n) + "." + what); };
            const auto mine   = logits(m, at("ids").list<std::uint32_t>());
            const auto theirs = at("logits").as<float>();
            REQUIRE(mine.flat().size() == theirs.flat().size());
            float worst = 0;
            for (std::size_t i = 0; i < mine.flat().size(); ++i)
                worst = std::max(worst, std::abs(mine.flat()[i] - theirs.flat()[i]));
            CHECK_MESSAGE(worst < 2e-5f, config << ' ' << n << ": " << worst);
        }
    }
}

TEST_CASE("gpt2: the reference's greedy tokens, one token at a time") {
    NEEDS_SHARED(folder, "fixtures/tiny_gpt2");
    const auto m    = open(folder);
    const auto told = load_json(posix_files{}, (folder / "io.json").string());
    REQUIRE(told);
    context c;
    int     texts = 0;
    for (const json_value g : *told->at("greedy").array()) {
        std::vector<std::uint32_t> text, expected, mine;
        for (const json_value id : *g.at("prompt").array()) text.push_back(*id.number<std::uint32_t>());
        for (const json_value id : *g.at("new").array()) expected.push_back(*id.number<std::uint32_t>());
        auto          cache = m.make_cache();
        matrix<float> row(1, m.config.vocabulary);
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

TEST_CASE("gpt2: weights of bf16, and the same bits from a GGUF file") {
    NEEDS_SHARED(folder, "fixtures/tiny_gpt2");
    const auto half   = open(folder / "bf16");
    const auto told   = test::reference_tensors(folder / "bf16/io.safetensors");
    const auto mine   = logits(half, told.at("ids").list<std::uint32_t>());
    const auto theirs = told.at("logits").as<float>();
    for (std::size_t i = 0; i < mine.flat().size(); ++i) CHECK(std::abs(mine.flat()[i] - theirs.flat()[i]) < 2e-5f);

    const auto m       = open(folder);
    const auto weights = load_safetensors(posix_files{}, folder.string());
    REQUIRE(weights);
    test::memory_files fs;
    REQUIRE(write_new_file(fs, "tiny.gguf", as_gguf(*weights, m.config)));
    const auto file = load_gguf(fs, "tiny.gguf");
    REQUIRE_MESSAGE(file, describe(file.error()));
    context    c;
    const auto other = read_gpt2(*file, {}, c);
    REQUIRE_MESSAGE(other, describe(other.error()));
    const std::vector<std::uint32_t> ids{3, 1, 4, 1, 5, 9, 2, 6};
    CHECK(same_bits(logits(m, ids).flat(), logits(*other, ids).flat()));
}

TEST_CASE("gpt2: a row's bits depend on its text alone: not on how it is cut, on neighbours, on threads, on what the "
          "cache held before") {
    NEEDS_SHARED(folder, "fixtures/tiny_gpt2");
    test::check_rows_stand_alone(open(folder));
}

TEST_CASE("gpt2: what cannot be read is refused, and the cache is as it was") {
    NEEDS_SHARED(folder, "fixtures/tiny_gpt2");
    test::check_refusals(open(folder));
}

TEST_CASE("gpt2: its layers in NF4, its tables as they are: logits of the numbers that the codes stand for") {
    NEEDS_SHARED(folder, "fixtures/tiny_gpt2");
    context    c;
    const auto json    = load_json(posix_files{}, (folder / "config.json").string()).value();
    const auto weights = load_safetensors(posix_files{}, folder.string()).value();
    const auto read    = [&] {
        return read_gpt2(weights, read_gpt2_config(json.root()).value(), gpt2_names_of_transformers,
                            {.as = weights_as::nf4}, c)
            .value();
    };
    const auto m      = read();
    auto       floats = read();
    CHECK(m.head.W.floats());
    for (auto& l : floats.layers)
        for (auto* one : {&l.qkv, &l.o, &l.feed.up, &l.feed.down}) {
            any_weights& w = one->W;
            REQUIRE_FALSE(w.floats());
            w = packed_weights({w.out(), w.in(), [&](std::size_t i, std::span<float> to) { w.row(i, to); }});
        }
    const std::uint32_t ids[] = {5, 17, 200, 3, 99, 41};
    const auto          z     = logits(m, ids);
    CHECK(same_bits(z.flat(), logits(floats, ids).flat()));
    CHECK_FALSE(same_bits(z.flat(), logits(open(folder), ids).flat()));
}

TEST_CASE("gpt2: a configuration says what is wrong, by its key") {
    const auto refused = [](const std::string& more) {
        const auto json =
            parse_json(R"({"model_type":"gpt2","vocab_size":8,"n_embd":8,"n_layer":1,"n_positions":8)" + more + "}",
                       "config.json");
        REQUIRE(json);
        const auto c = read_gpt2_config(json->root());
        return c ? std::string("taken") : describe(c.error());
    };
    const auto says = [&](const std::string& more, std::string_view key) {
        return refused(more).find(key) != std::string::npos;
    };
    CHECK(refused(R"(,"n_head":2)") == "taken");
    CHECK(refused(R"(,"n_head":2,"n_inner":null)") == "taken");
    CHECK(refused("").find("config.json: n_head") == 0);
    CHECK(says(R"(,"n_head":3)", "range"));
    CHECK(says(R"(,"n_head":2,"n_inner":0)", "range"));
    CHECK(says(R"(,"n_head":2,"n_inner":-1)", "n_inner"));
    CHECK(says(R"(,"n_head":2,"activation_function":"swish")", "activation_function"));
    CHECK(says(R"(,"n_head":2,"scale_attn_weights":false)", "scale_attn_weights"));
    CHECK(says(R"(,"n_head":2,"scale_attn_by_inverse_layer_idx":true)", "scale_attn_by_inverse_layer_idx"));
    CHECK(says(R"(,"n_head":2,"add_cross_attention":true)", "add_cross_attention"));
    const auto llama = parse_json(R"({"model_type":"llama"})", "config.json");
    CHECK(describe(read_gpt2_config(llama->root()).error()).find("config.json: model_type") == 0);
}

TEST_CASE("gpt2: a file that is not this model's is refused by the tensor's name") {
    NEEDS_SHARED(folder, "fixtures/tiny_gpt2");
    posix_files fs;
    context     c;
    const auto  json    = load_json(fs, (folder / "config.json").string());
    const auto  weights = load_safetensors(fs, folder.string());
    REQUIRE(weights);
    const auto refused = [&](auto&& change) {
        auto sizes = *read_gpt2_config(json->root());
        change(sizes);
        const auto m = read_gpt2(*weights, sizes, gpt2_names_of_transformers, {}, c);
        REQUIRE_FALSE(m);
        return describe(m.error());
    };
    const auto says = [&](auto&& change, std::string_view name) {
        return refused(change).find(name) != std::string::npos;
    };
    CHECK(says([](gpt2_config& s) { s.layers = 3; }, "transformer.h.2.ln_1.weight"));
    CHECK(says([](gpt2_config& s) { s.layers = 1; }, "transformer.h.1."));
    CHECK(says([](gpt2_config& s) { s.inner = 100; }, "transformer.h.0.mlp.c_fc.weight"));
    CHECK(says([](gpt2_config& s) { s.positions = 127; }, "transformer.wpe.weight"));
    CHECK(says([](gpt2_config& s) { s.tied = false; }, "lm_head.weight"));
    CHECK(says([](gpt2_config& s) { s.heads = 0; }, "configuration"));

    test::memory_files fs2;
    REQUIRE(write_new_file(fs2, "llama.gguf", test::small_gguf()));
    const auto other = load_gguf(fs2, "llama.gguf");
    REQUIRE(other);
    CHECK(describe(read_gpt2(*other, {}, c).error()).find("general.architecture") != std::string::npos);
}
