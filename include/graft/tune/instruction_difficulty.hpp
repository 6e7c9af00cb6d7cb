// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/tune/text_losses.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a token of an answer costs the untouched model, in nats.
struct instruction_difficulty {
    double asked = 0; ///< where it knows what was asked
    double alone = 0; ///< where it does not

    /// The first over the second: above 1 the question makes the answer less likely. 1 where the answer costs nothing.
    [[nodiscard]] double ratio() const noexcept { return alone > 0 ? asked / alone : 1; }
};

/// How much of an answer the untouched model learns from what was asked: cheap to know, and a fair sign of which examples are worth to learn from
/// (`worst_share`).
///
/// Takes    texts of which the answers are labelled; `opening`, the tokens behind which an answer stands alone: what a model reads where nobody has said anything
/// Costs    two forward passes over the texts
/// Fails    `no_input` without an opening; as `text_losses`
/// Source   Li et al. 2023, arXiv 2308.12032, eq. 3, where the answer stands alone behind nothing: its first token then costs nothing.
template <class Model>
[[nodiscard]] result<std::vector<instruction_difficulty>>
instruction_difficulties(const Model& m, std::span<const tuning_text> texts, std::span<const std::uint32_t> opening,
                         std::size_t together, context& c) {
    if (opening.empty()) return error{fault::no_input, unit::none, 0, "opening"};
    std::vector<tuning_text> answers;
    answers.reserve(texts.size());
    for (const tuning_text& t : texts) {
        std::vector<std::uint32_t> said;
        for (const std::int64_t label : t.labels)
            if (label != ignored_label) said.push_back(static_cast<std::uint32_t>(label));
        answers.push_back(tuning_text::of(opening, said));
    }
    const lora_set<float> untouched;
    const auto            asked = text_losses(m, untouched, texts, together, c);
    if (!asked) return asked.error();
    const auto alone = text_losses(m, untouched, answers, together, c);
    if (!alone) return alone.error();
    std::vector<instruction_difficulty> all;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto n = static_cast<double>(texts[i].labelled());
        all.push_back({(*asked)[i] / n, (*alone)[i] / n});
    }
    return all;
}

} // namespace graft::inline GRAFT_ABI
