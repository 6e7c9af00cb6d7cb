// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/result.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/tune/lora_moves.hpp>
#include <graft/tune/tuning_text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Updates beside a frozen decoder on their way: texts are read beside them, a gradient of what was read becomes theirs, and a step is taken. What is to
/// be learned of the texts is for a trainer to say (`lora_trainer`, `dpo_trainer`).
///
/// The same steps give the same bits on any number of threads. A step that fails leaves the updates as they were, but for rows without a length.
/// Borrows  the model, a decoder of whole texts: `llama`.
template <class Model>
class decoder_lora {
    using beside_list = std::vector<typename Model::layer::updates>;
    using grads_list  = std::vector<typename Model::layer::grads>;

    const Model* model_;
    lora_tuning  how_;
    lora_moves   moves_;
    beside_list  beside_;
    grads_list   into_;
    std::size_t  rows_ = 0; // that this step has read

    decoder_lora(const Model& m, lora_set<float> set, const lora_tuning& how)
        : model_(&m), how_(how), moves_(std::move(set), how.b_rate) {}
    /// The updates as they stand in a step of training: rows [rows_, rows_ + n) of all that it reads.
    [[nodiscard]] result<beside_list> masked(std::size_t n, context& c) const {
        const lora_dropout        out{moves_.set().dropout, how_.seed, steps()};
        std::vector<dropout_mask> masks;
        for (const auto& e : moves_.set().entries) {
            if (e.table) { // it takes numbers of rows, of which none is left out
                masks.emplace_back();
                continue;
            }
            auto mask = out.mask(e.name, rows_, n, e.update.in(), c);
            if (!mask) return mask.error();
            masks.push_back(*mask);
        }
        return lora_beside(*model_, moves_.set(), masks);
    }

public:
    decoder_lora(decoder_lora&&) noexcept            = default; // updates stay where they are, and are pointed at
    decoder_lora& operator=(decoder_lora&&) noexcept = default;

    /// Fails    as `lora_beside`: the updates are not those of this model; `no_input` where there is none; `bad_argument` for a dropout or a rate that
    ///          cannot be
    [[nodiscard]] static result<decoder_lora> make(const Model& model, lora_set<float> set, const lora_tuning& how) {
        if (set.entries.empty()) return error{fault::no_input, unit::none, 0, "updates"};
        if (!how.valid() || !lora_dropout{set.dropout}.valid())
            return error{fault::bad_argument, unit::none, 0, "lora tuning"};
        decoder_lora made(model, std::move(set), how);
        auto         beside = lora_beside(model, made.moves_.set());
        if (!beside) return beside.error();
        made.beside_ = std::move(*beside);
        made.into_   = lora_grads_beside(model, made.moves_.set(), made.moves_.grads());
        return made;
    }

    [[nodiscard]] const Model&           model() const noexcept { return *model_; }
    [[nodiscard]] const lora_set<float>& updates() const noexcept { return moves_.set(); }
    [[nodiscard]] std::size_t            steps() const noexcept { return moves_.steps(); } ///< that were done

    /// The lengths of the rows beside updates that are new, where they have magnitudes. It is not to be stopped: the updates would not fit their lengths.
    [[nodiscard]] result<void> measure(lora_set<float>& updates, executor_ref on = {}) const {
        if (std::ranges::all_of(updates.entries, [](const auto& e) { return e.update.m.flat().empty(); })) return done;
        context c{on};
        return measure_dora(*model_, updates, c);
    }

    /// Reads texts as they are read when they judge: without dropout.
    ///
    /// Takes    y [tokens, width], the rows that the head takes
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> read(const packed_texts& of, matrix_view<float> y, context& c) const {
        return model_->forward(packed_tokens{of.ids, {}, of.ends}, y, beside_, nullptr, c);
    }

    /// Begins the gradient of a step.
    ///
    /// Fails    `bad_argument` for parameters with which it cannot be taken
    [[nodiscard]] result<void> begin(const adamw_params& by, double clip) {
        if (!moves_.may_step(by, clip)) return error{fault::bad_argument, unit::none, 0, "adamw"};
        moves_.begin(), rows_ = 0;
        return done;
    }
    /// Reads texts and adds the gradient of what they lose.
    ///
    /// Takes    `lose(y)`: y [tokens, width] becomes the gradient of what the head takes
    /// Costs    the memory of what the tokens save: of SmolLM2-135M one to two MB each; with `checkpoint_activations` 70 KB each and one layer's, and a pass
    ///          over the layers more.
    /// Fails    as `lose`; stopped, timed_out
    template <class F>
    [[nodiscard]] result<void> learn(const packed_texts& of, const F& lose, context& c) {
        const arena::scope    mine(c);
        const packed_tokens   in{of.ids, {}, of.ends};
        const auto            y = detail::take_matrix<float>(c, of.ids.size(), model_->config.width);
        typename Model::saved saved{.inputs_only = how_.checkpoint_activations};
        beside_list           unseen;
        if (moves_.set().dropout > 0) {
            auto made = masked(of.ids.size(), c);
            if (!made) return made.error();
            unseen = std::move(*made);
        }
        const beside_list& beside = moves_.set().dropout > 0 ? unseen : beside_;
        rows_ += of.ids.size();
        if (auto ok = model_->forward(in, y, beside, &saved, c); !ok) return ok;
        if (auto ok = lose(y); !ok) return ok;
        return model_->backward(in, saved, y, beside, into_, c);
    }
    /// The step along the gradient, cut to the length `clip` where it is longer; 0: never.
    ///
    /// Gives    its length before it was cut
    /// Fails    `not_finite` where it is, or, when the step is done, where a row beside magnitudes has no length
    [[nodiscard]] result<double> step(const adamw_params& by, double clip, context& c) {
        auto length = moves_.step(by, clip);
        if (!length) return length;
        if (auto ok = measure(moves_.set(), c.executor); !ok) return ok.error();
        return length;
    }

    /// Fails    as `lora_moves::load_state`
    [[nodiscard]] result<lora_set<float>> load_state(byte_reader& from) const {
        auto set = moves_.load_state(from);
        if (set)
            if (auto ok = measure(*set); !ok) return ok.error();
        return set;
    }
    /// The updates, their moments and the number of steps; not the model.
    void save(byte_writer& to) const { moves_.save(to); }
    /// Goes back to a saved state of the same updates, with which the bytes end.
    ///
    /// Fails    as `lora_moves::restore`; `not_finite` where a row beside magnitudes has no length, and then it is to be thrown away
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after) {
        auto ok = moves_.restore(from, after);
        return ok ? measure(moves_.set()) : ok;
    }
};

} // namespace graft::inline GRAFT_ABI
