// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/eval/loss_change.hpp>
#include <graft/eval/tuning_advice.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace graft;

TEST_CASE("a change of loss weighs texts by their tokens, and its interval holds what texts do together") {
    const std::vector<double> before = {10, 4, 9}, after = {8, 3, 6.75}, tokens = {8, 4, 9};
    const auto                change = loss_change::of(before, after, tokens).value();
    CHECK(change.before == doctest::Approx(23. / 21));
    CHECK(change.after == doctest::Approx(17.75 / 21));
    CHECK(change.change.mean == doctest::Approx(-5.25 / 21));
    CHECK(change.change.low == -.25); // of each text alone: -2 / 8, -1 / 4, -2.25 / 9
    CHECK(change.change.high == -.25);
    const auto none = loss_change::of(before, before, tokens).value();
    CHECK(none.change.mean == 0);
    CHECK(none.after == none.before);
    CHECK(none.change.p == 1);
    const auto one =
        loss_change::of(std::span(before).first(1), std::span(after).first(1), std::span(tokens).first(1)).value();
    CHECK(one.change.mean == -.25);
    CHECK(std::isinf(one.change.low)); // a text says nothing of others
    CHECK(one.change.high == -one.change.low);
    CHECK_FALSE(more_texts_help(one));
    CHECK(advise({.held_out = one, .kept = 1, .steps = 1}) == tuning_advice::hold_out);
    CHECK(loss_change::of(before, std::span(after).first(2), tokens).error().what == fault::wrong_shape);
    CHECK(loss_change::of(before, after, std::span(tokens).first(2)).error().what == fault::wrong_shape);
    CHECK(loss_change::of({}, {}, {}).error().what == fault::no_input);
}

TEST_CASE("the first rule that holds is what is advised, at each border") {
    const auto of = [](double before, double after, double low, double high) {
        return loss_change{before, after, {after - before, low, high, .01}};
    };
    const tuning_figures good{.held_out    = of(3, 2, -1.2, -.8),
                              .keep        = of(2, 2.01, 0, .02),
                              .kept        = 30,
                              .steps       = 30,
                              .last        = 2,
                              .before_last = 2.001};
    CHECK(advise(good) == tuning_advice::keep);

    auto f     = good;
    f.held_out = {};
    CHECK(advise(f) == tuning_advice::hold_out);

    f = good, f.base = true;
    CHECK(advise(f) == tuning_advice::keep_base);
    f = good, f.held_out->change.high = -1e-9;
    CHECK(advise(f) == tuning_advice::keep);
    f.held_out->change.high = 0;
    CHECK(advise(f) == tuning_advice::keep_base);

    f = good, f.keep->change.mean = .05;
    CHECK(advise(f) == tuning_advice::keep);
    f.keep->change.mean = .0501;
    CHECK(advise(f) == tuning_advice::rehearse);
    CHECK(advise(f, {.forgetting = .06}) == tuning_advice::keep);
    f.held_out->change.high = .1; // what is no better need not be mended
    CHECK(advise(f) == tuning_advice::keep_base);
    f = good, f.keep = {};
    CHECK(advise(f) == tuning_advice::keep);

    f = good, f.kept = 20, f.last = 2.02;
    CHECK(advise(f) == tuning_advice::keep);
    f.last = 2.021;
    CHECK(advise(f) == tuning_advice::collect_more);
    CHECK(advise(f, {.rising = .1}) == tuning_advice::keep);

    f = good, f.before_last = 4, f.last = 3.961;
    CHECK(advise(f) == tuning_advice::keep);
    f.last = 3.95;
    CHECK(advise(f) == tuning_advice::train_longer);
    CHECK(advise(f, {.falling = .1}) == tuning_advice::keep);
    f.kept = 29; // an earlier one was better
    CHECK(advise(f) != tuning_advice::train_longer);

    for (int a = 0; a < 6; ++a) {
        CHECK_FALSE(explain(static_cast<tuning_advice>(a)).empty());
        CHECK_FALSE(name(static_cast<tuning_advice>(a)).empty());
    }
    CHECK(more_texts_help(of(2, 1.9, -.2, -1e-9)));
    CHECK_FALSE(more_texts_help(of(2, 1.9, -.2, 0)));
}
