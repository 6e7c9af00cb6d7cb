// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/eval/bleu.hpp>
#include <graft/eval/bootstrap.hpp>
#include <graft/eval/chrf.hpp>
#include <graft/eval/rouge.hpp>
#include <graft/eval/ter.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace graft;
using namespace std::string_view_literals;

namespace {

using words = std::vector<std::uint32_t>;

words random_words(counter_random& random, std::size_t most, std::size_t kinds) {
    words out(random.below(most + 1));
    for (auto& w : out) w = static_cast<std::uint32_t>(random.below(kinds));
    return out;
}

std::vector<std::vector<std::size_t>> table_of(const words& a, const words& b) {
    std::vector<std::vector<std::size_t>> t(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j)
            t[i][j] = a[i - 1] == b[j - 1] ? t[i - 1][j - 1] + 1 : std::max(t[i - 1][j], t[i][j - 1]);
    return t;
}

std::vector<std::uint8_t> marked(const words& reference, const words& candidate) { // as rouge-score walks back
    const auto                t = table_of(reference, candidate);
    std::vector<std::uint8_t> in(reference.size());
    for (std::size_t i = reference.size(), j = candidate.size(); i > 0 && j > 0;) {
        if (reference[i - 1] == candidate[j - 1]) in[i - 1] = 1, --i, --j;
        else if (t[i][j - 1] > t[i - 1][j]) --j;
        else --i;
    }
    return in;
}

std::size_t edit_distance(const words& a, const words& b) {
    std::vector<std::size_t> row(b.size() + 1), next;
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next    = row;
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j)
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
        row = next;
    }
    return row.back();
}

std::string text_of(const words& all) {
    std::string out;
    for (const auto w : all) out += "w" + std::to_string(w) + " ";
    return out;
}

double seconds(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

} // namespace

TEST_CASE("text measures: n-grams and common subsequences are those of plain loops") {
    counter_random random(7, 1);
    for (std::size_t round = 0; round < 400; ++round) {
        const std::size_t  kinds = 1 + random.below(12), most = round % 20 == 0 ? 200 : 30;
        const words        c = random_words(random, most, kinds);
        std::vector<words> r(1 + random.below(3));
        for (auto& x : r) x = random_words(random, most, kinds);
        std::array<text_overlap, 4> got;
        detail::count_ngrams(c, r, got);
        for (std::size_t n = 1; n <= 4; ++n) {
            std::map<words, std::size_t> have, most_of;
            std::size_t                  all   = 0;
            const auto                   count = [n](const words& of) {
                std::map<words, std::size_t> grams;
                for (std::size_t i = 0; i + n <= of.size(); ++i)
                    ++grams[words(of.begin() + static_cast<std::ptrdiff_t>(i),
                                                    of.begin() + static_cast<std::ptrdiff_t>(i + n))];
                return grams;
            };
            for (const auto& x : r)
                for (const auto& g : count(x)) most_of[g.first] = std::max(most_of[g.first], g.second), all += g.second;
            text_overlap want;
            want.reference = all;
            for (const auto& g : count(c)) {
                want.candidate += g.second;
                const auto it = most_of.find(g.first);
                if (it != most_of.end()) want.shared += std::min(it->second, g.second);
            }
            CHECK(got[n - 1] == want);
        }
        detail::common_subsequence common(kinds);
        common.compare_with(c);
        for (const auto& x : r) {
            CHECK(common.length(x) == table_of(x, c).back().back());
            std::vector<std::uint8_t> in(x.size());
            common.mark(x, in);
            CHECK(in == marked(x, c));
        }
        // Shifts never make more edits than a plain distance, which the band does not lose on short texts.
        const auto edits = ter(text_of(c), text_of(r[0])).edits;
        if (most <= 30) CHECK(edits <= edit_distance(c, r[0]));
    }
}

TEST_CASE("rouge: worked by hand") {
    const auto got = rouge("the cat sat", "the cat is on the mat").value();
    CHECK(got.one == text_overlap{2, 3, 6});
    CHECK(got.two == text_overlap{1, 2, 5});
    CHECK(got.l == text_overlap{2, 3, 6});
    CHECK(got.lsum == got.l);
    CHECK(got.one.f1() == doctest::Approx(4 / 9.));
    // Lin's example: w1 w2 w3 w4 w5 against the lines "w1 w2 w6 w7 w8" and "w1 w3 w8 w9 w5".
    const auto lin = rouge("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5").value();
    CHECK(lin.lsum == text_overlap{4, 10, 5});
    CHECK(lin.l.shared == 4); // over the end of the line
    // Several references: each measure takes its best, the first of equals.
    const std::string_view many[] = {"a dog", "the cat", "the cat sat here"};
    CHECK(rouge("the cat sat", many).value().one == text_overlap{3, 3, 4});
    CHECK(rouge("Connected, connecting!", "connection", {.stem = true}).value().one == text_overlap{1, 2, 1});
    CHECK(rouge("x", std::span<const std::string_view>{}).error().what == fault::no_input);
    rouge_counts sum = got;
    sum += got;
    CHECK(sum.one == text_overlap{4, 6, 12});
}

TEST_CASE("rouge: other scripts have words where they are asked for") {
    const rouge_params every{.words = rouge_words::every_script};
    CHECK(rouge("Привет, мир", "привет мир").value().one == text_overlap{});
    CHECK(rouge("Привет, мир", "привет мир", every).value().two == text_overlap{1, 1, 1});
    CHECK(rouge("ΣΊΣΥΦΟΣ", "σίσυφος", every).value().one.shared == 1);
    CHECK(rouge("我喜欢猫", "我喜欢狗", every).value().one == text_overlap{3, 4, 4});
    CHECK(rouge("GPT在这里", "这里有GPT", every).value().one == text_overlap{3, 4, 4});
    CHECK(rouge("हिन्दी भाषा", "हिन्दी", every).value().one == text_overlap{1, 2, 1});
    CHECK(rouge("e\u0301te\u0301", "e\u0301te\u0301", every).value().one == text_overlap{1, 1, 1});
    CHECK(rouge("co\u00ADop", "coop", every).value().one.shared == 1);
    // The kelvin sign and the dotted capital I have Latin letters below them.
    CHECK(rouge("\u212A9 \u0130", "k9 i").value().one == text_overlap{2, 2, 2});
}

TEST_CASE("bleu: worked by hand") {
    const auto got = bleu("the the the the the the the", "the cat is on the mat");
    CHECK(got.matched[0] == 2); // Papineni's example
    CHECK(got.total[0] == 7);
    const std::string_view two[] = {
        "It is a guide to action that ensures that the military will forever heed Party commands",
        "It is the practical guide for the army always to hear the directions of the party"};
    const auto many =
        bleu("It is a guide to action which ensures that the military always obeys the commands of the party", two)
            .value();
    CHECK(many.matched[0] == 16);
    CHECK(many.candidate == 18);
    CHECK(many.score() == doctest::Approx(49.69770530031033));
    CHECK(many.reference == 16);
    CHECK(bleu("a b c d e", "a b c d e").score() == doctest::Approx(100));
    CHECK(bleu("a b", "a b").score() == 0); // too short for four words in a row
    CHECK(bleu("a b", "a b").score({.effective_order = true}) == doctest::Approx(100));
    CHECK(bleu("1,234.5-6 it's (a-b).", "x").candidate == 8);
    CHECK(bleu("x", std::span<const std::string_view>{}).error().what == fault::no_input);
}

TEST_CASE("chrf, ter: worked by hand") {
    CHECK(chrf("abc", "abc").value().score() == doctest::Approx(100));
    CHECK(chrf("abc", "abd").value().characters[0] == text_overlap{2, 3, 3});
    CHECK(chrf("a b", "ab").value().score() == doctest::Approx(100));
    CHECK(chrf("a", "b", {.characters = 7}).error().what == fault::bad_argument);
    CHECK(chrf("a", "b", {.words = 3}).error().what == fault::bad_argument);
    CHECK(chrf("a", "b", {.beta = 0}).error().what == fault::bad_argument);
    const std::string_view several[] = {"zzz", "abcd"};
    CHECK(chrf("abc", several).value() == chrf("abc", "abcd").value());
    // A run that moves is one edit, a word beside it another.
    CHECK(ter("b c d a", "a b c d").edits == 1);
    CHECK(ter("b c x a", "a b c d").edits == 2);
    CHECK(ter("A b", "a b").edits == 0);
    CHECK(ter("A b", "a b", {.lower = false}).edits == 1);
    CHECK(ter("a b c", "").score() == 100);
    CHECK(ter("", "a b").score() == 100);
    const std::string_view lengths[] = {"a b c d", "a b"};
    const auto             best      = ter("a b", lengths).value();
    CHECK(best.edits == 0);
    CHECK(best.reference == 3);
}

TEST_CASE("text measures: empty texts, bytes that are no text, other scripts") {
    const std::string_view texts[] = {"",
                                      " \n\t",
                                      "\0\0"sv,
                                      "\xFF\xFE\xC3"sv,
                                      "\xED\xA0\x80"sv,
                                      "a\xCC\x81",
                                      "\u00E1",
                                      "...",
                                      "&amp;lt;",
                                      "٣٫١٤ مرحبا، بالعالم",
                                      "こんにちは、世界。",
                                      "👩‍👩‍👧 ok",
                                      "\u3000\u00A0",
                                      "<skipped>-\n"};
    for (const auto c : texts)
        for (const auto r : texts) {
            const auto roug = rouge(c, r).value();
            CHECK(roug.l.shared <= std::min(roug.l.candidate, roug.l.reference));
            for (const auto w :
                 {bleu_words::mteval_13a, bleu_words::international, bleu_words::characters, bleu_words::blanks}) {
                const double score = bleu(c, r, {.words = w, .lower = true}).score({.effective_order = true});
                CHECK(score >= 0);
                CHECK(score <= 100 + 1e-9);
            }
            const double f = chrf(c, r, {.words = 2}).value().score({.words = 2});
            CHECK(f >= 0);
            CHECK(f <= 100 + 1e-9);
            CHECK(std::isfinite(ter(c, r, {.normalised = true, .punctuation = false}).score()));
        }
    CHECK(bleu("", "").score() == 0);
    CHECK(bleu("", "").brevity_penalty() == 1);
    CHECK(chrf("", "").value().score() == 0);
    CHECK(ter("", "").score() == 0);
    // Each piece that is no UTF-8 is one U+FFFD.
    CHECK(chrf("\xFF\xE2\x82", "\uFFFD\uFFFD").value().score() == doctest::Approx(100));
    CHECK(bleu("a\xFFz", "a\uFFFDz", {.words = bleu_words::blanks}).matched[0] == 1);
    CHECK(bleu("ΟΔΟΣ", "οδος", {.words = bleu_words::blanks, .lower = true}).matched[0] == 1);
    CHECK(bleu("3,14 и 2.7% — «да»", "x", {.words = bleu_words::international}).candidate == 8);
}

TEST_CASE("text measures: 100 kB of text is counted in seconds") {
    counter_random random(3, 1);
    const auto     shuffled = [&](std::size_t n, std::size_t kinds, const char* between) {
        std::string out;
        for (std::size_t i = 0; i < n; ++i) out += std::to_string(random.below(kinds)) + between;
        return out;
    };
    std::string lines_a, lines_b;
    for (std::size_t i = 0; i < 10000; ++i)
        lines_a += "a x" + std::to_string(i) + "\n", lines_b += "a y" + std::to_string(i) + "\n";
    const std::pair<std::string, std::string> pairs[] = {{std::string(100000, 'a'), std::string(100000, 'b')},
                                                         {std::string(100000, '.'), std::string(100000, '&')},
                                                         {shuffled(25000, 100, " "), shuffled(25000, 100, " ")},
                                                         {shuffled(50000, 2, " "), shuffled(50000, 2, " ")},
                                                         {lines_a, lines_b},
                                                         {"a", shuffled(50000, 2, " ")},
                                                         {shuffled(50000, 2, " "), "a"}};
    for (const auto& p : pairs) {
        const auto begin = std::chrono::steady_clock::now();
        CHECK(rouge(p.first, p.second).has_value());
        const double r = seconds(begin);
        CHECK(std::isfinite(bleu(p.first, p.second).score()));
        CHECK(std::isfinite(chrf(p.first, p.second, {.words = 2}).value().score()));
        const double n = seconds(begin) - r;
        CHECK(std::isfinite(ter(p.first, p.second).score()));
        const double t = seconds(begin) - n - r;
        MESSAGE("rouge " << r << " s, bleu and chrf " << n << " s, ter " << t << " s");
        CHECK(seconds(begin) < 300);
    }
}

TEST_CASE("text measures: counts of texts are what a paired bootstrap draws") {
    const std::string_view reference = "the river flooded the town after two days of rain";
    std::vector<double>    before, after;
    for (std::size_t i = 0; i < 8; ++i) {
        before.push_back(rouge("the river", reference).value().l.f1());
        after.push_back(rouge(reference.substr(0, 20 + i), reference).value().l.f1());
    }
    const auto gain = paired_bootstrap(before, after).value();
    CHECK(gain.low > 0);
}
