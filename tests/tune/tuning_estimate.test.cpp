// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/tune/tuning_estimate.hpp>

#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <span>
#include <vector>

using namespace graft;
using test::same;

namespace {

using run_of = lora_run<llama<float>>;

lora_set<float> fresh(const llama<float>& m, double dropout = 0) {
    return lora_set<float>::make(lora_places(m), {.params = {.rank = 2, .seed = 4}, .dropout = dropout}).value();
}

/// Texts of other lengths than the usual ones, up to all positions.
std::vector<tuning_text> long_texts(std::size_t n) {
    std::vector<tuning_text> all;
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<std::uint32_t> ids(4 + i * 7 % 29, static_cast<std::uint32_t>(i % 40));
        all.push_back(tuning_text::of({}, ids));
    }
    return all;
}

} // namespace

TEST_CASE("the estimate counts what is tuned, and tells the memory of the run within 3 percent") {
    const auto m = test::tiny_llama<float>(3);
    for (const bool uneven : {false, true})
        for (const std::size_t batch : {1u, 3u, 8u})
            for (const std::size_t together : {20u, 100u}) {
                CAPTURE(batch);
                CAPTURE(together);
                CAPTURE(uneven);
                const auto train    = uneven ? long_texts(40) : test::some_texts(40, 1),
                           held_out = test::some_texts(10, 2);
                const fit_lora_params how{.batch = batch, .epochs = 2, .together = together};
                context               c;
                const auto            told = estimate_tuning<run_of>(m, fresh(m), train, held_out, how, c).value();
                CHECK(c.most_held() == 0);
                CHECK(told.parameters == fresh(m).parameters());
                CHECK(told.state_bytes == 20 * told.parameters);
                CHECK(told.seconds > 0);
                const auto fitted = fit_lora(m, fresh(m), train, held_out, how, c).value();
                CHECK(told.steps == fitted.steps);
                CHECK(static_cast<double>(told.pass_bytes) ==
                      doctest::Approx(static_cast<double>(c.most_held())).epsilon(.03));
            }
}

TEST_CASE("the estimate of checkpointed activations is that of their run") {
    const auto      m     = test::tiny_llama<float>(3);
    const auto      train = test::some_texts(40, 1), held_out = test::some_texts(10, 2);
    context         c;
    fit_lora_params how{.batch = 8, .epochs = 1, .together = 200};
    const auto      plain      = estimate_tuning<run_of>(m, fresh(m), train, held_out, how, c).value();
    how.checkpoint_activations = true;
    const auto told            = estimate_tuning<run_of>(m, fresh(m), train, held_out, how, c).value();
    CHECK(told.pass_bytes < plain.pass_bytes);
    (void)fit_lora(m, fresh(m), train, held_out, how, c).value();
    CHECK(static_cast<double>(told.pass_bytes) == doctest::Approx(static_cast<double>(c.most_held())).epsilon(.03));
}

TEST_CASE("a run is the same to the bit, whether it was estimated or not, on any number of threads") {
    const auto            m     = test::tiny_llama<float>(5);
    const auto            train = test::some_texts(12, 1), held_out = test::some_texts(4, 2);
    const fit_lora_params how{.optimiser = {.rate = 1e-2}, .batch = 3, .epochs = 2, .seed = 3};
    context               c;
    pool                  workers(2);
    context               many{workers};
    const auto            plain = fit_lora(m, fresh(m, .1), train, held_out, how, c).value();
    const auto            start = fresh(m, .1);
    const auto            one   = estimate_tuning<run_of>(m, start, train, held_out, how, many).value();
    CHECK(same(start, fresh(m, .1)));
    CHECK(one.pass_bytes == estimate_tuning<run_of>(m, start, train, held_out, how, many)->pass_bytes);
    const auto after = fit_lora(m, start, train, held_out, how, many).value();
    CHECK(same(after.updates, plain.updates));
    CHECK(after.loss == plain.loss);
}

TEST_CASE("virtual tokens count among the rows") {
    const auto            m     = test::tiny_llama<float>(3);
    const auto            train = test::some_texts(30, 1), held_out = test::some_texts(10, 2);
    const fit_lora_params how{.batch = 3, .epochs = 2, .together = 60};
    context               c;
    const auto            text  = std::vector<std::uint32_t>{1, 2, 3};
    auto                  start = soft_prompt_of(m, std::span<const std::uint32_t>(text), 5).value();
    const auto told = estimate_tuning<soft_prompt_run<llama<float>>>(m, start, train, held_out, how, c).value();
    CHECK(told.parameters == 5 * 16);
    context run;
    auto    it = soft_prompt_run<llama<float>>::make(m, std::move(start), train, held_out, how, run).value();
    while (it.next(run).value()) {}
    CHECK(static_cast<double>(told.pass_bytes) == doctest::Approx(static_cast<double>(run.most_held())).epsilon(.03));
}

TEST_CASE("an estimate refuses what a run would, and can be stopped") {
    const auto            m     = test::tiny_llama<float>(3);
    const auto            train = test::some_texts(4, 1);
    context               c;
    const fit_lora_params how;
    CHECK(estimate_tuning<run_of>(m, fresh(m), {}, {}, how, c).error().what == fault::no_input);
    CHECK(estimate_tuning<run_of>(m, {}, train, {}, how, c).error().what == fault::no_input);
    CHECK(estimate_tuning<run_of>(m, fresh(m), train, {}, {.batch = 0}, c).error().what == fault::bad_argument);
    CHECK(estimate_tuning<run_of>(m, fresh(m), train, {}, how, c)->seconds > 0);
    c.deadline = context::clock::now();
    CHECK(estimate_tuning<run_of>(m, fresh(m), train, {}, how, c).error().what == fault::timed_out);
}
