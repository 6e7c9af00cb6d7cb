// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/result.hpp>
#include <graft/tune/fit_lora.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a run will take beside its model, told before it: counted where that can be, measured by a short probe where not.
struct tuning_estimate {
    std::size_t parameters  = 0; ///< numbers that are tuned
    std::size_t steps       = 0; ///< of the whole run
    std::size_t rows        = 0; ///< that run together at most in a step
    std::size_t state_bytes = 0; ///< those numbers, their gradients, two moments each, and the best state
    std::size_t pass_bytes  = 0; ///< that the context holds at most (`arena::most_held`)
    double      seconds     = 0; ///< of all steps and all looks at held-out texts

    [[nodiscard]] std::size_t bytes() const noexcept { return state_bytes + pass_bytes; }
};

/// Estimates what a run of texts will take: `estimate_tuning<lora_run<llama<float>>>(model, updates, train, held_out, how, c)`.
///
/// The step of the run that reads most at once, and the held-out texts that are most rows read together, run with a trainer and memory of their own: the run stays the same to the
/// bit, and where memory does not suffice that is known in its first seconds. Time is carried on by the tokens that are read. What workers of the executor hold is
/// not counted: their panels for the backward pass of attention, some hundred KB each.
///
/// Takes    as `tuning_run::make`
/// Costs    two steps, two looks at the texts that are most rows together, and a count of the tokens of each epoch.
/// Fails    as `tuning_run::make` and `next`
template <class Run>
[[nodiscard]] result<tuning_estimate>
estimate_tuning(const typename Run::model_type& model, const typename Run::tuned& start,
                std::span<const tuning_text> train, std::span<const tuning_text> held_out, const fit_lora_params& how,
                context& c) {
    using trainer = typename Run::trainer_type;
    using texts   = std::span<const tuning_text* const>;
    using clock   = std::chrono::steady_clock;
    if (!how.valid()) return error{fault::bad_argument, unit::none, 0, "fit_lora"};
    auto one = trainer::make(model, start, {how.b_rate, how.seed, how.checkpoint_activations});
    if (!one) return one.error();
    if (auto ok = one->check(train); !ok) return ok.error();
    if (!held_out.empty())
        if (auto ok = one->check(held_out); !ok) return ok.error();

    tuning_estimate out{.parameters = start.parameters()};
    out.steps         = how.run_steps(train.size());
    out.state_bytes   = 5 * sizeof(float) * out.parameters;
    const auto tokens = [](auto all) {
        double n = 0;
        for (const tuning_text* t : all) n += static_cast<double>(t->ids.size());
        return n;
    };
    /// Seconds a token of the second of two runs: the first one also finds its memory.
    const auto probed = [&](texts some, const auto& run) -> result<double> {
        context own  = c.child();
        own.executor = c.executor;
        double last  = 0;
        for (int i = 0; i < 2; ++i) {
            const auto from = clock::now();
            if (auto ok = run(some, own); !ok) return ok.error();
            last = std::chrono::duration<double>(clock::now() - from).count();
        }
        out.pass_bytes = std::max(out.pass_bytes, own.most_held());
        return last / tokens(some);
    };

    std::vector<const tuning_text*> order, largest;
    for (std::size_t e = 0; e < how.epochs; ++e) {
        detail::order_epoch(train, how, e, order);
        for (std::size_t at = 0; at < order.size(); at += how.batch) {
            const texts       some = texts(order).subspan(at, std::min(how.batch, order.size() - at));
            const std::size_t rows = trainer::read_together(start, some, how.together).rows;
            if (rows > out.rows) out.rows = rows, largest.assign(some.begin(), some.end());
        }
    }
    const auto step = probed(
        largest, [&](texts some, context& own) { return one->step(some, how.together, how.optimiser, how.clip, own); });
    if (!step) return step.error();
    out.seconds = *step * tokens(std::span(order)) * static_cast<double>(how.epochs);
    if (held_out.empty()) return out;

    order.clear();
    for (const tuning_text& t : held_out) order.push_back(&t);
    const auto most = trainer::read_together(start, texts(order), how.together);
    const auto look = probed(texts(order).subspan(most.begin, most.end - most.begin),
                             [&](texts some, context& own) { return one->loss(some, how.together, own); });
    if (!look) return look.error();
    const std::size_t each = how.judge_each > 0 ? how.judge_each : how.epoch_steps(train.size());
    const std::size_t looks =
        (trainer::begins_as_base ? 1 : 2) + (out.steps - 1) / each + 1; // the base, the start, the rest
    out.seconds += *look * tokens(std::span(order)) * static_cast<double>(looks);
    return out;
}

} // namespace graft::inline GRAFT_ABI
