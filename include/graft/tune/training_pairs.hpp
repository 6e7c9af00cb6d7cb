// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora.hpp>
#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/random.hpp>
#include <graft/tune/info_nce.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A question (row) and a passage (row) that answers it.
struct query_pair {
    std::uint32_t question = 0;
    std::uint32_t passage  = 0;

    auto operator<=>(const query_pair&) const = default;
};

/// Questions with the passages that answer them, as vectors. Made by `make`, which sorts the pairs and drops repeats.
///
/// Borrows  both matrices.
struct training_pairs {
    matrix_view<const float>   questions = {}; ///< [questions, dims]
    matrix_view<const float>   passages  = {}; ///< [passages, dims], unit rows
    std::vector<query_pair>    pairs     = {}; ///< ascending, distinct
    std::vector<std::uint64_t> groups    = {}; ///< one a question (its article, its user …), or empty

    [[nodiscard]] static training_pairs make(matrix_view<const float> questions, matrix_view<const float> passages,
                                             std::span<const query_pair>    pairs,
                                             std::span<const std::uint64_t> groups = {}) {
        training_pairs made;
        made.questions = questions;
        made.passages  = passages;
        made.pairs.assign(pairs.begin(), pairs.end());
        made.groups.assign(groups.begin(), groups.end());
        std::sort(made.pairs.begin(), made.pairs.end());
        made.pairs.erase(std::unique(made.pairs.begin(), made.pairs.end()), made.pairs.end());
        made.first_.assign(questions.rows + 1, 0);
        for (const query_pair& p : made.pairs) {
            if (p.question < questions.rows) ++made.first_[p.question + 1];
            made.answers_.push_back(p.passage);
        }
        for (std::size_t q = 0; q < questions.rows; ++q) made.first_[q + 1] += made.first_[q];
        return made;
    }

    /// The passages that answer a question, ascending.
    [[nodiscard]] std::span<const std::uint32_t> positives(std::uint32_t question) const noexcept {
        return std::span(answers_).subspan(first_[question], first_[question + 1] - first_[question]);
    }
    [[nodiscard]] std::uint64_t group(std::uint32_t question) const noexcept {
        return groups.empty() ? question : groups[question];
    }
    /// Of vectors, pairs and groups: the same data, the same number.
    [[nodiscard]] std::uint64_t digest() const noexcept {
        const auto bytes = [](const auto& items) {
            return std::string_view(reinterpret_cast<const char*>(items.data()), std::span(items).size_bytes());
        };
        std::uint64_t h = hash64(bytes(questions.flat()), questions.dims);
        h               = hash64(bytes(passages.flat()), h);
        h               = hash64(bytes(pairs), h);
        return hash64(bytes(groups), h);
    }

    /// Everything a fit relies on.
    ///
    /// Fails    with what is wrong; stopped, timed_out.
    [[nodiscard]] result<void> check(context&& c = {}) const { return check(c); }
    [[nodiscard]] result<void> check(context& c) const {
        if (pairs.empty()) return error{fault::no_input, unit::none, 0, "pairs"};
        if (questions.dims != passages.dims || questions.dims == 0 ||
            (!groups.empty() && groups.size() != questions.rows))
            return error{fault::wrong_shape, unit::none, questions.dims, "questions and passages"};
        for (const query_pair& p : pairs) {
            if (p.question >= questions.rows) return error{fault::unknown_id, unit::row, p.question, "question"};
            if (p.passage >= passages.rows) return error{fault::unknown_id, unit::row, p.passage, "passage"};
        }
        for (std::size_t r = 0; r < questions.rows; ++r) {
            if (r % 1024 == 0)
                if (auto ok = c.alive(); !ok) return ok;
            if (!all_finite(std::span<const float>(questions.row(r))))
                return error{fault::not_finite, unit::row, r, "question"};
        }
        for (std::size_t r = 0; r < passages.rows; ++r) {
            if (r % 1024 == 0)
                if (auto ok = c.alive(); !ok) return ok;
            if (!all_finite(std::span<const float>(passages.row(r))))
                return error{fault::not_finite, unit::row, r, "passage"};
            if (const double s = squared_norm(passages.row(r)); s != 0 && (s < .99 || s > 1.01))
                return error{fault::bad_argument, unit::row, r, "passage: not of length 1"};
        }
        if (first_.size() != questions.rows + 1 || answers_.size() != pairs.size())
            return error{fault::wrong_shape, unit::none, pairs.size(), "judged_questions: use make"};
        return done;
    }

private:
    std::vector<std::uint32_t> answers_ = {}; // passages of all pairs, by question
    std::vector<std::size_t>   first_   = {}; // where a question's begin
};

} // namespace graft::inline GRAFT_ABI
