// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "records.hpp"

#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/schema/ndcg.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// What the tasks of `tune` share that learn from judged questions.
namespace tool {

/// A question and what answers it, by rows.
struct judged_question {
    std::uint32_t                 row     = 0;  ///< of the question
    std::vector<std::uint32_t>    answers = {}; ///< rows of documents, ascending, each once
    std::vector<graft::judgement> grades  = {}; ///< of those; the id is the row and 1
};

/// What `--corpus`, `--queries` and `--qrels` hold.
struct judged_texts {
    std::size_t                  refused = 0; ///< records and judgements that were reported
    std::vector<record>          corpus, queries;
    std::vector<judged_question> asked; ///< the questions that something answers, in their order

    judged_texts(const arguments& args, const console& say);

    /// From 0 to below 1: which share of a split the question falls into. Questions that say the same fall together.
    [[nodiscard]] double draw(const judged_question& q, std::uint64_t seed) const;
    /// Draws from the first fifty of a ranking what neither answers the question nor says what an answer says.
    [[nodiscard]] std::vector<std::uint32_t> hard_negatives(const judged_question&         q,
                                                            std::span<const std::uint32_t> ranked, std::size_t count,
                                                            std::uint64_t seed) const;
};

/// The rows of the `k` documents whose vectors are nearest to each question's by cosine, the nearest first, ties by row. Threads of the context share
/// the questions.
[[nodiscard]] graft::result<std::vector<std::vector<std::uint32_t>>>
nearest_rows(graft::matrix_view<const float> questions, graft::matrix_view<const float> documents, std::size_t k,
             graft::context& c);

} // namespace tool
