// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/tune/lora_moves.hpp>
#include <graft/tune/tuning_text.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What one step did.
struct tuning_step {
    std::size_t step     = 0; ///< from 1
    double      loss     = 0; ///< mean over the labelled tokens, before the step, in nats
    double      norm     = 0; ///< of the gradient, before it is clipped
    double      rate     = 0; ///< the learning rate that it had
    std::size_t labelled = 0, tokens = 0;
};

/// Tunes the updates beside a frozen language model, a step at a time: the loss of some texts, its gradient, AdamW. What runs it decides on texts and
/// rates (`fit_lora`).
///
/// The same steps give the same bits on any number of threads. A step that fails leaves the updates as they were, but for rows without a length.
/// Borrows  the model, a decoder of whole texts: `llama`.
template <class Model>
class lora_trainer {
    using beside_list = std::vector<typename Model::layer::updates>;
    using grads_list  = std::vector<typename Model::layer::grads>;

    const Model* model_;
    lora_tuning  how_;
    lora_moves   moves_;
    beside_list  beside_;
    grads_list   into_;
    packed_texts run_;

    lora_trainer(const Model& m, lora_set<float> set, const lora_tuning& how)
        : model_(&m), how_(how), moves_(std::move(set), how.b_rate) {}
    /// The updates as they stand in a step of training: rows [first, first + those gathered) of all that it reads.
    [[nodiscard]] result<beside_list> masked(std::size_t first, context& c) const {
        const lora_dropout        out{moves_.set().dropout, how_.seed, steps()};
        std::vector<dropout_mask> masks;
        for (const auto& e : moves_.set().entries) {
            if (e.table) { // it takes numbers of rows, of which none is left out
                masks.emplace_back();
                continue;
            }
            auto mask = out.mask(e.name, first, run_.ids.size(), e.update.in(), c);
            if (!mask) return mask.error();
            masks.push_back(*mask);
        }
        return lora_beside(*model_, moves_.set(), masks);
    }

public:
    using example    = tuning_text;
    using model_type = Model;
    /// What is tuned.
    using tuned = lora_set<float>;
    /// Updates change nothing until they are tuned: the start is the untouched base.
    static constexpr bool begins_as_base = true;

    lora_trainer(lora_trainer&&) noexcept            = default; // updates stay where they are, and are pointed at
    lora_trainer& operator=(lora_trainer&&) noexcept = default;

    /// Fails    as `check_tuning_texts`
    [[nodiscard]] result<void> check(std::span<const tuning_text> texts) const {
        return check_tuning_texts(texts, model_->config.positions, model_->config.vocabulary);
    }

    /// Fails    as `lora_beside`: the updates are not those of this model; `no_input` where there is none; `bad_argument` for a dropout or a rate that
    ///          cannot be
    static result<lora_trainer>               make(const Model&&, lora_set<float>,
                                                   const lora_tuning& = {}) = delete; // it would borrow what is about to die
    [[nodiscard]] static result<lora_trainer> make(const Model& model, lora_set<float> set,
                                                   const lora_tuning& how = {}) {
        if (set.entries.empty()) return error{fault::no_input, unit::none, 0, "updates"};
        if (!how.valid() || !lora_dropout{set.dropout}.valid())
            return error{fault::bad_argument, unit::none, 0, "lora tuning"};
        lora_trainer made(model, std::move(set), how);
        auto         beside = lora_beside(model, made.moves_.set());
        if (!beside) return beside.error();
        made.beside_ = std::move(*beside);
        made.into_   = lora_grads_beside(model, made.moves_.set(), made.moves_.grads());
        return made;
    }

    [[nodiscard]] const Model&           model() const noexcept { return *model_; }
    [[nodiscard]] const lora_set<float>& updates() const noexcept { return moves_.set(); }
    [[nodiscard]] std::size_t            steps() const noexcept { return moves_.steps(); } ///< that were done

    /// Of what a run must be the same for besides its own parameters.
    [[nodiscard]] std::uint64_t hash() const noexcept { return std::bit_cast<std::uint64_t>(updates().dropout); }

    /// The lengths of the rows beside updates that are new, where they have magnitudes. It is not to be stopped: the updates would not fit their lengths.
    [[nodiscard]] result<void> measure(lora_set<float>& updates, executor_ref on = {}) const {
        if (std::ranges::all_of(updates.entries, [](const auto& e) { return e.update.m.flat().empty(); })) return done;
        context c{on};
        return measure_dora(*model_, updates, c);
    }

    /// The mean loss of the labelled tokens of some texts, in nats.
    ///
    /// Takes    texts that `check_tuning_texts` found sound; how many tokens may run together
    /// Fails    `not_finite`; stopped, timed_out
    [[nodiscard]] result<double> loss(std::span<const tuning_text* const> texts, std::size_t together, context& c) {
        double      sum = 0;
        std::size_t all = 0;
        for (const tuning_text* t : texts) all += t->labelled();
        auto ok = run_.each_run(texts, together, 0, [&]() -> result<void> {
            const arena::scope mine(c);
            const auto         y = detail::take_matrix<float>(c, run_.ids.size(), model_->config.width);
            if (auto done_so = model_->forward(packed_tokens{run_.ids, {}, run_.ends}, y, beside_, nullptr, c);
                !done_so)
                return done_so;
            const auto lost = head_loss<float>(model_->head, y, run_.labels, static_cast<double>(all), {}, {}, c);
            if (!lost) return lost.error();
            sum += *lost;
            return done;
        });
        if (!ok) return ok.error();
        if (!is_finite(sum)) return error{fault::not_finite, unit::none, steps(), "loss"};
        return sum;
    }

    /// One step on some texts: the gradient of the mean loss of all their labelled tokens.
    ///
    /// Takes    texts that `check_tuning_texts` found sound; how many tokens may run together: gradients of several runs are added up; `clip`, the length
    ///          to which a longer gradient is cut, or 0
    /// Costs    the memory of what the tokens of a run save: of SmolLM2-135M one to two MB a token.
    /// Fails    `not_finite` where loss or gradient are, or behind the step a row beside magnitudes has no length; `bad_argument` for parameters that are out
    ///          of range; stopped, timed_out
    [[nodiscard]] result<tuning_step> step(std::span<const tuning_text* const> texts, std::size_t together,
                                           const adamw_params& by, double clip, context& c) {
        if (texts.empty()) return error{fault::no_input, unit::none, 0, "texts"};
        if (!moves_.may_step(by, clip)) return error{fault::bad_argument, unit::none, 0, "adamw"};
        tuning_step told{.step = steps() + 1, .rate = by.rate};
        for (const tuning_text* t : texts) told.labelled += t->labelled(), told.tokens += t->ids.size();
        moves_.begin();
        std::size_t first = 0; // row of the run
        auto        ok    = run_.each_run(texts, together, 0, [&]() -> result<void> {
            const arena::scope    mine(c);
            const packed_tokens   in{run_.ids, {}, run_.ends};
            const auto            y = detail::take_matrix<float>(c, run_.ids.size(), model_->config.width);
            typename Model::saved saved;
            beside_list           unseen;
            if (moves_.set().dropout > 0) {
                auto made = masked(first, c);
                if (!made) return made.error();
                unseen = std::move(*made);
            }
            const beside_list& beside = moves_.set().dropout > 0 ? unseen : beside_;
            first += run_.ids.size();
            if (auto read = model_->forward(in, y, beside, &saved, c); !read) return read;
            const auto lost =
                head_loss<float>(model_->head, y, run_.labels, static_cast<double>(told.labelled), {}, y, c);
            if (!lost) return lost.error();
            told.loss += *lost;
            return model_->backward(in, saved, y, beside, into_, c);
        });
        if (!ok) return ok.error();
        if (!is_finite(told.loss)) return error{fault::not_finite, unit::none, told.step, "loss"};
        const auto length = moves_.step(by, clip);
        if (!length) return length.error();
        told.norm = *length;
        if (auto fits = measure(moves_.set(), c.executor); !fits) return fits.error();
        return told;
    }

    /// A state of the updates, as a run keeps its best one.
    static void save_state(byte_writer& to, const lora_set<float>& set) { lora_moves::save_state(to, set); }
    /// Fails    as `lora_moves::load_state`
    [[nodiscard]] result<lora_set<float>> load_state(byte_reader& from) const {
        auto set = moves_.load_state(from);
        if (set)
            if (auto ok = measure(*set); !ok) return ok.error();
        return set;
    }

    /// The updates, their moments and the number of steps; not the model.
    void save(byte_writer& to) const { moves_.save(to); }
    /// Goes back to a saved state of a trainer with the same updates, with which the bytes end.
    ///
    /// Fails    as `lora_moves::restore`; `not_finite` where a row beside magnitudes has no length, and then it is to be thrown away
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        auto ok = moves_.restore(from, after);
        return ok ? measure(moves_.set()) : ok;
    }
};

} // namespace graft::inline GRAFT_ABI
