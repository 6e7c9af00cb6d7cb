// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/query_adapter.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/progress_steps.hpp>
#include <graft/tune/adamw.hpp>
#include <graft/tune/held_out.hpp>
#include <graft/tune/query_step.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How a query adapter is tuned.
struct fit_query_adapter_params {
    lora_params  update         = {.rank = 16, .alpha = 16}; ///< its seed is `seed` below
    adamw_params optimiser      = {};
    std::size_t  epochs         = 60;
    std::size_t  batch          = 64; ///< pairs a step; each pair's passage is a negative for the others
    float        scale          = 20; ///< of the cosine, 1 / temperature
    std::size_t  hard_negatives = 0;  ///< a pair: passages that the base ranks `hard_from` … `hard_to` for its question
    std::size_t  hard_from      = 10; ///< ranks from 1, both ends included
    std::size_t  hard_to        = 50;
    double hold_out  = .1;   ///< share of the questions, or groups, that judge instead of train; above 0: one of three
    bool   keep_best = true; ///< give the best held-out state, which may be the untouched base
    std::size_t   patience = 15; ///< with keep_best: epochs without a better state before it stops; 0: never
    std::uint64_t seed     = 0;
};

/// What the listener is told after every epoch; epoch 0 is the untouched base.
struct fit_event {
    std::size_t epoch         = 0;
    double      loss          = 0;  ///< mean over the pairs; 0 at epoch 0
    double      held_out_ndcg = -1; ///< nDCG@10 on the held-out questions; -1: none held out
    bool        best          = false;
};

/// A tuned adapter, and what it gained where it did not train.
struct fitted_query_adapter {
    query_adapter adapter;
    std::size_t   epoch     = 0;                        ///< the epoch that was kept; 0: the untouched base
    double        base_ndcg = -1;                       ///< nDCG@10 of the base on the held-out questions
    double        ndcg      = -1;                       ///< of what was kept
    std::size_t   train = 0, held_out = 0, skipped = 0; ///< questions; skipped: those whose vector is zero
};

/// Learns a low-rank update on the question side from (question, passage) pairs: InfoNCE over the identity, AdamW.
///
///     y = x + scale · B (A x);  in-batch negatives; other positives of the same question and repeated passages are masked out
///
///     const auto watch = [](const fit_event& e) { std::printf("%zu %f\n", e.epoch, e.held_out_ndcg); };
///     context    c(threads(4));
///     c.listener = listen_to<fit_event>(watch);
///     auto fitted = fit_query_adapter(judged, embed.fingerprint(), {}, c);
///
/// Takes    `judged`: question vectors, unit passage rows, pairs; `base`: the embedder's fingerprint. The listener hears a
///          `fit_event` after every epoch; when it has heard enough (it gives false), training ends with what is best so far.
/// Gives    the same bytes for every executor: a step folds blocks of 16 pairs in block order. Progress is told in pairs.
/// Fails    `no_input` without pairs, or with fewer than two questions left to train on, or when all pairs point at one passage
///          (nothing to tell apart); `unknown_id` (row) for a pair beyond the rows; `not_finite` (row) for a vector that is;
///          `rank_too_high`; `bad_argument`; `wrong_shape`; `stopped` and `timed_out`, asked before each block of a step.
[[nodiscard]] inline result<fitted_query_adapter> fit_query_adapter(const training_pairs& judged, std::uint64_t base,
                                                                    const fit_query_adapter_params& p, context& c) {
    if (auto ok = judged.check(c); !ok) return ok.error();
    if (p.batch < 2 || p.epochs == 0 || !(p.hold_out >= 0 && p.hold_out < 1) || p.hard_from == 0 ||
        p.hard_to < p.hard_from || !(p.scale > 0) || !is_finite(p.scale) || !p.optimiser.valid())
        return error{fault::bad_argument, unit::none, 0, "fit_query"};
    const std::size_t dims  = judged.questions.dims;
    lora_params       begin = p.update;
    begin.seed              = p.seed;
    auto update             = lora<float>::make(dims, dims, begin);
    if (!update) return update.error();

    auto split = held_out_split::make(judged, p.hold_out, p.seed);
    if (!split) return split.error();
    const held_out_judge judge(judged, split->held_out);

    fitted_query_adapter best;
    best.train = split->train_questions, best.held_out = split->held_out.size(), best.skipped = split->skipped;
    best.adapter = {*update, base, judged.digest(), p.seed};
    with_lora<identity<float>> layer{{dims}, std::move(*update)};
    progress_steps             told(c, p.epochs * split->train.size());
    const auto                 judged_now = [&]() -> result<double> {
        told.next(0); // not told: how long it takes beside a step is not known
        if (split->held_out.empty()) return -1.;
        return judge.ndcg(layer, c);
    };
    const auto untouched = judged_now();
    if (!untouched) return untouched.error();
    best.base_ndcg = best.ndcg = *untouched;
    if (!c.emit(fit_event{0, 0, best.base_ndcg, true})) {
        told.all();
        return best;
    }

    const auto hard = p.hard_negatives > 0 ? judge.mine(split->train, p.hard_from, p.hard_to, c)
                                           : result<mined_negatives>(mined_negatives{});
    if (!hard) return hard.error();
    adamw<float>            moves_A(layer.update.A.flat().size()), moves_B(layer.update.B.flat().size());
    query_step              step(judged, p.scale);
    std::vector<query_pair> order = split->train;
    for (std::size_t epoch = 1; epoch <= p.epochs; ++epoch) {
        counter_random draw(p.seed, mix64(0x65706f6368 /* "epoch" */, epoch));
        order = split->train;
        draw.shuffle(std::span(order));
        double loss = 0;
        for (std::size_t at = 0; at < order.size(); at += p.batch) {
            const auto pairs = std::span<const query_pair>(order).subspan(at, std::min(p.batch, order.size() - at));
            told.next(pairs.size());
            const auto lost = step.run(layer, pairs, *hard, p.hard_negatives, draw, c);
            if (!lost) return lost.error();
            loss += *lost;
            if (auto ok = moves_A.step(layer.update.A.flat(), step.gradient().A.flat(), p.optimiser); !ok)
                return ok.error();
            if (auto ok = moves_B.step(layer.update.B.flat(), step.gradient().B.flat(), p.optimiser); !ok)
                return ok.error();
        }
        if (!all_finite(std::span<const float>(layer.update.A.flat())) ||
            !all_finite(std::span<const float>(layer.update.B.flat())))
            return error{fault::not_finite, unit::none, epoch, "weights"};
        fit_event  event{epoch, loss / static_cast<double>(order.size()), -1, false};
        const auto now = judged_now();
        if (!now) return now.error();
        event.held_out_ndcg = *now;
        event.best          = !p.keep_best || split->held_out.empty() || event.held_out_ndcg > best.ndcg;
        if (event.best) best.epoch = epoch, best.ndcg = event.held_out_ndcg, best.adapter.update = layer.update;
        if (!c.emit(event)) break;
        if (p.keep_best && p.patience > 0 && !split->held_out.empty() && epoch - best.epoch >= p.patience) break;
    }
    told.all();
    return best;
}
/// The same in a context of its own.
[[nodiscard]] inline result<fitted_query_adapter> fit_query_adapter(const training_pairs& judged, std::uint64_t base,
                                                                    const fit_query_adapter_params& p = {},
                                                                    context&&                       c = {}) {
    return fit_query_adapter(judged, base, p, c);
}

} // namespace graft::inline GRAFT_ABI
