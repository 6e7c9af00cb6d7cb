// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/result.hpp>
#include <graft/models/unfrozen_llama.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/simd/norm.hpp>
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
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Tunes all numbers of a language model, a step at a time: full tuning, against which adapters are to be held. What runs it decides on texts and rates
/// (`tuning_run`, `fit_weights`).
///
/// Weight decay takes off matrices, not off norms and biases. The same steps give the same bits on any number of threads; a step that fails leaves the
/// model as it was.
/// Costs    beside the base four times its size in floats: the model that moves, its gradient, and two moments.
template <class Model>
class weights_trainer {
    using unfrozen = unfrozen_llama<float>;

    unfrozen                  it_, grad_;
    std::vector<adamw<float>> moves_; // in the order of `each_weight`
    std::size_t               steps_ = 0;
    bool                      again_; // whether layers run again on the way back
    packed_texts              run_;

    weights_trainer(unfrozen start, bool again) : it_(std::move(start)), grad_(it_), again_(again) {
        each_weight([&](const std::string&, matrix<float>& w) { moves_.emplace_back(w.flat().size()); }, it_);
    }
    static constexpr std::size_t block = std::size_t{1} << 16; // numbers of a gradient that are one sum of squares

    /// Cuts the gradient to the length `clip` where it is longer; 0: never. Squares are added block by block, in order.
    ///
    /// Gives    its length before it was cut
    /// Fails    `not_finite` where AdamW could not take it
    [[nodiscard]] result<double> cut(double clip, context& own) {
        double              square = 0;
        std::vector<double> sums;
        each_weight(
            [&](const std::string&, const matrix<float>& g) {
                sums.assign(g.flat().size() / block + 1, 0);
                (void)each_block(own, g.flat().size(), block, [&](std::size_t first, std::size_t last, context&) {
                    sums[first / block] = squared_norm(g.flat().subspan(first, last - first));
                });
                for (const double s : sums) square += s;
            },
            std::as_const(grad_));
        if (!is_finite(static_cast<float>(square))) return error{fault::not_finite, unit::none, steps_ + 1, "gradient"};
        const double length = std::sqrt(square);
        const auto   scale  = static_cast<float>(clip > 0 ? clip / (length + 1e-6) : 1);
        if (scale < 1)
            each_weight(
                [&](const std::string&, matrix<float>& g) {
                    (void)each_block(own, g.flat().size(), block, [&](std::size_t first, std::size_t last, context&) {
                        for (float& x : g.flat().subspan(first, last - first)) x *= scale;
                    });
                },
                grad_);
        return length;
    }
    [[nodiscard]] result<void> move(const adamw_params& by, const executor_ref on) {
        adamw_params without = by;
        without.decay        = 0;
        result<void> ok      = done;
        auto         moves   = moves_.begin();
        each_weight(
            [&](const std::string& name, matrix<float>& w, const matrix<float>& g) {
                if (ok) ok = moves->step(w.flat(), g.flat(), w.rows() > 1 ? by : without, on);
                if (!ok) ok = error{ok.error().what, unit::none, steps_ + 1, name};
                ++moves;
            },
            it_, std::as_const(grad_));
        return ok;
    }
    /// Numbers of a model of this shape, as `save_numbers` wrote them.
    [[nodiscard]] result<unfrozen> load_numbers(byte_reader& from) const {
        unfrozen     to = it_;
        result<void> ok = done;
        each_weight(
            [&](const std::string&, matrix<float>& w) {
                if (ok && from.count(sizeof(float)) != w.flat().size())
                    ok = from.error(from.ok() ? fault::wrong_shape : fault::truncated);
                if (!ok) return;
                from.into(w.flat());
                if (!from.ok()) ok = from.error();
                else if (!all_finite(std::span<const float>(w.flat()))) ok = from.error(fault::not_finite);
            },
            to);
        if (!ok) return ok.error();
        return to;
    }
    static void save_numbers(byte_writer& to, const unfrozen& m) {
        each_weight([&](const std::string&, const matrix<float>& w) { to.array(w.flat()); }, m);
    }

public:
    using example    = tuning_text;
    using model_type = Model;
    /// What is tuned.
    using tuned = unfrozen;
    /// It starts as the untouched base.
    static constexpr bool             begins_as_base = true;
    static constexpr std::uint32_t    format         = 1;
    static constexpr std::string_view kind           = "full training";

    /// Takes    the model, and its copy that is to move (`unfreeze`)
    /// Fails    `wrong_shape` for the copy of another model; `not_finite`, naming the weight; `unsupported` for a rate of B, which there is not
    [[nodiscard]] static result<weights_trainer> make(const Model& model, unfrozen start, const lora_tuning& how = {}) {
        if (how.b_rate != 1) return error{fault::unsupported, unit::none, 0, "rate of B"};
        if (!(start.config == model.config) || start.parameters() != model.parameters())
            return error{fault::wrong_shape, unit::none, 0, "the model that is to be tuned"};
        result<void> ok = done;
        each_weight(
            [&](const std::string& name, const matrix<float>& w) {
                if (ok && !all_finite(w.flat())) ok = error{fault::not_finite, unit::none, 0, name};
            },
            std::as_const(start));
        if (!ok) return ok.error();
        return weights_trainer(std::move(start), how.checkpoint_activations);
    }
    /// Fails    as `check_tuning_texts`
    [[nodiscard]] result<void> check(std::span<const tuning_text> texts) const {
        return check_tuning_texts(texts, it_.config.positions, it_.config.vocabulary);
    }

    [[nodiscard]] const unfrozen& updates() const noexcept { return it_; }  ///< the model as it is now
    [[nodiscard]] std::size_t     steps() const noexcept { return steps_; } ///< that were done

    /// Of what a run must be the same for besides its own parameters.
    [[nodiscard]] std::uint64_t hash() const noexcept { return mix64(0x66756c6c /* "full" */, it_.parameters()); }

    /// The mean loss of the labelled tokens of some texts, in nats.
    ///
    /// Takes    as `lora_trainer::loss`
    /// Fails    `not_finite`; stopped, timed_out
    [[nodiscard]] result<double> loss(std::span<const tuning_text* const> texts, std::size_t together, context& c) {
        const auto read = [&](const packed_tokens& in, matrix_view<float> y) {
            return it_.forward(in, y, {}, nullptr, c);
        };
        return detail::mean_text_loss(it_, texts, together, 0, read, run_, c);
    }
    /// Of these texts those that run together with the most rows.
    [[nodiscard]] static packed_texts::largest_run
    read_together(const tuned&, std::span<const tuning_text* const> texts, std::size_t together) {
        return packed_texts::largest(texts, together, 0);
    }

    /// One step on some texts: the gradient of the mean loss of all their labelled tokens.
    ///
    /// Takes    as `lora_trainer::step`
    /// Costs    the memory of what the tokens of a run save, and three times the products of reading them.
    /// Fails    `not_finite` where loss or gradient are; `bad_argument` for parameters that are out of range; stopped, timed_out
    [[nodiscard]] result<tuning_step> step(std::span<const tuning_text* const> texts, std::size_t together,
                                           const adamw_params& by, double clip, context& c) {
        if (texts.empty()) return error{fault::no_input, unit::none, 0, "texts"};
        if (!by.valid() || !(clip >= 0)) return error{fault::bad_argument, unit::none, 0, "adamw"};
        tuning_step told{.step = steps_ + 1, .rate = by.rate};
        for (const tuning_text* t : texts) told.labelled += t->labelled(), told.tokens += t->ids.size();
        each_weight([](const std::string&, matrix<float>& g) { std::fill_n(g.data(), g.flat().size(), 0.f); }, grad_);
        auto ok = run_.each_run(texts, together, 0, [&]() -> result<void> {
            const arena::scope  mine(c);
            const packed_tokens in{run_.ids, {}, run_.ends};
            const auto          y = detail::take_matrix<float>(c, run_.labels.size(), it_.config.width);
            unfrozen::saved     saved{.inputs_only = again_};
            if (auto read = it_.forward(in, y, {}, &saved, c); !read) return read;
            const auto lost = head_loss<float>(it_.head, y, run_.labels, static_cast<double>(told.labelled), {}, y, c,
                                               64, &grad_.head);
            if (!lost) return lost.error();
            told.loss += *lost;
            return it_.backward(in, saved, y, {}, {}, c, &grad_);
        });
        if (!ok) return ok.error();
        if (!is_finite(told.loss)) return error{fault::not_finite, unit::none, told.step, "loss"};
        context    own(c.executor); // a step is taken whole: nothing stops it here
        const auto length = cut(clip, own);
        if (!length) return length.error();
        told.norm = *length;
        if (auto moved = move(by, c.executor); !moved) return moved.error();
        ++steps_;
        return told;
    }

    /// A state of the model, as a run keeps its best one; of none, where it keeps none yet.
    static void save_state(byte_writer& to, const unfrozen& m) {
        to.u8(m.parameters() > 0 ? 1 : 0);
        if (m.parameters() > 0) save_numbers(to, m);
    }
    /// Fails    `truncated`, `malformed`, `wrong_shape`, `not_finite`
    [[nodiscard]] result<unfrozen> load_state(byte_reader& from) const {
        const auto some = from.u8();
        if (!from.ok() || some > 1) return from.error(fault::malformed);
        if (some == 0) return unfrozen{};
        return load_numbers(from);
    }

    /// The model's numbers, their moments and the number of steps.
    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(steps_);
        save_numbers(to, it_);
        for (const adamw<float>& m : moves_) m.save(to);
    }
    /// Goes back to a saved state of a trainer of the same model, with which the bytes end.
    ///
    /// Takes    `after`: so many steps, or it is refused as malformed
    /// Fails    `truncated`, `malformed`, `not_finite`, `foreign`, `wrong_shape`: then nothing has changed
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        const std::uint64_t steps = from.u64();
        auto                m     = load_numbers(from);
        if (!m) return m.error();
        std::vector<adamw<float>> moves;
        for (const adamw<float>& of : moves_) {
            auto one = adamw<float>::load(from, of.mean().size());
            if (!one) return one.error();
            moves.push_back(std::move(*one));
        }
        if (auto whole = from.finish(); !whole) return whole;
        if (after && steps != *after) return from.error(fault::malformed);
        it_ = std::move(*m), moves_ = std::move(moves), steps_ = steps;
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
