// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/context.hpp>
#include <graft/tokenize/tiktoken.hpp>

#include <support/tokenizer_vectors.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

namespace {

/// Ranks in which every byte is a token, and these behind them.
std::string ranks(const std::vector<std::string>& more = {}) {
    static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string           out;
    auto                  line = [&, id = 0](const std::string& token) mutable {
        for (std::size_t i = 0; i < token.size(); i += 3) {
            unsigned bits = 0;
            for (std::size_t k = 0; k < 3; ++k)
                bits = bits << 8 | (i + k < token.size() ? static_cast<unsigned char>(token[i + k]) : 0u);
            for (std::size_t k = 0; k < 4; ++k) out += k > token.size() - i ? '=' : letters[bits >> (18 - 6 * k) & 63];
        }
        out += " " + std::to_string(id++) + "\n";
    };
    for (int b = 0; b < 256; ++b) line(std::string(1, static_cast<char>(b)));
    for (const auto& m : more) line(m);
    return out;
}

} // namespace

TEST_CASE("tiktoken: the lowest rank joins first, the leftmost of equals") {
    const tokenizer t  = read_tiktoken(ranks({"ab", "bc", "aa", "abc", "zzzz"}), split_rule::gpt2).value();
    const auto      id = [&](std::string_view s) { return t.find(s).value(); };
    arena           a;
    const auto      got = [&](std::string_view s) {
        const auto r = t.encode(s, a).value();
        return std::vector(r.ids.begin(), r.ids.end());
    };
    CHECK(got("abc") == std::vector{id("abc")});
    CHECK(got("abcb") == std::vector{id("abc"), id("b")});
    CHECK(got("aaa") == std::vector{id("aa"), id("a")});
    CHECK(got("bcabc") == std::vector{id("bc"), id("abc")});
    CHECK(got("zzzz") == std::vector{id("zzzz")}); // it is whole, though nothing joins to it
    CHECK(got("zzzzz") == std::vector(5, id("z")));
    CHECK(got("\xFF\xFE") == std::vector<token_id>{0xFF, 0xFE});
}

TEST_CASE("tiktoken: a long piece is joined as a short one is") {
    const tokenizer t = read_tiktoken(ranks({"ab", "abab", "ba", "aab", "bb"}), split_rule::gpt2).value();
    // By a plain loop over all pairs.
    const auto plain = [&](std::string_view s) {
        std::vector<std::string> parts;
        for (const char c : s) parts.emplace_back(1, c);
        for (;;) {
            token_id    best  = no_token;
            std::size_t where = 0;
            for (std::size_t i = 0; i + 1 < parts.size(); ++i)
                if (const auto r = t.find(parts[i] + parts[i + 1]); r && *r < best) best = *r, where = i;
            if (best == no_token) break;
            parts[where] += parts[where + 1];
            parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(where) + 1);
        }
        std::vector<token_id> ids;
        for (const auto& p : parts) ids.push_back(*t.find(p));
        return ids;
    };
    std::uint32_t state = 7;
    for (std::size_t n = 1; n < 300; n += n < 70 ? 1 : 23) {
        std::string s;
        for (std::size_t i = 0; i < n; ++i)
            s += (state = state * 1664525 + 1013904223) >> 30 == 0 ? 'b' : state >> 31 ? 'a' : 'b';
        arena      a;
        const auto r = t.encode(s, a).value();
        CHECK(std::vector(r.ids.begin(), r.ids.end()) == plain(s));
        CHECK(t.count(s) == r.size());
    }
}

TEST_CASE("tiktoken: special tokens only in trusted text") {
    const tokenizer t = read_tiktoken(ranks(), split_rule::gpt2, {{.content = "<|end|>", .id = 300}}).value();
    arena           a;
    CHECK(t.encode("a<|end|>", a).value().size() == 8);
    const auto r = t.encode(trusted_text{"a<|end|>b"}, a).value();
    CHECK(std::vector(r.ids.begin(), r.ids.end()) == std::vector<token_id>{'a', 300, 'b'});
    CHECK(t.decode(r.ids, a).value() == "ab");
    CHECK(t.decode(r.ids, a, true).value() == "a<|end|>b");
}

TEST_CASE("tiktoken: bad files") {
    CHECK(read_tiktoken("", split_rule::gpt2).error().what == fault::malformed);
    CHECK(read_tiktoken(ranks() + "!!!! 256\n", split_rule::gpt2).error() ==
          error{fault::bad_format, unit::line, 257, "tiktoken"});
    CHECK(read_tiktoken(ranks() + "YQ== 99999999999\n", split_rule::gpt2).error().of == unit::line);
    CHECK(read_tiktoken(ranks() + "YQ==256\n", split_rule::gpt2).error().of == unit::line);
    CHECK(read_tiktoken(ranks() + " 256\n", split_rule::gpt2).error().of == unit::line);
    CHECK(read_tiktoken(ranks() + "YWI= 5\n", split_rule::gpt2).error().what == fault::malformed);
    CHECK(read_tiktoken(ranks().substr(7), split_rule::gpt2).error().what == fault::malformed);
}

TEST_CASE("tiktoken: the corpus, every id and every byte") {
    NEEDS_SHARED(folder, "data/tokenizers/tiktoken");
    NEEDS_SHARED(texts, "fixtures/tokenize/corpus/texts.jsonl");
    CHECK(test::differ_on_corpus(read_tiktoken(test::slurp(folder / "r50k_base.tiktoken"), split_rule::gpt2).value(),
                                 "r50k", false) == 0);
    CHECK(
        test::differ_on_corpus(read_tiktoken(test::slurp(folder / "cl100k_base.tiktoken"), split_rule::cl100k).value(),
                               "cl100k", false) == 0);
}
