// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/tokenize/split_rule.hpp>

#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

std::vector<std::string> pieces(split_rule rule, std::string_view text) {
    std::vector<std::string> out;
    detail::split(rule, text, [&](std::size_t b, std::size_t e) {
        out.emplace_back(text.substr(b, e - b));
        return true;
    });
    return out;
}

using list = std::vector<std::string>;

std::string scalars(const std::string& field) {
    std::string        out;
    std::istringstream in(field);
    for (std::string x; field != "-" && in >> x;)
        unicode::append_utf8(out, static_cast<char32_t>(std::stoul(x, nullptr, 16)));
    return out;
}

/// The cuts of every scalar value in every context, as the reference makes them.
void sweep(const std::string& name, split_rule rule) {
    const auto file = test::shared("fixtures/tokenize/bpe_sweep_" + name + ".tsv");
    if (file.empty()) return test::skipped("fixtures/tokenize/bpe_sweep");
    std::vector<std::pair<std::string, std::string>> contexts;
    std::vector<std::vector<std::string>>            signatures;
    std::istringstream                               in(test::slurp(file));
    std::size_t                                      seen = 0, wrong = 0;
    for (std::string line; std::getline(in, line);) {
        std::vector<std::string> field;
        std::istringstream       fields(line);
        for (std::string x; std::getline(fields, x, '\t');) field.push_back(x);
        if (field.empty() || field[0][0] == '#' || field[0] == "P") continue;
        if (field[0] == "C") contexts.emplace_back(scalars(field[2]), scalars(field[3]));
        if (field[0] == "S") signatures.emplace_back(field.begin() + 2, field.end());
        if (field[0] != "R") continue;
        const auto& want = signatures[std::stoul(field[3])];
        for (auto c    = static_cast<char32_t>(std::stoul(field[1], nullptr, 16)),
                  last = static_cast<char32_t>(std::stoul(field[2], nullptr, 16));
             c <= last; ++c) {
            ++seen;
            for (std::size_t k = 0; k < contexts.size(); ++k) {
                std::string text = contexts[k].first;
                unicode::append_utf8(text, c);
                text += contexts[k].second;
                std::string got;
                std::size_t ends[16] = {}, n = 0;
                detail::split(rule, text, [&](std::size_t, std::size_t e) { return ends[n++] = e, true; });
                for (std::size_t at = 1, cut = 0; at < text.size(); ++at) {
                    while (cut < n && ends[cut] < at) ++cut;
                    if (unicode::is_boundary(text, at)) got += cut < n && ends[cut] == at ? '|' : '.';
                }
                if (got.empty()) got = "-";
                if (got != want[k] && ++wrong <= 5) {
                    INFO(name << " U+" << std::hex << static_cast<unsigned>(c) << " context " << k);
                    CHECK(got == want[k]);
                }
            }
        }
    }
    CHECK(seen == 1112064);
    CHECK(wrong == 0);
}

} // namespace

TEST_CASE("split rule: every scalar value in sixteen contexts, GPT-2") { sweep("gpt2", split_rule::gpt2); }
TEST_CASE("split rule: every scalar value in sixteen contexts, Llama 3") { sweep("llama3", split_rule::llama3); }
TEST_CASE("split rule: every scalar value in sixteen contexts, Qwen 2") { sweep("qwen2", split_rule::qwen2); }

TEST_CASE("split rule: what the expressions say") {
    CHECK(pieces(split_rule::gpt2, "I'll don't 1234  x\n\n y ") ==
          list{"I", "'ll", " don", "'t", " 1234", " ", " x", "\n\n", " y", " "});
    CHECK(pieces(split_rule::llama3, "I'LL 12345  x\n\n y!!\n  ") ==
          list{"I", "'LL", " ", "123", "45", " ", " x", "\n\n", " y", "!!\n", "  "});
    CHECK(pieces(split_rule::cl100k, "a \n  ") == list{"a", " \n  "});
    CHECK(pieces(split_rule::llama3, "a \n  ") == list{"a", " \n", "  "});
    CHECK(pieces(split_rule::qwen2, "v12") == list{"v", "1", "2"});
    CHECK(pieces(split_rule::deepseek_v3, "#include <a.h>\n \tx\u0301y") ==
          list{"#include", " <", "a", ".h", ">\n", " ", "\tx\u0301y"});
    CHECK(pieces(split_rule::han_and_kana, "a\u4E2D\u3042b") == list{"a", "\u4E2D\u3042", "b"});
    CHECK(pieces(split_rule::threes, "a12345b") == list{"a", "123", "45", "b"});
    CHECK(pieces(split_rule::digits, "ab12\u00BDc") == list{"ab", "1", "2", "\u00BD", "c"});
    CHECK(pieces(split_rule::digit_runs, "ab12c") == list{"ab", "12", "c"});
    CHECK(pieces(split_rule::words, "Hey, a_b c-d!?") == list{"Hey", ",", "a_b", "c", "-", "d", "!?"});
    CHECK(pieces(split_rule::white_space, " a  b\u3000c ") == list{"a", "b", "c"});
    CHECK(pieces(split_rule::punctuation, "a.b,,") == list{"a", ".", "b", ",", ","});
    CHECK(pieces(split_rule::bert, " a.b  $c") == list{"a", ".", "b", "$", "c"});
    CHECK(pieces(split_rule::blank_marks, "\u2581a\u2581\u2581b") == list{"\u2581a", "\u2581", "\u2581b"});
    CHECK(pieces(split_rule::blank_runs, "\u2581a\u2581\u2581b") == list{"\u2581a", "\u2581\u2581b"});
}

TEST_CASE("split rule: pieces tile the text, whatever its bytes") {
    const std::string_view odd[] = {
        "", "\xFF", "\xE2\x96", "a\xC3", "'\xC5", "\xF0\x9F\x98\x80'S", " \xA0\x80 ", std::string_view("\0a\0", 3)};
    for (const auto rule : {split_rule::gpt2, split_rule::cl100k, split_rule::llama3, split_rule::qwen2,
                            split_rule::deepseek_v3, split_rule::digits, split_rule::threes, split_rule::blank_runs,
                            split_rule::punctuation, split_rule::han_and_kana})
        for (const auto text : odd) {
            std::string whole;
            for (const auto& p : pieces(rule, text)) {
                CHECK_FALSE(p.empty());
                whole += p;
            }
            CHECK(whole == text);
        }
}
