// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/finite.hpp>
#include <graft/embed/cross_encoder_folder.hpp>
#include <graft/store/posix.hpp>

#include "support/copied_folder.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using namespace graft;
using test::copied_folder;

namespace {

/// The pairs of the reference, and the ids it made of them.
struct pairs {
    std::vector<std::string>                first, second;
    std::vector<std::vector<std::uint32_t>> ids, types;

    explicit pairs(const std::filesystem::path& io) {
        const auto file = load_json(posix_files{}, io.string());
        REQUIRE(file);
        const auto numbers = [](json_value list) {
            std::vector<std::uint32_t> out;
            for (const json_value n : *list.array()) out.push_back(*n.number<std::uint32_t>());
            return out;
        };
        for (const json_value p : *file->at("cross_encoder").at("pairs").array()) {
            first.emplace_back(*p.at("a").text());
            second.emplace_back(*p.at("b").text());
            ids.push_back(numbers(p.at("ids")));
            types.push_back(numbers(p.at("types")));
        }
    }
    std::vector<text_pair> views() const {
        std::vector<text_pair> out;
        for (std::size_t i = 0; i < first.size(); ++i) out.push_back({{{}, first[i]}, {{}, second[i]}});
        return out;
    }
};

cross_encoder opened(const std::filesystem::path& folder, const cross_encoder_params& with = {}) {
    context c;
    auto    e = load_cross_encoder(posix_files{}, folder.string(), c, with);
    if (!e) FAIL(describe(e.error()));
    return *std::move(e);
}
std::vector<float> scored(const cross_encoder& e, std::span<const text_pair> in, context& c) {
    std::vector<float> out(in.size() * e.labels());
    const auto         ok = e.classify(in, {out.data(), in.size(), e.labels()}, c);
    if (!ok) FAIL(describe(ok.error()));
    return out;
}
double furthest(std::span<const float> got, const std::vector<double>& want) {
    REQUIRE(got.size() == want.size());
    double worst = 0;
    for (std::size_t i = 0; i < want.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(got[i]) - want[i]));
    return worst;
}
bool same(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}
error refused(const std::filesystem::path& at) {
    context    c;
    const auto e = load_cross_encoder(posix_files{}, at.string(), c);
    REQUIRE(!e);
    return e.error();
}

} // namespace

static_assert(reranker<cross_encoder>);
static_assert(!std::copy_constructible<cross_encoder>);

TEST_CASE("a cross-encoder gives the ids, the logits and the scores of the reference") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    const pairs p(folder / "io.json");
    const auto  want = test::reference_tensors(folder / "embeddings.safetensors");
    context     c;
    const auto  e = opened(folder / "cross_encoder");
    CHECK(e.labels() == 1);
    CHECK(e.max_tokens() == 20); // its tokenizer.json says 24
    const auto in = p.views();
    for (std::size_t i = 0; i < in.size(); ++i) {
        const auto t = e.words().encode(p.first[i], p.second[i], c, {.max_tokens = e.max_tokens()}).value();
        CHECK(std::equal(t.ids.begin(), t.ids.end(), p.ids[i].begin(), p.ids[i].end()));
        CHECK(std::equal(t.types.begin(), t.types.end(), p.types[i].begin(), p.types[i].end()));
    }
    CHECK(furthest(scored(e, in, c), want.at("cross_encoder.scores").values) < 1e-5);
    const auto bare = opened(folder / "cross_encoder", {.f = activation::identity});
    CHECK(furthest(scored(bare, in, c), want.at("cross_encoder.logits").values) < 1e-5);
    CHECK(bare.fingerprint() != e.fingerprint());
    CHECK(opened(folder / "cross_encoder").fingerprint() == e.fingerprint());
}

TEST_CASE("a pair has the same bits whatever is beside it, in whatever order, on any number of threads") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    const pairs p(folder / "io.json");
    const auto  in = p.views();
    context     c;
    const auto  whole = scored(opened(folder / "cross_encoder"), in, c);
    for (std::size_t tokens : {1u, 25u, 4096u}) {
        const auto e = opened(folder / "cross_encoder", {.batch_tokens = tokens});
        CHECK(same(scored(e, in, c), whole));
        for (std::size_t width : {2u, 7u}) {
            context many{threads(width)};
            CHECK(same(scored(e, in, many), whole));
        }
        auto turned = in;
        std::reverse(turned.begin(), turned.end());
        auto back = scored(e, turned, c);
        std::reverse(back.begin(), back.end());
        CHECK(same(back, whole));
        for (std::size_t i = 0; i < in.size(); ++i)
            CHECK(same(scored(e, {&in[i], 1}, c), std::span(whole).subspan(i, 1)));
    }
}

TEST_CASE("a question beside passages is its pairs, and a prefix stands before its body") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/cross_encoder");
    const auto         e = opened(folder);
    context            c;
    const text_view    passages[] = {{{}, "the quick brown fox"}, {"the quick", "brown fox"}, {{}, " \n"}, {}};
    std::vector<float> got(4);
    REQUIRE(e.score("red fox", passages, got, c));
    const text_pair as_pairs[] = {{{{}, "red fox"}, passages[0]}, {{{}, "red fox"}, passages[3]}};
    const auto      want       = scored(e, as_pairs, c);
    CHECK(got[0] == want[0]);
    CHECK(got[1] == want[0]);
    CHECK(got[2] == want[1]);
    CHECK(got[3] == want[1]);
    CHECK(got[0] != got[3]);
    std::vector<float> none;
    CHECK(e.score("red fox", {}, none, c));
    CHECK(e.score("red fox", passages, none, c).error().what == fault::wrong_shape);
    matrix<float> wrong(2, 2);
    CHECK(e.classify(as_pairs, wrong.view(), c).error().what == fault::wrong_shape);

    const std::string  hostile    = std::string(200'000, '(') + "\xff\xfe" + std::string(1000, ' ');
    const text_view    long_one[] = {{{}, hostile}};
    std::vector<float> one(1);
    CHECK(e.score(hostile, long_one, one, c)); // cut, both alike
    CHECK(is_finite(one[0]));
}

TEST_CASE("the function of the scores is read where each version writes it") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    const pairs p(folder / "io.json");
    const auto  want = test::reference_tensors(folder / "embeddings.safetensors");
    context     c;
    const auto  is_bare = [&](const copied_folder& f) {
        const auto got = scored(opened(f.at), p.views(), c);
        if (furthest(got, want.at("cross_encoder.logits").values) < 1e-5) return true;
        CHECK(furthest(got, want.at("cross_encoder.scores").values) < 1e-5);
        return false;
    };
    const std::string identity = "\"torch.nn.modules.linear.Identity\"";
    {
        copied_folder f(folder / "cross_encoder");
        f.replace("config_sentence_transformers.json", "\"torch.nn.modules.activation.Sigmoid\"", identity);
        CHECK(is_bare(f));
    }
    copied_folder f(folder / "cross_encoder"); // a folder of transformers alone
    std::filesystem::remove(f.at / "config_sentence_transformers.json");
    std::filesystem::remove(f.at / "modules.json");
    CHECK(!is_bare(f)); // one label: a probability
    f.replace("config.json", "\"use_cache\"",
              "\"sbert_ce_default_activation_function\": " + identity + ",\n \"use_cache\"");
    CHECK(is_bare(f));
    f.replace(
        "config.json", "\"use_cache\"",
        "\"sentence_transformers\": {\"activation_fn\": \"torch.nn.modules.activation.Sigmoid\"},\n \"use_cache\"");
    CHECK(!is_bare(f));
    f.replace("config.json", "activation.Sigmoid", "activation.Softsign");
    CHECK(refused(f.at).what == fault::unsupported);
}

TEST_CASE("what a folder of a cross-encoder contradicts or lacks is refused with file and place") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/cross_encoder");
    NEEDS_SHARED(plain, "fixtures/tiny_bert/hf");
    const auto why = refused(plain); // no classifier
    CHECK(why.what == fault::absent);
    CHECK(why.subject.find("classifier") != std::string::npos);
    {
        copied_folder f(folder);
        f.replace("config.json", "\"0\": \"LABEL_0\"", "\"0\": \"no\", \"1\": \"yes\"");
        CHECK(refused(f.at).what == fault::wrong_shape);
        f.replace("config.json", "\"0\": \"no\", \"1\": \"yes\"", "");
        CHECK(refused(f.at).what == fault::wrong_shape); // two, where none is named
    }
    {
        copied_folder f(folder);
        f.replace("modules.json", "transformer.Transformer", "dense.Dense");
        CHECK(refused(f.at).what == fault::unsupported);
        f.put("modules.json", "{}");
        CHECK(refused(f.at).what == fault::bad_format);
    }
    context    c;
    const auto limited = [&](std::size_t n) {
        return load_cross_encoder(posix_files{}, folder.string(), c, {.max_tokens = n});
    };
    CHECK(limited(4).error().what == fault::bad_argument);
    CHECK(limited(65).error().what == fault::bad_argument);
    CHECK(limited(64));
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    const auto      e    = opened(folder);
    const text_pair in[] = {{{{}, "a"}, {{}, "b"}}};
    float           out  = 0;
    CHECK(e.classify(in, {&out, 1, 1}, c).error().what == fault::stopped);
}

TEST_CASE(
    "beside a PEFT adapter: the reference's logits; taken away again, the base to the bit; merged, within rounding") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    NEEDS_SHARED(adapter, "fixtures/lora/bert_bce/adapter");
    const pairs all(folder / "io.json");
    const auto  in = all.views();
    context     c;
    auto        base   = opened(folder / "cross_encoder", {.f = activation::identity});
    auto        beside = opened(folder / "cross_encoder", {.f = activation::identity, .adapter = adapter.string()});
    const auto  plain = scored(base, in, c), adapted = scored(beside, in, c);
    CHECK(plain != adapted);
    CHECK(beside.fingerprint() != base.fingerprint());
    // By hand: the tokens of the reference, through the model with the updates.
    const auto             set   = load_peft_lora(posix_files{}, adapter.string(), base.model()).value();
    const auto             hands = lora_beside(base.model(), set).value();
    const bert_head<float> head{base.model(), hands.pooler, hands.classifier};
    for (std::size_t i = 0; i < in.size(); ++i) {
        const std::vector<std::uint8_t> types(all.types[i].begin(), all.types[i].end());
        const std::size_t               end[] = {types.size()};
        matrix<float>                   rows(types.size(), 32), one(1, 1);
        REQUIRE(base.model().forward({all.ids[i], types, end}, rows.view(), hands.layers, nullptr, c));
        REQUIRE(head.forward(rows.view(), end, one.view(), nullptr, c));
        CHECK(one.data()[0] == adapted[i]);
        bool as_read = false;
        REQUIRE(base.token_ids(in[i], 0, c, [&](auto ids, auto kinds) {
            as_read = std::ranges::equal(ids, all.ids[i]) && std::ranges::equal(kinds, types);
        }));
        CHECK(as_read);
    }
    cross_encoder moved = std::move(beside);
    context       many{threads(3)};
    CHECK(scored(moved, in, many) == adapted);
    REQUIRE(moved.adapt({}));
    CHECK(scored(moved, in, c) == plain);
    CHECK(moved.fingerprint() == base.fingerprint());
    REQUIRE(moved.merge(set));
    const auto within = scored(moved, in, c);
    for (std::size_t i = 0; i < in.size(); ++i) CHECK(std::abs(within[i] - adapted[i]) < 1e-5f);
}
