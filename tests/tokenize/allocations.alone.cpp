// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// In a warm context a text is tokenised, counted and decoded without the heap, by every family.

#include <graft/base/context.hpp>
#include <graft/tokenize/gguf_vocabulary.hpp>
#include <graft/tokenize/sentencepiece_model.hpp>
#include <graft/tokenize/vocab_txt.hpp>

#include <support/counted_new.hpp>
#include <support/sentencepiece_writer.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

TEST_CASE("tokenize: no allocation in a warm context") {
    std::vector<tokenizer> all;
    all.push_back(read_vocab_txt("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncafe\n##s\n").value());
    std::vector<std::string>      letters;
    std::vector<std::string_view> tokens, merges{"a a", "\u0120 a"};
    for (unsigned b = 0; b < 256; ++b) {
        letters.emplace_back();
        unicode::append_utf8(letters.back(), detail::byte_letters.letter[b]);
    }
    for (const char* t : {"aa", "\u0120a"}) letters.emplace_back(t);
    tokens.assign(letters.begin(), letters.end());
    all.push_back(read_gguf_vocabulary({.model = "gpt2", .pre = "qwen2", .tokens = tokens, .merges = merges}).value());
    for (const std::uint64_t kind : {1u, 2u}) {
        test::proto_writer m, trainer;
        m.piece("<unk>", 0, 2);
        for (const char* t : {"\u2581", "a", "aa", "\u2581the"}) m.piece(t, -1, 1);
        trainer.whole(3, kind);
        m.text(2, trainer.bytes);
        all.push_back(read_sentencepiece(m.bytes).value());
    }
    std::string text = "The caf\u00E9s, na\u00EFve e\u0301\u0323 \uAC00 \u4E2D\u6587 aaaa <|end|> 12345 ";
    text += std::string(300, 'a') + std::string(200, ' ');
    for (int i = 0; i < 40; ++i) text += "the cafes "; // more than max_tokens for every family
    context        c;
    encode_options o;
    o.max_tokens   = 64;
    const auto run = [&] {
        c.reset();
        for (const tokenizer& t : all) {
            const auto r = t.encode(text, c, o);
            CHECK(r->truncated);
            CHECK(t.encode(text, text, c)->size() > 0);
            CHECK(t.encode(trusted_text{text}, c)->size() > 0);
            CHECK(t.count(text, c) > 0);
            CHECK(t.decode(r->ids, c));
        }
    };
    run();
    run();
    const auto before = test::allocations.load();
    run();
    CHECK(test::allocations.load() == before);
}
