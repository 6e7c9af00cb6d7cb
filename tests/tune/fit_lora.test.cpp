// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/tune/fit_lora.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stop_token>
#include <type_traits>
#include <vector>

using namespace graft;
using test::same;

namespace {

using run_of = lora_run<llama<float>>;

lora_set<float> fresh(const llama<float>& m) {
    return lora_set<float>::make(lora_places(m), {.params = {.rank = 2, .seed = 4}}).value();
}
const fit_lora_params plain{.optimiser = {.rate = 1e-2}, .batch = 3, .epochs = 4, .together = 40, .judge_each = 2};

} // namespace

TEST_CASE("a rule is learned where it can be, told step by step, and the best state is given") {
    const auto  m     = test::tiny_llama<float>(3);
    const auto  train = test::some_texts(40, 1), held_out = test::some_texts(10, 2);
    context     c;
    std::size_t steps = 0, looks = 0;
    const auto  hear = [&](const auto& e) {
        if constexpr (requires { e.norm; }) CHECK(e.step == ++steps);
        else ++looks;
    };
    c.listener = listen_to<tuning_step, tuning_look>(hear);
    auto how   = plain;
    how.epochs = 20, how.optimiser.rate = 3e-2;
    const auto fitted = fit_lora(m, fresh(m), train, held_out, how, c);
    REQUIRE(fitted);
    CHECK(fitted->steps == 20 * 14);
    CHECK(fitted->curve.size() == fitted->steps);
    CHECK(fitted->looks.size() == looks);
    CHECK(steps == fitted->steps);
    CHECK(looks == 141);
    CHECK(fitted->loss < fitted->base_loss - .3);
    CHECK(fitted->train_loss < fitted->curve[0].loss - .5);
    double least = 1e9;
    for (const tuning_look& l : fitted->looks) {
        CHECK(l.best == (l.loss < least));
        least = std::min(least, l.loss);
    }
    CHECK(fitted->loss == least);
    // What was kept has the loss that was told.
    c.listener                            = {};
    auto                            again = lora_trainer<llama<float>>::make(m, fitted->updates).value();
    std::vector<const tuning_text*> some;
    for (const tuning_text& t : held_out) some.push_back(&t);
    CHECK(again.loss(some, 40, c).value() == fitted->loss);
}

TEST_CASE("where nothing is better the untouched base is given; without keep_best the last state; patience ends it") {
    const auto     m        = test::tiny_llama<float>(3);
    const auto     train    = test::some_texts(12, 1);
    auto           held_out = test::some_texts(6, 2);
    counter_random r(9);
    for (auto& t : held_out) // nothing can be learned of these
        for (auto& l : t.labels)
            if (l != ignored_label) l = static_cast<std::int64_t>(r.below(40));
    context c;
    auto    how        = plain;
    how.optimiser.rate = .3, how.clip = 0, how.rate.shape = rate_shape::constant;
    auto fitted = fit_lora(m, fresh(m), train, held_out, how, c).value();
    CHECK(fitted.step == 0);
    CHECK(fitted.loss == fitted.base_loss);
    CHECK(same(fitted.updates, fresh(m)));
    CHECK(fitted.steps == 16);
    how.patience = 2;
    CHECK(fit_lora(m, fresh(m), train, held_out, how, c)->steps == 4);
    how.keep_best = false;
    fitted        = fit_lora(m, fresh(m), train, held_out, how, c).value();
    CHECK(fitted.step == 16);
    CHECK_FALSE(same(fitted.updates, fresh(m)));
    fitted = fit_lora(m, fresh(m), train, {}, how, c).value();
    CHECK(fitted.step == 16);
    CHECK(fitted.loss == -1);
}

TEST_CASE("stopped after any step, saved, restored, on other threads: the same bits in the end") {
    const auto m     = test::tiny_llama<float>(8);
    const auto train = test::some_texts(10, 5), held_out = test::some_texts(4, 6);
    context    c;
    pool       workers(2);
    context    many{workers};
    const auto whole = fit_lora(m, fresh(m), train, held_out, plain, c).value();
    const auto start = [&](const fit_lora_params& how, std::span<const tuning_text> texts) {
        return run_of::make(m, fresh(m), texts, held_out, how, c);
    };
    for (std::size_t at = 0; at <= 16; ++at) {
        auto first = start(plain, train).value();
        for (std::size_t i = 0; i < at; ++i) CHECK(first.next(c).value() == (i + 1 < 16));
        byte_writer to;
        first.save(to);
        auto        second = start(plain, train).value();
        const auto  bytes  = to.take();
        byte_reader from(bytes);
        REQUIRE(second.restore(from));
        CHECK(second.steps() == at);
        while (second.next(many).value()) {}
        const auto got = std::move(second).finish();
        CHECK(same(got.updates, whole.updates));
        CHECK(got.loss == whole.loss);
        CHECK(got.step == whole.step);
        CHECK(got.train_loss == whole.train_loss);
        if (at != 7) continue;
        // Cut anywhere it is refused, and the run is as it was; so is one of another run.
        auto third = start(plain, train).value();
        for (std::size_t n = 0; n < bytes.size(); n += 1 + bytes.size() / 211) {
            byte_reader part(std::span<const std::byte>(bytes).first(n));
            REQUIRE_FALSE(third.restore(part));
        }
        CHECK(third.steps() == 0);
        while (third.next(c).value()) {}
        CHECK(same(std::move(third).finish().updates, whole.updates));
        auto other = plain;
        other.optimiser.rate *= 2;
        byte_reader again(bytes), more(bytes);
        CHECK(start(other, train)->restore(again).error().what == fault::other_run);
        auto        quick = plain;
        byte_reader once(bytes), twice(bytes);
        quick.b_rate = 4;
        CHECK(start(quick, train)->restore(once).error().what == fault::other_run);
        auto dropped    = fresh(m);
        dropped.dropout = .1;
        CHECK(run_of::make(m, dropped, train, held_out, plain, c)->restore(twice).error().what == fault::other_run);
        CHECK(start(plain, std::span(train).first(9))->restore(more).error().what == fault::other_run);
    }
}

TEST_CASE("a run with magnitudes and dropout goes on from where it was saved, and gives lengths that fit") {
    const auto m     = test::tiny_llama<float>(8);
    const auto train = test::some_texts(10, 5), held_out = test::some_texts(4, 6);
    context    c;
    const auto start = [&] {
        auto set = lora_set<float>::make(lora_places(m), {.params = {.rank = 2}, .dropout = .1, .dora = true}).value();
        REQUIRE(begin_dora(m, set, c));
        auto how      = plain;
        how.keep_best = false;
        return run_of::make(m, set, train, held_out, how, c).value();
    };
    auto whole = start();
    while (whole.next(c).value()) {}
    const auto want = std::move(whole).finish();
    CHECK(want.step == 16);
    CHECK(want.loss != want.base_loss);
    for (const int at : {0, 3, 11, 16}) {
        auto first = start(), second = start();
        for (int i = 0; i < at; ++i) REQUIRE(first.next(c));
        byte_writer to;
        first.save(to);
        const auto  bytes = to.take();
        byte_reader from(bytes);
        REQUIRE(second.restore(from));
        while (second.next(c).value()) {}
        const auto got = std::move(second).finish();
        CHECK(same(got.updates, want.updates));
        CHECK(got.step == want.step);
        for (std::size_t i = 0; i < want.updates.entries.size(); ++i) {
            CHECK(std::ranges::equal(got.updates.entries[i].update.m.flat(), want.updates.entries[i].update.m.flat()));
            CHECK(std::ranges::equal(got.updates.entries[i].update.norms.flat(),
                                     want.updates.entries[i].update.norms.flat()));
        }
    }
}

TEST_CASE("a look that is stopped behind its step is made up for, and what comes is the same") {
    const auto  m     = test::tiny_llama<float>(8);
    const auto  train = test::some_texts(10, 5), held_out = test::some_texts(4, 6);
    context     c;
    const auto  whole = fit_lora(m, fresh(m), train, held_out, plain, c).value();
    auto        run   = run_of::make(m, fresh(m), train, held_out, plain, c).value();
    std::size_t stops = 0;
    for (;;) {
        std::stop_source stop;
        const auto       hear = [&](const tuning_step& s) { return s.step % 4 == 2 ? stop.request_stop() : true; };
        c.stop                = stop.get_token();
        c.listener            = listen_to<tuning_step>(hear);
        const auto more       = run.next(c);
        if (!more) {
            CHECK(more.error().what == fault::stopped);
            ++stops;
            continue;
        }
        if (!*more) break;
    }
    CHECK(stops == 4);
    c.stop         = {};
    const auto got = std::move(run).finish();
    CHECK(got.steps == whole.steps);
    CHECK(got.loss == whole.loss);
    CHECK(got.looks.size() == whole.looks.size());
    CHECK(same(got.updates, whole.updates));
}

TEST_CASE("a run beside another base does not go on with a checkpoint; a batch of all texts is one step an epoch") {
    const auto train = test::some_texts(6, 5), held_out = test::some_texts(4, 6);
    context    c;
    const auto m = test::tiny_llama<float>(8), other = test::tiny_llama<float>(9);
    auto       run = run_of::make(m, fresh(m), train, held_out, plain, c).value();
    REQUIRE(run.next(c));
    byte_writer to;
    run.save(to);
    byte_reader from(to.bytes());
    auto        beside = run_of::make(other, fresh(other), train, held_out, plain, c).value();
    CHECK(beside.restore(from).error().what == fault::other_run);
    auto how  = plain;
    how.batch = std::numeric_limits<std::size_t>::max();
    CHECK(fit_lora(m, fresh(m), train, held_out, how, c)->steps == how.epochs);
}

TEST_CASE("a listener that has heard enough ends a run; texts that cannot be learned from are refused") {
    const auto m     = test::tiny_llama<float>(3);
    auto       train = test::some_texts(12, 1);
    context    c;
    const auto hear = [&](const tuning_step& s) { return s.step < 3; };
    c.listener      = listen_to<tuning_step>(hear);
    CHECK(fit_lora(m, fresh(m), train, {}, plain, c)->steps == 3);
    c.listener          = {};
    const auto fault_of = [&](const std::vector<tuning_text>& texts) {
        const auto f = fit_lora(m, fresh(m), texts, {}, plain, c);
        REQUIRE_FALSE(f);
        return std::pair{f.error().what, f.error().where};
    };
    CHECK(fault_of({}).first == fault::no_input);
    auto bad = train;
    std::fill(bad[4].labels.begin(), bad[4].labels.end(), ignored_label);
    CHECK(fault_of(bad) == std::pair{fault::no_input, std::uint64_t{4}});
    bad = train, bad[5].ids[0] = 40;
    CHECK(fault_of(bad) == std::pair{fault::unknown_id, std::uint64_t{5}});
    bad = train, bad[6].labels[0] = 40;
    CHECK(fault_of(bad) == std::pair{fault::unknown_id, std::uint64_t{6}});
    bad = train, bad[7].labels.pop_back();
    CHECK(fault_of(bad) == std::pair{fault::wrong_shape, std::uint64_t{7}});
    bad = train, bad[8].ids.assign(33, 1), bad[8].labels.assign(33, 1);
    CHECK(fault_of(bad) == std::pair{fault::too_large, std::uint64_t{8}});
    auto how  = plain;
    how.batch = 0;
    CHECK(fit_lora(m, fresh(m), train, {}, how, c).error().what == fault::bad_argument);
}

TEST_CASE("checkpointed activations change no bit, so a run goes on with them or without") {
    const auto m     = test::tiny_llama<float>(8);
    const auto train = test::some_texts(10, 5), held_out = test::some_texts(4, 6);
    context    c;
    auto       again             = plain;
    again.checkpoint_activations = true;
    const auto check             = [&]<class Run>(std::type_identity<Run>, const auto& start, const auto& flat) {
        const auto made = [&](const fit_lora_params& how) {
            return Run::make(m, start, train, held_out, how, c).value();
        };
        auto whole = made(plain), first = made(again), second = made(plain), third = made(again);
        while (whole.next(c).value()) {}
        for (int i = 0; i < 5; ++i) REQUIRE(first.next(c));
        byte_writer to;
        first.save(to);
        byte_reader one(to.bytes()), two(to.bytes());
        REQUIRE(second.restore(one));
        REQUIRE(third.restore(two));
        const auto want = flat(whole.trainer().updates());
        for (auto* run : {&second, &third}) {
            while (run->next(c).value()) {}
            CHECK(flat(run->trainer().updates()) == want);
        }
        CHECK(flat(start) != want);
    };
    const auto of_rows = [](const auto& p) { return std::vector<float>(p.rows.flat().begin(), p.rows.flat().end()); };
    auto       dropped = fresh(m);
    dropped.dropout    = .2;
    check(std::type_identity<run_of>{}, dropped, [](const lora_set<float>& set) {
        std::vector<float> all;
        for (const auto& e : set.entries)
            for (const auto part : {e.update.A.flat(), e.update.B.flat()})
                all.insert(all.end(), part.begin(), part.end());
        return all;
    });
    const std::uint32_t text[] = {3, 1, 4};
    check(std::type_identity<prefix_run<llama<float>>>{}, prefix_of(m, text, 3, c).value(), of_rows);
    check(std::type_identity<soft_prompt_run<llama<float>>>{}, soft_prompt_of(m, text, 3).value(), of_rows);
}
