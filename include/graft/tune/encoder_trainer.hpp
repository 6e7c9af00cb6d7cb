// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/bert_lora.hpp>
#include <graft/tune/encoder_task.hpp>
#include <graft/tune/lora_moves.hpp>
#include <graft/tune/lora_trainer.hpp>
#include <graft/tune/multiple_negatives.hpp>
#include <graft/tune/pair_losses.hpp>
#include <graft/tune/triplet_losses.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Tunes the updates beside a frozen encoder, a step at a time: vectors of the texts of some pairs, their loss, its gradient, AdamW. What runs it decides
/// on pairs and rates (`tuning_run`).
///
/// A text that several pairs name runs once. Where the texts of a step are more than may run together, all run without keeping, then again part by part
/// with what the backward pass needs: one loss over all, in the memory of a part.
///
/// The same steps give the same bits on any number of threads. A step that fails leaves the updates as they were.
/// Borrows  the task.
/// Source   Gao et al. 2021, arXiv 2101.06983, for running twice.
class encoder_trainer {
    const encoder_task*        task_;
    lora_moves                 moves_;
    bert_updates<float>        beside_;
    bert_grads<float>          into_;
    std::vector<std::uint32_t> slots_; // the texts of a step, each once, ascending
    std::vector<std::uint32_t> ids_;
    std::vector<std::size_t>   ends_;

    encoder_trainer(const encoder_task& task, lora_set<float> set, const lora_tuning& how)
        : task_(&task), moves_(std::move(set), how.b_rate) {}

    [[nodiscard]] std::size_t slot(std::uint32_t text) const {
        return static_cast<std::size_t>(std::lower_bound(slots_.begin(), slots_.end(), text) - slots_.begin());
    }
    void name_texts(std::span<const encoder_pair* const> pairs) {
        slots_.clear();
        for (const encoder_pair* p : pairs) {
            slots_.push_back(p->anchor), slots_.push_back(p->positive);
            slots_.insert(slots_.end(), p->negatives.begin(), p->negatives.end());
        }
        std::sort(slots_.begin(), slots_.end());
        slots_.erase(std::unique(slots_.begin(), slots_.end()), slots_.end());
    }
    /// Texts that move, of those that were named; the others stand behind them.
    [[nodiscard]] std::size_t moving() const { return slot(static_cast<std::uint32_t>(task_->texts.size())); }
    [[nodiscard]] std::size_t tokens() const {
        std::size_t n = 0;
        for (std::size_t i = 0; i < moving(); ++i) n += task_->texts[slots_[i]].size();
        return n;
    }
    /// Calls f(first, count) for runs of slots that have at most so many tokens together, or one text that has more.
    template <class F>
    [[nodiscard]] result<void> each_run(std::size_t most, const F& f) const {
        for (std::size_t i = 0, n = 0, all = moving(); i < all; i += n) {
            std::size_t sum = task_->texts[slots_[i]].size();
            for (n = 1; i + n < all && sum + task_->texts[slots_[i + n]].size() <= most; ++n)
                sum += task_->texts[slots_[i + n]].size();
            if (auto ok = f(i, n); !ok) return ok;
        }
        return done;
    }
    void gather(std::size_t first, std::size_t count) {
        ids_.clear(), ends_.clear();
        for (std::size_t i = first; i < first + count; ++i) {
            const auto& t = task_->texts[slots_[i]];
            ids_.insert(ids_.end(), t.begin(), t.end());
            ends_.push_back(ids_.size());
        }
    }
    /// The gathered texts through the model: rows of tokens, and pooled ones, of length 1 in `out` where that is asked for.
    struct pass {
        bert<float>::saved saved  = {};
        matrix_view<float> rows   = {};
        matrix_view<float> pooled = {};
    };
    [[nodiscard]] result<void> forward(pass& p, bool keep, matrix_view<float> out, context& c) const {
        const auto& m = *task_->model;
        p.rows        = detail::take_matrix<float>(c, ids_.size(), m.config.dims);
        p.pooled      = detail::take_matrix<float>(c, ends_.size(), task_->dims());
        if (auto ok = m.forward({ids_, {}, ends_}, p.rows, beside_.layers, keep ? &p.saved : nullptr, c); !ok)
            return ok;
        for (std::size_t k = 0; k < task_->pooled.size(); ++k)
            pool_tokens<float>(task_->pooled[k], p.rows, ends_, strided_rows<float>(p.pooled, k * m.config.dims));
        if (task_->normalise) normalise_rows<float>(p.pooled, out);
        else std::copy_n(p.pooled.data, p.pooled.rows * p.pooled.dims, out.data);
        return done;
    }
    [[nodiscard]] result<void> backward(const pass& p, matrix_view<const float> out, matrix_view<const float> dout,
                                        context& c) {
        const auto&        m = *task_->model;
        const arena::scope mine(c);
        const auto         drows = detail::take_matrix<float>(c, p.rows.rows, p.rows.dims);
        std::fill_n(drows.data, drows.rows * drows.dims, 0.f);
        auto dpooled = dout;
        if (task_->normalise) {
            const auto d = detail::take_matrix<float>(c, dout.rows, dout.dims);
            std::fill_n(d.data, d.rows * d.dims, 0.f);
            normalise_rows_back<float>(p.pooled, out, dout, d, c);
            dpooled = d;
        }
        for (std::size_t k = 0; k < task_->pooled.size(); ++k)
            pool_tokens_back<float>(task_->pooled[k], p.rows, ends_,
                                    strided_rows<const float>(dpooled, k * m.config.dims), drows);
        return m.backward({ids_, {}, ends_}, p.saved, drows, beside_.layers, into_.layers, nullptr, c);
    }
    /// Vectors of all texts that were named.
    [[nodiscard]] result<void> embed(std::size_t together, matrix_view<float> out, context& c) {
        auto ok = each_run(together, [&](std::size_t first, std::size_t count) {
            gather(first, count);
            const arena::scope mine(c);
            pass               p;
            return forward(p, false, out.middle(first, count), c);
        });
        if (!ok) return ok;
        for (std::size_t i = moving(); i < slots_.size(); ++i) {
            const auto row = task_->fixed.row(slots_[i] - task_->texts.size());
            std::copy(row.begin(), row.end(), out.row(i).begin());
        }
        return done;
    }
    /// The loss of pairs whose texts have these vectors; their gradients are written over `d`.
    [[nodiscard]] double judge(std::span<const encoder_pair* const> pairs, matrix_view<const float> v,
                               matrix_view<float> d, context& c) const {
        const arena::scope mine(c);
        const std::size_t  n    = pairs.size();
        const auto         room = [&](std::size_t rows) { return detail::take_matrix<float>(c, rows, v.dims); };
        const auto         rows = [&](const auto& text) {
            const auto m = room(n);
            for (std::size_t i = 0; i < n; ++i)
                std::copy_n(v.row(slot(text(*pairs[i]))).data(), v.dims, m.row(i).data());
            return m;
        };
        const auto back = [&](const auto& text, matrix_view<const float> g) {
            for (std::size_t i = 0; i < n; ++i)
                detail::row_functions<float>().add(g.row(i).data(), d.row(slot(text(*pairs[i]))).data(), v.dims);
        };
        const auto anchor   = [](const encoder_pair& p) { return p.anchor; };
        const auto positive = [](const encoder_pair& p) { return p.positive; };
        const auto negative = [](const encoder_pair& p) { return p.negatives[0]; };
        const auto labels   = c.take_raw<float>(n);
        for (std::size_t i = 0; i < n; ++i) labels[i] = pairs[i]->label;
        std::fill_n(d.data, d.rows * d.dims, 0.f);
        const auto a = rows(anchor), da = room(n);
        if (task_->loss == encoder_loss::cosent || task_->loss == encoder_loss::cosine) {
            const auto   b = rows(positive), db = room(n);
            const double lost = task_->loss == encoder_loss::cosent ? cosent<float>(a, b, labels, task_->scale, da, db)
                                                                    : cosine_mse<float>(a, b, labels, da, db);
            return back(anchor, da), back(positive, db), lost;
        }
        if (task_->loss == encoder_loss::triplet || task_->loss == encoder_loss::margin) {
            const triplet_rows<float> all{a, rows(positive), rows(negative), da, room(n), room(n)};
            const double              lost = task_->loss == encoder_loss::triplet ? triplet_loss(all, task_->margin)
                                                                                  : margin_mse<float>(all, labels);
            return back(anchor, da), back(positive, all.dpositive), back(negative, all.dnegative), lost;
        }
        return rank(pairs, v, a, da, d, c);
    }
    /// The candidates are what some pair names as positive or negative, in the order of their slots.
    [[nodiscard]] double rank(std::span<const encoder_pair* const> pairs, matrix_view<const float> v,
                              matrix_view<const float> a, matrix_view<float> da, matrix_view<float> d,
                              context& c) const {
        const auto candidate = c.take<std::uint8_t>(slots_.size());
        for (const encoder_pair* p : pairs) {
            candidate[slot(p->positive)] = 1;
            for (const std::uint32_t t : p->negatives) candidate[slot(t)] = 1;
        }
        const auto  column = c.take_raw<std::uint32_t>(slots_.size()), at = c.take_raw<std::uint32_t>(slots_.size());
        std::size_t m = 0;
        for (std::size_t s = 0; s < slots_.size(); ++s)
            if (candidate[s] != 0) column[s] = static_cast<std::uint32_t>(m), at[m++] = static_cast<std::uint32_t>(s);
        const auto cands = detail::take_matrix<float>(c, m, v.dims), dc = detail::take_matrix<float>(c, m, v.dims);
        for (std::size_t j = 0; j < m; ++j) std::copy_n(v.row(at[j]).data(), v.dims, cands.row(j).data());
        const auto batch  = c.take_raw<contrastive_row>(pairs.size());
        const auto hidden = c.take_raw<std::uint32_t>(pairs.size() * m);
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const std::uint32_t target = column[slot(pairs[i]->positive)];
            std::size_t         count  = 0;
            for (std::uint32_t j = 0; j < m; ++j)
                if (j != target && task_->no_negative(pairs[i]->anchor, pairs[i]->positive, slots_[at[j]]))
                    hidden[i * m + count++] = j;
            batch[i] = {target, std::span<const std::uint32_t>(hidden).subspan(i * m, count)};
        }
        const double lost = multiple_negatives<float>(a, cands, batch, static_cast<float>(task_->scale),
                                                      task_->loss == encoder_loss::symmetric, da, dc, c);
        const auto&  by   = detail::row_functions<float>();
        for (std::size_t i = 0; i < pairs.size(); ++i)
            by.add(da.row(i).data(), d.row(slot(pairs[i]->anchor)).data(), v.dims);
        for (std::size_t j = 0; j < m; ++j) by.add(dc.row(j).data(), d.row(at[j]).data(), v.dims);
        return lost;
    }

public:
    using example    = encoder_pair;
    using model_type = encoder_task;
    /// What is tuned. It changes nothing until it is: the start is the untouched base.
    using tuned                          = lora_set<float>;
    static constexpr bool begins_as_base = true;

    encoder_trainer(encoder_trainer&&) noexcept            = default;
    encoder_trainer& operator=(encoder_trainer&&) noexcept = default;

    [[nodiscard]] result<void> check(std::span<const encoder_pair> pairs) const { return task_->check(pairs); }
    /// Fails    as `lora_beside`: the updates are not those of this model; `no_input` where there is none; `absent` without a model; `unsupported`
    ///          for dropout, magnitudes and checkpointed activations; `bad_argument` for a rate that cannot be
    static result<encoder_trainer> make(const encoder_task&&, lora_set<float>, const lora_tuning& = {}) = delete;
    [[nodiscard]] static result<encoder_trainer> make(const encoder_task& task, lora_set<float> set,
                                                      const lora_tuning& how = {}) {
        if (task.model == nullptr) return error{fault::absent, unit::none, 0, "model"};
        if (set.entries.empty()) return error{fault::no_input, unit::none, 0, "updates"};
        if (!how.valid()) return error{fault::bad_argument, unit::none, 0, "lora tuning"};
        if (set.dropout != 0) return error{fault::unsupported, unit::none, 0, "dropout"};
        if (how.checkpoint_activations) return error{fault::unsupported, unit::none, 0, "checkpointed activations"};
        for (const auto& e : set.entries)
            if (!e.update.m.flat().empty()) return error{fault::unsupported, unit::none, 0, e.name + ": magnitudes"};
        encoder_trainer made(task, std::move(set), how);
        auto            beside = lora_beside(*task.model, made.moves_.set());
        if (!beside) return beside.error();
        made.beside_ = std::move(*beside);
        made.into_   = lora_grads_beside(*task.model, made.moves_.set(), made.moves_.grads());
        return made;
    }

    [[nodiscard]] const lora_set<float>& updates() const noexcept { return moves_.set(); }
    [[nodiscard]] std::size_t            steps() const noexcept { return moves_.steps(); } ///< that were done
    [[nodiscard]] std::uint64_t          hash() const noexcept { return task_->hash(); }

    /// The loss of some pairs, all of them one batch.
    ///
    /// Takes    pairs that `encoder_task::check` found sound; how many tokens may run together
    /// Fails    `not_finite`; stopped, timed_out
    [[nodiscard]] result<double> loss(std::span<const encoder_pair* const> pairs, std::size_t together, context& c) {
        const arena::scope mine(c);
        name_texts(pairs);
        const auto v = detail::take_matrix<float>(c, slots_.size(), task_->dims());
        const auto d = detail::take_matrix<float>(c, slots_.size(), task_->dims());
        if (auto ok = embed(together, v, c); !ok) return ok.error();
        const double lost = judge(pairs, v, d, c);
        if (!is_finite(lost)) return error{fault::not_finite, unit::none, steps(), "loss"};
        return lost;
    }
    /// One step on a batch of pairs.
    ///
    /// Takes    pairs that `encoder_task::check` found sound; how many tokens may run together, which the last bits depend on; `clip`, the length to which
    ///          a longer gradient is cut, or 0
    /// Costs    what the tokens that run together save: of all-MiniLM-L6-v2 some 300 KB each.
    /// Fails    `not_finite` where loss or gradient are; `bad_argument` for parameters out of range; stopped, timed_out
    [[nodiscard]] result<tuning_step> step(std::span<const encoder_pair* const> pairs, std::size_t together,
                                           const adamw_params& by, double clip, context& c) {
        if (pairs.empty()) return error{fault::no_input, unit::none, 0, "pairs"};
        const arena::scope mine(c);
        name_texts(pairs);
        tuning_step told{.step = steps() + 1, .rate = by.rate, .labelled = pairs.size(), .tokens = tokens()};
        const auto  v = detail::take_matrix<float>(c, slots_.size(), task_->dims());
        const auto  d = detail::take_matrix<float>(c, slots_.size(), task_->dims());
        moves_.begin();
        pass       whole;
        const bool once = told.tokens <= together;
        if (once) {
            for (std::size_t i = moving(); i < slots_.size(); ++i) {
                const auto row = task_->fixed.row(slots_[i] - task_->texts.size());
                std::copy(row.begin(), row.end(), v.row(i).begin());
            }
            gather(0, moving());
            if (auto ok = forward(whole, true, v.middle(0, moving()), c); !ok) return ok.error();
        } else if (auto ok = embed(together, v, c); !ok) return ok.error();
        told.loss = judge(pairs, v, d, c);
        if (!is_finite(told.loss)) return error{fault::not_finite, unit::none, told.step, "loss"};
        if (once) {
            if (auto ok = backward(whole, v.middle(0, moving()), d.middle(0, moving()), c); !ok) return ok.error();
        } else {
            auto ok = each_run(together, [&](std::size_t first, std::size_t count) -> result<void> {
                gather(first, count);
                const arena::scope here(c);
                pass               p;
                const auto         again = v.middle(first, count);
                if (auto ran = forward(p, true, again, c); !ran) return ran;
                return backward(p, again, d.middle(first, count), c);
            });
            if (!ok) return ok.error();
        }
        const auto length = moves_.step(by, clip);
        if (!length) return length.error();
        told.norm = *length;
        return told;
    }

    static void save_state(byte_writer& to, const tuned& set) { lora_moves::save_state(to, set); }
    [[nodiscard]] result<lora_set<float>> load_state(byte_reader& from) const { return moves_.load_state(from); }

    /// The updates, their moments and the number of steps; not the model, nor the texts.
    void                       save(byte_writer& to) const { moves_.save(to); }
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        return moves_.restore(from, after);
    }
};

} // namespace graft::inline GRAFT_ABI
