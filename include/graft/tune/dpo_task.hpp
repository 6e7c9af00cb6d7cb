// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/result.hpp>
#include <graft/models/packed_tokens.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/nn/row_functions.hpp>
#include <graft/tune/dpo.hpp>
#include <graft/tune/tuning_text.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Two answers to one prompt, of which one is better. Their labelled tokens are what is compared.
struct preference_pair {
    tuning_text                   chosen, rejected;
    std::optional<pair_log_probs> reference =
        {}; ///< what the model says of both before it is tuned: `dpo_task::make_ready`

    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t h = mix64(chosen.hash(), rejected.hash());
        if (reference)
            for (const double x : {reference->chosen, reference->rejected})
                h = mix64(h, std::bit_cast<std::uint64_t>(x));
        return h;
    }
};

namespace detail {

/// The log-probability of each text of a run: that of its labelled tokens, added up.
///
/// Takes    `by_row`, the loss of each row
inline void log_probs_of(const packed_texts& run, std::span<const double> by_row, std::span<double> each) noexcept {
    for (std::size_t t = 0, row = 0; t < run.ends.size(); ++t) {
        double sum = 0;
        for (; row < run.ends[t]; ++row) sum -= by_row[row];
        each[t] = sum;
    }
}
/// The rows that the head takes of a run of pairs become the gradient of what the pairs lose.
///
/// Takes    y [tokens, width]; `lose(log-probabilities)`, which gives the gradient for those of a pair, of the next each time
template <std::floating_point Scalar, class Head, class Lose>
[[nodiscard]] result<void> lose_pairs(const Head& head, const packed_texts& run, matrix_view<Scalar> y,
                                      const Lose& lose, context& c) {
    const arena::scope mine(c);
    const auto         by_row = c.take_raw<double>(y.rows);
    const auto         each   = c.take_raw<double>(run.ends.size());
    if (const auto lost = head_loss<Scalar>(head, y, run.labels, 1, by_row, y, c); !lost) return lost.error();
    log_probs_of(run, by_row, each); // and y is the gradient of minus their sum
    for (std::size_t t = 0, row = 0; t < each.size(); t += 2) {
        const pair_log_probs d = lose(pair_log_probs{each[t], each[t + 1]});
        for (const auto& [end, by] : {std::pair(run.ends[t], d.chosen), std::pair(run.ends[t + 1], d.rejected)})
            for (; row < end; ++row)
                row_functions<Scalar>().scaled(static_cast<Scalar>(-by), y.row(row).data(), y.row(row).data(), y.dims);
    }
    return done;
}
/// Calls f(i, log-probabilities) for each of some pairs, which `read(run, y, c)` reads.
template <class Model, class Read, class F>
[[nodiscard]] result<void> each_pair(const Model& m, packed_texts& run, std::span<const preference_pair* const> pairs,
                                     std::size_t together, const Read& read, const F& f, context& c) {
    std::vector<const tuning_text*> texts;
    for (const preference_pair* p : pairs) texts.insert(texts.end(), {&p->chosen, &p->rejected});
    std::size_t at = 0;
    return run.each_run(
        texts, together, 0,
        [&]() -> result<void> {
            const arena::scope mine(c);
            const auto         y      = take_matrix<float>(c, run.ids.size(), m.config.width);
            const auto         by_row = c.take_raw<double>(run.ids.size());
            const auto         each   = c.take_raw<double>(run.ends.size());
            if (auto ok = read(run, y, c); !ok) return ok;
            if (const auto lost = head_loss<float>(m.head, y, run.labels, 1, by_row, {}, c); !lost) return lost.error();
            log_probs_of(run, by_row, each);
            for (std::size_t i = 0; i < each.size(); i += 2) f(at++, pair_log_probs{each[i], each[i + 1]});
            return done;
        },
        2);
}

} // namespace detail

/// A decoder that is tuned on preferences. The reference is the model itself without what is tuned beside it: no second copy is held.
///
/// To begin behind another adapter, merge that first, or the reference is the model before it.
/// Borrows  the model: `llama`.
template <class Model>
struct dpo_task {
    const Model* model = nullptr;
    double       beta  = .1; ///< β: the greater, the less the model leaves the reference

    /// Asks the reference of pairs, once and for all.
    ///
    /// Takes    how many tokens may run together
    /// Costs    a pass over both texts of each pair
    /// Fails    as `check`; `not_finite` (row); stopped, timed_out: then some have no reference yet
    [[nodiscard]] result<void> make_ready(std::span<preference_pair> pairs, std::size_t together, context& c) const {
        if (auto ok = sound(pairs); !ok) return ok;
        std::vector<const preference_pair*> all;
        for (const preference_pair& p : pairs) all.push_back(&p);
        packed_texts run;
        const auto   read = [&](const packed_texts& of, matrix_view<float> y, context& by) {
            return model->forward(packed_tokens{of.ids, {}, of.ends}, y, {}, nullptr, by);
        };
        auto ok = detail::each_pair(
            *model, run, all, together, read,
            [&](std::size_t i, const pair_log_probs& said) { pairs[i].reference = said; }, c);
        return ok ? check(pairs) : ok;
    }

    /// Whether pairs can be learned from.
    ///
    /// Fails    `absent` without a model, or for a pair (row) without a reference; `bad_argument` for β; for a text (row: the pair) as `check_tuning_texts`;
    ///          `duplicate_id` (row) for a pair whose answers are one; `malformed` (row) for one whose prompts are two; `not_finite` (row)
    [[nodiscard]] result<void> check(std::span<const preference_pair> pairs) const {
        if (auto ok = sound(pairs); !ok) return ok;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto& said = pairs[i].reference;
            if (!said) return error{fault::absent, unit::row, i, "reference"};
            if (!is_finite(said->chosen) || !is_finite(said->rejected))
                return error{fault::not_finite, unit::row, i, "reference"};
        }
        return done;
    }
    [[nodiscard]] std::uint64_t hash() const noexcept {
        return mix64(0x64706f /* "dpo" */, std::bit_cast<std::uint64_t>(beta));
    }

private:
    [[nodiscard]] result<void> sound(std::span<const preference_pair> pairs) const {
        if (model == nullptr) return error{fault::absent, unit::none, 0, "model"};
        if (!is_finite(beta) || !(beta > 0)) return error{fault::bad_argument, unit::none, 0, "beta"};
        if (pairs.empty()) return error{fault::no_input, unit::none, 0, "pairs to learn from"};
        const auto prompt = [](const tuning_text& t) {
            const auto first = std::ranges::find_if(t.labels, [](std::int64_t l) { return l != ignored_label; });
            return std::span(t.ids).first(static_cast<std::size_t>(first - t.labels.begin()) + 1);
        };
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const tuning_text &good = pairs[i].chosen, &bad = pairs[i].rejected;
            for (const tuning_text* t : {&good, &bad})
                if (auto ok = check_tuning_texts({t, 1}, model->config.positions, model->config.vocabulary); !ok) {
                    error why = ok.error();
                    why.where = i;
                    return why;
                }
            if (good.ids == bad.ids && good.labels == bad.labels)
                return error{fault::duplicate_id, unit::row, i, "answers of a pair"};
            if (!std::ranges::equal(prompt(good), prompt(bad)))
                return error{fault::malformed, unit::row, i, "prompts of a pair"};
        }
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
