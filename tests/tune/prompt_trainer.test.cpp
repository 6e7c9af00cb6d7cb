// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/tune/fit_lora.hpp>
#include <graft/tune/prompt_trainer.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <stop_token>
#include <vector>

using namespace graft;

namespace {

using model          = llama<float>;
using prefix_trainer = prompt_trainer<model, prefix<float>>;
using soft_trainer   = prompt_trainer<model, soft_prompt<float>>;

std::vector<const tuning_text*> pointers(std::span<const tuning_text> all) {
    std::vector<const tuning_text*> p;
    for (const tuning_text& t : all) p.push_back(&t);
    return p;
}
bool same(const matrix<float>& a, const matrix<float>& b) {
    return a.rows() == b.rows() && std::ranges::equal(a.flat(), b.flat());
}
void fresh(const model& m, prefix<float>& p) {
    p = prefix<float>::make(m.layers.size(), m.config.kv_heads * m.config.dims, {.tokens = 4, .seed = 2}).value();
}
void fresh(const model& m, soft_prompt<float>& p) {
    p = soft_prompt<float>::make(m.config.width, {.tokens = 4, .spread = .5, .seed = 2}).value();
}
template <class Prompt>
Prompt fresh(const model& m) {
    Prompt p;
    fresh(m, p);
    return p;
}
const fit_lora_params plain{
    .optimiser = {.rate = 3e-2, .decay = 0}, .batch = 3, .epochs = 4, .together = 60, .judge_each = 2};

} // namespace

TEST_CASE_TEMPLATE("a step is the gradient of all labelled tokens, in however many pieces", Prompt, prefix<float>,
                   soft_prompt<float>) {
    using trainer    = prompt_trainer<model, Prompt>;
    const auto m     = test::tiny_llama<float>(3);
    const auto texts = test::some_texts(6, 1);
    context    c;
    auto       whole = trainer::make(m, fresh<Prompt>(m)).value(), parts = trainer::make(m, fresh<Prompt>(m)).value();
    const auto a = whole.step(pointers(texts), 10'000, {.rate = 1e-2}, 1, c).value();
    const auto b = parts.step(pointers(texts), 1, {.rate = 1e-2}, 1, c).value();
    CHECK(a.loss == doctest::Approx(b.loss).epsilon(1e-6));
    CHECK(a.norm == doctest::Approx(b.norm).epsilon(1e-5));
    std::size_t tokens = 0, labelled = 0;
    for (const auto& t : texts) tokens += t.ids.size(), labelled += t.labelled();
    CHECK(a.tokens == tokens);
    CHECK(a.labelled == labelled);
    // The first step of Adam is its rate along the gradient's sign: the loss falls by about rate times the sum of magnitudes.
    const double before = trainer::make(m, fresh<Prompt>(m))->loss(pointers(texts), 100, c).value();
    CHECK(before == doctest::Approx(a.loss).epsilon(1e-6));
    auto small = trainer::make(m, fresh<Prompt>(m)).value();
    REQUIRE(small.step(pointers(texts), 100, {.rate = 1e-4, .decay = 0}, 0, c));
    const double after = small.loss(pointers(texts), 100, c).value();
    CHECK(after < before);
    CHECK(before - after < .2 * before);
    // The base says what it says without any.
    auto none =
        lora_trainer<model>::make(m, lora_set<float>::make(lora_places(m), {.params = {.rank = 2}}).value()).value();
    CHECK(whole.base_loss(pointers(texts), 100, c).value() == none.loss(pointers(texts), 100, c).value());
}

TEST_CASE_TEMPLATE("what can be learned is, told step by step, and the best state is given", Prompt, prefix<float>,
                   soft_prompt<float>) {
    using run_of     = tuning_run<prompt_trainer<model, Prompt>>;
    const auto m     = test::tiny_llama<float>(3);
    auto       train = test::some_texts(40, 1), held_out = test::some_texts(10, 2);
    for (auto* texts : {&train, &held_out}) // what virtual tokens can say: the same everywhere
        for (auto& t : *texts)
            for (auto& l : t.labels)
                if (l != ignored_label) l = 7;
    context c;
    auto    how = plain;
    how.epochs  = 15;
    auto run    = run_of::make(m, fresh<Prompt>(m), train, held_out, how, c).value();
    while (run.next(c).value()) {}
    const auto fitted = std::move(run).finish();
    CHECK(fitted.steps == 15 * 14);
    CHECK(fitted.step > 0);
    CHECK(fitted.loss < fitted.base_loss);
    CHECK(fitted.train_loss < fitted.curve[0].loss);
    MESSAGE("base " << fitted.base_loss << ", start " << fitted.looks[0].loss << ", kept " << fitted.loss);
    double least = fitted.base_loss;
    for (const tuning_look& l : fitted.looks) {
        CHECK(l.best == (l.loss < least));
        least = std::min(least, l.loss);
    }
    CHECK(fitted.loss == least);
    auto again = prompt_trainer<model, Prompt>::make(m, fitted.updates).value();
    CHECK(again.loss(pointers(held_out), 60, c).value() == fitted.loss);
    CHECK(again.base_loss(pointers(held_out), 60, c).value() == fitted.base_loss);
}

TEST_CASE_TEMPLATE("where nothing is better than no virtual token, none is given", Prompt, prefix<float>,
                   soft_prompt<float>) {
    using run_of        = tuning_run<prompt_trainer<model, Prompt>>;
    const auto m        = test::tiny_llama<float>(3);
    const auto train    = test::some_texts(12, 1);
    auto       held_out = test::some_texts(6, 2);
    context    c;
    // What the base itself finds likeliest, no other says better.
    for (auto& t : held_out) {
        matrix<float>     y(t.ids.size(), 16), z(t.ids.size(), 40);
        const std::size_t ends[] = {t.ids.size()};
        REQUIRE(m.forward(packed_tokens{t.ids, {}, ends}, y.view(), {}, nullptr, c));
        REQUIRE(m.head.forward(y.view(), z.view(), c));
        for (std::size_t i = 0; i < t.ids.size(); ++i)
            if (t.labels[i] != ignored_label) t.labels[i] = std::ranges::max_element(z.row(i)) - z.row(i).begin();
    }
    auto how           = plain;
    how.optimiser.rate = .3, how.clip = 0, how.rate.shape = rate_shape::constant;
    auto run = run_of::make(m, fresh<Prompt>(m), train, held_out, how, c).value();
    while (run.next(c).value()) {}
    byte_writer to;
    run.save(to);
    const auto  bytes = to.take();
    byte_reader from(bytes);
    auto        other = run_of::make(m, fresh<Prompt>(m), train, held_out, how, c).value();
    REQUIRE(other.restore(from));
    for (auto* one : {&run, &other}) {
        const auto fitted = std::move(*one).finish();
        CHECK(fitted.step == 0);
        CHECK(fitted.steps == 16);
        CHECK(fitted.loss == fitted.base_loss);
        CHECK(fitted.updates.tokens() == 0);
        CHECK(fitted.looks[0].loss > fitted.base_loss);
    }
    how.keep_best = false;
    auto last     = run_of::make(m, fresh<Prompt>(m), train, held_out, how, c).value();
    while (last.next(c).value()) {}
    const auto kept = std::move(last).finish();
    CHECK(kept.step == 16);
    CHECK(kept.updates.tokens() == 4);
    auto blind = run_of::make(m, fresh<Prompt>(m), train, {}, how, c).value();
    while (blind.next(c).value()) {}
    const auto end = std::move(blind).finish();
    CHECK(end.loss == -1);
    CHECK(same(end.updates.rows, kept.updates.rows));
}

TEST_CASE_TEMPLATE("stopped after any step, saved, restored, on other threads: the same bits in the end", Prompt,
                   prefix<float>, soft_prompt<float>) {
    using run_of     = tuning_run<prompt_trainer<model, Prompt>>;
    const auto m     = test::tiny_llama<float>(8);
    const auto train = test::some_texts(10, 5), held_out = test::some_texts(4, 6);
    context    c;
    pool       workers(2);
    context    many{workers};
    const auto start = [&](const fit_lora_params& how, const Prompt& p) {
        return run_of::make(m, p, train, held_out, how, c);
    };
    const auto begun = fresh<Prompt>(m);
    auto       once  = start(plain, begun).value();
    while (once.next(c).value()) {}
    const auto whole = std::move(once).finish();
    for (std::size_t at = 0; at <= 16; ++at) {
        auto first = start(plain, begun).value();
        for (std::size_t i = 0; i < at; ++i) CHECK(first.next(c).value() == (i + 1 < 16));
        byte_writer to;
        first.save(to);
        auto        second = start(plain, begun).value();
        const auto  bytes  = to.take();
        byte_reader from(bytes);
        REQUIRE(second.restore(from));
        while (second.next(many).value()) {}
        const auto got = std::move(second).finish();
        CHECK(same(got.updates.rows, whole.updates.rows));
        CHECK(got.loss == whole.loss);
        CHECK(got.step == whole.step);
        if (at != 7) continue;
        auto third = start(plain, begun).value();
        for (std::size_t n = 0; n < bytes.size(); n += 1 + bytes.size() / 211) {
            byte_reader part(std::span<const std::byte>(bytes).first(n));
            REQUIRE_FALSE(third.restore(part));
        }
        CHECK(third.steps() == 0);
        auto other = plain;
        other.optimiser.rate *= 2;
        byte_reader again(bytes), more(bytes);
        CHECK(start(other, begun)->restore(again).error().what == fault::other_run);
        auto fewer = begun;
        fewer.rows = matrix<float>(begun.rows.view().middle(0, 3));
        CHECK_FALSE(start(plain, fewer)->restore(more));
    }
}

TEST_CASE("what cannot be tuned is refused, and a step that fails changes nothing") {
    const auto m     = test::tiny_llama<float>(8);
    const auto texts = test::some_texts(4, 2);
    context    c;
    CHECK(prefix_trainer::make(m, {}).error().what == fault::no_input);
    CHECK(prefix_trainer::make(m, prefix<float>::make(2, 8, {}).value()).error().what == fault::wrong_shape);
    CHECK(soft_trainer::make(m, soft_prompt<float>::make(8, {}).value()).error().what == fault::wrong_shape);
    CHECK(soft_trainer::make(m, soft_prompt<float>::make(16, {.tokens = 32}).value()).error().what == fault::too_large);
    auto bad            = fresh<prefix<float>>(m);
    bad.rows.data()[11] = std::numeric_limits<float>::infinity();
    CHECK(prefix_trainer::make(m, bad).error().what == fault::not_finite);
    // A text has the positions that are left.
    const auto long_one = soft_prompt<float>::make(16, {.tokens = 31}).value();
    CHECK(soft_prompt_run<model>::make(m, long_one, texts, texts, plain, c).error().what == fault::too_large);

    const auto begun   = fresh<prefix<float>>(m);
    auto       trainer = prefix_trainer::make(m, begun).value();
    CHECK(trainer.step({}, 100, {}, 1, c).error().what == fault::no_input);
    CHECK(trainer.step(pointers(texts), 100, {.rate = -1}, 1, c).error().what == fault::bad_argument);
    std::stop_source stop;
    stop.request_stop();
    c.stop = stop.get_token();
    CHECK(trainer.step(pointers(texts), 100, {}, 1, c).error().what == fault::stopped);
    CHECK(same(trainer.updates().rows, begun.rows));
    CHECK(trainer.steps() == 0);
    auto huge = begun;
    for (float& x : huge.rows.flat()) x = 3e38f;
    auto       wild = prefix_trainer::make(m, huge).value();
    context    d;
    const auto why = wild.step(pointers(texts), 100, {}, 1, d);
    CHECK(why.error().what == fault::not_finite);
    CHECK(same(wild.updates().rows, huge.rows));
}
