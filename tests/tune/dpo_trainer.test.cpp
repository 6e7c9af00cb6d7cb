// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/tune/fit_dpo.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stop_token>
#include <tuple>
#include <vector>

using namespace graft;
using test::same;

namespace {

using trainer_of = dpo_trainer<llama<float>>;
using run_of     = dpo_run<llama<float>>;

lora_set<float> fresh(const llama<float>& m, double dropout = 0) {
    return lora_set<float>::make(lora_places(m), {.params = {.rank = 2, .seed = 4}, .dropout = dropout}).value();
}
/// Prompts at random; tokens below 20 are preferred to those above.
std::vector<preference_pair> some_pairs(std::size_t n, std::uint64_t seed) {
    std::vector<preference_pair> all;
    counter_random               r(seed);
    const auto                   some = [&](std::uint64_t first, std::uint64_t last) {
        std::vector<std::uint32_t> ids(1 + r.below(7));
        for (auto& id : ids) id = static_cast<std::uint32_t>(first + r.below(last - first));
        return ids;
    };
    for (std::size_t i = 0; i < n; ++i) {
        const auto prompt = some(0, 40);
        all.push_back({tuning_text::of(prompt, some(0, 20)), tuning_text::of(prompt, some(20, 40))});
    }
    return all;
}
std::vector<const preference_pair*> pointers(std::span<const preference_pair> all) {
    std::vector<const preference_pair*> out;
    for (const preference_pair& p : all) out.push_back(&p);
    return out;
}
struct both_sides {
    std::vector<preference_pair> train, held_out;
};
both_sides ready(const dpo_task<llama<float>>& task, std::size_t train, std::size_t held_out) {
    context    c;
    both_sides out{some_pairs(train, 5), some_pairs(held_out, 6)};
    REQUIRE(task.make_ready(out.train, 40, c));
    REQUIRE(task.make_ready(out.held_out, 40, c));
    return out;
}
const fit_lora_params plain{.optimiser = {.rate = 1e-2}, .batch = 3, .epochs = 4, .together = 40, .judge_each = 2};

} // namespace

TEST_CASE("gradients of a whole model in double, against differences: every matrix, several pairs") {
    const auto     m   = test::tiny_llama<double>(3);
    auto           set = lora_set<double>::make(lora_places(m), {.params = {.rank = 2, .alpha = 3}}).value();
    context        c;
    counter_random r(5);
    for (auto& e : set.entries)
        for (double& x : e.update.B.flat()) x = (r.unit64() - .5) * .3;
    const auto                      pairs = some_pairs(3, 7);
    std::vector<const tuning_text*> texts;
    for (const auto& p : pairs) texts.insert(texts.end(), {&p.chosen, &p.rejected});
    const auto   beside = lora_beside(m, set).value();
    packed_texts run;
    const auto   on_all = [&](const auto& f) { REQUIRE(run.each_run(texts, 1000, 0, f, 2)); };
    // log-probabilities by definition: log-softmax of all rows, in the test's own words
    const auto said_by = [&](auto updates) {
        std::vector<pair_log_probs> each;
        on_all([&]() -> result<void> {
            matrix<double> y(run.ids.size(), 16), z(run.ids.size(), 40);
            REQUIRE(m.forward(packed_tokens{run.ids, {}, run.ends}, y.view(), updates, nullptr, c));
            REQUIRE(m.head.forward(y.view(), z.view(), c));
            std::vector<double> sums;
            for (std::size_t t = 0, row = 0; t < run.ends.size(); ++t) {
                sums.push_back(0);
                for (; row < run.ends[t]; ++row) {
                    if (run.labels[row] == ignored_label) continue;
                    double sum = 0;
                    for (const double x : z.row(row)) sum += std::exp(x);
                    sums[t] += z.row(row)[static_cast<std::size_t>(run.labels[row])] - std::log(sum);
                }
            }
            for (std::size_t t = 0; t < sums.size(); t += 2) each.push_back({sums[t], sums[t + 1]});
            return done;
        });
        return each;
    };
    const auto reference = said_by(llama<double>::updates{});
    const auto loss      = [&] {
        const auto policy = said_by(llama<double>::updates(beside));
        double     sum    = 0;
        for (std::size_t i = 0; i < policy.size(); ++i) sum += dpo_loss(policy[i], reference[i], .7).loss;
        return sum / 3;
    };
    auto                 g = set.zero_grads();
    llama<double>::saved saved;
    on_all([&]() -> result<void> {
        matrix<double>      y(run.ids.size(), 16);
        const packed_tokens in{run.ids, {}, run.ends};
        REQUIRE(m.forward(in, y.view(), beside, &saved, c));
        std::size_t at   = 0;
        const auto  lose = [&](const pair_log_probs& said) {
            CHECK(said.chosen == doctest::Approx(said_by(llama<double>::updates(beside))[at].chosen).epsilon(1e-12));
            auto d = dpo_loss(said, reference[at++], .7).gradient;
            d.chosen /= 3, d.rejected /= 3;
            return d;
        };
        // what is said in `lose` runs the texts again, so a run of its own
        const packed_texts mine = run;
        REQUIRE(detail::lose_pairs<double>(m.head, mine, y.view(), lose, c));
        return m.backward({mine.ids, {}, mine.ends}, saved, y.view(), beside, lora_grads_beside(m, set, g), c);
    });
    double off = 0, size = 0;
    for (std::size_t i = 0; i < set.entries.size(); ++i)
        for (const auto& [w, of] : {std::pair{&set.entries[i].update.A, &g[i].A}, {&set.entries[i].update.B, &g[i].B}})
            for (int tries = 0; tries < 3; ++tries) {
                const std::size_t place = r.below(w->flat().size());
                double&           x     = w->data()[place];
                const double      keep = x, h = 1e-4;
                double            d[4];
                const double      steps[] = {h, -h, 2 * h, -2 * h};
                for (int s = 0; s < 4; ++s) x = keep + steps[s], d[s] = loss();
                x                  = keep;
                const double slope = (8 * (d[0] - d[1]) - (d[2] - d[3])) / (12 * h);
                off += (slope - of->data()[place]) * (slope - of->data()[place]), size += slope * slope;
            }
    CHECK(std::sqrt(off / size) < 1e-8);
}

TEST_CASE(
    "untouched updates are the reference: log 2 and no margin, exactly; then the margin grows on pairs never seen") {
    const auto                     m = test::tiny_llama<float>(3);
    const dpo_task<llama<float>>   task{&m, .5};
    const auto                     pairs = ready(task, 40, 11);
    context                        c;
    std::vector<preference_report> looks, steps;
    const auto                     hear = [&](const preference_report& r) { (r.judges ? looks : steps).push_back(r); };
    c.listener                          = listen_to<preference_report>(hear);
    auto how                            = plain;
    how.epochs = 6, how.optimiser.rate = 3e-2;
    const auto fitted = fit_lora(task, fresh(m), pairs.train, pairs.held_out, how, c).value();
    CHECK(fitted.base_loss == std::numbers::ln2);
    REQUIRE(looks.size() == fitted.looks.size());
    REQUIRE(steps.size() == fitted.steps);
    CHECK(looks[0].margin == 0);
    CHECK(looks[0].accuracy == 0); // no margin is above 0
    CHECK(looks[0].pairs == 11);
    CHECK(steps[0].loss == std::numbers::ln2);
    for (std::size_t i = 0; i < looks.size(); ++i) CHECK(looks[i].loss == fitted.looks[i].loss);
    CHECK(fitted.loss < fitted.base_loss - .1);
    // What was kept prefers what was told, each pair by itself as well.
    auto       again = trainer_of::make(task, fitted.updates).value();
    const auto told  = again.judge(pointers(pairs.held_out), 1000, c).value();
    CHECK(told.loss == fitted.loss);
    CHECK(told.margin > .3);
    CHECK(told.said.chosen - told.said.rejected ==
          doctest::Approx(looks[0].said.chosen - looks[0].said.rejected + told.margin / .5));
    double right = 0, margin = 0;
    for (const preference_pair& p : pairs.held_out) {
        const preference_pair* const one[] = {&p};
        const auto                   alone = again.judge(one, 1000, c).value();
        right += alone.accuracy, margin += alone.margin;
        CHECK(alone.accuracy == (alone.margin > 0 ? 1 : 0));
    }
    CHECK(told.accuracy == doctest::Approx(right / 11));
    CHECK(told.margin == doctest::Approx(margin / 11));
    CHECK(right > 5);
}

TEST_CASE("pairs that run in parts have the gradient of those that run at once; a pair is never parted") {
    const auto                   m = test::tiny_llama<float>(8);
    const dpo_task<llama<float>> task{&m};
    const auto                   pairs = ready(task, 9, 1);
    context                      c;
    auto                         whole = trainer_of::make(task, fresh(m)).value();
    for (int n = 0; n < 3; ++n) REQUIRE(whole.step(pointers(pairs.train), 1000, {.rate = 1e-2}, 0, c));
    for (const std::size_t together : {1u, 30u, 60u}) {
        auto parts = trainer_of::make(task, fresh(m)).value();
        for (int n = 0; n < 3; ++n) {
            const auto told = parts.step(pointers(pairs.train), together, {.rate = 1e-2}, 0, c);
            REQUIRE(told);
            if (n == 0) CHECK(told->loss == std::numbers::ln2);
        }
        double off = 0;
        for (std::size_t i = 0; i < whole.updates().entries.size(); ++i)
            for (std::size_t k = 0; k < whole.updates().entries[i].update.B.flat().size(); ++k)
                off = std::max(off, static_cast<double>(std::abs(whole.updates().entries[i].update.B.data()[k] -
                                                                 parts.updates().entries[i].update.B.data()[k])));
        CHECK(off < 1e-4); // of 3e-2 that they moved
    }
}

TEST_CASE("stopped after any step, saved, restored, on other threads: the same bits in the end") {
    const auto                   m = test::tiny_llama<float>(8);
    const dpo_task<llama<float>> task{&m};
    const auto                   pairs = ready(task, 10, 4);
    context                      c;
    pool                         workers(2);
    context                      many{workers};
    for (const double dropout : {0., .2}) {
        const auto whole = fit_lora(task, fresh(m, dropout), pairs.train, pairs.held_out, plain, c).value();
        for (const std::size_t at : {0u, 1u, 6u, 15u, 16u}) {
            const auto start = [&] {
                return run_of::make(task, fresh(m, dropout), pairs.train, pairs.held_out, plain, c).value();
            };
            auto first = start(), second = start();
            for (std::size_t i = 0; i < at; ++i) REQUIRE(first.next(c));
            byte_writer to;
            first.save(to);
            const auto  bytes = to.take();
            byte_reader from(bytes);
            REQUIRE(second.restore(from));
            while (second.next(many).value()) {}
            const auto got = std::move(second).finish();
            CHECK(same(got.updates, whole.updates));
            CHECK(got.loss == whole.loss);
            CHECK(got.train_loss == whole.train_loss);
            if (at != 6) continue;
            // Another beta, another reference, texts instead of pairs: another run.
            auto dear  = task;
            dear.beta  = .2;
            auto other = pairs.train;
            other[3].reference->chosen += 1e-3;
            byte_reader one(bytes), two(bytes), three(bytes);
            CHECK(run_of::make(dear, fresh(m, dropout), pairs.train, pairs.held_out, plain, c)
                      ->restore(one)
                      .error()
                      .what == fault::other_run);
            CHECK(run_of::make(task, fresh(m, dropout), other, pairs.held_out, plain, c)->restore(two).error().what ==
                  fault::other_run);
            const auto texts = test::some_texts(10, 5);
            CHECK(
                lora_run<llama<float>>::make(m, fresh(m, dropout), texts, {}, plain, c)->restore(three).error().what ==
                fault::other_run);
        }
    }
}

TEST_CASE("what cannot be preferred is refused, and a step that fails changes nothing") {
    const auto             m = test::tiny_llama<float>(8);
    dpo_task<llama<float>> task{&m};
    context                c;
    const auto             good     = ready(task, 6, 1).train;
    const auto             fault_of = [&](const std::vector<preference_pair>& pairs) {
        const auto ok = task.check(pairs);
        REQUIRE_FALSE(ok);
        CHECK(run_of::make(task, fresh(m), pairs, {}, plain, c).error().what == ok.error().what);
        return std::pair{ok.error().what, ok.error().where};
    };
    CHECK(fault_of({}).first == fault::no_input);
    auto bad = good;
    bad[2].reference.reset();
    CHECK(fault_of(bad) == std::pair{fault::absent, std::uint64_t{2}});
    bad = good, bad[3].rejected = bad[3].chosen;
    CHECK(fault_of(bad) == std::pair{fault::duplicate_id, std::uint64_t{3}});
    bad = good, std::fill(bad[4].rejected.labels.begin(), bad[4].rejected.labels.end(), ignored_label);
    CHECK(fault_of(bad) == std::pair{fault::no_input, std::uint64_t{4}});
    bad = good, bad[5].rejected.ids[0] = (bad[5].rejected.ids[0] + 1) % 40;
    CHECK(fault_of(bad) == std::pair{fault::malformed, std::uint64_t{5}});
    bad = good, bad[1].chosen.ids.back() = 40;
    CHECK(fault_of(bad) == std::pair{fault::unknown_id, std::uint64_t{1}});
    bad = good, bad[0].reference->rejected = -std::numeric_limits<double>::infinity();
    CHECK(fault_of(bad) == std::pair{fault::not_finite, std::uint64_t{0}});
    for (const double beta : {0., -1., std::numeric_limits<double>::infinity()}) {
        task.beta = beta;
        CHECK(fault_of(good).first == fault::bad_argument);
    }
    task.beta = .1;
    const dpo_task<llama<float>> none;
    CHECK(trainer_of::make(none, fresh(m)).error().what == fault::absent);

    auto set = fresh(m);
    REQUIRE(set.entries[2].name.ends_with("v_proj"));
    set.entries[2].update.B.data()[3] = std::numeric_limits<float>::infinity();
    auto trainer                      = trainer_of::make(task, set).value();
    CHECK(trainer.step(pointers(good), 100, {}, 1, c).error().what == fault::not_finite);
    CHECK(trainer.loss(pointers(good), 100, c).error().what == fault::not_finite);
    CHECK(same(trainer.updates(), set));
    CHECK(trainer.step({}, 100, {}, 1, c).error().what == fault::no_input);
    CHECK(trainer.step(pointers(good), 100, {.rate = -1}, 1, c).error().what == fault::bad_argument);
    std::stop_source stop;
    stop.request_stop();
    c.stop       = stop.get_token();
    auto stopped = trainer_of::make(task, fresh(m)).value();
    CHECK(stopped.step(pointers(good), 100, {}, 1, c).error().what == fault::stopped);
    CHECK(same(stopped.updates(), fresh(m)));
    auto unread = good;
    unread[0].reference.reset();
    CHECK(task.make_ready(unread, 100, c).error().what == fault::stopped);
}
