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
    double nearest = -2; ///< cosine of the nearest vector; < -1: not known
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
    /// The cosine that the embedder gives to a question and a passage that have nothing to do with each other: `unrelated_cosine`. Beyond 1,
    /// as it stands: vectors say nothing of support, only words do.
    double unrelated = 2;

    /// What words alone say, or what the nearest vector says where that is more: it finds what is meant in other words, or in
    /// another language. (cosine - unrelated) / (1 - unrelated) has the same scale for models whose cosines differ much; half of
    /// the questions at .225 have an answer among five chunks, and .03 more for each e-fold of chunks, for the best of many is high by chance.
    /// Source   two encoders (all-MiniLM-L6-v2, multilingual-e5-small) on 298 own and foreign questions of XQuAD, English and German over
    ///          English, by five chunks and by 240: AUC .996 to .999 and .94 to .98.
    [[nodiscard]] double of_vectors(const support_evidence& e) const noexcept {
        if (!(unrelated > -1 && unrelated < .999) || !(e.nearest >= -1.001 && e.nearest <= 1.001)) return 0;
        const double middle = .225 + .03 * std::log(std::fmax(1, e.chunks / 5));
        return 1 / (1 + std::exp(-((e.nearest - unrelated) / (1 - unrelated) - middle) / .04));
    }

    /// The probability, 0 to 1, that the hits answer the question.
    [[nodiscard]] double operator()(const support_evidence& e) const noexcept {
        double z = constant + share * e.share + unit * e.unit + content * std::log1p(e.content);
        if (e.lexical >= 0 && e.chunks > 0) z += lexical * (e.lexical - neutral) * e.chunks / (e.chunks + half);
        return std::fmax(1 / (1 + std::exp(-z)), of_vectors(e));
    }
};

} // namespace graft::inline GRAFT_ABI
