// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include "support/shared.hpp"

#include <cstdio>
#include <sstream>
#include <vector>

using namespace graft;
using namespace graft::unicode;

namespace {

std::vector<char32_t> scalars(std::string_view text) {
    std::vector<char32_t> out;
    for (std::size_t at = 0; at < text.size(); at += decode(text, at).length) out.push_back(decode(text, at).scalar);
    return out;
}

std::string folded(std::string_view text) {
    std::string out;
    for (const char32_t c : scalars(text)) append_utf8(out, fold(c));
    return out;
}

/// What a command prints.
std::string output_of(const std::string& command) {
    std::string out;
    if (FILE* pipe = popen(command.c_str(), "r")) {
        char some[4096];
        for (std::size_t n; (n = std::fread(some, 1, sizeof some, pipe)) > 0;) out.append(some, n);
        if (pclose(pipe) != 0) out.clear();
    }
    return out;
}

} // namespace

TEST_CASE("unicode: classes") {
    for (const char32_t c : scalars("AzéßЖωאعकกかカ漢가𝐀ⅰªʼ")) {
        CAPTURE(static_cast<std::uint32_t>(c));
        CHECK((is_letter(c) || c == U'ⅰ'));
        CHECK(classify(c).in_words());
        CHECK_FALSE((is_space(c) || is_digit(c) || is_mark(c)));
    }
    for (const char32_t c : scalars("0٣९๗７"))
        CHECK((is_digit(c) && script_kind(c) == script::spaced && !is_letter(c)));
    for (const char32_t c : scalars("½²Ⅳ")) CHECK((classify(c).in_words() && !is_digit(c)));
    for (const char32_t c : scalars(" \t\n\r\u00A0\u2003\u3000\u2028\u0085"))
        CHECK((is_space(c) && !classify(c).in_words()));
    for (const char32_t c : scalars("\u0301\u05B0\u064E\u0941\u0E48\u3099")) CHECK((is_mark(c) && !is_letter(c)));
    for (const char32_t c : scalars("\u0301\u05B0\u064E\u093C\uFE0F")) CHECK(classify(c).is_decoration());
    for (const char32_t c : scalars("\u0941\u0E48\u17D2")) CHECK(classify(c).is_kept_mark());
    for (const char32_t c : scalars("\u00AD\u200D\u200C\uFEFF")) CHECK((classify(c).is_format() && !is_space(c)));
    CHECK((!is_mark(0x640) && !is_letter(0x640) && classify(0x640).is_decoration())); // tatweel
    CHECK_FALSE((is_space(0x200B) || classify(0x200B).is_format()));                  // separates words
    for (const char32_t c : scalars("ÀÉЖΩǅ")) CHECK((is_upper(c) && is_letter(c)));
    for (const char32_t c : scalars("àéжω漢1ʰ")) CHECK_FALSE(is_upper(c));
    for (const char32_t c : scalars(".,-_'’—。、？😀€+§"))
        CHECK((classify(c).script_kind() == script::none && !classify(c).in_words()));
}

TEST_CASE("unicode: kinds of script") {
    for (const char32_t c : scalars("漢字ひらがなカタカナー々〇ㄅ㐀豈ｶ\U00020000\U0002B820\U00031350"))
        CHECK(script_kind(c) == script::ideographic);
    for (const char32_t c : scalars("ไทยลาวខ្មែរမြန်မာ")) CHECK(script_kind(c) == script::unspaced);
    for (const char32_t c : scalars("한국어ㄱᄀ")) CHECK(script_kind(c) == script::hangul);
    for (const char32_t c : scalars("AéжωאعहিதགԱა")) CHECK(script_kind(c) == script::spaced);
    for (const char32_t c : {U'\xD800', U'\xDFFF', U'\xFFFF', U'\x10FFFF', static_cast<char32_t>(0x110000),
                             static_cast<char32_t>(0xFFFFFFFF)}) {
        CHECK(script_kind(c) == script::none);
        CHECK(classify(c).bits() == 0);
        CHECK(fold(c) == c);
    }
    CHECK(classify(0xE0100).is_decoration()); // a variation selector
}

TEST_CASE("unicode: folding") {
    CHECK(folded("ÉCOLE Ångström naïve Łódź Đorđe ØRSTED") == "ecole angstrom naive lodz dorde orsted");
    CHECK(folded("ΑΣ ας ΐ Ώ ᾳ") == "ασ ασ ι ω α");
    CHECK(folded("Ёлка Йод Їжак") == "елка иод іжак");
    CHECK(folded("İstanbul Iğdır") == "istanbul igdir");
    CHECK(folded("ＮＦＬ２０ ﾃｽﾄ ｱ") == "nfl20 テスト ア");
    CHECK(folded("がぱガパ") == "がぱガパ");
    CHECK(folded("أإآٱ ىيی ةه كک ؤئ") == "اااا ييي هه كك وي");
    CHECK(folded("٠١٢٣ ०१२ ๐๑") == "0123 012 01");
    CHECK(folded("½ ⅷ") == "½ ⅷ"); // several letters: as they are
    CHECK(folded("①²₃𝟗𝐀ℝ") == "1239ar");
    CHECK(folded("don’t donʼt") == "don't don't");
    CHECK(folded("\u0958 \u095B") == "क ज"); // the nukta is built in
    CHECK(folded("한글 漢字 ไทย ẞ") == "한글 漢字 ไทย ß");
    std::size_t wrong = 0;
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        if (fold(fold(c)) != fold(c)) ++wrong;
        if (c >= 0x80 && fold(c) != c && !classify(c).folds()) ++wrong;
        // A letter stays part of a word, or becomes an apostrophe or a voicing mark.
        const char32_t to = fold(c);
        if (classify(c).is_letter() && !classify(to).in_words() && to != U'\'') ++wrong;
    }
    CHECK(wrong == 0);
    static_assert(fold(U'É') == U'e' && fold(U'Σ') == U'σ' && fold(U'A') == U'a');
}

TEST_CASE("unicode: expansions and voicing marks") {
    CHECK(expansion(U'ß') == "ss");
    CHECK(expansion(fold(U'Æ')) == "ae");
    CHECK(expansion(U'ﬃ') == "ffi");
    CHECK(expansion(U'\xFEFB') == "\u0644\u0627");
    CHECK(expansion(U'a').empty());
    for (char32_t c = 0; c <= 0x10FFFF; ++c)
        if (!expansion(c).empty()) {
            CHECK(classify(c).folds());
            for (const char32_t part : scalars(expansion(c))) CHECK(fold(part) == part);
        }
    const auto plain = scalars("うかきくけこさしすせそたちつてとはひふへほウカコタツトハホ"),
               voice = scalars("ゔがぎぐげござじずぜぞだぢづでどばびぶべぼヴガゴダヅドバボ");
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(voiced(plain[i], 0x3099) == voice[i]);
    const auto p = scalars("はひふへほハホ"), semi = scalars("ぱぴぷぺぽパポ");
    for (std::size_t i = 0; i < p.size(); ++i) CHECK(voiced(p[i], 0x309A) == semi[i]);
    for (const char32_t c : scalars("あがっなまんアん漢a")) CHECK((voiced(c, 0x3099) == 0 && voiced(c, 0x309A) == 0));
}

TEST_CASE("unicode: Latin, Greek and Cyrillic fold where BERT's normaliser, another implementation, does") {
    NEEDS_SHARED(file, "fixtures/tokenize/bert_sweep.tsv");
    std::istringstream lines(test::slurp(file));
    std::size_t        compared = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] != 'X') continue;
        std::vector<std::string> fields(1);
        for (const char c : line)
            if (c == '\t') fields.emplace_back();
            else fields.back() += c;
        const char32_t c = static_cast<char32_t>(std::stoul(fields[1], nullptr, 16));
        if (!((c >= 0xC0 && c < 0x530) || (c >= 0x1E00 && c < 0x2000)) || fields.size() != 3 || !is_letter(c)) continue;
        std::istringstream    numbers(fields[2]);
        std::vector<char32_t> piece;
        for (std::string hex; numbers >> hex;) piece.push_back(static_cast<char32_t>(std::stoul(hex, nullptr, 16)));
        if (piece.size() != 3) continue; // a, one scalar value, b
        ++compared;
        CAPTURE(line);
        CHECK(fold(c) == fold(piece[1])); // it keeps the final sigma and the like
        CHECK(fold(c) != c);
    }
    CHECK(compared > 1000);
}

TEST_CASE("unicode: the generator gives the tables that are here") {
    const std::string here   = std::string(__FILE__).substr(0, std::string(__FILE__).rfind("unicode/unicode.test.cpp"));
    const std::string script = here + "tools/make_unicode_tables.py";
    const std::string header = test::slurp(here + "../include/graft/unicode/unicode_tables.hpp");
    REQUIRE(!header.empty());
    const std::string version = output_of("python3 '" + script + "' --check-version 2>/dev/null");
    if (version.empty() ||
        header.find("from Unicode " + version.substr(0, version.size() - 1) + ";") == std::string::npos) {
        MESSAGE("no python3 with the Unicode version of the tables: not compared");
        return;
    }
    CHECK(output_of("python3 '" + script + "'") == header);
}
