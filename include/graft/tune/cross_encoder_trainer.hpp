// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/models/bert_head.hpp>
#include <graft/tune/bce_logits.hpp>
#include <graft/tune/lora_moves.hpp>
#include <graft/tune/lora_trainer.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A question and a passage as a cross-encoder reads them, and whether the one answers the other.
struct judged_pair {
    std::vector<std::uint32_t> ids   = {};
    std::vector<std::uint8_t>  types = {}; ///< of each token
    float                      label = 0;  ///< 0: not at all, 1: it does; anything between for a teacher's judgement

    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t h = mix64(ids.size(), std::bit_cast<std::uint32_t>(label));
        for (const std::uint32_t id : ids) h = mix64(h, id);
        for (const std::uint8_t t : types) h = mix64(h, t);
        return h;
    }
};

/// A cross-encoder of one label that is tuned.
///
/// Borrows  the model.
struct cross_encoder_task {
    const bert<float>* model    = nullptr;
    double             positive = 1; ///< what a pair of label 1 weighs beside one of 0

    /// Whether the task can be done, and learned from pairs.
    ///
    /// Fails    `absent` without a model of pooler and classifier; `wrong_shape` where it has several labels, or a pair (row) not a type for each token;
    ///          `bad_argument` for a weight that cannot be, or a label outside of [0, 1]; `no_input` without pairs, or for an empty one; `too_large`, `unknown_id`
    [[nodiscard]] result<void> check(std::span<const judged_pair> pairs) const {
        if (model == nullptr || !model->pooler || !model->classifier)
            return error{fault::absent, unit::none, 0, "classifier"};
        if (model->classifier->out() != 1)
            return error{fault::wrong_shape, unit::none, model->classifier->out(), "labels of a classifier"};
        if (!(positive > 0) || !is_finite(positive)) return error{fault::bad_argument, unit::none, 0, "weight"};
        if (pairs.empty()) return error{fault::no_input, unit::none, 0, "pairs to learn from"};
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const judged_pair& p = pairs[i];
            if (p.ids.empty()) return error{fault::no_input, unit::row, i, "pair"};
            if (p.types.size() != p.ids.size()) return error{fault::wrong_shape, unit::row, i, "types"};
            if (p.ids.size() > model->config.positions)
                return error{fault::too_large, unit::row, i, "tokens of a pair"};
            if (!(p.label >= 0 && p.label <= 1)) return error{fault::bad_argument, unit::row, i, "label"};
            for (std::size_t t = 0; t < p.ids.size(); ++t)
                if (p.ids[t] >= model->config.vocabulary || p.types[t] >= model->config.types)
                    return error{fault::unknown_id, unit::row, i, "token"};
        }
        return done;
    }
};

/// Tunes the updates beside a frozen cross-encoder, a step at a time: the binary cross-entropy of some pairs, its gradient, AdamW.
///
/// The same steps give the same bits on any number of threads. A step that fails leaves the updates as they were.
/// Borrows  the task.
class cross_encoder_trainer {
    const cross_encoder_task*  task_;
    lora_moves                 moves_;
    bert_updates<float>        beside_;
    bert_grads<float>          into_;
    std::vector<std::uint32_t> ids_;
    std::vector<std::uint8_t>  types_;
    std::vector<std::size_t>   ends_;
    std::vector<float>         labels_;

    cross_encoder_trainer(const cross_encoder_task& task, lora_set<float> set, const lora_tuning& how)
        : task_(&task), moves_(std::move(set), how.b_rate) {}

    /// The part of the mean loss that runs of pairs have, added up; with `learn` its gradients too.
    [[nodiscard]] result<double> run(std::span<const judged_pair* const> pairs, std::size_t together, bool learn,
                                     context& c) {
        const auto& m   = *task_->model;
        double      sum = 0;
        for (std::size_t i = 0, n = 0; i < pairs.size(); i += n) {
            ids_.clear(), types_.clear(), ends_.clear(), labels_.clear();
            for (n = 0; i + n < pairs.size() && (n == 0 || ids_.size() + pairs[i + n]->ids.size() <= together); ++n) {
                const judged_pair& p = *pairs[i + n];
                ids_.insert(ids_.end(), p.ids.begin(), p.ids.end());
                types_.insert(types_.end(), p.types.begin(), p.types.end());
                ends_.push_back(ids_.size()), labels_.push_back(p.label);
            }
            const arena::scope      mine(c);
            const packed_tokens     in{ids_, types_, ends_};
            const auto              rows = detail::take_matrix<float>(c, ids_.size(), m.config.dims);
            const auto              z = detail::take_matrix<float>(c, n, 1), dz = detail::take_matrix<float>(c, n, 1);
            const bert_head<float>  head{m, beside_.pooler, beside_.classifier};
            bert<float>::saved      saved;
            bert_head<float>::saved kept;
            if (auto ok = m.forward(in, rows, beside_.layers, learn ? &saved : nullptr, c); !ok) return ok.error();
            if (auto ok = head.forward(rows, ends_, z, learn ? &kept : nullptr, c); !ok) return ok.error();
            sum += bce_logits<float>(std::span<const float>(z.data, n), labels_, static_cast<double>(pairs.size()),
                                     task_->positive, std::span<float>(dz.data, n));
            if (!learn) continue;
            std::fill_n(rows.data, rows.rows * rows.dims, 0.f); // what was read becomes its gradient
            if (auto ok = head.backward(ends_, kept, dz, into_, rows, c); !ok) return ok.error();
            if (auto ok = m.backward(in, saved, rows, beside_.layers, into_.layers, nullptr, c); !ok) return ok.error();
        }
        if (!is_finite(sum)) return error{fault::not_finite, unit::none, steps() + (learn ? 1 : 0), "loss"};
        return sum;
    }

public:
    using example    = judged_pair;
    using model_type = cross_encoder_task;
    /// What is tuned. It changes nothing until it is: the start is the untouched base.
    using tuned                          = lora_set<float>;
    static constexpr bool begins_as_base = true;

    cross_encoder_trainer(cross_encoder_trainer&&) noexcept            = default;
    cross_encoder_trainer& operator=(cross_encoder_trainer&&) noexcept = default;

    [[nodiscard]] result<void> check(std::span<const judged_pair> pairs) const { return task_->check(pairs); }
    /// Fails    as `lora_beside`: the updates are not those of this model; `no_input` where there is none; `absent` without a model of pooler and classifier; `unsupported`
    ///          for dropout, magnitudes and checkpointed activations; `bad_argument` for a rate that cannot be
    static result<cross_encoder_trainer>               make(const cross_encoder_task&&, lora_set<float>,
                                                            const lora_tuning& = {}) = delete;
    [[nodiscard]] static result<cross_encoder_trainer> make(const cross_encoder_task& task, lora_set<float> set,
                                                            const lora_tuning& how = {}) {
        if (task.model == nullptr || !task.model->pooler || !task.model->classifier)
            return error{fault::absent, unit::none, 0, "classifier"};
        if (set.entries.empty()) return error{fault::no_input, unit::none, 0, "updates"};
        if (!how.valid()) return error{fault::bad_argument, unit::none, 0, "lora tuning"};
        if (set.dropout != 0) return error{fault::unsupported, unit::none, 0, "dropout"};
        if (how.checkpoint_activations) return error{fault::unsupported, unit::none, 0, "checkpointed activations"};
        for (const auto& e : set.entries)
            if (!e.update.m.flat().empty()) return error{fault::unsupported, unit::none, 0, e.name + ": magnitudes"};
        cross_encoder_trainer made(task, std::move(set), how);
        auto                  beside = lora_beside(*task.model, made.moves_.set());
        if (!beside) return beside.error();
        made.beside_ = std::move(*beside);
        made.into_   = lora_grads_beside(*task.model, made.moves_.set(), made.moves_.grads());
        return made;
    }

    [[nodiscard]] const lora_set<float>& updates() const noexcept { return moves_.set(); }
    [[nodiscard]] std::size_t            steps() const noexcept { return moves_.steps(); } ///< that were done
    [[nodiscard]] std::uint64_t          hash() const noexcept { return std::bit_cast<std::uint64_t>(task_->positive); }

    /// The mean loss of some pairs.
    ///
    /// Takes    pairs that `cross_encoder_task::check` found sound; how many tokens may run together
    /// Fails    `not_finite`; stopped, timed_out
    [[nodiscard]] result<double> loss(std::span<const judged_pair* const> pairs, std::size_t together, context& c) {
        return run(pairs, together, false, c);
    }
    /// One step on a batch of pairs: as `encoder_trainer::step`.
    [[nodiscard]] result<tuning_step> step(std::span<const judged_pair* const> pairs, std::size_t together,
                                           const adamw_params& by, double clip, context& c) {
        if (pairs.empty()) return error{fault::no_input, unit::none, 0, "pairs"};
        tuning_step told{.step = steps() + 1, .rate = by.rate, .labelled = pairs.size()};
        for (const judged_pair* p : pairs) told.tokens += p->ids.size();
        moves_.begin();
        const auto lost = run(pairs, together, true, c);
        if (!lost) return lost.error();
        const auto length = moves_.step(by, clip);
        if (!length) return length.error();
        told.loss = *lost, told.norm = *length;
        return told;
    }

    static void save_state(byte_writer& to, const tuned& set) { lora_moves::save_state(to, set); }
    [[nodiscard]] result<lora_set<float>> load_state(byte_reader& from) const { return moves_.load_state(from); }

    /// The updates, their moments and the number of steps; not the model.
    void                       save(byte_writer& to) const { moves_.save(to); }
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        return moves_.restore(from, after);
    }
};

} // namespace graft::inline GRAFT_ABI
