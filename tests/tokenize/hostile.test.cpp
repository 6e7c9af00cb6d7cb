// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/context.hpp>
#include <graft/base/random.hpp>
#include <graft/tokenize/gguf_vocabulary.hpp>
#include <graft/tokenize/sentencepiece_model.hpp>
#include <graft/tokenize/tiktoken.hpp>
#include <graft/tokenize/vocab_txt.hpp>

#include <support/sentencepiece_writer.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

namespace {

/// One tokenizer of each family, small, without a file.
std::vector<std::pair<std::string, tokenizer>> families() {
    std::vector<std::pair<std::string, tokenizer>> all;
    all.emplace_back("wordpiece",
                     read_vocab_txt("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\n##aa\nb\n\u4E2D\n\u0635\n").value());
    std::vector<std::string>      letters;
    std::vector<std::string_view> tokens, merges{"a a", "aa aa", "\u0120 a", "aa a"};
    for (unsigned b = 0; b < 256; ++b) {
        letters.emplace_back();
        unicode::append_utf8(letters.back(), detail::byte_letters.letter[b]);
    }
    for (const char* t : {"aa", "aaaa", "\u0120a", "aaa", "<|end|>"}) letters.emplace_back(t);
    tokens.assign(letters.begin(), letters.end());
    std::vector<std::int32_t> types(tokens.size(), 1);
    types.back() = 3;
    for (const char* pre : {"gpt-2", "llama-bpe", "qwen2", "smollm", "deepseek-v3"})
        all.emplace_back(
            pre, read_gguf_vocabulary({.model = "gpt2", .pre = pre, .tokens = tokens, .types = types, .merges = merges})
                     .value());
    for (const std::uint64_t kind : {1u, 2u}) {
        test::proto_writer m, trainer;
        m.piece("<unk>", 0, 2);
        m.piece("<|end|>", 0, 3);
        for (const char* t : {"\u2581", "a", "aa", "aaaa", "\u2581a"}) m.piece(t, -1, 1);
        for (int b = 0; b < 256; ++b) {
            char name[8];
            std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(b));
            m.piece(name, 0, 6);
        }
        trainer.whole(3, kind);
        trainer.whole(35, 1);
        m.text(2, trainer.bytes);
        all.emplace_back(kind == 1 ? "unigram" : "sentencepiece", read_sentencepiece(m.bytes).value());
    }
    return all;
}

std::string repeated(std::string_view what, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) out += what;
    return out;
}

} // namespace

TEST_CASE("tokenizers: a megabyte without a blank, a million marks, and the like, in linear time") {
    const std::size_t mb      = std::size_t{1} << 20;
    const std::size_t kb      = mb / 16; // of what only varies
    const std::string texts[] = {
        repeated("a", mb),       repeated("\u0301", 2 * mb), "a" + repeated("\u0323\u0301\u0315", mb),
        repeated(" ", kb),       repeated("\n", kb),         repeated("'", kb),
        repeated("\u00E9", kb),  repeated("\u2581", kb),     repeated("\xF0\x9F", kb),
        repeated("1", kb),       repeated("\u4E2D", kb),     repeated("<|end|", kb),
        repeated("<|end|>", kb), repeated("\uFFFD", kb),     repeated("\uAC00", kb),
        repeated("a\xFF", kb)};
    context c;
    for (const auto& [family, t] : families())
        for (const auto& text : texts) {
            const std::string_view name = family;
            INFO(name << " " << text.substr(0, 8));
            c.reset();
            const auto r = t.encode(text, c);
            REQUIRE(r);
            bool good = true;
            for (const byte_span x : r->spans) good = good && x.begin <= x.end && x.end <= text.size();
            CHECK(good);
            CHECK(t.count(text, c) + t.added_by_template() == r->size());
        }
}

TEST_CASE("tokenizers: drawn texts of whole and broken characters; data never becomes a control token") {
    const auto             all = families();
    counter_random         random(3, 5);
    const std::string_view parts[] = {"a",        "aa",     " ",       "\n",     "\u0301",       "\u00E9", "\xFF",
                                      "\xE2\x96", "\u2581", "<|end|>", "<|e",    "nd|>",         "[SEP]",  "[CLS",
                                      "]",        "'s",     "123",     "\u4E2D", "\uAC01",       "\0x",    "</s>",
                                      "<s>",      "<unk>",  "<0x41>",  "\u017F", "\u1E9B\u0323", "\u0344"};
    context                c;
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(12); n > 0; --n) text += parts[random.below(std::size(parts))];
        for (const auto& [family, t] : all) {
            const std::string_view name = family;
            INFO(name << ": " << text);
            c.reset();
            encode_options o;
            o.add_special = false;
            const auto r  = t.encode(text, c, o).value();
            CHECK(t.count(text) == r.size());
            std::size_t last = 0;
            for (std::size_t i = 0; i < r.size(); ++i) {
                if (t.is_special(r.ids[i])) CHECK(r.ids[i] == t.unknown());
                CHECK(r.spans[i].begin <= r.spans[i].end);
                CHECK(r.spans[i].end <= text.size());
                CHECK(r.spans[i].begin >= last);
                last = r.spans[i].begin;
            }
            // A byte-level model loses nothing, whatever the bytes.
            if (name == "gpt-2" || name == "llama-bpe" || name == "smollm" || name == "deepseek-v3") {
                std::string back;
                for (const token_id id : r.ids) back += t.text_of(id);
                CHECK(back == text);
            }
            // A shorter budget gives a prefix, or a suffix.
            o.max_tokens    = random.below(6);
            const auto head = t.encode(text, c, o).value();
            CHECK(std::ranges::equal(head.ids, r.ids.first(std::min(o.max_tokens, r.size()))));
            o.cut           = truncation::left;
            const auto tail = t.encode(text, c, o).value();
            CHECK(std::ranges::equal(tail.ids, r.ids.last(std::min(o.max_tokens, r.size()))));
            CHECK(tail.truncated == (r.size() > o.max_tokens));
            const auto trusted = t.encode(trusted_text{text}, c).value();
            CHECK(t.decode(trusted.ids, c, true));
        }
    }
}

TEST_CASE("gguf vocabulary: lists that do not fit") {
    const std::string_view tokens[] = {"a", "b", "ab"}, merges[] = {"a b"}, odd[] = {"a c"}, none[] = {"ab"};
    const float            scores[] = {0, 0};
    const std::int32_t     types[]  = {1};
    const auto             why      = [](const gguf_vocabulary& v) { return read_gguf_vocabulary(v).error(); };
    CHECK(read_gguf_vocabulary({.model = "gpt2", .pre = "gpt-2", .tokens = tokens, .merges = merges}));
    CHECK(why({.model = "gpt2", .pre = "gpt-2"}).subject == "tokenizer.ggml.tokens");
    CHECK(why({.model = "gpt2", .pre = "poro", .tokens = tokens}).subject == "tokenizer.ggml.pre: poro");
    CHECK(why({.model = "rwkv", .tokens = tokens}).subject == "tokenizer.ggml.model: rwkv");
    CHECK(why({.model = "gpt2", .pre = "gpt-2", .tokens = tokens, .merges = odd}) ==
          error{fault::malformed, unit::row, 0, "merges"});
    CHECK(why({.model = "gpt2", .pre = "gpt-2", .tokens = tokens, .merges = none}).subject == "tokenizer.ggml.merges");
    CHECK(why({.model = "llama", .tokens = tokens}).subject == "tokenizer.ggml.scores");
    CHECK(why({.model = "llama", .tokens = tokens, .scores = scores}).subject == "tokenizer.ggml.scores");
    CHECK(why({.model = "gpt2", .pre = "gpt-2", .tokens = tokens, .types = types}).subject ==
          "tokenizer.ggml.token_type");
    CHECK(why({.model = "gpt2", .pre = "gpt-2", .tokens = tokens, .bos = 7}) ==
          error{fault::malformed, unit::id, 7, "tokenizer.ggml"});
    CHECK(why({.model = "bert", .tokens = tokens}).subject == "[UNK]");
}
