// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/index/bm25.hpp>

#include <graft/base/random.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <vector>

using namespace graft;
using test::operator""_c;

namespace {

// Words are what stands between blanks: the index is under test here, not the analyser.
struct blanks {
    struct token {
        std::uint64_t term;
    };
    std::uint64_t salt = 0;

    std::uint64_t fingerprint() const { return 77 + salt; }
    template <class F>
    void operator()(std::string_view text, F&& f) const {
        for (std::size_t i = 0; i < text.size();) {
            const std::size_t end = std::min(text.find(' ', i), text.size());
            if (end > i) f(token{hash64(text.substr(i, end - i))});
            i = end + 1;
        }
    }
};
using words_index = basic_bm25<blanks>;
static_assert(indexes<words_index, text_view> && searcher<words_index, std::string_view>);
static_assert(indexes<bm25, text_view> && searcher<bm25, std::string_view>);
static_assert(std::is_nothrow_move_constructible_v<bm25> && !std::is_copy_constructible_v<bm25>);

using library = std::map<chunk_id, std::string>;

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> out;
    std::string              word;
    for (const char c : text + " ") {
        if (c != ' ') word += c;
        else if (!word.empty()) out.push_back(std::exchange(word, {}));
    }
    return out;
}

// The formulas as they are written in papers, in double, chunk by chunk, with none of the index's shortcuts.
std::vector<std::pair<chunk_id, double>> oracle(const library& docs, const std::string& question,
                                                const bm25_params& p) {
    const double N = static_cast<double>(docs.size()), k1 = static_cast<double>(p.k1), b = static_cast<double>(p.b);
    const double delta = static_cast<double>(p.delta);
    double       total = 0;
    for (const auto& [id, text] : docs) total += static_cast<double>(split(text).size());
    const double                             mean = total / N;
    std::vector<std::pair<chunk_id, double>> out;
    for (const auto& [id, text] : docs) {
        const auto   in    = split(text);
        const double K     = k1 * (1 - b + b * static_cast<double>(in.size()) / mean);
        double       score = 0;
        for (const std::string& word : split(question)) {
            double df = 0;
            for (const auto& [other, body] : docs) {
                const auto them = split(body);
                df += std::find(them.begin(), them.end(), word) != them.end() ? 1. : 0.;
            }
            const auto tf = static_cast<double>(std::count(in.begin(), in.end(), word));
            if (tf == 0) continue;
            switch (p.variant) {
            case bm25_variant::robertson:
                score += std::max(0., std::log((N - df + .5) / (df + .5))) * tf / (tf + K);
                break;
            case bm25_variant::lucene: score += std::log(1 + (N - df + .5) / (df + .5)) * tf / (tf + K); break;
            case bm25_variant::atire: score += std::log(N / df) * (k1 + 1) * tf / (tf + K); break;
            case bm25_variant::bm25l: {
                const double c = tf / (1 - b + b * static_cast<double>(in.size()) / mean);
                score += std::log((N + 1) / (df + .5)) * (k1 + 1) * (c + delta) / (k1 + c + delta);
                break;
            }
            case bm25_variant::bm25plus: score += std::log((N + 1) / df) * ((k1 + 1) * tf / (tf + K) + delta); break;
            }
        }
        if (score > 0) out.emplace_back(id, score);
    }
    return out;
}

void teach(words_index& index, const library& docs, std::span<const chunk_id> remove = {}) {
    auto                   d = index.begin();
    std::vector<chunk_id>  ids;
    std::vector<text_view> texts;
    for (const auto& [id, text] : docs) {
        ids.push_back(id);
        const std::size_t half = text.find(' ', text.size() / 3); // the prefix's words count like the body's
        if (half == std::string::npos) texts.push_back({{}, text});
        else texts.push_back({std::string_view(text).substr(0, half), std::string_view(text).substr(half)});
    }
    REQUIRE(d.remove(remove));
    REQUIRE(d.add(ids, texts));
    REQUIRE(d.prepare());
    index.commit(std::move(d));
}

std::string zipf(counter_random& random, std::size_t words, std::uint64_t kinds) {
    std::string text;
    for (std::size_t i = 0; i < words; ++i) text += "w" + std::to_string(random.below(1 + random.below(kinds))) + " ";
    return text;
}

std::vector<hit> ask(const words_index& index, std::string_view question, std::size_t k = 1000) {
    context w;
    auto    hits = index.search(question, k, w);
    REQUIRE(hits);
    return {hits->begin(), hits->end()};
}

std::vector<std::byte> saved(const words_index& index) {
    byte_writer w;
    index.save(w);
    return w.take();
}

constexpr bm25_variant every_variant[] = {bm25_variant::robertson, bm25_variant::lucene, bm25_variant::atire,
                                          bm25_variant::bm25l, bm25_variant::bm25plus};

} // namespace

TEST_CASE("bm25: five variants give the vectors of their formulas") {
    const library docs = {{1_c, "cat dog"},
                          {2_c, "cat cat cat bird"},
                          {3_c, "fish"},
                          {5_c, "dog fish fish bird bird cow"},
                          {9_c, "cow cow cow cow cow cow cow"}};
    // Worked out apart from this program: question "cat fish", k1 1.2, b .75, mean length 4, delta .5 (1 for plus).
    struct vector {
        bm25_variant                             variant;
        float                                    delta;
        std::vector<std::pair<chunk_id, double>> scores; // best first
    };
    const std::vector<vector> vectors = {
        {bm25_variant::robertson, .5f, {{2_c, .240337312}, {3_c, .220637532}, {1_c, .192269849}, {5_c, .184368349}}},
        {bm25_variant::lucene, .5f, {{2_c, .625334812}, {3_c, .574077861}, {1_c, .500267850}, {5_c, .479708897}}},
        {bm25_variant::atire, .5f, {{2_c, 1.439885436}, {3_c, 1.321862039}, {1_c, 1.151908349}, {5_c, 1.104569649}}},
        {bm25_variant::bm25l, .5f, {{2_c, 1.434278570}, {3_c, 1.346150854}, {1_c, 1.225656232}, {5_c, 1.193362285}}},
        {bm25_variant::bm25plus, 1.f, {{2_c, 2.825003028}, {3_c, 2.683495590}, {1_c, 2.479724880}, {5_c, 2.422966828}}},
    };
    for (const vector& v : vectors) {
        CAPTURE(name(v.variant));
        words_index index(bm25_params{.variant = v.variant, .delta = v.delta});
        teach(index, docs);
        const auto hits = ask(index, "cat fish");
        REQUIRE(hits.size() == v.scores.size());
        for (std::size_t i = 0; i < hits.size(); ++i) {
            CHECK(hits[i].id == v.scores[i].first);
            CHECK(static_cast<double>(hits[i].score) == doctest::Approx(v.scores[i].second).epsilon(1e-6));
        }
    }
}

TEST_CASE("bm25: scores and order are those of the formulas on random collections") {
    counter_random random(1);
    for (int round = 0; round < 20; ++round) {
        library docs;
        for (std::uint64_t i = 0; i < 40; ++i)
            docs[chunk_id{i * 3 + random.below(3)}] = zipf(random, random.below(30), 25);
        for (const bm25_variant variant : every_variant) {
            const bm25_params p{.variant = variant,
                                .k1      = static_cast<float>(random.below(4)) * .5f,
                                .b       = static_cast<float>(random.below(5)) * .25f,
                                .delta   = static_cast<float>(random.below(3)) * .5f};
            words_index       index(p);
            teach(index, docs);
            const std::string question = zipf(random, 1 + random.below(6), 30); // words repeat, some are unknown
            CAPTURE(name(variant));
            CAPTURE(question);
            std::map<chunk_id, double> truth;
            for (const auto& [id, score] : oracle(docs, question, p)) truth[id] = score;
            const auto hits = ask(index, question);
            REQUIRE(hits.size() == truth.size());
            for (const hit& h : hits) {
                REQUIRE(truth.count(h.id) == 1);
                CHECK(static_cast<double>(h.score) == doctest::Approx(truth[h.id]).epsilon(2e-6));
            }
            CHECK(std::is_sorted(hits.begin(), hits.end(), better));
            // Fewer are the first of the same list, and a filter takes away and changes nothing else.
            for (const std::size_t k : {std::size_t{1}, std::size_t{3}, hits.size()}) {
                const auto few = ask(index, question, k);
                REQUIRE(few.size() == std::min(k, hits.size()));
                CHECK(std::equal(few.begin(), few.end(), hits.begin()));
            }
            const auto       odd = [](chunk_id id) { return to_underlying(id) % 2 == 1; };
            std::vector<hit> want;
            std::copy_if(hits.begin(), hits.end(), std::back_inserter(want), [&](const hit& h) { return odd(h.id); });
            context w;
            auto    got = index.search(question, 1000, odd, w);
            REQUIRE(got);
            CHECK(std::equal(got->begin(), got->end(), want.begin(), want.end()));
            // No chunk passes the ceiling.
            const auto known = index.evidence(question, w);
            if (!hits.empty()) CHECK(hits.front().score <= known.ceiling * (1 + 1e-6f));
        }
    }
}

TEST_CASE("bm25: after any additions and removals nothing tells it from a fresh index") {
    counter_random random(2);
    for (int round = 0; round < 12; ++round) {
        library       live;
        words_index   index;
        std::uint64_t next = 0;
        for (int step = 0; step < 8; ++step) {
            library               fresh;
            std::vector<chunk_id> gone;
            for (std::uint64_t i = random.below(20); i-- > 0;) {
                next += 1 + random.below(3);
                fresh[chunk_id{next ^ (random.below(4) == 0 ? 1024u : 0u)}] = zipf(random, random.below(20), 30);
            }
            for (const auto& [id, text] : live)
                if (random.below(3) == 0) gone.push_back(id);
            for (const auto& [id, text] : live) fresh.erase(id);
            gone.push_back(999999_c); // was never there
            auto                   d = index.begin();
            std::vector<chunk_id>  ids;
            std::vector<text_view> texts;
            for (const auto& [id, text] : fresh) {
                ids.insert(ids.begin(), id); // against the order of ids
                texts.insert(texts.begin(), text_view{{}, text});
            }
            auto removed = d.remove(gone);
            REQUIRE(removed);
            CHECK(*removed == gone.size() - 1);
            REQUIRE(d.add(ids, texts));
            if (!ids.empty() && random.below(2) == 0) { // in and out again within one draft
                auto back = d.remove(std::span(ids).first(1));
                REQUIRE(back);
                CHECK(*back == 1);
                fresh.erase(ids.front());
            }
            if (random.below(5) == 0) continue; // the draft is dropped: it never happened
            REQUIRE(d.prepare());
            index.commit(std::move(d));
            for (const chunk_id id : gone) live.erase(id);
            live.insert(fresh.begin(), fresh.end());

            words_index anew;
            teach(anew, live);
            REQUIRE(index.size() == live.size());
            CHECK(saved(index) == saved(anew));
            const std::string question = zipf(random, 4, 30);
            CHECK(ask(index, question) == ask(anew, question));
        }
    }
}

TEST_CASE("bm25: a draft is not seen before it is committed, and refuses what cannot be") {
    words_index index;
    teach(index, {{1_c, "red apple"}, {2_c, "green apple"}});
    const auto      before  = ask(index, "apple");
    auto            d       = index.begin();
    const chunk_id  three[] = {3_c}, one[] = {1_c}, twice[] = {4_c, 4_c}, pair[] = {5_c, 6_c};
    const text_view text[] = {{"apple", "blue"}}, texts[] = {{"apple", "blue"}, {"", "pear"}};
    REQUIRE(d.add(three, text));
    CHECK(ask(index, "apple") == before);

    auto refused = d.add(one, text);
    REQUIRE(!refused);
    CHECK(refused.error() == error{fault::duplicate_id, unit::id, 1, "bm25"});
    CHECK(d.add(three, text).error().what == fault::duplicate_id);
    CHECK(d.add(twice, texts).error() == error{fault::duplicate_id, unit::id, 4, "bm25"});
    CHECK(d.add(pair, text).error().what == fault::wrong_shape);
    REQUIRE(d.prepare());
    index.commit(std::move(d));
    CHECK(index.size() == 3); // nothing of the refused calls, the first 4 included
    CHECK(ask(index, "apple").size() == 3);
    CHECK(ask(index, "blue").front().id == 3_c);

    auto again = index.begin(); // out and in again under the same id
    REQUIRE(again.remove(three));
    const text_view other[] = {{"", "yellow"}};
    REQUIRE(again.add(three, other));
    REQUIRE(again.prepare());
    index.commit(std::move(again));
    CHECK(ask(index, "blue").empty());
    CHECK(ask(index, "yellow").front().id == 3_c);
}

TEST_CASE("bm25: questions at the edge") {
    context     w;
    words_index empty;
    CHECK(ask(empty, "anything").empty());
    CHECK(empty.evidence("a b a", w).terms.size() == 2);

    words_index index;
    teach(index, {{1_c, "a b c"}, {2_c, "a"}, {3_c, ""}, {4_c, "b b"}});
    CHECK(index.size() == 4);
    CHECK(ask(index, "").empty());
    CHECK(ask(index, "   ").empty());
    CHECK(ask(index, "unknown words only").empty());
    CHECK(ask(index, "a b", 0).empty());
    CHECK(ask(index, "a b", ~std::size_t{0}).size() == 3);
    CHECK(ask(index, "a b", 2).size() == 2);

    // A word that is repeated counts as often as it stands there.
    const auto once = ask(index, "c"), thrice = ask(index, "c c c");
    CHECK(thrice.front().score == doctest::Approx(3 * once.front().score));

    // A million characters, all words different or all the same: time linear in the length, or this test never ends.
    std::string different, same;
    while (different.size() < 1000000) different += std::to_string(different.size()) + " ";
    while (same.size() < 1000000) same += "c ";
    CHECK(ask(index, different).empty());
    CHECK(ask(index, different + " a").size() == 2);
    CHECK(ask(index, same).front().id == 1_c);
    CHECK(index.evidence(different, w).terms.size() > 100000);

    std::stop_source stop;
    stop.request_stop();
    w.stop    = stop.get_token();
    auto hits = index.search("a", 5, w);
    REQUIRE(!hits);
    CHECK(hits.error().what == fault::stopped);
}

TEST_CASE("bm25: evidence names the distinct words in order, unknown ones with the largest weight") {
    words_index index;
    teach(index, {{1_c, "a b"}, {2_c, "a c"}, {3_c, "a c d"}});
    context    w;
    const auto known = index.evidence("d c new d a", w);
    REQUIRE(known.terms.size() == 4);
    CHECK(known.terms[0].term == hash64("d"));
    CHECK(known.terms[1].term == hash64("c"));
    CHECK(known.terms[2].term == hash64("new"));
    CHECK(known.terms[3].term == hash64("a"));
    // Of three chunks none says how rare a word is: the weights differ little, in the order of df.
    CHECK(known.terms[2].weight == doctest::Approx(std::log(503. / 1))); // unknown: df = 0
    CHECK(known.terms[0].weight == doctest::Approx(std::log(503. / 2)));
    CHECK(known.terms[1].weight == doctest::Approx(std::log(503. / 3)));
    CHECK(known.terms[3].weight == doctest::Approx(std::log(503. / 4)));
    // d stands twice in the question and so counts twice in the ceiling, which is made of idf.
    const auto idf = [](double df) { return std::log(1 + (3 - df + .5) / (df + .5)); };
    CHECK(known.ceiling == doctest::Approx(2 * idf(1) + idf(2) + idf(0) + idf(3)));
}

TEST_CASE("bm25: with graft's analyser") {
    bm25            index;
    auto            d       = index.begin();
    const chunk_id  ids[]   = {10_c, 11_c, 12_c};
    const text_view texts[] = {{"Handbook > Leave", "Everybody has thirty days."},
                               {"Handbook > Travel", "Keep the receipts of the journey."},
                               {"", "Ünïcode in the middle of nowhere"}};
    REQUIRE(d.add(ids, texts));
    REQUIRE(d.prepare());
    index.commit(std::move(d));
    context    w;
    const auto hits = index.search("How many LEAVES for a day?", 5, w); // stems, folding, and words of the prefix
    REQUIRE(hits);
    REQUIRE(hits->size() == 1);
    CHECK(hits->front().id == 10_c);
    CHECK(index.search("unicode", 5, w)->front().id == 12_c);
    CHECK(index.search("the of in", 5, w)->empty()); // stop words
    byte_writer bytes;
    index.save(bytes);
    byte_reader plain(bytes.bytes(), "words");
    CHECK(bm25::load(plain, analyzer{.stems = false}).error().what == fault::other_embedder);
}

namespace {

void teach(bm25& index, const library& docs) {
    auto d = index.begin();
    for (const auto& [id, text] : docs) {
        const text_view view{{}, text};
        REQUIRE(d.add(std::span(&id, 1), std::span(&view, 1)));
    }
    REQUIRE(d.prepare());
    index.commit(std::move(d));
}
chunk_id first(const bm25& index, std::string_view question) {
    context    w;
    const auto hits = index.search(question, 5, w);
    REQUIRE(hits);
    return hits->empty() ? 0_c : hits->front().id;
}
std::string respelled(const bm25& index, std::string_view question) {
    context     w;
    std::string out;
    for (const respelling& r : index.evidence(question, w).respelled) out += std::string(r.word) + " ";
    return out;
}

} // namespace

TEST_CASE("bm25: one typo in a word of five letters or more still finds it") {
    bm25 index;
    teach(index, {{1_c, "The warehouse keeps the sprinklers."},
                  {2_c, "Ownership of the vehicle passes to the buyer."},
                  {3_c, "Управление кораблём требует внимания."},
                  {4_c, "Ἡ θάλασσα ἦν γαλήνη"},
                  {5_c, "Nothing else is here, or there."}});
    const std::vector<std::pair<std::u32string, chunk_id>> words = {
        {U"warehouse", 1_c},  {U"sprinklers", 1_c}, {U"ownership", 2_c}, {U"vehicle", 2_c},
        {U"управление", 3_c}, {U"внимания", 3_c},   {U"θαλασσα", 4_c}};
    const auto utf8 = [](const std::u32string& s) {
        std::string out;
        for (const char32_t c : s) unicode::append_utf8(out, c);
        return out;
    };
    const auto finds = [&](const std::u32string& typo, chunk_id id) {
        const std::string question = utf8(typo);
        if (first(index, question) != id) FAIL_CHECK(question);
    };
    for (const auto& [word, id] : words)
        for (std::size_t i = 0; i < word.size(); ++i) {
            const char32_t other = word[i] < 0x80 ? U'q' : word[i] < 0x400 ? U'ψ' : U'ю';
            finds(std::u32string(word).insert(i, 1, other), id);
            std::u32string changed = word;
            changed[i]             = other;
            finds(changed, id);
            if (word.size() > 5) finds(std::u32string(word).erase(i, 1), id);
            if (i == 0 || word[i] == word[i - 1]) continue;
            changed = word;
            std::swap(changed[i], changed[i - 1]);
            finds(changed, id);
        }
    CHECK(respelled(index, "Who has the ownershp of a vehcle?") == "ownership vehicle ");
    CHECK(respelled(index, "Ownership of the vehicle") == "");
    // Two typos are another word; so is a shorter word, and what holds a digit.
    CHECK(first(index, "wharehous") == 0_c);
    CHECK(first(index, "elst") == 0_c);
    CHECK(first(index, "passes2") == 0_c);
}

TEST_CASE("bm25: what was respelled is said, weighs less than what stands there, and its term is the one found") {
    const library docs = {{1_c, "valve number one"}, {2_c, "the order of E4711"}, {3_c, "the NASAX rocket"}};
    bm25          index;
    teach(index, docs);
    context    w;
    const auto known = index.evidence("vallve", w);
    REQUIRE(known.respelled.size() == 1);
    CHECK(known.respelled[0].word == "valve");
    CHECK(known.respelled[0].used == hash64("valv"));
    CHECK(known.respelled[0].asked == hash64("vallv"));
    REQUIRE(known.terms.size() == 1);
    CHECK(known.terms[0].term == hash64("valv"));
    const auto right = index.search("valve", 1, w), wrong = index.search("vallve", 1, w);
    CHECK(wrong->front().score == doctest::Approx(.7f * right->front().score));
    CHECK(known.ceiling == index.evidence("valve", w).ceiling);
    CHECK(first(index, "E4712") == 0_c);
    CHECK(first(index, "about NASAY") == 0_c); // capitals among small letters: an acronym
    CHECK(first(index, "NASAY") == 3_c);       // all is in capitals
    CHECK(first(index, "nasay") == 3_c);
    const auto twice = index.evidence("valve vallve", w); // one word of the question, not two
    CHECK(twice.terms.size() == 1);

    bm25 off(bm25_params{.respell = false});
    teach(off, docs);
    CHECK(first(off, "vallve") == 0_c);
    CHECK(off.evidence("vallve", w).respelled.empty());
    for (const bm25* x : {&index, &off}) {
        byte_writer bytes;
        x->save(bytes);
        byte_reader r(bytes.bytes(), "words");
        auto        back = bm25::load(r);
        REQUIRE(back);
        CHECK(back->params() == x->params());
        CHECK(first(*back, "vallve") == first(*x, "vallve"));
    }
}

TEST_CASE("bm25: of several words one typo away, the commonest is taken, then the first") {
    bm25 index;
    teach(index, {{1_c, "hostel"}, {2_c, "hotels"}, {3_c, "the zorel"}, {4_c, "the xorel, hotel"}});
    CHECK(respelled(index, "hoste") == "hostel "); // the same letters, in one chunk; hotels are two edits away
    CHECK(respelled(index, "hottel") == "hotel ");
    CHECK(respelled(index, "yorel") == "xorel ");
    bm25 more;
    teach(more, {{1_c, "xorel"}, {2_c, "zorel"}, {3_c, "zorel again"}});
    CHECK(respelled(more, "yorel") == "zorel ");
    // A misspelt stop word is one; a word next to one is not.
    context w;
    CHECK(more.evidence("whcih zorel", w).terms.size() == 1);
    CHECK(more.evidence("night zorel", w).terms.size() == 2);
}

TEST_CASE("bm25: many unknown words cost no more than some") {
    bm25 index;
    teach(index, {{1_c, "target"}});
    std::string question;
    for (int i = 0; i < 200000; ++i) question += "qqq" + std::string(1, static_cast<char>('a' + i % 26)) + "vvvv ";
    question += "targett";
    CHECK(first(index, question) == 0_c);
    CHECK(first(index, "aaaaaa bbbbbb targett") == 1_c);
    context w;
    for (int i = 0; i < 2; ++i, w.reset()) REQUIRE(index.search("targett unknown words here", 5, w));
    const std::size_t held = w.capacity();
    for (int i = 0; i < 50; ++i, w.reset()) REQUIRE(index.search("targett unknown words here", 5, w));
    CHECK(w.capacity() == held);
}

TEST_CASE("bm25: a compound counts in the form that the chunks hold, and stressed words only where they stand") {
    bm25 index;
    teach(index, {{1_c, "install the wifi driver"},
                  {2_c, "The HashMap class"},
                  {3_c, "parse_http_header returns an error"},
                  {4_c, "the OR gate"}});
    context    w;
    const auto words = [&](std::string_view question) { return index.evidence(question, w).terms.size(); };
    for (const auto& [asked, id, n] :
         std::vector<std::tuple<std::string_view, chunk_id, std::size_t>>{{"Wi-Fi", 1_c, 1},
                                                                          {"wifi", 1_c, 1},
                                                                          {"hash map", 2_c, 2},
                                                                          {"hashmap", 2_c, 1},
                                                                          {"HashMap", 2_c, 3},
                                                                          {"parseHttpHeader", 3_c, 4},
                                                                          {"parse-http-header", 3_c, 3},
                                                                          {"http header", 3_c, 2},
                                                                          {"OR", 4_c, 1},
                                                                          {"WHAT gate", 4_c, 1}}) {
        const std::string_view question = asked;
        CAPTURE(question);
        CHECK(first(index, question) == id);
        CHECK(words(question) == n);
    }
    CHECK(words("the IT gate") == 2); // a name that no chunk holds is missing
    bm25 vitamins;
    teach(vitamins, {{1_c, "Vitamin A is good."}, {2_c, "Vitamin B is good."}, {3_c, "Vitamin C is good."}});
    CHECK(first(vitamins, "vitamin c") == 3_c);
    CHECK(first(vitamins, "vitamin C") == 3_c);
}

TEST_CASE("bm25: more chunks than one window, and a warm context takes no more memory") {
    counter_random random(3);
    library        docs;
    for (std::uint64_t i = 0; i < 40000; ++i) docs[chunk_id{i * 2}] = zipf(random, 1 + random.below(6), 400);
    docs[40001_c] = "rare w1";
    words_index index;
    teach(index, docs);
    std::map<chunk_id, float> all;
    for (const hit& h : ask(index, "w1 rare w7", 100000)) all[h.id] = h.score;
    std::size_t with = 0;
    for (const auto& [id, text] : docs) {
        const auto in  = split(text);
        const bool has = std::count(in.begin(), in.end(), "w1") + std::count(in.begin(), in.end(), "w7") > 0;
        with += has ? 1u : 0u;
        if (has != (all.count(id) == 1)) FAIL("chunk " << id);
    }
    CHECK(all.size() == with);
    CHECK(ask(index, "w1 rare w7", 1).front().id == 40001_c);
    const auto ten = ask(index, "w3 w5", 10), more = ask(index, "w3 w5", 5000);
    CHECK(std::equal(ten.begin(), ten.end(), more.begin()));

    context w;
    for (int i = 0; i < 2; ++i, w.reset()) REQUIRE(index.search("w1 w2 w3 rare", 100, w));
    const std::size_t held = w.capacity();
    for (int i = 0; i < 50; ++i, w.reset()) REQUIRE(index.search("w1 w2 w3 rare", 100, w));
    CHECK(w.capacity() == held);
}

TEST_CASE("bm25: saved and loaded, and nothing believed of a damaged file") {
    counter_random random(4);
    library        docs;
    for (std::uint64_t i = 0; i < 12; ++i) docs[chunk_id{i * 5}] = zipf(random, random.below(8), 12);
    words_index index(bm25_params{.variant = bm25_variant::bm25plus, .delta = 1});
    teach(index, docs);
    const auto bytes = saved(index);
    {
        byte_reader r(bytes, "words");
        auto        back = words_index::load(r);
        REQUIRE(back);
        CHECK(r.finish());
        CHECK(back->params() == index.params());
        CHECK(saved(*back) == bytes);
        CHECK(ask(*back, "w1 w2 w3") == ask(index, "w1 w2 w3"));
        teach(*back, {{1_c, "w1 new"}}, std::vector<chunk_id>{0_c}); // and it goes on changing
        CHECK(ask(*back, "new").front().id == 1_c);
    }
    {
        byte_reader r(bytes, "words");
        CHECK(words_index::load(r, blanks{1}).error().what == fault::other_embedder);
        auto newer = bytes;
        newer[8]   = std::byte{4};
        byte_reader n(newer, "words");
        CHECK(words_index::load(n).error().what == fault::newer_format);
    }
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        const std::span<const std::byte> part(bytes.data(), n);
        byte_reader                      r(part, "words");
        auto                             back = words_index::load(r);
        REQUIRE(!back);
        CHECK(back.error().subject == "words");
    }
    // Every single bit: refused with a fault, or an index whose every row and list is still in range.
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto damaged = bytes;
        damaged[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        byte_reader r(damaged, "words");
        auto        back = words_index::load(r);
        refused += back ? 0u : 1u;
        if (back) ask(*back, "w1 w2 w3 w4");
    }
    CHECK(refused > bytes.size() * 8 / 2);
}
