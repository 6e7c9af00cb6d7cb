// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/bert_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/fit_encoder_lora.hpp>

#include <support/reference.hpp>
#include <support/tiny_bert.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace graft;
using test::same;

namespace {

bert<float> encoder(std::uint64_t seed) {
    auto m = test::tiny_bert<float>(seed);
    m.pooler.reset(), m.classifier.reset();
    return m;
}
std::vector<encoder_pair> some_pairs(std::uint32_t first, std::uint32_t last, std::uint32_t n) {
    std::vector<encoder_pair> pairs;
    for (std::uint32_t i = first; i < last; ++i) {
        pairs.push_back({i, n + i, {2 * n + i}});
        pairs.back().label = static_cast<float>(i % 3) / 2;
    }
    return pairs;
}
/// Anchors 0 … n-1 of random tokens; the text that belongs to one has its first token turned by 7, and nothing else in common.
encoder_task some_task(const bert<float>& m, std::size_t n, std::uint64_t seed) {
    encoder_task   t{.model = &m};
    counter_random r(seed);
    const auto     text = [&](std::uint32_t first) {
        std::vector<std::uint32_t> ids{first};
        for (std::size_t i = 2 + r.below(4); i-- > 0;) ids.push_back(20 + static_cast<std::uint32_t>(r.below(20)));
        return ids;
    };
    for (std::size_t i = 0; i < n; ++i) t.texts.push_back(text(static_cast<std::uint32_t>(i % 20)));
    for (std::size_t i = 0; i < n; ++i) t.texts.push_back(text(static_cast<std::uint32_t>((i % 20 + 7) % 20)));
    for (std::size_t i = 0; i < n; ++i) t.texts.push_back(text(static_cast<std::uint32_t>((i % 20 + 3) % 20)));
    t.make_ready(some_pairs(0, static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n)));
    return t;
}
std::vector<const encoder_pair*> pointers(const std::vector<encoder_pair>& pairs) {
    std::vector<const encoder_pair*> all;
    for (const auto& p : pairs) all.push_back(&p);
    return all;
}
lora_set<float> fresh(const bert<float>& m) {
    lora_plan plan{.params = {.rank = 2, .seed = 4}};
    if (m.classifier) plan.ranks.emplace_back("classifier", 1);
    return lora_set<float>::make(lora_places(m), plan).value();
}
const fit_lora_params plain{.optimiser = {.rate = 1e-2}, .batch = 5, .epochs = 3, .together = 60, .judge_each = 2};

std::vector<judged_pair> some_judged(std::size_t n, std::uint64_t seed) {
    std::vector<judged_pair> all;
    counter_random           r(seed);
    for (std::size_t i = 0; i < n; ++i) {
        judged_pair p;
        const auto  a   = static_cast<std::uint32_t>(r.below(20));
        const bool  yes = r.below(2) == 0;
        p.ids           = {a, 39, yes ? a : static_cast<std::uint32_t>((a + 1 + r.below(19)) % 20), 38};
        p.types         = {0, 0, 1, 1};
        p.label         = yes ? 1.f : 0.f;
        all.push_back(p);
    }
    return all;
}

/// Stopped after any step, saved, restored and carried on with other threads: the bits of the run that was not.
template <class Run, class Task, class Example>
void check_resume(const Task& task, const lora_set<float>& start, const std::vector<Example>& train,
                  const std::vector<Example>& held_out) {
    context    c;
    pool       workers(2);
    context    many{workers};
    const auto make = [&](const fit_lora_params& how) { return Run::make(task, start, train, held_out, how, c); };
    auto       all  = make(plain).value();
    const auto n    = all.all_steps();
    while (all.next(c).value()) {}
    const auto whole = std::move(all).finish();
    CHECK(whole.steps == n);
    for (std::size_t at = 0; at <= n; ++at) {
        auto first = make(plain).value();
        for (std::size_t i = 0; i < at; ++i) REQUIRE(first.next(c));
        byte_writer to;
        first.save(to);
        const auto  bytes = to.take();
        byte_reader from(bytes);
        auto        second = make(plain).value();
        REQUIRE(second.restore(from));
        CHECK(second.steps() == at);
        while (second.next(many).value()) {}
        const auto got = std::move(second).finish();
        CHECK(same(got.updates, whole.updates));
        CHECK(got.loss == whole.loss);
        CHECK(got.train_loss == whole.train_loss);
        if (at != 3) continue;
        auto third = make(plain).value();
        for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 97) {
            byte_reader part(std::span<const std::byte>(bytes).first(cut));
            REQUIRE_FALSE(third.restore(part));
        }
        while (third.next(c).value()) {}
        CHECK(same(std::move(third).finish().updates, whole.updates));
        auto        other = plain;
        byte_reader again(bytes);
        other.optimiser.rate *= 2;
        CHECK(make(other)->restore(again).error().what == fault::other_run);
    }
}

} // namespace

TEST_CASE("a step on the reference's batch has its loss and the length of its gradient, in one run or in several") {
    NEEDS_SHARED(base, "fixtures/tiny_bert/hf");
    NEEDS_SHARED(fixture, "fixtures/lora/bert_mnrl");
    context      c;
    const auto   whole = load_bert_folder(posix_files{}, base.string(), {}, {}, {}, c).value();
    const auto   io    = test::reference_tensors(fixture / "io.safetensors");
    const auto   set   = load_peft_lora(posix_files{}, (fixture / "adapter").string(), whole.model).value();
    const auto   json  = load_json(posix_files{}, (fixture / "io.json").string()).value();
    encoder_task task{.model = &whole.model};
    for (int n = 0; n < 8; ++n) task.texts.push_back(io.at(std::to_string(n) + ".ids").list<std::uint32_t>());
    std::vector<encoder_pair> pairs;
    for (std::uint32_t i = 0; i < 4; ++i) pairs.push_back({i, 4 + i});
    task.make_ready(pairs);
    REQUIRE(task.check(pairs));
    double square = 0;
    for (const auto& [name, t] : io)
        if (name.starts_with("grad."))
            for (double x : t.values) square += x * x;
    std::vector<lora_set<float>> tuned;
    const adamw_params           near_sgd{.rate = 1e6, .floor = 1e6, .decay = 0}; // a step along the gradient itself
    for (const std::size_t together : {1u, 30u, 4096u}) {
        auto       trainer = encoder_trainer::make(task, set).value();
        const auto told    = trainer.step(pointers(pairs), together, near_sgd, 0, c);
        REQUIRE(told);
        CHECK(told->loss == doctest::Approx(*json.at("loss").number<double>()).epsilon(1e-5 / 2));
        CHECK(told->norm == doctest::Approx(std::sqrt(square)).epsilon(1e-5));
        CHECK(told->tokens == 108);
        CHECK(told->labelled == 4);
        tuned.push_back(trainer.updates());
    }
    for (std::size_t i = 0; i < set.entries.size(); ++i) {
        const auto& grad = io.at("grad.base_model.model." + set.entries[i].name + ".lora_A.weight").values;
        double      most = 0;
        for (double g : grad) most = std::max(most, std::abs(g));
        for (const auto& one : tuned)
            for (std::size_t t = 0; t < grad.size(); ++t) {
                const auto moved = static_cast<double>(set.entries[i].update.A.flat()[t]) -
                                   static_cast<double>(one.entries[i].update.A.flat()[t]);
                CHECK(std::abs(moved - grad[t]) < 1e-4 * most + 2e-7);
            }
    }
}

TEST_CASE(
    "a step on the reference's judged pairs has their loss and the length of its gradient, in one run or in several") {
    NEEDS_SHARED(base, "fixtures/tiny_bert/cross_encoder");
    NEEDS_SHARED(fixture, "fixtures/lora/bert_bce");
    context                  c;
    const auto               whole = load_bert_folder(posix_files{}, base.string(), {true, true}, {}, {}, c).value();
    const auto               io    = test::reference_tensors(fixture / "io.safetensors");
    const auto               set   = load_peft_lora(posix_files{}, (fixture / "adapter").string(), whole.model).value();
    const auto               json  = load_json(posix_files{}, (fixture / "io.json").string()).value();
    const auto               labels = io.at("labels").list<float>();
    std::vector<judged_pair> pairs;
    std::vector<const judged_pair*> all;
    for (std::size_t n = 0; n < 4; ++n)
        pairs.push_back({io.at(std::to_string(n) + ".ids").list<std::uint32_t>(),
                         io.at(std::to_string(n) + ".types").list<std::uint8_t>(), labels[n]});
    for (const auto& p : pairs) all.push_back(&p);
    const cross_encoder_task task{.model = &whole.model};
    REQUIRE(task.check(pairs));
    double square = 0;
    for (const auto& [name, t] : io)
        if (name.starts_with("grad."))
            for (double x : t.values) square += x * x;
    for (const std::size_t together : {1u, 30u, 4096u}) {
        auto       trainer = cross_encoder_trainer::make(task, set).value();
        const auto told    = trainer.step(all, together, {.rate = 1e-3}, 0, c);
        REQUIRE(told);
        CHECK(told->loss == doctest::Approx(*json.at("loss").number<double>()).epsilon(1e-5));
        CHECK(told->norm == doctest::Approx(std::sqrt(square)).epsilon(1e-5));
    }
}

TEST_CASE("what belongs together is learned, by every loss, and the best held-out state is given") {
    const auto m    = encoder(3);
    auto       task = some_task(m, 60, 1);
    for (const auto loss : {encoder_loss::multiple_negatives, encoder_loss::symmetric, encoder_loss::cosent,
                            encoder_loss::cosine, encoder_loss::triplet, encoder_loss::margin}) {
        CAPTURE(static_cast<int>(loss));
        task.loss = loss, task.margin = .5;
        auto how         = plain;
        how.epochs       = 12;
        how.batch        = 12;
        const auto train = some_pairs(0, 48, 60), held_out = some_pairs(48, 60, 60);
        context    c;
        const auto fitted = fit_lora(task, fresh(m), train, held_out, how, c);
        REQUIRE_MESSAGE(fitted, describe(fitted.error()));
        CHECK(fitted->steps == 48);
        CHECK(fitted->train_loss < .9 * fitted->curve[0].loss);
        CHECK(fitted->loss <= fitted->base_loss);
        double least = 1e9;
        for (const tuning_look& l : fitted->looks) least = std::min(least, l.loss);
        CHECK(fitted->loss == least);
        auto again = encoder_trainer::make(task, fitted->updates).value();
        CHECK(again.loss(pointers(held_out), 60, c).value() == fitted->loss);
    }
}

TEST_CASE("where nothing is better, the untouched base is given") {
    context    c;
    const auto m     = encoder(3);
    auto       task  = some_task(m, 12, 5);
    auto       train = some_pairs(0, 8, 12), held_out = some_pairs(8, 12, 12);
    // What the base says of the held-out pairs is what they are to be: any other state is worse.
    task.loss  = encoder_loss::cosine;
    auto judge = encoder_trainer::make(task, fresh(m)).value();
    for (auto& p : held_out) {
        const encoder_pair* one[] = {&p};
        p.label                   = 0;
        p.label                   = static_cast<float>(std::sqrt(judge.loss(one, 60, c).value()));
    }
    auto how           = plain;
    how.optimiser.rate = .3, how.clip = 0, how.rate.shape = rate_shape::constant;
    const auto fitted = fit_lora(task, fresh(m), train, held_out, how, c).value();
    CHECK(fitted.step == 0);
    CHECK(fitted.loss == fitted.base_loss);
    CHECK(same(fitted.updates, fresh(m)));
}

TEST_CASE("pairs of texts: saved after any step and carried on with other threads, the same bits") {
    const auto m    = encoder(8);
    auto       task = some_task(m, 16, 2);
    check_resume<encoder_lora_run>(task, fresh(m), some_pairs(0, 12, 16), some_pairs(12, 16, 16));
    // A checkpoint of other texts is not gone on with.
    context     c;
    const auto  train = some_pairs(0, 12, 16);
    auto        one   = encoder_lora_run::make(task, fresh(m), train, {}, plain, c).value();
    byte_writer to;
    one.save(to);
    const auto bytes = to.take();
    task.texts[3][0] += 1;
    auto        other = encoder_lora_run::make(task, fresh(m), train, {}, plain, c).value();
    byte_reader from(bytes);
    CHECK(other.restore(from).error().what == fault::other_run);
}

TEST_CASE("judged pairs: learned, saved after any step and carried on with other threads, the same bits") {
    const auto               m = test::tiny_bert<float>(8);
    const cross_encoder_task task{.model = &m};
    check_resume<cross_encoder_lora_run>(task, fresh(m), some_judged(24, 1), some_judged(8, 2));
    auto how           = plain;
    how.epochs         = 30;
    how.batch          = 16;
    how.optimiser.rate = 3e-2;
    context    c;
    const auto fitted = fit_lora(task, fresh(m), some_judged(200, 3), some_judged(60, 4), how, c).value();
    CHECK(fitted.loss < .9 * fitted.base_loss);
}

TEST_CASE("what answers an anchor too, or says the same, is no negative of it") {
    const auto                m    = encoder(3);
    auto                      task = some_task(m, 4, 9);
    const auto                few  = some_pairs(0, 2, 4);
    std::vector<encoder_pair> more = few;
    more.push_back({0, 6}); // a second answer to anchor 0
    context    c;
    const auto loss = [&](const std::vector<encoder_pair>& pairs) {
        auto t = encoder_trainer::make(task, fresh(m)).value();
        return t.loss(pointers(pairs), 99, c).value();
    };
    // Anchor 0 with its other answer beside it, known or not.
    std::vector<encoder_pair> one{{0, 4, {6}}}, alone{{0, 4}};
    CHECK(loss(one) > 0);
    CHECK(loss(alone) == 0);
    task.make_ready(more);
    CHECK(loss(one) == 0);
    // A copy of the positive, and of the anchor itself.
    task.texts[8] = task.texts[5], task.texts[9] = task.texts[1];
    std::vector<encoder_pair> copies{{1, 5, {8, 9}}};
    CHECK(loss(copies) > 0);
    task.make_ready({});
    CHECK(loss(copies) == 0);
    // A copy of another answer of the anchor; and what answers a copy of the anchor.
    task.texts[10] = task.texts[6];
    std::vector<encoder_pair> other{{0, 4, {10}}}, twin{{0, 4, {5}}};
    CHECK(loss(other) > 0);
    CHECK(loss(twin) > 0);
    task.texts[1] = task.texts[0];
    task.make_ready({});
    CHECK(loss(other) == 0);
    CHECK(loss(twin) == 0);
    // Of one kind: what is of another stays a negative.
    std::vector<encoder_pair> same_kind{{0, 4, {7}}}, other_kind{{0, 4, {11}}};
    CHECK(loss(same_kind) > 0);
    for (std::uint32_t i = 0; i < 12; ++i) task.kinds.push_back(i < 8 ? 1 : 0);
    task.make_ready(same_kind);
    CHECK(loss(same_kind) == 0);
    CHECK(loss(other_kind) > 0);
}

TEST_CASE("vectors that do not move: anchors learn to find them, and they are neither run nor changed") {
    const auto   m    = encoder(3);
    auto         task = some_task(m, 60, 1);
    encoder_task fixed{.model = &m};
    fixed.texts.assign(task.texts.begin(), task.texts.begin() + 60);
    fixed.fixed = matrix<float>(120, 8);
    context c;
    for (std::size_t i = 0; i < 120; ++i) { // what the base makes of the texts
        const auto&       t     = task.texts[60 + i];
        const std::size_t end[] = {t.size()};
        matrix<float>     y(t.size(), 8);
        REQUIRE(m.forward({t, {}, end}, y.view(), {}, nullptr, c));
        pool_tokens<float>(pooling::mean, y.view(), end, fixed.fixed.view().middle(i, 1));
        normalise_rows<float>(fixed.fixed.view().middle(i, 1), fixed.fixed.view().middle(i, 1));
    }
    const auto train = some_pairs(0, 48, 60), held_out = some_pairs(48, 60, 60);
    fixed.make_ready(train), fixed.make_ready(held_out);
    auto moving = encoder_trainer::make(task, fresh(m)).value(), still = encoder_trainer::make(fixed, fresh(m)).value();
    CHECK(moving.loss(pointers(train), 60, c).value() == still.loss(pointers(train), 60, c).value());
    auto how   = plain;
    how.epochs = 12, how.batch = 12;
    const auto before = fixed.fixed;
    const auto fitted = fit_lora(fixed, fresh(m), train, held_out, how, c).value();
    CHECK(fitted.train_loss < .9 * fitted.curve[0].loss);
    CHECK(std::ranges::equal(before.flat(), fixed.fixed.flat()));
    std::size_t tokens = 0;
    for (std::uint32_t i = 0; i < 48; ++i) tokens += fixed.texts[i].size();
    std::size_t told = 0;
    for (std::size_t i = 44; i < 48; ++i) told += fitted.curve[i].tokens;
    CHECK(told == tokens);
}

TEST_CASE("tasks and pairs that cannot be are refused before the first step") {
    const auto m     = encoder(3);
    const auto sound = some_task(m, 4, 9);
    const auto pairs = some_pairs(0, 4, 4);
    context    c;
    const auto why = [&](const encoder_task& t, std::vector<encoder_pair> p) {
        const auto run = encoder_lora_run::make(t, fresh(m), p, {}, plain, c);
        REQUIRE(!run);
        return run.error();
    };
    CHECK(encoder_lora_run::make(sound, fresh(m), pairs, {}, plain, c));
    auto t  = sound;
    t.model = nullptr;
    CHECK(why(t, pairs).what == fault::absent);
    t = sound, t.pooled.clear();
    CHECK(why(t, pairs).what == fault::absent);
    t = sound, t.scale = std::numeric_limits<double>::quiet_NaN();
    CHECK(why(t, pairs).what == fault::bad_argument);
    t = sound, t.texts[3].clear();
    CHECK(why(t, pairs) == error{fault::no_input, unit::row, 3, "text"});
    t = sound, t.texts[3][0] = 40;
    CHECK(why(t, pairs) == error{fault::unknown_id, unit::row, 3, "token"});
    t = sound, t.texts[3].assign(33, 1);
    CHECK(why(t, pairs) == error{fault::too_large, unit::row, 3, "tokens of a text"});
    t = sound, t.fixed = matrix<float>(1, 7);
    CHECK(why(t, pairs).what == fault::wrong_shape);
    t = sound, t.fixed = matrix<float>(1, 8), t.fixed.data()[2] = std::numeric_limits<float>::infinity();
    CHECK(why(t, pairs).what == fault::not_finite);
    t = sound, t.fixed = matrix<float>(1, 8);
    CHECK(why(t, pairs) == error{fault::bad_argument, unit::row, 0, "fixed: no cosine with zero"});
    t.loss = encoder_loss::triplet; // distances know zero
    CHECK(why(t, pairs) == error{fault::unexpected, unit::none, 13, "pool: see make_ready"});
    t = sound, t.kinds = {1};
    CHECK(why(t, pairs).what == fault::wrong_shape);
    CHECK(why(sound, {{0, 5}}) == error{fault::unexpected, unit::row, 0, "pair: see make_ready"});
    CHECK(why(sound, {}).what == fault::no_input);
    CHECK(why(sound, {{0, 12}}).what == fault::unknown_id);
    CHECK(why(sound, {{0, 4, {12}}}).what == fault::unknown_id);
    t = sound, t.loss = encoder_loss::triplet;
    CHECK(why(t, {{0, 4}}) == error{fault::no_input, unit::row, 0, "negative"});

    const auto with = [&](lora_set<float> set, double b_rate = 1) {
        const auto made = encoder_trainer::make(sound, std::move(set), {.b_rate = b_rate});
        return made ? fault{} : made.error().what;
    };
    CHECK(with(fresh(m)) == fault{});
    CHECK(with({}) == fault::no_input);
    CHECK(with(fresh(m), 0) == fault::bad_argument);
    auto odd    = fresh(m);
    odd.dropout = .1;
    CHECK(with(odd) == fault::unsupported);
    odd = fresh(m), odd.entries[1].update.m = matrix<float>(1, 8);
    CHECK(with(odd) == fault::unsupported);

    const auto               judge = test::tiny_bert<float>(8);
    const cross_encoder_task task{.model = &judge};
    const auto               no = [&](const cross_encoder_task& of, std::vector<judged_pair> p) {
        const auto run = cross_encoder_lora_run::make(of, fresh(judge), p, {}, plain, c);
        REQUIRE(!run);
        return run.error().what;
    };
    CHECK(no({.model = &m}, some_judged(2, 1)) == fault::absent);
    CHECK(no({.model = &judge, .positive = 0}, some_judged(2, 1)) == fault::bad_argument);
    CHECK(no(task, {}) == fault::no_input);
    CHECK(no(task, {{{}, {}, 0}}) == fault::no_input);
    CHECK(no(task, {{{1, 2}, {0}, 0}}) == fault::wrong_shape);
    CHECK(no(task, {{{1, 40}, {0, 0}, 0}}) == fault::unknown_id);
    CHECK(no(task, {{{1, 2}, {0, 2}, 0}}) == fault::unknown_id);
    CHECK(no(task, {{{1, 2}, {0, 0}, 1.5f}}) == fault::bad_argument);

    auto again                   = plain; // of decoders alone
    again.checkpoint_activations = true;
    CHECK(encoder_lora_run::make(sound, fresh(m), pairs, {}, again, c).error().what == fault::unsupported);
    CHECK(cross_encoder_lora_run::make(task, fresh(judge), some_judged(2, 1), {}, again, c).error().what ==
          fault::unsupported);
}

TEST_CASE("a step that would leave the finite numbers leaves the updates as they were") {
    const auto m                      = encoder(3);
    auto       task                   = some_task(m, 4, 9);
    auto       set                    = fresh(m);
    set.entries[0].update.B.data()[0] = 1e30f, set.entries[0].update.A.data()[0] = 1e30f;
    const auto pairs   = some_pairs(0, 4, 4);
    auto       trainer = encoder_trainer::make(task, set).value();
    context    c;
    const auto told = trainer.step(pointers(pairs), 99, {}, 1, c);
    REQUIRE(!told);
    CHECK(told.error().what == fault::not_finite);
    CHECK(same(trainer.updates(), set));
    CHECK(trainer.steps() == 0);
}
