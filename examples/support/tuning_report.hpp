// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"
#include "tune_examples.hpp"
#include "tuning.hpp"

#include <graft/eval/loss_change.hpp>
#include <graft/eval/score_change.hpp>
#include <graft/eval/tuning_advice.hpp>
#include <graft/tune/fit_lora.hpp>
#include <graft/tune/tuning_estimate.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tool {

/// A set of texts that judged a run, and what became of their loss.
struct measured_set {
    std::string        name; ///< `held_out`, `keep`, `ood`
    std::string        from; ///< for people: "12 texts that are built in"
    std::size_t        texts = 0;
    graft::loss_change loss  = {};
};

/// A held-out record as a model answered it before and after.
struct answered_record {
    std::string id, expected, before, after;
};
/// A score of such answers, and what became of it.
struct scored_answers {
    std::string         by; ///< `exact`, `f1`, …
    graft::score_change score = {};
};
/// What a report says of them.
struct answer_scores {
    std::vector<answered_record> answers = {};
    std::vector<scored_answers>  scores  = {};
};

/// What a run of a language model leaves beside its adapter.
struct tuning_report {
    std::size_t                           parameters = 0, examples = 0;
    std::size_t                           kept = 0, steps = 0;
    bool                                  base            = false; ///< the untouched model was kept
    double                                train_loss      = 0;
    std::vector<graft::tuning_step>       curve           = {};
    std::vector<graft::tuning_look>       looks           = {};
    std::vector<measured_set>             sets            = {};
    std::vector<dropped_text>             dropped         = {};                ///< by `--drop-worst`
    std::vector<double>                   canaries_before = {}, canaries = {}; ///< exposure of each, in bits
    double                                canary_bits      = 0;                ///< the most that can be told
    std::optional<graft::tuning_estimate> estimate         = {};
    std::size_t                           process_estimate = 0; ///< bytes of the process at most; 0: unknown
    run_cost                              cost             = {};
    answer_scores                         answers          = {}; ///< of held-out texts, where they were asked for

    [[nodiscard]] const measured_set*  find(std::string_view name) const;
    [[nodiscard]] graft::tuning_advice advice() const;
};

/// Tells the measures and the advice, and writes `report.json`, `report.md` and `curve.svg` into a folder. Times, and the memory of the process, stand there with
/// `--timing`, as everywhere.
void tell_report(const arguments& args, const console& say, const std::string& folder, const tuning_report& r);

} // namespace tool
