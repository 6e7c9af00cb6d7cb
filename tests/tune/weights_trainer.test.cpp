// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/tune/fit_weights.hpp>
#include <graft/tune/tuning_estimate.hpp>
#include <graft/tune/weights_trainer.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

using namespace graft;

namespace {

using model   = llama<float>;
using trainer = weights_trainer<model>;
using run_of  = weights_run<model>;

/// A Llama of random weights, whose head may be its table.
template <class Scalar>
llama<Scalar> tiny(bool tied) {
    auto m = test::tiny_llama<Scalar>(3);
    if (tied) m.tokens.reset(), m.config.tied = true;
    return m;
}
unfrozen_llama<float> start_of(const model& m) {
    context c;
    return unfreeze(m, c).value();
}
std::vector<const tuning_text*> pointers(std::span<const tuning_text> all) {
    std::vector<const tuning_text*> p;
    for (const tuning_text& t : all) p.push_back(&t);
    return p;
}
bool same(const unfrozen_llama<float>& a, const unfrozen_llama<float>& b) {
    bool all = true;
    each_weight([&](const std::string&, const matrix<float>& x,
                    const matrix<float>& y) { all = all && std::ranges::equal(x.flat(), y.flat()); },
                a, b);
    return all;
}
std::vector<std::byte> saved(const auto& of) {
    byte_writer to;
    of.save(to);
    return to.take();
}
const fit_lora_params plain{
    .optimiser = {.rate = 3e-3, .decay = .1}, .batch = 3, .epochs = 4, .together = 60, .judge_each = 2};

/// Full tuning as the papers write it, in double, number by number.
struct reference {
    unfrozen_llama<double> m, g, mean, square;
    double                 last_norm = 0;
    int                    t         = 0;

    explicit reference(const unfrozen_llama<float>& from) : m(test::tiny_llama<double>(3)) {
        if (!from.tokens) m.tokens.reset(), m.config.tied = true;
        std::vector<const matrix<float>*> all;
        each_weight([&](const std::string&, const matrix<float>& w) { all.push_back(&w); }, from);
        std::size_t at = 0;
        each_weight(
            [&](const std::string&, matrix<double>& w) { std::ranges::copy(all[at++]->flat(), w.flat().begin()); }, m);
        g = m, mean = zero(m), square = zero(m);
    }
    static unfrozen_llama<double> zero(unfrozen_llama<double> of) {
        each_weight([](const std::string&, matrix<double>& w) { std::ranges::fill(w.flat(), 0.); }, of);
        return of;
    }
    double step(std::span<const tuning_text> texts, const adamw_params& by, double clip) {
        std::vector<std::uint32_t> ids;
        std::vector<std::int64_t>  labels;
        std::vector<std::size_t>   ends;
        double                     labelled = 0;
        for (const tuning_text& text : texts) {
            ids.insert(ids.end(), text.ids.begin(), text.ids.end());
            labels.insert(labels.end(), text.labels.begin(), text.labels.end());
            ends.push_back(ids.size()), labelled += static_cast<double>(text.labelled());
        }
        context                       c;
        unfrozen_llama<double>::saved kept;
        matrix<double>                y(ids.size(), m.config.width);
        g                      = zero(m);
        const packed_tokens in = {ids, {}, ends};
        REQUIRE(m.forward(in, y.view(), {}, &kept, c));
        const double loss = head_loss<double>(m.head, y.view(), labels, labelled, {}, y.view(), c, 64, &g.head).value();
        REQUIRE(m.backward(in, kept, y.view(), {}, {}, c, &g));
        double size = 0;
        each_weight(
            [&](const std::string&, const matrix<double>& d) {
                for (const double x : d.flat()) size += x * x;
            },
            g);
        last_norm          = std::sqrt(size);
        const double scale = clip > 0 ? std::min(1., clip / (last_norm + 1e-6)) : 1;
        ++t;
        each_weight(
            [&](const std::string& name, matrix<double>& w, const matrix<double>& d, matrix<double>& m1,
                matrix<double>& m2) {
                const bool decays = name.find("norm") == std::string::npos;
                for (std::size_t i = 0; i < w.flat().size(); ++i) {
                    const double x = scale * d.flat()[i];
                    double &     a = m1.flat()[i], &b = m2.flat()[i];
                    a = by.beta1 * a + (1 - by.beta1) * x, b = by.beta2 * b + (1 - by.beta2) * x * x;
                    const double one = a / (1 - std::pow(by.beta1, t)), two = b / (1 - std::pow(by.beta2, t));
                    if (decays) w.flat()[i] -= by.rate * by.decay * w.flat()[i];
                    w.flat()[i] -= by.rate * one / (std::sqrt(two) + by.floor);
                }
            },
            m, g, mean, square);
        return loss;
    }
};

} // namespace

TEST_CASE("steps are AdamW over all numbers, cut to a length, without decay of norms: held against doubles") {
    const auto texts = test::some_texts(8, 1);
    for (const bool tied : {false, true}) {
        CAPTURE(tied);
        const auto         base  = tiny<float>(tied);
        const auto         first = start_of(base);
        auto               made  = trainer::make(base, first).value();
        reference          exact(first);
        const adamw_params by{.rate = 1e-3, .floor = 1e-6, .decay = .2}; // a floor above the rounding of gradients
        context            c;
        for (int step = 1; step <= 5; ++step) {
            CAPTURE(step);
            const auto   some = std::span(texts).subspan(step % 2 == 0 ? 4 : 0, 4);
            const auto   told = made.step(pointers(some), 30, by, 1, c).value();
            const double loss = exact.step(some, by, 1);
            CHECK(told.step == static_cast<std::size_t>(step));
            CHECK(told.loss == doctest::Approx(loss).epsilon(1e-5));
            CHECK(told.norm == doctest::Approx(exact.last_norm).epsilon(1e-4));
            CHECK(told.norm > 1); // it was cut
        }
        std::vector<const matrix<double>*> right;
        each_weight([&](const std::string&, const matrix<double>& w) { right.push_back(&w); }, exact.m);
        std::size_t at = 0;
        each_weight(
            [&](const std::string& name, const matrix<float>& w, const matrix<float>& was) {
                CAPTURE(name);
                double off = 0, moved = 0;
                for (std::size_t i = 0; i < w.flat().size(); ++i) {
                    const auto now = static_cast<double>(w.flat()[i]), before = static_cast<double>(was.flat()[i]);
                    off += std::pow(now - right[at]->flat()[i], 2), moved += std::pow(right[at]->flat()[i] - before, 2);
                }
                ++at;
                CHECK(moved > 0);
                CHECK(std::sqrt(off) < 1e-3 * std::sqrt(moved));
            },
            made.updates(), first);
    }
}

TEST_CASE("a step gives the same bits however its texts are gathered, with layers run again, on any threads") {
    const auto texts = test::some_texts(9, 1);
    const auto base  = tiny<float>(false);
    context    c;
    pool       workers(3);
    context    many{workers};
    auto       whole = trainer::make(base, start_of(base)).value();
    for (int n = 0; n < 3; ++n) (void)whole.step(pointers(texts), 10'000, {.rate = 1e-2}, 1, c).value();
    for (const std::size_t together : {1u, 30u, 10'000u})
        for (const bool again : {false, true})
            for (context* on : {&c, &many}) {
                auto other = trainer::make(base, start_of(base), {.checkpoint_activations = again}).value();
                for (int n = 0; n < 3; ++n) (void)other.step(pointers(texts), together, {.rate = 1e-2}, 1, *on).value();
                CHECK(same(whole.updates(), other.updates()));
            }
}

TEST_CASE("a rule is learned by all numbers, the best state is given, and the base stays as it was") {
    for (const bool tied : {false, true}) {
        CAPTURE(tied);
        const auto base  = tiny<float>(tied);
        const auto first = start_of(base);
        const auto train = test::some_texts(60, 1), held_out = test::some_texts(12, 2);
        context    c;
        auto       how    = plain;
        how.epochs        = 6;
        const auto fitted = fit_weights(base, train, held_out, how, c).value();
        CHECK(fitted.loss < fitted.base_loss - .5);
        CHECK(fitted.step > 0);
        CHECK(fitted.steps == how.run_steps(train.size()));
        CHECK(same(first, start_of(base)));
        CHECK(fitted.updates.parameters() == base.parameters());
        CHECK(fitted.looks.front().step == 0);
        CHECK(fitted.looks.front().loss == fitted.base_loss);
        // What each text costs says the same.
        double      now = 0, before = 0;
        std::size_t labelled = 0;
        for (const tuning_text& t : held_out) labelled += t.labelled();
        for (const double x : text_losses(base, fitted.updates, held_out, 512, c).value()) now += x;
        for (const double x : text_losses(base, unfrozen_llama<float>{}, held_out, 512, c).value()) before += x;
        CHECK(now / static_cast<double>(labelled) == doctest::Approx(fitted.loss));
        CHECK(before / static_cast<double>(labelled) == doctest::Approx(fitted.base_loss));
        // Where nothing is better, the untouched base is given.
        how.optimiser.rate = 3, how.epochs = 1;
        const auto worse = fit_weights(base, train, held_out, how, c).value();
        CHECK(worse.step == 0);
        CHECK(worse.loss == worse.base_loss);
        CHECK(same(worse.updates, first));
    }
}

TEST_CASE("stopped after any step, saved, restored, on other threads: the same bits in the end") {
    const auto base  = tiny<float>(true);
    const auto train = test::some_texts(12, 1), held_out = test::some_texts(4, 2);
    context    c;
    pool       workers(2);
    context    many{workers};
    const auto all  = fit_weights(base, train, held_out, plain, c).value();
    auto       run  = run_of::make(base, start_of(base), train, held_out, plain, c).value();
    bool       more = true;
    while (more) {
        const auto  bytes = saved(run);
        auto        other = run_of::make(base, start_of(base), train, held_out, plain, many).value();
        byte_reader from(bytes);
        REQUIRE(other.restore(from));
        CHECK(other.steps() == run.steps());
        while (other.next(many).value()) {}
        const auto end = std::move(other).finish();
        CHECK(same(end.updates, all.updates));
        CHECK(end.step == all.step);
        CHECK(end.loss == all.loss);
        more = run.next(c).value();
    }
    CHECK(same(std::move(run).finish().updates, all.updates));
    // Without texts that judge the last state is kept, and until then none.
    auto        blind = run_of::make(base, start_of(base), train, {}, plain, c).value();
    const auto  bytes = saved(blind);
    byte_reader from(bytes);
    CHECK(blind.restore(from));
    while (blind.next(c).value()) {}
    CHECK(std::move(blind).finish().step == plain.run_steps(train.size()));
}

TEST_CASE("bytes that were cut or changed are refused, and nothing has changed") {
    const auto base = tiny<float>(false), other = tiny<float>(true);
    const auto train = test::some_texts(6, 1), held_out = test::some_texts(2, 2);
    context    c;
    auto       run = run_of::make(base, start_of(base), train, held_out, plain, c).value();
    (void)run.next(c).value();
    const auto good  = saved(run);
    const auto tells = [&](std::vector<std::byte> bytes) {
        byte_reader from(bytes);
        const auto  ok = run.restore(from);
        CHECK(saved(run) == good);
        return ok ? fault{} : ok.error().what;
    };
    for (std::size_t n = 0; n < good.size(); n += 997) {
        CAPTURE(n);
        CHECK(tells({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)}) != fault{});
    }
    auto longer = good;
    longer.push_back(std::byte{});
    CHECK(tells(longer) == fault::malformed);
    auto sick = good; // the last number but the moments: a weight far from both ends
    for (const std::size_t at : {good.size() / 5, good.size() / 2, good.size() - 8})
        for (std::size_t i = at / 4 * 4; i < std::min(at / 4 * 4 + 16, sick.size()); ++i) sick[i] = std::byte{0xff};
    CHECK(tells(sick) != fault{});
    // That of another model, and of updates.
    auto tied = run_of::make(other, start_of(other), train, held_out, plain, c).value();
    {
        const auto  bytes = saved(tied);
        byte_reader from(bytes);
        CHECK(run.restore(from).error().what == fault::other_run);
    }
    auto updates =
        lora_run<model>::make(base, lora_set<float>::make(lora_places(base), {.params = {.rank = 2}}).value(), train,
                              held_out, plain, c)
            .value();
    const auto  bytes = saved(updates);
    byte_reader from(bytes);
    CHECK(run.restore(from).error().what == fault::other_run);
    CHECK(saved(run) == good);
}

TEST_CASE("what cannot be tuned is refused, and a step that fails changes nothing") {
    const auto base  = tiny<float>(false);
    const auto texts = test::some_texts(4, 1);
    context    c;
    CHECK(trainer::make(base, start_of(tiny<float>(true))).error().what == fault::wrong_shape);
    CHECK(trainer::make(base, {}).error().what == fault::wrong_shape);
    CHECK(trainer::make(base, start_of(base), {.b_rate = 2}).error().what == fault::unsupported);
    auto sick                          = start_of(base);
    sick.layers[2].feed.up.W.row(1)[1] = std::numeric_limits<float>::quiet_NaN();
    const auto why                     = trainer::make(base, sick);
    REQUIRE_FALSE(why);
    CHECK(why.error().what == fault::not_finite);
    CHECK(why.error().subject == "model.layers.2.mlp.up_proj.weight");

    auto       t     = trainer::make(base, start_of(base)).value();
    const auto begun = saved(t);
    CHECK(t.step({}, 10, {}, 1, c).error().what == fault::no_input);
    CHECK(t.step(pointers(texts), 10, {.rate = -1}, 1, c).error().what == fault::bad_argument);
    CHECK(t.step(pointers(texts), 10, {}, -1, c).error().what == fault::bad_argument);
    std::stop_source halt;
    halt.request_stop();
    context stopped;
    stopped.stop = halt.get_token();
    CHECK(t.step(pointers(texts), 10, {}, 1, stopped).error().what == fault::stopped);
    CHECK(saved(t) == begun);
    CHECK(t.step(pointers(texts), 10, {.rate = 1e-3}, 1, c)); // and then goes on
    // A model that loses without bound: the loss is finite, its gradient is not.
    auto wild = start_of(base);
    for (float& x : wild.head.W.flat()) x *= 1e30f;
    auto       w   = trainer::make(base, wild).value();
    const auto was = saved(w);
    const auto bad = w.step(pointers(texts), 10, {.rate = 1e-3}, 1, c);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().what == fault::not_finite);
    CHECK(saved(w) == was);
    CHECK(fit_weights(base, {}, {}, plain, c).error().what == fault::no_input);
    auto long_text = texts;
    long_text[1].ids.assign(33, 1), long_text[1].labels.assign(33, 1);
    CHECK(fit_weights(base, long_text, {}, plain, c).error().what == fault::too_large);
}

TEST_CASE("the estimate of full tuning counts all numbers, and tells the memory of the run") {
    const auto base  = tiny<float>(false);
    const auto train = test::some_texts(40, 1), held_out = test::some_texts(10, 2);
    for (const bool again : {false, true}) {
        const fit_lora_params how{.batch = 8, .epochs = 1, .together = 200, .checkpoint_activations = again};
        context               c;
        const auto            told = estimate_tuning<run_of>(base, start_of(base), train, held_out, how, c).value();
        CHECK(told.parameters == base.parameters());
        CHECK(told.state_bytes == 20 * told.parameters);
        (void)fit_weights(base, train, held_out, how, c).value();
        CHECK(static_cast<double>(told.pass_bytes) == doctest::Approx(static_cast<double>(c.most_held())).epsilon(.03));
    }
}
