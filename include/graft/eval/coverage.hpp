// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/result.hpp>
#include <graft/simd/dot.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What of two rows is near: a cosine.
struct coverage_params {
    double near =
        .5; ///< from here on an example teaches a question, and two questions belong together; of an embedder's own scale
};

/// The row that is nearest to another.
struct nearest_row {
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t row    = none; ///< the lowest of equal ones; none where there is no other
    double        cosine = -1;   ///< with a row of zeros 0

    bool operator==(const nearest_row&) const = default;
};

/// Questions without an example near them that belong together.
struct coverage_gap {
    std::uint32_t              centre    = 0; ///< the question that most of them are near: write an example of it first
    std::vector<std::uint32_t> questions = {}; ///< all, with the centre, ascending
};

/// How well examples to learn from cover the questions that users ask, and how much they repeat each other.
struct coverage {
    std::vector<nearest_row>  of_questions = {}; ///< for each question its nearest example
    std::vector<nearest_row>  of_examples  = {}; ///< for each example its nearest other
    std::size_t               covered      = 0;  ///< questions whose nearest example is near
    std::size_t               used         = 0;  ///< examples that are nearest to some question that is covered
    std::vector<coverage_gap> gaps         = {}; ///< of the questions that are not covered, the largest first

    /// The share of the questions that is covered.
    [[nodiscard]] double share() const noexcept {
        return static_cast<double>(covered) / static_cast<double>(std::max<std::size_t>(of_questions.size(), 1));
    }
    /// How near an example is to its nearest other, on average: 1 where all say the same. 0 of fewer than two.
    [[nodiscard]] double redundancy() const noexcept {
        if (of_examples.size() < 2) return 0;
        double sum = 0;
        for (const nearest_row& n : of_examples) sum += n.cosine;
        return sum / static_cast<double>(of_examples.size());
    }
    /// The questions from the least covered on, ties by their number.
    [[nodiscard]] std::vector<std::uint32_t> least_covered() const {
        std::vector<std::uint32_t> rows(of_questions.size());
        for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
        std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
            return of_questions[a].cosine < of_questions[b].cosine;
        });
        return rows;
    }
};

namespace detail::covering {

/// Rows of length 1; those of zeros stay.
[[nodiscard]] inline result<matrix<float>> unit_rows(matrix_view<const float> from, const char* what) {
    matrix<float> to(from.rows, from.dims);
    for (std::size_t r = 0; r < from.rows; ++r) {
        double square = 0;
        for (const float x : from.row(r)) square = std::fma(static_cast<double>(x), static_cast<double>(x), square);
        if (!is_finite(square)) return error{fault::not_finite, unit::row, r, what};
        const double by = square > 0 ? 1 / std::sqrt(square) : 0;
        for (std::size_t i = 0; i < from.dims; ++i)
            to.row(r)[i] = static_cast<float>(static_cast<double>(from.row(r)[i]) * by);
    }
    return to;
}
/// The nearest of all rows, but for one.
[[nodiscard]] inline nearest_row nearest(std::span<const float> scores, std::size_t but) noexcept {
    nearest_row best;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (i != but && (best.row == nearest_row::none || static_cast<double>(scores[i]) > best.cosine))
            best = {static_cast<std::uint32_t>(i), static_cast<double>(scores[i])};
    return best;
}

} // namespace detail::covering

/// Holds the questions that users ask against the examples that a model is to learn from.
///
/// A question is covered where its nearest example is at least `near`. Those that are not are gathered into gaps: the one to which most of the others are near
/// and all of those, again and again, so that an example written for each centre covers all. What is near depends on the embedder:
/// `unrelated_cosine` says what its cosines begin from.
///
/// Takes    a row for each example and each question, from one embedder, of any length
/// Gives    the same for every number of threads; ties go to the lower row
/// Costs    examples × (examples + questions) × dims, and for g questions without an example g² × dims and up to 4 g² bytes; in parallel
/// Fails    `bad_argument` for a `near` outside of [-1, 1], `wrong_shape` for rows of two lengths, `no_input` without questions, `too_large` for 2^32 rows,
///          `not_finite` (row); stopped, timed_out
[[nodiscard]] inline result<coverage> coverage_of(matrix_view<const float> examples, matrix_view<const float> questions,
                                                  const coverage_params& p, context& c) {
    using namespace detail::covering;
    if (!(p.near >= -1 && p.near <= 1)) return error{fault::bad_argument, unit::none, 0, "near"};
    if (questions.rows == 0) return error{fault::no_input, unit::none, 0, "questions"};
    if (examples.rows > 0 && examples.dims != questions.dims)
        return error{fault::wrong_shape, unit::none, questions.dims, "questions"};
    if (examples.rows >= nearest_row::none || questions.rows >= nearest_row::none)
        return error{fault::too_large, unit::row, std::max(examples.rows, questions.rows), "coverage"};
    const auto known = unit_rows(examples, "examples"), asked = unit_rows(questions, "questions");
    if (!known) return known.error();
    if (!asked) return asked.error();
    coverage   out;
    const auto search = [&](const matrix<float>& from, bool itself, std::vector<nearest_row>& to) {
        to.resize(from.rows());
        if (known->rows() == 0) return result<void>(done);
        return each_block(c, from.rows(), 16, [&](std::size_t begin, std::size_t end, context& own) {
            const auto scores = own.take_raw<float>(known->rows());
            for (std::size_t i = begin; i < end; ++i) {
                dots(from.row(i), known->view(), scores);
                to[i] = nearest(scores, itself ? i : known->rows());
            }
        });
    };
    if (auto ok = search(*asked, false, out.of_questions); !ok) return ok.error();
    if (auto ok = search(*known, true, out.of_examples); !ok) return ok.error();

    std::vector<bool>          used(examples.rows);
    std::vector<std::uint32_t> open; // questions that are not covered
    for (std::uint32_t q = 0; q < out.of_questions.size(); ++q) {
        const nearest_row& n = out.of_questions[q];
        if (n.row == nearest_row::none || n.cosine < p.near) open.push_back(q);
        else used[n.row] = true, ++out.covered;
    }
    out.used = static_cast<std::size_t>(std::count(used.begin(), used.end(), true));

    // For each open question the others that are near, by their place in `open`.
    matrix<float> rows(open.size(), questions.dims);
    for (std::size_t i = 0; i < open.size(); ++i) std::ranges::copy(asked->row(open[i]), rows.row(i).begin());
    std::vector<std::vector<std::uint32_t>> near(open.size());
    auto ok = each_block(c, open.size(), 16, [&](std::size_t begin, std::size_t end, context& own) {
        const auto scores = own.take_raw<float>(open.size());
        for (std::size_t i = begin; i < end; ++i) {
            dots(rows.row(i), rows.view(), scores);
            for (std::uint32_t j = 0; j < open.size(); ++j)
                if (j == i || static_cast<double>(scores[j]) >= p.near) near[i].push_back(j);
        }
    });
    if (!ok) return ok.error();
    std::vector<bool>        taken(open.size());
    std::vector<std::size_t> left(open.size()); // of the near ones, not yet taken
    for (std::size_t i = 0; i < open.size(); ++i) left[i] = near[i].size();
    for (std::size_t gone = 0; gone < open.size();) {
        if (auto alive = c.alive(); !alive) return alive.error();
        std::size_t most = open.size();
        for (std::size_t i = 0; i < open.size(); ++i)
            if (!taken[i] && (most == open.size() || left[i] > left[most])) most = i;
        coverage_gap gap{open[most], {}};
        for (const std::uint32_t j : near[most]) {
            if (taken[j]) continue;
            taken[j] = true, ++gone;
            gap.questions.push_back(open[j]);
            for (const std::uint32_t k : near[j]) --left[k];
        }
        out.gaps.push_back(std::move(gap));
    }
    return out;
}
/// The same in a context of its own.
[[nodiscard]] inline result<coverage> coverage_of(matrix_view<const float> examples, matrix_view<const float> questions,
                                                  const coverage_params& p = {}) {
    context c;
    return coverage_of(examples, questions, p, c);
}

} // namespace graft::inline GRAFT_ABI
