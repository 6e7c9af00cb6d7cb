// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/tune/decoder_lora.hpp>
#include <graft/tune/text_losses.hpp>
#include <graft/tune/tuning_text.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

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
    decoder_lora<Model> it_;
    packed_texts        run_;

    explicit lora_trainer(decoder_lora<Model> it) : it_(std::move(it)) {}

public:
    using example    = tuning_text;
    using model_type = Model;
    /// What is tuned.
    using tuned = lora_set<float>;
    /// Updates change nothing until they are tuned: the start is the untouched base.
    static constexpr bool begins_as_base = true;

    /// Fails    as `check_tuning_texts`
    [[nodiscard]] result<void> check(std::span<const tuning_text> texts) const {
        return check_tuning_texts(texts, model().config.positions, model().config.vocabulary);
    }

    /// Fails    as `decoder_lora::make`
    static result<lora_trainer>               make(const Model&&, lora_set<float>,
                                                   const lora_tuning& = {}) = delete; // it would borrow what is about to die
    [[nodiscard]] static result<lora_trainer> make(const Model& model, lora_set<float> set,
                                                   const lora_tuning& how = {}) {
        auto it = decoder_lora<Model>::make(model, std::move(set), how);
        if (!it) return it.error();
        return lora_trainer(std::move(*it));
    }

    [[nodiscard]] const Model&           model() const noexcept { return it_.model(); }
    [[nodiscard]] const lora_set<float>& updates() const noexcept { return it_.updates(); }
    [[nodiscard]] std::size_t            steps() const noexcept { return it_.steps(); } ///< that were done

    /// Of what a run must be the same for besides its own parameters.
    [[nodiscard]] std::uint64_t hash() const noexcept { return std::bit_cast<std::uint64_t>(updates().dropout); }

    /// The mean loss of the labelled tokens of some texts, in nats.
    ///
    /// Takes    texts that `check_tuning_texts` found sound; how many tokens may run together
    /// Fails    `not_finite`; stopped, timed_out
    [[nodiscard]] result<double> loss(std::span<const tuning_text* const> texts, std::size_t together, context& c) {
        const auto read = [&](const packed_tokens&, matrix_view<float> y) { return it_.read(run_, y, c); };
        return detail::mean_text_loss(model(), texts, together, 0, read, run_, c);
    }
    /// Of these texts those that run together with the most rows.
    [[nodiscard]] static packed_texts::largest_run
    read_together(const tuned&, std::span<const tuning_text* const> texts, std::size_t together) {
        return packed_texts::largest(texts, together, 0);
    }

    /// One step on some texts: the gradient of the mean loss of all their labelled tokens.
    ///
    /// Takes    texts that `check_tuning_texts` found sound; how many tokens may run together: gradients of several runs are added up; `clip`, the length
    ///          to which a longer gradient is cut, or 0
    /// Costs    as `decoder_lora::learn` a run.
    /// Fails    `not_finite` where loss or gradient are, or behind the step a row beside magnitudes has no length; `bad_argument` for parameters that are out
    ///          of range; stopped, timed_out
    [[nodiscard]] result<tuning_step> step(std::span<const tuning_text* const> texts, std::size_t together,
                                           const adamw_params& by, double clip, context& c) {
        if (texts.empty()) return error{fault::no_input, unit::none, 0, "texts"};
        if (auto may = it_.begin(by, clip); !may) return may.error();
        tuning_step told{.step = steps() + 1, .rate = by.rate};
        for (const tuning_text* t : texts) told.labelled += t->labelled(), told.tokens += t->ids.size();
        const auto lose = [&](matrix_view<float> y) -> result<void> {
            const auto lost =
                head_loss<float>(model().head, y, run_.labels, static_cast<double>(told.labelled), {}, y, c);
            if (!lost) return lost.error();
            told.loss += *lost;
            return done;
        };
        if (auto ok = run_.each_run(texts, together, 0, [&] { return it_.learn(run_, lose, c); }); !ok)
            return ok.error();
        if (!is_finite(told.loss)) return error{fault::not_finite, unit::none, told.step, "loss"};
        const auto length = it_.step(by, clip, c);
        if (!length) return length.error();
        told.norm = *length;
        return told;
    }

    /// A state of the updates, as a run keeps its best one.
    static void save_state(byte_writer& to, const lora_set<float>& set) { lora_moves::save_state(to, set); }
    /// Fails    as `lora_moves::load_state`
    [[nodiscard]] result<lora_set<float>> load_state(byte_reader& from) const { return it_.load_state(from); }
    /// The updates, their moments and the number of steps; not the model.
    void save(byte_writer& to) const { it_.save(to); }
    /// Goes back to a saved state of a trainer with the same updates, with which the bytes end.
    ///
    /// Fails    as `lora_moves::restore`; `not_finite` where a row beside magnitudes has no length, and then it is to be thrown away
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        return it_.restore(from, after);
    }
};

} // namespace graft::inline GRAFT_ABI
