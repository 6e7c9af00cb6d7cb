// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/llama_folder.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/models/peft.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>
#include <graft/weights/safetensors_writer.hpp>

#include <support/decoder_checks.hpp>
#include <support/labelled_batch.hpp>
#include <support/llama_of.hpp>
#include <support/memory_files.hpp>
#include <support/reference.hpp>
#include <support/scratch_folder.hpp>
#include <support/shared.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace graft;

namespace {

using batch = test::labelled_batch;

/// The loss of a batch and the gradients of all updates.
template <class Model, class Scalar = typename Model::scalar>
double step(const Model& m, const lora_set<Scalar>& set, const batch& b, typename lora_set<Scalar>::grads* g,
            context& c, double labelled = 0, std::span<const dropout_mask> masks = {}) {
    const auto            beside = lora_beside(m, set, masks).value();
    matrix<Scalar>        y(b.ids.size(), m.config.width), dy(y.rows(), y.dims());
    typename Model::saved saved;
    const arena::scope    mine(c);
    REQUIRE(m.forward(b.view(), y.view(), beside, &saved, c));
    const auto loss = head_loss<Scalar>(m.head, y.view(), b.labels, labelled > 0 ? labelled : b.labelled, {},
                                        g != nullptr ? dy.view() : matrix_view<Scalar>{}, c, 7);
    REQUIRE(loss);
    if (g != nullptr) {
        const auto to = lora_grads_beside(m, set, *g);
        REQUIRE(m.backward(b.view(), saved, dy.view(), beside, to, c));
    }
    return *loss;
}
void check_grads(const lora_set<float>& set, const lora_set<float>::grads& g,
                 const std::map<std::string, test::reference_tensor>& io, const std::string& prefix = "grad.") {
    for (std::size_t i = 0; i < set.entries.size(); ++i)
        for (const auto& [key, of] :
             {std::pair{detail::peft_key(set.entries[i].name, 'A', set.entries[i].table), &g[i].A},
              {detail::peft_key(set.entries[i].name, 'B', set.entries[i].table), &g[i].B},
              {detail::peft_magnitudes_key(set.entries[i].name) + ".weight", &g[i].m}}) {
            if (of->flat().empty()) continue;
            const auto& want = io.at(prefix + key).values;
            REQUIRE(want.size() == of->flat().size());
            double off = 0, size = 0;
            for (std::size_t t = 0; t < want.size(); ++t) {
                const double d = static_cast<double>(of->data()[t]) - want[t];
                off += d * d, size += want[t] * want[t];
            }
            CHECK_MESSAGE(std::sqrt(off) <= 1e-5 * std::sqrt(size) + 1e-9, key);
        }
}

} // namespace

TEST_CASE("PEFT's adapters beside a Llama: its logits, loss and gradients") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/lora");
    const auto m = test::llama_of(base);
    pool       workers(2);
    for (const char* kind : {"llama", "llama_rslora", "llama_pattern", "llama_dora", "llama_embedding"}) {
        CAPTURE(kind);
        const auto io  = test::reference_tensors(fixtures / kind / "io.safetensors");
        const auto set = load_peft_lora(posix_files{}, (fixtures / kind / "adapter").string(), m);
        REQUIRE_MESSAGE(set, describe(set.error()));
        CHECK(std::string_view(kind).ends_with("embedding") == set->entries[0].table);
        CHECK(std::string_view(kind).ends_with("dora") == !set->entries[0].update.m.flat().empty());
        const auto  json = load_json(posix_files{}, (fixtures / kind / "io.json").string()).value();
        const batch b(io);
        for (const bool threads : {false, true}) {
            context c;
            if (threads) c.executor = workers;
            auto g = set->zero_grads();
            CHECK(step(m, *set, b, &g, c) == doctest::Approx(*json.at("loss").number<double>()).epsilon(1e-5 / 6));
            check_grads(*set, g, io);
        }
        // Read on in a cache, in one piece and token by token.
        context    c;
        const auto beside = lora_beside(m, *set).value();
        for (int n = 0; n < 3; ++n) {
            const auto                 ids  = io.at(std::to_string(n) + ".ids").list<std::uint32_t>();
            const auto                 want = io.at(std::to_string(n) + ".logits").as<float>();
            matrix<float>              z(ids.size(), m.config.vocabulary), one(1, m.config.vocabulary);
            auto                       cache = m.make_cache(), slow = m.make_cache();
            const decoder_input<float> in{ids, &cache};
            REQUIRE(m.forward({&in, 1}, logits_of::all, z.view(), c, beside));
            float worst = 0;
            for (std::size_t i = 0; i < z.flat().size(); ++i)
                worst = std::max(worst, std::abs(z.flat()[i] - want.flat()[i]));
            CHECK(worst < 3e-5f);
            for (std::size_t i = 0; i < ids.size(); ++i) {
                const decoder_input<float> next{std::span(ids).subspan(i, 1), &slow};
                REQUIRE(m.forward({&next, 1}, logits_of::last, one.view(), c, beside));
                CHECK(std::ranges::equal(one.row(0), z.row(i)));
            }
        }
    }
}

TEST_CASE("PEFT's dropout with its own masks: logits, loss and gradients") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixture, "fixtures/lora/llama_dropout");
    const auto m   = test::llama_of(base);
    const auto io  = test::reference_tensors(fixture / "io.safetensors");
    const auto set = load_peft_lora(posix_files{}, (fixture / "adapter").string(), m).value();
    CHECK(set.dropout == .25);
    const batch                             b(io);
    std::vector<std::vector<std::uint32_t>> bits;
    std::vector<dropout_mask>               masks;
    for (const auto& e : set.entries) {
        const auto&       given = io.at("mask." + e.name);
        const std::size_t in = given.dims(), rows = given.values.size() / in, width = dropout_mask::words(in);
        bits.emplace_back(rows * width);
        for (std::size_t i = 0; i < given.values.size(); ++i)
            if (given.values[i] != 0) bits.back()[i / in * width + i % in / 32] |= std::uint32_t{1} << i % in % 32;
        masks.push_back({{bits.back().data(), rows, width}, 1 / .75});
    }
    context    c;
    const auto json = load_json(posix_files{}, (fixture / "io.json").string()).value();
    auto       g    = set.zero_grads();
    CHECK(step(m, set, b, &g, c, 0, masks) == doctest::Approx(*json.at("loss").number<double>()).epsilon(1e-5 / 6));
    check_grads(set, g, io);
    // Logits, from the rows that the head takes.
    const auto    beside = lora_beside(m, set, masks).value(), all = lora_beside(m, set).value();
    const auto    want = io.at("0.logits").as<float>();
    matrix<float> y(b.ids.size(), m.config.width), z(b.ids.size(), m.config.vocabulary);
    REQUIRE(m.forward(b.view(), y.view(), beside, nullptr, c));
    REQUIRE(m.head.forward(y.view(), z.view(), c));
    float worst = 0;
    for (std::size_t i = 0; i < z.flat().size(); ++i) worst = std::max(worst, std::abs(z.data()[i] - want.data()[i]));
    CHECK(worst < 3e-5f);
    // Without a mask it is the adapter as it serves: another answer.
    REQUIRE(m.forward(b.view(), y.view(), all, nullptr, c));
    REQUIRE(m.head.forward(y.view(), z.view(), c));
    worst = 0;
    for (std::size_t i = 0; i < z.flat().size(); ++i) worst = std::max(worst, std::abs(z.data()[i] - want.data()[i]));
    CHECK(worst > 1e-2f);
}

TEST_CASE("a PEFT folder that was written is read back to the bit, for models of either order of rows") {
    const test::scratch_folder at("peft");
    for (const auto& [layout, dora] :
         {std::pair{rotary_layout::halves, false}, {rotary_layout::pairs, false}, {rotary_layout::pairs, true}}) {
        const auto m = test::tiny_llama<float>(3, layout);
        auto       set =
            lora_set<float>::make(lora_places(m, !dora),
                                  {.targets = {"q_proj", "k_proj", "down_proj", dora ? "q_proj" : "embed_tokens"},
                                   .params  = {.rank = 3, .alpha = 7},
                                   .ranks   = {{"layers.1.*", 2}},
                                   .alphas  = {{"down_proj", 1}},
                                   .dropout = .0625,
                                   .dora    = dora})
                .value();
        counter_random r(1);
        for (auto& e : set.entries)
            for (auto part : {e.update.B.flat(), e.update.m.flat(), e.table ? e.update.A.flat() : std::span<float>()})
                for (float& x : part) x = r.unit();
        context c;
        REQUIRE(measure_dora(m, set, c));
        REQUIRE(save_peft_lora(posix_files{}, at.path(), m, set, "tiny"));
        // Only those are named that have another rank or alpha than the first.
        const auto said = test::slurp(at.at / "adapter_config.json");
        CHECK(said.find("\"r\": 3,") != std::string::npos);
        CHECK(said.find("layers.0", said.find("rank_pattern")) ==
              said.find("layers.0.mlp.down_proj", said.find("alpha_pattern")));
        const auto back = load_peft_lora(posix_files{}, at.path(), m);
        REQUIRE_MESSAGE(back, describe(back.error()));
        REQUIRE(back->entries.size() == set.entries.size());
        CHECK(back->dropout == .0625);
        for (std::size_t i = 0; i < set.entries.size(); ++i) {
            CHECK(back->entries[i].name == set.entries[i].name);
            CHECK(back->entries[i].update.scale == set.entries[i].update.scale);
            CHECK(std::ranges::equal(back->entries[i].update.A.flat(), set.entries[i].update.A.flat()));
            CHECK(std::ranges::equal(back->entries[i].update.B.flat(), set.entries[i].update.B.flat()));
            CHECK(std::ranges::equal(back->entries[i].update.m.flat(), set.entries[i].update.m.flat()));
            CHECK(std::ranges::equal(back->entries[i].update.norms.flat(), set.entries[i].update.norms.flat()));
        }
        if (!dora) continue;
        set.entries[1].update.m = {};
        CHECK(save_peft_lora(posix_files{}, at.path(), m, set).error().what == fault::unsupported);
        // Read without its model it was not measured, and cannot stand yet.
        const auto places     = lora_places(m);
        const auto unmeasured = load_peft_lora(posix_files{}, at.path(), std::span(places)).value();
        CHECK(lora_beside(m, unmeasured).error().what == fault::wrong_shape);
    }
}

TEST_CASE(
    "adapters are swapped by a pointer between two calls: each says what it says alone, and none leaves a trace") {
    const auto m      = test::tiny_llama<float>(3);
    const auto places = lora_places(m);
    const auto made   = [&](std::uint64_t seed, std::vector<std::string> targets) {
        auto set = lora_set<float>::make(places, {.targets = std::move(targets), .params = {.rank = 2, .seed = seed}});
        counter_random r(seed);
        for (auto& e : set->entries)
            for (float& x : e.update.B.flat()) x = r.unit();
        return std::move(*set);
    };
    const auto                       a = made(1, {"q_proj", "down_proj"}), b = made(2, {"v_proj"});
    const auto                       at_a = lora_beside(m, a).value(), at_b = lora_beside(m, b).value();
    const std::vector<std::uint32_t> ids{3, 1, 4, 1, 5, 9, 2, 6};
    const auto                       says = [&](const llama<float>& by, llama<float>::updates beside) {
        context                    c;
        auto                       cache = by.make_cache();
        matrix<float>              z(ids.size(), by.config.vocabulary);
        const decoder_input<float> in{ids, &cache};
        REQUIRE(by.forward({&in, 1}, logits_of::all, z.view(), c, beside));
        return z;
    };
    const auto same = [](const matrix<float>& x, const matrix<float>& y) {
        return std::ranges::equal(x.flat(), y.flat());
    };
    const auto fresh = [] { return test::tiny_llama<float>(3); };
    const auto bare = says(fresh(), {}), with_a = says(fresh(), at_a), with_b = says(fresh(), at_b);
    CHECK_FALSE(same(bare, with_a));
    CHECK_FALSE(same(with_a, with_b));
    for (int round = 0; round < 2; ++round) {
        CHECK(same(says(m, at_a), with_a));
        CHECK(same(says(m, at_b), with_b));
        CHECK(same(says(m, {}), bare));
    }
    // Two texts, each read on in its own cache by its own updates, call by call.
    context       c;
    auto          of_a = m.make_cache(), of_b = m.make_cache();
    matrix<float> z(1, m.config.vocabulary);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const decoder_input<float> to_a{std::span(ids).subspan(i, 1), &of_a}, to_b{std::span(ids).subspan(i, 1), &of_b};
        REQUIRE(m.forward({&to_a, 1}, logits_of::last, z.view(), c, at_a));
        CHECK(std::ranges::equal(z.row(0), with_a.row(i)));
        REQUIRE(m.forward({&to_b, 1}, logits_of::last, z.view(), c, at_b));
        CHECK(std::ranges::equal(z.row(0), with_b.row(i)));
    }
}

TEST_CASE("PEFT folders that are not LoRA as graft has it are refused by what they say") {
    const test::scratch_folder at("peft_bad");
    const auto                 m     = test::tiny_llama<float>(3);
    const auto                 set   = lora_set<float>::make(lora_places(m), {.targets = {"q_proj"}}).value();
    const auto                 saved = save_peft_lora(posix_files{}, at.path(), m, set);
    REQUIRE_MESSAGE(saved, describe(saved.error()));
    const auto whole = test::slurp(at.at / "adapter_config.json");
    const auto with  = [&](const std::string& from, const std::string& to) {
        auto       text  = whole;
        const auto place = text.find(from);
        REQUIRE(place != std::string::npos);
        text.replace(place, from.size(), to);
        at.write("adapter_config.json", text);
        const auto got = load_peft_lora(posix_files{}, at.path(), m);
        REQUIRE_FALSE(got);
        return got.error();
    };
    CHECK(with("\"LORA\"", "\"IA3\"").what == fault::unsupported);
    CHECK(with("\"LORA\"", "7").what == fault::bad_format);
    CHECK(with("\"bias\": \"none\"", "\"bias\": \"all\"").subject.find("bias") != std::string::npos);
    CHECK(with("\"use_dora\": false", "\"use_dora\": true").what == fault::absent);
    CHECK(with("\"use_dora\": false", "\"use_qalora\": true").subject.find("use_qalora") != std::string::npos);
    CHECK(with("\"use_rslora\": false", "\"modules_to_save\": [\"lm_head\"]").what == fault::unsupported);
    CHECK(with("\"r\": 8,", "").what == fault::absent);
    CHECK(with("\"lora_dropout\": 0", "\"lora_dropout\": 1").subject.find("lora_dropout") != std::string::npos);
    CHECK(with("\"r\": 8,", "\"r\": 8, \"init_lora_weights\": \"pissa\",").what == fault::unsupported);
    // All have what is said once: no pattern.
    const auto pattern = [&](const char* of) {
        return with("\"rank_pattern\": {}", "\"rank_pattern\": {" + std::string(of) + "}").what;
    };
    CHECK(pattern("\"q_proj|v_proj\": 8") == fault::unsupported);
    CHECK(pattern("\"model.layers.0.self_attn.q_proj\": 9") == fault::wrong_shape);
    CHECK(pattern("\"model.layers.0.self_attn.q_proj\": 99") == fault::rank_too_high);
    CHECK(whole.find("\"alpha_pattern\": {}") != std::string::npos);
    at.write("adapter_config.json", whole);
    const auto places = lora_places(m);
    // Beside a model without such a layer its tensors are what nothing takes.
    CHECK(load_peft_lora(posix_files{}, at.path(), std::span(places).first(7)).error().what == fault::unexpected);
}

TEST_CASE("gradients that are added up over micro-batches are those of the big batch") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/lora/llama_accumulation");
    const auto  m   = test::llama_of(base);
    const auto  io  = test::reference_tensors(fixtures / "io.safetensors");
    const auto  set = load_peft_lora(posix_files{}, (fixtures / "adapter").string(), lora_places(m)).value();
    const batch first(io, "first."), second(io, "second.");
    context     c;
    auto        g = set.zero_grads();
    (void)step(m, set, first, &g, c, first.labelled + second.labelled);
    (void)step(m, set, second, &g, c, first.labelled + second.labelled);
    check_grads(set, g, io);
}

TEST_CASE("QLoRA: a base that bitsandbytes put into NF4, PEFT's adapter beside it: their logits, loss and gradients") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/nf4");
    // The linear weights in NF4, all other tensors as they are, in one file.
    const auto coded = load_safetensors(posix_files{}, (fixtures / "qlora/base_nf4.safetensors").string());
    REQUIRE_MESSAGE(coded, describe(coded.error()));
    const auto          whole = load_safetensors(posix_files{}, base.string()).value();
    std::vector<tensor> all(coded->list().begin(), coded->list().end());
    for (const tensor& t : whole.list())
        if (coded->find(t.name) == nullptr) all.push_back(t);
    test::memory_files fs;
    REQUIRE(save_safetensors(fs, "model.safetensors", all));
    const auto file   = load_safetensors(fs, "model.safetensors").value();
    const auto json   = load_json(posix_files{}, (base / "config.json").string()).value();
    const auto config = read_llama_config(json.root()).value();
    const auto read   = [&](const tensors& from, weights_as as) {
        context c;
        auto    m = read_llama(from, config, llama_names_of_transformers, {.as = as}, c);
        REQUIRE_MESSAGE(m, describe(m.error()));
        return std::move(*m);
    };

    const auto io   = test::reference_tensors(fixtures / "qlora/io.safetensors");
    const auto told = load_json(posix_files{}, (fixtures / "nf4.json").string()).value();
    const auto ids  = io.at("ids").list<std::uint32_t>();
    const auto want = io.at("logits").as<float>();
    batch      b;
    b.add(ids, io.at("labels").list<std::int64_t>());
    pool workers(2);
    for (const weights_as as : {weights_as::filed, weights_as::nf4, weights_as::floats}) {
        const auto m   = read(file, as);
        const auto set = load_peft_lora(posix_files{}, (fixtures / "qlora/adapter").string(), m);
        REQUIRE_MESSAGE(set, describe(set.error()));
        CHECK(m.layers[0].q.W.floats() == (as == weights_as::floats));
        CHECK(m.head.W.floats());
        std::vector<lora_set<float>::grads> given;
        for (const bool threads : {false, true}) {
            context c;
            if (threads) c.executor = workers;
            auto g = set->zero_grads();
            CHECK(step(m, *set, b, &g, c) ==
                  doctest::Approx(*told.at("qlora_loss").number<double>()).epsilon(1e-5 / 6));
            check_grads(*set, g, io);
            given.push_back(std::move(g));
        }
        for (std::size_t i = 0; i < given[0].size(); ++i)
            CHECK((std::ranges::equal(given[0][i].A.flat(), given[1][i].A.flat()) &&
                   std::ranges::equal(given[0][i].B.flat(), given[1][i].B.flat())));
        context                    c;
        const auto                 beside = lora_beside(m, *set).value();
        matrix<float>              z(ids.size(), m.config.vocabulary);
        auto                       cache = m.make_cache();
        const decoder_input<float> in{ids, &cache};
        REQUIRE(m.forward({&in, 1}, logits_of::all, z.view(), c, beside));
        float worst = 0;
        for (std::size_t i = 0; i < z.flat().size(); ++i)
            worst = std::max(worst, std::abs(z.flat()[i] - want.flat()[i]));
        CHECK(worst < 3e-5f);
    }

    // Put into NF4 as it is read: the same codes, scales that are a neighbour's at most, and the same loss nearly.
    const auto own = read(whole, weights_as::nf4), theirs = read(file, weights_as::nf4);
    const auto set = load_peft_lora(posix_files{}, (fixtures / "qlora/adapter").string(), own).value();
    context    c;
    CHECK(step(own, set, b, nullptr, c) == doctest::Approx(*told.at("qlora_loss").number<double>()).epsilon(2e-4));
    double off = 0, size = 0;
    for (std::size_t l = 0; l < own.layers.size(); ++l)
        for (const auto& at : detail::llama_matrices<llama<float>::layer>) {
            const auto &       a = at.weight(own.layers[l]).W, &o = at.weight(theirs.layers[l]).W;
            std::vector<float> x(a.in()), y(a.in());
            for (std::size_t i = 0; i < a.out(); ++i) {
                a.row(i, x), o.row(i, y);
                for (std::size_t t = 0; t < x.size(); ++t)
                    off  = std::max(off, std::abs(static_cast<double>(x[t] - y[t]))),
                    size = std::max(size, std::abs(static_cast<double>(y[t])));
            }
        }
    CHECK(off < .02 * size);
}
