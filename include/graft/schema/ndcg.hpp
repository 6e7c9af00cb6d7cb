// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/elementary.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// The grade of what nobody judged.
inline constexpr int unjudged = std::numeric_limits<int>::min();

/// No cut-off.
inline constexpr std::size_t all_ranks = std::numeric_limits<std::size_t>::max();

/// One question's ranking as a measure sees it: grades. 0 is not relevant, `level` and above is; a negative grade is of
/// something that was pooled and never judged.
///
/// Borrows  both lists.
struct ranked {
    std::span<const int> grades = {}; ///< of what was found, by rank; `unjudged` where there is no judgement
    std::span<const int> judged = {}; ///< every grade that was given for the question, greatest first
    int                  level  = 1;

    [[nodiscard]] bool        hits(std::size_t rank) const noexcept { return grades[rank] >= level; }
    [[nodiscard]] std::size_t depth(std::size_t k) const noexcept { return std::min(k, grades.size()); }
    /// Judged relevant, found or not.
    [[nodiscard]] std::size_t relevant() const noexcept {
        return static_cast<std::size_t>(
            std::partition_point(judged.begin(), judged.end(), [&](int g) { return g >= level; }) - judged.begin());
    }
    /// Judged not relevant, found or not.
    [[nodiscard]] std::size_t nonrelevant() const noexcept {
        return static_cast<std::size_t>(
                   std::partition_point(judged.begin(), judged.end(), [](int g) { return g >= 0; }) - judged.begin()) -
               relevant();
    }
    /// Relevant ones among the first k.
    [[nodiscard]] std::size_t found(std::size_t k = all_ranks) const noexcept {
        std::size_t n = 0;
        for (std::size_t i = 0; i < depth(k); ++i) n += hits(i) ? 1u : 0u;
        return n;
    }
};

/// A judgement of one chunk or document for one question.
struct judgement {
    chunk_id id    = {};
    int      grade = 0;
};

/// The grades of hits, in the order in which they stand. An id that comes again is credited once.
///
/// Takes    judgements of the question, one an id, in any order.
/// Borrows  the context.
[[nodiscard]] inline ranked judge(std::span<const hit> hits, std::span<const judgement> judged, context& w,
                                  int level = 1) {
    const auto known = w.take_raw<judgement>(judged.size());
    std::copy(judged.begin(), judged.end(), known.begin());
    std::sort(known.begin(), known.end(), [](const judgement& a, const judgement& b) { return a.id < b.id; });
    const auto grades = w.take_raw<int>(hits.size()), ideal = w.take_raw<int>(judged.size());
    const auto seen = w.take<bool>(judged.size());
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const auto at = std::lower_bound(known.begin(), known.end(), hits[i].id,
                                         [](const judgement& j, chunk_id id) { return j.id < id; });
        const auto n  = static_cast<std::size_t>(at - known.begin());
        if (at == known.end() || at->id != hits[i].id) grades[i] = unjudged;
        else grades[i] = std::exchange(seen[n], true) ? 0 : at->grade;
    }
    for (std::size_t i = 0; i < judged.size(); ++i) ideal[i] = judged[i].grade;
    std::sort(ideal.begin(), ideal.end(), std::greater<>());
    return {grades, ideal, level};
}

namespace detail::ranking {

inline double gain(int grade) noexcept { return grade > 0 ? static_cast<double>(grade) : 0.; }
/// Of a normal x > 0, the same bits everywhere: what a fit chooses by must not depend on the C library.
inline double log2_exact(double x) noexcept { return log_exact(x) / log_exact(2); }
inline double discount(std::size_t rank) noexcept { return log2_exact(static_cast<double>(rank + 2)); }

inline double dcg(std::span<const int> grades, std::size_t k) noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < std::min(k, grades.size()); ++i)
        if (grades[i] > 0) sum += gain(grades[i]) / discount(i);
    return sum;
}

} // namespace detail::ranking

/// Discounted gain of the first k against that of the best possible k: gain = grade, discount = log2(rank + 1).
/// trec_eval: ndcg, ndcg_cut
///
/// Source   Järvelin, Kekäläinen, TOIS 2002, with the discount from rank 1.
[[nodiscard]] inline double ndcg(const ranked& r, std::size_t k = all_ranks) noexcept {
    const double best = detail::ranking::dcg(r.judged, k);
    return best > 0 ? detail::ranking::dcg(r.grades, k) / best : 0;
}

} // namespace graft::inline GRAFT_ABI
