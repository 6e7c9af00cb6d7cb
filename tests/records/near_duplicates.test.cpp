// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/near_duplicates.hpp>

#include <graft/base/pool.hpp>
#include <graft/store/posix.hpp>

#include <support/chats.hpp>
#include <support/sha1.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

using namespace graft;

namespace {

std::vector<std::string_view> views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

/// Words that do not repeat.
std::string sentence(counter_random& draw, std::size_t words) {
    std::string all;
    for (std::size_t i = 0; i < words; ++i) all += (i > 0 ? " w" : "w") + std::to_string(draw.below(1'000'000));
    return all;
}

struct pair_texts {
    std::string id, a, b;
};
std::vector<pair_texts> pairs_of(const std::filesystem::path& folder) {
    std::vector<pair_texts> all;
    test::each_json_line(folder / "pairs.jsonl", [&](json_value row) {
        all.push_back(
            {std::string(*row.at("id").text()), std::string(*row.at("a").text()), std::string(*row.at("b").text())});
    });
    return all;
}

} // namespace

TEST_CASE("texts are compared in lower case, with single spaces") {
    CHECK(comparable_text("  A\t\nB  ") == "a b");
    CHECK(comparable_text("") == "");
    CHECK(comparable_text(" \n") == "");
    CHECK(comparable_text("ΣΟΦΟΣ Σ ΆΈΉΊΌΎΏ") == "σοφος σ άέήίόύώ");
    CHECK(comparable_text("STRASSE Straße ÀŸẞ") == "strasse straße àÿß");
    CHECK(comparable_text("ЁЖ\u00A0И\u3000К") == "ёж и к");
    CHECK(comparable_text("\xFF") == "\uFFFD");
}

TEST_CASE("shingles are a set, and a short text is one") {
    const auto of = [](const std::string& text, const shingle_params& p) {
        std::vector<std::string> all;
        each_shingle(text, p, [&](std::string_view one) { all.emplace_back(one); });
        return all;
    };
    using list = std::vector<std::string>;
    CHECK(of("a bc d ef", {}) == list{"a bc d", "bc d ef"});
    CHECK(of("a bc", {}) == list{"a bc"});
    CHECK(of("abc", {.unit = shingle_unit::character, .size = 2}) == list{"ab", "bc"});
    CHECK(of("天气很好", {}) == list{"天气很", "气很好"});
    CHECK(of("用 c++20 写的，好", {.size = 2}) == list{"用 c++20", "c++20 写", "写的", "的，", "，好"});
    CHECK(of("สวัสดี", {.size = 5}).size() == 2);
    CHECK(of("ひとつ", {}) == list{"ひとつ"});
    CHECK(of("", {}).empty());
    CHECK(of("a", {.size = 0}).empty());
    CHECK(shingles("").empty());
    CHECK(shingles("one two").size() == 1);
    CHECK(shingles("a a a a a a a a").size() == 1);
    CHECK(shingles("abc") == std::vector<std::uint64_t>{hash64("abc")});
    CHECK(jaccard(shingles(""), shingles("")) == 1);
    CHECK(jaccard(shingles("a"), shingles("")) == 0);
}

namespace {

/// The set that the reference makes: the first eight bytes of the SHA-1 of each shingle, little-endian.
std::vector<std::uint64_t> by_sha1(const std::string& text, const shingle_params& p) {
    std::set<std::uint64_t> all;
    each_shingle(text, p, [&](std::string_view one) {
        const auto    hash = test::sha1(one);
        std::uint64_t x    = 0;
        for (std::size_t b = 8; b > 0; --b) x = x << 8 | hash[b - 1];
        all.insert(x);
    });
    return {all.begin(), all.end()};
}
/// Its words are what stands between spaces, in every script.
bool without_spaces(const std::string& text) {
    for (std::size_t at = 0; at < text.size(); at += unicode::decode(text, at).length)
        if (graft::detail::unspaced_scalar(unicode::decode(text, at).scalar)) return true;
    return false;
}

} // namespace

TEST_CASE("pairs of the fixture: sizes, Jaccard and signatures are the reference's to the bit") {
    NEEDS_SHARED(folder, "fixtures/dedup");
    const auto permutations = load_json(posix_files{}, (folder / "permutations.json").string()).value();
    min_hash   hash;
    for (const json_value x : *permutations.at("a").array()) hash.a.push_back(*x.number<std::uint32_t>());
    for (const json_value x : *permutations.at("b").array()) hash.b.push_back(*x.number<std::uint32_t>());
    REQUIRE(hash.slots() == 256);

    std::size_t seen = 0, unspaced = 0;
    double      worst_rounding = 0;
    test::each_json_line(folder / "pairs.jsonl", [&](json_value row) {
        const std::string a = comparable_text(*row.at("a").text()), b = comparable_text(*row.at("b").text());
        for (const auto unit : {shingle_unit::character, shingle_unit::word}) {
            const json_value     want = row.at(unit == shingle_unit::word ? "word" : "char");
            const shingle_params p{.unit = unit, .size = 5};
            const auto           x = by_sha1(a, p), y = by_sha1(b, p);
            CAPTURE(*row.at("id").text());
            if (unit == shingle_unit::word && without_spaces(a + b)) {
                ++unspaced;
                CHECK(x.size() > *want.at("a").number<std::size_t>());
                continue;
            }
            CHECK(shingles(a, p).size() == x.size());
            CHECK(jaccard(shingles(a, p), shingles(b, p)) == jaccard(x, y));
            CHECK(x.size() == *want.at("a").number<std::size_t>());
            CHECK(y.size() == *want.at("b").number<std::size_t>());
            worst_rounding = std::max(worst_rounding, std::abs(jaccard(x, y) - *want.at("jaccard").number<double>()));
            std::vector<std::uint32_t> of_x(256), of_y(256);
            hash.sign(x, of_x), hash.sign(y, of_y);
            for (const std::size_t n : {128u, 256u}) {
                std::size_t equal = 0;
                for (std::size_t i = 0; i < n; ++i) equal += of_x[i] == of_y[i];
                CHECK(static_cast<double>(equal) / static_cast<double>(n) ==
                      *want.at("minhash" + std::to_string(n)).number<double>());
            }
        }
        ++seen;
    });
    CHECK(seen == 200);
    CHECK(unspaced == 5);
    CHECK(worst_rounding < 1e-9); // the reference has nine digits

    std::map<std::string, std::string> texts;
    for (const auto& p : pairs_of(folder)) texts[p.id] = p.a;
    std::size_t signatures = 0;
    test::each_json_line(folder / "signatures.jsonl", [&](json_value row) {
        const std::string text = comparable_text(texts.at(std::string(*row.at("id").text())));
        ++signatures;
        if (without_spaces(text)) return;
        const auto                 set = by_sha1(text, {.size = 5});
        std::vector<std::uint32_t> got(256), want;
        hash.sign(set, got);
        for (const json_value x : *row.at("signature").array()) want.push_back(*x.number<std::uint32_t>());
        CHECK(got == want);
    });
    CHECK(signatures == 50);
}

TEST_CASE("all pairs of the fixture: none at .8 or more is missed, none below is believed") {
    NEEDS_SHARED(folder, "fixtures/dedup");
    const auto                           want = load_json(posix_files{}, (folder / "all_pairs.json").string()).value();
    std::vector<std::string>             texts;
    std::map<std::string, std::uint32_t> number;
    for (const auto& p : pairs_of(folder))
        for (const auto& [side, text] : {std::pair(p.id + "a", p.a), std::pair(p.id + "b", p.b)}) {
            number[side] = static_cast<std::uint32_t>(texts.size());
            texts.push_back(text);
        }
    for (const auto unit : {shingle_unit::character, shingle_unit::word})
        for (const double threshold : {.8, .6}) {
            const auto found =
                find_duplicates(views(texts),
                                {.threshold = threshold, .shingle = {.unit = unit, .size = 5}, .bands = 64, .rows = 2})
                    .value();
            detail::joined_sets sets(texts.size());
            for (const json_value one : *want.at(unit == shingle_unit::word ? "word" : "char").array())
                if (*one[2].number<double>() >= threshold)
                    sets.join(number.at(std::string(*one[0].text())), number.at(std::string(*one[1].text())));
            // Pairs of two empty texts are left out of the reference.
            std::uint32_t empty = 0;
            bool          any   = false;
            for (std::uint32_t i = 0; i < texts.size(); ++i)
                if (comparable_text(texts[i]).empty()) {
                    if (any) sets.join(empty, i);
                    empty = i, any = true;
                }
            std::size_t wrong = 0;
            // Of scripts without spaces the reference knows no words.
            for (std::uint32_t i = 0; i < texts.size(); ++i)
                wrong += found.cluster[i] != sets.root(i) && !(unit == shingle_unit::word && without_spaces(texts[i]));
            CHECK(wrong == 0);
            for (const auto& p : found.pairs) CHECK(p.jaccard >= threshold);
        }
    // The default bands, at their own threshold.
    const auto  found  = find_duplicates(views(texts), {.shingle = {.size = 5}}).value();
    std::size_t missed = 0, asked = 0;
    for (const json_value one : *want.at("word").array())
        if (*one[2].number<double>() >= .8)
            ++asked, missed += found.cluster[number.at(std::string(*one[0].text()))] !=
                               found.cluster[number.at(std::string(*one[1].text()))];
    CHECK(asked == 48);
    CHECK(missed == 0);
}

TEST_CASE("clusters are those of all pairs, whatever the order and the threads") {
    counter_random           draw(3);
    std::vector<std::string> texts;
    for (int i = 0; i < 60; ++i) {
        texts.push_back(sentence(draw, 40));
        const std::size_t copies = draw.below(4);
        for (std::size_t k = 0; k < copies; ++k) {
            std::string other = texts.back();
            for (std::size_t edits = draw.below(3); edits > 0; --edits) other += " x" + std::to_string(draw.below(9));
            texts.push_back(other);
        }
    }
    draw.shuffle(std::span<std::string>(texts));
    const auto          found = find_duplicates(views(texts)).value();
    detail::joined_sets sets(texts.size());
    for (std::uint32_t i = 0; i < texts.size(); ++i)
        for (std::uint32_t j = 0; j < i; ++j)
            if (jaccard(shingles(comparable_text(texts[i])), shingles(comparable_text(texts[j]))) >= .8)
                sets.join(i, j);
    for (std::uint32_t i = 0; i < texts.size(); ++i) CHECK(found.cluster[i] == sets.root(i));
    CHECK(found.repeats() > 20);
    CHECK(found.pairs.size() == found.repeats()); // a tree a cluster
    CHECK(found.verified < texts.size() * 3);

    pool       workers(3);
    context    c{workers};
    const auto again = find_duplicates(views(texts), {}, c).value();
    CHECK(again.cluster == found.cluster);
    CHECK(again.pairs == found.pairs);
    std::vector<std::string> turned(texts.rbegin(), texts.rend());
    const auto               back = find_duplicates(views(turned)).value();
    const auto               n    = static_cast<std::uint32_t>(texts.size());
    for (std::uint32_t i = 0; i < n; ++i)
        for (std::uint32_t j = 0; j < i; ++j)
            CHECK((found.cluster[i] == found.cluster[j]) == (back.cluster[n - 1 - i] == back.cluster[n - 1 - j]));
}

TEST_CASE("a text of which one word or sign differs is near, in scripts without spaces too") {
    counter_random    draw(8);
    const std::string pieces[] = {"the ", "data", "今", "天", "気", "公", "園", "散",
                                  "歩",   "เ",    "ร",  "า",  "ไ",  "ป",  "ကျ"};
    std::size_t       of_words = 0;
    for (const std::size_t size : {28u, 29u, 38u, 60u})
        for (const bool spaced : {true, false}) {
            std::vector<std::string> units;
            while (units.size() < size)
                units.push_back(spaced ? "w" + std::to_string(draw.below(1'000'000)) : pieces[2 + draw.below(8)]);
            std::string a, b;
            for (std::size_t i = 0; i < size; ++i) {
                a += (spaced && i > 0 ? " " : "") + units[i];
                b += (spaced && i > 0 ? " " : "") + (i == size / 2 ? std::string(spaced ? "other" : "犬") : units[i]);
            }
            if (spaced) CHECK((find_duplicates(views({a, b})).value().repeats() == 1) == (size >= 29));
            of_words += find_duplicates(views({a, b}), {.threshold = .7}).value().repeats();
        }
    CHECK(of_words == 8);
    const auto found = find_duplicates(views({"我们去公园散步，今天天气很好，明天下雨，后天也许会下雪，你带伞了吗？",
                                              "我们去公园散步，今天天气很好，明天下雨，后天也许会下雪，你带伞了没？",
                                              "数据库每天晚上两点备份一次，请不要在这个时间登录系统，谢谢您的合作。"}))
                           .value();
    CHECK(found.cluster == std::vector<std::uint32_t>{0, 0, 2});
}

TEST_CASE("a pair is taken apart once, however many bands it shares") {
    counter_random           draw(9);
    std::vector<std::string> texts;
    const std::string        head = sentence(draw, 30);
    for (int i = 0; i < 12; ++i) texts.push_back(head + " " + sentence(draw, 14));
    const auto found = find_duplicates(views(texts)).value();
    CHECK(found.repeats() == 0);
    CHECK(found.verified > 30);
    CHECK(found.verified <= 66);
}

TEST_CASE("a thousand copies cost a thousand looks, and wrong numbers are refused") {
    counter_random           draw(5);
    std::vector<std::string> texts(1000, sentence(draw, 30));
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i] += " tail" + std::to_string(i);
    const auto found = find_duplicates(views(texts)).value();
    CHECK(found.repeats() == 999);
    CHECK(found.verified <= 2000);
    CHECK(found.exact == 0);
    std::fill(texts.begin(), texts.end(), "Same  text");
    texts[7] = "same text ";
    CHECK(find_duplicates(views(texts)).value().exact == 999);
    CHECK(find_duplicates(std::span<const std::string_view>{}).value().cluster.empty());
    for (const duplicate_params& p : {duplicate_params{.threshold = 0}, duplicate_params{.threshold = std::nan("")},
                                      duplicate_params{.threshold = 1.1}, duplicate_params{.bands = 0},
                                      duplicate_params{.rows = 0}, duplicate_params{.shingle = {.size = 0}}})
        CHECK(find_duplicates(views(texts), p).error().what == fault::bad_argument);
    context c;
    c.deadline = context::clock::now();
    CHECK(find_duplicates(views(texts), {}, c).error().what == fault::timed_out);
}
