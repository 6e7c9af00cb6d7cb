// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Hostile bytes as tokenizer.json, as a SentencePiece model, as tiktoken ranks and as vocab.txt; what loads reads a text. One body, two shapes:
// with GRAFT_FUZZ defined it is libFuzzer's entry (clang++ -fsanitize=fuzzer,address,undefined -DGRAFT_FUZZ), without it a test that runs some
// thousand edited files.

#include <graft/base/context.hpp>
#include <graft/base/random.hpp>
#include <graft/tokenize/sentencepiece_model.hpp>
#include <graft/tokenize/tiktoken.hpp>
#include <graft/tokenize/tokenizer_json.hpp>
#include <graft/tokenize/vocab_txt.hpp>

#include <support/sentencepiece_writer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace graft;

/// Reads the bytes as every kind of file. Gives how many of them they are.
int read_all(std::string_view bytes) {
    int        good = 0;
    const auto use  = [&](const result<tokenizer>& t) {
        if (!t) return;
        ++good;
        context c;
        for (const std::string_view text :
             {std::string_view("The caf\u00E9 a\xFF <|end|> \u2581 ab"), bytes.substr(0, 2000)}) {
            const auto r = t->encode(trusted_text{text}, c);
            if (r) static_cast<void>(t->decode(r->ids, c, true));
            static_cast<void>(t->count(text, c));
        }
    };
    use(read_tokenizer_json(bytes));
    use(read_sentencepiece(bytes));
    use(read_tiktoken(bytes, split_rule::llama3));
    use(read_vocab_txt(bytes));
    return good;
}

} // namespace

#if defined(GRAFT_FUZZ)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read_all({reinterpret_cast<const char*>(data), size});
    return 0;
}
#else
#    include <doctest/doctest.h>

TEST_CASE("fuzz: edited tokenizer files of every kind") {
    std::vector<std::string> files{
        R"({"added_tokens":[{"id":3,"content":"<|end|>","special":true,"lstrip":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"e","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"e":{"ids":[3]}}},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}})",
        R"({"model":{"type":"WordPiece","unk_token":"u","vocab":{"u":0,"the":1,"##s":2}},"pre_tokenizer":{"type":"BertPreTokenizer"},"normalizer":{"type":"BertNormalizer"}})",
        R"({"model":{"type":"Unigram","unk_id":0,"vocab":[["u",0],["\u2581",-1],["a",-2.5],["\u2581a",-1e3]]},"pre_tokenizer":{"type":"Metaspace","replacement":"\u2581"},"normalizer":{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},"decoder":{"type":"Metaspace","replacement":"\u2581"}})",
        "[UNK]\n[CLS]\n[SEP]\nthe\n##s\n"};
    test::proto_writer m, trainer;
    m.piece("<unk>", 0, 2);
    for (const char* t : {"\u2581", "a", "ab", "\u2581the"}) m.piece(t, -1, 1);
    trainer.whole(3, 2);
    m.text(2, trainer.bytes);
    files.push_back(m.bytes);
    for (const auto& file : files) CHECK(read_all(file) == 1);
    graft::counter_random random(1, 23);
    int                   loaded = 0;
    for (int round = 0; round < 6000; ++round) {
        auto file = files[random.below(files.size())];
        for (std::uint64_t edits = 1 + random.below(3); edits > 0 && !file.empty(); --edits) {
            const auto at = random.below(file.size());
            switch (random.below(4)) {
            case 0: file[at] = static_cast<char>(random.below(256)); break;
            case 1: file.erase(at, 1 + random.below(8)); break;
            case 2: file.insert(at, file.substr(random.below(file.size()), random.below(24))); break;
            default: file.resize(at);
            }
        }
        loaded += read_all(file);
    }
    CHECK(loaded > 100); // not all edits break a file
}
#endif
