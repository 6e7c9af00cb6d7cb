// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/random.hpp>
#include <graft/embed/hashed.hpp>
#include <graft/schema/embedder.hpp>

#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace graft;

static_assert(embedder<hashed>);
static_assert(std::is_copy_constructible_v<hashed>);

matrix<float> hashes(const hashed& model, const std::vector<std::string>& texts) {
    std::vector<text_view> views;
    for (const auto& text : texts) views.push_back({{}, text});
    matrix<float> rows(texts.size(), model.dims());
    context       w;
    REQUIRE(model.encode(views, rows.view(), w));
    return rows;
}

double product(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

std::vector<std::string> random_texts(std::size_t n, std::uint64_t seed) {
    counter_random           draw(seed);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < n; ++i) {
        std::string text;
        for (std::size_t j = 0, length = 1 + draw.below(40); j < length; ++j) {
            for (std::size_t l = 0, letters = 2 + draw.below(9); l < letters; ++l)
                text += static_cast<char>('a' + draw.below(draw.below(3) == 0 ? 26 : 4));
            text += ' ';
        }
        texts.push_back(std::move(text));
    }
    return texts;
}

using feature_counts = std::map<std::string, int>;

/// The features of a text by the description: words, and runs of letters of the word between ‹ and ›, here \1 and \2.
feature_counts features_of(const std::string& text, const hashed_params& p, const analyzer& analyse = {}) {
    feature_counts counts;
    analyse(text, [&](const token& t) {
        if (p.words) ++counts["=" + std::string(t.word)];
        std::vector<std::string> letters{"\1"};
        for (std::size_t at = 0; at < t.word.size();) {
            std::size_t end = at + 1;
            while (end < t.word.size() && (static_cast<unsigned char>(t.word[end]) & 0xc0u) == 0x80u) ++end;
            letters.emplace_back(t.word.substr(at, end - at));
            at = end;
        }
        letters.emplace_back("\2");
        for (std::size_t g = p.min_gram; p.max_gram > 0 && g <= p.max_gram; ++g)
            for (std::size_t i = 0; i + g <= letters.size(); ++i) {
                std::string run;
                for (std::size_t j = i; j < i + g; ++j) run += letters[j];
                if (run != "\1" && run != "\2") ++counts[run];
            }
    });
    return counts;
}

double cosine_of(const feature_counts& a, const feature_counts& b, const std::map<std::string, double>& idf = {}) {
    const auto weight = [&](const std::string& f, int n) {
        const auto it = idf.find(f);
        return (1 + std::log(n)) * (it == idf.end() ? 1 : it->second);
    };
    double both = 0, left = 0, right = 0;
    for (const auto& [f, n] : a) {
        left += weight(f, n) * weight(f, n);
        if (const auto it = b.find(f); it != b.end()) both += weight(f, n) * weight(f, it->second);
    }
    for (const auto& [f, n] : b) right += weight(f, n) * weight(f, n);
    return both / std::sqrt(left * right);
}

} // namespace

TEST_CASE("hashed: every feature of a word is hashed once, in any script") {
    const std::vector<std::string> words = {"wind",
                                            "a",
                                            "ab",
                                            "naïve",
                                            "Straße",
                                            "日本語の文",
                                            "привет",
                                            "x1",
                                            "internationalisation",
                                            std::string(200, 'q'),
                                            "เที่ยวบิน",
                                            "한국어"};
    for (const auto& [words_too, low, high] : {std::tuple{true, 3u, 5u},
                                               {false, 1u, 16u},
                                               {false, 2u, 2u},
                                               {true, 0u, 0u},
                                               {true, 16u, 16u},
                                               {false, 4u, 4u}})
        for (const auto& word : words) {
            const hashed_params p{.words = words_too, .min_gram = low, .max_gram = high};
            REQUIRE(p.valid());
            std::map<std::uint64_t, int> seen;
            analyzer{.stops = false}(
                word, [&](const token& t) { detail::each_feature(t.word, p, [&](std::uint64_t h) { ++seen[h]; }); });
            std::vector<int> mine, expected;
            for (const auto& [h, n] : seen) mine.push_back(n);
            for (const auto& [f, n] : features_of(word, p, {.stops = false})) expected.push_back(n);
            std::sort(mine.begin(), mine.end());
            std::sort(expected.begin(), expected.end());
            CAPTURE(word);
            CHECK(mine == expected);
        }
}

TEST_CASE("hashed: with many dims the dot product of two texts is that of their features") {
    const auto         texts = random_texts(24, 1);
    std::vector<chunk> list;
    for (std::size_t i = 0; i < texts.size(); ++i) list.push_back({.id = chunk_id{i}, .text = {{}, texts[i]}});
    for (const hashed_params& p :
         {hashed_params{.dims = 65536, .buckets = 1u << 24},
          {.dims = 65521, .words = false, .min_gram = 2, .max_gram = 3, .buckets = 1u << 24, .seed = 4},
          {.dims = 60000, .min_gram = 0, .max_gram = 0, .buckets = 1u << 24}}) {
        std::vector<feature_counts>   features;
        std::map<std::string, double> idf;
        for (const auto& text : texts) {
            features.push_back(features_of(text, p));
            for (const auto& [f, n] : features.back()) ++idf[f];
        }
        for (auto& [f, df] : idf) df = std::log(1 + (static_cast<double>(texts.size()) - df + .5) / (df + .5));
        const auto plain = hashes(hashed(p), texts), fitted = hashes(hashed::fit(chunks(list), p).value(), texts);
        double     worst = 0, sum = 0;
        int        pairs = 0;
        for (std::size_t i = 0; i < texts.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                for (const double off :
                     {product(plain.row(i), plain.row(j)) - cosine_of(features[i], features[j]),
                      product(fitted.row(i), fitted.row(j)) - cosine_of(features[i], features[j], idf)}) {
                    worst = std::max(worst, std::fabs(off));
                    sum += std::fabs(off);
                    ++pairs;
                }
        CHECK(sum / pairs < .004); // a collision here and there, of one in sixty thousand
        CHECK(worst < .15);
    }
}

TEST_CASE("hashed: signs keep the noise of collisions around zero") {
    // Without signs unrelated texts would lean towards each other; with them the mean of many seeds does not.
    const std::vector<std::string> texts = {"quick brown foxes jump", "lazy dogs sleep under trees"};
    double                         sum = 0, squares = 0;
    const int                      seeds = 400;
    for (int seed = 0; seed < seeds; ++seed) {
        const auto   rows = hashes(hashed({.dims = 32, .seed = static_cast<std::uint64_t>(seed)}), texts);
        const double x    = product(rows.row(0), rows.row(1));
        sum += x;
        squares += x * x;
    }
    CHECK(std::fabs(sum / seeds) < 4 / std::sqrt(32. * seeds));
    CHECK(std::sqrt(squares / seeds) == doctest::Approx(1 / std::sqrt(32.)).epsilon(.3));
}

TEST_CASE("hashed: misspelt and inflected words are near, others are not") {
    const auto rows = hashes(hashed({.dims = 4096}), {"aerodynamics", "aerodinamics", "thermodynamics", "marmalade"});
    CHECK(product(rows.row(0), rows.row(1)) > .35);
    CHECK(product(rows.row(0), rows.row(2)) > .2);
    CHECK(std::fabs(product(rows.row(0), rows.row(3))) < .1);
}

TEST_CASE("hashed: a row depends on its text alone and has length 1") {
    for (const std::uint32_t dims : {1u, 7u, 100u, 512u, 1000u}) {
        const hashed model({.dims = dims});
        auto         texts = random_texts(40, dims);
        texts[3]           = "";
        const auto batch   = hashes(model, texts);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto one = hashes(model, {texts[i]});
            CHECK(std::memcmp(one.data(), batch.row(i).data(), batch.row(i).size_bytes()) == 0);
            const double length = product(one.row(0), one.row(0));
            if (i == 3) CHECK(length == 0);
            else if (dims > 1) CHECK(length == doctest::Approx(1));
        }
    }
    // a prefix counts as the words that stand before
    const hashed    model;
    matrix<float>   row(1, 512);
    context         w;
    const text_view both{"one two", "three four"};
    REQUIRE(model.encode({&both, 1}, row.view(), w));
    const auto together = hashes(model, {"one two three four"});
    CHECK(std::memcmp(row.data(), together.data(), row.flat().size_bytes()) == 0);
}

TEST_CASE("hashed: hostile texts give rows of length 0 or 1, and a warm context does not grow") {
    std::string    noise, repeated;
    counter_random draw(3);
    for (int i = 0; i < 50000; ++i) noise += static_cast<char>(draw.below(256));
    for (int i = 0; i < 50000; ++i) repeated += "again ";
    const std::vector<std::string> texts = {
        "",     "!?.", "\xff\xfe", std::string(99, '\0'), noise, repeated, std::string(100000, 'z'), "\xf0\x9f\x98\x80",
        "again"};
    const hashed model;
    const auto   rows = hashes(model, texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const double length = product(rows.row(i), rows.row(i));
        CHECK((length == 0 || std::fabs(length - 1) < 1e-6));
        if (i < 4) CHECK(length == 0);
    }
    CHECK(product(rows.row(5), rows.row(8)) == doctest::Approx(1));

    std::vector<text_view> views;
    for (const auto& text : texts) views.push_back({{}, text});
    matrix<float> out(texts.size(), model.dims());
    context       w;
    REQUIRE(model.encode(views, out.view(), w));
    w.reset();
    const std::size_t warm = w.capacity();
    REQUIRE(model.encode(views, out.view(), w));
    w.reset();
    CHECK(w.capacity() == warm);
}

TEST_CASE("hashed: fitting gives the same bytes for any order of the chunks and any number of threads") {
    auto               texts = random_texts(3000, 5);
    std::vector<chunk> list;
    for (const auto& text : texts) list.push_back({.text = {{}, text}});
    const hashed_params p{.dims = 64, .buckets = 1000};
    const auto          once = hashed::fit(chunks(list), p).value();
    CHECK(once.fitted());
    for (const std::size_t n : {2u, 4u})
        CHECK(hashed::fit(chunks(list), p, context(threads(n))).value().fingerprint() == once.fingerprint());
    counter_random(6).shuffle(std::span(list));
    CHECK(hashed::fit(chunks(list), p).value().fingerprint() == once.fingerprint());
    list.pop_back();
    CHECK(hashed::fit(chunks(list), p).value().fingerprint() != once.fingerprint());

    std::set<std::uint64_t> prints{once.fingerprint()};
    for (const hashed_params& q : {p,
                                   hashed_params{.dims = 65, .buckets = 1000},
                                   {.dims = 64, .words = false, .buckets = 1000},
                                   {.dims = 64, .min_gram = 2, .buckets = 1000},
                                   {.dims = 64, .max_gram = 6, .buckets = 1000},
                                   {.dims = 64, .buckets = 1000, .seed = 1}})
        prints.insert(hashed(q).fingerprint());
    prints.insert(hashed(p, analyzer{.stems = false}).fingerprint());
    CHECK(prints.size() == 8);
}

TEST_CASE("hashed: what is out of range is refused") {
    const std::string text = "some words";
    const chunk       c{.text = {{}, text}};
    context           w;
    for (const hashed_params& p : {hashed_params{.dims = 0},
                                   {.dims = 65537},
                                   {.words = false, .min_gram = 0, .max_gram = 0},
                                   {.min_gram = 0},
                                   {.min_gram = 6},
                                   {.max_gram = 17},
                                   {.buckets = 0},
                                   {.buckets = (1u << 24) + 1}}) {
        CHECK_FALSE(p.valid());
        matrix<float>   row(1, p.dims);
        const text_view view{{}, text};
        CHECK(hashed(p).encode({&view, 1}, row.view(), w).error().what == fault::bad_argument);
        CHECK(hashed::fit(chunks(&c, 1), p).error().what == fault::bad_argument);
    }
    CHECK(hashed::fit(chunks{}).error().what == fault::no_input);
    matrix<float>   narrow(1, 511);
    const text_view view{{}, text};
    CHECK(hashed().encode({&view, 1}, narrow.view(), w).error().what == fault::wrong_shape);
}

TEST_CASE("hashed: a saved embedder comes back to the bit, and a spoilt one is an error or harmless") {
    const auto         texts = random_texts(12, 7);
    std::vector<chunk> list;
    for (const auto& text : texts) list.push_back({.text = {{}, text}});
    const auto fitted = hashed::fit(chunks(list), {.dims = 20, .buckets = 50}).value();
    for (const hashed& model : {fitted, hashed({.dims = 33, .words = false, .seed = 5})}) {
        byte_writer w;
        model.save(w);
        auto        bytes = w.take();
        byte_reader whole(bytes, "hashed");
        const auto  again = hashed::load(whole);
        REQUIRE(again);
        CHECK(whole.finish());
        CHECK(again->params() == model.params());
        CHECK(again->fingerprint() == model.fingerprint());
        const auto a = hashes(*again, texts), b = hashes(model, texts);
        CHECK(std::memcmp(a.data(), b.data(), a.flat().size_bytes()) == 0);
        byte_reader other(bytes, "hashed");
        CHECK(hashed::load(other, analyzer{.stops = false}).error().what == fault::other_embedder);
        for (std::size_t n = 0; n < bytes.size(); ++n) {
            byte_reader r({bytes.data(), n}, "hashed");
            CHECK_FALSE(hashed::load(r));
        }
        for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
            bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
            byte_reader r(bytes, "hashed");
            if (const auto spoilt = hashed::load(r)) {
                CHECK(spoilt->fingerprint() != model.fingerprint());
                const auto rows = hashes(*spoilt, {texts[bit % 12]});
                for (const float x : rows.flat()) CHECK(std::fabs(x) <= 1.0001f);
            }
            bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        }
    }
}

TEST_CASE("hashed: what an analyser throws comes out of a fit the same on every executor") {
    const test::numbered texts(900);
    using model = basic_hashed<test::trapped_words>;
    for (const std::size_t at : {0u, 500u, 899u})
        test::on_every_executor(test::trap::act::throws, at, [&](const test::trap& t, context& c, std::size_t) {
            std::size_t caught = 9999;
            try {
                (void)model::fit(texts, {.dims = 16, .buckets = 64}, test::trapped_words(t), c);
            } catch (const test::sprung& s) {
                caught = s.at;
            }
            CHECK(caught == at);
        });
}

TEST_CASE(
    "hashed: a stop ends a fit after the blocks in hand, a deadline before the first, and progress reaches the end") {
    const test::numbered texts(5000);
    using model = basic_hashed<test::trapped_words>;
    test::on_every_executor(test::trap::act::stops, 1000, [&](const test::trap& t, context& c, std::size_t width) {
        CHECK(model::fit(texts, {.dims = 16, .buckets = 64}, test::trapped_words(t), c).error().what == fault::stopped);
        CHECK(t.late() <= 64 * width);
    });
    test::on_every_executor(test::trap::act::nothing, 0, [&](const test::trap& t, context& c, std::size_t) {
        test::watched_progress seen;
        c.progress        = seen;
        const auto fitted = model::fit(texts, {.dims = 16, .buckets = 64}, test::trapped_words(t), c).value();
        CHECK(seen.whole());
        c.deadline = context::clock::now();
        t.begun    = 0;
        CHECK(model::fit(texts, {.dims = 16}, test::trapped_words(t), c).error().what == fault::timed_out);
        CHECK(t.begun == 0);
        matrix<float>   row(1, 16);
        const text_view text{"", "1 river"};
        CHECK(fitted.encode({&text, 1}, row.view(), c).error().what == fault::timed_out);
    });
}
