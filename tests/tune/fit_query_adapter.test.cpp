// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/fit_query_adapter.hpp>

#include "support/gradient.hpp"
#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace graft;

namespace {

/// Passages are random directions; a question is its passage turned by one fixed low-rank map, plus noise: what an adapter
/// can learn and a cosine cannot see.
struct toy_task {
    matrix<float>           passages = test::random_matrix<float>(80, 24, 1);
    matrix<float>           questions{240, 24};
    std::vector<query_pair> pairs;

    explicit toy_task(float turn = 8) {
        const auto a = test::random_matrix<float>(3, 24, 2), b = test::random_matrix<float>(24, 3, 3);
        const auto noise = test::random_matrix<float>(240, 24, 4);
        for (std::size_t r = 0; r < 80; ++r) (void)normalise(passages.row(r));
        for (std::uint32_t q = 0; q < 240; ++q) {
            const std::uint32_t p = q % 80;
            for (std::size_t i = 0; i < 24; ++i) {
                float x = passages.row(p)[i] + .05f * noise.row(q)[i];
                for (std::size_t k = 0; k < 3; ++k)
                    for (std::size_t j = 0; j < 24; ++j) x += turn / 8 * b.row(i)[k] * a.row(k)[j] * passages.row(p)[j];
                questions.row(q)[i] = x;
            }
            (void)normalise(questions.row(q));
            pairs.push_back({q, p});
        }
    }
    training_pairs judged() const { return training_pairs::make(questions.view(), passages.view(), pairs); }
};

const fit_query_adapter_params quick{
    .update = {.rank = 8, .alpha = 8}, .optimiser = {.rate = 5e-3}, .epochs = 30, .hold_out = .2};

std::string bytes_of(const query_adapter& a) {
    byte_writer to;
    a.save(to);
    const auto all = to.bytes();
    return {reinterpret_cast<const char*>(all.data()), all.size()};
}

} // namespace

TEST_CASE("an adapter learns what separates questions from passages") {
    const toy_task task;
    std::size_t    last       = 0;
    double         first_loss = 0, loss = 0;
    const auto     hear = [&](const fit_event& e) {
        CHECK(e.epoch == last);
        if (e.epoch == 1) first_loss = e.loss;
        loss = e.loss, ++last;
    };
    context c;
    c.listener     = listen_to<fit_event>(hear);
    const auto fit = fit_query_adapter(task.judged(), 42, quick, c).value();
    CHECK(fit.held_out == 48);
    CHECK(fit.train == 192);
    CHECK(loss < first_loss / 2);
    CHECK(fit.ndcg > fit.base_ndcg + .1);
    CHECK(fit.epoch > 0);
    CHECK(fit.adapter.base == 42);
    CHECK(fit.adapter.data == task.judged().digest());
}

TEST_CASE("the same bytes on 1, 2 and 4 threads, and in every run; another seed gives others") {
    const toy_task task;
    auto           p = quick;
    p.epochs         = 5;
    p.hard_negatives = 2;
    const auto once  = bytes_of(fit_query_adapter(task.judged(), 1, p).value().adapter);
    for (std::size_t width : {1u, 2u, 4u})
        CHECK(bytes_of(fit_query_adapter(task.judged(), 1, p, context(threads(width))).value().adapter) == once);
    p.seed = 1;
    CHECK(bytes_of(fit_query_adapter(task.judged(), 1, p).value().adapter) != once);
}

TEST_CASE("keep-best gives the untouched base when nothing better was seen") {
    toy_task task(0); // questions are their passages already: there is nothing to gain
    auto     p       = quick;
    p.optimiser.rate = .5; // and much to lose
    p.epochs         = 4;
    const auto fit   = fit_query_adapter(task.judged(), 1, p).value();
    CHECK(fit.epoch == 0);
    CHECK(fit.ndcg == fit.base_ndcg);
    for (float b : fit.adapter.update.B.flat()) CHECK(b == 0);
    p.keep_best       = false;
    const auto spoilt = fit_query_adapter(task.judged(), 1, p).value();
    CHECK(spoilt.epoch == 4);
    CHECK(spoilt.ndcg < spoilt.base_ndcg);
}

TEST_CASE("it stops early when patience runs out") {
    toy_task task(0);
    auto     p       = quick;
    p.patience       = 2;
    std::size_t ran  = 0;
    const auto  hear = [&](const fit_event&) { ++ran; };
    context     c;
    c.listener = listen_to<fit_event>(hear);
    (void)fit_query_adapter(task.judged(), 1, p, c).value();
    CHECK(ran < 31);
}

TEST_CASE("groups are held out whole") {
    const toy_task             task;
    std::vector<std::uint64_t> groups(240);
    for (std::size_t q = 0; q < 240; ++q) groups[q] = q % 8;
    const auto judged = training_pairs::make(task.questions.view(), task.passages.view(), task.pairs, groups);
    const auto split  = held_out_split::make(judged, .25, 5).value();
    CHECK(split.held_out.size() == 60);
    std::vector<bool> away(8);
    for (auto q : split.held_out) away[groups[q]] = true;
    for (const auto& pair : split.train) CHECK(!away[groups[pair.question]]);
}

TEST_CASE(
    "other positives of the same question are no negatives: two right passages share a question without a fight") {
    matrix<float> q(4, 4), p(4, 4);
    for (std::size_t i = 0; i < 4; ++i) p.row(i)[i] = 1;
    for (std::size_t i = 0; i < 4; ++i) q.row(i)[i] = 1;
    const query_pair           pairs[] = {{0, 0}, {0, 1}, {1, 1}, {2, 2}, {3, 3}};
    const auto                 judged  = training_pairs::make(q.view(), p.view(), pairs);
    query_step                 step(judged, 20);
    counter_random             draw(1);
    with_lora<identity<float>> layer{{4}, lora<float>::make(4, 4, {.rank = 2}).value()};
    // pair (0, 1) alone would be wrong by 20 against passage 0, were it not hidden
    context      c;
    const double loss = step.run(layer, judged.pairs, {}, 0, draw, c).value();
    CHECK(loss ==
          doctest::Approx(std::log(1 + 2 * std::exp(0.0)) + 4 * std::log(1 + 3 * std::exp(-20.0))).epsilon(1e-3));
}

TEST_CASE("bad input is a typed error") {
    const toy_task task;
    const auto     with = [&](std::vector<query_pair> pairs) {
        return fit_query_adapter(training_pairs::make(task.questions.view(), task.passages.view(), pairs), 1, quick);
    };
    CHECK(with({}).error().what == fault::no_input);
    CHECK(with({{0, 0}}).error().what == fault::no_input);
    CHECK(with({{0, 5}, {1, 5}, {2, 5}, {3, 5}, {4, 5}, {5, 5}}).error().what == fault::no_input);
    CHECK(with({{0, 0}, {1, 80}}).error() == error{fault::unknown_id, unit::row, 80, "passage"});
    CHECK(with({{240, 0}, {1, 1}}).error() == error{fault::unknown_id, unit::row, 240, "question"});

    auto p        = quick;
    p.update.rank = 0;
    CHECK(fit_query_adapter(task.judged(), 1, p).error().what == fault::rank_too_high);
    p.update.rank = 25;
    CHECK(fit_query_adapter(task.judged(), 1, p).error().what == fault::rank_too_high);
    p = quick, p.batch = 1;
    CHECK(fit_query_adapter(task.judged(), 1, p).error().what == fault::bad_argument);
    p = quick, p.hold_out = 1;
    CHECK(fit_query_adapter(task.judged(), 1, p).error().what == fault::bad_argument);

    for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        toy_task broken;
        broken.questions.row(17)[3] = bad;
        CHECK(fit_query_adapter(broken.judged(), 1, quick).error() ==
              error{fault::not_finite, unit::row, 17, "question"});
        toy_task other;
        other.passages.row(4)[0] = bad;
        CHECK(fit_query_adapter(other.judged(), 1, quick).error() == error{fault::not_finite, unit::row, 4, "passage"});
    }
    const matrix<float> narrow(80, 3);
    CHECK(fit_query_adapter(training_pairs::make(task.questions.view(), narrow.view(), task.pairs), 1, quick)
              .error()
              .what == fault::wrong_shape);
}

TEST_CASE("an optimiser that diverges never gives weights that are not finite, nor a state better than the base") {
    const toy_task task;
    for (double rate : {1e19, 1e30, 1e38, std::numeric_limits<double>::infinity(), std::nan("")}) {
        auto p           = quick;
        p.epochs         = 2;
        p.optimiser.rate = rate;
        const auto fit   = fit_query_adapter(task.judged(), 1, p);
        if (!fit) continue;
        CHECK(fit->epoch == 0);
        CHECK(fit->ndcg == fit->base_ndcg);
        CHECK(all_finite(std::span<const float>(fit->adapter.update.A.flat())));
        CHECK(all_finite(std::span<const float>(fit->adapter.update.B.flat())));
    }
    auto p            = quick;
    p.optimiser.beta1 = 1;
    CHECK(fit_query_adapter(task.judged(), 1, p).error().what == fault::bad_argument);
}

TEST_CASE("few questions still hold one out; none held out keeps the last epoch and says so") {
    const toy_task task;
    auto           p = quick;
    p.epochs         = 2;
    for (std::uint32_t n : {3u, 4u}) {
        std::vector<query_pair> few(task.pairs.begin(), task.pairs.begin() + n);
        p.hold_out = .1;
        const auto fit =
            fit_query_adapter(training_pairs::make(task.questions.view(), task.passages.view(), few), 1, p).value();
        CHECK(fit.held_out == 1);
    }
    p.hold_out     = 0;
    const auto fit = fit_query_adapter(task.judged(), 1, p).value();
    CHECK(fit.held_out == 0);
    CHECK(fit.epoch == 2);
    CHECK(fit.ndcg == -1);
}

TEST_CASE("hard negatives are the ranks asked for, without the question's own positives") {
    matrix<float> q(2, 2), p(6, 2);
    q.row(0)[0] = 1, q.row(1)[1] = 1;
    for (std::size_t i = 0; i < 6; ++i) {
        p.row(i)[0] = 1 - .1f * static_cast<float>(i), p.row(i)[1] = .1f * static_cast<float>(i);
        (void)normalise(p.row(i));
    }
    const query_pair     pairs[] = {{0, 0}, {0, 2}, {1, 5}};
    const auto           judged  = training_pairs::make(q.view(), p.view(), pairs);
    const held_out_judge judge(judged, {});
    for (std::size_t width : {1u, 2u}) {
        const auto mined = judge.mine(judged.pairs, 2, 4, context(threads(width))).value();
        REQUIRE(mined.width == 3);
        const std::uint32_t none = ~std::uint32_t{0};
        CHECK(mined.passages ==
              std::vector<std::uint32_t>{1, 3, none, 4, 3, 2}); // 0 and 2 answer question 0, 5 question 1
    }
    CHECK(judge.mine(judged.pairs, 7, 50)->width == 0);
    CHECK(judge.mine(judged.pairs, 6, 50)->passages == std::vector<std::uint32_t>{5, 0});
}

TEST_CASE("a passage that is not of length 1 is refused, and pairs put in behind make's back") {
    toy_task task;
    for (float& x : task.passages.row(9)) x *= 100;
    CHECK(fit_query_adapter(task.judged(), 1, quick).error().what == fault::bad_argument);
    CHECK(fit_query_adapter(task.judged(), 1, quick).error().where == 9);
    training_pairs bare;
    bare.questions = task.questions.view(), bare.passages = task.passages.view();
    bare.pairs = task.pairs;
    CHECK(!fit_query_adapter(bare, 1, quick));
}

TEST_CASE("a tuned fit with groups holds whole groups out") {
    const toy_task             task;
    std::vector<std::uint64_t> groups(240);
    for (std::size_t g = 0; g < 240; ++g) groups[g] = g % 8;
    const auto fit =
        fit_query_adapter(training_pairs::make(task.questions.view(), task.passages.view(), task.pairs, groups), 1,
                          quick)
            .value();
    CHECK(fit.held_out == 60);
    groups.pop_back();
    CHECK(fit_query_adapter(training_pairs::make(task.questions.view(), task.passages.view(), task.pairs, groups), 1,
                            quick)
              .error()
              .what == fault::wrong_shape);
}

TEST_CASE("questions whose vector is zero are skipped and counted") {
    toy_task task;
    for (float& x : task.questions.row(7)) x = 0;
    const auto fit = fit_query_adapter(task.judged(), 1, quick).value();
    CHECK(fit.skipped == 1);
    CHECK(fit.train + fit.held_out == 239);
}

TEST_CASE("training ends when the listener has heard enough, and gives the best state so far") {
    const toy_task task;
    std::size_t    heard = 0;
    const auto     hear  = [&](const fit_event&) { return ++heard < 4; };
    context        c;
    c.listener     = listen_to<fit_event>(hear);
    const auto fit = fit_query_adapter(task.judged(), 1, quick, c).value();
    CHECK(heard == 4); // the untouched base, and three epochs
    CHECK(fit.epoch <= 3);
    auto p   = quick;
    p.epochs = 3;
    CHECK(bytes_of(fit.adapter) == bytes_of(fit_query_adapter(task.judged(), 1, p).value().adapter));
}

TEST_CASE(
    "a fit that is stopped wherever its progress stands gives `stopped`; a deadline ends it before the first step") {
    const toy_task task;
    const auto     judged = task.judged();
    auto           p      = quick;
    p.epochs = 3, p.hard_negatives = 1;
    const auto             once = bytes_of(fit_query_adapter(judged, 1, p).value().adapter);
    test::watched_progress seen;
    test::on_every_executor(test::trap::act::nothing, 0, [&](const test::trap&, context& c, std::size_t) {
        seen       = {};
        c.progress = seen;
        CHECK(bytes_of(fit_query_adapter(judged, 1, p, c).value().adapter) == once);
        CHECK(seen.whole());
        CHECK(seen.total == 3 * 192);
        const std::size_t calls = seen.calls;
        for (std::size_t at = 1; at < calls; at += 5) {
            std::stop_source stop;
            std::size_t      now  = 0;
            const auto       ends = [&](std::size_t, std::size_t) {
                if (++now == at) stop.request_stop();
            };
            context d(c.executor);
            d.progress       = ends;
            d.stop           = stop.get_token();
            const auto ended = fit_query_adapter(judged, 1, p, d);
            if (c.executor.width() == 1) CHECK(now == at); // on several threads progress is told less often
            if (c.executor.width() == 1 || !ended) {
                REQUIRE_FALSE(ended.has_value());
                CHECK(ended.error().what == fault::stopped);
            } else CHECK(now <= at);
        }
    });
    context late;
    late.deadline    = context::clock::now();
    std::size_t ran  = 0;
    const auto  hear = [&](const fit_event&) { ++ran; };
    late.listener    = listen_to<fit_event>(hear);
    CHECK(fit_query_adapter(judged, 1, p, late).error().what == fault::timed_out);
    CHECK(ran == 0);
}

TEST_CASE("what a listener throws comes out of a fit, and the next fit is as if nothing had been") {
    const toy_task task;
    auto           p = quick;
    p.epochs         = 2;
    const auto once  = bytes_of(fit_query_adapter(task.judged(), 1, p).value().adapter);
    test::on_every_executor(test::trap::act::nothing, 0, [&](const test::trap&, context& c, std::size_t) {
        const auto bad = [](const fit_event& e) {
            if (e.epoch == 1) throw test::sprung{e.epoch};
        };
        c.listener = listen_to<fit_event>(bad);
        CHECK_THROWS_AS((void)fit_query_adapter(task.judged(), 1, p, c), test::sprung);
        c.listener = {};
        CHECK(bytes_of(fit_query_adapter(task.judged(), 1, p, c).value().adapter) == once);
    });
}
