// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/models/llama_prompt.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/tune/adamw.hpp>
#include <graft/tune/lora_trainer.hpp>
#include <graft/tune/text_losses.hpp>
#include <graft/tune/tuning_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Tunes the virtual tokens before the texts of a frozen language model, a step at a time, as `lora_trainer` tunes updates beside its layers: a `prefix` or
/// a `soft_prompt`. What runs it decides on texts and rates (`fit_lora`).
///
/// The same steps give the same bits on any number of threads. A step that fails leaves the tokens as they were.
/// Borrows  the model: `llama`.
template <class Model, class Prompt>
class prompt_trainer {
    const Model*  model_;
    Prompt        it_;
    matrix<float> grad_;
    adamw<float>  move_;
    std::size_t   steps_ = 0;
    bool          again_; // whether layers run again on the way back
    packed_texts  run_;

    prompt_trainer(const Model& m, Prompt p, bool again)
        : model_(&m), it_(std::move(p)), grad_(it_.rows.rows(), it_.rows.dims()), move_(it_.parameters()),
          again_(again) {}

    [[nodiscard]] result<double> loss(const Prompt& of, std::span<const tuning_text* const> texts, std::size_t together,
                                      context& c) {
        const auto read = [&](const packed_tokens& in, matrix_view<float> y) {
            return forward_behind(*model_, of, in, y, nullptr, c);
        };
        return detail::mean_text_loss(*model_, texts, together, detail::rows_before(of), read, run_, c);
    }

public:
    using example    = tuning_text;
    using model_type = Model;
    /// What is tuned.
    using tuned = Prompt;
    /// Virtual tokens change what the model says from the start, so the untouched base is one without them.
    static constexpr bool             begins_as_base = false;
    static constexpr std::uint32_t    format         = 1;
    static constexpr std::string_view kind           = "prompt training";

    /// Fails    `no_input` without a virtual token; `wrong_shape` where they are not those of this model; `too_large` where they leave no room for a text;
    ///          `not_finite`; `unsupported` for a rate of B, which there is not
    static result<prompt_trainer>               make(const Model&&, Prompt,
                                                     const lora_tuning& = {}) = delete; // it would borrow what is about to die
    [[nodiscard]] static result<prompt_trainer> make(const Model& model, Prompt p, const lora_tuning& how = {}) {
        if (how.b_rate != 1) return error{fault::unsupported, unit::none, 0, "rate of B"};
        if (p.parameters() == 0) return error{fault::no_input, unit::none, 0, "virtual tokens"};
        if (!detail::fits(model, p)) return error{fault::wrong_shape, unit::none, 0, "virtual tokens"};
        if (p.tokens() >= model.config.positions)
            return error{fault::too_large, unit::none, model.config.positions, "virtual tokens"};
        if (!all_finite(std::span<const float>(p.rows.flat())))
            return error{fault::not_finite, unit::none, 0, "virtual tokens"};
        return prompt_trainer(model, std::move(p), how.checkpoint_activations);
    }
    /// Fails    as `check_tuning_texts`: texts have the room that virtual tokens leave
    [[nodiscard]] result<void> check(std::span<const tuning_text> texts) const {
        return check_tuning_texts(texts, model_->config.positions - it_.tokens(), model_->config.vocabulary);
    }

    [[nodiscard]] const Prompt& updates() const noexcept { return it_; }
    [[nodiscard]] std::size_t   steps() const noexcept { return steps_; } ///< that were done

    /// The mean loss of the labelled tokens of some texts, in nats.
    ///
    /// Takes    texts that `check_tuning_texts` found sound, in the room that there is; how many rows may run together
    /// Fails    `not_finite`; stopped, timed_out
    [[nodiscard]] result<double> loss(std::span<const tuning_text* const> texts, std::size_t together, context& c) {
        return loss(it_, texts, together, c);
    }
    /// The same of the model without virtual tokens.
    [[nodiscard]] result<double> base_loss(std::span<const tuning_text* const> texts, std::size_t together,
                                           context& c) {
        return loss(Prompt{}, texts, together, c);
    }

    /// Of these texts those that run together, behind such tokens, with the most rows.
    [[nodiscard]] static packed_texts::largest_run
    read_together(const Prompt& of, std::span<const tuning_text* const> texts, std::size_t together) {
        return packed_texts::largest(texts, together, detail::rows_before(of));
    }

    /// One step on some texts: the gradient of the mean loss of all their labelled tokens.
    ///
    /// Takes    as `lora_trainer::step`
    /// Costs    the memory of what the tokens of a run save; the backward pass goes down to the lowest layer.
    /// Fails    `not_finite` where loss or gradient are; `bad_argument` for parameters that are out of range; stopped, timed_out
    [[nodiscard]] result<tuning_step> step(std::span<const tuning_text* const> texts, std::size_t together,
                                           const adamw_params& by, double clip, context& c) {
        if (texts.empty()) return error{fault::no_input, unit::none, 0, "texts"};
        if (!by.valid() || !(clip >= 0)) return error{fault::bad_argument, unit::none, 0, "adamw"};
        tuning_step told{.step = steps_ + 1, .rate = by.rate};
        for (const tuning_text* t : texts) told.labelled += t->labelled(), told.tokens += t->ids.size();
        std::fill_n(grad_.data(), grad_.flat().size(), 0.f);
        auto ok = run_.each_run(texts, together, detail::rows_before(it_), [&]() -> result<void> {
            const arena::scope    mine(c);
            const packed_tokens   in{run_.ids, {}, run_.ends};
            const auto            y = detail::take_matrix<float>(c, run_.labels.size(), model_->config.width);
            typename Model::saved saved{.inputs_only = again_};
            if (auto read = forward_behind(*model_, it_, in, y, &saved, c); !read) return read;
            const auto lost =
                head_loss<float>(model_->head, y, run_.labels, static_cast<double>(told.labelled), {}, y, c);
            if (!lost) return lost.error();
            told.loss += *lost;
            return backward_behind(*model_, it_, in, saved, y, grad_.view(), c);
        });
        if (!ok) return ok.error();
        if (!is_finite(told.loss)) return error{fault::not_finite, unit::none, told.step, "loss"};
        const auto length = detail::cut_gradient([&](const auto& f) { f(grad_.flat()); }, clip);
        if (!length) return error{fault::not_finite, unit::none, told.step, "gradient"};
        told.norm = *length;
        if (auto moved = move_.step(it_.rows.flat(), std::as_const(grad_).flat(), by); !moved) return moved.error();
        ++steps_;
        return told;
    }

    /// A state of what is tuned, as a run keeps its best one; without rows it is the base.
    static void save_state(byte_writer& to, const Prompt& p) { p.save(to); }
    /// Fails    as `Prompt::load`; `malformed` where it is no state of this training
    [[nodiscard]] result<Prompt> load_state(byte_reader& from) const {
        auto p = Prompt::load(from);
        if (p && p->parameters() > 0 && (p->tokens() != it_.tokens() || !detail::fits(*model_, *p)))
            return from.error(fault::malformed);
        return p;
    }

    /// The virtual tokens, their moments and the number of steps; not the model.
    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(steps_);
        it_.save(to);
        move_.save(to);
    }
    /// Goes back to a saved state of a trainer with as many virtual tokens of the same kind, with which the bytes end.
    ///
    /// Takes    `after`: so many steps, or it is refused as malformed
    /// Fails    `truncated`, `malformed`, `not_finite`, `foreign`; `wrong_shape` where the tokens are others: then nothing has changed
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        const std::uint64_t steps = from.u64();
        auto                p     = Prompt::load(from);
        if (!p) return p.error();
        if (p->tokens() != it_.tokens() || p->rows.dims() != it_.rows.dims() || !detail::fits(*model_, *p))
            return from.error(fault::wrong_shape);
        auto move = adamw<float>::load(from, p->parameters());
        if (!move) return move.error();
        if (auto ok = from.finish(); !ok) return ok;
        if (after && steps != *after) return from.error(fault::malformed);
        it_ = std::move(*p), move_ = std::move(*move), steps_ = steps;
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
