// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/context.hpp>
#include <graft/tokenize/tokenizer_json.hpp>
#include <graft/tokenize/vocab_txt.hpp>

#include <support/gguf_reader.hpp>
#include <support/tokenizer_vectors.hpp>

#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace graft;

namespace {

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

tokenizer from_file(const std::filesystem::path& file) { return read_tokenizer_json(test::slurp(file)).value(); }

/// A tokenizer.json around GPT-2's two files.
std::string gpt2_json(const std::filesystem::path& folder) {
    std::string        merges;
    std::istringstream in(test::slurp(folder / "vocab.bpe"));
    for (std::string line; std::getline(in, line);)
        if (!line.empty() && !line.starts_with("#version")) merges += (merges.empty() ? "" : ",") + in_quotes(line);
    return R"({"added_tokens":[{"id":50256,"content":"<|endoftext|>","special":true,"normalized":true}],"normalizer":null,)"
           R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true},)"
           R"("post_processor":{"type":"ByteLevel","trim_offsets":false},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":)" +
           test::slurp(folder / "encoder.json") + R"(,"merges":[)" + merges + "]}}";
}

/// What decoding gives where it is not the text itself.
std::size_t decodes_other(const tokenizer& t, const std::string& name) {
    std::map<std::size_t, std::string> other;
    if (const auto file = test::shared("fixtures/tokenize/corpus/" + name + ".decode.jsonl"); !file.empty())
        for (const auto& line : test::json_lines(file))
            other[line.root()[0].number<std::size_t>().value()] = line.root()[1].text().value();
    const auto  texts = test::corpus_texts();
    const auto  rows  = test::corpus_tokens(name);
    std::size_t wrong = 0;
    arena       a;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        arena::scope       s(a);
        const std::string& want = other.contains(i) ? other[i] : texts[i];
        const auto         got  = t.decode(rows[i].ids, a, true).value();
        if (got != want && ++wrong <= 3) CHECK(got == want);
    }
    return wrong;
}

constexpr std::string_view small_bpe =
    R"({"added_tokens":[],"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}})";

error why_not(std::string_view json) {
    auto t = read_tokenizer_json(json);
    REQUIRE_FALSE(t);
    return t.error();
}
std::string replaced(std::string_view from, std::string_view to) {
    std::string       s(small_bpe);
    const std::size_t at = s.find(from);
    REQUIRE(at != std::string::npos);
    return s.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("tokenizer.json: the corpus, every id and every byte, and back") {
    NEEDS_SHARED(folder, "data/tokenizers");
    NEEDS_SHARED(texts, "fixtures/tokenize/corpus/texts.jsonl");
    const tokenizer gpt2 = read_tokenizer_json(gpt2_json(folder / "gpt2")).value();
    CHECK(test::differ_on_corpus(gpt2, "gpt2", true) == 0);
    CHECK(decodes_other(gpt2, "gpt2") == 0);
    const tokenizer roberta = from_file(folder / "roberta-base/tokenizer.json");
    CHECK(test::differ_on_corpus(roberta, "roberta-base", true) == 0);
    CHECK(decodes_other(roberta, "roberta-base") == 0);
    const tokenizer t5 = from_file(folder / "t5-small/tokenizer.json");
    CHECK(test::differ_on_corpus(t5, "t5-small", true) == 0);
    CHECK(decodes_other(t5, "t5-small") == 0);
    CHECK(decodes_other(read_vocab_txt(test::slurp(folder / "bert-uncased/vocab.txt")).value(), "bert-uncased") == 0);
    test::gguf_keys llama(test::slurp(folder / "ggml/ggml-vocab-llama-spm.gguf"));
    CHECK(decodes_other(read_gguf_vocabulary(llama.vocabulary()).value(), "llama-spm") == 0);
}

TEST_CASE("tokenizer: pairs, templates, truncation") {
    NEEDS_SHARED(folder, "data/tokenizers");
    NEEDS_SHARED(cases, "fixtures/tokenize/pairs.jsonl");
    const tokenizer bert    = read_vocab_txt(test::slurp(folder / "bert-uncased/vocab.txt")).value(),
                    roberta = from_file(folder / "roberta-base/tokenizer.json");
    std::size_t seen = 0, refused = 0, wrong = 0;
    for (const auto& line : test::json_lines(cases)) {
        if (line.at("batch").given()) continue; // only padding is new in them
        const tokenizer& t       = *line.at("tokenizer").text() == "roberta-base" ? roberta : bert;
        const json_value options = line.at("options"), cut = options.at("truncation"), want = line.at("expect");
        const auto       a = line.at("a").text().value(), b = line.at("b").text_or("").value();
        const bool       pair = line.at("b").given(),
                   trusted    = !options.at("encode_special_tokens").boolean_or(false).value();
        encode_options o;
        o.add_special = options.at("add_special_tokens").boolean_or(true).value();
        if (cut.given()) {
            o.max_tokens        = cut.at("max_length").number<std::size_t>().value();
            const auto strategy = cut.at("strategy").text().value();
            o.of                = strategy == "only_first"    ? shorten::first
                                  : strategy == "only_second" ? shorten::second
                                                              : shorten::longest;
            o.cut               = *cut.at("direction").text() == "left" ? truncation::left : truncation::right;
        }
        context c;
        if (o.max_tokens < (o.add_special ? t.added_by_template(pair) : 0)) { // where the reference does not cut at all
            CHECK((pair ? t.encode(a, b, c, o) : t.encode(a, c, o)).error() ==
                  error{fault::bad_argument, unit::none, 0, "max_tokens"});
            continue;
        }
        // A stride is for windows, which are not made.
        if (want.at("error").text_or("").value().find("stride") != std::string_view::npos) continue;
        auto got = trusted ? pair ? t.encode(trusted_text{a}, trusted_text{b}, c, o) : t.encode(trusted_text{a}, c, o)
                   : pair ? t.encode(a, b, c, o)
                           : t.encode(a, c, o);
        ++seen;
        if (want.at("error").given()) {
            CHECK_FALSE(got);
            ++refused;
            continue;
        }
        REQUIRE(got);
        std::string            types, sides;
        std::vector<token_id>  ids;
        std::vector<byte_span> spans;
        const auto             mask = want.at("mask").text().value(), want_types = want.at("types").text().value(),
                   want_sides = want.at("seq").text().value();
        std::string              picked_types, picked_sides;
        std::size_t              i = 0;
        std::vector<std::size_t> flat;
        for (const json_value x : *want.at("offsets").array()) flat.push_back(x.number<std::size_t>().value());
        for (const json_value x : *want.at("ids").array()) {
            if (mask[i] == '1') {
                ids.push_back(x.number<token_id>().value());
                spans.push_back({flat[2 * i], flat[2 * i + 1]});
                picked_types += want_types[i];
                picked_sides += want_sides[i];
            }
            ++i;
        }
        for (std::size_t k = 0; k < got->size(); ++k) {
            types += static_cast<char>('0' + got->types[k]);
            sides += got->sides[k] == token_side::added ? '.' : got->sides[k] == token_side::first ? '0' : '1';
        }
        const bool same = std::ranges::equal(got->ids, ids) && std::ranges::equal(got->spans, spans) &&
                          types == picked_types && sides == picked_sides;
        CHECK(got->truncated == (want.at("overflow_count").number<int>().value() > 0));
        if (!same && ++wrong <= 4) {
            INFO("case " << seen << ": " << a << " | " << b << " max " << o.max_tokens);
            CHECK(test::shown(got->ids, got->spans) + types + sides ==
                  test::shown(ids, spans) + picked_types + picked_sides);
        }
    }
    CHECK(seen > 600);
    CHECK(refused > 10);
    CHECK(wrong == 0);
}

TEST_CASE("tokenizer.json: tiny models") {
    NEEDS_SHARED(folder, "fixtures");
    const tokenizer bert = from_file(folder / "tiny_bert/hf/tokenizer.json"),
                    same = read_vocab_txt(test::slurp(folder / "tiny_bert/hf/vocab.txt")).value();
    arena a;
    for (const auto& text : test::corpus_texts()) {
        arena::scope s(a);
        const auto   x = bert.encode(text, a).value(), y = same.encode(text, a).value();
        CHECK(std::ranges::equal(x.ids, y.ids));
    }
    const tokenizer llama = from_file(folder / "tiny_llama/tokenizer.json");
    const auto      x     = llama.encode("A\u00E9\xFF", a).value();
    CHECK(std::vector(x.ids.begin(), x.ids.end()) == std::vector<token_id>{'A', 0xC3, 0xA9, 0xFF});
}

TEST_CASE("tokenizer.json: what is not known is refused by name") {
    CHECK(read_tokenizer_json(small_bpe));
    CHECK(why_not("{").what == fault::truncated);
    CHECK(why_not("[]").subject == "tokenizer.json: model");
    CHECK(describe(why_not(replaced("\"ByteLevel\"", "\"UnicodeScripts\""))) ==
          "tokenizer.json: pre_tokenizer.type: UnicodeScripts: a line or field cannot be parsed");
    CHECK(why_not(replaced("\"BPE\"", "\"WordLevel\"")).subject == "tokenizer.json: model.type: WordLevel");
    CHECK(why_not(replaced("{\"type\":\"ByteLevel\"}",
                           R"({"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Isolated"})"))
              .subject == "tokenizer.json: pre_tokenizer.pattern.Regex");
    CHECK(why_not(replaced("\"a b\"", "\"a c\"")) ==
          error{fault::malformed, unit::row, 0, "tokenizer.json: model.merges"});
    CHECK(why_not(replaced("\"a b\"", "\"b a\"")).of == unit::row); // spells nothing
    CHECK(why_not(replaced("\"a b\"", "\"a b\", \"ab\"")).subject == "tokenizer.json: model.merges[1]");
    CHECK(why_not(replaced("\"a b\"", "7")).subject == "tokenizer.json: model.merges[0]");
    CHECK(why_not(replaced("\"b\":1", "\"b\":0")).what == fault::duplicate_id);
    CHECK(why_not(replaced("\"b\":1", "\"b\":4294967295")).what == fault::too_large);
    CHECK(why_not(replaced("\"b\":1", "\"b\":-1")).what == fault::too_large);
    CHECK(why_not(replaced("\"b\":1", "\"b\":\"1\"")).subject == "tokenizer.json: model.vocab.b");
    CHECK(why_not(
              replaced("\"model\"", R"("normalizer":{"type":"Replace","pattern":{"Regex":"x+"},"content":""},"model")"))
              .subject == "tokenizer.json: normalizer.pattern.Regex");
    CHECK(why_not(replaced("\"model\"", R"("normalizer":{"type":"Precompiled","precompiled_charsmap":"QUJD"},"model")"))
              .what == fault::malformed);
    CHECK(why_not(replaced("\"model\"",
                           R"("post_processor":{"type":"BertProcessing","sep":["x",9],"cls":["y",8]},"model")")) ==
          error{fault::malformed, unit::id, 8, "template"});
    CHECK(why_not(replaced("[]", R"([{"id":1,"content":"c"}])")).what == fault::malformed);
    CHECK(why_not(replaced("[]", R"([{"id":9,"content":"c"},{"id":9,"content":"d"}])")).what == fault::duplicate_id);
    CHECK(why_not(replaced("\"merges\"", R"("end_of_word_suffix":"</w>","merges")")).subject ==
          "tokenizer.json: model.end_of_word_suffix");
    CHECK(why_not(replaced("\"merges\"", R"("dropout":0.1,"merges")")).subject == "tokenizer.json: model.dropout");
}

TEST_CASE("tokenizer.json: added tokens with blanks, words and a prefix") {
    const auto t =
        read_tokenizer_json(
            R"({"added_tokens":[{"id":5,"content":"<m>","lstrip":true,"special":true},{"id":6,"content":"<r>","rstrip":true},
                          {"id":7,"content":"ax","single_word":true}],
                          "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true},
                          "model":{"type":"BPE","vocab":{"a":0,"x":1,"\u0120":2,"\u0120a":3,"<":4},"merges":[["\u0120","a"]]}})")
            .value();
    arena      a;
    const auto ids = [&](auto text) {
        const auto r = t.encode(text, a).value();
        return std::vector(r.ids.begin(), r.ids.end());
    };
    CHECK(ids(trusted_text{"a  <m>a"}) == std::vector<token_id>{3, 5, 3});
    CHECK(ids(std::string_view("a <m>")) == std::vector<token_id>{3, 2, 4}); // m and > have no token and are left out
    CHECK(ids(std::string_view("<r>  a")) == std::vector<token_id>{6, 3});
    CHECK(ids(std::string_view("ax xax ax")) == std::vector<token_id>{7, 2, 1, 0, 1, 2, 7});
}

TEST_CASE("tokenizer.json: a run of white space becomes one string, and spans still point at the text") {
    const auto t = read_tokenizer_json(
                       R"({"added_tokens":[],"normalizer":{"type":"Replace","pattern":{"Regex":"\\s+"},"content":"_"},
                          "model":{"type":"BPE","vocab":{"a":0,"b":1,"_":2},"merges":[]}})")
                       .value();
    arena                  a;
    const std::string_view text = " a \t\u3000b\nb\r\n";
    const auto             r    = t.encode(text, a).value();
    CHECK(std::vector(r.ids.begin(), r.ids.end()) == std::vector<token_id>{2, 0, 2, 1, 2, 1, 2});
    CHECK(std::vector(r.spans.begin(), r.spans.end()) ==
          std::vector<byte_span>{{0, 1}, {1, 2}, {4, 7}, {7, 8}, {8, 9}, {9, 10}, {11, 12}});
    CHECK(t.encode("ab", a).value().size() == 2);
    CHECK(t.encode("", a).value().size() == 0);
}
