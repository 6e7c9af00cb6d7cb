// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/random.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/schema/ndcg.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <type_traits>
#include <vector>

namespace graft::inline GRAFT_ABI {

// Which dense weight suits a collection, learned from judged questions.
namespace fuse {

/// What both searches found for one question, best first, and how it was judged.
struct judged {
    std::span<const hit>       dense   = {};
    std::span<const hit>       lexical = {};
    std::span<const judgement> grades  = {}; ///< <= 0: no answer at all
};

/// How a weight is looked for.
struct fit_params {
    std::size_t   steps   = 20; ///< the grid is 0, 1/steps, …, 1
    std::size_t   folds   = 5;  ///< at most one a question
    std::size_t   repeats = 10; ///< of the split, each shuffled anew
    std::size_t   at      = 10; ///< nDCG is cut here
    std::uint64_t seed    = 0;
};

/// The weight, and what to expect of a weight chosen this way.
struct fitted {
    float               dense    = 0;  ///< picked on all questions: for `weighted_sum{.dense = …}`
    double              mean     = 0;  ///< of every question, scored by a weight chosen without it
    std::vector<double> held_out = {}; ///< the mean of each fold: `repeats` times `folds`
};

} // namespace fuse

namespace detail {

/// Fits by the scores of each question at each weight of the grid: row(query, scores, worker) fills them.
template <class Row>
[[nodiscard]] result<fuse::fitted> fit_weight(std::size_t questions, const fuse::fit_params& p, context& c,
                                              const Row& row) {
    if (questions < 2) return error{fault::no_input, unit::none, questions, "judged questions"};
    if (p.steps == 0 || p.repeats == 0 || p.folds < 2) return error{fault::bad_argument, unit::none, 0, "fit_params"};
    const std::size_t grid = p.steps + 1, folds = std::min(p.folds, questions);
    matrix<double>    table(questions, grid);
    if (auto ok = each_block(c, questions, 16,
                             [&](std::size_t begin, std::size_t end, context& w) -> result<void> {
                                 for (std::size_t q = begin; q < end; ++q) {
                                     if (auto good = row(q, table.row(q), w); !good) return good;
                                     for (const double x : table.row(q))
                                         if (!is_finite(x)) return error{fault::not_finite, unit::row, q, "score"};
                                     if (auto good = w.alive(); !good) return good;
                                 }
                                 return done;
                             });
        !ok)
        return ok.error();
    const auto pick = [&](std::span<const std::size_t> on) {
        std::vector<double> sums(grid);
        for (const std::size_t q : on)
            for (std::size_t g = 0; g < grid; ++g) sums[g] += table.row(q)[g];
        const auto  best = static_cast<std::size_t>(std::max_element(sums.begin(), sums.end()) - sums.begin());
        const auto  n    = static_cast<double>(on.size());
        std::size_t sum = 0, near = 0;
        for (std::size_t g = 0; g < grid; ++g) {
            double loss = 0, squares = 0;
            for (const std::size_t q : on) {
                const double l = table.row(q)[best] - table.row(q)[g];
                loss += l;
                squares += l * l;
            }
            loss /= n;
            const double variance = std::max(0., squares / n - loss * loss);
            if (g != best && loss > std::sqrt(variance / n)) continue;
            sum += g;
            ++near;
        }
        return (2 * sum + near) / (2 * near); // the mean, rounded
    };

    fuse::fitted             out;
    std::vector<std::size_t> order(questions), rest;
    std::iota(order.begin(), order.end(), std::size_t{0});
    out.dense = static_cast<float>(pick(order)) / static_cast<float>(p.steps);
    for (std::size_t r = 0; r < p.repeats; ++r) {
        std::iota(order.begin(), order.end(), std::size_t{0});
        counter_random(p.seed, r).shuffle(std::span<std::size_t>(order));
        for (std::size_t f = 0; f < folds; ++f) {
            if (auto ok = c.alive(); !ok) return ok.error();
            rest.clear();
            for (std::size_t i = 0; i < questions; ++i)
                if (i % folds != f) rest.push_back(order[i]);
            const std::size_t with = pick(rest);
            double            got  = 0;
            for (std::size_t i = f; i < questions; i += folds) got += table.row(order[i])[with];
            out.held_out.push_back(got / static_cast<double>(questions - rest.size()));
            out.mean += got;
        }
    }
    out.mean /= static_cast<double>(questions * p.repeats);
    return out;
}

} // namespace detail

namespace fuse {

/// Picks the dense weight by cross-validation: each fold is scored with the weight that was picked on the others.
///
/// Picked is the middle of all weights that come within one standard error of the best, question by question: where the
/// differences are noise, an extreme weight that happened to win helps nobody.
/// Takes    `score(query, dense)` → double, higher is better, for questions 0 … `questions` - 1; on the executor of the context: with
///          several threads it is called by several at once.
/// Gives    the same for any number of threads.
/// Costs    questions x (steps + 1) calls of `score`.
/// Fails    `fault::no_input` for fewer than two questions; `fault::bad_argument` for no steps, no repeats or fewer than
///          two folds; `fault::not_finite` when `score` gives such a number; stopped, timed_out.
/// Source   the one-standard-error rule of Breiman, Friedman, Olshen, Stone 1984, taken two-sided.
template <class Score>
    requires std::is_invocable_r_v<double, Score&, std::size_t, float>
[[nodiscard]] result<fitted> fit(std::size_t questions, Score&& score, const fit_params& p, context& c) {
    return detail::fit_weight(questions, p, c, [&](std::size_t q, std::span<double> scores, context&) -> result<void> {
        for (std::size_t g = 0; g < scores.size(); ++g)
            scores[g] = score(q, static_cast<float>(g) / static_cast<float>(p.steps));
        return done;
    });
}
/// The same in a context of its own.
template <class Score>
    requires std::is_invocable_r_v<double, Score&, std::size_t, float>
[[nodiscard]] result<fitted> fit(std::size_t questions, Score&& score, const fit_params& p = {}, context&& c = {}) {
    return fit(questions, score, p, c);
}

/// Picks the dense weight of `weighted_sum` by the nDCG of judged questions. Those without a relevant chunk are left out.
///
/// Fails    as above, and as `weighted_sum::fuse`.
[[nodiscard]] inline result<fitted> fit(std::span<const judged> questions, const fit_params& p, context& c) {
    std::vector<const judged*> use;
    for (const judged& q : questions)
        if (std::any_of(q.grades.begin(), q.grades.end(), [](const judgement& j) { return j.grade > 0; }))
            use.push_back(&q);
    return detail::fit_weight(use.size(), p, c,
                              [&](std::size_t q, std::span<double> scores, context& w) -> result<void> {
                                  const std::span<const hit> lists[2] = {use[q]->dense, use[q]->lexical};
                                  for (std::size_t g = 0; g < scores.size(); ++g) {
                                      const arena::scope scratch(w);
                                      const float        dense = static_cast<float>(g) / static_cast<float>(p.steps);
                                      const float        weights[2] = {dense, 1 - dense};
                                      const auto         hits       = weighted_sum{}.fuse(lists, weights, p.at, w);
                                      if (!hits) return hits.error();
                                      scores[g] = ndcg(judge(*hits, use[q]->grades, w), p.at);
                                  }
                                  return done;
                              });
}
/// The same in a context of its own.
[[nodiscard]] inline result<fitted> fit(std::span<const judged> questions, const fit_params& p = {}, context&& c = {}) {
    return fit(questions, p, c);
}

} // namespace fuse
} // namespace graft::inline GRAFT_ABI
