// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/result.hpp>
#include <graft/schema/chunk.hpp>

#include <concepts>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Reads a question and passages together. A reranker
///  1. writes a score for each passage into `scores`, as many as there are passages: higher is better, none is NaN;
///  2. gives a passage the score that it would have alone.
template <class R>
concept reranker = requires(const R& r, std::string_view question, std::span<const text_view> passages,
                            std::span<float> scores, context& c) {
    { r.score(question, passages, scores, c) } -> std::same_as<result<void>>;
};

/// What a type lacks that was meant as a reranker: the compiler names it.
template <class R>
struct a_reranker {
    struct needs__result_void_score_of_question_passages_scores_context_const;
};

} // namespace graft::inline GRAFT_ABI
