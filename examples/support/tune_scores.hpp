// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"
#include "tuning_report.hpp"

#include <graft/generate/decoder_folder.hpp>
#include <graft/records/tuning_record.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a tuned language model writes, held against what it was to write.
namespace tool {

/// The scores that `--score`, `--pattern` and `--schema` ask for; of a rewriter `exact`, `f1` and `unchanged` if nothing is said.
class answer_scorer {
    using measure = std::function<double(const graft::tuning_record&, std::string_view)>;
    std::vector<std::pair<std::string, measure>> by_;
    std::size_t                                  most_;
    bool                                         rewriter_;

public:
    answer_scorer(const arguments& args, const console& say, bool rewriter);

    [[nodiscard]] bool empty() const { return by_.empty(); }
    /// Those of some records that are answered.
    [[nodiscard]] std::span<const graft::tuning_record> some(std::span<const graft::tuning_record> of) const {
        return of.first(std::min(most_, of.size()));
    }
    /// What a model answers to each, the likeliest token at a time; of a rewriter the question that `rewrite` asks then. One that fails is reported, and is empty.
    [[nodiscard]] std::vector<std::string> answers(const console& say, const graft::decoder& model,
                                                   std::span<const graft::tuning_record> to, graft::context& c) const;
    /// How the answers were scored before and after.
    [[nodiscard]] answer_scores scores(const console& say, std::span<const graft::tuning_record> of,
                                       std::vector<std::string> before, std::vector<std::string> after,
                                       graft::context& c) const;
};

} // namespace tool
