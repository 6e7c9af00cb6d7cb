// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cmath>

namespace graft::inline GRAFT_ABI {

/// What speaks for an answer being among the hits of a question.
struct support_evidence {
    /// Of the question's weight, what one hit holds, title and headings included: the largest (`asked_words`).
    double share = 0;
    /// The same of one sentence, item or row, with what its surroundings lend (`unit_worth`), at most 1.
    double unit    = 0;
    double content = 0;  ///< the weight of the question's words that say something
    double lexical = -1; ///< best lexical score / its upper bound; < 0: not known
    double chunks  = 0;  ///< that were searched; 0: not known
};

/// How evidence becomes a probability: a logistic regression.
///
/// What one passage, and one sentence of it, hold of the question decide alone in a small folder. The lexical score knows how rare each word
/// is among the chunks, which says nothing where there are five and much where there are a thousand: it counts with
/// n / (n + half) of its weight, and not at all where it is `neutral`.
/// Source   fitted on own and foreign questions of XQuAD en and de, articles 1 to 24, as folders and as single paragraphs, and of
///          half of SQuAD with the article in and out of the collection; benchmarks/README.md has the figures elsewhere.
struct support_model {
    double constant = -9.61;
    double share    = 6.52;
    double unit     = 9.01;
    double content  = 2.25; ///< of log(1 + content)
    double lexical  = 20.1;
    double neutral  = .495;
    double half     = 1000; ///< chunks

    /// The probability, 0 to 1, that the hits answer the question.
    [[nodiscard]] double operator()(const support_evidence& e) const noexcept {
        double z = constant + share * e.share + unit * e.unit + content * std::log1p(e.content);
        if (e.lexical >= 0 && e.chunks > 0) z += lexical * (e.lexical - neutral) * e.chunks / (e.chunks + half);
        return 1 / (1 + std::exp(-z));
    }
};

} // namespace graft::inline GRAFT_ABI
