// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/models/llama_prompt.hpp>
#include <graft/models/unfrozen_llama.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/tune/tuning_text.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The losses of the labelled tokens of each text, added up text by text.
///
/// Takes    `before`: rows that stand before each text; `read(packed_tokens, y)`, which lets the model read; `run`, memory that stays
/// Fails    `not_finite` (row: the text); as `read`; stopped, timed_out
template <class Model, class Read>
[[nodiscard]] result<void> each_text_loss(const Model& m, std::span<const tuning_text* const> texts,
                                          std::size_t together, std::size_t before, const Read& read, packed_texts& run,
                                          std::span<double> sums, context& c) {
    std::size_t next = 0;
    return run.each_run(texts, together, before, [&]() -> result<void> {
        const arena::scope mine(c);
        const auto         y = take_matrix<float>(c, run.labels.size(), m.config.width);
        if (auto ok = read(packed_tokens{run.ids, {}, run.ends}, y); !ok) return ok;
        const auto by_row = c.take_raw<double>(run.labels.size());
        if (auto lost = head_loss<float>(m.head, y, run.labels, 1, by_row, {}, c); !lost) return lost.error();
        for (std::size_t s = 0, row = 0; s < run.ends.size(); ++s, ++next) {
            double sum = 0;
            for (const std::size_t end = run.ends[s] + (s + 1) * before; row < end; ++row) sum += by_row[row];
            if (!is_finite(sum)) return error{fault::not_finite, unit::row, next, "loss"};
            sums[next] = sum;
        }
        return done;
    });
}
/// Their mean over all labelled tokens.
///
/// Fails    as `each_text_loss`
template <class Model, class Read>
[[nodiscard]] result<double> mean_text_loss(const Model& m, std::span<const tuning_text* const> texts,
                                            std::size_t together, std::size_t before, const Read& read,
                                            packed_texts& run, context& c) {
    const arena::scope mine(c);
    const auto         sums = c.take<double>(texts.size());
    if (auto ok = each_text_loss(m, texts, together, before, read, run, sums, c); !ok) return ok.error();
    double      sum = 0;
    std::size_t all = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) sum += sums[i], all += texts[i]->labelled();
    return sum / static_cast<double>(all);
}

template <class Model, class Read>
[[nodiscard]] result<std::vector<double>> checked_text_losses(const Model& m, std::span<const tuning_text> texts,
                                                              std::size_t room, std::size_t together,
                                                              std::size_t before, const Read& read, context& c) {
    if (auto ok = check_tuning_texts(texts, room, m.config.vocabulary); !ok) return ok.error();
    std::vector<const tuning_text*> all;
    for (const tuning_text& t : texts) all.push_back(&t);
    std::vector<double> sums(texts.size());
    packed_texts        run;
    if (auto ok = each_text_loss(m, std::span<const tuning_text* const>(all), together, before, read, run, sums, c);
        !ok)
        return ok.error();
    return sums;
}

} // namespace detail

/// What each text costs a language model with updates beside its layers: the losses of its labelled tokens, added up, in nats. What tuning gained, and what
/// it forgot, is the difference to the same without updates (`loss_change`).
///
/// Takes    no entries: the untouched model; how many tokens may run together, on which no bit depends
/// Fails    as `check_tuning_texts` and `lora_beside`; `not_finite` (row: the text); stopped, timed_out
template <class Model>
[[nodiscard]] result<std::vector<double>> text_losses(const Model& m, const lora_set<float>& updates,
                                                      std::span<const tuning_text> texts, std::size_t together,
                                                      context& c) {
    const auto beside = lora_beside(m, updates);
    if (!beside) return beside.error();
    const auto read = [&](const packed_tokens& in, matrix_view<float> y) {
        return m.forward(in, y, *beside, nullptr, c);
    };
    return detail::checked_text_losses(m, texts, m.config.positions, together, 0, read, c);
}
/// The same of a model whose own numbers were tuned; of one without numbers that of the untouched model.
///
/// Fails    as above
template <class Model>
[[nodiscard]] result<std::vector<double>> text_losses(const Model& m, const unfrozen_llama<float>& tuned,
                                                      std::span<const tuning_text> texts, std::size_t together,
                                                      context& c) {
    const lora_set<float> none;
    return tuned.parameters() > 0 ? text_losses(tuned, none, texts, together, c)
                                  : text_losses(m, none, texts, together, c);
}
/// The same behind virtual tokens: a `prefix` or a `soft_prompt`; without tokens the untouched model.
///
/// Fails    `wrong_shape` for those of another model, `too_large` where they leave no room for a text; as above
template <class Model, class Prompt>
    requires requires(const Prompt& p) { detail::rows_before(p); }
[[nodiscard]] result<std::vector<double>> text_losses(const Model& m, const Prompt& before,
                                                      std::span<const tuning_text> texts, std::size_t together,
                                                      context& c) {
    if (before.tokens() >= m.config.positions)
        return error{fault::too_large, unit::none, m.config.positions, "virtual tokens"};
    const auto read = [&](const packed_tokens& in, matrix_view<float> y) {
        return forward_behind(m, before, in, y, nullptr, c);
    };
    return detail::checked_text_losses(m, texts, m.config.positions - before.tokens(), together,
                                       detail::rows_before(before), read, c);
}

} // namespace graft::inline GRAFT_ABI
