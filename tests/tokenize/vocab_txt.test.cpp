// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/context.hpp>
#include <graft/tokenize/vocab_txt.hpp>

#include <support/tokenizer_vectors.hpp>

#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace graft;

namespace {

constexpr std::string_view small_vocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nun\n##aff\n##able\nrun\n##ning\n,\ncafe\n##s\n";

std::vector<token_id> ids_of(const tokenizer& t, std::string_view text, bool special = false) {
    context        c;
    encode_options o;
    o.add_special  = special;
    const auto got = t.encode(text, c, o);
    REQUIRE(got);
    return {got->ids.begin(), got->ids.end()};
}

} // namespace

TEST_CASE("wordpiece: the longest pieces first, a word that cannot be spelled is one unknown token") {
    const tokenizer t = read_vocab_txt(small_vocabulary).value();
    CHECK(t.size() == 14);
    CHECK(ids_of(t, "unaffable") == std::vector<token_id>{6, 7, 8});
    CHECK(ids_of(t, "The running, UNAFFABLE caf\u00e9s") == std::vector<token_id>{5, 9, 10, 11, 6, 7, 8, 12, 13});
    CHECK(ids_of(t, "unaffablex") == std::vector<token_id>{1});
    CHECK(ids_of(t, "") == std::vector<token_id>{});
    CHECK(ids_of(t, "", true) == std::vector<token_id>{2, 3});
    CHECK(ids_of(t, "the", true) == std::vector<token_id>{2, 5, 3});
    CHECK(ids_of(t, std::string(101, 'a')) == std::vector<token_id>{1}); // more than a word may have
    CHECK(ids_of(t, std::string(50000, 's')) == std::vector<token_id>{1});
    CHECK(t.count("unaffable, the") == 5);
    static_assert(token_counter<tokenizer>);
}

TEST_CASE("wordpiece: special tokens that are typed in a text are text") {
    const tokenizer t = read_vocab_txt(small_vocabulary).value();
    CHECK(ids_of(t, "the [SEP] the") == std::vector<token_id>{5, 1, 1, 1, 5});
    context        c;
    encode_options o;
    o.add_special  = false;
    const auto got = t.encode(trusted_text{"the [SEP] the[MASK]"}, c, o).value();
    CHECK(std::vector(got.ids.begin(), got.ids.end()) == std::vector<token_id>{5, 3, 5, 4});
    CHECK(got.spans[1] == byte_span{4, 9});
    const segment pieces[] = {
        {.text = "[CLS]the", .trusted = true}, {.text = "[SEP]"}, {.text = "[SEP]", .trusted = true}};
    const auto ids = t.encode(pieces, c).value();
    CHECK(std::vector(ids.begin(), ids.end()) == std::vector<token_id>{2, 5, 1, 1, 1, 3});
}

TEST_CASE("vocab.txt: what is no vocabulary is refused") {
    CHECK(read_vocab_txt("").error().subject == "[UNK]");
    CHECK(read_vocab_txt("[UNK]\n[CLS]\n").error().subject == "[SEP]");
    CHECK(read_vocab_txt("[UNK]\n[CLS]\n[SEP]\n\xFF\n").error().what == fault::bad_utf8);
    CHECK(read_vocab_txt("[UNK]\r\n[CLS] \n[SEP]\n\na\n").value().find("a") == token_id{4});
}

TEST_CASE("wordpiece: decoding") {
    const tokenizer             t = read_vocab_txt(small_vocabulary).value();
    context                     c;
    const std::vector<token_id> ids = {2, 5, 6, 7, 8, 11, 5, 3};
    CHECK(t.decode(ids, c).value() == "the unaffable, the");
    CHECK(t.decode(ids, c, true).value() == "[CLS] the unaffable, the [SEP]");
    CHECK(t.decode(std::vector<token_id>{5, 14}, c).error() == error{fault::unknown_id, unit::row, 1, "ids"});
}

TEST_CASE("wordpiece: every scalar value is cleaned and cut as the reference does it") {
    NEEDS_SHARED(file, "fixtures/tokenize/bert_sweep.tsv");
    // What the pieces of a, c, b are, class by class.
    std::vector<char>                            kinds(0x110000, 0);
    std::map<char32_t, std::vector<std::string>> listed;
    std::istringstream                           in(test::slurp(file));
    for (std::string line; std::getline(in, line);) {
        std::istringstream fields(line);
        std::string        what, first, last, kind;
        if (line.empty() || line[0] == '#') continue;
        std::getline(fields, what, '\t');
        std::getline(fields, first, '\t');
        const auto c = static_cast<char32_t>(std::stoul(first, nullptr, 16));
        if (what == "R") {
            fields >> last >> kind;
            for (char32_t x = c, end = static_cast<char32_t>(std::stoul(last, nullptr, 16)); x <= end; ++x)
                kinds[x] = kind[0];
        } else {
            for (std::string piece; std::getline(fields, piece, '\t');) {
                std::string        text;
                std::istringstream scalars(piece);
                for (std::string x; scalars >> x;)
                    unicode::append_utf8(text, static_cast<char32_t>(std::stoul(x, nullptr, 16)));
                listed[c].push_back(text);
            }
        }
    }
    normaliser clean;
    clean.add(bert_cleaning{});
    arena       a;
    std::size_t wrong = 0, seen = 0;
    for (char32_t c = 0; c < 0x110000; ++c) {
        if (c >= 0xD800 && c < 0xE000) continue;
        std::string text = "a", self;
        unicode::append_utf8(self, c);
        text += self + "b";
        std::vector<std::string> want, got;
        switch (kinds[c]) {
        case 'D': want = {"ab"}; break;
        case 'S': want = {"a", "b"}; break;
        case 'P':
        case 'C': want = {"a", self, "b"}; break;
        case 'W': want = {"a" + self + "b"}; break;
        default: want = listed[c];
        }
        arena::scope s(a);
        const auto   n = clean(detail::as_it_stands(text, 0, text.size()), a);
        detail::split(split_rule::bert, n.text, [&](std::size_t b, std::size_t e) {
            got.emplace_back(n.text.substr(b, e - b));
            return true;
        });
        ++seen;
        if (got != want && ++wrong <= 5) {
            INFO(static_cast<unsigned>(c) << " " << kinds[c]);
            CHECK(got == want);
        }
    }
    CHECK(seen == 1112064);
    CHECK(wrong == 0);
}

TEST_CASE("wordpiece: the corpus, every id and every byte") {
    NEEDS_SHARED(vocabulary, "data/tokenizers/bert-uncased/vocab.txt");
    NEEDS_SHARED(texts, "fixtures/tokenize/corpus/texts.jsonl");
    const tokenizer t = read_vocab_txt(test::slurp(vocabulary)).value();
    CHECK(test::differ_on_corpus(t, "bert-uncased", true) == 0);
}

TEST_CASE("wordpiece: 5,000 questions") {
    NEEDS_SHARED(folder, "data/tokenizers/bert-uncased");
    const tokenizer t     = read_vocab_txt(test::slurp(folder / "vocab.txt")).value();
    std::size_t     right = 0;
    for (const auto& line : test::json_lines(folder / "questions.jsonl")) {
        std::vector<token_id> want;
        for (const json_value x : *line.at("ids").array()) want.push_back(x.number<token_id>().value());
        right += ids_of(t, line.at("text").text().value()) == want ? 1U : 0U;
    }
    CHECK(right == 5000);
}
