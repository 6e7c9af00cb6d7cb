// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/static_table_folder.hpp>
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

static_table opened(const std::filesystem::path& folder) {
    context c;
    auto    t = load_static_table(posix_files{}, folder.string(), c);
    if (!t) FAIL(describe(t.error()));
    return *std::move(t);
}
error refused(const std::filesystem::path& at) {
    context    c;
    const auto t = load_static_table(posix_files{}, at.string(), c);
    REQUIRE(!t);
    return t.error();
}
matrix<float> encoded(const static_table& t, std::span<const std::string> texts, context& c) {
    std::vector<text_view> in;
    for (const auto& text : texts) in.push_back({{}, text});
    matrix<float> out(in.size(), t.dims());
    const auto    ok = t.encode(in, out.view(), c);
    if (!ok) FAIL(describe(ok.error()));
    return out;
}
bool same(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// A table of four letters and an unknown token over WordPiece.
static_table_parts letters() {
    const std::vector<std::string_view> texts = {"[UNK]", "a", "b", "c", "##d", "[CLS]", "[SEP]"};
    auto                                parts = detail::bert_parts(texts, {});
    REQUIRE(parts);
    static_table_parts p{tokenizer::of(std::move(*parts)).value(), matrix<float>(7, 2)};
    const float        rows[] = {9, 9, 1, 0, 0, 1, -1, 0, 0, 5, 7, 7, 8, 8};
    std::copy(std::begin(rows), std::end(rows), p.rows.data());
    p.scaled = false;
    return p;
}

} // namespace

static_assert(embedder<static_table>);
static_assert(!std::copy_constructible<static_table>);

TEST_CASE("model2vec and sentence-transformers layouts give the vectors of the reference, in every format") {
    NEEDS_SHARED(folder, "fixtures/static");
    const auto file = load_json(posix_files{}, (folder / "io.json").string());
    REQUIRE(file);
    std::vector<std::string> texts;
    for (const json_value t : *file->at("texts").array()) texts.emplace_back(*t.text());
    const auto want = test::reference_tensors(folder / "embeddings.safetensors");
    context    c;
    for (const auto& model : std::vector<std::pair<std::string, double>>{{"st_static", 2e-5},
                                                                         {"st_static_normalised", 2e-5},
                                                                         {"m2v_f32", 2e-6},
                                                                         {"m2v_f16", 1e-3},
                                                                         {"m2v_i8", 2e-6},
                                                                         {"m2v_raw", 2e-6},
                                                                         {"m2v_mapped", 2e-6}}) {
        const std::string name      = model.first;
        const double      tolerance = model.second;
        CAPTURE(name);
        const auto  t   = opened(folder / name);
        const auto  got = encoded(t, texts, c);
        const auto& ref = want.at(name).values;
        REQUIRE(ref.size() == got.flat().size());
        for (std::size_t i = 0; i < texts.size(); ++i) {
            double worst = 0;
            for (std::size_t j = 0; j < t.dims(); ++j)
                worst = std::max(worst, std::abs(static_cast<double>(got.row(i)[j]) - ref[i * t.dims() + j]));
            // Where the tokenizer has special tokens, the reference makes such of a text that spells them. Here text is text.
            const bool spells = name.starts_with("st_") && texts[i].find('[') != std::string::npos;
            CAPTURE(texts[i].substr(0, 40));
            CHECK((spells || worst <= tolerance));
        }
    }
}

TEST_CASE("the models of model2vec's own tests give the vectors of its own tests") {
    NEEDS_SHARED(folder, "data/models/model2vec");
    context    c;
    const auto check = [&](const char* model, const std::string& text, const char* expected, double off) {
        const auto file = load_json(posix_files{}, (folder / expected).string());
        REQUIRE(file);
        const std::vector<std::string> texts = {text};
        const auto                     got   = encoded(opened(folder / model), texts, c);
        std::size_t                    j     = 0;
        for (const json_value x : *file->root()[0].array()) {
            REQUIRE(j < got.dims());
            const double want = *x.number<double>();
            CHECK(std::abs(static_cast<double>(got.data()[j++]) - want) < off * std::abs(want)); // as there
        }
        CHECK(j == got.dims());
    };
    std::string hello = "hello";
    for (int i = 1; i < 1000; ++i) hello += " hello";
    check("test-model-float32", "hello world", "embeddings_short.json", 1e-5);
    check("test-model-float32", hello, "embeddings_long.json", 1e-5);
    check("test-model-float16", "hello world", "embeddings_short.json", .1);
    check("test-model-int8", "hello world", "embeddings_short.json", .1);
    check("test-model-sentence-transformers", "hello world", "embeddings_short.json", 1e-5);
    check("test-model-vocab-quantized", hello, "embeddings_vocab_quantized.json", 1e-5);
}

TEST_CASE("a vector is the mean of its tokens' rows, and depends on its text alone") {
    const auto                     t     = static_table::of(letters()).value();
    const std::vector<std::string> texts = {"a b", "a ad", "zzz", "", " \n", "[CLS] a", "A b!", "c a"};
    context                        c;
    const auto                     got = encoded(t, texts, c);
    const auto is = [&](std::size_t i, float x, float y) { return got.row(i)[0] == x && got.row(i)[1] == y; };
    CHECK(is(0, .5f, .5f));
    CHECK(is(1, 2 * (1.f / 3), 5 * (1.f / 3)));
    CHECK(is(2, 9, 9)); // the unknown token has a row
    CHECK(is(3, 0, 0));
    CHECK(is(4, 0, 0));
    CHECK(is(5, 28 * .25f, 27 * .25f)); // [ cls ] a, three of them unknown
    CHECK(is(6, 10 * (1.f / 3), 10 * (1.f / 3)));
    CHECK(is(7, 0, 0)); // rows that cancel out
    for (const std::size_t width : {2u, 5u}) {
        context                  many{threads(width)};
        std::vector<std::string> again;
        for (int i = 0; i < 20; ++i) again.insert(again.end(), texts.begin(), texts.end());
        const auto all = encoded(t, again, many);
        for (std::size_t i = 0; i < again.size(); ++i) CHECK(same(all.row(i), got.row(i % texts.size())));
    }
    const text_view split[] = {{"a", "b"}};
    matrix<float>   one(1, 2), wrong(1, 3);
    REQUIRE(t.encode(split, one.view(), c));
    CHECK(same(one.flat(), got.row(0)));
    CHECK(t.encode(split, wrong.view(), c).error().what == fault::wrong_shape);
    CHECK(t.dense_weight() == .2f);
}

TEST_CASE("unknown tokens, limits, shared rows and weights do what they say, and change the fingerprint") {
    context                        c;
    const std::vector<std::string> texts = {"a zzz b"};
    std::vector<std::uint64_t>     prints;
    const auto                     first = [&](auto&& change) {
        auto p = letters();
        change(p);
        const auto t = static_table::of(std::move(p)).value();
        prints.push_back(t.fingerprint());
        const auto v = encoded(t, texts, c);
        return std::pair(v.data()[0], v.data()[1]);
    };
    CHECK(first([](auto&) {}) == std::pair(10 * (1.f / 3), 10 * (1.f / 3)));
    CHECK(first([](auto& p) { p.unknown = false; }) == std::pair(.5f, .5f));
    CHECK(first([](auto& p) { p.max_tokens = 2; }) == std::pair(5.f, 4.5f));
    CHECK(first([](auto& p) { p.max_tokens = 2, p.unknown = false; }) ==
          std::pair(1.f, 0.f)); // cut first, then dropped
    CHECK(first([](auto& p) { p.max_characters = 1; }) == std::pair(1.f, 0.f));
    CHECK(first([](auto& p) { p.unknown = false, p.weights = {1, 2, 4, 1, 1, 1, 1}; }) == std::pair(1.f, 2.f));
    CHECK(first([](auto& p) { p.unknown = false, p.row_of = {0, 3, 3, 0, 0, 0, 0}; }) == std::pair(-1.f, 0.f));
    CHECK(first([](auto& p) { p.unknown = false, p.scaled = true; }).first == doctest::Approx(std::sqrt(.5)));
    CHECK(first([](auto& p) { p.rows.data()[0] = 8; }).first == 3.f);
    std::sort(prints.begin(), prints.end());
    CHECK(std::adjacent_find(prints.begin(), prints.end()) == prints.end());
    CHECK(static_table::of(letters()).value().fingerprint() == static_table::of(letters()).value().fingerprint());

    const auto why = [&](auto&& change) {
        auto p = letters();
        change(p);
        return static_table::of(std::move(p)).error().what;
    };
    CHECK(why([](auto& p) { p.rows = matrix<float>(6, 2); }) == fault::malformed);
    CHECK(why([](auto& p) { p.rows = matrix<float>(0, 2); }) == fault::no_input);
    CHECK(why([](auto& p) { p.row_of = {0, 1, 2, 3, 4, 5, 7}; }) == fault::malformed);
    CHECK(why([](auto& p) { p.weights = {1}; }) == fault::wrong_shape);
    CHECK(why([](auto& p) { p.rows.data()[5] = HUGE_VALF; }) == fault::not_finite);
    CHECK(why([](auto& p) { p.weights = {1, 1, 1, 1, 1, 1, NAN}; }) == fault::not_finite);
    CHECK(why([](auto& p) { p.max_tokens = 0; }) == fault::bad_argument);
    auto huge           = letters();
    huge.rows.data()[2] = huge.rows.data()[4] = 3e38f;
    const auto      t                         = static_table::of(std::move(huge)).value();
    const text_view in[]                      = {{{}, "a"}, {{}, "a b"}};
    matrix<float>   out(2, 2);
    const auto      over = t.encode(in, out.view(), c);
    CHECK(over.error().what == fault::not_finite);
    CHECK(over.error().where == 1);
}

TEST_CASE("what a folder of a static table contradicts or lacks is refused with file and tensor") {
    NEEDS_SHARED(folder, "fixtures/static");
    const auto changed = [&](const char* model, const char* file, const std::string& what, const std::string& by) {
        copied_folder f(folder / model);
        f.replace(file, what, by);
        return refused(f.at).what;
    };
    CHECK(changed("m2v_f32", "modules.json", "models.StaticEmbedding", "models.Transformer") == fault::unsupported);
    CHECK(changed("m2v_f32", "modules.json", "models.Normalize", "models.Pooling") == fault::unsupported);
    CHECK(changed("m2v_f32", "config.json", "true", "\"yes\"") == fault::bad_format);
    CHECK(changed("m2v_f32", "config.json", "512", "0") == fault::bad_argument);
    CHECK(changed("m2v_f32", "model.safetensors", "embeddings", "embedding_") == fault::absent);
    CHECK(changed("m2v_f32", "model.safetensors", "[200,16]", "[100,32]") == fault::malformed); // more tokens than rows
    CHECK(changed("m2v_mapped", "model.safetensors", "weights", "weightz") == fault::unexpected);
    {
        copied_folder f(folder / "m2v_mapped"); // a row that is not there
        auto          bytes = test::slurp(f.at / "model.safetensors");
        const auto    at = bytes.find("\"mapping\""), from = bytes.find("\"data_offsets\":[", at) + 16;
        std::uint64_t head = 0;
        std::memcpy(&head, bytes.data(), 8);
        bytes[8 + head + std::stoul(bytes.substr(from))] = 60;
        f.put("model.safetensors", bytes);
        CHECK(refused(f.at).what == fault::malformed);
    }
    copied_folder f(folder / "m2v_f32");
    std::filesystem::remove(f.at / "tokenizer.json");
    CHECK(refused(f.at).what == fault::absent);
    std::filesystem::remove(f.at / "model.safetensors");
    CHECK(refused(f.at).what == fault::not_found);
}
