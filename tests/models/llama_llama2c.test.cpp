// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/json/json.hpp>
#include <graft/models/llama_llama2c.hpp>
#include <graft/store/posix.hpp>

#include <support/reference.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

using namespace graft;

namespace {

std::vector<std::uint32_t> ids_of(json_value list) {
    std::vector<std::uint32_t> out;
    for (const json_value id : *list.array()) out.push_back(*id.number<std::uint32_t>());
    return out;
}
matrix<float> logits(const llama<float>& m, std::span<const std::uint32_t> ids) {
    context                    c;
    auto                       cache = m.make_cache();
    matrix<float>              out(ids.size(), m.config.vocabulary);
    const decoder_input<float> one{ids, &cache};
    REQUIRE(m.forward({&one, 1}, logits_of::all, out.view(), c));
    return out;
}
/// -log of the probability of a token.
double loss(std::span<const float> row, std::uint32_t id) {
    double sum = 0;
    for (const float z : row) sum += std::exp(static_cast<double>(z) - static_cast<double>(row[id]));
    return std::log(sum);
}

} // namespace

TEST_CASE("stories260k: every id of the reference, its logits, its losses, its greedy stories") {
    NEEDS_SHARED(model, "data/models/stories260K");
    NEEDS_SHARED(fixture, "fixtures/stories260k");
    const auto told    = test::reference_tensors(fixture / "io.safetensors");
    const auto io      = load_json(posix_files{}, (fixture / "io.json").string());
    const auto words   = load_llama2c_vocabulary(posix_files{}, (model / "tokenizer.bin").string());
    const auto reading = read_llama2c_tokenizer(*words, 512);
    REQUIRE_MESSAGE(reading, describe(reading.error()));
    for (const char* name : {"checkpoint_legacy.bin", "checkpoint_v1.bin"}) {
        context    c;
        const auto file = load_llama2c(posix_files{}, (model / name).string());
        REQUIRE(file);
        const auto m = read_llama(*file, {}, c);
        REQUIRE_MESSAGE(m, describe(m.error()));
        std::size_t n = 0;
        for (const json_value p : *io->at("prompts").array()) {
            auto       text = ids_of(p.at("ids"));
            const auto mine = reading->encode(*p.at("text").text(), c).value();
            CHECK(std::ranges::equal(mine.ids, text));
            const auto z    = logits(*m, text);
            const auto want = told.at(std::to_string(n) + ".logits").as<float>();
            REQUIRE(z.flat().size() == want.flat().size());
            float worst = 0;
            for (std::size_t i = 0; i < z.flat().size(); ++i)
                worst = std::max(worst, std::abs(z.flat()[i] - want.flat()[i]));
            CHECK_MESSAGE(worst < 1e-4f, name << ' ' << n << ": " << worst);

            const auto                 expected = ids_of(p.at("greedy"));
            std::vector<std::uint32_t> said;
            auto                       cache = m->make_cache();
            matrix<float>              row(1, 512);
            while (said.size() < expected.size()) {
                const decoder_input<float> in{std::span(text).subspan(cache.size()), &cache};
                REQUIRE(m->forward({&in, 1}, logits_of::last, row.view(), c));
                said.push_back(static_cast<std::uint32_t>(std::max_element(row.data(), row.data() + 512) - row.data()));
                text.push_back(said.back());
            }
            CHECK(said == expected);
            CHECK(reading->decode(text, c).value() == *p.at("decoded").text());
            ++n;
        }
        CHECK(n == 4);
        n = 0;
        for (const json_value line : *io->at("lines").array()) {
            const auto ids = ids_of(line.at("ids"));
            CHECK(std::ranges::equal(reading->encode(*line.at("text").text(), c).value().ids, ids));
            const auto z    = logits(*m, ids);
            const auto want = told.at("line." + std::to_string(n++) + ".loss").list<double>();
            REQUIRE(want.size() + 1 == ids.size());
            double mean = 0;
            for (std::size_t i = 0; i < want.size(); ++i) {
                const double mine = loss(z.row(i), ids[i + 1]);
                CHECK(std::abs(mine - want[i]) < 1e-4);
                mean += mine / static_cast<double>(want.size());
            }
            CHECK(std::abs(mean - *line.at("mean_loss").number<double>()) < 1e-4);
        }
        CHECK(n == 24);
    }
}

TEST_CASE("llama2c: a vocabulary that is another one's is refused") {
    llama2c_vocabulary v;
    v.tokens = {"<unk>", "<s>", "</s>"};
    v.scores = {0, 0, 0};
    CHECK(read_llama2c_tokenizer(v, 512).error().what == fault::wrong_shape);
    CHECK(read_llama2c_tokenizer(v, 3).error().what == fault::wrong_shape);
    v.tokens.resize(300, "a");
    v.scores.resize(300);
    const auto r = read_llama2c_tokenizer(v, 300);
    REQUIRE_FALSE(r);
    CHECK(r.error().what == fault::malformed);
    CHECK(r.error().where == 3);
}
