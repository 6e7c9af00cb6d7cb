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
#include <graft/tune/adamw.hpp>
#include <graft/tune/tuning_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
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

/// What all steps of a training share.
struct lora_tuning {
    double        b_rate = 1; ///< how many times the rate of A that of B, and of magnitudes, is (LoRA+)
    std::uint64_t seed   = 0; ///< of the dropout, whose share the set says

    [[nodiscard]] bool valid() const noexcept { return is_finite(b_rate) && b_rate > 0; }
};

/// Tunes the updates beside a frozen language model, a step at a time: the loss of some texts, its gradient, AdamW. What runs it decides on texts and
/// rates (`fit_lora`).
///
/// The same steps give the same bits on any number of threads. A step that fails leaves the updates as they were.
/// Borrows  the model, a decoder of whole texts: `llama`.
/// Source   Hayou et al. 2024, arXiv 2402.12354, for a rate of B of its own.
template <class Model>
class lora_trainer {
    using beside_list = std::vector<typename Model::layer::updates>;
    using grads_list  = std::vector<typename Model::layer::grads>;

    const Model*               model_;
    lora_tuning                how_;
    lora_set<float>            set_;
    beside_list                beside_;
    lora_set<float>::grads     grads_;
    grads_list                 into_;
    std::vector<adamw<float>>  moves_; // of A, B and m of each entry
    std::size_t                steps_ = 0;
    std::vector<std::uint32_t> ids_;
    std::vector<std::int64_t>  labels_;
    std::vector<std::size_t>   ends_;

    lora_trainer(const Model& m, lora_set<float> set, const lora_tuning& how)
        : model_(&m), how_(how), set_(std::move(set)), grads_(set_.zero_grads()) {
        for (const auto& e : set_.entries)
            for (const auto* part : {&e.update.A, &e.update.B, &e.update.m}) moves_.emplace_back(part->flat().size());
    }
    /// The matrices of an update that are tuned.
    template <class Update>
    [[nodiscard]] static auto parts_of(Update& u) {
        std::vector<decltype(&u.A)> parts{&u.A, &u.B};
        if (!u.m.flat().empty()) parts.push_back(&u.m);
        return parts;
    }
    /// The lengths of the rows beside updates that are new. It is not to be stopped: the updates would not fit their lengths.
    void measure(executor_ref on) {
        if (std::ranges::all_of(set_.entries, [](const auto& e) { return e.update.m.flat().empty(); })) return;
        context c{on};
        (void)measure_dora(*model_, set_, c);
    }
    /// The updates as they stand in a step of training: rows [first, first + those gathered) of all that it reads.
    [[nodiscard]] result<beside_list> masked(std::size_t first, context& c) const {
        const lora_dropout        out{set_.dropout, how_.seed, steps_};
        std::vector<dropout_mask> masks;
        for (const auto& e : set_.entries) {
            if (e.table) { // it takes numbers of rows, of which none is left out
                masks.emplace_back();
                continue;
            }
            auto mask = out.mask(e.name, first, ids_.size(), e.update.in(), c);
            if (!mask) return mask.error();
            masks.push_back(*mask);
        }
        return lora_beside(*model_, set_, masks);
    }
    void gather(std::span<const tuning_text* const> texts) {
        ids_.clear(), labels_.clear(), ends_.clear();
        for (const tuning_text* t : texts) {
            ids_.insert(ids_.end(), t->ids.begin(), t->ids.end());
            labels_.insert(labels_.end(), t->labels.begin(), t->labels.end());
            ends_.push_back(ids_.size());
        }
    }
    /// Calls f(first, count) for runs of texts that have at most so many tokens together, or one text that has more.
    template <class F>
    [[nodiscard]] static result<void> each_run(std::span<const tuning_text* const> texts, std::size_t tokens,
                                               const F& f) {
        for (std::size_t i = 0, n = 0; i < texts.size(); i += n) {
            std::size_t sum = texts[i]->ids.size();
            for (n = 1; i + n < texts.size() && sum + texts[i + n]->ids.size() <= tokens; ++n)
                sum += texts[i + n]->ids.size();
            if (auto ok = f(texts.subspan(i, n)); !ok) return ok;
        }
        return done;
    }

public:
    lora_trainer(lora_trainer&&) noexcept            = default; // updates stay where they are, and are pointed at
    lora_trainer& operator=(lora_trainer&&) noexcept = default;

    static constexpr std::uint32_t    format = 1;
    static constexpr std::string_view kind   = "lora training";

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
        auto         beside = lora_beside(model, made.set_);
        if (!beside) return beside.error();
        made.beside_ = std::move(*beside);
        made.into_   = lora_grads_beside(model, made.set_, made.grads_);
        return made;
    }

    [[nodiscard]] const Model&           model() const noexcept { return *model_; }
    [[nodiscard]] const lora_set<float>& updates() const noexcept { return set_; }
    [[nodiscard]] std::size_t            steps() const noexcept { return steps_; } ///< that were done

    /// The mean loss of the labelled tokens of some texts, in nats.
    ///
    /// Takes    texts that `check_tuning_texts` found sound; how many tokens may run together
    /// Fails    `not_finite`; stopped, timed_out
    [[nodiscard]] result<double> loss(std::span<const tuning_text* const> texts, std::size_t together, context& c) {
        double      sum = 0;
        std::size_t all = 0;
        for (const tuning_text* t : texts) all += t->labelled();
        auto ok = each_run(texts, together, [&](std::span<const tuning_text* const> some) -> result<void> {
            gather(some);
            const arena::scope mine(c);
            const auto         y = detail::take_matrix<float>(c, ids_.size(), model_->config.width);
            if (auto done_so = model_->forward(packed_tokens{ids_, {}, ends_}, y, beside_, nullptr, c); !done_so)
                return done_so;
            const auto lost = head_loss<float>(model_->head, y, labels_, static_cast<double>(all), {}, {}, c);
            if (!lost) return lost.error();
            sum += *lost;
            return done;
        });
        if (!ok) return ok.error();
        if (!is_finite(sum)) return error{fault::not_finite, unit::none, steps_, "loss"};
        return sum;
    }

    /// One step on some texts: the gradient of the mean loss of all their labelled tokens.
    ///
    /// Takes    texts that `check_tuning_texts` found sound; how many tokens may run together: gradients of several runs are added up; `clip`, the length
    ///          to which a longer gradient is cut, or 0
    /// Costs    the memory of what the tokens of a run save: of SmolLM2-135M one to two MB a token.
    /// Fails    `not_finite` where loss or gradient are; `bad_argument` for parameters that are out of range; stopped, timed_out
    [[nodiscard]] result<tuning_step> step(std::span<const tuning_text* const> texts, std::size_t together,
                                           const adamw_params& by, double clip, context& c) {
        if (texts.empty()) return error{fault::no_input, unit::none, 0, "texts"};
        adamw_params of_b = by;
        of_b.rate *= how_.b_rate;
        if (!by.valid() || !of_b.valid() || !(clip >= 0)) return error{fault::bad_argument, unit::none, 0, "adamw"};
        tuning_step told{.step = steps_ + 1, .rate = by.rate};
        for (const tuning_text* t : texts) told.labelled += t->labelled(), told.tokens += t->ids.size();
        for (auto& g : grads_)
            for (matrix<float>* m : {&g.A, &g.B, &g.m}) std::fill_n(m->data(), m->flat().size(), 0.f);
        std::size_t first = 0; // row of the run
        auto        ok    = each_run(texts, together, [&](std::span<const tuning_text* const> some) -> result<void> {
            gather(some);
            const arena::scope    mine(c);
            const packed_tokens   in{ids_, {}, ends_};
            const auto            y = detail::take_matrix<float>(c, ids_.size(), model_->config.width);
            typename Model::saved saved;
            beside_list           unseen;
            if (set_.dropout > 0) {
                auto made = masked(first, c);
                if (!made) return made.error();
                unseen = std::move(*made);
            }
            const beside_list& beside = set_.dropout > 0 ? unseen : beside_;
            first += ids_.size();
            if (auto read = model_->forward(in, y, beside, &saved, c); !read) return read;
            const auto lost = head_loss<float>(model_->head, y, labels_, static_cast<double>(told.labelled), {}, y, c);
            if (!lost) return lost.error();
            told.loss += *lost;
            return model_->backward(in, saved, y, beside, into_, c);
        });
        if (!ok) return ok.error();
        double square = 0;
        for (const auto& g : grads_)
            for (const matrix<float>* m : {&g.A, &g.B, &g.m})
                for (const float x : m->flat())
                    square = std::fma(static_cast<double>(x), static_cast<double>(x), square);
        told.norm = std::sqrt(square);
        if (!is_finite(told.loss)) return error{fault::not_finite, unit::none, told.step, "loss"};
        // AdamW squares in float; what passes this, it takes.
        if (!is_finite(static_cast<float>(square))) return error{fault::not_finite, unit::none, told.step, "gradient"};
        const auto scale = static_cast<float>(clip > 0 ? clip / (told.norm + 1e-6) : 1);
        for (std::size_t i = 0; i < set_.entries.size(); ++i) {
            auto& u = set_.entries[i].update;
            auto& g = grads_[i];
            for (const auto& [w, of, n] :
                 {std::tuple{&u.A, &g.A, 3 * i}, {&u.B, &g.B, 3 * i + 1}, {&u.m, &g.m, 3 * i + 2}}) {
                if (w->flat().empty()) continue; // no magnitudes
                if (clip > 0 && scale < 1)
                    for (float& x : of->flat()) x *= scale;
                if (auto moved = moves_[n].step(w->flat(), of->flat(), w == &u.A ? by : of_b); !moved)
                    return moved.error();
            }
        }
        measure(c.executor);
        ++steps_;
        return told;
    }

    /// The updates, their moments and the number of steps; not the model.
    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(steps_);
        to.u64(set_.entries.size());
        for (std::size_t i = 0; i < set_.entries.size(); ++i) {
            const auto& e = set_.entries[i];
            to.text(e.name);
            to.u64(e.update.rank());
            to.f32(e.update.scale);
            for (const auto* part : parts_of(e.update)) to.array(part->flat());
            for (std::size_t n = 0; n < parts_of(e.update).size(); ++n) moves_[3 * i + n].save(to);
        }
    }
    /// Goes back to a saved state of a trainer with the same updates, with which the bytes end.
    ///
    /// Takes    `after`: so many steps, or it is refused as malformed
    /// Fails    `truncated`, `malformed`, `not_finite`; `wrong_shape` where the updates are others: then nothing has changed
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        const std::uint64_t       steps = from.u64(), n = from.u64();
        lora_set<float>           set;
        std::vector<adamw<float>> moves;
        if (n != set_.entries.size()) return from.error(fault::wrong_shape);
        for (std::size_t i = 0; i < n; ++i) {
            const auto& now  = set_.entries[i];
            const auto  name = from.text();
            const auto  rank = from.u64();
            const float by   = from.f32();
            if (!from.ok()) return from.error(fault::truncated);
            if (name != now.name || rank != now.update.rank() || by != now.update.scale)
                return from.error(fault::wrong_shape);
            set.entries.push_back(now);
            for (matrix<float>* part : parts_of(set.entries.back().update)) {
                const auto numbers = from.array<float>();
                if (!from.ok()) return from.error(fault::truncated);
                if (numbers.size() != part->flat().size()) return from.error(fault::wrong_shape);
                if (!all_finite(std::span<const float>(numbers))) return from.error(fault::not_finite);
                std::ranges::copy(numbers, part->data());
            }
            for (const matrix<float>* part : parts_of(set.entries.back().update)) {
                auto move = adamw<float>::load(from, part->flat().size());
                if (!move) return move.error();
                moves.push_back(std::move(*move));
            }
            if (now.update.m.flat().empty()) moves.emplace_back(0);
        }
        if (auto ok = from.finish(); !ok) return ok;
        if (after && steps != *after) return from.error(fault::malformed);
        for (std::size_t i = 0; i < n; ++i) set_.entries[i].update = std::move(set.entries[i].update);
        moves_ = std::move(moves), steps_ = steps;
        measure({});
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
