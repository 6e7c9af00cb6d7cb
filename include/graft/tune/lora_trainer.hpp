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

/// Tunes the updates beside a frozen language model, a step at a time: the loss of some texts, its gradient, AdamW. What runs it decides on texts and
/// rates (`fit_lora`).
///
/// The same steps give the same bits on any number of threads. A step that fails leaves the updates as they were.
/// Borrows  the model, a decoder of whole texts: `llama`.
template <class Model>
class lora_trainer {
    using beside_list = std::vector<typename Model::layer::updates>;
    using grads_list  = std::vector<typename Model::layer::grads>;

    const Model*               model_;
    lora_set<float>            set_;
    beside_list                beside_;
    lora_set<float>::grads     grads_;
    grads_list                 into_;
    std::vector<adamw<float>>  moves_; // of A and B of each entry
    std::size_t                steps_ = 0;
    std::vector<std::uint32_t> ids_;
    std::vector<std::int64_t>  labels_;
    std::vector<std::size_t>   ends_;

    lora_trainer(const Model& m, lora_set<float> set) : model_(&m), set_(std::move(set)), grads_(set_.zero_grads()) {
        for (const auto& e : set_.entries) {
            moves_.emplace_back(e.update.A.flat().size());
            moves_.emplace_back(e.update.B.flat().size());
        }
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
    /// What is tuned.
    using tuned = lora_set<float>;
    /// Updates change nothing until they are tuned: the start is the untouched base.
    static constexpr bool begins_as_base = true;

    lora_trainer(lora_trainer&&) noexcept            = default; // updates stay where they are, and are pointed at
    lora_trainer& operator=(lora_trainer&&) noexcept = default;

    static constexpr std::uint32_t    format = 1;
    static constexpr std::string_view kind   = "lora training";

    /// Fails    as `lora_beside`: the updates are not those of this model; `no_input` where there is none
    static result<lora_trainer> make(const Model&&, lora_set<float>) = delete; // it would borrow what is about to die
    [[nodiscard]] static result<lora_trainer> make(const Model& model, lora_set<float> set) {
        if (set.entries.empty()) return error{fault::no_input, unit::none, 0, "updates"};
        lora_trainer made(model, std::move(set));
        auto         beside = lora_beside(model, made.set_);
        if (!beside) return beside.error();
        made.beside_ = std::move(*beside);
        made.into_   = lora_grads_beside(model, made.set_, made.grads_);
        return made;
    }

    /// Tokens that a text may have.
    [[nodiscard]] static std::size_t room(const Model& model, const lora_set<float>&) noexcept {
        return model.config.positions;
    }

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
        if (!by.valid() || !(clip >= 0)) return error{fault::bad_argument, unit::none, 0, "adamw"};
        tuning_step told{.step = steps_ + 1, .rate = by.rate};
        for (const tuning_text* t : texts) told.labelled += t->labelled(), told.tokens += t->ids.size();
        for (auto& g : grads_)
            for (matrix<float>* m : {&g.A, &g.B}) std::fill_n(m->data(), m->flat().size(), 0.f);
        auto ok = each_run(texts, together, [&](std::span<const tuning_text* const> some) -> result<void> {
            gather(some);
            const arena::scope    mine(c);
            const packed_tokens   in{ids_, {}, ends_};
            const auto            y = detail::take_matrix<float>(c, ids_.size(), model_->config.width);
            typename Model::saved saved;
            if (auto read = model_->forward(in, y, beside_, &saved, c); !read) return read;
            const auto lost = head_loss<float>(model_->head, y, labels_, static_cast<double>(told.labelled), {}, y, c);
            if (!lost) return lost.error();
            told.loss += *lost;
            return model_->backward(in, saved, y, beside_, into_, c);
        });
        if (!ok) return ok.error();
        double square = 0;
        for (const auto& g : grads_)
            for (const matrix<float>* m : {&g.A, &g.B})
                for (const float x : m->flat())
                    square = std::fma(static_cast<double>(x), static_cast<double>(x), square);
        told.norm = std::sqrt(square);
        if (!is_finite(told.loss)) return error{fault::not_finite, unit::none, told.step, "loss"};
        // AdamW squares in float; what passes this, it takes.
        if (!is_finite(static_cast<float>(square))) return error{fault::not_finite, unit::none, told.step, "gradient"};
        const auto scale = static_cast<float>(clip > 0 ? clip / (told.norm + 1e-6) : 1);
        for (std::size_t i = 0; i < set_.entries.size(); ++i) {
            auto& u = set_.entries[i].update;
            for (const auto& [w, g, n] : {std::tuple{&u.A, &grads_[i].A, 2 * i}, {&u.B, &grads_[i].B, 2 * i + 1}}) {
                if (clip > 0 && scale < 1)
                    for (float& x : g->flat()) x *= scale;
                if (auto moved = moves_[n].step(w->flat(), g->flat(), by); !moved) return moved.error();
            }
        }
        ++steps_;
        return told;
    }

    /// The numbers of some updates, as a run keeps its best ones; of none, where it keeps none yet.
    static void save_state(byte_writer& to, const lora_set<float>& set) {
        to.u64(set.entries.size());
        for (const auto& e : set.entries)
            for (const auto m : {e.update.A.flat(), e.update.B.flat()}) to.array(std::span<const float>(m));
    }
    /// Fails    `malformed` where they are not those of this training; `not_finite`, `truncated`
    [[nodiscard]] result<lora_set<float>> load_state(byte_reader& from) const {
        const auto n = from.u64();
        if (!from.ok()) return from.error(fault::truncated);
        if (n == 0) return lora_set<float>{};
        if (n != set_.entries.size()) return from.error(fault::malformed);
        lora_set<float> set = set_;
        for (auto& e : set.entries)
            for (matrix<float>* m : {&e.update.A, &e.update.B}) {
                const auto numbers = from.array<float>();
                if (numbers.size() != m->flat().size()) return from.error(fault::malformed);
                if (!all_finite(std::span<const float>(numbers))) return from.error(fault::not_finite);
                std::copy(numbers.begin(), numbers.end(), m->data());
            }
        return set;
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
            for (const auto m : {e.update.A.flat(), e.update.B.flat()}) to.array(std::span<const float>(m));
            for (std::size_t n : {2 * i, 2 * i + 1}) moves_[n].save(to);
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
            const auto  a = from.array<float>(), b = from.array<float>();
            if (name != now.name || rank != now.update.rank() || by != now.update.scale ||
                a.size() != now.update.A.flat().size() || b.size() != now.update.B.flat().size())
                return from.error(fault::wrong_shape);
            if (!all_finite(std::span<const float>(a)) || !all_finite(std::span<const float>(b)))
                return from.error(fault::not_finite);
            set.entries.push_back({now.name,
                                   {matrix<float>(matrix_view<const float>{a.data(), rank, now.update.in()}),
                                    matrix<float>(matrix_view<const float>{b.data(), now.update.out(), rank}), by}});
            for (std::size_t size : {a.size(), b.size()}) {
                auto move = adamw<float>::load(from, size);
                if (!move) return move.error();
                moves.push_back(std::move(*move));
            }
        }
        if (auto ok = from.finish(); !ok) return ok;
        if (after && steps != *after) return from.error(fault::malformed);
        for (std::size_t i = 0; i < n; ++i) set_.entries[i].update = std::move(set.entries[i].update);
        moves_ = std::move(moves), steps_ = steps;
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
