// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/store/posix.hpp>

#include "support/copied_folder.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

using namespace graft;
using test::copied_folder;

namespace {

struct texts {
    std::vector<std::string> owned;

    explicit texts(const std::filesystem::path& io, const char* key = "texts") {
        const auto file = load_json(posix_files{}, io.string());
        REQUIRE(file);
        for (const json_value t : *file->at(key).array())
            owned.emplace_back(t.kind() == json_kind::object ? *t.at("text").text() : *t.text());
    }
    std::vector<text_view> views() const {
        std::vector<text_view> out;
        for (const auto& t : owned) out.push_back({{}, t});
        return out;
    }
};

sentence_encoder opened(const std::filesystem::path& folder, const sentence_encoder_params& with = {}) {
    context c;
    auto    e = load_sentence_encoder(posix_files{}, folder.string(), c, with);
    if (!e) FAIL(describe(e.error()));
    return *std::move(e);
}
double furthest(const matrix<float>& got, const std::vector<double>& want) {
    REQUIRE(got.flat().size() == want.size());
    double worst = 0;
    for (std::size_t i = 0; i < want.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(got.data()[i]) - want[i]));
    return worst;
}
bool same(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}
matrix<float> encoded(const sentence_encoder& e, std::span<const text_view> in, context& c, bool query = false) {
    matrix<float> out(in.size(), e.dims());
    const auto    ok = query ? e.encode_query(in, out.view(), c) : e.encode(in, out.view(), c);
    if (!ok) FAIL(describe(ok.error()));
    return out;
}

error refused(const copied_folder& f) {
    context    c;
    const auto e = load_sentence_encoder(posix_files{}, f.at.string(), c);
    REQUIRE(!e);
    return e.error();
}

} // namespace

static_assert(embedder<sentence_encoder>);

TEST_CASE("folders of sentence-transformers 6 and of versions 2 to 4 give the vectors of the reference") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    const texts t(folder / "io.json");
    const auto  want = test::reference_tensors(folder / "embeddings.safetensors");
    context     c;
    for (const char* name : {"st", "st_classic"}) {
        const auto e = opened(folder / name);
        CHECK(e.dims() == 32);
        CHECK(e.max_tokens() == 24);
        CHECK(furthest(encoded(e, t.views(), c), want.at("st.embeddings").values) < 1e-5);
    }
    const auto dense = opened(folder / "st_dense"); // two poolings, a layer, a prompt for questions
    CHECK(dense.dims() == 24);
    CHECK(furthest(encoded(dense, t.views(), c), want.at("st_dense.embeddings").values) < 1e-5);
    CHECK(furthest(encoded(dense, t.views(), c, true), want.at("st_dense.query_embeddings").values) < 1e-5);
    const auto    plain = opened(folder / "hf"); // no modules.json: the mean, not scaled
    matrix<float> y     = encoded(plain, t.views(), c);
    normalise_rows<float>(y.view(), y.view());
    const auto few = opened(folder / "hf", {.max_tokens = 24});
    y              = encoded(few, t.views(), c);
    normalise_rows<float>(y.view(), y.view());
    CHECK(furthest(y, want.at("st.embeddings").values) < 1e-5);
}

TEST_CASE("the same text has the same bits whatever the batch, the order, the threads") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    const texts t(folder / "io.json");
    const auto  in = t.views();
    context     c;
    const auto  whole = encoded(opened(folder / "st"), in, c);
    for (std::size_t tokens : {1u, 7u, 30u, 4096u}) {
        const auto e = opened(folder / "st", {.batch_tokens = tokens});
        CHECK(same(encoded(e, in, c).flat(), whole.flat()));
        for (std::size_t width : {2u, 7u}) {
            context many{threads(width)};
            CHECK(same(encoded(e, in, many).flat(), whole.flat()));
        }
        auto turned = in;
        std::reverse(turned.begin(), turned.end());
        const auto back = encoded(e, turned, c);
        for (std::size_t i = 0; i < in.size(); ++i) CHECK(same(back.row(in.size() - 1 - i), whole.row(i)));
        for (std::size_t i = 0; i < in.size(); ++i) CHECK(same(encoded(e, {&in[i], 1}, c).flat(), whole.row(i)));
    }
}

TEST_CASE("a prefix stands before the body, prompts may be given, a prefix of the vector is scaled again") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    context         c;
    const auto      e       = opened(folder / "st");
    const text_view parts[] = {{"the quick", "brown fox"}}, whole[] = {{{}, "the quick brown fox"}},
                    bare[] = {{{}, "brown fox"}};
    const auto as_one      = encoded(e, whole, c);
    CHECK(same(encoded(e, parts, c).flat(), as_one.flat()));
    const auto asking = opened(folder / "st", {.query_prompt = "the quick "});
    CHECK(same(encoded(asking, bare, c, true).flat(), as_one.flat()));
    CHECK(same(encoded(asking, whole, c).flat(), as_one.flat()));
    CHECK(asking.fingerprint() != e.fingerprint());
    CHECK(opened(folder / "st").fingerprint() == e.fingerprint());
    CHECK(opened(folder / "st_dense").fingerprint() != e.fingerprint());

    const auto first = opened(folder / "st", {.dims = 8});
    CHECK(first.dims() == 8);
    const auto v   = encoded(first, whole, c);
    double     sum = 0, along = 0, size = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        sum += static_cast<double>(v.data()[i]) * static_cast<double>(v.data()[i]);
        along += static_cast<double>(v.data()[i]) * static_cast<double>(as_one.data()[i]);
        size += static_cast<double>(as_one.data()[i]) * static_cast<double>(as_one.data()[i]);
    }
    CHECK(std::abs(sum - 1) < 1e-6);
    CHECK(std::abs(along - std::sqrt(size)) < 1e-6);
    matrix<float> wrong(2, 32);
    CHECK(e.encode(whole, wrong.view(), c).error().what == fault::wrong_shape);
}

TEST_CASE("prompts that do not count are left out of the mean, not of the attention") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/st");
    copied_folder f(folder);
    f.replace("1_Pooling/config.json", "\"include_prompt\": true", "\"include_prompt\": false");
    context           c;
    const auto        e    = opened(f.at, {.query_prompt = "the lazy "});
    const text_view   in[] = {{{}, "dogs"}};
    const auto        got  = encoded(e, in, c, true);
    const auto        all  = e.words().encode("the lazy dogs", c).value();
    matrix<float>     rows(all.size(), 32), want(1, 32);
    const auto        skip  = e.words().encode("the lazy", c).value().size() - 1;
    const std::size_t end[] = {all.size()}, left[] = {all.size() - skip};
    REQUIRE(e.model().forward({all.ids, {}, end}, rows.view(), {}, nullptr, c));
    pool_tokens<float>(pooling::mean, matrix_view<const float>(rows.view()).middle(skip, left[0]), left, want.view());
    normalise_rows<float>(want.view(), want.view());
    CHECK(same(got.flat(), want.flat()));
}

TEST_CASE("what a folder contradicts or lacks is refused with file and place") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/st");
    const auto changed = [&](const char* file, const char* what, const char* by) {
        copied_folder f(folder);
        f.replace(file, what, by);
        const auto why = refused(f);
        CHECK(why.subject.find(file) != std::string::npos);
        return why.what;
    };
    CHECK(changed("config.json", "\"model_type\": \"bert\"", "\"model_type\": \"xlnet\"") == fault::unsupported);
    CHECK(changed("config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"") == fault::unsupported);
    CHECK(changed("config.json", "\"hidden_size\": 32", "\"hidden_size\": \"x\"") == fault::bad_format);
    CHECK(changed("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 0") == fault::malformed);
    CHECK(changed("config.json", "\"vocab_size\": 200", "\"vocab_sizes\": 200") == fault::absent);
    CHECK(changed("1_Pooling/config.json", "\"mean\"", "\"median\"") == fault::unsupported);
    CHECK(changed("modules.json", "pooling.Pooling", "pooling.CNN") == fault::unsupported);
    CHECK(changed("modules.json", "\"1_Pooling\"", "\"../1_Pooling\"") == fault::malformed);
    {
        copied_folder f(folder);
        f.replace("config.json", "\"vocab_size\": 200", "\"vocab_size\": 100");
        CHECK(refused(f).what == fault::wrong_shape);
    }
    {
        copied_folder f(folder);
        std::filesystem::remove(f.at / "tokenizer.json");
        CHECK(refused(f).what == fault::absent);
    }
    {
        copied_folder f(folder);
        std::filesystem::remove(f.at / "model.safetensors");
        CHECK(refused(f).what == fault::not_found);
    }
    {
        copied_folder f(folder); // a NaN in the first number of the file
        auto          bytes = test::slurp(f.at / "model.safetensors");
        std::uint64_t head  = 0;
        std::memcpy(&head, bytes.data(), 8);
        bytes.replace(8 + head, 4, std::string("\x00\x00\xc0\x7f", 4));
        f.put("model.safetensors", bytes);
        CHECK(refused(f).what == fault::not_finite);
    }
    context c;
    CHECK(load_sentence_encoder(posix_files{}, folder.string(), c, {.max_tokens = 2}).error().what ==
          fault::bad_argument);
    CHECK(load_sentence_encoder(posix_files{}, folder.string(), c, {.max_tokens = 65}).error().what ==
          fault::bad_argument);
    CHECK(load_sentence_encoder(posix_files{}, folder.string(), c, {.dims = 33}).error().what == fault::wrong_shape);
}

TEST_CASE("a stop between batches is heard") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/st");
    const auto       e = opened(folder);
    std::stop_source stop;
    context          c;
    c.stop = stop.get_token();
    stop.request_stop();
    const text_view in[] = {{{}, "a"}};
    matrix<float>   out(1, 32);
    CHECK(e.encode(in, out.view(), c).error().what == fault::stopped);
}

namespace {

/// The largest difference of a number, over the texts without blanks at their end: the reference keeps those, and this encoder takes them
/// off, as sentence-transformers does.
void check_against(const sentence_encoder& e, const std::filesystem::path& fixture, const char* vectors) {
    const texts t(fixture / "io.json");
    const auto  want = test::reference_tensors(fixture / "embeddings.safetensors").at(vectors);
    context     c;
    const auto  got = encoded(e, t.views(), c);
    REQUIRE(got.flat().size() == want.values.size());
    double      worst = 0, least = 1;
    std::size_t compared = 0;
    for (std::size_t i = 0; i < got.rows(); ++i) {
        if (t.owned[i].ends_with(' ')) continue;
        double along = 0, a = 0, b = 0;
        for (std::size_t j = 0; j < got.dims(); ++j) {
            const double x = static_cast<double>(got.row(i)[j]), y = want.values[i * got.dims() + j];
            worst = std::max(worst, std::abs(x - y));
            along += x * y, a += x * x, b += y * y;
        }
        least = std::min(least, along / std::sqrt(a * b));
        ++compared;
    }
    CHECK(worst < 2e-6);
    CHECK(least > 1 - 1e-6);
    CHECK(compared >= 40);
}

} // namespace

TEST_CASE("all-MiniLM-L6-v2 gives the vectors of the reference to 2e-6, and its rows of every layer") {
    NEEDS_SHARED(fixture, "fixtures/minilm");
    NEEDS_MODEL(folder, "minilm");
    const auto e = opened(folder);
    CHECK(e.dims() == 384);
    CHECK(e.max_tokens() == 256); // its tokenizer.json says 128
    const texts t(fixture / "io.json");
    const auto  io = test::reference_tensors(fixture / "io.safetensors");
    context     c;
    const auto  got = encoded(e, t.views(), c);
    for (const char* vectors : {"embeddings", "embeddings_batched"}) {
        const auto& want = io.at(vectors).values;
        REQUIRE(want.size() == got.flat().size());
        for (std::size_t i = 0; i < got.rows(); ++i) {
            double worst = 0;
            for (std::size_t j = 0; j < 384; ++j)
                worst = std::max(worst, std::abs(static_cast<double>(got.row(i)[j]) - want[i * 384 + j]));
            // The reference makes control tokens of a text that spells them. Here text is text.
            const bool spells =
                t.owned[i].find("[SEP]") != std::string::npos || t.owned[i].find("[MASK]") != std::string::npos;
            CHECK((worst < 2e-6) == !spells);
        }
    }
    for (int n : {8, 13, 20}) {
        const auto         ids = e.words().encode(t.owned[static_cast<std::size_t>(n)], c, {.max_tokens = 256}).value();
        const std::size_t  end[] = {ids.size()};
        matrix<float>      rows(ids.size(), 384);
        bert<float>::saved saved;
        REQUIRE(e.model().forward({ids.ids, {}, end}, rows.view(), {}, &saved, c));
        const auto close = [&](matrix_view<const float> x, const char* part) {
            return test::difference(std::span<const float>(x.flat()), io.at(std::to_string(n) + part).values) < 5e-6;
        };
        CHECK(close(saved.layers[0].x, ".embedded"));
        CHECK(close(saved.layers[1].x, ".layer1"));
        CHECK(close(rows.view(), ".last"));
    }
}

TEST_CASE("all-MiniLM-L6-v2 in bf16 and in 8 bits: near its vectors in floats, another fingerprint, and a text alone "
          "has the same bits") {
    NEEDS_SHARED(fixture, "fixtures/minilm");
    NEEDS_MODEL(folder, "minilm");
    const texts t(fixture / "io.json");
    context     c;
    const auto  whole = opened(folder);
    const auto  want  = encoded(whole, t.views(), c);
    for (const auto& [as, least, mean_least] :
         {std::tuple{weights_as::bf16, .9999, .9999}, {weights_as::int8, .98, .995}}) {
        auto read = load_sentence_encoder(posix_files{}, folder.string(), c, {.weights = {.as = as}});
        REQUIRE(read);
        CHECK(read->fingerprint() != whole.fingerprint());
        const auto got   = encoded(*read, t.views(), c);
        double     worst = 1, mean = 0;
        for (std::size_t i = 0; i < got.rows(); ++i) {
            double cosine = 0;
            for (std::size_t j = 0; j < 384; ++j)
                cosine += static_cast<double>(got.row(i)[j]) * static_cast<double>(want.row(i)[j]);
            worst = std::min(worst, cosine), mean += cosine / static_cast<double>(got.rows());
        }
        MESSAGE("least cosine " << worst << ", mean " << mean);
        CHECK(worst >= least);
        CHECK(mean >= mean_least);
        const auto one = t.views()[3];
        CHECK(std::ranges::equal(encoded(*read, {&one, 1}, c).row(0), got.row(3)));
    }
}

TEST_CASE("multilingual-e5-small gives the vectors of the reference to 2e-6") {
    NEEDS_SHARED(fixture, "fixtures/e5small");
    NEEDS_MODEL(folder, "e5");
    const auto e = opened(folder, {.query_prompt = "", .passage_prompt = ""}); // the texts of the fixture bring theirs
    CHECK(e.max_tokens() == 512);
    check_against(e, fixture, "embeddings");
}

TEST_CASE("beside a PEFT adapter: the vectors of the reference; taken away again, the base to the bit; merged, within "
          "rounding") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/st");
    NEEDS_SHARED(adapter, "fixtures/lora/bert_mnrl/adapter");
    const std::vector<std::string> said{"the cat", "a dog sat on the mat", "", "the the the the"};
    std::vector<text_view>         in;
    for (const auto& t : said) in.push_back({{}, t});
    context    c;
    auto       base   = opened(folder);
    auto       beside = opened(folder, {.adapter = adapter.string()});
    const auto plain = encoded(base, in, c), adapted = encoded(beside, in, c);
    CHECK_FALSE(same(plain.flat(), adapted.flat()));
    CHECK(beside.fingerprint() != base.fingerprint());
    CHECK(beside.plain());
    // By hand: the tokens as it reads them, through the model with the updates.
    const auto set   = load_peft_lora(posix_files{}, adapter.string(), base.model()).value();
    const auto hands = lora_beside(base.model(), set).value();
    for (std::size_t i = 0; i < in.size(); ++i) {
        const auto        ids   = base.token_ids(in[i], false, 0, c).value();
        const std::size_t end[] = {ids.size()};
        matrix<float>     rows(ids.size(), 32), one(1, 32);
        REQUIRE(base.model().forward({ids, {}, end}, rows.view(), hands.layers, nullptr, c));
        pool_tokens<float>(pooling::mean, rows.view(), end, one.view());
        normalise_rows<float>(one.view(), one.view());
        CHECK(same(one.flat(), adapted.row(i)));
    }
    // Moved, and on threads.
    sentence_encoder moved = std::move(beside);
    context          many{threads(3)};
    CHECK(same(encoded(moved, in, many).flat(), adapted.flat()));
    REQUIRE(moved.adapt({}));
    CHECK(same(encoded(moved, in, c).flat(), plain.flat()));
    CHECK(moved.fingerprint() == base.fingerprint());
    // For questions alone: passages, and what names an index of them, stay as they were.
    REQUIRE(moved.adapt(set, true));
    CHECK(same(encoded(moved, in, c).flat(), plain.flat()));
    CHECK(same(encoded(moved, in, c, true).flat(), adapted.flat()));
    CHECK(moved.fingerprint() == base.fingerprint());
    CHECK(moved.query_fingerprint() != base.query_fingerprint());
    REQUIRE(moved.adapt(set));
    CHECK(moved.query_fingerprint() == moved.fingerprint());
    CHECK(same(encoded(moved, in, c).flat(), adapted.flat()));
    REQUIRE(moved.adapt({}));
    REQUIRE(moved.merge(set));
    const auto within = encoded(moved, in, c);
    for (std::size_t i = 0; i < within.flat().size(); ++i)
        CHECK(std::abs(within.data()[i] - adapted.data()[i]) < 1e-5f);
    CHECK(moved.fingerprint() != base.fingerprint());
    // Of another model: refused, and it is as it was.
    auto wrong            = set;
    wrong.entries[3].name = "encoder.layer.9.output.dense";
    const auto before     = base.fingerprint();
    const auto refused    = base.adapt(std::move(wrong));
    REQUIRE(!refused);
    CHECK(refused.error().what == fault::unexpected);
    CHECK(base.fingerprint() == before);
    CHECK(same(encoded(base, in, c).flat(), plain.flat()));
    // Rounded weights take updates beside them, and refuse to be changed.
    auto rounded = opened(folder, {.weights = {.as = weights_as::int8}, .adapter = adapter.string()});
    CHECK_FALSE(same(encoded(rounded, in, c).flat(),
                     encoded(opened(folder, {.weights = {.as = weights_as::int8}}), in, c).flat()));
    CHECK(rounded.merge(set).error().what == fault::unsupported);
}

TEST_CASE("magnitudes (DoRA) of a folder stand beside an encoder, measured beside it, and say what they say merged") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/st");
    const std::vector<text_view> in{{{}, "the cat"}, {{}, "a dog sat on the mat"}};
    const copied_folder          to;
    context                      c;
    auto                         base = opened(folder), whole = opened(folder);
    auto set = lora_set<float>::make(lora_places(base.model()), {.params = {.rank = 2}, .dora = true}).value();
    counter_random r(1);
    for (auto& e : set.entries) {
        for (float& x : e.update.B.flat()) x = r.unit() - .5f;
        for (float& x : e.update.m.flat()) x = 1 + r.unit();
    }
    REQUIRE(save_peft_lora(posix_files{}, to.at.string(), base.model(), set));
    const auto beside = opened(folder, {.adapter = to.at.string()});
    const auto says   = encoded(beside, in, c);
    REQUIRE(whole.merge(beside.updates()));
    const auto merged = encoded(whole, in, c), bare = encoded(base, in, c);
    for (std::size_t i = 0; i < says.flat().size(); ++i) CHECK(std::abs(says.data()[i] - merged.data()[i]) < 1e-5f);
    CHECK_FALSE(same(says.flat(), bare.flat()));
    // Lengths of another base count for nothing.
    auto stale = beside.updates();
    for (auto& e : stale.entries)
        for (float& x : e.update.norms.flat()) x *= 3;
    REQUIRE(base.adapt(stale));
    CHECK(same(encoded(base, in, c).flat(), says.flat()));
    CHECK(base.fingerprint() == beside.fingerprint());
}

TEST_CASE("a PEFT folder that was written beside an encoder is read back to the bit, and names no causal model") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/st");
    NEEDS_SHARED(adapter, "fixtures/lora/bert_mnrl/adapter");
    const copied_folder to;
    const auto          base = opened(folder);
    const auto          set  = load_peft_lora(posix_files{}, adapter.string(), base.model()).value();
    REQUIRE(save_peft_lora(posix_files{}, to.at.string(), base.model(), set, "tiny"));
    const auto back = load_peft_lora(posix_files{}, to.at.string(), base.model());
    REQUIRE_MESSAGE(back, describe(back.error()));
    REQUIRE(back->entries.size() == set.entries.size());
    for (std::size_t i = 0; i < set.entries.size(); ++i) {
        CHECK(back->entries[i].name == set.entries[i].name);
        CHECK(back->entries[i].update.scale == set.entries[i].update.scale);
        CHECK(same(back->entries[i].update.A.flat(), set.entries[i].update.A.flat()));
        CHECK(same(back->entries[i].update.B.flat(), set.entries[i].update.B.flat()));
    }
    CHECK(test::slurp(std::filesystem::path(to.at.string()) / "adapter_config.json").find("\"task_type\": null") !=
          std::string::npos);
}
