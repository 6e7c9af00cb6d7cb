// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/tune/decoder_lora.hpp>
#include <graft/tune/dpo_task.hpp>
#include <graft/tune/lora_trainer.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a model prefers among some pairs, each number a mean over them. The listener hears it before the `tuning_step` or `tuning_look` that it belongs to.
struct preference_report {
    std::size_t    pairs    = 0;
    bool           judges   = false; ///< of a look; else of a step, before it is taken
    double         loss     = 0;     ///< in nats
    double         margin   = 0;     ///< of the rewards
    double         accuracy = 0;     ///< share of the pairs with a margin above 0
    pair_log_probs said     = {};    ///< of the answers, by the model as it is

    /// Takes one pair more. Numbers that are equal have that mean, to the bit.
    void add(const pair_log_probs& policy, const dpo_judgement& by) noexcept {
        const auto n    = static_cast<double>(++pairs);
        const auto move = [&](double& mean, double x) { mean += (x - mean) / n; };
        move(loss, by.loss), move(margin, by.margin), move(accuracy, by.margin > 0 ? 1 : 0);
        move(said.chosen, policy.chosen), move(said.rejected, policy.rejected);
    }
    [[nodiscard]] bool finite() const noexcept {
        return is_finite(loss) && is_finite(said.chosen) && is_finite(said.rejected);
    }
};

/// Tunes the updates beside a frozen language model on preferences, a step at a time, as `lora_trainer` does on texts: `dpo_loss` of some pairs, its
/// gradient, AdamW. What runs it decides on pairs and rates (`dpo_run`).
///
/// Both texts of a pair run together, each with the prompt. Pairs are judged by themselves: those of a step may run in any number of parts. Without
/// magnitudes the loss before the first step is log 2, exactly; DoRA rounds otherwise, so with it log 2 but for the last bits.
///
/// The same steps give the same bits on any number of threads. A step that fails leaves the updates as they were, but for rows without a length.
/// Borrows  the task and its model.
template <class Model>
class dpo_trainer {
    const dpo_task<Model>* task_;
    decoder_lora<Model>    it_;
    packed_texts           run_;

    dpo_trainer(const dpo_task<Model>& task, decoder_lora<Model> it) : task_(&task), it_(std::move(it)) {}

public:
    using example    = preference_pair;
    using model_type = dpo_task<Model>;
    /// What is tuned. It changes nothing until it is: the start is the reference.
    using tuned                          = lora_set<float>;
    static constexpr bool begins_as_base = true;

    /// Fails    as `dpo_task::check`
    [[nodiscard]] result<void> check(std::span<const preference_pair> pairs) const { return task_->check(pairs); }
    /// Fails    `absent` without a model; as `decoder_lora::make`
    static result<dpo_trainer> make(const dpo_task<Model>&&, lora_set<float>, const lora_tuning& = {}) = delete;
    [[nodiscard]] static result<dpo_trainer> make(const dpo_task<Model>& task, lora_set<float> set,
                                                  const lora_tuning& how = {}) {
        if (task.model == nullptr) return error{fault::absent, unit::none, 0, "model"};
        auto it = decoder_lora<Model>::make(*task.model, std::move(set), how);
        if (!it) return it.error();
        return dpo_trainer(task, std::move(*it));
    }

    [[nodiscard]] const lora_set<float>& updates() const noexcept { return it_.updates(); }
    [[nodiscard]] std::size_t            steps() const noexcept { return it_.steps(); } ///< that were done
    /// Of what a run must be the same for besides its own parameters and its pairs, whose hashes hold what the reference says.
    [[nodiscard]] std::uint64_t hash() const noexcept {
        return mix64(task_->hash(), std::bit_cast<std::uint64_t>(updates().dropout));
    }

    /// What the model prefers among some pairs.
    ///
    /// Takes    pairs that `dpo_task::check` found sound; how many tokens may run together
    /// Fails    `not_finite`; stopped, timed_out
    [[nodiscard]] result<preference_report> judge(std::span<const preference_pair* const> pairs, std::size_t together,
                                                  context& c) {
        preference_report told{.judges = true};
        auto              ok = detail::each_pair(
            *task_->model, run_, pairs, together,
            [&](const packed_texts& of, matrix_view<float> y, context& by) { return it_.read(of, y, by); },
            [&](std::size_t i, const pair_log_probs& said) {
                told.add(said, dpo_loss(said, *pairs[i]->reference, task_->beta));
            },
            c);
        if (!ok) return ok.error();
        if (!told.finite()) return error{fault::not_finite, unit::none, steps(), "loss"};
        return told;
    }
    /// Its loss. The listener hears the report.
    [[nodiscard]] result<double> loss(std::span<const preference_pair* const> pairs, std::size_t together, context& c) {
        const auto told = judge(pairs, together, c);
        if (!told) return told.error();
        (void)c.emit(*told);
        return told->loss;
    }

    /// One step on some pairs: the gradient of their mean loss.
    ///
    /// Takes    as `judge`: gradients of several runs are added up; `clip`, the length to which a longer gradient is cut, or 0
    /// Gives    tokens and labelled ones of both texts of each pair
    /// Costs    as `decoder_lora::learn` a run, which has both texts of a pair at least.
    /// Fails    `not_finite` where loss or gradient are; `bad_argument` for parameters that are out of range; stopped, timed_out
    [[nodiscard]] result<tuning_step> step(std::span<const preference_pair* const> pairs, std::size_t together,
                                           const adamw_params& by, double clip, context& c) {
        if (pairs.empty()) return error{fault::no_input, unit::none, 0, "pairs"};
        if (auto may = it_.begin(by, clip); !may) return may.error();
        tuning_step                     told{.step = steps() + 1, .rate = by.rate};
        preference_report               prefers;
        std::vector<const tuning_text*> texts;
        for (const preference_pair* p : pairs)
            for (const tuning_text* t : {&p->chosen, &p->rejected}) {
                texts.push_back(t);
                told.labelled += t->labelled(), told.tokens += t->ids.size();
            }
        const auto prefer = [&](const pair_log_probs& policy) {
            auto judged = dpo_loss(policy, *pairs[prefers.pairs]->reference, task_->beta);
            prefers.add(policy, judged);
            for (double* d : {&judged.gradient.chosen, &judged.gradient.rejected})
                *d /= static_cast<double>(pairs.size());
            return judged.gradient;
        };
        const auto lose = [&](matrix_view<float> y) {
            return detail::lose_pairs<float>(task_->model->head, run_, y, prefer, c);
        };
        if (auto ok = run_.each_run(texts, together, 0, [&] { return it_.learn(run_, lose, c); }, 2); !ok)
            return ok.error();
        if (!prefers.finite()) return error{fault::not_finite, unit::none, told.step, "loss"};
        const auto length = it_.step(by, clip, c);
        if (!length) return length.error();
        told.loss = prefers.loss, told.norm = *length;
        (void)c.emit(prefers);
        return told;
    }

    static void save_state(byte_writer& to, const tuned& set) { lora_moves::save_state(to, set); }
    /// Fails    as `lora_moves::load_state`
    [[nodiscard]] result<lora_set<float>> load_state(byte_reader& from) const { return it_.load_state(from); }
    /// The updates, their moments and the number of steps; neither the model nor what it says of the pairs.
    void save(byte_writer& to) const { it_.save(to); }
    /// Fails    as `lora_moves::restore`
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        return it_.restore(from, after);
    }
};

} // namespace graft::inline GRAFT_ABI
