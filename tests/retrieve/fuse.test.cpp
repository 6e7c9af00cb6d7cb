// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/flow/pipe.hpp>
#include <graft/retrieve/fuse.hpp>

#include "support/asking.hpp"
#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

using namespace graft;
using test::operator""_c;

namespace {

using list = std::vector<hit>;

std::vector<hit> fused(const auto& how, const std::vector<list>& lists, std::vector<float> weights = {},
                       std::size_t k = 1000) {
    std::vector<std::span<const hit>> views(lists.begin(), lists.end());
    context                           w;
    const auto                        out = how.fuse(views, weights, k, w).value();
    return {out.begin(), out.end()};
}
fault refused(const auto& how, const std::vector<list>& lists, std::vector<float> weights = {}) {
    std::vector<std::span<const hit>> views(lists.begin(), lists.end());
    context                           w;
    return how.fuse(views, weights, 10, w).error().what;
}

/// Random lists, best first, with shared ids, ties and now and then an id twice.
std::vector<list> random_lists(counter_random& r) {
    std::vector<list> lists(1 + r.below(4));
    for (list& l : lists) {
        l.resize(r.below(40));
        for (hit& h : l) h = {chunk_id{r.below(60) << (r.below(2) * 40)}, static_cast<float>(r.below(20)) * .25f - 1};
        std::sort(l.begin(), l.end(), better);
    }
    return lists;
}

/// The definition, slowly: shares by id from a function of (list, place).
template <class Share>
std::vector<hit> oracle(const std::vector<list>& lists, const std::vector<double>& weights, Share share) {
    std::map<chunk_id, double> sums;
    for (std::size_t l = 0; l < lists.size(); ++l) {
        std::map<chunk_id, bool> seen;
        for (std::size_t i = 0; i < lists[l].size(); ++i)
            if (!std::exchange(seen[lists[l][i].id], true)) sums[lists[l][i].id] += weights[l] * share(lists[l], i);
    }
    std::vector<hit> out;
    for (const auto& [id, sum] : sums) out.push_back({id, static_cast<float>(sum)});
    std::sort(out.begin(), out.end(), better);
    return out;
}
/// Equal ids where scores differ clearly; scores to 1e-6.
void same(const std::vector<hit>& a, const std::vector<hit>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        REQUIRE(a[i].score == doctest::Approx(b[i].score).epsilon(1e-6));
        if (i > 0) REQUIRE(better(a[i - 1], a[i]));
    }
}

retrieved answer_with(float support, float dense, std::span<const hit> hits, std::span<const term_weight> terms = {}) {
    return {test::asking("other", {.lexical = support, .dense_weight = dense, .terms = terms}), hits};
}

} // namespace

TEST_CASE("weighted_sum stretches each list to [0, 1] and adds by weight") {
    const list dense = {{1_c, 10}, {2_c, 8}, {3_c, 6}}, words = {{3_c, 4}, {4_c, 1}};
    // shares: dense 1, .5, 0; words 1, 0
    CHECK(fused(weighted_sum{}, {dense, words}, {.5f, .5f}) == list{{1_c, .5f}, {3_c, .5f}, {2_c, .25f}, {4_c, 0}});
    CHECK(fused(weighted_sum{}, {dense, words}, {1, 3}) == list{{3_c, .75f}, {1_c, .25f}, {2_c, .125f}, {4_c, 0}});
    CHECK(fused(weighted_sum{}, {dense, words}) == fused(weighted_sum{}, {dense, words}, {2, 2}));
    CHECK(fused(weighted_sum{}, {dense, words}, {1, 0}) == list{{1_c, 1}, {2_c, .5f}, {3_c, 0}, {4_c, 0}});
}

TEST_CASE("a list of one, or of equal scores, is certain") {
    CHECK(fused(weighted_sum{}, {{{7_c, -3}}}) == list{{7_c, 1}});
    CHECK(fused(weighted_sum{}, {{{7_c, 2}, {9_c, 2}, {8_c, 2}}}) == list{{7_c, 1}, {8_c, 1}, {9_c, 1}});
    CHECK(fused(weighted_sum{}, {{}, {}}).empty());
    CHECK(fused(weighted_sum{}, {}).empty());
    CHECK(fused(weighted_sum{}, {{}, {{4_c, 1}}}, {.75f, .25f}) == list{{4_c, .25f}});
}

TEST_CASE("reciprocal ranks count from 1, and equal weights are the plain sum") {
    const auto out = fused(rrf{}, {{{1_c, 9}, {2_c, 8}}, {{2_c, 1}, {3_c, .5f}}});
    REQUIRE(out.size() == 3);
    CHECK(out[0].id == 2_c);
    CHECK(out[0].score == static_cast<float>(1. / 62 + 1. / 61));
    CHECK(out[1] == hit{1_c, static_cast<float>(1. / 61)});
    CHECK(out[2] == hit{3_c, static_cast<float>(1. / 62)});
    CHECK(fused(rrf{}, {{{1_c, 9}}, {{2_c, 1}}}, {3, 3}) == fused(rrf{}, {{{1_c, 9}}, {{2_c, 1}}}));
    CHECK(fused(rrf{.k = 0}, {{{1_c, 9}}})[0].score == 1);
}

TEST_CASE("dbsf puts mean ± 3 sd at 0 and 1 with the population's deviation") {
    // mean 2, sd sqrt(2/3)
    const double sd  = std::sqrt(2. / 3);
    const auto   out = fused(dbsf{}, {{{1_c, 3}, {2_c, 2}, {3_c, 1}}, {{2_c, 5}, {4_c, 5}}});
    REQUIRE(out.size() == 4);
    CHECK(out[0].id == 2_c);
    CHECK(out[0].score == doctest::Approx(.5 + .5));
    CHECK(out[1] == hit{1_c, static_cast<float>(1 / (6 * sd) + .5)});
    CHECK(out[2] == hit{4_c, .5f});
    CHECK(out[3].score == doctest::Approx(.5 - 1 / (6 * sd)));
}

TEST_CASE("every fuser agrees with its definition on random lists, gives each id once and the best k of all") {
    counter_random r(1, 2);
    for (int round = 0; round < 1500; ++round) {
        const auto         lists = random_lists(r);
        const std::size_t  n     = lists.size();
        std::vector<float> given(n);
        double             sum = 0;
        for (float& x : given) sum += static_cast<double>(x = static_cast<float>(1 + r.below(9)));
        std::vector<double> mean(n), total(n);
        for (std::size_t i = 0; i < n; ++i) mean[i] = given[i] / sum, total[i] = mean[i] * static_cast<double>(n);

        const auto c = oracle(lists, mean, [](const list& l, std::size_t i) {
            const double hi = l.front().score, lo = l.back().score;
            return hi > lo ? (l[i].score - lo) / (hi - lo) : 1.;
        });
        same(fused(weighted_sum{}, lists, given), c);
        same(fused(rrf{}, lists, given),
             oracle(lists, total, [](const list&, std::size_t i) { return 1. / (61. + static_cast<double>(i)); }));
        same(fused(dbsf{}, lists, given), oracle(lists, total, [](const list& l, std::size_t i) {
                 double m = 0, v = 0;
                 for (const hit& h : l) m += h.score;
                 m /= static_cast<double>(l.size());
                 for (const hit& h : l) v += (h.score - m) * (h.score - m);
                 const double d = 3 * std::sqrt(v / static_cast<double>(l.size()));
                 return d > 1e-9 ? (l[i].score - (m - d)) / (2 * d) : .5;
             }));
        const auto        all = fused(weighted_sum{}, lists, given);
        const std::size_t k   = r.below(12);
        const auto        few = fused(weighted_sum{}, lists, given, k);
        REQUIRE(few == list(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(k, all.size()))));
    }
}

TEST_CASE("an id twice in one list counts once, at its first place") {
    CHECK(fused(rrf{}, {{{5_c, 3}, {5_c, 2}, {6_c, 1}}}) ==
          list{{5_c, static_cast<float>(1. / 61)}, {6_c, static_cast<float>(1. / 63)}});
}

TEST_CASE("bad weights and scores are refused") {
    const list  a = {{1_c, 1}}, b = {{2_c, 1}};
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
    CHECK(refused(weighted_sum{}, {a, b}, {1}) == fault::wrong_shape);
    CHECK(refused(weighted_sum{}, {a, b}, {1, -1}) == fault::bad_argument);
    CHECK(refused(weighted_sum{}, {a, b}, {0, 0}) == fault::bad_argument);
    CHECK(refused(rrf{}, {a, b}, {1, nan}) == fault::bad_argument);
    CHECK(refused(rrf{.k = -1}, {a, b}) == fault::bad_argument);
    for (float bad : {nan, inf, -inf}) {
        CHECK(refused(weighted_sum{}, {a, {{2_c, bad}}}) == fault::not_finite);
        CHECK(refused(rrf{}, {a, {{2_c, bad}}}) == fault::not_finite);
        CHECK(refused(dbsf{}, {a, {{2_c, bad}}}) == fault::not_finite);
    }
    const float big = std::numeric_limits<float>::max();
    CHECK(fused(weighted_sum{}, {{{1_c, big}, {2_c, 0}, {3_c, -big}}}) == list{{1_c, 1}, {2_c, .5f}, {3_c, 0}});
}

TEST_CASE("hybrid asks both branches with one question and knows what each knows") {
    const list                     near = {{1_c, 10}, {2_c, 5}, {3_c, 0}}, lexical = {{3_c, 8}, {1_c, 4}, {4_c, 0}};
    const std::vector<term_weight> terms     = {{11, 2}, {12, 1}};
    const std::vector<respelling>  respelled = {{10, 11, "eleven"}};
    const auto dense = [&](const query& q) { return q.text == "x" ? answer_with(-1, .25f, near) : retrieved{}; };
    const auto words = [&](const query& q, context&) {
        retrieved f       = answer_with(.4f, -1, lexical, terms);
        f.asked.respelled = respelled;
        return result<retrieved>(q.text == "x" ? f : retrieved{});
    };
    context    w;
    const auto one = hybrid(dense, words)("x", w).value();
    CHECK(one.asked.text == "x");
    CHECK(one.asked.lexical == .4f);
    CHECK(one.asked.dense_weight == .25f);
    REQUIRE(one.asked.terms.size() == 2);
    CHECK(one.asked.terms[0].term == 11);
    REQUIRE(one.asked.respelled.size() == 1);
    CHECK(one.asked.respelled[0].word == "eleven");
    CHECK(copy(one, w).asked.respelled[0].word == "eleven");
    // shares .25 and .75: 1 → .25 + .375, 3 → .75, 2 → .125, 4 → 0
    CHECK(list(one.hits.begin(), one.hits.end()) == list{{3_c, .75f}, {1_c, .625f}, {2_c, .125f}, {4_c, 0}});

    const auto two = hybrid(dense, words, weighted_sum{.dense = .5f})("x", w).value();
    CHECK(list(two.hits.begin(), two.hits.end()) == list{{1_c, .75f}, {3_c, .5f}, {2_c, .25f}, {4_c, 0}});
    // branches the other way round: the weight still belongs to the dense one
    const auto three = hybrid(words, dense)("x", w).value();
    CHECK(list(three.hits.begin(), three.hits.end()) == list(one.hits.begin(), one.hits.end()));
    CHECK(three.asked.terms.size() == 2);
    CHECK(three.asked.respelled.size() == 1);
    // rank fusion does not ask the embedder unless told to
    const auto four = hybrid(dense, words, rrf{})("x", w).value();
    CHECK(four.hits[0].id == 1_c);
    CHECK(four.hits[0].score == static_cast<float>(1. / 61 + 1. / 62));
    const auto five = hybrid(dense, words, rrf{.dense = -1})("x", w).value();
    CHECK(five.hits[0].id == 3_c);
    // two that know no weight share equally
    const auto six = hybrid(words, words)("x", w).value();
    CHECK(list(six.hits.begin(), six.hits.end()) == list{{3_c, 1}, {1_c, .5f}, {4_c, 0}});
}

TEST_CASE("a hybrid fails with its branch, and on its output when none finds anything it is empty") {
    const auto none  = [](const query& q) { return retrieved{.asked = q}; };
    const auto fails = [](const query&) { return result<retrieved>(error{fault::other_embedder}); };
    context    w;
    CHECK(hybrid(none, none)("q", w)->hits.empty());
    CHECK(hybrid(none, none)("q", w)->asked.support < 0);
    CHECK(hybrid(none, fails)("q", w).error().what == fault::other_embedder);
    CHECK(hybrid(fails, none)("q", w).error().what == fault::other_embedder);
}

TEST_CASE("a hybrid joins a pipeline") {
    const list near = {{1_c, 10}, {2_c, 5}}, lexical = {{3_c, 8}, {1_c, 4}};
    const auto dense = [&](const query&) { return answer_with(-1, .5f, near); };
    const auto words = [&](const query&) { return answer_with(.4f, -1, lexical); };
    const auto ask   = hybrid(dense, words) | [](const retrieved& f) { return f.hits.size(); };
    CHECK(ask("q").value() == 3);
}

TEST_CASE("hybrid: the dense branch runs first, and each is equal to one by one") {
    std::string log;
    const hit   a[] = {{1_c, 2}, {2_c, 1}}, b[] = {{2_c, 5}, {3_c, 1}};
    const auto  dense = [&](const query& q) {
        return log += 'd', retrieved{test::asking(q.text, {.dense_weight = .5f}), a};
    };
    const auto lexical = [&](const query& q) { return log += 'l', retrieved{.asked = q, .hits = b}; };
    const auto ask     = hybrid(dense, lexical);
    const auto one     = ask("x").value();
    CHECK(log == "dl");
    const std::vector<query> many(3, query("x"));
    for (const auto& each : ask.each(many))
        CHECK(std::equal(one.hits.begin(), one.hits.end(), each->hits.begin(), each->hits.end()));
}

TEST_CASE("a hybrid of three branches fuses all of them, dense ones sharing the dense part") {
    const list a = {{1_c, 10}, {2_c, 0}}, b = {{2_c, 10}, {1_c, 0}}, words = {{3_c, 10}, {1_c, 0}};
    const auto dense = [](const list& hits) {
        return [&hits](const query& q) { return retrieved{test::asking(q.text, {.dense_weight = .4f}), hits}; };
    };
    const auto lexical = [&](const query& q) { return retrieved{test::asking(q.text, {.lexical = .5f}), words}; };
    context    c;
    // .4 for the dense ones together, .2 each; .6 for the words
    const auto three = hybrid(dense(a), dense(b), lexical)("x", c).value();
    CHECK(three.hits.size() == 3);
    CHECK(three.hits[0] == hit{3_c, .6f});
    CHECK(three.hits[1].score == doctest::Approx(.2));
    CHECK(three.asked.lexical == .5f);
    CHECK(three.asked.dense_weight == .4f);
    // the order of the branches changes nothing, a fuser may stand behind them
    const auto turned = hybrid(lexical, dense(b), dense(a), weighted_sum{})("x", c).value();
    CHECK(std::equal(three.hits.begin(), three.hits.end(), turned.hits.begin(), turned.hits.end()));
    CHECK(hybrid(dense(a), dense(b), lexical, rrf{})("x", c)->hits.size() == 3);
    const std::vector<query> many{"x", "y"};
    for (const auto& one : hybrid(dense(a), lexical, dense(b)).each(many)) CHECK(one->hits[0] == hit{3_c, .6f});
}
