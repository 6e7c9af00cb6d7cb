// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/cross_encoder_folder.hpp>
#include <graft/models/fresh_classifier.hpp>
#include <graft/store/posix.hpp>

#include <support/copied_folder.hpp>
#include <support/gradient.hpp>
#include <support/reference.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace graft;

namespace {

result<void> fresh(const std::filesystem::path& base, const test::copied_folder& to, std::size_t labels = 1,
                   std::uint64_t seed = 7) {
    return save_fresh_classifier(posix_files{}, base.string(), to.at.string(), labels, seed);
}
std::string weights(const test::copied_folder& of) { return test::slurp(of.at / "model.safetensors"); }

} // namespace

TEST_CASE("the encoder stays what it was to the bit, under a head of small numbers; the same seed, the same bytes") {
    NEEDS_SHARED(all, "fixtures/tiny_bert");
    context             c;
    test::copied_folder one, same, other;
    REQUIRE(fresh(all / "hf", one));
    REQUIRE(fresh(all / "hf", same));
    REQUIRE(fresh(all / "hf", other, 1, 8));
    CHECK(weights(one) == weights(same));
    CHECK(weights(one) != weights(other));
    const auto base = load_bert_folder(posix_files{}, (all / "hf").string(), {}, {}, {}, c).value();
    auto       made = load_cross_encoder(posix_files{}, one.at.string(), c);
    REQUIRE_MESSAGE(made, describe(made.error()));
    CHECK(made->labels() == 1);
    CHECK(made->words().size() == base.words.size());
    const std::vector<std::uint32_t> ids{2, 7, 9, 3, 11, 3};
    const std::size_t                end[] = {6};
    matrix<float>                    want(6, 32), got(6, 32), score(1, 1);
    REQUIRE(base.model.forward({ids, {}, end}, want.view(), {}, nullptr, c));
    REQUIRE(made->model().forward({ids, {}, end}, got.view(), {}, nullptr, c));
    CHECK(std::ranges::equal(want.flat(), got.flat()));
    const bert_head<float> head{made->model()};
    REQUIRE(head.forward(got.view(), end, score.view(), nullptr, c));
    CHECK(score.data()[0] != 0);
    CHECK(std::abs(score.data()[0]) < .02f * 1.74f * 32);
}

TEST_CASE(
    "a folder of sentence-transformers, several labels; without a pooler one that changes nothing but by its tanh") {
    NEEDS_SHARED(all, "fixtures/tiny_bert");
    context             c;
    test::copied_folder to, bare, again;
    REQUIRE(fresh(all / "st", to, 3));
    CHECK(load_cross_encoder(posix_files{}, to.at.string(), c).value().labels() == 3);
    // Its tensors once more, without the pooler.
    const auto          file = load_safetensors(posix_files{}, (all / "hf").string()).value();
    std::vector<tensor> some;
    for (const tensor& t : file.list())
        if (t.name.find("pooler") == t.name.npos) some.push_back(t);
    for (const char* name : {"config.json", "tokenizer.json", "tokenizer_config.json"}) bare.add(all / "hf" / name);
    REQUIRE(save_safetensors(posix_files{}, (bare.at / "model.safetensors").string(), some));
    REQUIRE(fresh(bare.at, again));
    const auto    e = load_cross_encoder(posix_files{}, again.at.string(), c).value();
    matrix<float> x(1, 32), y(1, 32);
    for (std::size_t i = 0; i < 32; ++i) x.data()[i] = static_cast<float>(i) - 9.5f;
    REQUIRE(e.model().pooler->forward(x.view(), y.view(), c));
    CHECK(std::ranges::equal(x.flat(), y.flat()));
}

TEST_CASE("what it gives can be merged with what was tuned beside it") {
    NEEDS_SHARED(all, "fixtures/tiny_bert");
    context             c;
    test::copied_folder start, whole;
    REQUIRE(fresh(all / "hf", start));
    auto e   = load_cross_encoder(posix_files{}, start.at.string(), c).value();
    auto set = lora_set<float>::make(lora_places(e.model()), {.params = {.rank = 1}}).value();
    for (std::size_t i = 0; i < set.entries.size(); ++i)
        set.entries[i].update.B = test::random_matrix<float>(set.entries[i].update.out(), 1, i);
    REQUIRE(save_merged_folder(posix_files{}, start.at.string(), set, whole.at.string(), {}, c));
    const auto      merged = load_cross_encoder(posix_files{}, whole.at.string(), c).value();
    const text_pair pair[] = {{{{}, "the cat"}, {{}, "a dog sat on the mat"}}};
    float           plain = 0, beside = 0, within = 0;
    REQUIRE(e.classify(pair, {&plain, 1, 1}, c));
    REQUIRE(e.adapt(set));
    REQUIRE(e.classify(pair, {&beside, 1, 1}, c));
    REQUIRE(merged.classify(pair, {&within, 1, 1}, c));
    CHECK(beside == doctest::Approx(within).epsilon(1e-5));
    CHECK(beside != plain);
}

TEST_CASE("what is no bare encoder is refused, and no config.json is written") {
    NEEDS_SHARED(all, "fixtures/tiny_bert");
    const auto why = [&](const std::filesystem::path& base, std::size_t labels = 1) {
        const test::copied_folder to;
        const auto                ok = fresh(base, to, labels);
        REQUIRE(!ok);
        CHECK_FALSE(std::filesystem::exists(to.at / "config.json"));
        return ok.error().what;
    };
    CHECK(why(all / "hf", 0) == fault::bad_argument);
    CHECK(why(all / "cross_encoder") == fault::unexpected);
    CHECK(why(all / "no_such") == fault::not_found);
    const test::copied_folder wide(all / "hf");
    wide.replace("config.json", "\"hidden_size\": 32", "\"hidden_size\": 4000000000");
    CHECK(why(wide.at) == fault::wrong_shape);
}
