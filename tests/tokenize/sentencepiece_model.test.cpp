// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/tokenize/sentencepiece_model.hpp>
#include <graft/tokenize/tiktoken.hpp>

#include <support/gguf_reader.hpp>
#include <support/sentencepiece_writer.hpp>
#include <support/tokenizer_vectors.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// A small model: one piece unknown, two of control, some words.
std::string small(std::uint64_t kind, bool bytes = false, bool squeeze = false) {
    test::proto_writer m, trainer, normal;
    m.piece("<unk>", 0, 2);
    m.piece("<s>", 0, 3);
    m.piece("</s>", 0, 3);
    float score = -1;
    for (const char* t : {"\u2581", "a", "b", "ab", "\u2581ab", "abab", "c", "\u2581c"}) m.piece(t, score -= .5f, 1);
    m.piece("<user>", 0, 4);
    for (int b = 0; bytes && b < 256; ++b) {
        static constexpr char digits[] = "0123456789ABCDEF";
        m.piece(std::string("<0x") + digits[b / 16] + digits[b % 16] + ">", 0, 6);
    }
    trainer.whole(3, kind);
    if (bytes) trainer.whole(35, 1);
    normal.whole(4, squeeze ? 1 : 0);
    m.text(2, trainer.bytes);
    m.text(3, normal.bytes);
    return m.bytes;
}

/// T5's pieces and map as a model, with byte pieces where asked.
std::string t5_model(const std::filesystem::path& file, bool bytes) {
    const auto  json = parse_json(test::slurp(file)).value();
    std::string map;
    REQUIRE(detail::append_base64(json.at("normalizer").at("precompiled_charsmap").text().value(), map));
    test::proto_writer m, trainer, normal;
    std::size_t        i = 0;
    for (const json_value x : *json.at("model").at("vocab").array()) {
        const auto text = x[0].text().value();
        m.piece(text, x[1].number<float>().value(), i == 2 ? 2 : i < 2 ? 3 : text.starts_with("<extra") ? 4 : 1);
        ++i;
    }
    for (int b = 0; bytes && b < 256; ++b) {
        char name[8];
        std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(b));
        m.piece(name, 0, 6);
    }
    trainer.whole(3, 1);
    trainer.whole(35, bytes ? 1 : 0);
    normal.text(2, map);
    m.text(2, trainer.bytes);
    m.text(3, normal.bytes);
    return m.bytes;
}
std::string encoded(const tokenizer& t, std::string_view text) {
    context    c;
    const auto e = t.encode(text, c).value();
    return test::shown(e.ids, e.spans);
}

} // namespace

TEST_CASE("sentencepiece model: byte pairs join by score, unigrams by the sum") {
    const tokenizer pairs = read_sentencepiece(small(2)).value(), sums = read_sentencepiece(small(1)).value();
    CHECK(encoded(pairs, "abab c") == "7[0,2) 6[2,4) 10[4,6) ");
    CHECK(encoded(sums, "abab c") == "3[0,0) 8[0,4) 10[4,6) "); // -1.5 - 4 is more than -3.5 - 3
    CHECK(encoded(pairs, "") == "");
    CHECK(encoded(pairs, "zz") == "3[0,0) 0[0,2) "); // unknown characters in a row are one
    CHECK(encoded(sums, "zz") == "3[0,0) 0[0,2) ");
    CHECK(encoded(sums, "a<user>b") == "3[0,0) 4[0,1) 11[1,7) 5[7,8) ");
    CHECK(encoded(pairs, "</s>") == "3[0,0) 0[0,4) "); // a control token is not read from a text
    const tokenizer bytes = read_sentencepiece(small(2, true, true)).value();
    CHECK(encoded(bytes, "  \u00E9  c ") == "3[2,2) 207[2,2) 181[2,4) 10[4,7) ");
    context c;
    CHECK(bytes.decode(std::vector<token_id>{3, 207, 181, 10, 1}, c).value() == "\u00E9 c");
    CHECK(bytes.decode(std::vector<token_id>{3, 207, 10}, c).value() == "\uFFFD c");
}

TEST_CASE("sentencepiece model: Llama 2's pieces, the corpus") {
    NEEDS_SHARED(file, "data/tokenizers/ggml/ggml-vocab-llama-spm.gguf");
    NEEDS_SHARED(texts, "fixtures/tokenize/corpus/texts.jsonl");
    test::gguf_keys    keys(test::slurp(file));
    const auto         v = keys.vocabulary();
    test::proto_writer m, trainer, normal;
    for (std::size_t i = 0; i < v.tokens.size(); ++i)
        m.piece(v.tokens[i], v.scores[i], static_cast<std::uint64_t>(v.types[i]));
    trainer.whole(3, 2);
    trainer.whole(35, 1);
    normal.whole(4, 0);
    m.text(2, trainer.bytes);
    m.text(3, normal.bytes);
    const tokenizer t = read_sentencepiece(m.bytes).value();
    CHECK(test::differ_on_corpus(t, "llama-spm", false) == 0);
    CHECK(t.bos() == token_id{1});
}

TEST_CASE("sentencepiece model: T5's pieces and map, the corpus") {
    NEEDS_SHARED(file, "data/tokenizers/t5-small/tokenizer.json");
    NEEDS_SHARED(listed, "fixtures/tokenize/corpus/texts.jsonl");
    // What sentencepiece 0.2.3 gives on the 4,000 texts, each line written as `shown` does it, without and with byte pieces.
    const std::uint64_t want[] = {0x418c64751de397ca, 0xc65d0a73b4b354b7};
    for (const bool bytes : {false, true}) {
        const tokenizer t = read_sentencepiece(t5_model(file, bytes)).value();
        std::string     all;
        for (const auto& text : test::corpus_texts()) {
            auto line = encoded(t, text);
            if (!line.empty()) line.pop_back();
            all += line + "\n";
        }
        CHECK(hash64(all) == want[bytes ? 1 : 0]);
    }
}

TEST_CASE("sentencepiece model: T5's pieces, where a sum over a long text breaks a tie of its words") {
    NEEDS_SHARED(file, "data/tokenizers/t5-small/tokenizer.json");
    NEEDS_SHARED(book, "data/documents/rust-book/src");
    const tokenizer                    t = read_sentencepiece(t5_model(file, false)).value();
    std::vector<std::filesystem::path> files;
    for (const auto& f : std::filesystem::recursive_directory_iterator(book))
        if (f.path().extension() == ".md") files.push_back(f.path());
    std::sort(files.begin(), files.end());
    std::uint64_t sum = 0, ids = 0;
    for (const auto& f : files) {
        const std::string all = test::slurp(f);
        for (std::size_t at = 0; at < all.size();) {
            std::size_t end = all.find("\n\n", at + 1000);
            end             = end == std::string::npos ? all.size() : end + 2;
            context c;
            for (const auto id : t.encode(std::string_view(all).substr(at, end - at), c).value().ids)
                sum += (ids++ % 1009 + 1) * (id + 1);
            at = end;
        }
    }
    CHECK(ids == 364582); // as sentencepiece 0.2.3 has them
    CHECK(sum == 0x5b687b1d5b);
}

TEST_CASE("sentencepiece model: bad files") {
    const std::string good = small(1);
    CHECK(read_sentencepiece("").error().what == fault::malformed);
    CHECK(read_sentencepiece("no model at all").error().of == unit::byte);
    for (std::size_t n = 1; n < good.size(); ++n)
        static_cast<void>(read_sentencepiece(std::string_view(good).substr(0, n)));
    CHECK(read_sentencepiece(small(3)).error() == error{fault::bad_format, unit::none, 0, "model_type"});
    const auto with = [&](std::uint32_t part, std::uint32_t field, std::uint64_t value) {
        test::proto_writer m, in;
        in.whole(field, value);
        m.text(part, in.bytes);
        return read_sentencepiece(good + m.bytes);
    };
    CHECK(with(2, 24, 1).error().subject == "treat_whitespace_as_suffix");
    CHECK(with(3, 5, 0).error().subject == "escape_whitespaces");
    test::proto_writer m;
    m.text(3, "\x12\x02"
              "ab"); // a map of two bytes
    CHECK(read_sentencepiece(good + m.bytes).error().what == fault::malformed);
    m = {};
    m.piece("again", 0, 2);
    CHECK(read_sentencepiece(good + m.bytes).error().of == unit::id);
    m = {};
    m.piece("\xFF", 0, 1);
    CHECK(read_sentencepiece(good + m.bytes).error().what == fault::bad_utf8);
    m = {};
    m.piece("nan", std::bit_cast<float>(0x7FC00000u), 1);
    CHECK(read_sentencepiece(good + m.bytes).error().what == fault::not_finite);
    m = {};
    m.number(1 << 3 | 2);
    m.number(~std::uint64_t{0}); // a piece of 2^64 - 1 bytes
    CHECK(read_sentencepiece(good + m.bytes).error().what == fault::malformed);
}
