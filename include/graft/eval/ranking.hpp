// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/schema/ndcg.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace graft::inline GRAFT_ABI {

// The measures; nDCG, which tuning and fusion need too, is in math/ndcg.hpp. Each gives 0 for a question without anything relevant.
// What they compute is what trec_eval computes under the name in the comment, in double and in the same order, to the printed digit.

/// Relevant ones among the first k, divided by k however many were found. trec_eval: P
[[nodiscard]] inline double precision(const ranked& r, std::size_t k) noexcept {
    return k == 0 ? 0 : static_cast<double>(r.found(k)) / static_cast<double>(k);
}

/// Relevant ones among the first k, divided by all that are relevant. trec_eval: recall
[[nodiscard]] inline double recall(const ranked& r, std::size_t k = all_ranks) noexcept {
    const std::size_t n = r.relevant();
    return n == 0 ? 0 : static_cast<double>(r.found(k)) / static_cast<double>(n);
}

/// Precision at the first k, divided by the best that k ranks allow. trec_eval: relative_P
[[nodiscard]] inline double relative_precision(const ranked& r, std::size_t k) noexcept {
    const std::size_t n = std::min(k, r.relevant());
    return n == 0 ? 0 : static_cast<double>(r.found(k)) / static_cast<double>(n);
}

/// 1 when there is a relevant one among the first k. trec_eval: success
[[nodiscard]] inline double success(const ranked& r, std::size_t k) noexcept { return r.found(k) > 0 ? 1 : 0; }

/// One over the rank of the first relevant one; its mean over questions is MRR. trec_eval: recip_rank
[[nodiscard]] inline double reciprocal_rank(const ranked& r, std::size_t k = all_ranks) noexcept {
    for (std::size_t i = 0; i < r.depth(k); ++i)
        if (r.hits(i)) return 1. / static_cast<double>(i + 1);
    return 0;
}

/// Mean, over everything relevant, of the precision at its rank, 0 where it is beyond k; its mean over questions is MAP.
/// trec_eval: map, map_cut
[[nodiscard]] inline double average_precision(const ranked& r, std::size_t k = all_ranks) noexcept {
    const std::size_t n   = r.relevant();
    double            sum = 0, found = 0;
    for (std::size_t i = 0; i < r.depth(k); ++i)
        if (r.hits(i)) sum += ++found / static_cast<double>(i + 1);
    return n == 0 ? 0 : sum / static_cast<double>(n);
}

/// Precision at (times · relevant) ranks. trec_eval: Rprec, Rprec_mult
[[nodiscard]] inline double r_precision(const ranked& r, double times = 1) noexcept {
    return precision(r, static_cast<std::size_t>(times * static_cast<double>(r.relevant()) + .9));
}

/// The best precision at any rank by which this share of everything relevant has been found. trec_eval: iprec_at_recall
[[nodiscard]] inline double interpolated_precision(const ranked& r, double share) noexcept {
    const double needed = std::floor(share * static_cast<double>(r.relevant()) + .5);
    double       found = 0, best = 0;
    for (std::size_t i = 0; i < r.grades.size(); ++i) {
        found += r.hits(i) ? 1 : 0;
        if (found >= needed) best = std::max(best, found / static_cast<double>(i + 1));
    }
    return best;
}

/// How rarely judged irrelevant ones stand above relevant ones: blind to what nobody judged. trec_eval: bpref
///
/// Source   Buckley, Voorhees, SIGIR 2004, in the bounded form of trec_eval 8 onward.
[[nodiscard]] inline double bpref(const ranked& r) noexcept {
    const std::size_t n = r.relevant(), bound = std::min(n, r.nonrelevant());
    double            sum   = 0;
    std::size_t       above = 0;
    for (std::size_t i = 0; i < r.grades.size(); ++i) {
        if (r.hits(i)) sum += above == 0 ? 1 : 1 - static_cast<double>(std::min(above, n)) / static_cast<double>(bound);
        else if (r.grades[i] >= 0) ++above;
    }
    return n == 0 ? 0 : sum / static_cast<double>(n);
}

/// Mean of nDCG at the ranks at which a perfect ranking passes from one grade to the next, and at the end where the ranking
/// goes on beyond them. trec_eval: Rndcg
[[nodiscard]] inline double r_ndcg(const ranked& r) noexcept {
    double      sum = 0, places = 0;
    std::size_t i = 0;
    for (; i < r.judged.size() && r.judged[i] > 0; ++i)
        if (i + 1 == r.judged.size() || r.judged[i + 1] != r.judged[i]) {
            sum += detail::ranking::dcg(r.grades, i + 1) / detail::ranking::dcg(r.judged, i + 1);
            ++places;
        }
    if (i == 0) return 0;
    if (r.grades.size() > i + 1) {
        sum += ndcg(r);
        ++places;
    }
    return sum / places;
}

/// Mean, over everything relevant, of nDCG at its rank; what was not found counts as at the end. trec_eval: ndcg_rel
[[nodiscard]] inline double ndcg_at_relevant(const ranked& r) noexcept {
    double sum = 0, got = 0, best = 0, all = 0, found = 0;
    for (const int g : r.judged) all += g > 0 ? 1 : 0;
    for (std::size_t i = 0; i < r.grades.size(); ++i) {
        if (i < r.judged.size()) best += detail::ranking::gain(r.judged[i]) / detail::ranking::discount(i);
        if (r.grades[i] <= 0) continue;
        got += detail::ranking::gain(r.grades[i]) / detail::ranking::discount(i);
        sum += got / best;
        ++found;
    }
    if (all == 0) return 0;
    const double ideal = detail::ranking::dcg(r.judged, all_ranks);
    return (sum + (all - found) * got / ideal) / all;
}

/// Average precision estimated where the pool was judged in part. trec_eval: infAP
///
/// Source   Yilmaz, Aslam, CIKM 2006.
[[nodiscard]] inline double inferred_ap(const ranked& r) noexcept {
    constexpr double  epsilon = .00001;
    const std::size_t n       = r.relevant();
    double            sum = 0, relevant = 0, not_relevant = 0, pooled = 0; // above the rank
    for (std::size_t i = 0; i < r.grades.size(); ++i) {
        const double above = static_cast<double>(i);
        if (r.grades[i] == unjudged) continue;
        if (r.grades[i] < 0) ++pooled;
        else if (!r.hits(i)) ++not_relevant;
        else if (i == 0) {
            sum += 1;
            ++relevant;
        } else {
            const double in_pool = (pooled + relevant + not_relevant) / above;
            const double share   = (relevant + epsilon) / (relevant + not_relevant + 2 * epsilon);
            sum += 1 / (above + 1) + above / (above + 1) * in_pool * share;
            ++relevant;
        }
    }
    return n == 0 ? 0 : sum / static_cast<double>(n);
}

/// Gain, discounted by how far the ranking lags behind at that place (with grades 0 and 1: by how many that are not relevant
/// stand above), against the sum of all gains. trec_eval: G, and binG where every relevant grade counts 1
[[nodiscard]] inline double discounted_gain(const ranked& r, bool binary = false) noexcept {
    const auto gain = [&](int g) { return !binary ? detail::ranking::gain(g) : g >= r.level ? 1. : 0.; };
    double     sum = 0, got = 0, spent = 0, all = 0;
    for (const int g : r.judged) all += gain(g);
    for (std::size_t i = 0; i < r.grades.size(); ++i) {
        const double now = gain(r.grades[i]);
        got += now;
        spent += std::max(1., i < r.judged.size() ? gain(r.judged[i]) : 0.);
        if (now > 0) sum += now / detail::ranking::log2_exact(2 + spent - got);
    }
    return all > 0 ? sum / all : 0;
}

/// Rank-biased precision: a reader goes on to the next rank with this patience. trec_eval: rbp
///
/// Source   Moffat, Zobel, TOIS 2008.
[[nodiscard]] inline double rank_biased_precision(const ranked& r, double patience = .9) noexcept {
    double sum = 0, weight = 1 - patience;
    for (std::size_t i = 0; i < r.grades.size(); ++i, weight *= patience) sum += r.hits(i) ? weight : 0;
    return sum;
}

/// What rank-biased precision could gain if everything unjudged, below the end included, were relevant.
/// trec_eval: rbp_resid
[[nodiscard]] inline double rank_biased_residual(const ranked& r, double patience = .9) noexcept {
    double sum = 0, left = 1;
    for (std::size_t i = 0; i < r.grades.size(); ++i, left *= patience)
        if (r.grades[i] < 0) sum += (1 - patience) * left;
    return sum + left;
}

} // namespace graft::inline GRAFT_ABI
