// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/words/analysis.hpp>

#include "support/shared.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace graft;

namespace {

using words = std::vector<std::string>;

constexpr analyzer plain{.stems = false, .stops = false};

words words_of(std::string_view text, const analyzer& analyse = {}) {
    words out;
    analyse(text, [&](const token& t) { out.emplace_back(t.word); });
    return out;
}

/// The words as they stand in the text.
words spans_of(std::string_view text, const analyzer& analyse = {}) {
    words out;
    analyse(text, [&](const token& t) { out.emplace_back(text.substr(t.begin, t.end - t.begin)); });
    return out;
}

/// The words alone: no compounds written together, nothing that may be a name.
words simple_words(std::string_view text, const analyzer& analyse) {
    words out;
    analyse(text, [&](const token& t) {
        if (t.kind == token_kind::word) out.emplace_back(t.word);
    });
    return out;
}

/// Whether a question and a text have a word in common.
bool meet(std::string_view question, std::string_view text) {
    const words asked = words_of(question), there = words_of(text);
    return std::any_of(asked.begin(), asked.end(),
                       [&](const std::string& w) { return std::find(there.begin(), there.end(), w) != there.end(); });
}
/// Whether every word of a question, compounds and possible names aside, is in a text, as a word or as a compound.
bool covers(std::string_view question, std::string_view text) {
    const words asked = simple_words(question, {}), there = words_of(text);
    return !asked.empty() && std::all_of(asked.begin(), asked.end(), [&](const std::string& w) {
        return std::find(there.begin(), there.end(), w) != there.end();
    });
}

/// What the analyser says of ASCII text without capitals, byte by byte: an independent and slow reading of its rules.
words ascii_words(std::string_view text, const analyzer& rules) {
    const auto letter = [&](std::size_t i) {
        return i < text.size() && ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                                   (text[i] >= '0' && text[i] <= '9'));
    };
    const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
    const auto lower = [&](std::size_t i) {
        return text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    };
    words out;
    for (std::size_t i = 0; i < text.size();) {
        if (!letter(i)) {
            ++i;
            continue;
        }
        std::string word;
        for (; i < text.size(); ++i) {
            if (letter(i)) {
                word += lower(i);
                continue;
            }
            std::string tail;
            for (std::size_t k = i + 1; letter(k); ++k) tail += lower(k);
            const bool clitic =
                text[i] == '\'' && std::set<std::string>{"s", "t", "d", "m", "re", "ve", "ll"}.count(tail) > 0;
            const bool point = text[i] == '.' && digit(i - 1) && digit(i + 1);
            const bool group =
                text[i] == ',' && digit(i - 1) && digit(i + 1) && digit(i + 2) && digit(i + 3) && !digit(i + 4);
            if (!clitic && !point && !group) break;
            if (!group) word += text[i];
        }
        if (const std::size_t at = detail::unit_at(word);
            at > 0 && word.size() <= longest_word) { // the unit is the next word
            i -= word.size() - at;
            word.resize(at);
        }
        word.resize(word.size() < longest_word ? word.size() : longest_word);
        if (word.size() == 1 && word[0] >= '0' && word[0] <= '9') {
            const std::string_view before = text.substr(0, i - 1);
            // Two neighbours of it are numbers; how far they reach does not matter where only one stands on a side.
            const auto number_before = [&](std::string_view t) {
                const auto end = t.find_last_not_of(" \t\r\n");
                if (end == t.npos || end + 1 == t.size() || t[end] < '0' || t[end] > '9') return std::string_view::npos;
                const auto begin = t.substr(0, end + 1).find_last_not_of("0123456789.");
                return begin == t.npos ? 0 : begin + 1;
            };
            const auto number_behind = [&](std::size_t at) {
                const auto begin = text.find_first_not_of(" \t\r\n", at);
                if (begin == text.npos || begin == at || !digit(begin)) return text.npos;
                return std::min(text.size(), text.find_first_not_of("0123456789.", begin));
            };
            const auto b1 = number_before(before), b2 = b1 == text.npos ? b1 : number_before(before.substr(0, b1));
            const auto a1 = number_behind(i), a2 = a1 == text.npos ? a1 : number_behind(a1);
            const int  numbers =
                int{b1 != text.npos} + int{b2 != text.npos} + int{a1 != text.npos} + int{a2 != text.npos};
            if (numbers < 2) out.push_back(word);
            continue;
        }
        std::string bare = word;
        if (bare.size() > 2 && bare.substr(bare.size() - 2) == "'s") bare.resize(bare.size() - 2);
        if (word.size() < 2 || (rules.stops && is_stop_word(bare))) continue;
        if (rules.stems) word = stem_english(std::string_view(word));
        if (word.size() > 1) out.push_back(word);
    }
    return out;
}

} // namespace

TEST_CASE("analysis: English") {
    CHECK(words_of("The connections of the Connected networks, connecting.") ==
          words{"connect", "connect", "network", "connect"});
    CHECK(words_of("The state-of-the-art isn't it?") == words{"state", "art", "isn't"});
    CHECK(spans_of("The state-of-the-art, isn't it?") == words{"state", "art", "isn't"});
    CHECK(words_of("std::vec_deque<HashMap> x = foo2bar;") ==
          words{"std", "vec", "dequ", "vecdequ", "hash", "map", "hashmap", "foo2bar"});
    CHECK(words_of("a I 5 C x") == words{"5", "c"});
    CHECK(words_of("What who how when would have been") == words{});
    CHECK(words_of("") == words{});
    CHECK(words_of(" \n\t.,;!-_'\"") == words{});
    CHECK(words_of("the The THE tHe", {.stems = true, .stops = false}).size() == 4);
    CHECK(words_of("running", {.stems = false, .stops = true}) == words{"running"});
}

TEST_CASE("analysis: every scalar alone, doubled and beside an apostrophe letter comes to an end") {
    const analyzer analyse;
    std::size_t    tokens = 0;
    const auto     count  = [&](const token&) { ++tokens; };
    for (char32_t c = 1; c < 0x110000; c += c < 0x3400 ? 1 : 61) {
        if (c >= 0xD800 && c < 0xE000) continue;
        std::string s;
        unicode::append_utf8(s, c);
        analyse(s, count);
        analyse(s + "\xca\xbc" + s, count);
        analyse("a" + s + s + "b" + s, count);
    }
    CHECK(tokens > 30000);
    CHECK(words_of("\xca\xbc") == words{});
    CHECK(words_of("\xca\xbcnight or day") == words{"night", "day"});
}

TEST_CASE("analysis: apostrophes") {
    CHECK(words_of("the dog's bone, the dogs' bones, James' and James's") ==
          words{"dog", "bone", "dog", "bone", "jame", "jame"});
    CHECK(words_of("it's that's there's") == words{}); // stop words with 's
    CHECK(words_of("don't don’t DONʼT we're we've he'll I'm") ==
          words{"don't", "don't", "don't", "we'r", "we'v", "he'll", "i'm"});
    CHECK(words_of("l'homme d’Alembert's O'Reilly rock'n'roll", plain) ==
          words{"homme", "alembert's", "reilly", "rock", "roll"});
    CHECK(words_of("'quoted' ‘words’ it''s", plain) == words{"quoted", "words", "it"});
    CHECK(words_of("м'ята п’ять", plain) == words{"м'ята", "п'ять"});
    CHECK(spans_of("dogs' 'tis cats’", plain) == words{"dogs", "tis", "cats"});
}

TEST_CASE("analysis: numbers") {
    CHECK(words_of("3.14 1,000,000 v1.2.3 10.5% 2,5 1,00 12,345x 3. 7,") ==
          words{"3.14", "1000000", "1.2.3", "10.5", "2", "5", "1", "00", "12345x", "3", "7"});
    CHECK(spans_of("$1,250.75, 2020.") == words{"1,250.75", "2020"});
    CHECK(words_of("1,000") == words_of("1000"));
    CHECK(words_of("٢٠٢٤ ２０２４ २०२४ ๒๐๒๔") == words{"2024", "2024", "2024", "2024"});
}

TEST_CASE("analysis: spellings of one word meet") {
    CHECK(words_of("Café CAFE\u0301 cafés ＣＡＦＥ caf\u00ADé") == words(5, "cafe"));
    CHECK(words_of("Straße STRASSE Strasse STRAẞE", plain) == words(4, "strasse"));
    CHECK(words_of("Æther æther ﬁnﬁx ﬃ œuvre", plain) == words{"aether", "aether", "finfix", "ffi", "oeuvre"});
    CHECK(words_of("Οδυσσεύς ΟΔΥΣΣΕΎΣ ὀδυσσεύς", plain) == words(3, "οδυσσευσ"));
    CHECK(words_of("Ёлка елка ЁЛКА", plain) == words(3, "елка"));
    CHECK(words_of("İSTANBUL istanbul ıstanbul", plain) == words(3, "istanbul"));
    // harakat, tatweel, alef and ya forms; a lam-alef ligature
    CHECK(words_of("كِتَابٌ كتـــاب كتاب", plain) == words(3, "كتاب"));
    CHECK(words_of("أحمد إحمد آحمد احمد", plain) == words(4, "احمد"));
    CHECK(words_of("علي على علی", plain) == words(3, "علي"));
    CHECK(words_of("س\uFEFBم سلام", plain) == words(2, "سلام"));
    CHECK(words_of("שָׁלוֹם שלום", plain) == words(2, "שלום"));
    CHECK(words_of("می\u200Cخواهم", plain) == words{"ميخواهم"});    // a joiner is not seen
    CHECK(words_of("हिन्दी हिंदी", plain) == words{"हिन्दी", "हिंदी"}); // vowel signs are letters here
    CHECK(words_of("x\u200By \u00ABzu\u00BB", plain) == words{"zu"});
    CHECK(spans_of("e\u0301cole\u0301 x", plain) == words{"e\u0301cole\u0301"});
}

TEST_CASE("analysis: scripts without spaces are read in pairs") {
    CHECK(words_of("北京大学") == words{"北京", "京大", "大学"});
    CHECK(words_of("学") == words{"学"});
    CHECK(words_of("学。生 x") == words{"学", "生"});
    CHECK(words_of("在NFL的308分，四次") == words{"在", "nfl", "的", "308", "分", "四次"});
    CHECK(spans_of("在NFL的308分，四次") == words{"在", "NFL", "的", "308", "分", "四次"});
    CHECK(words_of("東京タワーへ行く") == words{"東京", "京タ", "タワ", "ワー", "ーへ", "へ行", "行く"});
    CHECK(words_of("ﾃｽﾄ ｶﾞｽ パン か\u3099す") == words{"テス", "スト", "ガス", "パン", "がす"});
    CHECK(spans_of("か\u3099す") == words{"か\u3099す"});
    CHECK(words_of("ไทย") == words{"ไท", "ทย"});
    CHECK(words_of("ที่นี่") == words{"ที่นี่"}); // two characters, each with its marks
    CHECK(words_of("ខ្មែរ").size() == 2);
    CHECK(words_of("ປະເທດລາວ ၁၂").size() > 3);
    // Hangul: pairs inside a word, also where the syllables are spelled by their parts
    CHECK(words_of("한국어 책 을") == words{"한국", "국어", "책", "을"});
    CHECK(words_of("\u1112\u1161\u11AB\u1100\u116E\u11A8") == words{"한국"});
    CHECK(words_of("NFL은 좋다") == words{"nfl", "은", "좋다"});
    // ideographs beyond the first plane, and one with a variation selector
    CHECK(words_of("\U00020000\U00020001") == words{"\U00020000\U00020001"});
    CHECK(words_of("葛\U000E0100城") == words{"葛城"});
    CHECK(spans_of("葛\U000E0100城") == words{"葛\U000E0100城"});
}

TEST_CASE("analysis: ASCII text, against a slow reading of the rules") {
    counter_random                    random(1);
    static constexpr std::string_view pieces[] = {"a",       "the",   "run",
                                                  "running", "'",     "s",
                                                  "'s",      "t",     ".",
                                                  ",",       "1",     "23",
                                                  "456",     "000",   " ",
                                                  "_",       "-",     "ly",
                                                  "ation",   "re",    "ll",
                                                  "q",       "5",     "km",
                                                  "\n",      "  ",    "internationalisationalisms",
                                                  "x",       "isn't", std::string_view("\0", 1),
                                                  "@",       "[",     "`",
                                                  "{",       "/",     ":"};
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(14); n > 0; --n) text += pieces[random.below(std::size(pieces))];
        const analyzer rules{.stems = random.below(2) == 0, .stops = random.below(2) == 0};
        if (simple_words(text, rules) != ascii_words(text, rules)) {
            FAIL_CHECK("differs: " << text);
            break;
        }
    }
    for (unsigned c = 0; c < 128; ++c) {    // each byte alone, and between two words
        if (c >= 'A' && c <= 'Z') continue; // a compound
        const std::string text = std::string("ab") + static_cast<char>(c) + "cd";
        CHECK(simple_words(text, plain) == ascii_words(text, plain));
    }
}

TEST_CASE("analysis: real English, against the slow reading") {
    NEEDS_SHARED(file, "data/retrieval/cranfield/corpus.jsonl");
    std::string text = test::slurp(file);
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    CHECK(simple_words(text, {}) == ascii_words(text, {}));
    CHECK(simple_words(text, plain) == ascii_words(text, plain));
}

TEST_CASE("analysis: any bytes give tokens in order, on boundaries, with the hash of their word") {
    counter_random                    random(5);
    static constexpr std::string_view pieces[] = {
        "word",   "é",      "е\u0301",    "北",       "京",       "か",
        "\u3099", "한",     "\u1100",     "\u1161",   "\u11A8",   "ก",
        "ิ",       "\u17D2", " ",          "'",        "’",        "\u00AD",
        "\u200D", "ß",      "ﬁ",          "\xFF",     "\xE4\xB8", "\xF0\x9F",
        "😀",     "7",      ".",          ",",        "\u0640",   "\u0651",
        "ا",      "\uFEFF", "\U000E0100", "aaaaaaaa", "жжжжжжж",  std::string_view("\0", 1),
        "A",      "IT",     "openValve",  "_",        "-",        "+",
        "#",      "v1.2",   "km",         "data:a/b", "Ж",        "\u2011"};
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(30); n > 0; --n) text += pieces[random.below(std::size(pieces))];
        for (const analyzer& analyse : {analyzer{}, plain}) {
            std::size_t last_begin = 0, last_end = 0, count = 0;
            bool        good = true;
            analyse(text, [&](const token& t) {
                good =
                    good && t.begin < t.end && t.end <= text.size() && !t.word.empty() && t.word.size() <= longest_word;
                const bool inside = t.kind == token_kind::whole; // it stands over parts that were given before
                good = good && (count == 0 || (inside ? t.end >= last_end : t.begin > last_begin && t.end > last_end));
                good = good && t.term == hash64(t.word) && unicode::first_invalid(t.word) == std::string_view::npos;
                good = good && unicode::is_boundary(text, t.begin) &&
                       unicode::first_invalid(std::string_view(text).substr(t.begin, t.end - t.begin)) ==
                           std::string_view::npos;
                last_begin = inside ? std::max(last_begin, t.begin) : t.begin;
                last_end   = t.end;
                ++count;
            });
            if (!good) {
                FAIL_CHECK("in: " << text);
                return;
            }
        }
        // The white space behind a text changes nothing: the eight bytes read ahead end where the text ends.
        if (words_of(text) != words_of(text + "          ")) {
            FAIL_CHECK("depends on what follows: " << text);
            return;
        }
    }
}

TEST_CASE("analysis: long words are cut on a character, and what is too long is no word") {
    CHECK(words_of(std::string(64, 'z') + "q") == words{std::string(64, 'z')});
    CHECK(words_of(std::string(128, 'z')) == words{std::string(64, 'z')}); // a SHA-512 in hexadecimal
    CHECK(words_of("before " + std::string(129, 'z') + " behind") == words{"befor", "behind"});
    CHECK(words_of(std::string(100000, 'a')) == words{});
    std::string greek = "q";
    for (int i = 0; i < 60; ++i) greek += "ω";
    const words cut = words_of(greek);
    REQUIRE(cut.size() == 1);
    CHECK(cut[0].size() == 63);
    CHECK(spans_of(greek) == words{greek});
    CHECK(words_of(greek + "abc") == cut); // nothing is spelled behind the cut
    CHECK(words_of(greek + greek) == words{});
    std::string marks = "ก";
    for (int i = 0; i < 100; ++i) marks += "ิ";
    CHECK(words_of(marks + "ข").size() == 1);
    CHECK(words_of(marks + "ข")[0].size() <= longest_word);
}

TEST_CASE("analysis: encoded bytes are no words, and paths, sentences and numbers are") {
    counter_random random(7);
    const auto     encoded = [&](std::size_t n, std::string_view alphabet) {
        std::string out;
        while (out.size() < n) out += alphabet[random.below(alphabet.size())];
        return out;
    };
    const std::string base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::string url    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const std::size_t n : {std::size_t{200}, std::size_t{1000}, std::size_t{100000}})
        for (const std::string& alphabet : {base64, url}) {
            const words left = words_of("before (" + encoded(n, alphabet) + "==) behind");
            CHECK(left.front() == "befor");
            CHECK(left.back() == "behind");
            CHECK(left.size() <= 6); // where the run begins with short pieces between hyphens, these may stay
        }
    CHECK(words_of("![plan](data:image/png;base64,iVBORw0KGgo=) hangs") == words{"plan", "hang"});
    CHECK(words_of("src=\"data:text/plain,hello%20world\" here") == words{"src", "here"});
    CHECK(words_of("data: image, of") == words{"data", "imag"});
    CHECK(words_of("metadata:image data:image") == words{"metadata", "imag", "data", "imag"});
    std::string path = "src";
    for (int i = 0; i < 100; ++i) path += "/folder";
    CHECK(words_of(path).size() == 101);
    // Two pieces of a chain that is looked at again and again: linear, or this never ends.
    std::string chain;
    for (int i = 0; i < 300000; ++i) chain += "ab/";
    CHECK(words_of(chain).size() == 300000);
}

TEST_CASE("analysis: a digit is a word, but not among numbers") {
    CHECK(words_of("level 5, step 3; 7") == words{"level", "5", "step", "3", "7"});
    CHECK(words_of("12 5 13\t4\n1.5 6 7 end") == words{"12", "13", "1.5", "end"});
    CHECK(words_of("chapter 12 5 apples, 1, 2, 3") == words{"chapter", "12", "5", "appl", "1", "2", "3"});
    CHECK(words_of("٥ ５ ²") == words{"5", "5", "2"});
}

TEST_CASE("analysis: a capital by itself is a label") {
    CHECK(words_of("Vitamin C prevents scurvy") == words{"vitamin", "c", "prevent", "scurvi"});
    CHECK(words_of("Where is R installed?") == words{"r", "instal"});
    CHECK(words_of("plan B, hepatitis B") == words{"plan", "b", "hepat", "b"});
    CHECK(words_of("Vitamin A is stored") == words{"vitamin", "a", "store"});
    CHECK(words_of("see appendix A\nand group E.") == words{"see", "appendix", "a", "group", "e"});
    CHECK(words_of("| A | E |\n(A) \"Y\" A: grade A; Is it O?") == words{"a", "e", "a", "y", "a", "grade", "a", "o"});
    CHECK(words_of("A/B test") == words{"a", "b", "test"});
    // articles, pronouns, conjunctions, initials
    CHECK(words_of("A dog. I ran, as I do. Give A Boy a book.\nA cat (A bird) O Brother. Y nada, E vero") ==
          words{"dog", "ran", "give", "boy", "book", "cat", "bird", "brother", "nada", "vero"});
    CHECK(words_of("J. Smith and W. Kahn; Perlis, A. J. Lipton") == words{"smith", "kahn", "per", "lipton"});
    CHECK(words_of("Take vitamin C. The end. Take vitamin C. Oranges. Vitamin D.") ==
          words{"take", "vitamin", "c", "end", "take", "vitamin", "c", "orang", "vitamin", "d"});
    CHECK(words_of("План Б, группа Ж. Я шёл", plain) == words{"план", "б", "группа", "ж", "шел"});
    // as people type questions
    const auto asked = [](std::string_view text) {
        words out;
        analyzer{}.asked(text, [&](const token& t) {
            out.push_back(std::string(t.word) + (t.kind == token_kind::maybe ? "?" : ""));
        });
        return out;
    };
    CHECK(asked("which foods have vitamin c?") == words{"food", "vitamin", "c?"});
    CHECK(asked("r or c compiler") == words{"r?", "c?", "compil"});
    CHECK(asked("which foods have Vitamin c?") == words{"food", "vitamin"});
    CHECK(asked("is it a cat, i ask, don't") == words{"cat", "ask", "don't"});
    CHECK(words_of("which foods have vitamin c?") == words{"food", "vitamin"});
}

TEST_CASE("analysis: letters with signs and points") {
    CHECK(words_of("C, C++ and C#; c++, f# C++20 B+.") == words{"c", "c++", "c#", "c++", "f#", "c++", "20", "b+"});
    CHECK(words_of("a+b x++y i+1 A#B C##", plain) ==
          words{"1", "a", "b", "c"}); // A, B and C are capitals by themselves
    CHECK(words_of("the U.S. and the U.S.A., U.S oil, US") == words{"us", "usa", "us", "oil", "us"});
    CHECK(words_of("e.g. i.e. U.x U.S.x").size() <= 3);
    CHECK(words_of("The I.T. staff") == words{"IT", "staff"});
}

TEST_CASE("analysis: stop words in capitals are names, unless all is in capitals") {
    CHECK(words_of("Who leads the IT department?") == words{"lead", "IT", "depart"});
    CHECK(words_of("the OR gate, a NOT gate") == words{"OR", "gate", "NOT", "gate"});
    CHECK(words_of("WHO") == words{"WHO"});
    CHECK(words_of("The WHO's advice") == words{"WHO", "advic"});
    CHECK(words_of("HOW TO DO IT") == words{});
    CHECK(words_of("# HOW TO DO IT\n\nfirst read on") == words{"first", "read"});
    CHECK(words_of("Guide > HOW TO DO IT") == words{"guid"});
    CHECK(words_of("It is as it was. The end, Or not") == words{"end"});
    CHECK(words_of("at 5 AM and 6AM") == words{"5", "6"});
    CHECK_FALSE(meet("what is it or who", "The IT staff, the OR gate, the WHO"));
    CHECK(words_of("the IT staff", {.stems = true, .stops = false}) == words{"the", "it", "staff"});
    analyzer{}("do NOT touch", [](const token& t) { CHECK((t.kind == token_kind::maybe) == (t.word == "NOT")); });
    analyzer{}("the IT staff, the WHO", [](const token& t) { CHECK(t.kind == token_kind::word); });
}

TEST_CASE("analysis: forms of one thing cover one another, both ways") {
    const std::vector<std::vector<std::string_view>> same = {
        {"v2.3.1", "2.3.1", "V2.3.1"},
        {"10km", "10 km", "10 KM"},
        {"64GB", "64 GB", "64gb"},
        {"2.5GHz", "2.5 GHz"},
        {"250mg", "250 mg"},
        {"5pm", "5 pm", "5 PM", "5 p.m.", "5 P.M."},
        {"6am", "6 AM", "6 a.m.", "6 A.M. "},
        {"OAuthToken", "oauth_token", "oauth token"},
        {"iPhoneApp", "iphone app"},
        {"1,500kg", "1500 kg"},
        {"12V", "12 V"},
        {"5 кг", "5кг"},
        {"90s", "90 s"},
        {"openValve", "open_valve", "open-valve", "OpenValve", "open valve"},
        {"parseHttpHeader", "parse_http_header", "parse-http-header", "ParseHTTPHeader", "parse http header"},
        {"XMLHttpRequest", "xml http request", "xml_http_request"},
        {"HTML5Parser", "html5 parser"},
        {"user_id", "userId", "UserID", "user id"},
        {"hawai'i", "Hawaiʻi", "hawaiʼi", "Hawai’i"},
        {"C++", "c++"},
        {"U.S.", "US", "U.S"},
    };
    for (const auto& forms : same)
        for (const std::string_view a : forms)
            for (const std::string_view b : forms) {
                CAPTURE(a);
                CAPTURE(b);
                CHECK(covers(a, b));
            }
    // Written together is found in what is written apart; the other way it takes an index (`basic_bm25`) to see it.
    for (const auto& [one, apart] :
         std::vector<std::pair<std::string_view, std::string_view>>{{"wifi", "Wi-Fi"},
                                                                    {"wifi", "Wi\u2011Fi"},
                                                                    {"email", "e-mail"},
                                                                    {"emails", "E-mails"},
                                                                    {"covid19", "COVID-19"},
                                                                    {"xray", "X-ray"},
                                                                    {"3d", "3-D"},
                                                                    {"hashmap", "HashMap"},
                                                                    {"getuserbyid", "getUserById"},
                                                                    {"reentry", "re-entry"}}) {
        const std::string_view together = one;
        CAPTURE(together);
        CHECK(covers(together, apart));
        CHECK(meet(apart, together));
    }
}

TEST_CASE("analysis: what only looks alike stays apart") {
    for (const auto& [one, other] :
         std::vector<std::pair<std::string_view, std::string_view>>{{"C", "C++"},
                                                                    {"C#", "C++"},
                                                                    {"C", "C#"},
                                                                    {"v2", "2"},
                                                                    {"2.3.1", "2.3.2"},
                                                                    {"H2O", "2"},
                                                                    {"3d", "3"},
                                                                    {"1st", "1"},
                                                                    {"E4711", "4711"},
                                                                    {"4f2a", "4"},
                                                                    {"5G", "5"},
                                                                    {"iPhone", "phone"},
                                                                    {"URLs", "ls"},
                                                                    {"10-20", "1020"},
                                                                    {"state-of-the-art", "stateoftheart"},
                                                                    {"McDonald", "mcd"}}) {
        const std::string_view a = one, b = other;
        CAPTURE(a);
        CAPTURE(b);
        CHECK_FALSE(meet(a, b));
        CHECK_FALSE(meet(b, a));
    }
}

TEST_CASE("analysis: a compound is given after its parts, over their span") {
    const auto seen = [](std::string_view text) {
        words out;
        analyzer{}(text, [&](const token& t) {
            if (t.kind == token_kind::whole)
                out.push_back(std::string(t.word) + "=" + std::string(text.substr(t.begin, t.end - t.begin)));
        });
        return out;
    };
    CHECK(seen("call getUserById now") == words{"getuserbyid=getUserById"});
    CHECK(seen("parse_HTTPHeader(x)") == words{"httpheader=HTTPHeader", "parsehttphead=parse_HTTPHeader"});
    CHECK(seen("Wi-Fi, re-entry, non-existent, mother-in-law, leading-edge, multi-layer") ==
          words{"wifi=Wi-Fi", "reentri=re-entry", "nonexist=non-existent"});
    CHECK(seen("__init__ a_ _b foo__bar x--y 1_000 into in-to") == words{});
}

TEST_CASE("analysis: every script of the declaration of human rights") {
    NEEDS_SHARED(folder, "data/documents/udhr");
    std::size_t scripts = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".html") continue;
        const std::string text = test::slurp(entry.path());
        CAPTURE(entry.path().filename().string());
        std::set<std::string> own; // words with a letter that is not ASCII
        std::size_t           tokens = 0;
        analyzer{}(text, [&](const token& t) {
            ++tokens;
            if (unicode::count_scalars(t.word) < t.word.size()) own.emplace(t.word);
        });
        CHECK(tokens > 500);
        const std::string name = entry.path().stem().string();
        const bool latin = name.rfind("eng", 0) == 0 || name == "deu_1901" || name == "deu_1996" || name == "fin" ||
                           name == "fra" || name == "ind" || name == "pol" || name == "hun" || name == "swh" ||
                           name == "tur" || name == "vie" || name == "spa";
        if (!latin) CHECK(own.size() > 200);
        ++scripts;
    }
    CHECK(scripts >= 40);
}

TEST_CASE("analysis: the fingerprint tells rules apart") {
    std::set<std::uint64_t> prints;
    for (const bool stems : {false, true})
        for (const bool stops : {false, true}) prints.insert(analyzer{stems, stops}.fingerprint());
    CHECK(prints.size() == 4);
    CHECK(prints.count(0) == 0);
    CHECK(analyzer{}.fingerprint() == analyzer{}.fingerprint());
}
